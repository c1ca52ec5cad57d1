"""A second Airflow that really runs: campaigns of its own, SQLite, and a user for each role."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
from tests.e2e.airflow import free_port, wait_for

from sendepause import campaigns
from sendepause.campaigns.base import Access, Connector
from sendepause.settings import SystemSettings

DAGS = Path(__file__).with_name("airflow_dags")
USERS = {"admin": "password-of-admin", "sender": "password-of-sender", "viewer": "password-of-viewer"}
ROLES = "admin:admin,sender:user,viewer:viewer"


@dataclass
class AnotherAirflow:
    """The instance at ``url``, with its home below ``home``; ``api`` has the rights of its administrator."""

    home: Path
    port: int
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connector(self, user: str = "sender", password: str | None = None, **settings: Any) -> Connector:
        """The connector as this user; a user with "" is one with a token alone."""
        system = SystemSettings(
            id="marketing",
            connector="airflow",
            connection="marketing",
            accounts={"newsletter": "+4930123450"},
            settings=settings,
        )
        return campaigns.connect(
            system, Access("http", self.url, login=user or None, password=password or USERS[user])
        )

    def token(self, user: str = "admin") -> str:
        """A token of the user."""
        login = {"username": user, "password": USERS[user]}
        answer = httpx.post(f"{self.url}/auth/token", json=login, timeout=30).raise_for_status()
        return str(answer.json()["access_token"])

    def asked(self, method: str, path: str, **call: Any) -> Any:
        """An answer's JSON, as the administrator. While its SQLite database is locked, there is a 500."""

        def answered() -> httpx.Response | None:
            answer = httpx.request(method, f"{self.url}/api/v2{path}", headers=headers, timeout=60, **call)
            return None if answer.is_server_error else answer.raise_for_status()

        headers = {"Authorization": f"Bearer {self.token()}"}
        answer = wait_for(f"{method} {path}", answered, 60)
        return answer.json() if answer.content else None

    def switch(self, dag: str, paused: bool) -> None:
        """A person pauses or unpauses a DAG in the web interface."""
        self.asked("PATCH", f"/dags/{dag}", params={"update_mask": "is_paused"}, json={"is_paused": paused})

    def trigger(self, dag: str) -> str:
        """A person starts a run; its id."""
        return str(self.asked("POST", f"/dags/{dag}/dagRuns", json={"logical_date": None})["dag_run_id"])

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """The DAG's runs, as Airflow keeps them."""
        return self._all(f"/dags/{dag}/dagRuns", "dag_runs")

    def states(self, dag: str) -> list[str]:
        """The states of the DAG's runs."""
        return [str(run["state"]) for run in self.runs(dag)]

    def task_states(self, dag: str) -> list[str]:
        """The states of the tasks of all its runs."""
        return [
            str(one["state"]) for one in self._all(f"/dags/{dag}/dagRuns/~/taskInstances", "task_instances")
        ]

    def _all(self, path: str, key: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while page := self.asked("GET", path, params={"offset": len(found)})[key]:
            found += page
        return found


@contextmanager
def another_airflow(home: Path, receiver: str) -> Iterator[AnotherAirflow]:
    """Starts it with its DAGs all paused, until the block ends; ``receiver``: where its messages go."""
    airflow = AnotherAirflow(home, free_port(), {})
    passwords = home / "passwords.json"
    shutil.copytree(DAGS, home / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    passwords.write_text(json.dumps(USERS))
    airflow.environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "_AIRFLOW"))},
        **{f"AIRFLOW__{name}": str(value) for name, value in _settings(airflow, passwords).items()},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # its parts call `airflow`
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONN_FS_DEFAULT": "fs://",
        "RECEIVER": receiver,
        "BEGIN": (datetime.now(UTC) - timedelta(minutes=2)).isoformat(timespec="seconds"),
    }
    with (home / "standalone.log").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", "standalone"],
            env=airflow.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=home,
        )
    try:
        wait_for("the second Airflow", lambda: _ready(airflow, process))
        yield airflow
    finally:
        _end(psutil.Process(process.pid))


def _settings(airflow: AnotherAirflow, passwords: Path) -> dict[str, object]:
    return {
        "API__PORT": airflow.port,
        "API__HOST": "127.0.0.1",
        "API__BASE_URL": airflow.url,
        "API__WORKERS": 1,
        "API__MAXIMUM_PAGE_LIMIT": 4,  # so that lists have pages
        "API_AUTH__JWT_SECRET": "a secret of this test alone, long enough for HS512: " + "x" * 64,
        "CORE__EXECUTION_API_SERVER_URL": f"{airflow.url}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": ROLES,
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": passwords,
        "CORE__DAGS_FOLDER": airflow.home / "dags",
        "CORE__PLUGINS_FOLDER": airflow.home / "plugins",
        "CORE__LOAD_EXAMPLES": False,
        "CORE__PARALLELISM": 4,
        "LOGGING__WORKER_LOG_SERVER_PORT": free_port(),
        "LOGGING__TRIGGER_LOG_SERVER_PORT": free_port(),
        "DAG_PROCESSOR__REFRESH_INTERVAL": 5,
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": 5,
    }


def _ready(airflow: AnotherAirflow, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, (airflow.home / "standalone.log").read_text()[-3000:]
    try:
        found = airflow.asked("GET", "/dags", params={"limit": 1})["total_entries"]
        health = airflow.asked("GET", "/monitor/health")
    except (httpx.HTTPError, AssertionError):
        return False
    return bool(found) and all(
        health[part]["status"] == "healthy" for part in ("scheduler", "dag_processor", "triggerer")
    )


def _end(process: psutil.Process) -> None:
    """Ends it with all that it started: a SIGTERM to `standalone` alone leaves its children running."""
    family = [*process.children(recursive=True), process]
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.terminate()
    _, alive = psutil.wait_procs(family, timeout=8)
    for one in alive:
        one.kill()
