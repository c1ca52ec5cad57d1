"""Runs of the reading stage in a process of their own, killed at a chosen instant.

An instant is one before a write to the store, before a commit, or before a file of the event store; after
one is before the next. The processes are forked from a server that has imported all this and used none of it:
Polars does not survive a fork.
"""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from tests.enforce.crash import Instants
from tests.stages.company import BOOKINGS, configuration_of

from sendepause import configuration, events, storage
from sendepause.keys import Pseudonymiser
from sendepause.sources import received as draining
from sendepause.sources.ingest import ingest
from sendepause.store import database, queries, received

AS_OF = datetime(2019, 11, 20, 12, tzinfo=UTC)
KEY = b"an invented key of 32 bytes....."
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.receiving.crash"])


def read(folder: Path, kill_at: int | None) -> None:
    """One run of the reading stage, in portions of two rows."""
    instant = Instants(kill_at)
    genuine: Callable[..., Any] = storage.write

    def write(*arguments: Any) -> None:
        instant()
        genuine(*arguments)

    storage.write = write
    draining.AT_ONCE = 2
    files = configuration_of()
    files["sources.yaml"] = {"sources": [{"id": "meta", "kind": "cloud_api_receiver"}]}
    settings = configuration.check({key: value for part in files.values() for key, value in part.items()})
    engine = database.connect(f"sqlite:///{folder}/store.db")

    def writing(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SELECT", "BEGIN", "PRAGMA")):
            instant()

    event.listen(engine, "before_cursor_execute", writing)
    event.listen(engine, "commit", instant)
    ingest(engine, folder, settings, Pseudonymiser(KEY), as_of=AS_OF, now=lambda: AS_OF)
    engine.dispose()


class Place:
    """A store in which four events of two days wait, and what is true in it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._template = folder / "now", folder / "template"
        self._template.mkdir()
        engine = database.connect(f"sqlite:///{self._template}/store.db")
        database.migrate(engine)
        with database.session(engine) as session:
            received.add(session, [_event(n) for n in range(4)])
            received.add_left_out(session, "meta", str(AS_OF.date()), {"messages were left out.": 7})
        engine.dispose()
        self.reset()

    def reset(self) -> None:
        """As if nothing had been read yet."""
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(self._template, self._folder)

    def reads(self, kill_at: int | None = None) -> int:
        """A run in a process of its own; its exit code, or minus the signal that ended it."""
        process = FORK.Process(target=read, args=(self._folder, kill_at))
        process.start()
        process.join(60)
        code = process.exitcode
        assert code is not None
        return code

    def check_nothing_lost(self) -> None:
        """Whatever happened: each event waits, or is in the event store."""
        waiting, kept = self._ids()
        assert set(waiting) | set(kept) == {f"e{n}" for n in range(4)}

    def check_all_read(self) -> None:
        """Each event once, its day counted once, nothing waits, and the notes say so."""
        waiting, kept = self._ids()
        assert waiting == []
        assert sorted(kept) == [f"e{n}" for n in range(4)]
        days = events.activity(self._folder, AS_OF.date() - timedelta(days=9), AS_OF.date())
        assert int(days["sends"].sum()) == 4
        assert not list((self._folder / "activity" / "pending").glob("*.json"))
        engine = database.connect(f"sqlite:///{self._folder}/store.db")
        with database.session(engine, write=False) as session:
            (day,) = queries.file_state(session, "meta").values()
            reaches = {reach.account: reach.read_until for reach in queries.reaches(session)}
        engine.dispose()
        assert (day.messages, day.notes) == (4, ("7 messages were left out.",))
        assert reaches == {BOOKINGS: AS_OF - timedelta(hours=1)}

    def _ids(self) -> tuple[list[str], list[str]]:
        engine = database.connect(f"sqlite:///{self._folder}/store.db")
        with database.session(engine, write=False) as session:
            waiting = [row[1] for row in received.portion(session, 0, 1 << 60, 100)]
        engine.dispose()
        return waiting, events.scan(self._folder).collect()["event_id"].to_list()


def _event(n: int) -> dict[str, Any]:
    at = AS_OF - timedelta(hours=1) - timedelta(days=n // 2)
    return {
        "event_id": f"e{n}",
        "account_id": BOOKINGS,
        "sent_at": int(at.timestamp() * 1000),
        "resolution": "s",
        "position": n,
        "direction": "out",
        "counterpart": "c" * 32,
        "content": f"{n}" * 32,
        "campaign_id": None,
        "source": "meta",
    }
