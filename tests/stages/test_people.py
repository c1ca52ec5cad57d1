"""What people decide: approvals of what the guard stopped, holds, the switches."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.slack_server import SlackServer
from tests.stages.company import OFFERS, OPERATORS, SHOP, Company, berlin, key

from sendepause import people, tell
from sendepause import questions as asking
from sendepause.errors import BadInput
from sendepause.guard import plan_hash
from sendepause.model import Plan
from sendepause.store import database

WINTER = key("winter")


@pytest.fixture
def acting(company: Company) -> Company:
    """The campaigns were looked at, then acting was switched on."""
    company.enforce("2019-12-03T09:00")
    people.switch_acting(company.installation, True, "anna")
    return company


def surprised(company: Company, moment: str, many: int = 4) -> dict[str, object]:
    """So many campaigns that nobody announced turn up at once."""
    company.at(moment)
    for place in range(many):
        company.set_campaign(f"new{place}", "running", sender=(SHOP, OFFERS)[place % 2])
    return company.enforce()


def running(company: Company) -> list[str]:
    return sorted(id for id, state in company.states().items() if state == "running" and id != "booking")


class TestSwitchingOn:
    def test_it_approves_the_plan_that_is_shown_by_its_hash(self, company: Company) -> None:
        company.enforce("2019-12-06T09:00")
        company.lay_machine(OFFERS, company.clock())
        settings, _ = company.installation.read_settings()
        shown = people.stages.show(company.installation, settings, company.clock())
        entry = people.switch_acting(company.installation, True, "anna")
        assert entry.facts["plan_hash"] == plan_hash(shown.plan)
        assert len(entry.facts["items"]) == 2
        counts = company.enforce()
        assert counts["acted_paused"] == 2
        assert entry.author == "anna"

    def test_what_came_after_it_is_not_approved(self, company: Company) -> None:
        company.enforce("2019-12-06T09:00")
        people.switch_acting(company.installation, True, "anna")
        counts = surprised(company, "2019-12-06T09:10")
        assert (counts["acted_paused"], counts["waiting"]) == (2, 4)


class TestTheGuard:
    def test_few_new_ones_go_through(self, acting: Company) -> None:
        surprised(acting, "2019-12-06T09:00", many=1)
        assert running(acting) == []

    def test_a_surprise_waits_as_a_whole_and_people_are_asked(
        self, acting: Company, slack: SlackServer
    ) -> None:
        acting.connect_slack(slack)
        counts = surprised(acting, "2019-12-06T09:00")
        assert (counts["newly_stopped"], counts["waiting"], counts.get("acted_paused", 0)) == (6, 6, 0)
        assert len(running(acting)) == 6
        questions = asking.questions(acting.installation)
        assert {question["key"] for question in questions} == {WINTER, key("battery")} | {
            key(f"new{n}") for n in range(4)
        }
        assert "Pause this campaign?" in questions[0]["subject"]
        for said in ("WhatsApp greift durch: noch ", "Es sind zu viele neue Pausen auf einmal", "**Warten**"):
            assert said in questions[0]["body"]
        for said in ("WhatsApp takes action: ", "Too many new pauses at once", "**Owner:** "):
            assert said in questions[0]["body"]
        tell.alert(acting.installation, acting.clock())
        assert OPERATORS in {message["channel"] for message in slack.messages}

        again = acting.enforce("2019-12-06T09:10")
        assert (again["newly_stopped"], again["waiting"]) == (0, 6), "asked once"
        assert len(asking.questions(acting.installation, counts["stopped_items"])) == 6
        assert asking.questions(acting.installation, again["stopped_items"]) == []

    def test_an_approval_under_a_name_lets_exactly_that_pass(self, acting: Company) -> None:
        surprised(acting, "2019-12-06T09:00")
        people.approve(acting.installation, key("new1"), "ben")
        acting.enforce("2019-12-06T09:10")
        assert acting.states()["new1"] == "paused"
        assert len(running(acting)) == 5
        assert [entry.author for entry in acting.entries("approve")] == ["ben"]

    def test_a_whole_plan_is_approved_by_the_beginning_of_its_hash(self, acting: Company) -> None:
        surprised(acting, "2019-12-06T09:00")
        with database.session(acting.installation.engine, write=False) as session:
            latest = people.queries.latest_plan(session)
        assert latest is not None
        with pytest.raises(BadInput, match="waits for approval"):
            people.approve(acting.installation, f"plan:{latest.hash[:4]}", "ben")
        assert len(people.approve(acting.installation, f"plan:{latest.hash[:12]}", "ben")["approved"]) == 6
        acting.enforce("2019-12-06T09:10")
        assert running(acting) == []

    def test_an_approval_does_not_follow_a_campaign_to_another_account(self, acting: Company) -> None:
        surprised(acting, "2019-12-06T09:00")
        question = next(q for q in asking.questions(acting.installation) if q["key"] == key("new1"))
        acting.set_campaign("new1", "running", sender=SHOP)
        people.approve(acting.installation, key("new1"), "ben", item=question["item"])
        counts = acting.enforce("2019-12-06T09:10")
        assert acting.states()["new1"] == "running"
        assert counts["newly_stopped"] == 1, "that is another question"

    def test_nobody_answers_and_the_default_applies_twelve_hours_before(self, acting: Company) -> None:
        surprised(acting, "2019-12-06T09:00")
        acting.enforce("2019-12-06T11:50")
        assert len(running(acting)) == 6
        acting.enforce("2019-12-06T12:00")
        assert running(acting) == []

    def test_where_the_operators_chose_to_wait_nothing_is_taken_for_a_yes(self, acting: Company) -> None:
        acting.configure(guard={"default": "wait"})
        surprised(acting, "2019-12-06T09:00")
        acting.enforce("2019-12-06T23:50")
        assert len(running(acting)) == 6

    def test_a_stop_inside_the_last_hours_is_answered_before_the_date(self, acting: Company) -> None:
        acting.enforce("2019-12-06T13:00")
        surprised(acting, "2019-12-06T22:30")
        assert len(running(acting)) == 4
        acting.enforce("2019-12-06T23:20")
        assert len(running(acting)) == 4
        acting.enforce("2019-12-06T23:30")
        assert running(acting) == []

    def test_after_the_date_a_known_kind_surprises_nobody(self, acting: Company) -> None:
        surprised(acting, "2019-12-07T09:00")
        assert running(acting) == []

    def test_after_the_date_the_default_waits_each_time_anew(self, acting: Company) -> None:
        """Also where the same campaign had been approved before it moved to another account."""
        acting.configure(guard={"surprises": 0}, pause_business_app=True)
        next(a for a in acting.files["accounts.yaml"]["accounts"] if a["number"] == SHOP)["declared_kind"] = (
            "business_app"
        )
        acting.configure()
        acting.enforce("2019-12-07T08:00")
        people.approve(acting.installation, WINTER, "ben")
        acting.enforce("2019-12-07T08:10")
        assert acting.states()["winter"] == "paused"

        account = dict(acting.files["accounts.yaml"]["accounts"][0], number="+494066969105", name="Second")
        acting.files["accounts.yaml"]["accounts"].append(account)
        acting.configure()
        acting.set_campaign("winter", "running", sender="+494066969105")
        for stopped, default in (
            ("2019-12-07T09:00", "2019-12-07T11:00"),
            ("2019-12-08T09:00", "2019-12-08T11:00"),
        ):
            acting.at(stopped)
            acting.set_campaign("winter", "running")
            assert acting.enforce()["newly_stopped"] == 1
            acting.enforce(berlin(default) - timedelta(minutes=10))
            assert acting.states()["winter"] == "running"
            acting.enforce(default)
            assert acting.states()["winter"] == "paused"

    def test_what_nobody_knows_cannot_be_approved(self, acting: Company) -> None:
        with pytest.raises(BadInput, match="Nothing was approved"):
            people.approve(acting.installation, key("nothing"), "ben")


class TestHalt:
    def test_in_the_middle_of_a_run_it_stops_what_was_not_begun(self, acting: Company) -> None:
        """The switch is read from the store before every call."""
        acting.at("2019-12-06T09:00")
        settings = acting.installation.settings_in_force()
        stages = people.stages
        connectors = stages.connect_all(settings)
        stages.look_at_systems(acting.installation, settings, connectors, acting.clock())
        shown = stages.decide(acting.installation, settings, acting.clock())
        first, second = (d for d in shown.plan.decisions if d.act == "pause")
        one = stages.replace(shown, plan=Plan(shown.plan.as_of, (first,)))
        stages.act(acting.installation, settings, connectors, one, acting.clock())
        people.switch_halt(acting.installation, True, "ben")
        rest = stages.act(acting.installation, settings, connectors, shown, acting.clock())
        assert [str(outcome.result) for outcome in rest] == ["stopped", "stopped"]
        assert acting.states()[first.subject.rpartition("/")[2]] == "paused"
        assert acting.states()[second.subject.rpartition("/")[2]] == "running"
        assert acting.kinds(second.subject.rpartition("/")[2]) == []


class TestHolds:
    UNTIL = berlin("2019-12-04T12:00")

    def ask(self, company: Company, author: str = "anna") -> str:
        company.at("2019-12-03T10:00")
        entry = people.ask_hold(company.installation, "crm/winter", self.UNTIL, "last week", author)
        return f"hold:{entry.seq}"

    def test_asked_for_it_does_nothing_yet_and_the_operators_are_asked(
        self, acting: Company, slack: SlackServer
    ) -> None:
        acting.connect_slack(slack)
        self.ask(acting)
        acting.enforce()
        assert acting.plan(acting.clock())[WINTER]["act"] == "warn"
        tell.alert(acting.installation, acting.clock())
        hold = [m for m in slack.messages if "Hold requested" in m["text"]]
        assert [message["channel"] for message in hold] == [OPERATORS]
        assert "last week" in hold[0]["text"]

    def test_nobody_grants_their_own(self, acting: Company) -> None:
        hold = self.ask(acting, "Anna")
        with pytest.raises(BadInput, match="own hold"):
            people.approve(acting.installation, hold, " anna ")
        assert acting.plan(acting.clock())[WINTER]["act"] == "warn"

    def test_granted_by_another_it_holds_and_ends_by_itself(self, acting: Company) -> None:
        hold = self.ask(acting)
        people.approve(acting.installation, hold, "ben")
        assert acting.plan(acting.clock())[WINTER]["act"] == "hold"
        with pytest.raises(BadInput, match="No 'hold:"):
            people.approve(acting.installation, hold, "carla")
        acting.enforce(self.UNTIL - timedelta(minutes=1))
        assert acting.states()["winter"] == "running"
        after = acting.plan(self.UNTIL)[WINTER]
        assert (after["act"], "hold_over" in after["reasons"]) == ("warn", True)
        acting.enforce("2019-12-06T00:00")
        assert acting.states()["winter"] == "paused"

    def test_on_a_personal_account_it_ends_two_days_before_whatever_was_asked(self, acting: Company) -> None:
        acting.at("2019-12-03T10:00")
        entry = people.ask_hold(acting.installation, WINTER, berlin("2019-12-31T00:00"), "all year", "anna")
        people.approve(acting.installation, f"hold:{entry.seq}", "ben")
        assert acting.plan(berlin("2019-12-04T23:59"))[WINTER]["act"] == "hold"
        assert acting.plan(berlin("2019-12-05T00:00"))[WINTER]["act"] == "warn"

    def test_one_that_is_over_before_anybody_granted_it_is_asked_for_no_longer(
        self, acting: Company, slack: SlackServer
    ) -> None:
        acting.connect_slack(slack)
        hold = self.ask(acting)
        acting.enforce("2019-12-04T12:00")
        tell.alert(acting.installation, acting.clock())
        assert not [m for m in slack.messages if "Hold requested" in m["text"]]
        with pytest.raises(BadInput, match="Waiting: none"):
            people.approve(acting.installation, hold, "ben")

    @pytest.mark.parametrize(
        ("campaign", "until", "reason", "said"),
        [
            ("crm/nothing", "2019-12-04T00:00", "why", "no campaign"),
            ("crm/winter", "2019-12-03T09:59", "why", "in the future"),
            ("crm/winter", "2019-12-04T00:00", "  ", "needs a reason"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, acting: Company, campaign: str, until: str, reason: str, said: str
    ) -> None:
        acting.at("2019-12-03T10:00")
        with pytest.raises(BadInput, match=said):
            people.ask_hold(acting.installation, campaign, berlin(until), reason, "anna")
        assert acting.entries("hold_asked") == []
