"""The table beyond the pause: second proofs, choke points, what people switch off, and the way back."""

from dataclasses import replace
from itertools import product

import pytest

from sendepause.model import Act, Audience, CampaignState, Kind, Level, Phase, Reason, Silence, Stage
from sendepause.policy import CampaignCase, HoldCase, Outcome, decide_campaign

OWNER, OPERATORS = Audience.OWNER, Audience.OPERATORS
RUNNING, PAUSED = CampaignState.RUNNING, CampaignState.PAUSED
BASE = CampaignCase(Kind.PERSONAL, Phase.PAUSING, False, RUNNING)
STANDING = replace(BASE, state=PAUSED, paused_by_us=True)
SESSION = replace(BASE, level=Level.SESSION, may_pause_sessions=True)
BY_HAND = replace(BASE, state=CampaignState.UNKNOWN, pausable=False)
MOVED = replace(STANDING, kind=Kind.BUSINESS_PLATFORM, moved=True)
LATE = [(Phase.PAUSING, True), (Phase.IN_FORCE, False)]


def told(outcome: Outcome) -> set[tuple[Stage, Audience]]:
    return {(tell.stage, tell.audience) for tell in outcome.tells}


class TestWhatStandsPaused:
    def test_silence_is_told_to_the_owner_as_the_second_proof(self) -> None:
        outcome = decide_campaign(replace(STANDING, silence=Silence.CONFIRMED))
        assert outcome.act is Act.NONE
        assert told(outcome) == {(Stage.PAUSED, OWNER), (Stage.SILENCE_CONFIRMED, OWNER)}

    def test_a_machine_that_is_heard_after_the_pause_is_an_alarm_for_both(self) -> None:
        outcome = decide_campaign(replace(STANDING, silence=Silence.BROKEN))
        assert outcome.act is Act.ASK
        assert Reason.STILL_SENDING in outcome.reasons
        assert {(Stage.NOT_PAUSED, OWNER), (Stage.NOT_PAUSED, OPERATORS)} < told(outcome)

    def test_without_fresh_data_the_proof_stays_open_and_the_owner_is_asked(self) -> None:
        outcome = decide_campaign(replace(STANDING, silence=Silence.OPEN))
        assert (outcome.act, Reason.SILENCE_OPEN in outcome.reasons) == (Act.ASK, True)
        assert (Stage.NO_DATA, OWNER) in told(outcome)

    def test_too_early_to_say_says_nothing(self) -> None:
        assert told(decide_campaign(STANDING)) == {(Stage.PAUSED, OWNER)}

    def test_what_goes_on_after_the_pause_is_a_reason(self) -> None:
        assert Reason.STILL_UNDER_WAY in decide_campaign(replace(STANDING, under_way=True)).reasons

    @pytest.mark.parametrize("silence", Silence)
    def test_what_a_person_paused_is_not_our_news(self, silence: Silence) -> None:
        assert decide_campaign(replace(STANDING, paused_by_us=False, silence=silence)).tells == ()


class TestTheChokePoint:
    @pytest.mark.parametrize(("phase", "last_hours"), LATE)
    def test_it_is_closed_in_the_last_hours_where_the_operators_opted_in(
        self, phase: Phase, last_hours: bool
    ) -> None:
        late = replace(SESSION, phase=phase, last_hours=last_hours)
        assert decide_campaign(late).act is Act.PAUSE
        asked = decide_campaign(replace(late, may_pause_sessions=False))
        assert (asked.act, asked.reasons) == (Act.ASK, (Reason.CHOKE_POINT_OFF,))

    @pytest.mark.parametrize(("phase", "last_hours"), LATE)
    def test_one_that_cannot_come_back_without_a_person_is_asked_about(
        self, phase: Phase, last_hours: bool
    ) -> None:
        case = replace(SESSION, phase=phase, last_hours=last_hours, pausable=False)
        assert (decide_campaign(case).act, decide_campaign(case).reasons) == (Act.ASK, (Reason.NOT_PAUSABLE,))

    def test_before_the_last_hours_it_is_announced_and_never_closed(self) -> None:
        assert decide_campaign(SESSION).act is Act.WARN
        assert decide_campaign(replace(SESSION, phase=Phase.WARNING)).act is Act.NONE

    @pytest.mark.parametrize(("phase", "last_hours"), [*LATE, (Phase.PAUSING, False)])
    def test_where_it_is_quiet_nobody_is_cut_off(self, phase: Phase, last_hours: bool) -> None:
        case = replace(SESSION, phase=phase, last_hours=last_hours, quiet=True)
        assert decide_campaign(case) == Outcome(Act.NONE, (Reason.CHOKE_POINT_QUIET,))

    def test_only_the_session_of_a_personal_account_is_ever_closed(self) -> None:
        for kind, phase, last, opted in product(Kind, Phase, (False, True), (False, True)):
            case = replace(SESSION, kind=kind, phase=phase, last_hours=last, may_pause_sessions=opted)
            if decide_campaign(case).act is Act.PAUSE:
                assert kind is Kind.PERSONAL and opted
                assert phase is Phase.IN_FORCE or (phase is Phase.PAUSING and last)


class TestWhatOnlyPeopleSwitchOff:
    def test_its_owner_is_told_then_called_then_both_are(self) -> None:
        warned = decide_campaign(replace(BY_HAND, phase=Phase.WARNING))
        assert (warned.act, told(warned)) == (Act.WARN, {(Stage.WARNED, OWNER)})
        called = decide_campaign(BY_HAND)
        assert (called.act, told(called)) == (Act.ASK, {(Stage.LAST_CALL, OWNER)})
        late = decide_campaign(replace(BY_HAND, last_hours=True))
        assert told(late) == {(Stage.LAST_CALL, OWNER), (Stage.LAST_CALL, OPERATORS)}

    def test_a_word_alone_is_not_believed_and_with_silence_it_is(self) -> None:
        said = replace(BY_HAND, confirmed=True)
        assert decide_campaign(said).act is Act.ASK
        assert decide_campaign(replace(said, quiet=True)) == Outcome(Act.NONE, (Reason.CONFIRMED,))
        assert decide_campaign(replace(BY_HAND, quiet=True)).act is Act.ASK

    def test_what_is_known_to_run_after_the_date_is_a_breach(self) -> None:
        runs = replace(BY_HAND, phase=Phase.IN_FORCE, state=RUNNING)
        assert (Stage.BREACH, OPERATORS) in told(decide_campaign(runs))

    def test_nothing_of_the_kind_is_ever_paused(self) -> None:
        for phase, last, hold, kind in product(Phase, (False, True), HoldCase, Kind):
            case = replace(BY_HAND, phase=phase, last_hours=last, hold=hold, kind=kind)
            assert decide_campaign(case).act is not Act.PAUSE


class TestTheWayBack:
    def test_a_moved_account_is_offered_its_own_pause_back(self) -> None:
        outcome = decide_campaign(MOVED)
        assert (outcome.act, outcome.reasons) == (Act.RESUME, (Reason.MOVED,))
        assert told(outcome) == {(Stage.MOVED, OWNER), (Stage.MOVED, OPERATORS)}

    def test_declared_as_moved_is_not_moved(self) -> None:
        outcome = decide_campaign(replace(MOVED, moved=False))
        assert (outcome.act, Reason.MOVE_UNPROVEN in outcome.reasons) == (Act.NONE, True)

    @pytest.mark.parametrize(
        "facts",
        [{"paused_by_us": False}, {"touched": True}, {"state": RUNNING}, {"state": CampaignState.DONE}],
    )
    def test_only_what_we_paused_and_nobody_touched_since(self, facts: dict[str, object]) -> None:
        assert decide_campaign(replace(MOVED, **facts)).act is Act.NONE  # type: ignore[arg-type]

    def test_nothing_is_resumed_anywhere_else(self) -> None:
        for kind, phase, state in product(Kind, Phase, CampaignState):
            case = replace(MOVED, kind=kind, phase=phase, state=state)
            if decide_campaign(case).act is Act.RESUME:
                assert (kind, state) == (Kind.BUSINESS_PLATFORM, PAUSED)

    def test_a_resume_stays_told(self) -> None:
        resumed = replace(MOVED, paused_by_us=False, state=RUNNING, resumed_by_us=True)
        assert told(decide_campaign(resumed)) == {(Stage.RESUMED, OWNER)}


def test_a_hold_that_ends_within_a_day_is_asked_about_again() -> None:
    held = replace(BASE, phase=Phase.WARNING, hold=HoldCase.IN_FORCE)
    assert told(decide_campaign(held)) == {(Stage.HOLD_GRANTED, OWNER)}
    assert told(decide_campaign(replace(held, hold_ending=True))) == {(Stage.HOLD_ENDS, OWNER)}
