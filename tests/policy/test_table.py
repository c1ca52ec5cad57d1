"""The decision table, cell by cell, and laws that hold over every combination of facts."""

from itertools import product

import pytest

from sendepause.model import Act, Audience, CampaignState, Kind, NoData, Phase, Reason, Stage, Verdict
from sendepause.policy import (
    AccountCase,
    CampaignCase,
    HoldCase,
    Outcome,
    decide_account,
    decide_campaign,
)

RUNNING = CampaignState.RUNNING


def campaign(phase: Phase, **facts: object) -> Outcome:
    values = {"kind": Kind.PERSONAL, "last_hours": False, "state": RUNNING, **facts}
    return decide_campaign(CampaignCase(phase=phase, **values))  # type: ignore[arg-type]


def account(phase: Phase, verdict: Verdict | None, **facts: object) -> Outcome:
    values = {"kind": Kind.PERSONAL, "last_hours": False, **facts}
    return decide_account(AccountCase(phase=phase, verdict=verdict, **values))  # type: ignore[arg-type]


def told(outcome: Outcome) -> set[tuple[Stage, Audience]]:
    return {(tell.stage, tell.audience) for tell in outcome.tells}


OWNER, OPERATORS = Audience.OWNER, Audience.OPERATORS
WARNED = {(Stage.WARNED, OWNER)}
UNDONE = {(Stage.UNDONE, OWNER), (Stage.UNDONE, OPERATORS)}
OWED = {(Stage.NOT_PAUSED, OWNER), (Stage.NOT_PAUSED, OPERATORS)}
BREACH = {(Stage.BREACH, OPERATORS)}
SUSPECTED = {(Stage.BREACH, OWNER), (Stage.BREACH, OPERATORS)}

CELLS = [
    # phase, facts, act, told
    (Phase.ANNOUNCED, {}, Act.NONE, set()),
    (Phase.ANNOUNCED, {"hold": HoldCase.IN_FORCE}, Act.NONE, set()),
    (Phase.ANNOUNCED, {"undone": True}, Act.NONE, set()),
    (Phase.WARNING, {}, Act.WARN, WARNED),
    (Phase.WARNING, {"hold": HoldCase.IN_FORCE}, Act.HOLD, {(Stage.HOLD_GRANTED, OWNER)}),
    (Phase.WARNING, {"undone": True}, Act.WARN, WARNED | UNDONE),
    (Phase.WARNING, {"reachable": False}, Act.WARN, WARNED),
    (Phase.PAUSING, {}, Act.WARN, WARNED),  # not told yet: told now, paused the next day
    (Phase.PAUSING, {"told": True}, Act.PAUSE, WARNED),
    (Phase.PAUSING, {"hold": HoldCase.IN_FORCE}, Act.HOLD, {(Stage.HOLD_ENDS, OWNER)}),
    (Phase.PAUSING, {"told": True, "undone": True}, Act.ASK, UNDONE),
    (Phase.PAUSING, {"reachable": False}, Act.PAUSE, OWED),
    (Phase.PAUSING, {"last_hours": True}, Act.PAUSE, set()),
    (Phase.PAUSING, {"last_hours": True, "hold": HoldCase.IN_FORCE}, Act.PAUSE, set()),
    (Phase.PAUSING, {"last_hours": True, "undone": True}, Act.PAUSE, UNDONE),
    (Phase.PAUSING, {"last_hours": True, "reachable": False}, Act.PAUSE, OWED),
    (Phase.IN_FORCE, {}, Act.PAUSE, BREACH),
    (Phase.IN_FORCE, {"hold": HoldCase.IN_FORCE}, Act.PAUSE, BREACH),  # no hold exists any more
    (Phase.IN_FORCE, {"undone": True}, Act.PAUSE, UNDONE | BREACH),
    (Phase.IN_FORCE, {"reachable": False}, Act.PAUSE, OWED | BREACH),
    (Phase.IN_FORCE, {"failed": True}, Act.PAUSE, OWED | BREACH),
]


@pytest.mark.parametrize(("phase", "facts", "act", "tells"), CELLS)
def test_a_running_campaign_on_a_personal_account(
    phase: Phase, facts: dict[str, object], act: Act, tells: set[tuple[Stage, Audience]]
) -> None:
    outcome = campaign(phase, **facts)
    assert outcome.act is act
    assert told(outcome) == tells


def test_a_pause_on_short_notice_says_so() -> None:
    assert Reason.SHORT_NOTICE in campaign(Phase.PAUSING, last_hours=True).reasons
    assert Reason.TOLD_BEFORE in campaign(Phase.PAUSING, last_hours=True, told=True).reasons


def test_a_hold_that_ended_is_named_as_the_reason() -> None:
    assert Reason.HOLD_OVER in campaign(Phase.PAUSING, last_hours=True, hold=HoldCase.OVER).reasons


def test_the_business_app_is_warned_and_asked_unless_pausing_is_switched_on() -> None:
    asked = campaign(Phase.IN_FORCE, kind=Kind.BUSINESS_APP)
    paused = campaign(Phase.IN_FORCE, kind=Kind.BUSINESS_APP, may_pause_business_app=True)
    assert (asked.act, paused.act) == (Act.ASK, Act.PAUSE)
    assert Reason.PAUSING_NOT_SWITCHED_ON in asked.reasons
    assert Reason.AUTOMATED_ON_BUSINESS_APP in paused.reasons
    assert campaign(Phase.WARNING, kind=Kind.BUSINESS_APP).act is Act.WARN


def test_what_we_paused_stays_told_and_its_breach_too() -> None:
    paused = campaign(Phase.IN_FORCE, state=CampaignState.PAUSED, paused_by_us=True, breached=True)
    assert told(paused) == {(Stage.PAUSED, OWNER)} | BREACH
    assert not campaign(Phase.IN_FORCE, state=CampaignState.PAUSED).tells  # a person paused it: not our news


BEHAVIOUR = [
    (Phase.ANNOUNCED, Verdict.AUTOMATED, {}, Act.WARN, {(Stage.FOUND, OWNER)}),
    (Phase.WARNING, Verdict.BULK, {}, Act.ASK, {(Stage.FOUND, OWNER)}),
    (Phase.PAUSING, Verdict.BULK, {}, Act.ASK, {(Stage.LAST_CALL, OWNER), (Stage.LAST_CALL, OPERATORS)}),
    (Phase.IN_FORCE, Verdict.AUTOMATED, {}, Act.ASK, SUSPECTED),
    (Phase.IN_FORCE, Verdict.AUTOMATED, {"campaign_known": True}, Act.NONE, set()),
    (Phase.ANNOUNCED, Verdict.WATCH, {}, Act.NONE, set()),
    (Phase.IN_FORCE, Verdict.WATCH, {}, Act.WARN, {(Stage.FOUND, OWNER)}),
    (Phase.ANNOUNCED, Verdict.NO_DATA, {"no_data": NoData.NO_SOURCE}, Act.NONE, set()),
    (Phase.WARNING, Verdict.NO_DATA, {"no_data": NoData.SOURCE_ILL}, Act.WARN, {(Stage.NO_DATA, OWNER)}),
    (Phase.PAUSING, Verdict.NO_DATA, {"no_data": NoData.NO_SOURCE}, Act.ASK, {(Stage.NO_DATA, OWNER)}),
    (
        Phase.PAUSING,
        Verdict.NO_DATA,
        {"no_data": NoData.NO_SOURCE, "last_hours": True},
        Act.ASK,
        {(Stage.NO_DATA, OWNER), (Stage.NO_DATA, OPERATORS)},
    ),
    (Phase.IN_FORCE, Verdict.NO_DATA, {"no_data": NoData.SILENT}, Act.NONE, set()),
    (Phase.IN_FORCE, Verdict.NO_DATA, {"no_data": NoData.TOO_FEW}, Act.NONE, set()),
    (Phase.IN_FORCE, Verdict.CLEAR, {}, Act.NONE, set()),
    (Phase.IN_FORCE, None, {}, Act.NONE, set()),
]


@pytest.mark.parametrize(("phase", "verdict", "facts", "act", "tells"), BEHAVIOUR)
def test_behaviour_warns_and_asks_and_never_pauses(
    phase: Phase,
    verdict: Verdict | None,
    facts: dict[str, object],
    act: Act,
    tells: set[tuple[Stage, Audience]],
) -> None:
    outcome = account(phase, verdict, **facts)
    assert outcome.act is act
    assert told(outcome) == tells


def test_silence_is_not_innocence_once_the_rule_is_in_force() -> None:
    assert (
        Reason.BREACH_SUSPECTED in account(Phase.IN_FORCE, Verdict.NO_DATA, no_data=NoData.NO_SOURCE).reasons
    )


@pytest.mark.parametrize("ill", [NoData.NO_SOURCE, NoData.SOURCE_ILL])
@pytest.mark.parametrize("before", [Verdict.BULK, Verdict.AUTOMATED])
def test_a_source_that_fails_takes_nothing_back(ill: NoData, before: Verdict) -> None:
    for phase, last in product(Phase, (False, True)):
        missing = account(phase, Verdict.NO_DATA, no_data=ill, last_hours=last)
        failed = account(phase, Verdict.NO_DATA, no_data=ill, held=before, last_hours=last)
        for alone in (account(phase, before, last_hours=last), missing):
            assert told(failed) >= told(alone)
            assert set(failed.reasons) >= set(alone.reasons)
            assert list(Act).index(failed.act) >= list(Act).index(alone.act)
        explained = account(
            phase, Verdict.NO_DATA, no_data=ill, held=before, last_hours=last, campaign_known=True
        )
        assert explained == missing  # the campaign has its own decision


def test_a_well_source_that_tells_of_silence_needs_no_memory() -> None:
    silent = account(Phase.IN_FORCE, Verdict.NO_DATA, no_data=NoData.SILENT, held=Verdict.AUTOMATED)
    assert silent == account(Phase.IN_FORCE, Verdict.NO_DATA, no_data=NoData.SILENT)


def test_a_contradiction_of_kind_is_told_on_top_of_whatever_else_is() -> None:
    for kind, phase in product(Kind, Phase):
        outcome = account(phase, Verdict.CLEAR, kind=kind, contradicted=True)
        assert outcome.act is Act.ASK
        assert (Stage.CONTRADICTION, OWNER) in told(outcome)
        assert (Stage.CONTRADICTION, OPERATORS) in told(outcome)


EVERY_CAMPAIGN = [
    CampaignCase(*facts)
    for facts in product(
        Kind, Phase, (False, True), CampaignState, (False, True), HoldCase, *[(False, True)] * 6
    )
]
EVERY_ACCOUNT = [
    AccountCase(*facts)
    for facts in product(
        Kind,
        Phase,
        (False, True),
        (None, *Verdict),
        (None, *NoData),
        (False, True),
        (False, True),
        (None, Verdict.CLEAR, Verdict.WATCH, Verdict.BULK, Verdict.AUTOMATED),
    )
]


def test_every_combination_has_a_decision_with_reasons() -> None:
    assert all(decide_campaign(case).reasons for case in EVERY_CAMPAIGN)
    assert all(decide_account(case).reasons for case in EVERY_ACCOUNT)


def test_only_a_running_or_unread_campaign_is_ever_paused_and_never_on_the_platform() -> None:
    paused = [case for case in EVERY_CAMPAIGN if decide_campaign(case).act is Act.PAUSE]
    assert paused
    assert all(case.kind is not Kind.BUSINESS_PLATFORM for case in paused)
    assert all(case.state in (RUNNING, CampaignState.UNKNOWN) for case in paused)
    assert all(case.kind is Kind.PERSONAL or case.may_pause_business_app for case in paused)
    assert all(case.phase in (Phase.PAUSING, Phase.IN_FORCE) for case in paused)


def test_behaviour_alone_never_pauses_anything() -> None:
    assert all(decide_account(case).act is not Act.PAUSE for case in EVERY_ACCOUNT)


def test_in_force_no_personal_campaign_that_may_run_is_left_without_pause_or_question() -> None:
    for case in EVERY_CAMPAIGN:
        may_run = case.state in (RUNNING, CampaignState.UNKNOWN)
        if may_run and case.kind is Kind.PERSONAL and case.phase is Phase.IN_FORCE:
            assert decide_campaign(case).act in (Act.PAUSE, Act.ASK)


def test_a_hold_never_reaches_into_the_last_hours_or_past_the_date() -> None:
    for case in EVERY_CAMPAIGN:
        if decide_campaign(case).act is Act.HOLD:
            assert case.hold is HoldCase.IN_FORCE
            assert case.phase in (Phase.WARNING, Phase.PAUSING)
            assert not (case.phase is Phase.PAUSING and case.last_hours)


def test_nothing_is_told_as_paused_that_is_not_read_back_as_paused() -> None:
    for case in EVERY_CAMPAIGN:
        if Stage.PAUSED in {tell.stage for tell in decide_campaign(case).tells}:
            assert case.state in (CampaignState.PAUSED, CampaignState.DONE)
            assert case.paused_by_us
