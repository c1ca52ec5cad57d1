"""The commands on files: read and audit. They need no installation."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.cli.conftest import Run, child

INPUTS = Path(__file__).parents[1] / "cases" / "inputs"
CASES = {
    "chat_export": "001-android-de-group.txt",
    "cloud_api_webhook": "033-cloud-api-messages-and-statuses.jsonl",
    "chat_exporter_json": "034-chat-exporter-android.json",
    "evolution": "035-evolution-upsert-duplicates.jsonl",
    "waha": "036-waha-webjs-events.jsonl",
    "csv": "037-csv-de-excel.csv",
}
FIELDS = ["sent_at", "author", "text", "media", "system"]


@pytest.mark.parametrize("kind", CASES)
def test_read_prints_one_object_a_message(run: Run, kind: str) -> None:
    file = INPUTS / CASES[kind]
    expected = json.loads(file.with_suffix(".expected.json").read_text())
    said = run(
        "read", kind, str(file), "--time-zone", expected["time_zone"], "--owner", expected["owner"] or ""
    )
    assert (said.code, said.err) == (0, "")
    assert [list(line) for line in said.lines] == [FIELDS] * len(expected["messages"])
    assert said.lines[0]["sent_at"][:19] == expected["messages"][0]["sent_at_local"]
    assert datetime.fromisoformat(said.lines[0]["sent_at"]).utcoffset()


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("chat_export", "028-not-a-chat-log.txt", ""),
        ("chat_export", "029-zip-truncated.zip", ""),
        ("chat_export", "not-there.txt", "No such file"),
        ("chat_export", ".", "Is a directory"),
        ("telegram", "027-empty.txt", "chat_export, cloud_api_webhook"),
    ],
)
def test_what_cannot_be_read_is_one_line_that_says_what_and_where(
    run: Run, kind: str, name: str, said: str
) -> None:
    answer = run("read", kind, str(INPUTS / name))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_a_time_zone_that_is_none_is_refused(run: Run) -> None:
    answer = run("read", "chat_export", str(INPUTS / CASES["chat_export"]), "--time-zone", "Berlin")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "Europe/Berlin" in answer.err


def test_messages_in_clear_are_refused_inside_an_airflow_task(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CTX_DAG_ID", "somebody_elses")
    answer = run("read", "chat_export", str(INPUTS / CASES["chat_export"]))
    assert (answer.code, answer.out) == (2, "")
    assert "inside an Airflow task" in answer.err


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    """Three days of one text to many, every ten seconds."""
    start = datetime(2019, 11, 18, 9, tzinfo=UTC)
    moments = [start + timedelta(days=day, seconds=10 * n) for day in range(3) for n in range(60)]
    frame = pl.DataFrame(
        {
            "account_id": ["+494066969102"] * len(moments),
            "sent_at": moments,
            "direction": ["out"] * len(moments),
            "counterpart": [f"c{n}" for n in range(len(moments))],
            "content": ["one"] * len(moments),
        }
    )
    frame.write_parquet(tmp_path / "events.parquet")
    return tmp_path / "events.parquet"


def test_audit_judges_a_file_without_configuration_store_or_airflow(parquet: Path) -> None:
    code = (
        "import sys; from sendepause.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(sorted({'airflow', 'sqlalchemy', 'slack_sdk'} & set(sys.modules)), file=sys.stderr)"
    )
    said = child(
        "audit", parquet.name, "--as-of", "2019-11-20T23:00:00+01:00", code=code, folder=parquet.parent
    )
    assert (said.code, said.err) == (0, "[]\n")
    (finding,) = said.lines
    assert list(finding) == ["account_id", "verdict", "signals", "messages", "days"]
    assert (finding["account_id"], finding["verdict"], finding["messages"], finding["days"]) == (
        "+494066969102",
        "automated",
        180,
        3,
    )
    assert {"name", "value", "threshold", "unit", "source", "tripped"} == set(finding["signals"][0])
    assert sorted(file.name for file in parquet.parent.iterdir()) == ["events.parquet"]


def test_audit_takes_as_its_moment_the_newest_event(run: Run, parquet: Path) -> None:
    (finding,) = run("audit", str(parquet)).lines
    assert finding["verdict"] == "automated"
    (later,) = run("audit", str(parquet), "--as-of", "2020-02-01").lines
    assert (later["verdict"], later["reason"]) == ("no_data", "source_ill")
    (narrow,) = run("audit", str(parquet), "--window", "1").lines
    assert narrow["messages"] == 60


@pytest.mark.parametrize("moment", ["", "soon", "12:00", "2019-13-01", "P1D"])
def test_a_moment_that_is_none_is_refused(run: Run, parquet: Path, moment: str) -> None:
    answer = run("audit", str(parquet), "--as-of", moment)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "is no moment" in answer.err


def test_audit_says_which_file_it_cannot_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "no.parquet").write_text("no")
    answer = run("audit", str(tmp_path / "no.parquet"))
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "no.parquet" in answer.err


def test_help_is_fast_because_nothing_heavy_is_imported() -> None:
    code = """
import sys
from typer.testing import CliRunner
from sendepause.cli import app
names = "read audit plan explain act halt approve hold check status migrate ledger"
for command in [[], *([name] for name in names.split()), ["ledger", "verify"]]:
    answer = CliRunner().invoke(app, [*command, "--help"])
    assert answer.exit_code == 0 and "Usage" in answer.output, command
heavy = {"airflow", "httpx", "pendulum", "polars", "slack_sdk", "sqlalchemy"}
print(sorted(heavy & set(sys.modules)))
"""
    said = child(code=code)
    assert (said.code, said.out) == (0, "[]\n"), said.err
