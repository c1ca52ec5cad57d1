"""What the receiver of webhooks committed, until the reading stage takes it; and what was left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, delete, func, insert, select

from sendepause.store.database import Session
from sendepause.store.tables import FileRow, LeftOutRow, ReceivedRow
from sendepause.store.upsert import upsert

LONGEST_NOTE = 300  # characters, as many as the column takes

_COLUMNS = [column for column in ReceivedRow.__table__.columns if column.name != "id"]


def add(session: Session, events: Sequence[Mapping[str, Any]]) -> None:
    """Keep events (the columns of ``frames.EVENTS``, ``sent_at`` in milliseconds) until they are read."""
    if events:
        session.execute(insert(ReceivedRow), events)


def add_left_out(session: Session, source: str, day: str, counts: Mapping[str, int]) -> None:
    """Count what was left out on a day (UTC, ISO), by the sentence that follows the count."""
    rows = ({"source": source, "day": day, "note": note, "count": n} for note, n in counts.items())
    upsert(session, LeftOutRow, rows, special=lambda new: {"count": LeftOutRow.count + new.count})


def waiting(session: Session) -> int:
    """How many rows wait, at the most: by the two ends of the index, since there may be millions."""
    first, last = session.execute(select(func.min(ReceivedRow.id), func.max(ReceivedRow.id))).one()
    return 0 if first is None else last - first + 1


def newest(session: Session) -> int:
    """The highest id so far, 0 without any row."""
    return session.scalar(select(func.max(ReceivedRow.id))) or 0


def portion(session: Session, after: int, until: int, limit: int) -> Sequence[Row[Any]]:
    """Rows by id: the id, then the columns of ``frames.EVENTS``."""
    query = select(ReceivedRow.id, *_COLUMNS).where(ReceivedRow.id > after, ReceivedRow.id <= until)
    return session.execute(query.order_by(ReceivedRow.id).limit(limit)).all()


def forget(session: Session, ids: Iterable[int]) -> None:
    """Delete exactly these rows, given in ascending order.

    Not all up to the highest: what took a lower id may be committed later (PostgreSQL), and was not read.
    """
    for first, last in _runs(ids):
        session.execute(delete(ReceivedRow).where(ReceivedRow.id.between(first, last)))


def left_out(session: Session) -> dict[tuple[str, str], dict[str, int]]:
    """(source, day) -> sentence -> how often."""
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in session.scalars(select(LeftOutRow).order_by(LeftOutRow.source, LeftOutRow.day)):
        found[row.source, row.day][row.note] = row.count
    return dict(found)


def forget_days(session: Session, source: str, before: str, paths: Iterable[str]) -> None:
    """Delete what was counted before a day (UTC, ISO), and the notes of these days under ``paths``."""
    session.execute(delete(LeftOutRow).where(LeftOutRow.source == source, LeftOutRow.day < before))
    for path in paths:
        session.execute(delete(FileRow).where(FileRow.source == source, FileRow.path == path))


def _runs(ids: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of ids without a gap."""
    first = last = None
    for id in ids:
        if last is not None and id == last + 1:
            last = id
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = id
    if first is not None and last is not None:
        yield first, last
