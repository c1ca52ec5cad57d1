"""What the bench compares is the same: DuckDB and pandas find the numbers that the audit finds."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.stats import chi2
from tests.traffic import write_store

from sendepause.audit.activity import day_rows
from sendepause.audit.window import measures
from sendepause.events import scan

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".venv-peers" / "bin" / "python"

COMPARED = (
    *("sends", "days", "bouts", "chain", "chain_spread", "chain_gap", "quiet", "contents", "repeat_share"),
    *(
        "distinct_share",
        "same_to_many",
        "reach_hour",
        "reach_minute",
        "replies",
        "reply_p90",
        "instant_share",
    ),
    *("gaps", "mode", "unanswered", "first_contacts"),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("store")
    assert write_store(base, 40, days=9) > 5_000
    return base


@pytest.mark.parametrize("peer", ["duckdb", "pandas"])
def test_a_peer_of_the_bench_finds_the_same_numbers(store: Path, tmp_path: Path, peer: str) -> None:
    installed = [str(PEERS), "-c", f"import {peer}, pyarrow"]
    if not PEERS.exists() or subprocess.run(installed, capture_output=True).returncode:
        pytest.skip(f"{peer} is not installed: make .venv-peers/.made")
    result = tmp_path / "result.parquet"
    command = [str(PEERS), "tests/auditing_peers.py", peer, f"{store}/events/*/*/events.parquet", str(result)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["accounts"] == 40
    theirs = pl.read_parquet(result).sort("account_id")
    ours = measures(day_rows(scan(store), {})).filter(pl.col("sends") > 0)
    # In whole minutes the mode is another number: gaps are those of minutes.
    in_seconds = (ours["resolution"] != "min").to_numpy()
    minutes_apart = [pl.when(pl.lit(pl.Series(in_seconds))).then("mode").alias("mode")]
    assert_frame_equal(
        *(
            table.with_columns(minutes_apart).select("account_id", pl.col(COMPARED).cast(pl.Float64))
            for table in (theirs, ours)
        )
    )
    assert np.allclose(-np.log10(chi2.sf(theirs["chi_5"], 11)), ours["clock_5"])
