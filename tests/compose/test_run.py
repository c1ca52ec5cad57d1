"""The compose file's services really run: PostgreSQL, Redis, Celery and FAB, and the example is paused."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from tests.compose.native import Native, started
from tests.compose.reading import filled_in, resolve
from tests.e2e.airflow import wait_for
from tests.e2e.test_loop import LEFT_RUNNING, PAUSED_BY_RULE
from tests.postgres import empty_database, postgres_server

__all__ = ["postgres_server"]  # a fixture

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.timeout(1200)]

LOOP_SECONDS = 600


@pytest.fixture(scope="module")
def variables() -> dict[str, str]:
    """What stands in .env."""
    return filled_in() | {"ADMIN_USER": "erika", "SENDEPAUSE_EXAMPLE": "1"}


@pytest.fixture(scope="module")
def database(postgres_server: str, variables: dict[str, str]) -> Iterator[str]:
    """An empty database that belongs to the role which the compose file connects as."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE airflow LOGIN PASSWORD '{variables['POSTGRES_PASSWORD']}'")
        with empty_database(postgres_server) as url:
            connection.execute(f"ALTER DATABASE {urlsplit(url).path[1:]} OWNER TO airflow")
            yield url
        connection.execute("DROP ROLE airflow")


@pytest.fixture(scope="module")
def running(
    database: str, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Native]:
    """Every service, healthy by its own health check."""
    folder = tmp_path_factory.mktemp("compose")
    native = Native(resolve(variables, folder), folder, database)
    began = time.monotonic()
    with started(native):
        sys.stderr.write(f"\nhealthy after {time.monotonic() - began:.0f} s\n")
        yield native


@pytest.fixture(scope="module")
def token(running: Native, variables: dict[str, str]) -> str:
    """What the first user gets for the password in .env."""
    login = {"username": variables["ADMIN_USER"], "password": variables["ADMIN_PASSWORD"]}
    found: str = httpx.post(f"{running.url}/auth/token", json=login).raise_for_status().json()["access_token"]
    return found


@pytest.fixture
def api(running: Native, token: str) -> Iterator[httpx.Client]:
    """The REST API, as the first user."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{running.url}/api/v2", headers=headers, timeout=60) as client:
        yield client


def states(native: Native) -> dict[str, str]:
    """The example's campaign table itself: id -> state."""
    file = native.data / "example" / "crm.sqlite"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as connection:
        return dict(connection.execute("SELECT id, status FROM campaigns").fetchall())


def test_the_campaigns_of_personal_accounts_are_paused_and_the_ledger_proves_it(
    running: Native, database: str
) -> None:
    began = time.monotonic()

    def paused() -> bool:
        found = states(running)
        return all(found[name] == "paused" for name in PAUSED_BY_RULE)

    try:
        wait_for("the pauses", paused, LOOP_SECONDS)
    except AssertionError as late:
        raise AssertionError(
            "\n".join([str(late), *(running.log(name) for name in running.processes)])
        ) from None
    sys.stderr.write(f"\npaused after {time.monotonic() - began:.0f} s\n")

    def written() -> bool:
        query = "SELECT subject FROM sendepause_ledger WHERE kind = 'paused'"
        with psycopg.connect(database) as connection:
            found = {subject.removeprefix("campaign:crm/") for (subject,) in connection.execute(query)}
        return found == PAUSED_BY_RULE

    wait_for("the entries in PostgreSQL", written)
    assert {states(running)[name] for name in LEFT_RUNNING} <= {"running", "scheduled"}
    verified = running.command("airflow-worker", "python", "-m", "sendepause", "ledger", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_without_slack_nothing_fails_and_everything_stays_owed(api: httpx.Client, database: str) -> None:
    def ended() -> set[str]:
        runs = api.get("/dags/sendepause_alert/dagRuns").raise_for_status().json()["dag_runs"]
        return {run["state"] for run in runs} & {"success", "failed"}

    assert wait_for("a run that delivers", ended, LOOP_SECONDS) == {"success"}
    with psycopg.connect(database) as connection:
        query = "SELECT count(*), count(delivery) FROM sendepause_alert"
        owed, named = connection.execute(query).fetchone() or (0, 0)
    assert owed > 0
    assert named == 0


def test_an_open_question_keeps_no_enforcing_run_out(api: httpx.Client) -> None:
    def asked() -> list[str]:
        found = api.get("/dags/~/dagRuns/~/hitlDetails").raise_for_status().json()["hitl_details"]
        return [question["subject"] for question in found if not question["response_received"]]

    wait_for("the question", asked, LOOP_SECONDS)
    runs = "/dags/sendepause_enforce/dagRuns"
    started = api.post(runs, json={"logical_date": None}).raise_for_status().json()["dag_run_id"]

    def ended() -> str | None:
        state = api.get(f"{runs}/{started}").raise_for_status().json()["state"]
        return state if state in ("success", "failed") else None

    assert wait_for("the enforcing run", ended, LOOP_SECONDS) == "success"
    assert asked(), "nobody has answered in between"


def test_the_first_user_sees_the_board_and_nobody_else_does(running: Native, token: str) -> None:
    board = f"{running.url}/sendepause/"
    assert httpx.get(board, timeout=60).status_code == 401
    seen = httpx.get(board, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert seen.status_code == 200
    assert "Sendepause" in seen.text


def test_answers_from_slack_are_waited_for_and_while_nothing_can_be_checked_nobody_is_let_in(
    running: Native,
) -> None:
    assert "There is no connection" in running.log("sendepause-listener")
    form = {"payload": "{}"}
    answer = httpx.post(f"{running.url}/sendepause-callbacks/slack/answers", data=form, timeout=60)
    assert (answer.status_code, answer.content) == (503, b"")


def test_a_wrong_password_is_refused(running: Native, variables: dict[str, str]) -> None:
    login = {"username": variables["ADMIN_USER"], "password": "wrong"}
    assert httpx.post(f"{running.url}/auth/token", json=login, timeout=30).status_code == 401


def test_the_init_service_runs_again_without_harm(running: Native, database: str) -> None:
    query = "SELECT count(*) FROM sendepause_ledger WHERE kind = 'act'"
    with psycopg.connect(database) as connection:
        before = connection.execute(query).fetchone()
        running.run("airflow-init")
        assert connection.execute(query).fetchone() == before
