"""The form of Telegram's exports, in which WhatsApp-Chat-Exporter writes a chat with ``--telegram``.

Fields as its ``telegram_json_format`` writes them. Nothing there tells an app's line or a file from a
text, except the words and paths that the exporter itself puts into the text.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from sendepause.sources.base import ReadContext
from sendepause.sources.chained import beginning, chained
from sendepause.sources.gathered import Message, own_author
from sendepause.sources.json_records import Record, text_of
from sendepause.sources.numbers import address, milliseconds

_HEAD = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{\s*"name":\s*"(?:[^"\\]|\\.)*",\s*'
    rb'"type":\s*"(?:calls|personal_chat|private_group|status_broadcast|broadcast_channel)",\s*'
    rb'"id":\s*\d+,\s*"messages":\s*\['
)
_LONGEST_HEAD = 4096
_OWN = "user00000"
_FILE = re.compile(
    r"The media is missing|This media include the following vCard file\(s\):.*"
    r"|(?:WhatsApp(?: Business)?|Message|Media|AppDomainGroup-group\.net\.whatsapp\.WhatsApp(?:SMB)?\.shared)"
    r"/[^\n]+\.\w{1,5}",
    re.DOTALL,
)
_BREAK = re.compile(r" ?<br ?/?>")


def with_breaks(words: str) -> str:
    """The exporter's words with its ``<br>`` as line breaks."""
    return _BREAK.sub("\n", words).strip()


def recognised(stream: BinaryIO) -> tuple[bool, BinaryIO]:
    """Whether a file is in this form, and the stream from its beginning: as one chat among chats, if so."""
    head = beginning(stream, _LONGEST_HEAD)
    if not _HEAD.match(head):
        return False, chained(head, stream)
    return True, chained(b'{"chat":', head.removeprefix(b"\xef\xbb\xbf"), stream, b"}")


def message_of(message: Record, chat: Record, context: ReadContext) -> Message:
    """One message. Where no sender stands, ``from`` is the chat's number, and its name counts first."""
    own = message.get("from_id") == _OWN
    number = address(chat.get("id"))
    group = chat.get("type") != "personal_chat"
    shown = address(message.get("from"))
    other = shown if shown and shown != number else address(chat.get("name")) or number or ""
    words = text_of(message.get("text"))
    media = words is not None and _FILE.fullmatch(words) is not None
    return Message(
        sent_at=milliseconds(message.get("date_unixtime")),
        author=own_author(context, None) if own else other,
        text="" if media else None if words is None else with_breaks(words),
        media=media,
        direction="out" if own else "in",
        counterpart=address(chat.get("name")) if group else number,
        message_id=f"{chat.get('id')}/{message.get('id')}" if message.get("id") is not None else None,
    )
