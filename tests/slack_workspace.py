"""What a Slack workspace knows of one app: channels, people, messages, views, files, triggers, scopes."""

from __future__ import annotations

import itertools
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.slack_rules import SlackError

TOKEN = "xoxb-test"
APP_TOKEN = "xapp-1-A0EXAMPLE-test"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # Slack's own example, …/verifying-requests-from-slack
TEAM, APP, BOT, BOT_USER = "T0EXAMPLE", "A0EXAMPLE", "B0EXAMPLE", "U0EXAMPLE"
CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}")
PERSON = re.compile(r"[UW][A-Z0-9]{2,}")
SCOPES = frozenset(
    {f"{kind}:{what}" for kind in ("channels", "groups", "im", "mpim") for what in ("history", "read")}
    | {"chat:write", "users:read", "files:write", "files:read"}
)


class Messages(list[dict[str, Any]]):
    """Every kept message in the order of posting, found again by channel and ``ts`` at once."""

    def __init__(self) -> None:
        super().__init__()
        self._channels: dict[str, dict[str, dict[str, Any]]] = {}
        self._threads: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def append(self, message: dict[str, Any]) -> None:
        super().append(message)
        self._channels.setdefault(message["channel"], {})[message["ts"]] = message
        if is_reply(message):
            self._threads.setdefault((message["channel"], message["thread_ts"]), []).append(message)

    def clear(self) -> None:
        super().clear()
        self._channels.clear()
        self._threads.clear()

    def remove(self, message: dict[str, Any]) -> None:
        super().remove(message)
        del self._channels[message["channel"]][message["ts"]]
        if is_reply(message):
            self._threads[message["channel"], message["thread_ts"]].remove(message)

    def find(self, channel: str, ts: Any) -> dict[str, Any] | None:
        return self._channels.get(channel, {}).get(str(ts))

    def of(self, channel: str) -> list[dict[str, Any]]:
        return list(self._channels.get(channel, {}).values())

    def replies(self, channel: str, ts: str) -> list[dict[str, Any]]:
        return list(self._threads.get((channel, ts), ()))


@dataclass
class Trigger:
    """A press may be exchanged for one modal, for a short while."""

    user: str
    made: float
    used: bool = False


@dataclass
class Workspace:
    """``channels`` and ``users``: None takes every well-formed id for an existing one.

    ``trigger_seconds``: how long a trigger is good (three seconds at Slack: docs.slack.dev/surfaces/modals).
    ``file_seconds``: how long an uploaded picture is worked on before a message may show it; Slack does that
    "asynchronously" and names no time (…/methods/files.completeUploadExternal).
    """

    token: str = TOKEN
    port: int = 0
    channels: dict[str, dict[str, Any]] | None = None
    seconds_a_message: float = 0.0  # a channel's rate limit alone; ``limits`` has all of them
    users: dict[str, dict[str, Any]] | None = None
    app_token: str = APP_TOKEN
    signing_secret: str = SIGNING_SECRET
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    page: int = 200  # the most messages that one page of history or of a thread holds
    trigger_seconds: float = 3.0
    file_seconds: float = 0.0
    messages: Messages = field(default_factory=Messages)
    ephemeral: list[dict[str, Any]] = field(default_factory=list)
    responses: list[dict[str, Any]] = field(default_factory=list)  # what came to a response_url
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _last_ts: float = 0.0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def forget(self) -> None:
        """An empty workspace; its settings stay."""
        for kept in (self.messages, self.ephemeral, self.responses, self.states, self.people):
            kept.clear()
        for found in (self.views, self.files, self.triggers):
            found.clear()

    def set_channel(self, id: str, **state: Any) -> None:
        """Change a channel: ``is_archived``, ``is_member``, ``is_private``, ``exists``, ``name``."""
        self.states.setdefault(id, {}).update(state)

    def set_user(self, id: str, **state: Any) -> None:
        """Change a person: ``deleted``, ``exists``, ``name``, ``tz``, ``is_bot``, ``channels`` (else all)."""
        self.people.setdefault(id, {}).update(state)

    def set_scopes(self, *scopes: str) -> None:
        """The scopes that the app was installed with."""
        self.scopes = set(scopes)

    def channel(self, id: Any, *, member: bool) -> tuple[str, dict[str, Any]]:
        """A channel as the app sees it, or SlackError. A private one that it is not in does not exist."""
        channel = str(id or "")
        state = {**(self.channels or {}).get(channel, {}), **self.states.get(channel, {})}
        known = channel in self.channels if self.channels is not None else bool(CHANNEL.fullmatch(channel))
        outside = not state.get("is_member", True)
        if not known or not state.get("exists", True) or (outside and kind_of(channel, state) == "groups"):
            raise SlackError("channel_not_found")
        if member and outside:
            raise SlackError("not_in_channel")
        return channel, state

    def person(self, id: Any) -> dict[str, Any]:
        """A person as users.info shows one, or SlackError."""
        user = str(id or "")
        known = user in self.users if self.users is not None else bool(PERSON.fullmatch(user))
        state = {**(self.users or {}).get(user, {}), **self.people.get(user, {})}
        if not known or not state.pop("exists", True):
            raise SlackError("user_not_found")
        state.pop("channels", None)
        named = {"name": f"name-of-{user.lower()}", "tz": "Europe/Berlin", "deleted": False, "is_bot": False}
        return {"id": user, "team_id": TEAM, **named, **state}

    def now_ts(self) -> str:
        """A ``ts`` that no message has yet."""
        self._last_ts = max(time.time(), self._last_ts + 1e-6)
        return f"{self._last_ts:.6f}"

    def fresh(self, prefix: str) -> str:
        """An id of Slack's form, such as F0000000A1."""
        return f"{prefix}0{next(self._numbers):08X}"

    def trigger(self, user: str) -> str:
        """A trigger as a press brings it."""
        number = next(self._numbers)
        made = f"{number}.{int(time.time())}.{secrets.token_hex(16)}"
        self.triggers[made] = Trigger(user, time.monotonic())
        return made

    def delete_message(self, channel: str, ts: str) -> None:
        """A person deletes a message; one with replies leaves a tombstone, as Slack shows it."""
        message = self.messages.find(channel, ts)
        if message is None:
            raise SlackError("message_not_found")
        if not self.messages.replies(channel, ts):
            return self.messages.remove(message)
        for name in set(message) - {"channel", "ts", "type"}:
            del message[name]
        message.update(subtype="tombstone", hidden=True, text="This message was deleted.")
        return None

    def pictures(self) -> set[str]:
        """Ids and links of the uploads that a message of the app may show by now."""
        now = time.monotonic()
        ready = [file for file in self.files.values() if file.get("ready_at", now + 1) <= now]
        shown = [file for file in ready if file["filetype"] in ("png", "jpg", "gif")]
        return {name for file in shown for name in (file["id"], file["permalink"], file["url_private"])}


def is_reply(message: dict[str, Any]) -> bool:
    """Whether a message stands in a thread, below its root."""
    return message.get("thread_ts", message["ts"]) != message["ts"]


def kind_of(channel: str, state: dict[str, Any]) -> str:
    """The word that a scope uses for this kind of conversation."""
    if channel.startswith("D"):
        return "im"
    return "groups" if channel.startswith("G") or state.get("is_private") else "channels"


def micros(ts: Any) -> int:
    """A ``ts`` as a number; ValueError where it is none."""
    if not re.fullmatch(r"\d{1,16}(\.\d{1,6})?", str(ts)):
        raise ValueError(ts)
    return int(Decimal(str(ts)) * 1_000_000)


def truth(value: Any) -> bool:
    """A form's and JSON's true."""
    return str(value).lower() in ("1", "true", "t")
