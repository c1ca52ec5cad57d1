"""The lines of a chat export as messages: when each was sent, and what follows its header.

The format is told from the first header. Most headers of a file are written alike to the sign and are cut
at fixed words; the few others are matched one group after the other. Python looks only at what is few:
distinct dates and times.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time
from typing import Any

import polars as pl

from sendepause.errors import BadInput
from sendepause.sources.base import MAX_CHAT_LINES
from sendepause.sources.dates import as_date, order_of
from sendepause.sources.header import CANDIDATE, Exact, Format
from sendepause.sources.text import MARKS, SPACES

MAX_LINE = 1024 * 1024
"""Longest line in bytes. WhatsApp's messages end at 65,536 characters."""
_MAX_CANDIDATES = 20_000


@dataclass(frozen=True)
class Dated:
    """``messages``: ``wall`` (naive) and ``rest`` (lines joined by LF); ``order``: what comes first in their
    dates; ``skipped``: the number of lines with words before the first message."""

    messages: pl.DataFrame
    form: Format
    order: str
    skipped: int


def dated(data: bytes, locale: str | None) -> Dated:
    """The messages of a chat in UTF-8. BadInput where there are none, or their dates have two readings.

    A header with an impossible date or time, or with another width of its numbers, is text.
    """
    lines = _lines(data)
    form, first = _format(lines)
    before = lines.head(first).str.replace_all(f"[{MARKS}{SPACES}\r]", "")
    example = lines[first]
    records = _records(lines, form)
    headers = _headers(records, form, example)
    walls, order = _walls(headers, form, locale)
    messages = headers.select("place", "rest", wall=walls)
    if walls.null_count():
        messages = messages.filter(pl.col("wall").is_not_null())
    if messages.is_empty():
        raise BadInput("No line has a date that exists.", "Export the chat again.")
    return Dated(_continued(messages, records), form, order, int((before != "").sum()))


def _lines(data: bytes) -> pl.Series:
    """The text's lines, with the CR that may stand before an LF."""
    if b"\r" in data:
        _bounded(data.count(b"\n") + (not data.endswith(b"\n")))
        return pl.Series("line", [data.decode()], pl.String).str.split("\n").explode()
    lines = pl.read_lines(io.BytesIO(data), name="line", n_rows=MAX_CHAT_LINES + 1).to_series()
    _bounded(len(lines))
    return lines


def _bounded(lines: int) -> None:
    if lines > MAX_CHAT_LINES:
        raise BadInput(
            f"The chat has more than {MAX_CHAT_LINES:,} lines.", "Split it, each part with whole messages."
        )


def _format(lines: pl.Series) -> tuple[Format, int]:
    """The format of the first header, and the place of its line."""
    longest = int(lines.str.len_bytes().max() or 0)  # type: ignore[arg-type]
    if longest > MAX_LINE:
        place = int(lines.str.len_bytes().arg_max() or 0) + 1
        raise BadInput(
            "A line is longer than any message can be.", "Export the chat again.", place=f"line {place}"
        )
    for place in _candidates(lines):
        form = Format.of(lines[place])
        if form is not None:
            if form.has_unknown_word:
                raise BadInput(
                    "The times of day stand beside a word that is not known.",
                    "Set the phone to the 24-hour clock, or to English, and export the chat again.",
                    place=f"line {place + 1}",
                )
            return form, place
    raise BadInput(
        "No line is a WhatsApp message header.",
        "Give the text that WhatsApp's 'Export chat' makes, unchanged.",
    )


def _candidates(lines: pl.Series) -> Iterator[int]:
    """Where lines stand that may be headers; the first is mostly one, and then no other is looked for."""
    head = lines.head(100).str.contains(CANDIDATE).arg_true()
    yield from head
    yield from lines.str.contains(CANDIDATE).arg_true()[len(head) : _MAX_CANDIDATES]


def _records(lines: pl.Series, form: Format) -> pl.Series:
    """The file's lines, as its messages end them.

    Where messages end with CR LF (the iPhone), a bare LF stands inside a message, and a header after it
    was pasted. A file is of that kind if its headers follow CR LF, and hardly ever a bare LF.
    """
    ended = lines.str.ends_with("\r")
    if not ended.any():
        return lines
    header = lines.str.contains(form.pattern)
    after_crlf = ended.shift(1, fill_value=True)
    with_cr, with_lf = int((header & after_crlf)[1:].sum()), int((header & ~after_crlf)[1:].sum())
    only_ends = bool((header | ~after_crlf | (lines == ""))[1:].all())
    if with_cr and (with_cr >= with_lf or (only_ends and with_cr * 10 >= with_lf)):
        return lines.str.join("\n").str.split("\r\n").explode()
    return lines.str.strip_suffix("\r")


def _headers(lines: pl.Series, form: Format, example: str) -> pl.DataFrame:
    """The lines that are headers: their ``place`` among the lines, ``date``, ``time`` and ``rest``."""
    table = lines.alias("line").to_frame().with_row_index("place")
    exact = form.exact(example)
    if exact is None:
        return _matched(table, form)
    alike = table.lazy().with_columns(alike=pl.col("line").str.contains(exact.pattern))
    table = alike.collect(engine="streaming")
    of_kind = table.filter("alike")
    headers = _sliced(of_kind, exact, example)
    if headers is None:
        halves = pl.col("line").str.slice(exact.opening).str.splitn(exact.close, 2).struct
        stamp = pl.col("stamp").str.splitn(exact.gap, 2).struct
        cut = of_kind.lazy().select("place", stamp=halves[0], rest=halves[1])
        headers = cut.select("place", date=stamp[0], time=stamp[1], rest="rest").collect(engine="streaming")
    others = _matched(table.filter(~pl.col("alike")), form)
    return headers if others.is_empty() else pl.concat([headers, others]).sort("place")


def _sliced(table: pl.DataFrame, exact: Exact, example: str) -> pl.DataFrame | None:
    """Headers whose parts stand at the same places in all lines, as where numbers have leading zeros."""
    gap = example.index(exact.gap, exact.opening)
    time = gap + len(exact.gap)
    close = example.index(exact.close, time)
    rest = close + len(exact.close)
    line = pl.col("line").str
    fits = (line.slice(gap, time - gap) == exact.gap) & (line.slice(close, rest - close) == exact.close)
    cut = table.lazy().select(
        "place",
        date=line.slice(exact.opening, gap - exact.opening),
        time=line.slice(time, close - time),
        rest=line.slice(rest),
        fits=fits,
    )
    sliced = cut.collect(engine="streaming")
    return sliced.drop("fits") if sliced["fits"].all() else None


def _matched(table: pl.DataFrame, form: Format) -> pl.DataFrame:
    of_form = table.filter(pl.col("line").str.contains(form.pattern))
    groups = of_form.select("place", groups=pl.col("line").str.extract_groups(form.pattern))
    return groups.unnest("groups").select("place", "date", "time", "rest")


def _walls(headers: pl.DataFrame, form: Format, locale: str | None) -> tuple[pl.Series, str]:
    """The wall clock of each header, null where its date or time does not exist, and the order of dates."""
    runs = headers["date"].rle().struct.unnest()
    numbers = _distinct(runs["value"], form.date_numbers)
    clocks = _distinct(headers["time"], form.clock)
    impossible = [text for text, found in numbers.items() if not found]
    broken = [text for text, found in clocks.items() if not found]
    changes = runs["value"]
    if impossible or broken:
        real = ~pl.col("date").is_in(impossible) & ~pl.col("time").is_in(broken)
        changes = headers.filter(real)["date"].rle().struct.field("value")
    order = order_of(
        [numbers[text] for text in changes],
        year_first=form.year_first,
        dotted=form.day_first,
        locale=locale,
    )
    days = [found and as_date(found, order) for found in map(numbers.__getitem__, runs["value"])]
    day = pl.Series(days, dtype=pl.Date).repeat_by(runs["len"]).explode()
    seconds = {text: found and _seconds(found) for text, found in clocks.items()}
    second = headers["time"].replace_strict(seconds, default=None, return_dtype=pl.Int64)
    return day.cast(pl.Datetime("ms")) + (second * 1000).cast(pl.Duration("ms")), order


def _seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def _distinct(values: pl.Series, parse: Callable[[str], Any]) -> dict[str, Any]:
    return {value: parse(value) for value in values.drop_nulls().unique().to_list()}


def _continued(messages: pl.DataFrame, lines: pl.Series) -> pl.DataFrame:
    """Messages with the lines that follow their header's, which are few."""
    own = messages["place"]
    is_own = pl.Series([False]).new_from_index(0, len(lines)).scatter(own, True)
    places = (~is_own).arg_true()
    places = places.filter(places > own[0])
    messages = messages.select("wall", "rest")
    if places.is_empty():
        return messages
    of = own.search_sorted(places, side="right") - 1
    more = pl.DataFrame({"of": of, "line": lines.gather(places)}).group_by("of", maintain_order=True)
    joined = more.agg(pl.col("line").str.join("\n"))
    first = messages["rest"].gather(joined["of"])
    whole = joined.select(pl.concat_str(first, "line", separator="\n")).to_series()
    return messages.with_columns(rest=messages["rest"].scatter(joined["of"], whole))
