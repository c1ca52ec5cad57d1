"""Reads webhooks and message lists of WAHA, a gateway with the engines WEBJS, NOWEB and GOWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from sendepause.model import Evidence
from sendepause.sources.baileys import content
from sendepause.sources.base import ReadContext, Reading, zone
from sendepause.sources.gathered import Gathered, Message, own_author
from sendepause.sources.json_records import Record, inner, records, text_of, unwrapped
from sendepause.sources.numbers import address, is_lid, milliseconds

_EVENTS = frozenset({"message", "message.any"})
# WEBJS's names of rows that the app wrote, of rows that are no message, and of contact cards.
_SYSTEM = frozenset(
    {"e2e_notification", "notification", "notification_template", "gp2", "group_notification"}
)
_NO_MESSAGE = frozenset({"protocol", "reaction", "revoked", "poll_update", "pinned_message", "call_log"})
_CARDS = frozenset({"vcard", "multi_vcard"})
_ALTERNATIVES = ("senderPn", "remoteJidAlt", "participantAlt", "participantPn")


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """Messages of ``message`` and ``message.any``, and of the API's message lists.

    Evidence: an unofficial gateway runs on a consumer product.
    """
    zone(context)
    gathered = Gathered()
    for record in records(stream):
        event = unwrapped(record, "event", ("body", "json"))
        if event is None:
            if not {"id", "timestamp", "fromMe"} <= record.keys():
                continue
            event = {"event": "message", "payload": record}
        gathered.recognised += 1
        payload = event.get("payload")
        if text_of(event.get("event")) in _EVENTS and isinstance(payload, dict):
            _add(payload, address(inner(event, "me", "id")), context, gathered)
    yield gathered.reading(Evidence.CONSUMER, "an event of WAHA")


def _add(payload: Record, account: str | None, context: ReadContext, gathered: Gathered) -> None:
    kind = text_of(inner(payload, "_data", "type")) or text_of(payload.get("type")) or ""
    if kind in _NO_MESSAGE or payload.get("reaction") is not None:
        return
    if content(inner(payload, "_data", "message")) is None:
        return
    own = payload.get("fromMe") is True
    system = kind in _SYSTEM
    message_id = _identity(payload.get("id"))
    chat = (payload.get("to") or _chat_of(message_id) or payload.get("from")) if own else payload.get("from")
    in_group = isinstance(chat, str) and chat.endswith(("@g.us", "@broadcast", "@newsletter"))
    counterpart = address(chat if in_group else _numbered(chat, payload))
    writer = address(_numbered(payload.get("participant"), payload)) if in_group else None
    author = own_author(context, account) if own else writer or counterpart or ""
    gathered.add(
        Message(
            sent_at=milliseconds(payload.get("timestamp")),
            author=None if system else author,
            text=_text(payload, kind),
            media=not system and (_has_media(payload) or kind in _CARDS or bool(payload.get("vCards"))),
            system=system,
            direction=None if system else "out" if own else "in",
            counterpart=counterpart,
            account=account,
            message_id=message_id,
        )
    )


def _has_media(payload: Record) -> bool:
    return payload.get("hasMedia") is True or isinstance(payload.get("media"), dict)


def _text(payload: Record, kind: str) -> str | None:
    if payload.get("location") is not None or kind == "location":
        return None  # the body of a location is a picture in Base64
    if kind in _CARDS or payload.get("vCards"):
        return ""
    body = text_of(payload.get("body"))
    return "" if body is None and _has_media(payload) else body


def _chat_of(message_id: str | None) -> str | None:
    """The chat inside an id (``true_49171…@c.us_3EB0``): NOWEB leaves ``to`` of own messages empty."""
    parts = (message_id or "").split("_")
    return parts[1] if len(parts) > 2 and "@" in parts[1] else None


def _identity(value: Any) -> str | None:
    return text_of(value) or text_of(inner(value, "_serialized"))


def _numbered(jid: Any, payload: Record) -> Any:
    """The JID, or the number that the engine's own data give for a ``@lid``."""
    if not is_lid(jid):
        return jid
    places = (payload, payload.get("_data"), inner(payload, "_data", "key"), payload.get("key"))
    found = (inner(place, name) for place in places for name in _ALTERNATIVES)
    own_engine = (inner(payload, "_data", "Info", name) for name in ("SenderAlt", "RecipientAlt"))
    return next(
        (other for other in (*found, *own_engine) if isinstance(other, str) and other and not is_lid(other)),
        jid,
    )
