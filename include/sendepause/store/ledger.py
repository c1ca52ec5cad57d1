"""The ledger: what was done, by whom and why, append-only and chained by hashes.

An entry's hash is the SHA-256 of the canonical JSON (sorted keys, no blanks, UTF-8) of its fields and
the hash of the entry before it. Moments stand in it as ISO 8601 in UTC with microseconds, ``facts`` as
the very text that is stored. So anyone can compute the chain again, and a changed or missing entry
breaks it. That the newest entries were cut off shows in the mark: the number and hash of the newest
entry, kept in the notes and moved in the same transaction.

Whoever appends holds a lock until the end of the transaction, so numbers have no gaps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, String, bindparam, func, insert, select, type_coerce
from sqlalchemy.orm import Session

from sendepause.errors import BadInput
from sendepause.model import EntryKind
from sendepause.store.database import LEDGER_LOCK
from sendepause.store.queries import note, set_note
from sendepause.store.tables import LedgerRow, in_utc

GENESIS = "0" * 64  # what the first entry has in place of a previous hash
AUTHOR = "sendepause"  # of what no person did
MARK = "ledger_mark"  # the note with the newest entry's number and hash
AT_A_TIME = 1000  # entries that verifying holds in memory


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``at`` is real time, ``as_of`` the run's clock, both in UTC."""

    seq: int
    at: datetime
    as_of: datetime
    author: str
    kind: EntryKind
    subject: str
    enforcement: str
    facts: dict[str, Any]
    once: str | None
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class New:
    """An entry to be written, see :func:`append`."""

    kind: EntryKind
    subject: str = ""
    enforcement: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    once: str | None = None


class Known(NamedTuple):
    """Number and hash of an entry."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """The first place at which the chain is not whole."""

    seq: int
    why: str


def append(
    session: Session,
    *,
    at: datetime,
    as_of: datetime,
    author: str,
    kind: EntryKind,
    subject: str = "",
    enforcement: str = "",
    facts: Mapping[str, Any] | None = None,
    once: str | None = None,
) -> Entry | None:
    """Write the next entry; None where an entry with this ``once`` is there already.

    ``facts`` are JSON values without personal data. The entry counts once the session's transaction is
    committed; until then every other writer of the ledger waits. BadInput for a text that is too long
    or cannot be stored.
    """
    new = New(kind, subject, enforcement, facts or {}, once)
    return append_all(session, [new], at=at, as_of=as_of, author=author)[0]


def append_all(
    session: Session, new: Sequence[New], *, at: datetime, as_of: datetime, author: str
) -> list[Entry | None]:
    """Write several entries, one after another; as :func:`append` for each."""
    texts = [_checked(one, author) for one in new]
    _lock(session)
    named = [one.once for one in new if one.once is not None]
    there = set(session.scalars(select(LedgerRow.once).where(LedgerRow.once.in_(named)))) if named else set()
    seq, previous = _tip(session)
    rows: list[dict[str, Any]] = []
    written: list[Entry | None] = []
    for one, text in zip(new, texts, strict=True):
        if one.once is not None and one.once in there:
            written.append(None)
            continue
        there.add(one.once)
        seq += 1
        values: dict[str, Any] = {
            "seq": seq,
            "at": in_utc(at),
            "as_of": in_utc(as_of),
            "author": author,
            "kind": str(one.kind),
            "subject": one.subject,
            "enforcement": one.enforcement,
            "facts": text,
            "once": one.once,
            "previous": previous,
        }
        previous = values["hash"] = _hash(values)
        rows.append(values)
        written.append(Entry(**{**values, "kind": one.kind, "facts": json.loads(text)}))
    if rows:
        session.execute(insert(LedgerRow), rows)
        set_note(session, MARK, f"{seq} {previous}")
    return written


def entries(
    session: Session,
    *,
    kinds: Collection[EntryKind] | None = None,
    subject: str | None = None,
    after_seq: int | None = None,
    limit: int | None = None,
) -> list[Entry]:
    """Entries in the order in which they were written, all of them if nothing narrows it."""
    query = select(*_COLUMNS).order_by(LedgerRow.seq).limit(limit)
    if kinds is not None:
        query = query.where(LedgerRow.kind.in_([str(kind) for kind in kinds]))
    if subject is not None:
        query = query.where(LedgerRow.subject == subject)
    if after_seq is not None:
        query = query.where(LedgerRow.seq > after_seq)
    return [_entry(row) for row in session.connection().execute(query)]


def search(
    session: Session,
    *,
    subjects: Collection[str] | None = None,
    kinds: Collection[EntryKind] | None = None,
    author: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_seq: int | None = None,
    limit: int | None = None,
) -> Iterator[Entry]:
    """Entries, the newest first, that fit all that is given; ``since`` and ``until`` are real times, the
    second not included."""
    query = select(*_COLUMNS).order_by(LedgerRow.seq.desc()).limit(limit)
    if subjects is not None:
        query = query.where(LedgerRow.subject.in_(subjects))
    if kinds is not None:
        query = query.where(LedgerRow.kind.in_([str(kind) for kind in kinds]))
    if author is not None:
        query = query.where(LedgerRow.author == author)
    if since is not None:
        query = query.where(LedgerRow.at >= in_utc(since))
    if until is not None:
        query = query.where(LedgerRow.at < in_utc(until))
    if before_seq is not None:
        query = query.where(LedgerRow.seq < before_seq)
    for row in session.connection().execution_options(yield_per=500).execute(query):
        yield _entry(row)


def under(session: Session, once: str) -> Entry | None:
    """The entry that was written under this ``once``."""
    row = session.execute(select(*_COLUMNS).where(LedgerRow.once == once)).first()
    return None if row is None else _entry(row)


def authors(session: Session) -> list[str]:
    """Everybody under whose name something was written, in order."""
    return list(session.scalars(select(LedgerRow.author).distinct().order_by(LedgerRow.author)))


def kinds_after(session: Session, seq: int) -> list[tuple[int, str]]:
    """Number and kind of everything newer than ``seq``, in order: cheap enough to be asked all the time."""
    found = session.connection().execute(_KINDS_AFTER, {"seq": seq})
    return [(number, kind) for number, kind in found]


def head(session: Session) -> Entry | None:
    """The newest entry."""
    row = session.execute(select(*_COLUMNS).order_by(LedgerRow.seq.desc()).limit(1)).first()
    return None if row is None else _entry(row)


def holds(session: Session, known: Known) -> bool:
    """Whether the store still has an entry under its number and hash: a store that was brought back from a
    copy may not."""
    return session.scalar(select(LedgerRow.hash).where(LedgerRow.seq == known.seq)) == known.hash


def verify(session: Session, since: Known | None = None) -> Break | None:
    """Compute the whole chain again, in bounded memory; None while it is whole.

    ``since``: an entry up to which it was computed before, and that the store :func:`holds`.
    """
    expected, previous = (since.seq + 1, since.hash) if since else (1, GENESIS)
    query = select(*_STORED).where(LedgerRow.seq >= expected).order_by(LedgerRow.seq)
    with session.execute(query, execution_options={"yield_per": AT_A_TIME}) as rows:
        for row in rows:
            if row.seq != expected:
                return Break(expected, "this entry is missing")
            why = _why_broken(row, previous)
            if why is not None:
                return Break(row.seq, why)
            expected, previous = row.seq + 1, row.hash
    return _mark_broken(session, expected - 1, previous)


_COLUMNS = tuple(LedgerRow.__table__.columns)
_KINDS_AFTER = (
    select(LedgerRow.seq, LedgerRow.kind).where(LedgerRow.seq > bindparam("seq")).order_by(LedgerRow.seq)
)


def _as_stored(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column as the database keeps it: a moment that was tampered with must not stop the check."""
    return type_coerce(column, String).label(column.name)


_STORED = tuple(_as_stored(column) if column.name in ("at", "as_of") else column for column in _COLUMNS)


def _why_broken(row: Row[Any], previous: str) -> str | None:
    if row.previous != previous:
        return "it does not name the hash of the entry before it"
    values = dict(row._mapping)
    try:
        values |= {"at": _moment(values["at"]), "as_of": _moment(values["as_of"])}
        found = _hash(values)
    except (TypeError, ValueError, AttributeError):
        return "one of its fields cannot be read any more"
    return None if found == row.hash else "its fields do not give its hash: one of them was changed"


def _mark_broken(session: Session, seq: int, newest: str) -> Break | None:
    mark = note(session, MARK)
    if mark == (f"{seq} {newest}" if seq else None):
        return None
    return Break(seq + 1, f"entries after {seq} are missing, or the mark of the newest entry was changed")


def _tip(session: Session) -> tuple[int, str]:
    """Number and hash of the newest entry ever written: after a cut the numbers go on behind the gap."""
    newest = session.execute(
        select(LedgerRow.seq, LedgerRow.hash).order_by(LedgerRow.seq.desc()).limit(1)
    ).first()
    seq, _, digest = (note(session, MARK) or "").partition(" ")
    mark = (int(seq), digest) if seq.isdecimal() and len(digest) == len(GENESIS) else (0, GENESIS)
    return max(mark, (newest.seq, newest.hash) if newest else (0, GENESIS))


def _lock(session: Session) -> None:
    """One writer of the ledger at a time; on SQLite BEGIN IMMEDIATE has seen to that."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(LEDGER_LOCK)))


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _hash(values: Mapping[str, Any]) -> str:
    fields = {name: value for name, value in values.items() if name != "hash"}
    fields |= {"at": _iso(fields["at"]), "as_of": _iso(fields["as_of"])}
    return hashlib.sha256(_canonical(fields).encode()).hexdigest()


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _moment(stored: str | datetime) -> datetime:
    """A stored moment: SQLite keeps text in UTC, which must be spelled as we write it."""
    if isinstance(stored, datetime):
        return stored.astimezone(UTC)
    parsed = datetime.fromisoformat(stored)
    if parsed.isoformat(" ", "microseconds") != stored:
        raise ValueError("not as it was written")
    return parsed.replace(tzinfo=UTC)


def _checked(new: New, author: str) -> str:
    """The facts as they are stored. BadInput where a database would cut or refuse one of the texts."""
    text = _canonical(dict(new.facts))
    texts = {"author": author, "subject": new.subject, "enforcement": new.enforcement, "once": new.once}
    for name, value in {**texts, "facts": text}.items():
        _check_text(name, value)
    return text


def _check_text(name: str, value: str | None) -> None:
    """BadInput for what one of the two databases would cut or refuse."""
    column = LedgerRow.__table__.columns[name].type
    longest = column.length if isinstance(column, String) else None
    if value is None:
        return
    if longest is not None and len(value) > longest:
        raise BadInput(f"The {name} of a ledger entry is longer than {longest} characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadInput(f"The {name} of a ledger entry is no valid text.") from None
    if "\0" in value:
        raise BadInput(f"The {name} of a ledger entry holds a zero character.")


def _entry(row: Row[Any]) -> Entry:
    values = dict(row._mapping)
    return Entry(**{**values, "kind": EntryKind(values["kind"]), "facts": json.loads(values["facts"])})
