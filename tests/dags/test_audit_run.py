"""The audit's DAG in a real Airflow: shares as mapped tasks, one event, nothing personal between them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.airflow_home import ROOT, airflow_home, run
from tests.audit.streams import events, sends

from sendepause import configuration
from sendepause.events import merge, refresh_activity
from sendepause.settings import Settings

__all__ = ["airflow_home"]  # a fixture

pytestmark = pytest.mark.airflow

SCRIPT = Path(__file__).with_name("audit_dag.py")
NOW = datetime.now(UTC).replace(microsecond=0)


def lay_machines(settings: Settings, base: Path) -> None:
    """Every account works through a list of forty."""
    yesterday = NOW - timedelta(days=1, hours=1)
    numbers = [account.number for account in settings.accounts]
    frames = [events(sends(yesterday, [10] * 39, people=n + " {}"), account=n) for n in numbers]
    changed = merge(base, pl.concat(frames))
    refresh_activity(base, changed, {})


def test_shares_are_mapped_one_event_follows_and_nobody_is_named_between(
    airflow_home: Path, tmp_path: Path
) -> None:
    config, data = tmp_path / "config", tmp_path / "data"
    shutil.copytree(ROOT / "include" / "config", config)
    (config / "sources.yaml").unlink()
    settings = configuration.load(config)
    lay_machines(settings, data)
    printed = run(
        airflow_home,
        str(SCRIPT),
        str(ROOT / "dags"),
        NOW.isoformat(),
        "7",
        SENDEPAUSE_DATA=str(data),
        SENDEPAUSE_CONFIG=str(config),
    )
    said: dict[str, Any] = json.loads(printed.splitlines()[-1])
    shares = -(-len(settings.accounts) // 7)
    assert said["state"] == "success"
    assert [task for task in said["tasks"] if task[0] == "judge"] == [
        ["judge", share, "success"] for share in range(shares)
    ]
    assert sorted(said["found"]) == sorted(account.number for account in settings.accounts)
    assert {as_of for _, as_of in said["found"].values()} == {NOW.isoformat()}
    (event,) = said["events"]
    assert event["accounts"] == len(settings.accounts)
    assert "+" not in json.dumps([said["events"], said["between"]]).replace("+00:00", "")
