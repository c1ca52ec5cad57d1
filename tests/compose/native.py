"""docker-compose.yaml without containers: its own environment and commands, each a process on this machine.

What a container would have for itself is put in its place and nothing else: host names become loopback
addresses, ports become free ones, ``/opt`` becomes a folder, and what the Dockerfile copies lies there.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from tests.compose.reading import ROOT, Compose, ours

PATIENCE_SECONDS = 600.0  # for a service to become healthy while all of them start on two busy cores
STOP_SECONDS = 40


def free_ports(names: tuple[str, ...]) -> dict[str, int]:
    """A free loopback port for each name; all are different."""
    probes = {name: socket.socket() for name in names}
    try:
        for probe in probes.values():
            probe.bind(("127.0.0.1", 0))
        return {name: int(probe.getsockname()[1]) for name, probe in probes.items()}
    finally:
        for probe in probes.values():
            probe.close()


@dataclass
class Native:
    """The services of a resolved compose file below ``folder``; PostgreSQL is given by its URL."""

    compose: Compose
    folder: Path
    postgres: str
    ports: dict[str, int] = field(
        default_factory=lambda: free_ports(("redis", "web", "scheduler", "worker", "triggerer"))
    )
    processes: dict[str, psutil.Popen] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the web UI is."""
        return f"http://127.0.0.1:{self.ports['web']}"

    @property
    def data(self) -> Path:
        """Where the volume with the data is."""
        return self.folder / "opt" / "sendepause" / "data"

    def build(self) -> None:
        """What the Dockerfile makes."""
        for folder in ("sendepause/data", "sendepause/config", "airflow/logs"):
            (self.folder / "opt" / folder).mkdir(parents=True)
        for source, target in re.findall(
            r"^COPY (?:--\S+ )?(\S+) (\S+)$", (ROOT / "Dockerfile").read_text(), re.M
        ):
            here = self._here(target)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, here, ignore=shutil.ignore_patterns("__pycache__"))

    def environment(self, name: str) -> dict[str, str]:
        """A service's environment: the image's, the file's, and what only containers do not need."""
        service = self.compose["services"][name]
        image = dict(re.findall(r"^ENV (\w+)=(\S+)$", (ROOT / "Dockerfile").read_text(), re.M))
        written = {**image, "AIRFLOW_HOME": "/opt/airflow", **service.get("environment", {})}
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "HOSTNAME": socket.gethostname(),
            **{key: self._here(str(value)) for key, value in written.items()},
            # One network for all: each needs ports of its own, and a name that the health checks know.
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.ports["web"]),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.ports["scheduler"]),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.ports["worker"]),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.ports["triggerer"]),
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": "4",  # sixteen are too many for two cores
        }

    def run(self, name: str) -> None:
        """Run a service that comes to its end, and wait for it."""
        self.start(name)
        code = self.processes[name].wait(PATIENCE_SECONDS)
        assert code == 0, self.log(name)

    def start(self, name: str) -> None:
        """Start a service; its output goes to its log."""
        command = [self._here(part) for part in self.compose["services"][name]["command"]]
        with (self.folder / f"{name}.log").open("ab") as output:
            self.processes[name] = psutil.Popen(
                command,
                env=self.environment(name),
                cwd=self.folder,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_until_healthy(self, name: str) -> None:
        """Ask the service's own health check until it says yes."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while not self.healthy(name):
            assert self.processes[name].poll() is None, self.log(name)
            assert time.monotonic() < ends, f"{name} did not become healthy: {self.log(name)}"
            time.sleep(1)

    def healthy(self, name: str) -> bool:
        """What the service's health check says now."""
        kind, *command = self.compose["services"][name]["healthcheck"]["test"]
        arguments = [self._here(part) for part in command]
        done = self.command(name, *(["sh", "-c", *arguments] if kind == "CMD-SHELL" else arguments))
        return done.returncode == 0

    def command(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command as if inside the service's container."""
        return subprocess.run(
            arguments,
            env=self.environment(name),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def log(self, name: str) -> str:
        """The end of what a service printed."""
        return f"{name}:\n{(self.folder / f'{name}.log').read_text(errors='replace')[-4000:]}"

    def stop(self) -> None:
        """Ask each process to end, by its own id, in the order that a shutdown takes; then insist."""
        family = [member for process in self.processes.values() for member in _family(process)]
        for process in reversed(self.processes.values()):
            if process.is_running():
                process.terminate()
        _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
        for process in alive:
            process.kill()
        psutil.wait_procs(alive, timeout=5)

    def _here(self, text: str) -> str:
        database = urlsplit(self.postgres)
        places: Mapping[str, Any] = {
            "@postgres/airflow": f"@127.0.0.1:{database.port}{database.path}",
            "@redis:6379": f"@127.0.0.1:{self.ports['redis']}",
            "http://airflow-apiserver:8080": self.url,
            "http://localhost:8080": self.url,
            "http://localhost:8974": f"http://127.0.0.1:{self.ports['scheduler']}",
            "redis-server -": f"redis-server - --bind 127.0.0.1 --port {self.ports['redis']} --save ''",
            "redis-cli": f"redis-cli -p {self.ports['redis']}",
            "/opt/": f"{self.folder}/opt/",
        }
        for there, here in places.items():
            text = text.replace(there, here)
        return text


@contextmanager
def started(native: Native) -> Iterator[Native]:
    """`docker compose up --wait`: in the file's order, until every health check says yes."""
    services = ours(native.compose)
    native.build()
    try:
        native.start("redis")
        native.wait_until_healthy("redis")
        native.run("airflow-init")
        waiting = [name for name in services if name != "airflow-init"]
        while waiting:
            for name in [name for name in waiting if _ready(native, services[name])]:
                native.start(name)
                waiting.remove(name)
            time.sleep(1)
        for name in native.processes.keys() - {"airflow-init"}:
            native.wait_until_healthy(name)
        yield native
    finally:
        native.stop()


def _ready(native: Native, service: Compose) -> bool:
    """Whether what a service waits for is there; PostgreSQL and the init service are."""
    needed = service["depends_on"].keys() - {"postgres", "airflow-init"}
    return all(name in native.processes and native.healthy(name) for name in needed)


def _family(process: psutil.Popen) -> list[psutil.Process]:
    try:
        return [psutil.Process(process.pid), *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
