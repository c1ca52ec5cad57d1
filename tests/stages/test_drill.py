"""The drill: one campaign paused and resumed by a person's order, and nothing else ever lifted by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.campaigns import n8n_api
from tests.campaigns.api import Api, Scripted, serve
from tests.slack_server import SlackServer
from tests.stages.company import NORTH, OFFERS, OPERATORS, SHOP, Company, key
from tests.stages.neighbours import minutes, told, with_mailer, with_n8n, with_system

from sendepause import people, stages
from sendepause.campaigns.http_api import HttpApi
from sendepause.drill import drill, report, report_or_raise
from sendepause.errors import BadInput, Guarded, Refused, SendepauseError
from sendepause.store import database, queries

LETTER = "campaign:mailer/letter"


class Killed(BaseException):
    """The worker is gone."""


@pytest.fixture
def api() -> Iterator[Api]:
    with serve() as running:
        yield running


@pytest.fixture
def mailing(company: Company, api: Api) -> Company:
    """Weeks before the date, in a rehearsal: a campaign runs in the mailer."""
    api.put("letter", "running", account=OFFERS)
    api.put("other", "running", account=OFFERS)
    with_mailer(company, api)
    company.enforce("2019-11-20T09:00")
    return company


def steps(company: Company, subject: str = LETTER) -> list[dict[str, Any]]:
    return [dict(e.facts) for e in company.entries("drill") if e.subject == subject]


def writes(api: Api) -> list[str]:
    return [path for method, path in api.calls if method != "GET"]


def kill_before_resume(company: Company, api: Api) -> None:
    """A drill whose worker dies after the pause was read back."""
    with company.monkeypatch.context() as patched:
        patched.setattr(HttpApi, "resume", _dies)
        with pytest.raises(Killed):
            drill(company.installation, "mailer/letter", "anna")
    assert api.campaigns["letter"]["status"] == "paused"
    assert [step["step"] for step in steps(company)] == ["pausing"]


async def _dies(self: HttpApi, id: str, version: str | None) -> None:
    raise Killed


def and_then(company: Company, method: str, act: Callable[[], None]) -> None:
    """Something happens right after a call of the mailer's connector has been answered."""
    called = getattr(HttpApi, method)

    async def with_it(self: HttpApi, *args: Any) -> Any:
        answer = await called(self, *args)
        act()
        return answer

    company.monkeypatch.setattr(HttpApi, method, with_it)


class TestARunningCampaign:
    def test_is_paused_and_runs_again_also_in_a_rehearsal(self, mailing: Company, api: Api) -> None:
        done = drill(mailing.installation, "mailer/letter", "anna")
        assert done == {"campaign": LETTER, "paused": True, "resumed": True}
        assert len(writes(api)) == 2
        assert {campaign["status"] for campaign in api.campaigns.values()} == {"running"}
        assert steps(mailing) == [{"step": "pausing"}, {"step": "done", "paused": True, "resumed": True}]
        assert {entry.author for entry in mailing.entries("drill")} == {"anna"}
        assert mailing.entries("intent", "paused") == []
        mailing.enforce("2019-11-20T09:10")
        assert mailing.plan(mailing.clock())[LETTER]["act"] == "warn", "nothing of it is left"

    def test_goes_on_in_the_version_that_ran(self, company: Company) -> None:
        with n8n_api.serve() as flows:
            flow = flows.put("letter", n8n_api.trigger(), n8n_api.sending(), tags=(f"account:{SHOP}",))
            ran = flow["activeVersionId"]
            flows.edit("letter", n8n_api.trigger(), n8n_api.sending(text="a draft"))
            with_n8n(company, flows)
            company.enforce()
            drill(company.installation, "flows/letter", "anna")
            assert (flow["active"], flow["activeVersionId"]) == (True, ran)
        assert steps(company, "campaign:flows/letter")[0]["version"] == ran

    def test_works_in_the_campaign_table_too(self, company: Company) -> None:
        company.enforce()
        assert drill(company.installation, key("winter"), "anna")["resumed"]
        assert company.states()["winter"] == "running"


class TestRefused:
    def test_under_halt(self, mailing: Company, api: Api) -> None:
        people.switch_halt(mailing.installation, True, "ben")
        with pytest.raises(Guarded, match="halt is on"):
            drill(mailing.installation, "mailer/letter", "anna")
        assert not writes(api)
        assert steps(mailing) == []

    def test_for_one_whose_pause_stands_or_is_owed(self, mailing: Company, api: Api) -> None:
        people.switch_acting(mailing.installation, True, "anna")
        mailing.configure(guard={"surprises": 9})
        mailing.enforce("2019-12-06T09:00")
        assert api.campaigns["letter"]["status"] == "paused"
        with pytest.raises(Guarded, match="owed or stands"):
            drill(mailing.installation, "mailer/letter", "anna")
        api.put("third", "running", account=OFFERS)
        api.lies = True
        mailing.enforce("2019-12-06T09:10")
        api.lies = False
        with pytest.raises(Guarded, match="owed or stands"):
            drill(mailing.installation, "mailer/third", "anna")
        assert api.campaigns["letter"]["status"] == "paused"
        assert mailing.entries("drill") == []

    def test_for_one_that_does_not_run(self, mailing: Company, api: Api) -> None:
        api.campaigns["letter"]["status"] = "paused"
        with pytest.raises(BadInput, match="is paused, and a drill needs one that runs"):
            drill(mailing.installation, "mailer/letter", "anna")
        api.campaigns["letter"]["status"] = "melting"
        with pytest.raises(BadInput, match="is unknown"):
            drill(mailing.installation, "mailer/letter", "anna")
        assert not writes(api)
        assert steps(mailing) == []
        assert mailing.ill() == {}, "a wrong choice says nothing of the system"

    def test_for_one_that_nobody_can_pause_from_here(self, company: Company) -> None:
        with_system(company, "app", "business_app", {"accounts": [SHOP]})
        company.connect("app", conn_type="generic")
        company.enforce()
        with pytest.raises(BadInput, match="cannot be paused and resumed without a person"):
            drill(company.installation, f"app/{SHOP}", "anna")
        with pytest.raises(BadInput, match="There is no campaign"):
            drill(company.installation, "app/nothing", "anna")


class TestATokenThatMayNotPause:
    def test_the_campaign_runs_on_and_the_operators_are_told(
        self, mailing: Company, api: Api, slack: SlackServer
    ) -> None:
        mailing.connect_slack(slack)
        told(mailing, slack, OPERATORS)
        api.scripted = [Scripted(403, method="PUT")]
        with pytest.raises(Refused):
            drill(mailing.installation, "mailer/letter", "anna")
        assert api.campaigns["letter"]["status"] == "running"
        assert steps(mailing)[-1] == {"step": "done", "paused": False, "resumed": True}
        assert "403" in mailing.ill()["drill:mailer"]
        mailing.enforce("2019-11-20T09:10")
        (text,) = told(mailing, slack, OPERATORS)
        assert "mailer" in text
        assert "403" in text
        mailing.configure(fresh_days=6)
        mailing.enforce("2019-11-20T09:20")
        assert "drill:mailer" in mailing.ill(), "a new configuration forgets no failed drill"
        assert told(mailing, slack, OPERATORS) == []
        drill(mailing.installation, "mailer/letter", "anna")
        assert mailing.ill() == {}

    def test_one_that_lies_is_found_out(self, mailing: Company, api: Api) -> None:
        api.lies = True
        with pytest.raises(Refused, match="was to have paused"):
            drill(mailing.installation, "mailer/letter", "anna")
        assert "drill:mailer" in mailing.ill()

    def test_one_that_may_pause_and_not_resume_is_told_and_ended_by_the_next_drill(
        self, mailing: Company, api: Api
    ) -> None:
        and_then(mailing, "pause", lambda: api.scripted.append(Scripted(403, method="PUT")))
        with pytest.raises(Refused):
            drill(mailing.installation, "mailer/letter", "anna")
        assert api.campaigns["letter"]["status"] == "paused"
        assert "drill:mailer" in mailing.ill()
        assert drill(mailing.installation, "mailer/letter", "ben")["resumed"]
        assert api.campaigns["letter"]["status"] == "running"
        assert mailing.ill() == {}

    @pytest.mark.parametrize("times", [1, 12])
    def test_one_that_cannot_be_read_is_kept_as_the_systems_health(
        self, mailing: Company, api: Api, times: int
    ) -> None:
        api.scripted = [Scripted(401) for _ in range(times)]
        with pytest.raises(SendepauseError):
            drill(mailing.installation, "mailer/letter", "anna")
        assert "drill:mailer" in mailing.ill()
        assert api.campaigns["letter"]["status"] == "running"


class TestKilled:
    def test_the_operators_are_told_and_the_next_drill_resumes_what_the_first_one_paused(
        self, mailing: Company, api: Api, slack: SlackServer
    ) -> None:
        mailing.connect_slack(slack)
        told(mailing, slack, OPERATORS)
        kill_before_resume(mailing, api)
        mailing.enforce("2019-11-20T09:10")
        (text,) = told(mailing, slack, OPERATORS)
        assert "mailer/letter was begun and has not ended" in text
        assert api.campaigns["letter"]["status"] == "paused"
        assert drill(mailing.installation, "mailer/letter", "ben")["resumed"]
        assert api.campaigns["letter"]["status"] == "running"
        assert [step["step"] for step in steps(mailing)] == ["pausing", "done"]
        assert len(writes(api)) == 2, "it only ended the first one"
        assert mailing.ill() == {}

    def test_a_real_pause_that_came_in_between_is_not_lifted(self, mailing: Company, api: Api) -> None:
        kill_before_resume(mailing, api)
        mailing.configure(guard={"surprises": 9})
        people.switch_acting(mailing.installation, True, "anna")
        api.campaigns["letter"]["status"] = "running"  # a person ends the drill by hand
        mailing.enforce("2019-12-06T09:00")
        assert api.campaigns["letter"]["status"] == "paused"
        with pytest.raises(Guarded):
            drill(mailing.installation, "mailer/letter", "ben")
        assert api.campaigns["letter"]["status"] == "paused"
        assert [step["step"] for step in steps(mailing)] == ["pausing", "done"], "and that drill is over"
        assert mailing.ill() == {}

    def test_one_that_a_person_touched_since_is_theirs(self, company: Company) -> None:
        company.enforce()
        with company.monkeypatch.context() as patched:
            patched.setattr("sendepause.campaigns.sql_table.SqlTable.resume", _dies)
            with pytest.raises(Killed):
                drill(company.installation, key("winter"), "anna")
        minutes(company, 60)
        company.set_campaign("winter", "running")
        company.set_campaign("winter", "paused")
        company.enforce()
        with pytest.raises(Guarded, match="changed by others"):
            drill(company.installation, key("winter"), "ben")
        assert company.states()["winter"] == "paused"

    def test_a_halt_leaves_it_open_and_it_is_ended_after_it(self, mailing: Company, api: Api) -> None:
        and_then(mailing, "pause", lambda: _halt(mailing))
        with pytest.raises(Guarded, match="The campaign stays paused; the next drill of it resumes it"):
            drill(mailing.installation, "mailer/letter", "anna")
        assert len(writes(api)) == 1, "the halt stops it before the next call"
        people.switch_halt(mailing.installation, False, "carla")
        assert drill(mailing.installation, "mailer/letter", "ben")["resumed"]
        assert api.campaigns["letter"]["status"] == "running"


class TestARealPauseDuringADrill:
    def test_is_left_as_it_is_and_said_so(self, mailing: Company, api: Api) -> None:
        """Enforcing had it in its plan, found it at rest, and wrote its own pause down."""
        people.switch_acting(mailing.installation, True, "anna")
        mailing.at("2019-12-06T09:00")
        settings = mailing.installation.settings_in_force()
        connectors = stages.connect_all(settings)
        stages.look_at_systems(mailing.installation, settings, connectors, mailing.clock())
        with database.session(mailing.installation.engine) as session:
            (letter,) = (one for one in queries.campaigns(session) if one.key == LETTER)

        def pause_for_real() -> None:
            now = mailing.clock()
            with database.session(mailing.installation.engine) as session:
                for kind in (people.EntryKind.INTENT, people.EntryKind.PAUSED):
                    people.ledger.append(
                        session,
                        at=now,
                        as_of=now,
                        author="sendepause",
                        kind=kind,
                        subject=letter.key,
                        enforcement="whatsapp-2019",
                    )

        and_then(mailing, "pause", pause_for_real)
        assert drill(mailing.installation, "mailer/letter", "ben")["resumed"] is False
        assert api.campaigns["letter"]["status"] == "paused"
        assert steps(mailing)[-1] == {"step": "done", "paused": True, "resumed": False}


class TestTheReport:
    def test_names_every_system_and_what_is_wrong_by_reading_only(self, mailing: Company, api: Api) -> None:
        found = {one.system: one for one in report(mailing.installation)}
        assert found.keys() == {"crm", "mailer"}
        assert all(one.ok and one.can_pause for one in found.values())
        mailing.connect("mailer", conn_type="http", host=api.url, password="wrong-and-secret")
        shown = [{"system": o.system, "ok": o.ok, "says": o.says} for o in report(mailing.installation)]
        with pytest.raises(Refused, match="mailer") as refused:
            report_or_raise(shown)
        assert "crm" not in str(refused.value)
        assert "wrong-and-secret" not in str(refused.value)
        assert not writes(api)


def _halt(company: Company) -> None:
    people.switch_halt(company.installation, True, "carla")


def test_owners_hear_nothing_of_a_drill(mailing: Company, api: Api, slack: SlackServer) -> None:
    mailing.connect_slack(slack)
    told(mailing, slack, NORTH)
    drill(mailing.installation, "mailer/letter", "anna")
    mailing.enforce("2019-11-20T09:10")
    assert told(mailing, slack, NORTH) == []
