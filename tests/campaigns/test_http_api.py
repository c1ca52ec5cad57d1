"""Any HTTP API by configuration, against a server that really answers, and misbehaves."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest
from tests.campaigns.api import KEY, Api, Scripted, serve
from tests.campaigns.contract import Contract, run, trouble
from tests.campaigns.grounds import HTTP_SETTINGS, HttpGround, http_connector

from sendepause.campaigns import http
from sendepause.errors import BadInput, Refused, Unclear, Unreachable
from sendepause.model import CampaignState


class TestHttp(Contract):
    @pytest.fixture
    def ground(self, api: Api) -> HttpGround:
        return HttpGround(api)


PAGES: list[dict[str, Any]] = [
    {"kind": "none"},
    {"kind": "cursor", "param": "cursor", "next": "next"},
    {"kind": "page", "param": "page"},
    {"kind": "offset", "param": "offset"},
    {"kind": "link"},
]


@pytest.mark.parametrize("pages", PAGES, ids=lambda pages: pages["kind"])
@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_every_kind_of_pages_is_read_to_its_end(api: Api, pages: dict[str, Any], count: int) -> None:
    for number in range(count):
        api.put(str(number), "running")
    # A first cursor or offset makes the server page even where the connector gives none of its own.
    params = (
        {"offset": "0"} if pages["kind"] == "link" else {"cursor": "0"} if pages["kind"] == "cursor" else {}
    )
    connector = http_connector(api.url, list=HTTP_SETTINGS["list"] | {"pages": pages, "params": params})
    assert [one.id for one in run(connector.list())] == [str(number) for number in range(count)]


def test_a_last_page_that_is_given_again_and_again_ends_the_list(api: Api) -> None:
    body = json.dumps({"data": {"results": [{"id": "1", "status": "running"}]}}).encode()
    api.scripted = [Scripted(200, body=body) for _ in range(5)]
    pages = {"kind": "page", "param": "page"}
    assert len(run(http_connector(api.url, list=HTTP_SETTINGS["list"] | {"pages": pages}).list())) == 1
    assert len(api.calls) == 2


def test_a_list_that_never_ends_is_an_error_and_not_cut(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sendepause.campaigns.http_api.MOST_PAGES", 4)
    body = json.dumps({"data": {"results": []}, "next": "again"}).encode()
    api.scripted = [Scripted(200, body=body) for _ in range(5)]
    pages = {"kind": "cursor", "param": "cursor", "next": "next"}
    error = trouble(http_connector(api.url, list=HTTP_SETTINGS["list"] | {"pages": pages}).list())
    assert isinstance(error, BadInput)


@pytest.mark.parametrize(
    "body", [b"", b"<html>login</html>", b'{"data": {}}', b"[" * 100_000, b'{"data": 7}']
)
def test_an_answer_without_a_list_is_an_error_and_not_an_empty_list(api: Api, body: bytes) -> None:
    api.scripted = [Scripted(200, body=body)]
    assert isinstance(trouble(http_connector(api.url).list()), BadInput)


def test_a_campaign_without_an_id_is_left_out_and_the_others_stay(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    rows: list[Any] = [{"status": "running"}, {"id": {"a": 1}}, None, {"id": 7, "status": "running"}]
    api.scripted = [Scripted(200, body=json.dumps({"data": {"results": rows}}).encode())]
    assert [one.id for one in run(http_connector(api.url).list())] == ["7"]
    assert "3 campaigns without a usable id" in caplog.text


@pytest.mark.parametrize("status", [429, 502, 503, 504, 524])
def test_a_read_is_tried_again_after_a_passing_trouble(api: Api, status: int) -> None:
    api.put("1", "running")
    api.scripted = [Scripted(status)]
    assert run(http_connector(api.url).read_state("1")) is CampaignState.RUNNING


def test_retry_after_is_waited_for(api: Api) -> None:
    api.put("1", "running")
    api.scripted = [Scripted(429, {"retry-after": "1"})]
    begun = time.monotonic()
    run(http_connector(api.url).pause("1"))
    assert time.monotonic() - begun >= 1
    assert api.campaigns["1"]["status"] == "paused"


def test_a_wait_that_is_too_long_is_told_and_not_waited_for(api: Api) -> None:
    api.scripted = [Scripted(429, {"retry-after": "3600"})]
    error = trouble(http_connector(api.url).read_state("1"))
    assert isinstance(error, Unreachable) and error.retry_after == 3600
    assert len(api.calls) == 1


@pytest.mark.parametrize("status", [500, 502, 504, 524])
def test_a_change_that_may_have_happened_is_never_repeated_blindly(api: Api, status: int) -> None:
    api.put("1", "running")
    api.scripted = [Scripted(status)]
    assert isinstance(trouble(http_connector(api.url).pause("1")), (Unclear, Unreachable))
    assert [method for method, _ in api.calls] == ["PUT"]


@pytest.mark.parametrize(
    ("status", "said"), [(401, "valid secret"), (403, "right to"), (404, "still exists")]
)
def test_a_refusal_says_what_to_mend(api: Api, status: int, said: str) -> None:
    api.put("1", "running")
    api.scripted = [Scripted(status)]
    error = trouble(http_connector(api.url).pause("1"))
    assert isinstance(error, Refused) and said in error.mend


def test_a_wrong_secret_is_refused_and_not_repeated_from_the_answer(api: Api) -> None:
    error = trouble(http_connector(api.url, password="wrong-but-still-secret").list())
    assert isinstance(error, Refused)
    assert "wrong-but-still-secret" not in repr(error) + str(error)


@pytest.mark.parametrize("password", ["", "two\nlines", "schlüssel"])
def test_a_secret_that_cannot_be_sent_is_refused_without_a_call(api: Api, password: str) -> None:
    assert isinstance(trouble(http_connector(api.url, password=password).list()), Refused)
    assert api.calls == []


def test_a_redirect_to_another_host_is_refused_and_gets_no_secret(api: Api) -> None:
    with serve() as other:
        other.put("1", "running")
        for method, call in (("GET", "read_state"), ("PUT", "pause")):
            where = {"location": f"{other.url}/api/campaigns/1"}
            api.scripted = [Scripted(307, where, method=method)]
            error = trouble(getattr(http_connector(api.url), call)("1"))
            assert isinstance(error, Refused) and "another address" in error.what
        assert other.calls == []


def test_a_redirect_on_the_same_host_is_followed_unless_it_changes_the_method(api: Api) -> None:
    api.put("1", "running")
    api.put("2", "running")
    where = {"location": "/api/campaigns/2"}
    api.scripted = [Scripted(302, where)]
    assert run(http_connector(api.url).read_state("1")) is CampaignState.UNKNOWN  # it is about another one
    api.scripted = [Scripted(302, where)]
    assert isinstance(trouble(http_connector(api.url).pause("1")), Refused)
    api.scripted = [Scripted(308, where) for _ in range(9)]
    assert "circle" in trouble(http_connector(api.url).read_state("1")).what


def test_a_next_page_on_another_host_is_refused(api: Api) -> None:
    body = json.dumps({"data": {"results": []}}).encode()
    api.scripted = [Scripted(200, {"link": '<http://127.0.0.1:9/x>; rel="next"'}, body)]
    listed = HTTP_SETTINGS["list"] | {"pages": {"kind": "link"}}
    assert isinstance(trouble(http_connector(api.url, list=listed).list()), Refused)


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_without_end_is_cut_off(api: Api, monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    monkeypatch.setattr(http, "MOST_BYTES", 1000)
    body = b" " * 2_000_000
    headers = {"content-encoding": "gzip"} if packed else {}
    api.scripted = [Scripted(200, headers, gzip.compress(body) if packed else body)]
    error = trouble(http_connector(api.url).list())
    assert isinstance(error, Refused) and "more than" in error.what


def test_an_id_is_percent_encoded_in_a_path(api: Api) -> None:
    api.put("a/b?c#d é", "running")
    run(http_connector(api.url).pause("a/b?c#d é"))
    assert api.campaigns["a/b?c#d é"]["status"] == "paused"


def test_several_ways_to_pause_are_chosen_by_the_state(api: Api) -> None:
    api.put("1", "running")
    api.put("2", "scheduled")
    api.put("3", "melting")
    call = HTTP_SETTINGS["pause"]
    ways = [call | {"when": ["running"]}, call | {"when": ["scheduled"], "body": {"status": "draft"}}]
    connector = http_connector(
        api.url, pause=ways, states={"running": ["running", "scheduled"], "paused": ["paused", "draft"]}
    )
    run(connector.pause("1"))
    run(connector.pause("2"))
    assert (api.campaigns["1"]["status"], api.campaigns["2"]["status"]) == ("paused", "draft")
    assert isinstance(trouble(connector.pause("3")), Refused)


def test_without_a_call_to_read_the_state_is_looked_up_in_the_list(api: Api) -> None:
    api.put("1", "running")
    connector = http_connector(api.url, read=None)
    run(connector.pause("1"))
    assert run(connector.read_state("1")) is CampaignState.PAUSED
    assert run(connector.read_state("2")) is CampaignState.UNKNOWN


def test_a_resume_names_the_version_that_was_paused_or_does_nothing(api: Api) -> None:
    api.put("1", "paused")
    resume = HTTP_SETTINGS["resume"] | {"body": {"status": "running", "versionId": "{version}"}}
    connector = http_connector(api.url, resume=resume)
    assert connector.capabilities.restores_version
    assert isinstance(trouble(connector.resume("1", None)), Refused)
    assert api.calls == []
    run(connector.resume("1", "v7"))
    assert api.campaigns["1"]["status"] == "running"


def test_check_names_states_that_the_settings_do_not_know(api: Api) -> None:
    api.put("1", "melting")
    (listed, known) = run(http_connector(api.url).check())
    assert listed.ok and not known.ok and "states" in known.mend


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"pause": {"method": "PUT", "path": "https://elsewhere/pause"}}, "must begin with one slash"),
        ({"pause": {"method": "PUT", "path": "//elsewhere/pause"}}, "must begin with one slash"),
        ({"list": {"path": "/x", "pages": {"kind": "page"}}}, "need param"),
        ({"surprise": KEY}, "settings.surprise"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        http_connector("http://127.0.0.1:9", **settings)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "http://", "http://[half", "http://host:port", "ftp://host", "http://a b"]
)
def test_an_address_that_cannot_be_read_is_one_error(url: str) -> None:
    assert isinstance(trouble(http_connector(url).list()), (Refused, Unreachable))


def test_a_row_that_slips_between_two_pages_is_not_lost(api: Api) -> None:
    for id in "12345":
        api.put(id, "running")

    class Calls(list[tuple[str, str]]):
        def append(self, call: tuple[str, str]) -> None:
            super().append(call)
            if len(self) == 2:
                del api.campaigns["1"]  # so that 3 is on the first page now, which was read already

    api.calls = Calls()
    pages = {"kind": "offset", "param": "offset"}
    listed = HTTP_SETTINGS["list"] | {"pages": pages}
    assert {one.id for one in run(http_connector(api.url, list=listed).list())} >= set("2345")


@pytest.mark.parametrize("tags", [["account: 030 123"], ["account:+49301234567", "account:+49301234568"]])
def test_a_mark_that_names_no_account_for_certain_still_lists_the_campaign(api: Api, tags: list[str]) -> None:
    api.put("1", "running", None)
    api.campaigns["1"]["labels"] = tags
    fields = HTTP_SETTINGS["fields"] | {"tags": "labels"}
    narrowed: Any = {"only": {"kind": ["whatsapp"]}, "skip": {"name": ["*"]}}
    (one,) = run(http_connector(api.url, fields=fields, **narrowed).list())
    assert one.account is None


def test_what_the_tool_does_not_tell_leaves_no_campaign_out(api: Api) -> None:
    rows: list[tuple[str, Any]] = [
        ("1", None),
        ("2", []),
        ("3", [{"type": "mail"}]),
        ("4", [{"type": "sms"}]),
    ]
    for id, actions in rows:
        api.put(id, "running")
        api.campaigns[id] |= {} if actions is None else {"actions": actions}
    found = run(http_connector(api.url, only={"actions.*.type": ["sms"]}).list())
    assert [one.id for one in found] == ["1", "4"]  # 1 may be one: its actions are not told


def test_a_long_description_takes_no_time(api: Api) -> None:
    api.put("1", "running", None)
    api.campaigns["1"]["about"] = "<" * 500_000 + "\naccount:+49301234567"
    begun = time.monotonic()
    fields = HTTP_SETTINGS["fields"] | {"tags": "about"}
    (one,) = run(http_connector(api.url, fields=fields).list())
    assert one.account == "+49301234567"
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("address", ["waha:3000", "http://", "no address"])
def test_an_address_of_a_gateway_that_is_none_is_refused_at_once(address: str) -> None:
    sends: Any = {"via": "waha", "name": "id", "account": "number", "known_as": [address]}
    with pytest.raises(BadInput, match="known_as"):
        http_connector("http://127.0.0.1:9", sends=sends)


def test_a_token_that_is_empty_is_none(api: Api) -> None:
    api.scripted = [Scripted(200, body=b'{"access_token": ""}')]
    error = trouble(http_connector(api.url, auth={"kind": "oauth2_client"}).list())
    assert isinstance(error, Refused) and "token" in error.what
    assert len(api.calls) == 1
