"""A plan: the decision table applied to everything that is known at a moment. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
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
from sendepause.policy import AccountCase, CampaignCase, HoldCase, Outcome, decide_account, decide_campaign


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
            tells=(Tell(Stage.UNKNOWN_AUTOMATION, Audience.OPERATORS),),
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
