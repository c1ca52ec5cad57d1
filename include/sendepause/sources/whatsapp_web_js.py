"""Reads serialised ``Message`` objects of whatsapp-web.js, and the webhooks of servers built on it.

Webhooks as github.com/avoylenko/wwebjs-api sends them: ``{"dataType": "message", "sessionId": …, "data":
{"message": {…}}}``; its answers ``{"success": true, "messages": […]}``; bare objects; and models without
the object around them, as ``_data`` holds them (``t`` for ``timestamp``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from sendepause.model import Evidence
from sendepause.sources import web_models as web
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.envelopes import opened
from sendepause.sources.gathered import Message, own_author
from sendepause.sources.json_records import Record, inner, items, text_of
from sendepause.sources.large_objects import by_entry
from sendepause.sources.numbers import address, milliseconds
from sendepause.sources.recorded import Seen, read_records

_EVENTS = frozenset({"message", "message_create", "media"})


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """Messages of ``message`` and ``message_create``, which tell of most of them twice, and of lists.

    Evidence: whatsapp-web.js drives WhatsApp Web, which only consumer products have.
    """

    def messages_in(record: Record, seen: Seen) -> list[Message] | None:
        letters = list(opened(record, _is_ours))
        found = [message for letter in letters for message in _messages(letter, seen)]
        made = (message_of(message, context) for message in found)
        return [message for message in made if message] if letters else None

    seen = Seen("whatsapp-web.js", Evidence.CONSUMER)
    return read_records(
        stream, context, seen, messages_in, "a message of whatsapp-web.js", by_entry("messages")
    )


def _is_ours(record: Record) -> bool:
    return (
        is_model(record) or isinstance(record.get("dataType"), str) or next(_listed(record), None) is not None
    )


def is_model(record: Record) -> bool:
    """Whether it is a message as whatsapp-web.js models it."""
    return isinstance(inner(record, "id", "_serialized"), str) and ("timestamp" in record or "t" in record)


def _listed(record: Record) -> Iterator[Record]:
    for shelf in ("message", "messages"):
        yield from filter(is_model, items(record.get(shelf)))


def _messages(record: Record, seen: Seen) -> Iterator[Record]:
    event = text_of(record.get("dataType"))
    seen.shape("events" if event else "messages")
    if event in _EVENTS:
        data = record.get("data")
        if isinstance(data, dict):
            yield from [data] if is_model(data) else _listed(data)
    elif event is None:
        yield from [record] if is_model(record) else _listed(record)


def message_of(model: Record, context: ReadContext) -> Message | None:
    """A modelled message; None for reactions, revocations, votes, calls and the protocol's own rows."""
    kind = text_of(model.get("type")) or ""
    if kind in web.NO_MESSAGE:
        return None
    message_id = web.identity(model.get("id"))
    own = model.get("fromMe", inner(model, "id", "fromMe")) is True
    sender, to = (web.identity(model.get(name)) for name in ("from", "to"))
    chat = web.identity(inner(model, "id", "remote")) or (to if own else sender)
    in_group, system = web.is_group(chat), kind in web.SYSTEM
    writer = address(web.identity(model.get("author"))) if in_group else None
    counterpart = address(chat)
    account = web.own_number({"from": sender, "to": to}, own, counterpart)
    return Message(
        sent_at=milliseconds(model.get("timestamp", model.get("t"))),
        author=None if system else own_author(context, account) if own else writer or counterpart or "",
        text=_text(model, kind),
        media=not system and (_has_media(model) or kind in web.MEDIA),
        system=system,
        direction=None if system else "out" if own else "in",
        counterpart=counterpart,
        account=account,
        message_id=message_id,
    )


def _has_media(model: Record) -> bool:
    return model.get("hasMedia") is True or bool(model.get("directPath"))


def _text(model: Record, kind: str) -> str | None:
    """The words: a raw model keeps them in ``caption`` for media, and a thumbnail in ``body``."""
    if kind in web.TEXTLESS:
        return None
    if kind in web.CARDS:
        return ""
    raw = "timestamp" not in model
    if raw and (_has_media(model) or kind in web.MEDIA):
        return text_of(model.get("caption")) or ""
    names = ("body", "pollName", "eventName") if raw else ("body",)
    return next((text for text in (text_of(model.get(name)) for name in names) if text is not None), None)
