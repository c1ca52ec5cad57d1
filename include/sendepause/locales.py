"""Locales, by their code alone: which of day, month and year comes first in a short date."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

Order = Literal["day", "month", "year"]
_SHAPE = re.compile(r"[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,8}){0,3}")


@cache
def date_order(locale: str) -> Order:
    """What comes first in the locale's short date, after Unicode CLDR. ``locale`` is like ``en_US``.

    A language alone (``en``) has the order of its most usual country. ValueError where it is unknown.
    """
    from babel import Locale, UnknownLocaleError  # only where a locale is given: it takes a while

    try:
        if not _SHAPE.fullmatch(locale):
            raise ValueError(locale)
        pattern = Locale.parse(locale.replace("-", "_"), sep="_").date_formats["short"].pattern
    except (UnknownLocaleError, ValueError, TypeError, KeyError):
        raise ValueError(
            "is no known locale: write the language and the country of the phone, like en_US (month first)"
            " or en_GB (day first)"
        ) from None
    letters: dict[str, Order] = {"d": "day", "M": "month", "L": "month", "y": "year"}
    return next(letters[letter] for letter in re.sub("'[^']*'", "", pattern) if letter in letters)
