"""Reads Chatwoot's messages: its webhooks, its API's lists, and rows of its database table ``messages``.

Source of the fields: Chatwoot's ``Message#webhook_data`` and ``#push_event_data``, the views of its API
(``conversations/{id}/messages``), and its schema, which keeps times in UTC. Chatwoot is an inbox for many
channels: what came by another one than WhatsApp is passed over where the record names the channel.

A query of the table may join what its rows lack as ``contact_phone_number``, ``inbox_phone_number`` and
``channel_type``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from sendepause.model import Evidence
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.envelopes import as_json, opened
from sendepause.sources.gathered import Message, own_author
from sendepause.sources.instants import instant
from sendepause.sources.json_records import Record, inner, items, text_of
from sendepause.sources.numbers import address, phone
from sendepause.sources.recorded import Seen, read_records

_INCOMING, _ACTIVITY = "incoming", "activity"
_TYPES: dict[Any, str] = {0: _INCOMING, 1: "outgoing", 2: _ACTIVITY, 3: "template"}
_TYPES |= {str(number): name for number, name in _TYPES.items()} | {name: name for name in _TYPES.values()}
_EVENTS = frozenset({"message_created", "message_updated", "message_incoming", "message_outgoing"})
_NO_FILE = frozenset({"location", "fallback", "share"})
_CALL = ("voice_call", 12)  # content_type: a call, which Chatwoot shows among the messages
_CODE = re.compile(r"\d{3,6}(?=\D|$)")


@dataclass(frozen=True)
class _Place:
    """What stands around the messages of a list."""

    meta: Any = None  # of the conversation
    conversation: Record = field(default_factory=dict)
    inbox: Any = None


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """Messages of people and campaigns; activities are system lines; private notes, calls and reactions are
    no messages. An update tells of the same message again.

    The account is known where the inbox's number stands in the record. Evidence, message by message: Meta's
    ids (``wamid.``) and a WhatsApp channel of a named provider of the Platform prove that; ``WAID:``, which
    gateways of WhatsApp Web put before an id, proves a consumer product; ``Channel::Api`` proves nothing.
    """

    def messages_in(record: Record, seen: Seen) -> list[Message] | None:
        letters = list(opened(record, _is_ours))
        found = (pair for letter in letters for pair in _messages(letter, seen))
        made = [_message(message, place, context, seen) for message, place in found]
        return [message for message in made if message] if letters else None

    return read_records(stream, context, Seen("Chatwoot"), messages_in, "a message of Chatwoot")


def _is_ours(record: Record) -> bool:
    if isinstance(record.get("event"), str):
        return "account" in record or "message_type" in record
    return _is_message(record) or next(_listed(record), None) is not None


def _is_message(record: Record) -> bool:
    in_conversation = "conversation_id" in record or "conversation" in record
    return _type(record) is not None and "content" in record and in_conversation


def _type(record: Record) -> str | None:
    kind = record.get("message_type")
    return _TYPES.get(kind) if isinstance(kind, str | int) else None


def _messages(record: Record, seen: Seen) -> Iterator[tuple[Record, _Place]]:
    event = text_of(record.get("event"))
    if event is not None:
        seen.shape("webhooks")
        if event in _EVENTS:
            yield record, _Place()
    elif _is_message(record):
        seen.shape("messages")
        yield record, _Place()
    else:
        seen.shape("lists")
        yield from _listed(record)


def _listed(record: Record) -> Iterator[tuple[Record, _Place]]:
    """Messages of ``{"meta": …, "payload": […]}``, and of conversations with their ``messages``."""
    payload = inner(record, "data", "payload") or record.get("payload")
    for entry in items(payload):
        if _is_message(entry):
            yield entry, _Place(meta=record.get("meta"))
        else:
            yield from _of_conversation(entry)
    yield from _of_conversation(record)


def _of_conversation(record: Record) -> Iterator[tuple[Record, _Place]]:
    place = _Place(record.get("meta"), record, record.get("inbox"))
    for entry in items(record.get("messages")):
        if _is_message(entry):
            yield entry, place


def _message(message: Record, place: _Place, context: ReadContext, seen: Seen) -> Message | None:
    attributes = _object(message.get("content_attributes"))
    kind, note = _type(message), message.get("private") in (True, 1, "t", "true")
    if kind is None or note or attributes.get("is_reaction") is True or message.get("content_type") in _CALL:
        return None
    conversation = message.get("conversation")
    conversation = conversation if isinstance(conversation, dict) else place.conversation
    channel = _channel(message, conversation, place)
    if not _is_whatsapp(channel, conversation):
        return None
    contact = _contact(message, conversation, place)
    inbox = message.get("inbox_id") or inner(message, "inbox", "id") or conversation.get("inbox_id")
    seen.proof(_evidence(message, conversation, place, channel), _as_text(inbox))
    own, system = kind != _INCOMING, kind == _ACTIVITY
    account = _account(message, conversation, place)
    extra = _object(message.get("additional_attributes"))
    return Message(
        sent_at=instant(attributes.get("external_created_at")) or instant(message.get("created_at")),
        author=None if system else own_author(context, account) if own else contact or "",
        text=_text(message),
        media=not system and _has_file(message),
        system=system,
        direction=None if system else "out" if own else "in",
        counterpart=contact,
        account=account,
        message_id=_as_text(message.get("id")),
        campaign_id=_as_text(extra.get("campaign_id")),
        template=True if extra.get("template_params") else None,
        error=_error(message, attributes),
    )


def _object(value: Any) -> Record:
    value = as_json(value)
    return value if isinstance(value, dict) else {}


def _as_text(value: Any) -> str | None:
    return (
        str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
    )


def _text(message: Record) -> str | None:
    content = text_of(message.get("content"))
    return "" if content is None and _has_file(message) else content


def _has_file(message: Record) -> bool:
    files = items(as_json(message.get("attachments")))
    return any(file.get("file_type") not in _NO_FILE for file in files)


def _error(message: Record, attributes: Record) -> str | None:
    """The provider's code, where sending failed and the error begins with one."""
    code = _CODE.match(text_of(attributes.get("external_error")) or "")
    return code[0] if code and message.get("status") in ("failed", 3) else None


def _inboxes(message: Record, conversation: Record, place: _Place) -> Iterator[Any]:
    """Wherever a record may tell of its inbox and channel."""
    for inbox in (message.get("inbox"), conversation.get("inbox"), place.inbox):
        yield inbox
        yield inner(inbox, "channel")


def _channel(message: Record, conversation: Record, place: _Place) -> str | None:
    """The channel's class, like ``Channel::Whatsapp``."""
    inboxes = (inner(inbox, "channel_type") for inbox in _inboxes(message, conversation, place))
    told = (conversation.get("channel"), inner(place.meta, "channel"), inner(conversation, "meta", "channel"))
    found = (*inboxes, *told, message.get("channel_type"))
    return next((name for name in found if isinstance(name, str) and name.startswith("Channel::")), None)


def _is_whatsapp(channel: str | None, conversation: Record) -> bool:
    """Whether a message may have gone by WhatsApp. Twilio's channel has it beside SMS."""
    if channel == "Channel::TwilioSms":
        return _at_channel(conversation).startswith(_TWILIO)
    return channel in (None, "Channel::Whatsapp", "Channel::Api")


_TWILIO = "whatsapp:"


def _at_channel(conversation: Record) -> str:
    """The contact's address in the channel's own words."""
    return text_of(inner(conversation, "contact_inbox", "source_id")) or ""


def _contact(message: Record, conversation: Record, place: _Place) -> str | None:
    """The customer: the number, else the name, of the conversation's contact."""
    sender = message.get("sender")
    by_contact = _type(message) == _INCOMING
    people = (
        sender if by_contact and inner(sender, "type") != "user" else None,
        inner(conversation, "meta", "sender"),
        inner(place.meta, "contact"),
        inner(place.meta, "sender"),
        conversation.get("contact"),
        message.get("contact"),
    )
    shown = [inner(person, "phone_number") for person in people] + [message.get("contact_phone_number")]
    number = next((number for number in map(phone, filter(None, shown)) if number), None)
    at_channel = _at_channel(conversation).removeprefix(_TWILIO)
    if number is None and re.fullmatch(r"\+?\d{7,15}(@[a-z.]+)?", at_channel):
        number = address(at_channel)
    names = (address(inner(person, "name")) for person in people)
    return number or next((name for name in names if name), None)


def _account(message: Record, conversation: Record, place: _Place) -> str | None:
    """The inbox's own number."""
    inboxes = _inboxes(message, conversation, place)
    numbers = [inner(inbox, "phone_number") for inbox in inboxes] + [message.get("inbox_phone_number")]
    found = (phone(number.removeprefix(_TWILIO)) for number in numbers if isinstance(number, str))
    return next((number for number in found if number and number.startswith("+")), None)


_PROVIDERS = {
    "whatsapp_cloud": Evidence.PLATFORM,
    "default": Evidence.PLATFORM,  # 360dialog
    "baileys": Evidence.CONSUMER,  # of a fork
    "zapi": Evidence.CONSUMER,
}


def _evidence(message: Record, conversation: Record, place: _Place, channel: str | None) -> Evidence | None:
    source = text_of(message.get("source_id")) or ""
    if source.removeprefix("WAID:").startswith("wamid."):
        return Evidence.PLATFORM
    if source.startswith("WAID:"):
        return Evidence.CONSUMER
    if channel == "Channel::TwilioSms":
        return Evidence.PLATFORM
    inboxes = _inboxes(message, conversation, place)
    names = (text_of(inner(inbox, "provider")) for inbox in inboxes if channel == "Channel::Whatsapp")
    return next((_PROVIDERS[name] for name in names if name in _PROVIDERS), None)
