"""What the store holds, gathered for the page, and how its subjects are called by people.

What is large changes only when a stage has run: it is kept between two pages, with all that is computed
from it, until the store's stamp moves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import pendulum
import phonenumbers

from sendepause import countdown, planning, words
from sendepause.board import texts
from sendepause.board.outlook import Standing, counted, standing
from sendepause.model import (
    Account,
    Act,
    Campaign,
    CampaignState,
    Enforcement,
    EntryKind,
    Evidence,
    Kind,
    Language,
)
from sendepause.settings import Settings
from sendepause.store import folds, ledger, queries
from sendepause.store.database import Session

# What an operator has to look at comes first.
_URGENCY = (Act.ASK, Act.PAUSE, Act.WARN, Act.HOLD, Act.RESUME, Act.NONE)
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
    """What the stages wrote down. ``stamp`` moves whenever anything in here may have changed."""

    stamp: tuple[object, ...]
    settings: Settings
    campaigns: Sequence[Campaign]
    items: Sequence[dict[str, Any]]  # the decisions of the plan shown last
    pauses: Mapping[tuple[str, str], folds.PauseRecord]
    acting: folds.Switches  # the entries of one switch alone, so that ``by`` is who moved this one
    halt: folds.Switches
    reaches: Sequence[queries.Reach]

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

    @cached_property
    def standings(self) -> dict[str, dict[Standing, int]]:
        """How many campaigns of personal accounts stand where, by enforcement."""
        return {rule.id: counted(self._standings(rule)) for rule in self.rules.values()}

    def _standings(self, rule: Enforcement) -> Iterator[Standing]:
        items = {item["subject"]: item for item in self.items if item["enforcement"] == rule.id}
        for campaign in self.campaigns:
            account = self.accounts.get(campaign.account or "")
            if account is None:
                continue
            kind = planning.true_kind(account, self.evidence.get(account.number, frozenset()))
            if kind is Kind.PERSONAL and countdown.applies_to(rule, account, kind):
                record = self.pauses.get((rule.id, campaign.key))
                paused = record is not None and record.status == "paused"
                yield standing(campaign, items.get(campaign.key), paused)

    @cached_property
    def urgent_accounts(self) -> list[Account]:
        """The accounts, those first that somebody has to look at."""
        return sorted(
            self.accounts.values(), key=lambda one: (self._urgency(f"account:{one.number}"), one.number)
        )

    @cached_property
    def urgent_campaigns(self) -> list[Campaign]:
        """The campaigns, those first that run and that somebody has to look at."""
        still = (CampaignState.PAUSED, CampaignState.DONE)
        return sorted(self.campaigns, key=lambda one: (one.state in still, self._urgency(one.key), one.key))

    def _urgency(self, subject: str) -> int:
        acts = (item["act"] for item in self.decisions.get(subject, ()))
        return min((_URGENCY.index(act) for act in acts), default=len(_URGENCY))

    @cached_property
    def paused_by_us(self) -> frozenset[str]:
        """The campaigns whose pause, under any enforcement, is ours and was verified."""
        return frozenset(key for (_, key), record in self.pauses.items() if record.status == "paused")

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


def look(session: Session, settings: Settings, kept: Seen | None = None) -> Seen:
    """What the store holds now; ``kept``, what was read for an earlier page, where that is still true."""
    head = ledger.head(session)
    stamp = (settings.hash, head.hash if head else None, *queries.stamp(session))
    if kept is not None and kept.stamp == stamp:
        return kept
    plan = queries.latest_plan(session)
    return Seen(
        stamp=stamp,
        settings=settings,
        campaigns=queries.campaigns(session),
        items=plan.items if plan else (),
        pauses=folds.pauses(ledger.entries(session, kinds=_PAUSES)),
        acting=folds.switches(ledger.entries(session, kinds=[EntryKind.ACT])),
        halt=folds.switches(ledger.entries(session, kinds=[EntryKind.HALT])),
        reaches=queries.reaches(session),
    )


def spoken(number: str | None) -> str:
    """A number as people write it, with blanks; what cannot be read as one stays as it is."""
    try:
        parsed = phonenumbers.parse(number or "")
    except phonenumbers.NumberParseException:
        return number or ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
