"""`make up`: Airflow with the board on one machine, its processes in our hands.

Airflow's own `standalone` leaves its children behind when it is asked to stop; here each process is
started in its own group and stopped by its own id. Everything that is made lies below the data folder.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil

from sendepause.errors import BadInput, Refused, SendepauseError, Unreachable
from sendepause.places import ROOT, airflow_home, data_folder, example_configuration

PROCESSES = ("api-server", "scheduler", "dag-processor")
LEADER = "make up"
START_SECONDS = 180  # a cold start on two slow cores, with room
STOP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Running:
    """A process that we started: its id alone could by now be somebody else's."""

    name: str
    pid: int
    started: float

    @property
    def process(self) -> psutil.Process | None:
        """The process, if it is still the one that we started."""
        try:
            found = psutil.Process(self.pid)
            return found if abs(found.create_time() - self.started) < 1 else None
        except psutil.NoSuchProcess:
            return None


def up(port: int) -> int:
    """Set up what is missing, start Airflow, say where it is, and stay until Ctrl-C. The exit code."""
    data = data_folder()
    if any(running.process for running in _noted(data)):
        _say(f"It is running already: {_url(port)} (stop it with `make down`).")
        return 0
    _check_ports(port)
    keep_private(data)
    environment = _environment(data, port)
    _say("[1/4] Airflow's own database")
    _run_once(["-m", "airflow", "db", "migrate"], environment, data / "logs" / "migrate.log")
    _say("[2/4] the store, the key, and the example company")
    own = "SENDEPAUSE_CONFIG" in os.environ
    arguments = ["-m", "sendepause", "prepare", *([] if own else ["--example"])]
    _run_once(arguments, environment, data / "logs" / "prepare.log")
    _say("[3/4] starting Airflow")
    with _started(data, environment) as processes, _stops() as stopping:
        _wait_until_healthy(port, processes, stopping)
        if not stopping:
            _say(f"[4/4] ready\n\n{_welcome(data, port, own)}")
        return _watch(processes, stopping)


def keep_private(data: Path) -> None:
    """What this process and those that it starts make is for its user alone: Airflow's own files hold keys,
    connections and logs."""
    os.umask(0o077)
    for folder in (data, data / "airflow", data / "logs"):
        folder.mkdir(parents=True, exist_ok=True)
        if folder != data:  # that one may be an inbox for others
            folder.chmod(0o700)


def down() -> str:
    """Stop what an earlier `up` left running; says what was done."""
    data = data_folder()
    noted = _noted(data)
    if not noted:
        return "Nothing was running."
    alive = [running for running in noted if running.process]
    leader = next((running.process for running in alive if running.name == LEADER), None)
    if leader:  # it stops the others by itself, in order
        _signal(leader, signal.SIGTERM)
        psutil.wait_procs([leader], timeout=STOP_SECONDS + 10)
    _stop([running.process for running in noted if running.process])
    _note(data, [])
    names = ", ".join(running.name for running in alive)
    return f"Stopped: {names}." if names else "Nothing was running."


def _environment(data: Path, port: int) -> dict[str, str]:
    """The environment of every process; what the caller set already stays as it is."""
    ours = {
        "AIRFLOW_HOME": str(airflow_home()),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",  # each takes some 200 MB
        # New DAGs start; one that a person paused in the UI stays paused at the next start.
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "60",
        # While everything starts at once on a small machine, the API server may take its time.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        # A worker that was killed is noticed after a minute, not five: its run keeps the next one waiting.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": _url(port),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{_url(port)}/execution/",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(_log_port(port)),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT / "include"), os.environ.get("PYTHONPATH")])),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "SENDEPAUSE_DATA": str(data),
        "SENDEPAUSE_CONFIG": str(example_configuration()),
        "PYTHONWARNINGS": "ignore",
        "MPLCONFIGDIR": str(data / "cache"),
    }
    fixed = {"PYTHONPATH", "PATH"}
    return {**ours, **os.environ, **{name: ours[name] for name in fixed}}


def _check_ports(port: int) -> None:
    for wanted, use in ((port, "the web UI"), (_log_port(port), "task logs")):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                raise BadInput(
                    f"Port {wanted} on this machine, needed for {use}, is taken by another program.",
                    f"Choose another: make up PORT={port + 10}",
                    means="Nothing was started.",
                ) from None


def _log_port(port: int) -> int:
    return port + 1


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _run_once(arguments: list[str], environment: dict[str, str], log: Path) -> None:
    """Run a step to its end. What it prints goes to ``log``; the last lines are shown if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        done = subprocess.run(  # noqa: S603 our own interpreter and modules
            [sys.executable, *arguments],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        raise Refused(f"{' '.join(arguments[1:3])} failed:\n{tail}\n", f"All of it: {log}", means="")


@contextmanager
def _started(data: Path, environment: dict[str, str]) -> Iterator[list[psutil.Popen]]:
    processes: list[psutil.Popen] = []
    try:
        for name in PROCESSES:
            output = (data / "logs" / f"{name}.log").open("w")
            with output:
                processes.append(
                    psutil.Popen(
                        [sys.executable, "-m", "airflow", name],
                        env=environment,
                        stdout=output,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,  # Ctrl-C reaches us alone; we stop them in order
                    )
                )
        names = (*PROCESSES, LEADER)
        own = psutil.Process()
        _note(
            data, [Running(n, p.pid, p.create_time()) for n, p in zip(names, [*processes, own], strict=True)]
        )
        yield processes
    finally:
        _say("Stopping ...")
        _stop([psutil.Process(process.pid) for process in processes if process.poll() is None])
        _note(data, [])


@contextmanager
def _stops() -> Iterator[list[int]]:
    """A list that holds the signal, once we were asked to stop."""
    stopping: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_until_healthy(port: int, processes: list[psutil.Popen], stopping: list[int]) -> None:
    began = time.monotonic()
    dots = 0
    while not stopping and not _healthy(port):
        _check_alive(processes)
        if time.monotonic() - began > START_SECONDS:
            raise Unreachable(
                f"Airflow did not become healthy within {START_SECONDS} seconds.",
                f"Look into {data_folder() / 'logs'}.",
                means="It was stopped again.",
            )
        dots += 1
        if dots % 5 == 0:
            _say(f"      ... {time.monotonic() - began:.0f} s")
        time.sleep(1)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"{_url(port)}/api/v2/monitor/health", timeout=2) as answer:  # noqa: S310
            parts = json.load(answer)
    except (OSError, ValueError):
        return False
    wanted = ("metadatabase", "scheduler", "dag_processor")
    return all((parts.get(name) or {}).get("status") == "healthy" for name in wanted)


def _check_alive(processes: list[psutil.Popen]) -> None:
    for name, process in zip(PROCESSES, processes, strict=True):
        if process.poll() is not None:
            log = data_folder() / "logs" / f"{name}.log"
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
            raise Unreachable(
                f"{name} came to its end:\n{tail}\n", f"All of it: {log}", means="The others were stopped."
            )


def _watch(processes: list[psutil.Popen], stopping: list[int]) -> int:
    try:
        while not stopping:
            _check_alive(processes)
            time.sleep(1)
    except SendepauseError as error:
        _say(str(error))
        return 2
    return 0


def _stop(processes: list[psutil.Process]) -> None:
    """Ask each process and what it started to end; end what does not within some seconds."""
    family = [member for process in processes for member in _family(process)]
    for process in processes:
        _signal(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
    for process in alive:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=5)


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _noted(data: Path) -> list[Running]:
    try:
        return [Running(**entry) for entry in json.loads((data / "processes.json").read_text())]
    except (OSError, ValueError, TypeError):
        return []


def _note(data: Path, running: list[Running]) -> None:
    content = [{"name": r.name, "pid": r.pid, "started": r.started} for r in running]
    (data / "processes.json").write_text(json.dumps(content))


def _welcome(data: Path, port: int, own: bool) -> str:
    passwords = airflow_home() / "simple_auth_manager_passwords.json.generated"
    password = json.loads(passwords.read_text())["admin"] if passwords.exists() else "(see the auth manager)"
    acting = (
        "Your configuration is in force. A fresh installation rehearses: `sendepause act on` lets it act."
        if own
        else "The example company is loaded and acts on its own campaign database."
    )
    return (
        f"  Airflow   {_url(port)}\n"
        f"  Board     {_url(port)}/sendepause/\n"
        f"  User      admin\n"
        f"  Password  {password}\n\n"
        f"  {acting}\n"
        "  Within three minutes the files are read, every account is judged, and the campaigns on personal\n"
        "  accounts are paused. Alerts stay owed until Slack is connected (Admin, Connections,\n"
        "  slack_api_default). Ctrl-C stops everything; a second `make up` goes on where this one ended."
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
