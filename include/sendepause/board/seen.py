"""What the store holds, gathered for the page, and how its subjects are called by people.

What is large changes only when a stage has run: each part is kept between two pages until its stamp in the
store moves, and all that is computed from the parts until one of them is another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import phonenumbers

from sendepause import countdown, planning, words, world
from sendepause.alerts import digest
from sendepause.board import texts
from sendepause.board.outlook import Changed, Standing, changed, concerned, counted, standing, waits
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
from sendepause.store.stamp import Stamp, stamp

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
        local = at.astimezone(ZoneInfo(self.zone))
        dot = "." if self.language is Language.DE else ""
        return f"{local.day}{dot} {_month(local.month, self.language)} {local.year:04}, {local:%H:%M}"

    def day(self, day: date) -> str:
        """A day as a picture's scale needs it: "7. Dez."."""
        shown = pendulum.date(day.year, day.month, day.day)
        return shown.format("D. MMM" if self.language is Language.DE else "D MMM", locale=str(self.language))

    def number(self, value: int) -> str:
        """A whole number with grouped thousands."""
        return words.number(value, self.language)


@dataclass(frozen=True)
class Seen:
    """What the stages wrote down."""

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
        return {rule: counted(standing for _, standing in found) for rule, found in self._standings.items()}

    @cached_property
    def heard(self) -> dict[str, Counter[Silence]]:
        """What is heard of the verified pauses on personal accounts, by enforcement."""
        return {
            rule: Counter(
                self.silences.get((rule, key), Silence.WAITING)
                for key, standing in found
                if standing is Standing.VERIFIED
            )
            for rule, found in self._standings.items()
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
        return {rule: digest.count(self._items_of[rule], rule).running for rule in self.rules}

    @cached_property
    def states(self) -> dict[str, AccountState]:
        """How each account stands under the rule that presses most."""
        found: dict[str, AccountState] = {}
        for rule in self.rules:
            for account, state in account_states(self._items_of[rule], rule).items():
                found[account] = most_pressing(state, found.get(account, state))
        return found

    @cached_property
    def waiting(self) -> list[dict[str, Any]]:
        """The decisions that the guard keeps waiting for a person."""
        return [item for item in self.items if waits(item)]

    @cached_property
    def changed(self) -> list[Changed]:
        """Where the plan shown last decides otherwise than the one before it."""
        return changed(self.before.items, self.items) if self.before else []

    @cached_property
    def acts(self) -> Counter[str]:
        """How many decisions of the plan do what."""
        return Counter(item["act"] for item in self.items)

    @cached_property
    def _items_of(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {rule: [] for rule in self.rules}
        for item in self.items:
            found.setdefault(item["enforcement"], []).append(item)
        return found

    @cached_property
    def _standings(self) -> dict[str, list[tuple[str, Standing]]]:
        return {id: list(self._standing_under(rule)) for id, rule in self.rules.items()}

    def _standing_under(self, rule: Enforcement) -> Iterator[tuple[str, Standing]]:
        items = {item["subject"]: item for item in self._items_of[rule.id]}
        for campaign in self.campaigns:
            account, item = self.accounts.get(campaign.account or ""), items.get(campaign.key)
            if account is None or not concerned(campaign, item):
                continue
            kind = self.kinds[account.number]
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


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the store has found, and what tells whether that is still true."""

    hash: str  # of the configuration
    head: ledger.Known | None  # the newest entry
    stamp: Stamp
    entries: tuple[Entry, ...]  # of the kinds that are added up
    seen: Seen


def look(session: Session, settings: Settings, now: datetime, kept: Look | None = None) -> Look:
    """What the store holds now; ``kept``, what an earlier look found, as far as that is still true."""
    newest, moved = ledger.head(session), stamp(session)
    head = ledger.Known(newest.seq, newest.hash) if newest else None
    if kept is not None and (kept.hash, kept.head, kept.stamp) == (settings.hash, head, moved):
        return kept
    entries = _entries(session, kept, head)
    parts = _parts(session, moved, entries, now, kept)
    seen = None if kept is None or kept.hash != settings.hash else kept.seen
    if seen is None or any(getattr(seen, name) != part for name, part in parts.items()):
        seen = Seen(settings=settings, **parts)
    return Look(settings.hash, head, moved, entries, seen)


_ADDED_UP = (*folds.PAUSES, *folds.HOLDS, *folds.SWITCHES, EntryKind.CONFIRMED)


def _entries(session: Session, kept: Look | None, head: ledger.Known | None) -> tuple[Entry, ...]:
    """The entries that are added up; of a ledger that has grown only what is new."""
    if kept is None or kept.head is None or not ledger.holds(session, kept.head):
        return tuple(ledger.entries(session, kinds=_ADDED_UP))
    if kept.head == head:
        return kept.entries
    return (*kept.entries, *ledger.entries(session, kinds=_ADDED_UP, after_seq=kept.head.seq))


def _parts(
    session: Session, moved: Stamp, entries: tuple[Entry, ...], now: datetime, kept: Look | None
) -> dict[str, Any]:
    """The fields of what is seen, each read again where its stamp has moved."""

    def same(*names: str) -> Seen | None:
        still = kept is not None and all(getattr(kept.stamp, name) == getattr(moved, name) for name in names)
        return kept.seen if kept is not None and still else None

    old = same("campaigns")
    campaigns = old.campaigns if old else queries.campaigns(session)
    old = same("reaches")
    reaches = old.reaches if old else queries.reaches(session)
    old = same("campaigns", "reaches", "directories")
    evidence = old.evidence if old else world.evidence(session, campaigns, now, reaches)
    old = same("audited")
    judged = old.judged if old else findings.latest_judged(session)
    old = same("plan")
    plan, before = (
        (old.plan, old.before) if old else (queries.latest_plan(session), queries.plan_before(session))
    )
    by_kind: dict[EntryKind, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_kind[entry.kind].append(entry)
    pauses = folds.pauses(entry for entry in entries if entry.kind in folds.PAUSES)
    said = {entry.subject: entry for entry in by_kind[EntryKind.CONFIRMED]}
    return {
        "campaigns": campaigns,
        "items": plan.items if plan else (),
        "pauses": pauses,
        "listened": silences(session),
        "silences": silences_at(session, pauses, now),
        "holds": folds.holds(entry for entry in entries if entry.kind in folds.HOLDS),
        "confirmed": {key: said[key] for key in folds.confirmations(by_kind[EntryKind.CONFIRMED])},
        "evidence": evidence,
        "acting": folds.switches(by_kind[EntryKind.ACT]),
        "halt": folds.switches(by_kind[EntryKind.HALT]),
        "reaches": reaches,
        "judged": judged,
        "plan": plan,
        "before": before,
    }


@cache
def _month(month: int, language: Language) -> str:
    return pendulum.date(2000, month, 1).format("MMM", locale=str(language))


@lru_cache(maxsize=100_000)  # a report names every account
def spoken(number: str | None) -> str:
    """A number as people write it, with blanks; what cannot be read as one stays as it is."""
    try:
        parsed = phonenumbers.parse(number or "")
    except phonenumbers.NumberParseException:
        return number or ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
