"""Inside the real Airflow: the callbacks take what Slack signed, from anybody, and nothing else is open."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.airflow_home import ROOT, airflow_home, run
from tests.board.test_board_plugin import TIME_OF_IMPORT
from tests.slack_server import SIGNING_SECRET

from sendepause.store import database, ledger
from sendepause.store.tables import DeliveryRow

__all__ = ["airflow_home"]  # a fixture

PLUGIN = ROOT / "plugins" / "sendepause_callbacks.py"
DELIVERY = "0b9b4f0e-6a34-4a52-9a54-0a8ad2f3c111"
TS = "1575280800.000100"

pytestmark = pytest.mark.airflow

ASK = """
import hashlib, hmac, json, sys, time
from urllib.parse import urlencode
from fastapi.testclient import TestClient
from airflow.api_fastapi.app import create_app
secret, delivery, ts = sys.argv[1:]
press = {
    "type": "block_actions", "user": {"id": "U0ERIKA"}, "trigger_id": "1.2.abc", "channel": {"id": "C0NORTH"},
    "container": {"type": "message", "channel_id": "C0NORTH", "message_ts": ts},
    "actions": [{"action_id": "sendepause_read", "value": delivery}],
}
body = urlencode({"payload": json.dumps(press)})
now = str(int(time.time()))
signature = "v0=" + hmac.new(secret.encode(), f"v0:{now}:{body}".encode(), hashlib.sha256).hexdigest()
kind = {"Content-Type": "application/x-www-form-urlencoded", "X-Slack-Request-Timestamp": now}
url = "/sendepause-callbacks/slack/answers"
with TestClient(create_app()) as client:
    ends = time.monotonic() + 60
    while "airflow.providers.slack.hooks.slack" not in sys.modules and time.monotonic() < ends:
        time.sleep(0.1)
    time.sleep(0.5)
    began = time.process_time()
    right = kind | {"X-Slack-Signature": signature}
    print("signed", client.post(url, content=body, headers=right).status_code)
    print("seconds", time.process_time() - began)
    print("guessed", client.post(url, content=body, headers=kind | {"X-Slack-Signature": "v0=0"}).status_code)
    print("unsigned", client.post(url, content=body, headers=kind).status_code)
    for path in ("", "docs", "openapi.json", "slack", "health"):
        print("path", path, client.get(f"/sendepause-callbacks/{path}").status_code)
    print("get", client.get(url).status_code)
    print("board", client.get("/sendepause/").status_code)
    print("api", client.get("/api/v2/dags").status_code)
"""


@pytest.fixture(scope="module")
def store(airflow_home: Path) -> str:
    """A store in which one message was sent with buttons."""
    url = f"sqlite:///{airflow_home}/data/answers.db"
    engine = database.connect(url)
    database.migrate(engine)
    now = datetime.now(UTC)
    with database.session(engine) as session:
        sent = {"state": "sent", "queued_at": now, "sent_at": now, "sent_channel": "C0NORTH", "ts": TS}
        session.add(
            DeliveryRow(
                id=DELIVERY,
                channel="C0NORTH",
                text="x",
                blocks=[{"type": "divider"}],
                answerable=True,
                **sent,
            )
        )
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def said(airflow_home: Path, store: str) -> list[str]:
    """What was answered to whom."""
    connections = {
        "AIRFLOW_CONN_SENDEPAUSE_STORE": {"conn_type": "sqlite", "host": store.removeprefix("sqlite:///")},
        "AIRFLOW_CONN_SENDEPAUSE_SLACK_SIGNING": {"conn_type": "generic", "password": SIGNING_SECRET},
    }
    given = {name: json.dumps(value) for name, value in connections.items()}
    return run(airflow_home, "-c", ASK, SIGNING_SECRET, DELIVERY, TS, **given).splitlines()


def test_without_a_login_what_slack_signed_is_taken(said: list[str], store: str) -> None:
    assert "signed 200" in said
    engine = database.connect(store)
    with database.session(engine, write=False) as session:
        (entry,) = ledger.entries(session)
    engine.dispose()
    assert (entry.author, entry.subject) == ("slack:U0ERIKA", f"delivery:{DELIVERY}")


@pytest.mark.parametrize("who", ["guessed", "unsigned"])
def test_and_nobody_else(said: list[str], who: str) -> None:
    assert f"{who} 401" in said


@pytest.mark.parametrize("path", ["", "docs", "openapi.json", "slack", "health"])
def test_no_other_address_is_there(said: list[str], path: str) -> None:
    assert f"path {path} 404" in said


def test_what_needs_a_login_still_does(said: list[str]) -> None:
    assert {"get 405", "board 401", "api 401"} <= set(said)


def test_the_first_answer_of_a_fresh_process_is_in_time(said: list[str]) -> None:
    """In seconds of the processor, of which Slack waits for three: what it needs was made ready before it."""
    (took,) = (float(line.removeprefix("seconds ")) for line in said if line.startswith("seconds "))
    assert took < 0.5


def test_loading_the_plugin_costs_other_processes_next_to_nothing(airflow_home: Path) -> None:
    took, *heavy = run(airflow_home, "-c", TIME_OF_IMPORT, str(PLUGIN)).split()
    assert float(took) < 0.2
    assert heavy == []
