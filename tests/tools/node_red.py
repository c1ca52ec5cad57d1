"""A real Node-RED on a free port of the loopback interface, and the hands of those who work in it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from tests.tools.node import Installed
from tests.tools.receiver import free_port

PATIENCE = 60.0  # seconds; two are usual
USERS = {"editor": "*", "sendepause": ["flows.read", "flows.write"], "reader": "read", "forgetful": "*"}
PASSWORD = "a password of tests, long enough"
HASHED = "$2b$04$RK/caBq8vLIvwpxZ1sclUuKFi0jOimLRVc6VjDTuONUjQEYvwOuTm"  # by bcrypt
READY = ("Started flows", "Stopped flows", "Flows stopped in safe mode")  # after its server is up

Flow = list[dict[str, Any]]


@dataclass
class NodeRed:
    """One Node-RED below ``folder``. ``auth``: it asks for a login, of one of USERS with PASSWORD."""

    installed: Installed
    folder: Path
    auth: bool = False
    port: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments: str, patience: float = PATIENCE) -> float:
        """Starts it (``--safe``: in safe mode); the seconds until its flows run."""
        self.port = self.port or free_port()
        self._settings()
        began = time.monotonic()
        with (self.folder / "node-red.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*self.installed.command, "--userDir", str(self.folder), *arguments],
                cwd=self.folder,
                env=self.installed.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() - began > patience:
                raise AssertionError((self.folder / "node-red.log").read_text()[-3000:])
            time.sleep(0.05)
        took = time.monotonic() - began
        if self.auth:
            self.headers = {"Authorization": f"Bearer {self.token('editor')}"}
        return took

    def stop(self) -> None:
        """Ends this one process, politely if it can be."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def token(self, user: str) -> str:
        """A token with all the permissions of a user."""
        login = {"client_id": "node-red-admin", "grant_type": "password", "scope": "", "username": user}
        answer = httpx.post(f"{self.url}/auth/token", data={**login, "password": PASSWORD})
        return str(answer.raise_for_status().json()["access_token"])

    def flows(self) -> dict[str, Any]:
        """All flows and their revision."""
        return dict(self.ask("GET", "/flows").json())

    def deploy(self, flows: Flow, kind: str = "full", **more: Any) -> None:
        """What the deploy button does, without looking whether somebody else was faster."""
        self.ask("POST", "/flows", {"flows": flows, **more}, {"Node-RED-Deployment-Type": kind})

    def edit(self, id: str, **changes: Any) -> None:
        """A person changes one node or tab and deploys what was changed."""
        flows = [{**node, **changes} if node["id"] == id else node for node in self.flows()["flows"]]
        self.deploy(flows, "flows")

    def node(self, id: str) -> dict[str, Any]:
        """A node or a tab as it is now."""
        return next(node for node in self.flows()["flows"] if node["id"] == id)

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """A call of the editor's; an error where it is refused."""
        given = {**self.headers, "Node-RED-API-Version": "v2", **(headers or {})}
        return httpx.request(method, self.url + path, json=body, headers=given, timeout=30).raise_for_status()

    def _ready(self) -> bool:
        said = (self.folder / "node-red.log").read_text()
        return "Server now running at" in said and any(word in said for word in READY)

    def _settings(self) -> None:
        users = [
            {"username": name, "password": HASHED, "permissions": permissions}
            for name, permissions in USERS.items()
        ]
        settings: dict[str, Any] = {
            "uiHost": "127.0.0.1",
            "uiPort": self.port,
            "flowFile": "flows.json",
            "credentialSecret": "a secret of tests",
            "runtimeState": {"enabled": True, "ui": True},
            "telemetry": {"enabled": False},
            "externalModules": {"palette": {"allowInstall": False}},
            "logging": {"console": {"level": "info", "metrics": False, "audit": False}},
        }
        if self.auth:
            settings["adminAuth"] = {"type": "credentials", "users": users}
        (self.folder / "settings.js").write_text(f"module.exports = {json.dumps(settings)}")


@contextmanager
def node_red(installed: Installed, folder: Path, *, auth: bool = False) -> Iterator[NodeRed]:
    """A Node-RED that runs until the block ends."""
    running = NodeRed(installed, folder, auth)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def tab(id: str, name: str = "", account: str | None = None, **more: Any) -> dict[str, Any]:
    """A tab, marked with the account if there is one."""
    env = [{"name": "WA_ACCOUNT", "value": account, "type": "str"}] if account is not None else []
    return {"id": id, "type": "tab", "label": name or f"Campaign {id}", "info": "", "env": env, **more}


def sending(id: str, url: str, every: float = 0.2, **more: Any) -> Flow:
    """The nodes of a campaign on that tab: every so many seconds one POST."""
    return [
        inject(f"{id}-inject", id, [f"{id}-send"], every),
        request(f"{id}-send", id, url, **more),
    ]


def inject(id: str, z: str, to: list[str], every: float = 0.0, *, once: bool = False) -> dict[str, Any]:
    """An inject node; ``every`` 0: by hand alone, or ``once`` at the start."""
    return {
        "id": id,
        "type": "inject",
        "z": z,
        "x": 100,
        "y": 100,
        "props": [{"p": "payload", "v": '{"session": "sales", "text": "Hello"}', "vt": "json"}],
        "repeat": str(every) if every else "",
        "crontab": "",
        "once": once,
        "onceDelay": 0.05,
        "wires": [to],
    }


def request(id: str, z: str, url: str, **more: Any) -> dict[str, Any]:
    """An HTTP request node that POSTs."""
    return {"id": id, "type": "http request", "z": z, "x": 300, "y": 100, "method": "POST", "ret": "txt"} | {
        "url": url,
        "wires": [[]],
        **more,
    }
