"""What is particular to each tool that has a preset, against a server of its shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.campaigns.api import KEY, Scripted
from tests.campaigns.contract import run, trouble
from tests.campaigns.grounds import ACCOUNT
from tests.campaigns.tools import FAR, Chatwoot, ChatwootRules, Listmonk, Mautic, Tool, Waha, running

from sendepause.assigning import assign
from sendepause.campaigns.base import Backlog, BacklogKind, GoesOn
from sendepause.errors import Refused
from sendepause.model import AccountBy, CampaignState, DirectoryEntry, Evidence, Level, Sender, Via

OTHER = "+4930555550"
RUNNING, PAUSED, UNKNOWN = CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.UNKNOWN


def served(kind: type[Tool]) -> Any:
    @pytest.fixture
    def tool() -> Iterator[Tool]:
        with running(kind()) as one:
            yield one

    return tool


waha, listmonk, mautic = served(Waha), served(Listmonk), served(Mautic)
chatwoot, rules = served(Chatwoot), served(ChatwootRules)


# WAHA


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("WORKING", RUNNING),
        ("STARTING", RUNNING),
        ("FAILED", RUNNING),  # it is restarted by itself
        ("STOPPED", PAUSED),
        ("SCAN_QR_CODE", UNKNOWN),
        ("STOPPING", UNKNOWN),
    ],
)
def test_waha_only_a_stopped_session_is_paused(waha: Waha, status: str, state: CampaignState) -> None:
    waha.put("sales", status)
    assert run(waha.connector.read_state("sales")) is run(waha.connector.list())[0].state is state


def test_waha_stopped_sessions_stay_in_the_list(waha: Waha) -> None:
    waha.put("sales", "running")
    run(waha.connector.pause("sales"))
    (one,) = run(waha.connector.list())
    assert (one.state, one.level, one.account) == (PAUSED, Level.SESSION, ACCOUNT)
    assert {path.partition("?")[0] for method, path in waha.calls if method == "POST"} == {
        "/api/sessions/sales/stop"
    }


def test_waha_tells_whose_each_session_is_under_every_address(waha: Waha) -> None:
    waha.put("sales", "running", account=None, me="4930123450@c.us")
    waha.put("stopped", "paused", account=OTHER)  # shows no number of its own any more: the mark tells it
    waha.put("new", "SCAN_QR_CODE", account=None)
    connector = waha.connect(
        sends={"via": "waha", "name": "name", "account": "me.id", "known_as": ["http://WAHA:80/"]}
    )
    urls = (waha.url, "http://waha")
    assert run(connector.directory()) == [
        DirectoryEntry(Sender(Via.WAHA, url, name), number, Evidence.CONSUMER)
        for name, number in (("sales", ACCOUNT), ("stopped", OTHER))
        for url in urls
    ]


def test_waha_a_session_is_inferred_from_its_number_and_a_wrong_mark_contradicts(waha: Waha) -> None:
    waha.put("plain", "running", account=None, me="4930123450@c.us")
    waha.put("wrong", "running", account=OTHER, me="4930123450@c.us")
    connector = waha.connector
    plain, wrong = assign(run(connector.list()), run(connector.directory()), {}, {})
    assert (plain.account, plain.account_by) == (ACCOUNT, AccountBy.INFERRED)
    assert wrong.account_by is AccountBy.CONTRADICTED


def test_waha_nothing_goes_on_through_a_stopped_session(waha: Waha) -> None:
    waha.put("sales", "paused")
    assert waha.connector.capabilities.goes_on is GoesOn.NOTHING
    assert waha.connector.capabilities.level is Level.SESSION
    assert run(waha.connector.backlog("sales")) == Backlog(BacklogKind.UNKNOWN)


# listmonk


def test_listmonk_a_running_one_is_paused_and_a_scheduled_one_becomes_a_draft_and_back(
    listmonk: Listmonk,
) -> None:
    listmonk.put("1", "running")
    listmonk.put("2", "scheduled", send_at="2027-01-15T10:00:00Z")
    listmonk.put("3", "running", send_at="2026-10-01T10:00:00Z")  # its date has passed: it is being sent
    for id, paused, resumed in (
        ("1", "paused", "running"),
        ("2", "draft", "scheduled"),
        ("3", "paused", "scheduled"),
    ):
        run(listmonk.connector.pause(id))
        assert listmonk.rows[id]["status"] == paused
        assert run(listmonk.connector.read_state(id)) is PAUSED
        run(listmonk.connector.resume(id, None))
        assert listmonk.rows[id]["status"] == resumed  # whatever the answer says
        assert run(listmonk.connector.read_state(id)) is RUNNING


def test_listmonk_a_draft_whose_date_was_taken_away_is_not_started(listmonk: Listmonk) -> None:
    listmonk.put("1", "scheduled", send_at="2027-01-15T10:00:00Z")
    run(listmonk.connector.pause("1"))
    listmonk.rows["1"]["send_at"] = None
    assert isinstance(trouble(listmonk.connector.resume("1", None)), Refused)
    assert listmonk.rows["1"]["status"] == "draft"


@pytest.mark.parametrize(
    ("status", "counts", "backlog"),
    [
        ("paused", (1000, 400), Backlog(BacklogKind.REST, 600)),
        ("paused", (400, 1000), Backlog(BacklogKind.REST, 0)),
        ("paused", (0, 0), Backlog(BacklogKind.REST)),
        ("paused", (None, "7"), Backlog(BacklogKind.REST)),
        ("draft", (0, 0), Backlog(BacklogKind.RUNS)),
        ("cancelled", (10, 5), Backlog(BacklogKind.UNKNOWN)),
    ],
)
def test_listmonk_says_what_a_resume_would_release(
    listmonk: Listmonk, status: str, counts: tuple[Any, Any], backlog: Backlog
) -> None:
    listmonk.put("1", status, to_send=counts[0], sent=counts[1])
    assert run(listmonk.connector.backlog("1")) == backlog
    assert run(listmonk.connector.backlog("2")) == Backlog(BacklogKind.UNKNOWN)


def test_listmonk_the_account_is_the_tags_or_the_messengers(listmonk: Listmonk) -> None:
    for id, account, messenger in (
        ("1", None, "whatsapp"),
        ("2", OTHER, "other-gateway"),
        ("3", ACCOUNT, "whatsapp"),
        ("4", OTHER, "whatsapp"),  # tag and messenger name two numbers
        ("5", None, "other-gateway"),
    ):
        listmonk.put(id, "running", account, messenger=messenger)
    found = run(listmonk.connect(numbers={"whatsapp": ACCOUNT}).list())
    assert [one.account for one in found] == [ACCOUNT, OTHER, ACCOUNT, None, None]


def test_listmonk_newsletters_by_mail_are_left_out_unless_people_say_otherwise(listmonk: Listmonk) -> None:
    for id, account, messenger in (
        ("1", None, "email"),
        ("2", None, "email-office"),
        ("3", ACCOUNT, "email"),
        ("4", None, "email"),
        ("5", None, "whatsapp"),
    ):
        listmonk.put(id, "running", account, messenger=messenger)
    found = run(listmonk.connect(accounts={"4": ACCOUNT}).list())
    assert [one.id for one in found] == ["3", "4", "5"]


# Mautic


def test_mautic_all_pages_are_read_and_nothing_is_an_empty_array(mautic: Mautic) -> None:
    assert run(mautic.connector.list()) == []
    for number in range(1, 6):
        mautic.put(str(number), "running")
    assert [one.id for one in run(mautic.connector.list())] == ["1", "2", "3", "4", "5"]


def test_mautic_a_pause_keeps_the_events(mautic: Mautic) -> None:
    mautic.put("1", "running")
    events = list(mautic.rows["1"]["events"])
    run(mautic.connector.pause("1"))
    run(mautic.connector.resume("1", None))
    assert mautic.rows["1"]["events"] == events
    assert {method for method, _ in mautic.calls} == {"PATCH"}


def test_mautic_lists_what_may_send_messages_and_what_is_marked(mautic: Mautic) -> None:
    mautic.put("1", "running", None, type="campaign.sendwebhook")
    mautic.put("2", "running", None, type="sms.send_text_sms")
    mautic.put("3", "running", None, type="plugin.whatsapp.send")
    mautic.put("4", "running", None, type="email.send")
    mautic.put("5", "running", ACCOUNT, type="email.send")
    mautic.put("6", "running", None, type="email.send")
    mautic.rows["6"]["category"] = {"id": 1, "title": f"account: {ACCOUNT}"}
    mautic.rows["1"]["events"] = {"7": {"type": "campaign.sendwebhook"}}  # by id, as some versions do
    found = {one.id: one.account for one in run(mautic.connector.list())}
    assert found == {"1": None, "2": None, "3": None, "5": ACCOUNT, "6": ACCOUNT}


def test_mautic_tells_who_changed_it_and_that_a_backlog_waits(mautic: Mautic) -> None:
    mautic.put("1", "paused")
    (one,) = run(mautic.connector.list())
    assert (one.changed_by, one.changed_at and one.changed_at.isoformat()) == (
        "Anna",
        "2026-11-02T10:00:00+00:00",
    )
    assert run(mautic.connector.backlog("1")) == Backlog(BacklogKind.MESSAGES)
    assert mautic.connector.capabilities.goes_on is GoesOn.RUNNING


OAUTH = {"kind": "oauth2_client"}


def test_mautic_a_token_is_asked_for_once_and_again_when_it_ran_out(mautic: Mautic) -> None:
    mautic.put("1", "running")
    connector = mautic.connect(auth=OAUTH)
    assert run(connector.read_state("1")) is RUNNING
    run(connector.pause("1"))
    assert mautic.given == 1
    mautic.tokens.clear()
    run(connector.resume("1", None))
    assert (mautic.kept("1"), mautic.given) == (True, 2)


def test_mautic_a_token_that_is_refused_is_asked_for_no_third_time(mautic: Mautic) -> None:
    mautic.put("1", "running")
    connector = mautic.connect(auth=OAUTH)
    run(connector.read_state("1"))
    mautic.trusts = lambda headers: False  # type: ignore[method-assign]
    error = trouble(connector.pause("1"))
    assert isinstance(error, Refused) and "valid secret" in error.mend
    assert mautic.given == 2


@pytest.mark.parametrize(
    "body", [b"<html>", b"{}", b'{"access_token": 7}', b'{"access_token": "two\\nlines"}']
)
def test_mautic_without_a_usable_token_nothing_is_called(mautic: Mautic, body: bytes) -> None:
    mautic.scripted = [Scripted(200, body=body)]
    assert "gives no token" in trouble(mautic.connect(auth=OAUTH).pause("1")).what
    assert [path for _, path in mautic.calls] == ["/oauth/v2/token"]


def test_mautic_wrong_client_credentials_are_refused_and_not_repeated(mautic: Mautic) -> None:
    mautic.answer = lambda *asked: (400, {"error": f"invalid client {KEY}"})  # type: ignore[method-assign]
    connector = mautic.connect(auth=OAUTH)
    error = trouble(connector.list())
    assert isinstance(error, Refused)
    assert KEY not in str(error) + repr(connector) + repr(connector.__dict__)


# Chatwoot


def test_chatwoot_a_pause_moves_the_date_and_a_resume_brings_it_back(chatwoot: Chatwoot) -> None:
    chatwoot.put("1", "running", at=1798000000)
    (before,) = run(chatwoot.connector.list())
    assert before.version == "1798000000"
    run(chatwoot.connector.pause("1"))
    assert (chatwoot.rows["1"]["scheduled_at"], chatwoot.rows["1"]["campaign_status"]) == (FAR, "active")
    (paused,) = run(chatwoot.connector.list())
    assert (paused.state, paused.version) == (PAUSED, None)
    run(chatwoot.connector.resume("1", before.version))
    assert chatwoot.rows["1"]["scheduled_at"] == 1798000000
    assert chatwoot.connector.capabilities.restores_version


@pytest.mark.parametrize("version", [None, "", "yesterday", "9" * 30])
def test_chatwoot_without_the_old_date_nothing_is_resumed(chatwoot: Chatwoot, version: str | None) -> None:
    chatwoot.put("1", "paused")
    assert isinstance(trouble(chatwoot.connector.resume("1", version)), Refused)
    assert chatwoot.rows["1"]["scheduled_at"] == FAR


def test_chatwoot_a_new_date_that_a_person_gave_is_not_overwritten(chatwoot: Chatwoot) -> None:
    chatwoot.put("1", "running", at=1800000000)
    run(chatwoot.connector.resume("1", "1798000000"))
    assert chatwoot.rows["1"]["scheduled_at"] == 1800000000


def test_chatwoot_a_disabled_campaign_still_runs(chatwoot: Chatwoot) -> None:
    chatwoot.put("1", "running")
    chatwoot.rows["1"]["enabled"] = False
    assert run(chatwoot.connector.read_state("1")) is RUNNING


def test_chatwoot_what_is_being_sent_runs_wherever_its_date_was_moved_and_cannot_be_paused(
    chatwoot: Chatwoot,
) -> None:
    chatwoot.put("1", "processing", at=FAR)
    (one,) = run(chatwoot.connector.list())
    assert (one.state, one.pausable) == (RUNNING, False)
    assert isinstance(trouble(chatwoot.connector.pause("1")), Refused)
    assert chatwoot.connector.capabilities.goes_on is GoesOn.RUNNING


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("completed", CampaignState.DONE),
        ("paused by a fork", UNKNOWN),
        ("draft", UNKNOWN),
        ("failed", UNKNOWN),
    ],
)
def test_chatwoot_states_of_forks_are_unknown(chatwoot: Chatwoot, status: str, state: CampaignState) -> None:
    chatwoot.put("1", status, at=FAR)
    assert run(chatwoot.connector.read_state("1")) is state


def test_chatwoot_lists_one_off_campaigns_that_may_be_whatsapp(chatwoot: Chatwoot) -> None:
    chatwoot.put("1", "running")
    chatwoot.put("2", "running", channel_type="Channel::Sms")
    chatwoot.put("3", "running", channel_type="Channel::Api", phone_number=None)  # how gateways are joined
    chatwoot.put("4", "running")
    chatwoot.rows["4"]["campaign_type"] = "ongoing"
    chatwoot.put("5", "running", channel_type="Channel::Sms")
    found = run(chatwoot.connect(accounts={"5": ACCOUNT}).list())
    assert [(one.id, one.account) for one in found] == [("1", ACCOUNT), ("3", None), ("5", ACCOUNT)]


def test_chatwoot_a_resume_may_start_it_at_once(chatwoot: Chatwoot) -> None:
    chatwoot.put("1", "paused")
    assert run(chatwoot.connector.backlog("1")) == Backlog(BacklogKind.RUNS)


def test_chatwoot_rules_that_send_nothing_are_left_out(rules: ChatwootRules) -> None:
    rules.put("1", "running", None)
    rules.put("2", "running", None, does="assign_agent")
    rules.put("3", "running", None, does="send_webhook_event")
    assert [one.id for one in run(rules.connector.list())] == ["1", "3"]
