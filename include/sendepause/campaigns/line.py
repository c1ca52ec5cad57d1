"""The line to one campaign system during a run: so many calls at once, so long each, and is anybody there?"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sendepause.campaigns.base import Capabilities, Connector, UnderWay
from sendepause.errors import Refused, SendepauseError, Unclear, Unreachable
from sendepause.model import CampaignState

PATIENCE = 3  # a connector keeps its own timeout; with its retries a call may take so many
DOWN_AFTER = 3  # calls in a row without an answer: the system is down for this run
AHEAD = 2  # times as many orders under way as calls: while some wait for the ledger, others call
SHORT = 20.0  # s; a wait that a system asks for is waited for up to here, beyond it is left alone

log = logging.getLogger(__name__)
T = TypeVar("T")


Before = Callable[[], None]


def _at_any_time() -> None:
    """Nothing can be against this call."""


@dataclass
class Line:
    """Calls to one campaign system. Without a connector every call is Refused.

    ``before`` is asked when it is a call's turn, with no waiting between its answer and the call; what it
    raises is raised in place of the call.
    """

    name: str
    connector: Connector | None
    unanswered: int = 0  # calls in a row
    busy_until: float = 0  # by the event loop's clock: the system said when to come again
    _calls: asyncio.Semaphore = field(init=False)
    _orders: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        at_once = self.connector.system.at_once if self.connector else 1
        self._calls, self._orders = asyncio.Semaphore(at_once), asyncio.Semaphore(AHEAD * at_once)

    async def in_turn(self, work: Callable[[], Awaitable[T]]) -> T:
        """``work``, which makes several calls, when its turn has come: first come first served."""
        async with self._orders:
            return await work()

    async def read(self, id: str, before: Before = _at_any_time) -> CampaignState:
        return await self._call(lambda connector: connector.read_state(id), Unreachable, before)

    async def pause(self, id: str, before: Before) -> None:
        await self._call(lambda connector: connector.pause(id), Unclear, before)

    async def resume(self, id: str, version: str | None, before: Before) -> None:
        await self._call(lambda connector: connector.resume(id, version), Unclear, before)

    async def under_way(self, id: str) -> UnderWay:
        return await self._call(lambda connector: connector.under_way(id), Unreachable, _at_any_time)

    async def stop_running(self, id: str, before: Before) -> None:
        await self._call(lambda connector: connector.stop_running(id), Unclear, before)

    def ask_again(self) -> None:
        """From now on a system that did not answer is asked again; one that asked for a wait gets it."""
        self.unanswered = 0

    @property
    def capabilities(self) -> Capabilities | None:
        """What the system's connector can do; None where there is none."""
        return self.connector.capabilities if self.connector else None

    async def _call(
        self,
        call: Callable[[Connector], Awaitable[T]],
        when_late: type[Unreachable] | type[Unclear],
        before: Before,
    ) -> T:
        async with self._calls:
            await self._ready()
            before()
            connector = self._worth_calling()
            try:
                seconds = PATIENCE * connector.system.timeout_seconds
                answer = await bounded(call(connector), self.name, seconds, when_late)
            except SendepauseError as error:
                self._failed(error)
                raise
            self.unanswered = 0
            return answer

    async def _ready(self) -> None:
        """Wait as long as the system asked for, where that is short."""
        while 0 < (left := self._busy_for()) <= SHORT:
            await asyncio.sleep(left)

    def _worth_calling(self) -> Connector:
        if self.connector is None:
            raise Refused(
                f"The campaign system {self.name} is not connected.",
                "Look at its entry in campaign_systems.yaml and at its Airflow connection.",
            )
        if self.unanswered >= DOWN_AFTER:
            raise Unreachable(
                f"The campaign system {self.name} gave no answer {self.unanswered} times in a row, "
                "so it was left alone for the rest of this run.",
                "Look whether it is up and reachable from Airflow's workers.",
            )
        if (left := self._busy_for()) > 0:
            raise Unreachable(
                f"The campaign system {self.name} asked to be left alone for a while.",
                "Nothing to do: it is asked again later.",
                retry_after=left,
            )
        return self.connector

    def _failed(self, error: SendepauseError) -> None:
        """Whoever says when to come again is up, and so is whoever refuses."""
        wait = error.retry_after if isinstance(error, Unreachable) else None
        if wait:
            self.busy_until = max(self.busy_until, asyncio.get_running_loop().time() + wait)
        silent = isinstance(error, (Unreachable, Unclear)) and not wait
        self.unanswered = self.unanswered + 1 if silent else 0

    def _busy_for(self) -> float:
        return self.busy_until - asyncio.get_running_loop().time()


async def bounded(
    call: Awaitable[T], system: str, seconds: float, when_late: type[Unreachable] | type[Unclear]
) -> T:
    """A connector's call with an end, and with no other errors than ours: theirs may quote a secret."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except SendepauseError:
        raise
    except TimeoutError:
        raise when_late(
            f"The campaign system {system} gave no answer within {seconds:g} seconds.",
            "Look whether it is up and not overloaded.",
        ) from None
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error("%s: %s at %s:%s", system, type(error).__name__, place.filename, place.lineno)
        raise when_late(
            f"The connector of the campaign system {system} failed: {type(error).__name__}.",
            "This is a fault of the connector; the worker's log names the line.",
        ) from None
