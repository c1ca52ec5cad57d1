"""A real Airflow, started as a user starts it, and what its REST API tells."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
from tests.slack_workspace import SIGNING_SECRET

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 400.0  # seconds; three minutes are promised, and the test machine may be busy
APP_SECRET, VERIFY_TOKEN = "an invented app secret", "a word of ours"  # of Meta's webhooks
T = TypeVar("T")


def free_port() -> int:
    """A port whose neighbour is free as well: task logs take the next one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def wait_for(what: str, look: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """The first true answer of ``look``, which is asked twice a second."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"waited {seconds:g} s in vain for {what}")


@dataclass
class Installed:
    """One installation below ``data``, and the Airflow that runs it."""

    data: Path
    port: int
    environment: dict[str, str]
    process: subprocess.Popen[str] | None = None
    printed: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """`make up`, without make: returns when it says that it is ready."""
        output = (self.data / "up.log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sendepause", "up", "--port", str(self.port)],
            env=self.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
        )
        wait_for("Airflow", self._ready)

    def _ready(self) -> bool:
        assert self.process is not None
        said = (self.data / "up.log").read_text()
        assert self.process.poll() is None, said
        return said.count("[4/4]") > said.count("Stopping ...")

    def know_no_night(self) -> None:
        """Owners are told at any hour: the tests may run in the evening."""
        policy = self.data / "example" / "config" / "policy.yaml"
        text = policy.read_text()
        assert 'quiet_from: "20:00"' in text
        policy.write_text(text.replace('quiet_from: "20:00"', 'quiet_from: "07:00"'))
        owners = policy.with_name("owners.yaml")
        owners.write_text(owners.read_text().replace("    region:", "    # region:"))

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def processes(self) -> list[psutil.Process]:
        """Everything that `up` started and that is still there."""
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def api(self) -> httpx.Client:
        """A client of the REST API with the administrator's token."""
        passwords = self.data / "airflow" / "simple_auth_manager_passwords.json.generated"
        login = {"username": "admin", "password": json.loads(passwords.read_text())["admin"]}
        answer = httpx.post(f"{self.url}/auth/token", json=login, timeout=30).raise_for_status()
        token = answer.json()["access_token"]
        return httpx.Client(
            base_url=f"{self.url}/api/v2", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`sendepause ARGUMENTS` in this installation."""
        return subprocess.run(
            [sys.executable, "-m", "sendepause", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """The JSON lines that a command prints."""
        done = self.command(*arguments)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def store(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the store."""
        return _rows(self.data / "sendepause.db", query)

    @property
    def campaign_file(self) -> Path:
        return self.data / "example" / "crm.sqlite"

    def campaigns(self) -> dict[str, str]:
        """The example's campaign table itself: id -> state."""
        return dict(_rows(self.campaign_file, "SELECT id, status FROM campaigns"))

    def beats(self) -> dict[str, dict[str, Any]]:
        """Stage -> what it counted when it last came to its end."""
        found = self.store("SELECT stage, counts FROM sendepause_heartbeat")
        return {stage: json.loads(counts) for stage, counts in found}

    def in_the_loop(self) -> bool:
        """Read, judged, enforced on the findings, and told; true also after a later run found nothing new.

        What continues a message of the day may still wait for its turn, or for the next day.
        """
        beats = self.beats()
        under_way = "SELECT 1 FROM sendepause_delivery WHERE state IN ('queued', 'sending')"
        told = "SELECT 1 FROM sendepause_delivery WHERE stage = 'paused' AND state = 'sent'"
        return (
            bool(self.store("SELECT 1 FROM sendepause_file WHERE messages > 0"))
            and beats.get("audit", {}).get("accounts") == 24
            and beats.get("enforce", {}).get("ask", 0) > 5
            and bool(self.store(told))
            and not self.store(under_way)
        )

    def trigger(self, dag: str, **conf: Any) -> str:
        """Start a run by hand; its id."""
        body = {"logical_date": None, "conf": conf}
        return str(self._asked("POST", f"/dags/{dag}/dagRuns", json=body)["dag_run_id"])

    def finished(self, dag: str, run: str) -> str | None:
        """The state of a run that has ended, else None."""
        state = self._asked("GET", f"/dags/{dag}/dagRuns/{run}")["state"]
        return str(state) if state in ("success", "failed") else None

    def links(self, dag: str, run: str, task: str, map_index: int = -1) -> dict[str, str]:
        """The ways from a task of a run to elsewhere, by their names."""
        path = f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}/links"
        found: dict[str, str] = self._asked("GET", path, params={"map_index": map_index})["extra_links"]
        return {name: way for name, way in found.items() if way}

    def _asked(self, method: str, path: str, **call: Any) -> Any:
        """An answer of the REST API; while its SQLite database is locked, Airflow answers 500."""

        def answered() -> httpx.Response | None:
            answer = api.request(method, path, **call)
            return None if answer.is_server_error else answer.raise_for_status()

        with self.api() as api:
            return wait_for(f"{method} {path}", answered, 60).json()


def _rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@contextmanager
def installation(data: Path, slack: str | None) -> Iterator[Installed]:
    """An installation in its own folder; everything that it started is ended with it."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "SENDEPAUSE", "_AIRFLOW"))
    }
    environment["SENDEPAUSE_DATA"] = str(data)
    if slack:
        connection = {"conn_type": "slack", "password": "xoxb-test", "extra": {"base_url": slack}}
        environment["AIRFLOW_CONN_SLACK_API_DEFAULT"] = json.dumps(connection)
        signing = {"conn_type": "generic", "password": SIGNING_SECRET}
        environment["AIRFLOW_CONN_SENDEPAUSE_SLACK_SIGNING"] = json.dumps(signing)
    meta = {"conn_type": "generic", "password": APP_SECRET, "extra": {"verify_token": VERIFY_TOKEN}}
    environment["AIRFLOW_CONN_SENDEPAUSE_META"] = json.dumps(meta)
    installed = Installed(data, free_port(), environment)
    try:
        yield installed
    finally:
        if installed.process and installed.process.poll() is None:
            family = [*installed.processes(), psutil.Process(installed.process.pid)]
            installed.process.terminate()
            _, alive = psutil.wait_procs(family, timeout=40)
            for process in alive:
                process.kill()
