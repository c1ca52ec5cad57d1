"""The Cloud API: a directory of phone number ids, evidence of the Platform, and nothing to pause."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from tests.campaigns.contract import run, trouble
from tests.campaigns.gateways import KEY, GraphServer, serve_gateway
from tests.campaigns.grounds import ACCOUNT, CLOSED_PORT

from sendepause import campaigns
from sendepause.campaigns.base import Access, Connector
from sendepause.errors import BadInput, Refused, Unreachable
from sendepause.model import CampaignState, DirectoryEntry, Evidence, Sender, Via
from sendepause.settings import SystemSettings

WABA, SECOND = "102290129340398", "102290129340399"
OTHER = "+4930123451"


def connect(url: str, *, key: str = KEY, **settings: Any) -> Connector:
    settings = {"business_accounts": [WABA]} | settings
    system = SystemSettings(id="meta", connector="cloud_api", connection="meta", settings=settings)
    return campaigns.connect(system, Access("http", url, password=key))


@pytest.fixture
def server() -> Iterator[GraphServer]:
    gateway = GraphServer(numbers={WABA: []})
    with serve_gateway(gateway):
        yield gateway


def test_a_number_on_the_platform_alone_is_evidence_of_it(server: GraphServer) -> None:
    server.put(WABA, "106540352242922", "+49 30 123450")
    entry = DirectoryEntry(Sender(Via.CLOUD_API, "", "106540352242922"), ACCOUNT, Evidence.PLATFORM)
    assert run(connect(server.url).directory()) == [entry]
    assert server.calls == [f"GET /v25.0/{WABA}/phone_numbers"]


@pytest.mark.parametrize(
    "fields",
    [
        {"is_on_biz_app": True},  # coexistence: people and automations may send from the app, too
        {"is_on_biz_app": None},
        {"is_on_biz_app": "false"},
        {"platform_type": "NOT_APPLICABLE"},
        {"platform_type": "ON_PREMISE"},
        {"platform_type": None},
    ],
)
def test_a_number_that_may_send_from_elsewhere_too_is_no_evidence(
    server: GraphServer, fields: dict[str, Any]
) -> None:
    server.put(WABA, "106540352242922", "+49 30 123450", **fields)
    (entry,) = run(connect(server.url).directory())
    assert (entry.account, entry.evidence) == (ACCOUNT, None)


def test_a_field_that_is_missing_is_no_evidence(server: GraphServer) -> None:
    server.numbers[WABA] = [
        {"id": "1", "display_phone_number": "+49 30 123450", "platform_type": "CLOUD_API"}
    ]
    assert [entry.evidence for entry in run(connect(server.url).directory())] == [None]


def test_numbers_that_cannot_be_read_are_left_out(server: GraphServer) -> None:
    server.put(WABA, "1", "030 123450")
    server.put(WABA, "2", "")
    server.numbers[WABA].append({"display_phone_number": "+49 30 123450"})
    server.put(WABA, "3", "4930123451")
    assert [entry.account for entry in run(connect(server.url).directory())] == [OTHER]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_all_pages_are_read_by_their_cursors(server: GraphServer, count: int) -> None:
    for number in range(count):
        server.put(WABA, str(number), f"+49 30 12345{number}")
    found = run(connect(server.url).directory())
    assert [entry.sender.name for entry in found] == [str(number) for number in range(count)]
    assert len(server.calls) == max(1, -(-count // 2))


def test_pages_that_go_in_a_circle_are_an_error(server: GraphServer) -> None:
    page = {"data": [], "paging": {"cursors": {"after": "again"}, "next": "https://elsewhere.example"}}
    server.scripted = [(200, page)] * 5
    assert isinstance(trouble(connect(server.url).directory()), BadInput)
    assert len(server.calls) == 2


@pytest.mark.parametrize("told", [b"", b"<html>", {}, {"data": {}}, {"data": None}, b"[" * 100_000])
def test_an_answer_without_numbers_is_an_error_and_not_an_empty_directory(
    server: GraphServer, told: Any
) -> None:
    server.scripted = [(200, told)]
    assert isinstance(trouble(connect(server.url).directory()), BadInput)


@pytest.mark.parametrize("code", [4, 80007, 80008, 130429, 131048, 131056])
@pytest.mark.parametrize("status", [400, 403, 429])
def test_a_limit_of_calls_is_worth_another_try(server: GraphServer, status: int, code: int) -> None:
    server.scripted = [(status, {"error": {"code": code, "message": "limit"}})]
    error = trouble(connect(server.url).directory())
    assert isinstance(error, Unreachable) and error.retry


@pytest.mark.parametrize("status", [400, 401])
def test_an_expired_token_says_how_to_mend_it(server: GraphServer, status: int) -> None:
    text = f"Error validating access token: {KEY} of +49 30 123450 has expired"
    server.scripted = [(status, {"error": {"code": 190, "message": text}})]
    error = trouble(connect(server.url).directory())
    assert isinstance(error, Refused) and "system user" in error.mend and "expired" in error.what
    assert KEY not in str(error) and "123450" not in str(error)


@pytest.mark.parametrize(
    "told",
    [
        (401, b""),
        (400, {"error": {"code": 100, "error_subcode": 33}}),
        (403, {"error": {"code": 200}}),
        (403, {"error": {"code": [190]}}),
        (404, b"<html>"),
        (400, {"error": "text"}),
    ],
)
def test_a_refusal_is_refused_whatever_stands_in_it(server: GraphServer, told: Any) -> None:
    server.scripted = [told]
    assert isinstance(trouble(connect(server.url).directory()), Refused)


def test_one_business_account_that_is_refused_hides_no_other(
    server: GraphServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.put(SECOND, "1", "+49 30 123450")
    connector = connect(server.url, business_accounts=["999999999999", SECOND])
    with caplog.at_level(logging.WARNING):
        assert [entry.account for entry in run(connector.directory())] == [ACCOUNT]
    assert "left out" in caplog.text and KEY not in caplog.text
    assert [check.ok for check in run(connector.check())] == [False, True]


def test_there_is_nothing_to_list_to_pause_or_to_resume(server: GraphServer) -> None:
    connector = connect(server.url)
    assert run(connector.list()) == []
    assert run(connector.read_state("106540352242922")) is CampaignState.UNKNOWN
    for call in (connector.pause("1"), connector.resume("1", None)):
        assert isinstance(trouble(call), Refused)
    can = connector.capabilities
    assert not (can.pause or can.resume or can.read_state) and can.list
    assert server.calls == []


def test_check_counts_numbers_that_are_on_the_app_too(server: GraphServer) -> None:
    server.put(WABA, "1", "+49 30 123450")
    server.put(WABA, "2", "+49 30 123451", is_on_biz_app=True)
    (check,) = run(connect(server.url).check())
    assert check.ok and "2 phone numbers" in check.what and "1 of them" in check.what
    (check,) = run(connect(server.url, key="expired-token").check())
    assert not check.ok and "system user" in check.mend and "expired-token" not in str(check)


def test_a_system_that_is_down_is_unreachable() -> None:
    assert isinstance(trouble(connect(f"http://127.0.0.1:{CLOSED_PORT}").directory()), Unreachable)


@pytest.mark.parametrize(
    "settings",
    [
        {"business_accounts": []},
        {"business_accounts": ["../me"]},
        {"business_accounts": ["1"]},
        {"version": "25"},
        {"version": "v25.0/me"},
        {"surprise": 1},
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(settings: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"settings\."):
        connect("", **settings)


def test_ids_may_be_numbers_and_the_address_is_metas_own_unless_given() -> None:
    connector: Any = connect("", business_accounts=[int(WABA)], version="v26.0")
    assert connector._client.access.base_url() == "https://graph.facebook.com"
