"""What was heard last of each pause that stands, kept for plans and the board."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from sendepause.audit.silence import By, Heard, Why
from sendepause.model import Silence, Verdict
from sendepause.store.folds import PauseRecord
from sendepause.store.tables import SilenceRow
from sendepause.store.upsert import upsert

Pair = tuple[str, str]
"""Enforcement and campaign, as in ``folds.pauses``."""


@dataclass(frozen=True, slots=True)
class Listened:
    """One pause that stands and what is heard of its account at ``heard_at`` (the run's clock)."""

    enforcement: str
    campaign: str  # item key
    episode: int
    account: str  # E.164
    heard_at: datetime
    heard: Heard


def save_silences(session: Session, listened: Iterable[Listened]) -> None:
    """Write down all that was heard; pauses that are not among it are forgotten."""
    rows = {(one.enforcement, one.campaign): _row(one) for one in listened}
    for known in session.execute(select(SilenceRow.enforcement, SilenceRow.campaign)).all():
        if tuple(known) not in rows:
            session.execute(
                delete(SilenceRow).where(
                    SilenceRow.enforcement == known.enforcement, SilenceRow.campaign == known.campaign
                )
            )
    upsert(session, SilenceRow, rows.values())


def silences(session: Session) -> dict[Pair, Listened]:
    """What was heard last, by enforcement and campaign.

    A pause that is missing was not listened to yet. One of an older ``episode`` than the pause's is of
    a pause that has ended.
    """
    return {(row.enforcement, row.campaign): _listened(row) for row in session.scalars(select(SilenceRow))}


def silences_at(session: Session, pauses: Mapping[Pair, PauseRecord], as_of: datetime) -> dict[Pair, Silence]:
    """How silent it is after each pause that stands at ``as_of``: what the ledger holds as proved, else what
    was heard last in the same episode and not after ``as_of``. A pause that nobody listened to is missing.

    :param pauses: as ``folds.pauses`` gives them.
    """
    standing = {pair: record for pair, record in pauses.items() if record.status == "paused"}
    found = {
        pair: one.heard.state
        for pair, one in silences(session).items()
        if pair in standing and standing[pair].episode == one.episode and one.heard_at <= as_of
    }
    return found | {pair: Silence(record.silence) for pair, record in standing.items() if record.silence}


def _row(one: Listened) -> dict[str, object]:
    heard = asdict(one.heard)
    own = {"enforcement": one.enforcement, "campaign": one.campaign, "episode": one.episode}
    lists = {"by": list(one.heard.by), "sources": list(one.heard.sources)}
    return {**heard, **lists, **own, "account": one.account, "heard_at": one.heard_at}


def _listened(row: SilenceRow) -> Listened:
    heard = Heard(
        state=Silence(row.state),
        since=row.since,
        until=row.until,
        sends=row.sends,
        machine=row.machine,
        by=tuple(By(by) for by in row.by),
        last=row.last,
        verdict=Verdict(row.verdict),
        due=row.due,
        why=None if row.why is None else Why(row.why),
        sources=tuple(row.sources),
    )
    return Listened(row.enforcement, row.campaign, row.episode, row.account, row.heard_at, heard)
