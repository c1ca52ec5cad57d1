"""When an owner is left in peace: at night, and on the public holidays of their region. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache

import pendulum

from sendepause.countdown import LAST_HOURS

_URGENT = timedelta(hours=LAST_HOURS)


def is_quiet(at: datetime, zone: str, region: str | None, begins: time, ends: time) -> bool:
    """Whether ``at`` lies in the quiet time of a reader in ``zone``.

    The nights are from ``begins`` until ``ends`` by the reader's clock, which may be past midnight (no
    night where the two are equal). ``region`` is in ISO 3166-2 (``DE-BY``), or a country alone.
    """
    local = pendulum.instance(at).in_timezone(zone)
    clock = local.time()
    night = begins <= clock or clock < ends if begins > ends else begins <= clock < ends
    return night or (region is not None and _is_holiday(local.date(), region))


def is_urgent(at: datetime, rule_begins: datetime | None) -> bool:
    """Whether the rule's date is so near, before or behind, that nobody is left in peace for it."""
    return rule_begins is not None and abs(rule_begins - at) <= _URGENT


def _is_holiday(day: date, region: str) -> bool:
    return day in _holidays(region, day.year)


@cache
def _holidays(region: str, year: int) -> frozenset[date]:
    import holidays  # here: few processes ever ask for a holiday

    country, _, division = region.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=division or None, years=year))
