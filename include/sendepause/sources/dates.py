"""Which number of a date is the day, and which instant a wall clock means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from sendepause.errors import BadInput
from sendepause.locales import Order, date_order

Numbers = tuple[int, int, int]
# WhatsApp began in 2009: dates outside are misread or another calendar's, as 66 of 2566 in Thailand.
_FIRST_YEAR, _LAST_YEAR, _LAST_SHORT_YEAR = 2009, 2099, 2059
_ORDERS: dict[str, Numbers] = {
    "day": (2, 1, 0),
    "month": (2, 0, 1),
    "year": (0, 1, 2),
}  # where year, month and day stand


def as_date(numbers: Numbers, order: str) -> date | None:
    """Three numbers as a date by the order ``day``, ``month`` or ``year`` (which comes first)."""
    year, month, day = (numbers[place] for place in _ORDERS[order])
    try:
        return date(year if year > 99 else 2000 + year, month, day)
    except ValueError:
        return None


def order_of(
    dates: Sequence[Numbers],
    *,
    year_first: bool,
    dotted: bool,
    either_way: bool = False,
    locale: str | None = None,
) -> Order:
    """The order of all dates of a file: ``day``, ``month`` or ``year`` first.

    Year first is year, month, day; dots are day first; else what the numbers above 12 say, else the
    one order in which the dates do not go back (``either_way``: or the one in which they never go
    forward, as in lists with the newest first), else the order of ``locale``. Without a locale two orders
    that fit are refused. ``contradiction`` says where the file and the locale do not agree.
    """
    if dates and not any(map(_has_possible_year, dates)):
        raise BadInput(
            "The dates are of no year in which WhatsApp existed.", "Set the phone to the Gregorian calendar."
        )
    if year_first:
        return "year"
    order: Order | None = _dotted(dates) if dotted else _by_size(dates) or _by_sequence(dates, either_way)
    if order is None:
        order = _by_locale(dates, locale)
    if max((numbers[2] for numbers in dates), default=0) < 100 and _is_short_year_first(dates, order, dotted):
        return "year"
    return order


def contradiction(order: str, locale: str | None) -> str | None:
    """A note where a file's dates are in another order than its locale has them: the file counts."""
    expected = _order_of(locale)
    if expected is None or expected == order:
        return None
    return (
        f"The file's dates have the {order} first, though the locale {locale} has the {expected} first:"
        " the file counts."
    )


def _dotted(dates: Sequence[Numbers]) -> Order:
    """Day first, unless the first date of all exists with the month first alone."""
    first = dates[0] if dates else (1, 1, 1)
    return "day" if as_date(first, "day") or not as_date(first, "month") else "month"


def _has_possible_year(numbers: Numbers) -> bool:
    if max(numbers) > 99:
        return _FIRST_YEAR <= max(numbers) <= _LAST_YEAR
    read = (as_date(numbers, order) for order in _ORDERS)
    return any(day and _FIRST_YEAR <= day.year <= _LAST_SHORT_YEAR for day in read)


def _order_of(locale: str | None) -> Order | None:
    if not locale:
        return None
    try:
        return date_order(locale)
    except ValueError as error:
        raise BadInput(f"The locale {error}.", place="locale") from None


def _by_locale(dates: Sequence[Numbers], locale: str | None) -> Order:
    order = _order_of(locale)
    if order is None or (order == "year" and not all(as_date(numbers, order) for numbers in dates)):
        raise _ambiguous(next((one for one in dates if one[0] != one[1] and max(one[:2]) <= 12), dates[0]))
    return order


def _by_size(dates: Sequence[Numbers]) -> Order | None:
    """What most of the numbers above 12 say: a pasted line may hold another file's date."""
    day = sum(first > 12 >= second for first, second, _ in dates)
    month = sum(second > 12 >= first for first, second, _ in dates)
    if day == month:
        return None
    return "day" if day > month else "month"


def _by_sequence(dates: Sequence[Numbers], either_way: bool) -> Order | None:
    orders: tuple[Order, Order] = ("day", "month")
    read = {order: [as_date(numbers, order) for numbers in dates] for order in orders}
    if read["day"] == read["month"]:
        return "day"  # 05/05 means the same in both orders
    known = {order: [day for day in days if day] for order, days in read.items()}
    for days_back in (0, 1):  # a clock may go back by a minute at midnight
        fitting = [order for order, days in known.items() if _ascends(days, days_back)]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    if either_way:
        fitting = [order for order, days in known.items() if _ascends(days[::-1], 0)]
        return fitting[0] if len(fitting) == 1 else None
    return None


def _ascends(days: Sequence[date], days_back: int) -> bool:
    return all(later >= earlier - timedelta(days=days_back) for earlier, later in pairwise(days))


def _is_short_year_first(dates: Sequence[Numbers], order: str, dotted: bool) -> bool:
    """Whether a two-digit year comes first (``23-12-20``): only then all is plausible and in order.

    Single dates that do not exist are text that looks like a header; after dots, dates may go back.
    """
    other = [day for day in (as_date(numbers, order) for numbers in dates) if day]
    if other and _are_plausible(other) and (dotted or _ascends(other, 1)):
        return False
    own = [as_date(numbers, "year") for numbers in dates]
    known = [day for day in own if day]
    return len(known) == len(own) and _are_plausible(known) and _ascends(known, 1)


def _are_plausible(days: Sequence[date]) -> bool:
    return all(day.year >= _FIRST_YEAR for day in days)


def _ambiguous(numbers: Numbers) -> BadInput:
    orders: tuple[Order, Order] = ("day", "month")
    readings = [as_date(numbers, order) for order in orders]
    shown = " and ".join(f"{day.day} {day:%B} {day.year}" for day in readings if day)
    a, b, c = numbers
    return BadInput(
        f"Day and month cannot be told apart: {a:02}/{b:02}/{c:02} fits {shown}.",
        "Name the phone's locale, like en_US (month first) or en_GB (day first), or export a longer period,"
        " one with a day after the 12th.",
    )


def to_utc(wall: pl.Series, time_zone: str) -> pl.Series:
    """Naive wall clocks in file order as UTC instants (``Datetime("ms", "UTC")``).

    An hour that the zone skips takes the offset before the jump (PEP 495, fold 0). An hour that comes
    twice is the first, and the second once the order shows that the clock went back.
    """
    certain = _instants(wall, time_zone, "null")
    places = (certain.is_null() & wall.is_not_null()).arg_true()  # hours that are skipped or come twice
    if places.is_empty():
        return certain
    doubtful = wall.gather(places)
    first, last = _instants(doubtful, time_zone, "earliest"), _instants(doubtful, time_zone, "latest")
    known = dict(zip(places, first, strict=True)) | _gaps(
        wall, places.filter(first.is_null()), ZoneInfo(time_zone)
    )
    known |= _repeated(wall, dict(zip(places, last, strict=True)))
    return certain.scatter(places, pl.Series([known[place] for place in places], dtype=certain.dtype))


def _instants(wall: pl.Series, time_zone: str, ambiguous: Literal["null", "earliest", "latest"]) -> pl.Series:
    there = wall.dt.replace_time_zone(time_zone, ambiguous=ambiguous, non_existent="null")
    return there.dt.convert_time_zone("UTC")


def _gaps(wall: pl.Series, places: pl.Series, zone: ZoneInfo) -> dict[int, datetime]:
    return {place: wall[place].replace(tzinfo=zone).astimezone(UTC) for place in places}


_DISORDER = timedelta(minutes=1)  # times go back by a minute within a file without a change of the clock


def _repeated(wall: pl.Series, last: Mapping[int, datetime | None]) -> dict[int, datetime]:
    """The places of the hours that come twice, in the file's order, at which it is the second time."""
    second: dict[int, datetime] = {}
    newest: datetime | None = None
    went_back = False
    for place, later in last.items():
        if later is None:
            continue
        now = wall[place]
        before = wall[place - 1] if place else None
        if newest is None or abs(now - newest) > timedelta(hours=6):  # another change of the clock
            newest, went_back = now, False
        if before is not None and abs(before - now) < timedelta(hours=6):
            newest = max(newest, before)
        went_back = went_back or newest - now > _DISORDER
        newest = max(newest, now)
        if went_back:
            second[place] = later
    return second
