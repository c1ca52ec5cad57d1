"""A campaign system with an HTTP API, served by a thread on the loopback interface.

It keeps campaigns as marketing tools do, and has the faults that such tools were seen to have.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "key-0123456789abcdef"
PAGE = 2  # campaigns a page, whatever is asked for


@dataclass
class Scripted:
    """An answer that is given instead of the usual one, once."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    method: str | None = None  # only to this method


@dataclass
class Api:
    """What the server knows, and how it is to behave."""

    port: int = 0
    campaigns: dict[str, dict[str, Any]] = field(default_factory=dict)
    scripted: list[Scripted] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)  # the list leaves these out, as what is archived
    lies: bool = False  # answers that it switched, and does not
    answers_after: float = 0.0  # seconds between switching and answering

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def put(self, id: str, status: str, account: str | None = "+4930123450") -> None:
        self.campaigns[id] = {
            "id": id,
            "name": f"Campaign {id}",
            "status": status,
            "tags": {"account": account},
        }


@contextmanager
def serve() -> Iterator[Api]:
    """Runs the API until the block ends."""
    api = Api()

    class Handler(_Handler):
        known = api

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False  # a slow answer must not hold up the end of a test
    api.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    known: Api

    def do_GET(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        api, parts = self.known, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        api.calls.append((self.command, self.path))
        if api.scripted and api.scripted[0].method in (None, self.command):
            scripted = api.scripted.pop(0)
            self._say(scripted.status, scripted.body, scripted.headers)
        elif self.headers.get("x-api-key") != KEY:
            # Some tools repeat the wrong secret in their answer.
            self._say(401, json.dumps({"message": f"bad key {self.headers.get('x-api-key')}"}).encode())
        elif parts.path == "/api/campaigns":
            self._list({name: values[0] for name, values in parse_qs(parts.query).items()})
        else:
            self._one(parts.path.removeprefix("/api/campaigns/").split("/"), body)

    def _list(self, query: dict[str, str]) -> None:
        rows = [row for id, row in self.known.campaigns.items() if id not in self.known.hidden]
        first = int(query.get("offset", 0)) or int(query.get("cursor", 0))
        if "page" in query:
            first = (int(query["page"]) - 1) * PAGE
        page = rows if not query else rows[first : first + PAGE]
        more = bool(query) and first + PAGE < len(rows)
        answer = {"data": {"results": page}, "next": str(first + PAGE) if more else None}
        link = {"link": f'</api/campaigns?offset={first + PAGE}>; rel="next"'} if more else {}
        self._say(200, json.dumps(answer).encode(), link)

    def _one(self, path: list[str], body: bytes) -> None:
        campaign = self.known.campaigns.get(unquote(path[0]))
        if campaign is None:
            self._say(404, b'{"message": "not found"}')
        elif self.command == "GET":
            self._say(200, json.dumps({"data": campaign}).encode())
        else:
            self._switch(campaign, json.loads(body)["status"])

    def _switch(self, campaign: dict[str, Any], status: str) -> None:
        already = campaign["status"] == status
        if not self.known.lies:
            campaign["status"] = status
        time.sleep(self.known.answers_after)
        self._say(400 if already else 200, b'{"data": true}')

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        try:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            pass  # the caller has given up

    def log_message(self, format: str, *args: Any) -> None:
        """The test's output stays the test's."""
