"""Carries a plan out: intent, act, verify; and looks whether what was done still holds.

Each campaign system has its own bounded pool, and one that does not answer is left alone for the rest of
the run, so that it holds up no other. What was done is written down at once: partial results are kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sendepause.campaigns.base import Connector
from sendepause.campaigns.line import Line
from sendepause.enforce.looking import Seen as Seen
from sendepause.enforce.looking import look as look
from sendepause.enforce.looking import note_completed as note_completed
from sendepause.enforce.looking import note_drained as note_drained
from sendepause.enforce.looking import note_undone as note_undone
from sendepause.enforce.looking import watch as watch
from sendepause.enforce.pausing import Pausing, pause
from sendepause.enforce.resuming import Resuming, resume
from sendepause.enforce.runs import PAUSES as PAUSES
from sendepause.enforce.runs import Order as Order
from sendepause.enforce.runs import Outcome as Outcome
from sendepause.enforce.runs import Owe as Owe
from sendepause.enforce.runs import Result as Result
from sendepause.enforce.runs import Run
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
    ends = None if seconds is None else asyncio.get_running_loop().time() + seconds
    run = Run(engine, as_of, now, author, owe, decided_at, ends)
    wanted: dict[tuple[str, str, str], Order] = {}
    for order in orders:
        if order.decision.act in (Act.PAUSE, Act.RESUME):
            wanted.setdefault(_key(order), order)
    outcomes = dict(zip(wanted, await _all(run, connectors, list(wanted.values())), strict=True))
    for wait in again_after:
        passing = {key: wanted[key] for key, outcome in outcomes.items() if _may_pass(outcome)}
        if not passing:
            break
        await asyncio.sleep(wait)
        outcomes |= dict(zip(passing, await _all(run, connectors, list(passing.values())), strict=True))
    return list(outcomes.values())


def _key(order: Order) -> tuple[str, str, str]:
    """What an order does: a campaign is paused for each rule, and resumed once for all of them."""
    act = order.decision.act
    return str(act), order.decision.enforcement if act is Act.PAUSE else "", order.campaign.key


def _may_pass(outcome: Outcome) -> bool:
    return outcome.result in (Result.NOT_PAUSED, Result.NOT_RESUMED) and bool(
        outcome.error and outcome.error.retry
    )


async def _all(run: Run, connectors: Mapping[str, Connector], orders: Sequence[Order]) -> list[Outcome]:
    with run.reading() as session:
        records = folds.pauses(ledger.entries(session, kinds=PAUSES))
    lines = {system: Line(system, connectors.get(system)) for system in {o.campaign.system for o in orders}}
    urgent = sorted(orders, key=lambda order: order.decision.phase is not Phase.IN_FORCE)
    ended = await asyncio.gather(
        *(_one(run, lines[order.campaign.system], order, records) for order in urgent),
        return_exceptions=True,
    )
    failed = [error for error in ended if isinstance(error, BaseException)]
    if failed:
        raise BaseExceptionGroup(f"{len(failed)} of {len(orders)} orders could not be written down", failed)
    by_order = {id(o.order): o for o in ended if isinstance(o, Outcome)}
    return [by_order[id(order)] for order in orders]


async def _one(run: Run, line: Line, order: Order, records: Records) -> Outcome:
    if order.decision.act is Act.PAUSE:
        record = records.get((order.decision.enforcement, order.campaign.key))
        return await line.in_turn(pause(Pausing(run, line, order, record)))
    standing = tuple(r for r in records.values() if r.campaign == order.campaign.key and r.status == "paused")
    return await line.in_turn(resume(Resuming(run, line, order, standing)))
