"""A campaign system in memory with runs under way and versions, and every way in which one can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.campaigns.grounds import MemoryGround

from sendepause.campaigns.base import Campaigns, Capabilities, UnderWay
from sendepause.errors import Refused, SendepauseError, Unclear, Unreachable
from sendepause.model import CampaignState

Fault = Callable[["Unruly"], None]


class Unruly(MemoryGround):
    """Each campaign has runs under way while it runs, which a pause does not end."""

    capabilities = Capabilities(list_running=True, stop_running=True, restores_version=True)

    def __init__(self, id: str = "memory", *, at_once: int = 2, seconds: float = 5) -> None:
        super().__init__(id, at_once=at_once, seconds=seconds)
        self.runs: dict[str, int] = {}
        self.versions: dict[str, str] = {}
        self.shown: dict[str, CampaignState] = {}  # what we were told last
        self.resumed: list[tuple[str, str | None]] = []
        self.at_call: Callable[[str, str], None] = lambda what, id: None

    def well(self) -> None:
        """No fault any more."""
        self.before_call = self.after_call = lambda what, id: None
        self.lies, self.lag = False, 0

    async def list(self) -> Campaigns:
        found = [replace(one, version=self.versions.get(one.id)) for one in await super().list()]
        self.shown |= {one.id: one.state for one in found}
        return found

    async def read_state(self, id: str) -> CampaignState:
        state = self.shown[id] = await super().read_state(id)
        return state

    async def resume(self, id: str, version: str | None) -> None:
        await super().resume(id, version)
        self.resumed.append((id, version))

    async def under_way(self, id: str) -> UnderWay:
        self._begin("under_way", id)
        return UnderWay(running=self.runs.get(id, 0))

    async def stop_running(self, id: str) -> None:
        self._begin("stop_running", id)
        self.runs[id] = 0

    def _begin(self, what: str, id: str) -> None:
        self.at_call(what, id)
        super()._begin(what, id)


def _raising(error: SendepauseError, *whats: str) -> Callable[[str, str], None]:
    def fault(called: str, id: str) -> None:
        if called in whats:
            raise error

    return fault


def well(system: Unruly) -> None:
    system.well()


def lying(system: Unruly) -> None:
    """Answers success, and does nothing."""
    system.lies = True


def lagging(system: Unruly) -> None:
    """Shows a change after two more reads: in time for us."""
    system.lag = 2


def lagging_long(system: Unruly) -> None:
    """Shows a change after four more reads: too late for us."""
    system.lag = 4


def down(system: Unruly) -> None:
    system.go_down()


def losing_answers(system: Unruly) -> None:
    system.lose_answers()


def refusing(system: Unruly) -> None:
    system.before_call = _raising(Refused("The right is missing."), "pause", "resume", "stop_running")


def unreadable(system: Unruly) -> None:
    system.before_call = _raising(Unreachable("Nobody answers."), "read")


def losing_half(system: Unruly) -> None:
    system.before_call = _raising(Unclear("Something went wrong."), "pause", "resume", "stop_running")


def busy(system: Unruly) -> None:
    """Too many calls: to be left alone for an hour."""
    system.before_call = _raising(Unreachable("429", retry_after=3600), "pause", "resume")


def busy_for_a_moment(system: Unruly) -> None:
    """Too many calls: every third one is one too many, and the next is welcome a moment later."""

    def third(what: str, id: str) -> None:
        if len(system.calls) % 3 == 0:
            raise Unreachable("429", retry_after=0.001)

    system.before_call = third


def stubborn(system: Unruly) -> None:
    """A person, or a tool, switches on again at once."""
    system.after_call = lambda what, id: system.put(id, "running") if what == "pause" else None


FAULTS: list[Fault] = [
    well, lying, lagging, lagging_long, down, losing_answers, refusing, unreadable, losing_half, busy,
    busy_for_a_moment, stubborn,
]  # fmt: skip
