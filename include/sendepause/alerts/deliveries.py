"""The deliveries in the store: what is queued, on its way, sent or refused, and every change of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from sendepause.alerts.facts import Fact
from sendepause.alerts.texts import AlertFacts
from sendepause.model import Audience, Stage
from sendepause.store.tables import Base, DeliveryRow


@dataclass(frozen=True, slots=True)
class Seen:
    """A delivery as one process last saw it; see ``DeliveryRow`` for the states."""

    id: str
    channel: str
    backup_channel: str | None
    state: str
    tried_at: datetime | None
    sent_channel: str | None


def queue(
    session: Session,
    *,
    delivery: str,
    channel: str,
    text: str,
    blocks: list[dict[str, Any]],
    at: datetime,
    **more: Any,
) -> bool:
    """Queue a message, once for each id ``delivery``; ``more`` are further columns of ``DeliveryRow``.

    A ``picture`` (PNG, with its ``picture_alt``) is uploaded before the message and shown at its end.
    """
    values = {
        "id": delivery,
        "channel": channel,
        "text": text,
        "blocks": blocks,
        "state": "queued",
        "queued_at": at,
        **{name: str(value) if isinstance(value, StrEnum) else value for name, value in more.items()},
    }
    return changed(session, insert_once(session, DeliveryRow).values(**values)) == 1


def pending(session: Session, refused_before: datetime) -> list[Seen]:
    """What has to be sent or cleared up, the oldest first; with what was refused before that moment."""
    again = and_(DeliveryRow.state == "refused", DeliveryRow.tried_at <= refused_before)
    columns = (
        DeliveryRow.id,
        DeliveryRow.channel,
        DeliveryRow.backup_channel,
        DeliveryRow.state,
        DeliveryRow.tried_at,
        DeliveryRow.sent_channel,
    )
    rows = session.execute(
        select(*columns)
        .where(or_(DeliveryRow.state.in_(["queued", "sending"]), again))
        .order_by(DeliveryRow.queued_at, DeliveryRow.id)
    )
    return [Seen(*row) for row in rows]


def content(session: Session, id: str) -> tuple[str, list[dict[str, Any]]]:
    """The frozen text and blocks of a delivery."""
    row = session.get_one(DeliveryRow, id)
    return row.text, row.blocks


def change(session: Session, id: str, state: str, tried_at: datetime | None, /, **values: Any) -> bool:
    """Change a delivery, unless its state or last try is no longer the one given: of two senders one wins."""
    tried = DeliveryRow.tried_at == tried_at if tried_at else DeliveryRow.tried_at.is_(None)
    same = update(DeliveryRow).where(DeliveryRow.id == id, DeliveryRow.state == state, tried)
    return changed(session, same.values(**values)) == 1


def undelivered(session: Session) -> int:
    """How many messages are neither sent nor refused."""
    waiting = select(func.count()).where(DeliveryRow.state.in_(["queued", "sending"]))
    return session.scalars(waiting).one()


def undeliverable(session: Session) -> list[Fact]:
    """One fact for the operators for each channel with messages that were refused or stay unclear."""
    unclear = and_(DeliveryRow.state == "sending", DeliveryRow.error.is_not(None))
    rows = session.execute(
        select(DeliveryRow.channel, func.max(DeliveryRow.error).label("error"), func.count().label("number"))
        .where(or_(DeliveryRow.state == "refused", unclear))
        .group_by(DeliveryRow.channel)
        .order_by(DeliveryRow.channel)
    )
    return [
        Fact(
            enforcement="",
            subject=f"channel:{row.channel}",
            stage=Stage.UNDELIVERABLE,
            audience=Audience.OPERATORS,
            facts=AlertFacts(items=row.number, error=row.error or ""),
        )
        for row in rows
    ]


def changed(session: Session, statement: Executable) -> int:
    """How many rows a statement changed; objects in the session are not looked through, there may be many."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount


def insert_once(session: Session, table: type[Base]) -> Any:
    """An insert that does nothing where the key exists: another process may have been first."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing()
