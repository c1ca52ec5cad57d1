"""Reads what the Evolution API, a gateway, writes: webhooks, message lists, and rows of its database.

Versions 1 and 2: events by their name (``messages.upsert``) or in capitals (``MESSAGES_UPSERT``), by webhook
or queue; lists of ``chat/findMessages``; rows of the table ``Message`` (its columns ``key`` and ``message``
as objects or as JSON text) and of version 1's collection in MongoDB.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from sendepause.model import Evidence
from sendepause.sources.baileys import is_web_message, message_of
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.envelopes import as_json, opened
from sendepause.sources.gathered import Message
from sendepause.sources.json_records import Record, inner, items, text_of
from sendepause.sources.large_objects import by_entry
from sendepause.sources.numbers import address
from sendepause.sources.recorded import Seen, read_records

_EVENTS = frozenset({"messages.upsert", "messages.set", "send.message"})


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """Messages of ``messages.upsert``, ``messages.set`` and ``send.message``, of lists and of rows.

    Evidence: its own connection (Baileys) runs on a consumer product; messages with Meta's ids (``wamid.``)
    came through its connection to the Cloud API, and prove the Platform.
    """

    def messages_in(record: Record, seen: Seen) -> list[Message] | None:
        found = [found for letter in opened(record, _is_ours) for found in _read(letter, context, seen)]
        return [message for message in found if message] if found else None

    seen = Seen("Evolution API", Evidence.CONSUMER)
    what = "an event or message of the Evolution API"
    return read_records(stream, context, seen, messages_in, what, by_entry("records", within=True))


def _is_ours(record: Record) -> bool:
    is_event = isinstance(record.get("event"), str) and "data" in record
    return is_event or next(_messages(record), None) is not None


def _read(record: Record, context: ReadContext, seen: Seen) -> Iterator[Message | None]:
    """Its messages; None for what is of the tool and no message."""
    event = text_of(record.get("event"))
    if event is not None:
        seen.shape("events")
        yield None
        if event.lower().replace("_", ".") not in _EVENTS:
            return
    account = _account(record)
    for found in _messages(as_json(record.get("data")) if event is not None else record):
        if event is None:
            seen.shape("stored messages")
        message = message_of(found, account or _account(found), context)
        if message is not None:
            seen.proof(through(message.message_id))
        yield message


def through(message_id: str | None) -> Evidence:
    """What a message's id says of the way that it took: Meta's Cloud API gives ids of its own."""
    return Evidence.PLATFORM if (message_id or "").startswith("wamid.") else Evidence.CONSUMER


def _account(record: Record) -> str | None:
    """The number of the instance: an event's ``sender``, or the instance's row where it was joined."""
    places = (record.get("sender"), record.get("ownerJid"), inner(record, "Instance", "ownerJid"))
    numbers = (address(place) for place in places if isinstance(place, str))
    return next((number for number in numbers if number and number.startswith("+")), None)


def _messages(data: Any, depth: int = 3) -> Iterator[Record]:
    """Messages of an event's data or of a list that the API gives (``messages.records``)."""
    for item in items(data):
        if is_web_message(item):
            yield item
        elif depth:
            for shelf in ("messages", "records"):
                yield from _messages(item.get(shelf), depth - 1)
