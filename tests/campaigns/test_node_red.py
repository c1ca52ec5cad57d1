"""Node-RED by its connector, against a server of its shape that can also misbehave.

The real ones are met in ``test_node_red_real.py``.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.campaigns.contract import Contract, run, trouble
from tests.campaigns.grounds import ACCOUNT, CLOSED_PORT, PATIENCE, TOO_LATE
from tests.campaigns.node_red_server import PASSWORD, TOKEN, USER, Server, serve
from tests.tools.node_red import inject, request, sending, tab

from sendepause import campaigns
from sendepause.campaigns import node_red
from sendepause.campaigns.base import Access, Backlog, BacklogKind, Connector
from sendepause.campaigns.http import HttpClient, kept_open
from sendepause.campaigns.node_red_flows import Flows
from sendepause.errors import BadInput, Refused, SendepauseError, Unreachable
from sendepause.model import CampaignState, Sender, Via
from sendepause.settings import SystemSettings

WAHA = "http://waha:3000/api/sendText"
RIGHTS = ["flows.read", "flows.write"]


def connect(
    server: Server | str,
    login: str | None = USER,
    password: str = PASSWORD,
    seconds: float = 5,
    **system: Any,
) -> Connector:
    """The connector to a server; ``system``: fields of its entry."""
    url = server if isinstance(server, str) else server.url
    given = SystemSettings(
        id="flows", connector="node_red", connection="flows", timeout_seconds=seconds, **system
    )
    return campaigns.connect(given, Access("http", url, login=login, password=password))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_red, "DEPLOYING", 0.05)


@pytest.fixture
def server() -> Iterator[Server]:
    """A Node-RED that asks for a login."""
    with serve() as running:
        running.users = {USER: RIGHTS, "reader": ["flows.read"]}
        yield running


class NodeRedGround:
    """A server of Node-RED's shape behind its connector."""

    secret = PASSWORD

    def __init__(self, server: Server) -> None:
        self.server = server
        self.connector = connect(server)

    def put(self, id: str, state: str, account: str | None = ACCOUNT) -> None:
        """A person makes a tab, or sets ``disabled``; a word for it is what no Node-RED should hold."""
        disabled = {"running": False, "paused": True}.get(state, state)
        kept = [node for node in self.server.flows if id not in (node["id"], node.get("z"))]
        self.server.flows = [*kept, tab(id, account=account, disabled=disabled), *sending(id, WAHA)]

    def state(self, id: str) -> str:
        disabled = self.server.node(id).get("disabled", False)
        return {False: "running", True: "paused"}.get(disabled, disabled)

    def lie(self) -> None:
        self.server.lies = True

    def lose_answers(self) -> None:
        self.connector = connect(self.server, seconds=PATIENCE)
        self.server.answers_after = TOO_LATE

    def go_down(self) -> None:
        self.connector = connect(f"http://127.0.0.1:{CLOSED_PORT}")


class TestNodeRed(Contract):
    @pytest.fixture
    def ground(self, server: Server) -> NodeRedGround:
        return NodeRedGround(server)


class TestPausing:
    def test_nothing_but_the_one_tab_is_changed(self, server: Server) -> None:
        subflow = {"id": "s", "type": "subflow", "name": "größer als 2³", "in": [], "out": [], "x": 1.5}
        server.flows = [
            tab("1"),
            *sending("1", WAHA),
            subflow,
            tab("2", disabled=True),
            {"id": "c", "type": "c"},
        ]
        before = copy.deepcopy(server.flows)
        run(connect(server).pause("1"))
        before[0]["disabled"] = True
        assert server.flows == before
        assert [list(node) for node in server.flows] == [list(node) for node in before]
        assert server.types == ["nodes"]  # so that no other tab is restarted

    def test_what_is_so_already_is_not_deployed_again(self, server: Server) -> None:
        server.flows = [tab("1", disabled=True), tab("2")]
        run(connect(server).pause("1"))
        run(connect(server).resume("2", None))
        assert server.types == []

    def test_what_somebody_deployed_meanwhile_survives(self, server: Server) -> None:
        server.flows = [tab("1"), tab("2")]
        names = iter(["Spring", "Summer"])

        def rename() -> None:
            server.node("2")["label"] = next(names, "Summer")

        server.before_deploy = rename
        run(connect(server).pause("1"))
        assert (server.node("1")["disabled"], server.node("2")["label"]) == (True, "Summer")

    def test_somebody_who_never_stops_deploying_is_told_and_not_overwritten(self, server: Server) -> None:
        server.flows = [tab("1", label="0")]

        def rename() -> None:
            server.node("1")["label"] += "0"

        server.before_deploy = rename
        error = trouble(connect(server).pause("1"))
        assert isinstance(error, Unreachable) and error.retry
        assert server.types == []

    def test_a_tab_that_is_deleted_meanwhile_is_refused(self, server: Server) -> None:
        server.flows = [tab("1"), tab("2")]

        def delete() -> None:
            server.flows = [tab("2")]

        server.before_deploy = delete
        assert isinstance(trouble(connect(server).pause("1")), Refused)
        assert server.flows == [tab("2")]

    def test_one_connector_never_makes_two_deployments_at_once(self, server: Server) -> None:
        server.flows = [tab(str(n), account=ACCOUNT) for n in range(12)]
        server.deploy_takes = 0.02
        connector = connect(server, at_once=8)

        async def pause_all() -> None:
            await asyncio.gather(*(connector.pause(str(n)) for n in range(12)))

        run(pause_all())
        assert all(node["disabled"] is True for node in server.flows)
        assert (server.deployed_at_once, server.count("POST", "/flows")) == (1, 12)

    def test_two_connectors_at_once_lose_no_pause(self, server: Server) -> None:
        server.flows = [tab(str(n), account=ACCOUNT) for n in range(6)]
        one, other = connect(server), connect(server)

        async def pause_all() -> None:
            await asyncio.gather(*((one, other)[n % 2].pause(str(n)) for n in range(6)))

        run(pause_all())
        assert all(node["disabled"] is True for node in server.flows)

    def test_nothing_is_deployed_in_safe_mode_which_would_start_everything(self, server: Server) -> None:
        server.flows, server.state = [tab("1"), tab("2", disabled=True)], "safe"
        error = trouble(connect(server).pause("1"))
        assert isinstance(error, Refused) and "safe mode" in error.what
        assert isinstance(trouble(connect(server).resume("2", None)), Refused)
        assert server.types == []

    @pytest.mark.parametrize("once", [False, True])
    def test_what_fires_at_the_start_is_what_a_resume_releases(self, server: Server, once: bool) -> None:
        off = inject("o", "1", [], once=True) | {"d": True}
        server.flows = [tab("1", disabled=True), inject("i", "1", [], once=once), off]
        expected = Backlog(BacklogKind.RUNS, 1) if once else Backlog(BacklogKind.NOTHING, 0)
        assert run(connect(server).backlog("1")) == expected
        assert run(connect(server).backlog("2")).kind is BacklogKind.UNKNOWN


class TestStates:
    @pytest.mark.parametrize(
        ("state", "expected"), [("stop", "unknown"), ("safe", "unknown"), (None, "running")]
    )
    def test_an_enabled_tab_runs_only_where_the_flows_do(
        self, server: Server, state: str | None, expected: str
    ) -> None:
        server.flows, server.state = (
            [tab("1", account=ACCOUNT), tab("2", account=ACCOUNT, disabled=True)],
            state,
        )
        connector = connect(server)
        assert [str(one.state) for one in run(connector.list())] == [expected, "paused"]
        assert run(connector.read_state("1")) == expected
        assert run(connector.read_state("2")) is CampaignState.PAUSED

    def test_a_deployment_that_stops_the_flows_for_a_moment_is_waited_for(self, server: Server) -> None:
        server.flows = [tab("1")]
        server.scripted["/flows/state"] = [(200, {"state": "stop"})]
        assert run(connect(server).read_state("1")) is CampaignState.RUNNING

    @pytest.mark.parametrize("disabled", [None, 0, 1, "", "true", []])
    def test_only_true_is_disabled_and_only_false_is_enabled(self, server: Server, disabled: Any) -> None:
        server.flows = [tab("1", disabled=disabled)]
        assert run(connect(server).read_state("1")) is CampaignState.UNKNOWN

    def test_what_is_no_tab_has_no_state(self, server: Server) -> None:
        server.flows = [tab("1"), {"id": "s", "type": "subflow"}, *sending("1", WAHA)]
        for id in ("s", "1-send", "global", "__proto__"):
            assert run(connect(server).read_state(id)) is CampaignState.UNKNOWN


class TestLogin:
    def test_one_login_serves_many_calls_and_asks_for_no_more_than_it_needs(self, server: Server) -> None:
        server.flows = [tab("1", account=ACCOUNT)]
        connector = connect(server)

        async def read_all() -> None:
            await asyncio.gather(*(connector.read_state("1") for _ in range(5)))

        run(read_all())
        run(connector.pause("1"))
        assert server.asked_for == ["flows.read flows.write"]

    def test_a_token_that_ran_out_is_asked_for_anew_also_in_the_middle_of_a_change(
        self, server: Server
    ) -> None:
        server.flows = [tab("1")]
        connector = connect(server)
        run(connector.read_state("1"))
        server.tokens.clear()
        assert run(connector.read_state("1")) is CampaignState.RUNNING
        read = (200, {"flows": server.flows, "rev": server.rev})
        server.scripted["/flows"] = [read, (401, b"Unauthorized")]
        run(connector.pause("1"))
        assert server.node("1")["disabled"] is True
        assert server.asked_for == ["flows.read flows.write"] * 3

    def test_a_wrong_password_is_tried_once_and_locks_nobody_out(self, server: Server) -> None:
        connector = connect(server, password="wrong-and-secret")
        for call in [connector.list, lambda: connector.read_state("1"), lambda: connector.pause("1")] * 3:
            error = trouble(call())
            assert isinstance(error, Refused) and "wrong-and-secret" not in f"{error!r}{error}"
        assert len(server.asked_for) == 1

    def test_after_a_while_a_login_is_tried_again(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connector = connect(server, password="wrong-and-secret")
        trouble(connector.list())
        monkeypatch.setattr(node_red, "LOCKED_OUT", 0.0)
        trouble(connector.list())
        assert len(server.asked_for) == 2

    def test_a_user_who_is_locked_out_is_told_to_wait_and_not_asked_again(self, server: Server) -> None:
        server.wrong_logins = 5
        error = trouble(connect(server).list())
        assert isinstance(error, Unreachable) and error.retry_after == 600
        assert len(server.asked_for) == 1

    def test_a_token_alone_needs_no_login(self, server: Server) -> None:
        server.flows = [tab("1")]
        server.tokens[TOKEN] = RIGHTS
        run(connect(server, login=None, password=TOKEN).pause("1"))
        assert server.node("1")["disabled"] is True and server.asked_for == []

    @pytest.mark.parametrize("login", [None, USER])
    def test_an_open_one_needs_neither(self, server: Server, login: str | None) -> None:
        server.users, server.flows = {}, [tab("1")]
        run(connect(server, login=login, password="" if login is None else PASSWORD).pause("1"))
        assert server.node("1")["disabled"] is True

    def test_without_a_login_where_one_is_needed_it_is_refused(self, server: Server) -> None:
        error = trouble(connect(server, login=None, password="").list())
        assert isinstance(error, Refused) and "flows.write" in error.mend

    def test_who_may_only_read_sees_and_cannot_pause(self, server: Server) -> None:
        server.flows = [tab("1", account=ACCOUNT)]
        server.tokens[TOKEN] = ["flows.read"]
        connector = connect(server, login=None, password=TOKEN)
        assert run(connector.read_state("1")) is CampaignState.RUNNING
        assert isinstance(trouble(connector.pause("1")), Refused)
        assert server.node("1").get("disabled") is None


class TestCheck:
    def test_all_is_well(self, server: Server) -> None:
        server.flows = [tab("1")]
        server.tokens[TOKEN] = [*RIGHTS, "settings.read"]
        assert [one.ok for one in run(connect(server).check())] == [True, True]
        told = run(connect(server, login=None, password=TOKEN).check())
        assert "Node-RED 4.1.8" in told[0].what and "1 tabs" in told[1].what
        assert server.types == []

    def test_a_user_who_may_only_read_is_told_from_a_wrong_password(self, server: Server) -> None:
        (told,) = run(connect(server, login="reader").check())
        assert not told.ok and "read and not deploy" in told.what
        (told,) = run(connect(server, password="wrong-and-secret").check())
        assert not told.ok and "read and not deploy" not in told.what
        assert server.wrong_logins == 2  # of five

    @pytest.mark.parametrize(
        ("permissions", "ok"),
        [
            ("*", True),
            ("read", False),
            (["flows.read", "flows.write"], True),
            (["*.write"], True),
            (None, False),
        ],
    )
    def test_permissions_that_can_be_read_are_judged(
        self, server: Server, permissions: Any, ok: bool
    ) -> None:
        server.users = {}
        server.scripted["/settings"] = [(200, {"version": "5.0.7", "user": {"permissions": permissions}})]
        assert run(connect(server, login=None, password="").check())[0].ok is ok

    def test_stopped_flows_and_trouble_are_lines_and_no_exceptions(self, server: Server) -> None:
        server.state = "stop"
        assert [one.ok for one in run(connect(server).check())] == [True, False]
        (told,) = run(connect(f"http://127.0.0.1:{CLOSED_PORT}").check())
        assert not told.ok and told.mend


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"<html>",
        [],
        {},
        {"flows": []},
        {"rev": "1"},
        {"flows": {}, "rev": "1"},
        {"flows": [1], "rev": "1"},
    ],
)
def test_an_answer_without_flows_is_an_error_and_not_an_empty_list(server: Server, data: Any) -> None:
    server.scripted["/flows"] = [(200, data)]
    assert isinstance(trouble(connect(server).list()), BadInput)


def test_settings_are_refused(server: Server) -> None:
    with pytest.raises(BadInput, match=r"settings\.token_x"):
        connect(server, settings={"token_x": "1"})


class TestListing:
    def test_only_tabs_that_may_send_or_that_people_named_are_campaigns(self, server: Server) -> None:
        server.flows = [
            tab("sends"),
            *sending("sends", WAHA),
            tab("reads"),
            *sending("reads", "http://weather.example/today", method="GET"),
            tab("marked", account=ACCOUNT),
            tab("mapped"),
            tab("off"),
            *[node | {"d": True} for node in sending("off", WAHA)],
        ]
        found = run(connect(server, accounts={"mapped": ACCOUNT, "gone": None}).list())
        assert [one.id for one in found] == ["sends", "marked", "mapped"]

    def test_a_mark_is_a_variable_or_a_line_of_the_description(self, server: Server) -> None:
        server.flows = [
            tab("1", account="+49 30 123450"),
            tab("2", info="Greets new customers.\n\n- **account**: x\n- account: 0049 30 123450\n"),
            tab("3", account=ACCOUNT, info="account: +49 30 123450"),
            tab("4", account=ACCOUNT, info="account: +49 30 999999"),
            tab("5", env=[{"name": "WA_ACCOUNT", "type": "env", "value": "+4930123450"}]),
            tab("6", env=[{"name": "WA_ACCOUNT_2", "type": "str", "value": "+4930123450"}], info=None),
        ]
        found = run(connect(server, accounts=dict.fromkeys("123456")).list())
        assert [one.account for one in found] == [ACCOUNT, ACCOUNT, ACCOUNT, None, None, None]

    def test_a_name_from_outside_is_bounded(self, server: Server) -> None:
        server.flows = [
            tab("1", "\x1b[31m" + "x" * 2000, ACCOUNT),
            tab("2", account=ACCOUNT) | {"label": None},
        ]
        names = [one.name for one in run(connect(server).list())]
        assert names == ["[31m" + "x" * 496, "2"]


def senders(*nodes: dict[str, Any]) -> list[Sender]:
    """What the tab named t sends through."""
    return list(Flows([tab("t"), *nodes]).senders("t"))


def code(text: str, id: str = "f", z: str = "t") -> dict[str, Any]:
    return {"id": id, "type": "function", "z": z, "x": 1, "y": 1, "func": text}


def change(place: str, to: str, kind: str = "str", z: str = "t") -> dict[str, Any]:
    rule = {"t": "set", "p": place, "pt": "msg", "to": to, "tot": kind}
    return {"id": "c", "type": "change", "z": z, "x": 1, "y": 1, "rules": [rule]}


class TestSenders:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("http://evo:8080/message/sendText/sales", Sender(Via.EVOLUTION, "http://evo:8080", "sales")),
            ("evo:8080/message/sendText/sales", Sender(Via.EVOLUTION, "http://evo:8080", "sales")),
            ("http://evo/message/sendText/{{instance}}", Sender(Via.EVOLUTION, "http://evo", "")),
            ("${EVO}/message/sendText/sales", Sender(Via.EVOLUTION, "", "sales")),
            ("http://ww:3000/client/sendMessage/shop", Sender(Via.WWEBJS, "http://ww:3000", "shop")),
            ("https://graph.facebook.com/v25.0/1234/messages", Sender(Via.CLOUD_API, "", "1234")),
            (WAHA, Sender(Via.WAHA, "http://waha:3000", "")),
            ("{{{url}}}", Sender(Via.UNKNOWN)),
            ("", Sender(Via.UNKNOWN)),
            ("http://crm.example/api/contacts", None),
            ("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json", Sender(Via.TWILIO)),
        ],
    )
    def test_a_request_is_read_by_its_address(self, url: str, expected: Sender | None) -> None:
        assert senders(request("r", "t", url)) == ([expected] if expected else [])

    @pytest.mark.parametrize(("method", "count"), [("GET", 0), ("DELETE", 0), ("POST", 1), ("use", 1)])
    def test_a_hidden_address_sends_only_where_it_may_be_a_post(self, method: str, count: int) -> None:
        assert len(senders(request("r", "t", "{{{url}}}", method=method))) == count

    @pytest.mark.parametrize(
        "node",
        [
            code('msg.payload = {"session": "sales", chatId: msg.to};'),
            code("msg.payload.session = 'sales';\nreturn msg;"),
            code('msg.payload["session"] = `sales`'),
            code("if (msg.payload.session === undefined) {}\nmsg.payload = {session: 'sales'}"),
            change("payload.session", "sales"),
            change("payload", '{"session":"sales","text":"Hello"}', "json"),
            {
                "id": "m",
                "type": "template",
                "z": "t",
                "x": 1,
                "template": '{"session": "sales", "t": "{{x}}"}',
            },
            inject("i", "t", []),
        ],
    )
    def test_the_session_is_read_from_what_writes_the_message(self, node: dict[str, Any]) -> None:
        assert senders(node, request("r", "t", WAHA)) == [Sender(Via.WAHA, "http://waha:3000", "sales")]

    @pytest.mark.parametrize(
        "node",
        [
            code("msg.payload = {session: msg.session}"),
            code('msg.payload.session = "sales" + msg.branch'),
            code("msg.payload.session = `sales-${msg.branch}`"),
            code('msg.payload = {session: big ? "sales" : "shop"}'),
            change("payload.session", "branch", "msg"),
            {"id": "m", "type": "template", "z": "t", "x": 1, "template": '{"session": "{{session}}"}'},
            code('a = {session: "sales"}; b = {session: "shop"}'),
        ],
    )
    def test_a_session_that_is_put_together_stays_hidden(self, node: dict[str, Any]) -> None:
        assert senders(node, request("r", "t", WAHA)) == [Sender(Via.WAHA, "http://waha:3000", "")]

    def test_twilio_sends_whatsapp_only_from_a_whatsapp_number(self) -> None:
        call = request("r", "t", "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json")
        assert senders(call, change("payload.From", "whatsapp:+4930123450")) == [
            Sender(Via.TWILIO, "", ACCOUNT)
        ]
        assert senders(call, change("payload.From", "+4930123450")) == []

    def test_an_address_in_code_is_found_also_where_the_code_sends_by_itself(self) -> None:
        evolution = Sender(Via.EVOLUTION, "http://evo", "sales")
        writes = code('msg.url = "http://evo/message/sendText/sales";\nreturn msg;')
        assert senders(writes) == [evolution]
        assert senders(writes, request("r", "t", "")) == [evolution]

    def test_subflows_are_followed_and_nodes_that_are_off_are_not(self) -> None:
        subflows = [
            {"id": "s1", "type": "subflow"},
            {"id": "n1", "type": "subflow:s2", "z": "s1", "x": 1},
            {"id": "n1b", "type": "subflow:s1", "z": "s2", "x": 1},  # in a circle
            {"id": "s2", "type": "subflow"},
            request("r", "s2", "http://evo/message/sendText/sales"),
        ]
        instance = {"id": "i", "type": "subflow:s1", "z": "t", "x": 1}
        assert senders(*subflows, instance) == [Sender(Via.EVOLUTION, "http://evo", "sales")]
        assert senders(*subflows, instance | {"d": True}) == []
        assert senders(*subflows) == []

    @pytest.mark.parametrize("named_at", ["out", "in"])
    def test_the_tab_with_the_sender_is_the_campaign_and_its_messages_may_be_written_elsewhere(
        self, named_at: str
    ) -> None:
        nodes = [
            tab("trigger"),
            code('msg.payload = {session: "sales"}', z="trigger"),
            {"id": "lo", "type": "link out", "z": "trigger", "links": ["li"] if named_at == "out" else []},
            {"id": "li", "type": "link in", "z": "t", "links": ["lo"] if named_at == "in" else []},
            request("r", "t", WAHA),
        ]
        assert senders(*nodes) == [Sender(Via.WAHA, "http://waha:3000", "sales")]
        assert Flows([tab("t"), *nodes]).senders("trigger") == ()

    def test_nodes_made_for_whatsapp_are_known(self) -> None:
        evolution = {
            "id": "1",
            "type": "send-text",
            "z": "t",
            "x": 1,
            "baseUrl": "http://evo/",
            "instance": "s",
        }
        link = {"id": "2", "type": "chats-out", "z": "t", "x": 1, "whatsappLink": "w"}
        config = {"id": "w", "type": "whatsappLink", "z": "t"}
        other = {"id": "3", "type": "chatbot-whatsapp-send", "z": "t", "x": 1}
        hears = [
            {"id": name, "type": name, "z": "t", "x": 1}
            for name in ("whatsapp-in", "chatbot-whatsapp-receive")
        ]
        assert senders(evolution, link, config, *hears) == [
            Sender(Via.EVOLUTION, "http://evo", "s"),
            Sender(Via.WWEBJS),
        ]
        assert senders(other) == [Sender(Via.UNKNOWN)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
TYPES = [
    "tab",
    "subflow",
    "subflow:a",
    "http request",
    "function",
    "change",
    "inject",
    "link in",
    "link out",
    "template",
]
KEYS = [
    "id",
    "z",
    "d",
    "x",
    "type",
    "url",
    "func",
    "links",
    "rules",
    "props",
    "env",
    "info",
    "method",
    "payload",
]


@given(
    st.lists(st.dictionaries(st.sampled_from(KEYS), JSON | st.sampled_from(["a", "b", *TYPES]), max_size=8))
)
def test_no_flows_from_outside_break_reading(nodes: list[dict[str, Any]]) -> None:
    flows = Flows(nodes)
    for id in flows.tabs:
        flows.senders(id), flows.account(id), flows.at_start(id), flows.switched(id, True)


@given(JSON)
def test_what_are_no_flows_is_told_so(data: Any) -> None:
    try:
        Flows(data)
    except TypeError:
        return
    assert isinstance(data, list)


def test_whatever_status_it_answers_the_error_is_ours(server: Server) -> None:
    for status in (400, 403, 404, 409, 413, 500):
        server.flows = [tab("1")]
        server.scripted["/flows"] = [(status, b"a page of a proxy")]
        assert isinstance(trouble(connect(server).list()), SendepauseError)


def test_a_user_who_is_locked_out_is_left_alone_for_as_long(server: Server) -> None:
    server.wrong_logins = 5
    connector = connect(server)
    for _ in range(3):
        error = trouble(connector.list())
        assert isinstance(error, Unreachable) and 0 < (error.retry_after or 0) <= 600
    assert len(server.asked_for) == 1  # each one more would lengthen the lock


def test_a_mark_that_names_no_account_for_certain_still_lists_the_tab(server: Server) -> None:
    server.flows = [
        tab("1") | {"env": [{"name": "WA_ACCOUNT", "type": "str", "value": "030 123"}]},
        tab("2") | {"env": [{"name": "WA_ACCOUNT", "type": "env", "value": "NUMBER"}]},
        tab("3") | {"info": "account: Marketing"},
        tab("4"),
    ]
    found = {one.id: one.account for one in run(connect(server).list())}
    assert found == {"1": None, "2": None, "3": None}


def test_a_mark_may_be_a_number(server: Server) -> None:
    server.flows = [tab("1") | {"env": [{"name": "WA_ACCOUNT", "type": "num", "value": "4930123450"}]}]
    assert [one.account for one in run(connect(server).list())] == [ACCOUNT]


def test_a_command_that_calls_a_gateway_sends(server: Server) -> None:
    url = "http://waha:3000/api/sendText"
    command = {"id": "n", "z": "1", "type": "exec", "command": "curl", "append": url}
    setup = {"id": "m", "z": "2", "type": "function", "func": "", "initialize": f"post('{url}')"}
    server.flows = [tab("1"), tab("2"), command, setup]
    assert [one.id for one in run(connect(server).list())] == ["1", "2"]


def test_connections_that_are_kept_open_are_few(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.flows = [tab("1")]
    opened: list[object] = []
    new = HttpClient._new

    def counted(client: HttpClient) -> Any:
        opened.append(client)
        return new(client)

    monkeypatch.setattr(HttpClient, "_new", counted)

    async def read() -> None:
        connector = connect(server)
        async with kept_open():
            for _ in range(10):
                await connector.read_state("1")

    run(read())
    assert len(opened) <= 3  # one for the login, one with its token
