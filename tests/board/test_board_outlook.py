"""Whether a date will be met is said in one sentence, and the worst that is known decides it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendepause import countdown
from sendepause.board.outlook import Level, Loop, Standing, concerned, counted, outlook, standing
from sendepause.guard import Passage
from sendepause.model import (
    Act,
    Campaign,
    CampaignState,
    Enforcement,
    Language,
    Silence,
)
from sendepause.model import Level as Reach

RULE = Enforcement("rule", {"de": "Regel", "en": "Rule"}, date(2026, 12, 7), "Europe/Berlin", 30, 5, "source")
BEGINS = countdown.begins_at(RULE)
WARNING, PAUSING, LAST = (BEGINS.subtract(days=days) for days in (20, 3, 1))
AFTER = BEGINS.add(days=1)


def said(
    now: datetime,
    *,
    acting: bool = True,
    ended: timedelta | None = timedelta(0),
    heard: dict[Silence, int] | None = None,
    **counts: int,
):
    """The outlook at ``now``, a run having ended so long before."""
    full = counted([]) | {Standing(name): count for name, count in counts.items()}
    loop = Loop(acting, None if ended is None else now - ended)
    return outlook(RULE, full, heard or {}, loop, now, Language.EN)


def test_a_date_is_met_when_nothing_runs() -> None:
    assert said(AFTER, verified=3, stopped=1)[0] is Level.OK


def test_before_pausing_begins_running_campaigns_are_no_alarm() -> None:
    level, sentence = said(WARNING, running=2)
    assert level is Level.OK
    assert "Wednesday, 2 December 2026" in sentence


def test_what_still_has_to_be_paused_asks_for_attention() -> None:
    assert said(PAUSING, owed=1) == (Level.ATTENTION, "One campaign has still to be paused.")


def test_what_waits_for_a_person_is_said_first() -> None:
    assert said(PAUSING, owed=4, waiting=2)[1] == "2 campaigns wait for a person to decide."


def test_a_rehearsal_puts_the_date_at_risk_once_pausing_has_begun() -> None:
    assert said(PAUSING, acting=False, owed=1)[0] is Level.RISK
    assert said(WARNING, acting=False, running=1)[0] is Level.OK


def test_the_last_24_hours_with_a_running_campaign_are_a_risk() -> None:
    assert said(LAST, owed=1)[0] is Level.RISK


def test_a_campaign_that_runs_after_the_date_is_said_to() -> None:
    assert said(AFTER, owed=1) == (Level.RISK, "One campaign is still running after the deadline.")


@pytest.mark.parametrize("now", [WARNING, PAUSING, LAST, AFTER])
def test_a_machine_that_is_heard_after_a_pause_is_a_risk_at_any_time(now: datetime) -> None:
    level, sentence = said(now, heard={Silence.BROKEN: 2, Silence.CONFIRMED: 5}, verified=7)
    assert (level, sentence) == (
        Level.RISK,
        "2 campaigns or their accounts go on sending in spite of the pause.",
    )


def test_what_runs_after_the_date_is_said_before_what_is_heard() -> None:
    assert "still running" in said(AFTER, heard={Silence.BROKEN: 1}, owed=1, verified=1)[1]


def test_an_open_silence_asks_for_attention_once_the_date_has_passed() -> None:
    heard = {Silence.OPEN: 1, Silence.CONFIRMED: 1}
    assert said(AFTER, heard=heard, verified=2) == (
        Level.ATTENTION,
        "Everything is paused; whether there is silence is open for one campaign.",
    )
    assert said(LAST, heard=heard, verified=2)[0] is Level.OK


@pytest.mark.parametrize("state", [Silence.CONFIRMED, Silence.WAITING])
def test_a_date_is_met_with_silence_and_while_it_is_too_early_to_say(state: Silence) -> None:
    assert said(AFTER, heard={state: 3}, verified=3)[0] is Level.OK


@pytest.mark.parametrize(("now", "level"), [(WARNING, Level.ATTENTION), (PAUSING, Level.RISK)])
def test_numbers_nobody_has_read_for_half_an_hour_are_not_trusted(now: datetime, level: Level) -> None:
    assert said(now, ended=countdown.LATE)[0] is Level.OK
    assert said(now, ended=countdown.LATE + timedelta(seconds=1))[0] is level
    assert said(now, ended=None)[0] is level


@given(
    st.dictionaries(
        st.sampled_from([member for member in Standing if member.runs]), st.integers(1, 50), min_size=1
    ),
    st.integers(0, 30_000).map(lambda hours: BEGINS.add(hours=hours)),
    st.booleans(),
)
def test_in_force_it_is_never_well_while_something_runs(counts, now, acting) -> None:
    level, _ = outlook(RULE, counted([]) | counts, {}, Loop(acting, now), now, Language.DE)
    assert level is Level.RISK


def campaign(state: CampaignState) -> Campaign:
    return Campaign("crm", "1", "Winter", "+4940669691010", state)


@pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.DONE])
def test_only_our_own_verified_pause_counts_as_verified(state: CampaignState) -> None:
    assert standing(campaign(state), None, paused_by_us=True) is Standing.VERIFIED
    assert standing(campaign(state), None, paused_by_us=False) is Standing.STOPPED


@pytest.mark.parametrize("state", [CampaignState.RUNNING, CampaignState.UNKNOWN])
@pytest.mark.parametrize("act", [None, *Act])
def test_what_may_be_running_never_counts_as_still(state: CampaignState, act: Act | None) -> None:
    item = act and {"act": str(act), "passage": None}
    assert standing(campaign(state), item, paused_by_us=True).runs


@pytest.mark.parametrize("passage", list(Passage))
def test_a_pause_that_the_guard_stopped_waits_for_a_person(passage: Passage) -> None:
    item = {"act": "pause", "passage": str(passage)}
    expected = Standing.OWED if passage.proceeds else Standing.WAITING
    assert standing(campaign(CampaignState.RUNNING), item, paused_by_us=False) is expected


@pytest.mark.parametrize("act", [None, *Act])
def test_a_gateways_session_counts_only_from_when_it_has_to_be_closed(act: Act | None) -> None:
    session = replace(campaign(CampaignState.RUNNING), level=Reach.SESSION)
    item = act and {"act": str(act)}
    assert concerned(session, item) is (act in (Act.PAUSE, Act.ASK))
    assert concerned(campaign(CampaignState.RUNNING), item)


def test_only_a_word_that_is_believed_makes_still_what_nobody_can_read() -> None:
    by_hand = replace(campaign(CampaignState.UNKNOWN), pausable=False)
    believed = {"act": "none", "reasons": ["confirmed"]}
    assert standing(by_hand, believed, paused_by_us=False) is Standing.STOPPED
    assert standing(by_hand, {**believed, "act": "ask"}, paused_by_us=False).runs
    assert standing(campaign(CampaignState.UNKNOWN), believed, paused_by_us=False).runs
