"""A CSV file in portions: its header, and its rows as text columns; in bounded memory, whatever the file is.

Regular quoting, which is what programs write, is read by Polars in blocks that end with a row. Where a block
is not regular (a quotation mark inside an unquoted field, a lone CR as the end of a line) the rest of the
file goes through Python's csv module, whose strict reading is the law for both ways.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from sendepause.errors import BadInput

MAX_COLUMNS = 500
LONGEST = 131_072
"""Characters of one field, the csv module's own limit; WhatsApp's longest message has half as many."""

BLOCK = 4 * 1024 * 1024
_ROWS = 50_000  # of one portion at most; of empty lines a block has millions
_HEAD = 1024 * 1024  # bytes in which the header row has to end
_READ = 1024 * 1024

_NO_HEADER = BadInput("The file has no header row.", "Give a CSV whose first row names its columns.")

_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Head:
    """What the beginning of a file says. ``end``: bytes of UTF-8 before the first row after the header;
    ``lines``: how many lines these are."""

    header: tuple[str, ...]
    separator: str
    encoding: str
    bom: int
    end: int
    lines: int


def head_of(stream: BinaryIO) -> Head:
    """The header row and how the file is written. The separator is the one that the header has most of.

    :raises BadInput: for what is no text or has no header row.
    """
    encoding, bom = _encoding(stream)
    start = b"".join(_utf8(stream, encoding, bom, _HEAD))[:_HEAD]
    text = start.decode("utf-8", "ignore")
    declared = re.match(r"\ufeff?sep=(.)\r?\n", text)
    skipped = declared.end() if declared else len(text) - len(text.lstrip("\ufeff"))
    rest = text[skipped:]
    first = rest.lstrip().partition("\n")[0]
    separator = declared[1] if declared else max(";,\t|", key=first.count)
    consumed = 0

    def lines() -> Iterator[str]:
        nonlocal consumed
        for line in io.StringIO(rest, newline=""):
            consumed += len(line)
            yield line

    try:
        header = next(
            (row for row in csv.reader(lines(), delimiter=separator, strict=True) if _filled(row)), None
        )
    except csv.Error:
        raise BadInput(
            "The table is damaged: a quoted field does not end, or is too long.",
            "Export it again.",
            place="line 1",
        ) from None
    if header is None or len(header) > MAX_COLUMNS:
        raise _NO_HEADER
    above = text[: skipped + consumed]
    lines_above = max(above.count("\n"), above.count("\r"))
    return Head(
        tuple(name.strip() for name in header), separator, encoding, bom, len(above.encode()), lines_above
    )


def _filled(row: list[str]) -> bool:
    return any(field.strip() for field in row)


def portions(stream: BinaryIO, head: Head, wanted: Collection[int] | None = None) -> Iterator[pl.DataFrame]:
    """The rows below the header: text columns named "0", "1", …, and ``row`` (the header is row 1).

    A field that is not there is empty. Rows without any field filled may be among them. ``wanted``: the
    columns that are needed; others may be left out.

    :raises BadInput: for damage and for rows with more fields than the header, with their place.
    """
    blocks, row, line = _Blocks(_utf8(stream, head.encoding, head.bom, None), head.end), 2, head.lines + 1
    while block := blocks.whole_rows():
        found = _parsed(block, head, row, wanted)
        if found is None:
            yield from _strictly(_Rest(block.data, blocks), head, row, line)
            return
        yield found
        row += len(found)
        line += block.data.count(b"\n")


@dataclass(frozen=True, slots=True)
class _Block:
    """Some whole rows. ``quotes``: where quotation marks are; ``sure``: the end is the end of a row."""

    data: bytes
    quotes: np.ndarray[Any, np.dtype[np.int64]]
    sure: bool = True


class _Blocks:
    """The file's bytes, cut where a row ends."""

    def __init__(self, chunks: Iterator[bytes], skip: int) -> None:
        self._chunks, self._held, self._skip, self._ended = chunks, b"", skip, False

    def whole_rows(self) -> _Block | None:
        """The next rows, 50,000 at most; None at the end."""
        while True:
            self._fill(BLOCK)
            found = self._cut(self._ended)
            if found is not None or not self._held:
                return found
            if self._ended or len(self._held) > 4 * BLOCK:
                return _Block(self.rest(), np.empty(0, np.int64), sure=False)
            self._fill(2 * len(self._held))

    def rest(self) -> bytes:
        """What was read already, or the next chunk; empty at the end."""
        if not self._held:
            self._fill(1)
        held, self._held = self._held, b""
        return held

    def _fill(self, size: int) -> None:
        while len(self._held) < size and not self._ended:
            chunk = next(self._chunks, None)
            self._ended = chunk is None
            self._held += (chunk or b"")[self._skip :]
            self._skip = max(0, self._skip - len(chunk or b""))

    def _cut(self, ended: bool) -> _Block | None:
        data = np.frombuffer(self._held, np.uint8)
        quotes = np.flatnonzero(data == 34) if b'"' in self._held else np.empty(0, np.int64)
        ends = np.flatnonzero(data == 10)
        if len(quotes):
            ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
        cut = int(ends[min(len(ends), _ROWS) - 1]) + 1 if len(ends) else 0
        if not cut and ended and len(quotes) % 2 == 0:
            cut = len(self._held)  # the last row, without a line's end
        if not cut:
            return None
        held, self._held = self._held[:cut], self._held[cut:]
        return _Block(held, quotes[: np.searchsorted(quotes, cut)])


def _parsed(block: _Block, head: Head, row: int, wanted: Collection[int] | None) -> pl.DataFrame | None:
    """A block of whole rows by Polars; None where only the csv module reads it for certain."""
    if not _is_regular(block, head.separator):
        return None
    names = [str(number) for number in range(len(head.header))]
    chosen = names if wanted is None else [names[number] for number in sorted(set(wanted))]
    whole = block.data if block.data.endswith(b"\n") else block.data + b"\n"
    try:
        scan = pl.scan_csv(
            io.BytesIO(whole),
            separator=head.separator,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            infer_schema=False,
            empty_string_is_null=False,
            extra_columns="raise",
            missing_columns="insert",
            raise_if_empty=False,
        )
        found = scan.select(pl.col(chosen).fill_null("")).collect()
    except pl.exceptions.PolarsError:  # such as rows of more fields than the header, as Excel writes them
        return pl.concat(_strictly(io.BytesIO(block.data), head, row, row))
    if (found.select(pl.max_horizontal(pl.all().str.len_bytes().max())).item() or 0) > LONGEST:
        _refuse_longer(found, row)
    return found.with_row_index("row", offset=row)


def _refuse_longer(found: pl.DataFrame, row: int) -> None:
    too_long = found.select(pl.any_horizontal(pl.all().str.len_chars() > LONGEST)).to_series().arg_true()
    if len(too_long):
        raise _too_long(f"row {row + too_long[0]}")


def _too_long(place: str) -> BadInput:
    return BadInput(
        f"A field is longer than {LONGEST:,} characters, which no message is.",
        "Export it again.",
        place=place,
    )


def _is_regular(block: _Block, separator: str) -> bool:
    """Whether every quotation mark opens a field, closes one, or is doubled inside one, and LF ends rows."""
    if not block.sure or len(separator.encode()) != 1 or separator in '"\n\r':
        return False
    if block.data.count(b"\r") != block.data.count(b"\r\n"):
        return False
    quotes = block.quotes
    if not len(quotes):
        return True
    data = np.frombuffer(block.data, np.uint8)
    opens, closes = quotes[::2], quotes[1::2]
    before = data[np.maximum(opens - 1, 0)]
    before = np.where(opens == 0, 10, before)
    after = data[np.minimum(closes + 1, len(data) - 1)]
    after = np.where(closes == len(data) - 1, 10, after)
    kept = ord(separator)
    opened = (before == kept) | (before == 10) | (before == 34)
    closed = (after == kept) | (after == 10) | (after == 13) | (after == 34)
    return len(quotes) % 2 == 0 and bool(opened.all() and closed.all())


def _strictly(
    data: io.RawIOBase | io.BytesIO, head: Head, row: int, line: int, at_once: int = 10_000
) -> Iterator[pl.DataFrame]:
    """The rows of what is left, by the csv module."""
    raw = data if isinstance(data, io.BytesIO) else io.BufferedReader(data)
    text = io.TextIOWrapper(raw, "utf-8", newline="")
    lines = csv.reader(_lines(text, row), delimiter=head.separator, strict=True)
    held: list[list[str]] = []
    size = 0
    try:
        for fields in lines:
            held.append(fields)
            size += sum(map(len, fields))
            if len(held) == at_once or size > 2 * BLOCK:
                yield _framed(held, head, row)
                row, size, held = row + len(held), 0, []
    except csv.Error:
        raise BadInput(
            "The table is damaged: a quoted field does not end, or is too long.",
            "Export it again.",
            place=f"line {line + lines.line_num - 1}",
        ) from None
    if held:
        yield _framed(held, head, row)


def _lines(text: io.TextIOWrapper, row: int) -> Iterator[str]:
    longest = LONGEST * 8  # a line of many fields, each of them long
    while line := text.readline(longest):
        if len(line) == longest and not line.endswith(("\n", "\r")):
            raise _too_long(f"after row {row}")
        yield line


def _framed(rows: list[list[str]], head: Head, row: int) -> pl.DataFrame:
    width = len(head.header)
    for number, fields in enumerate(rows, row):
        if len(fields) > width and _filled(fields[width:]):
            raise BadInput(
                "A row has more fields than the header.", "Put texts into quotes.", place=f"row {number}"
            )
    columns = dict(zip(map(str, range(width)), zip_longest(*rows, fillvalue=""), strict=False))
    empty = ("",) * len(rows)
    return pl.DataFrame(
        {str(n): columns.get(str(n), empty) for n in range(width)},
        schema=dict.fromkeys(map(str, range(width)), pl.String),
    ).with_row_index("row", offset=row)


class _Rest(io.RawIOBase):
    """What is left of a file, as a stream."""

    def __init__(self, held: bytes, blocks: _Blocks) -> None:
        self._left, self._blocks = held, blocks

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._left = self._left or self._blocks.rest()
        view = memoryview(buffer)
        taken = self._left[: len(view)]
        view[: len(taken)] = taken
        self._left = self._left[len(taken) :]
        return len(taken)


def _encoding(stream: BinaryIO) -> tuple[str, int]:
    """How the file is written, and the bytes of its mark; by the rules of ``text.decode``."""
    stream.seek(0)
    start = stream.read(4096)
    if not start:
        raise BadInput(
            "The file is empty.", "Export it again: an account without messages has a file with notices."
        )
    for mark, encoding in _ENCODINGS:
        if start.startswith(mark):
            if encoding == "utf-8" and _utf8_or_windows(stream, start) != encoding:
                raise BadInput("The file is not readable text (utf-8).", "Export it again.")
            return encoding, len(mark)
    if start.count(0) * 4 > len(start):
        return ("utf-16-le" if start[1::2].count(0) > start[0::2].count(0) else "utf-16-be"), 0
    return _utf8_or_windows(stream, start), 0


def _utf8_or_windows(stream: BinaryIO, start: bytes) -> str:
    """UTF-8, or Windows-1252 where nothing beyond ASCII is UTF-8: else the file is damaged."""
    strict, lenient = (
        codecs.getincrementaldecoder("utf-8")("strict"),
        codecs.getincrementaldecoder("utf-8")("ignore"),
    )
    broken, foreign, done, block = None, False, 0, start
    while True:
        if broken is None:
            pending = len(strict.getstate()[0])
            try:
                strict.decode(block, final=not block)
            except UnicodeDecodeError as error:
                broken = done - pending + error.start
        if not block.isascii() or not block:
            foreign |= not lenient.decode(block, final=not block).isascii()
        if broken is not None and foreign:
            raise BadInput(
                "The file is damaged: its text is not UTF-8 throughout.",
                "Export it again.",
                place=f"byte {broken}",
            )
        if not block:
            return "utf-8" if broken is None else "windows-1252"
        done += len(block)
        block = stream.read(_READ)


def _utf8(stream: BinaryIO, encoding: str, bom: int, most: int | None) -> Iterator[bytes]:
    """The file's text as UTF-8 in blocks; at most about ``most`` bytes of it."""
    stream.seek(bom)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    taken = 0
    while most is None or taken < most:
        block = stream.read(_READ)
        taken += len(block)
        if encoding == "utf-8":
            if not block:
                return
            yield block
            continue
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            place = f"byte {bom + taken - len(block) + error.start}"
            raise BadInput(
                f"The file is not readable text ({encoding}).", "Export it again.", place=place
            ) from None
        if text:
            yield text.encode("utf-8", "replace")
        if not block:
            return
