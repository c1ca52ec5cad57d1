"""The small world of each stage that can be told of: one account, one campaign, one date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pendulum

from sendepause import configuration, countdown
from sendepause.audit.signals import BY_NAME
from sendepause.model import (
    Account,
    AccountBy,
    Campaign,
    CampaignState,
    Enforcement,
    EntryKind,
    Evidence,
    Finding,
    Hold,
    Kind,
    Language,
    NoData,
    Signal,
    Silence,
    Stage,
    Verdict,
)
from sendepause.places import ROOT
from sendepause.planning import Rules, Standing, World
from sendepause.settings import Settings
from sendepause.store import ledger, queries
from sendepause.store.database import Session
from sendepause.store.folds import Switches
from sendepause.store.tables import SlackRow
from sendepause.store.upsert import upsert
from sendepause.words import Both

_MORNING = 9  # o'clock, at which the situations are told
_LATELY = timedelta(hours=2)
_CAMPAIGN = Both("Aktion der Woche", "Offer of the week")
_SYSTEM = "crm"
_PERSON = "m.beispiel"
_WHY = Both("Der Umzug ist bestellt (Vorgang 4711).", "The move has been ordered (ticket 4711).")
_ACTING, _HALTED = Switches(acting=True), Switches(acting=True, halted=True)


@dataclass(frozen=True, slots=True)
class Sample:
    """One account of the company under one date, with a campaign that sends from it."""

    settings: Settings
    rule: Enforcement
    account: Account
    campaign: Campaign

    @property
    def pair(self) -> tuple[str, str]:
        """As pauses are known by."""
        return self.rule.id, self.campaign.key

    @property
    def warning(self) -> datetime:
        """A morning in the middle of the warnings."""
        start, end = countdown.warning_from(self.rule), countdown.pausing_from(self.rule)
        return _morning(start + (end - start) / 2, self.rule)

    @property
    def pausing(self) -> datetime:
        """The first morning on which campaigns are paused."""
        return _morning(countdown.pausing_from(self.rule), self.rule)

    @property
    def last_hours(self) -> datetime:
        """The morning before the date."""
        return _morning(countdown.begins_at(self.rule).subtract(days=1), self.rule)

    @property
    def in_force(self) -> datetime:
        """The morning of the date."""
        return _morning(countdown.begins_at(self.rule), self.rule)

    def world(self, at: datetime) -> World:
        """A campaign that runs, as its owner was told two days ago, and figures that point to a machine."""
        policy = self.settings.policy
        return World(
            as_of=at,
            accounts=(self.account,),
            enforcements=(self.rule,),
            campaigns=(self.campaign,),
            findings={self.account.number: _machine(self, at)},
            told_at={self.pair: at - timedelta(days=2)},
            rules=Rules(
                pause_business_app=policy.pause_business_app,
                pause_sessions=policy.pause_sessions,
                hold_margin_hours=policy.hold_margin_hours,
                fresh_days=policy.fresh_days,
            ),
        )


@dataclass(frozen=True, slots=True)
class Case:
    """When a stage comes, and what is so then beside ``Sample.world``. ``prepare``: what the store holds."""

    at: Callable[[Sample], datetime]
    changes: Callable[[Sample, datetime], Mapping[str, Any]] = field(default=lambda sample, at: {})
    prepare: Callable[[Session, Sample, datetime], None] = field(default=lambda session, sample, at: None)
    switches: Switches = _ACTING


def sample_of(
    settings: Settings, campaigns: Sequence[Campaign], language: Language, owner: str | None = None
) -> Sample:
    """The first personal account (of ``owner``, if given) under the calendar, with a campaign of
    ``campaigns`` if one sends from it.

    Everybody reads ``language``. Where there is no such account, the shipped example's.
    """
    running = {one.account: one for one in campaigns if one.state is CampaignState.RUNNING and one.pausable}
    found = [
        (rule, account)
        for rule in settings.enforcement_list()
        for account in settings.account_list()
        if owner in (None, account.owner)
        if account.declared_kind is Kind.PERSONAL and countdown.applies_to(rule, account, Kind.PERSONAL)
    ]
    if not found:
        return sample_of(configuration.load(ROOT / "include" / "config"), (), language)
    rule, account = next((one for one in found if one[1].number in running), found[0])
    invented = Campaign(
        system=next((system.id for system in settings.campaign_systems), _SYSTEM),
        id="1",
        name=_CAMPAIGN.in_(language),
        account=account.number,
        state=CampaignState.RUNNING,
        changed_by=_PERSON,
        changed_at=countdown.in_utc(countdown.warning_from(rule)) - timedelta(days=40),
    )
    campaign = replace(running.get(account.number, invented), account_by=AccountBy.MARK, also=())
    return Sample(_only(settings, rule, account, language), rule, account, campaign)


def _only(settings: Settings, rule: Enforcement, account: Account, language: Language) -> Settings:
    """The configuration as far as it is about one account and one date, with readers of one language."""
    spoken = {"language": language}
    return Settings(
        owners=tuple(one.model_copy(update=spoken) for one in settings.owners if one.id == account.owner),
        operators=settings.operators.model_copy(update=spoken),
        accounts=tuple(one for one in settings.accounts if one.number == account.number),
        enforcements=tuple(one for one in settings.enforcements if one.id == rule.id),
        policy=settings.policy,
    )


def _morning(day: datetime, rule: Enforcement) -> datetime:
    local = pendulum.instance(day).in_timezone(rule.time_zone)
    return countdown.in_utc(local.start_of("day").add(hours=_MORNING))


def _machine(sample: Sample, at: datetime) -> Finding:
    rules = ((BY_NAME["chain_pace"], 62.0), (BY_NAME["reach_hour"], 88.0))
    signals = tuple(
        Signal(rule.name, value, rule.held.limit, rule.held.unit, rule.source[Language.EN], tripped=True)
        for rule, value in rules
    )
    number, window = sample.account.number, sample.settings.policy.window_days
    return Finding(number, at, window, Verdict.AUTOMATED, signals, messages=1240, days=12, newest_at=at)


def _no_campaign(sample: Sample, at: datetime) -> Mapping[str, Any]:
    return {"campaigns": ()}


def _campaign(**changes: Any) -> Callable[[Sample, datetime], Mapping[str, Any]]:
    return lambda sample, at: {"campaigns": (replace(sample.campaign, **changes),)}


def _unreachable(sample: Sample, at: datetime) -> Mapping[str, Any]:
    return {"unreachable": frozenset({sample.campaign.system})}


def _undone(sample: Sample, at: datetime) -> Mapping[str, Any]:
    again = replace(sample.campaign, changed_by=_PERSON, changed_at=at - timedelta(minutes=20))
    return {"undone": frozenset({sample.pair}), "campaigns": (again,)}


def _paused(sample: Sample, at: datetime) -> Mapping[str, Any]:
    return {
        "campaigns": (replace(sample.campaign, state=CampaignState.PAUSED, changed_by=None),),
        "paused_by_us": frozenset({sample.pair}),
        "standing": {sample.pair: Standing(1, None, at - timedelta(days=1))},
    }


def _silent(sample: Sample, at: datetime) -> Mapping[str, Any]:
    return {**_paused(sample, at), "silences": {sample.pair: Silence.CONFIRMED}}


def _without_data(sample: Sample, at: datetime) -> Mapping[str, Any]:
    number, window = sample.account.number, sample.settings.policy.window_days
    finding = Finding(number, at, window, Verdict.NO_DATA, no_data=NoData.NO_SOURCE)
    return {"campaigns": (), "findings": {number: finding}}


def _on_platform(sample: Sample) -> dict[str, frozenset[Evidence]]:
    return {sample.account.number: frozenset({Evidence.PLATFORM})}


def _contradicted(sample: Sample, at: datetime) -> Mapping[str, Any]:
    return {"campaigns": (), "findings": {}, "evidence": _on_platform(sample)}


def _held(hours: float) -> Callable[[Sample, datetime], Mapping[str, Any]]:
    def changes(sample: Sample, at: datetime) -> Mapping[str, Any]:
        ends = at + timedelta(hours=hours)
        return {"holds": (Hold(1, sample.campaign.key, _PERSON, "", at - _LATELY, ends, approver="anna"),)}

    return changes


def _moved(sample: Sample, at: datetime) -> Mapping[str, Any]:
    account = replace(sample.account, declared_kind=Kind.BUSINESS_PLATFORM)
    return {**_paused(sample, at), "accounts": (account,), "evidence": _on_platform(sample)}


def _resumed(sample: Sample, at: datetime) -> Mapping[str, Any]:
    account = replace(sample.account, declared_kind=Kind.BUSINESS_PLATFORM)
    return {"accounts": (account,), "resumed_by_us": frozenset({sample.pair})}


def _ask_for_hold(session: Session, sample: Sample, at: datetime) -> None:
    until, reason = at + timedelta(days=5), _WHY.in_(sample.settings.operators.language)
    ledger.append(
        session,
        at=at,
        as_of=at,
        author=_PERSON,
        kind=EntryKind.HOLD_ASKED,
        subject=sample.campaign.key,
        facts={"until": until.isoformat(), "starts": at.isoformat(), "reason": reason},
    )


def _lose_system(session: Session, sample: Sample, at: datetime) -> None:
    queries.set_health(session, f"system:{sample.campaign.system}", False, at, "HTTP 503")


def _close_channel(session: Session, sample: Sample, at: datetime) -> None:
    channel = sample.settings.owners[0].channel
    upsert(session, SlackRow, [{"id": channel, "name": "", "checked_at": at, "trouble": "not_in_channel"}])


CASES: Mapping[Stage, Case] = {
    Stage.FOUND: Case(lambda s: s.warning, _no_campaign),
    Stage.WARNED: Case(lambda s: s.warning),
    Stage.LAST_CALL: Case(lambda s: s.pausing, _no_campaign),
    Stage.PAUSED: Case(lambda s: s.pausing),
    Stage.NOT_PAUSED: Case(lambda s: s.pausing, _unreachable),
    Stage.UNDONE: Case(lambda s: s.pausing, _undone),
    Stage.SILENCE_CONFIRMED: Case(lambda s: s.pausing, _silent),
    Stage.UNKNOWN_AUTOMATION: Case(lambda s: s.warning, _campaign(account=None)),
    Stage.NO_DATA: Case(lambda s: s.last_hours, _without_data),
    Stage.CONTRADICTION: Case(lambda s: s.warning, _contradicted),
    Stage.HOLD_ASKED: Case(lambda s: s.warning, prepare=_ask_for_hold),
    Stage.HOLD_GRANTED: Case(lambda s: s.warning, _held(hours=120)),
    Stage.HOLD_ENDS: Case(lambda s: s.warning, _held(hours=24)),
    Stage.MOVED: Case(lambda s: s.pausing, _moved),
    Stage.RESUMED: Case(lambda s: s.pausing, _resumed),
    Stage.SOURCE_ILL: Case(lambda s: s.warning, prepare=_lose_system),
    Stage.UNDELIVERABLE: Case(lambda s: s.warning, prepare=_close_channel),
    Stage.GUARD_STOPPED: Case(lambda s: s.pausing, _campaign(account_by=AccountBy.INFERRED)),
    Stage.HALT_STILL_ON: Case(lambda s: s.last_hours, switches=_HALTED),
    Stage.BREACH: Case(lambda s: s.in_force, _no_campaign),
}
"""The world of each stage: in it, the decisions tell that stage to everybody who can be told of it."""
