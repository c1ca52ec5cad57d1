"""The commands on an installation: what they print, what they change, and how they end."""

from __future__ import annotations

import json
import os
import pwd
import sqlite3
from contextlib import closing

import pytest
from tests.cli.conftest import Run, child
from tests.stages.company import OFFERS, SHOP, Company, key

from sendepause import people

WINTER = key("winter")

# A name that is given, and the login that gave it.
ANNA, BEN = (f"{name} ({pwd.getpwuid(os.getuid()).pw_name})" for name in ("anna", "ben"))


class TestPlan:
    def test_one_decision_a_line_and_nothing_is_done(self, run: Run, today: Company) -> None:
        before = today.entries()
        said = run("plan")
        assert said.code == 0
        decision = next(line for line in said.lines if line["subject"] == WINTER)
        assert (decision["act"], decision["phase"], decision["account"]) == ("pause", "in_force", SHOP)
        assert today.entries() == before
        assert today.states()["winter"] == "running"

    def test_of_another_moment(self, run: Run, today: Company) -> None:
        for moment, phase in (
            ("2019-11-20", "warning"),
            ("2019-12-06T23:59+01:00", "pausing"),
            ("2019-12-07T00:00+01:00", "in_force"),
            ("2019-12-06T23:00", "in_force"),  # without an offset it is UTC
        ):
            assert {line["phase"] for line in run("plan", "--as-of", moment).lines} == {phase}

    def test_standard_output_is_json_alone_in_a_process_of_its_own(self, today: Company) -> None:
        """Airflow and the migrations' library like to log there; here no connection is in Airflow's own
        database either, which does not even exist."""
        environment = {
            "SENDEPAUSE_CONFIG": str(today.folder / "config"),
            "SENDEPAUSE_DATA": str(today.data),
            "AIRFLOW_HOME": str(today.folder / "airflow"),
            "AIRFLOW_CONN_SENDEPAUSE_STORE": json.dumps(
                {"conn_type": "sqlite", "host": str(today.folder / "store.db")}
            ),
        }
        said = child("plan", **environment)
        assert said.code == 0, said.err
        assert len(said.lines) == 8
        told = child("status", **environment)
        assert told.code == 2, told.err
        assert told.lines[0]["status"] == "at_risk"
        assert told.lines[0]["pauses_owed"] == 2


class TestExplain:
    def test_why_in_the_owners_language(self, run: Run, today: Company) -> None:
        german, english = run("explain", "+49 40 66969101"), run("explain", OFFERS)
        assert german.code == english.code == 0
        assert german.out.splitlines()[0].startswith(f"Shop ({SHOP})")
        assert "Winter tyres: " in german.out
        assert "WhatsApp greift durch" in german.out
        assert "WhatsApp takes action" in english.out
        assert "Winter tyres" not in english.out

    def test_an_owner_reads_that_sendepause_paused_it_and_since_when(self, run: Run, today: Company) -> None:
        assert "Sendepause hat sie am" not in run("explain", SHOP).out
        people.switch_acting(today.installation, True, "anna")
        today.enforce()
        (line,) = [line for line in run("explain", SHOP).out.splitlines() if line.startswith("- Winter")]
        assert "Sendepause hat sie am " in line
        assert line.endswith(" Uhr, pausiert und nachgelesen, dass die Pause gilt.")

    @pytest.mark.parametrize("number", ["hello", "+494066969199", ""])
    def test_a_number_that_is_no_account(self, run: Run, today: Company, number: str) -> None:
        answer = run("explain", number)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


class TestSwitches:
    def test_on_and_off_under_a_name(self, run: Run, today: Company) -> None:
        assert run("act", "on").out == "Acting is on (ledger entry 2).\n"
        assert run("halt", "on", "--author", "ben").out == "The halt is on (ledger entry 3).\n"
        assert run("halt", "off").code == run("act", "off").code == 0
        written = [(entry.kind, entry.author, entry.facts["on"]) for entry in today.entries("act", "halt")]
        assert written == [
            ("act", ANNA, True),
            ("halt", BEN, True),
            ("halt", ANNA, False),
            ("act", ANNA, False),
        ]

    def test_another_position_is_no_position(self, run: Run, today: Company) -> None:
        assert run("act", "maybe").code == 2
        assert today.entries("act") == []

    def test_on_lets_the_next_run_pause_what_was_shown(self, run: Run, today: Company) -> None:
        run("act", "on")
        today.enforce()
        assert today.states()["winter"] == "paused"


class TestApproveAndHold:
    def test_an_approval(self, run: Run, today: Company) -> None:
        assert run("approve", WINTER).out == f"Approved: {WINTER} (1).\n"
        (entry,) = today.entries("approve")
        assert (entry.author, len(entry.facts["items"])) == (ANNA, 1)
        assert run("approve", "campaign:crm/nothing").code == 2

    def test_a_hold_is_asked_for_and_granted_by_another(self, run: Run, today: Company) -> None:
        said = run("hold", "crm/winter", "--until", "2099-01-01", "--reason", "stock is going")
        assert said.code == 0
        hold = said.out.split()[-1]
        own = run("approve", hold)
        assert (own.code, "own hold" in own.err) == (2, True)
        assert run("approve", hold, "--author", "ben").code == 0
        assert [entry.author for entry in today.entries("hold_asked", "hold_granted")] == [ANNA, BEN]

    def test_a_hold_needs_its_end_and_its_reason(self, run: Run, today: Company) -> None:
        assert run("hold", "crm/winter").code == 2
        assert run("hold", "crm/winter", "--until", "2001-01-01", "--reason", "x").code == 2
        assert today.entries("hold_asked") == []


def test_check_is_a_line_each_and_ends_with_one_if_one_is_not_ok(run: Run, today: Company) -> None:
    said = run("check")
    assert said.code == 1
    assert {line[:6] for line in said.out.splitlines()} == {"ok    ", "MEND  "}
    assert "MEND  Slack: " in said.out


class TestStatus:
    def test_its_code_is_its_level(self, run: Run, today: Company) -> None:
        rehearsing = run("status")
        assert rehearsing.code == 2
        assert rehearsing.lines[0]["why"][-1].endswith("Acting is switched off or halted.")
        run("act", "on")
        today.enforce()
        well = run("status")
        assert (well.code, well.lines[0]["status"], well.lines[0]["why"]) == (0, "well", [])
        today.configure()
        (today.folder / "config" / "accounts.yaml").write_text("accounts: {")
        assert run("status").code == 1

    @pytest.mark.parametrize("trouble", ["store", "schema"])
    def test_what_cannot_even_be_told_is_a_risk(self, run: Run, today: Company, trouble: str) -> None:
        store = today.folder / "store.db"
        store.unlink()
        if trouble == "schema":
            store.write_bytes(b"no database at all" * 100)
        said = run("status")
        assert (said.code, said.lines[0]["status"]) == (2, "at_risk")
        assert "Traceback" not in said.err


class TestLedger:
    def tamper(self, company: Company, statement: str) -> None:
        """Somebody with the file in their hands."""
        with closing(sqlite3.connect(company.folder / "store.db")) as connection, connection:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute(statement)

    def test_whole(self, run: Run, today: Company) -> None:
        run("act", "on")
        said = run("ledger", "verify")
        assert (said.code, said.out.split(",")[0]) == (0, "2 entries")

    @pytest.mark.parametrize(
        ("statement", "broken"),
        [
            ("UPDATE sendepause_ledger SET author = 'nobody' WHERE seq = 2", "entry 2: "),
            ("DELETE FROM sendepause_ledger WHERE seq = 2", "entry 2: "),
            ("DELETE FROM sendepause_ledger WHERE seq = 3", "entry 3: "),
        ],
    )
    def test_the_first_broken_entry(self, run: Run, today: Company, statement: str, broken: str) -> None:
        run("act", "on")
        run("act", "off")
        self.tamper(today, statement)
        said = run("ledger", "verify")
        assert said.code == 1
        assert said.out.startswith(broken)
        assert run("check").code == 1

    def test_show(self, run: Run, today: Company) -> None:
        run("halt", "on")
        assert [line["kind"] for line in run("ledger", "show").lines] == ["configuration", "halt"]
        (newest,) = run("ledger", "show", "--limit", "1").lines
        assert (newest["kind"], newest["author"]) == ("halt", ANNA)


class TestMigrate:
    def test_it_makes_the_store_and_again_is_safe(self, run: Run, company: Company) -> None:
        company.disconnect("sendepause_store")
        refused = run("plan")
        assert (refused.code, refused.err.count("\n")) == (2, 1)
        assert "sendepause migrate" in refused.err
        assert run("migrate").code == run("migrate").code == 0
        assert (company.data / "sendepause.db").exists()
        assert run("plan").code == 0


def test_a_broken_configuration_is_told_with_all_its_faults(run: Run, company: Company) -> None:
    (company.folder / "config" / "accounts.yaml").write_text("accounts: {")
    answer = run("plan")
    assert (answer.code, answer.out) == (2, "")
    assert "accounts.yaml:1" in answer.err
    assert "Traceback" not in answer.err
