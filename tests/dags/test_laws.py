"""Laws over all DAGs at once, held against what Airflow itself makes of the files."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.airflow_home import ROOT, airflow_home, run

from sendepause.errors import SendepauseError

__all__ = ["airflow_home"]  # a fixture

pytestmark = pytest.mark.airflow

FOLDER = ROOT / "dags"
PARSED = Path(__file__).with_name("parsed.py")
NAMES = (
    "alert",
    "approve",
    "audit",
    "digest",
    "drill",
    "enforce",
    "hold",
    "ingest",
    "retention",
    "watch",
)
QUESTION = "HITLOperator"

# The first line loads what belongs to Airflow; the rest is what our own files add.
WHAT_PARSING_LOADS = """
import airflow.sdk, airflow.providers.standard.operators.hitl
import importlib, pathlib, sys
before = set(sys.modules)
sys.path.append(sys.argv[1])
for file in sorted(pathlib.Path(sys.argv[1]).glob("sendepause_*.py")):
    importlib.import_module(file.stem)
print(*sorted(set(sys.modules) - before))
"""

Facts = dict[str, Any]


@pytest.fixture(scope="session")
def broken_configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which no file of the configuration can be read."""
    folder = tmp_path_factory.mktemp("broken")
    for file in (ROOT / "include" / "config").glob("*.yaml"):
        (folder / file.name).write_text("accounts: [")
    return folder


@pytest.fixture(scope="session")
def parsed(airflow_home: Path, broken_configuration: Path) -> dict[str, Any]:
    """What Airflow knows of the DAGs, though the configuration is broken."""
    printed = run(airflow_home, str(PARSED), str(FOLDER), SENDEPAUSE_CONFIG=str(broken_configuration))
    found: dict[str, Any] = json.loads(printed)
    return found


@pytest.fixture(scope="session")
def dags(parsed: dict[str, Any]) -> dict[str, Facts]:
    """DAG -> its facts."""
    return {dag["dag_id"].removeprefix("sendepause_"): dag for dag in parsed["dags"]}


@pytest.fixture(params=NAMES)
def dag(request: pytest.FixtureRequest, dags: dict[str, Facts]) -> Facts:
    """Each DAG in turn."""
    return dags[request.param]


def test_every_file_is_parsed_whatever_the_configuration_says(
    parsed: dict[str, Any], dags: dict[str, Facts]
) -> None:
    assert parsed["errors"] == {}
    assert sorted(dags) == list(NAMES)
    files = {file.stem for file in FOLDER.glob("*.py")} - {"sendepause_parts"}
    assert files == {f"sendepause_{name}" for name in dags}


def test_parsing_loads_nothing_heavy_and_of_our_own_rooms_the_errors_alone(airflow_home: Path) -> None:
    loaded = set(run(airflow_home, "-c", WHAT_PARSING_LOADS, str(FOLDER)).split())
    assert "sendepause_enforce" in loaded
    assert not loaded & {"polars", "sqlalchemy", "slack_sdk", "httpx", "numpy", "matplotlib"}
    assert {name for name in loaded if name.startswith("sendepause.")} <= {"sendepause.errors"}


def test_each_says_whose_it_is_what_it_does_and_what_to_do_when_it_fails(dag: Facts) -> None:
    assert dag["owner"] == "sendepause"
    assert "sendepause" in dag["tags"]
    assert dag["name"].startswith("Sendepause ")
    assert dag["doc_md"].startswith("### ")
    assert "**When it fails:**" in dag["doc_md"]


def test_each_begins_on_a_fixed_day_and_makes_up_for_nothing(dag: Facts) -> None:
    assert dag["start_date"] == "2019-11-01T00:00:00+00:00"
    assert dag["catchup"] is False


def test_none_runs_without_bounds(dag: Facts) -> None:
    assert 1 <= dag["max_active_runs"] <= 16
    assert dag["timeout"]


def test_every_clock_is_in_utc(dag: Facts) -> None:
    assert dag["cron"] is None or dag["zone"] == "UTC"


def test_a_task_repeats_only_what_repeating_may_mend(dag: Facts) -> None:
    for task in dag["tasks"]:
        assert task["retries"] == (0 if task["type"] == QUESTION else 2), task["task_id"]
        kinds = [getattr(import_module(module), name) for module, name in map(_split, task["gives_up_at"])]
        assert sorted(kind.__name__ for kind in kinds) == ["BadInput", "Guarded", "Refused"]
        assert all(issubclass(kind, SendepauseError) for kind in kinds)


def test_enforcing_follows_the_clock_and_a_run_that_hangs_never_keeps_the_next_one_out(
    dags: dict[str, Facts],
) -> None:
    enforce = dags["enforce"]
    assert enforce["cron"] == "*/10 * * * *"
    assert enforce["timeout"] < 10 * 60
    assert enforce["max_active_runs"] == 1


def test_a_question_is_asked_where_it_keeps_nothing_waiting(dags: dict[str, Facts]) -> None:
    asking = {name for name, dag in dags.items() if any(task["type"] == QUESTION for task in dag["tasks"])}
    assert asking == {"approve"}
    assert dags["approve"]["max_active_runs"] > 1, "nor does one question keep another from being asked"


def test_the_stages_wake_each_other_along_the_data(dags: dict[str, Facts]) -> None:
    wires = {
        (giver, asset.removeprefix("sendepause."), listener)
        for giver, giving in dags.items()
        for task in giving["tasks"]
        for asset in task["gives"]
        for listener, listening in dags.items()
        if asset in listening["listens_to"]
    }
    assert wires == {
        ("ingest", "events", "audit"),
        ("audit", "findings", "enforce"),
        ("enforce", "alerts", "alert"),
        ("audit", "findings", "watch"),
        ("watch", "alerts", "alert"),
        ("enforce", "stopped", "approve"),
        ("hold", "stopped", "approve"),
    }


def _split(dotted: str) -> tuple[str, str]:
    module, _, name = dotted.rpartition(".")
    return module, name


def test_a_task_has_a_way_to_the_board_unless_it_only_wakes_others_shares_work_or_forgets(
    dags: dict[str, Facts],
) -> None:
    without = {
        task["task_id"] for dag in dags.values() for task in dag["tasks"] if task["links"] != ["Sendepause"]
    }
    assert without == {
        "announce",
        "announce_alerts",
        "announce_stopped",
        "questions",
        "judge",
        "forget",
    }
