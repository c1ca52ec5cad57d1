"""The stand-in as a process of its own, steered over HTTP alone."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from tests.slack.conftest import CHANNEL, App, asking, modal, refusal
from tests.slack_server import APP_TOKEN, TOKEN

SERVER = Path(__file__).parents[1] / "slack_server.py"


class Remote:
    def __init__(self, port: int) -> None:
        self.client = WebClient(TOKEN, base_url=f"http://127.0.0.1:{port}/api/", retry_handlers=[])
        self._control = httpx.Client(base_url=f"http://127.0.0.1:{port}/_control/", timeout=10)

    def see(self, what: str) -> Any:
        return self._control.get(what).json()

    def tell(self, what: str, **body: Any) -> Any:
        answer = self._control.post(what, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, what: str, **body: Any) -> int:
        return self._control.post(what, json=body).status_code


@pytest.fixture(scope="module")
def process() -> Iterator[Remote]:
    command = [sys.executable, str(SERVER), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield Remote(int(server.stdout.readline()))
        server.terminate()


@pytest.fixture
def remote(process: Remote) -> Remote:
    process.tell("reset")
    process.tell("limits", on=False)
    return process


@pytest.fixture
def message(remote: Remote) -> dict[str, Any]:
    remote.client.chat_postMessage(channel=CHANNEL, text="t", blocks=asking())
    return remote.see("messages")[0]


def test_messages_and_calls_are_shown_and_forgotten(remote, message) -> None:
    assert message["text"] == "t"
    assert remote.see("counts") == {"chat.postMessage": 1}
    assert remote.see("calls")[0]["channel"] == CHANNEL
    remote.tell("reset")
    assert remote.see("messages") == remote.see("calls") == []


def test_channels_and_people_are_set(remote) -> None:
    remote.tell("channels", id=CHANNEL, name="nord-neu", is_archived=True)
    remote.tell("users", id="U0ERIKA", deleted=True)
    found = remote.client.conversations_info(channel=CHANNEL)["channel"]
    assert (found["name"], found["is_archived"]) == ("nord-neu", True)
    assert remote.client.users_info(user="U0ERIKA")["user"]["deleted"]


def test_a_message_is_deleted(remote, message) -> None:
    remote.tell("delete", channel=CHANNEL, ts=message["ts"])
    assert remote.see("messages") == []
    assert remote.refused("delete", channel=CHANNEL, ts=message["ts"]) == 400


def test_scopes_are_set(remote) -> None:
    before = remote.client.auth_test().headers["X-OAuth-Scopes"].split(",")
    remote.tell("scopes", scopes=["users:read"])
    answer = refusal(remote.client.chat_postMessage, channel=CHANNEL, text="t")
    assert (answer["needed"], answer["provided"]) == ("chat:write", "users:read")
    remote.tell("scopes", scopes=before)


def test_limits_are_switched(remote) -> None:
    remote.tell("limits", channel_burst=1)
    remote.client.chat_postMessage(channel=CHANNEL, text="1")
    assert refusal(remote.client.chat_postMessage, channel=CHANNEL, text="2")["error"] == "ratelimited"
    remote.tell("limits", on=False)
    remote.client.chat_postMessage(channel=CHANNEL, text="3")


def test_faults_and_chaos_are_switched(remote) -> None:
    remote.tell("faults", fault="is_archived", method="chat.postMessage", times=1)
    assert refusal(remote.client.chat_postMessage, channel=CHANNEL, text="t")["error"] == "is_archived"
    remote.tell("chaos", share=1.0, seconds=0.01)
    with pytest.raises(Exception):  # noqa: B017
        remote.client.chat_postMessage(channel=CHANNEL, text="t")
    assert remote.see("failed") == {"drop_before": 1}
    remote.tell("chaos", share=0)
    remote.client.chat_postMessage(channel=CHANNEL, text="t")


def test_settings_are_set_and_only_those(remote) -> None:
    remote.tell("settings", page=1)
    for text in "ab":
        remote.client.chat_postMessage(channel=CHANNEL, text=text)
    assert len(remote.client.conversations_history(channel=CHANNEL)["messages"]) == 1
    remote.tell("settings", page=200)
    assert remote.refused("settings", token="xoxb-other") == 404


def test_a_person_presses_and_fills_a_form(remote, app: App, message) -> None:
    def opened(payload: dict[str, Any]) -> None:
        if payload["type"] == "block_actions":
            remote.client.views_open(trigger_id=payload["trigger_id"], view=modal())

    app.while_asked = opened
    which = {"channel": CHANNEL, "ts": message["ts"], "action_id": "read"}
    pressed = remote.tell("press", url=app.url, user="U0ERIKA", **which)
    assert (pressed["status"], app.payloads[0]["user"]["id"]) == (200, "U0ERIKA")
    (view,) = remote.see("views")
    app.answer = {"response_action": "errors", "errors": {"why": "zu kurz"}}
    sent = remote.tell("submit", url=app.url, view=view["id"], values={"why": "x"})
    assert (sent["shown"], sent["errors"]) == ("errors", {"why": "zu kurz"})


def test_a_press_may_be_broken(remote, app: App, message) -> None:
    which = {"channel": CHANNEL, "ts": message["ts"], "action_id": "read"}
    assert remote.tell("press", url=app.url, broken={"age": 600}, **which)["status"] == 401
    assert remote.refused("press", url=app.url, channel=CHANNEL, ts=message["ts"], action_id="no") == 400


def test_a_person_presses_over_a_socket(remote, message) -> None:
    client = SocketModeClient(APP_TOKEN, web_client=WebClient(base_url=remote.client.base_url))
    client.socket_mode_request_listeners.append(
        lambda socket, request: socket.send_socket_mode_response(SocketModeResponse(request.envelope_id))
    )
    client.connect()
    try:
        which = {"channel": CHANNEL, "ts": message["ts"], "action_id": "read"}
        pressed = remote.tell("press_over_socket", **which)
        assert (pressed["status"], pressed["attempts"]) == (200, 1)
        assert remote.see("connections") == 1
        remote.tell("disconnect", reason="refresh_requested")
        assert remote.tell("press_over_socket", **which)["status"] == 200
        remote.tell("drop")
    finally:
        threading.Thread(target=client.close, daemon=True).start()  # it takes seconds


@pytest.mark.parametrize("what", ["nothing", "press/again"])
def test_what_is_not_there_is_not_found(remote, what: str) -> None:
    assert remote.refused(what) == 404
    assert remote.see(what) == {"ok": False, "error": "not_found"}
