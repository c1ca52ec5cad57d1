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
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session
from tests.campaigns.grounds import sqlite_ground
from tests.enforce.scene import RULE, acting, campaign, enforce, notice, order, owe_one, owed

from sendepause.campaigns.base import Campaigns, Checks, Connector
from sendepause.enforce import look
from sendepause.errors import SendepauseError
from sendepause.model import CampaignState, EntryKind, Reason, Stage
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
    """A connector with an instant before and after each of its calls."""

    def __init__(self, inner: Connector, instant: Callable[[], None]) -> None:
        self.system, self.capabilities = inner.system, inner.capabilities
        self._inner, self._instant = inner, instant

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

    async def check(self) -> Checks:
        return await self._inner.check()


class Place:
    """A store and a campaign system on disk, and what is true in them."""

    def __init__(self, folder: Path, campaigns: int) -> None:
        """Running campaigns on a personal account, after the date; every change of state is counted."""
        self._ids = [str(number) for number in range(1, campaigns + 1)]
        self._folder, self._template = folder / "now", folder / "template"
        self._folder.mkdir()
        self._engine = database.connect(f"sqlite:///{self._folder}/store.db")
        database.migrate(self._engine)
        acting(self._engine)
        self._engine.dispose()
        self._ground = sqlite_ground(self._folder, at_once=1)  # one at once: the same instants in every run
        for id in self._ids:
            self._ground.put(id, "running")
        with closing(sqlite3.connect(self._folder / "crm.db")) as crm:
            crm.execute("CREATE TABLE changes (id INTEGER)")
            crm.execute(
                'CREATE TRIGGER counted AFTER UPDATE ON "Campaign plan" WHEN OLD."order" <> NEW."order" '
                "BEGIN INSERT INTO changes VALUES (NEW.id); END"
            )
        self._folder.rename(self._template)
        self.reset()

    def reset(self) -> None:
        """As if nothing had been done yet."""
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(self._template, self._folder)

    def run(self, kill_at: int | None = None) -> int:
        """One run in a child process; its exit code, or minus the signal that ended it."""
        child = os.fork()
        if child == 0:
            try:
                self._run(Instants(kill_at))
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def _run(self, instants: Instants) -> None:
        """What a run of enforcing does: look, note, order a pause of what runs, carry it out, tell."""
        instants.watch(self._engine)
        connectors = {"crm": Watched(self._ground.connector, instants)}
        seen = asyncio.run(look(connectors))["crm"]
        assert not isinstance(seen, SendepauseError)
        notice(self._engine, seen.campaigns)
        orders = [
            order(one, Reason.DATE_PASSED) for one in seen.campaigns if one.state is CampaignState.RUNNING
        ]
        enforce(self._engine, connectors, orders)
        with database.session(self._engine) as session:
            for (_, key), record in folds.pauses(ledger.entries(session)).items():
                if record.status == "paused" and not owed(session, Stage.PAUSED, key):
                    owe_one(session, order(campaign(key.rpartition("/")[2], "crm")).decision, Stage.PAUSED)

    def check_honest(self) -> None:
        """Nothing is written down or told as paused that runs, and the chain is whole."""
        with self._reading() as session:
            assert ledger.verify(session) is None
            claimed = {entry.subject for entry in ledger.entries(session, kinds=[EntryKind.PAUSED])}
            assert set(owed(session, Stage.PAUSED)) <= claimed
            assert all(self._ground.state(key.removeprefix("campaign:crm/")) == "paused" for key in claimed)

    def check_done(self) -> None:
        """Each campaign was paused once, written down once and told once."""
        self.check_honest()
        with self._reading() as session:
            for id in self._ids:
                entries = ledger.entries(session, subject=f"campaign:crm/{id}")
                assert [str(entry.kind) for entry in entries] == ["intent", "breach", "paused"]
                assert all(entry.enforcement == RULE for entry in entries)
            for stage in (Stage.PAUSED, Stage.BREACH):
                assert sorted(owed(session, stage)) == [f"campaign:crm/{id}" for id in self._ids]
        with closing(sqlite3.connect(self._folder / "crm.db")) as crm:
            changes = crm.execute("SELECT id FROM changes ORDER BY id").fetchall()
        assert changes == [(int(id),) for id in self._ids]

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with database.session(self._engine, write=False) as session:
            yield session
        self._engine.dispose()  # no connection may be open when the next child is forked
