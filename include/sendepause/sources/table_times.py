"""When the rows of a table were sent: text, numbers or typed columns in, UTC instants out.

A table is gone through twice, since only the whole of it tells which number of a date is the day, whether the
newest row comes first, and which of two hours is meant where the clock goes back::

    survey = Survey(time_zone)
    for shown, rows in portions:
        survey.add(shown, rows)
    times = survey.done()
    for shown, rows in portions:
        times.instants(shown, rows)

``shown``: one value a row, as text, number or datetime; ``rows``: the rows' numbers, for errors.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import polars as pl

from sendepause.errors import BadInput
from sendepause.frames import UTC_MS
from sendepause.locales import Order
from sendepause.model import Resolution
from sendepause.sources.dates import as_date, order_of, to_utc
from sendepause.sources.table_time_texts import REMEMBERED, date_of, day_of
from sendepause.sources.table_time_values import parts_of

MOST_DATES = 100_000
"""Distinct dates of one table; there are not half as many since WhatsApp began."""
_MOST_REPEATED = 3_000_000  # rows on days on which the clock goes back; they are kept until all are known


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
        parsed = parts_of(shown, rows)
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
        found = [date_of(text) for text in self._dates]
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
        parsed = parts_of(shown, rows)
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
        days = [day_of(text, self.order) for text in texts]
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
    day = day_of(edge[0] or "", order)
    return datetime.combine(day, time()) + timedelta(seconds=edge[2]) if day else None


@lru_cache(maxsize=REMEMBERED)
def _may_repeat(text: str, zone: str) -> bool:
    found = date_of(text)
    if found is None:
        return False
    days = {as_date(found[0], order) for order in get_args(Order)}
    return any(_goes_back(day.year, day.month, day.day, zone) for day in days if day)


@lru_cache(maxsize=REMEMBERED)
def _goes_back(year: int, month: int, day: int, zone: str) -> bool:
    """Whether the zone's clock goes back on a day or the ones beside it."""
    if not 1 < year < 9999:
        return False
    noon, known = datetime(year, month, day, 12, tzinfo=UTC), ZoneInfo(zone)
    offsets = [(noon + timedelta(hours=hours)).astimezone(known).utcoffset() for hours in range(-36, 37, 3)]
    return any(later < earlier for earlier, later in pairwise(o or timedelta() for o in offsets))
