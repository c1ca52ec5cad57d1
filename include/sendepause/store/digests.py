"""The numbers of each day: the digest says what changed since, and its picture draws how they went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from sendepause.model import AccountState, Verdict
from sendepause.store.tables import DigestRow
from sendepause.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class RuleNumbers:
    """How it stands under one enforcement. ``states`` counts accounts, all else decisions."""

    states: Mapping[AccountState, int] = field(default_factory=dict)
    running: int = 0  # campaigns on personal accounts
    owed: int = 0  # pauses
    waiting: int = 0  # of these, for a person
    resumes: int = 0  # that wait for a person
    asked: int = 0  # questions to owners and operators
    confirmed: int = 0  # pauses with their second proof
    open: int = 0  # pauses without it
    broken: int = 0  # pauses after which a machine was heard
    under_way: int = 0  # pauses after which runs go on


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is counted at a moment. ``rules`` by enforcement; ``ledger`` is its newest entry, 0 before any."""

    rules: Mapping[str, RuleNumbers] = field(default_factory=dict)
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    alerts_owed: int = 0
    alerts_sent: int = 0
    alerts_refused: int = 0
    unanswered: int = 0  # alerts that went up a step because nobody answered
    holds_asked: int = 0  # that nobody decided on
    without_source: int = 0  # accounts
    broken_files: int = 0
    unknown_senders: int = 0  # campaigns that may run and whose account nobody knows
    out_of_order: int = 0  # sources, systems and what else is ill
    ledger: int = 0
    ledger_hash: str = ""

    def json(self) -> dict[str, Any]:
        """Plain JSON values."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        rules = {
            id: {each.name: getattr(one, each.name) for each in fields(one)} | {"states": _plain(one.states)}
            for id, one in self.rules.items()
        }
        return found | {"rules": rules, "verdicts": _plain(self.verdicts)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Numbers:
        """The numbers that another version may have kept: what is missing counts as 0, what is unknown is
        left out."""
        rules = {
            id: RuleNumbers(states=_members(AccountState, one.get("states", {})), **_counts(RuleNumbers, one))
            for id, one in kept.get("rules", {}).items()
        }
        return cls(
            rules=rules,
            verdicts=_members(Verdict, kept.get("verdicts", {})),
            ledger_hash=str(kept.get("ledger_hash", "")),
            **_counts(cls, kept),
        )


@dataclass(frozen=True, slots=True)
class Digest:
    """A day of the operators, with its numbers as of ``at`` (the run's clock)."""

    day: date
    at: datetime
    numbers: Numbers
    posted: bool


def keep(session: Session, digest: Digest) -> None:
    """Keep a day's numbers. Those that were posted stay as they were told, else the newest count."""
    row = {
        "day": digest.day.isoformat(),
        "at": digest.at,
        "numbers": digest.numbers.json(),
        "posted": digest.posted,
    }
    told = DigestRow.posted.is_(True)
    upsert(
        session,
        DigestRow,
        [row],
        special=lambda new: {
            name: case((told, DigestRow.__table__.columns[name]), else_=new[name])
            for name in ("at", "numbers", "posted")
        },
    )


def posted_before(session: Session, day: date) -> Digest | None:
    """The newest digest that was posted on an earlier day."""
    query = select(DigestRow).where(DigestRow.posted.is_(True), DigestRow.day < day.isoformat())
    row = session.scalar(query.order_by(DigestRow.day.desc()).limit(1))
    return None if row is None else _digest(row)


def is_posted(session: Session, day: date) -> bool:
    """Whether the digest of a day was posted."""
    query = select(DigestRow.day).where(DigestRow.posted.is_(True), DigestRow.day == day.isoformat())
    return session.scalar(query) is not None


def history(session: Session, until: date, days: int) -> list[Digest]:
    """The last ``days`` days up to ``until``, as far as they were kept, in their order."""
    first = until - timedelta(days=days - 1)
    query = select(DigestRow).where(DigestRow.day.between(first.isoformat(), until.isoformat()))
    return [_digest(row) for row in session.scalars(query.order_by(DigestRow.day))]


def _digest(row: DigestRow) -> Digest:
    return Digest(date.fromisoformat(row.day), row.at, Numbers.from_json(row.numbers), row.posted)


def _plain(counts: Mapping[Any, int]) -> dict[str, int]:
    return {str(member): count for member, count in counts.items() if count}


def _members(closed_set: type[Any], kept: Mapping[str, int]) -> dict[Any, int]:
    return {member: kept[member] for member in closed_set if member in kept}


def _counts(shape: type[Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    return {each.name: kept[each.name] for each in fields(shape) if each.type == "int" and each.name in kept}
