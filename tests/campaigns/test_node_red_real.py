"""Pauses against the real Node-RED: counted is what arrives, not what it says of itself."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from tests.campaigns.contract import Contract, run, trouble
from tests.campaigns.grounds import ACCOUNT, CLOSED_PORT, LosingAnswers
from tests.enforce.scene import acting, enforce, order
from tests.tools.node import NODE_RED_4, NODE_RED_5, Tool, need
from tests.tools.node_red import PASSWORD, Flow, NodeRed, inject, request, sending, tab
from tests.tools.receiver import Receiver, receiving

from sendepause import campaigns
from sendepause.campaigns.base import Access, Backlog, BacklogKind, Connector, GoesOn
from sendepause.campaigns.node_red import NodeRed as NodeRedConnector
from sendepause.campaigns.node_red_flows import Flows
from sendepause.enforce import Result
from sendepause.errors import Refused, Unreachable
from sendepause.model import CampaignState, Sender, Via
from sendepause.settings import SystemSettings

pytestmark = [pytest.mark.e2e, pytest.mark.tools]

SILENCE = 1.0  # seconds; the campaigns here send five times a second
Start = Callable[[Tool, bool], NodeRed]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts each kind of Node-RED once for all tests."""
    running: dict[tuple[Tool, bool], NodeRed] = {}

    def started(tool: Tool, auth: bool) -> NodeRed:
        if (tool, auth) not in running:
            server = NodeRed(need(tool), tmp_path_factory.mktemp("node-red"), auth)
            running[tool, auth] = server
            sys.stderr.write(f"\n{tool}: up after {server.start():.1f} s\n")
        return running[tool, auth]

    yield started
    for server in running.values():
        server.stop()


@pytest.fixture(params=[NODE_RED_4, NODE_RED_5], ids=str)
def server(request: pytest.FixtureRequest, start: Start) -> Iterator[NodeRed]:
    """One that asks for no login, without flows."""
    found = start(request.param, False)
    found.deploy([])
    yield found
    found.deploy([])


@pytest.fixture(params=[NODE_RED_4, NODE_RED_5], ids=str)
def guarded(request: pytest.FixtureRequest, start: Start) -> NodeRed:
    """One that asks for a login, without flows."""
    found = start(request.param, True)
    found.deploy([])
    return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def connect(
    server: NodeRed, login: str | None = None, password: str = "", kind: type[Connector] | None = None
) -> Connector:
    """The connector to a Node-RED that runs."""
    system = SystemSettings(id="flows", connector="node_red", connection="flows", at_once=4)
    access = Access("http", server.url, login=login, password=password)
    return kind(system, access) if kind else campaigns.connect(system, access)


def campaign(id: str, receiver: Receiver, every: float = 0.2) -> Flow:
    """A marked tab that sends to /ID of the receiver."""
    return [tab(id, account=ACCOUNT), *sending(id, f"{receiver.url}/{id}/api/sendText", every)]


def paused(connector: Connector, id: str) -> float:
    """Pauses a campaign as is done in earnest; the seconds until it was read back."""
    began = time.monotonic()
    run(connector.pause(id))
    assert run(connector.read_state(id)) is CampaignState.PAUSED
    return time.monotonic() - began


class RealGround:
    """A Node-RED behind its connector."""

    secret = PASSWORD

    def __init__(self, server: NodeRed) -> None:
        self.server = server
        self.connector: Connector = connect(server, "sendepause", PASSWORD)

    def put(self, id: str, state: str, account: str | None = ACCOUNT) -> None:
        disabled = {"running": False, "paused": True}.get(state, state)
        kept = [node for node in self.server.flows()["flows"] if id not in (node["id"], node.get("z"))]
        url = f"http://127.0.0.1:{CLOSED_PORT}/api/sendText"
        self.server.deploy([*kept, tab(id, account=account, disabled=disabled), request(f"{id}-r", id, url)])

    def state(self, id: str) -> str:
        disabled = self.server.node(id).get("disabled", False)
        return {False: "running", True: "paused"}.get(disabled, str(disabled))

    def lie(self) -> None:
        raise NotImplementedError("the real one does not lie")

    def lose_answers(self) -> None:
        self.connector = LosingAnswers(self.connector)  # type: ignore[assignment]

    def go_down(self) -> None:
        system = self.connector.system
        access = Access("http", f"http://127.0.0.1:{CLOSED_PORT}", login="sendepause", password=PASSWORD)
        self.connector = campaigns.connect(system, access)


class TestReal(Contract):
    test_a_system_that_lies_ends_as_not_paused = None  # type: ignore[assignment]

    @pytest.fixture
    def ground(self, guarded: NodeRed) -> RealGround:
        return RealGround(guarded)


class TestPausing:
    def test_nothing_arrives_after_a_pause_until_the_resume(
        self, server: NodeRed, receiver: Receiver
    ) -> None:
        server.deploy(campaign("1", receiver) + campaign("2", receiver))
        receiver.wait_for(3, path="/1/")
        receiver.wait_for(3, path="/2/")
        connector = connect(server)
        took = paused(connector, "1")
        began = time.monotonic()
        assert receiver.quiet(SILENCE, "/1/") == 0
        assert receiver.count(began, "/2/") >= 3
        run(connector.resume("1", None))
        receiver.wait_for(2, path="/1/", since=time.monotonic())
        sys.stderr.write(f"\npaused and read back in {took * 1000:.0f} ms\n")

    def test_a_paused_tab_stays_paused_over_a_restart(self, server: NodeRed, receiver: Receiver) -> None:
        server.deploy(campaign("1", receiver) + campaign("2", receiver))
        connector = connect(server)
        paused(connector, "1")
        server.stop()
        server.start()
        since = time.monotonic()
        receiver.wait_for(3, path="/2/", since=since)
        assert receiver.count(since, "/1/") == 0
        assert run(connector.read_state("1")) is CampaignState.PAUSED

    def test_what_waits_in_a_delay_is_dropped_and_not_sent_on_resume(
        self, server: NodeRed, receiver: Receiver
    ) -> None:
        two_a_second = {"pauseType": "rate", "rate": "2", "nbRateUnits": "1", "rateUnits": "second"}
        slow = {"id": "d", "type": "delay", "z": "1", "x": 1, "y": 1, "outputs": 1, "wires": [["s"]]}
        url = f"{receiver.url}/api/sendText"
        server.deploy(
            [
                tab("1", account=ACCOUNT),
                inject("i", "1", ["d"], 0.05),
                slow | two_a_second,
                request("s", "1", url),
            ]
        )
        receiver.wait_for(2)  # of about twenty that wait by now
        connector = connect(server)
        paused(connector, "1")
        assert receiver.quiet(SILENCE) == 0
        server.edit("i", repeat="")  # nothing new comes, so whatever came now would be old
        run(connector.resume("1", None))
        assert run(connector.backlog("1")) == Backlog(BacklogKind.NOTHING, 0)
        assert receiver.quiet(SILENCE) == 0

    def test_a_request_under_way_arrives_once_and_no_other_follows(
        self, server: NodeRed, receiver: Receiver
    ) -> None:
        receiver.answers_after = 0.7
        server.deploy(campaign("1", receiver, 0.1))
        receiver.wait_for(3)
        paused(connect(server), "1")
        assert receiver.quiet(SILENCE) == 0

    def test_code_that_calls_by_itself_goes_on_to_its_end_as_the_connector_says(
        self, server: NodeRed, receiver: Receiver
    ) -> None:
        code = f"""
            const send = left => left && http.request("{receiver.url}/api/sendText", {{method: "POST"}},
                answer => {{ answer.resume(); answer.on("end", () => send(left - 1)); }}).end();
            send(12);"""
        libs = [{"var": "http", "module": "http"}]
        loop = {
            "id": "f",
            "type": "function",
            "z": "1",
            "x": 200,
            "y": 100,
            "func": code,
            "libs": libs,
            "wires": [],
        }
        receiver.answers_after = 0.1
        server.deploy([tab("1", account=ACCOUNT), inject("i", "1", ["f"], once=True), loop])
        receiver.wait_for(3)
        connector = connect(server)
        paused(connector, "1")
        receiver.wait_for(12)
        assert receiver.quiet(0.5) == 0
        assert connector.capabilities.goes_on is GoesOn.RUNNING

    def test_a_resume_fires_what_fires_at_the_start_as_the_backlog_says(
        self, server: NodeRed, receiver: Receiver
    ) -> None:
        url = f"{receiver.url}/api/sendText"
        server.deploy([tab("1", account=ACCOUNT), inject("i", "1", ["s"], once=True), request("s", "1", url)])
        receiver.wait_for(1)
        connector = connect(server)
        paused(connector, "1")
        assert run(connector.backlog("1")) == Backlog(BacklogKind.RUNS, 1)
        assert receiver.quiet(0.3) == 0
        run(connector.resume("1", None))
        receiver.wait_for(2)

    def test_thirty_tabs_are_paused_in_one_run(
        self, server: NodeRed, receiver: Receiver, engine: Engine
    ) -> None:
        ids = [f"c{number}" for number in range(30)]
        other = campaign("other", receiver)
        server.deploy([node for id in ids for node in campaign(id, receiver, 0.5)] + other)
        for id in ids:
            receiver.wait_for(1, path=f"/{id}/")
        connector = connect(server)
        found = [one for one in run(connector.list()) if one.id != "other"]
        began = time.monotonic()
        outcomes = enforce(acting(engine), connector, [order(one) for one in found])
        took = time.monotonic() - began
        assert [outcome.result for outcome in outcomes] == [Result.PAUSED] * 30
        assert receiver.quiet(SILENCE, "/c") == 0
        assert receiver.count(began, "/other/") >= 4
        assert Flows(server.flows()["flows"]).tabs.keys() == {*ids, "other"}
        sys.stderr.write(f"\n30 tabs paused in {took:.1f} s\n")


class TestOthers:
    """Nobody else's work is touched."""

    def test_a_tab_that_is_linked_to_a_paused_one_loses_nothing_that_waits_in_it(
        self, server: NodeRed, receiver: Receiver
    ) -> None:
        link = {"type": "link out", "z": "trigger", "x": 1, "y": 1, "mode": "link", "wires": []}
        to = {"type": "link in", "z": "sender", "x": 1, "y": 1, "wires": [["send"]]}
        wait = {"type": "delay", "z": "trigger", "x": 1, "y": 1, "wires": [["report"]], "outputs": 1}
        server.deploy(
            [
                tab("trigger"),
                inject("start", "trigger", ["out", "wait"], once=True),
                link | {"id": "out", "links": ["in"]},
                wait | {"id": "wait", "pauseType": "delay", "timeout": "1", "timeoutUnits": "seconds"},
                request("report", "trigger", f"{receiver.url}/report"),
                tab("sender"),
                to | {"id": "in", "links": ["out"]},
                request("send", "sender", f"{receiver.url}/api/sendText"),
            ]
        )
        receiver.wait_for(1, path="/api/")
        connector = connect(server)
        (found,) = run(connector.list())
        assert (found.id, found.senders) == ("sender", (Sender(Via.WAHA, receiver.url, "sales"),))
        paused(connector, "sender")
        receiver.wait_for(1, path="/report")

    def test_what_somebody_deploys_between_reading_and_pausing_survives(
        self, server: NodeRed, receiver: Receiver
    ) -> None:
        class Overtaken(NodeRedConnector):
            reads = 0

            async def _read(self) -> tuple[Flows, str]:
                found = await super()._read()
                self.reads += 1
                if self.reads == 1:
                    server.edit("2", label="Summer")
                return found

        server.deploy(campaign("1", receiver) + campaign("2", receiver))
        connector = connect(server, kind=Overtaken)
        run(connector.pause("1"))
        assert run(connector.read_state("1")) is CampaignState.PAUSED
        assert (server.node("2")["label"], server.node("2").get("disabled", False)) == ("Summer", False)

    def test_somebody_who_deploys_all_the_time_and_we_lose_nothing_to_each_other(
        self, server: NodeRed, receiver: Receiver
    ) -> None:
        server.deploy([node for id in "123" for node in campaign(id, receiver, 1)] + [tab("theirs", "0")])
        done = threading.Event()

        def work() -> None:
            """As the editor deploys: with the revision, and again where it was stale."""
            while not done.is_set():
                known = server.flows()
                (mine,) = (node for node in known["flows"] if node["id"] == "theirs")
                mine["label"] = str(int(mine["label"]) + 1)
                try:
                    server.ask("POST", "/flows", known, {"Node-RED-Deployment-Type": "nodes"})
                    deployed.append(mine["label"])
                except httpx.HTTPStatusError as error:
                    assert error.response.status_code == 409
                time.sleep(0.02)

        deployed: list[str] = []
        worker = threading.Thread(target=work)
        worker.start()
        try:
            while len(deployed) < 3:
                for id in "123":
                    paused(connect(server), id)
                    run(connect(server).resume(id, None))
            for id in "123":
                paused(connect(server), id)
        finally:
            done.set()
            worker.join()
        assert server.node("theirs")["label"] == str(len(deployed))
        assert all(server.node(id)["disabled"] is True for id in "123")

    def test_passwords_in_nodes_survive_pause_and_resume(self, server: NodeRed, receiver: Receiver) -> None:
        nodes = [tab("1"), request("r", "1", receiver.url, authType="basic"), tab("2")]
        server.deploy(nodes, credentials={"r": {"user": "waha", "password": "hidden"}})
        connector = connect(server)
        for id in "12":
            paused(connector, id)
            run(connector.resume(id, None))
        kept = server.ask("GET", "/credentials/http-request/r").json()
        assert (kept["user"], kept["has_password"]) == ("waha", True)

    def test_a_renamed_tab_is_the_same_campaign_and_a_deleted_one_is_none(
        self, server: NodeRed, receiver: Receiver
    ) -> None:
        server.deploy(campaign("1", receiver) + campaign("2", receiver))
        connector = connect(server)
        server.edit("1", label="Winter")
        assert next((one.id, one.name) for one in run(connector.list())) == ("1", "Winter")
        paused(connector, "1")
        server.deploy(campaign("2", receiver))
        assert run(connector.read_state("1")) is CampaignState.UNKNOWN
        assert isinstance(trouble(connector.pause("1")), Refused)
        assert [one.id for one in run(connector.list())] == ["2"]


class TestAllStopped:
    def test_stopped_flows_are_unknown_and_a_pause_holds_when_they_are_started(
        self, server: NodeRed, receiver: Receiver
    ) -> None:
        server.deploy(campaign("1", receiver) + campaign("2", receiver))
        connector = connect(server)
        server.ask("POST", "/flows/state", {"state": "stop"})
        try:
            assert run(connector.read_state("1")) is CampaignState.UNKNOWN
            paused(connector, "1")
            assert server.ask("GET", "/flows/state").json() == {"state": "stop"}
            assert receiver.quiet(0.5) == 0
        finally:
            server.ask("POST", "/flows/state", {"state": "start"})
        receiver.wait_for(2, path="/2/", since=time.monotonic())
        assert receiver.quiet(0.5, "/1/") == 0
        assert run(connector.read_state("2")) is CampaignState.RUNNING

    def test_a_pause_in_safe_mode_is_refused_and_starts_nothing(
        self, server: NodeRed, receiver: Receiver
    ) -> None:
        server.deploy(campaign("1", receiver) + campaign("2", receiver))
        connector = connect(server)
        server.stop()
        server.start("--safe")
        try:
            assert [str(one.state) for one in run(connector.list())] == ["unknown", "unknown"]
            assert isinstance(trouble(connector.pause("1")), Refused)
            assert not run(connector.check())[-1].ok
            assert receiver.quiet(0.5) == 0
            server.edit("1", disabled=True)  # what a person's deployment does: it starts all others
            receiver.wait_for(1, path="/2/", since=time.monotonic())
        finally:
            server.stop()
            server.start()


class TestLogin:
    def test_a_user_with_the_two_permissions_is_enough(self, guarded: NodeRed, receiver: Receiver) -> None:
        guarded.deploy(campaign("1", receiver))
        receiver.wait_for(1)
        connector = connect(guarded, "sendepause", PASSWORD)
        assert [one.ok for one in run(connector.check())] == [True, True]
        paused(connector, "1")
        assert receiver.quiet(SILENCE) == 0

    def test_a_token_alone_is_enough_and_its_version_and_rights_are_seen(
        self, guarded: NodeRed, receiver: Receiver
    ) -> None:
        guarded.deploy(campaign("1", receiver))
        connector = connect(guarded, password=guarded.token("editor"))
        assert guarded.installed.version in run(connector.check())[0].what
        paused(connector, "1")
        told = run(connect(guarded, password=guarded.token("reader")).check())
        assert not told[0].ok and "flows.write" in told[0].mend

    def test_who_may_only_read_pauses_nothing(self, guarded: NodeRed, receiver: Receiver) -> None:
        guarded.deploy(campaign("1", receiver))
        (told,) = run(connect(guarded, "reader", PASSWORD).check())
        assert not told.ok and "read and not deploy" in told.what
        connector = connect(guarded, password=guarded.token("reader"))
        assert run(connector.read_state("1")) is CampaignState.RUNNING
        assert isinstance(trouble(connector.pause("1")), Refused)
        receiver.wait_for(2, since=time.monotonic())

    def test_a_wrong_password_asked_for_again_and_again_locks_nobody_out(self, guarded: NodeRed) -> None:
        wrong = connect(guarded, "sendepause", "wrong and secret")
        for _ in range(8):
            assert isinstance(trouble(wrong.list()), Refused)
        assert run(connect(guarded, "sendepause", PASSWORD).list()) == []

    def test_a_user_who_locked_himself_out_is_told_to_wait(self, guarded: NodeRed) -> None:
        login: dict[str, Any] = {"client_id": "node-red-admin", "grant_type": "password", "scope": ""}
        for _ in range(5):
            httpx.post(f"{guarded.url}/auth/token", data={**login, "username": "forgetful", "password": "?"})
        error = trouble(connect(guarded, "forgetful", PASSWORD).list())
        assert isinstance(error, Unreachable) and error.retry_after == 600

    def test_a_token_that_was_revoked_is_asked_for_anew(self, guarded: NodeRed, receiver: Receiver) -> None:
        guarded.deploy(campaign("1", receiver))
        connector = connect(guarded, "sendepause", PASSWORD)
        run(connector.list())
        sessions = guarded.folder / ".sessions.json"
        guarded.stop()
        sessions.unlink()
        guarded.start()
        paused(connector, "1")
