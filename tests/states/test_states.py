"""How an account stands follows from the whole decision table, and never looks better than it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sendepause.model import (
    AccountState,
    Act,
    CampaignState,
    Decision,
    Kind,
    Language,
    Level,
    NoData,
    Phase,
    Reason,
    Silence,
    Verdict,
)
from sendepause.policy import (
    AccountCase,
    CampaignCase,
    HoldCase,
    Outcome,
    decide_account,
    decide_campaign,
)
from sendepause.states import account_states, counted, label, most_pressing, state_of
from sendepause.world import decision_json

RULE, NUMBER = "whatsapp-2019", "+493023125101"
RUNNING, PAUSED = CampaignState.RUNNING, CampaignState.PAUSED
MAY_RUN, RESTING = (RUNNING, CampaignState.UNKNOWN), (PAUSED, CampaignState.DONE)
BASE = CampaignCase(Kind.PERSONAL, Phase.PAUSING, False, RUNNING)
BY_HAND = replace(BASE, state=CampaignState.UNKNOWN, pausable=False)
SESSION = replace(BASE, level=Level.SESSION)
OURS = replace(BASE, state=PAUSED, paused_by_us=True)
S = AccountState


def item(outcome: Outcome, phase: Phase, account: str | None = NUMBER, rule: str = RULE) -> dict[str, Any]:
    """A decision as the store keeps it."""
    decision = Decision(rule, "campaign:crm/7", account, outcome.act, outcome.reasons, phase, outcome.tells)
    return decision_json(decision, {})


def of(case: CampaignCase | AccountCase) -> AccountState:
    decided = decide_campaign(case) if isinstance(case, CampaignCase) else decide_account(case)
    return state_of(item(decided, case.phase))


def account(
    phase: Phase, verdict: Verdict | None, no_data: NoData | None = None, **facts: Any
) -> AccountCase:
    return AccountCase(
        **{"kind": Kind.PERSONAL, "last_hours": False, **facts}, phase=phase, verdict=verdict, no_data=no_data
    )


A, W, P, F = Phase.ANNOUNCED, Phase.WARNING, Phase.PAUSING, Phase.IN_FORCE

CAMPAIGNS = [
    # facts of a campaign, then its account's state when announced, warned, pausing, in force
    (BASE, S.ANNOUNCED, S.ANNOUNCED, S.ANNOUNCED, S.BREACH),
    (replace(BASE, told=True), S.ANNOUNCED, S.ANNOUNCED, S.PAUSE_DUE, S.BREACH),
    (replace(BASE, reachable=False), S.ANNOUNCED, S.ANNOUNCED, S.PAUSE_DUE, S.BREACH),
    (replace(BASE, state=CampaignState.UNKNOWN), S.ANNOUNCED, S.ANNOUNCED, S.PAUSE_DUE, S.BREACH),
    (replace(BASE, undone=True), S.ANNOUNCED, S.ANNOUNCED, S.BY_HAND, S.BREACH),
    (replace(BASE, hold=HoldCase.IN_FORCE), S.ANNOUNCED, S.HELD, S.HELD, S.BREACH),
    (replace(BASE, hold=HoldCase.OVER), S.ANNOUNCED, S.ANNOUNCED, S.ANNOUNCED, S.BREACH),
    (replace(BASE, kind=Kind.BUSINESS_APP, told=True), S.ANNOUNCED, S.ANNOUNCED, S.BY_HAND, S.BREACH),
    (
        replace(BASE, kind=Kind.BUSINESS_APP, told=True, may_pause_business_app=True),
        *(S.ANNOUNCED, S.ANNOUNCED, S.PAUSE_DUE, S.BREACH),
    ),
    (replace(BASE, kind=Kind.BUSINESS_PLATFORM), *[S.ALLOWED] * 4),
    (BY_HAND, S.ANNOUNCED, S.BY_HAND, S.BY_HAND, S.BREACH),
    (replace(BY_HAND, confirmed=True), S.ANNOUNCED, S.BY_HAND, S.BY_HAND, S.BREACH),
    (replace(BY_HAND, confirmed=True, quiet=True), *[S.CLEAR] * 4),
    (replace(BY_HAND, hold=HoldCase.IN_FORCE), S.ANNOUNCED, S.HELD, S.HELD, S.BREACH),
    (OURS, *[S.PAUSED] * 4),
    (replace(OURS, breached=True), *[S.PAUSED] * 4),
    (replace(OURS, reachable=False, under_way=True), *[S.PAUSED] * 4),
    (replace(OURS, silence=Silence.OPEN), *[S.PAUSED] * 4),
    (replace(OURS, silence=Silence.CONFIRMED), *[S.SILENT] * 4),
    (replace(OURS, silence=Silence.BROKEN), S.BY_HAND, S.BY_HAND, S.BY_HAND, S.BREACH),
    (replace(OURS, paused_by_us=False), *[S.CLEAR] * 4),
    (replace(OURS, kind=Kind.BUSINESS_PLATFORM), *[S.PAUSED] * 4),  # the move is not proved
    (replace(OURS, kind=Kind.BUSINESS_PLATFORM, moved=True), *[S.PAUSED] * 4),  # a resume waits
    (replace(OURS, kind=Kind.BUSINESS_PLATFORM, moved=True, touched=True), *[S.ALLOWED] * 4),
    (replace(OURS, kind=Kind.BUSINESS_PLATFORM, resumed_by_us=True), *[S.ALLOWED] * 4),
    (SESSION, S.CLEAR, S.CLEAR, S.CLEAR, S.BY_HAND),
    (replace(SESSION, last_hours=True), S.CLEAR, S.CLEAR, S.BY_HAND, S.BY_HAND),
    (replace(SESSION, last_hours=True, pausable=False), S.CLEAR, S.CLEAR, S.BY_HAND, S.BY_HAND),
    (replace(SESSION, may_pause_sessions=True), S.CLEAR, S.CLEAR, S.ANNOUNCED, S.PAUSE_DUE),
    (
        replace(SESSION, may_pause_sessions=True, last_hours=True, state=CampaignState.UNKNOWN),
        *(S.CLEAR, S.CLEAR, S.PAUSE_DUE, S.PAUSE_DUE),
    ),
    (replace(SESSION, quiet=True, last_hours=True), *[S.CLEAR] * 4),
]


@pytest.mark.parametrize(("case", "announced", "warning", "pausing", "in_force"), CAMPAIGNS)
def test_what_a_campaign_makes_of_its_account(
    case: CampaignCase,
    announced: AccountState,
    warning: AccountState,
    pausing: AccountState,
    in_force: AccountState,
) -> None:
    found = [of(replace(case, phase=phase)) for phase in Phase]
    assert found == [announced, warning, pausing, in_force]


ACCOUNTS = [
    # verdict, why there is none, further facts, then the state when announced, warned, pausing, in force
    (None, None, {}, *[S.NO_DATA] * 4),
    (Verdict.CLEAR, None, {}, *[S.CLEAR] * 4),
    (Verdict.WATCH, None, {}, *[S.CONSPICUOUS] * 4),
    (Verdict.BULK, None, {}, S.BY_HAND, S.BY_HAND, S.BY_HAND, S.BREACH),
    (Verdict.AUTOMATED, None, {}, S.BY_HAND, S.BY_HAND, S.BY_HAND, S.BREACH),
    (Verdict.AUTOMATED, None, {"campaign_known": True}, *[S.CLEAR] * 4),  # the campaign's decision tells
    (Verdict.NO_DATA, NoData.NO_SOURCE, {}, *[S.NO_DATA] * 4),
    (Verdict.NO_DATA, NoData.SOURCE_ILL, {}, *[S.NO_DATA] * 4),
    (Verdict.NO_DATA, NoData.SILENT, {}, *[S.CLEAR] * 4),
    (Verdict.NO_DATA, NoData.TOO_FEW, {}, *[S.CLEAR] * 4),
    (Verdict.CLEAR, None, {"contradicted": True}, *[S.CONSPICUOUS] * 4),
    (Verdict.WATCH, None, {"contradicted": True}, *[S.CONSPICUOUS] * 4),
    (Verdict.NO_DATA, NoData.NO_SOURCE, {"contradicted": True}, *[S.NO_DATA] * 4),
    (Verdict.BULK, None, {"contradicted": True}, S.BY_HAND, S.BY_HAND, S.BY_HAND, S.BREACH),
    (Verdict.AUTOMATED, None, {"kind": Kind.BUSINESS_PLATFORM}, *[S.ALLOWED] * 4),
]


@pytest.mark.parametrize(
    ("verdict", "no_data", "facts", "announced", "warning", "pausing", "in_force"), ACCOUNTS
)
def test_what_behaviour_makes_of_an_account(
    verdict: Verdict | None,
    no_data: NoData | None,
    facts: dict[str, Any],
    announced: AccountState,
    warning: AccountState,
    pausing: AccountState,
    in_force: AccountState,
) -> None:
    found = [of(account(phase, verdict, no_data, **facts)) for phase in Phase]
    assert found == [announced, warning, pausing, in_force]


FLAGS = (False, True)
WHERE = {"kind": Kind, "phase": Phase, "last_hours": FLAGS, "reachable": FLAGS, "level": Level}
RUNNING_FACTS = (
    "undone",
    "told",
    "may_pause_business_app",
    "pausable",
    "confirmed",
    "quiet",
    "may_pause_sessions",
)
RESTING_FACTS = ("paused_by_us", "breached", "under_way", "moved", "touched", "resumed_by_us")


def every_campaign() -> Iterator[CampaignCase]:
    """Every combination of what the table looks at, in two halves: what may run, and what stands still."""
    runs = {**WHERE, "state": MAY_RUN, "hold": HoldCase, **dict.fromkeys(RUNNING_FACTS, FLAGS)}
    rests = {**WHERE, "state": RESTING, "silence": Silence, **dict.fromkeys(RESTING_FACTS, FLAGS)}
    for half in (runs, rests):
        yield from (CampaignCase(**dict(zip(half, facts, strict=True))) for facts in product(*half.values()))


EVERY_ACCOUNT = [
    AccountCase(*facts)
    for facts in product(
        Kind, Phase, (False, True), (None, *Verdict), (None, *NoData), (False, True), (False, True)
    )
]


@pytest.fixture(scope="module")
def every() -> list[tuple[CampaignCase, Outcome, AccountState]]:
    known: dict[tuple[Outcome, Phase], AccountState] = {}
    found = []
    for case in every_campaign():
        outcome = decide_campaign(case)
        if (outcome, case.phase) not in known:
            known[outcome, case.phase] = state_of(item(outcome, case.phase))
        found.append((case, outcome, known[outcome, case.phase]))
    return found


Every = list[tuple[CampaignCase, Outcome, AccountState]]


def test_every_cell_of_the_table_has_a_state_and_every_state_a_cell(every: Every) -> None:
    found = {state for _, _, state in every} | {of(case) for case in EVERY_ACCOUNT}
    assert found == set(AccountState)


def test_an_owed_pause_and_a_hold_are_that_until_the_rule_is_in_force(every: Every) -> None:
    for case, outcome, state in every:
        if outcome.act is Act.PAUSE:
            assert state in (S.PAUSE_DUE, S.BREACH)
            assert case.phase is F or state is S.PAUSE_DUE
        if outcome.act is Act.HOLD:
            assert state is S.HELD


def test_what_may_run_on_a_phone_never_counts_as_done(every: Every) -> None:
    for case, _, state in every:
        runs = case.state in MAY_RUN and case.kind is not Kind.BUSINESS_PLATFORM
        if runs and case.level is Level.CAMPAIGN and not (case.confirmed and case.quiet):
            assert state not in (S.PAUSED, S.SILENT, S.CLEAR, S.ALLOWED)


def test_in_force_a_campaign_that_may_run_is_a_breach_and_a_pause_of_ours_is_none(every: Every) -> None:
    for case, _, state in every:
        if case.phase is F and case.kind is not Kind.BUSINESS_PLATFORM and case.level is Level.CAMPAIGN:
            runs = case.state in MAY_RUN and not (not case.pausable and case.confirmed and case.quiet)
            heard = case.paused_by_us and case.silence is Silence.BROKEN
            assert (state is S.BREACH) == (runs or heard)


def test_a_breach_is_only_spoken_of_once_the_rule_is_in_force(every: Every) -> None:
    assert {case.phase for case, _, state in every if state is S.BREACH} == {F}
    assert {case.phase for case in EVERY_ACCOUNT if of(case) is S.BREACH} == {F}


def test_what_we_paused_and_what_a_person_paused_are_told_apart(every: Every) -> None:
    for case, _, state in every:
        if case.state not in MAY_RUN and case.kind is not Kind.BUSINESS_PLATFORM:
            assert (state is S.CLEAR) == (not case.paused_by_us)
            assert (state is S.SILENT) == (case.paused_by_us and case.silence is Silence.CONFIRMED)


def test_without_data_no_account_is_clear_and_no_breach_is_claimed() -> None:
    for case in EVERY_ACCOUNT:
        without = case.verdict is None or (
            case.verdict is Verdict.NO_DATA and case.no_data not in (NoData.SILENT, NoData.TOO_FEW)
        )
        if without and case.kind is not Kind.BUSINESS_PLATFORM:
            assert of(case) is S.NO_DATA


@given(st.sampled_from([A, W, P, F]), st.sampled_from(list(Act)), st.sets(st.sampled_from(list(Reason))))
@settings(max_examples=300)
def test_also_what_the_table_does_not_hold_yet_has_a_state(
    phase: Phase, act: Act, reasons: set[Reason]
) -> None:
    made_up = item(Outcome(act, tuple(reasons)), phase)
    assert state_of({**made_up, "reasons": [*made_up["reasons"], "of_a_later_version"]}) in AccountState


def test_where_mark_and_content_differ_an_account_at_rest_stands_out() -> None:
    resting, doubted = (
        Outcome(Act.NONE, (Reason.NOT_RUNNING, *more)) for more in ((), (Reason.SENDER_CONTRADICTED,))
    )
    assert (state_of(item(resting, P)), state_of(item(doubted, P))) == (S.CLEAR, S.CONSPICUOUS)
    owed = Outcome(Act.PAUSE, (Reason.AUTOMATED_ON_PERSONAL, Reason.SENDER_CONTRADICTED))
    assert state_of(item(owed, P)) is S.PAUSE_DUE


SILENT = item(decide_campaign(replace(OURS, silence=Silence.CONFIRMED)), P)
OWED = item(decide_campaign(replace(BASE, told=True)), P)
CALM = item(decide_account(account(P, Verdict.CLEAR)), P)
LESS = item(decide_account(account(P, Verdict.NO_DATA, NoData.NO_SOURCE)), P)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([CALM], S.CLEAR),
        ([CALM, SILENT], S.SILENT),
        ([CALM, SILENT, OWED], S.PAUSE_DUE),
        ([LESS, SILENT], S.NO_DATA),
    ],
)
def test_of_several_decisions_the_most_pressing_counts_in_any_order(
    items: list[dict[str, Any]], expected: AccountState
) -> None:
    assert account_states(items, RULE) == account_states(items[::-1], RULE) == {NUMBER: expected}


def test_each_rule_has_its_own_states_and_what_has_no_account_has_none() -> None:
    later = {**OWED, "enforcement": "later"}
    nobody = {**OWED, "enforcement": "", "account": None}
    assert account_states([CALM, later, nobody], RULE) == {NUMBER: S.CLEAR}
    assert account_states([CALM, later, nobody], "later") == {NUMBER: S.PAUSE_DUE}
    assert account_states([], RULE) == {}


def test_all_states_are_counted_also_those_that_nobody_has() -> None:
    counts = counted({"+493023125101": S.HELD, "+493023125102": S.HELD})
    assert counts[S.HELD] == 2
    assert sum(counts.values()) == 2
    assert list(counts) == list(AccountState)
    assert most_pressing(S.CLEAR, S.NO_DATA, S.SILENT) is S.NO_DATA


def test_each_state_has_a_word_of_its_own_in_both_languages() -> None:
    for language in Language:
        assert len({label(state, language) for state in AccountState}) == len(AccountState)
        assert all(len(label(state, language)) <= 20 for state in AccountState), (
            "the picture has no more room"
        )
