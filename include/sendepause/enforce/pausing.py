"""Pauses one campaign: look, intent, act, read back, and end what is under way.

A pause is written down before the campaign system is called, and counts only after the state was read
back. The campaign system's answer decides nothing; its state does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sendepause.campaigns.base import UnderWay
from sendepause.campaigns.line import Line
from sendepause.enforce.runs import (
    NOT_RUNNING,
    Order,
    Outcome,
    Result,
    Run,
    Stopped,
    kind_of,
    last_change,
    not_as_told,
    read_back,
    says,
)
from sendepause.enforce.writing import Note
from sendepause.errors import SendepauseError
from sendepause.model import CampaignState, EntryKind, Reason, Stage
from sendepause.store import folds
from sendepause.store.folds import PauseRecord

Facts = Mapping[str, Any]
OPEN = ("intended", "not_paused")  # the pause is owed: begun, and not completed


@dataclass
class Pausing:
    """One order on its way through the steps."""

    run: Run
    line: Line
    order: Order
    record: PauseRecord | None  # what the ledger knew of it when the run began

    def __post_init__(self) -> None:
        record = self.record
        self.intended = record is not None and record.status in OPEN
        self.episode = folds.next_episode(record)
        self.error: SendepauseError | None = None
        self.begun = False  # the intent is this run's, and nothing was called yet

    @property
    def id(self) -> str:
        return self.order.campaign.id

    def ended(self, result: Result, error: SendepauseError | None = None) -> Outcome:
        return Outcome(self.order, result, error)

    def entry(
        self,
        kind: EntryKind,
        once: Callable[[str, str, int], str],
        tell: Stage | None = None,
        facts: Facts | None = None,
    ) -> Note:
        """An entry of this pause's episode."""
        decision = self.order.decision
        name = once(decision.enforcement, self.order.campaign.key, self.episode)
        return Note(decision, kind, name, {"episode": self.episode, **(facts or {})}, tell)

    def may_call(self) -> None:
        self.run.may_call(self.order.campaign.key)


async def pause(task: Pausing) -> Outcome:
    """The steps of a pause, in order; the first that has an outcome ends it."""
    try:
        for step in (_look_first, _intend, _act):
            outcome = await step(task)
            if outcome is not None:
                return outcome
    except Stopped as stopped:
        await _withdraw(task)
        return task.ended(stopped.result)
    return await _verify(task)


async def _withdraw(task: Pausing) -> None:
    """An intent of this run that nothing was called for is no pause of ours, if a person makes one now."""
    if task.begun:
        await task.run.writer.write(task.entry(EntryKind.WITHDRAWN, folds.once_withdrawn))


async def drain(line: Line, id: str, may_call: Callable[[], None]) -> Facts:
    """End what is under way of a paused campaign where the system can, and say what goes on, as facts.

    Nothing where the system shows no running work, or nothing runs. Trouble fails no pause: it is said.
    ``may_call`` is asked before anything is ended; where it raises Stopped, this only looks.
    """
    can = line.capabilities
    if can is None or not can.list_running:
        return {}
    try:
        found = left = await line.under_way(id)
        if can.stop_running and not found.none:
            await line.stop_running(id, may_call)
            left = await line.under_way(id)
    except Stopped:
        left = found
    except SendepauseError as error:
        return {"under_way": "unknown", "error": kind_of(error), "says": says(error)}
    if found.none and found.complete:
        return {}
    return {"under_way": _counts(found), "left": _counts(left), "complete": left.complete}


def _counts(found: UnderWay) -> dict[str, int]:
    return {"running": found.running, "waiting": found.waiting}


async def _look_first(task: Pausing) -> Outcome | None:
    """What is true before anything is done: a run before this one, or a person, may have been here."""
    try:
        state = await task.line.read(task.id, task.may_call)
    except SendepauseError as error:
        task.error, state = error, CampaignState.UNKNOWN
    if task.record is not None and task.record.status == "paused":
        return await _paused_before(task, state)
    if state in NOT_RUNNING:
        return await _paused(task, state) if task.intended else task.ended(Result.NOT_RUNNING)
    return None


async def _paused_before(task: Pausing, state: CampaignState) -> Outcome:
    """We paused it in this episode already. If it runs, whoever switched it on has not been heard yet.

    The next plan tells it and decides, as for every undone pause.
    """
    if state in NOT_RUNNING:
        return task.ended(Result.PAUSED)
    if state is not CampaignState.RUNNING:
        return task.ended(Result.NOT_PAUSED, task.error or _not_paused_as_told(task, state))
    await task.run.writer.write(task.entry(EntryKind.UNDONE, folds.once_undone))
    return task.ended(Result.UNDONE)


async def _intend(task: Pausing) -> None:
    """Write down what is about to be done, and the breach if the date has passed: it ran until now."""
    campaign, notes = task.order.campaign, []
    if not task.intended:
        before = last_change(campaign) | ({"version": campaign.version} if campaign.version else {})
        notes.append(task.entry(EntryKind.INTENT, folds.once_intent, None, before))
    if Reason.DATE_PASSED in task.order.decision.reasons:
        notes.append(task.entry(EntryKind.BREACH, folds.once_breach, Stage.BREACH))
    if notes:
        await task.run.writer.write(*notes)
    task.begun = not task.intended


async def _act(task: Pausing) -> None:
    """Ask for the pause. Whatever is answered, the state decides."""
    try:
        await task.line.pause(task.id, task.may_call)
        task.error = None
    except SendepauseError as error:
        task.error = error
    task.begun = False


async def _verify(task: Pausing) -> Outcome:
    """Read the state back, and write down what is true."""
    state, unread = await read_back(task.line, task.id, NOT_RUNNING, patient=task.error is None)
    if state in NOT_RUNNING:
        return await _paused(task, state)
    return await _not_paused(task, task.error or unread or _not_paused_as_told(task, state))


async def _paused(task: Pausing, state: CampaignState) -> Outcome:
    under_way = await drain(task.line, task.id, task.may_call)
    facts = {"state": str(state), **under_way}
    await task.run.writer.write(task.entry(EntryKind.PAUSED, folds.once_paused, Stage.PAUSED, facts))
    return task.ended(Result.PAUSED)


async def _not_paused(task: Pausing, error: SendepauseError) -> Outcome:
    """Still owed. The same trouble is written down once an hour, however often it is met."""
    kind = kind_of(error)

    def once(enforcement: str, campaign: str, episode: int) -> str:
        return folds.once_not_paused(enforcement, campaign, episode, f"{kind}:{task.run.hour()}")

    facts = {"error": kind, "says": says(error)}
    await task.run.writer.write(task.entry(EntryKind.NOT_PAUSED, once, Stage.NOT_PAUSED, facts))
    return task.ended(Result.NOT_PAUSED, error)


def _not_paused_as_told(task: Pausing, state: CampaignState) -> SendepauseError:
    return not_as_told(task.line.name, state, "paused", CampaignState.RUNNING)
