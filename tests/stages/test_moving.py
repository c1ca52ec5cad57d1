"""The way back: what we paused runs again where the account moved, data prove it, and a person says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.campaigns import n8n_api
from tests.campaigns.api import Api, Scripted, serve
from tests.campaigns.tools import Waha, running
from tests.slack_server import SlackServer
from tests.stages.company import NORTH, SHOP, Company, key
from tests.stages.neighbours import (
    SECOND_RULE,
    alerts,
    declare,
    minutes,
    platform,
    record,
    told,
    with_mailer,
    with_n8n,
    with_second_rule,
    with_waha,
)

from sendepause import people, stages, watching
from sendepause import questions as asking
from sendepause.errors import BadInput
from sendepause.model import Stage

WINTER = key("winter")


@pytest.fixture
def paused(company: Company) -> Company:
    """Acting; everything on personal accounts was paused in the last hours."""
    company.enforce("2019-12-05T09:00")
    people.switch_acting(company.installation, True, "anna")
    company.enforce("2019-12-06T09:00")
    assert company.states()["winter"] == "paused"
    return company


@pytest.fixture
def moved(paused: Company) -> Iterator[Company]:
    """The shop's number is on the Platform now, declared and shown by Meta."""
    declare(paused, SHOP, "business_platform")
    with platform(paused, SHOP):
        yield paused


def kinds(company: Company, subject: str = WINTER) -> list[str]:
    return [str(entry.kind) for entry in company.entries() if entry.subject == subject]


class TestProved:
    def test_it_is_offered_told_and_waits_for_a_person(self, moved: Company, slack: SlackServer) -> None:
        moved.connect_slack(slack)
        told(moved, slack, NORTH)
        counts = moved.enforce("2019-12-06T09:10")
        assert (counts["resume"], counts["waiting"], counts["newly_stopped"]) == (1, 1, 1)
        (owner,) = told(moved, slack, NORTH)
        assert "Winter tyres" in owner
        assert alerts(moved, Stage.MOVED) == [(WINTER, "operators"), (WINTER, "owner")]
        for _ in range(40):
            minutes(moved, 10)
            again = moved.enforce()
        assert (again["newly_stopped"], again["waiting"]) == (0, 1)
        assert "acted_resumed" not in again
        assert moved.states()["winter"] == "paused", "nothing is switched on without a person"
        assert told(moved, slack, NORTH) == []

    def test_no_default_ever_answers_in_a_persons_place(self, moved: Company) -> None:
        for moment in ("2019-12-06T23:50", "2019-12-07T00:00", "2019-12-07T12:00", "2019-12-20T12:00"):
            moved.enforce(moment)
        assert moved.states()["winter"] == "paused"

    def test_approved_it_runs_at_the_next_run_and_is_told_once(
        self, moved: Company, slack: SlackServer
    ) -> None:
        moved.connect_slack(slack)
        moved.enforce("2019-12-06T09:10")
        (question,) = asking.questions(moved.installation)
        people.approve(moved.installation, question["key"], "ben", item=question["item"])
        assert moved.states()["winter"] == "paused"
        assert moved.enforce("2019-12-06T09:20")["acted_resumed"] == 1
        assert moved.states()["winter"] == "running"
        assert moved.states()["battery"] == "paused", "only the account that moved"
        for _ in range(3):
            minutes(moved, 10)
            moved.enforce()
            told(moved, slack, NORTH)
        assert alerts(moved, Stage.RESUMED) == [(WINTER, "owner")]
        assert sum(m["text"].startswith("Wieder freigegeben") for m in slack.messages) == 1
        assert kinds(moved)[-3:] == ["approve", "resume_intent", "resumed"]

    def test_a_webhook_of_the_platform_proves_it_too(self, paused: Company) -> None:
        declare(paused, SHOP, "business_platform")
        paused.enforce("2019-12-06T09:10")
        assert paused.plan(paused.clock())[WINTER]["reasons"] == ["platform_allowed", "move_unproven"]
        sources = paused.files["sources.yaml"]["sources"]
        sources.append({"id": "hooks", "kind": "cloud_api_webhook", "location": "hooks", "time_zone": "UTC"})
        paused.configure()
        (paused.data / "hooks").mkdir()
        (paused.data / "hooks" / "one.jsonl").write_text(json.dumps(_webhook(SHOP, paused)) + "\n")
        minutes(paused, 10)
        stages.read(paused.installation, paused.clock())
        paused.enforce()
        assert paused.plan(paused.clock())[WINTER]["act"] == "resume"

    def test_a_session_that_is_still_logged_in_disproves_it(self, moved: Company) -> None:
        moved.enforce("2019-12-06T09:10")
        people.approve(moved.installation, WINTER, "ben")
        waha = Waha()
        waha.put("shop", "running", account=None, me=f"{SHOP.removeprefix('+')}@c.us")
        with running(waha):
            with_waha(moved, waha)
            moved.enforce("2019-12-06T09:20")
            shown = moved.plan(moved.clock())[WINTER]
            assert (shown["act"], shown["facts"]["kind"]) == ("none", "personal")
            assert moved.states()["winter"] == "paused"
            assert (f"account:{SHOP}", "operators") in alerts(moved, Stage.CONTRADICTION)

    def test_a_halt_stops_it_before_the_call(self, moved: Company) -> None:
        moved.enforce("2019-12-06T09:10")
        people.approve(moved.installation, WINTER, "ben")
        people.switch_halt(moved.installation, True, "carla")
        assert moved.enforce("2019-12-06T09:20")["acted_stopped"] == 1
        assert moved.states()["winter"] == "paused"
        assert "resume_intent" not in kinds(moved)
        people.switch_halt(moved.installation, False, "carla")
        assert moved.enforce("2019-12-06T09:30")["acted_resumed"] == 1

    def test_an_account_that_moved_back_before_the_run_stays_paused(self, moved: Company) -> None:
        moved.enforce("2019-12-06T09:10")
        people.approve(moved.installation, WINTER, "ben")
        declare(moved, SHOP, "personal")
        moved.enforce("2019-12-06T09:20")
        assert moved.states()["winter"] == "paused"


class TestWhatIsApproved:
    def test_a_second_pause_needs_a_second_approval(self, moved: Company) -> None:
        moved.enforce("2019-12-06T09:10")
        people.approve(moved.installation, WINTER, "ben")
        moved.enforce("2019-12-06T09:20")
        declare(moved, SHOP, "personal")
        moved.enforce("2019-12-06T09:30")
        assert record(moved, WINTER).episode == 2
        assert moved.states()["winter"] == "paused"
        declare(moved, SHOP, "business_platform")
        counts = moved.enforce("2019-12-06T09:40")
        assert (counts["newly_stopped"], "acted_resumed" in counts) == (1, False)
        assert moved.states()["winter"] == "paused"
        people.approve(moved.installation, WINTER, "ben")
        assert moved.enforce("2019-12-06T09:50")["acted_resumed"] == 1

    def test_the_question_of_an_earlier_pause_approves_nothing_of_a_later_one(self, moved: Company) -> None:
        moved.enforce("2019-12-06T09:10")
        (question,) = asking.questions(moved.installation)
        moved.set_campaign("winter", "running")
        declare(moved, SHOP, "personal")
        moved.enforce("2019-12-06T09:20")
        moved.enforce("2019-12-06T09:30")
        declare(moved, SHOP, "business_platform")
        people.approve(moved.installation, WINTER, "ben", item=question["item"])
        assert "acted_resumed" not in moved.enforce("2019-12-06T09:40")
        assert moved.states()["winter"] == "paused"

    def test_neither_switching_on_nor_a_plans_hash_approves_a_resume(self, moved: Company) -> None:
        """A hash names pauses; each resume needs an approval of its own."""
        moved.enforce("2019-12-06T09:10")
        people.switch_acting(moved.installation, False, "anna")
        people.switch_acting(moved.installation, True, "anna")
        with stages.database.session(moved.installation.engine, write=False) as session:
            latest = stages.queries.latest_plan(session)
        assert latest is not None
        with pytest.raises(BadInput, match="Nothing was approved"):
            people.approve(moved.installation, f"plan:{latest.hash}", "ben")
        assert "acted_resumed" not in moved.enforce("2019-12-06T09:20")
        assert moved.states()["winter"] == "paused"

    def test_two_rules_paused_it_and_one_approval_is_not_enough(self, company: Company) -> None:
        with_second_rule(company)
        company.configure(guard={"surprises": 4})
        company.enforce("2019-12-05T09:00")
        people.switch_acting(company.installation, True, "anna")
        company.enforce("2019-12-06T09:00")
        company.enforce("2019-12-06T09:10")
        assert record(company, WINTER).status == record(company, WINTER, SECOND_RULE).status == "paused"
        declare(company, SHOP, "business_platform")
        with platform(company, SHOP):
            company.enforce("2019-12-06T09:20")
            first, second = asking.questions(company.installation)
            assert first["item"] != second["item"]
            people.approve(company.installation, WINTER, "ben", item=first["item"])
            counts = company.enforce("2019-12-06T09:30")
            assert "acted_resumed" not in counts
            assert company.states()["winter"] == "paused"
            people.approve(company.installation, WINTER, "ben", item=second["item"])
            company.enforce("2019-12-06T09:40")
            assert company.states()["winter"] == "running"
        assert record(company, WINTER).status == record(company, WINTER, SECOND_RULE).status == "resumed"
        assert len(company.entries("resumed", campaign="winter")) == 2
        assert len(alerts(company, Stage.RESUMED, WINTER)) == 2, "one for each rule"


class TestOnlyOurs:
    def test_what_a_person_paused_is_not_ours_to_resume(self, paused: Company) -> None:
        declare(paused, SHOP, "business_platform")
        with platform(paused, SHOP):
            paused.enforce("2019-12-06T09:10")
            assert paused.plan(paused.clock())[key("old")]["act"] == "none"
            assert paused.plan(paused.clock())[WINTER]["act"] == "resume"

    def test_what_a_person_touched_after_our_pause_is_theirs(self, moved: Company) -> None:
        """Switched on and off again between two looks: the rest is theirs now."""
        moved.enforce("2019-12-06T09:10")
        people.approve(moved.installation, WINTER, "ben")
        minutes(moved, 5)
        moved.set_campaign("winter", "paused", by="k.meyer")
        moved.enforce("2019-12-06T09:20")
        assert moved.plan(moved.clock())[WINTER]["reasons"] == ["moved", "touched"]
        assert moved.states()["winter"] == "paused"

    def test_touched_for_one_rule_is_touched_for_both(self, company: Company) -> None:
        """The second rule's pause was completed later; the campaign has one rest."""
        company.enforce("2019-12-05T09:00")
        people.switch_acting(company.installation, True, "anna")
        company.enforce("2019-12-06T09:00")
        with_second_rule(company)
        minutes(company, 30)
        company.set_campaign("winter", "paused", by="k.meyer")
        _second_pause(company)
        declare(company, SHOP, "business_platform")
        with platform(company, SHOP):
            company.enforce("2019-12-06T10:10")
            settings, _ = company.installation.read_settings()
            shown = stages.show(company.installation, settings, company.clock())
        acts = {item["enforcement"]: item["act"] for item in shown.items if item["subject"] == WINTER}
        assert set(acts.values()) == {"none"}, acts

    def test_what_runs_already_needs_no_resume(self, moved: Company) -> None:
        moved.enforce("2019-12-06T09:10")
        people.approve(moved.installation, WINTER, "ben")
        moved.set_campaign("winter", "running", by="k.meyer")
        counts = moved.enforce("2019-12-06T09:20")
        assert "acted_resumed" not in counts
        assert "resumed" not in kinds(moved)


class TestFailing:
    def test_a_refused_resume_is_noted_once_an_hour_and_stays_paused(self, company: Company) -> None:
        with serve() as api, platform(company, SHOP):
            _mailer_paused(company, api)
            people.approve(company.installation, "campaign:mailer/letter", "ben")
            api.scripted = [Scripted(403, method="PUT") for _ in range(20)]
            for moment in ("10:00", "10:10", "10:20", "11:00"):
                counts = company.enforce(f"2019-12-06T{moment}")
                assert counts["acted_not_resumed"] == 1
            assert api.campaigns["letter"]["status"] == "paused"
            api.scripted.clear()
            assert company.enforce("2019-12-06T11:10")["acted_resumed"] == 1
        subject = "campaign:mailer/letter"
        written = [entry for entry in company.entries() if entry.subject == subject]
        assert [str(e.kind) for e in written[-5:]] == [
            "approve", "resume_intent", "not_resumed", "not_resumed", "resumed",
        ]  # fmt: skip
        assert {entry.facts["error"] for entry in written if entry.kind == "not_resumed"} == {"Refused"}

    @pytest.mark.parametrize("by", ["enforce", "watch"])
    def test_a_begun_resume_that_came_true_later_is_known_as_ours(
        self, company: Company, slack: SlackServer, by: str
    ) -> None:
        """The system answered no, or the run was killed, and it runs all the same: nobody undid it."""
        company.connect_slack(slack)
        subject = "campaign:mailer/letter"
        with serve() as api, platform(company, SHOP):
            _mailer_paused(company, api)
            people.approve(company.installation, subject, "ben")
            api.scripted = [Scripted(502, method="PUT") for _ in range(9)]
            company.enforce("2019-12-06T10:00")
            api.scripted.clear()
            assert api.campaigns["letter"]["status"] == "paused"
            api.campaigns["letter"]["status"] = "running"
            company.at("2019-12-06T10:10")
            if by == "watch":
                watching.run(company.installation, company.clock())
            company.enforce()
            told(company, slack, NORTH)
        assert kinds(company, subject)[-2:] == ["not_resumed", "resumed"]
        assert alerts(company, Stage.RESUMED) == [(subject, "owner")]
        assert alerts(company, Stage.UNDONE) == []


class TestTheQuestion:
    def test_it_names_the_version_that_ran_and_what_would_go_out(self, company: Company) -> None:
        with n8n_api.serve() as flows, platform(company, SHOP):
            tags = (f"account:{SHOP}",)
            flow = flows.put("letter", n8n_api.trigger(), n8n_api.sending(), tags=tags)
            ran = flow["activeVersionId"]
            with_n8n(company, flows)
            company.enforce("2019-12-05T09:00")
            people.switch_acting(company.installation, True, "anna")
            company.enforce("2019-12-06T09:00")
            assert not flow["active"]
            flows.edit("letter", n8n_api.trigger(), n8n_api.sending(text="a draft"))
            declare(company, SHOP, "business_platform")
            company.enforce("2019-12-06T09:10")
            question = next(q for q in asking.questions(company.installation) if "flows" in q["key"])
            for said in ("Soll diese Kampagne wieder laufen?", "Should this campaign run again?", ran):
                assert said in question["body"]
            assert "**What goes out then:** " in question["body"]
            people.approve(company.installation, question["key"], "ben", item=question["item"])
            assert company.enforce("2019-12-06T09:20")["acted_resumed"] == 1
            assert flow["activeVersionId"] == ran, "not the draft"

    def test_a_system_that_cannot_be_asked_is_said_to_be_unknown(self, company: Company) -> None:
        with platform(company, SHOP):
            with serve() as api:
                _mailer_paused(company, api)
            (question,) = (q for q in asking.questions(company.installation) if "mailer" in q["key"])
        assert "as it stands in the system now" in question["body"]


def _second_pause(company: Company) -> None:
    """The second rule's pause, as a run that came late wrote it down."""
    now = company.clock()
    with stages.database.session(company.installation.engine) as session:
        for kind in ("intent", "paused"):
            people.ledger.append(
                session,
                at=now,
                as_of=now,
                author="sendepause",
                kind=people.EntryKind(kind),
                subject=WINTER,
                enforcement=SECOND_RULE,
                facts={"episode": 1},
                once=f"{kind}:{SECOND_RULE}:{WINTER}:1",
            )


def _mailer_paused(company: Company, api: Api) -> None:
    """A campaign of the mailer that we paused, on an account that has moved since."""
    api.put("letter", "running", account=SHOP)
    with_mailer(company, api)
    company.enforce("2019-12-05T09:00")
    people.switch_acting(company.installation, True, "anna")
    company.enforce("2019-12-06T09:00")
    declare(company, SHOP, "business_platform")
    company.enforce("2019-12-06T09:10")


def _webhook(number: str, company: Company) -> dict[str, Any]:
    sent = int((company.clock() - timedelta(minutes=5)).timestamp())
    message = {"from": "491713920077", "id": "wamid.1", "timestamp": str(sent), "type": "text"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.removeprefix("+"), "phone_number_id": "1"},
        "messages": [{**message, "text": {"body": "Hello"}}],
    }
    return {"object": "x", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}
