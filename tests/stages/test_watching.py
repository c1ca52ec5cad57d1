"""Whether what should be silent is silent: read again one by one, listened to, and told once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from tests.campaigns import n8n_api
from tests.campaigns.api import Scripted, serve
from tests.slack_server import SlackServer
from tests.stages.company import KEY, NORTH, OFFERS, OPERATORS, SHOP, Company, berlin, key
from tests.stages.neighbours import (
    alerts,
    lay_log,
    minutes,
    record,
    told,
    with_mailer,
    with_n8n,
)

from sendepause import people, stages, tell, watching
from sendepause.errors import BadInput, Guarded
from sendepause.model import Enforcement, Stage
from sendepause.store import database, queries

WINTER, BATTERY, LETTER = key("winter"), key("battery"), "campaign:mailer/letter"
OFFER = "Winter tyres at half price"


@pytest.fixture
def acting(company: Company) -> Company:
    company.enforce("2019-12-02T08:00")
    people.switch_acting(company.installation, True, "anna")
    return company


@pytest.fixture
def paused(acting: Company, slack: SlackServer) -> Company:
    """Announced on Monday, paused on Tuesday, four days before the date."""
    acting.connect_slack(slack)
    acting.enforce("2019-12-02T09:00")
    tell.alert(acting.installation, acting.clock())
    acting.enforce("2019-12-03T09:00")
    tell.alert(acting.installation, acting.clock())
    assert acting.states()["winter"] == "paused"
    return acting


def watch(company: Company, moment: str | datetime | None = None) -> dict[str, object]:
    now = company.clock() if moment is None else company.at(moment)
    return watching.run(company.installation, now)


def rule(on: date, zone: str = "Europe/Berlin") -> Enforcement:
    return Enforcement("rule", {"en": "Rule"}, on, zone, 30, 5, "test")


class TestHowOften:
    HOUR = timedelta(hours=1)

    @pytest.mark.parametrize(
        ("moment", "wanted"),
        [
            ("2019-11-01T12:00", 6 * HOUR),
            ("2019-12-01T23:59", 6 * HOUR),
            ("2019-12-02T00:00", HOUR),
            ("2019-12-05T23:59", HOUR),
            ("2019-12-06T00:00", HOUR / 6),
            ("2019-12-06T23:59", HOUR / 6),
            ("2019-12-07T00:00", HOUR / 6),
            ("2019-12-08T00:00", HOUR / 6),
            ("2019-12-08T00:01", HOUR),
            ("2019-12-14T00:00", HOUR),
            ("2019-12-14T00:01", 6 * HOUR),
        ],
    )
    def test_the_closer_the_date_the_more_often(self, moment: str, wanted: timedelta) -> None:
        assert watching.every([rule(date(2019, 12, 7))], berlin(moment)) == wanted

    @pytest.mark.parametrize(
        ("on", "moment", "wanted"),
        [  # 24 real hours on each side, whatever the clocks show
            (date(2020, 3, 29), "2020-03-30T00:59:00+02:00", HOUR / 6),
            (date(2020, 3, 29), "2020-03-30T01:01:00+02:00", HOUR),
            (date(2020, 3, 30), "2020-03-28T22:59:00+01:00", HOUR),
            (date(2020, 3, 30), "2020-03-28T23:01:00+01:00", HOUR / 6),
            (date(2020, 10, 25), "2020-10-25T22:59:00+01:00", HOUR / 6),
            (date(2020, 10, 25), "2020-10-25T23:01:00+01:00", HOUR),
            (date(2020, 10, 26), "2020-10-25T00:59:00+02:00", HOUR),
            (date(2020, 10, 26), "2020-10-25T01:01:00+02:00", HOUR / 6),
        ],
    )
    def test_days_on_which_the_clocks_change(self, on: date, moment: str, wanted: timedelta) -> None:
        assert watching.every([rule(on)], datetime.fromisoformat(moment)) == wanted

    def test_the_nearest_of_several_dates_decides(self) -> None:
        rules = [rule(date(2020, 6, 1)), rule(date(2019, 12, 7))]
        assert watching.every(rules, berlin("2019-12-06T12:00")) == timedelta(minutes=10)
        assert watching.every([], berlin("2019-12-06T12:00")) == timedelta(hours=6)

    def test_a_run_that_is_not_due_reads_nothing_and_new_findings_are_listened_to_at_once(
        self, paused: Company
    ) -> None:
        assert watch(paused)["due"] is True
        assert watch(paused, "2019-12-03T09:50")["due"] is False
        paused.lay_machine(OFFERS, paused.clock())
        stages.read(paused.installation, paused.clock())
        minutes(paused, 1)
        stages.audit(paused.installation, paused.clock())
        assert watch(paused, "2019-12-03T09:55")["due"] is True
        assert watch(paused, "2019-12-03T10:05")["due"] is False
        assert watch(paused, "2019-12-03T10:55")["due"] is True

    def test_across_midnight_of_the_date_every_tick_looks(self, paused: Company) -> None:
        ticks = [berlin("2019-12-06T23:35") + timedelta(minutes=10 * n) for n in range(6)]
        assert [watch(paused, tick)["due"] for tick in ticks] == [True] * 6

    def test_a_run_for_a_moment_ahead_keeps_no_later_one_from_looking(self, paused: Company) -> None:
        watching.run(paused.installation, paused.clock() + timedelta(hours=20))
        assert watch(paused, "2019-12-03T10:05")["due"] is True

    def test_a_moment_far_from_now_is_refused(self, paused: Company) -> None:
        with pytest.raises(Guarded):
            watching.run(paused.installation, berlin("2019-12-20T12:00"))


class TestReadAgain:
    def test_what_runs_again_is_one_escalation_with_who_and_when(
        self, paused: Company, slack: SlackServer
    ) -> None:
        minutes(paused, 7)
        paused.set_campaign("winter", "running", by="k.meyer")
        when = paused.clock()
        assert watch(paused, "2019-12-03T10:05")["running"] == 1
        (undone,) = paused.entries("undone", campaign="winter")
        assert undone.facts["changed_by"] == "k.meyer"
        assert datetime.fromisoformat(undone.facts["changed_at"]) == when
        (owner,) = told(paused, slack, NORTH)
        assert "k.meyer" in owner
        assert "3. Dezember 2019, 9.07 Uhr, von k.meyer" in owner
        assert [
            text
            for text in (m["text"] for m in slack.messages if m["channel"] == OPERATORS)
            if "k.meyer" in text
        ]
        for hour in range(11, 20):
            paused.enforce(f"2019-12-03T{hour}:00")
            watch(paused, f"2019-12-03T{hour}:05")
            assert told(paused, slack, NORTH) == []
        assert alerts(paused, Stage.UNDONE) == [(WINTER, "operators"), (WINTER, "owner")]
        assert len(paused.entries("undone", campaign="winter")) == 1

    def test_what_the_list_leaves_out_is_read_by_its_id_told_and_paused_again(self, acting: Company) -> None:
        with serve() as api:
            api.put("letter", "running", account=OFFERS)
            api.put("other", "paused", account=OFFERS)
            with_mailer(acting, api)
            acting.enforce("2019-12-06T09:00")
            assert api.campaigns["letter"]["status"] == "paused"
            api.hidden.add("letter")  # somebody archives it, and it goes on later
            acting.enforce("2019-12-06T09:10")
            api.campaigns["letter"]["status"] = "running"
            acting.enforce("2019-12-06T09:20")
            assert "undone" not in _kinds(acting), "no list shows it"
            watch(acting, "2019-12-06T09:25")
            assert _kinds(acting)[-1] == "undone"
            assert alerts(acting, Stage.UNDONE, LETTER) == [(LETTER, "operators"), (LETTER, "owner")]
            acting.enforce("2019-12-06T09:30")
            assert api.campaigns["letter"]["status"] == "paused"
            assert record(acting, LETTER).episode == 2
            watch(acting, "2019-12-06T09:35")
            assert _kinds(acting)[-2:] == ["intent", "paused"]

    def test_an_owed_pause_is_not_forgotten_because_the_list_leaves_it_out(self, acting: Company) -> None:
        with serve() as api:
            api.put("letter", "running", account=OFFERS)
            api.put("other", "paused", account=OFFERS)
            with_mailer(acting, api)
            api.lies = True
            acting.enforce("2019-12-06T09:00")
            assert _kinds(acting) == ["intent", "not_paused"]
            api.hidden.add("letter")
            acting.enforce("2019-12-06T09:10")
            assert acting.plan(acting.clock())[LETTER]["act"] == "pause"
            api.scripted = [Scripted(503) for _ in range(12)]
            acting.enforce("2019-12-06T09:20")
            assert acting.plan(acting.clock())[LETTER]["act"] == "pause", "nor because nobody answers"
            api.scripted.clear()
            api.lies = False
            acting.enforce("2019-12-06T09:30")
            assert api.campaigns["letter"]["status"] == "paused"
            assert _kinds(acting)[-1] == "paused"

    def test_one_that_was_deleted_is_owed_no_longer(self, acting: Company) -> None:
        with serve() as api:
            api.put("letter", "running", account=OFFERS)
            api.put("other", "paused", account=OFFERS)
            with_mailer(acting, api)
            api.lies = True
            acting.enforce("2019-12-06T09:00")
            del api.campaigns["letter"]
            acting.enforce("2019-12-06T09:10")
            assert LETTER not in acting.plan(acting.clock())

    def test_what_a_person_said_is_no_campaign_is_not_read_on(self, acting: Company) -> None:
        with serve() as api:
            api.put("letter", "running", account=OFFERS)
            api.put("other", "paused", account=OFFERS)
            with_mailer(acting, api)
            api.lies = True
            acting.enforce("2019-12-06T09:00")
            acting.files["campaign_systems.yaml"]["campaign_systems"][-1]["accounts"] = {"letter": None}
            acting.configure()
            api.hidden.add("letter")
            acting.enforce("2019-12-06T09:10")
            assert LETTER not in acting.plan(acting.clock())

    def test_one_that_cannot_be_read_is_counted_and_stops_no_other(self, paused: Company) -> None:
        with serve() as api:
            api.put("letter", "running", account=OFFERS)
            with_mailer(paused, api)
            paused.enforce("2019-12-06T09:00")
            api.scripted = [Scripted(503) for _ in range(12)]
            paused.set_campaign("winter", "running")
            counts = watch(paused, "2019-12-06T09:05")
        assert (counts["watched"], counts["running"], counts["unread"]) == (3, 1, 1)
        assert record(paused, WINTER).status == "undone"
        assert record(paused, LETTER).status == "paused", "unread is not undone"

    def test_without_the_key_it_cannot_listen_and_still_says_what_runs(self, paused: Company) -> None:
        paused.disconnect("sendepause_key")
        paused.set_campaign("winter", "running")
        with pytest.raises(BadInput, match="key"):
            watch(paused, "2019-12-03T10:05")
        assert record(paused, WINTER).status == "undone"
        assert alerts(paused, Stage.UNDONE, WINTER)
        paused.connect("sendepause_key", conn_type="generic", password=KEY)
        assert watch(paused, "2019-12-03T10:15")["due"] is True

    @pytest.mark.parametrize("halted", [False, True])
    def test_what_still_runs_after_a_pause_is_ended_unless_the_halt_is_on(
        self, acting: Company, halted: bool
    ) -> None:
        with n8n_api.serve() as flows:
            flows.put("letter", n8n_api.trigger(), n8n_api.sending(), tags=(f"account:{SHOP}",))
            with_n8n(acting, flows)
            acting.enforce("2019-12-06T09:00")
            flows.execute("1", "letter")
            people.switch_halt(acting.installation, halted, "ben")
            watch(acting, "2019-12-06T09:05")
            assert list(flows.executions) == (["1"] if halted else [])
            shown = acting.plan(acting.clock())["campaign:flows/letter"]["reasons"]
            assert ("still_under_way" in shown) is halted

    def test_it_leaves_the_asking_to_enforcing(self, acting: Company) -> None:
        """Whoever notes a question has to ask it; a watch between two runs takes none away."""
        acting.configure(guard={"surprises": 0})
        acting.at("2019-12-06T09:00")
        acting.set_campaign("new", "running", sender=SHOP)
        settings = acting.installation.settings_in_force()
        stages.look_at_systems(acting.installation, settings, stages.connect_all(settings), acting.clock())
        hold = people.ask_hold(acting.installation, "crm/new", berlin("2019-12-30T00:00"), "why", "anna")
        watch(acting)
        counts = acting.enforce()
        assert f"hold:{hold.seq}" in counts["stopped_items"]
        assert acting.plan(acting.clock())[key("new")]["item"] in counts["stopped_items"]


class TestListening:
    """Paused on 3 December; the tool's list shows what it sent before, and what came after."""

    @pytest.fixture
    def heard(self, paused: Company) -> Company:
        before = [(berlin(f"2019-11-{day}T08:00"), 40, OFFER) for day in (26, 28, 29)]
        lay_log(paused, "before.csv", SHOP, *before, quiet_until=berlin("2019-12-02T18:00"))
        return paused

    def listen(self, company: Company, moment: str) -> dict[str, object]:
        company.at(moment)
        stages.read(company.installation, company.clock())
        stages.audit(company.installation, company.clock())
        return watch(company)

    def test_silence_is_confirmed_by_fresh_data_and_told_once(
        self, heard: Company, slack: SlackServer
    ) -> None:
        assert self.listen(heard, "2019-12-04T09:00")["silence_waiting"] == 2
        lay_log(heard, "after.csv", SHOP, quiet_until=berlin("2019-12-06T08:30"))
        told(heard, slack, NORTH)
        assert self.listen(heard, "2019-12-06T09:00")["silence_confirmed"] == 1
        heard.enforce()
        (owner,) = told(heard, slack, NORTH)
        assert "Winter tyres" in owner
        for hour in range(10, 16):
            self.listen(heard, f"2019-12-06T{hour}:05")
            heard.enforce(f"2019-12-06T{hour}:10")
            assert told(heard, slack, NORTH) == []
        assert alerts(heard, Stage.SILENCE_CONFIRMED) == [(WINTER, "owner")]
        (entry,) = heard.entries("silence_confirmed")
        assert (entry.subject, entry.facts["account"]) == (WINTER, SHOP)
        assert heard.plan(heard.clock())[WINTER]["reasons"] == ["not_running", "silence_confirmed"]

    def test_without_fresh_data_the_owner_is_asked_for_an_export_once(
        self, heard: Company, slack: SlackServer
    ) -> None:
        asked = told(heard, slack, NORTH)
        for hour in range(6, 23):
            self.listen(heard, f"2019-12-06T{hour:02}:05")
            heard.enforce(f"2019-12-06T{hour:02}:10")
            asked += told(heard, slack, NORTH)
        assert heard.plan(heard.clock())[WINTER]["reasons"] == ["not_running", "silence_open"]
        assert alerts(heard, Stage.NO_DATA, WINTER) == [(WINTER, "owner")]
        assert sum("Export" in text and "Winter tyres" in text for text in asked) == 1
        assert not heard.entries("silence_confirmed", "sending_seen")

    def test_a_machine_after_the_pause_alarms_owner_and_operators_and_leads_to_a_question(
        self, heard: Company, slack: SlackServer
    ) -> None:
        """All known campaigns are paused, so none of them explains it: which tool sends?"""
        self.listen(heard, "2019-12-04T09:00")
        heard.enforce()
        account = heard.plan(heard.clock())[f"account:{SHOP}"]
        assert account["reasons"] == ["behaves_automated", "campaign_known"], "of the time before"
        told(heard, slack, NORTH)
        again = [(berlin("2019-12-05T08:00"), 40, OFFER)]
        lay_log(heard, "after.csv", SHOP, *again, quiet_until=berlin("2019-12-05T09:00"))
        assert self.listen(heard, "2019-12-05T10:05")["silence_broken"] == 1
        heard.enforce("2019-12-05T10:10")
        assert heard.states()["winter"] == "paused"
        shown = heard.plan(heard.clock())
        assert (shown[WINTER]["act"], shown[WINTER]["reasons"]) == ("ask", ["not_running", "still_sending"])
        assert shown[f"account:{SHOP}"]["reasons"] == ["behaves_automated", "sender_unknown"]
        assert shown[f"account:{SHOP}"]["act"] == "ask"
        assert alerts(heard, Stage.NOT_PAUSED) == [(WINTER, "operators"), (WINTER, "owner")]
        assert {audience for _, audience in alerts(heard, Stage.LAST_CALL)} == {"owner", "operators"}
        texts = told(heard, slack, NORTH)
        assert [text for text in texts if "Winter tyres" in text]
        for hour in range(11, 20):
            self.listen(heard, f"2019-12-05T{hour}:05")
            heard.enforce(f"2019-12-05T{hour}:10")
            assert told(heard, slack, NORTH) == [], "once"
        assert len(heard.entries("sending_seen")) == 1

    def test_an_unknown_tool_with_another_text_is_heard_by_its_rhythm(self, heard: Company) -> None:
        others = [
            (berlin("2019-12-05T08:00") + timedelta(minutes=10 * n), 40, f"Spring offer {n}")
            for n in range(3)
        ]
        lay_log(heard, "after.csv", SHOP, *others, quiet_until=berlin("2019-12-05T10:00"))
        assert self.listen(heard, "2019-12-05T11:05")["silence_broken"] == 1
        (entry,) = heard.entries("sending_seen")
        assert entry.facts["by"] == ["rhythm"]
        assert "sender_unknown" in heard.plan(heard.clock())[f"account:{SHOP}"]["reasons"]


def test_a_pause_that_stands_keeps_nobody_from_being_listened_to_after_a_restart(paused: Company) -> None:
    """What was heard is in the store, so a second process says the same."""
    watch(paused)
    with database.session(paused.installation.engine, write=False) as session:
        beat = queries.heartbeats(session)["watch"]
    assert beat.counts["watched"] == 2


def _kinds(company: Company) -> list[str]:
    return [str(entry.kind) for entry in company.entries() if entry.subject == LETTER]
