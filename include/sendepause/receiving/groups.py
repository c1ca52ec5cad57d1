"""What comes while a group is being committed is the next group: one conversion and one transaction each."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

MOST_BODIES = 500  # of one group
MOST_BYTES = 8 * 1024 * 1024  # of one group, unless a single body is larger: as objects they take ten times
MOST_WAITING = 2_500  # bodies, five seconds at 500 calls a second: who came later would wait in vain
MOST_WAITING_BYTES = 64 * 1024 * 1024
TOGETHER_SECONDS = 0.05  # a group costs about 30 ms of a core, of one body or of 200: so long the first waits

Take = Callable[[Sequence[bytes]], Sequence[bool]]


class Groups:
    """Bodies handed in by requests of one event loop, taken by ``take`` in a thread, one group at a time.

    ``take`` says for each body whether it is safe now; it raises nothing.
    """

    def __init__(self, take: Take) -> None:
        self._take = take
        self._waiting: deque[tuple[bytes, asyncio.Future[bool]]] = deque()
        self._bytes = 0  # of all that wait
        self._working: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sendepause-received")

    async def put(self, body: bytes) -> bool:
        """Whether the body is committed; False where too much waits already."""
        if len(self._waiting) >= MOST_WAITING or self._bytes + len(body) > MOST_WAITING_BYTES:
            return False
        loop = asyncio.get_running_loop()
        committed: asyncio.Future[bool] = loop.create_future()
        self._waiting.append((body, committed))
        self._bytes += len(body)
        if self._working is None or self._working.done():
            self._working = loop.create_task(self._work())
        return await committed

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(TOGETHER_SECONDS)
            group = self._next()
            if not group:
                continue
            taken = await loop.run_in_executor(self._thread, self._take, [body for body, _ in group])
            for (_, committed), safe in zip(group, taken, strict=True):
                if not committed.done():
                    committed.set_result(safe)

    def _next(self) -> list[tuple[bytes, asyncio.Future[bool]]]:
        """The next group, without those for whom nobody waits any more: Meta repeats them."""
        group: list[tuple[bytes, asyncio.Future[bool]]] = []
        size = 0
        while self._waiting and len(group) < MOST_BODIES:
            body, committed = self._waiting[0]
            if group and size + len(body) > MOST_BYTES:
                break
            self._waiting.popleft()
            self._bytes -= len(body)
            if not committed.done():
                group.append((body, committed))
                size += len(body)
        return group
