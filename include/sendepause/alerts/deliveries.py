"""The deliveries in the store: what is queued, on its way, sent or refused, and every change of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, CursorResult, Executable, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from sendepause.alerts.facts import Fact
from sendepause.alerts.texts import AlertFacts
from sendepause.model import Audience, Form, Stage
from sendepause.store.tables import AlertRow, Base, DeliveryRow, NamingRow, ThreadRow

_CHUNK = 500  # values in one statement; SQLite takes at most 32,766 variables

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Seen:
    """A delivery as one process last saw it; see ``DeliveryRow`` for the states."""

    id: str
    channel: str
    backup_channel: str | None
    state: str
    tried_at: datetime | None
    sent_channel: str | None
    enforcement: str
    form: str
    thread_ts: str | None
    has_picture: bool  # one that is not uploaded yet
    shows_picture: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A sent message that shall show something else by now, in ``version``."""

    id: str
    channel: str
    ts: str
    version: int


@dataclass(frozen=True, slots=True)
class Content:
    """What Slack is to show of a delivery. ``picture`` is there until it is uploaded: then ``file`` is."""

    id: str
    text: str
    blocks: list[dict[str, Any]]
    broadcast: bool = False
    picture: bytes | None = None
    picture_alt: str | None = None
    file: str | None = None


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
    inserting = insert_once(session, DeliveryRow).values(**values).returning(DeliveryRow.id)
    return session.execute(inserting).first() is not None


def pending(session: Session, refused_before: datetime) -> list[Seen]:
    """What has to be sent or cleared up: what begins a thread first, then the oldest.

    With what was refused before that moment.
    """
    again = and_(DeliveryRow.state == "refused", DeliveryRow.tried_at <= refused_before, _still_so())
    columns = (
        DeliveryRow.id,
        DeliveryRow.channel,
        DeliveryRow.backup_channel,
        DeliveryRow.state,
        DeliveryRow.tried_at,
        DeliveryRow.sent_channel,
        DeliveryRow.enforcement,
        DeliveryRow.form,
        DeliveryRow.thread_ts,
        and_(DeliveryRow.picture.is_not(None), DeliveryRow.file.is_(None)).label("has_picture"),
        DeliveryRow.file.is_not(None).label("shows_picture"),
    )
    rows = session.execute(
        select(*columns)
        .where(or_(DeliveryRow.state.in_(["queued", "sending"]), again))
        .order_by(DeliveryRow.form != str(Form.ROOT), DeliveryRow.queued_at, DeliveryRow.id)
    )
    return [Seen(**row._mapping) for row in rows]


def to_change(session: Session, id: str | None = None) -> list[Change]:
    """The sent messages of which Slack shows an older version; ``id``: that one alone."""
    behind = (
        select(DeliveryRow.id, DeliveryRow.sent_channel, DeliveryRow.ts, DeliveryRow.version)
        .where(DeliveryRow.state == "sent", DeliveryRow.version > DeliveryRow.shown)
        .order_by(DeliveryRow.sent_at)
    )
    rows = session.execute(behind if id is None else behind.where(DeliveryRow.id == id))
    return [Change(id, channel, ts, version) for id, channel, ts, version in rows if channel and ts]


def content(session: Session, id: str) -> Content:
    """What Slack is to show of a delivery now."""
    row = session.get_one(DeliveryRow, id)
    return Content(
        id=row.id,
        text=row.content["text"],
        blocks=row.content["blocks"],
        broadcast=row.broadcast,
        picture=row.picture,
        picture_alt=row.picture_alt,
        file=row.file,
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as its readers see it now."""

    sent_at: datetime | None
    channel: str
    language: str
    blocks: list[dict[str, Any]]


def sent(session: Session, id: str) -> Sent:
    """What was sent, or what the message shows since."""
    row = session.get_one(DeliveryRow, id)
    return Sent(row.sent_at, row.sent_channel or row.channel, row.language, row.content["blocks"])


def try_again(session: Session, id: str) -> bool:
    """Let a message that Slack refused be sent with the next round; whether it was refused."""
    statement = update(DeliveryRow).where(DeliveryRow.id == id, DeliveryRow.state == "refused")
    return bool(changed(session, statement.values(state="queued", error=None, tried_at=None)))


def show(session: Session, id: str, text: str, blocks: list[dict[str, Any]]) -> None:
    """Let a message show something else from now on; Slack hears of it with the next round."""
    values = {"shows": {"text": text, "blocks": blocks}, "version": DeliveryRow.version + 1}
    changed(session, update(DeliveryRow).where(DeliveryRow.id == id).values(**values))


def note_shown(session: Session, id: str, version: int) -> None:
    """Slack shows this version, or never will.

    Also where another process has brought a newer one meanwhile: which came last nobody knows, so the newest
    is brought once more.
    """
    changed(session, update(DeliveryRow).where(DeliveryRow.id == id).values(shown=version))


def note_picture(session: Session, id: str, file: str | None) -> None:
    """A picture was uploaded as ``file``, so it is kept no longer; None: the message goes without it."""
    changed(session, update(DeliveryRow).where(DeliveryRow.id == id).values(file=file, picture=None))


def thread(session: Session, channel: str, enforcement: str) -> tuple[str, str] | None:
    """The channel and ``ts`` of the message that begins a thread; None while it was not sent."""
    row = session.execute(
        select(DeliveryRow.sent_channel, DeliveryRow.ts)
        .join(ThreadRow, ThreadRow.root == DeliveryRow.id)
        .where(ThreadRow.channel == channel, ThreadRow.enforcement == enforcement)
        .where(DeliveryRow.state == "sent")
    ).first()
    return (row.sent_channel, row.ts) if row and row.sent_channel and row.ts else None


def lose_thread(session: Session, root: str) -> None:
    """Somebody deleted the message that begins a thread: the next gathering begins another one."""
    changed(session, delete(ThreadRow).where(ThreadRow.root == root))


def lose_thread_of(session: Session, channel: str, enforcement: str) -> None:
    """As ``lose_thread``, by what the thread is about."""
    of = and_(ThreadRow.channel == channel, ThreadRow.enforcement == enforcement)
    changed(session, delete(ThreadRow).where(of))


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
        .where(or_(and_(DeliveryRow.state == "refused", _still_so()), unclear))
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


def _still_so() -> ColumnElement[bool]:
    """Whether a message names an alert that is open, or none at all."""
    naming = select(NamingRow.alert).where(NamingRow.delivery == DeliveryRow.id)
    open_one = naming.join(AlertRow, AlertRow.id == NamingRow.alert).where(AlertRow.ended_at.is_(None))
    return or_(open_one.exists(), ~naming.exists())


def changed(session: Session, statement: Executable) -> int:
    """How many rows a statement changed; objects in the session are not looked through, there may be many."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount


def insert_once(session: Session, table: type[Base]) -> Any:
    """An insert that does nothing where the key exists: another process may have been first."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing()


def chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The values in portions that one statement takes."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
