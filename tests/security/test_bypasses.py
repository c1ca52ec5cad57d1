"""Ways around the guard, the switches and the notice, tried out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, text
from tests.slack_server import SlackServer
from tests.stages.company import NORTH, OFFERS, SOUTH, WORKSHOP, Company, berlin

from sendepause import people, stages, status, tell
from sendepause.alerts import gathering
from sendepause.alerts.gathering import Desk
from sendepause.errors import BadInput, Guarded
from sendepause.model import EntryKind
from sendepause.store import database, folds, queries
from sendepause.store.ledger import Entry
from sendepause.store.tables import UtcDateTime


def told(slack: SlackServer, channel: str, name: str = "Winter tyres") -> int:
    return sum(m["channel"] == channel and name in m["text"] for m in slack.messages)


@pytest.mark.parametrize(("number", "channel"), [(OFFERS, SOUTH), (WORKSHOP, NORTH)])
def test_a_campaign_that_moved_was_announced_to_nobody_on_its_new_account(
    company: Company, slack: SlackServer, number: str, channel: str
) -> None:
    """Another owner, or the same one's other number: the old notice is none for it."""
    company.connect_slack(slack)
    people.switch_acting(company.installation, True, "anna")
    company.enforce("2019-11-20T09:00")
    tell.alert(company.installation, company.clock())
    before = told(slack, channel)
    company.set_campaign("winter", "running", sender=number)

    company.enforce("2019-12-03T09:00")
    assert company.states()["winter"] == "running"
    assert company.states()["battery"] == "paused", "which stayed where it was"
    tell.alert(company.installation, company.clock())
    assert told(slack, channel) == before + 1
    company.enforce("2019-12-03T09:10")
    tell.alert(company.installation, company.clock())
    assert told(slack, channel) == before + 1, "once"

    company.enforce("2019-12-04T09:00")
    assert company.states()["winter"] == "paused"


class TestFarMoments:
    """A replay shows; nothing is written, deleted, paused or posted."""

    FAR = berlin("2019-11-20T09:00")

    def test_a_refused_stage_leaves_no_trace(self, company: Company) -> None:
        company.at("2026-11-20T09:00")
        for stage in (stages.read, stages.audit, stages.retain, tell.alert, tell.digest):
            with pytest.raises(Guarded):
                stage(company.installation, self.FAR)
        company.enforce(company.clock(), dry_run=True)
        stages.enforce(company.installation, self.FAR)
        with database.session(company.installation.engine, write=False) as session:
            assert queries.latest_configuration(session) is None
            assert not queries.health(session)
        assert not company.entries()

    def may_act(self, company: Company) -> bool:
        company.configure(sandbox=True)
        company.at("2026-11-20T09:00")
        settings, _ = company.installation.read_settings()
        return stages.may_act(company.installation, settings, self.FAR)

    def test_a_sandbox_with_a_real_slack_is_none(self, company: Company, slack: SlackServer) -> None:
        company.connect("slack_api_default", conn_type="slack", password="xoxb-invented")
        assert not self.may_act(company)
        company.connect_slack(slack)
        assert self.may_act(company)

    def test_a_sandbox_without_a_campaign_system_proves_nothing(self, company: Company) -> None:
        del company.files["campaign_systems.yaml"]["campaign_systems"][:]
        assert not self.may_act(company)

    @pytest.mark.parametrize("events", ["s3://company/sendepause", "/srv/sendepause", "../elsewhere"])
    def test_a_sandbox_whose_events_lie_elsewhere_deletes_none(self, company: Company, events: str) -> None:
        company.installation = replace(company.installation, events=events)
        assert not self.may_act(company)


class TestSystemsThatFallSilent:
    """A list without campaigns is what a token without rights and a connection gone astray give, too."""

    @pytest.fixture(autouse=True)
    def seen(self, company: Company) -> None:
        people.switch_acting(company.installation, True, "anna")
        company.enforce("2019-11-20T09:00")

    def empty(self, company: Company) -> None:
        with closing(sqlite3.connect(company.crm)) as connection, connection:
            connection.execute("DELETE FROM campaigns")

    def test_it_is_ill_and_what_ran_stays_owed(self, company: Company) -> None:
        self.empty(company)
        counts = company.enforce("2019-12-06T12:00")
        assert "lists no campaign any more" in company.ill()["system:crm"]
        assert counts["pause"] == 2
        assert not company.entries("paused")
        assert status.status(company.installation).level is status.Level.AT_RISK

    def test_one_that_is_there_again_is_well_again(self, company: Company) -> None:
        self.empty(company)
        company.enforce("2019-12-06T12:00")
        company.set_campaign("winter", "running")
        company.enforce("2019-12-06T12:10")
        assert not company.ill()
        assert company.states()["winter"] == "paused"

    def test_campaigns_that_all_came_to_their_end_are_no_illness(self, company: Company) -> None:
        for id in company.states():
            company.set_campaign(id, "done")
        counts = company.enforce("2019-12-06T12:00")
        assert not company.ill()
        assert "pause" not in counts


class TestPeople:
    def test_a_halt_that_cannot_be_read_halts(self) -> None:
        at = berlin("2019-11-20T09:00")
        facts = ({"on": "true"}, {}, {"on": 1})
        for fact in facts:
            entry = Entry(1, at, at, "anna", EntryKind.HALT, "", "", fact, None, "", "")
            assert folds.switches([entry]).halted
            assert not folds.switches([replace(entry, kind=EntryKind.ACT)]).acting

    @pytest.mark.parametrize(
        "spelling", ["anna", " Anna ", "an\u200bna", "\u202eANNA", "ａｎｎａ", "an\u00adna"]
    )
    def test_nobody_approves_their_own_hold_by_another_spelling(
        self, company: Company, spelling: str
    ) -> None:
        company.enforce()
        until = berlin("2019-12-04T09:00")
        entry = people.ask_hold(company.installation, "crm/winter", until, "Sold by then.", "anna")
        with pytest.raises(BadInput, match="their own hold"):
            people.approve(company.installation, f"hold:{entry.seq}", spelling)
        granted = replace(entry, seq=entry.seq + 1, kind=EntryKind.HOLD_GRANTED, author=spelling)
        granted = replace(granted, subject=f"hold:{entry.seq}")
        assert [hold.approver for hold in folds.holds([entry, granted])] == [None]

    def test_a_ledger_that_was_changed_is_told_to_the_monitor(self, company: Company) -> None:
        people.switch_acting(company.installation, True, "anna")
        company.enforce()
        with database.session(company.installation.engine) as session:
            session.execute(text("DROP TRIGGER sendepause_ledger_no_update"))
            session.execute(text("UPDATE sendepause_ledger SET author = 'ben' WHERE seq = 1"))
        found = status.status(company.installation)
        assert any("ledger" in why and "entry 1" in why for why in found.why)
        assert found.level >= status.Level.ATTENTION


@pytest.mark.parametrize("metadata", [None, {}, {"event_payload": None}, {"event_payload": "x"}, "OURS"])
def test_what_others_post_in_a_channel_neither_stops_nor_replaces_an_alert(
    company: Company, slack: SlackServer, metadata: object
) -> None:
    company.connect_slack(slack)
    people.switch_acting(company.installation, True, "anna")
    company.enforce("2019-11-20T09:00")
    with database.session(company.installation.engine) as session:
        (*_, id) = gathering.gather(session, Desk(), company.clock())
        began = {"at": company.clock() - timedelta(minutes=10), "id": id}
        text_ = "UPDATE sendepause_delivery SET state = 'sending', tried_at = :at WHERE id = :id"
        session.execute(text(text_).bindparams(bindparam("at", type_=UtcDateTime())), began)
        channel = session.scalar(text("SELECT channel FROM sendepause_delivery WHERE id = :id"), {"id": id})
    if metadata == "OURS":  # another app's, by what it says of itself
        metadata = {"event_type": "another_app", "event_payload": {"delivery": id}}
    ts = f"{company.clock().timestamp() - 500:.6f}"
    slack.messages.append({"channel": channel, "ts": ts, "text": "of others", "metadata": metadata})
    tell.alert(company.installation, company.clock())
    ours = [m for m in slack.messages if m["text"] != "of others"]
    assert [m["metadata"]["event_payload"]["delivery"] for m in ours].count(id) == 1
