"""What the orders of one run share: the ledger, the clocks, the switches, and reading a state back.

Every step is a transaction of its own, so a run may be killed at any instant: the next one finds what was
begun, reads the state first, and goes on from what is true.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sendepause.campaigns.line import Line
from sendepause.enforce.stops import Stops
from sendepause.enforce.writing import Writer
from sendepause.errors import BadInput, Guarded, Refused, SendepauseError, Unclear, Unreachable
from sendepause.model import Campaign, CampaignState, Decision
from sendepause.store import database
from sendepause.store.database import Engine, Session

READ_BACK_AFTER = (0.0, 0.5, 2.0)  # s; n8n 2.41 shows a change up to 0.3 s after its answer

NOT_RUNNING = (CampaignState.PAUSED, CampaignState.DONE)


class Result(StrEnum):
    """How an order ended."""

    PAUSED = "paused"  # read back as paused (or over), and written down
    NOT_PAUSED = "not_paused"  # still owed
    NOT_RUNNING = "not_running"  # it did not run any more when we came: nothing was called or written
    UNDONE = "undone"  # we had paused it and somebody switched it on since: the next plan decides
    RESUMED = "resumed"  # read back as running, and written down
    NOT_RESUMED = "not_resumed"  # approved, and still paused
    STOPPED = "stopped"  # halt is on, acting is off, or a hold came in between: nothing was called
    LEFT = "left"  # the run's time was over before it was begun: the next run goes on


class Stopped(Exception):
    """Nothing may be called any more for an order; ``result`` says why."""

    def __init__(self, result: Result) -> None:
        self.result = result


@dataclass(frozen=True, slots=True)
class Order:
    """A decision to pause or to resume, and the campaign as it was seen when that was decided."""

    decision: Decision
    campaign: Campaign


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order. ``error`` says why a pause, or a resume, is still owed."""

    order: Order
    result: Result
    error: SendepauseError | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of carrying out.

    ``as_of`` is the run's clock, ``now`` real time. ``ends``: the event loop's time after which nothing
    more is begun.
    """

    engine: Engine
    as_of: datetime
    now: Callable[[], datetime]
    writer: Writer
    stops: Stops
    ends: float | None = None

    def reading(self) -> AbstractContextManager[Session]:
        return database.session(self.engine, write=False)

    def over(self, in_seconds: float = 0) -> bool:
        """Whether the run's time is over, or will be after so long."""
        return self.ends is not None and asyncio.get_running_loop().time() + in_seconds >= self.ends

    def may_call(self, campaign: str) -> None:
        """Stopped where nothing may be called now, as the clock and the store say at this very moment."""
        if self.over():
            raise Stopped(Result.LEFT)
        if not self.stops.may_act(campaign):
            raise Stopped(Result.STOPPED)

    def hour(self) -> str:
        return hour_of(self.now())


def hour_of(moment: datetime) -> str:
    """The hour of a moment, for what is written down once an hour however often it is met."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H")


async def read_back(
    line: Line, id: str, wanted: Collection[CampaignState], patient: bool
) -> tuple[CampaignState, SendepauseError | None]:
    """The state after a call, looked at again a little later where it is not there yet.

    Not ``patient``: the call failed, so one look is enough. The error is that of the last look.
    """
    state, unread = CampaignState.UNKNOWN, None
    for seconds in READ_BACK_AFTER if patient else READ_BACK_AFTER[:1]:
        await asyncio.sleep(seconds)
        try:
            state, unread = await line.read(id), None
        except SendepauseError as error:
            unread = error
        if state in wanted:
            break
    return state, unread


_KINDS = (Unreachable, Refused, Unclear, BadInput, Guarded, SendepauseError)


def kind_of(error: SendepauseError) -> str:
    """The kind of an error, for the ledger."""
    return next(kind.__name__ for kind in _KINDS if isinstance(error, kind))


def says(error: SendepauseError) -> str:
    """What an error says, for the ledger: bounded."""
    return " ".join(part for part in (error.what, error.mend) if part)[:1000]


def not_as_told(system: str, state: CampaignState, asked: str, but: CampaignState) -> SendepauseError:
    """The system answered well and the state says otherwise: ``asked`` is what it was to do."""
    if state is but:
        return Refused(
            f"The campaign system {system} answered that it {asked} the campaign, and the campaign "
            f"{'still runs' if but is CampaignState.RUNNING else 'is still paused'}.",
            "Do it there by hand, and look into the system's own log.",
        )
    return Unclear(
        f"The campaign system {system} shows a state that is neither running nor paused.",
        "Look at the campaign there; if the state is a usual one, add it to the system's settings.",
    )


def last_change(campaign: Campaign) -> dict[str, str]:
    """Who changed a campaign last and when, where its system tells."""
    known = {"changed_by": campaign.changed_by}
    known["changed_at"] = campaign.changed_at.isoformat() if campaign.changed_at else None
    return {name: value for name, value in known.items() if value}
