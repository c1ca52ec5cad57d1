"""What a sent message announced: the pauses named in it, frozen in the ledger with their hash.

The guard lets an announced pause proceed. What was announced is this set and no other: a campaign that
moved to another account since, or whose account counts as another kind, is another item.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sendepause.model import Audience, EntryKind, Stage
from sendepause.store import ledger
from sendepause.store.tables import AlertRow


def note(session: Session, delivery: str, at: datetime) -> None:
    """Write down, once a delivery, which pauses it announced to an owner; nothing if it announced none."""
    facts = session.scalars(
        select(AlertRow.facts).where(
            AlertRow.delivery == delivery,
            AlertRow.stage == str(Stage.WARNED),
            AlertRow.audience == str(Audience.OWNER),
        )
    )
    items = sorted({str(one["item"]) for one in facts if one.get("item")})
    if items:
        ledger.append(
            session,
            at=at,
            as_of=at,
            author=ledger.AUTHOR,
            kind=EntryKind.ANNOUNCED,
            subject=f"delivery:{delivery}",
            facts={"items": items, "hash": hashlib.sha256("\n".join(items).encode()).hexdigest()},
            once=f"{EntryKind.ANNOUNCED}:{delivery}",
        )
