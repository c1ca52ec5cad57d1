"""Each page shows what it is asked for, and its files hold what the page shows."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import polars as pl
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update
from tests.board import company
from tests.board.test_board_page import readable

from sendepause import events
from sendepause.board import charts
from sendepause.board.app import create_app
from sendepause.board.pages import checked, report
from sendepause.board.seen import spoken
from sendepause.check import Line
from sendepause.frames import EVENTS
from sendepause.installation import Installation
from sendepause.model import EntryKind
from sendepause.settings import Settings
from sendepause.store import database, digests, ledger
from sendepause.store.tables import AlertRow, DeliveryRow

ACCOUNT = {"number": company.number(0), "lang": "en"}


def names(client: TestClient, **asked: str) -> list[str]:
    """The accounts' numbers on the page, in their order."""
    page = client.get("/accounts", params={"lang": "en"} | asked).text
    return re.findall(r'href="account\?number=%2B(\d+)"', page)


class TestAccounts:
    def test_they_are_filtered_by_verdict_kind_and_state(self, client: TestClient) -> None:
        assert names(client, verdict="automated") == [company.number(3)[1:]]
        assert len(names(client, kind="personal")) == 5, "one says it is on the Platform, and its data do not"
        assert set(names(client, state="breach")) < set(names(client))
        assert len(names(client, verdict="nonsense", kind="x", state="y", sort="z")) == 8

    def test_they_come_in_the_order_that_was_asked_for(self, client: TestClient) -> None:
        assert names(client, sort="number") == [company.number(place)[1:] for place in range(8)]
        assert names(client, sort="verdict")[0] == company.number(3)[1:]
        assert sorted(names(client, sort="data_until")) == sorted(names(client, sort="owner"))

    def test_the_file_has_the_accounts_of_the_page(self, client: TestClient) -> None:
        answer = client.get("/accounts.csv", params={"sort": "number"})
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["number"] for row in rows] == [company.number(place) for place in range(8)]
        assert rows[3]["verdict"] == "automated"
        assert "attachment" in answer.headers["content-disposition"]

    def test_a_name_is_no_formula_in_a_spreadsheet(self, client: TestClient, files, filled: Engine) -> None:
        accounts = files / "accounts.yaml"
        accounts.write_text(accounts.read_text().replace("London Workshop", "=cmd|'/c calc'!A0"))
        assert ",'=cmd|" in client.get("/accounts.csv").text


class TestOneAccount:
    def test_it_says_why_what_it_rests_on_and_what_was_done(self, client: TestClient) -> None:
        words = readable(client.get("/account", params=ACCOUNT).text)
        assert "messages sent on 17 of the 28 days" in words
        assert "phones: Data until" in words
        assert "Winterreifen" in words
        assert "last call Winterreifen" in words

    def test_it_shows_what_its_owner_read(self, client: TestClient, filled: Engine) -> None:
        hostile = {"type": "section", "text": {"type": "mrkdwn", "text": "*Winterreifen* <b>ruht</b>"}}
        with database.session(filled) as session:
            session.add(
                DeliveryRow(
                    id="m1",
                    channel="C0OWNER0",
                    text="x",
                    blocks=[hostile],
                    state="sent",
                    queued_at=company.NOW,
                    sent_at=company.NOW,
                    language="de",
                )
            )
            session.flush()
            of = AlertRow.subject == "campaign:crm/0"
            session.execute(update(AlertRow).where(of).values(delivery="m1"))
        page = client.get("/account", params=ACCOUNT).text
        assert "As read on 3 Dec 2026, 10:05" in page
        assert "<strong>Winterreifen</strong> &lt;b&gt;ruht&lt;/b&gt;" in page

    @pytest.mark.parametrize("number", ["", "nonsense", "+4940669999999", "' OR 1=1"])
    def test_an_unknown_number_is_told(self, client: TestClient, number: str) -> None:
        answer = client.get("/account", params={"number": number, "lang": "en"})
        assert answer.status_code == 404
        assert "There is no account with this number." in answer.text

    @pytest.mark.parametrize("names", [1, 40], ids=["one text", "a text in which the name differs"])
    def test_what_it_sent_is_drawn_with_its_thresholds(
        self, client: TestClient, tmp_path, settings: Settings, names: int
    ) -> None:
        rows = [
            {
                "event_id": f"e{place}",
                "account_id": company.number(0),
                "sent_at": company.NOW - timedelta(days=2, seconds=20 * place),
                "resolution": "s",
                "position": place,
                "direction": "out",
                "counterpart": f"p{place}",
                "content": f"greeting{place % names}",
                "sketch": [1, 2, 3, 4, 5, 6, 7, 8],
                "source": "phones",
            }
            for place in range(40)
        ]
        frame = pl.DataFrame(rows, schema={name: EVENTS.get(name, pl.String()) for name in EVENTS})
        changed = events.merge(tmp_path, frame)
        events.refresh_activity(tmp_path, changed, {company.number(0): "Europe/Berlin"})
        page = client.get("/account", params=ACCOUNT).text
        assert page.count('role="img"') >= 5
        assert "The commonest content went to 40 recipients." in page
        assert "threshold 20" in page
        assert 'class="bar-up over"' in page

    def test_a_dry_run_is_of_this_account_alone_and_writes_nothing(
        self, client: TestClient, filled: Engine
    ) -> None:
        with database.session(filled, write=False) as session:
            before = ledger.head(session)
        words = readable(client.get("/plan", params={"account": company.number(0), "lang": "en"}).text)
        assert "Dry run: Hamburg Tresen" in words
        assert "Köln Aktionen" not in words
        with database.session(filled, write=False) as session:
            assert ledger.head(session) == before


class TestThePlan:
    def test_what_would_be_on_another_date_is_said_to_be_only_that(self, client: TestClient) -> None:
        words = readable(client.get("/plan?at=2026-12-07T00:00&lang=en").text)
        assert "What a run would do on Monday, 7 December 2026, 00:00" in words
        assert "nothing is paused, written or sent" in words
        assert "warn pause" in words, "what is announced now is paused then"

    @pytest.mark.parametrize("at", ["nonsense", "9999-99-99", "2026-13-01T00:00"])
    def test_what_is_no_moment_shows_the_next_run(self, client: TestClient, at: str) -> None:
        assert "What the next run does" in client.get("/plan", params={"at": at, "lang": "en"}).text


class TestTheLedger:
    def test_it_is_searched_and_filtered(self, client: TestClient) -> None:
        page = readable(client.get("/ledger?lang=en&kind=paused").text)
        assert "paused and verified Gutscheine" not in page
        assert page.count("#") == 1
        assert "#" not in readable(client.get("/ledger?lang=en&q=nobody").text)
        assert "#1 " in readable(client.get("/ledger?lang=en&author=j.petersen").text)
        assert "#" not in readable(client.get("/ledger?lang=en&since=2027-01-01").text)
        assert "#" not in readable(client.get("/ledger?lang=en&until=2020-01-01&since=x").text)

    def test_its_chain_is_computed_again(self, client: TestClient, filled: Engine) -> None:
        assert "The chain was computed again and is whole." in client.get("/ledger?lang=en").text
        with filled.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS sendepause_ledger_no_update")
            connection.exec_driver_sql("UPDATE sendepause_ledger SET author = 'x' WHERE seq = 2")
        assert "up to entry 4 computed again on" in client.get("/ledger?lang=en").text, "and not again"
        assert "The chain is broken from entry 2 on" in client.get("/ledger?lang=en&whole=1").text
        assert "The chain is broken from entry 2 on" in client.get("/report?lang=en").text

    def test_what_came_after_it_was_computed_is_computed_at_each_look(
        self, client: TestClient, filled: Engine
    ) -> None:
        client.get("/ledger")
        with database.session(filled) as session:
            at, facts = company.NOW, {"on": True}
            ledger.append(session, at=at, as_of=at, author="x", kind=EntryKind.HALT, facts=facts)
        assert "up to entry 4 computed again on" in client.get("/ledger?lang=en").text
        with filled.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS sendepause_ledger_no_update")
            connection.exec_driver_sql("UPDATE sendepause_ledger SET author = 'y' WHERE seq = 5")
        assert "The chain is broken from entry 5 on" in client.get("/ledger?lang=en").text

    def test_a_store_that_was_brought_back_from_a_copy_is_computed_as_a_whole(
        self, client: TestClient, filled: Engine
    ) -> None:
        client.get("/ledger")
        with filled.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS sendepause_ledger_no_delete")
            connection.exec_driver_sql("DELETE FROM sendepause_ledger WHERE seq = 4")
        assert "The chain is broken from entry 4 on" in client.get("/ledger?lang=en").text

    def test_its_files_hold_every_entry_with_its_hash(self, client: TestClient, filled: Engine) -> None:
        with database.session(filled, write=False) as session:
            hashes = [entry.hash for entry in ledger.entries(session)]
        told = [json.loads(line)["hash"] for line in client.get("/ledger.jsonl").text.splitlines()]
        assert told[::-1] == hashes
        rows = list(csv.DictReader(io.StringIO(client.get("/ledger.csv").text)))
        assert [row["hash"] for row in rows] == told


class TestTheReport:
    @pytest.mark.parametrize("asked", [{}, {"number": company.number(0)}])
    def test_it_stands_alone_and_names_the_head_of_the_chain(
        self, client: TestClient, filled: Engine, asked: dict[str, str]
    ) -> None:
        with database.session(filled, write=False) as session:
            head = ledger.head(session)
        answer = client.get("/report", params={"lang": "en", "save": "1"} | asked)
        assert head is not None
        assert head.hash in answer.text
        assert "made by j.petersen" in answer.text
        led_to = re.findall(r"""(?:href|src|action|data|poster)=["']?([^"' >]+)""", answer.text)
        assert {one[0] for one in led_to} == {"#"}, "to its own parts alone"
        assert not re.search(r"<link|<script|<form|<iframe|@import|url\(", answer.text)
        assert "attachment" in answer.headers["content-disposition"]
        assert "script-src" not in answer.headers["content-security-policy"]

    @pytest.mark.parametrize("asked", [{}, {"number": company.number(4)}])
    def test_it_has_sources_decisions_campaigns_actions_and_alerts(
        self, client: TestClient, asked: dict[str, str]
    ) -> None:
        words = readable(client.get("/report", params={"lang": "en"} | asked).text)
        assert "source phones: out of order" in words
        assert "campaign system crm: reachable" in words
        assert "WhatsApp takes action against automated messages · pausing period" in words, "a decision"
        assert "Read back 2 Dec 2026, 14:05" in words, "a campaign with its proof"
        assert "paused and verified WhatsApp" in words, "an action"
        assert "paused: Winterreifen Wiebke Harmsen C0OWNER0" in words, "an alert"

    def test_of_many_accounts_the_most_pressing_stand_in_full_and_that_is_said(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(report, "IN_FULL", 2)
        page = client.get("/report?lang=en").text
        assert "2 of 8 accounts stand here in full, the most pressing first." in page
        assert page.count('<article class="one">') == 2
        first, _, others = page.partition('id="others"')
        assert all(spoken(company.number(place)) in page for place in range(8))
        assert others.count("possible breach") == 0, "they are the most pressing"
        assert first.count("possible breach") > 0

    def test_a_hold_and_what_an_owner_answered_belong_to_what_was_done(
        self, client: TestClient, filled: Engine
    ) -> None:
        facts = {"until": "2026-12-04T12:00:00+00:00", "starts": company.NOW.isoformat(), "reason": "stock"}
        told = {"at": company.NOW, "as_of": company.NOW}
        with database.session(filled) as session:
            asked = ledger.append(
                session,
                **told,
                author="anna",
                kind=EntryKind.HOLD_ASKED,
                subject="campaign:crm/0",
                facts=facts,
            )
            assert asked is not None
            of = f"hold:{asked.seq}"
            ledger.append(session, **told, author="ben", kind=EntryKind.HOLD_GRANTED, subject=of)
        for page in ("/report", "/account"):
            assert "hold granted" in readable(client.get(page, params=ACCOUNT).text)


class TestTheCheck:
    def test_each_line_says_ok_or_the_mend_and_is_asked_once_a_minute(
        self, files, filled: Engine, tmp_path
    ) -> None:
        asked = []

        def made(of: Installation) -> tuple[Line, ...]:
            asked.append(of)
            return (Line(True, "key"), Line(False, "Slack", "add <b>the</b> connection"))

        opened = Installation(engine=filled, data=tmp_path, events=str(tmp_path), now=lambda: company.NOW)
        app = create_app(lambda: opened, checks=made)
        client = TestClient(app)
        words = readable(client.get("/check?lang=en").text)
        assert "One thing is to be mended." in words
        assert "add &lt;b&gt;the&lt;/b&gt; connection" in words
        client.get("/check")
        assert len(asked) == 1
        assert timedelta(minutes=1) == checked.KEPT


class TestTheBurnDown:
    def test_it_goes_on_from_the_days_that_were_kept(self, client: TestClient, filled: Engine) -> None:
        with database.session(filled) as session:
            for days, running in ((9, 8), (4, 6)):
                at = company.NOW - timedelta(days=days)
                numbers = digests.Numbers(rules={"whatsapp": digests.RuleNumbers(running=running)})
                digests.keep(session, digests.Digest(at.date(), at, numbers, posted=False))
        page = client.get("/?lang=en").text
        assert re.search(r'class="past" points="34\.0,16\.0 ', page), "the most, at the beginning"
        assert "Today 4 campaigns are still running" in page

    def test_bars_fill_the_height_and_the_threshold_is_a_line(self) -> None:
        drawn = charts.bars([0, 15, 30], ["a", "b", "c"], ["0", "15", "30"], "", 30, "limit")
        heights = [bar.height for bar in drawn.bars]
        assert heights[0] == 0
        assert heights[2] == pytest.approx(2 * heights[1], abs=0.2)
        assert [bar.over for bar in drawn.bars] == [False, False, True]
        assert drawn.threshold == drawn.bars[2].y
