"""Taktgeber, the invented tool of ``docs/new_connector.md``, on the loopback interface."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "token-0123456789"
PAGE = 2  # jobs


@dataclass
class TaktgeberServer:
    """What the server knows, and how it is to behave."""

    port: int = 0
    jobs: dict[int, dict[str, Any]] = field(default_factory=dict)
    runs: dict[int, dict[str, int]] = field(default_factory=dict)
    lies: bool = False
    answers_after: float = 0.0  # seconds between switching and answering

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def put(self, id: int, mode: str, *labels: str) -> None:
        """A person makes a job, or changes it."""
        self.jobs[id] = {"id": id, "title": f"Job {id}", "labels": list(labels), "mode": mode}
        self.runs.setdefault(id, {"active": 0, "waiting": 0})

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and JSON for one call."""
        if match := re.fullmatch(r"/jobs\?page=(\d+)", path):
            first = (int(match[1]) - 1) * PAGE
            more = int(match[1]) + 1 if first + PAGE < len(self.jobs) else None
            return 200, {"jobs": list(self.jobs.values())[first : first + PAGE], "next": more}
        match = re.fullmatch(r"/jobs/(\d+)(/mode|/runs)?", path)
        if match is None or int(match[1]) not in self.jobs:
            return 404, {"error": "no such job"}
        id = int(match[1])
        match method, match[2]:
            case "PUT", "/mode":
                if not self.lies:
                    self.jobs[id]["mode"] = body["mode"]
                time.sleep(self.answers_after)
                return 204, None
            case "DELETE", "/runs":
                self.runs[id] = {"active": 0, "waiting": 0}
                return 202, None
            case "GET", "/runs":
                return 200, self.runs[id]
        return 200, self.jobs[id]


@contextmanager
def serve() -> Iterator[TaktgeberServer]:
    """Runs it until the block ends."""
    taktgeber = TaktgeberServer()

    class Handler(_Handler):
        known = taktgeber

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False  # a slow answer must not hold up the end of a test
    taktgeber.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield taktgeber
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    known: TaktgeberServer

    def _serve(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"null")
        allowed = self.headers.get("x-token") == TOKEN
        status, data = self.known.answer(self.command, self.path, body) if allowed else (401, None)
        content = b"" if data is None else json.dumps(data).encode()
        try:
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:
            pass  # the caller has given up

    do_GET = do_PUT = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """The test's output stays the test's."""
