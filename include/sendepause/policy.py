"""The decision table: what is to happen to each campaign and account at a moment, and why. Pure.

Two grounds, each sufficient alone. *The rule*: a campaign that sends by itself on a personal account is
enough for a pause, whatever the audit says. *Behaviour*: what the events show leads to warnings and
questions, never to a pause, since no campaign is known that could be paused.

``docs/decisions.md`` is generated from :func:`decide_campaign` and :func:`decide_account`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import pendulum

from sendepause import countdown
from sendepause.model import (
    Account,
    Act,
    Audience,
    Campaign,
    CampaignState,
    Decision,
    Enforcement,
    Evidence,
    Finding,
    Hold,
    Kind,
    NoData,
    Phase,
    Plan,
    Reason,
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """A cell of the table."""

    act: Act
    reasons: tuple[Reason, ...]
    tells: tuple[Tell, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operators chose (``policy.yaml``), as far as decisions depend on it."""

    pause_business_app: bool = False
    hold_margin_hours: float = 48
    fresh_days: int = 7


@dataclass(frozen=True, slots=True)
class World:
    """Everything that decisions of a moment rest on, as the earlier stages wrote it down.

    ``undone``, ``paused_by_us``, ``breached`` and ``failed`` hold pairs of enforcement id and campaign
    key; ``told_at`` says when the owner was first told of a pair, by a message that was sent.
    """

    as_of: datetime
    accounts: tuple[Account, ...]
    enforcements: tuple[Enforcement, ...]
    campaigns: tuple[Campaign, ...] = ()
    findings: Mapping[str, Finding] = field(default_factory=dict)
    evidence: Mapping[str, frozenset[Evidence]] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    unreachable: frozenset[str] = frozenset()  # systems
    undone: frozenset[tuple[str, str]] = frozenset()
    paused_by_us: frozenset[tuple[str, str]] = frozenset()
    breached: frozenset[tuple[str, str]] = frozenset()
    failed: frozenset[tuple[str, str]] = frozenset()
    told_at: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    rules: Rules = Rules()


def _tell(stage: Stage, *audiences: Audience) -> tuple[Tell, ...]:
    return tuple(Tell(stage, audience) for audience in audiences or (Audience.OWNER,))


_BOTH = (Audience.OWNER, Audience.OPERATORS)
_BREACH = _tell(Stage.BREACH, Audience.OPERATORS)  # the owner reads it in the message of the pause
_RUNS = Reason.AUTOMATED_ON_PERSONAL


def decide_campaign(case: CampaignCase) -> Outcome:
    """The decision for one campaign; total over every combination of facts."""
    if case.kind is Kind.BUSINESS_PLATFORM:
        return Outcome(Act.NONE, (Reason.PLATFORM_ALLOWED,))
    if case.state in (CampaignState.PAUSED, CampaignState.DONE):
        standing = _tell(Stage.PAUSED) if case.paused_by_us else ()
        standing += _BREACH if case.paused_by_us and case.breached else ()
        blind = () if case.reachable else (Reason.SYSTEM_UNREACHABLE,)
        return Outcome(Act.NONE, (Reason.NOT_RUNNING, *blind), standing)
    outcome = _decide_running(case)
    if case.kind is Kind.BUSINESS_APP:
        return _for_business_app(outcome, case.may_pause_business_app)
    return outcome


def _decide_running(case: CampaignCase) -> Outcome:
    """A campaign that runs, or may run, on an account that has to be still by the date."""
    held = case.hold is HoldCase.IN_FORCE
    over = (Reason.HOLD_OVER,) if case.hold is not HoldCase.NONE else ()
    undone = _tell(Stage.UNDONE, *_BOTH) if case.undone else ()
    owed = _tell(Stage.NOT_PAUSED, *_BOTH) if case.failed or not case.reachable else ()
    match case.phase:
        case Phase.ANNOUNCED:
            return Outcome(Act.NONE, (Reason.NOT_YET, *_troubles(case)))
        case Phase.WARNING if held:
            return Outcome(Act.HOLD, (_RUNS, Reason.HELD), _tell(Stage.HOLD_GRANTED))
        case Phase.WARNING:
            return Outcome(Act.WARN, (_RUNS, *_troubles(case)), _tell(Stage.WARNED) + undone)
        case Phase.PAUSING if held and not case.last_hours:
            return Outcome(Act.HOLD, (_RUNS, Reason.HELD), _tell(Stage.HOLD_ENDS))
        case Phase.PAUSING | Phase.IN_FORCE if case.state is CampaignState.UNKNOWN and case.reachable:
            return Outcome(Act.ASK, (_RUNS, Reason.STATE_UNKNOWN), _tell(Stage.NOT_PAUSED, *_BOTH))
        case Phase.PAUSING if not case.reachable:
            return Outcome(Act.PAUSE, (_RUNS, Reason.SYSTEM_UNREACHABLE, *over), owed)
        case Phase.PAUSING if case.last_hours:
            notice = Reason.TOLD_BEFORE if case.told else Reason.SHORT_NOTICE
            return Outcome(Act.PAUSE, (_RUNS, notice, *over, *_troubles(case)), owed + undone)
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


def true_kind(account: Account, evidence: frozenset[Evidence]) -> Kind:
    """The stricter of the declared kind and what the data prove.

    Data of the web protocol prove a consumer product; which of the two they do not tell, so the
    stricter, personal, counts unless the business app was declared.
    """
    if Evidence.CONSUMER in evidence and account.declared_kind is Kind.BUSINESS_PLATFORM:
        return Kind.PERSONAL
    return account.declared_kind


def contradicted(account: Account, evidence: frozenset[Evidence]) -> bool:
    """Whether the data prove another kind than the declared one, in either direction."""
    declared_platform = account.declared_kind is Kind.BUSINESS_PLATFORM
    wrong = Evidence.CONSUMER if declared_platform else Evidence.PLATFORM
    return wrong in evidence


def make_plan(world: World) -> Plan:
    """All decisions of the world's moment, in the calendar's order, accounts and campaigns by key."""
    known = {account.number: account for account in world.accounts}
    decisions = [
        decision
        for enforcement in world.enforcements
        for decision in (
            *_campaign_decisions(world, enforcement, known),
            *_account_decisions(world, enforcement),
        )
    ]
    return Plan(world.as_of, (*decisions, *_unknown_senders(world, known)))


def _campaign_decisions(world: World, rule: Enforcement, known: Mapping[str, Account]) -> Iterator[Decision]:
    for campaign in sorted(world.campaigns, key=lambda campaign: campaign.key):
        account = known.get(campaign.account or "")
        if account is None:
            continue
        kind = true_kind(account, world.evidence.get(account.number, frozenset()))
        if not _concerns(rule, account, kind):
            continue
        outcome = decide_campaign(_campaign_case(world, rule, campaign, kind))
        yield _decision(world, rule, campaign.key, account, kind, outcome, _campaign_facts(world, campaign))


def _account_decisions(world: World, rule: Enforcement) -> Iterator[Decision]:
    with_campaign = _explained(world)
    for account in sorted(world.accounts, key=lambda account: account.number):
        evidence = world.evidence.get(account.number, frozenset())
        kind = true_kind(account, evidence)
        if not _concerns(rule, account, kind):
            continue
        finding = _fresh(world, account)
        outcome = decide_account(
            AccountCase(
                kind=kind,
                phase=countdown.phase_at(rule, world.as_of),
                last_hours=countdown.in_last_hours(rule, world.as_of),
                verdict=finding.verdict if finding else None,
                no_data=finding.no_data if finding else None,
                campaign_known=account.number in with_campaign,
                contradicted=contradicted(account, evidence),
            )
        )
        facts = {"verdict": finding.verdict, "no_data": finding.no_data} if finding else {}
        yield _decision(world, rule, f"account:{account.number}", account, kind, outcome, facts)


def _explained(world: World) -> set[str | None]:
    """Accounts whose sending a known campaign explains: one that may run, or that ran until we paused it.

    A campaign that a person paused long ago explains nothing that is sent today.
    """
    ours = {campaign for _, campaign in world.paused_by_us}
    idle = (CampaignState.PAUSED, CampaignState.DONE)
    return {c.account for c in world.campaigns if c.state not in idle or c.key in ours}


def _unknown_senders(world: World, known: Mapping[str, Account]) -> Iterator[Decision]:
    """Campaigns whose number belongs to no account: listed for a person, never acted on."""
    for campaign in sorted(world.campaigns, key=lambda campaign: campaign.key):
        if campaign.account in known or campaign.state in (CampaignState.PAUSED, CampaignState.DONE):
            continue
        yield Decision(
            enforcement="",
            subject=campaign.key,
            account=campaign.account,
            act=Act.ASK,
            reasons=(Reason.ACCOUNT_UNKNOWN,),
            phase=max(
                (countdown.phase_at(rule, world.as_of) for rule in world.enforcements),
                key=list(Phase).index,
                default=Phase.ANNOUNCED,
            ),
            tells=_tell(Stage.UNKNOWN_AUTOMATION, Audience.OPERATORS),
            facts=_campaign_facts(world, campaign),
        )


def _concerns(rule: Enforcement, account: Account, kind: Kind) -> bool:
    """In scope; Platform accounts of the same branches are shown too, as allowed."""
    taken_as = Kind.PERSONAL if kind is Kind.BUSINESS_PLATFORM else kind
    return countdown.applies_to(rule, account, taken_as)


def _campaign_case(world: World, rule: Enforcement, campaign: Campaign, kind: Kind) -> CampaignCase:
    pair = (rule.id, campaign.key)
    return CampaignCase(
        kind=kind,
        phase=countdown.phase_at(rule, world.as_of),
        last_hours=countdown.in_last_hours(rule, world.as_of),
        state=campaign.state,
        reachable=campaign.system not in world.unreachable,
        hold=hold_case(world.holds, campaign.key, rule, world.as_of, world.rules.hold_margin_hours),
        undone=pair in world.undone,
        told=_told_on_an_earlier_day(world, rule, campaign.key),
        paused_by_us=pair in world.paused_by_us,
        breached=pair in world.breached,
        failed=pair in world.failed,
        may_pause_business_app=world.rules.pause_business_app,
    )


def hold_case(
    holds: tuple[Hold, ...], campaign: str, rule: Enforcement, as_of: datetime, margin_hours: float
) -> HoldCase:
    """How granted holds bear on a campaign.

    Each ends by itself, at the latest ``margin_hours`` before the date: the time to pause and verify.
    """
    latest_end = countdown.begins_at(rule).subtract(minutes=round(margin_hours * 60))
    granted = [
        hold for hold in holds if hold.campaign == campaign and hold.approver and hold.starts_at <= as_of
    ]
    if any(as_of < min(hold.ends_at, latest_end) for hold in granted):
        return HoldCase.IN_FORCE
    return HoldCase.OVER if granted else HoldCase.NONE


def _told_on_an_earlier_day(world: World, rule: Enforcement, campaign: str) -> bool:
    told = world.told_at.get((rule.id, campaign))
    if told is None or told > world.as_of:
        return False
    here = pendulum.instance(world.as_of).in_timezone(rule.time_zone)
    return pendulum.instance(told).in_timezone(rule.time_zone).date() < here.date()


def _fresh(world: World, account: Account) -> Finding | None:
    """The account's finding, or, where it is too old to rest on, the same as an ill source."""
    finding = world.findings.get(account.number)
    if finding is None:
        return None
    age = world.as_of - finding.as_of
    if age.total_seconds() <= world.rules.fresh_days * 86400:
        return finding
    return Finding(
        account.number, finding.as_of, finding.window_days, Verdict.NO_DATA, no_data=NoData.SOURCE_ILL
    )


def _campaign_facts(world: World, campaign: Campaign) -> dict[str, Any]:
    hold = next((h for h in world.holds if h.campaign == campaign.key and h.approver), None)
    return {
        "campaign_name": campaign.name,
        "system": campaign.system,
        "state": campaign.state,
        "account_by": campaign.account_by,
        **({"changed_by": campaign.changed_by} if campaign.changed_by else {}),
        **({"changed_at": campaign.changed_at.isoformat()} if campaign.changed_at else {}),
        **({"hold_until": hold.ends_at.isoformat()} if hold else {}),
    }


def _decision(
    world: World,
    rule: Enforcement,
    subject: str,
    account: Account,
    kind: Kind,
    outcome: Outcome,
    facts: dict[str, Any],
) -> Decision:
    return Decision(
        enforcement=rule.id,
        subject=subject,
        account=account.number,
        act=outcome.act,
        reasons=outcome.reasons,
        phase=countdown.phase_at(rule, world.as_of),
        tells=outcome.tells,
        facts={"kind": kind, **facts},
    )
