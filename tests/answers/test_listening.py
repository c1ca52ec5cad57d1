"""Answers over Socket Mode: the same ones, through a connection that is opened from inside."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.answers.conftest import HOLD, READ, Door, Office, wait_for
from tests.slack_server import APP_TOKEN

from sendepause import answering, listening
from sendepause.alerts import socket_mode
from sendepause.listening import Listener


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "AGAIN_SECONDS", (0.05,))
    monkeypatch.setattr(listening, "BEAT_SECONDS", 0.0)
    monkeypatch.setattr(listening, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(socket_mode, "PING_SECONDS", 0.2)


@contextmanager
def listening_to(office: Office) -> Iterator[Callable[[], None]]:
    """The service in a thread; what ends it."""
    stop = threading.Event()
    thread = threading.Thread(target=Listener(office.company.installation, stop).listen, daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()

    try:
        yield end
    finally:
        end()


def connect(office: Office, token: str = APP_TOKEN) -> None:
    """Somebody makes the connection in Airflow."""
    office.company.connect("sendepause_slack_socket", conn_type="generic", password=token)


def forms(office: Office) -> list[dict[str, Any]]:
    return list(office.slack.views.values())


class TestAnswers:
    @pytest.fixture(autouse=True)
    def service(self, office: Office) -> Iterator[None]:
        connect(office)
        with listening_to(office):
            assert office.slack.sockets.wait_for(1)
            yield

    def test_a_press_is_acknowledged_written_down_and_shown(self, office: Office) -> None:
        message = office.message()
        reply = office.slack.press_over_socket(message, READ)
        assert (reply.status, reply.attempts) == (200, 1)
        assert [entry.author for entry in office.entries] == ["slack:U0ERIKA"]
        assert wait_for(lambda: message["text"].startswith("Gelesen von"))

    def test_a_form_is_opened_corrected_and_taken(self, office: Office) -> None:
        assert office.slack.press_over_socket(office.message(), HOLD).status == 200
        (view,) = forms(office)
        values = {"campaign": Door.campaigns(view)[0], "until": "2019-12-31", "reason": "The move."}
        reply = office.slack.submit_over_socket(view, values)
        assert (reply.shown, list(reply.errors)) == ("errors", ["until"])
        assert office.slack.submit_over_socket(view, values | {"until": "2019-12-02"}).shown == "closed"
        assert len(office.company.entries("hold_asked")) == 1

    def test_what_is_not_taken_is_not_acknowledged_and_comes_again(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        attempts: list[int] = []
        take = answering.take

        def once_broken(*arguments: Any) -> Any:
            attempts.append(1)
            if len(attempts) == 1:
                raise RuntimeError("the store is away")
            return take(*arguments)

        monkeypatch.setattr(answering, "take", once_broken)
        reply = office.slack.press_over_socket(office.message(), READ, seconds=1.5)
        assert (reply.status, reply.attempts, len(office.entries)) == (200, 2, 1)

    def test_what_else_comes_is_acknowledged_and_ignored(self, office: Office) -> None:
        delivered = office.slack.sockets.deliver({"type": "shortcut", "callback_id": "x"}, 3.0, 0)
        assert delivered.acknowledged.is_set()
        assert delivered.answer is None
        assert office.entries == []

    @pytest.mark.parametrize("how", ["told", "without a word"])
    def test_after_a_broken_connection_there_is_another_one(self, office: Office, how: str) -> None:
        sockets = office.slack.sockets
        before = sockets.connections[:]
        sockets.disconnect() if how == "told" else sockets.drop()
        assert wait_for(lambda: [c for c in sockets.connections if c not in before])
        assert office.slack.press_over_socket(office.message(), READ).status == 200
        assert len(office.entries) == 1


class TestWaiting:
    def test_without_a_connection_it_waits_says_so_once_and_begins_with_it(
        self, office: Office, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "sendepause.listening")
        with listening_to(office):
            pulse = office.company.installation.data / "listening"
            assert wait_for(pulse.exists), "waiting is being well"
            time.sleep(0.4)
            assert caplog.text.count("no connection sendepause_slack_socket yet") == 1
            connect(office)
            assert office.slack.sockets.wait_for(1)

    def test_a_token_that_slack_refuses_is_said_once_without_the_token_and_a_new_one_is_used(
        self, office: Office, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        connect(office, "xapp-wrong-token")
        with listening_to(office):
            assert wait_for(lambda: "cannot be listened to (invalid_auth)" in caplog.text)
            time.sleep(0.4)
            assert caplog.text.count("cannot be listened to") == 1
            assert "xapp-" not in caplog.text
            connect(office)
            assert office.slack.sockets.wait_for(1)

    def test_while_slack_is_away_it_is_not_well_and_comes_back(self, office: Office) -> None:
        connect(office)
        pulse = office.company.installation.data / "listening"
        office.slack.fault("500_before", method="apps.connections.open", times=1_000)
        with listening_to(office):
            assert wait_for(lambda: office.slack.counts().get("apps.connections.open", 0) > 3)
            assert not pulse.exists()
            office.slack.faults.clear()
            assert office.slack.sockets.wait_for(1)
            assert wait_for(pulse.exists)


class TestTheEnd:
    def test_what_is_being_answered_is_still_acknowledged(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connect(office)
        inside, take = threading.Event(), answering.take
        replies: list[Any] = []

        def slow(*arguments: Any) -> Any:
            inside.set()
            time.sleep(1)
            return take(*arguments)

        monkeypatch.setattr(answering, "take", slow)
        with listening_to(office) as end:
            assert office.slack.sockets.wait_for(1)
            press = threading.Thread(
                target=lambda: replies.append(
                    office.slack.press_over_socket(office.message(), READ, resends=0)
                )
            )
            press.start()
            assert inside.wait(60)
            end()
            press.join(60)
        assert replies[0].status == 200
        assert len(office.entries) == 1

    @pytest.mark.parametrize("connected", [True, False])
    def test_the_service_ends_when_it_is_told_to(self, office: Office, connected: bool) -> None:
        if connected:
            connect(office)
        command = [sys.executable, "-m", "sendepause", "listen"]
        environment = {**os.environ, "PYTHONPATH": "include"}
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(command, env=environment, text=True, **streams) as service:
            assert service.stdout is not None
            if connected:
                assert office.slack.sockets.wait_for(1, 60)
                assert office.slack.press_over_socket(office.message(), READ, seconds=10).status == 200
            else:
                assert any("no connection sendepause_slack_socket" in line for line in service.stdout)
            service.send_signal(signal.SIGTERM)
            rest = service.stdout.read()
            assert service.wait(60) == 0
        assert "No longer listening" in rest
        assert "Traceback" not in rest
        assert len(office.entries) == connected
