"""Campaign systems for the benchmark: an HTTP API that takes its time, in a process of its own.

``python slow_systems.py SECONDS PORT…`` serves one system on each port, and says so on standard output.
A system knows every id: a campaign runs until it is paused. Nothing else is cheaper to serve, so the time
that a run takes is its own.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sendepause import campaigns
from sendepause.campaigns.base import Access, Connector
from sendepause.settings import SystemSettings

SETTINGS = {
    "list": {"path": "/campaigns", "items": "campaigns"},
    "fields": {"id": "id", "state": "status"},
    "states": {"running": ["running"], "paused": ["paused"]},
    "read": {"path": "/campaigns/{id}"},
    "pause": {"method": "PUT", "path": "/campaigns/{id}", "body": {"status": "paused"}},
}


def connect(port: int, at_once: int) -> Connector:
    """A connector to the system on that port."""
    system = SystemSettings(
        id=f"s{port}", connector="http_api", connection=f"s{port}", at_once=at_once, settings=SETTINGS
    )
    return campaigns.connect(system, Access("http", f"http://127.0.0.1:{port}", password="bench"))


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


@contextmanager
def serving(ports: list[int], seconds: float) -> Iterator[None]:
    """The systems, until the block ends."""
    command = [sys.executable, __file__, str(seconds), *map(str, ports)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            yield
        finally:
            process.kill()


async def _serve(seconds: float, ports: list[int]) -> None:
    for port in ports:
        paused: set[str] = set()

        async def answer(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, paused: set[str] = paused
        ) -> None:
            try:
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                    method, path, _ = head.split(" ", 2)
                    if "content-length: " in head:
                        await reader.readexactly(int(head.split("content-length: ")[1].split("\r")[0]))
                    await asyncio.sleep(seconds)
                    id = path.rpartition("/")[2]
                    if method == "put":
                        paused.add(id)
                    body = json.dumps({"id": id, "status": "paused" if id in paused else "running"}).encode()
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        await asyncio.start_server(answer, "127.0.0.1", port)
    print("ready", flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
