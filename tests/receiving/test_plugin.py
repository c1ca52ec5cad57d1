"""In the real Airflow: Meta's calls are taken without a login and read by the stage; nothing else is open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from tests.airflow_home import airflow_home, run
from tests.receiving.conftest import SECRET, TOKEN, incoming, sign
from tests.stages.company import BOOKINGS, KEY, configuration_of

from sendepause import events
from sendepause.store import database

__all__ = ["airflow_home"]  # a fixture

pytestmark = pytest.mark.airflow

ASK = """
import json, sys, time
from fastapi.testclient import TestClient
from airflow.api_fastapi.app import create_app
body, signature, token = sys.argv[1:]
url = "/sendepause-callbacks/meta/webhooks"
query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "42"}
with TestClient(create_app()) as client:
    ends = time.monotonic() + 60
    while "sendepause.receiving.taking" not in sys.modules and time.monotonic() < ends:
        time.sleep(0.1)
    print("prepared", "sendepause.receiving.taking" in sys.modules)
    print("verified", client.get(url, params=query).text)
    print("signed", client.post(url, content=body, headers={"X-Hub-Signature-256": signature}).status_code)
    print("unsigned", client.post(url, content=body).status_code)
    for path in ("meta", "meta/", "meta/docs", "meta/openapi.json", "meta/webhooks/", "webhooks"):
        print("path", path, client.get(f"/sendepause-callbacks/{path}", follow_redirects=False).status_code)
    print("put", client.put(url).status_code)
    print("slack", client.post("/sendepause-callbacks/slack/answers").status_code)
"""

READ = """
from datetime import UTC, datetime
from sendepause import stages
from sendepause.installation import open_installation
print(stages.read(open_installation(), datetime.now(UTC))["events_new"])
"""


@pytest.fixture(scope="module")
def home(airflow_home: Path) -> Iterator[Path]:
    """That Airflow with a store and a configuration in which Meta is a source."""
    files = configuration_of()
    files["sources.yaml"] = {"sources": [{"id": "meta", "kind": "cloud_api_receiver"}]}
    config = airflow_home / "receiving"
    config.mkdir()
    for name, content in files.items():
        (config / name).write_text(yaml.safe_dump(content))
    engine = database.connect(f"sqlite:///{config}/store.db")
    database.migrate(engine)
    engine.dispose()
    yield airflow_home


def environment(home: Path) -> dict[str, str]:
    extra = {"verify_token": TOKEN}
    connections = {
        "STORE": {"conn_type": "sqlite", "host": f"{home}/receiving/store.db"},
        "META": {"conn_type": "generic", "password": SECRET, "extra": extra},
        "KEY": {"conn_type": "generic", "password": KEY},
    }
    given = {f"AIRFLOW_CONN_SENDEPAUSE_{name}": json.dumps(value) for name, value in connections.items()}
    folders = {"SENDEPAUSE_CONFIG": f"{home}/receiving", "SENDEPAUSE_DATA": f"{home}/receiving/data"}
    return given | folders


@pytest.fixture(scope="module")
def said(home: Path) -> list[str]:
    """What was answered to whom."""
    body = json.dumps(incoming("wamid.1", datetime.now(UTC) - timedelta(minutes=5)))
    arguments = (body, sign(body.encode()), TOKEN)
    return run(home, "-c", ASK, *arguments, **environment(home)).splitlines()


def test_meta_verifies_it_and_what_it_signed_is_taken(said: list[str]) -> None:
    assert {"verified 42", "signed 200"} <= set(said)


def test_what_the_first_call_needs_was_made_ready(said: list[str]) -> None:
    assert "prepared True" in said


def test_who_has_not_signed_learns_nothing(said: list[str]) -> None:
    assert "unsigned 401" in said


@pytest.mark.parametrize(
    "path", ["meta", "meta/", "meta/docs", "meta/openapi.json", "meta/webhooks/", "webhooks"]
)
def test_no_other_address_is_there(said: list[str], path: str) -> None:
    assert f"path {path} 404" in said


def test_no_other_method_and_slack_as_before(said: list[str]) -> None:
    assert {"put 405", "slack 415"} <= set(said)


def test_the_reading_stage_takes_it_into_the_events(said: list[str], home: Path) -> None:
    assert run(home, "-c", READ, **environment(home)).splitlines()[-1] == "1"
    found = events.scan(home / "receiving" / "data").collect()
    assert found.select("account_id", "direction", "source").rows() == [(BOOKINGS, "in", "meta")]
