"""What would be said, found out on a copy of the outbox in memory, by the code that says it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    StaticPool,
    and_,
    create_engine,
    delete,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from sendepause.alerts.deliveries import chunks
from sendepause.alerts.outbox import SAME_STREAK
from sendepause.model import Audience, EntryKind, Form, Language, Stage
from sendepause.store.tables import AlertRow, Base, DeliveryRow, LedgerRow, NamingRow, ThreadRow

_DAYS = timedelta(days=2)  # what was said before has no bearing on what is said today


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the outbox has it. ``blocks`` are what Slack shows of it by now.

    ``enforcement``: in whose thread it stands; "" for none. ``broadcast``: it is shown in the channel, too.
    """

    delivery: str
    channel: str
    form: Form
    stage: Stage | None  # None: it tells of no alerts
    audience: Audience
    owner: str | None
    language: Language
    time_zone: str
    enforcement: str
    broadcast: bool
    state: str  # queued, sending, sent, refused
    queued_at: datetime
    sent_at: datetime | None
    version: int
    text: str
    blocks: list[dict[str, Any]]
    names: tuple[tuple[str, str], ...] = ()  # enforcement and subject of each alert that it names


def said(session: Session, deliveries: Collection[str] | None = None) -> list[Said]:
    """The messages of an outbox in their order, those that begin a thread first; of some, if given."""
    rows = session.scalars(
        select(DeliveryRow)
        .order_by(DeliveryRow.queued_at, DeliveryRow.form != str(Form.ROOT), DeliveryRow.id)
        .execution_options(populate_existing=True)
    )
    named: dict[str, list[tuple[str, str]]] = {}
    naming = select(NamingRow.delivery, AlertRow.enforcement, AlertRow.subject).join(
        AlertRow, AlertRow.id == NamingRow.alert
    )
    for delivery, enforcement, subject in session.execute(naming.order_by(AlertRow.id)):
        named.setdefault(delivery, []).append((enforcement, subject))
    return [
        _said(row, tuple(named.get(row.id, ()))) for row in rows if deliveries is None or row.id in deliveries
    ]


def _said(row: DeliveryRow, names: tuple[tuple[str, str], ...]) -> Said:
    return Said(
        delivery=row.id,
        channel=row.channel,
        form=Form(row.form),
        stage=Stage(row.stage) if row.stage else None,
        audience=Audience(row.audience) if row.audience else Audience.OPERATORS,
        owner=row.owner,
        language=Language(row.language),
        time_zone=row.time_zone,
        enforcement=row.enforcement,
        broadcast=row.broadcast,
        state=row.state,
        queued_at=row.queued_at,
        sent_at=row.sent_at,
        version=row.version,
        text=row.content["text"],
        blocks=row.content["blocks"],
        names=names,
    )


@contextmanager
def in_memory() -> Iterator[Session]:
    """An empty store in memory, that vanishes with the end of the block."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        Base.metadata.create_all(engine)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session
    finally:
        engine.dispose()


def copy_outbox(session: Session, copy: Session, at: datetime) -> None:
    """Copy into an empty store what was owed and said by ``at``, as far as it bears on what is said then."""
    rows = [
        {**row, "ended_at": row["ended_at"] if row["ended_at"] and row["ended_at"] <= at else None}
        for row in _rows(session, _open_alerts(at))
    ]
    _put(copy, AlertRow, rows)
    namings = [*_of(session, select(NamingRow.__table__), NamingRow.alert, [row["id"] for row in rows])]
    _put(copy, NamingRow, namings)
    threads = _rows(session, select(ThreadRow.__table__))
    _put(copy, ThreadRow, threads)
    wanted = {row["delivery"] for row in namings} | {row["root"] for row in threads}
    deliveries = _rows(session, _deliveries().where(_is_recent(at)))
    wanted -= {row["id"] for row in deliveries}
    deliveries += [
        row for row in _of(session, _deliveries(), DeliveryRow.id, sorted(wanted)) if row["queued_at"] <= at
    ]
    _put(copy, DeliveryRow, deliveries)
    answers = select(LedgerRow.__table__).where(LedgerRow.kind == str(EntryKind.ANSWERED), LedgerRow.at <= at)
    _put(copy, LedgerRow, _rows(session, answers))


def untold(session: Session) -> int:
    """How many alerts no message has named yet."""
    owed = select(func.count()).where(AlertRow.delivery.is_(None), AlertRow.overtaken.is_(False))
    return session.scalars(owed).one()


def alerts(session: Session) -> Sequence[AlertRow]:
    """All alerts of an outbox, in the order in which they were owed."""
    return session.scalars(select(AlertRow).order_by(AlertRow.id)).all()


def clear(session: Session) -> None:
    """Empty a store in memory."""
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(delete(table))
    session.expunge_all()


def _open_alerts(at: datetime) -> Select[Any]:
    lately = or_(AlertRow.ended_at.is_(None), AlertRow.ended_at > at - SAME_STREAK)
    return select(AlertRow.__table__).where(AlertRow.owed_at <= at, lately)


def _deliveries() -> Select[Any]:
    """All but the pictures themselves."""
    return select(*(column for column in DeliveryRow.__table__.columns if column.name != "picture"))


def _is_recent(at: datetime) -> ColumnElement[bool]:
    unsent = DeliveryRow.state != "sent"
    return and_(DeliveryRow.queued_at <= at, or_(unsent, DeliveryRow.queued_at > at - _DAYS))


def _rows(session: Session, query: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in session.execute(query)]


def _of(
    session: Session, query: Select[Any], key: InstrumentedAttribute[Any], values: Sequence[Any]
) -> Iterator[dict[str, Any]]:
    for some in chunks(values):
        yield from _rows(session, query.where(key.in_(some)))


def _put(copy: Session, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        copy.execute(insert(table), rows)
