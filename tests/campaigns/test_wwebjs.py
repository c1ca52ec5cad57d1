"""whatsapp-web.js servers: sessions that are forgotten once they are stopped, and GET calls that change."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from tests.campaigns.contract import Contract, run, trouble
from tests.campaigns.gateways import KEY, WwebjsServer, serve_gateway
from tests.campaigns.grounds import ACCOUNT, CLOSED_PORT, PATIENCE, TOO_LATE

from sendepause import campaigns
from sendepause.assigning import assign
from sendepause.campaigns.base import Access, Connector, GoesOn
from sendepause.errors import BadInput, Refused, SendepauseError, Unclear, Unreachable
from sendepause.model import AccountBy, CampaignState, Evidence, Kind, Level, Sender, Via
from sendepause.settings import SystemSettings

OTHER = "+4930123451"


def connect(
    url: str,
    *,
    seconds: float = 5,
    key: str | None = KEY,
    accounts: dict[str, Any] | None = None,
    **settings: Any,
) -> Connector:
    system = SystemSettings(
        id="gateway",
        connector="wwebjs",
        connection="gateway",
        timeout_seconds=seconds,
        accounts=accounts or {},
        settings=settings,
    )
    return campaigns.connect(system, Access("http", url, password=key))


@pytest.fixture
def server() -> Iterator[WwebjsServer]:
    gateway = WwebjsServer()
    with serve_gateway(gateway):
        yield gateway


class WwebjsGround:
    """A server; a session that somebody stopped before is one that ``accounts`` names."""

    secret = KEY

    def __init__(self, server: WwebjsServer) -> None:
        self.server = server
        self.connector = connect(server.url)

    def put(self, id: str, state: str, account: str | None = ACCOUNT) -> None:
        if state == "paused":
            self.server.disk[id] = account
            self.connector = connect(self.server.url, accounts={id: account})
        else:
            self.server.put(id, "CONNECTED" if state == "running" else state, account)

    def state(self, id: str) -> str:
        return "running" if id in self.server.sessions else "paused"

    def lie(self) -> None:
        self.server.lies = True

    def lose_answers(self) -> None:
        self.connector = connect(self.server.url, seconds=PATIENCE)
        self.server.answers_after = TOO_LATE

    def go_down(self) -> None:
        self.connector = connect(f"http://127.0.0.1:{CLOSED_PORT}")


class TestWwebjs(Contract):
    @pytest.fixture
    def ground(self, server: WwebjsServer) -> WwebjsGround:
        return WwebjsGround(server)


def test_a_session_is_the_choke_point_of_its_number(server: WwebjsServer) -> None:
    server.put("shop")
    connector = connect(server.url)
    (one,) = run(connector.list())
    assert (one.level, one.pausable, one.account) == (Level.SESSION, True, ACCOUNT)
    assert one.senders == (Sender(Via.WWEBJS, server.url, "shop"),)
    assert connector.capabilities.goes_on is GoesOn.NOTHING
    assert connector.capabilities.reversible_without_a_person


def test_a_session_that_nobody_named_is_never_paused_for_the_server_knows_none(server: WwebjsServer) -> None:
    connector = connect(server.url, accounts={"known": ACCOUNT, "sends nothing": None})
    assert run(connector.read_state("known")) is CampaignState.PAUSED
    assert run(connector.read_state("misspelt")) is CampaignState.UNKNOWN
    assert run(connector.read_state("sends nothing")) is CampaignState.UNKNOWN
    assert [one.id for one in run(connector.list())] == ["known"]


def test_a_session_that_was_seen_connected_may_be_seen_as_stopped(server: WwebjsServer) -> None:
    server.put("shop")
    connector = connect(server.url)
    run(connector.pause("shop"))
    assert run(connector.read_state("shop")) is CampaignState.PAUSED
    assert run(connect(server.url).read_state("shop")) is CampaignState.UNKNOWN  # who never saw it


@pytest.mark.parametrize("state", ["OPENING", "PAIRING", "UNPAIRED", "TIMEOUT", None])
def test_a_session_that_may_come_up_is_unknown(server: WwebjsServer, state: str | None) -> None:
    server.put("shop", state)
    assert run(connect(server.url, accounts={"shop": ACCOUNT}).read_state("shop")) is CampaignState.UNKNOWN


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"<html>login</html>",
        [],
        {},
        {"success": False, "message": "session_not_found"},  # no state
        {"success": False, "state": "CONNECTED", "message": "session_not_found"},
        {"success": False, "state": None, "message": "browser tab closed"},
        {"success": True, "state": None},
        {"success": "true", "state": "CONNECTED"},
    ],
)
def test_an_answer_that_is_not_known_is_unknown(server: WwebjsServer, told: Any) -> None:
    server.scripted = [(200, told)]
    assert run(connect(server.url, accounts={"shop": ACCOUNT}).read_state("shop")) is CampaignState.UNKNOWN


def test_a_restart_of_the_server_shows_as_running_again(server: WwebjsServer) -> None:
    server.put("shop")
    connector = connect(server.url, accounts={"shop": ACCOUNT})
    run(connector.pause("shop"))
    assert run(connector.read_state("shop")) is CampaignState.PAUSED
    server.restart()
    assert run(connector.read_state("shop")) is CampaignState.RUNNING
    assert [one.state for one in run(connector.list())] == [CampaignState.RUNNING]


def test_a_session_that_was_just_being_started_shows_once_it_is_up(server: WwebjsServer) -> None:
    server.put("shop")
    server.starting = {"shop"}
    connector = connect(server.url, accounts={"shop": ACCOUNT})
    assert run(connector.read_state("shop")) is CampaignState.PAUSED  # nothing leaves through it now
    server.starting = set()
    assert run(connector.read_state("shop")) is CampaignState.RUNNING


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 524])
@pytest.mark.parametrize("call", ["pause", "resume"])
def test_a_get_that_changes_something_is_never_repeated(server: WwebjsServer, status: int, call: str) -> None:
    server.put("shop")
    connector = connect(server.url, accounts={"shop": ACCOUNT})
    server.scripted = [(status, b"")]
    error = trouble(connector.pause("shop") if call == "pause" else connector.resume("shop", None))
    assert isinstance(error, (Unclear, Unreachable))
    assert ("looked up" in error.means) == (status not in (429, 503))
    assert len(server.writes) == 1


def test_a_read_is_repeated_and_a_change_follows_no_redirect(server: WwebjsServer) -> None:
    server.put("shop")
    connector = connect(server.url, accounts={"shop": ACCOUNT})
    server.scripted = [(502, b"")]
    assert run(connector.read_state("shop")) is CampaignState.RUNNING
    server.redirect = "/session/stop/other"
    assert isinstance(trouble(connector.pause("shop")), Refused)
    assert server.writes == ["GET /session/stop/shop"]


def test_an_answer_that_never_comes_leaves_a_change_unclear(server: WwebjsServer) -> None:
    server.put("shop")
    server.answers_after = 0.5
    connector = connect(server.url, seconds=0.2, accounts={"shop": ACCOUNT})
    assert isinstance(trouble(connector.pause("shop")), Unclear)


def test_a_session_that_runs_already_may_be_resumed(server: WwebjsServer) -> None:
    server.put("shop")
    run(connect(server.url).resume("shop", None))
    assert run(connect(server.url).read_state("shop")) is CampaignState.RUNNING


def test_a_server_that_only_knows_logging_out_is_left_alone(server: WwebjsServer) -> None:
    connector = connect(server.url, accounts={"shop": ACCOUNT})
    server.scripted = [(404, b"Cannot GET /session/stop/shop")]
    error = trouble(connector.pause("shop"))
    assert isinstance(error, Refused) and "deletes the login" in error.mend
    assert not any("terminate" in call or "restart" in call for call in server.calls)


@pytest.mark.parametrize("id", ["with space", "a/b", "ä", "", ".", "..", "x" * 500, "a?b=c", "a%2Fb"])
def test_what_is_no_name_of_a_session_reaches_no_other(server: WwebjsServer, id: str) -> None:
    server.put("a")
    connector = connect(server.url)
    assert run(connector.read_state(id)) is CampaignState.UNKNOWN
    try:
        run(connector.pause(id))
    except SendepauseError as error:
        assert isinstance(error, Refused)
    assert list(server.sessions) == ["a"]


def test_one_browser_that_hangs_hides_no_other_session(server: WwebjsServer) -> None:
    server.put("ill")
    server.put("well")
    server.hangs = {"ill"}
    states = {one.id: one.state for one in run(connect(server.url).list())}
    assert states == {"ill": CampaignState.UNKNOWN, "well": CampaignState.RUNNING}


@pytest.mark.parametrize("wid", ["123456789012345@lid", "120363012345678901@g.us", "", None, "anna"])
def test_what_is_no_number_is_no_account(server: WwebjsServer, wid: str | None) -> None:
    server.put("shop", number=wid)
    connector = connect(server.url)
    assert [one.account for one in run(connector.list())] == [None]
    assert run(connector.directory()) == []


def test_the_directory_knows_each_name_of_the_server_and_sessions_that_are_stopped(
    server: WwebjsServer,
) -> None:
    server.put("shop")
    connector = connect(
        server.url, accounts={"stopped": OTHER, "shop": OTHER}, known_as=["HTTP://wa:3000/", "http://wa:3000"]
    )
    found = {entry.sender: entry for entry in run(connector.directory())}
    for url in (server.url, "http://wa:3000"):
        assert found[Sender(Via.WWEBJS, url, "shop")].account == ACCOUNT  # as connected, whatever is noted
        assert found[Sender(Via.WWEBJS, url, "stopped")].account == OTHER
    assert len(found) == 4 and {entry.evidence for entry in found.values()} == {Evidence.CONSUMER}


def test_a_session_keeps_its_number_when_it_is_stopped(server: WwebjsServer) -> None:
    connector = connect(server.url, accounts={"shop": ACCOUNT})
    (one,) = run(connector.list())
    assert (one.account, one.state) == (ACCOUNT, CampaignState.PAUSED)
    (assigned,) = assign([one], run(connector.directory()), {}, {ACCOUNT: Kind.PERSONAL})
    assert (assigned.account, assigned.account_by) == (ACCOUNT, AccountBy.MARK)


def test_a_wrong_key_is_refused_and_a_server_without_one_is_not_sent_any(server: WwebjsServer) -> None:
    server.put("shop")
    error = trouble(connect(server.url, key="wrong-but-secret").list())
    assert isinstance(error, Refused) and "wrong-but-secret" not in str(error)
    server.key = None
    assert len(run(connect(server.url, key=None).list())) == 1


@pytest.mark.parametrize("told", [b"", b"<html>", {"success": True}, {"result": "shop"}, b"[" * 100_000])
def test_an_answer_without_sessions_is_an_error_and_not_an_empty_list(
    server: WwebjsServer, told: Any
) -> None:
    server.scripted = [(200, told)]
    assert isinstance(trouble(connect(server.url).list()), BadInput)


def test_more_sessions_than_a_server_can_have_are_an_error(server: WwebjsServer) -> None:
    server.scripted = [(200, {"success": True, "result": [str(n) for n in range(10_001)]})]
    assert isinstance(trouble(connect(server.url).list()), BadInput)


def test_names_that_cannot_be_ids_are_left_out(
    server: WwebjsServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.put("shop")
    server.scripted = [(200, {"success": True, "result": ["shop", None, 7, {"a": 1}, "x" * 300]})]
    with caplog.at_level(logging.WARNING):
        assert [one.id for one in run(connect(server.url).list())] == ["shop"]
    assert "1 campaigns without a usable id" in caplog.text


def test_check_says_what_a_stop_would_make_invisible_and_shows_no_numbers(server: WwebjsServer) -> None:
    server.put("shop")
    server.put("4915123456789")
    server.put("mixed up")
    checks = run(connect(server.url, accounts={"mixed up": OTHER, "gone": OTHER}).check())
    connection, listed, same = checks
    assert connection.ok and "gone" in connection.what
    assert not listed.ok and "shop" in listed.what and "accounts" in listed.mend
    assert "4915123456789" not in str(checks) and OTHER not in str(checks)
    assert same.ok  # a session with such a name shows no number
    server.put("shop2")
    (_, _, same) = run(connect(server.url, accounts={"shop2": OTHER}).check())
    assert not same.ok and "shop2" in same.what


@pytest.mark.parametrize("url", ["wa:3000", "ftp://wa", "http://", "http://[half"])
def test_a_name_of_the_server_that_is_no_base_url_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="known_as"):
        connect("http://127.0.0.1:9", known_as=[url])
