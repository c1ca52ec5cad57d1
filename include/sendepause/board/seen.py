"""What the store holds at a moment, gathered for one page, and how its subjects are called by people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import pendulum
import phonenumbers
from sqlalchemy.orm import Session

from sendepause import countdown, policy, words
from sendepause.board import texts
from sendepause.board.outlook import Loop
from sendepause.model import Account, Campaign, Enforcement, EntryKind, Evidence, Kind, Language, Phase
from sendepause.settings import Settings
from sendepause.store import folds, ledger, queries

_PAUSES = (
    EntryKind.INTENT,
    EntryKind.PAUSED,
    EntryKind.NOT_PAUSED,
    EntryKind.UNDONE,
    EntryKind.RESUME_INTENT,
    EntryKind.RESUMED,
    EntryKind.BREACH,
)


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

    def number(self, value: int) -> str:
        """A whole number with grouped thousands."""
        return words.number(value, self.language)


@dataclass(frozen=True)
class Seen:
    """What the stages wrote down, as far as the page shows it."""

    now: datetime
    settings: Settings
    campaigns: Sequence[Campaign]
    items: Sequence[dict[str, Any]]  # the decisions of the plan shown last
    pauses: Mapping[tuple[str, str], folds.PauseRecord]
    acting: folds.Switches  # the entries of one switch alone, so that ``by`` is who moved this one
    halt: folds.Switches
    reaches: Sequence[queries.Reach]
    health: Mapping[str, queries.Health]
    loop: Loop

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
        """The calendar by id: the next date first; behind what is to come, what is in force, newest first."""
        listed = self.settings.enforcement_list()
        past = [rule for rule in listed if countdown.phase_at(rule, self.now) is Phase.IN_FORCE]
        coming = [rule for rule in listed if rule not in past]
        return {rule.id: rule for rule in (*coming, *reversed(past))}

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
    def evidence(self) -> dict[str, frozenset[Evidence]]:
        """What the data prove of each account's kind."""
        found: dict[str, set[Evidence]] = defaultdict(set)
        for reach in self.reaches:
            if reach.evidence:
                found[reach.account].add(reach.evidence)
        return {account: frozenset(kinds) for account, kinds in found.items()}

    @cached_property
    def _campaign_names(self) -> dict[str, str]:
        return {campaign.key: campaign.name for campaign in self.campaigns}

    def personal_campaigns(self, rule: Enforcement) -> list[Campaign]:
        """The campaigns whose account counts as personal and is hit by the rule."""
        return [
            campaign
            for campaign in self.campaigns
            if (account := self.accounts.get(campaign.account or "")) is not None
            and policy.true_kind(account, self.evidence.get(account.number, frozenset())) is Kind.PERSONAL
            and countdown.applies_to(rule, account, Kind.PERSONAL)
        ]

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
                return self._campaign_names.get(subject, rest)
            case "account":
                account = self.accounts.get(rest)
                return f"{account.name} ({spoken(rest)})" if account else spoken(rest)
            case "system" | "source":
                return f"{reader.text(f'kind_{kind}')} {rest}"
            case "plan":
                return reader.text("plan", hash=rest[:12])
            case "hold":
                return reader.text("hold", seq=rest)
            case "channel":
                return f"{reader.text('channel')} {rest}"
        return subject

    def title_of(self, rule: str, language: Language) -> str:
        """An enforcement's title; its id where the calendar no longer holds it."""
        known = self.rules.get(rule)
        return rule if known is None else known.title.get(str(language), rule)


def look(session: Session, settings: Settings, now: datetime) -> Seen:
    """Read everything that the page needs besides the rows of its long tables."""
    plan = queries.latest_plan(session)
    acting = folds.switches(ledger.entries(session, kinds=[EntryKind.ACT]))
    halt = folds.switches(ledger.entries(session, kinds=[EntryKind.HALT]))
    enforced = queries.heartbeats(session).get("enforce")
    return Seen(
        now=now,
        settings=settings,
        campaigns=queries.campaigns(session),
        items=plan.items if plan else (),
        pauses=folds.pauses(ledger.entries(session, kinds=_PAUSES)),
        acting=acting,
        halt=halt,
        reaches=queries.reaches(session),
        health=queries.health(session),
        loop=Loop(
            acting=acting.acting and not halt.halted,
            enforced_at=enforced.finished_at if enforced else None,
        ),
    )


def spoken(number: str | None) -> str:
    """A number as people write it, with blanks; what cannot be read as one stays as it is."""
    try:
        parsed = phonenumbers.parse(number or "")
    except phonenumbers.NumberParseException:
        return number or ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
