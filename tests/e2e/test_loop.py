"""The whole loop in a real Airflow: the schedule does the work, and a killed worker changes nothing."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import psutil
import pytest
from tests.e2e.airflow import Installed, wait_for
from tests.slack_server import SlackServer

from sendepause.example.company import SWITCHED_ON_AGAIN

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PAUSED_BY_RULE = {
    "hh-winterreifen",
    "hh-batterie",
    "f-herbst",
    "f-lagerraeumung",
    "lon-winter",
    "lon-clearance",
}
LEFT_RUNNING = {"hh-termine", "lon-bookings", "k-neuheiten", "b-inspektion", "alt-filiale", "aushilfe"}


def test_the_schedule_reads_judges_pauses_and_tells_without_a_click(
    installed: Installed, slack: SlackServer
) -> None:
    campaigns = installed.campaigns()
    assert {name for name in PAUSED_BY_RULE if campaigns[name] == "paused"} == PAUSED_BY_RULE
    assert {name for name in LEFT_RUNNING if campaigns[name] in ("running", "scheduled")} == LEFT_RUNNING
    assert installed.command("ledger", "verify").returncode == 0
    paused = installed.store("SELECT subject FROM sendepause_ledger WHERE kind = 'paused'")
    assert {subject.removeprefix("campaign:crm/") for (subject,) in paused} >= PAUSED_BY_RULE
    assert len(installed.store("SELECT DISTINCT account FROM sendepause_finding")) == 24
    told = {message["channel"] for message in slack.messages}
    assert {"C0BRANDHH01", "C0BRANDF001", "C0BRANDLON1", "C0BRANDOPS1"} <= told


def test_the_person_who_switched_a_campaign_on_again_was_noticed(installed: Installed) -> None:
    kinds = [
        kind
        for (kind,) in installed.store(
            "SELECT kind FROM sendepause_ledger WHERE subject = "
            f"'campaign:crm/{SWITCHED_ON_AGAIN}' ORDER BY seq"
        )
    ]
    assert kinds == ["intent", "breach", "paused", "undone", "intent", "breach", "paused"]


def test_the_web_ui_shows_dags_with_docs_and_assets_with_counts(installed: Installed) -> None:
    with installed.api() as api:
        dags = {dag["dag_id"]: dag for dag in api.get("/dags").json()["dags"]}
        assert set(dags) == {f"sendepause_{name}" for name in NAMES}
        assert not any(dag["is_paused"] for dag in dags.values())
        for dag in dags:
            assert "When it fails" in api.get(f"/dags/{dag}/details").json()["doc_md"]
        events = api.get("/assets/events").json()["asset_events"]
        counts = {event["name"].removeprefix("sendepause."): event["extra"] for event in events}
        read = [event["extra"] for event in events if event["name"] == "sendepause.events"]
        assert max(found["events_new"] for found in read) > 10_000  # other tests may have had some more read
        assert counts["findings"]["accounts"] == 24
        assert any(event["extra"]["owed"] for event in events if event["name"] == "sendepause.alerts")
        assert api.get("/importErrors").json()["total_entries"] == 0


NAMES = (
    "ingest",
    "audit",
    "enforce",
    "watch",
    "alert",
    "approve",
    "digest",
    "retention",
    "hold",
    "drill",
)


def test_no_text_and_no_number_of_a_recipient_is_in_a_log_or_the_store(installed: Installed) -> None:
    accounts = {number for (number,) in installed.store("SELECT account FROM sendepause_finding")}
    tool = next((installed.data / "example" / "inbox").rglob("*.csv")).read_text("utf-8-sig").splitlines()
    cells = {cell.strip('"') for line in tool[1:] for cell in line.split(";")} - accounts
    numbers = {cell for cell in cells if re.fullmatch(r"\+\d{9,}", cell)}
    texts = {cell for cell in cells if len(cell) > 40}
    assert len(numbers) > 10
    assert texts
    logs = [file for file in (installed.data / "airflow" / "logs").rglob("*.log") if file.is_file()]
    assert logs
    for file in [*logs, installed.data / "sendepause.db", *installed.data.glob("logs/*.log")]:
        content = file.read_bytes()
        assert not [secret for secret in numbers | texts if secret.encode() in content], file


def test_a_replay_of_2019_shows_its_plan_and_does_nothing(installed: Installed) -> None:
    before = installed.store("SELECT count(*) FROM sendepause_ledger")
    run = installed.trigger("sendepause_enforce", as_of="2019-12-06T23:59:00+01:00")
    assert wait_for("the replay", lambda: installed.finished("sendepause_enforce", run)) == "success"
    with installed.api() as api:
        path = f"/dags/sendepause_enforce/dagRuns/{run}/taskInstances"
        states = {task["task_id"]: task["state"] for task in api.get(path).json()["task_instances"]}
        counts = api.get(f"{path}/enforce/xcomEntries/return_value").json()["value"]
    assert states["announce_alerts"] == states["announce_stopped"] == "skipped"
    shown = json.loads(counts) if isinstance(counts, str) else counts
    assert shown["only_shown"] is True
    assert shown["pause"] > len(PAUSED_BY_RULE) - 1
    assert installed.store("SELECT count(*) FROM sendepause_ledger") == before


def test_a_backfill_of_2019_shows_plans_and_does_nothing(installed: Installed) -> None:
    before = installed.store("SELECT count(*) FROM sendepause_ledger")
    body = {
        "dag_id": "sendepause_enforce",
        "from_date": "2019-12-06T22:45:00Z",
        "to_date": "2019-12-06T23:05:00Z",
        "max_active_runs": 1,
    }
    with installed.api() as api:
        api.post("/backfills", json=body).raise_for_status()
        moments = ("2019-12-06T22:50:00+00:00", "2019-12-06T23:00:00+00:00")
        for moment in moments:
            run = f"backfill__{moment}"
            assert wait_for(run, partial(installed.finished, "sendepause_enforce", run)) == "success"
            path = f"/dags/sendepause_enforce/dagRuns/{run}/taskInstances"
            states = {task["task_id"]: task["state"] for task in api.get(path).json()["task_instances"]}
            assert states["announce_alerts"] == states["announce_stopped"] == "skipped"
    entries = installed.store("SELECT count(*) FROM sendepause_ledger")
    assert entries == before


def answer(installed: Installed, subject: str) -> str:
    """A person approves the open question whose subject holds ``subject``; the run in which it was asked."""

    def asked() -> dict[str, Any] | None:
        with installed.api() as api:
            found = api.get("/dags/~/dagRuns/~/hitlDetails").json()["hitl_details"]
        open_ones = [question for question in found if not question["response_received"]]
        return next((question for question in open_ones if subject in question["subject"]), None)

    question = wait_for("the question", asked)
    time.sleep(15)  # an answer before the scheduler has heard that the task waits fails it; people are slower
    task = question["task_instance"]
    path = f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}"
    chosen = {"chosen_options": ["Freigeben / Approve"], "params_input": {}}

    def answered() -> bool:
        """While its SQLite database is locked, Airflow answers late, or with 500; 409: it is answered."""
        try:
            with installed.api() as api:
                told = api.patch(f"{path}/{task['map_index']}/hitlDetails", json=chosen)
        except httpx.TimeoutException:
            return False
        return told.is_success or told.status_code == httpx.codes.CONFLICT

    wait_for("the answer", answered)
    return str(task["dag_run_id"])


def test_a_person_approves_in_airflow_what_the_guard_stopped(installed: Installed) -> None:
    """The account is declared as Platform and exports chats: the stricter kind counts, a person decides."""
    assert installed.campaigns()["m-aussendienst"] == "running"
    run = answer(installed, "Außendienst")
    assert wait_for("the record", lambda: installed.finished("sendepause_approve", run)) == "success"
    entry = "SELECT author FROM sendepause_ledger WHERE kind = 'approve'"
    assert installed.store(entry) == [("admin",)]
    looked_at = "/plugin/sendepause/sendepause/look?subject=campaign%3Acrm%2Fm-aussendienst"
    with installed.api() as api:
        tasks = api.get(f"/dags/sendepause_approve/dagRuns/{run}/taskInstances").json()["task_instances"]
    places = [task["map_index"] for task in tasks if task["task_id"] == "one.record"]
    ways = [installed.links("sendepause_approve", run, "one.record", place) for place in places]
    assert {"Sendepause": looked_at} in ways
    installed.trigger("sendepause_enforce")
    wait_for("the approved pause", lambda: installed.campaigns()["m-aussendienst"] == "paused")


def test_a_hold_is_asked_for_in_airflow_and_nobody_approves_their_own(installed: Installed) -> None:
    granted = "SELECT author FROM sendepause_ledger WHERE kind = 'hold_granted' AND author = 'admin'"
    before = installed.store(granted)
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    campaign = "hh-termine"
    wanted = {"campaign": f"crm/{campaign}", "until": until, "reason": "the move ends tomorrow"}
    run = installed.trigger("sendepause_hold", **wanted)
    assert wait_for("the request", lambda: installed.finished("sendepause_hold", run)) == "success"
    own = answer(installed, "Approve this hold?")
    assert wait_for("the record", lambda: installed.finished("sendepause_approve", own)) == "failed"
    assert installed.store(granted) == before

    asked = installed.command(
        "hold", f"crm/{campaign}", "--until", until, "--reason", "a ticket", "--author", "k.meyer"
    )
    assert asked.returncode == 0, asked.stderr
    installed.trigger("sendepause_enforce")  # whoever asked by hand is asked about from here
    other = answer(installed, "Approve this hold?")
    assert wait_for("the record", lambda: installed.finished("sendepause_approve", other)) == "success"
    assert installed.store(granted) == [*before, ("admin",)]


def test_a_drill_proves_the_rights_and_leaves_the_campaign_as_it_was(installed: Installed) -> None:
    campaign = "hh-termine"
    assert installed.campaigns()[campaign] == "running"
    run = installed.trigger("sendepause_drill", campaign=f"crm/{campaign}")
    assert wait_for("the drill", lambda: installed.finished("sendepause_drill", run)) == "success"
    steps = "SELECT facts FROM sendepause_ledger WHERE kind = 'drill' ORDER BY seq"
    assert [json.loads(facts)["step"] for (facts,) in installed.store(steps)] == ["pausing", "done"]
    assert installed.campaigns()[campaign] == "running"
    looked_at = f"/plugin/sendepause/sendepause/look?subject=crm%2F{campaign}"
    assert installed.links("sendepause_drill", run, "drill") == {"Sendepause": looked_at}


def test_the_watch_reads_every_pause_again_and_listens_to_its_account(installed: Installed) -> None:
    beats = "SELECT counts FROM sendepause_heartbeat WHERE stage = 'watch'"
    wait_for("the watch", lambda: installed.store(beats))
    ((counts,),) = installed.store(beats)
    told = json.loads(counts)
    assert told["watched"] > 0
    assert told["unread"] == 0
    undone = installed.store("SELECT DISTINCT subject FROM sendepause_ledger WHERE kind = 'undone'")
    assert told["running"] <= len(undone)  # what a person switched on again is written down by then
    assert sum(told.get(f"silence_{state}", 0) for state in ("waiting", "open", "confirmed", "broken")) > 0


@contextmanager
def campaign_system_that_hangs(installed: Installed) -> Iterator[None]:
    """Its database lets people read and nobody write."""
    with closing(sqlite3.connect(installed.campaign_file, isolation_level=None, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def busy_workers(installed: Installed) -> list[psutil.Process]:
    """The executor's workers that run a task now; an idle one holds the lock of the queue of tasks."""

    def is_busy(process: psutil.Process) -> bool:
        try:
            title = " ".join(process.cmdline())
        except psutil.Error:  # it ended just now
            return False
        return "LocalExecutor:" in title and "idle" not in title

    return [process for process in installed.processes() if is_busy(process)]


def test_a_worker_killed_in_the_middle_of_a_pause_pauses_once_and_tells_once(
    installed: Installed, slack: SlackServer
) -> None:
    campaign = "lon-winter"
    with closing(sqlite3.connect(installed.campaign_file, timeout=30)) as connection, connection:
        connection.execute(
            "UPDATE campaigns SET status = 'running', changed_by = 'a.whitcombe' WHERE id = ?", (campaign,)
        )

    def kinds() -> list[str]:
        query = f"SELECT kind FROM sendepause_ledger WHERE subject = 'campaign:crm/{campaign}' ORDER BY seq"
        return [kind for (kind,) in installed.store(query)]

    before = kinds()
    with campaign_system_that_hangs(installed):
        installed.trigger("sendepause_enforce")
        wait_for("the intent", lambda: "intent" in kinds()[len(before) :])
        workers = busy_workers(installed)
        assert workers
        for process in [
            member for worker in workers for member in (*worker.children(recursive=True), worker)
        ]:
            process.kill()
        assert "paused" not in kinds()[len(before) :]
    wait_for("the pause", lambda: installed.campaigns()[campaign] == "paused")
    wait_for("the entry", lambda: "paused" in kinds()[len(before) :])
    wait_for("the alerts", installed.in_the_loop)
    assert [kind for kind in kinds()[len(before) :] if kind != "not_paused"] == [
        "undone",
        "intent",
        "breach",
        "paused",
    ]
    assert installed.command("ledger", "verify").returncode == 0
    deliveries = Counter(
        message["metadata"]["event_payload"]["delivery"]
        for message in slack.messages
        if "metadata" in message
    )
    assert deliveries
    assert set(deliveries.values()) == {1}
    sent = installed.store("SELECT count(*) FROM sendepause_delivery WHERE state = 'sent'")
    assert sent == [(len(deliveries),)]


def test_the_command_line_agrees_with_what_was_done(installed: Installed) -> None:
    status = installed.command("status")
    told = json.loads(status.stdout)
    assert told["pauses_owed"] == told["waiting"], "owed is only what waits for a person"
    explained = installed.command("explain", "+494066969102")
    assert explained.returncode == 0, explained.stderr
    assert "Hamburg" in explained.stdout
    assert installed.command("halt", "on", "--author", "test").returncode == 0
    assert installed.command("halt", "off", "--author", "test").returncode == 0


def test_a_second_start_finds_everything_in_place_and_loses_nothing(installed: Installed) -> None:
    ledger = "SELECT seq, hash FROM sendepause_ledger ORDER BY seq"
    before = installed.store(ledger)
    family = installed.processes()
    assert installed.stop() == 0
    assert not [process for process in family if process.is_running()], "Ctrl-C stops every process"
    installed.start()
    assert installed.store(ledger)[: len(before)] == before
    assert installed.campaigns()["lon-winter"] == "paused"
