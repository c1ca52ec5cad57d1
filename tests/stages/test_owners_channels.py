"""What an owner's channel holds: one thread, quiet nights, and one alert for a sick source."""

from __future__ import annotations

import pytest
from tests.slack_server import SlackServer
from tests.stages.company import NORTH, OPERATORS, SHOP, SOUTH, Company, said

from sendepause import people, stages, tell
from sendepause.store import database, queries


def run(company: Company, moment: str) -> None:
    company.enforce(moment)
    tell.alert(company.installation, company.clock())


def root(slack: SlackServer, channel: str) -> dict[str, object]:
    begun = {message.get("thread_ts") for message in slack.messages if message["channel"] == channel}
    (found,) = [m for m in slack.messages if m["channel"] == channel and m["ts"] in begun]
    return found


@pytest.fixture
def acting(company: Company, slack: SlackServer) -> Company:
    people.switch_acting(company.installation, True, "anna")
    company.connect_slack(slack)
    return company


class TestTheThread:
    def test_all_of_an_enforcement_is_one_thread_and_its_beginning_changes(
        self, acting: Company, slack: SlackServer
    ) -> None:
        run(acting, "2019-11-20T09:00")
        before = str(root(slack, NORTH)["text"])
        assert "Shop" in before
        assert "pausiert" not in before.lower().split("shop")[0].split("\n")[-1]
        run(acting, "2019-12-02T09:00")
        tell.alert(acting.installation, acting.clock())
        begins = root(slack, NORTH)
        assert begins["text"] != before
        replies = [m for m in said(slack) if m["channel"] == NORTH]
        assert len(replies) == 2
        assert {m["thread_ts"] for m in replies} == {begins["ts"]}

    def test_it_lists_the_owners_own_accounts_alone(self, acting: Company, slack: SlackServer) -> None:
        run(acting, "2019-11-20T09:00")
        assert "Offers" not in str(root(slack, NORTH)["blocks"])
        assert "Shop" not in str(root(slack, SOUTH)["blocks"])

    def test_nothing_is_changed_while_nothing_changes(self, acting: Company, slack: SlackServer) -> None:
        for minute in range(0, 60, 10):
            run(acting, f"2019-11-20T09:{minute:02}")
        assert slack.counts().get("chat.update", 0) <= 2, "once, by the plan of the first run, for each owner"


class TestQuietTimes:
    def test_a_pause_at_midnight_is_told_in_the_morning(self, acting: Company, slack: SlackServer) -> None:
        acting.configure(alerts={"quiet_from": "20:00", "quiet_until": "07:00"})
        run(acting, "2019-11-29T12:00")
        run(acting, "2019-12-02T00:10")
        assert acting.states()["winter"] == "paused", "pausing knows no quiet time"
        assert not [m for m in said(slack) if m["text"].startswith("Pausiert")]
        run(acting, "2019-12-02T07:00")
        assert [m["channel"] for m in said(slack) if m["text"].startswith("Pausiert")] == [NORTH]

    def test_in_the_night_before_the_date_it_is_told_at_once(
        self, acting: Company, slack: SlackServer
    ) -> None:
        acting.configure(alerts={"quiet_from": "20:00", "quiet_until": "07:00"})
        run(acting, "2019-12-06T00:00")
        assert [m["channel"] for m in said(slack) if m["text"].startswith("Pausiert")] == [NORTH]


class TestASickSource:
    def test_it_is_one_alert_and_no_owner_hears_of_missing_data(
        self, acting: Company, slack: SlackServer
    ) -> None:
        acting.files["sources.yaml"]["sources"][0]["account"] = SHOP
        acting.configure()
        acting.at("2019-12-03T09:00")
        stages.read(acting.installation, acting.clock())
        with database.session(acting.installation.engine) as session:
            queries.set_health(session, "source:tool", False, acting.clock(), "no answer")
        stages.audit(acting.installation, acting.clock())
        run(acting, "2019-12-03T09:10")
        no_data = [
            m for m in said(slack) if m["text"].startswith(("Keine aktuellen Daten", "No current data"))
        ]
        assert all(m["channel"] != NORTH or "Shop" not in m["text"] for m in no_data)
        assert [m for m in said(slack) if m["channel"] == OPERATORS and "tool" in m["text"]]

        with database.session(acting.installation.engine) as session:
            queries.set_health(session, "source:tool", True, acting.clock())
        run(acting, "2019-12-04T09:00")
        told = [m for m in said(slack) if m["channel"] == NORTH and m["text"].startswith("Keine")]
        assert any("Shop" in m["text"] for m in told), "well again and no data: now its owner is asked"


def test_a_closed_channel_is_told_to_the_operators_before_anything_is_owed_to_it(
    acting: Company, slack: SlackServer
) -> None:
    slack.set_channel(SOUTH, is_archived=True)
    acting.at("2019-10-01T09:00")  # nothing is owed to owners yet
    tell.alert(acting.installation, acting.clock())
    run(acting, "2019-10-01T09:10")
    (told,) = [m for m in slack.messages if m["channel"] == OPERATORS]
    assert SOUTH in told["text"]
    assert "is_archived" in told["text"]
