"""The stand-in, slack-sdk's client to it, and an app that takes presses as a real one would."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from tests.slack_server import SIGNING_SECRET, TOKEN, SlackError, SlackServer, check_blocks

CHANNEL = "C0NORTH"


class App:
    """Takes what Slack sends, verified by slack-sdk, and answers with ``answer`` (None: empty)."""

    def __init__(self) -> None:
        self.payloads: list[dict[str, Any]] = []
        self.bodies: list[str] = []
        self.answer: Any = None
        self.status = 200
        self.while_asked: Callable[[dict[str, Any]], None] = lambda payload: None
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/slack"

    def take(self, body: str, headers: dict[str, str]) -> tuple[int, bytes]:
        if not SignatureVerifier(SIGNING_SECRET).is_valid_request(body, headers):
            return 401, b""
        payload = json.loads(parse_qs(body)["payload"][0])
        self.bodies.append(body)
        self.payloads.append(payload)
        self.while_asked(payload)
        return self.status, b"" if self.answer is None else json.dumps(self.answer).encode()


def _handler(app: App) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, content = app.take(body, dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    return Handler


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def client(slack: SlackServer) -> WebClient:
    return WebClient(TOKEN, base_url=slack.base_url, timeout=5, retry_handlers=[])


@pytest.fixture
def app() -> Iterator[App]:
    found = App()
    threading.Thread(target=found.http.serve_forever, args=(0.01,), daemon=True).start()
    yield found
    found.http.shutdown()
    found.http.server_close()


def refusal(call: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """What Slack answers to a call that it refuses, as slack-sdk hands it on."""
    with pytest.raises(SlackApiError) as raised:
        call(**arguments)
    data: dict[str, Any] = raised.value.response.data
    return data


def faults(block: dict[str, Any]) -> list[str]:
    """What Slack says of a block that it refuses."""
    with pytest.raises(SlackError) as refused:
        check_blocks([block])
    assert refused.value.error == "invalid_blocks"
    return refused.value.messages


def plain(text: str = "Ja") -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "*Ja*") -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain("Gelesen"), "action_id": "read", **more}


def option(value: str = "1", text: str = "Eins") -> dict[str, Any]:
    return {"text": plain(text), "value": value}


def field(element: dict[str, Any], block_id: str = "why", **more: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "label": plain("Grund"), "element": element, **more}


def writing(action_id: str = "reason", **more: Any) -> dict[str, Any]:
    return {"type": "plain_text_input", "action_id": action_id, **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    shown = list(blocks) or [field(writing())]
    return {"type": "modal", "title": plain("Aufschub"), "submit": plain("Senden"), "blocks": shown, **more}


def asking(*elements: dict[str, Any], block_id: str = "answers") -> list[dict[str, Any]]:
    """Blocks with a row of buttons."""
    return [
        {"type": "section", "text": mrkdwn("Ihre Kampagne wurde angehalten.")},
        {"type": "actions", "block_id": block_id, "elements": list(elements) or [button()]},
    ]


def section(**more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(), **more}


def actions(*elements: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def context(*elements: Any) -> dict[str, Any]:
    return {"type": "context", "elements": list(elements)}


def without(value: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: each for key, each in value.items() if key not in names}


# good block, bad block, what Slack says of it
