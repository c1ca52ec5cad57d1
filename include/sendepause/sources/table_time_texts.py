"""One date, or one time of day, as people and programs write it into a table."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from functools import lru_cache

from sendepause.locales import Order
from sendepause.sources.dates import Numbers, as_date
from sendepause.sources.day_periods import hour24
from sendepause.sources.text import fold

REMEMBERED = 200_000  # distinct texts whose reading is kept; there are 86,400 seconds in a day

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


@lru_cache(maxsize=REMEMBERED)
def date_of(text: str) -> tuple[Numbers, bool, bool] | None:
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


def day_of(text: str, order: Order | None) -> date | None:
    """The day of such a date, its numbers read in an order; None where there is no such day."""
    found = date_of(text)
    return as_date(found[0], order or "year") if found else None
