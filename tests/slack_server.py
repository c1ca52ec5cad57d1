"""A server in the shape of Slack: the part of the Web API that Sendepause uses, spoken as Slack speaks it.

It keeps what was posted, checks tokens, bodies, blocks and limits, and can be told to fail. In a test::

    with SlackServer() as slack:
        client = WebClient("xoxb-test", base_url=slack.base_url)

or by itself (which is why it is one file): ``python tests/slack_server.py --port 0`` prints its port when
it is ready.

Over HTTP: ``GET /_control/messages``, ``GET /_control/calls``, ``POST /_control/channels`` with
``{"id": "C1", "is_archived": true}``, ``POST /_control/reset``, and ``POST /_control/faults`` with
``{"method": "chat.postMessage", "fault": FAULT, "times": 1, "channel": "C1"}``. FAULT is one of
``drop_before``, ``drop_after`` (the connection breaks before or after the message was kept),
``500_before``, ``500_after``, ``429`` (with ``retry_after``), ``hang_before``, ``hang_after`` (no answer
for ``seconds``), ``no_json``, or any error of Slack's, such as ``is_archived``.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import re
import threading
import time
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, Any], dict[str, str]]

TOKEN = "xoxb-test"
MAX_TEXT = 40_000
MAX_BLOCKS = 50
MAX_SECTION = 3_000
MAX_HEADER = 150
MAX_ALL_BLOCKS = 13_200  # not documented by Slack; seen as msg_blocks_too_long
CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}")
SEQUENCE = re.compile(r"<[^>]*>")  # a mention, a call or a link in mrkdwn


class SlackError(Exception):
    """An answer of ``{"ok": false}``; ``messages`` say where a block is wrong, as Slack does."""

    def __init__(self, error: str, *messages: str) -> None:
        self.error = error
        self.messages = list(messages)
        super().__init__(error, *messages)


@dataclass
class SlackServer:
    """What the server knows. ``channels``: None takes every well-formed id for an existing channel."""

    token: str = TOKEN
    port: int = 0
    channels: dict[str, dict[str, Any]] | None = None
    seconds_a_message: float = 0.0  # a channel's rate limit; 0 is none
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    page: int = 200  # the most messages that one page of history holds
    _last_post: dict[str, float] = field(default_factory=dict)
    _last_ts: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> SlackServer:
        self._http = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def base_url(self) -> str:
        """What slack-sdk's ``base_url`` takes."""
        return f"http://127.0.0.1:{self.port}/api/"

    def fault(self, fault: str, method: str = "chat.postMessage", times: int = 1, **more: Any) -> None:
        """Make the next ``times`` calls of ``method`` fail; ``channel`` narrows it."""
        self.faults.append({"fault": fault, "method": method, "times": times, **more})

    def reset(self) -> None:
        """Forget messages, calls, faults and the channels' states."""
        for kept in (self.messages, self.calls, self.faults, self.states, self._last_post):
            kept.clear()

    def set_channel(self, id: str, **state: Any) -> None:
        """Change a channel: ``is_archived``, ``is_member``, ``exists``."""
        self.states.setdefault(id, {}).update(state)

    def call(self, method: str, token: str | None, arguments: dict[str, Any]) -> Answer | str:
        """Answer one call, or say ``drop``: close the connection without an answer."""
        with self._lock:
            self.calls.append({"method": method, "channel": arguments.get("channel"), "at": time.time()})
            fault = self._take_fault(method, arguments.get("channel"))
        kind = fault["fault"] if fault else ""
        if kind == "hang_before":
            time.sleep(fault.get("seconds", 30))
            return "drop"
        if kind == "drop_before":
            return "drop"
        if kind == "500_before":
            return 500, {}, {}
        if kind == "429":
            return 429, _error("ratelimited"), {"Retry-After": str(fault.get("retry_after", 1))}
        if kind and not kind.endswith("_after") and kind != "no_json":
            needed = {"needed": fault["needed"]} if "needed" in fault else {}
            return 200, {**_error(kind), **needed}, {}
        try:
            answer = self._answer(method, token, arguments)
        except SlackError as error:
            answer = self._refusal(error)
        if kind == "hang_after":
            time.sleep(fault.get("seconds", 30))
            return "drop"
        if kind == "no_json":
            return "no_json"
        return {"drop_after": "drop", "500_after": (500, {}, {})}.get(kind, answer)

    def _take_fault(self, method: str, channel: str | None) -> dict[str, Any]:
        for fault in self.faults:
            if (
                fault["method"] == method
                and fault.get("times", 1) > 0
                and fault.get("channel") in (None, channel)
            ):
                fault["times"] = fault.get("times", 1) - 1
                return fault
        return {}

    def _refusal(self, error: SlackError) -> Answer:
        if error.error == "ratelimited":
            return 429, _error("ratelimited"), {"Retry-After": "1"}
        body = _error(error.error)
        if error.messages:
            body["response_metadata"] = {"messages": error.messages}
        return 200, body, {}

    def _answer(self, method: str, token: str | None, arguments: dict[str, Any]) -> Answer:
        methods = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.info": self._info,
        }
        if method not in methods:
            raise SlackError("unknown_method")
        if not token:
            raise SlackError("not_authed")
        if token != self.token:
            raise SlackError("invalid_auth")
        with self._lock:
            body = methods[method](arguments)
        scopes = "chat:write,channels:history,groups:history,channels:read"
        return 200, {"ok": True, **body}, {"X-OAuth-Scopes": scopes}

    def _auth_test(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": "https://example.slack.com/",
            "team": "Example",
            "user": "sendepause",
            "team_id": "T0EXAMPLE",
            "user_id": "U0EXAMPLE",
            "bot_id": "B0EXAMPLE",
        }

    def _post_message(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(arguments)
        content = _content(arguments)
        now = time.monotonic()
        if now - self._last_post.get(channel, -1e9) < self.seconds_a_message:
            raise SlackError("ratelimited")
        self._last_post[channel] = now
        self._last_ts = max(time.time(), self._last_ts + 1e-6)
        message = {"type": "message", "bot_id": "B0EXAMPLE", "ts": f"{self._last_ts:.6f}", **content}
        self.messages.append({"channel": channel, **message})
        return {"channel": channel, "ts": message["ts"], "message": _without_metadata(message)}

    def _update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._writable(arguments)
        for message in self.messages:
            if message["channel"] == channel and message["ts"] == arguments.get("ts"):
                message.update(_content(arguments))
                return {"channel": channel, "ts": message["ts"], "text": message.get("text", "")}
        raise SlackError("message_not_found")

    def _history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel, _ = self._channel(arguments, member=True)
        oldest, latest = float(arguments.get("oldest") or 0), float(arguments.get("latest") or "inf")
        limit = min(int(arguments.get("limit") or 100), self.page, 999)
        found = [
            message
            for message in reversed(self.messages)
            if message["channel"] == channel and oldest < float(message["ts"]) < latest
        ]
        start = _from_cursor(arguments.get("cursor"))
        shown = found[start : start + limit]
        if not _truth(arguments.get("include_all_metadata")):
            shown = [_without_metadata(message) for message in shown]
        more = start + limit < len(found)
        answer: dict[str, Any] = {
            "messages": [{k: v for k, v in message.items() if k != "channel"} for message in shown],
            "has_more": more,
        }
        if more:
            answer["response_metadata"] = {"next_cursor": _to_cursor(start + limit)}
        return answer

    def _info(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel, state = self._channel(arguments, member=False)
        shown = {"is_archived": False, "is_member": True, **state}
        return {"channel": {"id": channel, "name": f"name-of-{channel.lower()}", **shown}}

    def _writable(self, arguments: dict[str, Any]) -> str:
        channel, state = self._channel(arguments, member=True)
        if state.get("is_archived"):
            raise SlackError("is_archived")
        return channel

    def _channel(self, arguments: dict[str, Any], *, member: bool) -> tuple[str, dict[str, Any]]:
        channel = str(arguments.get("channel") or "")
        state = {**(self.channels or {}).get(channel, {}), **self.states.get(channel, {})}
        known = channel in self.channels if self.channels is not None else bool(CHANNEL.fullmatch(channel))
        if not known or not state.get("exists", True):
            raise SlackError("channel_not_found")
        if member and not state.get("is_member", True):
            raise SlackError("not_in_channel")
        return channel, state


def check_blocks(blocks: Any) -> None:
    """SlackError as Slack answers it, unless these are blocks that Slack would show."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    if len(blocks) > MAX_BLOCKS:
        raise SlackError(
            "invalid_blocks", f"[ERROR] no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]"
        )
    total = 0
    for position, block in enumerate(blocks):
        for text, limit, plain in _texts_of(block, f"/blocks/{position}"):
            total += _check_text(text, limit, plain, f"/blocks/{position}")
    if total > MAX_ALL_BLOCKS:
        raise SlackError("msg_blocks_too_long")


def sequences(message: dict[str, Any]) -> list[str]:
    """Every mention, call and link that Slack would see in a kept message."""
    texts = [message.get("text", "")]
    for block in message.get("blocks", []):
        texts += [text["text"] for text, _, plain in _texts_of(block, "") if not plain]
    return [found for text in texts for found in SEQUENCE.findall(text)]


def _texts_of(block: Any, pointer: str) -> list[tuple[Any, int, bool]]:
    match block:
        case {"type": "header", "text": text}:
            return [(text, MAX_HEADER, True)]
        case {"type": "section", "text": text}:
            return [(text, MAX_SECTION, False)]
        case {"type": "context", "elements": [_, *_] as elements} if len(elements) <= 10:
            return [(text, MAX_SECTION, False) for text in elements]
        case {"type": "divider"}:
            return []
    raise SlackError("invalid_blocks", f"[ERROR] unsupported or incomplete block [json-pointer:{pointer}]")


def _check_text(text: Any, limit: int, plain: bool, pointer: str) -> int:
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(text, dict) or text.get("type") not in kinds:
        raise SlackError("invalid_blocks", f"[ERROR] wrong text object [json-pointer:{pointer}/text]")
    allowed = {"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text", "verbatim"}
    if set(text) - allowed:
        raise SlackError("invalid_blocks", f"[ERROR] no such property [json-pointer:{pointer}/text]")
    length = len(str(text.get("text", "")).encode("utf-16-le")) // 2
    if not 1 <= length <= limit:
        raise SlackError(
            "invalid_blocks", f"[ERROR] must be 1 to {limit} characters [json-pointer:{pointer}/text]"
        )
    return length


def _content(arguments: dict[str, Any]) -> dict[str, Any]:
    """Text, blocks and metadata of a call, checked."""
    text, blocks, metadata = (_decoded(arguments.get(name)) for name in ("text", "blocks", "metadata"))
    if not text and not blocks:
        raise SlackError("no_text")
    if len(str(text or "").encode("utf-16-le")) // 2 > MAX_TEXT:
        raise SlackError("msg_too_long")
    content: dict[str, Any] = {"text": str(text or "")}
    if blocks:
        check_blocks(blocks)
        content["blocks"] = blocks
    if metadata is not None:
        match metadata:
            case {"event_type": str(), "event_payload": dict()}:
                content["metadata"] = metadata
            case _:
                raise SlackError("invalid_metadata_format")
    return content


def _decoded(value: Any) -> Any:
    """A form's value may be JSON in a string; text that is none stays as it is."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _without_metadata(message: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key != "metadata"}


def _truth(value: Any) -> bool:
    return str(value).lower() in ("1", "true", "t")


def _to_cursor(position: int) -> str:
    return base64.b64encode(f"next:{position}".encode()).decode()


def _from_cursor(cursor: Any) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(str(cursor), validate=True).decode().removeprefix("next:"))
    except (binascii.Error, ValueError) as error:
        raise SlackError("invalid_cursor") from error


def _error(error: str) -> dict[str, Any]:
    return {"ok": False, "error": error}


def _handler(server: SlackServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            shown = {"/_control/messages": server.messages, "/_control/calls": server.calls}
            path = urlsplit(self.path).path
            if path in shown:
                self._send(200, shown[path], {})
            else:
                self.do_POST()

        def do_POST(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if url.path.startswith("/_control/"):
                return self._control(url.path.removeprefix("/_control/"), json.loads(body or b"{}"))
            if not url.path.startswith("/api/"):
                return self._send(404, _error("not_found"), {})
            try:
                arguments = _arguments(self.headers, body, url.query)
            except ValueError:
                return self._send(200, _error("invalid_json"), {})
            bearer = self.headers.get("Authorization", "")
            token = bearer.removeprefix("Bearer ").strip() or arguments.pop("token", None)
            answer = server.call(url.path.removeprefix("/api/"), token, arguments)
            if answer == "drop":
                self.close_connection = True
                self.connection.shutdown(2)
                return None
            if answer == "no_json":
                return self._send_bytes(200, b"<html>upstream</html>", {"Content-Type": "text/html"})
            return self._send(*answer)  # type: ignore[misc]

        def _control(self, what: str, body: dict[str, Any]) -> None:
            match what:
                case "faults":
                    server.fault(**body)
                case "channels":
                    server.set_channel(**body)
                case "reset":
                    server.reset()
                case _:
                    return self._send(404, _error("not_found"), {})
            return self._send(200, {"ok": True}, {})

        def _send(self, status: int, body: Any, headers: dict[str, str]) -> None:
            self._send_bytes(
                status,
                json.dumps(body).encode(),
                {"Content-Type": "application/json; charset=utf-8", **headers},
            )

        def _send_bytes(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            try:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the caller was killed meanwhile

        def log_message(self, *_: object) -> None:
            """Tests read ``calls`` instead."""

    return Handler


def _arguments(headers: Message, body: bytes, query: str) -> dict[str, Any]:
    """A call's arguments from its query and a JSON or form body, as Slack takes both."""
    arguments: dict[str, Any] = {name: values[-1] for name, values in parse_qs(query).items()}
    if headers.get_content_type() == "application/json":
        sent = json.loads(body or b"{}")
        if not isinstance(sent, dict):
            raise ValueError("not an object")
        return arguments | sent
    form = parse_qs(body.decode(), keep_blank_values=True)
    return arguments | {name: values[-1] for name, values in form.items()}


def main() -> None:
    """Run until the process is ended; print the port once the server takes calls."""
    parser = argparse.ArgumentParser(description="A server in the shape of Slack.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--channel", action="append", help="an existing channel's id; without: any")
    parser.add_argument("--seconds-a-message", type=float, default=0.0)
    given = parser.parse_args()
    channels = {channel: {} for channel in given.channel} if given.channel else None
    with SlackServer(given.token, given.port, channels, given.seconds_a_message) as server:
        print(server.port, flush=True)  # noqa: T201 that is its interface
        threading.Event().wait()


if __name__ == "__main__":
    main()
