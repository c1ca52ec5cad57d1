"""What it costs to pause many campaigns: against the systems' own pace, and against a task for each.

Four systems answer after 50 ms each. No run can be faster than its systems' answers let it: calls for one
campaign, times its campaigns, divided by the calls that a system takes at once.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.orm import Session
from tests.slow_systems import connect, free_ports, name_of, serving

from sendepause.alerts import outbox
from sendepause.alerts.facts import Fact, Recipient
from sendepause.enforce import Order, Result, carry_out
from sendepause.model import (
    Act,
    Audience,
    Campaign,
    CampaignState,
    Decision,
    EntryKind,
    Language,
    Phase,
    Reason,
    Stage,
)
from sendepause.store import database, ledger

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2019, 12, 4, 9, tzinfo=UTC)
LATENCY, AT_ONCE, SYSTEMS = 0.05, 8, 4
CALLS = 3  # look, pause, read back
PARALLELISM = 4  # of `make up`; each task's process takes some 200 MB
PATIENCE = 300  # s for what a real Airflow does
DAGS = """
from airflow.sdk import dag, task
from tests.bench_enforcing import pause

IDS = [f"{{number}}" for number in range({count})]

@task
def one(store, ids, **context):
    pause(store, {ports}, [context["run_id"] + id for id in ids])

@dag(dag_id="one_task", schedule=None)
def in_one_task():
    one({store!r}, ["a" + id for id in IDS])

@dag(dag_id="mapped_tasks", schedule=None)
def in_mapped_tasks():
    one.partial(store={store!r}).expand(ids=[["b" + id] for id in IDS])

in_one_task()
in_mapped_tasks()
"""


def _owe(session: Session, decision: Decision, stage: Stage) -> None:
    """One owner is told, as after every pause."""
    owner = Recipient("C0OWNER", Audience.OWNER, Language.DE, "Europe/Berlin", "owner")
    outbox.owe(session, Fact(decision.enforcement, decision.subject, stage, Audience.OWNER), [owner], NOW)


def _orders(ports: Sequence[int], ids: Sequence[str]) -> list[Order]:
    found = []
    for number, id in enumerate(ids):
        system = name_of(ports[number % len(ports)])
        campaign = Campaign(system, id, f"Campaign {id}", "+4930123450", CampaignState.RUNNING)
        reasons = (Reason.AUTOMATED_ON_PERSONAL,)
        decision = Decision("bench", campaign.key, campaign.account, Act.PAUSE, reasons, Phase.PAUSING)
        found.append(Order(decision, campaign))
    return found


def pause(store: str, ports: Sequence[int], ids: Sequence[str]) -> None:
    """One run over these campaigns: paused, verified, written down and owed to their owner."""
    engine = database.connect(store)
    connectors = {name_of(port): connect(port, AT_ONCE) for port in ports}
    orders = _orders(ports, ids)
    call = carry_out(engine, connectors, orders, as_of=NOW, now=lambda: NOW, author="bench", owe=_owe)
    outcomes = asyncio.run(call)
    assert {outcome.result for outcome in outcomes} == {Result.PAUSED}
    engine.dispose()


def _store(folder: Path) -> str:
    """A migrated store with acting switched on; its URL."""
    url = f"sqlite:///{folder}/store.db"
    engine = database.connect(url)
    database.migrate(engine)
    with database.session(engine) as session:
        ledger.append(session, at=NOW, as_of=NOW, author="anna", kind=EntryKind.ACT, facts={"on": True})
    engine.dispose()
    return url


def enforcing(scale: float) -> dict[str, Any]:
    """Campaigns paused and verified, against the pace of their systems. The best of three runs."""
    count = int(1000 * scale)
    ports = free_ports(SYSTEMS)
    bound = CALLS * LATENCY * count / len(ports) / AT_ONCE
    with tempfile.TemporaryDirectory() as folder, serving(ports, LATENCY):
        store = _store(Path(folder))
        seconds, cpu = min(
            _timed(lambda turn=turn: pause(store, ports, [f"{turn}-{id}" for id in range(count)]))  # type: ignore[misc]
            for turn in range(3)
        )
    return {
        "campaigns": count,
        "systems": len(ports),
        "at_once": AT_ONCE,
        "latency_s": LATENCY,
        "bound_s": round(bound, 2),
        "seconds": round(seconds, 2),
        "cpu_s": round(cpu, 2),
        "times_bound": round(seconds / bound, 2),
    }


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    began, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - busy


def against_mapped_tasks(scale: float) -> dict[str, Any]:
    """The same campaigns in one task, and in one mapped task each, by a real Airflow, one after the other."""
    count, ports = int(48 * scale), free_ports(SYSTEMS)
    with tempfile.TemporaryDirectory() as folder, serving(ports, LATENCY):
        home = Path(folder)
        (home / "dags").mkdir()
        text = DAGS.format(count=count, ports=ports, store=_store(home))
        (home / "dags" / "pausing.py").write_text(text)
        with _airflow(home) as environment:
            _run(home, environment, "one_task", "first")  # it pays for what is read once
            one, mapped = (_run(home, environment, dag, "timed") for dag in ("one_task", "mapped_tasks"))
    return {
        "campaigns": count,
        "parallelism": PARALLELISM,
        "one_task_s": round(one, 1),
        "mapped_tasks_s": round(mapped, 1),
        "mapped_times_one": round(mapped / one, 1),
    }


@contextmanager
def _airflow(home: Path) -> Iterator[dict[str, str]]:
    """Airflow with these DAGs alone, as ``make up`` starts it; its environment. Ended with the block."""
    port, log_port = free_ports(2)
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(log_port),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "include"), str(ROOT)]),
        "PYTHONWARNINGS": "ignore",
    }
    with ExitStack() as stack:
        output = stack.enter_context((home / "airflow.log").open("w"))

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "airflow", *arguments]
            return subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=home)

        assert start("db", "migrate").wait(PATIENCE) == 0, (home / "airflow.log").read_text()[-2000:]
        for part in ("api-server", "scheduler", "dag-processor"):
            process = start(part)
            stack.callback(process.wait, 60)
            stack.callback(process.terminate)
        _wait(lambda: _healthy(f"{url}/api/v2/monitor/health"))
        _wait(lambda: _rows(home, "SELECT 1 FROM dag WHERE dag_id = 'mapped_tasks'"))
        yield environment


def _healthy(url: str) -> bool:
    try:
        return "unhealthy" not in httpx.get(url, timeout=2).text
    except httpx.HTTPError:
        return False


def _run(home: Path, environment: dict[str, str], dag: str, run: str) -> float:
    """Seconds from the start of a run to its end, as Airflow notes them."""
    command = [sys.executable, "-m", "airflow", "dags", "trigger", dag, "--run-id", run]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    query = f"SELECT state, start_date, end_date FROM dag_run WHERE dag_id = '{dag}' AND run_id = '{run}'"
    _wait(lambda: _rows(home, f"{query} AND end_date IS NOT NULL"))
    ((state, began, ended),) = _rows(home, query)
    assert state == "success", f"{dag} ended as {state}"
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


def _rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of Airflow's own database."""
    with closing(sqlite3.connect(f"file:{home}/airflow.db?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(query).fetchall()


def _wait(found: Callable[[], object]) -> None:
    ends = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < ends, "waited in vain for Airflow"
        time.sleep(0.5)
