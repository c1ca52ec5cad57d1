"""The reading DAG in a real Airflow: how far a query was read is kept in the state of the asset."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from tests.airflow_home import ROOT, airflow_home, run

__all__ = ["airflow_home"]  # a fixture

pytestmark = pytest.mark.airflow

SCRIPT = Path(__file__).with_name("query_dag.py")
SOURCE = {
    "id": "crm",
    "kind": "table",
    "connection": "crm_db",
    "query": "SELECT * FROM sent WHERE id >= :watermark",
    "watermark": "id",
    "columns": {"id": "id", "sent_at": "at", "account": "number", "to": "customer", "direction": "way"},
}


def test_a_second_run_goes_on_where_the_first_ended(airflow_home: Path, tmp_path: Path) -> None:
    config, crm = tmp_path / "config", tmp_path / "crm.db"
    shutil.copytree(ROOT / "include" / "config", config)
    (config / "sources.yaml").write_text(yaml.safe_dump({"sources": [SOURCE]}))
    with closing(sqlite3.connect(crm)) as connection, connection:
        connection.execute(
            "CREATE TABLE sent (id INTEGER, at TEXT, number TEXT, customer TEXT, way TEXT, body TEXT)"
        )
        now = datetime.now(UTC).isoformat(" ", "seconds")
        row = (5000, now, "+494066969101", "+49171392005", "out", "Rad")
        connection.execute("INSERT INTO sent VALUES (?, ?, ?, ?, ?, ?)", row)
    printed = run(
        airflow_home,
        str(SCRIPT),
        str(ROOT / "dags"),
        str(crm),
        SENDEPAUSE_DATA=str(tmp_path / "data"),
        SENDEPAUSE_CONFIG=str(config),
        AIRFLOW_CONN_CRM_DB=json.dumps({"conn_type": "sqlite", "host": str(crm)}),
        AIRFLOW_CONN_SENDEPAUSE_KEY=json.dumps({"conn_type": "generic", "password": "an invented key " * 2}),
    )
    first, second = json.loads(printed.splitlines()[-1])
    assert (first["state"], second["state"]) == ("success", "success")
    assert (first["counts"]["events_new"], second["counts"]["events_new"]) == (1, 1)
    kept = [json.loads(ran["kept"]["watermark.crm"]) for ran in (first, second)]
    assert [mark["value"] for mark in kept] == ["5000", "5001"]
    assert "+49" not in json.dumps([first["counts"], second["counts"], kept])
