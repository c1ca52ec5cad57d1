"""What was announced or approved proceeds; a surprise waits, is bounded in time, and each limit bites."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pendulum
import pytest

from sendepause import guard
from sendepause.guard import Limits, Passage, Past
from sendepause.model import Account, AccountBy, Act, Decision, Enforcement, Kind, Phase, Plan, Reason

BERLIN = "Europe/Berlin"
RULE = Enforcement("rule", {"en": "Rule"}, date(2026, 12, 7), BERLIN, 30, 5, "test")
BEGINS = pendulum.datetime(2026, 12, 7, tz=BERLIN)
LAST_EVENING = BEGINS.subtract(hours=20)
NOTHING, LIMITS = Past(), Limits()
ACCOUNTS = {
    f"+4930231251{n:02}": Account(f"+4930231251{n:02}", str(n), Kind.PERSONAL, "o", BERLIN) for n in range(20)
}


def pause(n: int = 0, phase: Phase = Phase.PAUSING, **facts: object) -> Decision:
    seen = {"kind": Kind.PERSONAL, "account_by": AccountBy.MARK, **facts}
    number = f"+4930231251{n:02}"
    return Decision("rule", f"campaign:crm/{n}", number, Act.PAUSE, (Reason.SHORT_NOTICE,), phase, facts=seen)


def judge(
    decisions: list[Decision],
    past: Past = NOTHING,
    as_of: datetime = LAST_EVENING,
    limits: Limits = LIMITS,
) -> list[Passage]:
    plan = Plan(as_of, tuple(decisions))
    found = guard.judge(plan, accounts=ACCOUNTS, enforcements={"rule": RULE}, past=past, limits=limits)
    return [found[guard.item(decision)] for decision in decisions]


def test_a_few_new_pauses_proceed_and_one_more_stops_them_all() -> None:
    assert judge([pause(n) for n in range(3)]) == [Passage.FEW] * 3
    assert judge([pause(n) for n in range(4)]) == [Passage.WAITS_MANY] * 4


def test_the_limit_of_zero_stops_the_first() -> None:
    assert judge([pause()], limits=Limits(surprises=0)) == [Passage.WAITS_MANY]


def test_what_was_told_approved_or_accepted_before_is_no_surprise_and_does_not_count() -> None:
    told = Past(told={("rule", "campaign:crm/0")}, announced={guard.item(pause(0))})
    approved = Past(approved=frozenset({guard.item(pause(0))}))
    accepted = Past(baseline=frozenset({guard.item(pause(0))}))
    new = [pause(n) for n in range(1, 4)]
    for past, passage in ((told, Passage.ANNOUNCED), (approved, Passage.APPROVED), (accepted, Passage.KNOWN)):
        assert judge([pause(0), *new], past) == [passage, *[Passage.FEW] * 3]


def test_in_force_a_known_campaign_on_an_account_declared_personal_is_no_surprise() -> None:
    assert judge([pause(n, Phase.IN_FORCE) for n in range(20)], as_of=BEGINS) == [Passage.KNOWN] * 20


def test_an_account_that_counts_as_another_kind_than_declared_waits_even_alone() -> None:
    assert judge([pause(kind=Kind.BUSINESS_APP)]) == [Passage.WAITS_KIND]
    assert judge([pause(0, Phase.IN_FORCE, kind=Kind.BUSINESS_APP)], as_of=BEGINS) == [Passage.WAITS_KIND]


def test_an_inferred_account_waits_even_when_it_was_announced() -> None:
    past = Past(told={("rule", "campaign:crm/0")})
    assert judge([pause(account_by=AccountBy.INFERRED)], past) == [Passage.WAITS_INFERRED]


def test_approving_a_pause_approves_that_account_and_that_kind_only() -> None:
    approved = Past(approved=frozenset({guard.item(pause(kind=Kind.BUSINESS_APP))}))
    assert judge([pause(kind=Kind.BUSINESS_APP)], approved) == [Passage.APPROVED]
    moved = replace(pause(kind=Kind.BUSINESS_APP), account="+493023125101")
    assert judge([moved], approved) == [Passage.WAITS_KIND]


@pytest.mark.parametrize(
    ("stopped", "as_of", "passage"),
    [
        # known long before: the default applies 12 hours before the date
        (BEGINS.subtract(days=3), BEGINS.subtract(hours=12, minutes=1), Passage.WAITS_KIND),
        (BEGINS.subtract(days=3), BEGINS.subtract(hours=12), Passage.DEFAULTED),
        # first seen inside these hours: a person has two hours
        (BEGINS.subtract(hours=6), BEGINS.subtract(hours=4, minutes=1), Passage.WAITS_KIND),
        (BEGINS.subtract(hours=6), BEGINS.subtract(hours=4), Passage.DEFAULTED),
        # but never past the date: half an hour is left to pause and read back
        (BEGINS.subtract(hours=1), BEGINS.subtract(minutes=31), Passage.WAITS_KIND),
        (BEGINS.subtract(hours=1), BEGINS.subtract(minutes=30), Passage.DEFAULTED),
        # after the date never at once
        (BEGINS.add(days=9), BEGINS.add(days=9), Passage.WAITS_KIND),
        (BEGINS.add(days=9), BEGINS.add(days=9, hours=2), Passage.DEFAULTED),
    ],
)
def test_a_surprise_takes_the_default_in_time_and_never_at_once_after_the_date(
    stopped: datetime, as_of: datetime, passage: Passage
) -> None:
    surprise = pause(kind=Kind.BUSINESS_APP)
    assert judge([surprise], Past(waits={guard.item(surprise): stopped}), as_of) == [passage]


def test_the_default_can_be_to_wait_for_ever() -> None:
    surprise = pause(kind=Kind.BUSINESS_APP)
    past = Past(waits={guard.item(surprise): BEGINS.subtract(days=3)})
    late = BEGINS + timedelta(days=30)
    assert judge([surprise], past, late, Limits(default="wait")) == [Passage.WAITS_KIND]


def test_the_plans_hash_names_its_pauses_whatever_their_order() -> None:
    one, two = pause(1), pause(2)
    forth, back = Plan(BEGINS, (one, two)), Plan(BEGINS.add(days=1), (two, one))
    assert guard.plan_hash(forth) == guard.plan_hash(back)
    assert guard.plan_hash(forth) != guard.plan_hash(Plan(BEGINS, (one,)))
    asked = replace(two, act=Act.ASK)
    assert guard.plan_hash(Plan(BEGINS, (one, asked))) == guard.plan_hash(Plan(BEGINS, (one,)))
