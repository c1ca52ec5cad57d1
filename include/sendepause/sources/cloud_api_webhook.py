"""Reads webhooks of the WhatsApp Business Platform (Cloud API).

Source of the fields: Meta's reference of webhook payloads for ``messages``, ``smb_message_echoes`` and
``history``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from sendepause.model import Evidence
from sendepause.sources.base import ReadContext, Reading, zone
from sendepause.sources.gathered import Gathered, Message, own_author
from sendepause.sources.json_records import Record, inner, items, records, text_of, unwrapped
from sendepause.sources.numbers import address, milliseconds, phone

_MEDIA = frozenset({"image", "video", "audio", "voice", "document", "sticker", "contacts"})
_NO_MESSAGE = frozenset({"reaction", "revoke", "edit", "ephemeral"})
_WRAPPERS = ("body", "json", "data", "payload", "event")


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """Incoming messages, own ones that the app echoes, and those that only their statuses tell of.

    Evidence: only the Business Platform sends these webhooks.
    """
    zone(context)
    gathered = Gathered()
    statuses: dict[str, list[Message]] = {}
    for record in records(stream):
        for value in _values(record):
            gathered.recognised += 1
            _read_value(value, context, gathered, statuses)
    for message_id, known in statuses.items():
        if message_id not in gathered:
            gathered.add(_earliest(known))
    yield gathered.reading(Evidence.PLATFORM, "a Cloud API webhook")


def _values(record: Record) -> list[Record]:
    """The ``value`` objects of a webhook, of a bare change, or of a bare value."""
    hook = unwrapped(record, "entry", _WRAPPERS)
    if hook is not None:
        changes = [change for entry in items(hook["entry"]) for change in items(entry.get("changes"))]
        return [change["value"] for change in changes if isinstance(change.get("value"), dict)]
    change = unwrapped(record, "value", _WRAPPERS)
    if change is not None and isinstance(change["value"], dict) and "field" in change:
        return [change["value"]]
    return [record] if record.get("messaging_product") == "whatsapp" and "metadata" in record else []


def _read_value(
    value: Record, context: ReadContext, gathered: Gathered, statuses: dict[str, list[Message]]
) -> None:
    account = phone(inner(value, "metadata", "display_phone_number"))
    for message in items(value.get("messages")):
        _add(message, context, account, gathered)
    for echo in items(value.get("message_echoes")):
        _add(echo, context, account, gathered, own=True)
    for history in items(value.get("history")):
        for thread in items(history.get("threads")):
            for message in items(thread.get("messages")):
                _add(message, context, account, gathered)
    for status in items(value.get("statuses")):
        message_id = text_of(status.get("id"))
        if message_id:
            statuses.setdefault(message_id, []).append(_from_status(status, message_id, context, account))


def _add(
    message: Record, context: ReadContext, account: str | None, gathered: Gathered, own: bool = False
) -> None:
    kind = text_of(message.get("type")) or "unknown"
    if kind in _NO_MESSAGE:
        return
    sender = address(message.get("from") or message.get("from_user_id"))
    own = own or (account is not None and sender == account)
    system = kind == "system"
    other = address(message.get("group_id")) or (address(message.get("to")) if own else sender)
    gathered.add(
        Message(
            sent_at=milliseconds(message.get("timestamp")),
            author=None if system else own_author(context, account) if own else sender or "",
            text=_text(message, kind),
            media=kind in _MEDIA,
            system=system,
            direction=None if system else "out" if own else "in",
            counterpart=other,
            account=account,
            message_id=text_of(message.get("id")),
        )
    )


def _text(message: Record, kind: str) -> str | None:
    content: Any = message.get(kind)
    if kind in _MEDIA:
        return text_of(inner(content, "caption")) or ""
    match kind:
        case "text" | "system":
            return text_of(inner(content, "body"))
        case "button" | "order":
            return text_of(inner(content, "text"))
        case "interactive":
            titles = (inner(content, reply, "title") for reply in ("button_reply", "list_reply"))
            return next((title for title in map(text_of, titles) if title is not None), None)
        case _:
            return None


def _from_status(status: Record, message_id: str, context: ReadContext, account: str | None) -> Message:
    return Message(
        sent_at=milliseconds(status.get("timestamp")),
        author=own_author(context, account),
        text=text_of(status.get("status")),  # kept until ``_earliest`` has chosen
        direction="out",
        counterpart=address(status.get("recipient_id") or status.get("recipient_user_id")),
        account=account,
        message_id=message_id,
        campaign_id=text_of(status.get("biz_opaque_callback_data")),
    )


def _earliest(known: list[Message]) -> Message:
    """The message that statuses tell of: at its ``sent`` time, else at the earliest known one; no text."""
    sent = [status for status in known if status.text == "sent" and status.sent_at is not None] or known
    chosen = min(sent, key=lambda status: status.sent_at if status.sent_at is not None else 1 << 62)
    campaign = next((status.campaign_id for status in known if status.campaign_id), None)
    return Message(
        sent_at=chosen.sent_at,
        author=chosen.author,
        text=None,
        direction="out",
        counterpart=chosen.counterpart,
        account=chosen.account,
        message_id=chosen.message_id,
        campaign_id=campaign,
    )
