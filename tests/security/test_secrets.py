"""Secrets stay where they are kept, and what lies on the disk is for its owner alone."""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.slack_server import TOKEN, SlackServer
from tests.stages.company import Company, key

from sendepause import local, people, preparation
from sendepause.errors import SendepauseError
from sendepause.store import database

COMPOSE = Path(__file__).resolve().parents[2] / "docker-compose.yaml"
SECRET = "s3cret-of-the-store"
NUMBER = "+491713920077"


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_what_prepare_makes_is_for_its_owner_alone(company: Company, tmp_path: Path) -> None:
    data = tmp_path / "fresh" / "data"
    company.monkeypatch.setenv("SENDEPAUSE_DATA", str(data))
    company.disconnect("sendepause_store")
    list(preparation.prepare(with_example=False))
    assert mode(data) == "0o700"
    assert mode(data / "sendepause.db") == "0o600"
    with closing(sqlite3.connect(data / "sendepause.db")) as other:  # what SQLite lays beside it follows
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE something (x)")
        assert {mode(path) for path in data.glob("sendepause.db-*")} == {"0o600"}


@pytest.mark.usefixtures("usual_umask")
def test_what_make_up_makes_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Airflow's database and logs, the password of the first user, the logs of all processes."""
    data = tmp_path / "data"
    (data / "airflow").mkdir(parents=True)
    (data / "airflow").chmod(0o755)
    local.keep_private(data)
    (data / "logs" / "one.log").write_text("")
    assert mode(data / "airflow") == mode(data / "logs") == "0o700"
    assert mode(data / "logs" / "one.log") == "0o600"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://crm:{SECRET}@127.0.0.1:9/crm",
        f"postgresql://crm@127.0.0.1:9/crm?password={SECRET}",
        f"postgresql://crm@127.0.0.1:9/crm?sslpassword={SECRET}&connect_timeout=2",
    ],
)
def test_a_store_that_does_not_answer_tells_no_secret(url: str, caplog: pytest.LogCaptureFixture) -> None:
    engine = database.connect(url)
    with caplog.at_level(logging.DEBUG), pytest.raises(SendepauseError) as caught:
        database.check_schema(engine)
    shown = f"{caught.value} {caught.value!r} {caught.value.__cause__!r} {caplog.text}"
    assert SECRET not in shown
    assert "127.0.0.1" in str(caught.value)


def test_what_a_campaign_database_says_of_a_person_is_not_kept(company: Company) -> None:
    """The ledger is for ever; a trigger's words are whoever wrote it."""
    with closing(sqlite3.connect(company.crm)) as connection, connection:
        connection.execute(
            "CREATE TRIGGER busy BEFORE UPDATE ON campaigns BEGIN "
            f"SELECT RAISE(ABORT, 'waits for {NUMBER} and erika@example.org, 0171 / 392 00 77'); END"
        )
    people.switch_acting(company.installation, True, "anna")
    company.enforce("2019-12-06T12:00")
    (entry, *_) = company.entries("not_paused", campaign="winter")
    assert "waits for" in entry.facts["says"]
    said = json.dumps([e.facts for e in company.entries()])
    for path in [*company.folder.glob("store.db*")]:
        said += path.read_bytes().decode("latin-1")
    assert not [word for word in (NUMBER, "erika@", "392 00 77") if word in said]
    assert key("winter") in said


TALK = """
from sendepause.alerts.slack import check, hook_client
client = hook_client()
print(len(client.conversations_history(channel="C0NORTH", limit=10)["messages"]), "messages")
print(*check(client, ["C0NORTH"]))
"""


def test_at_its_most_talkative_a_log_holds_neither_the_token_nor_what_people_write(
    slack: SlackServer, tmp_path: Path
) -> None:
    slack.messages.append({"channel": "C0NORTH", "ts": "1575000000.000100", "text": "Erika asks"})
    connection = {"conn_type": "slack", "password": TOKEN, "extra": {"base_url": slack.base_url}}
    environment = {
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
        "AIRFLOW_CONN_SLACK_API_DEFAULT": json.dumps(connection),
        "AIRFLOW_HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", TALK],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "1 messages" in done.stdout
    assert "DEBUG" in done.stdout.upper()
    for secret in (TOKEN, "Erika asks"):
        assert secret not in done.stdout + done.stderr


def test_no_password_of_the_compose_file_stands_in_a_list_of_processes() -> None:
    """What the shell itself does with one (printf, a here-document, an assignment) starts no process."""
    lines = [line.strip() for line in COMPOSE.read_text().splitlines() if re.search(r"\$\$\w*PASSWORD", line)]
    assert len(lines) == 3
    for line in lines:
        by_the_shell = re.sub(r"^(printf '[^']*'|requirepass)( \"?\$\$\w+\"?)+|REDISCLI_AUTH=\S+", "", line)
        assert "$$" not in by_the_shell, line
