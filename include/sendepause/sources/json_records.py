"""Objects out of a JSON file: one a line, an array of them, or one alone; in bounded memory.

For readers::

    for portion in portions(stream):    # lists of objects: turn each into one Reading
    for record in records(stream):      # the same, one by one
    for key, others, portion in shelves(stream, "messages"):  # one huge object, keyed, of huge objects

All three are generators and refuse the file (``BadInput``) where they come to what does not parse, which may
be after the first portions: whoever reads the file throws those away.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, BinaryIO

from ijson.common import ObjectBuilder

from sendepause.errors import BadInput
from sendepause.sources.json_chunks import MAX_RECORD as MAX_RECORD
from sendepause.sources.json_chunks import Opened, parsed, too_deep, too_large

PORTION = 5_000
"""So many records are one portion: some megabytes of webhooks, tens of megabytes once they are parsed."""

DEEPEST = 500

Record = dict[str, Any]


def portions(stream: BinaryIO, most: int = PORTION) -> Iterator[list[Record]]:
    """The file's objects in its order, at most ``most`` at a time; never an empty list.

    JSON Lines and arrays may have any size, one object alone 16 MiB. UTF-8, or UTF-16 up to 16 MiB.

    :raises BadInput: for what does not parse, with its line or entry.
    """
    return portions_of(Opened(stream), most)


def portions_of(opened: Opened, most: int = PORTION) -> Iterator[list[Record]]:
    """The same of a file that is open already."""
    held: list[Record] = []
    for place, value in _values(opened):
        held.append(checked(value, place))
        if len(held) == most:
            yield held
            held = []
    if held:
        yield held


def records(stream: BinaryIO) -> Iterator[Record]:
    """The file's objects one by one; see ``portions``."""
    for place, value in _values(Opened(stream)):
        yield checked(value, place)


def checked(value: Any, place: str) -> Record:
    """The value, which has to be an object."""
    if not isinstance(value, dict):
        raise BadInput("A record is no JSON object.", "Give the tool's own records, unchanged.", place=place)
    return value


def _values(opened: Opened) -> Iterator[tuple[str, Any]]:
    if opened.is_array():
        return _entries(opened)
    if opened.is_lines():
        return (value for lines in opened.lines() for value in lines.values())
    return _alone(opened)


def _entries(opened: Opened) -> Iterator[tuple[str, Any]]:
    if not opened.whole:
        return opened.elements()
    entries = parsed(opened.text(), None)
    return ((f"entry {number}", entry) for number, entry in enumerate(entries, 1))


def _alone(opened: Opened) -> Iterator[tuple[str, Any]]:
    """One object over several lines. Where lines were meant, told by line."""
    if not opened.whole:
        raise too_large("the file")
    try:
        yield "the file", parsed(opened.text(), "the file")
    except BadInput:
        for lines in opened.lines():
            for _ in lines.values():
                pass  # raises at the first line that does not parse
        raise


def shelves(
    stream: BinaryIO, shelf: str, most: int = PORTION
) -> Iterator[tuple[str, Record, list[tuple[str, Any]]]]:
    """One object of objects that each keep their many entries under the key ``shelf``, like
    ``{"49171…": {"name": "Ida", "messages": {"1": {…}, "2": {…}}}}``; of any size.

    Gives ``(key, others, entries)`` for each inner object with a ``shelf``: ``others`` are its other fields,
    of a large file those that stand before the shelf; ``entries`` at most ``most`` pairs of key and value (of
    a list: numbers from 0). The same key comes again for more entries, and once with none for an empty
    shelf. A file with several such objects (an array, JSON Lines) gives those of all.

    :raises BadInput: as ``portions``; a single entry may have 16 MiB.
    """
    opened = Opened(stream)
    if opened.whole or opened.is_array():
        for place, value in _values(opened):
            yield from _shelved(checked(value, place), shelf, most)
    else:
        yield from _Shelves(opened.events(), shelf, most)


def _shelved(record: Record, shelf: str, most: int) -> Iterator[tuple[str, Record, list[tuple[str, Any]]]]:
    for key, value in record.items():
        kept = inner(value, shelf)
        if not isinstance(kept, dict | list):
            continue
        others = {name: field for name, field in value.items() if name != shelf}
        pairs = kept.items() if isinstance(kept, dict) else enumerate(kept)
        entries = [(str(name), entry) for name, entry in pairs]
        for start in range(0, max(len(entries), 1), most):
            yield key, others, entries[start : start + most]


class _Shelves:
    """The same out of ijson's basic events, one entry in memory at a time."""

    def __init__(self, events: Iterator[tuple[str, Any]], shelf: str, most: int) -> None:
        self._events, self._shelf, self._most = events, shelf, most

    def __iter__(self) -> Iterator[tuple[str, Record, list[tuple[str, Any]]]]:
        for event, value in self._events:
            if event != "start_map":
                checked(value, "the file")
            yield from self._outer()

    def _outer(self) -> Iterator[tuple[str, Record, list[tuple[str, Any]]]]:
        for event, key in self._events:
            if event == "end_map":
                return
            event, value = next(self._events)
            if event == "start_map":
                yield from self._inner(key)
            else:
                self._built(event, value)

    def _inner(self, key: str) -> Iterator[tuple[str, Record, list[tuple[str, Any]]]]:
        others: Record = {}
        for event, name in self._events:
            if event == "end_map":
                return
            event, value = next(self._events)
            if name == self._shelf and event in ("start_map", "start_array"):
                for entries in self._entries(mapped=event == "start_map"):
                    yield key, others, entries
            else:
                others[name] = self._built(event, value)

    def _entries(self, mapped: bool) -> Iterator[list[tuple[str, Any]]]:
        held: list[tuple[str, Any]] = []
        for number in count():
            event, value = next(self._events)
            if event in ("end_map", "end_array"):
                break
            name = str(number)
            if mapped:
                name = value
                event, value = next(self._events)
            held.append((name, self._built(event, value)))
            if len(held) == self._most:
                yield held
                held = []
        yield held

    def _built(self, event: str, value: Any) -> Any:
        builder, depth, size = ObjectBuilder(), 0, 0
        while True:
            builder.event(event, value)
            depth += (event in ("start_map", "start_array")) - (event in ("end_map", "end_array"))
            size += 8 + (len(value) if isinstance(value, str) else 0)
            if not depth and event != "map_key":
                return builder.value
            if depth > DEEPEST:
                raise too_deep("the file")
            if size > MAX_RECORD:
                raise too_large("the file")
            event, value = next(self._events)


def items(value: Any) -> Iterator[Record]:
    """The objects of what should be a list of objects, or is one object."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def text_of(value: Any) -> str | None:
    """A value that should be text, else None."""
    return value if isinstance(value, str) else None


def inner(value: Any, *keys: str) -> Any:
    """The value under nested keys, None where anything on the way is missing or no object."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
