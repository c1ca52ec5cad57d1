"""Who is told what, once, and what a missing Slack means."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.slack_server import SlackServer
from tests.stages.company import NORTH, OFFERS, OPERATORS, SHOP, SOUTH, Company, said

from sendepause import people, stages, tell
from sendepause.alerts import outbox
from sendepause.store import database


def overview(company: Company) -> outbox.Overview:
    with database.session(company.installation.engine, write=False) as session:
        return outbox.overview(session)


def texts(slack: SlackServer, channel: str) -> list[str]:
    """What was said in a channel, without what begins a thread."""
    return [message["text"] for message in said(slack) if message["channel"] == channel]


def run(company: Company, moment: str) -> dict[str, object]:
    """Enforce, then tell."""
    company.enforce(moment)
    return tell.alert(company.installation, company.clock())


@pytest.fixture
def acting(company: Company) -> Company:
    people.switch_acting(company.installation, True, "anna")
    return company


class TestOnce:
    def test_an_owner_is_told_once_across_many_runs(self, acting: Company, slack: SlackServer) -> None:
        acting.connect_slack(slack)
        for minute in range(0, 60, 10):
            run(acting, f"2019-11-20T09:{minute:02}")
        assert Counter(m["channel"] for m in said(slack)) == {NORTH: 1, SOUTH: 1}
        assert "Winter tyres" in texts(slack, NORTH)[0]
        assert "Battery check" in texts(slack, SOUTH)[0]

    def test_two_owners_never_see_each_others_campaigns(self, acting: Company, slack: SlackServer) -> None:
        acting.connect_slack(slack)
        run(acting, "2019-11-20T09:00")
        run(acting, "2019-12-06T09:00")
        assert not [text for text in texts(slack, NORTH) if "Battery" in text]
        assert not [text for text in texts(slack, SOUTH) if "Winter" in text]
        assert "Kampagne" in texts(slack, NORTH)[0], "in each one's language"
        assert "campaign" in texts(slack, SOUTH)[0]

    def test_a_second_pause_is_told_again(self, acting: Company, slack: SlackServer) -> None:
        acting.connect_slack(slack)
        run(acting, "2019-12-06T09:00")
        acting.set_campaign("winter", "running")
        run(acting, "2019-12-06T09:10")
        run(acting, "2019-12-06T09:20")
        run(acting, "2019-12-06T09:40")
        assert acting.kinds("winter") == ["intent", "paused", "undone", "intent", "paused"]
        paused = [text for text in texts(slack, NORTH) if "ausiert" in text.split("\n")[0]]
        assert len(paused) == 2, texts(slack, NORTH)

    def test_acting_off_and_nothing_new_is_announced_to_owners(
        self, company: Company, slack: SlackServer
    ) -> None:
        company.connect_slack(slack)
        run(company, "2019-11-20T09:00")
        assert not texts(slack, NORTH)
        people.switch_acting(company.installation, True, "anna")
        run(company, "2019-11-20T09:10")
        assert len(texts(slack, NORTH)) == 1


class TestWithoutSlack:
    def test_everything_stays_owed_and_nothing_claims_to_be_sent(self, acting: Company) -> None:
        acting.enforce()
        for _ in range(2):
            counts = tell.alert(acting.installation, acting.clock())
            assert counts == {"owed": 2, "sent": 0}
        assert overview(acting).sent == 0
        assert acting.ill()["slack"].startswith("No Slack connection slack_api_default: 2 alerts stay owed")

    def test_so_a_pause_still_comes_with_the_shortened_notice_stated(self, acting: Company) -> None:
        acting.enforce("2019-12-03T09:00")
        assert acting.states()["winter"] == "running", "its owner was told nothing"
        acting.enforce("2019-12-06T09:00")
        assert acting.states()["winter"] == "paused"

    def test_set_later_it_sends_what_is_still_true(self, acting: Company, slack: SlackServer) -> None:
        acting.enforce("2019-11-20T09:00")
        tell.alert(acting.installation, acting.clock())
        acting.enforce("2019-12-06T09:00")
        tell.alert(acting.installation, acting.clock())
        assert not slack.calls
        acting.connect_slack(slack)
        counts = run(acting, "2019-12-06T09:10")
        assert counts["owed"] == 0
        assert len(texts(slack, NORTH)) == 1, "the warning was overtaken by the pause"
        assert texts(slack, NORTH)[0].startswith("Pausiert")
        assert overview(acting).overtaken == 2
        assert "slack" not in acting.ill()

    def test_a_slack_that_is_down_loses_nothing(self, acting: Company, slack: SlackServer) -> None:
        acting.connect_slack(slack)
        slack.fault("500_before", times=100)
        assert run(acting, "2019-11-20T09:00")["sent"] == 0
        assert acting.ill()["slack"]
        slack.faults.clear()
        run(acting, "2019-11-20T09:10")
        run(acting, "2019-11-20T09:20")
        assert Counter(m["channel"] for m in said(slack)) == {NORTH: 1, SOUTH: 1}
        assert overview(acting).owed == 0


class TestDigest:
    def post(self, company: Company, moment: str) -> dict[str, object]:
        return tell.digest(company.installation, company.at(moment))

    def test_daily_from_the_warning_on_and_once_a_day(self, company: Company, slack: SlackServer) -> None:
        company.connect_slack(slack)
        company.enforce()
        for moment in ("2019-11-20T08:00", "2019-11-20T09:00", "2019-11-21T08:00"):
            self.post(company, moment)
        assert [text.splitlines()[0][:32] for text in texts(slack, OPERATORS)] == [
            "Sendepause: how it stands on Wed",
            "Sendepause: how it stands on Thu",
        ]

    def test_on_mondays_while_the_date_is_far(self, company: Company, slack: SlackServer) -> None:
        company.connect_slack(slack)
        assert self.post(company, "2019-10-20T08:00") == {"posted": False}
        assert self.post(company, "2019-10-21T08:00")["sent"] == 1
        assert self.post(company, "2019-10-22T08:00") == {"posted": False}
        assert len(slack.messages) == 1

    def test_it_says_how_it_stands(self, company: Company, slack: SlackServer) -> None:
        company.connect_slack(slack)
        company.lay_machine(OFFERS, company.clock())
        stages.read(company.installation, company.clock())
        stages.audit(company.installation, company.clock())
        company.enforce("2019-12-06T09:00")
        self.post(company, "2019-12-06T09:00")
        (digest,) = [text for text in texts(slack, OPERATORS) if text.startswith("Sendepause:")]
        assert "WhatsApp takes action" in digest
        assert "Pauses that are still owed: 2" in digest
        assert "All sources and campaign systems can be reached." in digest

    def test_without_slack_none_is_kept_for_a_later_day(self, company: Company, slack: SlackServer) -> None:
        self.post(company, "2019-11-20T08:00")
        company.connect_slack(slack)
        self.post(company, "2019-11-21T08:00")
        assert len(slack.messages) == 1


def test_an_announcement_ends_with_acting_and_is_made_anew(acting: Company, slack: SlackServer) -> None:
    """While acting is off, what was announced would not happen; so the next one has its full day again."""
    acting.connect_slack(slack)
    run(acting, "2019-12-02T09:00")
    people.switch_acting(acting.installation, False, "anna")
    run(acting, "2019-12-02T09:10")
    people.switch_acting(acting.installation, True, "anna")
    run(acting, "2019-12-02T09:20")
    assert len(texts(slack, NORTH)) == 1, "half an hour is collected"
    run(acting, "2019-12-02T09:40")
    assert len(texts(slack, NORTH)) == 2
    run(acting, "2019-12-03T09:00")
    assert acting.states()["winter"] == "paused"


def test_an_owner_who_changed_is_told_by_the_configuration_in_force(
    acting: Company, slack: SlackServer
) -> None:
    acting.connect_slack(slack)
    next(a for a in acting.files["accounts.yaml"]["accounts"] if a["number"] == SHOP)["owner"] = "south"
    acting.configure()
    run(acting, "2019-11-20T09:00")
    assert not texts(slack, NORTH)
    assert len(texts(slack, SOUTH)) == 1, "both campaigns in one message"
