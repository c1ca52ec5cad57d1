"""Reads the JSON of WhatsApp-Chat-Exporter: chats by JID, made from a phone's or a backup's database.

One file for all chats, or one a chat (``--per-chat``); Android, iOS, and exported chats; also the form of
Telegram's exports (``--telegram``). Fields as ``data_model.py``, ``android_handler.py``, ``ios_handler.py``
and ``telegram_json_format`` of the exporter (0.9 to 0.13) write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from sendepause.model import Evidence
from sendepause.sources import exporter_telegram
from sendepause.sources.base import ReadContext, Reading, zone
from sendepause.sources.gathered import Gathered, Message, own_author
from sendepause.sources.json_records import PORTION, Record, items, shelves, text_of
from sendepause.sources.numbers import address, milliseconds

# Rows that the exporter marks as "meta" although a person sent them.
_SENT = re.compile(r"Message deleted|Location shared: .*")
_CALLS = "000000000000000"  # in place of a JID: the chat into which the exporter puts all calls
_IOS_EVENT = 6  # ZMESSAGETYPE of what the app wrote, which the exporter does not mark where it has no text
_WHAT = "a chat of WhatsApp-Chat-Exporter"


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """All messages of all chats, a chat's portion at a time, so that a backup may have any size.

    The file does not name the account: outgoing messages get the owner's name. Evidence: a phone's own
    database belongs to a consumer product.
    """
    zone(context)
    like_telegram, stream = exporter_telegram.recognised(stream)
    gathered, taken, form = Gathered(), 0, ""
    for jid, chat, entries in shelves(stream, "messages"):
        if not (entries or "name" in chat):
            continue
        gathered.recognised += 1
        form = form or _form(chat, like_telegram)
        for row, entry in entries:
            for found in items(entry):
                if like_telegram:
                    gathered.add(exporter_telegram.message_of(found, chat, context))
                else:
                    gathered.add(_message(found, row, jid, chat, context))
        taken += len(entries)
        if taken >= PORTION:
            yield replace(gathered.reading(Evidence.CONSUMER, _WHAT), form=form)
            gathered, taken = Gathered(), 0
    if gathered.recognised or not form:  # refuses a file in which no chat was found
        yield replace(gathered.reading(Evidence.CONSUMER, _WHAT), form=form)


def _form(chat: Record, like_telegram: bool) -> str:
    device = text_of(chat.get("type"))
    shape = "in Telegram's form" if like_telegram else device if device in ("android", "ios") else "chats"
    return f"WhatsApp-Chat-Exporter: {shape}"


def _is(message: Record, flag: str) -> bool:
    return message.get(flag) in (True, 1)  # SQLite has no booleans: some versions write 1


def _message(message: Record, row: str, jid: str, chat: Record, context: ReadContext) -> Message:
    data = text_of(message.get("data"))
    mime = text_of(message.get("mime")) or ""
    media = _is(message, "media") or _is(message, "sticker") or mime in ("media", "text/x-vcard")
    system = not media and _wrote_the_app(message, data, chat)
    own = _is(message, "from_me")
    other = address(message.get("sender")) or address(chat.get("name")) or address(jid) or ""
    words = text_of(message.get("caption")) or "" if media else data
    return Message(
        sent_at=milliseconds(message.get("timestamp")),
        author=None if system else own_author(context, None) if own else other,
        text=None if words is None else exporter_telegram.with_breaks(words),
        media=media,
        system=system,
        direction=None if system else "out" if own else "in",
        counterpart=None if jid == _CALLS else address(jid),
        message_id=f"{jid}/{_key(message, row)}/{'out' if own else 'in'}",
    )


def _wrote_the_app(message: Record, data: str | None, chat: Record) -> bool:
    if _is(message, "meta"):
        return not (data and _SENT.fullmatch(data))
    return data is None and chat.get("type") == "ios" and message.get("message_type") == _IOS_EVENT


def _key(message: Record, row: str) -> Any:
    """WhatsApp's own id of the message, unique in its chat and direction and the same in every backup; else
    the row's number in the database."""
    key = message.get("key_id")
    return key if isinstance(key, str | int) and key else f"row {row}"
