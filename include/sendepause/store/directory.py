"""Which account a gateway's session, or a phone number id, belongs to, as the campaign systems told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sendepause.model import DirectoryEntry, Evidence, Sender, Via
from sendepause.store.tables import DirectoryRow
from sendepause.store.upsert import upsert


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
    """Which account each session, instance or phone number id belongs to; what was told last counts."""
    return list({entry.sender: entry for entry, _ in seen(session)}.values())


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
