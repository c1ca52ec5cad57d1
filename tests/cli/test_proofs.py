"""What explain, status and check say of pauses that stand, and of campaigns nobody assigned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.stages.company import OFFERS, SHOP, Company, key

from sendepause import people
from sendepause.audit.silence import By, Heard, Why
from sendepause.model import AccountBy, Campaign, CampaignState, EntryKind, Sender, Silence, Via
from sendepause.store import database, ledger, queries
from sendepause.store.silences import Listened, save_silences

RULE = "whatsapp-2019"


@pytest.fixture
def paused(today: Company) -> Company:
    """Acting is on, and what was due is paused."""
    people.switch_acting(today.installation, True, "anna")
    today.enforce()
    return today


@pytest.fixture
def hear(paused: Company) -> Callable[..., None]:
    """What was heard of the pause of the shop's winter campaign."""

    def hear(state: Silence, **heard: Any) -> None:
        now = paused.clock()
        said = Heard(state, now - timedelta(hours=30), **heard)
        with database.session(paused.installation.engine) as session:
            save_silences(session, [Listened(RULE, key("winter"), 1, SHOP, now, said)])

    return hear


def show(company: Company, **values: Any) -> None:
    """The campaign tool shows one campaign more."""
    one = Campaign("crm", "new", "News", None, CampaignState.RUNNING, AccountBy.UNKNOWN)
    with database.session(company.installation.engine) as session:
        queries.save_campaigns(
            session, "crm", [*queries.campaigns(session), replace(one, **values)], company.clock()
        )


class TestExplain:
    def test_an_open_silence_says_why_and_what_would_help_below_the_pause(
        self, run: Run, paused: Company, hear
    ) -> None:
        hear(Silence.OPEN, why=Why.STALE)
        said = run("explain", SHOP).out
        assert "  Stille offen: Die Daten reichen noch nicht weit genug über die Pause hinaus." in said
        assert "  Es hilft ein frischer Export aus der Zeit nach der Pause" in said

    def test_a_broken_one_says_what_was_heard(self, run: Run, paused: Company, hear) -> None:
        hear(Silence.BROKEN, by=(By.CAMPAIGN,), last=paused.clock())
        said = run("explain", SHOP).out
        assert "Nach der Pause wurde weiter automatisch gesendet" in said
        assert "erkannt an Kennung der Kampagne." in said

    def test_what_is_still_under_way_is_said(self, run: Run, paused: Company) -> None:
        now = paused.clock()
        facts = {"left": {"running": 2, "waiting": 0}}
        with database.session(paused.installation.engine) as session:
            told = {"at": now, "as_of": now, "author": "sendepause", "enforcement": RULE, "facts": facts}
            ledger.append(session, kind=EntryKind.DRAINED, subject=key("winter"), **told)
        assert "  Noch im Gang: 2 begonnene Läufe." in run("explain", SHOP).out

    def test_an_inferred_account_says_by_what(self, run: Run, today: Company) -> None:
        sender = Sender(Via.WAHA, "http://waha:3000", "workshop")
        show(today, account=OFFERS, account_by=AccountBy.INFERRED, senders=(sender,))
        assert "messages go through waha workshop (http://waha:3000)." in run("explain", OFFERS).out


class TestStatus:
    def test_a_broken_silence_is_a_risk_once_the_rule_is_in_force(self, run: Run, paused: Company, hear):
        hear(Silence.BROKEN, by=(By.RHYTHM,), last=paused.clock())
        said = run("status")
        assert said.code == 2
        assert said.lines[0]["silence_broken"] == 1
        assert "1 pause(s) under whatsapp-2019 are followed by automated sending." in said.lines[0]["why"]

    def test_before_the_date_somebody_should_look(self, run: Run, paused: Company, hear) -> None:
        hear(Silence.BROKEN, by=(By.RHYTHM,), last=paused.clock())
        calendar = paused.files["calendar.yaml"]["enforcements"][0]
        calendar["date"] = (paused.clock() + timedelta(days=2)).date()
        paused.configure()
        assert run("status").code == 1

    def test_an_open_silence_asks_to_be_looked_at_and_a_confirmed_one_is_well(
        self, run: Run, paused: Company, hear
    ) -> None:
        hear(Silence.OPEN, why=Why.NO_WITNESS)
        said = run("status")
        assert (said.code, said.lines[0]["silence_open"]) == (1, 1)
        hear(Silence.CONFIRMED, until=paused.clock())
        said = run("status")
        assert (said.code, said.lines[0]["silence_confirmed"]) == (0, 1)

    def test_a_failed_drill_is_no_system_out_of_reach(self, run: Run, paused: Company) -> None:
        with database.session(paused.installation.engine) as session:
            queries.set_health(session, "drill:crm", False, paused.clock(), "HTTP 403")
        said = run("status")
        assert said.code == 1
        assert said.lines[0]["why"] == [
            "The last drill in crm failed: that its campaigns can be paused is not proved."
        ]
        assert "system_unreachable" not in run("plan").out


class TestCheck:
    def mend(self, run: Run, of: str) -> str:
        (line,) = [line for line in run("check").out.splitlines() if of in line]
        assert line.startswith("MEND  ")
        return line

    def test_a_campaign_without_an_account_is_told_with_how_it_is_assigned(
        self, run: Run, today: Company
    ) -> None:
        show(today, senders=(Sender(Via.UNKNOWN),))
        line = self.mend(run, "crm/new")
        assert "sends through unknown ?; assign it: by the mark account:+49… in crm" in line
        assert "under accounts 'new': its number, or null" in line

    def test_a_contradiction_names_both_numbers(self, run: Run, today: Company) -> None:
        show(today, account=SHOP, account_by=AccountBy.CONTRADICTED, also=(OFFERS,))
        assert f"name {SHOP} and {OFFERS}" in self.mend(run, "crm/new")

    def test_a_number_that_is_no_account_is_to_be_added(self, run: Run, today: Company) -> None:
        show(today, account="+4930231251010", account_by=AccountBy.MARK)
        assert "sends from +4930231251010, no account of accounts.yaml; add it" in self.mend(run, "crm/new")

    def test_sources_name_the_numbers_whose_messages_are_left_out_once(
        self, run: Run, today: Company
    ) -> None:
        notes = [f"{n} messages of {number} were left out: it is not in the accounts." for n, number in
                 ((3, "+4930231251010"), (9, "+4930231251011"))]  # fmt: skip
        with database.session(today.installation.engine) as session:
            for path in ("a.csv", "b.csv"):
                told = queries.FileState("tool", path, "0" * 64, 1, today.clock(), notes=tuple(notes))
                queries.note_file(session, told)
        line = self.mend(run, "are left out")
        assert "source tool: messages of +4930231251010, +4930231251011 are left out" in line
