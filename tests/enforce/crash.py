"""Runs of enforcing in a process of their own, killed at a chosen instant.

An instant is one before or after a write to the store, a commit, or a call to the campaign system. The
kill is SIGKILL: nothing is closed, flushed or rolled back by anybody but the databases.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session
from tests import stores
from tests.campaigns.grounds import sqlite_ground
from tests.enforce.scene import (
    RULE,
    acting,
    campaign,
    enforce,
    keep_watch,
    notice,
    order,
    owe_one,
    owed,
    records,
    resuming,
)

from sendepause.campaigns.base import Campaigns, Checks, Connector, UnderWay
from sendepause.enforce import look
from sendepause.errors import SendepauseError
from sendepause.model import Campaign, CampaignState, EntryKind, Reason, Stage
from sendepause.store import database, folds, ledger

KILLED = -signal.SIGKILL


class Instants:
    """Counts the instants of a run, and kills the process at one of them."""

    def __init__(self, kill_at: int | None) -> None:
        self.count, self._kill_at = 0, kill_at

    def __call__(self, *_: Any) -> None:
        self.count += 1
        if self.count == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, engine: Any) -> None:
        """An instant before and after each write, and before and after each commit."""

        def writing(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            if not statement.startswith(("SELECT", "BEGIN")):
                self()

        event.listen(engine, "before_cursor_execute", writing)
        event.listen(engine, "after_cursor_execute", writing)
        event.listen(engine, "commit", self)
        event.listen(Session, "after_commit", self)


class Watched(Connector):
    """A connector with an instant before and after each of its calls, and with runs that a pause leaves."""

    def __init__(self, inner: Connector, crm: Path, instant: Callable[[], None]) -> None:
        self.system = inner.system
        self.capabilities = replace(inner.capabilities, list_running=True, stop_running=True)
        self._inner, self._crm, self._instant = inner, crm, instant

    async def list(self) -> Campaigns:
        return await self._inner.list()

    async def read_state(self, id: str) -> CampaignState:
        self._instant()
        state = await self._inner.read_state(id)
        self._instant()
        return state

    async def pause(self, id: str) -> None:
        self._instant()
        await self._inner.pause(id)
        self._instant()

    async def resume(self, id: str, version: str | None) -> None:
        self._instant()
        await self._inner.resume(id, version)
        self._instant()

    async def under_way(self, id: str) -> UnderWay:
        self._instant()
        count = int(_told(self._crm, "SELECT count(*) FROM runs WHERE id = ?", int(id))[0][0])
        self._instant()
        return UnderWay(running=count)

    async def stop_running(self, id: str) -> None:
        self._instant()
        _told(self._crm, "DELETE FROM runs WHERE id = ?", int(id))
        self._instant()

    async def check(self) -> Checks:
        return await self._inner.check()


def _told(file: Path, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """One statement in the campaign system's own file, committed."""
    with closing(sqlite3.connect(file)) as crm, crm:
        return crm.execute(statement, values).fetchall()


class Place:
    """A store and a campaign system on disk, and what is true in them."""

    def __init__(self, folder: Path, campaigns: int) -> None:
        """Running campaigns on a personal account, after the date; every change of state is counted."""
        self._ids = [str(number) for number in range(1, campaigns + 1)]
        self._folder, self._template = folder / "now", folder / "template"
        self._folder.mkdir()
        self._engine = database.connect(f"sqlite:///{self._folder}/store.db")
        stores.migrate(self._engine)
        acting(self._engine)
        self._engine.dispose()
        self._ground = sqlite_ground(self._folder, at_once=1)  # one at once: the same instants in every run
        self._crm = self._folder / "crm.db"
        for id in self._ids:
            self._ground.put(id, "running")
        _told(self._crm, "CREATE TABLE changes (id INTEGER, state TEXT)")
        _told(self._crm, "CREATE TABLE runs (id INTEGER)")
        _told(
            self._crm,
            'CREATE TRIGGER counted AFTER UPDATE ON "Campaign plan" WHEN OLD."order" <> NEW."order" '
            'BEGIN INSERT INTO changes VALUES (NEW.id, NEW."order"); END',
        )
        for id in self._ids:
            _told(self._crm, "INSERT INTO runs VALUES (?)", int(id))
        self._folder.rename(self._template)
        self.reset()

    def keep(self) -> None:
        """From now on :meth:`reset` leads back to here."""
        shutil.rmtree(self._template)
        shutil.copytree(self._folder, self._template)

    def reset(self) -> None:
        """As if nothing had been done yet."""
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(self._template, self._folder)

    def pauses(self, kill_at: int | None = None) -> int:
        """A run that pauses what runs, in a child process; its exit code, or minus the ending signal."""
        return self._in_a_child(self._pause, kill_at)

    def resumes(self, kill_at: int | None = None) -> int:
        """A run that resumes, on approval, all that we paused."""
        return self._in_a_child(self._resume, kill_at)

    def watches(self, kill_at: int | None = None) -> int:
        """A run that reads again what is paused, and ends what still runs of it."""
        return self._in_a_child(self._watch, kill_at)

    def somebody_switches(self, id: str, state: str) -> None:
        """By hand, in the campaign system."""
        self._ground.put(id, state)

    def work_begins(self, id: str) -> None:
        """One more run of a campaign, although it is paused."""
        _told(self._crm, "INSERT INTO runs VALUES (?)", int(id))

    def _in_a_child(self, work: Callable[[Instants], None], kill_at: int | None) -> int:
        child = os.fork()
        if child == 0:
            try:
                work(Instants(kill_at))
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def _begin(self, instants: Instants) -> tuple[dict[str, Connector], list[Campaign]]:
        """Look, and note what came true and what people undid."""
        instants.watch(self._engine)
        connectors: dict[str, Connector] = {"crm": Watched(self._ground.connector, self._crm, instants)}
        seen = asyncio.run(look(connectors))["crm"]
        assert not isinstance(seen, SendepauseError)
        notice(self._engine, seen.campaigns)
        return connectors, seen.campaigns

    def _pause(self, instants: Instants) -> None:
        """Order a pause of what runs, carry it out, tell."""
        connectors, seen = self._begin(instants)
        running = [one for one in seen if one.state is CampaignState.RUNNING]
        enforce(self._engine, connectors, [order(one, Reason.DATE_PASSED) for one in running])
        self._tell("paused", Stage.PAUSED)

    def _resume(self, instants: Instants) -> None:
        """Order a resume of what stands; a person's approval of it stands as well."""
        connectors, seen = self._begin(instants)
        standing = {r.campaign for r in records(self._engine).values() if r.status == "paused"}
        enforce(self._engine, connectors, [resuming(one) for one in seen if one.key in standing])
        self._tell("resumed", Stage.RESUMED)

    def _tell(self, status: str, stage: Stage) -> None:
        """Owe what is so and was not told yet, as the plan does: also what a run before this one began."""
        with database.session(self._engine) as session:
            for (_, key), record in folds.pauses(ledger.entries(session)).items():
                if record.status == status and not owed(session, stage, key):
                    owe_one(session, order(campaign(key.rpartition("/")[2], "crm")).decision, stage)

    def _watch(self, instants: Instants) -> None:
        instants.watch(self._engine)
        connectors = {"crm": Watched(self._ground.connector, self._crm, instants)}
        keep_watch(self._engine, connectors, [campaign(id, "crm") for id in self._ids])

    def check_honest(self) -> None:
        """The chain is whole; what counts as paused does not run, and what was told was written."""
        with self._reading() as session:
            assert ledger.verify(session) is None
            entries = ledger.entries(session)
            written = Counter(entry.subject for entry in entries if entry.kind is EntryKind.PAUSED)
            assert not Counter(owed(session, Stage.PAUSED)) - written
            standing = [r for r in folds.pauses(entries).values() if r.status == "paused"]
        for record in standing:
            assert ("paused",) in self._changes(record.campaign.removeprefix("campaign:crm/"))

    def check_paused(self) -> None:
        """Each campaign was paused once, written down once and told once, and nothing of it runs on."""
        self.check_honest()
        self._check_written(["intent", "breach", "paused"], ["paused"])
        assert _told(self._crm, "SELECT count(*) FROM runs") == [(0,)]

    def check_resumed(self) -> None:
        """And each was resumed once, written down once and told once."""
        self.check_honest()
        self._check_written(["intent", "breach", "paused", "resume_intent", "resumed"], ["paused", "running"])
        with self._reading() as session:
            assert sorted(owed(session, Stage.RESUMED)) == [f"campaign:crm/{id}" for id in self._ids]

    def check_still_undone(self, id: str) -> None:
        """Somebody's hand was heard once, and nothing was called after it."""
        self.check_honest()
        with self._reading() as session:
            entries = ledger.entries(session, subject=f"campaign:crm/{id}", kinds=[EntryKind.UNDONE])
        assert len(entries) == 1
        assert self._changes(id) == [("paused",)]

    def check_drained(self, id: str) -> None:
        """What began after the pause was ended and written down once."""
        self.check_honest()
        with self._reading() as session:
            entries = ledger.entries(session, subject=f"campaign:crm/{id}", kinds=[EntryKind.DRAINED])
            (record,) = folds.pauses(ledger.entries(session)).values()
        assert _told(self._crm, "SELECT count(*) FROM runs") == [(0,)]
        # A kill between the end of the runs and the entry leaves nothing to be told of: nothing runs.
        assert len(entries) <= 1 and record.left == 0

    def _check_written(self, kinds: list[str], changes: list[str]) -> None:
        with self._reading() as session:
            for id in self._ids:
                entries = ledger.entries(session, subject=f"campaign:crm/{id}")
                # That running work was ended by a watch, since the run that should have was killed.
                found = [str(entry.kind) for entry in entries if entry.kind is not EntryKind.DRAINED]
                assert found == kinds
                assert all(entry.enforcement == RULE for entry in entries)
            for stage in (Stage.PAUSED, Stage.BREACH):
                assert sorted(owed(session, stage)) == [f"campaign:crm/{id}" for id in self._ids]
        for id in self._ids:
            assert self._changes(id) == [(state,) for state in changes]
            assert self._ground.state(id) == changes[-1]

    def _changes(self, id: str) -> list[tuple[Any, ...]]:
        """What became of a campaign by our calls; what people do is not counted."""
        return _told(self._crm, "SELECT state FROM changes WHERE id = ?", int(id))

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with database.session(self._engine, write=False) as session:
            yield session
        self._engine.dispose()  # no connection may be open when the next child is forked
