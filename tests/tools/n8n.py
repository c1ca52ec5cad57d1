"""A real n8n, started as its users start it, with an owner, keys and workflows whose messages are counted.

What a person does in the editor goes through the editor's own interface (``/rest``), with the owner's
login; what a program does goes through the public API (``/api/v1``), with a key.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from tests.tools.node import Installed

READY = 120.0  # seconds until n8n is up; eight alone on two cores
STOP = 30.0  # seconds until it has ended
OWNER = {"email": "anna@example.org", "firstName": "Anna", "lastName": "Beispiel", "password": "Sendepause-1"}
QUIETLY = {
    "N8N_LISTEN_ADDRESS": "127.0.0.1",
    "N8N_SECURE_COOKIE": "false",
    "N8N_DIAGNOSTICS_ENABLED": "false",
    "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
    "N8N_TEMPLATES_ENABLED": "false",
    "N8N_PERSONALIZATION_ENABLED": "false",
    "N8N_GRACEFUL_SHUTDOWN_TIMEOUT": "3",
    "NO_PROXY": "127.0.0.1",
}
Nodes = list[dict[str, Any]]


@dataclass
class N8n:
    """One n8n of its own below ``folder``."""

    installed: Installed
    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    editor: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))
    seconds: float = 0.0  # from the start to ready

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def release(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.installed.version.split(".")[:2])

    def start(self) -> None:
        """Returns when it is ready and its owner is logged in."""
        self.port, broker = free_ports(2)
        environment = self.installed.environment | QUIETLY
        environment |= {
            "N8N_USER_FOLDER": str(self.folder),
            "N8N_PORT": str(self.port),
            "N8N_RUNNERS_BROKER_PORT": str(broker),
            "N8N_ENCRYPTION_KEY": uuid.uuid4().hex,
        }
        began = time.monotonic()
        with (self.folder / "n8n.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*self.installed.command, "start"],
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_for("n8n", self._ready, READY)
        self.seconds = time.monotonic() - began
        self.editor.base_url = httpx.URL(f"{self.url}/rest")
        self.editor.post("/owner/setup", json=OWNER).raise_for_status()

    def stop(self) -> None:
        """As the operating system asks: n8n ends its task runner itself."""
        self.editor.close()
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _ready(self) -> bool:
        """The health check says yes before the interfaces answer."""
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "n8n.log").read_text()[-3000:]
        try:
            if httpx.get(f"{self.url}/healthz/readiness", timeout=5).status_code != 200:
                return False
            return "data" in httpx.get(f"{self.url}/rest/settings", timeout=5).json()
        except (httpx.HTTPError, ValueError):
            return False

    def key(self, *scopes: str) -> str:
        """An API key with these scopes; with all where none is named."""
        every: list[str] = self.editor.get("/api-keys/scopes").raise_for_status().json()["data"]
        wanted = {"label": uuid.uuid4().hex, "expiresAt": None, "scopes": list(scopes) or every}
        made = self.editor.post("/api-keys", json=wanted).raise_for_status().json()
        return str(made["data"]["rawApiKey"])

    def api(self, key: str | None = None) -> httpx.Client:
        """A client of the public API."""
        return httpx.Client(
            base_url=f"{self.url}/api/v1", headers={"X-N8N-API-KEY": key or self.key()}, timeout=30
        )


@contextmanager
def running(installed: Installed, folder: Path) -> Iterator[N8n]:
    """An n8n that runs until the block ends."""
    n8n = N8n(installed, folder)
    try:
        n8n.start()
        yield n8n
    finally:
        n8n.stop()


def free_ports(count: int) -> list[int]:
    """Ports that are free now, each another one."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def wait_for(what: str, look: Callable[[], object], seconds: float = 20.0) -> None:
    """Returns when ``look`` says yes; it is asked ten times a second."""
    ends = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < ends, f"waited {seconds:g} s in vain for {what}"
        time.sleep(0.1)


def node(name: str, kind: str, version: float = 1, **parameters: Any) -> dict[str, Any]:
    """A node of n8n's own as the editor saves it."""
    return {
        "id": str(uuid.uuid4()),
        "name": name,
        "type": kind if "." in kind else f"n8n-nodes-base.{kind}",
        "typeVersion": version,
        "position": [0, 0],
        "parameters": parameters,
        "webhookId": str(uuid.uuid4()),
    }


def sending(url: str, name: str = "Send") -> dict[str, Any]:
    """An HTTP node that sends a text as through a WAHA server at ``url``."""
    fields = {"session": "sales", "chatId": "={{ $json.chat }}", "text": "Hello"}
    return node(
        name,
        "httpRequest",
        4.2,
        method="POST",
        url=f"{url}/api/sendText",
        sendBody=True,
        bodyParameters={"parameters": [{"name": key, "value": value} for key, value in fields.items()]},
        options={},
    )


def every_second() -> dict[str, Any]:
    return node(
        "Clock", "scheduleTrigger", 1.2, rule={"interval": [{"field": "seconds", "secondsInterval": 1}]}
    )


def on_call(path: str) -> dict[str, Any]:
    """A trigger that starts with each POST to ``/webhook/PATH``."""
    return node("Call", "webhook", 2, httpMethod="POST", path=path, options={})


def waiting(seconds: float) -> dict[str, Any]:
    """A pause between nodes; 65 seconds and more are stored and woken up later."""
    return node("Wait", "wait", 1.1, amount=seconds, unit="seconds")


def chained(*nodes: dict[str, Any]) -> dict[str, Any]:
    """The connections of nodes one after another; a node that stands twice closes a loop."""
    links: dict[str, Any] = {}
    for one, other in pairwise(nodes):
        target = {"node": other["name"], "type": "main", "index": 0}
        links.setdefault(one["name"], {"main": [[]]})["main"][0].append(target)
    return links


def workflow(name: str, *nodes: dict[str, Any]) -> dict[str, Any]:
    """What creates a workflow of nodes one after another."""
    once = list({one["name"]: one for one in nodes}.values())
    return {"name": name, "nodes": once, "connections": chained(*nodes), "settings": {}}
