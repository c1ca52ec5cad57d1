"""The date is the enforcement's own local midnight; phases hold their first instant."""

from datetime import UTC, date, datetime, timedelta

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendepause import countdown
from sendepause.model import Account, Enforcement, Kind, Phase

BERLIN = "Europe/Berlin"


def rule(day: date = date(2019, 12, 7), zone: str = BERLIN, **changes: object) -> Enforcement:
    values = {"warning_days": 30, "pausing_days": 5, "source": "test", "title": {"en": "Rule"}, **changes}
    return Enforcement(id="rule", date=day, time_zone=zone, **values)  # type: ignore[arg-type]


def at(text: str, zone: str = BERLIN) -> pendulum.DateTime:
    moment = pendulum.parse(text, tz=zone)
    assert isinstance(moment, pendulum.DateTime)
    return moment


@pytest.mark.parametrize(
    ("moment", "phase"),
    [
        ("2019-11-06T23:59:59.999999", Phase.ANNOUNCED),
        ("2019-11-07T00:00", Phase.WARNING),
        ("2019-12-01T23:59:59", Phase.WARNING),
        ("2019-12-02T00:00", Phase.PAUSING),
        ("2019-12-06T23:59:59.999999", Phase.PAUSING),
        ("2019-12-07T00:00", Phase.IN_FORCE),
        ("2026-01-01T00:00", Phase.IN_FORCE),
    ],
)
def test_each_phase_holds_its_first_instant(moment: str, phase: Phase) -> None:
    assert countdown.phase_at(rule(), at(moment)) is phase


def test_the_date_is_a_midnight_of_its_own_zone_not_of_utc() -> None:
    assert countdown.begins_at(rule()) == datetime(2019, 12, 6, 23, tzinfo=UTC)
    assert countdown.phase_at(rule(), datetime(2019, 12, 6, 22, 59, tzinfo=UTC)) is Phase.PAUSING
    assert countdown.phase_at(rule(), datetime(2019, 12, 6, 23, 0, tzinfo=UTC)) is Phase.IN_FORCE
    assert countdown.phase_at(rule(zone="America/Los_Angeles"), at("2019-12-07T08:59")) is Phase.PAUSING


@pytest.mark.parametrize(
    ("day", "before", "hours"),
    [
        (date(2024, 3, 31), "2024-03-30T00:00", 24),
        (date(2024, 4, 1), "2024-03-31T00:00", 23),  # the clock goes forward on 31 March
        (date(2024, 10, 28), "2024-10-27T00:00", 25),  # and back on 27 October
    ],
)
def test_hours_left_are_real_hours_across_the_hour_changes(day: date, before: str, hours: float) -> None:
    assert countdown.hours_left(rule(day), at(before)) == hours


def test_days_left_are_counted_in_the_readers_calendar() -> None:
    late_evening = at("2019-12-03T23:30")
    assert countdown.days_left(rule(), late_evening) == 4
    assert countdown.days_left(rule(), late_evening, "Asia/Tokyo") == 3


def test_warning_begins_at_a_local_midnight_even_where_an_hour_change_lies_between() -> None:
    spring = rule(date(2024, 4, 10))
    assert countdown.warning_from(spring) == at("2024-03-11T00:00")
    assert countdown.warning_from(spring).in_timezone(BERLIN).hour == 0


def test_a_zone_that_skips_midnight_begins_with_its_first_moment() -> None:
    skipped = rule(date(2018, 11, 4), "America/Sao_Paulo")  # 00:00 to 01:00 did not exist there
    assert countdown.begins_at(skipped) == datetime(2018, 11, 4, 3, tzinfo=UTC)


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.sampled_from([BERLIN, "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.datetimes(datetime(1999, 1, 1), datetime(2101, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 Hypothesis wants naive bounds
)
def test_phases_never_go_back_as_time_goes_on(day: date, zone: str, moment: datetime) -> None:
    phases = list(Phase)
    earlier = phases.index(countdown.phase_at(rule(day, zone), moment))
    later = phases.index(countdown.phase_at(rule(day, zone), moment + timedelta(hours=1)))
    assert later >= earlier


def test_the_scope_is_kind_branch_and_account() -> None:
    account = Account("+493023125101", "A", Kind.PERSONAL, "o", BERLIN, branch="nord")
    assert countdown.applies_to(rule(branches=("nord",)), account, Kind.PERSONAL)
    assert not countdown.applies_to(rule(branches=("sued",)), account, Kind.PERSONAL)
    assert not countdown.applies_to(rule(accounts=("+493023125102",)), account, Kind.PERSONAL)
    assert not countdown.applies_to(rule(), account, Kind.BUSINESS_PLATFORM)
