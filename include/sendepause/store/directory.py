"""Which account a gateway's session, or a phone number id, belongs to, as the campaign systems told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from sendepause.model import DirectoryEntry, Evidence, Sender, Via
from sendepause.store.tables import DirectoryRow
from sendepause.store.upsert import upsert

DISPUTED = timedelta(days=1)


def save(session: Session, system: str, told: Iterable[DirectoryEntry], seen_at: datetime) -> None:
    """Keep what a system tells of its sessions and numbers; what it no longer tells stays known.

    A session that is closed for a while shows no number, and still belongs to its account.
    """
    rows = {
        entry.sender: {
            "system": system,
            "via": entry.sender.via,
            "gateway": entry.sender.gateway,
            "name": entry.sender.name,
            "account": entry.account,
            "evidence": entry.evidence,
            "seen_at": seen_at,
        }
        for entry in told
    }
    upsert(session, DirectoryRow, rows.values())


def entries(session: Session) -> list[DirectoryEntry]:
    """Which account each session, instance or phone number id belongs to; what was told last counts.

    Two gateways that are called by the same address, in networks of their own, may each have a session of the
    same name: where two systems told different accounts of one within a day, nobody knows whose it is.
    """
    told: dict[Sender, tuple[DirectoryEntry, datetime]] = {}
    disputed: set[Sender] = set()
    for entry, at in seen(session):
        before, before_at = told.get(entry.sender, (entry, at))
        if entry.account != before.account and at - before_at < DISPUTED:
            disputed.add(entry.sender)
        elif at - before_at >= DISPUTED:
            disputed.discard(entry.sender)
        told[entry.sender] = entry, at
    return [entry for entry, _ in told.values() if entry.sender not in disputed]


def seen(session: Session) -> list[tuple[DirectoryEntry, datetime]]:
    """Every entry of the directory and when its system last showed it, the oldest first."""
    rows = session.execute(select(*DirectoryRow.__table__.columns).order_by(DirectoryRow.seen_at))
    return [
        (
            DirectoryEntry(
                Sender(Via(row.via), row.gateway, row.name),
                row.account,
                None if row.evidence is None else Evidence(row.evidence),
            ),
            row.seen_at,
        )
        for row in rows
    ]
