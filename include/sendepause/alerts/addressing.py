"""What a plan owes to whom: from decisions to facts in the reader's terms, and from facts to channels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.orm import Session

from sendepause import countdown, guard
from sendepause.alerts.outbox import Fact, Recipient
from sendepause.alerts.texts import AlertFacts
from sendepause.audit import verdict
from sendepause.guard import Passage
from sendepause.model import (
    Account,
    Audience,
    Decision,
    Enforcement,
    Finding,
    Kind,
    Language,
    Plan,
    Stage,
)
from sendepause.settings import Settings
from sendepause.store import folds, ledger, queries
from sendepause.store.silences import silences

ESCALATED_HOURS = 6  # before the guard's default applies, what still waits is told once more, as a whole

_OUTCOMES: Mapping[Stage, tuple[Audience, ...]] = {
    Stage.PAUSED: (Audience.OWNER,),
    Stage.NOT_PAUSED: (Audience.OWNER, Audience.OPERATORS),
    Stage.RESUMED: (Audience.OWNER,),
    Stage.BREACH: (Audience.OPERATORS,),  # the owner reads it in the message of the pause
}


def recipients(settings: Settings, fact: Fact) -> list[Recipient]:
    """The channels of a fact's audience; what belongs to no owner is told to the operators."""
    if fact.audience is Audience.OPERATORS:
        return [operators(settings)]
    owner = settings.owner_of(fact.facts.get("account_number"))
    if owner is None:
        return [operators(settings, fact.audience)]
    return [
        Recipient(
            channel=owner.channel,
            audience=fact.audience,
            language=owner.language,
            time_zone=owner.time_zone,
            owner_id=owner.id,
            backup_channel=owner.backup_channel,
        )
    ]


def operators(settings: Settings, audience: Audience = Audience.OPERATORS) -> Recipient:
    """The operators' channel."""
    return Recipient(
        channel=settings.operators.channel,
        audience=audience,
        language=settings.operators.language,
        time_zone=settings.operators.time_zone,
    )


def owed(
    session: Session, settings: Settings, plan: Plan, passages: Mapping[str, Passage], as_of: datetime
) -> list[Fact]:
    """Everything that is true now and that somebody has to know, whether or not it was told before.

    In a rehearsal, or while acting is switched off, owners are told nothing: what is announced to them
    would not happen.
    """
    switches = folds.switches(ledger.entries(session, kinds=folds.SWITCHES))
    findings = queries.latest_findings(session, as_of)
    facts = [
        *_with_proofs(session, _of_decisions(settings, plan, findings, as_of)),
        *_stopped(settings, plan, passages, as_of),
        *_ill(session),
        *_holds(session, as_of),
    ]
    if not switches.acting:
        facts = [fact for fact in facts if fact.audience is Audience.OPERATORS]
    if switches.halted or not switches.acting:
        facts += _still_stopped(settings, plan, as_of)
    return facts


def of_outcome(
    session: Session, settings: Settings, decision: Decision, stage: Stage, as_of: datetime
) -> Iterator[Fact]:
    """What the outcome of one pause owes."""
    findings = queries.latest_findings(session, as_of, [decision.account]) if decision.account else {}
    for audience in _OUTCOMES[stage]:
        yield fact_of(settings, decision, stage, audience, findings, as_of)


def _of_decisions(
    settings: Settings, plan: Plan, findings: Mapping[str, Finding], as_of: datetime
) -> Iterator[Fact]:
    for decision in plan.decisions:
        for tell in decision.tells:
            yield fact_of(settings, decision, tell.stage, tell.audience, findings, as_of)


def _with_proofs(session: Session, facts: Iterable[Fact]) -> Iterator[Fact]:
    """The facts; where data are missing that would prove a pause, with why, so that the right ones are asked
    for."""
    heard = silences(session)
    for fact in facts:
        one = heard.get((fact.enforcement, fact.subject)) if fact.stage is Stage.NO_DATA else None
        if one is not None and one.heard.why:
            fact = replace(fact, facts=AlertFacts(**fact.facts, silence_why=str(one.heard.why)))
        yield fact


def _stopped(
    settings: Settings, plan: Plan, passages: Mapping[str, Passage], as_of: datetime
) -> Iterator[Fact]:
    waiting = [d for d in guard.pauses(plan) if not passages[guard.item(d)].proceeds]
    for decision in waiting:
        yield fact_of(settings, decision, Stage.GUARD_STOPPED, Audience.OPERATORS, {}, as_of)
    for rule in settings.enforcement_list():
        count = sum(decision.enforcement == rule.id for decision in waiting)
        hours = countdown.hours_left(rule, as_of) - settings.policy.guard.default_hours_before
        if count and hours <= ESCALATED_HOURS:  # nobody answered, and the answer is due
            facts = AlertFacts(items=count, **_of_rule(rule, as_of))
            yield Fact(rule.id, f"enforcement:{rule.id}", Stage.GUARD_STOPPED, Audience.OPERATORS, facts)


def _ill(session: Session) -> Iterator[Fact]:
    """Sources, systems and the configuration that are out of order: one alert each, to the operators."""
    for subject, state in queries.health(session).items():
        if not state.ok and subject != "slack":  # that Slack is out of reach cannot be told over Slack
            yield Fact("", subject, Stage.SOURCE_ILL, Audience.OPERATORS, AlertFacts(error=state.detail))


def _holds(session: Session, as_of: datetime) -> Iterator[Fact]:
    """Holds that were asked for and are not over: somebody has to approve them."""
    campaigns = {campaign.key: campaign for campaign in queries.campaigns(session)}
    for hold in folds.holds(ledger.entries(session, kinds=folds.HOLDS)):
        campaign = campaigns.get(hold.campaign)
        if hold.approver is None and as_of < hold.ends_at and campaign is not None:
            facts = AlertFacts(
                campaign_name=campaign.name,
                system=campaign.system,
                hold_until=hold.ends_at.isoformat(),
                detail=hold.reason,
            )
            yield Fact("", f"hold:{hold.seq}", Stage.HOLD_ASKED, Audience.OPERATORS, facts)


def _still_stopped(settings: Settings, plan: Plan, as_of: datetime) -> Iterator[Fact]:
    """The alarm that acting is still off, or halted, when a pause is owed and the hours are short."""
    for rule in settings.enforcement_list():
        count = sum(decision.enforcement == rule.id for decision in guard.pauses(plan))
        if count and countdown.hours_left(rule, as_of) <= countdown.LAST_HOURS:
            facts = AlertFacts(items=count, **_of_rule(rule, as_of))
            yield Fact(rule.id, f"enforcement:{rule.id}", Stage.HALT_STILL_ON, Audience.OPERATORS, facts)


def fact_of(
    settings: Settings,
    decision: Decision,
    stage: Stage,
    audience: Audience,
    findings: Mapping[str, Finding],
    as_of: datetime,
) -> Fact:
    """What a decision tells at a stage, in the reader's terms; ``findings`` by account."""
    account = settings.account_map.get(decision.account or "")
    rule = settings.rule_map.get(decision.enforcement)
    facts: dict[str, object] = {
        **decision.facts,
        "reasons": [str(reason) for reason in decision.reasons],
        **(_of_account(account, findings) if account else {"account_number": decision.account}),
        **(_of_rule(rule, as_of) if rule else {}),
        **(_of_pause(settings, rule, decision) if rule else {}),
        **({"item": guard.item(decision)} if stage is Stage.WARNED else {}),
    }
    known = {name: value for name, value in facts.items() if name in AlertFacts.__annotations__ and value}
    return Fact(decision.enforcement, decision.subject, stage, audience, cast("AlertFacts", known))


def _of_account(account: Account, findings: Mapping[str, Finding]) -> AlertFacts:
    facts = AlertFacts(account_number=account.number, account_name=account.name)
    finding = findings.get(account.number)
    if finding is not None:
        facts["verdict"] = str(finding.verdict)
        facts["sentence"] = {str(tongue): verdict.sentence(finding, tongue) for tongue in Language}
    return facts


def _of_pause(settings: Settings, rule: Enforcement, decision: Decision) -> AlertFacts:
    """From when on this campaign may be paused, if ever; and when its hold really ends."""
    facts = AlertFacts()
    if decision.facts.get("kind") == Kind.PERSONAL or settings.policy.pause_business_app:
        facts["pause_from"] = countdown.pausing_from(rule).isoformat()
    if until := decision.facts.get("hold_until"):
        latest = countdown.begins_at(rule) - timedelta(hours=settings.policy.hold_margin_hours)
        facts["hold_until"] = min(datetime.fromisoformat(until), latest).isoformat()
    return facts


def _of_rule(rule: Enforcement, as_of: datetime) -> AlertFacts:
    return AlertFacts(
        enforcement_title=dict(rule.title),
        date=rule.date.isoformat(),
        date_zone=rule.time_zone,
        hours_left=countdown.hours_left(rule, as_of),
    )
