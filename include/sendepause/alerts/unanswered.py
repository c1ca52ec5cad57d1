"""How many alerts went up a step because nobody answered them, and still nobody has."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from sendepause.model import EntryKind, Form
from sendepause.store import folds, ledger
from sendepause.store.tables import AlertRow, DeliveryRow, NamingRow


def unanswered(session: Session) -> int:
    """The open alerts that a message to the backup channel or the operators named as unanswered.

    An answer counts to every alert that the answered message names.
    """
    answered = folds.answers(ledger.entries(session, kinds=[EntryKind.ANSWERED])).keys()
    stepped: set[int] = set()
    settled: set[int] = set()
    rows = session.execute(
        select(NamingRow.alert, DeliveryRow.id, DeliveryRow.form)
        .join(DeliveryRow, NamingRow.delivery == DeliveryRow.id)
        .join(AlertRow, NamingRow.alert == AlertRow.id)
        .where(AlertRow.ended_at.is_(None))
    )
    for alert, delivery, form in rows:
        if form == Form.UNANSWERED:
            stepped.add(alert)
        if delivery in answered:
            settled.add(alert)
    return len(stepped - settled)
