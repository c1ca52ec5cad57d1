"""Carries a plan out: intent, act, verify; and looks whether what was done still holds.

Each campaign system has its own bounded pool, and one that does not answer is left alone for the rest of
the run, so that it holds up no other. What was done is written down at once: partial results are kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from zlib import crc32

from sendepause.campaigns.base import Connector
from sendepause.campaigns.http import kept_open
from sendepause.campaigns.line import Line
from sendepause.enforce.looking import Seen as Seen
from sendepause.enforce.looking import Watched as Watched
from sendepause.enforce.looking import acting as acting
from sendepause.enforce.looking import look as look
from sendepause.enforce.looking import note_completed as note_completed
from sendepause.enforce.looking import note_drained as note_drained
from sendepause.enforce.looking import note_resumed as note_resumed
from sendepause.enforce.looking import note_undone as note_undone
from sendepause.enforce.looking import watch as watch
from sendepause.enforce.pausing import Pausing, pause
from sendepause.enforce.resuming import Resuming, resume
from sendepause.enforce.runs import Order as Order
from sendepause.enforce.runs import Outcome as Outcome
from sendepause.enforce.runs import Result as Result
from sendepause.enforce.runs import Run
from sendepause.enforce.stops import Stops
from sendepause.enforce.writing import Owe as Owe
from sendepause.enforce.writing import Writer
from sendepause.model import Act, Phase
from sendepause.store import folds, ledger
from sendepause.store.database import Engine
from sendepause.store.folds import PauseRecord

Records = Mapping[tuple[str, str], PauseRecord]


async def carry_out(
    engine: Engine,
    connectors: Mapping[str, Connector],
    orders: Sequence[Order],
    *,
    as_of: datetime,
    now: Callable[[], datetime],
    author: str,
    owe: Owe,
    decided_at: int | None = None,
    seconds: float | None = None,
    again_after: Sequence[float] = (),
) -> list[Outcome]:
    """Pause and resume what was ordered; again is safe, and whatever was done is written down at once.

    ``connectors`` by system id; ``as_of`` is the run's clock, ``now`` real time; both aware. ``owe`` is
    called once for each new entry that people have to know of, in the entry's transaction. ``decided_at``:
    the newest ledger entry that the decisions knew; a hold granted since stops its campaign's order.
    ``seconds``: after so long nothing more is begun. ``again_after``: waits (s) before what failed in a
    way that can pass by itself is tried again within this run.

    The outcomes come in the order of the orders. Trouble of a campaign system is an outcome; that of the
    store or of ``owe`` is raised after all were tried (ExceptionGroup).
    """
    writer = Writer(engine, as_of, now, author, owe)
    ends = None if seconds is None else asyncio.get_running_loop().time() + seconds
    run = Run(engine, as_of, now, writer, Stops(engine, decided_at), ends)
    wanted: dict[tuple[str, str, str], Order] = {}
    for order in orders:
        if order.decision.act in (Act.PAUSE, Act.RESUME):
            wanted.setdefault(_key(order), order)
    lines = {name: Line(name, connectors.get(name)) for name in {o.campaign.system for o in wanted.values()}}
    outcomes: dict[tuple[str, str, str], Outcome] = {}
    try:
        async with kept_open():
            for wait in (0, *again_after):
                owed = {key: one for key, one in wanted.items() if _may_pass(outcomes.get(key))}
                if not owed or (outcomes and run.over(wait)):
                    break
                await asyncio.sleep(wait)
                outcomes |= dict(zip(owed, await _all(run, lines, list(owed.values())), strict=True))
    finally:
        writer.close()
    return [outcomes[key] for key in wanted]


def _key(order: Order) -> tuple[str, str, str]:
    """What an order does: a campaign is paused for each rule, and resumed once for all of them."""
    act = order.decision.act
    return str(act), order.decision.enforcement if act is Act.PAUSE else "", order.campaign.key


def _may_pass(outcome: Outcome | None) -> bool:
    """Whether to try: not done yet, or failed in a way that can pass by itself."""
    if outcome is None:
        return True
    owed = outcome.result in (Result.NOT_PAUSED, Result.NOT_RESUMED)
    return owed and outcome.error is not None and outcome.error.retry


async def _all(run: Run, lines: Mapping[str, Line], orders: Sequence[Order]) -> list[Outcome]:
    with run.reading() as session:
        records = folds.pauses(ledger.entries(session, kinds=folds.PAUSES))
    for line in lines.values():
        line.ask_again()
    ended = await asyncio.gather(
        *(
            _one(run, lines[order.campaign.system], order, records)
            for order in _in_order(run, orders, records)
        ),
        return_exceptions=True,
    )
    failed = [error for error in ended if isinstance(error, BaseException)]
    if failed:
        raise BaseExceptionGroup(f"{len(failed)} of {len(orders)} orders could not be written down", failed)
    by_order = {id(o.order): o for o in ended if isinstance(o, Outcome)}
    return [by_order[id(order)] for order in orders]


def _in_order(run: Run, orders: Sequence[Order], records: Records) -> list[Order]:
    """What is in force first; what failed before last, and that in another order each time.

    A few campaigns that their system never answers for would else use up its patience in every run, and
    the same others would wait behind them for ever.
    """
    now = run.now().isoformat()

    def place(order: Order) -> tuple[bool, bool, int]:
        record = records.get((order.decision.enforcement, order.campaign.key))
        failed = record is not None and record.last_error is not None
        shuffled = crc32(f"{now} {order.campaign.key}".encode()) if failed else 0
        return order.decision.phase is not Phase.IN_FORCE, failed, shuffled

    return sorted(orders, key=place)


async def _one(run: Run, line: Line, order: Order, records: Records) -> Outcome:
    if order.decision.act is Act.PAUSE:
        record = records.get((order.decision.enforcement, order.campaign.key))
        return await line.in_turn(partial(pause, Pausing(run, line, order, record)))
    standing = tuple(r for r in records.values() if r.campaign == order.campaign.key and r.status == "paused")
    return await line.in_turn(partial(resume, Resuming(run, line, order, standing)))
