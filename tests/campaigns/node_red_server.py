"""A server in the shape of Node-RED's admin API, on the loopback interface: quick, and able to misbehave.

What it answers was compared with Node-RED 4.1.8 and 5.0.7: the same tests run against those
(``test_node_red_real.py``).
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USER, PASSWORD = "sendepause", "a password of tests, long enough"
TOKEN = "a token that somebody made by hand"
LOCKED_OUT_AFTER = 5  # wrong logins

Answer = tuple[int, Any]


@dataclass
class Server:
    """What it knows, and how it is to behave. ``users``: name -> permissions; without any, it is open."""

    port: int = 0
    flows: list[dict[str, Any]] = field(default_factory=list)
    state: str | None = "start"  # None: it knows no /flows/state
    users: dict[str, list[str]] = field(default_factory=dict)
    tokens: dict[str, list[str]] = field(default_factory=dict)
    wrong_logins: int = 0
    calls: list[tuple[str, str]] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)  # scopes, one a login
    types: list[str | None] = field(default_factory=list)  # of deployments
    deploying: int = 0
    deployed_at_once: int = 0
    deploy_takes: float = 0.0  # seconds
    answers_after: float = 0.0  # seconds between a deployment and its answer
    lies: bool = False  # answers that it deployed, and did not
    scripted: dict[str, list[Answer]] = field(default_factory=dict)  # path -> answers instead of its own
    before_deploy: Callable[[], None] = lambda: None  # what somebody else does just before
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def rev(self) -> str:
        return hashlib.sha256(json.dumps(self.flows).encode()).hexdigest()

    def node(self, id: str) -> dict[str, Any]:
        return next(node for node in self.flows if node["id"] == id)

    def count(self, method: str, path: str) -> int:
        return self.calls.count((method, path))


@contextmanager
def serve() -> Iterator[Server]:
    """Runs the server until the block ends."""
    server = Server()

    class Handler(_Handler):
        known = server

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    http.block_on_close = False
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    known: Server

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.known.calls.append((self.command, self.path))
        scripted = self.known.scripted.get(self.path)
        status, data = scripted.pop(0) if scripted else self._answer(json.loads(body or b"null"))
        content = data if isinstance(data, bytes) else json.dumps(data).encode()
        try:
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:
            pass  # the caller has given up

    do_GET = do_POST = do_PUT = _serve

    def _answer(self, body: Any) -> Answer:
        server = self.known
        if (self.command, self.path) == ("POST", "/auth/token"):
            return self._login(body) if server.users else (404, b"Cannot POST /auth/token")
        if (missing := self._missing()) is not None:
            return missing
        match self.command, self.path:
            case "GET", "/flows":
                if self.headers.get("node-red-api-version") != "v2":
                    return 200, server.flows
                return 200, {"flows": server.flows, "rev": server.rev}
            case "GET", "/flows/state" if server.state is not None:
                return 200, {"state": "stop" if server.deploying else server.state}
            case "GET", "/settings":
                return 200, {"version": "4.1.8"}
            case "POST", "/flows":
                return self._deploy(body)
        return 404, {"code": "not_found", "message": ""}

    def _missing(self) -> Answer | None:
        """The answer where the caller may not do this: 401, whatever is missing."""
        right = "settings.read" if self.path == "/settings" else "flows.read"
        right = "flows.write" if self.command == "POST" else right
        token = self.headers.get("authorization", "").removeprefix("Bearer ")
        held = self.known.tokens.get(token, [])
        return (401, b"Unauthorized") if self.known.users and right not in held else None

    def _login(self, body: dict[str, str]) -> Answer:
        server = self.known
        server.asked_for.append(body["scope"])
        server.wrong_logins += 1
        if server.wrong_logins > LOCKED_OUT_AFTER:
            return 500, {"error": "server_error", "error_description": "Too many login attempts."}
        held = server.users.get(body["username"], [])
        scopes = body["scope"].split()
        if body["password"] != PASSWORD or not set(scopes) <= set(held):
            return 403, {"error": "invalid_grant", "error_description": f"no {body['password']}"}
        server.wrong_logins = 0
        token = f"token {len(server.asked_for)}"
        server.tokens[token] = scopes
        return 200, {"access_token": token, "expires_in": 604800, "token_type": "Bearer"}

    def _deploy(self, body: dict[str, Any]) -> Answer:
        server = self.known
        with server.lock:
            server.before_deploy()
            if body["rev"] != server.rev:
                return 409, {"code": "version_mismatch", "message": ""}
            server.deploying += 1
            server.deployed_at_once = max(server.deployed_at_once, server.deploying)
            server.types.append(self.headers.get("node-red-deployment-type"))
            if not server.lies:
                server.flows = body["flows"]
        time.sleep(server.deploy_takes)
        with server.lock:
            server.deploying -= 1
        time.sleep(server.answers_after)
        return 200, {"rev": server.rev}

    def log_message(self, format: str, *args: Any) -> None:
        """The test's output stays the test's."""
