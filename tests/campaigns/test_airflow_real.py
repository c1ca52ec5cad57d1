"""Another Airflow that really runs, with campaigns whose messages are counted where they arrive."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from tests.campaigns.another_airflow import AnotherAirflow, another_airflow
from tests.campaigns.contract import run, trouble
from tests.campaigns.grounds import ACCOUNT
from tests.e2e.airflow import PATIENCE, wait_for
from tests.enforce.scene import acting, enforce, order
from tests.tools.receiver import Receiver, receiving

from sendepause.campaigns.base import Backlog, BacklogKind, Connector, UnderWay
from sendepause.enforce import Result
from sendepause.errors import Guarded, Refused
from sendepause.model import AccountBy, Campaign, CampaignState

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[AnotherAirflow]:
    with another_airflow(tmp_path_factory.mktemp("another") / "airflow", receiver.url) as running:
        yield running


@pytest.fixture(scope="module")
def connector(airflow: AnotherAirflow) -> Connector:
    return airflow.connector()


def listed(connector: Connector) -> dict[str, Campaign]:
    return {one.id: one for one in run(connector.list())}


def begun(airflow: AnotherAirflow, receiver: Receiver, dag: str, path: str, runs: int = 1) -> None:
    """A person unpauses the DAG and starts runs; messages of the first arrive."""
    since = time.monotonic()
    airflow.switch(dag, paused=False)
    for _ in range(runs):
        airflow.trigger(dag)
    receiver.wait_for(3, PATIENCE, since, path)


def ended(connector: Connector, dag: str) -> None:
    """Nothing of the DAG is under way any more, says Airflow."""
    wait_for(f"the end of {dag}", lambda: run(connector.under_way(dag)).none or None)


def test_campaigns_are_listed_over_all_pages_with_account_and_state(connector: Connector) -> None:
    found = listed(connector)
    assert {"ticker", "catching_up", "two_steps", "broadcast", "waits", "newsletter"} <= set(found)
    assert not {"report", "sendepause_enforce", "guardian"} & set(found)
    assert (found["broadcast"].account, found["broadcast"].account_by) == (ACCOUNT, AccountBy.MARK)
    assert (found["waits"].account, found["waits"].account_by) == (None, AccountBy.UNKNOWN)


def test_after_a_pause_that_was_proved_and_a_stop_nothing_arrives(
    airflow: AnotherAirflow, connector: Connector, receiver: Receiver, engine: Engine
) -> None:
    since = time.monotonic()
    airflow.switch("ticker", paused=False)
    receiver.wait_for(3, PATIENCE, since, "/ticker")
    found = listed(connector)["ticker"]
    assert (found.state, found.changed_by) == (CampaignState.RUNNING, "admin")
    outcomes = enforce(acting(engine), connector, [order(found)])
    assert [outcome.result for outcome in outcomes] == [Result.PAUSED]
    ended(connector, "ticker")
    assert receiver.quiet(8, "/ticker") == 0
    found = listed(connector)["ticker"]
    assert (found.state, found.changed_by) == (CampaignState.PAUSED, None)  # by nobody but us
    assert found.changed_at is not None and abs(datetime.now(UTC) - found.changed_at).total_seconds() < 200
    backlog = run(connector.backlog("ticker"))
    assert backlog.kind is BacklogKind.RUNS and backlog.count in (1, 2)  # no catchup: the latest ones


def test_a_pause_alone_lets_the_running_task_go_on_to_its_end_and_starts_no_other(
    airflow: AnotherAirflow, connector: Connector, receiver: Receiver
) -> None:
    begun(airflow, receiver, "two_steps", "/first")
    run(connector.pause("two_steps"))
    assert run(connector.read_state("two_steps")) is CampaignState.PAUSED
    assert run(connector.under_way("two_steps")) == UnderWay(running=1)
    receiver.wait_for(20, PATIENCE, path="/first")
    wait_for("the task", lambda: run(connector.under_way("two_steps")) == UnderWay(waiting=1) or None)
    assert receiver.quiet(4, "/second") == 0
    assert run(connector.backlog("two_steps")) == Backlog(BacklogKind.RUNS, 1)
    run(connector.resume("two_steps", None))
    receiver.wait_for(1, PATIENCE, path="/second")


def test_what_runs_and_what_is_queued_is_stopped_and_does_not_come_back(
    airflow: AnotherAirflow, connector: Connector, receiver: Receiver
) -> None:
    begun(airflow, receiver, "broadcast", "/broadcast", runs=3)
    run(connector.pause("broadcast"))
    airflow.trigger("broadcast")  # a person does not notice the pause
    assert run(connector.under_way("broadcast")) == UnderWay(running=1, waiting=3)
    assert run(connector.backlog("broadcast")) == Backlog(BacklogKind.RUNS, 3)
    run(connector.stop_running("broadcast"))
    assert airflow.states("broadcast") == ["failed"] * 4
    # The worker has not noticed yet, so Airflow's own word for it would be a lie.
    assert run(connector.under_way("broadcast")) == UnderWay(running=1)
    ended(connector, "broadcast")
    assert receiver.quiet(4, "/broadcast") == 0
    assert run(connector.backlog("broadcast")) == Backlog(BacklogKind.NOTHING, 0)
    run(connector.resume("broadcast", None))
    assert run(connector.read_state("broadcast")) is CampaignState.RUNNING
    assert receiver.quiet(6, "/broadcast") == 0
    assert receiver.count(path="/broadcast") < 200  # of 960


def test_a_resume_with_catchup_releases_as_many_runs_as_the_backlog_said(
    airflow: AnotherAirflow, connector: Connector, receiver: Receiver
) -> None:
    wait_for("runs that fell due", lambda: (run(connector.backlog("catching_up")).count or 0) >= 3 or None)
    before = datetime.now(UTC)
    backlog = run(connector.backlog("catching_up"))
    after = datetime.now(UTC)
    run(connector.resume("catching_up", None))
    assert backlog.kind is BacklogKind.RUNS and backlog.count is not None
    receiver.wait_for(backlog.count, PATIENCE, path="/catching_up")
    run(connector.pause("catching_up"))
    ended(connector, "catching_up")
    due = [datetime.fromisoformat(run["run_after"]) for run in airflow.runs("catching_up")]
    assert sum(one <= before for one in due) <= backlog.count <= sum(one <= after for one in due)


def test_what_waits_for_a_trigger_does_not_wake_up_while_it_is_paused(
    airflow: AnotherAirflow, connector: Connector, receiver: Receiver
) -> None:
    airflow.switch("waits", paused=False)
    airflow.trigger("waits")
    wait_for("the deferred task", lambda: "deferred" in airflow.task_states("waits") or None)
    run(connector.pause("waits"))
    (airflow.home / "list-is-ready").touch()  # what it waits for comes while it is paused
    assert receiver.quiet(8, "/waits") == 0  # it looks every second
    assert run(connector.under_way("waits")) == UnderWay(waiting=1)
    run(connector.resume("waits", None))
    receiver.wait_for(1, PATIENCE, path="/waits")


def test_a_user_who_may_only_look_is_refused_and_the_campaign_is_still_reported_as_running(
    airflow: AnotherAirflow,
) -> None:
    airflow.switch("newsletter", paused=False)
    viewer = airflow.connector("viewer")
    assert listed(viewer)["newsletter"].state is CampaignState.RUNNING
    assert isinstance(trouble(viewer.pause("newsletter")), Refused)
    assert run(viewer.read_state("newsletter")) is CampaignState.RUNNING
    assert [check.ok for check in run(viewer.check())] == [True, True, False]
    assert all(check.ok for check in run(airflow.connector("sender").check()))


def test_a_wrong_password_is_refused_and_a_token_will_do_without_a_login(airflow: AnotherAirflow) -> None:
    error = trouble(airflow.connector("sender", "wrong-password").list())
    assert isinstance(error, Refused) and "wrong-password" not in str(error)
    assert "ticker" in listed(airflow.connector("", airflow.token("viewer")))


@pytest.mark.parametrize("dag", ["sendepause_enforce", "guardian"])
def test_sendepauses_own_dags_are_left_alone(airflow: AnotherAirflow, connector: Connector, dag: str) -> None:
    airflow.switch(dag, paused=False)
    assert isinstance(trouble(connector.pause(dag)), Guarded)
    assert isinstance(trouble(connector.stop_running(dag)), Guarded)
    assert run(connector.read_state(dag)) is CampaignState.RUNNING


def test_a_dag_that_was_deleted_is_listed_no_more_and_never_paused(
    airflow: AnotherAirflow, connector: Connector
) -> None:
    airflow.switch("doomed", paused=False)
    assert listed(connector)["doomed"].state is CampaignState.RUNNING
    (airflow.home / "dags" / "doomed.py").unlink()
    wait_for("its file's absence", lambda: "doomed" not in listed(connector) or None)
    assert run(connector.read_state("doomed")) is CampaignState.UNKNOWN
    airflow.asked("DELETE", "/dags/doomed")
    assert run(connector.read_state("doomed")) is CampaignState.UNKNOWN
    assert isinstance(trouble(connector.pause("doomed")), Refused)
