"""Every source's new and changed files, read into the event store and the day rows.

A file is read once: while its size and stamp are as before it is not opened, and while its SHA-256 is as
before it is not parsed. Events are in the store before the file is noted as read, and merging them again
changes nothing, so a run may be killed anywhere. One file that cannot be read is noted and stops no
other; a source that cannot be reached is ill and stops no other source.

There is one writer at a time: the reading DAG has ``max_active_runs=1``.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import polars as pl

from sendepause import events, storage
from sendepause.errors import SendepauseError
from sendepause.keys import Pseudonymiser, check_key
from sendepause.model import Evidence
from sendepause.settings import RECEIVER, Settings, SourceSettings
from sendepause.sources import files
from sendepause.sources.file_reading import FileReading, Looked, Outcome
from sendepause.sources.files import Found
from sendepause.sources.query import InMemory, QueryReading, Watermarks
from sendepause.sources.received import Drained, drain
from sendepause.store import database, queries
from sendepause.store.database import Engine
from sendepause.store.queries import FileState

AT_ONCE = 250_000
"""So many events are gathered before they are merged: about 60 MB."""

SETTLED_AFTER = timedelta(days=35)
"""Older months change seldom, and then by long exports: each is kept in one file."""

LOOK_AROUND_DAYS = {"cloud_api_webhook": 31}
"""Statuses come for 30 days: until its ``sent`` is read, a message may stand under a later day."""

FILES_AT_ONCE = 5_000
"""So many files are looked at before what came of them is noted, each with up to 20 KB of its own."""

_AT_A_LOOK = 1_000  # files whose former states are asked for together
_GONE = "The file is no longer there."

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Ingested:
    """What a run did. ``changed``: the (UTC day, bucket) partitions of events; ``accounts`` have new or
    repeated events in the files that were read."""

    files_read: int = 0
    files_unchanged: int = 0
    files_unfinished: int = 0
    files_broken: int = 0  # newly met as broken; how many are broken by now is in the store
    sources_ill: int = 0
    messages: int = 0
    events_new: int = 0
    day_rows: int = 0
    accounts: set[str] = field(default_factory=set)
    changed: set[events.Partition] = field(default_factory=set)

    def add(self, drained: Drained) -> None:
        """Count what was received."""
        self.messages += drained.rows
        self.events_new += drained.events_new
        self.accounts |= drained.accounts
        self.changed |= drained.changed

    def counts(self) -> dict[str, int]:
        """The same as plain numbers, for logs and assets."""
        numbers = {
            name: getattr(self, name) for name in self.__slots__ if name not in ("accounts", "changed")
        }
        return {**numbers, "accounts": len(self.accounts), "partitions_changed": len(self.changed)}


def ingest(
    engine: Engine,
    base: str | Path,
    settings: Settings,
    pseudonymiser: Pseudonymiser,
    *,
    as_of: datetime,
    now: Callable[[], datetime],
    data: str | Path | None = None,
    watermarks: Watermarks | None = None,
) -> Ingested:
    """Read what is new or has changed in all sources; see the module.

    :param base: folder or object-store URL of the event store.
    :param data: local folder below which relative locations of sources lie; ``base`` if not given.
    :param as_of: the run's clock; events older than ``keep_events_days`` before it are not kept.
    :param now: real time, for stamps and for files that are still being written.
    :param watermarks: where is kept how far queries were read; without it they are read anew.
    :raises BadInput: where the key is not the one that the store remembers.
    :raises Unreachable: where the store does not answer. What was not noted is read again next time.
    """
    with database.session(engine) as session:
        check_key(session, pseudonymiser)
    accounts = {account.number: account for account in settings.account_list()}
    since = _midnight(as_of.astimezone(UTC) - timedelta(days=settings.policy.keep_events_days))
    done = Ingested()
    for source in settings.sources:
        if source.kind == RECEIVER:
            settled = now().astimezone(UTC).date() - SETTLED_AFTER
            done.add(drain(engine, base, source.id, since=since, settled=settled, now=now))
            continue
        reading = FileReading(source, accounts, pseudonymiser, since, now)
        run = _SourceRun(engine, base, base if data is None else data, reading, done)
        if source.query is None:
            run.read()
        else:
            run.read_query(InMemory() if watermarks is None else watermarks)
    done.day_rows = events.refresh_activity(
        base,
        done.changed,
        {account.number: account.time_zone for account in accounts.values()},
        sources=[source.id for source in settings.sources],
    )
    return done


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


class _SourceRun:
    """One source in one run: its files in order, gathered and merged in portions."""

    def __init__(
        self, engine: Engine, base: str | Path, data: str | Path, reading: FileReading, done: Ingested
    ) -> None:
        self.engine, self.base, self.data, self.reading, self.done = engine, base, data, reading, done
        self.source: SourceSettings = reading.source
        self.settled = reading.now().astimezone(UTC).date() - SETTLED_AFTER
        self.gathered: list[Looked] = []
        self.waiting = 0  # events gathered and not merged yet
        self.newly_broken = 0
        with database.session(engine, write=False) as session:
            self.broken = queries.broken_paths(session, self.source.id)  # those not met yet
            self.seen = {
                reach.account for reach in queries.reaches(session) if reach.source == self.source.id
            }

    def read(self) -> None:
        """Read the source, and note whether it is well."""
        trouble = ""
        try:
            for file, former in self._met():
                self._gather(self.reading.look(file, former), former)
        except Exception as error:  # the storage failed; a file's own troubles are in what it gives
            trouble = _said(error)
        self._flush()
        if not trouble:
            self._forget_gone()
        self._note_health(trouble)

    def read_query(self, watermarks: Watermarks) -> None:
        """Read the rows of the source's query, and note whether it is well."""
        rows = QueryReading(self.reading, watermarks)
        trouble, kept = "", None
        try:
            looked, kept = rows.look()
            self._gather(looked, None)
        except Exception as error:
            trouble = _said(error)
        self._flush()
        try:
            rows.keep(kept)  # only now: what is read again is merged into the same events
        except Exception as error:
            trouble = _said(error)
        self._note_health(trouble)

    def _met(self) -> Iterator[tuple[Found, FileState | None]]:
        """Each file with its state as it was last met."""
        reading, kind = self.reading, self.source.kind
        found = files.walk(self._root(), kind, reading.now)
        for batch in _batches(found):
            met = {files.shown(file, kind, reading.keys, reading.accounts): file for file in batch}
            self.broken.difference_update(met)
            with database.session(self.engine, write=False) as session:
                states = queries.file_state(session, self.source.id, met)
            for shown, file in met.items():
                yield file, states.get(shown)

    def _root(self) -> Path:
        location = self.source.location or ""
        below = location if "://" in location else storage.folder(self.data) / location
        return storage.folder(below, self.source.connection)

    def _gather(self, looked: Looked, former: FileState | None) -> None:
        self.gathered.append(looked)
        self.waiting += len(looked.converted.events) if looked.converted else 0
        if looked.outcome is Outcome.BROKEN:
            self.newly_broken += _is_news(looked.state, former)
        if self.waiting >= AT_ONCE or len(self.gathered) >= FILES_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        """Merge what was gathered, and only then note the files as read."""
        gathered, self.gathered, self.waiting = self.gathered, [], 0
        converted = [looked.converted for looked in gathered if looked.converted]
        for portion in in_portions(part for of_file in converted for part in of_file.events):
            look_around = LOOK_AROUND_DAYS.get(self.source.kind, 0)
            changed, new = events.merge_counted(
                self.base, portion, look_around_days=look_around, settled=self.settled
            )
            self.done.changed |= changed
            self.done.events_new += new
        for of_file in converted:
            of_file.events.close()
        with database.session(self.engine) as session:
            for looked in gathered:
                if looked.state is not None:
                    queries.note_file(session, looked.state)
            for account, (newest, evidence) in self._reach(gathered).items():
                queries.note_reach(session, self.source.id, account, newest, evidence)
        self._count(gathered)

    def _count(self, gathered: list[Looked]) -> None:
        outcomes = Counter(looked.outcome for looked in gathered)
        self.done.files_read += outcomes[Outcome.READ]
        self.done.files_unchanged += outcomes[Outcome.UNCHANGED]
        self.done.files_unfinished += outcomes[Outcome.UNFINISHED]
        for looked in gathered:
            if looked.state is not None and looked.converted is not None:
                self.done.messages += looked.state.messages
                self.done.accounts |= looked.converted.newest.keys()
        self.done.files_broken += self.newly_broken
        self.newly_broken = 0

    def _reach(self, gathered: list[Looked]) -> dict[str, tuple[datetime, Evidence | None]]:
        """How far the data reach, never beyond now.

        A chat export reaches as far as its account's newest message. Where accounts share files, the
        newest message of any tells that the source was alive until then, for all accounts seen in it.
        """
        now = self.reading.now()
        found: dict[str, tuple[datetime, Evidence | None]] = {}
        for looked in gathered:
            for account, newest in (looked.converted.newest if looked.converted else {}).items():
                former = found.get(account, (newest, None))
                found[account] = (min(max(former[0], newest), now), looked.evidence or former[1])
        if self.source.kind == "chat_export" or not found:
            return found
        self.seen |= found.keys()
        alive = max(newest for newest, _ in found.values())
        return {account: (alive, found.get(account, (alive, None))[1]) for account in self.seen}

    def _forget_gone(self) -> None:
        """A broken file that somebody took away is no longer broken."""
        gone = iter(self.broken)
        while some := list(islice(gone, _AT_A_LOOK)):
            with database.session(self.engine) as session:
                for state in queries.file_state(session, self.source.id, some).values():
                    away = replace(
                        state, broken=False, reason=None, place=None, modified="", hash="", notes=(_GONE,)
                    )
                    queries.note_file(session, away)

    def _note_health(self, trouble: str) -> None:
        self.done.sources_ill += bool(trouble)
        with database.session(self.engine) as session:
            subject = f"source:{self.source.id}"
            queries.set_health(session, subject, not trouble, self.reading.now(), trouble)
        if trouble:
            log.warning("Source %s: %s", self.source.id, trouble)


def _batches(found: Iterator[Found]) -> Iterator[list[Found]]:
    """Files by the thousand; what goes wrong comes after the files that were found before it."""
    trouble: Exception | None = None
    while trouble is None:
        batch: list[Found] = []
        try:
            batch.extend(islice(found, _AT_A_LOOK))
        except Exception as error:
            trouble = error
        if batch:
            yield batch
        elif trouble is None:
            return
    raise trouble


def _is_news(state: FileState | None, former: FileState | None) -> bool:
    """Whether a file was not yet known to be broken as it is."""
    return state is not None and not (former and former.broken and former.hash == state.hash)


def in_portions(parts: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Parts put together until they are worth a merge of their own."""
    held: list[pl.DataFrame] = []
    for part in parts:
        held.append(part)
        if sum(map(len, held)) >= AT_ONCE:
            yield pl.concat(held)
            held = []
    if held:
        yield pl.concat(held)


def _said(error: Exception) -> str:
    """An error for people. What a storage's client says may hold a secret: only its kind is told."""
    if isinstance(error, SendepauseError):
        return str(error)
    return f"The source could not be read ({type(error).__name__}). Check its storage and its connection."
