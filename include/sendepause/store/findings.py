"""Findings as they are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from sendepause.model import Change, Finding, Held, NoData, Signal, Verdict
from sendepause.store.tables import FindingRow
from sendepause.store.upsert import upsert


def save_findings(session: Session, findings: Iterable[Finding]) -> None:
    """Write verdicts down; the same account and ``as_of`` again replaces the earlier one."""
    upsert(session, FindingRow, (_row(finding) for finding in findings))


def latest_findings(
    session: Session, as_of: datetime | None = None, accounts: Collection[str] | None = None
) -> dict[str, Finding]:
    """Each account's newest finding that is not after ``as_of``, by account; of ``accounts``, if given."""
    return _newest(session, accounts, *(() if as_of is None else (FindingRow.as_of <= as_of,)))


class Judged(NamedTuple):
    """What lists of accounts show of a finding."""

    verdict: Verdict
    as_of: datetime
    messages: int
    days: int


def latest_judged(session: Session) -> dict[str, Judged]:
    """Each account's newest finding in short, by account."""
    newest = select(FindingRow.account, func.max(FindingRow.as_of).label("as_of")).group_by(
        FindingRow.account
    )
    chosen = newest.subquery()
    columns = (FindingRow.account, FindingRow.verdict, FindingRow.as_of, FindingRow.messages, FindingRow.days)
    query = select(*columns).join(
        chosen, (FindingRow.account == chosen.c.account) & (FindingRow.as_of == chosen.c.as_of)
    )
    return {
        account: Judged(Verdict(verdict), as_of, messages, days)
        for account, verdict, as_of, messages, days in session.execute(query)
    }


def former_findings(
    session: Session, as_of: datetime, accounts: Collection[str] | None = None
) -> dict[str, Finding]:
    """Each account's newest finding before ``as_of``, by account: what a run of that moment goes on from,
    also when it runs again."""
    return _newest(session, accounts, FindingRow.as_of < as_of)


def last_other(session: Session, finding: Finding) -> Finding | None:
    """The account's newest finding before this one whose verdict in force was another."""
    query = (
        select(FindingRow)
        .where(
            FindingRow.account == finding.account,
            FindingRow.as_of < finding.as_of,
            FindingRow.verdict != str(finding.verdict),
        )
        .order_by(FindingRow.as_of.desc())
        .limit(1)
    )
    row = session.scalar(query)
    return None if row is None else _finding(row)


def changes(session: Session, account: str, limit: int) -> list[Finding]:
    """The findings of an account with which its verdict in force became another, the newest first."""
    before = func.lag(FindingRow.verdict).over(order_by=FindingRow.as_of)
    told = select(FindingRow.as_of, FindingRow.verdict, before.label("before"))
    rows = told.where(FindingRow.account == account).subquery()
    moved = rows.c.before.is_(None) | (rows.c.before != rows.c.verdict)
    query = (
        select(FindingRow)
        .join(rows, FindingRow.as_of == rows.c.as_of)
        .where(FindingRow.account == account, moved)
        .order_by(FindingRow.as_of.desc())
        .limit(limit)
    )
    return [_finding(row) for row in session.scalars(query)]


def _newest(
    session: Session, accounts: Collection[str] | None, *conditions: ColumnElement[bool]
) -> dict[str, Finding]:
    newest = select(FindingRow.account, func.max(FindingRow.as_of).label("as_of")).group_by(
        FindingRow.account
    )
    if accounts is not None:
        newest = newest.where(FindingRow.account.in_(accounts))
    chosen = newest.where(*conditions).subquery()
    query = select(*FindingRow.__table__.columns).join(  # no entities: they take twice as long
        chosen, (FindingRow.account == chosen.c.account) & (FindingRow.as_of == chosen.c.as_of)
    )
    return {row.account: _finding(row) for row in session.execute(query)}


# How nested values become plain JSON and come back.
_RECENT, _CHANGES, _HELD = (
    TypeAdapter(Finding | None),
    TypeAdapter(tuple[Change, ...]),
    TypeAdapter(Held | None),
)


def _row(finding: Finding) -> dict[str, Any]:
    columns = {field.name: getattr(finding, field.name) for field in fields(finding)}
    return {
        **columns,
        "signals": [{field.name: getattr(s, field.name) for field in fields(s)} for s in finding.signals],
        "recent": _RECENT.dump_python(finding.recent, mode="json"),
        "changes": _CHANGES.dump_python(finding.changes, mode="json"),
        "held": _HELD.dump_python(finding.held, mode="json"),
    }


def _finding(row: FindingRow | Row[Any]) -> Finding:
    return Finding(
        account=row.account,
        as_of=row.as_of,
        window_days=row.window_days,
        verdict=Verdict(row.verdict),
        signals=tuple(Signal(**signal) for signal in row.signals),
        messages=row.messages,
        days=row.days,
        no_data=None if row.no_data is None else NoData(row.no_data),
        newest_at=row.newest_at,
        confidence=row.confidence,
        measured=None if row.measured is None else Verdict(row.measured),
        since=row.since,
        recent=_RECENT.validate_python(row.recent) if row.recent else None,
        changes=_CHANGES.validate_python(row.changes) if row.changes else (),
        held=_HELD.validate_python(row.held) if row.held else None,
    )
