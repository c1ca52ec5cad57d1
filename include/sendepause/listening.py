"""Answers from Slack over Socket Mode: for an Airflow that nobody reaches from outside.

A small service that holds a connection which it opens itself. It acknowledges an answer once it is written
down; what is not acknowledged, Slack sends again. While there is nothing to connect with, it waits.
"""

from __future__ import annotations

import logging
import signal
import time
from contextlib import closing
from threading import Event
from typing import Any

from sendepause import answering
from sendepause.alerts import slack
from sendepause.alerts.slack_errors import NO_ANSWER, said
from sendepause.alerts.socket_mode import Acknowledge, SocketMode
from sendepause.installation import SLACK_CONNECTION, SOCKET_CONNECTION, Installation, find_access

LOOK_SECONDS = 15.0  # between two looks whether there is something to connect with
BEAT_SECONDS = 10.0
AGAIN_SECONDS = (1.0, 5.0, 15.0, 60.0)  # after so many failures in a row; the last one from then on
SHORT_SECONDS = 10.0  # a connection that was shorter has failed

log = logging.getLogger(__name__)


def run(installation: Installation) -> None:
    """Listen until the process is told to end."""
    stop = Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: stop.set())
    Listener(installation, stop).listen()


class Listener:
    """Holds a connection to Slack until ``stop``.

    The file ``listening`` in the data folder is touched as long as all is well: connected, or nothing there
    to connect with. A health check reads its age.
    """

    def __init__(self, installation: Installation, stop: Event) -> None:
        self.installation = installation
        self.stop = stop
        self.pulse = installation.data / "listening"
        self._beaten_at = float("-inf")
        self._said = ""

    def listen(self) -> None:
        """Connect, listen, and connect again, ever more slowly while that fails."""
        failures = 0
        while not self.stop.is_set():
            try:
                connected = self._once()
            except NO_ANSWER as error:
                self._say(logging.WARNING, f"Slack cannot be listened to ({said(error)}); it is tried again.")
                connected = False
            except Exception as error:  # Airflow's own database may be away, for one
                self._say(logging.ERROR, f"Listening failed ({type(error).__name__}); it is tried again.")
                connected = False
            failures = 0 if connected else failures + 1
            self.stop.wait(AGAIN_SECONDS[min(failures, len(AGAIN_SECONDS)) - 1] if failures else 0)
        log.info("No longer listening to Slack.")

    def _once(self) -> bool:
        """One connection from its beginning to its end, or a while of waiting; True where nothing failed."""
        access, client = find_access(SOCKET_CONNECTION), slack.hook_client(SLACK_CONNECTION)
        if access is None or not access.password or client is None:
            missing = SLACK_CONNECTION if client is None else SOCKET_CONNECTION
            self._say(
                logging.INFO, f"There is no connection {missing} yet; listening begins once it is made."
            )
            self._beat()
            self.stop.wait(LOOK_SECONDS)
            return True
        began = time.monotonic()
        with closing(SocketMode(access.password.strip(), client, self._handle)) as line:
            self._say(logging.INFO, "Listening to Slack.")
            while line.is_alive and not self.stop.is_set():
                self._beat()
                self.stop.wait(1.0)
        if not self.stop.is_set():
            self._say(logging.INFO, "Slack ended the connection; another one is made.")
        return time.monotonic() - began >= SHORT_SECONDS

    def _handle(self, payload: Any, acknowledge: Acknowledge) -> None:
        taken = answering.take(self.installation, payload)
        acknowledge(taken.reply)
        if taken.changed:
            answering.show(self.installation, taken.changed)

    def _beat(self) -> None:
        if time.monotonic() - self._beaten_at >= BEAT_SECONDS:
            self._beaten_at = time.monotonic()
            self.pulse.touch(mode=0o600)

    def _say(self, level: int, what: str) -> None:
        """Say something, unless it was the last thing that was said."""
        if what != self._said:
            self._said = what
            log.log(level, "%s", what)
