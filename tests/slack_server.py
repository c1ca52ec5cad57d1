"""A server in the shape of Slack: what Sendepause uses of it, spoken and checked as Slack does.

In a test::

    with SlackServer() as slack:
        client = WebClient(TOKEN, base_url=slack.base_url)

or by itself: ``python tests/slack_server.py --port 0`` prints its port when it is ready.

It keeps what was posted, checks tokens, scopes, bodies, blocks, views and metadata (``slack_rules``,
``slack_blocks``), counts calls against Slack's limits where told to (``slack_limits``), fails where told
to, and answers as people do: ``press`` and ``submit`` send what Slack sends when a button is pressed or a
modal is sent (``slack_answers``), ``press_over_socket`` and ``submit_over_socket`` do it over Socket Mode
(``slack_socket``).

Over HTTP (``slack_control``): ``GET /_control/`` ``messages``, ``calls``, ``counts``, ``ephemeral``,
``responses``, ``views``, ``files``, ``failed``, ``connections``; ``POST /_control/`` with JSON:
``channels`` ``{"id": "C1", "is_archived": true}``, ``users`` ``{"id": "U1", "deleted": true}``,
``scopes`` ``{"scopes": ["chat:write"]}``, ``delete`` ``{"channel": …, "ts": …}``, ``settings``, ``limits``
``{}`` (``{"on": false}`` ends them), ``chaos`` ``{"share": 0.1, "seed": 1}`` (``{"share": 0}`` ends it),
``press`` ``{"url": …, "channel": …, "ts": …, "action_id": …}``, ``submit`` ``{"url": …, "view": …,
"values": {…}}``, ``press_over_socket``, ``submit_over_socket``, ``disconnect`` ``{"reason": …}``, ``drop``,
``reset``, and ``faults``
``{"method": "chat.postMessage", "fault": FAULT, "times": 1, "channel": "C1"}``. FAULT is one of
``drop_before``, ``drop_after`` (the connection breaks before or after the call was done), ``500_before``,
``500_after``, ``429`` (with ``retry_after``), ``hang_before``, ``hang_after`` (no answer for ``seconds``),
``no_json``, or any error of Slack's, such as ``is_archived``.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # a script's path is its own folder
    sys.path[0] = str(Path(__file__).parents[1])

from tests import slack_answers, slack_chat, slack_files, slack_http, slack_views
from tests.slack_answers import PERSON, SECONDS, Broken, Reply
from tests.slack_blocks import sequences
from tests.slack_limits import Chaos, Limiter, Limits
from tests.slack_rules import MAX_TEXT, SlackError, check_blocks, check_view
from tests.slack_socket import Sockets, reply_to
from tests.slack_workspace import APP_TOKEN, SIGNING_SECRET, TOKEN, Workspace, kind_of

__all__ = [
    "APP_TOKEN",
    "MAX_TEXT",
    "SIGNING_SECRET",
    "TOKEN",
    "Broken",
    "Limits",
    "Reply",
    "SlackError",
    "SlackServer",
    "check_blocks",
    "check_view",
    "sequences",
]

Answer = tuple[int, dict[str, Any], dict[str, str]]
Method = Callable[[Any, dict[str, Any]], dict[str, Any]]

OPEN = "apps.connections.open"
HISTORY, READ = ":history", ":read"  # such a scope there is for each kind of conversation
METHODS: dict[str, tuple[Method, str]] = {  # and the scope that each needs
    "auth.test": (slack_chat.auth_test, ""),
    "chat.postMessage": (slack_chat.post_message, "chat:write"),
    "chat.update": (slack_chat.update, "chat:write"),
    "chat.postEphemeral": (slack_chat.post_ephemeral, "chat:write"),
    "conversations.history": (slack_chat.history, HISTORY),
    "conversations.replies": (slack_chat.replies, HISTORY),
    "conversations.info": (slack_chat.info, READ),
    "users.info": (slack_chat.users_info, "users:read"),
    "views.open": (slack_views.views_open, ""),
    "views.update": (slack_views.views_update, ""),
    "files.getUploadURLExternal": (slack_files.get_upload_url, "files:write"),
    "files.completeUploadExternal": (slack_files.complete_upload, "files:write"),
    "files.info": (slack_files.files_info, "files:read"),
    OPEN: (lambda server, _: {"url": server.sockets.url()}, ""),
}
MAX_RESPONSES = 5  # a response_url is good for five answers within half an hour


@dataclass
class SlackServer(Workspace):
    """The workspace, reachable. ``limits``: None is none."""

    limits: Limits | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    chaotic: Chaos | None = None
    sockets: Sockets = field(default_factory=Sockets)
    _last_post: dict[str, float] = field(default_factory=dict)
    _limiter: Limiter | None = None

    def __enter__(self) -> SlackServer:
        self.limit(self.limits)
        self._http = slack_http.Server(("127.0.0.1", self.port), slack_http.handler(self))
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self.sockets.stop()

    @property
    def base_url(self) -> str:
        """What slack-sdk's ``base_url`` takes."""
        return f"http://127.0.0.1:{self.port}/api/"

    def fault(self, fault: str, method: str = "chat.postMessage", times: int = 1, **more: Any) -> None:
        """Make the next ``times`` calls of ``method`` fail; ``channel`` narrows it."""
        self.faults.append({"fault": fault, "method": method, "times": times, **more})

    def limit(self, limits: Limits | None = None) -> None:
        """Count calls against these limits from now on; None: against none."""
        self.limits, self._limiter = limits, Limiter(limits) if limits else None

    def chaos(self, share: float = 0.1, seed: int = 1, **more: Any) -> Chaos:
        """A ``share`` of all calls fails from now on, in turn in every way; 0 ends it."""
        self.chaotic = Chaos(share, seed, **more)
        return self.chaotic

    def counts(self) -> dict[str, int]:
        """The calls by method."""
        return dict(Counter(call["method"] for call in list(self.calls)))

    def reset(self) -> None:
        """Forget what happened and what was set to fail; settings stay."""
        with self._lock:
            self.forget()
            for kept in (self.calls, self.faults, self._last_post):
                kept.clear()
            self.chaotic = None
            self.limit(self.limits)

    def press(
        self,
        url: str,
        signing_secret: str = SIGNING_SECRET,
        message: dict[str, Any] | None = None,
        action_id: str = "",
        user: str = PERSON,
        *,
        broken: Broken | None = None,
        seconds: float = SECONDS,
        **which: Any,
    ) -> Reply:
        """A person presses ``action_id`` in a kept message (its ``channel`` and ``ts`` suffice); ``which``:
        ``block_id``, ``value``, ``chosen`` of ``slack_answers.block_actions``."""
        with self._lock:
            payload = slack_answers.block_actions(self, message or {}, action_id, user, **which)
        return slack_answers.send(url, signing_secret, payload, broken, seconds)

    def submit(
        self,
        url: str,
        signing_secret: str = SIGNING_SECRET,
        view: dict[str, Any] | str = "",
        values: dict[str, Any] | None = None,
        user: str = PERSON,
        *,
        broken: Broken | None = None,
        seconds: float = SECONDS,
    ) -> Reply:
        """A person fills an open modal (``slack.views``) and sends it; see ``view_submission`` for values."""
        with self._lock:
            payload = slack_answers.view_submission(self, view, values or {}, user)
        reply = slack_answers.send(url, signing_secret, payload, broken, seconds)
        with self._lock:
            return slack_answers.taken(self, reply)

    def press_over_socket(
        self,
        message: dict[str, Any],
        action_id: str,
        user: str = PERSON,
        *,
        seconds: float = SECONDS,
        resends: int = 2,
        **which: Any,
    ) -> Reply:
        """``press``, over Socket Mode; ``seconds`` for each of ``1 + resends`` attempts."""
        began = time.monotonic()
        with self._lock:
            payload = slack_answers.block_actions(self, message, action_id, user, **which)
        return Reply(**reply_to(self.sockets.deliver(payload, seconds, resends), began))

    def submit_over_socket(
        self,
        view: dict[str, Any] | str,
        values: dict[str, Any],
        user: str = PERSON,
        *,
        seconds: float = SECONDS,
        resends: int = 2,
    ) -> Reply:
        """``submit``, over Socket Mode."""
        began = time.monotonic()
        with self._lock:
            payload = slack_answers.view_submission(self, view, values, user)
        reply = Reply(**reply_to(self.sockets.deliver(payload, seconds, resends), began))
        with self._lock:
            return slack_answers.taken(self, reply)

    def call(self, method: str, token: str | None, arguments: dict[str, Any]) -> Answer | str:
        """Answer one call, or say ``drop``: close the connection without an answer; or ``no_json``."""
        made = {"method": method, "channel": arguments.get("channel"), "at": time.time()}
        with self._lock:
            self.calls.append(made)
            fault = self._take_fault(method, arguments.get("channel"))
        kind = fault.get("fault", "")
        if kind.startswith("hang_"):
            answer = self._answer(method, token, arguments) if kind == "hang_after" else None
            time.sleep(fault.get("seconds", 30))
            return "drop"
        if kind in _BEFORE:
            return _BEFORE[kind]
        if kind == "429":
            return 429, _error("ratelimited"), {"Retry-After": str(fault.get("retry_after", 1))}
        if kind and kind not in _AFTER:
            needed = {"needed": fault["needed"]} if "needed" in fault else {}
            return 200, {**_error(kind), **needed}, {}
        answer = self._answer(method, token, arguments)
        return _AFTER.get(kind, answer)

    def _take_fault(self, method: str, channel: str | None) -> dict[str, Any]:
        for fault in self.faults:
            if (
                fault["method"] == method
                and fault.get("times", 1) > 0
                and fault.get("channel") in (None, channel)
            ):
                fault["times"] = fault.get("times", 1) - 1
                return fault
        return self.chaotic.fault(method) if self.chaotic else {}

    def _answer(self, method: str, token: str | None, arguments: dict[str, Any]) -> Answer:
        with self._lock:
            try:
                self._allowed(method, token, arguments)
                limited = self._limited(method, str(arguments.get("channel")))
                if limited:
                    return limited
                body = METHODS[method][0](self, arguments)
            except SlackError as error:
                return 200, error.body(), {}
        return 200, {"ok": True, **body}, {"X-OAuth-Scopes": ",".join(sorted(self.scopes))}

    def _allowed(self, method: str, token: str | None, arguments: dict[str, Any]) -> None:
        """The token is known and has the scope; docs.slack.dev/reference/scopes."""
        if method not in METHODS:
            raise SlackError("unknown_method")
        if not token:
            raise SlackError("not_authed")
        if token not in (self.token, self.app_token):
            raise SlackError("invalid_auth")
        if (token == self.app_token) != (method == OPEN):
            raise SlackError("not_allowed_token_type")
        scope = METHODS[method][1]
        if scope in (HISTORY, READ):
            every = [f"{kind}{scope}" for kind in ("channels", "groups", "mpim", "im")]
            if not self.scopes.intersection(every):
                raise SlackError("missing_scope", needed=",".join(every), provided=self._provided())
            channel, state = self.channel(arguments.get("channel"), member=False)
            scope = f"{kind_of(channel, state)}{scope}"
        if scope and scope not in self.scopes:
            raise SlackError("missing_scope", needed=scope, provided=self._provided())

    def _provided(self) -> str:
        return ",".join(sorted(self.scopes))

    def _limited(self, method: str, channel: str) -> Answer | None:
        now = time.monotonic()
        wait = self._limiter.wait(method, channel, now) if self._limiter else 0.0
        if method == "chat.postMessage" and self.seconds_a_message:
            wait = max(wait, self._last_post.get(channel, -1e9) + self.seconds_a_message - now)
            if wait <= 0:
                self._last_post[channel] = now
        if wait <= 0:
            return None
        if self.limits and self.limits.inside_200:
            return 200, _error("ratelimited"), {}
        return 429, _error("ratelimited"), {"Retry-After": str(max(1, -int(-wait // 1)))}

    def respond(self, place: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """An answer to a response_url: kept, and the message changed where it says so."""
        before = [each for each in self.responses if each["place"] == place]
        _, _, channel, ts, _ = place.strip("/").split("/")
        with self._lock:
            if len(before) >= MAX_RESPONSES:
                return 404, _error("used_url")
            self.responses.append({"place": place, "channel": channel, "ts": ts, **body})
            if not body.get("replace_original"):
                return 200, {"ok": True}
            try:
                slack_chat.update(self, {**body, "channel": channel, "ts": ts})
            except SlackError as error:
                return 404, error.body()
        return 200, {"ok": True}


_BEFORE: dict[str, Answer | str] = {"drop_before": "drop", "500_before": (500, {}, {})}
_AFTER: dict[str, Answer | str] = {"drop_after": "drop", "500_after": (500, {}, {}), "no_json": "no_json"}


def _error(error: str) -> dict[str, Any]:
    return {"ok": False, "error": error}


def main() -> None:
    """Run until the process is ended; print the port once the server takes calls."""
    parser = argparse.ArgumentParser(description="A server in the shape of Slack.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--channel", action="append", help="an existing channel's id; without: any")
    parser.add_argument("--seconds-a-message", type=float, default=0.0)
    parser.add_argument("--limits", action="store_true", help="Slack's rate limits")
    given = parser.parse_args()
    channels = {channel: {} for channel in given.channel} if given.channel else None
    limits = Limits() if given.limits else None
    with SlackServer(given.token, given.port, channels, given.seconds_a_message, limits=limits) as server:
        print(server.port, flush=True)  # noqa: T201 that is its interface
        threading.Event().wait()


if __name__ == "__main__":
    main()
