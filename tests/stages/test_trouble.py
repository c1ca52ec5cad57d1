"""What is broken stops nothing else, is told, and is made good."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from tests.campaigns.api import KEY as API_KEY
from tests.campaigns.api import Api, serve
from tests.campaigns.grounds import HTTP_SETTINGS
from tests.slack_server import SlackServer
from tests.stages.company import NORTH, OFFERS, OPERATORS, SHOP, Company, key

from sendepause import people, stages, status, tell
from sendepause.check import Line, check
from sendepause.configuration import BadConfiguration
from sendepause.store import database


@pytest.fixture
def acting(company: Company) -> Company:
    company.enforce("2019-12-05T09:00")
    people.switch_acting(company.installation, True, "anna")
    return company


def with_mailer(company: Company, api: Api) -> None:
    """A second campaign system, with an HTTP API."""
    company.files["campaign_systems.yaml"]["campaign_systems"].append(
        {"id": "mailer", "connector": "http_api", "connection": "mailer", "settings": HTTP_SETTINGS}
    )
    company.configure()
    company.connect("mailer", conn_type="http", host=api.url, password=API_KEY)


def lines(company: Company) -> dict[str, Line]:
    return {line.what: line for line in check(company.installation)}


class TestASystemThatIsDown:
    def test_its_pause_stays_owed_is_told_and_never_reported_as_done(
        self, acting: Company, slack: SlackServer
    ) -> None:
        acting.connect_slack(slack)
        away = acting.crm.rename(acting.crm.with_suffix(".away"))
        counts = acting.enforce("2019-12-06T09:00")
        assert counts["acted_not_paused"] == 2
        tell.alert(acting.installation, acting.clock())
        assert acting.kinds("winter") == ["intent", "not_paused"]
        assert not [m for m in slack.messages if m["text"].startswith("Pausiert")]
        assert any("Winter tyres" in m["text"] for m in slack.messages if m["channel"] == NORTH)
        assert any("Winter tyres" in m["text"] for m in slack.messages if m["channel"] == OPERATORS)
        found = status.status(acting.installation)
        assert (int(found.level), found.numbers["pauses_owed"]) == (2, 2)

        away.rename(acting.crm)
        counts = acting.enforce("2019-12-06T09:10")
        assert counts["acted_paused"] == 2
        tell.alert(acting.installation, acting.clock())
        assert any(m["text"].startswith("Pausiert") for m in slack.messages)
        assert acting.ill() == {}

    def test_the_other_systems_go_on(self, acting: Company) -> None:
        with serve() as api:
            api.put("letter", "running", account=OFFERS)
            with_mailer(acting, api)
            acting.crm.unlink()
            acting.enforce("2019-12-06T09:00")
            assert api.campaigns["letter"]["status"] == "paused"
        assert "system:crm" in acting.ill()
        assert acting.kinds("winter") == ["intent", "not_paused"]

    def test_a_secret_reaches_no_word_that_is_kept(self, acting: Company) -> None:
        with serve() as api:
            with_mailer(acting, api)
            acting.connect("mailer", conn_type="http", host=api.url, password="wrong-and-secret")
            acting.enforce("2019-12-06T09:00")
        assert "401" in acting.ill()["system:mailer"]
        assert b"wrong-and-secret" not in (acting.folder / "store.db").read_bytes()


class TestAConnectionThatIsMissing:
    def test_it_is_named_with_its_mend_and_the_pause_stays_owed(self, acting: Company) -> None:
        acting.disconnect("crm")
        acting.enforce("2019-12-06T09:00")
        said = acting.ill()["system:crm"]
        assert "connection 'crm' does not exist" in said
        assert "AIRFLOW_CONN_CRM" in said
        assert acting.plan(acting.clock())[key("winter")]["act"] == "pause"
        assert "paused" not in acting.kinds("winter")

    def test_a_system_taken_out_of_the_configuration_is_no_longer_ill(self, acting: Company) -> None:
        acting.disconnect("crm")
        acting.enforce("2019-12-06T09:00")
        assert "system:crm" in acting.ill()
        acting.files["campaign_systems.yaml"]["campaign_systems"] = []
        acting.configure()
        acting.enforce("2019-12-06T09:10")
        assert "system:crm" not in acting.ill()
        assert acting.plan(acting.clock())[key("winter")]["act"] == "pause", "what runs stays owed"


def test_a_campaign_table_without_its_column_names_those_that_exist(acting: Company) -> None:
    with closing(sqlite3.connect(acting.crm)) as connection, connection:
        connection.execute("ALTER TABLE campaigns RENAME COLUMN status TO zustand")
    acting.enforce("2019-12-06T09:00")
    said = acting.ill()["system:crm"]
    assert "has no column status" in said
    assert "zustand" in said
    assert acting.plan(acting.clock())[key("winter")]["act"] == "pause"
    with closing(sqlite3.connect(acting.crm)) as connection, connection:
        connection.execute("ALTER TABLE campaigns RENAME COLUMN zustand TO status")
    acting.enforce("2019-12-06T09:10")
    assert acting.states()["winter"] == "paused"


class TestTheConfiguration:
    def broken(self, company: Company) -> None:
        (company.folder / "config" / "accounts.yaml").write_text("accounts: [\n  - number: {\n")

    def test_the_last_valid_one_stays_in_force_and_operators_hear_once(
        self, acting: Company, slack: SlackServer
    ) -> None:
        acting.connect_slack(slack)
        self.broken(acting)
        for minute in ("00", "10", "20"):
            acting.enforce(f"2019-12-06T09:{minute}")
            tell.alert(acting.installation, acting.clock())
        assert acting.states()["winter"] == "paused"
        told = [m for m in slack.messages if "accounts.yaml" in m["text"]]
        assert [message["channel"] for message in told] == [OPERATORS]
        found = status.status(acting.installation)
        assert int(found.level) == 1
        assert "The configuration does not check" in " ".join(found.why)
        assert not next(iter(check(acting.installation))).ok

        acting.configure()
        acting.enforce("2019-12-06T09:30")
        assert "configuration" not in acting.ill()

    def test_one_that_cannot_be_opened_is_broken_too(self, acting: Company) -> None:
        file = acting.folder / "config" / "owners.yaml"
        file.unlink()
        file.mkdir()
        acting.enforce("2019-12-06T09:00")
        assert acting.states()["winter"] == "paused"
        assert "owners.yaml" in acting.ill()["configuration"]

    def test_where_there_never_was_a_valid_one_nothing_runs_and_all_faults_are_told(
        self, company: Company
    ) -> None:
        self.broken(company)
        with pytest.raises(BadConfiguration, match=r"accounts\.yaml:2"):
            company.enforce()
        found = status.status(company.installation)
        assert int(found.level) == 2

    def test_a_change_is_in_the_ledger_once(self, acting: Company) -> None:
        acting.enforce()
        acting.configure(fresh_days=5)
        acting.enforce("2019-12-05T09:10")
        acting.enforce("2019-12-05T09:20")
        assert len(acting.entries("configuration")) == 2


class TestSources:
    def test_a_file_that_cannot_be_read_stops_no_other(self, company: Company) -> None:
        company.lay_machine(OFFERS, company.clock())
        broken = company.lay("broken.csv")
        broken.write_bytes(b"\x00\x01 no table")
        settled = company.data / "inbox" / f"machine{OFFERS}.csv"
        stamp = settled.stat().st_mtime
        os.utime(broken, (stamp, stamp))
        counts = stages.read(company.installation, company.clock())
        assert (counts["files_read"], counts["files_broken"], counts["messages"]) == (1, 1, 180)
        assert stages.audit(company.installation, company.clock())["automated"] == 1
        mends = [line for line in check(company.installation) if not line.ok and "broken.csv" in line.what]
        assert len(mends) == 1
        assert broken.exists(), "it stays where it is"

    def test_a_source_that_is_not_there_is_ill_and_the_others_are_read(self, company: Company) -> None:
        company.files["sources.yaml"]["sources"].append(
            {"id": "phones", "kind": "chat_export", "location": "nowhere"}
        )
        company.configure()
        company.lay_machine(OFFERS, company.clock())
        counts = stages.read(company.installation, company.clock())
        assert (counts["sources_ill"], counts["messages"]) == (1, 180)
        assert "source:phones" in company.ill()
        company.files["sources.yaml"]["sources"].pop()
        company.configure()
        stages.read(company.installation, company.clock())
        assert company.ill() == {}, "what is no longer configured troubles nobody"

    def test_the_one_source_of_an_account_is_ill_when_none_of_its_files_can_be_read(
        self, company: Company
    ) -> None:
        company.files["sources.yaml"]["sources"] = [
            {"id": "phone", "kind": "chat_export", "location": "phone", "account": SHOP}
        ]
        company.configure()
        (company.data / "phone").mkdir()
        (company.data / "phone" / "chat.txt").write_text("no chat at all\n")
        stages.read(company.installation, company.clock())
        settings, _ = company.installation.read_settings()
        with database.session(company.installation.engine, write=False) as session:
            health = stages.source_health(session, settings)
        assert (health[SHOP].connected, health[SHOP].ill) == (True, True)
        assert not health[OFFERS].connected

    def test_messages_of_a_number_that_is_no_account_are_noted_and_others_read(
        self, company: Company
    ) -> None:
        day = company.clock().replace(hour=7)
        rows = [("+494066969199", "+491713920077", day, "x"), (SHOP, "+491713920077", day, "x")]
        company.lay("two.csv", *rows)
        assert stages.read(company.installation, company.clock())["events_new"] == 1


class TestCheck:
    def test_a_line_each_in_the_order_of_mending(self, acting: Company, slack: SlackServer) -> None:
        acting.connect_slack(slack)
        slack.set_channel(NORTH, is_member=False)
        acting.set_campaign("stray", "running", sender="+494066969199")
        acting.enforce("2019-12-05T09:10")
        acting.lay_machine(OFFERS, acting.clock())
        stages.read(acting.installation, acting.clock())
        said = [str(line) for line in check(acting.installation)]
        assert said[0].startswith("ok    configuration ")
        assert said[1] == "ok    key sendepause_key"
        assert said[2].startswith("ok    ledger, ")
        assert said[3].startswith("ok    campaign system crm: ")
        assert "ok    source tool" in said
        assert f"MEND  Slack channel {NORTH}: is closed to the app; invite it with /invite" in said
        assert f"MEND  account {SHOP}: has no source; add one to sources.yaml" in said
        assert not [line for line in said if OFFERS in line]
        assert any(line.startswith(f"MEND  {key('stray')}: sends from +494066969199") for line in said)

    def test_it_changes_nothing(self, company: Company) -> None:
        before = _dump(company)
        list(check(company.installation))
        assert _dump(company) == before

    def test_what_is_missing_is_named(self, company: Company) -> None:
        company.disconnect("crm")
        company.disconnect("sendepause_key")
        found = lines(company)
        assert "is missing" in found["key sendepause_key"].mend
        assert "does not exist" in found["campaign system crm"].mend
        assert "alerts stay owed" in found["Slack"].mend
        assert "was never read" in found["source tool"].mend


def _dump(company: Company) -> list[Any]:
    with closing(sqlite3.connect(company.folder / "store.db")) as connection:
        return list(connection.iterdump())
