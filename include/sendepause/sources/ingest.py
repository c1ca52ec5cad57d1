"""Every source's new and changed files, read into the event store and the day rows.

A file is read once: while its size and stamp are as before it is not opened, and while its SHA-256 is as
before it is not parsed. Events are in the store before the file is noted as read, and merging them again
changes nothing, so a run may be killed anywhere. One file that cannot be read is noted and stops no
other; a source that cannot be reached is ill and stops no other source.

There is one writer at a time: the reading DAG has ``max_active_runs=1``.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from sqlalchemy import Engine

from sendepause import events, storage
from sendepause.errors import BadInput, SendepauseError
from sendepause.keys import Pseudonymiser, check_key
from sendepause.model import Account, Evidence
from sendepause.settings import Settings, SourceSettings
from sendepause.sources import files, reader
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.conversion import Converted, Place, to_events
from sendepause.sources.files import Found
from sendepause.store import database, queries
from sendepause.store.queries import FileState

MAX_BYTES = 4 * 1024**3
"""A file of a source is refused above this; readers that need it whole in memory refuse earlier."""

AT_ONCE = 500_000
"""So many events are gathered before they are merged: about 100 MB."""

LOOK_AROUND_DAYS = {"cloud_api_webhook": 31}
"""Statuses come for 30 days: until its ``sent`` is read, a message may stand under a later day."""

CLOCK_SKEW = timedelta(days=1)
"""Messages dated further ahead of now are left out; a zone that was mistaken is within it."""

_NOTES = 30  # notes of one file that are kept
_LONGEST = 500  # characters of a reason or a note
_PLACE = 200  # characters of a place, as many as the store takes
_MEND_FOLDER = "Name its folder after a number that is in the accounts, like +493023125101."
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

    def counts(self) -> dict[str, int]:
        """The same as plain numbers, for logs and assets."""
        numbers = {
            name: getattr(self, name) for name in self.__slots__ if name not in ("accounts", "changed")
        }
        return {**numbers, "accounts": len(self.accounts), "partitions_changed": len(self.changed)}


@dataclass(frozen=True, slots=True)
class _Read:
    """A file that was opened: what to note, and its events unless it is broken."""

    state: FileState
    converted: Converted | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """What all sources of a run share."""

    engine: Engine
    base: str | Path
    data: str | Path
    accounts: dict[str, Account]
    keys: Pseudonymiser
    since: datetime
    now: Callable[[], datetime]
    done: Ingested


def ingest(
    engine: Engine,
    base: str | Path,
    settings: Settings,
    pseudonymiser: Pseudonymiser,
    *,
    as_of: datetime,
    now: Callable[[], datetime],
    data: str | Path | None = None,
) -> Ingested:
    """Read what is new or has changed in all sources; see the module.

    :param base: folder or object-store URL of the event store.
    :param data: local folder below which relative locations of sources lie; ``base`` if not given.
    :param as_of: the run's clock; events older than ``keep_events_days`` before it are not kept.
    :param now: real time, for stamps and for files that are still being written.
    :raises BadInput: where the key is not the one that the store remembers.
    :raises Unreachable: where the store does not answer. What was not noted is read again next time.
    """
    with database.session(engine) as session:
        check_key(session, pseudonymiser)
    run = _Run(
        engine=engine,
        base=base,
        data=base if data is None else data,
        accounts={account.number: account for account in settings.account_list()},
        keys=pseudonymiser,
        since=_midnight(as_of.astimezone(UTC) - timedelta(days=settings.policy.keep_events_days)),
        now=now,
        done=Ingested(),
    )
    for source in settings.sources:
        _SourceRun(run, source).read()
    run.done.day_rows = events.refresh_activity(
        base,
        run.done.changed,
        {account.number: account.time_zone for account in run.accounts.values()},
        sources=[source.id for source in settings.sources],
    )
    return run.done


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


class _SourceRun:
    """One source in one run: its files in order, gathered and merged in portions."""

    def __init__(self, run: _Run, source: SourceSettings) -> None:
        self.run = run
        self.source = source
        self.gathered: list[_Read] = []
        self.met: set[str] = set()
        with database.session(run.engine, write=False) as session:
            self.states = queries.file_state(session, source.id)
            self.seen = {reach.account for reach in queries.reaches(session) if reach.source == source.id}

    def read(self) -> None:
        """Read the source, and note whether it is well."""
        trouble, found = "", list[Found]()
        try:
            found = files.walk(self._root(), self.source.kind, self.run.now())
        except Exception as error:
            trouble = _said(error)
        for file in found:
            try:
                read = self._look(file)
            except Exception as error:  # the storage failed; the file's own troubles are in ``read``
                trouble = _said(error)
                break
            if read is not None:
                self._gather(read)
        self._flush()
        if not trouble:
            self._forget_gone()
        self._note_health(trouble)

    def _root(self) -> Path:
        location = self.source.location
        below = location if "://" in location else Path(storage.folder(self.run.data), location)
        return storage.folder(below, self.source.connection)

    def _look(self, file: Found) -> _Read | None:
        """Open a file if it is new or has changed, and nobody is writing to it."""
        shown = files.shown(file, self.source.kind, self.run.keys)
        self.met.add(shown)
        if not file.settled:
            self.run.done.files_unfinished += 1
            return None
        account = self._account(file)
        stamp = f"{file.modified} {self._basis(account)}"
        state = FileState(self.source.id, shown, "", file.size, self.run.now(), stamp)
        former = self.states.get(shown)
        if former is not None and former.size == file.size and self._agree(former.modified, stamp):
            self.run.done.files_unchanged += 1
            return None
        if account is None and self.source.kind == "chat_export":
            return _broken(state, BadInput("The file lies in no account's folder.", _MEND_FOLDER))
        if file.size > MAX_BYTES:
            return _broken(
                state, BadInput(f"The file is larger than {MAX_BYTES // 1024**3} GiB.", "Split it.")
            )
        try:
            return self._open(file, account, state, former)
        except PermissionError:  # mended without a change to the file: without a stamp it is tried each time
            refused = BadInput("The file may not be read.", "Let the worker's user read it.")
            return _broken(replace(state, modified=""), refused)

    def _open(
        self, file: Found, account: str | None, state: FileState, former: FileState | None
    ) -> _Read | None:
        state = replace(state, hash=storage.sha256(file.path))
        if former is not None and former.hash == state.hash:
            basis = former.modified.partition(" ")[2]
            if self._agree(f"{file.modified} {basis}", state.modified):
                self.run.done.files_unchanged += 1
                return _Read(replace(former, size=file.size, modified=f"{file.modified} {basis}"))
        try:
            read = self._parse(file, account, state)
        except BadInput as error:
            read = _broken(state, error)
        if not files.is_same(file):
            self.run.done.files_unfinished += 1
            return None
        return read

    def _parse(self, file: Found, account: str | None, state: FileState) -> _Read:
        """One file through its reader; BadInput, without a word of its content, where that fails."""
        now = self.run.now()
        try:
            reading = self._reading(file, account)
            converted = to_events(
                reading,
                Place(self.source.id, account, files.chat_of(file), self.source.kind != "chat_export"),
                accounts=self.run.accounts,
                keys=self.run.keys,
                since=self.run.since,
                until=now + CLOCK_SKEW,
            )
        except (SendepauseError, PermissionError):
            raise
        except (Exception, pl.exceptions.PanicException) as error:
            if isinstance(error, OSError) and not storage.is_local(file.path):
                raise
            raise BadInput(
                f"Reading it failed unexpectedly ({type(error).__name__}).", "Check that it is of this kind."
            ) from None
        state = replace(
            state,
            modified=state.modified + (f"+{self._known()}" if converted.unknown_accounts else ""),
            messages=len(reading.messages.filter(~pl.col("system"))),
            notes=tuple(note[:_LONGEST] for note in converted.notes[:_NOTES]),
        )
        return _Read(state, converted, reading.evidence)

    def _reading(self, file: Found, account: str | None) -> Reading:
        """The file as its reader gives it.

        A chat in which no line is by one of the account's names, while nobody said how exports name the
        account, is read again without names: its file name or a notice may tell whose phone it was.
        """
        read = reader(self.source.kind)
        with storage.open_binary(file.path) as stream:
            reading = read(stream, file.name, self._context(account))
        named = account is None or self.run.accounts[account].export_names
        if self.source.kind != "chat_export" or named or "out" in reading.messages["direction"]:
            return reading
        with storage.open_binary(file.path) as stream:
            unnamed = replace(self._context(account), owner=None, owner_names=(), account=None)
            return read(stream, file.name, unnamed)

    def _account(self, file: Found) -> str | None:
        """The account whose file it is, None where the messages themselves say it or nobody knows."""
        if self.source.account is not None:
            return self.source.account if self.source.account in self.run.accounts else None
        if self.source.kind != "chat_export":
            return None
        number = files.number(file.folder)
        return number if number in self.run.accounts else None

    def _context(self, number: str | None) -> ReadContext:
        columns = self.source.columns or None
        if number is None:
            return ReadContext(time_zone=self.source.time_zone or "UTC", columns=columns)
        account = self.run.accounts[number]
        names = (*account.export_names, account.name, number)
        return ReadContext(
            time_zone=self.source.time_zone or account.time_zone,
            owner=names[0],
            owner_names=names[1:],
            account=number,
            columns=columns,
        )

    def _basis(self, account: str | None) -> str:
        """What else the reading of a file depends on: when that changes, the file is read again."""
        context = self._context(account)
        return _short(
            [
                self.source.kind,
                context.time_zone,
                context.owner,
                context.owner_names,
                account,
                self.source.columns,
            ]
        )

    def _known(self) -> str:
        """The accounts that are configured: a file that named others is read again when they change."""
        return _short(sorted(self.run.accounts))

    def _agree(self, former: str, stamp: str) -> bool:
        return former in (stamp, f"{stamp}+{self._known()}")

    def _gather(self, read: _Read) -> None:
        self.gathered.append(read)
        gathered = sum(len(read.converted.events) for read in self.gathered if read.converted)
        if gathered >= AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        """Merge what was gathered, and only then note the files as read."""
        gathered, self.gathered = self.gathered, []
        converted = [read.converted for read in gathered if read.converted]
        done = self.run.done
        if converted:
            changed, new = events.merge_counted(
                self.run.base,
                pl.concat(part.events for part in converted),
                look_around_days=LOOK_AROUND_DAYS.get(self.source.kind, 0),
            )
            done.changed |= changed
            done.events_new += new
        with database.session(self.run.engine) as session:
            for read in gathered:
                queries.note_file(session, read.state)
            for account, (newest, evidence) in self._reach(gathered).items():
                queries.note_reach(session, self.source.id, account, newest, evidence)
        done.files_read += len(converted)
        done.messages += sum(read.state.messages for read in gathered if read.converted)
        done.accounts |= {account for part in converted for account in part.newest}
        done.files_broken += sum(self._is_newly_broken(read.state) for read in gathered)

    def _is_newly_broken(self, state: FileState) -> bool:
        former = self.states.get(state.path)
        return state.broken and not (former and former.broken and former.hash == state.hash)

    def _reach(self, gathered: list[_Read]) -> dict[str, tuple[datetime, Evidence | None]]:
        """How far the data reach, never beyond now.

        A chat export reaches as far as its account's newest message. Where accounts share files, the
        newest message of any tells that the source was alive until then, for all accounts seen in it.
        """
        now = self.run.now()
        found: dict[str, tuple[datetime, Evidence | None]] = {}
        for read in gathered:
            for account, newest in (read.converted.newest if read.converted else {}).items():
                former = found.get(account, (newest, None))
                found[account] = (min(max(former[0], newest), now), read.evidence or former[1])
        if self.source.kind == "chat_export" or not found:
            return found
        self.seen |= found.keys()
        alive = max(newest for newest, _ in found.values())
        return {account: (alive, found.get(account, (alive, None))[1]) for account in self.seen}

    def _forget_gone(self) -> None:
        """A broken file that somebody took away is no longer broken."""
        gone = [state for path, state in self.states.items() if state.broken and path not in self.met]
        if not gone:
            return
        with database.session(self.run.engine) as session:
            for state in gone:
                away = replace(
                    state, broken=False, reason=None, place=None, modified="", hash="", notes=(_GONE,)
                )
                queries.note_file(session, away)

    def _note_health(self, trouble: str) -> None:
        self.run.done.sources_ill += bool(trouble)
        with database.session(self.run.engine) as session:
            queries.set_health(session, f"source:{self.source.id}", not trouble, self.run.now(), trouble)
        if trouble:
            log.warning("Source %s: %s", self.source.id, trouble)


def _broken(state: FileState, error: BadInput) -> _Read:
    reason = f"{error.what} {error.mend}".strip()[:_LONGEST]
    return _Read(replace(state, broken=True, reason=reason, place=error.place and error.place[:_PLACE]))


def _said(error: Exception) -> str:
    """An error for people. What a storage's client says may hold a secret: only its kind is told."""
    if isinstance(error, SendepauseError):
        return str(error)
    return f"The source could not be read ({type(error).__name__}). Check its storage and its connection."


def _short(values: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:12]
