"""Holds asked for and approved by another person, what was announced, and dry runs that leave no trace."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from tests.campaigns import n8n_api
from tests.campaigns.api import Api, serve
from tests.campaigns.tools import Waha, running
from tests.slack_server import SlackServer
from tests.stages.company import NORTH, OFFERS, OPERATORS, SHOP, Company, berlin, key
from tests.stages.neighbours import alerts, declare, minutes, platform, told, with_mailer, with_n8n, with_waha

from sendepause import people, stages, tell
from sendepause import questions as asking
from sendepause.alerts import announcements
from sendepause.campaigns.http_api import HttpApi
from sendepause.errors import BadInput
from sendepause.guard import Passage
from sendepause.model import Stage
from sendepause.store import folds

WINTER = key("winter")


@pytest.fixture
def api() -> Iterator[Api]:
    with serve() as running:
        yield running


@pytest.fixture
def acting(company: Company) -> Company:
    company.enforce("2019-11-20T09:00")
    people.switch_acting(company.installation, True, "anna")
    return company


def ask(company: Company, until: str, author: str = "anna", **more: Any) -> str:
    entry = people.ask_hold(company.installation, "crm/winter", berlin(until), "the move", author, **more)
    return f"hold:{entry.seq}"


class TestHolds:
    def test_enforcing_says_once_whom_to_ask(self, acting: Company) -> None:
        hold = ask(acting, "2019-12-01T12:00")
        counts = acting.enforce("2019-11-20T09:10")
        assert (counts["stopped_items"], counts["newly_stopped"]) == ([hold], 1)
        assert acting.enforce("2019-11-20T09:20")["stopped_items"] == []

    def test_asked_again_under_the_same_name_it_is_the_same_one(self, acting: Company) -> None:
        hold = ask(acting, "2019-12-01T12:00", request="manual__1")
        acting.at("2019-12-02T09:00")
        assert ask(acting, "2019-12-01T12:00", request="manual__1") == hold, "also when it is over by then"
        assert len(acting.entries("hold_asked")) == 1

    def test_one_name_stands_for_one_campaign(self, acting: Company) -> None:
        ask(acting, "2019-12-01T12:00", request="manual__1")
        more = {"until": berlin("2019-12-01T12:00"), "reason": "why", "author": "anna"}
        with pytest.raises(BadInput, match="for another campaign"):
            people.ask_hold(acting.installation, "crm/battery", request="manual__1", **more)
        assert len(acting.entries("hold_asked")) == 1

    def test_whoever_has_another_person_asked_says_so(self, acting: Company) -> None:
        ask(acting, "2019-12-01T12:00", request="manual__1", asks=True)
        assert acting.enforce("2019-11-20T09:10")["stopped_items"] == []
        from_slack = ask(acting, "2019-12-01T12:00", author="slack:U0ERIKA", request="slack:V0FORM")
        assert acting.enforce("2019-11-20T09:20")["stopped_items"] == [from_slack]

    def test_the_question_is_for_another_person_and_says_all_that_counts(self, acting: Company) -> None:
        hold = ask(acting, "2019-12-01T12:00")
        (question,) = asking.questions(acting.installation, acting.enforce()["stopped_items"])
        assert (question["key"], question["item"]) == (hold, "")
        for said in ("Winter tyres", "the move", "anna", "Sunday, 1 December 2019", "48 hours", "48 Stunden"):
            assert said in question["body"]
        with pytest.raises(BadInput, match="own hold"):
            people.approve(acting.installation, question["key"], " ANNA", item=question["item"])
        assert people.approve(acting.installation, question["key"], "ben", item="") == {"approved": [hold]}
        assert asking.questions(acting.installation) == []
        acting.enforce("2019-11-20T09:10")
        assert acting.plan(acting.clock())[WINTER]["act"] == "hold"

    def test_the_owner_is_told_that_it_is_granted_and_a_day_before_its_end_once(
        self, acting: Company, slack: SlackServer
    ) -> None:
        acting.connect_slack(slack)
        people.approve(acting.installation, ask(acting, "2019-11-25T12:00"), "ben")
        acting.enforce("2019-11-20T09:10")
        told(acting, slack, NORTH)
        assert alerts(acting, Stage.HOLD_GRANTED) == [(WINTER, "owner")]
        acting.enforce("2019-11-24T11:50")
        assert told(acting, slack, NORTH) == []
        for moment in ("2019-11-24T12:00", "2019-11-24T18:00", "2019-11-25T11:50"):
            acting.enforce(moment)
            tell.alert(acting.installation, acting.clock())
        assert alerts(acting, Stage.HOLD_ENDS) == [(WINTER, "owner")]
        texts = [m["text"] for m in slack.messages if m["channel"] == NORTH]
        assert sum("25. November 2019, 12 Uhr" in text for text in texts) == 2
        acting.enforce("2019-11-25T12:00")
        assert acting.plan(acting.clock())[WINTER]["act"] == "warn", "it ended by itself"

    def test_of_a_second_hold_its_own_end_is_told(self, acting: Company, slack: SlackServer) -> None:
        people.approve(acting.installation, ask(acting, "2019-11-22T12:00"), "ben")
        acting.enforce("2019-11-23T12:00")
        acting.connect_slack(slack)
        people.approve(acting.installation, ask(acting, "2019-11-30T12:00"), "ben")
        acting.enforce("2019-11-23T12:10")
        (text,) = told(acting, slack, NORTH)
        assert "30. November" in text
        assert "22. November" not in text

    def test_the_margin_before_the_date_ends_it_and_tells_that_end(
        self, acting: Company, slack: SlackServer
    ) -> None:
        acting.connect_slack(slack)
        people.approve(acting.installation, ask(acting, "2019-12-31T12:00"), "ben")
        acting.enforce("2019-12-04T23:50")
        assert acting.plan(acting.clock())[WINTER]["act"] == "hold"
        assert any("5. Dezember 2019, 0 Uhr" in text for text in told(acting, slack, NORTH))
        acting.enforce("2019-12-05T00:00")
        assert "hold_over" in acting.plan(acting.clock())[WINTER]["reasons"]
        acting.enforce("2019-12-06T00:00")
        assert acting.states()["winter"] == "paused"

    def test_granted_between_decision_and_call_it_stops_that_one_order(
        self, acting: Company, api: Api
    ) -> None:
        """The mailer is paused first; while it answers, somebody grants the hold."""
        with_mailer(acting, api)
        api.put("letter", "running", account=OFFERS)
        with SlackServer() as slack:
            acting.connect_slack(slack)
            acting.enforce("2019-12-02T09:00")
            tell.alert(acting.installation, acting.clock())
        acting.disconnect("slack_api_default")
        hold = ask(acting, "2019-12-04T12:00")
        settings = acting.installation.settings_in_force()
        connectors = stages.connect_all(settings)
        acting.at("2019-12-03T09:00")
        stages.look_at_systems(acting.installation, settings, connectors, acting.clock())
        shown = stages.decide(acting.installation, settings, acting.clock())
        assert shown.items
        people.approve(acting.installation, hold, "ben")
        outcomes = stages.act(acting.installation, settings, connectors, shown, acting.clock())
        results = {outcome.order.campaign.key: str(outcome.result) for outcome in outcomes}
        assert results == {WINTER: "stopped", key("battery"): "paused", "campaign:mailer/letter": "paused"}
        assert acting.kinds("winter")[-1] == "hold_asked"
        counts = acting.enforce("2019-12-03T09:10")
        assert (counts["hold"], acting.states()["winter"]) == (1, "running")


class TestWhatWasAnnounced:
    def announced(self, company: Company) -> list[dict[str, Any]]:
        return [dict(entry.facts) for entry in company.entries("announced")]

    def test_a_sent_message_freezes_its_pauses_with_their_hash_once(
        self, acting: Company, slack: SlackServer
    ) -> None:
        acting.connect_slack(slack)
        acting.enforce("2019-12-02T09:00")
        item = stages.guard.item(_decision(acting, WINTER))
        for _ in range(3):
            tell.alert(acting.installation, acting.clock())
            minutes(acting, 10)
            acting.enforce()
        found = self.announced(acting)
        assert len(found) == 2, "one for each owner's message"
        (own,) = (facts for facts in found if item in facts["items"])
        assert own["hash"] == hashlib.sha256("\n".join(own["items"]).encode()).hexdigest()
        acting.enforce("2019-12-03T09:00")
        assert acting.states()["winter"] == "paused"

    def test_nothing_is_announced_before_slack_has_taken_it(
        self, acting: Company, slack: SlackServer
    ) -> None:
        acting.connect_slack(slack)
        slack.fault("500_before", times=100)
        acting.enforce("2019-12-02T09:00")
        tell.alert(acting.installation, acting.clock())
        assert self.announced(acting) == []

    @pytest.mark.parametrize("how", ["answer lost", "killed"])
    def test_what_slack_has_and_we_did_not_write_down_is_looked_up_and_frozen_then(
        self, acting: Company, slack: SlackServer, how: str
    ) -> None:
        acting.connect_slack(slack)
        acting.enforce("2019-12-02T09:00")
        with acting.monkeypatch.context() as patched:
            if how == "killed":
                patched.setattr(announcements, "note", _dies)
                with pytest.raises(KeyboardInterrupt):
                    tell.alert(acting.installation, acting.clock())
            else:
                slack.fault("drop_after", times=2)
                tell.alert(acting.installation, acting.clock())
        for _ in range(3):
            minutes(acting, 5)
            tell.alert(acting.installation, acting.clock())
        named = [m for m in slack.messages if "Winter tyres" in m["text"]]
        assert len(named) == 1, "never sent twice"
        items = [item for facts in self.announced(acting) for item in facts["items"]]
        assert len(items) == len(set(items)) == 2

    def test_another_account_was_not_announced(self, acting: Company, slack: SlackServer) -> None:
        acting.connect_slack(slack)
        acting.enforce("2019-12-02T09:00")
        tell.alert(acting.installation, acting.clock())
        assert self.passage(acting, "2019-12-03T08:50") is Passage.ANNOUNCED
        acting.set_campaign("winter", "running", sender=OFFERS)
        acting.enforce("2019-12-03T09:00")
        assert acting.states()["winter"] == "running", "its new owner was told nothing yet"
        assert acting.plan(acting.clock())[WINTER]["reasons"][-1] == "notice_first"
        tell.alert(acting.installation, acting.clock())
        acting.enforce("2019-12-04T00:00")
        assert acting.states()["winter"] == "paused"

    def test_another_kind_was_not_announced_and_is_announced_anew(
        self, acting: Company, slack: SlackServer
    ) -> None:
        """Told that it is not paused, its owner has to hear that now it is."""
        acting.connect_slack(slack)
        declare(acting, SHOP, "business_app")
        acting.enforce("2019-12-02T09:00")
        told(acting, slack, NORTH)
        acting.enforce("2019-12-03T09:00")
        assert acting.states()["winter"] == "running"
        declare(acting, SHOP, "personal")
        acting.enforce("2019-12-03T09:10")
        assert acting.states()["winter"] == "running", "not without notice"
        assert acting.plan(acting.clock())[WINTER]["reasons"][-1] == "notice_first"
        assert [text for text in told(acting, slack, NORTH) if "Winter tyres" in text]
        acting.enforce("2019-12-04T00:00")
        assert acting.states()["winter"] == "paused"

    def passage(self, company: Company, moment: str) -> Passage:
        settings, _ = company.installation.read_settings()
        shown = stages.show(company.installation, settings, berlin(moment))
        item = next(item for item in shown.items if item["subject"] == WINTER)
        return Passage(item["passage"])


class TestTheGuard:
    def surprised(self, company: Company, moment: str, many: int = 4) -> dict[str, Any]:
        company.at(moment)
        for place in range(many):
            company.set_campaign(f"new{place}", "running", sender=SHOP)
        return company.enforce()

    def test_what_waits_is_told_once_more_as_a_whole_six_hours_before_the_default(
        self, acting: Company, slack: SlackServer
    ) -> None:
        acting.connect_slack(slack)
        self.surprised(acting, "2019-12-06T00:00")
        told(acting, slack, OPERATORS)
        rule = ("enforcement:whatsapp-2019", "operators")
        acting.enforce("2019-12-06T05:50")
        assert rule not in alerts(acting, Stage.GUARD_STOPPED)
        for moment in ("06:00", "06:10", "11:50"):
            acting.enforce(f"2019-12-06T{moment}")
            texts = told(acting, slack, OPERATORS)
            assert len(texts) == (moment == "06:00"), texts
        assert alerts(acting, Stage.GUARD_STOPPED).count(rule) == 1
        acting.enforce("2019-12-06T12:00")
        assert "running" not in {acting.states()[f"new{n}"] for n in range(4)}

    def test_what_turns_up_while_a_batch_is_carried_out_is_judged_before_it_is_touched(
        self, acting: Company, api: Api
    ) -> None:
        with_mailer(acting, api)
        acting.set_campaign("battery", "paused")
        api.put("letter", "running", account=OFFERS)

        def four_more() -> None:
            for place in range(4):
                api.put(f"new{place}", "running", account=OFFERS)

        _and_then(acting, "pause", four_more)
        counts = acting.enforce("2019-12-06T09:00")
        assert (counts["acted_paused"], counts["newly_stopped"], counts["waiting"]) == (2, 4, 4)
        assert [api.campaigns[f"new{n}"]["status"] for n in range(4)] == ["running"] * 4

    def test_a_halt_in_the_middle_of_a_batch_stops_the_rest_of_it(self, acting: Company, api: Api) -> None:
        with_mailer(acting, api, at_once=1)
        for id in ("winter", "battery"):
            acting.set_campaign(id, "paused")
        for place in range(3):
            api.put(f"letter{place}", "running", account=OFFERS)
        _and_then(acting, "pause", lambda: people.switch_halt(acting.installation, True, "carla"))
        counts = acting.enforce("2019-12-06T09:00")
        assert (counts["acted_paused"], counts["acted_stopped"]) == (1, 2)
        assert sorted(c["status"] for c in api.campaigns.values()) == ["paused", "running", "running"]
        assert len([call for call in api.calls if call[0] == "PUT"]) == 1
        assert len(acting.entries("paused")) == 1
        assert alerts(acting, Stage.NOT_PAUSED) == [], "a halt is no trouble of the system"


class TestDryRun:
    def test_it_looks_shows_and_leaves_no_trace(self, acting: Company, api: Api) -> None:
        with_mailer(acting, api)
        with platform(acting, SHOP) as graph:
            acting.enforce("2019-12-05T09:00")
            declare(acting, SHOP, "business_platform")
            api.put("letter", "running", account=OFFERS)
            acting.at("2019-12-06T09:00")
            ask(acting, "2019-12-31T12:00")
            before, files = _dump(acting), sorted(acting.data.rglob("*"))
            api.calls.clear()
            counts = acting.enforce(dry_run=True)
            assert counts["only_shown"] is True
            assert counts["pause"] == 2, "with what nobody has written down yet"
            assert {method for method, _ in api.calls} == {"GET"}
            assert not graph.writes
        assert _dump(acting) == before
        assert sorted(acting.data.rglob("*")) == files
        assert acting.states()["winter"] == "running"

    def test_on_an_empty_store_too_with_the_directories_of_the_gateways(self, company: Company) -> None:
        """The first thing that anybody tries: what would happen?"""
        waha = Waha()
        waha.put("shop", "running", account=None, me=f"{SHOP.removeprefix('+')}@c.us")
        with running(waha), n8n_api.serve() as flows:
            node = n8n_api.sending(f"{waha.url}/api/sendText", session="shop")
            flows.put("letter", n8n_api.trigger(), node)
            with_waha(company, waha)
            with_n8n(company, flows)
            before = _dump(company)
            company.at("2019-12-06T09:00")
            shown = stages.rehearse(company.installation, company.clock())
            assert {method for method, _ in [*waha.calls, *flows.calls]} == {"GET"}
        flow = next(item for item in shown.items if item["subject"] == "campaign:flows/letter")
        assert (flow["account"], flow["act"], flow["passage"]) == (SHOP, "pause", "waits_inferred")
        assert _dump(company) == before

    def test_a_system_that_is_away_changes_nothing_either(self, acting: Company, api: Api) -> None:
        with_mailer(acting, api)
        api.put("letter", "running", account=OFFERS)
        acting.enforce("2019-12-05T09:00")
        acting.disconnect("mailer")
        before = _dump(acting)
        acting.at("2019-12-06T09:00")
        assert acting.enforce(dry_run=True)["pause"] == 3
        assert _dump(acting) == before


async def _answered(called: Any, self: HttpApi, args: tuple[Any, ...], act: Callable[[], None]) -> Any:
    answer = await called(self, *args)
    act()
    return answer


def _and_then(company: Company, method: str, act: Callable[[], None]) -> None:
    """Something happens right after a call of the mailer's connector has been answered, each time."""
    called = getattr(HttpApi, method)
    company.monkeypatch.setattr(HttpApi, method, lambda self, *args: _answered(called, self, args, act))


def _decision(company: Company, subject: str) -> Any:
    settings, _ = company.installation.read_settings()
    shown = stages.show(company.installation, settings, company.clock())
    return next(decision for decision in shown.plan.decisions if decision.subject == subject)


def _dies(*_: Any) -> None:
    raise KeyboardInterrupt


def _dump(company: Company) -> list[Any]:
    with closing(sqlite3.connect(company.folder / "store.db")) as connection:
        return list(connection.iterdump())


def test_an_announcement_is_an_entry_that_the_folds_know(acting: Company, slack: SlackServer) -> None:
    acting.connect_slack(slack)
    acting.enforce("2019-12-02T09:00")
    tell.alert(acting.installation, acting.clock())
    assert len(folds.announced(acting.entries())) == 2
