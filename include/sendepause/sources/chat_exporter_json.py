"""Reads the JSON of WhatsApp-Chat-Exporter: chats by JID, made from a phone's or a backup's database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from sendepause.model import Evidence
from sendepause.sources.base import ReadContext, Reading, zone
from sendepause.sources.gathered import Gathered, Message, own_author
from sendepause.sources.json_records import Record, items, records, text_of
from sendepause.sources.numbers import address, milliseconds

_BREAK = re.compile(r" ?<br ?/?>")
# Rows that the exporter marks as "meta" although a person sent them.
_SENT = re.compile(r"Message deleted|Location shared: .*")


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """All messages of all chats. The file does not name the account: outgoing ones get the owner's name.

    Evidence: a phone's own database belongs to a consumer product.
    """
    zone(context)
    gathered = Gathered()
    for record in records(stream):
        for jid, chat in record.items():
            if isinstance(chat, dict) and isinstance(chat.get("messages"), dict | list):
                gathered.recognised += 1
                _read_chat(jid, chat, context, gathered)
    yield gathered.reading(Evidence.CONSUMER, "a chat of WhatsApp-Chat-Exporter")


def _read_chat(jid: str, chat: Record, context: ReadContext, gathered: Gathered) -> None:
    messages = chat["messages"]
    rows = list(messages.items()) if isinstance(messages, dict) else list(enumerate(messages))
    for row, message in rows:
        for found in items(message):
            gathered.add(_message(found, f"{jid}/{row}", jid, chat, context))


def _is(message: Record, flag: str) -> bool:
    return message.get(flag) in (True, 1)  # SQLite has no booleans: some versions write 1


def _message(message: Record, message_id: str, jid: str, chat: Record, context: ReadContext) -> Message:
    data = text_of(message.get("data"))
    mime = text_of(message.get("mime")) or ""
    media = _is(message, "media") or _is(message, "sticker") or mime in ("media", "text/x-vcard")
    system = _is(message, "meta") and not media and not (data and _SENT.fullmatch(data))
    own = _is(message, "from_me")
    other = address(message.get("sender")) or address(chat.get("name")) or address(jid) or ""
    words = text_of(message.get("caption")) or "" if media else data
    return Message(
        sent_at=milliseconds(message.get("timestamp")),
        author=None if system else own_author(context, None) if own else other,
        text=None if words is None else _BREAK.sub("\n", words).strip(),
        media=media,
        system=system,
        direction=None if system else "out" if own else "in",
        counterpart=address(jid),
        message_id=message_id,
    )
