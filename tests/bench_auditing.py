"""What an audit costs: ten million events of 10,000 accounts over 28 days, then one new day on top.

The traffic (``traffic.py``) lies in an event store. Ours makes the day rows of all days, writes them, and
judges every account from them: all signals, also those across accounts, as the audit's DAG does. Held
against a bare scan of the columns that this needs, and against nine of the signals in DuckDB SQL and in
pandas (``auditing_peers.py``), which keep nothing for tomorrow. Then the 29th day comes: its events become
day rows, and everybody is judged again. Each contestant is a process, with a peak memory of its own.

``BENCH_LARGE=1`` asks for 100 million events of 100,000 accounts besides: some ten minutes, and 8 GB of
disk that are freed afterwards. ``python tests/bench_auditing.py CONTESTANT FOLDER`` is one contestant.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
ACCOUNTS = 10_000
NEEDED = (
    "event_id",
    "account_id",
    "sent_at",
    "position",
    "resolution",
    "direction",
    "counterpart",
    "content",
)


def auditing(scale: float) -> dict[str, Any]:
    """Seconds and peak MiB of each contestant, and the ratios that the issue asks for."""
    figures = _compare(int(ACCOUNTS * scale))
    if os.environ.get("BENCH_LARGE"):
        figures["large"] = _large(int(10 * ACCOUNTS * scale))
    return figures


def _compare(accounts: int) -> dict[str, Any]:
    from tests.traffic import DAYS, write_store

    with tempfile.TemporaryDirectory() as folder:
        write_store(Path(folder), accounts, days=DAYS + 1)
        ours = _run([sys.executable, __file__, "ours", folder])
        bare = _run([sys.executable, __file__, "bare", folder])
        newest = sorted(Path(folder, "events").iterdir())[-1]  # which the peers do not get
        shutil.rmtree(newest)
        files = f"{folder}/events/*/*/events.parquet"
        theirs = {name: _peer(name, files) for name in ("duckdb", "pandas")}
    whole, new_day = ours["whole"]["seconds"], ours["new_day"]["seconds"]
    figures = {"accounts": accounts, **ours, "bare_scan": bare, **theirs}
    # Where other work shares the machine, what each took of the cores says more than the clock.
    figures["new_day_of_whole_cpu"] = round(ours["new_day"]["cpu_seconds"] / ours["whole"]["cpu_seconds"], 3)
    figures["times_bare"] = round(whole / bare["seconds"], 1)
    figures["new_day_of_whole"] = round(new_day / whole, 3)
    for name, peer in theirs.items():
        if peer:
            figures[f"{name}_is_times_ours"] = round(peer["seconds"] / whole, 2)
            figures[f"{name}_is_times_ours_cpu"] = round(
                peer["cpu_seconds"] / ours["whole"]["cpu_seconds"], 2
            )
    return figures


def _large(accounts: int) -> dict[str, Any]:
    from tests.traffic import write_store

    with tempfile.TemporaryDirectory() as folder:
        write_store(Path(folder), accounts)
        return {"accounts": accounts, **_run([sys.executable, __file__, "ours_large", folder])}


def _peer(name: str, files: str) -> dict[str, Any] | None:
    """None for one that is not installed."""
    if not PEERS.exists() or subprocess.run([str(PEERS), "-c", f"import {name}, pyarrow"]).returncode:
        return None
    return _run([str(PEERS), "tests/auditing_peers.py", name, files])


def _run(command: list[str]) -> dict[str, Any]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "include")])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=3600, check=True, env=environment
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


# The contestants


def _bare(base: Path) -> dict[str, Any]:
    import polars as pl

    seconds = []
    for _ in range(3):  # whatever else the machine did is in the slower ones
        began = time.perf_counter()
        days = sorted((base / "events").iterdir())[:-1]
        files = [path for day in days for path in day.glob("*/events.parquet")]
        scanned = pl.scan_parquet(files, hive_partitioning=False).select(NEEDED).collect()
        seconds.append(time.perf_counter() - began)
    return {"seconds": round(min(seconds), 3), "events": len(scanned)}


def _ours(base: Path) -> dict[str, Any]:
    from tests.memory import peak_mib
    from tests.traffic import END

    days = sorted((base / "events").iterdir())
    yesterday, now = END - timedelta(days=1, milliseconds=1), END - timedelta(milliseconds=1)
    aside = base / "later"
    days[-1].rename(aside)  # the day that has not come yet
    whole = _audited(base, days[:-1], yesterday)
    peak = peak_mib()
    aside.rename(days[-1])
    return {"whole": {**whole, "peak_mib": peak}, "new_day": _audited(base, days[-1:], now)}


def _ours_large(base: Path) -> dict[str, Any]:
    from tests.memory import peak_mib
    from tests.traffic import END

    whole = _audited(base, sorted((base / "events").iterdir()), END - timedelta(milliseconds=1))
    return {**whole, "peak_mib": peak_mib()}


def _audited(base: Path, days: list[Path], as_of: datetime) -> dict[str, Any]:
    """Day rows of the days whose events are new, then a finding for every account, bucket by bucket."""
    from sendepause import events
    from sendepause.audit import sharing, verdict
    from sendepause.events import BUCKETS
    from sendepause.events.blocks import blocks

    new = {day.name for day in days}
    changed = {(block.first, block.bucket) for block in blocks(base, "events") if block.folder in new}
    since, until = (as_of - timedelta(days=30)).date(), as_of.date() + timedelta(days=1)
    seconds, verdicts, cpu = dict[str, float](), Counter[str](), time.process_time()
    with _timed(seconds, "day_rows"):
        events.refresh_activity(base, changed, {})
    with _timed(seconds, "across_accounts"):
        traces = []
        for bucket in range(BUCKETS):
            rows = events.activity(base, since, until, buckets=[bucket])
            traces.append(sharing.traces(verdict.in_window(rows, as_of, 28)))
        shared = sharing.shared(traces)
    with _timed(seconds, "findings"):
        for bucket in range(BUCKETS):
            rows = events.activity(base, since, until, buckets=[bucket])
            findings = verdict.judge(rows, as_of, shared=shared)
            verdicts.update(finding.verdict.value for finding in findings)
    steps = {name: round(one, 2) for name, one in seconds.items()}
    taken = {"seconds": round(sum(seconds.values()), 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    return {**taken, **steps, "verdicts": dict(verdicts)}


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - began


CONTESTANTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "ours": _ours,
    "ours_large": _ours_large,
    "bare": _bare,
}

if __name__ == "__main__":
    print(json.dumps(CONTESTANTS[sys.argv[1]](Path(sys.argv[2]))))  # noqa: T201
