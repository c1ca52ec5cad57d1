"""`make bench`: what the stages cost, as ratios to a bare pass over the same data in the same run.

Prints a line for each measurement, and one JSON object on the last line. Sizes are small enough for a
laptop; ``BENCH_SCALE=10`` makes them ten times as large.
"""

from __future__ import annotations

import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from tests.bench_delivering import delivering
from tests.bench_enforcing import against_mapped_tasks, enforcing
from tests.bench_reading import reading
from tests.bench_receiving import receiving

from sendepause.audit import activity, verdict

SCALE = float(os.environ.get("BENCH_SCALE", "1"))
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def best_of(times: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs: what else the machine did is in the others."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def events(accounts: int, days: int, a_day: int) -> pl.DataFrame:
    """Events of accounts that write in bouts, by a fixed seed."""
    count = accounts * days * a_day
    rng = random.Random(7)
    start = int((NOW - timedelta(days=days)).timestamp() * 1000)
    return pl.DataFrame(
        {
            "event_id": [str(number) for number in range(count)],
            "account_id": [f"+4930231{number % accounts:05}" for number in range(count)],
            "sent_at": [start + rng.randrange(days * 86_400_000) for _ in range(count)],
            "resolution": ["s"] * count,
            "position": range(count),
            "direction": ["in" if rng.random() < 0.4 else "out" for _ in range(count)],
            "counterpart": [f"c{rng.randrange(80)}" for _ in range(count)],
            "content": [f"t{rng.randrange(500)}" for _ in range(count)],
            "campaign_id": [None] * count,
            "source": ["bench"] * count,
        },
        schema_overrides={"position": pl.UInt32, "campaign_id": pl.String},
    ).with_columns(pl.col("sent_at").cast(pl.Datetime("ms", "UTC")))


def auditing() -> dict[str, Any]:
    """Events to findings, against a bare scan of the needed columns; then one new day on top."""
    frame = events(accounts=int(100 * SCALE), days=28, a_day=100)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.parquet"
        frame.write_parquet(file)
        needed = ["account_id", "sent_at", "direction", "counterpart", "content"]
        bare = best_of(3, lambda: pl.read_parquet(file, columns=needed).select(pl.all().hash().sum()))
    days = best_of(2, lambda: activity.day_rows(frame, {}))
    rows = activity.day_rows(frame, {})
    judge = best_of(2, lambda: verdict.judge(rows, NOW))
    newest = frame.filter(pl.col("sent_at") >= NOW - timedelta(days=1))
    one_day = best_of(2, lambda: activity.day_rows(newest, {}))
    return {
        "events": len(frame),
        "bare_scan_s": round(bare, 3),
        "day_rows_s": round(days, 2),
        "judge_s": round(judge, 2),
        "times_bare": round((days + judge) / bare),
        "one_new_day_of_all_days": round(one_day / days, 3),
    }


def main() -> None:
    """Run everything and print the figures."""
    figures: dict[str, Any] = {"scale": SCALE, "cores": os.cpu_count()}
    measures: dict[str, Callable[[], dict[str, Any]]] = {
        "reading": lambda: reading(SCALE),
        "auditing": auditing,
        "enforcing": lambda: enforcing(SCALE),
        "enforcing_as_mapped_tasks": lambda: against_mapped_tasks(SCALE),
        "receiving": lambda: receiving(SCALE),
        "delivering": lambda: delivering(SCALE),
    }
    for name, measure in measures.items():
        figures[name] = measure()
        print(name, figures[name], flush=True)  # noqa: T201
    figures["peak_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()
