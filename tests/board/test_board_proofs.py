"""What a pause rests on, whose account it is about, and what waits for a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from tests.board import company
from tests.board.test_board_page import readable

from sendepause.audit.silence import By, Heard, Why
from sendepause.model import (
    AccountBy,
    Campaign,
    CampaignState,
    EntryKind,
    Level,
    Sender,
    Silence,
    Via,
)
from sendepause.settings import Settings
from sendepause.store import database, ledger, queries
from sendepause.store.silences import Listened, save_silences

NOW = company.NOW
PAUSED = "campaign:crm/4"  # ours, 20 hours ago
HOUR = timedelta(hours=1)
WORKSHOP = Sender(Via.WAHA, "http://waha:3000", "workshop")


@pytest.fixture
def see(client: TestClient) -> Callable[..., str]:
    """The words of four pages, that of the campaigns narrowed to what ``q`` names."""

    def see(q: str = "", language: str = "en") -> str:
        asked = {"campaigns": {"q": q}, "problems": {}, "ledger": {}, "": {}}
        pages = (client.get(f"/{page}", params={"lang": language} | more) for page, more in asked.items())
        return readable("".join(page.text for page in pages)).replace("&#39;", "'")

    return see


@pytest.fixture
def write(filled: Engine) -> Callable[..., ledger.Entry]:
    """One more entry of the ledger."""

    def write(kind: EntryKind, subject: str, at: datetime = NOW - HOUR, **more: Any) -> ledger.Entry:
        told = {"author": "sendepause", "enforcement": "whatsapp", **more}
        with database.session(filled) as session:
            entry = ledger.append(session, at=at, as_of=at, kind=kind, subject=subject, **told)
        assert entry is not None
        return entry

    return write


@pytest.fixture
def listen(filled: Engine) -> Callable[..., None]:
    """What was heard of our pause."""

    def listen(state: Silence, episode: int = 1, **heard: Any) -> None:
        since = NOW - 19 * HOUR
        one = Listened("whatsapp", PAUSED, episode, company.number(4), NOW, Heard(state, since, **heard))
        with database.session(filled) as session:
            save_silences(session, [one])

    return listen


@pytest.fixture
def lists(filled: Engine, settings: Settings) -> Callable[..., None]:
    """The campaign system shows one campaign otherwise, or one more."""

    def lists(id: str, **values: Any) -> None:
        with database.session(filled) as session:
            known = {one.id: one for one in queries.campaigns(session)}
            fresh = Campaign("crm", id, f"Campaign {id}", company.number(0), CampaignState.RUNNING)
            known[id] = replace(known.get(id, fresh), **values)
            queries.save_campaigns(session, "crm", known.values(), NOW + timedelta(seconds=1))

    return lists


@pytest.fixture
def plans(filled: Engine, settings: Settings) -> Callable[..., None]:
    """A plan that says so of our pause."""

    def plans(act: str, reasons: list[str], passage: str | None = None, subject: str = PAUSED) -> None:
        item = {"enforcement": "whatsapp", "subject": subject, "account": company.number(4), "act": act}
        item |= {
            "reasons": reasons,
            "phase": "pausing",
            "facts": {},
            "tells": [],
            "item": "x",
            "passage": passage,
        }
        with database.session(filled) as session:
            queries.save_plan(session, [item], hash="x", as_of=NOW, shown_at=NOW, accepted=False)

    return plans


class TestTheSecondProof:
    def test_a_pause_says_when_it_was_read_back_and_that_nobody_listened_yet(self, see) -> None:
        assert "Read back 2 Dec 2026, 14:05 Silence: not listened to yet" in see()

    @pytest.mark.parametrize(
        ("why", "said", "help"),
        [
            (Why.NO_WITNESS, "no source showed what the campaign sent", "a source that sees all chats"),
            (Why.STALE, "the data do not reach far enough", "a fresh export from after the pause"),
            (Why.UNCLEAR, "since the pause some sending stands out", "settle who has been sending"),
        ],
    )
    def test_an_open_silence_says_why_and_what_would_help(self, see, listen, why, said, help) -> None:
        listen(Silence.OPEN, why=why, until=NOW - 10 * HOUR)
        page = see()
        assert f"Silence open: {said}" in page
        assert help in page
        assert "data until 3 Dec 2026, 00:05" in page
        assert "Stille offen" in see(language="de")

    def test_a_confirmed_silence_says_since_when_and_how_far_the_data_reach(self, see, listen) -> None:
        listen(Silence.CONFIRMED, until=NOW - HOUR)
        assert "no automated sending since 2 Dec 2026, 15:05; data until 3 Dec 2026, 09:05." in see()

    def test_a_broken_silence_says_when_it_was_last_heard_and_puts_the_date_at_risk(
        self, see, listen
    ) -> None:
        listen(Silence.BROKEN, by=(By.CAMPAIGN, By.CONTENT), last=NOW - 2 * HOUR, machine=31, sends=33)
        page = see()
        assert "last on 3 Dec 2026, 08:05; shown by the campaign's id and the same text to many." in page
        assert "At risk. One campaign or its account goes on sending in spite of the pause." in page
        assert "confirmed 0, open 0, broken 1, too early 0" in page

    def test_a_rhythm_alone_may_be_a_tool_that_nobody_named(self, see, listen) -> None:
        listen(Silence.BROKEN, by=(By.RHYTHM,), last=NOW - HOUR, machine=60, sends=60)
        assert "it may be a tool that nobody has named" in see()

    def test_too_early_says_when_it_would_usually_send(self, see, listen) -> None:
        listen(Silence.WAITING, due=NOW + 24 * HOUR)
        assert "it is too early to say; it would usually send on 4 Dec 2026, 10:05." in see()

    def test_what_was_heard_of_an_earlier_pause_says_nothing_of_this_one(self, see, listen) -> None:
        listen(Silence.CONFIRMED, episode=2)
        assert "Silence: not listened to yet" in see()

    def test_what_the_ledger_proves_is_shown_before_anybody_listens_again(self, see, write) -> None:
        write(EntryKind.SILENCE_CONFIRMED, PAUSED, facts={"until": NOW.isoformat()})
        page = see()
        assert "Silence confirmed on 3 Dec 2026, 09:05" in page
        assert "silence confirmed WhatsApp takes action" in page

    def test_the_page_moves_as_soon_as_something_else_is_heard(self, see, listen, filled: Engine) -> None:
        listen(Silence.WAITING)
        assert "too early to say" in see()
        since = NOW - 19 * HOUR
        later = Heard(Silence.CONFIRMED, since, NOW)
        with database.session(filled) as session:
            save_silences(
                session,
                [Listened("whatsapp", PAUSED, 1, company.number(4), NOW + timedelta(minutes=-1), later)],
            )
        assert "Silence confirmed" in see()

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"left": {"running": 2, "waiting": 1}}, "Still under way: 3 runs that had begun"),
            ({"left": {"running": 1, "waiting": 0}}, "Still under way: one run that had begun"),
            ({"under_way": "unknown"}, "The system could not say whether anything is still under way"),
        ],
    )
    def test_what_is_still_under_way_is_said(self, see, write, facts: dict[str, Any], said: str) -> None:
        write(EntryKind.DRAINED, PAUSED, facts=facts)
        assert see().count(said) == 2, "beside the campaign and in the ledger"
        write(EntryKind.DRAINED, PAUSED, facts={"left": {"running": 0, "waiting": 0}})
        assert see().count(said) == 1

    def test_a_pause_that_somebody_has_to_look_at_stands_before_what_is_only_warned(
        self, client: TestClient, plans
    ) -> None:
        def places() -> tuple[int, int]:
            page = client.get("/campaigns?lang=en").text
            return page.index("Silence: not listened to yet"), page.index("Restposten")

        assert places()[0] > places()[1]
        plans("ask", ["not_running", "still_sending"])
        assert places()[0] < places()[1]


class TestTheWayBack:
    def test_a_resume_that_waits_names_the_command(self, see, plans) -> None:
        plans("resume", ["moved"], "waits_resume")
        page = see()
        assert "May run again once somebody approves To approve: sendepause approve campaign:crm/4" in page
        assert "Guard: waits, nothing is switched on unapproved" in page

    def test_an_approved_one_and_one_that_failed_say_so(self, see, plans, write) -> None:
        plans("resume", ["moved"], "approved")
        assert "Approved: runs again after the next run" in see()
        write(EntryKind.RESUME_INTENT, PAUSED)
        write(EntryKind.NOT_RESUMED, PAUSED, facts={"error": "Refused"})
        assert "Resume not confirmed (Refused)" in see()

    def test_what_we_resumed_says_when(self, see, write, lists) -> None:
        write(EntryKind.RESUME_INTENT, PAUSED)
        write(EntryKind.RESUMED, PAUSED)
        lists("4", state=CampaignState.RUNNING)
        assert "Resumed by Sendepause 3 Dec 2026, 09:05" in see()


class TestHowItIsSwitchedOff:
    def test_a_whole_session_is_called_so_and_counts_only_from_when_it_has_to_be_closed(
        self, see, lists, plans
    ) -> None:
        before = "still running 4"
        assert before in see()
        lists("waha", name="Workshop", level=Level.SESSION)
        plans("none", ["choke_point_later"], subject="campaign:crm/waha")
        page = see("Workshop")
        assert "Whole gateway session: closed only last" in page
        assert before in page
        plans("ask", ["choke_point_off"], subject="campaign:crm/waha")
        assert "still running 5" in see()

    def test_what_only_people_switch_off_asks_for_a_word_and_keeps_who_gave_it(
        self, see, lists, write
    ) -> None:
        lists("app", pausable=False, state=CampaignState.UNKNOWN)
        asked = "nobody has confirmed it yet Afterwards: sendepause confirm crm/app"
        assert asked in see("app")
        write(EntryKind.CONFIRMED, "campaign:crm/app", author="t.lenzen", facts={"off": True})
        assert "confirmed by t.lenzen, 3 Dec 2026, 09:05" in see("app")
        write(EntryKind.CONFIRMED, "campaign:crm/app", author="t.lenzen", facts={"off": False})
        assert asked in see("app")
        assert (
            "switching off confirmed WhatsApp takes action against automated messages · taken back" in see()
        )

    def test_a_word_that_is_believed_counts_as_stopped(self, see, lists, plans) -> None:
        lists("app", pausable=False, state=CampaignState.UNKNOWN)
        assert "still running 5" in see()
        plans("none", ["confirmed"], subject="campaign:crm/app")
        assert "still running 4" in see()


class TestWhoseAccountItIs:
    def test_one_that_was_stated_says_so_unless_its_number_is_no_account(self, see) -> None:
        assert "Account stated" in see("Winterreifen")
        stray = see("Restposten")
        assert "This number is no account. Add it to accounts.yaml , or correct the mark." in stray
        assert "Account stated" not in stray

    def test_an_inferred_one_says_by_what(self, see, lists) -> None:
        lists("1", account_by=AccountBy.INFERRED, senders=(WORKSHOP,), also=(company.number(0),))
        page = see("Gutscheine")
        assert "Account only inferred; sends through waha workshop (http://waha:3000)" in page
        assert "May send from +49 40 66969101 as well" in page

    def test_a_contradiction_names_the_other_number_and_the_mend(self, see, lists) -> None:
        lists("1", account_by=AccountBy.CONTRADICTED, senders=(WORKSHOP,), also=(company.number(0),))
        page = see("Gutscheine")
        assert "Account in doubt: it may be +49 40 66969101 as well" in page
        assert "To assign: by the mark account:+49… in the system crm" in page

    @pytest.mark.parametrize("language", ["de", "en"])
    def test_an_unknown_one_is_to_be_assigned_and_the_mend_is_named_twice(self, see, lists, language) -> None:
        lists("new", account=None, account_by=AccountBy.UNKNOWN, senders=(WORKSHOP,))
        page = see("", language)
        assert page.count("account:+49…") == 2, "beside the campaign and under coverage"
        assert "campaign_systems.yaml" in page

    def test_what_comes_from_outside_stands_in_no_command_as_more_than_a_word(
        self, see, lists, client
    ) -> None:
        lists("x; rm -rf ~\u202e", name="Evil", pausable=False)
        page = see("Evil")
        assert "sendepause confirm 'crm/x; rm -rf ~'" in page
        assert "\u202e" not in client.get("/?lang=en").text


class TestHolds:
    def ask(self, write, until: datetime) -> ledger.Entry:
        facts = {"until": until.isoformat(), "starts": (NOW - HOUR).isoformat(), "reason": "stock"}
        return write(EntryKind.HOLD_ASKED, "campaign:crm/0", author="anna", enforcement="", facts=facts)

    def test_one_that_was_asked_for_names_who_until_when_and_how_to_approve_it(self, see, write) -> None:
        entry = self.ask(write, NOW + 30 * HOUR)
        page = see("Winterreifen")
        assert "Hold until 4 Dec 2026, 16:05 requested by anna; a second person decides" in page
        assert f"To approve: sendepause approve hold:{entry.seq}" in page

    def test_one_in_force_says_until_when_and_that_it_ends_soon(self, see, write, clock) -> None:
        entry = self.ask(write, NOW + 30 * HOUR)
        write(EntryKind.HOLD_GRANTED, f"hold:{entry.seq}", author="ben", enforcement="")
        assert "On hold until 4 Dec 2026, 16:05" in see("Winterreifen")
        clock[0] = NOW + 8 * HOUR
        assert "Hold ends soon: 4 Dec 2026, 16:05" in see("Winterreifen")
        clock[0] = NOW + 31 * HOUR
        assert "4 Dec 2026, 16:05" not in see("Winterreifen").partition("Ledger")[0]

    def test_it_ends_before_the_date_whatever_was_asked_for(self, see, write) -> None:
        entry = self.ask(write, NOW + 300 * HOUR)
        write(EntryKind.HOLD_GRANTED, f"hold:{entry.seq}", author="ben", enforcement="")
        assert "On hold until 5 Dec 2026, 00:00" in see("Winterreifen")


def test_a_drill_says_in_the_ledger_how_far_it_came(see, write) -> None:
    write(EntryKind.DRILL, PAUSED, enforcement="", facts={"step": "pausing"})
    write(EntryKind.DRILL, PAUSED, enforcement="", facts={"step": "done", "paused": False})
    page = see()
    assert "drill begun" in page
    assert "drill pause not confirmed" in page


def test_a_failed_drill_is_a_gap_of_its_own(see, filled: Engine) -> None:
    with database.session(filled) as session:
        queries.set_health(session, "drill:crm", False, NOW - HOUR, "HTTP 403")
    assert "drill in the campaign system crm since 3 Dec 2026, 09:05 HTTP 403" in see()
