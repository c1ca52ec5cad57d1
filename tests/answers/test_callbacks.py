"""The door to the outside: what Slack did not sign just now learns nothing and does nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from starlette.routing import Route
from tests.answers.conftest import HOLD, READ, Door, Office, wait_for
from tests.slack_answers import Broken, block_actions, sign
from tests.slack_server import SIGNING_SECRET

from sendepause import answering, callbacks
from sendepause.callbacks import MAX_BYTES, create_app
from sendepause.errors import Unreachable
from sendepause.store import database

PATH = "/slack/answers"


@pytest.fixture
def client(office: Office) -> Iterator[TestClient]:
    with TestClient(create_app(lambda: office.company.installation)) as made:
        yield made


def signed(payload: Any, **changed: str) -> dict[str, Any]:
    """The arguments of a request as Slack makes it."""
    body = changed.pop("body", urlencode({"payload": json.dumps(payload)}))
    timestamp = str(int(time.time()))
    headers = {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": sign(SIGNING_SECRET, timestamp, body),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return {"content": body, "headers": headers | changed}


class TestWhoMayComeIn:
    @pytest.mark.parametrize(
        "broken",
        [
            Broken(signature=""),
            Broken(timestamp=""),
            Broken(secret="another"),
            Broken(age=301),
            Broken(age=-301),
            Broken(tamper="&payload={}"),
            Broken(signature="v0=" + "0" * 64),
            Broken(timestamp="now"),
        ],
        ids=["unsigned", "no time", "another secret", "old", "early", "tampered", "guessed", "no number"],
    )
    def test_only_slack_and_only_now(self, door: Door, broken: Broken) -> None:
        reply = door.press(READ, broken=broken)
        assert (reply.status, reply.body) == (401, "")
        assert door.office.entries == []

    def test_the_very_same_request_again_is_the_same_answer(self, client: TestClient, office: Office) -> None:
        request = signed(block_actions(office.slack, office.message(), READ))
        assert [client.post(PATH, **request).status_code for _ in range(3)] == [200, 200, 200]
        assert len(office.entries) == 1

    def test_while_there_is_no_secret_nobody_and_without_a_word_why(self, office: Office) -> None:
        office.company.disconnect("sendepause_slack_signing")
        with TestClient(create_app(lambda: office.company.installation)) as client:
            answer = client.post(PATH, **signed({}))
        assert (answer.status_code, answer.content) == (503, b"")

    def test_a_connection_without_a_secret_is_none(self, office: Office) -> None:
        office.company.connect("sendepause_slack_signing", conn_type="generic", password="  ")
        with TestClient(create_app(lambda: office.company.installation)) as client:
            assert client.post(PATH, **signed({})).status_code == 503

    def test_while_the_secret_cannot_be_looked_up_it_is_as_if_there_were_none(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(_: str) -> Any:
            raise OSError("postgresql://airflow:secret@postgres did not answer")

        monkeypatch.setattr(callbacks, "find_access", away)
        answer = client.post(PATH, **signed({}))
        assert (answer.status_code, answer.content) == (503, b"")

    def test_another_secret_counts_within_a_minute(
        self, client: TestClient, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert client.post(PATH, **signed({})).status_code == 200
        office.company.connect("sendepause_slack_signing", conn_type="generic", password="renewed")
        assert client.post(PATH, **signed({})).status_code == 200
        monkeypatch.setattr(callbacks, "SECRET_SECONDS", 0.0)
        assert client.post(PATH, **signed({})).status_code == 401


class TestSize:
    def test_what_says_that_it_is_too_long_is_not_read(self, client: TestClient) -> None:
        answer = client.post(PATH, **signed({}, **{"Content-Length": str(MAX_BYTES + 1)}))
        assert answer.status_code == 413

    def test_what_does_not_say_so_is_read_no_further(self, client: TestClient) -> None:
        read = 0

        def body() -> Iterator[bytes]:
            nonlocal read
            for _ in range(10_000):
                read += 1
                yield b"x" * 1024

        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert client.post(PATH, content=body(), headers=headers).status_code == 413

    def test_up_to_the_limit_it_is_taken(self, door: Door) -> None:
        assert door.press(READ, broken=Broken(padding=70_000)).status == 413
        assert door.press(READ, broken=Broken(padding=40_000)).status == 200
        assert len(door.office.entries) == 1

    def test_a_body_that_does_not_come_holds_up_nothing(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(callbacks, "READ_SECONDS", 0.3)
        host, _, port = door.url.removeprefix("http://").partition("/")[0].partition(":")
        with socket.create_connection((host, int(port)), timeout=5) as line:
            line.sendall(
                f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                "Content-Length: 100\r\n\r\npayload=".encode()
            )
            assert b" 413 " in line.recv(100)
        assert door.press(READ).status == 200

    @pytest.mark.parametrize(
        "kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""]
    )
    def test_any_other_kind_of_content_is_refused(self, client: TestClient, kind: str) -> None:
        assert client.post(PATH, **signed({}, **{"Content-Type": kind})).status_code == 415


class TestNothingElseIsThere:
    def test_one_address_and_one_method(self, office: Office) -> None:
        app = create_app(lambda: office.company.installation)
        found = {
            (route.path, *sorted(route.methods or ())) for route in app.routes if isinstance(route, Route)
        }
        assert found == {(PATH, "POST")}
        assert len(app.routes) == 1

    @pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/openapi.json", "/slack", "/slack/answers/"])
    def test_no_other_address_answers(self, client: TestClient, path: str) -> None:
        assert client.get(path, follow_redirects=False).status_code == 404
        assert client.post(path, follow_redirects=False).status_code == 404

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_no_other_method_answers(self, client: TestClient, method: str) -> None:
        answer = client.request(method, PATH, headers={"Origin": "https://example.org"})
        assert answer.status_code == 405
        assert not [name for name in answer.headers if name.startswith("access-control")]

    def test_it_keeps_no_cookie(self, client: TestClient) -> None:
        client.post(PATH, **signed({}))
        assert not client.cookies


class TestSignedAndUseless:
    @pytest.mark.parametrize(
        "body",
        ["", "payload=", "payload=%FF", "a=b", "payload=" + "[" * 30_000, "payload=null", "ssl_check=1"],
    )
    def test_it_is_acknowledged_and_nothing_comes_of_it(
        self, client: TestClient, office: Office, body: str
    ) -> None:
        answer = client.post(PATH, **signed(None, body=body))
        assert (answer.status_code, answer.content) == (200, b"")
        assert office.entries == []


class TestInTime:
    def test_while_slack_hangs_the_answer_is_acknowledged_and_written_down(self, door: Door) -> None:
        door.office.slack.fault("hang_before", method="chat.update", times=5, seconds=3)
        reply = door.press(READ)
        assert (reply.status, len(door.office.entries)) == (200, 1)
        assert reply.seconds < 2

    def test_what_takes_too_long_is_not_acknowledged_but_goes_on(
        self, client: TestClient, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody else writes into the store for a while."""
        request = signed(block_actions(office.slack, office.message(), READ))
        with monkeypatch.context() as hurried, database.session(office.company.installation.engine) as busy:
            hurried.setattr(callbacks, "ANSWER_SECONDS", 0.3)
            busy.connection()
            assert client.post(PATH, **request).status_code == 503
        assert wait_for(lambda: office.entries)
        assert client.post(PATH, **request).status_code == 200
        assert len(office.entries) == 1

    def test_the_loop_of_all_other_requests_goes_on(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        inside, go_on = threading.Event(), threading.Event()

        def slow(*_: Any) -> Any:
            inside.set()
            go_on.wait(60)
            return answering.Taken()

        monkeypatch.setattr(answering, "take", slow)
        message = door.office.message()
        slow_press = threading.Thread(target=door.press, args=(READ,), kwargs={"message": message})
        slow_press.start()
        assert inside.wait(60)
        assert door.press(READ, broken=Broken(signature="")).status == 401
        assert slow_press.is_alive(), "the other one did not have to wait for it"
        go_on.set()
        slow_press.join(60)

    def test_a_store_that_is_away_is_told_to_slack_and_opened_again(self, office: Office) -> None:
        opened: list[int] = []

        def installation() -> Any:
            opened.append(1)
            if len(opened) == 1:
                raise Unreachable("The store did not answer.")
            return office.company.installation

        with TestClient(create_app(installation)) as client:
            request = signed(block_actions(office.slack, office.message(), READ))
            first, second = client.post(PATH, **request), client.post(PATH, **request)
        assert (first.status_code, first.content, second.status_code) == (503, b"", 200)
        assert len(office.entries) == 1

    def test_what_is_made_ready_beforehand_is_there_with_the_first_answer(self, office: Office) -> None:
        opened: list[int] = []

        def installation() -> Any:
            opened.append(1)
            return office.company.installation

        app = create_app(installation)
        app.state.prepare()
        assert opened == [1]
        with TestClient(app) as client:
            assert client.post(PATH, **signed({})).status_code == 200
        assert opened == [1]

    def test_where_nothing_can_be_received_nothing_is_made_ready(self, office: Office) -> None:
        office.company.disconnect("sendepause_slack_signing")
        create_app(lambda: pytest.fail("not needed")).state.prepare()

    def test_what_cannot_be_made_ready_yet_keeps_no_server_from_starting(self, office: Office) -> None:
        def away() -> Any:
            raise Unreachable("The store did not answer.")

        create_app(away).state.prepare()

    def test_whatever_goes_wrong_inside_slack_learns_nothing_of_it(
        self, door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(*_: Any) -> Any:
            raise RuntimeError(f"secret {SIGNING_SECRET}")

        monkeypatch.setattr(answering, "take", broken)
        reply = door.press(HOLD)
        assert (reply.status, reply.body) == (503, "")
        assert "RuntimeError" in caplog.text
        assert SIGNING_SECRET not in caplog.text
