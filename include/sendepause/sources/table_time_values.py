"""A portion's times as far as each tells by itself: text, numbers or typed columns in, a table of parts out.

Parsing in Python is done once for each distinct date and each distinct time of day, never for each row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import polars as pl

from sendepause.errors import BadInput
from sendepause.sources.numbers import NEWEST_MS
from sendepause.sources.table_time_texts import REMEMBERED, date_of, read_clock
from sendepause.sources.text import plainly

_NUMERIC = r"^\d{10}(?:\d{3})?(?:\.\d+)?$"
_FRACTION = r"^(.*\d[:.]\d{2}[:.]\d{2})[.,]\d{1,9}(.*)$"
_USUAL = r"^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$"
_WEEKDAY = r"^\pL{2,10}\.?,? +"
_PARTS = (
    r"^(\d{1,4}[./-] ?(?:\d{1,2}|\pL{3,9})[./-] ?\d{1,4}\.?|\d{1,2}\.? \pL{3,9}\.?,? \d{4}"
    r"|\pL{3,9}\.? \d{1,2},? \d{4}|\d{8})(?:(?:,? um |,? |T)(.+))?$"
)
_HALF = 10_000  # minutes, so that an offset from UTC is a number above 0

# ``exact``: UTC ms. ``wall``: a clock of no zone. ``date``: the text of a date whose order is not known yet.
PARSED = pl.Schema(
    {
        "row": pl.UInt32(),
        "exact": pl.Int64(),
        "wall": pl.Datetime("ms"),
        "date": pl.String(),
        "second": pl.Int32(),
        "offset": pl.Int32(),
        "fine": pl.Boolean(),
    }
)


def parts_of(shown: pl.Series, rows: pl.Series) -> pl.DataFrame:
    """One portion's times; schema ``PARSED``.

    :raises BadInput: where a row has no date and time that can be read.
    """
    rows = rows.cast(pl.UInt32)
    if shown.is_empty():
        return pl.DataFrame(schema=PARSED)
    if isinstance(shown.dtype, pl.Datetime):
        found = _typed(shown, rows)
    elif shown.dtype.is_numeric():
        found = pl.DataFrame({"row": rows, "exact": _epoch(shown)}).with_columns(fine=True)
    else:
        found = _read(shown.cast(pl.String), rows)
    full = pl.concat([pl.DataFrame(schema=PARSED), found], how="diagonal_relaxed").match_to_schema(PARSED)
    unread = full.filter(pl.all_horizontal(pl.col("exact", "wall", "date").is_null()))
    if len(unread):
        raise BadInput(
            "A row has no date and time that can be read.",
            "Write 31.12.2024 17:05:09, or 2024-12-31T17:05:09Z.",
            place=f"row {unread['row'][0]}",
        )
    return full


def _typed(shown: pl.Series, rows: pl.Series) -> pl.DataFrame:
    """Datetimes; fractions of a second are cut off, as everywhere."""
    whole = shown.dt.cast_time_unit("ms").dt.truncate("1s")
    if getattr(shown.dtype, "time_zone", None) is None:
        return pl.DataFrame({"row": rows, "wall": whole}).with_columns(fine=True)
    return pl.DataFrame({"row": rows, "exact": whole.dt.epoch("ms")}).with_columns(fine=True)


def _epoch(values: pl.Series) -> pl.Series:
    """Numbers as ``numbers.milliseconds`` reads them: seconds, or milliseconds from 10^11 on."""
    number = values.cast(pl.Float64) if values.dtype.is_decimal() else values
    in_ms = number >= 100_000_000_000
    wide = number.cast(pl.Float64)
    seconds = wide.floor()
    fraction = ((wide - seconds) * 1000).round().clip(upper_bound=999)  # cut off, never the next second's
    exact = pl.select(
        pl.when((number <= 0) | (number > NEWEST_MS) | wide.is_nan().fill_null(False))
        .then(None)
        .when(in_ms)
        .then(number.cast(pl.Int64, strict=False))
        .otherwise((seconds * 1000 + fraction).cast(pl.Int64, strict=False))
    )
    return exact.to_series()


def _read(shown: pl.Series, rows: pl.Series) -> pl.DataFrame:
    text = plainly(shown.fill_null(""))
    numeric = text.str.contains(_NUMERIC) if text.str.contains(r"^\d{10}").any() else None
    dates, clocks = _split(text)
    unread = dates.is_null() | clocks.is_null()
    if unread.any():  # what is not written in the usual way, or is a number
        dates, clocks = (
            one.zip_with(~unread, two)
            for one, two in zip((dates, clocks), _searched(text, unread), strict=True)
        )
        unread = dates.is_null() | clocks.is_null()
    exact = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(rows))
    fine = (clocks // 100_000 % 10 == 1).fill_null(False)
    if numeric is not None:
        unread, fine = unread | numeric, fine | numeric
        exact = _epoch(text.set(~numeric, None).cast(pl.Float64))
    away = (clocks // 1_000_000).replace(0, None) - _HALF
    return pl.DataFrame(
        {
            "row": rows,
            "exact": exact,
            "date": dates.set(unread, None),
            "second": (clocks % 100_000).cast(pl.Int32).set(unread, None),
            "offset": (away * 60).cast(pl.Int32).set(unread, None),
            "fine": fine,
        }
    )


def _split(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Dates and clocks of the usual form: parted by the first space, or by the T of ISO 8601."""
    first = text[0] or ""
    parts = text.str.splitn("T" if first[10:11] == "T" else " ", 2).struct.unnest()
    dates, clocks = (parts[name] for name in parts.columns)
    return _dates(dates.str.strip_chars_end(",")), _clocks(clocks.str.strip_chars())


def _dates(texts: pl.Series) -> pl.Series:
    return _looked_up(texts, lambda text: text if date_of(text) else None, pl.String())


def _searched(text: pl.Series, wanted: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The same for every other form."""
    text = text.set(~wanted, None)
    parts = text.str.extract_groups(_PARTS).struct.unnest()
    dates, clocks = (parts[name] for name in parts.columns)
    if (dates.is_null() & wanted).any():
        again = text.str.replace(_WEEKDAY, "").str.extract_groups(_PARTS).struct.unnest()
        dates, clocks = (one.zip_with(dates.is_not_null(), again[one.name]) for one in (dates, clocks))
    return _dates(dates), _clocks(clocks)


def _clocks(texts: pl.Series) -> pl.Series:
    """Times of day, packed as ``_packed_clock`` does; the usual form without Python."""
    plain = texts.str.extract_groups(_USUAL).struct.unnest()
    hour, minute, second = (plain[name].cast(pl.Int64) for name in plain.columns)
    usual = hour * 3600 + minute * 60 + second.fill_null(0) + 100_000 * second.is_not_null().cast(pl.Int64)
    others = texts.set(hour.is_not_null(), None)
    if others.null_count() == len(others):
        return usual
    read = _looked_up(others.str.replace(_FRACTION, "$1$2"), _packed_clock, pl.Int64())
    return pl.select(pl.coalesce(usual, read)).to_series()


def _looked_up(values: pl.Series, reading: Callable[[str], object], dtype: pl.DataType) -> pl.Series:
    distinct = values.drop_nulls().unique()
    if distinct.is_empty():
        return pl.Series(values.name, [None], dtype=dtype).new_from_index(0, len(values))
    made = pl.Series([reading(value) for value in distinct], dtype=dtype)
    return values.replace_strict(distinct, made, default=None, return_dtype=dtype)


@lru_cache(maxsize=REMEMBERED)
def _packed_clock(text: str) -> int | None:
    """Second of the day, whether seconds are told (100,000), and the offset in minutes (millions)."""
    clock = read_clock(text)
    if clock is None:
        return None
    at, offset, fine = clock
    packed = at.hour * 3600 + at.minute * 60 + at.second + 100_000 * fine
    return packed if offset is None else packed + 1_000_000 * (_HALF + int(offset.total_seconds()) // 60)
