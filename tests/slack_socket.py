"""Socket Mode: presses and forms over a WebSocket that the app opens, where nobody can reach it from outside.

Source: docs.slack.dev/apis/events-api/using-socket-mode. An envelope is sent to one of the app's connections
and is done when its ``envelope_id`` comes back. What is not acknowledged is sent again, on another connection
where there is one: published for events; that Slack does so for presses too is assumed, as the harder case.
"""

from __future__ import annotations

import json
import logging
import secrets
import socket
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.slack_workspace import APP
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

PATIENCE_SECONDS = 60.0  # what comes at once where two cores are idle may take its time where they are not
MAX_CONNECTIONS = 10  # "up to 10 open WebSocket connections at the same time"
DEBUG = {"host": "applink-example", "build_number": 10, "approximate_connection_time": 3600}


@dataclass
class Envelope:
    """One payload on its way to the app."""

    payload: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: int = 0
    acknowledged: threading.Event = field(default_factory=threading.Event)
    answer: Any = None  # the payload of the acknowledgement


@dataclass
class Sockets:
    """The server's side of Socket Mode, started with the first ``apps.connections.open``."""

    tickets: set[str] = field(default_factory=set)
    connections: list[ServerConnection] = field(default_factory=list)
    envelopes: dict[str, Envelope] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)  # what came that acknowledges nothing
    _server: Server | None = None
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def url(self) -> str:
        """A temporary address, good for one connection."""
        with self._changed:
            if self._server is None:
                quiet = logging.Logger("stand-in", logging.CRITICAL)
                self._server = serve(
                    *(self._serve, "127.0.0.1", 0),
                    process_request=self._admit,
                    ping_interval=None,
                    close_timeout=1,
                    logger=quiet,
                )
                threading.Thread(target=self._server.serve_forever, daemon=True).start()
            ticket = secrets.token_urlsafe(16)
            self.tickets.add(ticket)
            port = self._server.socket.getsockname()[1]
        return f"ws://127.0.0.1:{port}/link/?ticket={ticket}&app_id={APP}"

    def stop(self) -> None:
        """Break all connections and take no more."""
        self.drop()
        if self._server is not None:
            self._server.shutdown()
            self._server = None

    def wait_for(self, connections: int, seconds: float = PATIENCE_SECONDS) -> bool:
        """Whether at least so many connections are open within the time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.connections) >= connections, seconds)

    def deliver(self, payload: dict[str, Any], seconds: float, resends: int) -> Envelope:
        """Send until it is acknowledged, ``seconds`` for each attempt; one connection after the other."""
        envelope = Envelope(payload)
        self.envelopes[envelope.id] = envelope
        tried: list[ServerConnection] = []
        while envelope.attempts <= resends and not envelope.acknowledged.is_set():
            connection = self._pick(tried, seconds)
            if connection is None:
                break
            tried.append(connection)
            self._attempt(envelope, connection, seconds)
        return envelope

    def disconnect(self, reason: str = "refresh_requested", *, all: bool = True) -> None:
        """Tell the app that a connection ends: ``warning`` (about ten seconds before), ``refresh_requested``
        or ``link_disabled``; the last two end it. ``all``: each connection, else the oldest."""
        with self._changed:
            told = self.connections[:] if all else self.connections[:1]
        for connection in told:
            with suppress(ConnectionClosed):
                connection.send(json.dumps({"type": "disconnect", "reason": reason, "debug_info": DEBUG}))
                if reason != "warning":
                    connection.close()

    def drop(self) -> None:
        """Break every connection without a word."""
        with self._changed:
            broken = self.connections[:]
        for connection in broken:
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        ticket = parse_qs(urlsplit(request.path).query).get("ticket", [""])[-1]
        with self._changed:
            if ticket not in self.tickets:
                return connection.respond(HTTPStatus.FORBIDDEN, "ticket is not known or was used")
            self.tickets.discard(ticket)
            if len(self.connections) >= MAX_CONNECTIONS:
                return connection.respond(HTTPStatus.TOO_MANY_REQUESTS, "too many connections")
        return None

    def _serve(self, connection: ServerConnection) -> None:
        with self._changed:
            self.connections.append(connection)
            number = len(self.connections)
        hello = {"type": "hello", "num_connections": number, "debug_info": DEBUG}
        try:
            connection.send(json.dumps({**hello, "connection_info": {"app_id": APP}}))
            with self._changed:
                self._changed.notify_all()
            for message in connection:
                self._acknowledge(str(message))
        except ConnectionClosed:
            pass
        finally:
            with self._changed:
                self.connections.remove(connection)
                self._changed.notify_all()

    def _acknowledge(self, message: str) -> None:
        try:
            said = json.loads(message)
            envelope = self.envelopes[said["envelope_id"]]
        except (ValueError, KeyError, TypeError):
            self.unknown.append(message)
            return
        with self._changed:
            envelope.answer = said.get("payload")
            envelope.acknowledged.set()
            self._changed.notify_all()

    def _pick(self, tried: list[ServerConnection], seconds: float) -> ServerConnection | None:
        """A connection, one that was not tried where there is one; else it is waited for."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self.connections), seconds)
            fresh = [connection for connection in self.connections if connection not in tried]
            return next(iter(fresh or self.connections), None)

    def _attempt(self, envelope: Envelope, connection: ServerConnection, seconds: float) -> None:
        sent: dict[str, Any] = {"envelope_id": envelope.id, "type": "interactive"}
        sent |= {"payload": envelope.payload, "accepts_response_payload": True}
        if envelope.attempts:
            sent |= {"retry_attempt": envelope.attempts, "retry_reason": "timeout"}
        envelope.attempts += 1
        with suppress(ConnectionClosed):
            connection.send(json.dumps(sent))
        with self._changed:
            self._changed.wait_for(
                lambda: envelope.acknowledged.is_set() or connection not in self.connections, seconds
            )


def reply_to(envelope: Envelope, began: float) -> dict[str, Any]:
    """The acknowledgement as an HTTP answer would have been: its status, body and time."""
    said = "" if envelope.answer is None else json.dumps(envelope.answer)
    done = envelope.acknowledged.is_set()
    return {
        "status": 200 if done else 0,
        "body": said,
        "seconds": time.monotonic() - began,
        "payload": envelope.payload,
        "attempts": envelope.attempts,
    }
