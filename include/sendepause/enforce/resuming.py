"""Resumes one campaign: only what this package paused, on a person's approval, in the version that ran.

A pause belongs to a rule; a campaign that several rules paused is resumed once, for all of them, and only
when none of them demands the pause any more (``planning.py`` sees to that).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sendepause.campaigns.line import Line
from sendepause.enforce.runs import (
    Order,
    Outcome,
    Result,
    Run,
    Stopped,
    kind_of,
    not_as_told,
    read_back,
    says,
)
from sendepause.enforce.writing import Note
from sendepause.errors import SendepauseError
from sendepause.model import CampaignState, EntryKind, Stage
from sendepause.store import folds
from sendepause.store.folds import PauseRecord

RUNNING = (CampaignState.RUNNING, CampaignState.DONE)  # a broadcast may come to its end at once


@dataclass
class Resuming:
    """One campaign on its way; ``records``: the standing pauses of all rules."""

    run: Run
    line: Line
    order: Order
    records: tuple[PauseRecord, ...]

    def __post_init__(self) -> None:
        self.error: SendepauseError | None = None

    @property
    def version(self) -> str | None:
        """What was noted at the pause; one of the rules may have met it paused already."""
        return next((record.version for record in self.records if record.version), None)

    def may_call(self) -> None:
        self.run.may_call(self.order.campaign.key)

    def ended(self, result: Result, error: SendepauseError | None = None) -> Outcome:
        return Outcome(self.order, result, error)

    async def note(
        self,
        kind: EntryKind,
        once: Callable[[str, str, int], str],
        tell: Stage | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """One entry for each rule's pause, in one transaction; people are told once."""
        await self.run.writer.write(
            *(
                Note(
                    self.order.decision,
                    kind,
                    once(record.enforcement, record.campaign, record.episode),
                    {"episode": record.episode, **(facts or {})},
                    tell if number == 0 else None,
                    record.enforcement,
                )
                for number, record in enumerate(self.records)
            )
        )


async def resume(task: Resuming) -> Outcome:
    """The steps of a resume, in order; the first that has an outcome ends it."""
    if not task.records:
        return task.ended(Result.NOT_RUNNING)  # nothing of ours stands: a person paused it, or resumed it
    try:
        for step in (_look_first, _intend, _act):
            outcome = await step(task)
            if outcome is not None:
                return outcome
    except Stopped as stopped:
        return task.ended(stopped.result)
    return await _verify(task)


async def _look_first(task: Resuming) -> Outcome | None:
    """It may run already: by a run before this one, or because a person switched it on."""
    try:
        state = await task.line.read(task.order.campaign.id, task.may_call)
    except SendepauseError as error:
        return await _not_resumed(task, error)
    if state in RUNNING and any(record.resuming for record in task.records):
        return await _resumed(task, state)
    if state is CampaignState.RUNNING:
        await task.note(EntryKind.UNDONE, folds.once_undone)
        return task.ended(Result.UNDONE)
    if state is CampaignState.DONE:
        return task.ended(Result.NOT_RUNNING)  # it is over: there is nothing left to resume
    if state is not CampaignState.PAUSED:
        return await _not_resumed(task, not_as_told(task.line.name, state, "resumed", CampaignState.PAUSED))
    return None


async def _intend(task: Resuming) -> None:
    facts = {"version": task.version} if task.version else {}
    await task.note(EntryKind.RESUME_INTENT, folds.once_resume_intent, facts=facts)


async def _act(task: Resuming) -> None:
    """Ask for the resume, in the version noted at the pause. Whatever is answered, the state decides."""
    try:
        await task.line.resume(task.order.campaign.id, task.version, task.may_call)
        task.error = None
    except SendepauseError as error:
        task.error = error


async def _verify(task: Resuming) -> Outcome:
    id = task.order.campaign.id
    state, unread = await read_back(task.line, id, RUNNING, patient=task.error is None)
    if state in RUNNING:
        return await _resumed(task, state)
    told = not_as_told(task.line.name, state, "resumed", CampaignState.PAUSED)
    return await _not_resumed(task, task.error or unread or told)


async def _resumed(task: Resuming, state: CampaignState) -> Outcome:
    await task.note(EntryKind.RESUMED, folds.once_resumed, Stage.RESUMED, {"state": str(state)})
    return task.ended(Result.RESUMED)


async def _not_resumed(task: Resuming, error: SendepauseError) -> Outcome:
    kind = kind_of(error)

    def once(enforcement: str, campaign: str, episode: int) -> str:
        return folds.once_not_resumed(enforcement, campaign, episode, f"{kind}:{task.run.hour()}")

    await task.note(EntryKind.NOT_RESUMED, once, facts={"error": kind, "says": says(error)})
    return task.ended(Result.NOT_RESUMED, error)
