"""Another Airflow, as a stand-in that can misbehave; what a real one does is in ``test_airflow_real.py``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from tests.campaigns.airflow_server import PASSWORD, AirflowServer, serve
from tests.campaigns.contract import Contract, run, trouble
from tests.campaigns.grounds import ACCOUNT, CLOSED_PORT, PATIENCE, TOO_LATE

from sendepause import campaigns
from sendepause.campaigns.base import Access, Backlog, BacklogKind, Connector, GoesOn, UnderWay
from sendepause.errors import BadInput, Guarded, Refused, Unreachable
from sendepause.model import AccountBy, CampaignState
from sendepause.places import ROOT
from sendepause.settings import SystemSettings


def connected(
    url: str,
    *,
    login: str | None = "sendepause",
    password: str = PASSWORD,
    seconds: float = 5,
    accounts: dict[str, str | None] | None = None,
    **settings: Any,
) -> Connector:
    """A connector to the Airflow at ``url``."""
    system = SystemSettings(
        id="marketing",
        connector="airflow",
        connection="marketing",
        timeout_seconds=seconds,
        accounts=accounts or {},
        settings=settings,
    )
    return campaigns.connect(system, Access("http", url, login=login, password=password))


@pytest.fixture
def airflow() -> Iterator[AirflowServer]:
    with serve() as running:
        yield running


class AirflowGround:
    """DAGs in the stand-in."""

    secret = PASSWORD

    def __init__(self, airflow: AirflowServer) -> None:
        self.airflow = airflow
        self.connector = connected(airflow.url)

    def put(self, id: str, state: str, account: str | None = ACCOUNT) -> None:
        tags = ["whatsapp"] if account is None else ["whatsapp", f"account:{account}"]
        self.airflow.put(id, {"running": False, "paused": True}.get(state, state), *tags)

    def state(self, id: str) -> str:
        return "paused" if self.airflow.dags[id]["is_paused"] else "running"

    def lie(self) -> None:
        self.airflow.lies = True

    def lose_answers(self) -> None:
        self.connector = connected(self.airflow.url, seconds=PATIENCE)
        self.airflow.answers_after = TOO_LATE

    def go_down(self) -> None:
        self.connector = connected(f"http://127.0.0.1:{CLOSED_PORT}")


class TestAirflow(Contract):
    @pytest.fixture
    def ground(self, airflow: AirflowServer) -> AirflowGround:
        return AirflowGround(airflow)


def listed(connector: Connector) -> dict[str, Any]:
    return {one.id: one for one in run(connector.list())}


def test_a_dag_is_a_campaign_by_a_tag_by_the_mark_or_by_the_configuration(airflow: AirflowServer) -> None:
    airflow.put("a", False, "whatsapp", "other")
    airflow.put("b", False, "sales", f"account:{ACCOUNT}")
    airflow.put("c", False)
    airflow.put("d", False, "reports")
    airflow.put("e", False, "bulk")
    airflow.put("gone", False, "whatsapp", is_stale=True)
    assert set(listed(connected(airflow.url, accounts={"c": None}))) == {"a", "b", "c"}
    assert set(listed(connected(airflow.url, tags=["bulk"]))) == {"b", "e"}
    found = listed(connected(airflow.url))["b"]
    assert (found.account, found.account_by, found.name) == (ACCOUNT, AccountBy.MARK, "Campaign b")


def test_two_marks_that_name_two_numbers_are_no_mark(airflow: AirflowServer) -> None:
    airflow.put("a", False, f"account:{ACCOUNT}", "account:+4930999999")
    assert listed(connected(airflow.url))["a"].account is None


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_pages_that_airflow_cuts_are_read_to_the_end(airflow: AirflowServer, count: int) -> None:
    for number in range(count):
        airflow.put(f"dag{number}", False, "whatsapp")
    assert len(listed(connected(airflow.url))) == count


def test_a_list_that_changes_meanwhile_is_read_again_and_never_cut(airflow: AirflowServer) -> None:
    for number in range(5):
        airflow.put(f"dag{number}", False, "whatsapp")
    pages = iter(range(100))

    def vanish(path: str) -> None:
        if next(pages) == 1:  # what comes after it moves to the page that was read
            del airflow.dags["dag0"]

    airflow.before_answer = vanish
    assert set(listed(connected(airflow.url))) == {"dag1", "dag2", "dag3", "dag4"}
    airflow.before_answer = lambda path: airflow.put(f"new{next(pages)}")
    assert isinstance(trouble(connected(airflow.url).list()), Unreachable)


def test_the_token_is_asked_for_once_and_again_when_it_has_run_out(airflow: AirflowServer) -> None:
    airflow.put("a", False, "whatsapp")
    connector = connected(airflow.url)
    for _ in range(3):
        run(connector.read_state("a"))
    assert len(airflow.tokens) == 1
    airflow.tokens.append("of somebody else")
    run(connector.pause("a"))
    assert airflow.dags["a"]["is_paused"] is True
    assert len(airflow.tokens) == 3


def test_a_token_as_password_needs_no_login(airflow: AirflowServer) -> None:
    airflow.put("a", False, "whatsapp")
    airflow.tokens = ["made-elsewhere"]
    assert set(listed(connected(airflow.url, login=None, password="made-elsewhere"))) == {"a"}
    error = trouble(connected(airflow.url, login=None, password="run-out-long-ago").list())
    assert isinstance(error, Refused) and "valid secret" in error.mend
    assert airflow.tokens == ["made-elsewhere"]


def test_a_wrong_password_is_refused_and_not_repeated_from_the_answer(airflow: AirflowServer) -> None:
    error = trouble(connected(airflow.url, password="wrong-but-still-secret").list())
    assert isinstance(error, Refused)
    assert "wrong-but-still-secret" not in repr(error) + str(error)


OWN = [("sendepause_enforce", ()), ("guardian", ("whatsapp", "sendepause"))]


@pytest.mark.parametrize(("id", "tags"), OWN)
def test_sendepauses_own_dags_are_never_listed_and_never_touched(
    airflow: AirflowServer, id: str, tags: tuple[str, ...]
) -> None:
    airflow.put(id, False, *tags, f"account:{ACCOUNT}")
    airflow.runs = [{"dag_id": id, "dag_run_id": "r", "state": "running"}]
    connector = connected(airflow.url, accounts={id: ACCOUNT})
    assert listed(connector) == {}
    airflow.calls.clear()
    for call in (connector.pause(id), connector.resume(id, None), connector.stop_running(id)):
        error = trouble(call)
        assert isinstance(error, Guarded) and "own DAGs" in error.what
    assert airflow.dags[id]["is_paused"] is False
    assert airflow.runs[0]["state"] == "running"
    assert {method for method, _ in airflow.calls} == (set() if id.startswith("sendepause_") else {"GET"})


@pytest.mark.parametrize("id", ["~", "..", ".", "", "a/dagRuns", "a?x", "a" * 251, "a\n"])
def test_an_id_that_no_dag_can_have_is_never_put_into_a_path(airflow: AirflowServer, id: str) -> None:
    connector = connected(airflow.url)
    assert run(connector.read_state(id)) is CampaignState.UNKNOWN
    for call in (
        connector.pause(id),
        connector.resume(id, None),
        connector.under_way(id),
        connector.stop_running(id),
        connector.backlog(id),
    ):
        assert isinstance(trouble(call), Refused)
    assert airflow.calls == []


def test_a_dag_whose_file_is_gone_is_not_known_to_run(airflow: AirflowServer) -> None:
    airflow.put("a", False, "whatsapp", is_stale=True)
    airflow.put("b", True, "whatsapp", is_stale=True)
    connector = connected(airflow.url)
    assert run(connector.read_state("a")) is CampaignState.UNKNOWN
    assert run(connector.read_state("b")) is CampaignState.PAUSED  # and it will be, when the file comes back
    del airflow.dags["b"]
    assert run(connector.read_state("b")) is CampaignState.UNKNOWN


@pytest.mark.parametrize("answer", [{}, {"dag_id": "b", "is_paused": True}, {"dag_id": "a"}, [], None])
def test_an_answer_that_does_not_tell_the_state_is_unknown(airflow: AirflowServer, answer: Any) -> None:
    airflow.dags["a"] = answer
    assert run(connected(airflow.url).read_state("a")) is CampaignState.UNKNOWN


def event(dag: str | None, owner: str, paused: bool, **others: Any) -> dict[str, Any]:
    """A line of the audit log."""
    extra = f'{{"is_paused": {str(paused).lower()}, "method": "PATCH"}}'
    usual = {"event": "patch_dag", "dag_id": dag, "owner": owner, "extra": extra, "when": WHEN}
    return usual | others


WHEN = "2019-12-04T09:30:00.123Z"


def changed(airflow: AirflowServer) -> tuple[str | None, datetime | None]:
    found = listed(connected(airflow.url))["a"]
    return found.changed_by, found.changed_at


def test_the_audit_log_tells_who_switched_it_last(airflow: AirflowServer) -> None:
    airflow.put("a", False, "whatsapp")
    assert changed(airflow) == (None, None)
    airflow.events = [event("b", "tom", True), event("a", "anna", False), event("a", "tom", True)]
    moment = datetime.fromisoformat(WHEN)
    assert changed(airflow) == ("anna", moment)
    airflow.events[1]["owner"] = "sendepause"  # our own signature is nobody's hand
    assert changed(airflow) == (None, moment)
    airflow.dags["a"]["is_paused"] = True
    airflow.events = [event("a", "scheduler", True, event="paused", extra="[('is_paused', True)]")]
    assert changed(airflow) == ("scheduler", moment)


@pytest.mark.parametrize(
    "newest",
    [
        event("a", "anna", True),  # and yet it runs: somebody switched it past the log
        event(None, "anna", False, event="patch_dags"),  # many at once, which of them is not told
        event("a.*", "root", False, event="cli_dag_unpause"),
        event("a", "anna", False, extra="not JSON"),
        event("a", "anna", False, extra="[" * 100_000),
    ],
)
def test_what_the_audit_log_does_not_tell_for_certain_is_left_out(
    airflow: AirflowServer, newest: dict[str, Any]
) -> None:
    airflow.put("a", False, "whatsapp")
    airflow.events = [newest, event("a", "tom", False)]
    assert changed(airflow) == (None, None)


def test_an_audit_log_that_may_not_be_read_hides_no_campaign(airflow: AirflowServer) -> None:
    airflow.put("a", False, "whatsapp")
    airflow.forbidden = ("eventLogs",)
    assert changed(airflow) == (None, None)


def at_work(dag: str, run_id: str, state: str, ended: timedelta | None = None) -> dict[str, Any]:
    end = (datetime.now(UTC) - ended).isoformat() if ended is not None else None
    return {"dag_id": dag, "dag_run_id": run_id, "state": state, "end_date": end}


def test_a_run_is_running_while_a_worker_has_one_of_its_tasks(airflow: AirflowServer) -> None:
    airflow.put("a", True, "whatsapp")
    airflow.put("b", True, "whatsapp")
    connector = connected(airflow.url)
    assert connector.capabilities.goes_on is GoesOn.RUNNING
    assert run(connector.under_way("a")) == UnderWay()
    airflow.runs = [
        {"dag_id": dag, "dag_run_id": name, "state": state}
        for dag, name, state in (
            ("a", "1", "running"), ("a", "2", "running"), ("a", "3", "running"), ("a", "4", "queued"),
            ("a", "5", "success"), ("b", "1", "running"),
        )
    ]  # fmt: skip
    airflow.tasks = [at_work("a", "1", "running") for _ in range(3)]  # mapped ones
    airflow.tasks += [
        at_work("a", "2", "queued"),
        at_work("a", "3", "deferred"),
        at_work("b", "1", "running"),
    ]
    assert run(connector.under_way("a")) == UnderWay(running=2, waiting=2)


def test_what_was_stopped_just_now_counts_as_running_until_its_process_is_gone(
    airflow: AirflowServer,
) -> None:
    airflow.put("a", True, "whatsapp")
    airflow.tasks = [
        at_work("a", "1", "failed", timedelta(seconds=5)),
        at_work("a", "2", "failed", timedelta(seconds=60)),
    ]
    assert run(connected(airflow.url).under_way("a")) == UnderWay(running=1)


def test_only_the_runs_of_the_one_dag_are_stopped_and_the_queued_ones_first(airflow: AirflowServer) -> None:
    airflow.put("a", True, "whatsapp")
    airflow.put("b", False, "whatsapp")
    airflow.runs = [
        {"dag_id": dag, "dag_run_id": f"manual__2019-12-04T09:30:0{n}+00:00", "state": state}
        for dag, n, state in (
            ("a", 1, "running"), ("a", 2, "queued"), ("a", 3, "queued"), ("a", 4, "queued"),
            ("a", 5, "success"), ("b", 6, "running"),
        )
    ]  # fmt: skip
    run(connected(airflow.url).stop_running("a"))
    assert [row["state"] for row in airflow.runs] == ["failed"] * 4 + ["success", "running"]
    ended = [path[-11] for method, path in airflow.calls if method == "PATCH"]
    assert sorted(ended[:3]) == ["2", "3", "4"] and ended[3:] == ["1"]


def test_one_run_that_may_not_be_stopped_does_not_keep_the_others(airflow: AirflowServer) -> None:
    airflow.put("a", True, "whatsapp")
    airflow.runs = [{"dag_id": "a", "dag_run_id": name, "state": "running"} for name in ("x", "y", "z")]
    airflow.forbidden = ("dagRuns/y",)
    assert isinstance(trouble(connected(airflow.url).stop_running("a")), Refused)
    assert [row["state"] for row in airflow.runs] == ["failed", "running", "failed"]


def test_what_is_about_another_dag_is_neither_counted_nor_stopped(airflow: AirflowServer) -> None:
    airflow.careless = True
    airflow.put("a", True, "whatsapp")
    airflow.put("gone", False, "whatsapp", is_stale=True)
    airflow.runs = [{"dag_id": "b", "dag_run_id": "1", "state": "running"}]
    airflow.tasks = [at_work("b", "1", "running")]
    connector = connected(airflow.url)
    assert set(listed(connector)) == {"a"}
    assert run(connector.under_way("a")).running == 0
    run(connector.stop_running("a"))
    assert all(method != "PATCH" for method, _ in airflow.calls)


def test_a_call_that_only_asks_is_never_unclear(airflow: AirflowServer) -> None:
    due = {"next_dagrun_run_after": past(60), "next_dagrun_logical_date": past(60), "catchup": True}
    airflow.put("a", True, "whatsapp", **due)
    connector, answer = connected(airflow.url), airflow.answer
    airflow.answer = lambda *call: (500, None) if call[0] == "POST" else answer(*call)  # type: ignore[method-assign]
    assert isinstance(trouble(connector.backlog("a")), Unreachable)
    airflow.token_status = 500
    assert isinstance(trouble(connected(airflow.url).pause("a")), Unreachable)


def past(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


@pytest.mark.parametrize(
    ("dag", "backlog"),
    [
        ({}, Backlog(BacklogKind.NOTHING, 0)),
        ({"next_dagrun_run_after": past(-86_400)}, Backlog(BacklogKind.NOTHING, 0)),
        ({"next_dagrun_run_after": past(60), "catchup": True}, Backlog(BacklogKind.RUNS, 7)),
        ({"next_dagrun_run_after": past(60)}, Backlog(BacklogKind.RUNS, 2)),  # no catchup: the latest ones
        ({"next_dagrun_run_after": "soon"}, Backlog(BacklogKind.RUNS)),
        ({"next_dagrun_run_after": past(60), "catchup": None}, Backlog(BacklogKind.RUNS)),
    ],
)
def test_a_backlog_is_what_the_clock_owes(
    airflow: AirflowServer, dag: dict[str, Any], backlog: Backlog
) -> None:
    logical = {"next_dagrun_logical_date": dag.get("next_dagrun_run_after")}
    airflow.put("a", True, "whatsapp", **logical | dag)
    airflow.due = 7
    assert run(connected(airflow.url).backlog("a")) == backlog


def test_a_backlog_counts_what_is_queued_and_says_so_where_nobody_can_count(airflow: AirflowServer) -> None:
    airflow.put("a", True, "whatsapp")
    airflow.runs = [{"dag_id": "a", "dag_run_id": name, "state": "queued"} for name in ("x", "y", "z")]
    assert run(connected(airflow.url).backlog("a")) == Backlog(BacklogKind.RUNS, 3)
    due = {"next_dagrun_run_after": past(60), "next_dagrun_logical_date": past(60), "catchup": True}
    airflow.put("a", True, "whatsapp", **due)
    airflow.forbidden = ("dry_run",)
    assert run(connected(airflow.url).backlog("a")) == Backlog(BacklogKind.RUNS)


def test_check_counts_and_looks_for_the_right_to_change(airflow: AirflowServer) -> None:
    airflow.put("a", False, "whatsapp")
    airflow.put("sendepause_audit", False, "sendepause")
    checks = run(connected(airflow.url).check())
    assert all(check.ok for check in checks)
    assert "2 DAGs; 1 are Sendepause's own" in checks[0].what and "drill" in checks[2].what
    airflow.forbidden = ("POST",)
    assert [check.ok for check in run(connected(airflow.url).check())] == [True, True, False]
    assert all(method != "PATCH" for method, _ in airflow.calls)
    assert airflow.dags["a"]["is_paused"] is False


def test_check_says_how_a_dag_becomes_a_campaign(airflow: AirflowServer) -> None:
    airflow.put("a", False, "reports")
    checks = run(connected(airflow.url).check())
    assert [check.ok for check in checks] == [True, False] and "account:" in checks[1].mend


def test_what_is_no_airflow_is_told_and_not_taken_for_an_empty_list(airflow: AirflowServer) -> None:
    airflow.answer = lambda *call: (200, {"data": []})  # type: ignore[method-assign]
    error = trouble(connected(airflow.url).list())
    assert isinstance(error, BadInput) and "without /api/v2" in error.mend


def test_settings_that_do_not_exist_are_refused_at_once() -> None:
    with pytest.raises(BadInput, match=r"settings\.tag"):
        connected("http://127.0.0.1:9", tag="whatsapp")


def test_the_example_of_the_documentation_can_be_used() -> None:
    page = (ROOT / "docs" / "campaign_systems.md").read_text("utf-8")
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    (example,) = (
        system
        for block in blocks
        for system in block.get("campaign_systems", [])
        if system["connector"] == "airflow"
    )
    campaigns.connect(SystemSettings(**example), Access("http", "http://airflow.example"))


@pytest.mark.parametrize("answer", [{}, [], {"dag_id": "b", "tags": []}, {"dag_id": "guardian"}])
def test_a_dag_that_may_be_our_own_is_not_touched(airflow: AirflowServer, answer: Any) -> None:
    airflow.dags["guardian"] = answer  # without the tags that tell whose it is
    airflow.runs = [{"dag_id": "guardian", "dag_run_id": "r", "state": "running"}]
    connector = connected(airflow.url)
    for call in (connector.pause("guardian"), connector.stop_running("guardian")):
        assert isinstance(trouble(call), BadInput)
    assert "PATCH" not in {method for method, _ in airflow.calls}
