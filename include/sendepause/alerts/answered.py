"""Which alerts were answered, and how many went up a step because nobody did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sendepause.alerts.deliveries import chunks
from sendepause.model import Answer, EntryKind, Form
from sendepause.store import folds, ledger
from sendepause.store.tables import AlertRow, DeliveryRow, NamingRow


def answers(session: Session, *kinds: Answer) -> dict[int, datetime]:
    """When each alert was answered last (in one of these ways), by any message that names it."""
    given = folds.answers(ledger.entries(session, kinds=[EntryKind.ANSWERED]))
    moments = {
        delivery: max(one.at for one in some if not kinds or one.answer in kinds)
        for delivery, some in given.items()
        if any(not kinds or one.answer in kinds for one in some)
    }
    found: dict[int, datetime] = {}
    for some in chunks(sorted(moments)):
        for row in session.execute(
            select(NamingRow.alert, NamingRow.delivery).where(NamingRow.delivery.in_(some))
        ):
            found[row.alert] = max(moments[row.delivery], found.get(row.alert, moments[row.delivery]))
    return found


def unanswered(session: Session) -> int:
    """The open alerts that a message to the backup channel or the operators named as unanswered, and that
    nobody has answered since."""
    stepped = session.scalars(
        select(NamingRow.alert)
        .distinct()
        .join(DeliveryRow, NamingRow.delivery == DeliveryRow.id)
        .join(AlertRow, NamingRow.alert == AlertRow.id)
        .where(AlertRow.ended_at.is_(None), DeliveryRow.form == Form.UNANSWERED)
    )
    return len(set(stepped) - answers(session).keys())
