"""Enforcements, phases and the time that is left. Pure: the moment is always handed in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import pendulum

from sendepause.errors import BadInput
from sendepause.model import Account, Enforcement, Kind, Phase

LAST_HOURS = 24  # from here on a pause no longer waits for notice, and a ladder goes by the hour
LATE = timedelta(
    minutes=30
)  # enforcing runs every ten minutes: so long after its last end, three are missing


def begins_at(enforcement: Enforcement) -> pendulum.DateTime:
    """The first moment of the enforcement's date in its own zone.

    Where a zone skips midnight, the first moment that exists is meant: pendulum moves it forward.
    """
    return _midnight(enforcement.date, enforcement.time_zone)


def pausing_from(enforcement: Enforcement) -> pendulum.DateTime:
    """The local midnight at which pausing begins."""
    return _days_before(enforcement, enforcement.pausing_days)


def warning_from(enforcement: Enforcement) -> pendulum.DateTime:
    """The local midnight at which warning begins."""
    return _days_before(enforcement, enforcement.warning_days)


def phase_at(enforcement: Enforcement, moment: datetime) -> Phase:
    """Where ``moment`` (aware) lies against the enforcement; each phase holds its first instant."""
    if moment >= _in_utc(enforcement, 0):
        return Phase.IN_FORCE
    if moment >= _in_utc(enforcement, enforcement.pausing_days):
        return Phase.PAUSING
    if moment >= _in_utc(enforcement, enforcement.warning_days):
        return Phase.WARNING
    return Phase.ANNOUNCED


def hours_left(enforcement: Enforcement, moment: datetime) -> float:
    """Elapsed hours until the enforcement begins; negative once it is in force.

    Real hours: a day with an hour change has 23 or 25 of them.
    """
    return (_in_utc(enforcement, 0) - moment).total_seconds() / 3600


def days_left(enforcement: Enforcement, moment: datetime, zone: str | None = None) -> int:
    """Calendar days from ``moment`` to the date, counted in ``zone`` (default: the enforcement's)."""
    here = pendulum.instance(moment).in_timezone(zone or enforcement.time_zone)
    begins = begins_at(enforcement).in_timezone(zone or enforcement.time_zone)
    return (begins.date() - here.date()).days


def in_last_hours(enforcement: Enforcement, moment: datetime) -> bool:
    """True from ``LAST_HOURS`` before the enforcement on, until it begins."""
    return 0 < hours_left(enforcement, moment) <= LAST_HOURS


def applies_to(enforcement: Enforcement, account: Account, kind: Kind) -> bool:
    """Whether the enforcement's scope holds the account, whose kind is taken as ``kind``."""
    return (
        kind in enforcement.kinds
        and (not enforcement.branches or account.branch in enforcement.branches)
        and (not enforcement.accounts or account.number in enforcement.accounts)
    )


def in_utc(moment: datetime) -> datetime:
    """The same moment as a plain datetime in UTC, also from a subclass such as pendulum's."""
    return datetime.fromisoformat(moment.astimezone(UTC).isoformat())


def parse_moment(text: str, zone: str = "UTC") -> datetime:
    """A moment as people write it: ``2019-12-07``, ``2019-12-07T00:00+01:00``; else in ``zone``. In UTC.

    :raises BadInput: where it is none.
    """
    try:
        parsed = pendulum.parse(text, tz=zone, exact=True)
    except ValueError:
        parsed = None
    if isinstance(parsed, pendulum.DateTime):
        return in_utc(parsed)
    if isinstance(parsed, pendulum.Date):
        return in_utc(_midnight(parsed, zone))
    raise BadInput(
        f"{text!r} is no moment.", "Write it like 2019-12-06T23:59+01:00.", means="Nothing was done."
    )


def _in_utc(enforcement: Enforcement, days: int) -> datetime:
    """The local midnight so many days before the date, as a plain datetime."""
    return _plain_midnight(enforcement.date, enforcement.time_zone, days)


@lru_cache(maxsize=1024)  # asked for each decision; pendulum takes its time over arithmetic
def _plain_midnight(day: date, zone: str, days: int) -> datetime:
    return in_utc(_midnight(day - timedelta(days=days), zone))


@lru_cache(maxsize=1024)  # a zone is read from its file each time
def _midnight(day: date, zone: str) -> pendulum.DateTime:
    return pendulum.datetime(day.year, day.month, day.day, tz=zone)


def _days_before(enforcement: Enforcement, days: int) -> pendulum.DateTime:
    return _midnight(enforcement.date - timedelta(days=days), enforcement.time_zone)
