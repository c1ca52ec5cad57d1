"""The decision table: what is to happen to each campaign and account at a moment, and why. Pure.

Two grounds, each sufficient alone. *The rule*: a campaign that sends by itself on a personal account is
enough for a pause, whatever the audit says. *Behaviour*: what the events show leads to warnings and
questions, never to a pause, since no campaign is known that could be paused.

``docs/decisions.md`` is generated from :func:`decide_campaign` and :func:`decide_account`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sendepause.model import (
    Act,
    Audience,
    CampaignState,
    Kind,
    Level,
    NoData,
    Phase,
    Reason,
    Silence,
    Stage,
    Tell,
    Verdict,
)


class HoldCase(StrEnum):
    """How a hold bears on a campaign now."""

    NONE = "none"
    IN_FORCE = "in_force"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class CampaignCase:
    """The facts that the table looks at for one campaign under one enforcement."""

    kind: Kind  # the stricter of what was declared and what the data prove
    phase: Phase
    last_hours: bool  # 24 hours or less are left
    state: CampaignState  # as last read; an unreachable system keeps the last known state
    reachable: bool = True
    hold: HoldCase = HoldCase.NONE
    undone: bool = False  # this package paused it and a person switched it on again
    told: bool = False  # named in a message that was sent on an earlier day
    paused_by_us: bool = False
    breached: bool = False  # it ran after the date, before it was paused
    failed: bool = False  # a pause was tried and does not hold yet
    may_pause_business_app: bool = False
    hold_ending: bool = False  # the hold in force ends within a day
    level: Level = Level.CAMPAIGN
    pausable: bool = True  # False: nothing can be called, a person has to switch it off
    confirmed: bool = False  # a person said so
    quiet: bool = False  # nothing else runs on the account, and fresh data show no machine
    may_pause_sessions: bool = False
    silence: Silence = Silence.WAITING  # after our pause
    under_way: bool = False  # runs go on after our pause
    moved: bool = False  # the account was moved, and data prove it
    touched: bool = False  # a person changed it after our pause
    resumed_by_us: bool = False


@dataclass(frozen=True, slots=True)
class AccountCase:
    """The facts that the table looks at for one account's behaviour under one enforcement."""

    kind: Kind
    phase: Phase
    last_hours: bool
    verdict: Verdict | None  # None: never audited
    no_data: NoData | None = None
    campaign_known: bool = False  # a known campaign explains the behaviour and has its own decision
    contradicted: bool = False  # the data prove another kind than the declared one
    held: Verdict | None = None  # in force before the data failed; missing data refute nothing


@dataclass(frozen=True, slots=True)
class Outcome:
    """A cell of the table."""

    act: Act
    reasons: tuple[Reason, ...]
    tells: tuple[Tell, ...] = ()


def _tell(stage: Stage, *audiences: Audience) -> tuple[Tell, ...]:
    return tuple(Tell(stage, audience) for audience in audiences or (Audience.OWNER,))


_BOTH = (Audience.OWNER, Audience.OPERATORS)
_BREACH = _tell(Stage.BREACH, Audience.OPERATORS)  # the owner reads it in the message of the pause
_RUNS = Reason.AUTOMATED_ON_PERSONAL


def decide_campaign(case: CampaignCase) -> Outcome:
    """The decision for one campaign; total over every combination of facts."""
    if case.kind is Kind.BUSINESS_PLATFORM:
        return _decide_on_platform(case)
    if case.state in (CampaignState.PAUSED, CampaignState.DONE):
        return _decide_standing(case)
    if case.level is Level.SESSION:
        return _decide_session(case)
    if not case.pausable:
        return _decide_by_hand(case)
    outcome = _decide_running(case)
    if case.kind is Kind.BUSINESS_APP:
        return _for_business_app(outcome, case.may_pause_business_app)
    return outcome


def _decide_on_platform(case: CampaignCase) -> Outcome:
    """Automated sending is allowed there; what we paused goes on when a person approves."""
    if case.resumed_by_us:
        return Outcome(Act.NONE, (Reason.PLATFORM_ALLOWED,), _tell(Stage.RESUMED))
    if not (case.paused_by_us and case.state is CampaignState.PAUSED):
        return Outcome(Act.NONE, (Reason.PLATFORM_ALLOWED,))
    if not case.moved:
        return Outcome(Act.NONE, (Reason.PLATFORM_ALLOWED, Reason.MOVE_UNPROVEN))
    if case.touched:
        return Outcome(Act.NONE, (Reason.MOVED, Reason.TOUCHED))
    return Outcome(Act.RESUME, (Reason.MOVED,), _tell(Stage.MOVED, *_BOTH))


def _decide_standing(case: CampaignCase) -> Outcome:
    """What does not run: our pause, as long as it holds, and what the account's own events say of it."""
    reasons = (
        Reason.NOT_RUNNING,
        *(() if case.reachable else (Reason.SYSTEM_UNREACHABLE,)),
        *((Reason.STILL_UNDER_WAY,) if case.paused_by_us and case.under_way else ()),
    )
    if not case.paused_by_us:
        return Outcome(Act.NONE, reasons)
    tells = _tell(Stage.PAUSED) + (_BREACH if case.breached else ())
    match case.silence:
        case Silence.CONFIRMED:
            return Outcome(
                Act.NONE, (*reasons, Reason.SILENCE_CONFIRMED), tells + _tell(Stage.SILENCE_CONFIRMED)
            )
        case Silence.BROKEN:
            return Outcome(Act.ASK, (*reasons, Reason.STILL_SENDING), tells + _tell(Stage.NOT_PAUSED, *_BOTH))
        case Silence.OPEN:
            return Outcome(Act.ASK, (*reasons, Reason.SILENCE_OPEN), tells + _tell(Stage.NO_DATA))
        case Silence.WAITING:
            return Outcome(Act.NONE, reasons, tells)


def _decide_session(case: CampaignCase) -> Outcome:
    """The choke point: campaigns first; the whole session last, and only where the operators opted in.

    It silences people who answer through the same gateway too.
    """
    may = case.may_pause_sessions and case.pausable and case.kind is Kind.PERSONAL
    undone = _tell(Stage.UNDONE, *_BOTH) if case.undone else ()
    owed = _tell(Stage.NOT_PAUSED, *_BOTH) if case.failed or not case.reachable else ()
    if case.quiet:
        return Outcome(Act.NONE, (Reason.CHOKE_POINT_QUIET,))
    if case.phase is Phase.IN_FORCE or (case.phase is Phase.PAUSING and case.last_hours):
        if may and case.state is CampaignState.UNKNOWN and case.reachable:
            return Outcome(Act.ASK, (Reason.STATE_UNKNOWN,), _tell(Stage.NOT_PAUSED, *_BOTH))
        if may:
            return Outcome(Act.PAUSE, (Reason.CHOKE_POINT, *_troubles(case)), owed + undone)
        why = Reason.CHOKE_POINT_OFF if case.pausable else Reason.NOT_PAUSABLE
        return Outcome(Act.ASK, (why,), _tell(Stage.LAST_CALL, *_BOTH))
    if may and case.phase is Phase.PAUSING:
        return Outcome(Act.WARN, (Reason.CHOKE_POINT_LATER,), _tell(Stage.WARNED) + undone)
    return Outcome(Act.NONE, (Reason.CHOKE_POINT_LATER,))


def _decide_by_hand(case: CampaignCase) -> Outcome:
    """What nobody can pause from here: its owner is asked, and believed only with silence."""
    if case.confirmed and case.quiet:
        return Outcome(Act.NONE, (Reason.CONFIRMED,))
    reasons = (Reason.NOT_PAUSABLE, *((Reason.CONFIRMED,) if case.confirmed else ()))
    held = case.hold is HoldCase.IN_FORCE
    match case.phase:
        case Phase.ANNOUNCED:
            return Outcome(Act.NONE, (Reason.NOT_YET,))
        case Phase.WARNING if held:
            return Outcome(Act.HOLD, (*reasons, Reason.HELD), _held(case))
        case Phase.PAUSING if held and not case.last_hours:
            return Outcome(Act.HOLD, (*reasons, Reason.HELD), _tell(Stage.HOLD_ENDS))
        case Phase.WARNING:
            return Outcome(Act.WARN, reasons, () if case.confirmed else _tell(Stage.WARNED))
        case Phase.PAUSING if not case.last_hours:
            return Outcome(Act.ASK, reasons, () if case.confirmed else _tell(Stage.LAST_CALL))
        case Phase.PAUSING:
            return Outcome(Act.ASK, reasons, _tell(Stage.LAST_CALL, *_BOTH))
        case Phase.IN_FORCE:
            runs = case.state is CampaignState.RUNNING
            stage = Stage.BREACH if runs else Stage.LAST_CALL
            return Outcome(Act.ASK, (*reasons, Reason.BREACH_SUSPECTED), _tell(stage, *_BOTH))


def _held(case: CampaignCase) -> tuple[Tell, ...]:
    return _tell(Stage.HOLD_ENDS if case.hold_ending else Stage.HOLD_GRANTED)


def _decide_running(case: CampaignCase) -> Outcome:
    """A campaign that runs, or may run, on an account that has to be still by the date."""
    held = case.hold is HoldCase.IN_FORCE
    over = (Reason.HOLD_OVER,) if case.hold is not HoldCase.NONE else ()
    undone = _tell(Stage.UNDONE, *_BOTH) if case.undone else ()
    owed = _tell(Stage.NOT_PAUSED, *_BOTH) if case.failed or not case.reachable else ()
    # A notice that was given stands while a system is out of reach: the pause needs no second one after it.
    announced = _tell(Stage.WARNED) if case.told and case.phase is Phase.PAUSING else ()
    match case.phase:
        case Phase.ANNOUNCED:
            return Outcome(Act.NONE, (Reason.NOT_YET, *_troubles(case)))
        case Phase.WARNING if held:
            return Outcome(Act.HOLD, (_RUNS, Reason.HELD), _held(case))
        case Phase.WARNING:
            return Outcome(Act.WARN, (_RUNS, *_troubles(case)), _tell(Stage.WARNED) + undone)
        case Phase.PAUSING if held and not case.last_hours:
            return Outcome(Act.HOLD, (_RUNS, Reason.HELD), _tell(Stage.HOLD_ENDS))
        case Phase.PAUSING | Phase.IN_FORCE if case.state is CampaignState.UNKNOWN and case.reachable:
            tells = _tell(Stage.NOT_PAUSED, *_BOTH) + announced
            return Outcome(Act.ASK, (_RUNS, Reason.STATE_UNKNOWN), tells)
        case Phase.PAUSING if not case.reachable:
            return Outcome(Act.PAUSE, (_RUNS, Reason.SYSTEM_UNREACHABLE, *over), owed + announced)
        case Phase.PAUSING if case.last_hours:
            notice = Reason.TOLD_BEFORE if case.told else Reason.SHORT_NOTICE
            known = () if case.undone else (notice,)  # who switched it on again was told this very pause
            return Outcome(Act.PAUSE, (_RUNS, *known, *over, *_troubles(case)), owed + undone)
        case Phase.PAUSING if case.undone:
            return Outcome(Act.ASK, (_RUNS, Reason.SWITCHED_ON_AGAIN), undone)
        case Phase.PAUSING if case.told:
            return Outcome(Act.PAUSE, (_RUNS, Reason.TOLD_BEFORE, *over), owed + _tell(Stage.WARNED))
        case Phase.PAUSING:
            return Outcome(Act.WARN, (_RUNS, Reason.NOTICE_FIRST, *over), _tell(Stage.WARNED))
        case Phase.IN_FORCE:
            reasons = (_RUNS, Reason.DATE_PASSED, *_troubles(case))
            return Outcome(Act.PAUSE, reasons, owed + undone + _BREACH)


def _troubles(case: CampaignCase) -> tuple[Reason, ...]:
    """What makes a running campaign harder than the plain case."""
    return (
        *((Reason.SWITCHED_ON_AGAIN,) if case.undone else ()),
        *((Reason.SYSTEM_UNREACHABLE,) if not case.reachable else ()),
        *((Reason.STATE_UNKNOWN,) if case.reachable and case.state is CampaignState.UNKNOWN else ()),
    )


def _for_business_app(outcome: Outcome, may_pause: bool) -> Outcome:
    """The same row; a pause becomes a question where the operators did not switch pausing on."""
    reasons = tuple(Reason.AUTOMATED_ON_BUSINESS_APP if r is _RUNS else r for r in outcome.reasons)
    if outcome.act is not Act.PAUSE or may_pause:
        return Outcome(outcome.act, reasons, outcome.tells)
    asked = (*reasons, Reason.PAUSING_NOT_SWITCHED_ON)
    return Outcome(Act.ASK, asked, outcome.tells + _tell(Stage.LAST_CALL))


def decide_account(case: AccountCase) -> Outcome:
    """The decision for one account by its behaviour; total over every combination of facts."""
    outcome = _decide_behaviour(case)
    if not case.contradicted:
        return outcome
    act = Act.ASK if outcome.act in (Act.NONE, Act.WARN) else outcome.act
    tells = outcome.tells + _tell(Stage.CONTRADICTION, *_BOTH)
    return Outcome(act, (*outcome.reasons, Reason.KIND_CONTRADICTED), tells)


def _decide_behaviour(case: AccountCase) -> Outcome:
    if case.kind is Kind.BUSINESS_PLATFORM:
        return Outcome(Act.NONE, (Reason.PLATFORM_ALLOWED,))
    match case.verdict:
        case None:
            return Outcome(Act.NONE, (Reason.NOT_AUDITED,))
        case Verdict.CLEAR:
            return Outcome(Act.NONE, (Reason.CLEAR,))
        case Verdict.WATCH:
            told = () if case.phase is Phase.ANNOUNCED else _tell(Stage.FOUND)
            return Outcome(Act.WARN if told else Act.NONE, (Reason.WATCHED,), told)
        case Verdict.NO_DATA:
            return _decide_no_data(case)
        case Verdict.BULK | Verdict.AUTOMATED:
            return _decide_machine(case, case.verdict)


def _decide_machine(case: AccountCase, verdict: Verdict) -> Outcome:
    behaves = Reason.BEHAVES_AUTOMATED if verdict is Verdict.AUTOMATED else Reason.BEHAVES_BULK
    if case.campaign_known:
        return Outcome(Act.NONE, (behaves, Reason.CAMPAIGN_KNOWN))
    reasons = (behaves, Reason.SENDER_UNKNOWN)
    match case.phase:
        case Phase.ANNOUNCED:
            return Outcome(Act.WARN, reasons, _tell(Stage.FOUND))
        case Phase.WARNING:
            return Outcome(Act.ASK, reasons, _tell(Stage.FOUND))
        case Phase.PAUSING:
            return Outcome(Act.ASK, reasons, _tell(Stage.LAST_CALL, *_BOTH))
        case Phase.IN_FORCE:
            return Outcome(Act.ASK, (*reasons, Reason.BREACH_SUSPECTED), _tell(Stage.BREACH, *_BOTH))


def _decide_no_data(case: AccountCase) -> Outcome:
    """What is owed for want of data, and what the verdict before still asks for: the stricter of the two."""
    missing = _decide_without_data(case)
    ignorance = case.no_data not in (NoData.TOO_FEW, NoData.SILENT)
    if not ignorance or case.campaign_known or case.held not in (Verdict.BULK, Verdict.AUTOMATED):
        return missing
    before = _decide_machine(case, case.held)
    act = max(missing.act, before.act, key=(Act.NONE, Act.WARN, Act.ASK).index)
    reasons = dict.fromkeys((*before.reasons, *missing.reasons))
    return Outcome(act, tuple(reasons), before.tells + missing.tells)


def _decide_without_data(case: AccountCase) -> Outcome:
    match case.no_data:
        case NoData.TOO_FEW:
            return Outcome(Act.NONE, (Reason.TOO_FEW,))
        case NoData.SILENT:
            return Outcome(Act.NONE, (Reason.SILENT,))
        case NoData.SOURCE_ILL:
            reason = Reason.SOURCE_ILL
        case _:
            reason = Reason.NO_SOURCE
    if case.phase is Phase.ANNOUNCED:
        return Outcome(Act.NONE, (reason,))
    if case.phase is Phase.WARNING:
        return Outcome(Act.WARN, (reason,), _tell(Stage.NO_DATA))
    if case.phase is Phase.PAUSING:
        audiences = _BOTH if case.last_hours else (Audience.OWNER,)
        return Outcome(Act.ASK, (reason,), _tell(Stage.NO_DATA, *audiences))
    return Outcome(Act.ASK, (reason, Reason.BREACH_SUSPECTED), _tell(Stage.NO_DATA, *_BOTH))
