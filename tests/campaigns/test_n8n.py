"""n8n's connector against servers in the shapes of its releases, which also misbehave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.campaigns.contract import Contract, run, trouble
from tests.campaigns.grounds import ACCOUNT, CLOSED_PORT, PATIENCE, TOO_LATE
from tests.campaigns.n8n_api import KEY, SCOPES, WAHA, N8nApi, Scripted, calling, sending, serve, trigger
from tests.enforce.scene import acting, enforce, order

from sendepause import campaigns
from sendepause.campaigns.base import Access, Backlog, BacklogKind, Connector, UnderWay
from sendepause.enforce import Result
from sendepause.errors import BadInput, Refused, Unreachable
from sendepause.model import AccountBy, CampaignState, Sender, Via
from sendepause.settings import SystemSettings

RELEASES = {"1": "1", "1.123": "1", "2.8": "2.0", "2.41": "2.41"}  # the server's -> the setting
SALES = Sender(Via.WAHA, WAHA, "sales")
HIDDEN = Sender(Via.UNKNOWN)


def connector(
    url: str,
    release: str = "2.41",
    *,
    password: str = KEY,
    seconds: float = 5,
    accounts: dict[str, str | None] | None = None,
    **settings: Any,
) -> Connector:
    system = SystemSettings(
        id="flows",
        connector="n8n",
        connection="flows",
        timeout_seconds=seconds,
        accounts=accounts or {},
        settings={"release": release} | settings,
    )
    return campaigns.connect(system, Access("http", url, password=password))


@pytest.fixture(params=RELEASES)
def any_release(request: pytest.FixtureRequest) -> Iterator[N8nApi]:
    with serve(request.param) as running:
        yield running


@pytest.fixture
def n8n() -> Iterator[N8nApi]:
    with serve() as running:
        yield running


def to(api: N8nApi, **given: Any) -> Connector:
    return connector(api.url, RELEASES[api.release], **given)


class N8nGround:
    """Workflows that send through a session which an expression hides, so that only the tag names it."""

    secret = KEY

    def __init__(self, api: N8nApi) -> None:
        self.api = api
        self.connector = to(api)

    def put(self, id: str, state: str, account: str | None = ACCOUNT) -> None:
        tags = () if account is None else (f"account:{account}",)
        node = sending(session="={{ $json.session }}")
        workflow = self.api.put(id, trigger(), node, active=state == "running", tags=tags)
        if state not in ("running", "paused"):
            del workflow["active"]

    def state(self, id: str) -> str:
        return "running" if self.api.workflows[id]["active"] else "paused"

    def lie(self) -> None:
        self.api.lies = True

    def lose_answers(self) -> None:
        self.connector = to(self.api, seconds=PATIENCE)
        self.api.answers_after = TOO_LATE
        self.api.scripted = []

    def go_down(self) -> None:
        self.connector = connector(f"http://127.0.0.1:{CLOSED_PORT}")


class TestN8n(Contract):
    @pytest.fixture
    def ground(self, any_release: N8nApi) -> N8nGround:
        return N8nGround(any_release)


def listed(one: Connector) -> dict[str, tuple[Sender, ...]]:
    return {found.id: found.senders for found in run(one.list())}


# What is listed


def test_only_what_sends_may_send_is_marked_or_assigned_is_listed(any_release: N8nApi) -> None:
    any_release.put("sends", trigger(), sending())
    any_release.put("may", trigger(), sending("={{ $json.url }}"))
    any_release.put("marked", trigger(), tags=("account:Marketing",))
    any_release.put("assigned", trigger())
    any_release.put("fetches", trigger(), sending("https://shop.example.org/orders"))
    found = listed(to(any_release, accounts={"assigned": ACCOUNT}))
    assert found == {"sends": (SALES,), "may": (HIDDEN,), "marked": (), "assigned": ()}


def test_what_is_switched_off_or_archived_does_not_send(any_release: N8nApi) -> None:
    any_release.put("1", trigger(), sending() | {"disabled": True})
    any_release.put("2", trigger(), sending(), active=False)["isArchived"] = True
    any_release.put("3", trigger(), sending())["isArchived"] = True  # and runs all the same
    assert list(listed(to(any_release))) == ["3"]
    assert run(to(any_release).read_state("2")) is CampaignState.DONE
    assert run(to(any_release).read_state("3")) is CampaignState.RUNNING


def test_what_runs_counts_and_not_the_draft(n8n: N8nApi) -> None:
    n8n.put("1", trigger(), sending())
    n8n.edit("1", trigger(), sending(session="other"))
    assert listed(to(n8n)) == {"1": (SALES,)}
    n8n.deactivate(n8n.workflows["1"])
    assert listed(to(n8n)) == {"1": (Sender(Via.WAHA, WAHA, "other"),)}


def test_the_version_that_runs_is_told_where_there_are_versions(any_release: N8nApi) -> None:
    workflow = any_release.put("1", trigger(), sending())
    one = to(any_release)
    assert run(one.list())[0].version == (workflow["activeVersionId"] if any_release.publishing else None)
    assert one.capabilities.restores_version is any_release.publishing


def test_a_caller_sends_as_what_it_calls_on_other_pages_and_in_circles(any_release: N8nApi) -> None:
    any_release.put("far", calling({"__rl": True, "mode": "list", "value": "middle"}))
    any_release.put("circle", calling("far"), trigger())
    any_release.put("middle", calling("=end"), calling("circle"))
    any_release.put("end", trigger("executeWorkflowTrigger"), sending())
    any_release.put("alone", calling("alone"))
    found = listed(to(any_release, limit=1))
    assert found == dict.fromkeys(["far", "circle", "middle", "end"], (SALES,))


@pytest.mark.parametrize(
    "id", ["={{ $json.id }}", "not-shown-to-the-key", None, {"value": "={{ $json.id }}"}]
)
def test_who_calls_what_nobody_can_read_may_send(n8n: N8nApi, id: object) -> None:
    n8n.put("1", trigger(), calling(id))
    assert listed(to(n8n)) == {"1": (HIDDEN,)}


def test_rows_that_slip_while_people_delete_are_found_again(n8n: N8nApi) -> None:
    for number in range(7):
        n8n.put(str(number), trigger(), sending())

    def delete(page: int) -> None:  # row 2 slips from the second page to the first, which is already read
        if page == 1:
            del n8n.workflows["0"]

    n8n.page_given = delete
    assert sorted(listed(to(n8n, limit=2))) == ["1", "2", "3", "4", "5", "6"]


def test_a_list_that_never_comes_to_rest_is_still_whole(n8n: N8nApi) -> None:
    """Each pass misses another row; what an earlier pass had shown is asked for by its id."""
    for number in range(6):
        n8n.put(f"stays-{number}", trigger(), sending())
    for number in range(4):
        n8n.workflows = {f"goes-{number}": n8n.put(f"goes-{number}", trigger(), sending())} | n8n.workflows

    def delete(page: int) -> None:
        first = next(iter(n8n.workflows))
        if first.startswith("goes"):
            del n8n.workflows[first]

    n8n.page_given = delete
    assert {f"stays-{number}" for number in range(6)} <= set(listed(to(n8n, limit=2)))


def test_a_list_without_end_is_an_error_and_not_cut(n8n: N8nApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sendepause.campaigns.n8n.MOST_PAGES", 3)
    body = json.dumps({"data": [], "nextCursor": "again"}).encode()
    n8n.scripted = [Scripted(200, body=body) for _ in range(3)]
    assert isinstance(trouble(to(n8n).list()), BadInput)


@pytest.mark.parametrize(
    "body", [b"", b"n8n is starting up. Please wait", b"[]", b'{"data": {}}', b"[" * 100_000]
)
def test_what_is_no_list_is_an_error_and_no_empty_list(n8n: N8nApi, body: bytes) -> None:
    n8n.put("1", trigger(), sending())
    n8n.scripted = [Scripted(200, body=body)]
    assert isinstance(trouble(to(n8n).list()), BadInput)
    n8n.scripted = [Scripted(200, body=body)]
    assert run(to(n8n).read_state("1")) is CampaignState.UNKNOWN


def test_a_mark_is_a_tag(n8n: N8nApi) -> None:
    n8n.put("1", trigger(), tags=("shop", f"account:{ACCOUNT}"))
    (found,) = run(to(n8n).list())
    assert (found.account, found.account_by) == (ACCOUNT, AccountBy.MARK)


# States


@pytest.mark.parametrize(
    ("keys", "state"),
    [
        ({"active": False, "activeVersionId": None}, CampaignState.PAUSED),
        ({"active": False, "activeVersionId": "v1"}, CampaignState.UNKNOWN),
        ({"active": True, "activeVersionId": None}, CampaignState.RUNNING),
        ({"active": None, "activeVersionId": None}, CampaignState.UNKNOWN),
        ({"active": 0}, CampaignState.UNKNOWN),
        ({"active": "false"}, CampaignState.UNKNOWN),
    ],
)
def test_off_is_only_what_every_key_says_is_off(n8n: N8nApi, keys: Any, state: CampaignState) -> None:
    n8n.put("1", trigger(), sending()).update(keys)
    assert run(to(n8n).read_state("1")) is state


def test_a_workflow_that_others_start_is_off_only_where_n8n_holds_to_it(any_release: N8nApi) -> None:
    """n8n 1.x runs what is called or handles errors whether or not it is active."""
    any_release.put("1", trigger("executeWorkflowTrigger"), sending(), active=False)
    state = CampaignState.PAUSED if any_release.publishing else CampaignState.UNKNOWN
    assert run(to(any_release).read_state("1")) is state
    assert run(to(any_release).list())[0].state is state


def test_an_answer_about_another_workflow_says_nothing(n8n: N8nApi) -> None:
    n8n.scripted = [Scripted(200, body=b'{"id": "2", "active": false, "activeVersionId": null}')]
    assert run(to(n8n).read_state("1")) is CampaignState.UNKNOWN


# Pausing and resuming


@pytest.mark.parametrize("status", [500, 502, 504, 524])
def test_a_pause_that_was_made_and_answered_with_an_error_counts(
    n8n: N8nApi, engine: Engine, status: int
) -> None:
    n8n.put("1", trigger(), sending(), tags=(f"account:{ACCOUNT}",))
    found = run(to(n8n).list())
    n8n.scripted = [Scripted(status, method="POST", after=True)]
    outcomes = enforce(acting(engine), to(n8n), [order(one) for one in found])
    assert [outcome.result for outcome in outcomes] == [Result.PAUSED]
    assert [call for call in n8n.calls if call[0] == "POST"] == [("POST", "/api/v1/workflows/1/deactivate")]


def test_a_pause_that_was_answered_with_an_error_and_not_made_is_owed(n8n: N8nApi, engine: Engine) -> None:
    n8n.put("1", trigger(), sending(), tags=(f"account:{ACCOUNT}",))
    found = run(to(n8n).list())
    n8n.scripted = [Scripted(502, method="POST")]
    outcomes = enforce(acting(engine), to(n8n), [order(one) for one in found])
    assert [outcome.result for outcome in outcomes] == [Result.NOT_PAUSED]


def test_too_many_calls_are_waited_for(n8n: N8nApi) -> None:
    n8n.put("1", trigger(), sending())
    n8n.scripted = [Scripted(429, {"retry-after": "0"}, method="POST")]
    run(to(n8n).pause("1"))
    assert not n8n.workflows["1"]["active"]


def test_a_resume_brings_back_what_ran_although_the_draft_was_edited(n8n: N8nApi) -> None:
    version = n8n.put("1", trigger(), sending())["activeVersionId"]
    run(to(n8n).pause("1"))
    n8n.edit("1", trigger())
    run(to(n8n).resume("1", version))
    assert n8n.workflows["1"]["activeVersionId"] == version
    assert listed(to(n8n)) == {"1": (SALES,)}


def test_without_the_version_nothing_is_resumed(n8n: N8nApi) -> None:
    n8n.put("1", trigger(), sending(), active=False)
    assert isinstance(trouble(to(n8n).resume("1", None)), Refused)
    assert n8n.bodies == []


def test_a_version_that_is_gone_or_a_workflow_that_cannot_run_needs_a_person(n8n: N8nApi) -> None:
    n8n.put("1", trigger(), sending(), active=False)
    assert isinstance(trouble(to(n8n).resume("1", "no-such-version")), Refused)
    n8n.workflows["1"]["isArchived"] = True
    error = trouble(to(n8n).resume("1", n8n.workflows["1"]["versionId"]))
    assert isinstance(error, Refused) and "archived" in error.mend
    assert isinstance(trouble(to(n8n).resume("404", "v1")), Refused)


def test_a_key_without_the_right_is_refused_with_the_mend(n8n: N8nApi) -> None:
    n8n.put("1", trigger(), sending())
    n8n.scopes = SCOPES - {"workflow:deactivate"}
    error = trouble(to(n8n).pause("1"))
    assert isinstance(error, Refused)
    assert "workflow:deactivate" in error.what
    assert run(to(n8n).read_state("1")) is CampaignState.RUNNING


def test_a_wrong_key_is_refused_and_not_repeated(n8n: N8nApi) -> None:
    error = trouble(to(n8n, password="wrong-but-still-secret").list())
    assert isinstance(error, Refused)
    assert "wrong-but-still-secret" not in repr(error) + str(error)


# What is under way


def test_what_runs_and_waits_is_counted_and_stopped(n8n: N8nApi) -> None:
    n8n.put("1", trigger(), sending())
    n8n.put("2", trigger(), sending())
    for id, status in (("11", "running"), ("12", "waiting"), ("13", "new"), ("14", "success")):
        n8n.execute(id, "1", status)
    n8n.execute("21", "2")
    one = to(n8n)
    assert run(one.under_way("1")) == UnderWay(running=2, waiting=1)
    run(one.stop_running("1"))
    assert n8n.bodies == [{"status": ["queued", "running", "waiting"], "workflowId": "1"}]
    assert run(one.under_way("1")).none and "21" in n8n.executions


def test_what_a_campaign_started_of_others_belongs_to_it_and_theirs_does_not(n8n: N8nApi) -> None:
    """n8n ends the caller and lets what it called go on."""
    n8n.put("caller", trigger(), calling("called"))
    n8n.put("called", trigger("executeWorkflowTrigger"), calling("deep"), sending())
    n8n.put("deep", trigger("executeWorkflowTrigger"), sending())
    n8n.execute("2", "called", parent={"executionId": "1", "workflowId": "caller"})  # 1 has ended
    n8n.execute("3", "deep", "waiting", parent={"executionId": "2", "workflowId": "called"})
    n8n.execute("4", "called", parent={"executionId": "9", "workflowId": "another"})
    n8n.execute("5", "deep")
    one = to(n8n)
    assert run(one.under_way("caller")) == UnderWay(running=1, waiting=1)
    run(one.stop_running("caller"))
    assert run(one.under_way("caller")).none
    assert sorted(n8n.executions) == ["4", "5"]


def test_what_cannot_be_followed_is_not_called_complete(n8n: N8nApi, monkeypatch: pytest.MonkeyPatch) -> None:
    n8n.put("hidden", trigger(), calling("={{ $json.id }}"))
    n8n.put("caller", trigger(), calling("called"))
    n8n.put("called", trigger("executeWorkflowTrigger"), sending())
    n8n.execute("2", "called", parent={"executionId": "1", "workflowId": "caller"})
    assert not run(to(n8n).under_way("hidden")).complete
    monkeypatch.setattr("sendepause.campaigns.n8n.MOST_LOOKED_INTO", 0)
    assert not run(to(n8n).under_way("caller")).complete


def test_an_older_n8n_says_what_it_cannot(any_release: N8nApi) -> None:
    any_release.put("1", trigger(), sending())
    any_release.execute("11", "1")
    any_release.execute("12", "1", "waiting")
    one = to(any_release)
    if not any_release.publishing:
        assert isinstance(trouble(one.under_way("1")), Refused) and not one.capabilities.list_running
    elif any_release.release == "2.8":
        assert run(one.under_way("1")) == UnderWay(running=1, complete=False)
    if any_release.release != "2.41":
        assert isinstance(trouble(one.stop_running("1")), Refused) and not one.capabilities.stop_running


def test_a_release_that_was_named_too_new_is_refused_with_the_mend() -> None:
    with serve("2.8") as api:
        api.put("1", trigger(), sending())
        api.execute("11", "1")
        error = trouble(connector(api.url, "2.10").stop_running("1"))
        assert isinstance(error, Refused) and "settings.release" in error.mend


@pytest.mark.parametrize("id", ["", "..", "1/../2", "stop", "?"])
def test_no_id_leads_to_other_workflows_executions(n8n: N8nApi, id: str) -> None:
    n8n.put("1", trigger(), sending())
    n8n.execute("11", "1")
    assert isinstance(trouble(to(n8n).under_way(id)), Refused)
    if id != "stop":
        assert isinstance(trouble(to(n8n).stop_running(id)), Refused)
    assert "11" in n8n.executions


def test_schedules_do_not_catch_up_and_what_fetches_may(n8n: N8nApi) -> None:
    n8n.put("1", trigger("scheduleTrigger"), trigger("webhook"), sending(), active=False)
    n8n.put("2", trigger("googleSheetsTrigger"), sending(), active=False)
    assert run(to(n8n).backlog("1")) == Backlog(BacklogKind.NOTHING, 0)
    assert run(to(n8n).backlog("2")) == Backlog(BacklogKind.UNKNOWN)
    assert isinstance(trouble(to(n8n).backlog("404")), Refused)


# Checking


def test_check_reads_what_the_key_may_do(n8n: N8nApi) -> None:
    n8n.put("1", trigger(), sending())
    assert all(line.ok for line in run(to(n8n).check()))
    n8n.scopes = SCOPES - {"workflow:deactivate", "execution:stop"}
    (wrong,) = (line for line in run(to(n8n).check()) if not line.ok)
    assert "workflow:deactivate, execution:stop" in wrong.what
    assert all(method == "GET" for method, _ in n8n.calls)


def test_check_says_where_n8n_does_not_tell_the_rights() -> None:
    with serve("2.8") as api:
        lines = run(to(api).check())
        assert all(line.ok for line in lines) and "does not tell" in lines[-1].what


@pytest.mark.parametrize(
    ("release", "named"), [("1", "2.41"), ("1", "2.0"), ("1.123", "2.41"), ("2.8", "2.41")]
)
def test_check_names_a_release_that_does_not_fit(release: str, named: str) -> None:
    with serve(release) as api:
        api.put("1", trigger(), sending())
        wrong = [line for line in run(connector(api.url, named).check()) if not line.ok]
        assert wrong and all("settings.release" in line.mend for line in wrong)


def test_check_of_a_system_that_is_down_is_a_line() -> None:
    (line,) = run(connector(f"http://127.0.0.1:{CLOSED_PORT}").check())
    assert not line.ok and line.mend
    assert isinstance(trouble(connector(f"http://127.0.0.1:{CLOSED_PORT}").under_way("1")), Unreachable)


@pytest.mark.parametrize(
    "settings",
    [
        {"gateways": {"WAHA": "waha.example.org"}},
        {"gateways": {"WAHA": "https://me:hunter2@waha.example.org"}},
        {"limit": 251},
        {"release": "3"},
        {"release": None},
        {"surprise": 1},
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(settings: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        connector("http://127.0.0.1:9", **settings)
    assert "hunter2" not in str(caught.value)


# What is not told


def test_executions_of_other_workflows_are_left_alone_where_the_filter_is_not_kept(n8n: N8nApi) -> None:
    n8n.put("ours", trigger(), sending())
    n8n.put("theirs", trigger(), sending())
    n8n.execute("7", "theirs")
    rows = {"data": [{"id": "7", "workflowId": "theirs", "status": "running", "mode": "trigger"}]}
    connector = to(n8n)
    n8n.scripted = [
        Scripted(200, body=json.dumps(n8n.workflows["ours"]).encode(), method="GET"),
        *(Scripted(200, body=json.dumps(rows).encode(), method="GET") for _ in range(3)),
    ]
    assert run(connector.under_way("ours")) == UnderWay(complete=False)
    n8n.scripted = [
        Scripted(200, body=b"{}", method="POST"),
        Scripted(200, body=json.dumps(n8n.workflows["ours"]).encode(), method="GET"),
        *(Scripted(200, body=json.dumps(rows).encode(), method="GET") for _ in range(3)),
    ]
    run(connector.stop_running("ours"))
    assert "7" in n8n.executions


def test_a_workflow_whose_nodes_are_not_told_may_send(n8n: N8nApi) -> None:
    n8n.put("1", trigger(), sending())
    n8n.workflows["1"]["activeVersion"] = {"versionId": n8n.workflows["1"]["activeVersionId"]}
    assert listed(to(n8n)) == {"1": (HIDDEN,)}
    assert not run(to(n8n).under_way("1")).complete


def test_without_its_nodes_or_its_versions_nothing_is_known_to_be_off() -> None:
    with serve("1") as old:
        old.put("1", trigger(), sending(), active=False)
        assert run(connector(old.url, "1").read_state("1")) is CampaignState.PAUSED
        del old.workflows["1"]["nodes"]
        assert run(connector(old.url, "1").read_state("1")) is CampaignState.UNKNOWN
    with serve("1") as old:  # and was named as newer than it is
        old.put("1", trigger("executeWorkflowTrigger"), sending(), active=False)
        assert run(connector(old.url, "2.41").read_state("1")) is CampaignState.UNKNOWN


@pytest.mark.parametrize(
    "type",
    ["n8n-nodes-whatsapp-web.whatsappWeb", "wwebjs-n8n.wWebjsApi", "n8n-nodes-green-whatsapp.greenApi"],
)
def test_a_node_for_whatsapp_that_nobody_here_knows_may_send(n8n: N8nApi, type: str) -> None:
    n8n.put("1", trigger(), {"type": type, "parameters": {}})
    n8n.put("2", trigger(), {"type": f"{type}Trigger", "parameters": {}})
    assert listed(to(n8n)) == {"1": (HIDDEN,)}


def test_addresses_in_an_agents_code_are_found_and_also_without_a_name(n8n: N8nApi) -> None:
    code = "fetch(base + '/message/sendText/' + instance)"
    n8n.put("1", trigger(), {"type": "@n8n/n8n-nodes-langchain.toolCode", "parameters": {"jsCode": code}})
    assert listed(to(n8n)) == {"1": (Sender(Via.EVOLUTION),)}
