"""The run's clock decides: plans of 2019, replays, rehearsals, sandboxes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.slack_server import SlackServer
from tests.stages.company import NORTH, OFFERS, OPERATORS, SHOP, SOUTH, Company, berlin, key, said

from sendepause import people, stages, status, tell
from sendepause.store import database, queries

WINTER = key("winter")


def channels(slack: SlackServer) -> set[str]:
    return {message["channel"] for message in slack.messages}


@pytest.mark.parametrize(
    ("moment", "phase", "act", "reasons"),
    [
        ("2019-11-06T23:59", "announced", "none", ["not_yet"]),
        ("2019-11-20T09:00", "warning", "warn", ["automated_on_personal"]),
        ("2019-12-02T00:00", "pausing", "warn", ["automated_on_personal", "notice_first"]),
        ("2019-12-06T23:59", "pausing", "pause", ["automated_on_personal", "short_notice"]),
        ("2019-12-07T00:00", "in_force", "pause", ["automated_on_personal", "date_passed"]),
    ],
)
def test_the_plan_of_a_moment(
    company: Company, moment: str, phase: str, act: str, reasons: list[str]
) -> None:
    company.enforce("2019-11-01T09:00")
    decision = company.plan(berlin(moment))[WINTER]
    assert (decision["phase"], decision["act"]) == (phase, act)
    assert [reason for reason in decision["reasons"] if reason in reasons] == reasons
    assert company.plan(berlin(moment))[key("booking")]["act"] == "none", "allowed on the Platform"


def test_a_replay_of_2019_shows_its_plan_after_everything_was_paused_today(
    company: Company, slack: SlackServer
) -> None:
    company.connect_slack(slack)
    company.at("2026-11-20T09:00")
    people.switch_acting(company.installation, True, "anna")
    company.enforce()
    assert company.states()["winter"] == "paused"
    tell.alert(company.installation, company.clock())
    company.set_campaign("battery", "paused", by="k.meyer")
    ledger, sent, moment = company.entries(), len(slack.messages), berlin("2026-11-20T09:00")

    replayed = stages.enforce(company.installation, berlin("2019-12-06T23:59"))
    assert replayed["only_shown"] is True
    assert "owed" not in replayed, "so no asset event is emitted"
    assert "newly_stopped" not in replayed
    assert replayed["pause"] == 2
    plan = company.plan(berlin("2019-12-06T23:59"))
    assert plan[WINTER]["act"] == "pause"
    assert company.plan(company.clock())[WINTER]["reasons"] == ["not_running"]
    assert company.plan(berlin("2019-11-20T09:00"))[WINTER]["act"] == "warn"
    assert company.entries() == ledger
    assert len(slack.messages) == sent
    with database.session(company.installation.engine, write=False) as session:
        assert queries.heartbeats(session)["enforce"].as_of == moment


def test_a_replay_sees_no_finding_that_was_made_later(company: Company) -> None:
    company.at("2026-11-20T09:00")
    company.lay_machine(OFFERS, company.clock())
    stages.read(company.installation, company.clock())
    stages.audit(company.installation, company.clock())
    now, then = company.plan(company.clock()), company.plan(berlin("2019-11-20T09:00"))
    assert now[f"account:{OFFERS}"]["facts"]["verdict"] == "automated"
    assert then[f"account:{OFFERS}"]["reasons"] == ["not_audited"]


def test_a_rehearsal_shows_everything_calls_nothing_and_tells_owners_nothing(
    company: Company, slack: SlackServer
) -> None:
    company.connect_slack(slack)
    counts = company.enforce("2019-12-03T09:00")
    assert counts["warn"] == 2
    tell.alert(company.installation, company.clock())
    assert not channels(slack) & {NORTH, SOUTH}

    counts = company.enforce("2019-12-05T23:00")
    assert "acted_stopped" not in counts, (
        "25 hours before: the owner was told nothing yet, so no pause is due"
    )
    tell.alert(company.installation, company.clock())
    assert not slack.messages

    counts = company.enforce("2019-12-06T00:00")
    assert (counts["pause"], counts["acted_stopped"]) == (2, 2)
    assert company.states()["winter"] == "running"
    assert company.kinds("winter") == []
    tell.alert(company.installation, company.clock())
    assert channels(slack) == {OPERATORS}
    assert "acting is still switched off" in said(slack)[0]["text"]
    told = len(slack.messages)
    company.enforce("2019-12-06T00:10")
    tell.alert(company.installation, company.clock())
    assert len(slack.messages) == told, "once"


def test_a_halt_that_is_still_on_alarms_exactly_so(company: Company, slack: SlackServer) -> None:
    company.connect_slack(slack)
    people.switch_acting(company.installation, True, "anna")
    people.switch_halt(company.installation, True, "ben")
    company.enforce("2019-12-06T08:00")
    tell.alert(company.installation, company.clock())
    assert any("acting is still switched off" in m["text"] for m in slack.messages)
    assert company.states()["winter"] == "running"
    people.switch_halt(company.installation, False, "ben")
    company.enforce("2019-12-06T08:10")
    assert company.states()["winter"] == "paused"


def test_dry_run_only_shows(company: Company) -> None:
    people.switch_acting(company.installation, True, "anna")
    company.enforce()
    before = company.entries()
    counts = company.enforce("2019-12-06T08:00", dry_run=True)
    assert (counts["pause"], counts["only_shown"]) == (2, True)
    assert "owed" not in counts
    assert company.entries() == before
    assert company.states()["winter"] == "running"


def test_the_filter_of_accounts_narrows_what_is_done_and_never_what_is_seen(company: Company) -> None:
    people.switch_acting(company.installation, True, "anna")
    counts = company.enforce("2019-12-06T08:00", accounts=[SHOP])
    assert company.states()["winter"] == "paused"
    assert company.states()["battery"] == "running"
    assert (counts["acted_paused"], counts["pause"]) == (1, 1)
    shown = company.enforce(dry_run=True, accounts=[OFFERS])
    assert (shown["decisions"], shown["pause"]) == (2, 1), "its campaign and itself"


class TestSandbox:
    def acts(self, company: Company) -> bool:
        company.at("2026-11-20T09:00")
        counts = stages.enforce(company.installation, berlin("2019-12-06T23:00"))
        return "only_shown" not in counts

    @pytest.fixture(autouse=True)
    def sandbox(self, company: Company) -> None:
        company.configure(sandbox=True)
        people.switch_acting(company.installation, True, "anna")

    def test_a_file_below_the_data_folder_may_be_acted_on(self, company: Company) -> None:
        assert self.acts(company)
        assert company.states()["winter"] == "paused"
        tell.alert(company.installation, berlin("2019-12-06T23:00"))

    def test_what_lies_elsewhere_is_only_shown(self, company: Company, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere.sqlite"
        elsewhere.write_bytes(company.crm.read_bytes())
        company.connect("crm", conn_type="sqlite", host=str(elsewhere))
        assert not self.acts(company)
        with pytest.raises(stages.Guarded):
            tell.alert(company.installation, berlin("2019-12-06T23:00"))

    @pytest.mark.parametrize(
        ("connection", "harmless"),
        [
            ({"conn_type": "http", "host": "http://127.0.0.1:5678"}, True),
            ({"conn_type": "http", "host": "http://[::1]:5678/api"}, True),
            ({"conn_type": "http", "host": "localhost", "port": 5678}, True),
            ({"conn_type": "http", "host": "https://crm.example.com"}, False),
            ({"conn_type": "http", "host": "https://127.0.0.1@crm.example.com"}, False),
            ({"conn_type": "http", "host": "https://localhost.example.com"}, False),
            ({"conn_type": "postgres", "host": "127.0.0.1,crm.example.com"}, False),
            ({"conn_type": "postgres", "host": "postgresql://127.0.0.1/crm?host=crm.example.com"}, False),
            ({"conn_type": "sqlite", "host": "../elsewhere.sqlite"}, False),
            ({"conn_type": "sqlite", "host": "sqlite:////srv/crm.sqlite"}, False),
            ({"conn_type": "http"}, False),
        ],
    )
    def test_only_loopback_counts_as_harmless(
        self, company: Company, connection: dict[str, object], harmless: bool
    ) -> None:
        company.connect("crm", **connection)
        company.at("2026-11-20T09:00")
        settings, _ = company.installation.read_settings()
        assert stages.may_act(company.installation, settings, berlin("2019-12-06T23:00")) is harmless

    def test_a_system_without_its_connection_is_not_known_to_be_harmless(self, company: Company) -> None:
        company.disconnect("crm")
        assert not self.acts(company)


class TestStatus:
    def level(self, company: Company) -> tuple[int, str]:
        found = status.status(company.installation)
        return int(found.level), " ".join(found.why)

    def well(self, company: Company) -> None:
        """Slack there, sources read, acting on."""
        company.lay_machine(OFFERS, company.clock())
        stages.read(company.installation, company.clock())
        people.switch_acting(company.installation, True, "anna")

    def test_enforcing_that_never_ran_is_a_risk(self, company: Company) -> None:
        assert self.level(company) == (2, "Enforcing has never run.")

    def test_all_well(self, company: Company) -> None:
        self.well(company)
        company.enforce()
        assert self.level(company) == (0, "")

    def test_enforcing_that_is_late_is_a_risk(self, company: Company) -> None:
        self.well(company)
        company.enforce()
        company.at(company.clock() + timedelta(minutes=30))
        assert self.level(company)[0] == 0
        company.at(company.clock() + timedelta(seconds=31))
        assert self.level(company) == (2, "Enforcing last came to its end 31 minutes ago.")

    def test_a_pause_that_is_owed_is_a_risk_once_hours_are_short(self, company: Company) -> None:
        self.well(company)
        company.enforce()
        people.switch_halt(company.installation, True, "ben")
        company.enforce("2019-12-06T00:00")
        level, why = self.level(company)
        assert (level, "2 pause(s) are owed" in why, "halted" in why) == (2, True, True)

    def test_what_is_ill_wants_attention(self, company: Company) -> None:
        self.well(company)
        company.disconnect("crm")
        company.enforce()
        assert self.level(company) == (1, "system:crm is ill.")

    def test_numbers_are_there_for_the_monitor(self, company: Company) -> None:
        self.well(company)
        company.enforce("2019-12-06T12:00")
        told = status.status(company.installation).json()
        assert told["hours_left"] == {"whatsapp-2019": 12.0}
        assert (told["acting"], told["halted"], told["pauses_owed"]) == (True, False, 0)
