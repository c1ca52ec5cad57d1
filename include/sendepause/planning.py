"""A plan: the decision table applied to everything that is known at a moment. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pendulum

from sendepause import countdown
from sendepause.model import (
    Account,
    AccountBy,
    Act,
    Audience,
    Campaign,
    CampaignState,
    Decision,
    Enforcement,
    Evidence,
    Finding,
    Held,
    Hold,
    Kind,
    Level,
    NoData,
    Phase,
    Plan,
    Reason,
    Sender,
    Silence,
    Stage,
    Tell,
    Verdict,
)
from sendepause.policy import AccountCase, CampaignCase, HoldCase, Outcome, decide_account, decide_campaign

CLOCKS_DIFFER = timedelta(minutes=2)  # between a campaign system and us
HOLD_ENDS_SOON = timedelta(hours=24)  # so long before its end a hold is asked about again


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operators chose (``policy.yaml``), as far as decisions depend on it."""

    pause_business_app: bool = False
    pause_sessions: bool = False
    hold_margin_hours: float = 48
    fresh_days: int = 7


@dataclass(frozen=True, slots=True)
class Standing:
    """A pause of ours that stands: what a resume has to restore, and when it was read back."""

    episode: int
    version: str | None
    read_back_at: datetime


@dataclass(frozen=True, slots=True)
class World:
    """Everything that decisions of a moment rest on, as the earlier stages wrote it down.

    ``undone``, ``paused_by_us``, ``breached``, ``failed``, ``resumed_by_us`` and ``under_way`` hold pairs of
    enforcement id and campaign key; ``told_at`` says when the owner was first told of a pair, by a message
    that was sent; ``standing`` tells of our standing pauses; ``confirmed`` holds the keys of campaigns that
    a person said are switched off.
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
    resumed_by_us: frozenset[tuple[str, str]] = frozenset()
    under_way: frozenset[tuple[str, str]] = frozenset()  # runs went on after our pause
    standing: Mapping[tuple[str, str], Standing] = field(default_factory=dict)
    silences: Mapping[tuple[str, str], Silence] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
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
        outcome = _with_sender(campaign, decide_campaign(_campaign_case(world, rule, campaign, kind)))
        facts = _campaign_facts(world, campaign)
        if outcome.act is Act.RESUME:
            standing = world.standing[rule.id, campaign.key]
            facts |= {"episode": standing.episode, "version": standing.version}
        yield _decision(world, rule, campaign.key, account, kind, outcome, facts)


def _with_sender(campaign: Campaign, outcome: Outcome) -> Outcome:
    """Where mark and content name different accounts, that is told on top of whatever else is."""
    if campaign.account_by is not AccountBy.CONTRADICTED:
        return outcome
    tells = (Tell(Stage.CONTRADICTION, Audience.OWNER), Tell(Stage.CONTRADICTION, Audience.OPERATORS))
    reasons = (*outcome.reasons, Reason.SENDER_CONTRADICTED)
    return Outcome(outcome.act, reasons, outcome.tells + tells)


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
                held=finding.held.finding.verdict if finding and finding.held else None,
            )
        )
        facts = {"verdict": finding.verdict, "no_data": _why_none(finding)} if finding else {}
        yield _decision(world, rule, f"account:{account.number}", account, kind, outcome, facts)


def _why_none(finding: Finding) -> NoData | None:
    """Why no verdict is in force; one that stands has another reason for its window, if any."""
    return finding.no_data if finding.verdict is Verdict.NO_DATA else None


def _explained(world: World) -> set[str | None]:
    """Accounts whose sending a known campaign explains: one that may run, or that ran until we paused it.

    A campaign that a person paused long ago explains nothing that is sent today.
    """
    ours = {campaign for _, campaign in world.paused_by_us}
    heard = {campaign for (_, campaign), silence in world.silences.items() if silence is Silence.BROKEN}
    idle = (CampaignState.PAUSED, CampaignState.DONE)
    return {
        c.account
        for c in world.campaigns
        if c.level is Level.CAMPAIGN and c.pausable
        # A machine that sends on after the pause is one that nobody told us of.
        if c.state not in idle or (c.key in ours and c.key not in heard)
    }


def _quiet(world: World, account: str) -> bool:
    """Whether fresh data show no machine on an account, and none of its known campaigns may run.

    The audit's weeks reach back to before our pauses; what was heard since all of them counts beside it.
    """
    idle = (CampaignState.PAUSED, CampaignState.DONE)
    own = [c for c in world.campaigns if c.account == account and c.level is Level.CAMPAIGN]
    keys = {c.key for c in own}
    heard = {silence for (_, key), silence in world.silences.items() if key in keys}
    finding = world.findings.get(account)
    fresh = finding is not None and _is_fresh(world, finding)
    calm = finding is not None and (
        finding.verdict is Verdict.CLEAR
        or finding.no_data in (NoData.SILENT, NoData.TOO_FEW)
        or (finding.no_data is None and heard == {Silence.CONFIRMED})
    )
    at_rest = all(c.state in idle or (c.state is CampaignState.UNKNOWN and not c.pausable) for c in own)
    return fresh and calm and Silence.BROKEN not in heard and at_rest


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
    number = campaign.account or ""
    ends = hold_ends_at(world.holds, campaign.key, rule, world.as_of, world.rules.hold_margin_hours)
    by_hand = campaign.level is Level.SESSION or not campaign.pausable
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
        hold_ending=ends is not None and ends - world.as_of <= HOLD_ENDS_SOON,
        level=campaign.level,
        pausable=campaign.pausable,
        confirmed=campaign.key in world.confirmed,
        quiet=by_hand and _quiet(world, number),
        may_pause_sessions=world.rules.pause_sessions,
        silence=world.silences.get(pair, Silence.WAITING),
        under_way=pair in world.under_way,
        moved=_moved(world, number),
        touched=_touched(world, campaign),
        resumed_by_us=pair in world.resumed_by_us,
    )


def touched(campaign: Campaign, since: datetime) -> bool:
    """Whether a person changed the campaign after our call at ``since``, as far as its system tells.

    It may have been switched on and off again between two looks: then that rest is theirs.
    """
    if campaign.changed_by is None or campaign.changed_at is None:
        return False
    return campaign.changed_at > since + CLOCKS_DIFFER


def _touched(world: World, campaign: Campaign) -> bool:
    """After the first of our pauses that stand: the rules share one rest."""
    standing = (world.standing.get((rule.id, campaign.key)) for rule in world.enforcements)
    return any(touched(campaign, pause.read_back_at) for pause in standing if pause)


def _moved(world: World, number: str) -> bool:
    """Whether data prove that the account is on the Platform, and none that it is elsewhere."""
    evidence = world.evidence.get(number, frozenset())
    return Evidence.PLATFORM in evidence and Evidence.CONSUMER not in evidence


def hold_ends_at(
    holds: tuple[Hold, ...], campaign: str, rule: Enforcement, as_of: datetime, margin_hours: float
) -> datetime | None:
    """When the hold in force ends, at the latest ``margin_hours`` before the date; None without one."""
    granted = [h for h in holds if h.campaign == campaign and h.approver and h.starts_at <= as_of]
    if not granted:
        return None
    latest_end = countdown.begins_at(rule).subtract(minutes=round(margin_hours * 60))
    ends = (min(hold.ends_at, latest_end) for hold in granted)
    return max((end for end in ends if as_of < end), default=None)


def hold_case(
    holds: tuple[Hold, ...], campaign: str, rule: Enforcement, as_of: datetime, margin_hours: float
) -> HoldCase:
    """How granted holds bear on a campaign.

    Each ends by itself, at the latest ``margin_hours`` before the date: the time to pause and verify.
    """
    if hold_ends_at(holds, campaign, rule, as_of, margin_hours):
        return HoldCase.IN_FORCE
    granted = any(h.campaign == campaign and h.approver and h.starts_at <= as_of for h in holds)
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
    if finding is None or _is_fresh(world, finding):
        return finding
    told = finding.verdict not in (Verdict.CLEAR, Verdict.NO_DATA)
    return Finding(
        account.number,
        finding.as_of,
        finding.window_days,
        Verdict.NO_DATA,
        no_data=NoData.SOURCE_ILL,
        held=finding.held or (Held(finding) if told else None),
    )


def _is_fresh(world: World, finding: Finding) -> bool:
    return (world.as_of - finding.as_of).total_seconds() <= world.rules.fresh_days * 86400


def _campaign_facts(world: World, campaign: Campaign) -> dict[str, Any]:
    granted = (h for h in world.holds if h.campaign == campaign.key and h.approver)
    hold = max(granted, key=lambda hold: hold.ends_at, default=None)
    return {
        "campaign_name": campaign.name,
        "system": campaign.system,
        "state": campaign.state,
        "account_by": campaign.account_by,
        **({"also": list(campaign.also)} if campaign.also else {}),
        **({"senders": [sender_name(s) for s in campaign.senders]} if campaign.senders else {}),
        **({"level": campaign.level} if campaign.level is Level.SESSION else {}),
        **({} if campaign.pausable else {"by_hand": True}),
        **({"changed_by": campaign.changed_by} if campaign.changed_by else {}),
        **({"changed_at": campaign.changed_at.isoformat()} if campaign.changed_at else {}),
        **({"hold_until": hold.ends_at.isoformat()} if hold else {}),
    }


def sender_name(sender: Sender) -> str:
    """``waha workshop (http://waha:3000)``: a name for people, no secret in it."""
    where = f" ({sender.gateway})" if sender.gateway else ""
    return f"{sender.via} {sender.name or '?'}{where}"


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
