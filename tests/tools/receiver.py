"""What a campaign's messages arrive at: an HTTP server on the loopback interface that counts them.

A pause is proved by what arrives no more, not by what a campaign tool says of itself::

    with receiving() as receiver:
        ...  # a campaign that POSTs to receiver.url
        receiver.wait_for(3)
        assert receiver.quiet(2) == 0  # after the pause
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MOST_ARRIVALS = 100_000
MOST_BODY = 2_000  # bytes that are kept of one


@dataclass(frozen=True)
class Arrival:
    """One request. ``at`` is when its headers were here, in seconds of ``time.monotonic``."""

    at: float
    method: str
    path: str
    body: bytes = b""


@dataclass
class Receiver:
    """What has arrived. ``answers_after``: seconds that each answer takes, ``status`` what it says."""

    port: int = 0
    answers_after: float = 0.0
    status: int = 200
    arrivals: list[Arrival] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def note(self, arrival: Arrival) -> None:
        with self._changed:
            if len(self.arrivals) < MOST_ARRIVALS:
                self.arrivals.append(arrival)
            self._changed.notify_all()

    def count(self, since: float = 0.0, path: str = "") -> int:
        """How many arrived since that moment, at paths that begin so."""
        with self._changed:
            return self._count(since, path)

    def wait_for(self, n: int = 1, seconds: float = 120.0, since: float = 0.0, path: str = "") -> int:
        """Returns how many are here as soon as ``n`` are; AssertionError where they do not come in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._count(since, path) >= n, seconds):
                raise AssertionError(f"{self._count(since, path)} of {n} arrived within {seconds:g} s")
            return self._count(since, path)

    def quiet(self, seconds: float, path: str = "") -> int:
        """How many arrive from now on in so many seconds; 0 is silence."""
        began = time.monotonic()
        time.sleep(seconds)
        return self.count(began, path)

    def _count(self, since: float, path: str) -> int:
        return sum(one.at >= since and one.path.startswith(path) for one in self.arrivals)


def free_port() -> int:
    """A port of the loopback interface that nobody listens at now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver at a free port until the block ends; slow answers do not hold up the end."""
    receiver = Receiver()

    class Handler(_Handler):
        known = receiver

    server = _Server(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024  # of five, the sixth caller at a time comes a second later, after the silence


class _Handler(BaseHTTPRequestHandler):
    known: Receiver

    def _receive(self) -> None:
        at = time.monotonic()
        length = min(int(self.headers.get("content-length") or 0), 10 * 2**20)
        body = self.rfile.read(length)[:MOST_BODY]
        self.known.note(Arrival(at, self.command, self.path[:MOST_BODY], body))
        time.sleep(self.known.answers_after)
        try:
            self.send_response(self.known.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")
        except ConnectionError:
            pass  # the caller was stopped meanwhile

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _receive

    def log_message(self, format: str, *args: Any) -> None:
        """The test's output stays the test's."""
