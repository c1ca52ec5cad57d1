"""How many of Meta's calls a second the receiver takes, each acknowledged after it was committed.

The application runs in a real uvicorn process of its own, with a store in SQLite and one in PostgreSQL; the
calls come from this process, on the same machine, at a steady rate whether or not the answers keep up.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import yaml
from sqlalchemy import func, select
from tests.postgres import empty_database, running_server
from tests.stages.company import BOOKINGS, KEY, SHOP, configuration_of

from sendepause.store import database
from sendepause.store.tables import ReceivedRow

ROOT = Path(__file__).resolve().parents[1]
SECRET = "an invented app secret"
PATH = "/webhooks"
RATE = 500  # calls a second
LINES = 400  # connections that are kept open, as a proxy in front does; each waits for its answer

SERVE = """
import socket, sys, uvicorn
from sendepause.installation import open_installation
from sendepause.receiving.app import create_app
app = create_app(open_installation)
app.state.prepare()
listener = socket.socket(fileno=int(sys.argv[1]))
uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run([listener])
"""


def receiving(scale: float = 1.0, rate: int = RATE, seconds: float = 20.0) -> dict[str, Any]:
    """At ``rate`` for so many seconds times ``scale`` on each store, then as fast as it goes."""
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stores = {"sqlite": f"sqlite:///{folder}/store.db"}
        server = stack.enter_context(running_server(fsync=True))
        if server is not None:
            stores["postgresql"] = stack.enter_context(empty_database(server))
        for name, url in stores.items():
            with _served(folder / name, url) as (port, process):
                for what, calls in (("steady", rate), ("most", None)):
                    found[f"{name}_{what}"] = _measure(port, process, url, calls, seconds * scale)
    return found


def _measure(
    port: int, process: psutil.Process, url: str, rate: int | None, seconds: float
) -> dict[str, Any]:
    before, spent = _rows(url), sum(process.cpu_times()[:2])
    began = time.perf_counter()
    statuses, latencies = asyncio.run(_load(port, rate, seconds))
    took = time.perf_counter() - began
    latencies.sort()
    at = {f"p{p}_ms": round(latencies[len(latencies) * p // 100] * 1000, 1) for p in (50, 95, 99)}
    return {
        "calls": sum(statuses.values()),
        "acknowledged_per_s": round(statuses[200] / took),
        "others": {status: count for status, count in statuses.items() if status != 200},
        **at,
        "max_ms": round(latencies[-1] * 1000, 1),
        "events_per_call": round((_rows(url) - before) / max(1, statuses[200]), 2),
        "server_cores": round((sum(process.cpu_times()[:2]) - spent) / took, 2),
        "server_mib": round(process.memory_info().rss / 1024**2),
    }


async def _load(port: int, rate: int | None, seconds: float) -> tuple[Counter[int], list[float]]:
    """Calls over open connections. At a rate, a call's time counts from when it was due."""
    statuses, latencies, numbers = Counter[int](), list[float](), iter(range(10**9))
    begin, end = time.perf_counter(), time.perf_counter() + seconds

    async def line() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            number = next(numbers)
            due = begin + number / rate if rate else time.perf_counter()
            if due >= end:
                break
            if due > time.perf_counter():
                await asyncio.sleep(due - time.perf_counter())
            writer.write(request(body(number)))
            head = await reader.readuntil(b"\r\n\r\n")
            if b"content-length: 0" not in head.lower():
                await reader.read(65_536)
            statuses[int(head[9:12])] += 1
            latencies.append(time.perf_counter() - due)
        writer.close()

    await asyncio.gather(*(line() for _ in range(LINES)))
    return statuses, latencies


def body(number: int) -> bytes:
    """What Meta sends: mostly statuses of what was sent, and messages of customers; now and then several."""
    now, customer = int(time.time()), f"4917139200{50 + number % 50}"
    account = (BOOKINGS, SHOP)[number % 2]
    identity = f"wamid.HBgNNDkxNzEzOTIwMDUwFQIAERgS{os.getpid():08d}{number // 3:012d}"
    status = {
        "id": identity,
        "status": ("sent", "delivered", "read")[number % 3],
        "timestamp": str(now),
        "recipient_id": customer,
        "conversation": {"id": "0f9a1b2c3d4e5f60718293a4b5c6d7e8", "origin": {"type": "marketing"}},
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "marketing", "type": "regular"},
    }
    message = {
        "from": customer,
        "id": f"{identity}{number}",
        "timestamp": str(now),
        "type": "text",
        "text": {"body": f"Moin, ist mein Rad mit der Nummer {number} schon fertig? Danke und viele Grüße"},
    }
    metadata = {"display_phone_number": account[1:], "phone_number_id": "106540352242922"}
    value: dict[str, Any] = {"messaging_product": "whatsapp", "metadata": metadata}
    if number % 4 == 0:
        contact = {"profile": {"name": "Anna Beispiel"}, "wa_id": customer}
        value |= {"contacts": [contact], "messages": [message]}
    else:
        value |= {"statuses": [status] * (5 if number % 20 == 1 else 1)}
    entry = {"id": "102290129340398", "changes": [{"value": value, "field": "messages"}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def request(content: bytes, secret: str = SECRET, path: str = PATH) -> bytes:
    """The bytes of a signed call."""
    signature = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: sendepause.example\r\nAccept: */*\r\nUser-Agent: Meta\r\n"
        f"Content-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@contextmanager
def _served(folder: Path, url: str) -> Iterator[tuple[int, psutil.Process]]:
    """The application behind a port of its own; the port, and the process."""
    engine = database.connect(url)
    database.migrate(engine)
    engine.dispose()
    files = configuration_of()
    files["sources.yaml"] = {"sources": [{"id": "meta", "kind": "cloud_api_receiver"}]}
    (folder / "config").mkdir(parents=True)
    for name, content in files.items():
        (folder / "config" / name).write_text(yaml.safe_dump(content))
    connections = {"SENDEPAUSE_META": SECRET, "SENDEPAUSE_KEY": KEY}
    environment = {
        **os.environ,
        **{
            f"AIRFLOW_CONN_{name}": json.dumps({"conn_type": "generic", "password": secret})
            for name, secret in connections.items()
        },
        "AIRFLOW_CONN_SENDEPAUSE_STORE": url,
        "AIRFLOW_HOME": str(folder / "airflow"),
        "SENDEPAUSE_CONFIG": str(folder / "config"),
        "SENDEPAUSE_DATA": str(folder),
        "PYTHONPATH": str(ROOT / "include"),
    }
    if url.startswith("sqlite"):
        connection = {"conn_type": "sqlite", "host": url.removeprefix("sqlite:///")}
        environment["AIRFLOW_CONN_SENDEPAUSE_STORE"] = json.dumps(connection)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        command = [sys.executable, "-c", SERVE, str(listener.fileno())]
        server = subprocess.Popen(command, env=environment, cwd=folder, pass_fds=[listener.fileno()])
        try:
            port = listener.getsockname()[1]
            asyncio.run(_load(port, None, 1.0))  # what only the first calls cost
            yield port, psutil.Process(server.pid)
        finally:
            server.terminate()
            server.wait(30)


def _rows(url: str) -> int:
    engine = database.connect(url)
    with database.session(engine, write=False) as session:
        count = session.scalar(select(func.count()).select_from(ReceivedRow)) or 0
    engine.dispose()
    return count


if __name__ == "__main__":
    for name, figures in receiving(float(os.environ.get("BENCH_SCALE", "1"))).items():
        print(name, figures)  # noqa: T201
