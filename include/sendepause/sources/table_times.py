"""When the rows of a table were sent: text, numbers or typed columns in, UTC instants out.

A table is gone through twice, since only the whole of it tells which number of a date is the day, whether the
newest row comes first, and which of two hours is meant where the clock goes back::

    survey = Survey(time_zone)
    for shown, rows in portions:
        survey.add(shown, rows)
    times = survey.done()
    for shown, rows in portions:
        times.instants(shown, rows)

``shown``: one value a row, as text, number or datetime; ``rows``: the rows' numbers, for errors. Parsing in
Python is done once for each distinct date and each distinct time of day, never for each row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import polars as pl

from sendepause.errors import BadInput
from sendepause.frames import UTC_MS
from sendepause.locales import Order
from sendepause.model import Resolution
from sendepause.sources.dates import Numbers, as_date, order_of, to_utc
from sendepause.sources.day_periods import hour24
from sendepause.sources.numbers import NEWEST_MS
from sendepause.sources.text import MARKS, SPACES, comparable

MOST_DATES = 100_000
"""Distinct dates of one table; there are not half as many since WhatsApp began."""
_MOST_REPEATED = 3_000_000  # rows on days on which the clock goes back; they are kept until all are known
_REMEMBERED = 200_000  # distinct texts whose reading is kept; there are 86,400 seconds in a day

_NUMERIC = r"^\d{10}(?:\d{3})?(?:\.\d+)?$"
_FRACTION = r"^(.*\d[:.]\d{2}[:.]\d{2})[.,]\d{1,9}(.*)$"
_USUAL = r"^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$"
_WEEKDAY = r"^\pL{2,10}\.?,? +"
_PARTS = (
    r"^(\d{1,4}[./-] ?(?:\d{1,2}|\pL{3,9})[./-] ?\d{1,4}\.?|\d{1,2}\.? \pL{3,9}\.?,? \d{4}"
    r"|\pL{3,9}\.? \d{1,2},? \d{4}|\d{8})(?:(?:,? um |,? |T)(.+))?$"
)
_DATE = re.compile(r"(?P<a>\d{1,4})(?P<sep>[./-]) ?(?P<b>\d{1,2})[./-] ?(?P<c>\d{1,4})\.?")
_NAMED = re.compile(r"(?P<day>\d{1,2})\.?[ ./-] ?(?P<month>[^\W\d]+)\.?,?[ ./-] ?(?P<year>\d{4}|\d{2})")
_NAMED_FIRST = re.compile(r"(?P<month>[^\W\d]+)\.? (?P<day>\d{1,2}),? (?P<year>\d{4})")
_CLOCK = re.compile(
    r"(?P<before>[^\d\s]+ ?)?(?P<h>\d{1,2})[:.](?P<m>\d{2})(?:[:.](?P<s>\d{2}))?"
    r"(?P<after> ?(?! ?(?:Z|UTC|GMT)\b)[^\d\s+-][^\d+-]*?)?"
    r"(?P<zone>Z| ?UTC| ?GMT| ?(?:UTC|GMT)?[+-]\d{2}(?::?\d{2})?)?(?: \([^()]*\))?",
)
_BASIC_CLOCK = re.compile(r"(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{2}:?\d{2})?")  # ISO 8601 without its colons

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january jän jänner",
            "feb februar february feber",
            "mar mär mrz märz march maerz",
            "apr april",
            "mai may",
            "jun juni june",
            "jul juli july",
            "aug august",
            "sep sept september",
            "okt oct oktober october",
            "nov november",
            "dez dec dezember december",
        ),
        1,
    )
    for name in names.split()
}

# ``exact``: UTC ms. ``wall``: a clock of no zone. ``date``: the text of a date whose order is not known yet.
_PARSED = pl.Schema(
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


class Survey:
    """What all rows together tell of the times; see the module."""

    def __init__(self, time_zone: str, locale: str | None = None) -> None:
        self._zone, self._locale = time_zone, locale
        self._dates: dict[str, None] = {}  # distinct, in their order
        self._runs: list[str] = []  # dates as they follow each other
        self._repeated: list[pl.DataFrame] = []
        self._first: tuple[str | None, datetime | None, int] | None = None
        self._last: tuple[str | None, datetime | None, int] | None = None
        self._only_minutes = self._some = False
        self._in_ms = self._fine = False

    def add(self, shown: pl.Series, rows: pl.Series) -> None:
        """Look at one more portion.

        :raises BadInput: where a row has no date and time that can be read.
        """
        parsed = _parsed(shown, rows)
        if parsed.is_empty():
            return
        self._some = True
        self._fine |= bool(parsed["fine"].any())
        self._in_ms |= bool((parsed["exact"] % 1000 != 0).any())
        walls = parsed.filter(pl.col("date").is_not_null() | pl.col("wall").is_not_null())
        self._follow(walls["date"].drop_nulls())
        local = walls.filter(pl.col("offset").is_null())
        if local.is_empty():
            return
        self._first = self._first or _edge(local, 0)
        self._last = _edge(local, -1)
        self._keep_repeated(local)

    def _follow(self, dates: pl.Series) -> None:
        self._dates.update(dict.fromkeys(dates.unique(maintain_order=True)))
        if len(self._dates) > MOST_DATES:
            raise BadInput(
                "The dates are of more days than WhatsApp has existed.", "Check which column is the date."
            )
        runs = dates.rle().struct.field("value").to_list()
        known = len(self._runs)
        self._runs += runs if known < MOST_DATES * 3 else []  # so many never follow each other in order

    def _keep_repeated(self, local: pl.DataFrame) -> None:
        """Rows of days on which the clock goes back, in whatever order their dates are to be read."""
        texts = local["date"].drop_nulls().unique()
        close = [text for text in texts if _may_repeat(text, self._zone)]
        days = local["wall"].drop_nulls().dt.date().unique()
        typed = [day for day in days if _goes_back(day.year, day.month, day.day, self._zone)]
        if not close and not typed:
            return
        kept = local.filter(
            pl.col("date").is_in(close).fill_null(False)
            | pl.col("wall").dt.date().is_in(typed).fill_null(False)
        )
        self._repeated.append(kept.select("row", "wall", "date", "second"))
        if sum(map(len, self._repeated)) > _MOST_REPEATED:
            raise BadInput(
                "More than three million rows are of days on which the clock went back.",
                "Split the file, or write the times in UTC.",
            )

    def done(self) -> Times:
        """How the times are to be read.

        :raises BadInput: where that cannot be told.
        """
        order = self._order()
        resolution = Resolution.S if self._fine or not self._some else Resolution.MIN
        times = Times(self._zone, order, Resolution.MS if self._in_ms else resolution, self._some)
        if self._repeated:
            kept = pl.concat(self._repeated)
            first, last = (_wall(edge, order) for edge in (self._first, self._last))
            # By an hour the clock itself goes back: only more shows that the newest row comes first.
            backwards = first is not None and last is not None and first - last > timedelta(hours=1)
            times.settle(kept.reverse() if backwards else kept)
        return times

    def _order(self) -> Order | None:
        found = [_date_of(text) for text in self._dates]
        known = [one for one in found if one]
        if not known:
            return None
        if len({year_first for _, year_first, _ in known}) > 1:
            raise BadInput(
                "The dates are written in different orders.",
                "Write all dates alike.",
                place="the date column",
            )
        numbers = {text: one[0] for text, one in zip(self._dates, found, strict=True) if one}
        return order_of(
            [numbers[text] for text in [*self._runs, *self._unfollowed()] if text in numbers],
            year_first=known[0][1],
            dotted=any(dotted for _, _, dotted in known),
            either_way=True,
            locale=self._locale,
        )

    def _unfollowed(self) -> Iterable[str]:
        return self._dates.keys() - set(self._runs) if len(self._runs) >= MOST_DATES * 3 else ()


class Times:
    """How the times of one table are to be read. ``order``: which of year, month and day comes first in a
    date of three numbers (None: there was none); ``resolution``: how fine the table tells them; ``some``:
    whether it has any row."""

    def __init__(
        self, time_zone: str, order: Order | None, resolution: Resolution, some: bool = True
    ) -> None:
        self.order, self.resolution, self.some = order, resolution, some
        self._zone = time_zone
        self._settled: pl.DataFrame | None = None

    def settle(self, kept: pl.DataFrame) -> None:
        """Decide the hours that come twice; ``kept`` in the order of time."""
        walls = self._walls(kept)
        self._settled = kept.select("row", settled=to_utc(walls, self._zone))

    def instants(self, shown: pl.Series, rows: pl.Series) -> pl.Series:
        """The instants of one portion (``frames.UTC_MS``).

        :raises BadInput: where a row's date does not exist.
        """
        parsed = _parsed(shown, rows)
        walls = self._walls(parsed)
        plain = walls.dt.replace_time_zone(self._zone, ambiguous="earliest", non_existent="null")
        local = plain.dt.convert_time_zone("UTC")
        skipped = (local.is_null() & walls.is_not_null()).arg_true()
        if len(skipped):
            local = local.scatter(skipped, to_utc(walls.gather(skipped), self._zone))
        shifted = walls.dt.replace_time_zone("UTC") - _seconds(parsed["offset"])
        exact = parsed["exact"].cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
        found = parsed.select("row", at=pl.coalesce(exact, shifted, local).cast(UTC_MS))
        if self._settled is not None:
            has_none = parsed["offset"].is_null() & parsed["exact"].is_null()
            joined = found.join(self._settled, on="row", how="left", maintain_order="left")
            found = joined.with_columns(
                at=pl.when(has_none).then(pl.coalesce("settled", "at")).otherwise("at").cast(UTC_MS)
            )
        return found["at"]

    def _walls(self, parsed: pl.DataFrame) -> pl.Series:
        texts = parsed["date"].drop_nulls().unique()
        days = [_day(text, self.order) for text in texts]
        dates = parsed["date"].replace_strict(texts, pl.Series(days, dtype=pl.Date), default=None)
        missing = (dates.is_null() & parsed["date"].is_not_null()).arg_true()
        if len(missing):
            place = f"row {parsed['row'][missing[0]]}"
            raise BadInput("A row has a date that does not exist.", "Correct it.", place=place)
        combined = dates.cast(pl.Datetime("ms")) + _seconds(parsed["second"])
        return parsed.select(pl.coalesce("wall", combined).alias("wall")).to_series()


def _seconds(values: pl.Series) -> pl.Series:
    return (values.cast(pl.Int64) * 1000).cast(pl.Duration("ms"))


def _edge(local: pl.DataFrame, at: int) -> tuple[str | None, datetime | None, int]:
    row = local.row(at, named=True)
    return row["date"], row["wall"], row["second"] or 0


def _wall(edge: tuple[str | None, datetime | None, int] | None, order: Order | None) -> datetime | None:
    if edge is None or edge[1] is not None:
        return edge and edge[1]
    day = _day(edge[0] or "", order)
    return datetime.combine(day, time()) + timedelta(seconds=edge[2]) if day else None


def _parsed(shown: pl.Series, rows: pl.Series) -> pl.DataFrame:
    """One portion's times as far as each tells by itself; schema ``_PARSED``."""
    rows = rows.cast(pl.UInt32)
    if shown.is_empty():
        return pl.DataFrame(schema=_PARSED)
    if isinstance(shown.dtype, pl.Datetime):
        found = _typed(shown, rows)
    elif shown.dtype.is_numeric():
        found = pl.DataFrame({"row": rows, "exact": _epoch(shown)}).with_columns(fine=True)
    else:
        found = _read(shown.cast(pl.String), rows)
    full = pl.concat([pl.DataFrame(schema=_PARSED), found], how="diagonal_relaxed").match_to_schema(_PARSED)
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


def plainly(texts: pl.Series) -> pl.Series:
    """Texts as ``text.plain`` makes them; what is ASCII costs next to nothing."""
    if not (texts.str.len_bytes() == texts.str.len_chars()).all():
        texts = texts.str.replace_all(f"[{MARKS}]", "").str.replace_all(f"[{SPACES}]", " ")
    elif texts.str.contains("\t", literal=True).any():
        texts = texts.str.replace_all("\t", " ", literal=True)
    return texts.str.strip_chars()


def _split(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Dates and clocks of the usual form: parted by the first space, or by the T of ISO 8601."""
    first = text[0] or ""
    parts = text.str.splitn("T" if first[10:11] == "T" else " ", 2).struct.unnest()
    dates, clocks = (parts[name] for name in parts.columns)
    return _dates(dates.str.strip_chars_end(",")), _clocks(clocks.str.strip_chars())


def _dates(texts: pl.Series) -> pl.Series:
    return _looked_up(texts, lambda text: text if _date_of(text) else None, pl.String())


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


_HALF = 10_000  # minutes, so that an offset from UTC is a number above 0


@lru_cache(maxsize=_REMEMBERED)
def _packed_clock(text: str) -> int | None:
    """Second of the day, whether seconds are told (100,000), and the offset in minutes (millions)."""
    clock = read_clock(text)
    if clock is None:
        return None
    at, offset, fine = clock
    packed = at.hour * 3600 + at.minute * 60 + at.second + 100_000 * fine
    return packed if offset is None else packed + 1_000_000 * (_HALF + int(offset.total_seconds()) // 60)


def read_clock(text: str) -> tuple[time, timedelta | None, bool] | None:
    """Time, offset from UTC (None: wall clock) and whether it has seconds."""
    text = text.strip()
    basic = _BASIC_CLOCK.fullmatch(text)
    if basic:
        text = f"{basic[1]}:{basic[2]}" + (f":{basic[3]}" if basic[3] else "") + (basic[4] or "")
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = int(match["h"]), int(match["m"]), int(match["s"] or 0)
    word = (match["before"] or match["after"] or "").strip()
    if word and fold(word) not in ("uhr", "h"):
        in_day = hour24(hour, word)
        if in_day is None:
            return None
        hour = in_day
    offset = _offset(match["zone"])
    if hour > 23 or minute > 59 or second > 59 or (offset and abs(offset) > timedelta(hours=24)):
        return None
    return time(hour, minute, second), offset, match["s"] is not None


def _offset(text: str | None) -> timedelta | None:
    if text is None:
        return None
    numbers = re.search(r"([+-])(\d{2}):?(\d{2})?", text)
    if numbers is None:
        return timedelta()
    size = timedelta(hours=int(numbers[2]), minutes=int(numbers[3] or 0))
    return -size if numbers[1] == "-" else size


def fold(name: str) -> str:
    """A word to compare: without case, spaces and punctuation."""
    return re.sub(r"[\W_]", "", comparable(name))


@lru_cache(maxsize=_REMEMBERED)
def _date_of(text: str) -> tuple[Numbers, bool, bool] | None:
    """The three numbers of a date, whether the year is the first, and whether dots part them.

    A month in words and a date without separators are told by themselves: they come as year, month, day.
    """
    numbers = _date_in_words(text)
    if numbers:
        return None if as_date(numbers, "year") is None else (numbers, True, False)
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    return (int(match["a"]), int(match["b"]), int(match["c"])), len(match["a"]) == 4, match["sep"] == "."


def _date_in_words(text: str) -> Numbers | None:
    if re.fullmatch(r"\d{8}", text):
        return int(text[:4]), int(text[4:6]), int(text[6:])
    match = _NAMED.fullmatch(text) or _NAMED_FIRST.fullmatch(text)
    month = _MONTHS.get(match["month"].casefold()) if match else None
    return (int(match["year"]), month, int(match["day"])) if match and month else None


def _day(text: str, order: Order | None) -> date | None:
    found = _date_of(text)
    return as_date(found[0], order or "year") if found else None


@lru_cache(maxsize=_REMEMBERED)
def _may_repeat(text: str, zone: str) -> bool:
    found = _date_of(text)
    if found is None:
        return False
    days = {as_date(found[0], order) for order in get_args(Order)}
    return any(_goes_back(day.year, day.month, day.day, zone) for day in days if day)


@lru_cache(maxsize=_REMEMBERED)
def _goes_back(year: int, month: int, day: int, zone: str) -> bool:
    """Whether the zone's clock goes back on a day or the ones beside it."""
    if not 1 < year < 9999:
        return False
    noon, known = datetime(year, month, day, 12, tzinfo=UTC), ZoneInfo(zone)
    offsets = [(noon + timedelta(hours=hours)).astimezone(known).utcoffset() for hours in range(-36, 37, 3)]
    return any(later < earlier for earlier, later in pairwise(o or timedelta() for o in offsets))
