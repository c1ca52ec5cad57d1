"""A real n8n, started as its users start it, with an owner, keys and workflows whose messages are counted.

What a person does in the editor goes through the editor's own interface (``/rest``), with the owner's
login; what a program does goes through the public API (``/api/v1``), with a key.
"""

from __future__ import annotations

import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from tests.tools.node import Installed
from tests.tools.receiver import free_port

READY = 300.0  # seconds until n8n is up; eight alone on two cores
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
Json = dict[str, Any]


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
        self.port, broker = free_port(), free_port()
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

    @cached_property
    def api(self) -> httpx.Client:
        """A client of the public API that may do everything."""
        return httpx.Client(base_url=f"{self.url}/api/v1", headers={"X-N8N-API-KEY": self.key()}, timeout=60)

    def make(self, made: Json, *tags: str, publish: bool = True) -> str:
        """A person makes a workflow, tags it and publishes it; its id."""
        id = str(self.api.post("/workflows", json=made).raise_for_status().json()["id"])
        if tags:
            ids = [{"id": self._tag(name)} for name in tags]
            self.api.put(f"/workflows/{id}/tags", json=ids).raise_for_status()
        if publish:
            self.publish(id)
        return id

    def publish(self, id: str) -> None:
        """Returns a moment after the triggers are live: n8n answers up to 0.3 s before."""
        self.api.post(f"/workflows/{id}/activate").raise_for_status()
        time.sleep(0.5)

    def unpublish(self, id: str) -> None:
        self.api.post(f"/workflows/{id}/deactivate").raise_for_status()

    def shown(self, id: str) -> Json:
        found: Json = self.api.get(f"/workflows/{id}").raise_for_status().json()
        return found

    def edit(self, id: str, made: Json) -> None:
        """A person saves the workflow; where it is not published that changes the draft alone."""
        self.api.put(f"/workflows/{id}", json=made).raise_for_status()

    def delete(self, id: str) -> None:
        """Of one that is not published: n8n 2.41 refuses others, and for a moment those that just were."""

        def deleted() -> bool:
            answer = self.api.delete(f"/workflows/{id}")
            return answer.status_code != 409 and answer.raise_for_status().is_success

        wait_for("n8n to delete a workflow", deleted)

    def archive(self, id: str) -> None:
        """Only the editor can."""
        self.editor.post(f"/workflows/{id}/archive").raise_for_status()

    def call(self, path: str, items: int = 1) -> None:
        """Somebody hands over a batch to a workflow that begins with :func:`on_call`."""
        body = {"items": [{"chat": f"chat-{number}"} for number in range(items)]}
        httpx.post(f"{self.url}/webhook/{path}", json=body, timeout=30).raise_for_status()

    def _tag(self, name: str) -> str:
        known = self.api.get("/tags", params={"limit": 250}).raise_for_status().json()["data"]
        for tag in known:
            if tag["name"] == name:
                return str(tag["id"])
        return str(self.api.post("/tags", json={"name": name}).raise_for_status().json()["id"])


@contextmanager
def running(installed: Installed, folder: Path) -> Iterator[N8n]:
    """An n8n that runs until the block ends."""
    n8n = N8n(installed, folder)
    try:
        n8n.start()
        yield n8n
    finally:
        n8n.stop()


def wait_for(what: str, look: Callable[[], object], seconds: float = 120.0) -> None:
    """Returns when ``look`` says yes; it is asked ten times a second."""
    ends = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < ends, f"waited {seconds:g} s in vain for {what}"
        time.sleep(0.1)


def node(name: str, kind: str, version: float = 1, **parameters: Any) -> Json:
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


def sending(gateway: str, name: str = "Send") -> Json:
    """An HTTP node that sends a text through a WAHA server, or what pretends to be one."""
    fields = {"session": "sales", "chatId": "={{ $json.chat }}", "text": "Hello"}
    return node(
        name,
        "httpRequest",
        4.2,
        method="POST",
        url=f"{gateway}/api/sendText",
        sendBody=True,
        bodyParameters={"parameters": [{"name": key, "value": value} for key, value in fields.items()]},
        options={},
    )


def every_second() -> Json:
    return node(
        "Clock", "scheduleTrigger", 1.2, rule={"interval": [{"field": "seconds", "secondsInterval": 1}]}
    )


def on_call(path: str) -> Json:
    """A trigger that starts with each POST to ``/webhook/PATH``."""
    return node("Call", "webhook", 2, httpMethod="POST", path=path, options={})


def waiting(seconds: float) -> Json:
    """A pause between nodes; 65 seconds and more are stored and woken up later."""
    return node("Wait", "wait", 1.1, amount=seconds, unit="seconds")


def batch(path: str, gateway: str, seconds: float) -> Json:
    """A workflow that sends to the items of a call one after another, so many seconds apart."""
    call, each = on_call(path), node("Each", "splitOut", 1, fieldToSplitOut="body.items", options={})
    loop, send, wait = node("Loop", "splitInBatches", 3, options={}), sending(gateway), waiting(seconds)
    made = workflow(f"Batch {path}", call, each, loop, send, wait, loop)
    made["connections"]["Loop"]["main"].insert(0, [])  # its first way out is the end
    return made


def called() -> Json:
    """A trigger for what other workflows call."""
    return node("Called", "executeWorkflowTrigger", 1.1, inputSource="passthrough")


def calling(id: str) -> Json:
    return node("Call it", "executeWorkflow", 1.2, workflowId={"__rl": True, "mode": "list", "value": id})


def chained(*nodes: Json) -> Json:
    """The connections of nodes one after another; a node that stands twice closes a loop."""
    links: Json = {}
    for one, other in pairwise(nodes):
        target = {"node": other["name"], "type": "main", "index": 0}
        links.setdefault(one["name"], {"main": [[]]})["main"][0].append(target)
    return links


def workflow(name: str, *nodes: Json) -> Json:
    """What creates a workflow of nodes one after another."""
    once = list({one["name"]: one for one in nodes}.values())
    return {"name": name, "nodes": once, "connections": chained(*nodes), "settings": {}}
