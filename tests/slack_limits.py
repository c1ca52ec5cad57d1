"""How fast Slack lets an app call, and a mode in which a share of all calls fails.

Source: docs.slack.dev/apis/web-api/rate-limits, and the tier on the reference page of each method.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

SPECIAL = "chat.postMessage"
TIERS = {
    "chat.update": 3,
    "chat.postEphemeral": 4,
    "conversations.history": 3,  # for a company's own internal app; 1 a minute for distributed ones
    "conversations.replies": 3,  # the same
    "conversations.info": 3,
    "users.info": 4,
    "views.open": 4,
    "views.update": 4,
    "files.getUploadURLExternal": 4,
    "files.completeUploadExternal": 4,
    "files.info": 4,
    "apps.connections.open": 3,
}


@dataclass(frozen=True)
class Limits:
    """Published: one message a second for each channel; a workspace-wide limit of "several hundred messages
    per minute" on top; 20, 50 and 100 calls a minute for each method of tiers 2, 3 and 4; each for one app
    in one workspace; windows of a minute; 429 with Retry-After in whole seconds.

    Not published, and assumed with caution: the size of the "short bursts >1" in a channel (3), "several
    hundred" (300), no burst at all in the tiers ("20+", "occasional bursts of more" are tolerated), windows
    that slide, and refused calls that do not count. auth.test has a special tier of "hundreds of requests
    per minute": not limited here.
    """

    channel_a_second: float = 1.0
    channel_burst: int = 3
    workspace_a_minute: int = 300
    tier_2_a_minute: int = 20
    tier_3_a_minute: int = 50
    tier_4_a_minute: int = 100
    window_seconds: float = 60.0
    inside_200: bool = False  # ``ratelimited`` in an answer of 200 without Retry-After, seen now and then

    def tier(self, method: str) -> int | None:
        """The calls a window that a method may have; None: no limit."""
        by_tier = {2: self.tier_2_a_minute, 3: self.tier_3_a_minute, 4: self.tier_4_a_minute}
        return by_tier.get(TIERS.get(method, 0))

    def least_seconds(self, posts: Mapping[str, int]) -> float:
        """The shortest time in which so many messages for each channel can be posted: who has most goes
        first, and nobody waits longer than told."""
        limiter, now, left = Limiter(self), 0.0, dict(posts)
        while left:
            waits = []
            for channel in sorted(left, key=lambda channel: -left[channel]):
                wait = 0.0
                while left[channel] and not (wait := limiter.wait(SPECIAL, channel, now)):
                    left[channel] -= 1
                waits.append(wait)
            now += min((wait for wait in waits if wait), default=0.0)
            left = {channel: count for channel, count in left.items() if count}
        return now


class Limiter:
    """Counts calls against ``limits``. Times are seconds of a monotonic clock."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._calls: dict[str, deque[float]] = {}
        self._allowance: dict[str, tuple[float, float]] = {}  # by channel: how many, as of when

    def wait(self, method: str, channel: str, now: float) -> float:
        """Seconds until this call may be made; 0: now, and it counts."""
        if method != SPECIAL:
            most = self.limits.tier(method)
            return 0.0 if most is None else self._window(method, most, now)
        allowed = self._channel_allowance(channel, now)
        if allowed < 1 - 1e-9:
            return (1 - allowed) / self.limits.channel_a_second
        wait = self._window(method, self.limits.workspace_a_minute, now)
        if not wait:
            self._allowance[channel] = (allowed - 1, now)
        return wait

    def _channel_allowance(self, channel: str, now: float) -> float:
        left, then = self._allowance.get(channel, (float(self.limits.channel_burst), now))
        return min(float(self.limits.channel_burst), left + (now - then) * self.limits.channel_a_second)

    def _window(self, method: str, most: int, now: float) -> float:
        calls = self._calls.setdefault(method, deque())
        while calls and calls[0] <= now - self.limits.window_seconds:
            calls.popleft()
        if len(calls) >= most:
            return calls[0] + self.limits.window_seconds - now
        calls.append(now)
        return 0.0


WAYS = (
    *("drop_before", "drop_after", "500_before", "500_after", "429", "ratelimited"),
    *("hang_before", "hang_after", "no_json", "internal_error"),
)


@dataclass
class Chaos:
    """``share`` of the calls fail, in turn in every way; which ones, ``seed`` decides by their number.

    ``methods``: only these, else all. ``seconds``: how long a hanging call is held, then the connection
    breaks. ``failed`` counts the ways.
    """

    share: float = 0.1
    seed: int = 1
    seconds: float = 1.0
    retry_after: int = 1
    methods: Collection[str] | None = None
    failed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._ways = itertools.cycle(WAYS)

    def fault(self, method: str) -> dict[str, Any]:
        """How the next call of this method fails; empty: it does not."""
        if self.methods is not None and method not in self.methods:
            return {}
        if self._random.random() >= self.share:
            return {}
        way = next(self._ways)
        self.failed[way] += 1
        return {"fault": way, "seconds": self.seconds, "retry_after": self.retry_after}
