"""The verdict in force: up at once, down after days of data, never acquitted by silence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sendepause.audit.steadiness import FALL_AFTER_DAYS, in_force, steady
from sendepause.model import Finding, NoData, Verdict

MONDAY = datetime(2019, 11, 18, 6, tzinfo=UTC)
CLEAR, WATCH, BULK, AUTOMATED = Verdict.CLEAR, Verdict.WATCH, Verdict.BULK, Verdict.AUTOMATED
MEASURED = st.sampled_from([CLEAR, WATCH, BULK, AUTOMATED, *NoData])

Measured = Verdict | NoData


def found(measured: Measured, day: int, hour: int = 6) -> Finding:
    at = MONDAY.replace(hour=hour) + timedelta(days=day)
    verdict, why = (measured, None) if isinstance(measured, Verdict) else (Verdict.NO_DATA, measured)
    return Finding("+491", at, 28, verdict, no_data=why, messages=day)


def reached(day: int) -> date:
    return (MONDAY + timedelta(days=day)).date()


def audits(*days: Measured, a_day: int = 1) -> list[Finding]:
    """The last finding of each day, where data reach each day and the audit runs so often."""
    former: Finding | None = None
    last = []
    for day, measured in enumerate(days):
        for hour in range(a_day):
            former = steady(former, found(measured, day, hour), reached(day))
        assert former is not None
        last.append(former)
    return last


def verdicts(*days: Measured) -> list[Verdict]:
    return [finding.verdict for finding in audits(*days)]


def test_a_verdict_rises_the_next_day() -> None:
    assert verdicts(CLEAR, AUTOMATED) == [CLEAR, AUTOMATED]
    assert audits(CLEAR, AUTOMATED)[1].since == MONDAY.replace(hour=0) + timedelta(days=1)


def test_it_falls_after_three_days_of_data_in_which_less_was_measured() -> None:
    assert verdicts(AUTOMATED, CLEAR, CLEAR, CLEAR, CLEAR) == [AUTOMATED] * 4 + [CLEAR]


def test_until_it_falls_both_are_said_and_what_it_rests_on() -> None:
    first, second, *_ = audits(AUTOMATED, CLEAR)
    assert (second.verdict, second.measured, second.since) == (AUTOMATED, CLEAR, first.since)
    assert second.held is not None
    assert second.held.finding == first
    assert second.held.lower_since == reached(1)


def test_it_falls_to_the_highest_verdict_of_these_days_and_only_later_further() -> None:
    days = (AUTOMATED, BULK, CLEAR, CLEAR, CLEAR, CLEAR, CLEAR, CLEAR)
    assert verdicts(*days) == [AUTOMATED] * 4 + [BULK] * 3 + [CLEAR]


def test_one_day_of_more_begins_the_wait_anew() -> None:
    days = (BULK, CLEAR, CLEAR, BULK, CLEAR, CLEAR, CLEAR, CLEAR)
    assert verdicts(*days) == [BULK] * 7 + [CLEAR]


def test_an_account_at_a_threshold_does_not_flip() -> None:
    assert verdicts(*[WATCH, CLEAR] * 10) == [WATCH] * 20


def test_time_alone_lowers_nothing() -> None:
    former = audits(AUTOMATED, CLEAR)[-1]
    late = steady(former, found(CLEAR, 20), reached(1))
    assert late.verdict is AUTOMATED


def test_a_source_that_fails_acquits_nobody() -> None:
    failed = audits(AUTOMATED, NoData.SOURCE_ILL, NoData.NO_SOURCE, CLEAR, CLEAR, CLEAR, CLEAR)
    assert [finding.verdict for finding in failed[1:3]] == [Verdict.NO_DATA] * 2
    assert [finding.held and finding.held.finding.verdict for finding in failed[1:3]] == [AUTOMATED] * 2
    assert [finding.verdict for finding in failed[3:]] == [AUTOMATED] * 3 + [CLEAR]


def test_a_well_source_that_tells_of_little_lowers_it_like_any_other_data() -> None:
    assert verdicts(BULK, *[NoData.TOO_FEW] * 4) == [BULK] * 4 + [Verdict.NO_DATA]
    assert verdicts(BULK, *[NoData.SILENT] * 4) == [BULK] * 4 + [Verdict.NO_DATA]


def test_clear_is_never_kept_without_data() -> None:
    for why in NoData:
        assert audits(CLEAR, why)[-1].held is None
        assert verdicts(CLEAR, why)[-1] is Verdict.NO_DATA


def test_days_are_those_of_the_account() -> None:
    (at_night,) = in_force(
        [found(CLEAR, 1, hour=23)], {"+491": audits(AUTOMATED)[0]}, {"+491": "Europe/Berlin"}, {}
    )
    assert at_night.held is not None
    assert at_night.held.lower_since == reached(2)


@given(st.lists(MEASURED, min_size=1, max_size=20))
def test_what_is_in_force_is_never_less_than_what_was_measured(days: list[Measured]) -> None:
    for finding in audits(*days):
        assert finding.measured is not None
        assert finding.verdict.rank >= finding.measured.rank


@given(st.lists(MEASURED, min_size=2, max_size=20))
def test_it_falls_only_when_less_was_measured_for_days(days: list[Measured]) -> None:
    found = audits(*days)
    for day in range(1, len(found)):
        before, after = found[day - 1].verdict, found[day].verdict
        ill = days[day] in (NoData.SOURCE_ILL, NoData.NO_SOURCE)
        if after.rank < before.rank and before.rank > CLEAR.rank and not ill:
            lately = [one.measured for one in found[max(0, day - FALL_AFTER_DAYS) : day + 1]]
            assert day >= FALL_AFTER_DAYS
            assert all(measured and measured.rank <= after.rank for measured in lately)


@given(st.lists(MEASURED, min_size=1, max_size=20), st.integers(2, 5))
def test_how_often_a_day_is_audited_changes_nothing(days: list[Measured], often: int) -> None:
    once, several = audits(*days), audits(*days, a_day=often)
    assert [finding.verdict for finding in once] == [finding.verdict for finding in several]
    assert [finding.since for finding in once] == [finding.since for finding in several]
