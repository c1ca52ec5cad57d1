"""Lines of jobs that take turns: each line in its order, none waiting for another, at the pace of each gate.

The clock and the sleep are handed in. Nothing here knows what a job does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Generic, NamedTuple, Protocol, TypeVar


class Pace(NamedTuple):
    """At most so many attempts begin ``within`` any such time, and they are this far ``apart``."""

    most: int
    within: timedelta
    apart: timedelta = timedelta(0)


class Job(Protocol):
    """One thing to do. ``gate``: which limit its next attempt counts against."""

    @property
    def gate(self) -> str: ...


J = TypeVar("J", bound=Job)

_ALWAYS = datetime.min.replace(tzinfo=UTC)


class Turns(Generic[J]):
    """Runs the heads of lines on ``workers`` threads, whichever is ready first.

    ``gates``: how often attempts may begin, for each gate. ``attempt`` is called in a thread and says
    whether the line is through with its head; ``ready_at`` when a head may be attempted. An exception of
    an attempt ends the run, after those that are on their way, and is raised.
    """

    def __init__(
        self,
        lines: Mapping[str, deque[J]],
        gates: Mapping[str, Pace],
        *,
        attempt: Callable[[J], bool],
        ready_at: Callable[[J], datetime],
        workers: int,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self.lines = dict(lines)
        self.gates = gates
        self.attempt = attempt
        self.ready_at = ready_at
        self.workers = workers
        self.now = now
        self.sleep = sleep
        self.begun = {gate: deque[datetime](maxlen=pace.most) for gate, pace in gates.items()}
        self.waiting: dict[str, list[tuple[datetime, str]]] = {gate: [] for gate in gates}
        self.running: dict[Future[bool], str] = {}

    def run(self, deadline: datetime, is_stopped: Callable[[], bool]) -> None:
        """Until every line is empty, ``deadline`` is reached, or it is stopped."""
        for key in self.lines:
            self._enter(key)
        with ThreadPoolExecutor(self.workers, thread_name_prefix="turn") as pool:
            while not is_stopped():
                upcoming = self._upcoming()
                moment = upcoming[0] if upcoming else None
                if moment is not None and moment > deadline:
                    moment = None
                if moment is None and not self.running:
                    return
                pause = max(0.0, (moment - self.now()).total_seconds()) if moment is not None else None
                if upcoming and moment is not None and not pause and len(self.running) < self.workers:
                    self._start(pool, upcoming[1])
                elif self.running:
                    self._collect(pause if len(self.running) < self.workers else None)
                elif pause:
                    self.sleep(pause)
            while self.running:
                self._collect(None)

    def _enter(self, key: str) -> None:
        head = self.lines[key][0]
        heappush(self.waiting[head.gate], (self.ready_at(head), key))

    def _upcoming(self) -> tuple[datetime, str] | None:
        """When the next attempt may begin, and through which gate."""
        heads = [(max(line[0][0], self._free_at(gate)), gate) for gate, line in self.waiting.items() if line]
        return min(heads, default=None)

    def _free_at(self, gate: str) -> datetime:
        """When a gate lets the next attempt begin."""
        pace, begun = self.gates[gate], self.begun[gate]
        if not begun:
            return _ALWAYS
        full = begun[0] + pace.within if len(begun) == pace.most else _ALWAYS
        return max(begun[-1] + pace.apart, full)

    def _start(self, pool: ThreadPoolExecutor, gate: str) -> None:
        _, key = heappop(self.waiting[gate])
        self.begun[gate].append(self.now())
        self.running[pool.submit(self.attempt, self.lines[key][0])] = key

    def _collect(self, seconds: float | None) -> None:
        """Take in what has ended, waiting for the first one, at most so long."""
        done, _ = wait(self.running, timeout=seconds, return_when=FIRST_COMPLETED)
        for future in done:
            key = self.running.pop(future)
            line = self.lines[key]
            if future.result():
                line.popleft()
            if line:
                self._enter(key)
