"""A source that is a query: what is new since its watermark, read as messages.

The watermark is the greatest value so far of one column of the query's rows, ``sources.yaml`` says which::

    query: SELECT ... FROM sent WHERE updated_at >= :watermark
    watermark: updated_at

It is kept outside (in Airflow's asset state store) and set after the events are merged: a run that is killed
in between reads the same rows again, and merging them again changes nothing. So that rows which became
visible late, and rows of the very same value, are not lost, each run begins a little before it.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from sendepause.errors import BadInput
from sendepause.installation import access
from sendepause.model import Evidence
from sendepause.settings import SourceSettings
from sendepause.sources import reader, table
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.file_reading import FileReading, Looked, Outcome, noted
from sendepause.sources.query_rows import Database, Mismatch, Row
from sendepause.sources.table_columns import clean, listed, times_in_utc
from sendepause.sources.table_rows import messages
from sendepause.store.queries import FileState

PATH = "query"
"""Under this name the store knows what was read, as if it were a file."""

OVERLAP = timedelta(minutes=10)
OVERLAP_IDS = 1_000
"""So far before the watermark a run begins: transactions that were open then are committed by now."""

_AT_ONCE = 20_000  # rows that are made messages of at a time
_BYTES = 32 * 1024 * 1024  # of their texts

Watermark = datetime | date | int | Decimal | float | str


class Watermarks(Protocol):
    """Where watermarks are kept between runs; what Airflow gives for an asset's state has this shape."""

    def get(self, key: str, /) -> Any:
        """The value kept under a key, or None."""

    def set(self, key: str, value: Any, /) -> None:
        """Keep a JSON value."""


class InMemory(dict[str, Any]):
    """Watermarks that end with the process: whoever has no other place reads anew each time."""

    def set(self, key: str, value: Any, /) -> None:
        """Keep a value."""
        self[key] = value


@dataclass(frozen=True)
class QueryReading:
    """How the rows of one source's query are read."""

    reading: FileReading
    watermarks: Watermarks

    @property
    def source(self) -> SourceSettings:
        """The source."""
        return self.reading.source

    def look(self) -> tuple[Looked, Any]:
        """What is new, and what is to be kept once it is merged (None: nothing).

        :raises SendepauseError: where the database does not answer, or the rows do not fit.
        """
        converted, context, basis = self.reading.of_rows()
        former = self._former(basis)
        run = _Run(self.source, database_of(self.source), context)
        evidence: Evidence | None = None
        for portion in run.readings(former and former[0], self.reading.since):
            converted.add(portion)
            evidence = portion.evidence
        complete = converted.complete and not (former and former[1])
        newest = max_of(run.newest, former and former[0])
        kept = None if newest is None else _kept(newest, self._query_hash, "" if complete else basis)
        state = FileState(
            self.source.id, PATH, self._query_hash, 0, self.reading.now(), messages=converted.messages
        )
        return Looked(Outcome.READ, noted(state, converted), converted, evidence), kept

    def keep(self, kept: Any) -> None:
        """Keep what ``look`` gave, now that its events are merged."""
        if kept is not None:
            self.watermarks.set(self._key, kept)

    def _former(self, basis: str) -> tuple[Watermark, str] | None:
        """The watermark, and the basis under which something was left out; None to begin anew.

        It begins anew for another query, and where what was left out may be taken in by now.
        """
        found = self.watermarks.get(self._key)
        if not isinstance(found, Mapping) or found.get("query") != self._query_hash:
            return None
        left_out = str(found.get("left_out") or "")
        value = _parsed(found)
        return None if value is None or left_out not in ("", basis) else (value, left_out)

    @property
    def _key(self) -> str:
        return f"watermark.{self.source.id}"

    @property
    def _query_hash(self) -> str:
        parts = [self.source.query, self.source.watermark, self.source.connection]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def database_of(source: SourceSettings) -> Database:
    """The database of a source's connection.

    :raises BadInput: where there is no such connection, or it names no database.
    """
    return Database(access(source.connection or ""), f"source {source.id}")


class _Run:
    """One run of the query. ``newest``: the greatest watermark met."""

    def __init__(self, source: SourceSettings, database: Database, context: ReadContext) -> None:
        self.newest: Watermark | None = None
        self._source, self._database, self._context = source, database, context
        self._row = 1
        self._roles: dict[str, str] = {}

    def readings(self, former: Watermark | None, since: datetime) -> Iterator[Reading]:
        """The rows as messages, from before ``former`` on, or from ``since`` at the first time."""
        rows = self._from(_before(former)) if former is not None else self._first(since)
        try:
            for names, some in rows:
                self._follow(names, some)
                if some:
                    yield from self._read(names, some)
                    self._row += len(some)
        except Mismatch as error:
            raise error.told from None
        if self._row > 1 and self.newest is None:
            raise self._unusable("nothing in any row")

    def _first(self, since: datetime) -> Iterator[tuple[list[str], list[Row]]]:
        """Without a watermark nobody knows the column's type yet: a moment is tried, then 0, then "".

        PostgreSQL refuses what is of another type. SQLite and others hold anything against anything, so
        there the rows have to show that the right one was tried.
        """
        tried: list[Watermark] = [
            since.date().isoformat() if self._database.compares_anything else since,
            0,
            "",
        ]
        refused: Mismatch | None = None
        for value in tried:
            rows = self._from(value)
            try:
                names, some = next(((names, some) for names, some in rows if some), ([], []))
            except Mismatch as error:
                refused = refused or error
                continue
            if not some or self._fits(names, some, value):
                if some:
                    yield names, some
                    yield from rows
                    return
                if not self._database.compares_anything:
                    return
        if refused is not None:
            raise refused.told

    def _fits(self, names: Sequence[str], some: Sequence[Row], tried: Watermark) -> bool:
        at = self._column(names)
        found = next((row[at] for row in some if row[at] is not None), None)
        return found is None or isinstance(found, (int, float, Decimal)) == isinstance(tried, int)

    def _from(self, value: Watermark) -> Iterator[tuple[list[str], list[Row]]]:
        held: list[Row] = []
        size, names = 0, list[str]()
        for names, some in self._database.rows(self._source.query or "", value):
            self._column(names)
            held += some
            size += sum(len(cell) for row in some for cell in row if isinstance(cell, str))
            if len(held) >= _AT_ONCE or size > _BYTES:
                yield names, held
                held, size = [], 0
        yield names, held

    def _column(self, names: Sequence[str]) -> int:
        wanted = self._source.watermark or ""
        if wanted not in names:
            raise BadInput(
                f"The query's rows have no column {clean(wanted)}. Columns that came: {listed(names)}.",
                "In sources.yaml name one of these as watermark, or add it to the query.",
                place="watermark",
            )
        return names.index(wanted)

    def _follow(self, names: Sequence[str], some: Sequence[Row]) -> None:
        at = self._column(names) if some else 0
        for number, row in enumerate(some, self._row):
            value = row[at]
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, Watermark):
                raise self._unusable(type(value).__name__)
            try:
                self.newest = max_of(self.newest, value)
            except TypeError:
                raise self._unusable(f"values that cannot be compared, as in row {number}") from None

    def _unusable(self, kind: str) -> BadInput:
        return BadInput(
            f"The watermark column {clean(self._source.watermark or '')} holds {kind[:60]}.",
            "Use a column of moments, whole numbers or texts that only grow, such as updated_at or id.",
            place="watermark",
        )

    def _read(self, names: Sequence[str], some: Sequence[Row]) -> Iterator[Reading]:
        records = [dict(zip(names, row, strict=True)) for row in some]
        if self._source.kind != "table":
            lines = "\n".join(json.dumps(record, default=_json) for record in records)
            yield from reader(self._source.kind)(io.BytesIO(lines.encode()), PATH, self._context)
            return
        roles = self._roles = self._roles or table.roles_of_records(records, self._context.columns)
        frame = table.framed(records, roles, self._row)
        in_utc = times_in_utc(roles)
        yield from messages(lambda _: iter([frame]), self._context, "rows of a query", in_utc=in_utc)


def max_of(one: Any, other: Any) -> Any:
    """The greater of two watermarks, of which either may be None; TypeError where they cannot be compared."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def _before(value: Watermark) -> Watermark:
    """Where a run begins that knows ``value``. A text stays: nobody knows what is before it."""
    match value:
        case datetime():
            return value - OVERLAP
        case date():
            return value - timedelta(days=1)
        case str():
            return value
        case _:
            return value - OVERLAP_IDS


def _kept(value: Watermark, query: str, left_out: str) -> dict[str, str]:
    kind = next(name for name, (type_, _) in _KINDS.items() if isinstance(value, type_))
    return {"kind": kind, "value": _KINDS[kind][1](value), "query": query, "left_out": left_out}


def _parsed(found: Mapping[str, Any]) -> Watermark | None:
    read: dict[str, Any] = {
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "int": int,
        "decimal": Decimal,
        "float": float,
        "text": str,
    }
    try:
        value: Watermark = read[found["kind"]](found["value"])
    except (KeyError, ValueError, TypeError, ArithmeticError):
        return None
    return value


_KINDS: dict[str, tuple[type, Any]] = {
    "datetime": (datetime, datetime.isoformat),  # before date, which it is too
    "date": (date, date.isoformat),
    "int": (int, str),
    "decimal": (Decimal, str),
    "float": (float, repr),
    "text": (str, str),
}


def _json(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    return str(value) if isinstance(value, UUID) else None
