"""What is forgotten after a set time. The ledger never is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Delete, Update, UpdateBase, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from sendepause.model import Form
from sendepause.store.tables import (
    CampaignRow,
    ConfigurationRow,
    DeliveryRow,
    DigestRow,
    FindingRow,
    PlanRow,
)


def forget(session: Session, before: datetime) -> dict[str, int]:
    """Delete what is older than ``before``; how many rows, by what they are.

    Kept whatever its age: each account's newest finding, the newest plan and the newest accepted one,
    the last valid configuration, the numbers of the last digest, campaigns that are still listed, what
    begins a thread, and which alert went out when (only the text of its message is emptied), so that
    nothing is told twice.
    """
    statements = {
        "findings": _old_findings(before),
        "plans": _old_plans(before),
        "campaigns": delete(CampaignRow).where(CampaignRow.gone.is_(True), CampaignRow.seen_at < before),
        "configurations": _old_configurations(before),
        "messages": _old_messages(before),
        "digests": _old_digests(before),
    }
    return {name: _count(session, statement) for name, statement in statements.items()}


def _count(session: Session, statement: UpdateBase) -> int:
    result: CursorResult[Any] = session.connection().execute(statement)
    return result.rowcount


def _old_findings(before: datetime) -> Delete:
    newer = aliased(FindingRow)
    overtaken = (
        select(newer.account)
        .where(newer.account == FindingRow.account, newer.as_of > FindingRow.as_of)
        .exists()
    )
    return delete(FindingRow).where(FindingRow.as_of < before, overtaken)


def _old_plans(before: datetime) -> Delete:
    newest = select(func.max(PlanRow.id)).scalar_subquery()
    accepted = select(func.max(PlanRow.id)).where(PlanRow.accepted.is_(True)).scalar_subquery()
    kept = or_(PlanRow.id == newest, and_(accepted.is_not(None), PlanRow.id == accepted))
    return delete(PlanRow).where(PlanRow.shown_at < before, ~kept)


def _old_configurations(before: datetime) -> Delete:
    newest = select(func.max(ConfigurationRow.taken_at)).scalar_subquery()
    return delete(ConfigurationRow).where(
        ConfigurationRow.taken_at < before, ConfigurationRow.taken_at < newest
    )


def _old_digests(before: datetime) -> Delete:
    """The numbers of days long past, except those that people were told last."""
    posted = select(func.max(DigestRow.day)).where(DigestRow.posted.is_(True)).scalar_subquery()
    kept = and_(posted.is_not(None), DigestRow.day == posted)
    return delete(DigestRow).where(DigestRow.day < before.date().isoformat(), ~kept)


def _old_messages(before: datetime) -> Update:
    """Sent texts and pictures; Slack keeps the message, the store its id and when it went out.

    What begins a thread stays: it still changes.
    """
    old = and_(DeliveryRow.state == "sent", DeliveryRow.sent_at < before, DeliveryRow.text != "")
    emptied: dict[str, Any] = {"text": "", "blocks": [], "shows": None, "picture": None, "picture_alt": None}
    no_root = DeliveryRow.form != str(Form.ROOT)
    return update(DeliveryRow).where(old, no_root).values(**emptied, shown=DeliveryRow.version)
