"""Owners are left in peace at night and on their holidays, unless the date is near."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sendepause.alerts.quiet import is_quiet, is_urgent

BERLIN = ZoneInfo("Europe/Berlin")
EVENING, MORNING = time(20), time(7)


def quiet(at: datetime, region: str | None = None, zone: str = "Europe/Berlin") -> bool:
    return is_quiet(at, zone, region, EVENING, MORNING)


@pytest.mark.parametrize(
    ("hour", "expected"), [(0, True), (6, True), (7, False), (12, False), (19, False), (20, True), (23, True)]
)
def test_the_night_has_its_first_and_not_its_last_moment(hour, expected):
    assert quiet(datetime(2019, 12, 3, hour, tzinfo=BERLIN)) is expected


def test_the_readers_clock_decides():
    moment = datetime(2019, 12, 3, 6, 30, tzinfo=UTC)
    assert not quiet(moment)
    assert quiet(moment, zone="Europe/London")


def test_a_night_may_lie_within_one_day_or_not_be_at_all():
    noon = datetime(2019, 12, 3, 12, tzinfo=BERLIN)
    assert is_quiet(noon, "Europe/Berlin", None, time(9), time(17))
    assert not is_quiet(noon, "Europe/Berlin", None, time(17), time(18))
    assert not is_quiet(noon, "Europe/Berlin", None, time(12), time(12))


@pytest.mark.parametrize(
    ("region", "expected"),
    [("DE-BY", True), ("DE-NW", True), ("DE-BE", False), ("DE", False), ("GB-ENG", False), (None, False)],
)
def test_all_saints_is_quiet_where_it_is_a_holiday(region, expected):
    assert quiet(datetime(2019, 11, 1, 12, tzinfo=BERLIN), region) is expected


def test_the_holiday_is_the_readers_day():
    new_year = datetime(2019, 12, 31, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
    assert is_quiet(new_year, "Europe/Berlin", "DE", time(0), time(0))
    assert not is_quiet(new_year, "Europe/London", "GB", time(0), time(0))


@pytest.mark.parametrize("day", [datetime(2019, 3, 31, tzinfo=BERLIN), datetime(2019, 10, 27, tzinfo=BERLIN)])
def test_the_night_of_an_hour_change_ends_by_the_clock_on_the_wall(day):
    assert quiet(day.replace(hour=6, minute=59))
    assert not quiet(day.replace(hour=7))


def test_the_last_day_and_the_first_one_are_urgent():
    begins = datetime(2019, 12, 7, tzinfo=BERLIN).astimezone(UTC)
    day, second = timedelta(hours=24), timedelta(seconds=1)
    assert is_urgent(begins - day, begins)
    assert is_urgent(begins + day, begins)
    assert not is_urgent(begins - day - second, begins)
    assert not is_urgent(begins + day + second, begins)
    assert not is_urgent(begins, None)
