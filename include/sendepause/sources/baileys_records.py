"""Reads messages that programs on Baileys keep: bare ``WebMessageInfo`` records, events, and stores.

One record a line or in a list; the payload of ``messages.upsert`` (``{"messages": […], "type": "notify"}``)
or of ``messaging-history.set``, alone or under its event's name; the in-memory store's file
(``{"chats": …, "messages": {"49171…@s.whatsapp.net": […]}}``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from sendepause.model import Evidence
from sendepause.sources.baileys import is_web_message, message_of
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.envelopes import opened
from sendepause.sources.gathered import Message
from sendepause.sources.json_records import Record, items
from sendepause.sources.large_objects import by_entry
from sendepause.sources.recorded import Seen, read_records

_EVENTS = ("messages.upsert", "messaging-history.set", "messages.set")


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """All messages, each id once. The records do not name the account, except in own messages to groups.

    Evidence: Baileys is a client of WhatsApp Web, which only consumer products have.
    """

    def messages_in(record: Record, seen: Seen) -> list[Message] | None:
        letters = list(opened(record, _is_ours))
        found = [message for letter in letters for message in _messages(letter, seen)]
        made = (message_of(message, None, context) for message in found)
        return [message for message in made if message] if letters else None

    seen = Seen("Baileys", Evidence.CONSUMER)
    taken = by_entry("messages", _of_store)
    return read_records(stream, context, seen, messages_in, "a message of Baileys", taken)


def _of_store(jid: str, messages: Any) -> Record:
    """A chat of a large store, or a message of a large event, as a record of its own."""
    return {"messages": {jid: messages}}


def _is_ours(record: Record) -> bool:
    if is_web_message(record) or any(isinstance(record.get(event), dict) for event in _EVENTS):
        return True
    return "key" not in record and any(map(is_web_message, _of_list(record.get("messages"))))


def _messages(record: Record, seen: Seen) -> Iterator[Record]:
    if is_web_message(record):
        seen.shape("messages")
        yield record
        return
    events = [record[event] for event in _EVENTS if isinstance(record.get(event), dict)]
    for payload in events or [record]:
        of_chats = isinstance(payload.get("messages"), dict)
        seen.shape("a store" if of_chats else "events")
        yield from filter(is_web_message, _of_list(payload.get("messages")))


def _of_list(messages: Any) -> Iterator[Record]:
    """The records of a list, or of the lists of each chat."""
    if isinstance(messages, dict):
        for of_chat in messages.values():
            yield from items(of_chat.get("array") if isinstance(of_chat, dict) else of_chat)
    else:
        yield from items(messages)
