"""The Cloud API's webhooks as types: the fields that are read of them, decoded at once.

Decoding into types is strict: a line of any other shape (an envelope that is not known here, a number where
a text belongs, half a surrogate pair) does not fit. It is then parsed as plain JSON and shaped by hand, where
what has the wrong type is as good as absent. Both ways give the same types, so that all that follows is
written once.

msgspec and not ``polars.read_ndjson``, as the latter is slower by far on nested records (measured on the same
webhooks and processor: msgspec 201 MB/s, pyarrow 139, ``str.json_decode`` 32, ``read_ndjson`` 1), takes
numbers for texts, and silently reads half a surrogate pair as a zero.

Source of the fields: Meta's reference of webhook payloads for ``messages`` (and there the status messages),
``smb_message_echoes``, ``history`` and groups, as of May 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct

from sendepause.sources.envelopes import NAMES, opened
from sendepause.sources.json_chunks import Lines
from sendepause.sources.json_records import Record, checked, items, text_of
from sendepause.sources.numbers import address, milliseconds

T = TypeVar("T", bound=Struct)

_NAMES = (*NAMES, "data", "event")  # a call has no such fields; records of gateways have

_LONG = 4300  # digits of a number that Python's parser refuses; msgspec passes over it in unread fields
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % (_LONG + 1))


class Body(Struct, gc=False):
    body: str | None = None


class Words(Struct, gc=False):
    text: str | None = None


class Captioned(Struct, gc=False):
    caption: str | None = None


class Reply(Struct, gc=False):
    title: str | None = None


class Interactive(Struct, gc=False):
    button_reply: Reply | None = None
    list_reply: Reply | None = None
    body: Words | None = None


class HistoryContext(Struct, gc=False):
    from_me: bool | None = None


class Message(Struct, gc=False, rename={"sender": "from"}):
    sender: str | None = None
    from_user_id: str | None = None
    to: str | None = None
    to_user_id: str | None = None
    group_id: str | None = None
    id: str | None = None
    timestamp: str | None = None
    type: str | None = None
    text: Body | None = None
    system: Body | None = None
    button: Words | None = None
    order: Words | None = None
    interactive: Interactive | None = None
    image: Captioned | None = None
    video: Captioned | None = None
    audio: Captioned | None = None
    voice: Captioned | None = None
    document: Captioned | None = None
    sticker: Captioned | None = None
    history_context: HistoryContext | None = None


class Origin(Struct, gc=False):
    type: str | None = None


class Conversation(Struct, gc=False):
    origin: Origin | None = None


class Pricing(Struct, gc=False):
    category: str | None = None


class Fault(Struct, gc=False):
    code: int | str | None = None


class Status(Struct, gc=False):
    id: str | None = None
    status: str | None = None
    timestamp: str | None = None
    recipient_id: str | None = None
    recipient_user_id: str | None = None
    biz_opaque_callback_data: str | None = None
    conversation: Conversation | None = None
    pricing: Pricing | None = None
    errors: list[Fault] | None = None


class Metadata(Struct, gc=False):
    display_phone_number: str | None = None


class Thread(Struct, gc=False, rename={"customer": "id"}):
    customer: str | None = None
    messages: list[Message] | None = None


class History(Struct, gc=False):
    threads: list[Thread] | None = None


class Value(Struct, gc=False):
    """What a change tells. Most fields are absent, and all of them for changes that tell of no message."""

    metadata: Metadata | None = None
    messages: list[Message] | None = None
    statuses: list[Status] | None = None
    message_echoes: list[Message] | None = None
    history: list[History] | None = None


class Change(Struct, gc=False):
    value: Value | None = None


class Entry(Struct, gc=False):
    changes: list[Change] | None = None


class Hook(Struct, gc=False):
    """A call."""

    entry: list[Entry] | None = None


_ADDRESSES = frozenset(
    {"sender", "from_user_id", "to", "to_user_id", "group_id", "recipient_id", "recipient_user_id"}
    | {"display_phone_number", "customer"}
)
_DECODER = msgspec.json.Decoder(Hook)


def of_lines(lines: Lines) -> Iterator[Value]:
    """All values of a chunk of JSON Lines, one by one: what is let go at once costs the least.

    The chunk is UTF-8, which msgspec itself does not check in what it passes over.

    :raises BadInput: for a line that is no JSON or no object, with its number.
    """
    decode = _DECODER.decode
    for number, line in enumerate(lines.data.split(b"\n"), lines.first):
        try:
            entries = decode(line).entry
        except (msgspec.DecodeError, RecursionError):
            entries = None
        if entries is None or (len(line) > _LONG and _LONG_NUMBER.search(line)):
            for place, record in Lines(line, number).values():
                yield from of_record(checked(record, place))
            continue
        for entry in entries:
            for change in entry.changes or ():
                if change.value is not None:
                    yield change.value


def of_record(record: Record) -> list[Value]:
    """All values of one call that is parsed already, in whatever envelope."""
    return [value for call in opened(record, _is_ours, _NAMES) for value in _values(call)]


def _is_ours(record: Record) -> bool:
    return isinstance(record.get("entry"), dict | list) or _bare(record) is not None


def _values(call: Record) -> list[Value]:
    try:
        entries = msgspec.convert(call, Hook).entry
    except (msgspec.ValidationError, UnicodeError, RecursionError):
        entries = None
    if entries is None:
        return [shaped(Value, value) for value in _by_hand(call)]
    changes = (change for entry in entries for change in entry.changes or ())
    return [change.value for change in changes if change.value is not None]


def _by_hand(call: Record) -> list[Record]:
    """The ``value`` objects of a call, of a bare change, or of a bare value."""
    if isinstance(call.get("entry"), dict | list):
        changes = [change for entry in items(call["entry"]) for change in items(entry.get("changes"))]
        return [change["value"] for change in changes if isinstance(change.get("value"), dict)]
    bare = _bare(call)
    return [] if bare is None else [bare]


def _bare(record: Record) -> Record | None:
    """The value of a change that stands alone, or of a value that does."""
    value = record.get("value")
    if isinstance(value, dict) and "field" in record:
        return value
    return record if record.get("messaging_product") == "whatsapp" and "metadata" in record else None


@cache
def _fields(kind: type[Struct]) -> tuple[tuple[str, str, Any], ...]:
    """Name, name in JSON and type (without None) of every field."""
    return tuple(
        (field.name, field.encode_name, get_args(field.type)[0]) for field in msgspec.structs.fields(kind)
    )


def shaped(kind: type[T], record: Record) -> T:
    """A plain JSON object as this type: what does not fit is absent."""
    return kind(
        **{name: _fitting(name, inner, record.get(encoded)) for name, encoded, inner in _fields(kind)}
    )


def _fitting(name: str, kind: Any, value: Any) -> Any:
    if get_args(kind):  # a list of objects, or one alone
        found = [shaped(get_args(kind)[0], item) for item in items(value)]
        return found if isinstance(value, dict | list) else None
    if isinstance(kind, type) and issubclass(kind, Struct):
        return shaped(kind, value) if isinstance(value, dict) else None
    if name in _ADDRESSES:
        return value if isinstance(value, str) else address(value)
    if name == "timestamp":
        return value if isinstance(value, str) else _stamp(value)
    if name == "from_me":
        return value is True
    if name == "code" and isinstance(value, int) and not isinstance(value, bool):
        return value
    return text_of(value)


def _stamp(value: Any) -> str | None:
    """A time stamp that is no text as one that ``numbers.milliseconds`` reads the same."""
    at = milliseconds(value)
    if at is None:
        return None
    return str(at) if at >= 10**11 else f"{at // 1000}.{at % 1000:03d}"
