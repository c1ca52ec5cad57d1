"""Writes down what the orders of one run come to: committed when ``write`` returns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sendepause.errors import SendepauseError
from sendepause.model import Decision, EntryKind, Stage
from sendepause.store import database, ledger
from sendepause.store.database import Engine, Session

TOGETHER = 0.01  # s that a transaction waits for others to join it, as PostgreSQL's commit_delay does

Owe = Callable[[Session, Decision, Stage], None]


@dataclass(frozen=True, slots=True)
class Note:
    """An entry about a decision, and the stage that people have to be told of it, if any."""

    decision: Decision
    kind: EntryKind
    once: str
    facts: Mapping[str, Any]
    tell: Stage | None = None
    enforcement: str | None = None  # where it is not the decision's own


@dataclass(frozen=True, slots=True)
class _Waiting:
    notes: Sequence[Note]
    committed: asyncio.Future[None]


class Writer:
    """What is handed in while a transaction is under way goes into the next one, all of it together.

    So hundreds of campaigns wait for a few commits, not for one each. The transactions run in a thread of
    their own: a store that is slow or locked holds up no call to a campaign system.
    """

    def __init__(
        self, engine: Engine, as_of: datetime, now: Callable[[], datetime], author: str, owe: Owe
    ) -> None:
        self._engine, self._as_of, self._now, self._author, self._owe = engine, as_of, now, author, owe
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    def close(self) -> None:
        """Nothing more is written."""
        self._thread.shutdown()

    async def write(self, *notes: Note) -> None:
        """These entries and what they owe, in one transaction; nothing for one that is there already."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(notes, loop.create_future())
        self._waiting.append(waiting)
        if self._writing is None or self._writing.done():
            self._writing = loop.create_task(self._write_all())
        await waiting.committed

    async def _write_all(self) -> None:
        while self._waiting:
            await asyncio.sleep(TOGETHER)
            together, self._waiting = self._waiting, []
            trouble = await self._commit(together)
            if trouble is not None and len(together) > 1 and not isinstance(trouble, SendepauseError):
                for one in together:  # the trouble of one of them is not the others'
                    _end(one, await self._commit([one]))
                continue
            for one in together:
                _end(one, trouble)

    async def _commit(self, together: Sequence[_Waiting]) -> BaseException | None:
        notes = [note for one in together for note in one.notes]
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, notes)
        except Exception as error:
            return error
        return None

    def _transaction(self, notes: Sequence[Note]) -> None:
        new = [
            ledger.New(
                kind=note.kind,
                subject=note.decision.subject,
                enforcement=note.decision.enforcement if note.enforcement is None else note.enforcement,
                facts=note.facts,
                once=note.once,
            )
            for note in notes
        ]
        with database.session(self._engine) as session:
            written = ledger.append_all(session, new, at=self._now(), as_of=self._as_of, author=self._author)
            for note, entry in zip(notes, written, strict=True):
                if entry is not None and note.tell is not None:
                    self._owe(session, note.decision, note.tell)


def _end(one: _Waiting, trouble: BaseException | None) -> None:
    if one.committed.cancelled():
        return
    if trouble is None:
        one.committed.set_result(None)
    else:
        one.committed.set_exception(trouble)
