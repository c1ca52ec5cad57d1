"""The rows of the board's tables, in words: accounts, campaigns, ledger entries, alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from sendepause import planning, second_proof, words
from sendepause.alerts.outbox import Shown
from sendepause.audit import telling
from sendepause.board import proofs, texts
from sendepause.board.chain import Proof
from sendepause.board.outlook import waits
from sendepause.board.proofs import Note
from sendepause.board.seen import Reader, Seen, spoken
from sendepause.guard import Passage
from sendepause.model import (
    Account,
    Act,
    Answer,
    Campaign,
    EntryKind,
    Evidence,
    Finding,
    Kind,
    Phase,
    Reason,
)
from sendepause.store import folds
from sendepause.store.ledger import Entry

ROWS = 50  # so many rows of a long table make a page

Row = TypeVar("Row")
Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a long table; pages and rows are counted from 1."""

    rows: tuple[Row, ...]
    number: int
    pages: int
    total: int
    first: int  # the number of the first row on this page


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a menu."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """What is decided about a campaign or account under one enforcement, and why."""

    rule: str
    phase: str
    act: str  # model.Act
    act_label: str
    reasons: tuple[str, ...]
    passage: str = ""
    waits: bool = False


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account."""

    number: str
    name: str
    owner: str
    branch: str
    kind: str
    contradiction: str
    verdict: str  # model.Verdict, or ""
    verdict_label: str
    why: str
    data_until: str
    decisions: tuple[DecisionLine, ...]
    page: str


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """One campaign."""

    key: str
    name: str
    system: str
    account: str
    account_name: str
    account_notes: tuple[Note, ...]  # how it is known
    state: str  # model.CampaignState
    state_label: str
    proofs: tuple[Note, ...]  # what the pause rests on
    holds: tuple[Note, ...]
    changed_at: str
    changed_by: str
    decisions: tuple[DecisionLine, ...]
    account_page: str
    by_hand: bool  # a person has to say that it is switched off
    pending_holds: tuple[int, ...]  # ledger entries of holds that wait for a second person


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One ledger entry."""

    seq: int
    at: str
    author: str
    kind: str  # model.EntryKind
    what: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert: what is or was owed to whom."""

    stage: str
    subject: str
    rule: str
    reader: str
    channel: str
    state: str
    state_label: str
    at: str
    error: str


def paged(found: Sequence[Row], number: int, rows: int = ROWS) -> Page[Row]:
    """The ``number``-th page; a number outside the table is moved to its nearest page."""
    pages = max(1, -(-len(found) // rows))
    number = min(max(number, 1), pages)
    first = (number - 1) * rows
    return Page(tuple(found[first : first + rows]), number, pages, len(found), first + 1)


def chain(proof: Proof, reader: Reader) -> str:
    """Whether the ledger's chain is whole, and since when that is known of all of it."""
    if proof.broken is not None:
        return reader.text("chain_broken", seq=proof.broken.seq, why=proof.broken.why)
    if proof.whole:
        return reader.text("chain_whole")
    return reader.text("chain_grown", seq=reader.number(proof.seq), moment=reader.short(proof.at))


def address(page: str, **asked: str) -> str:
    """A page's address, relative to the board, with what it is asked for."""
    return f"{page}?{urlencode(asked)}"


def mapped(page: Page[Row], line: Callable[[Row], Shape]) -> Page[Shape]:
    """The same page with each of its rows put into another shape."""
    return Page(tuple(line(row) for row in page.rows), page.number, page.pages, page.total, page.first)


def choose_accounts(seen: Seen, q: str) -> list[Account]:
    """The accounts that hold ``q`` in number, name, owner or branch, the most urgent first."""
    if not q:
        return seen.urgent_accounts
    return [account for account in seen.urgent_accounts if _holds(q, _account_words(seen, account))]


def choose_campaigns(seen: Seen, q: str) -> list[Campaign]:
    """The campaigns that hold ``q`` in name, id, system or account, the most urgent first."""
    if not q:
        return seen.urgent_campaigns
    return [one for one in seen.urgent_campaigns if _holds(q, _campaign_words(seen, one))]


def account_line(seen: Seen, account: Account, finding: Finding | None, reader: Reader) -> AccountLine:
    """An account with its verdict and the decisions about it."""
    evidence = seen.evidence.get(account.number, frozenset())
    return AccountLine(
        number=spoken(account.number),
        name=account.name,
        owner=seen.owners.get(account.owner, account.owner),
        branch=account.branch or "",
        kind=words.label(account.declared_kind, reader.language),
        contradiction=contradiction(account, evidence, reader),
        verdict=finding.verdict if finding else "",
        verdict_label=words.label(finding.verdict, reader.language) if finding else "",
        why=telling.told(finding, reader.language, zone=reader.zone) if finding else "",
        data_until=reader.short(seen.data_until.get(account.number)),
        decisions=_decisions(seen, f"account:{account.number}", reader),
        page=address("account", number=account.number),
    )


def campaign_line(seen: Seen, campaign: Campaign, reader: Reader) -> CampaignLine:
    """A campaign with its state and the decisions about it."""
    account = seen.accounts.get(campaign.account or "")
    return CampaignLine(
        key=campaign.key,
        name=campaign.name,
        system=campaign.system,
        account=spoken(campaign.account),
        account_name=account.name if account else "",
        account_notes=tuple(proofs.of_account(seen, campaign, reader)),
        state=campaign.state,
        state_label=words.label(campaign.state, reader.language),
        proofs=tuple(proofs.of_pause(seen, campaign, reader)),
        holds=tuple(proofs.of_holds(seen, campaign, reader)),
        changed_at=reader.short(campaign.changed_at),
        changed_by=campaign.changed_by or "",
        decisions=_decisions(seen, campaign.key, reader),
        account_page=address("account", number=account.number) if account else "",
        by_hand=not campaign.pausable and campaign.key not in seen.confirmed,
        pending_holds=tuple(
            hold.seq
            for hold in seen.holds
            if hold.campaign == campaign.key and hold.approver is None and hold.ends_at > reader.now
        ),
    )


def entry_line(seen: Seen, entry: Entry, reader: Reader) -> EntryLine:
    """A ledger entry, with the facts that people ask for."""
    return EntryLine(
        seq=entry.seq,
        at=reader.short(entry.at),
        author=entry.author,
        kind=entry.kind,
        what=texts.label(entry.kind, reader.language),
        subject=seen.name_of(entry.subject, reader) if entry.subject else "",
        detail=" · ".join(_entry_details(seen, entry, reader)),
    )


def entry_words(seen: Seen, entry: Entry, reader: Reader) -> str:
    """All that a ledger entry is found by."""
    name = seen.name_of(entry.subject, reader) if entry.subject else ""
    what = texts.label(entry.kind, reader.language)
    return " ".join((name, entry.author, what, *_entry_details(seen, entry, reader), entry.subject))


def alert_line(seen: Seen, alert: Shown, reader: Reader) -> AlertLine:
    """An alert with its reader and how far it came."""
    return AlertLine(
        stage=words.label(alert.stage, reader.language),
        subject=seen.name_of(alert.subject, reader),
        rule=seen.title_of(alert.enforcement, reader.language) if alert.enforcement else "",
        reader=seen.owners.get(alert.owner, alert.owner) if alert.owner else reader.text("operators"),
        channel=alert.channel,
        state=alert.state,
        state_label=reader.text(f"alert_{alert.state}"),
        at=reader.short(alert.sent_at or alert.owed_at),
        error=alert.error or "",
    )


def _holds(q: str, told: Iterable[str]) -> bool:
    """Every word of ``q`` stands in one of the texts, whatever its case."""
    whole = "\n".join(told).casefold()
    return all(word in whole for word in q.casefold().split())


def _account_words(seen: Seen, account: Account) -> tuple[str, ...]:
    return (account.number, account.name, seen.owners.get(account.owner, ""), account.branch or "")


def _campaign_words(seen: Seen, campaign: Campaign) -> tuple[str, ...]:
    account = seen.accounts.get(campaign.account or "")
    own = (campaign.name, campaign.key, campaign.account or "")
    return (*own, *_account_words(seen, account)) if account else own


def contradiction(account: Account, evidence: frozenset[Evidence], reader: Reader) -> str:
    """That the data prove another kind than the declared one; "" where they do not."""
    if not planning.contradicted(account, evidence):
        return ""
    consumer = account.declared_kind is Kind.BUSINESS_PLATFORM
    return reader.text("contradicted_consumer" if consumer else "contradicted_platform")


def _decisions(seen: Seen, subject: str, reader: Reader) -> tuple[DecisionLine, ...]:
    return tuple(decision_line(seen, item, reader) for item in seen.decisions.get(subject, ()))


def decision_line(seen: Seen, item: Mapping[str, Any], reader: Reader) -> DecisionLine:
    """A decision with its reasons, and what the guard says of it."""
    language = reader.language
    passage = item.get("passage")
    return DecisionLine(
        rule=seen.title_of(item["enforcement"], language) if item["enforcement"] else "",
        phase=words.label(Phase(item["phase"]), language),
        act=item["act"],
        act_label=words.label(Act(item["act"]), language),
        reasons=tuple(words.sentence(Reason(reason), language) for reason in item["reasons"]),
        passage=texts.label(Passage(passage), language) if passage else "",
        waits=waits(item),
    )


def _entry_details(seen: Seen, entry: Entry, reader: Reader) -> list[str]:
    facts = entry.facts
    told = []
    if entry.kind in (EntryKind.ACT, EntryKind.HALT):
        told.append(reader.text("switched_on" if facts.get("on") is True else "switched_off"))
    if entry.enforcement:
        told.append(seen.title_of(entry.enforcement, reader.language))
    if entry.kind is EntryKind.HOLD_ASKED:
        told.append(reader.text("until", moment=reader.short(_moment(facts.get("until")))))
        told.append(str(facts.get("reason", "")))
    if entry.kind is EntryKind.CONFIGURATION:
        told.append(reader.text("hash", hash=str(facts.get("hash", ""))[:12]))
    if entry.kind is EntryKind.GUARD_STOPPED and facts.get("passage") in set(Passage):
        told.append(texts.label(Passage(facts["passage"]), reader.language))
    if entry.kind is EntryKind.CONFIRMED and facts.get("off") is not True:
        told.append(reader.text("taken_back"))
    if entry.kind is EntryKind.ANSWERED and facts.get("answer") in set(Answer):
        told.append(reader.text(f"answer_{facts['answer']}"))
    if entry.kind is EntryKind.DRILL:
        done = "drill_failed" if facts.get("paused") is False else "drill_done"
        told.append(reader.text(done if facts.get("step") == "done" else "drill_begun"))
    if entry.kind in (EntryKind.PAUSED, EntryKind.DRAINED):
        told.append(second_proof.still_under_way(folds.left(entry), reader.language))
    if entry.kind is EntryKind.SENDING_SEEN:
        told.append(reader.text("last_seen", moment=reader.short(_moment(facts.get("last")))))
    if entry.kind is EntryKind.SILENCE_CONFIRMED:
        told.append(reader.text("data_to", moment=reader.short(_moment(facts.get("until")))))
    if facts.get("error"):
        told.append(str(facts["error"]))
    return [part for part in told if part]


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
