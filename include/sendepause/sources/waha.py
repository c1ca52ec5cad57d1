"""Reads webhooks and message lists of WAHA, a gateway with the engines WEBJS, NOWEB and GOWS.

Events as WAHA's documentation of webhooks shows them; lists as ``GET /api/{session}/chats/{id}/messages``
and ``/api/messages`` give them. What an engine knows beyond that is in ``_data``: whatsapp-web.js's model,
Baileys' ``WebMessageInfo`` or whatsmeow's event (``Info``, ``Message``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from sendepause.model import Evidence
from sendepause.sources import web_models as web
from sendepause.sources.baileys import Content, content
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.envelopes import opened
from sendepause.sources.gathered import Message, own_author
from sendepause.sources.instants import instant
from sendepause.sources.json_records import Record, inner, text_of
from sendepause.sources.numbers import address
from sendepause.sources.recorded import Seen, read_records

_EVENTS = frozenset({"message", "message.any"})
_ENGINES = frozenset({"WEBJS", "NOWEB", "GOWS", "WPP", "VENOM"})
# Where the engines give the number of a ``@lid``: of the chat of an own message, of one's writer.
_RECIPIENT = ("remoteJidAlt", "RecipientAlt")
_SENDER = ("senderPn", "remoteJidAlt", "SenderAlt")
_WRITER = ("participantAlt", "participantPn", "senderPn", "SenderAlt")


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """Messages of ``message`` and ``message.any``, and of the API's message lists.

    Evidence: an unofficial gateway runs on a consumer product.
    """

    def messages_in(record: Record, seen: Seen) -> list[Message] | None:
        letters = list(opened(record, _is_ours))
        made = [message_in(letter, context, seen) for letter in letters]
        return [message for message in made if message] if letters else None

    seen = Seen("WAHA", Evidence.CONSUMER)
    return read_records(stream, context, seen, messages_in, "an event of WAHA")


def _is_ours(record: Record) -> bool:
    return ("event" in record and "payload" in record) or is_stored(record)


def is_stored(record: Record) -> bool:
    """Whether it is a message as WAHA's interface gives it."""
    whole = {"id", "timestamp", "fromMe"} <= record.keys()
    return whole or (isinstance(record.get("id"), str) and isinstance(inner(record, "_data", "Info"), dict))


def message_in(record: Record, context: ReadContext, seen: Seen) -> Message | None:
    """The message of an event or of a list's record; None where it is no message."""
    if "payload" not in record:
        seen.shape("messages")
        return _message(record, None, context)
    engine = text_of(record.get("engine"))
    seen.shape(f"events of {engine}" if engine in _ENGINES else "events")
    payload = record["payload"]
    if text_of(record.get("event")) not in _EVENTS or not isinstance(payload, dict):
        return None
    numbers = (address(inner(record, "me", name)) for name in ("id", "jid"))
    account = next((number for number in numbers if number and number.startswith("+")), None)
    return _message(payload, account, context)


def _message(payload: Record, account: str | None, context: ReadContext) -> Message | None:
    data = payload.get("_data")
    kind = text_of(inner(data, "type")) or text_of(payload.get("type")) or ""
    said = content(inner(data, "message") or inner(data, "Message"))
    if kind in web.NO_MESSAGE or payload.get("reaction") is not None or said is None:
        return None
    own = payload.get("fromMe", inner(data, "Info", "IsFromMe")) is True
    message_id = web.identity(payload.get("id"))
    counterpart, writer = _parties(payload, own, message_id)
    account = account or web.own_number(payload, own, counterpart)
    system = kind in web.SYSTEM
    return Message(
        sent_at=instant(payload.get("timestamp") or inner(data, "Info", "Timestamp")),
        author=None if system else own_author(context, account) if own else writer or counterpart or "",
        text=_text(payload, kind, said),
        media=not system and (_has_media(payload) or said.media or kind in web.MEDIA or _has_cards(payload)),
        system=system,
        direction=None if system else "out" if own else "in",
        counterpart=counterpart,
        account=account,
        message_id=message_id,
    )


def _parties(payload: Record, own: bool, message_id: str | None) -> tuple[str | None, str | None]:
    """Counterpart, and who wrote it in a group."""
    data = payload.get("_data")
    places = (payload, data, inner(data, "key"), payload.get("key"), inner(data, "Info"))
    inside = web.chat_of(message_id)
    chat = (payload.get("to") or inside or payload.get("from")) if own else payload.get("from") or inside
    if web.is_group(chat):
        shown = payload.get("participant") or payload.get("author") or web.writer_of(message_id)
        return address(chat), address(web.numbered(shown, places, _WRITER))
    return address(web.numbered(chat, places, _RECIPIENT if own else _SENDER)), None


def _has_media(payload: Record) -> bool:
    return payload.get("hasMedia") is True or isinstance(payload.get("media"), dict)


def _has_cards(payload: Record) -> bool:
    return bool(payload.get("vCards"))


def _text(payload: Record, kind: str, said: Content) -> str | None:
    if payload.get("location") is not None or kind in web.TEXTLESS:
        return None
    if kind in web.CARDS or _has_cards(payload):
        return ""
    body: Any = payload.get("body")
    if isinstance(body, str):
        return body
    return "" if said.text is None and (_has_media(payload) or said.media) else said.text
