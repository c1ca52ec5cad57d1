"""INSERT … ON CONFLICT DO UPDATE, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from sendepause.store.tables import Base

New = ReadOnlyColumnCollection[str, Any]  # the values that were to be inserted


def upsert(
    session: Session,
    model: type[Base],
    rows: Iterable[Mapping[str, Any]],
    *,
    keep: Iterable[str] = (),
    special: Callable[[New], Mapping[str, ColumnElement[Any]]] | None = None,
) -> None:
    """Insert rows (all with the same columns); a row whose primary key is there is updated instead.

    ``keep`` names columns that an update leaves as they are, ``special`` gives columns whose value
    after an update is neither the old nor the new one alone.
    """
    keys = [column.name for column in inspect(model).primary_key]
    # In the order of the keys, so that two writers of the same rows cannot wait for each other.
    ordered = sorted((dict(row) for row in rows), key=lambda row: [row[key] for key in keys])
    if not ordered:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(model)
    new = statement.excluded
    changes: dict[str, Any] = {name: new[name] for name in ordered[0] if name not in {*keys, *keep}}
    changes |= special(new) if special else {}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes), ordered)
