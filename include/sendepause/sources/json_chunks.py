"""JSON files in pieces of bounded memory: whole lines of JSON Lines, or one value read event by event.

Parsed JSON takes up to 35 times its size (objects with one field each), so at most ``WHOLE`` bytes are ever
parsed at once.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

import ijson
from ijson.common import JSONError

from sendepause.errors import BadInput
from sendepause.sources.text import decode

MAX_RECORD = 16 * 1024 * 1024
"""Longest record in bytes: media inside a webhook is a thumbnail or a link, seldom a file in Base64."""

WHOLE = 16 * 1024 * 1024
"""A file up to this size is parsed in one piece, where it has to be."""

CHUNK = 4 * 1024 * 1024
"""So many bytes of lines are one chunk; more where one line needs it."""

_DEEP = b"[" * 2000  # deeper than any record; a list each, it would take a hundred times its size
_READ = 64 * 1024
_MORE_THAN_UTF8 = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")  # byte order marks of UTF-16 and UTF-32


_BLANK = " \t\r\ufeff"


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines of JSON Lines, in UTF-8. ``first``: the number of the first one in the file, from 1."""

    data: bytes
    first: int

    def values(self) -> Iterator[tuple[str, Any]]:
        """Every line's value with its place; blank lines are passed over.

        :raises BadInput: for what is no JSON, or longer than ``MAX_RECORD``, with its line.
        """
        for number, line in enumerate(self.data.decode("utf-8").split("\n"), self.first):
            if line.strip(_BLANK):
                yield (place := f"line {number}"), parsed(line.lstrip("\ufeff"), place)


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_JSON = json.JSONDecoder(parse_constant=_no_json)  # NaN and Infinity, which Python would take


def parsed(text: str, place: str | None) -> Any:
    """The value of a JSON text.

    :raises BadInput: for what is no JSON, is nested too deeply or longer than ``MAX_RECORD``.
    """
    if len(text) > MAX_RECORD:
        raise too_large(place)
    try:
        return _JSON.decode(text)
    except ValueError:  # also numbers of absurd length
        raise unparsed(place) from None
    except RecursionError:
        raise too_deep(place) from None


def too_large(place: str | None) -> BadInput:
    return BadInput(
        "A record is larger than any that a messaging tool writes.",
        "Give the tool's own records.",
        place=place,
    )


def too_deep(place: str | None) -> BadInput:
    return BadInput("The JSON is nested too deeply.", "Give the tool's own records, unchanged.", place=place)


def unparsed(place: str | None) -> BadInput:
    return BadInput(
        "The JSON does not parse.", "The file is damaged or cut off: fetch it again.", place=place
    )


class Opened:
    """The beginning of a JSON file, read, and the rest of it.

    ``head``: its first bytes, at most ``WHOLE`` and without a byte order mark, as UTF-8. ``whole``: the head
    is all there is.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._encoding = ""  # until something beyond ASCII tells
        head = _read(stream, WHOLE + 1)
        if head.startswith(_MORE_THAN_UTF8) or head[:4096].count(0) * 4 > len(head[:4096]):
            head = self._recoded(head)
        self.whole = len(head) <= WHOLE
        if self.whole and not head.isascii():
            with suppress(BadInput):  # what is damaged is told by its line
                head = decode(head).encode()
        self.head = head.removeprefix(b"\xef\xbb\xbf")
        if not self.head.strip():
            raise BadInput("The file is empty.", "Export it again.")

    @staticmethod
    def _recoded(head: bytes) -> bytes:
        if len(head) > WHOLE:
            raise BadInput(
                f"A file in UTF-16 is read up to {WHOLE // 1024**2} MiB.", "Save it as UTF-8 (without BOM)."
            )
        return decode(head).encode("utf-8", "replace")

    def is_array(self) -> bool:
        """Whether the file is one list."""
        return self.head.lstrip().startswith(b"[")

    def is_lines(self) -> bool:
        """Whether it has one value a line, and is no list and no object over several lines."""
        if self.is_array():
            return False
        line, several, _ = self.head.strip().partition(b"\n")
        if not line.startswith(b"{"):
            return True  # no object at all: told by line
        if not self.whole:
            return not (several and line.rstrip().endswith((b"{", b"[", b",")))
        try:
            json.loads(line)
        except (ValueError, RecursionError):
            return False
        return True

    def text(self) -> str:
        """All of a small file."""
        return decode(self.head)

    def lines(self) -> Iterator[Lines]:
        """The file as chunks of whole lines.

        :raises BadInput: where a line is no text, or longer than ``MAX_RECORD``, without reading all of it.
        """
        number, rest = 1, b""
        for piece in self._pieces():
            end = piece.rfind(b"\n") + 1
            if end:
                whole = b"".join((rest, memoryview(piece)[:end]))
                rest = piece[end:]
                yield Lines(self._utf8(whole, number), number)
                number += whole.count(b"\n")
            else:
                rest += piece
            if len(rest) > MAX_RECORD:
                raise too_large(f"line {number}")
        if rest:
            yield Lines(self._utf8(rest, number), number)

    def _utf8(self, data: bytes, first: int) -> bytes:
        """Lines as UTF-8, by the rule of ``text.decode``: what a former chunk was in, this one is in too."""
        if data.isascii():
            return data
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            if self._encoding != "utf-8":
                with suppress(BadInput):
                    data = decode(data).encode()
                    self._encoding = "windows-1252"
                    return data
            raise self._damaged(first + data.count(b"\n", 0, error.start)) from None
        self._encoding = self._encoding or "utf-8"
        return data

    @staticmethod
    def _damaged(line: int) -> BadInput:
        return BadInput(
            "The file is damaged: its text is not UTF-8 throughout.", "Export it again.", place=f"line {line}"
        )

    def _pieces(self) -> Iterator[bytes]:
        for start in range(0, len(self.head), CHUNK):
            yield self.head[start : start + CHUNK]
        while piece := _read(self._stream, CHUNK):
            yield piece

    def elements(self) -> Iterator[tuple[str, Any]]:
        """The entries of a list of any size, each with its place."""
        counted, number = _Counted(self.head, self._stream), 0
        entries = ijson.items(counted, "item", use_float=True, buf_size=_READ)
        while True:
            place = f"entry {(number := number + 1)}"
            counted.begin(place)
            try:
                entry = next(entries)
            except StopIteration:
                return
            except JSONError:
                raise unparsed(place) from None
            yield place, entry

    def events(self) -> Iterator[tuple[str, Any]]:
        """The file's value, or values one after the other, of whatever size, as ijson's basic events.

        :raises BadInput: for what is no JSON, where it begins, and for a text longer than ``MAX_RECORD``.
        """
        counted = _Counted(self.head, self._stream)
        try:
            for event in ijson.basic_parse(counted, use_float=True, multiple_values=True, buf_size=_READ):
                counted.begin("the file")
                yield event
        except JSONError:
            raise unparsed("the file") from None


class _Counted:
    """Bytes for the parser, which asks for more only while an entry is not complete: so it can be told that
    one is too large before it lies in memory."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._sources = chain([io.BytesIO(head)], [stream])
        self._source: BinaryIO | None = next(self._sources)
        self._since, self._place, self._tail = 0, "the file", b""

    def begin(self, place: str) -> None:
        self._since, self._place = 0, place

    def read(self, size: int) -> bytes:
        if not size:  # asked for to see whether it gives bytes or text
            return b""
        if self._since > MAX_RECORD:
            raise too_large(self._place)
        data = b""
        while self._source is not None and not (data := self._source.read(size)):
            self._source = next(self._sources, None)
        if _DEEP in self._tail + data:
            raise too_deep(self._place)
        self._tail = data[-len(_DEEP) :]
        self._since += len(data)
        return data


def _read(stream: BinaryIO, size: int) -> bytes:
    """So many bytes, or all that are left: a stream from a store may give fewer at a time."""
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
