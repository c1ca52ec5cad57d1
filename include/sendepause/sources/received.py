"""What the receiver of webhooks has committed, taken into the event store.

Rows are merged first, and deleted only in the transaction that notes how far they reach: whoever is killed
in between merges the same rows once more, which changes nothing.

What did not become an event stands as notes beside the source's "files", one for each day. A call that
could not be read makes that day's entry a broken file, since it may have told of messages: until it is
forgotten, this source is no witness of a silence that began before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from sendepause import events
from sendepause.frames import EVENTS
from sendepause.model import Evidence
from sendepause.store import database, queries, received
from sendepause.store.database import Engine, Session
from sendepause.store.queries import FileState

AT_ONCE = 50_000
"""So many rows are merged and deleted at once: deleting them holds up the receiver for a part of a second."""

LOOK_AROUND_DAYS = 31
"""As for webhooks in files: a message's ``sent`` may come up to 30 days after its other statuses."""

UNREADABLE = "signed calls could not be read, and what they told of is lost."
FAULTY = "signed calls could not be taken because of a fault in Sendepause; Meta repeats each for seven days."

_LOST = {
    UNREADABLE: "Send the developers one of Meta's calls; this entry ends by itself after keep_events_days.",
    FAULTY: "Update Sendepause within the seven days; the log names the fault.",
}
_NOTES = 30  # of one day, the most frequent first
_COUNTED = re.compile(r"(\d+) (.+)", re.DOTALL)
_DAY = re.compile(r"received/(\d{4}-\d{2}-\d{2})")


@dataclass(slots=True)
class Drained:
    """What was taken. ``accounts``: whose events were among it."""

    rows: int = 0
    events_new: int = 0
    accounts: set[str] = field(default_factory=set)
    changed: set[events.Partition] = field(default_factory=set)


def drain(
    engine: Engine,
    base: str | Path,
    source: str,
    *,
    since: datetime,
    settled: date,
    now: Callable[[], datetime],
) -> Drained:
    """Take all rows that are there now; those that come meanwhile are the next run's.

    :param source: the receiver's id; rows received under a former id keep that one.
    :param since: days that ended before it are forgotten, with their notes.
    :param settled: see ``events.merge``.
    """
    done = Drained()
    with database.session(engine, write=False) as session:
        until, after = received.newest(session), 0
    while rows := _portion(engine, after, until):
        ids, after = [row[0] for row in rows], rows[-1][0]
        portion = _frame(rows)
        changed, new = events.merge_counted(base, portion, look_around_days=LOOK_AROUND_DAYS, settled=settled)
        with database.session(engine) as session:
            _note_reach(session, portion, now())
            received.forget(session, ids)
            _note_day(session, source, now(), messages=len(rows))
        done.rows += len(rows)
        done.events_new += new
        done.changed |= changed
        done.accounts.update(portion["account_id"])
    with database.session(engine) as session:
        _note_left_out(session, now())
        _forget_days(session, source, since)
        queries.set_health(session, f"source:{source}", True, now())
    return done


def sentences(notes: Iterable[str]) -> Iterator[tuple[str, int]]:
    """A file's notes as what is counted, and how much: so the notes of many calls add up to a day's."""
    for note in notes:
        found = _COUNTED.fullmatch(note)
        yield (found[2], int(found[1])) if found else (note, 1)


def _portion(engine: Engine, after: int, until: int) -> Sequence[Sequence[Any]]:
    with database.session(engine, write=False) as session:
        return received.portion(session, after, until, AT_ONCE)


def _frame(rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    columns = {name: pl.Int64 if name == "sent_at" else kind for name, kind in EVENTS.items()}
    return (
        pl.DataFrame([row[1:] for row in rows], schema=columns, orient="row")
        .with_columns(pl.col("sent_at").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC"))
        .match_to_schema(EVENTS)
    )


def _note_reach(session: Session, portion: pl.DataFrame, now: datetime) -> None:
    """All of Meta's calls come the same way: the newest message of any account says that it was open then."""
    known: dict[str, set[str]] = {}
    for reach in queries.reaches(session):
        known.setdefault(reach.source, set()).add(reach.account)
    for (source,), part in portion.group_by("source"):
        newest, own = part["sent_at"].max(), set(part["account_id"])
        assert isinstance(newest, datetime)  # noqa: S101 - for mypy, it is not empty
        for account in own | known.get(str(source), set()):
            evidence = Evidence.PLATFORM if account in own else None
            queries.note_reach(session, str(source), account, min(newest, now), evidence)


def _note_day(session: Session, source: str, now: datetime, messages: int) -> None:
    path = f"received/{now.astimezone(UTC).date()}"
    former = queries.file_state(session, source).get(path)
    count, notes = (former.messages, former.notes) if former else (0, ())
    state = FileState(source, path, "", 0, now, messages=count + messages, notes=notes)
    queries.note_file(session, state)


def _note_left_out(session: Session, now: datetime) -> None:
    """Bring the notes of each day up to date, as far as they have changed."""
    for (source, day), counts in received.left_out(session).items():
        states = queries.file_state(session, source)
        for state in _states(source, f"received/{day}", counts, states, now):
            former = states.get(state.path)
            if former is None or (former.notes, former.reason) != (state.notes, state.reason):
                queries.note_file(session, state)


def _states(
    source: str, path: str, counts: Mapping[str, int], states: Mapping[str, FileState], now: datetime
) -> Iterator[FileState]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    notes = tuple(_sentence(note, count) for note, count in ordered if note not in _LOST)[:_NOTES]
    if notes:
        messages = states[path].messages if path in states else 0
        yield FileState(source, path, "", 0, now, messages=messages, notes=notes)
    lost = [f"{counts[note]} {note} {mend}" for note, mend in _LOST.items() if note in counts]
    if lost:
        yield FileState(source, f"{path}/lost", "", 0, now, broken=True, reason=" ".join(lost))


def _sentence(note: str, count: int) -> str:
    return note if note[:1].isupper() else f"{count} {note}"  # a whole sentence counted nothing


def _forget_days(session: Session, source: str, since: datetime) -> None:
    before = str((since - timedelta(days=1)).date())
    paths = [
        path
        for path in queries.file_state(session, source)
        if (found := _DAY.match(path)) and found[1] < before
    ]
    received.forget_days(session, source, before, paths)
