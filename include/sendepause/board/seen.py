"""What the store holds, gathered for the page, and how its subjects are called by people.

What is large changes only when a stage has run: it is kept between two pages, with all that is computed
from it, until the store's stamp moves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import pendulum
import phonenumbers

from sendepause import countdown, planning, words, world
from sendepause.alerts import digest
from sendepause.board import texts
from sendepause.board.outlook import Standing, concerned, counted, standing
from sendepause.model import (
    Account,
    AccountState,
    Act,
    Campaign,
    CampaignState,
    Enforcement,
    EntryKind,
    Evidence,
    Hold,
    Kind,
    Language,
    Silence,
)
from sendepause.settings import Settings
from sendepause.states import account_states, most_pressing
from sendepause.store import findings, folds, ledger, queries
from sendepause.store.database import Session
from sendepause.store.ledger import Entry
from sendepause.store.silences import Listened, Pair, silences, silences_at
from sendepause.store.stamp import stamp

# What an operator has to look at comes first.
_URGENCY = (Act.ASK, Act.PAUSE, Act.RESUME, Act.WARN, Act.HOLD, Act.NONE)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the page: in which language, in which zone, when."""

    language: Language
    zone: str
    now: datetime

    def text(self, key: str, **values: object) -> str:
        """One of the board's own texts."""
        return texts.text(key, self.language, **values)

    def long(self, at: datetime) -> str:
        """A moment as a sentence needs it."""
        return words.moment(at, self.zone, self.language)

    def short(self, at: datetime | None) -> str:
        """A moment as a table needs it: "7. Dez. 2026, 14:05"."""
        if at is None:
            return ""
        local = pendulum.instance(at).in_timezone(self.zone)
        if self.language is Language.DE:
            return local.format("D. MMM YYYY, HH:mm", locale="de")
        return local.format("D MMM YYYY, HH:mm", locale="en")

    def day(self, day: date) -> str:
        """A day as a picture's scale needs it: "7. Dez."."""
        shown = pendulum.date(day.year, day.month, day.day)
        return shown.format("D. MMM" if self.language is Language.DE else "D MMM", locale=str(self.language))

    def number(self, value: int) -> str:
        """A whole number with grouped thousands."""
        return words.number(value, self.language)


@dataclass(frozen=True)
class Seen:
    """What the stages wrote down. ``stamp`` moves whenever anything in here may have changed."""

    stamp: tuple[object, ...]
    settings: Settings
    campaigns: Sequence[Campaign]
    items: Sequence[dict[str, Any]]  # the decisions of the plan shown last
    pauses: Mapping[Pair, folds.PauseRecord]
    listened: Mapping[Pair, Listened]  # what was heard last of the pauses that stand
    silences: Mapping[Pair, Silence]  # what is proved of them, else heard
    holds: Sequence[Hold]
    confirmed: Mapping[str, Entry]  # campaigns that a person said are switched off, and who and when
    evidence: Mapping[str, frozenset[Evidence]]  # what proves each account's kind, as plans see it
    acting: folds.Switches  # the entries of one switch alone, so that ``by`` is who moved this one
    halt: folds.Switches
    reaches: Sequence[queries.Reach]
    judged: Mapping[str, findings.Judged]  # the newest finding of each account
    plan: queries.ShownPlan | None  # the plan shown last, and the one before it that said something else
    before: queries.ShownPlan | None

    @cached_property
    def accounts(self) -> dict[str, Account]:
        """The accounts by number."""
        return {account.number: account for account in self.settings.account_list()}

    @cached_property
    def owners(self) -> dict[str, str]:
        """Owner id -> name."""
        return {owner.id: owner.name for owner in self.settings.owners}

    @cached_property
    def rules(self) -> dict[str, Enforcement]:
        """The calendar by id, in the order of its dates."""
        return {rule.id: rule for rule in self.settings.enforcement_list()}

    @cached_property
    def decisions(self) -> dict[str, list[dict[str, Any]]]:
        """The decisions about each subject."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for item in self.items:
            found[item["subject"]].append(item)
        return dict(found)

    @cached_property
    def data_until(self) -> dict[str, datetime]:
        """How far any source reaches, by account."""
        found: dict[str, datetime] = {}
        for reach in self.reaches:
            found[reach.account] = max(found.get(reach.account, reach.read_until), reach.read_until)
        return found

    @cached_property
    def campaign_map(self) -> dict[str, Campaign]:
        """The campaigns by item key."""
        return {campaign.key: campaign for campaign in self.campaigns}

    @cached_property
    def campaigns_of(self) -> dict[str, list[Campaign]]:
        """The campaigns of each account, in the order of their urgency."""
        found: dict[str, list[Campaign]] = defaultdict(list)
        for campaign in self.urgent_campaigns:
            if campaign.account:
                found[campaign.account].append(campaign)
        return dict(found)

    @cached_property
    def standings(self) -> dict[str, dict[Standing, int]]:
        """How many campaigns of personal accounts stand where, by enforcement."""
        return {
            rule.id: counted(standing for _, standing in self._standings(rule))
            for rule in self.rules.values()
        }

    @cached_property
    def heard(self) -> dict[str, Counter[Silence]]:
        """What is heard of the verified pauses on personal accounts, by enforcement."""
        return {
            rule.id: Counter(
                self.silences.get((rule.id, key), Silence.WAITING)
                for key, standing in self._standings(rule)
                if standing is Standing.VERIFIED
            )
            for rule in self.rules.values()
        }

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """What each account counts as: the stricter of what was declared and what is proved."""
        return {
            number: planning.true_kind(account, self.evidence.get(number, frozenset()))
            for number, account in self.accounts.items()
        }

    @cached_property
    def running(self) -> dict[str, int]:
        """How many campaigns run on personal accounts, by enforcement, as each day's summary counts them."""
        return {rule: digest.count(self.items, rule).running for rule in self.rules}

    @cached_property
    def states(self) -> dict[str, AccountState]:
        """How each account stands under the rule that presses most."""
        found: dict[str, AccountState] = {}
        for rule in self.rules:
            for account, state in account_states(self.items, rule).items():
                found[account] = most_pressing(state, found.get(account, state))
        return found

    def _standings(self, rule: Enforcement) -> Iterator[tuple[str, Standing]]:
        items = {item["subject"]: item for item in self.items if item["enforcement"] == rule.id}
        for campaign in self.campaigns:
            account, item = self.accounts.get(campaign.account or ""), items.get(campaign.key)
            if account is None or not concerned(campaign, item):
                continue
            kind = planning.true_kind(account, self.evidence.get(account.number, frozenset()))
            if kind is Kind.PERSONAL and countdown.applies_to(rule, account, kind):
                record = self.pauses.get((rule.id, campaign.key))
                paused = record is not None and record.status == "paused"
                yield campaign.key, standing(campaign, item, paused)

    @cached_property
    def records(self) -> dict[str, list[folds.PauseRecord]]:
        """Our pauses of each campaign, one for each enforcement that asked for it."""
        found: dict[str, list[folds.PauseRecord]] = defaultdict(list)
        for record in self.pauses.values():
            found[record.campaign].append(record)
        return dict(found)

    @cached_property
    def urgent_accounts(self) -> list[Account]:
        """The accounts, those first that somebody has to look at."""
        return sorted(
            self.accounts.values(), key=lambda one: (self._urgency(f"account:{one.number}"), one.number)
        )

    @cached_property
    def urgent_campaigns(self) -> list[Campaign]:
        """The campaigns, those first that run or that somebody has to look at."""
        still, looked_at = (CampaignState.PAUSED, CampaignState.DONE), _URGENCY.index(Act.RESUME)

        def place(one: Campaign) -> tuple[bool, int, str]:
            urgency = self._urgency(one.key)
            return one.state in still and urgency > looked_at, urgency, one.key

        return sorted(self.campaigns, key=place)

    def _urgency(self, subject: str) -> int:
        acts = (item["act"] for item in self.decisions.get(subject, ()))
        return min((_URGENCY.index(act) for act in acts), default=len(_URGENCY))

    @cached_property
    def without_source(self) -> list[Account]:
        """The accounts that no source is connected to."""
        named = {source.account for source in self.settings.sources}
        return [
            account
            for number, account in self.accounts.items()
            if number not in self.data_until and number not in named
        ]

    def name_of(self, subject: str, reader: Reader) -> str:
        """What people call the thing that an item key names."""
        kind, _, rest = subject.partition(":")
        match kind:
            case "campaign":
                known = self.campaign_map.get(subject)
                return known.name if known else rest
            case "account":
                account = self.accounts.get(rest)
                return f"{account.name} ({spoken(rest)})" if account else spoken(rest)
            case "system" | "source" | "drill":
                return f"{reader.text(f'kind_{kind}')} {rest}"
            case "plan":
                return reader.text("plan", hash=rest[:12])
            case "hold":
                return reader.text("hold", seq=rest)
            case "delivery":
                return reader.text("delivery", id=rest[:8])
            case "channel":
                return f"{reader.text('channel')} {rest}"
        return subject

    def title_of(self, rule: str, language: Language) -> str:
        """An enforcement's title; its id where the calendar no longer holds it."""
        known = self.rules.get(rule)
        return rule if known is None else known.title.get(str(language), rule)


def look(session: Session, settings: Settings, now: datetime, kept: Seen | None = None) -> Seen:
    """What the store holds now; ``kept``, what was read for an earlier page, where that is still true."""
    head = ledger.head(session)
    moved = (settings.hash, head.hash if head else None, *stamp(session))
    if kept is not None and kept.stamp == moved:
        return kept
    plan, campaigns = queries.latest_plan(session), queries.campaigns(session)
    pauses = folds.pauses(ledger.entries(session, kinds=folds.PAUSES))
    confirmed = ledger.entries(session, kinds=[EntryKind.CONFIRMED])
    said = {entry.subject: entry for entry in confirmed}
    return Seen(
        stamp=moved,
        settings=settings,
        campaigns=campaigns,
        items=plan.items if plan else (),
        pauses=pauses,
        listened=silences(session),
        silences=silences_at(session, pauses, now),
        holds=folds.holds(ledger.entries(session, kinds=folds.HOLDS)),
        confirmed={key: said[key] for key in folds.confirmations(confirmed)},
        evidence=world.evidence(session, campaigns, now),
        acting=folds.switches(ledger.entries(session, kinds=[EntryKind.ACT])),
        halt=folds.switches(ledger.entries(session, kinds=[EntryKind.HALT])),
        reaches=queries.reaches(session),
        judged=findings.latest_judged(session),
        plan=plan,
        before=queries.plan_before(session),
    )


def spoken(number: str | None) -> str:
    """A number as people write it, with blanks; what cannot be read as one stays as it is."""
    try:
        parsed = phonenumbers.parse(number or "")
    except phonenumbers.NumberParseException:
        return number or ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
