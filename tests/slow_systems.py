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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

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


def name_of(port: int) -> str:
    return f"s{port}"


def connect(port: int, at_once: int) -> Connector:
    """A connector to the system on that port."""
    name = name_of(port)
    system = SystemSettings(
        id=name, connector="http_api", connection=name, at_once=at_once, settings=SETTINGS
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
def serving(ports: Sequence[int], seconds: float) -> Iterator[None]:
    """The systems, until the block ends."""
    command = [sys.executable, __file__, str(seconds), *map(str, ports)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            yield
        finally:
            process.kill()


async def _answer(
    paused: set[str], seconds: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, path, _ = head.split(" ", 2)
            length = head.lower().partition("content-length: ")[2].partition("\r")[0]
            await reader.readexactly(int(length or 0))
            await asyncio.sleep(seconds)
            id = path.rpartition("/")[2]
            if method == "PUT":
                paused.add(id)
            body = json.dumps({"id": id, "status": "paused" if id in paused else "running"}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _serve(seconds: float, ports: Sequence[int]) -> None:
    for port in ports:
        await asyncio.start_server(partial(_answer, set(), seconds), "127.0.0.1", port)
    print("ready", flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
