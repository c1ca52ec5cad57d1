"""Socket Mode, taken by slack-sdk's own client."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from tests.slack.conftest import CHANNEL, asking, field, modal, plain, refusal, writing
from tests.slack_server import APP_TOKEN, TOKEN, SlackServer
from tests.slack_socket import MAX_CONNECTIONS, PATIENCE_SECONDS
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

Answer = Callable[[SocketModeRequest], Any]


class Listening:
    """An app on a socket: ``answer`` gives the acknowledgement's payload, or raises to give none."""

    def __init__(self, slack: SlackServer) -> None:
        self.requests: list[SocketModeRequest] = []
        self.answer: Answer = lambda request: None
        web = WebClient(base_url=slack.base_url)
        self.client = SocketModeClient(APP_TOKEN, web_client=web, ping_interval=0.5)
        self.client.socket_mode_request_listeners.append(self._take)
        self.client.connect()

    def close(self) -> None:
        """Aside: slack-sdk waits up to three seconds for its last look at the socket."""
        threading.Thread(target=self.client.close, daemon=True).start()

    def _take(self, client: Any, request: SocketModeRequest) -> None:
        self.requests.append(request)
        answer = self.answer(request)
        client.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))


class Silence(Exception):
    """No acknowledgement."""


def silent(_: SocketModeRequest) -> None:
    raise Silence


@pytest.fixture
def app(slack) -> Iterator[Listening]:
    found = Listening(slack)
    assert slack.sockets.wait_for(1)
    yield found
    found.close()


@pytest.fixture
def message(slack, client) -> dict[str, Any]:
    client.chat_postMessage(channel=CHANNEL, text="t", blocks=asking())
    return slack.messages[0]


@pytest.fixture
def view(slack, client) -> str:
    return client.views_open(trigger_id=slack.trigger("U0ERIKA"), view=modal())["view"]["id"]


def address(slack: SlackServer) -> str:
    return WebClient(base_url=slack.base_url).apps_connections_open(app_token=APP_TOKEN)["url"]


class TestAPress:
    def test_arrives_in_an_envelope_and_is_acknowledged(self, slack, app, message) -> None:
        reply = slack.press_over_socket(message, "read", user="U0ERIKA")
        assert (reply.status, reply.body, reply.attempts) == (200, "", 1)
        (request,) = app.requests
        assert request.type == "interactive"
        assert request.accepts_response_payload
        assert request.payload["actions"][0]["action_id"] == "read"
        assert request.payload["user"]["id"] == "U0ERIKA"

    def test_opens_a_modal_with_its_trigger(self, slack, app, client, message) -> None:
        def opened(request: SocketModeRequest) -> None:
            client.views_open(trigger_id=request.payload["trigger_id"], view=modal())

        app.answer = opened
        assert slack.press_over_socket(message, "read").status == 200
        assert len(slack.views) == 1

    def test_that_is_not_acknowledged_is_sent_again(self, slack, app, message) -> None:
        def second_time(request: SocketModeRequest) -> None:
            if not request.retry_attempt:
                raise Silence

        app.answer = second_time
        reply = slack.press_over_socket(message, "read", seconds=0.2)
        assert (reply.status, reply.attempts) == (200, 2)
        first, second = app.requests
        assert first.envelope_id == second.envelope_id
        assert first.payload == second.payload

    def test_that_nobody_acknowledges_ends(self, slack, app, message) -> None:
        app.answer = silent
        reply = slack.press_over_socket(message, "read", seconds=0.1, resends=2)
        assert (reply.status, reply.attempts) == (0, 3)

    def test_that_finds_no_connection_ends_too(self, slack, message) -> None:
        reply = slack.press_over_socket(message, "read", seconds=0.1)
        assert (reply.status, reply.attempts) == (0, 0)

    def test_whose_connection_breaks_is_sent_again_over_the_next(self, slack, app, message) -> None:
        def breaks(request: SocketModeRequest) -> None:
            if not request.retry_attempt:
                slack.sockets.drop()
                raise Silence

        app.answer = breaks
        reply = slack.press_over_socket(message, "read", seconds=10)
        assert (reply.status, reply.attempts) == (200, 2)


class TestAForm:
    def test_may_be_answered_with_errors(self, slack, app, view) -> None:
        app.answer = lambda _: {"response_action": "errors", "errors": {"why": "zu kurz"}}
        reply = slack.submit_over_socket(view, {"why": "x"})
        assert (reply.shown, reply.errors) == ("errors", {"why": "zu kurz"})
        assert view in slack.views

    def test_closes_when_it_is_acknowledged(self, slack, app, view) -> None:
        assert slack.submit_over_socket(view, {"why": "x"}).shown == "closed"
        assert app.requests[0].payload["view"]["state"]["values"]["why"]["reason"]["value"] == "x"

    def test_may_show_another_modal(self, slack, app, view) -> None:
        other = modal(field(writing(), "more"), title=plain("Noch eins"))
        app.answer = lambda _: {"response_action": "update", "view": other}
        assert slack.submit_over_socket(view, {"why": "x"}).shown == "updated"
        assert slack.views[view]["title"]["text"] == "Noch eins"

    def test_that_nobody_takes_shows_trouble(self, slack, app, view) -> None:
        app.answer = silent
        reply = slack.submit_over_socket(view, {"why": "x"}, seconds=0.1, resends=0)
        assert (reply.status, reply.shown) == (0, "trouble")


class TestAConnection:
    def test_begins_with_hello(self, slack) -> None:
        with connect(address(slack)) as socket:
            hello = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["connection_info"] == {"app_id": "A0EXAMPLE"}
        assert hello["debug_info"]["approximate_connection_time"] == 3600

    def test_needs_a_ticket_good_once(self, slack) -> None:
        url = address(slack)
        with connect(url), pytest.raises(InvalidStatus), connect(url):
            pass

    def test_is_refused_above_ten(self, slack) -> None:
        with ExitStack() as held:
            for _ in range(MAX_CONNECTIONS):
                held.enter_context(connect(address(slack)))
            assert slack.sockets.wait_for(MAX_CONNECTIONS)
            with pytest.raises(InvalidStatus):
                held.enter_context(connect(address(slack)))

    def test_is_for_an_app_level_token(self, slack) -> None:
        web = WebClient(base_url=slack.base_url)
        assert refusal(web.apps_connections_open, app_token=TOKEN)["error"] == "not_allowed_token_type"

    def test_is_renewed_when_slack_asks_for_it(self, slack, app, message) -> None:
        slack.sockets.disconnect("refresh_requested")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while slack.counts()["apps.connections.open"] < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert slack.sockets.wait_for(1)
        assert slack.press_over_socket(message, "read").status == 200

    def test_outlives_a_warning(self, slack) -> None:
        with connect(address(slack)) as socket:
            socket.recv(timeout=PATIENCE_SECONDS)
            slack.sockets.disconnect("warning")
            told = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
            assert (told["type"], told["reason"]) == ("disconnect", "warning")
            assert slack.sockets.connections

    @pytest.mark.parametrize("reason", ["refresh_requested", "link_disabled"])
    def test_ends_after_its_last_word(self, slack, reason: str) -> None:
        with connect(address(slack)) as socket:
            socket.recv(timeout=PATIENCE_SECONDS)
            slack.sockets.disconnect(reason)
            assert json.loads(socket.recv(timeout=PATIENCE_SECONDS))["reason"] == reason
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=PATIENCE_SECONDS)

    def test_may_break_without_a_word(self, slack) -> None:
        with connect(address(slack)) as socket:
            socket.recv(timeout=PATIENCE_SECONDS)
            slack.sockets.drop()
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=PATIENCE_SECONDS)

    def test_gets_each_press_once_where_there_are_several(self, slack, message) -> None:
        apps = [Listening(slack) for _ in range(2)]
        assert slack.sockets.wait_for(2)
        for _ in range(4):
            assert slack.press_over_socket(message, "read").attempts == 1
        assert sum(len(app.requests) for app in apps) == 4
        for app in apps:
            app.close()

    def test_hands_on_to_another_what_one_leaves_lying(self, slack, message) -> None:
        deaf, well = Listening(slack), Listening(slack)
        deaf.answer = silent
        assert slack.sockets.wait_for(2)
        for _ in range(2):
            assert slack.press_over_socket(message, "read", seconds=1.0).status == 200
        assert len(well.requests) == 2
        for app in (deaf, well):
            app.close()

    def test_that_acknowledges_what_was_never_sent_is_noted(self, slack) -> None:
        with connect(address(slack)) as socket:
            socket.recv(timeout=PATIENCE_SECONDS)
            socket.send('{"envelope_id": "invented"}')
            socket.send("nonsense")
            deadline = time.monotonic() + PATIENCE_SECONDS
            while len(slack.sockets.unknown) < 2 and time.monotonic() < deadline:
                time.sleep(0.01)
        assert slack.sockets.unknown == ['{"envelope_id": "invented"}', "nonsense"]


def test_no_thread_is_left_when_the_server_ends() -> None:
    before = threading.active_count()
    with SlackServer() as slack, connect(address(slack)) as socket:
        socket.recv(timeout=PATIENCE_SECONDS)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
