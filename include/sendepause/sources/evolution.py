"""Reads webhooks and stored messages of the Evolution API, a gateway on the web protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from sendepause.model import Evidence
from sendepause.sources.baileys import content, number_of
from sendepause.sources.base import ReadContext, Reading, zone
from sendepause.sources.gathered import Gathered, Message, own_author
from sendepause.sources.json_records import Record, inner, items, records, text_of, unwrapped
from sendepause.sources.numbers import address, milliseconds

_EVENTS = frozenset({"messages.upsert", "messages.set", "send.message"})
_CIPHERTEXT = 2  # Baileys' stub for a message that could not be decrypted yet


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """Messages of ``messages.upsert``, ``messages.set`` and ``send.message``, and of the API's message lists.

    Evidence: an unofficial gateway runs on a consumer product.
    """
    zone(context)
    gathered = Gathered()
    for record in records(stream):
        event = unwrapped(record, "event", ("body", "json")) or {}
        if event:
            gathered.recognised += 1
            name_of_event = (text_of(event.get("event")) or "").lower().replace("_", ".")
            found = _messages(event.get("data")) if name_of_event in _EVENTS else iter(())
        else:
            found = _messages(record)
        account = address(event.get("sender"))
        for message in found:
            gathered.recognised += not event
            _add(message, account if account and account.startswith("+") else None, context, gathered)
    yield gathered.reading(Evidence.CONSUMER, "an event of the Evolution API")


def _messages(data: object) -> Iterator[Record]:
    """Messages of an event's data or of a list that the API gives (``messages.records``)."""
    for item in items(data):
        if isinstance(item.get("key"), dict):
            yield item
        elif isinstance(item.get("messages"), dict | list):
            yield from _messages(item["messages"])
        elif isinstance(item.get("records"), list):
            yield from _messages(item["records"])


def _add(message: Record, account: str | None, context: ReadContext, gathered: Gathered) -> None:
    key = {**message, **message["key"]}  # some versions write the number beside the key
    stub = message.get("messageStubType")
    system = bool(stub) and stub not in (_CIPHERTEXT, "CIPHERTEXT") and not message.get("message")
    said = content(message.get("message"))
    if said is None:
        return
    own = key.get("fromMe") in (True, 1)
    chat = address(number_of(key, "remoteJid", "senderPn", "remoteJidAlt"))
    if own:
        chat = address(number_of(key, "remoteJid", "remoteJidAlt"))
    in_group = str(inner(key, "remoteJid")).endswith(("@g.us", "@broadcast"))
    writer = (
        number_of(key, "participant", "participantAlt", "participantPn", "senderPn") if in_group else None
    )
    author = own_author(context, account) if own else address(writer) or chat or ""
    gathered.add(
        Message(
            sent_at=milliseconds(message.get("messageTimestamp")),
            author=None if system else author,
            text=said.text,
            media=said.media and not system,
            system=system,
            direction=None if system else "out" if own else "in",
            counterpart=chat,
            account=account,
            message_id=text_of(key.get("id")),
        )
    )
