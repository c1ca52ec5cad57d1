"""What a Parquet file says of itself, read before anything is unpacked: its footer and its pages' headers.

Polars reads the columns; it trusts sizes, which a hostile or broken file may give as it likes. The format is
Thrift's compact protocol: https://github.com/apache/parquet-format, parquet.thrift.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

from sendepause.errors import BadInput

_MOST_FOOTER = 16 * 1024 * 1024
_MOST_PAGE = 32 * 1024 * 1024
"""Bytes that a page may unpack to; writers make pages of 1 MiB, and of one row group at most 20 MiB."""
_MOST_CHUNK = 512 * 1024 * 1024  # of one column in one row group
_MOST_ROWS = 5_000_000  # of one row group; writers put a million there at most
_HEADER = 64 * 1024
_DELTA_BYTE_ARRAY = 7  # each value repeats a part of the one before: kilobytes unpack to gigabytes

Fields = dict[int, Any]

_DAMAGED = "The Parquet file is damaged or cut off."


def check(stream: BinaryIO, columns: Collection[str]) -> None:
    """Whether the columns can be unpacked in bounded memory.

    :raises BadInput: where the file is damaged, or one of the columns unpacks to absurd sizes.
    """
    try:
        _check(stream, columns)
    except (AttributeError, TypeError, ValueError, OverflowError):  # a field that holds another type
        raise _damaged() from None


def _check(stream: BinaryIO, columns: Collection[str]) -> None:
    for group in _footer(stream).get(4, []):
        rows = group.get(3, 0)
        if rows > _MOST_ROWS:
            raise BadInput(
                f"A row group of the Parquet file has more than {_MOST_ROWS:,} rows.",
                "Write it with smaller row groups.",
            )
        for chunk in group.get(1, []):
            meta = chunk.get(3, {})
            path = [part.decode("utf-8", "replace") for part in meta.get(3, [])]
            if path and path[0] in columns:
                _check_chunk(stream, meta, rows)


def _footer(stream: BinaryIO) -> Fields:
    end = stream.seek(0, 2)
    if end < 12:
        raise _damaged()
    stream.seek(end - 8)
    size, mark = struct.unpack("<I4s", stream.read(8))
    if mark == b"PARE":
        raise BadInput("The Parquet file is encrypted.", "Write it without encryption.")
    if mark != b"PAR1" or size > end - 12:
        raise _damaged()
    if size > _MOST_FOOTER:
        raise BadInput("The Parquet file has a footer of more than 16 MiB.", "Write it with fewer columns.")
    stream.seek(end - 8 - size)
    return _struct(stream.read(size))


def _check_chunk(stream: BinaryIO, meta: Fields, rows: int) -> None:
    if _DELTA_BYTE_ARRAY in meta.get(2, []):
        raise BadInput(
            "A column of the Parquet file is written as differences of texts (DELTA_BYTE_ARRAY).",
            "Write it with dictionaries or plainly, as most writers do by themselves.",
        )
    values = unpacked = 0
    for header in _pages(stream, meta):
        size = header.get(2, 0)
        unpacked += size
        if size > _MOST_PAGE or unpacked > _MOST_CHUNK:
            raise BadInput(
                "A column of the Parquet file unpacks to more than any list of messages.",
                "Write it with smaller row groups, and check where it comes from.",
            )
        values += (header.get(5) or header.get(8) or {}).get(1, 0)
    if values != rows:
        raise _damaged()


def _pages(stream: BinaryIO, meta: Fields) -> Iterator[Fields]:
    """The headers of a column chunk's pages."""
    begin, dictionary, size = meta.get(9, 0), meta.get(11, 0), meta.get(7, 0)
    at = min(begin, dictionary) if dictionary else begin
    end = at + size
    while 0 < at < end:
        stream.seek(at)
        data = stream.read(_HEADER)
        header, used = _read_struct(data, 0)
        body = header.get(3, 0)
        if header.get(2, 0) < 0 or body < 0:
            raise _damaged()
        yield header
        at += used + body


def _damaged() -> BadInput:
    return BadInput(_DAMAGED, "Write it again, and let it be finished before it is laid here.")


def _struct(data: bytes) -> Fields:
    return _read_struct(data, 0)[0]


def _read_struct(data: bytes, at: int) -> tuple[Fields, int]:
    try:
        return _fields(data, at, 0)
    except (IndexError, struct.error, RecursionError, MemoryError, OverflowError):
        raise _damaged() from None


def _fields(data: bytes, at: int, depth: int) -> tuple[Fields, int]:
    found: Fields = {}
    last = 0
    if depth > 20:
        raise IndexError
    while head := data[at]:
        at += 1
        delta, kind = head >> 4, head & 15
        if delta:
            last += delta
        else:
            last, at = _zigzag(data, at)
        if kind in (1, 2):  # a boolean is in its type
            found[last] = kind == 1
        else:
            found[last], at = _value(data, at, kind, depth)
    return found, at + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    match kind:
        case 1 | 2 | 3:
            return data[at], at + 1
        case 4 | 5 | 6:
            return _zigzag(data, at)
        case 7:
            return struct.unpack_from("<d", data, at)[0], at + 8
        case 8:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise IndexError
            return data[at : at + size], at + size
        case 9 | 10:
            return _list(data, at, depth)
        case 12:
            return _fields(data, at, depth + 1)
    raise IndexError  # no other type is in Parquet's metadata


def _list(data: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    size, kind = data[at] >> 4, data[at] & 15
    at += 1
    if size == 15:
        size, at = _varint(data, at)
    if size > len(data) - at:
        raise IndexError
    found = []
    for _ in range(size):
        value, at = _value(data, at, kind, depth + 1)
        found.append(value)
    return found, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise IndexError


def _zigzag(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), at
