"""What a plan owes to whom: from decisions to facts in the reader's terms, and from facts to channels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.orm import Session

from sendepause import countdown, guard
from sendepause.alerts import channels
from sendepause.alerts.gathering import Desk
from sendepause.alerts.outbox import Fact, Recipient
from sendepause.alerts.texts import AlertFacts
from sendepause.audit import telling
from sendepause.guard import Passage
from sendepause.model import (
    Account,
    Audience,
    Decision,
    Enforcement,
    Finding,
    Kind,
    Language,
    NoData,
    Plan,
    Stage,
)
from sendepause.settings import Settings
from sendepause.store import folds, ledger, queries
from sendepause.store.silences import silences

ESCALATED_HOURS = 6  # before the guard's default applies, what still waits is told once more, as a whole

_USER_LEFT = {
    "de": "Wer hier erwähnt werden soll, ist in diesem Slack nicht zu finden oder hat es verlassen. Tragen"
    " Sie in `owners.yaml` unter `users` jemand anderen ein.",
    "en": "Who is to be mentioned cannot be found in this Slack, or has left it. Name somebody else under"
    " `users` in `owners.yaml`.",
}
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


def desk(
    settings: Settings, *, answers: bool, collected_until: datetime | None = None, link: str | None = None
) -> Desk:
    """What gathering has to know of the configuration; see ``gathering.Desk``."""
    chosen, rules = settings.policy.alerts, settings.enforcement_list()
    return Desk(
        operators=operators(settings),
        owners=settings.owner_map(),
        begins={rule.id: countdown.begins_at(rule) for rule in rules},
        warning_from={rule.id: countdown.warning_from(rule) for rule in rules},
        quiet_from=chosen.quiet_from,
        quiet_until=chosen.quiet_until,
        answer_time=timedelta(hours=chosen.answer_hours),
        hold_margin=timedelta(hours=settings.policy.hold_margin_hours),
        answers=answers,
        collected_until=collected_until,
        link=link,
    )


def owed(
    session: Session,
    settings: Settings,
    plan: Plan,
    passages: Mapping[str, Passage],
    as_of: datetime,
    switches: folds.Switches | None = None,
) -> list[Fact]:
    """Everything that is true now and that somebody has to know, whether or not it was told before.

    In a rehearsal, or while acting is switched off, owners are told nothing: what is announced to them
    would not happen. ``switches``: as if they stood so, instead of as they stand.
    """
    if switches is None:
        switches = folds.switches(ledger.entries(session, kinds=folds.SWITCHES))
    findings = queries.latest_findings(session, as_of)
    facts = [
        *_with_proofs(session, _of_decisions(settings, plan, findings)),
        *_stopped(settings, plan, passages, as_of),
        *_ill(session),
        *_holds(session, settings, as_of),
        *_out_of_reach(session),
    ]
    facts = [*_without_muted(session, settings, facts)]
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
        yield fact_of(settings, decision, stage, audience, findings)


def _of_decisions(settings: Settings, plan: Plan, findings: Mapping[str, Finding]) -> Iterator[Fact]:
    for decision in plan.decisions:
        for tell in decision.tells:
            yield fact_of(settings, decision, tell.stage, tell.audience, findings)


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
        yield fact_of(settings, decision, Stage.GUARD_STOPPED, Audience.OPERATORS, {})
    for rule in settings.enforcement_list():
        count = sum(decision.enforcement == rule.id for decision in waiting)
        hours = countdown.hours_left(rule, as_of) - settings.policy.guard.default_hours_before
        if count and hours <= ESCALATED_HOURS:  # nobody answered, and the answer is due
            facts = AlertFacts(items=count, **_of_rule(rule))
            yield Fact(rule.id, f"enforcement:{rule.id}", Stage.GUARD_STOPPED, Audience.OPERATORS, facts)


def _ill(session: Session) -> Iterator[Fact]:
    """Sources, systems and the configuration that are out of order: one alert each, to the operators."""
    for subject, state in queries.health(session).items():
        if not state.ok and subject != "slack":  # that Slack is out of reach cannot be told over Slack
            yield Fact("", subject, Stage.SOURCE_ILL, Audience.OPERATORS, AlertFacts(error=state.detail))


def _without_muted(session: Session, settings: Settings, facts: Iterable[Fact]) -> Iterator[Fact]:
    """The facts without "no data" of accounts whose source is known to be ill: that is one alert already."""
    ill = {subject for subject, state in queries.health(session).items() if not state.ok}
    served = {
        *((source.account, f"source:{source.id}") for source in settings.sources if source.account),
        *((reach.account, f"source:{reach.source}") for reach in queries.reaches(session)),
    }
    muted = {account for account, source in served if source in ill}
    for fact in facts:
        source_ill = fact.stage is Stage.NO_DATA and fact.facts.get("no_data") == NoData.SOURCE_ILL
        if not (source_ill and fact.facts.get("account_number") in muted):
            yield fact


def _out_of_reach(session: Session) -> Iterator[Fact]:
    """Channels that the app cannot write to, and users who have left, before anything is owed to them."""
    for id, trouble in channels.troubles(session).items():
        facts = AlertFacts(error=trouble)
        if id[:1] not in "UW":
            yield Fact("", f"channel:{id}", Stage.UNDELIVERABLE, Audience.OPERATORS, facts)
        else:
            facts["detail"] = _USER_LEFT
            yield Fact("", f"user:{id}", Stage.SOURCE_ILL, Audience.OPERATORS, facts)


def _holds(session: Session, settings: Settings, as_of: datetime) -> Iterator[Fact]:
    """Holds that were asked for and are not over: somebody has to approve them."""
    campaigns = {campaign.key: campaign for campaign in queries.campaigns(session)}
    for hold in folds.holds(ledger.entries(session, kinds=folds.HOLDS)):
        campaign = campaigns.get(hold.campaign)
        if hold.approver is None and as_of < hold.ends_at and campaign is not None:
            account = settings.account_map.get(campaign.account or "")
            facts = AlertFacts(
                **(_of_account(account, {}) if account else {}),
                **_of_owner(settings, campaign.account),
                campaign_name=campaign.name,
                system=campaign.system,
                hold_until=hold.ends_at.isoformat(),
                asked_by=hold.author,
                detail=hold.reason,
            )
            yield Fact("", f"hold:{hold.seq}", Stage.HOLD_ASKED, Audience.OPERATORS, facts)


def _still_stopped(settings: Settings, plan: Plan, as_of: datetime) -> Iterator[Fact]:
    """The alarm that acting is still off, or halted, when a pause is owed and the hours are short."""
    for rule in settings.enforcement_list():
        count = sum(decision.enforcement == rule.id for decision in guard.pauses(plan))
        if count and countdown.hours_left(rule, as_of) <= countdown.LAST_HOURS:
            facts = AlertFacts(items=count, **_of_rule(rule))
            yield Fact(rule.id, f"enforcement:{rule.id}", Stage.HALT_STILL_ON, Audience.OPERATORS, facts)


def fact_of(
    settings: Settings,
    decision: Decision,
    stage: Stage,
    audience: Audience,
    findings: Mapping[str, Finding],
) -> Fact:
    """What a decision tells at a stage, in the reader's terms; ``findings`` by account."""
    account = settings.account_map.get(decision.account or "")
    rule = settings.rule_map.get(decision.enforcement)
    facts: dict[str, object] = {
        **decision.facts,
        "reasons": [str(reason) for reason in decision.reasons],
        **(_of_account(account, findings) if account else {"account_number": decision.account}),
        **(_of_rule(rule) if rule else {}),
        **(_of_pause(settings, rule, decision) if rule else {}),
        **({"item": guard.item(decision)} if stage is Stage.WARNED else {}),
        **(_of_owner(settings, decision.account) if audience is Audience.OPERATORS else {}),
    }
    known = {name: value for name, value in facts.items() if name in AlertFacts.__annotations__ and value}
    return Fact(decision.enforcement, decision.subject, stage, audience, cast("AlertFacts", known))


def _of_account(account: Account, findings: Mapping[str, Finding]) -> AlertFacts:
    facts = AlertFacts(account_number=account.number, account_name=account.name)
    finding = findings.get(account.number)
    if finding is not None:
        facts["verdict"] = str(finding.verdict)
        facts["sentence"] = {str(tongue): telling.told(finding, tongue) for tongue in Language}
    return facts


def _of_owner(settings: Settings, number: str | None) -> AlertFacts:
    """Whose account it is, for those who are not."""
    owner = settings.owner_of(number)
    return AlertFacts(owner_name=owner.name) if owner else AlertFacts()


def _of_pause(settings: Settings, rule: Enforcement, decision: Decision) -> AlertFacts:
    """From when on this campaign may be paused, if ever; and when its hold really ends."""
    facts = AlertFacts()
    if decision.facts.get("kind") == Kind.PERSONAL or settings.policy.pause_business_app:
        facts["pause_from"] = countdown.pausing_from(rule).isoformat()
    if until := decision.facts.get("hold_until"):
        latest = countdown.begins_at(rule) - timedelta(hours=settings.policy.hold_margin_hours)
        facts["hold_until"] = min(datetime.fromisoformat(until), latest).isoformat()
    return facts


def _of_rule(rule: Enforcement) -> AlertFacts:
    return AlertFacts(
        enforcement_title=dict(rule.title),
        date=rule.date.isoformat(),
        date_zone=rule.time_zone,
    )
