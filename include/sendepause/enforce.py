"""Carries pauses out: intent, act, verify.

A pause is written down before the campaign system is called, and counts only after the state was read
back. Every step is a transaction of its own, so a run may be killed at any instant: the next one finds
the open intent, reads the state first, and goes on from what is true. The campaign system's answer
decides nothing; its state does.

Each campaign system has its own bounded pool, and one that does not answer is left alone for the rest
of the run, so that it holds up no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sendepause.campaigns.base import Connector
from sendepause.campaigns.line import Line, bounded
from sendepause.errors import BadInput, Guarded, Refused, SendepauseError, Unclear, Unreachable
from sendepause.model import Act, Campaign, CampaignState, Decision, EntryKind, Reason, Stage
from sendepause.store import database, folds, ledger
from sendepause.store.database import Engine, Session
from sendepause.store.folds import PauseRecord

READ_BACK_AFTER = (0.0, 0.5, 2.0)  # s; n8n 2.41 shows a change up to 0.3 s after its answer
ASKED_AFTER = 3  # so many campaigns of a system that lists nothing any more are asked for one by one
LIST_PATIENCE = 10  # a list may take so many of its system's timeouts: it has pages

OPEN = ("intended", "not_paused")  # the pause is owed: begun, and not completed
NOT_RUNNING = (CampaignState.PAUSED, CampaignState.DONE)
SWITCHES = (EntryKind.ACT, EntryKind.HALT)
PAUSES = (
    EntryKind.INTENT,
    EntryKind.PAUSED,
    EntryKind.NOT_PAUSED,
    EntryKind.UNDONE,
    EntryKind.RESUME_INTENT,
    EntryKind.RESUMED,
    EntryKind.BREACH,
)

T = TypeVar("T")
Owe = Callable[[Session, Decision, Stage], None]


class Result(StrEnum):
    """How an order ended."""

    PAUSED = "paused"  # read back as paused (or over), and written down
    NOT_PAUSED = "not_paused"  # still owed
    NOT_RUNNING = "not_running"  # it did not run any more when we came: nothing was called or written
    UNDONE = "undone"  # we had paused it and somebody switched it on since: the next plan decides
    STOPPED = "stopped"  # halt is on, or acting is off: nothing was called


@dataclass(frozen=True, slots=True)
class Order:
    """A decision to pause, and the campaign as it was seen when that was decided."""

    decision: Decision
    campaign: Campaign


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order. ``error`` says why a pause is still owed."""

    order: Order
    result: Result
    error: SendepauseError | None = None


async def carry_out(
    engine: Engine,
    connectors: Mapping[str, Connector],
    orders: Sequence[Order],
    *,
    as_of: datetime,
    now: Callable[[], datetime],
    author: str,
    owe: Owe,
) -> list[Outcome]:
    """Pause every ordered campaign; again is safe, and whatever was done is written down at once.

    ``connectors`` by system id; ``as_of`` is the run's clock, ``now`` real time; both aware. ``owe`` is
    called once for each new entry of a pause, a failed pause or a breach, in the entry's transaction.
    Decisions other than to pause are left out; the outcomes come in the order of the others. Trouble of
    a campaign system is an outcome; that of the store or of ``owe`` is raised after all were tried
    (ExceptionGroup).
    """
    run = _Run(engine, as_of, now, author, owe)
    with run.reading() as session:
        records = folds.pauses(ledger.entries(session, kinds=PAUSES))
    lines = {system: Line(system, connectors.get(system)) for system in {o.campaign.system for o in orders}}
    tasks = [
        _Task(
            run,
            lines[order.campaign.system],
            order,
            records.get((order.decision.enforcement, order.campaign.key)),
        )
        for order in orders
        if order.decision.act is Act.PAUSE
    ]
    ended = await asyncio.gather(
        *(task.line.in_turn(_follow(task)) for task in tasks), return_exceptions=True
    )
    failed = [error for error in ended if isinstance(error, BaseException)]
    if failed:
        raise BaseExceptionGroup(f"{len(failed)} of {len(tasks)} orders could not be written down", failed)
    return [outcome for outcome in ended if isinstance(outcome, Outcome)]


async def look(
    connectors: Mapping[str, Connector], ran: Iterable[Campaign] = ()
) -> dict[str, list[Campaign] | SendepauseError]:
    """The campaigns of every system, all asked at once; the error of one that cannot be listed.

    ``ran``: what ran when it was last listed. A system that lists nothing at all any more, and does not
    know that these are over, has lost its campaigns or we our sight of it: that is no list to go by.
    """
    before = list(ran)

    async def listed(system: str, connector: Connector) -> list[Campaign] | SendepauseError:
        try:
            seconds = LIST_PATIENCE * connector.system.timeout_seconds
            found = await bounded(connector.list(), system, seconds, Unreachable)
            if not found:
                await _explain_silence(connector, system, [one for one in before if one.system == system])
            return found
        except SendepauseError as error:
            return error

    found = await asyncio.gather(*(listed(system, connector) for system, connector in connectors.items()))
    return dict(zip(connectors, found, strict=True))


async def _explain_silence(connector: Connector, system: str, ran: Sequence[Campaign]) -> None:
    """Refused where some of the campaigns that ran are neither listed nor known to be over."""
    for campaign in ran[:ASKED_AFTER]:
        seconds = connector.system.timeout_seconds
        state = await bounded(connector.read_state(campaign.id), system, seconds, Unreachable)
        if state not in NOT_RUNNING:
            raise Refused(
                f"The campaign system {system} lists no campaign any more; {len(ran)} ran when last asked.",
                "Look whether its connection still leads to the right place and may list everything. If all "
                "campaigns were deleted, take the system out of campaign_systems.yaml.",
            )


def note_undone(
    session: Session, campaigns: Iterable[Campaign], *, as_of: datetime, now: datetime, author: str
) -> list[PauseRecord]:
    """Write down which of our pauses somebody undid: the campaign runs again, and not by our resume.

    ``campaigns`` as they were just listed: an old state would undo a pause that was made since. One
    UNDONE entry an episode, for every enforcement that had paused the campaign. Returns the records as
    they were before, of those entries that are new.
    """
    running = {c.key: c for c in campaigns if c.state is CampaignState.RUNNING}
    undone = [
        (record, folds.once_undone, _last_change(running[record.campaign]))
        for record in folds.pauses(ledger.entries(session, kinds=PAUSES)).values()
        if record.status == "paused" and not record.resuming and record.campaign in running
    ]
    return _note(session, EntryKind.UNDONE, undone, as_of, now, author)


def note_completed(
    session: Session, campaigns: Iterable[Campaign], *, as_of: datetime, now: datetime, author: str
) -> list[PauseRecord]:
    """Write down which of our open intents came true: the campaign is listed as paused, or as over.

    So ends what a killed run had begun, and what a person did before we could: a campaign that does not
    run gets no further order. ``campaigns`` and the answer are as for :func:`note_undone`.
    """
    still = {c.key: c for c in campaigns if c.state in NOT_RUNNING}
    completed = [
        (record, folds.once_paused, {"state": str(still[record.campaign].state)})
        for record in folds.pauses(ledger.entries(session, kinds=PAUSES)).values()
        if record.status in OPEN and record.campaign in still
    ]
    return _note(session, EntryKind.PAUSED, completed, as_of, now, author)


def _note(
    session: Session,
    kind: EntryKind,
    found: Iterable[tuple[PauseRecord, Callable[[str, str, int], str], Mapping[str, str]]],
    as_of: datetime,
    now: datetime,
    author: str,
) -> list[PauseRecord]:
    """One entry for each record, with its facts; the records whose entry was not there yet."""
    return [
        record
        for record, once, facts in found
        if ledger.append(
            session,
            at=now,
            as_of=as_of,
            author=author,
            kind=kind,
            subject=record.campaign,
            enforcement=record.enforcement,
            facts={"episode": record.episode, **facts},
            once=once(record.enforcement, record.campaign, record.episode),
        )
    ]


@dataclass(frozen=True, slots=True)
class _Run:
    """What all orders of a run share."""

    engine: Engine
    as_of: datetime
    now: Callable[[], datetime]
    author: str
    owe: Owe

    def reading(self) -> AbstractContextManager[Session]:
        return database.session(self.engine, write=False)

    def stopped(self) -> bool:
        """Whether nothing may be called now, as the store says at this very moment."""
        with self.reading() as session:
            switches = folds.switches(ledger.entries(session, kinds=SWITCHES))
        return switches.halted or not switches.acting


@dataclass
class _Task:
    """One order on its way through the steps."""

    run: _Run
    line: Line
    order: Order
    record: PauseRecord | None  # what the ledger knew of it when the run began

    def __post_init__(self) -> None:
        record = self.record
        self.intended = record is not None and record.status in OPEN
        self.episode = folds.next_episode(record)
        self.error: SendepauseError | None = None

    def ended(self, result: Result, error: SendepauseError | None = None) -> Outcome:
        return Outcome(self.order, result, error)

    def once(self, name: Callable[[str, str, int], str]) -> str:
        return name(self.order.decision.enforcement, self.order.campaign.key, self.episode)

    def write(self, session: Session, kind: EntryKind, once: str, tell: Stage | None, **facts: Any) -> None:
        """One entry, and what it owes to people, in the same transaction; nothing if it is there already."""
        entry = ledger.append(
            session,
            at=self.run.now(),
            as_of=self.run.as_of,
            author=self.run.author,
            kind=kind,
            subject=self.order.campaign.key,
            enforcement=self.order.decision.enforcement,
            facts={"episode": self.episode, **facts},
            once=once,
        )
        if entry is not None and tell is not None:
            self.run.owe(session, self.order.decision, tell)


async def _follow(task: _Task) -> Outcome:
    """The steps of a pause, in order; the first that has an outcome ends it."""
    for step in (_unless_stopped, _look_first, _intend, _unless_stopped, _act):
        outcome = await step(task)
        if outcome is not None:
            return outcome
    return await _verify(task)


async def _unless_stopped(task: _Task) -> Outcome | None:
    return task.ended(Result.STOPPED) if task.run.stopped() else None


async def _look_first(task: _Task) -> Outcome | None:
    """What is true before anything is done: a run before this one, or a person, may have been here."""
    try:
        state = await task.line.read(task.order.campaign.id)
    except SendepauseError as error:
        task.error, state = error, CampaignState.UNKNOWN
    if task.record is not None and task.record.status == "paused":
        return _paused_before(task, state)
    if state in NOT_RUNNING:
        return _paused(task, state) if task.intended else task.ended(Result.NOT_RUNNING)
    return None


def _paused_before(task: _Task, state: CampaignState) -> Outcome:
    """We paused it in this episode already. If it runs, whoever switched it on has not been heard yet.

    The next plan tells it and decides, as for every undone pause.
    """
    if state in NOT_RUNNING:
        return task.ended(Result.PAUSED)
    if state is not CampaignState.RUNNING:
        return task.ended(Result.NOT_PAUSED, task.error or _not_as_told(task, state))
    with database.session(task.run.engine) as session:
        task.write(session, EntryKind.UNDONE, task.once(folds.once_undone), None)
    return task.ended(Result.UNDONE)


async def _intend(task: _Task) -> None:
    """Write down what is about to be done, and the breach if the date has passed: it ran until now."""
    campaign = task.order.campaign
    with database.session(task.run.engine) as session:
        if not task.intended:
            before = _last_change(campaign) | ({"version": campaign.version} if campaign.version else {})
            task.write(session, EntryKind.INTENT, task.once(folds.once_intent), None, **before)
        if Reason.DATE_PASSED in task.order.decision.reasons:
            task.write(session, EntryKind.BREACH, task.once(folds.once_breach), Stage.BREACH)


async def _act(task: _Task) -> None:
    """Ask for the pause. Whatever is answered, the state decides."""
    try:
        await task.line.pause(task.order.campaign.id)
        task.error = None
    except SendepauseError as error:
        task.error = error


async def _verify(task: _Task) -> Outcome:
    """Read the state back, a little later again if it is not there yet, and write down what is true."""
    state, unread = CampaignState.UNKNOWN, None
    for seconds in READ_BACK_AFTER if task.error is None else READ_BACK_AFTER[:1]:
        await asyncio.sleep(seconds)
        try:
            state, unread = await task.line.read(task.order.campaign.id), None
        except SendepauseError as error:
            unread = error
        if state in NOT_RUNNING:
            return _paused(task, state)
    return _not_paused(task, task.error or unread or _not_as_told(task, state))


def _paused(task: _Task, state: CampaignState) -> Outcome:
    with database.session(task.run.engine) as session:
        once = task.once(folds.once_paused)
        task.write(session, EntryKind.PAUSED, once, Stage.PAUSED, state=str(state))
    return task.ended(Result.PAUSED)


def _not_paused(task: _Task, error: SendepauseError) -> Outcome:
    """Still owed. The same trouble is written down once an hour, however often it is met."""
    kind = _kind(error)
    hour = task.run.now().astimezone(UTC).strftime("%Y-%m-%dT%H")
    once = folds.once_not_paused(
        task.order.decision.enforcement, task.order.campaign.key, task.episode, f"{kind}:{hour}"
    )
    with database.session(task.run.engine) as session:
        said = " ".join(part for part in (error.what, error.mend) if part)[:1000]
        task.write(session, EntryKind.NOT_PAUSED, once, Stage.NOT_PAUSED, error=kind, says=said)
    return task.ended(Result.NOT_PAUSED, error)


_KINDS = (Unreachable, Refused, Unclear, BadInput, Guarded, SendepauseError)


def _kind(error: SendepauseError) -> str:
    return next(kind.__name__ for kind in _KINDS if isinstance(error, kind))


def _not_as_told(task: _Task, state: CampaignState) -> SendepauseError:
    """The system answered well and the state says otherwise."""
    if state is CampaignState.RUNNING:
        return Refused(
            f"The campaign system {task.line.name} answered that it paused the campaign, and the campaign "
            "still runs.",
            "Pause it there by hand, and look into the system's own log.",
        )
    return Unclear(
        f"The campaign system {task.line.name} shows a state that is neither running nor paused.",
        "Look at the campaign there; if the state is a usual one, add it to the system's settings.",
    )


def _last_change(campaign: Campaign) -> dict[str, str]:
    """Who changed a campaign last and when, where its system tells."""
    known = {"changed_by": campaign.changed_by}
    known["changed_at"] = campaign.changed_at.isoformat() if campaign.changed_at else None
    return {name: value for name, value in known.items() if value}
