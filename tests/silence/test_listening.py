"""Listening after pauses: from files in an inbox to the second proof, and nobody's name in it."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta

import pytest
from tests.silence.conftest import BERLIN, LISBON, OFFER, PAUSED, RULE, House, Sent, run

from sendepause import events
from sendepause.audit.silence import By, Why
from sendepause.model import CampaignState, EntryKind, Level, Silence
from sendepause.silence import unexplained

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEXT_DAY = PAUSED + 26 * HOUR
K = EntryKind


def ran() -> list[Sent]:
    """What the campaign sent a week and two before its pause, five hours later by the clock."""
    return [one for ago in (14, 7) for one in run(PAUSED + 5 * HOUR - ago * DAY, campaign="winter")]


def elsewhere(at: datetime) -> list[Sent]:
    """The tool goes on to write its list: another account's message."""
    return [(at, "out", "+491713920050", "Bom dia", "")]


# Confirmed


def test_a_tools_list_that_goes_on_without_the_campaign_confirms_the_silence(either: House) -> None:
    key = either.pause()
    either.lists("1.csv", BERLIN, ran())
    either.lists("2.csv", LISBON, elsewhere(NEXT_DAY))
    either.read(NEXT_DAY)
    heard = either.listen(NEXT_DAY)[key].heard
    assert (heard.state, heard.until, heard.sends) == (Silence.CONFIRMED, NEXT_DAY, 0)
    (entry,) = either.entries(K.SILENCE_CONFIRMED)
    assert entry.facts == {
        "episode": 1,
        "account": BERLIN,
        "since": (PAUSED + HOUR).isoformat(),
        "until": NEXT_DAY.isoformat(),
        "sends": 0,
        "due": (PAUSED + 5 * HOUR).isoformat(),
        "sources": ["tool"],
    }
    assert either.record(key).silence == "confirmed"
    assert either.record(key).silence_since == NEXT_DAY


def test_it_is_written_once_and_kept_for_plans_and_the_board(either: House) -> None:
    key = either.pause()
    either.lists("1.csv", BERLIN, ran())
    either.lists("2.csv", LISBON, elsewhere(NEXT_DAY))
    either.read(NEXT_DAY)
    for later in range(3):
        told = either.listen(NEXT_DAY + later * HOUR)[key]
        assert either.kept() == {(RULE, key): told}
    assert len(either.entries(K.SILENCE_CONFIRMED)) == 1


def test_what_was_proved_stays_proved_when_data_grow_old(house: House) -> None:
    key = house.pause()
    house.lists("1.csv", BERLIN, [*ran(), *run(NEXT_DAY, 1, text="Gern!", campaign="")])
    house.read(NEXT_DAY)
    house.listen(NEXT_DAY)
    assert house.listen(PAUSED + 60 * DAY)[key].heard.state is Silence.CONFIRMED


# Open


def test_waiting_and_open_are_kept_and_nothing_is_written_into_the_ledger(house: House) -> None:
    key = house.pause()
    house.lists("1.csv", BERLIN, ran())
    house.read(PAUSED)
    before = house.entries()
    assert house.listen(PAUSED + HOUR)[key].heard.state is Silence.WAITING
    heard = house.listen(NEXT_DAY)[key].heard
    assert (heard.state, heard.why) == (Silence.OPEN, Why.STALE)
    assert heard.until == PAUSED - 7 * DAY + 5 * HOUR + timedelta(seconds=290)
    assert house.kept()[RULE, key].heard == heard
    assert house.entries() == before
    assert house.record(key).silence is None


def test_an_export_without_a_newer_line_proves_nothing_however_late_it_is_laid_down(house: House) -> None:
    key = house.pause()
    for n in range(30):
        lines = [(PAUSED - 6 * DAY + timedelta(minutes=n), "Fahrradladen Mitte", OFFER)]
        if n < 4:
            lines.append((NEXT_DAY, f"Kunde {n}", "Danke"))
        house.exports(f"Kunde {n}", lines)
    house.read(NEXT_DAY + HOUR)
    assert house.listen(NEXT_DAY + HOUR)[key].heard.state is Silence.OPEN
    fifth = [
        (PAUSED - 6 * DAY + timedelta(minutes=4), "Fahrradladen Mitte", OFFER),
        (NEXT_DAY, "Kunde 4", "Danke"),
    ]
    house.exports("Kunde 4", fifth)
    house.read(NEXT_DAY + 2 * HOUR)
    assert house.listen(NEXT_DAY + 2 * HOUR)[key].heard.state is Silence.CONFIRMED


def test_a_file_that_cannot_be_read_is_a_gap_in_what_was_heard(house: House) -> None:
    key = house.pause()
    house.lists("1.csv", BERLIN, ran())
    house.lists("3.csv", LISBON, elsewhere(NEXT_DAY))
    (house.root / "inbox/tables/2.csv").write_bytes(b"\xff\xfe\x00broken")
    house.read(NEXT_DAY)
    heard = house.listen(NEXT_DAY)[key].heard
    assert (heard.state, heard.why) == (Silence.OPEN, Why.NO_WITNESS)
    house.lists("2.csv", LISBON, elsewhere(NEXT_DAY - HOUR))
    house.read(NEXT_DAY + HOUR)
    assert house.listen(NEXT_DAY + HOUR)[key].heard.state is Silence.CONFIRMED


def test_nobody_listens_to_what_is_no_account_or_no_pause_any_more(house: House) -> None:
    house.pause("unknown", account=None)
    house.pause("stranger", account="+4930231251999")
    house.write(K.UNDONE, house.pause("undone"), PAUSED + HOUR)
    house.write(K.RESUME_INTENT, house.pause("resuming"), PAUSED + HOUR)
    key = house.pause("winter")
    assert house.listen(NEXT_DAY).keys() == {key}
    house.write(K.UNDONE, key, NEXT_DAY)
    assert house.listen(NEXT_DAY + HOUR) == {}
    assert house.kept() == {}


# Broken


def test_a_campaign_that_sends_on_is_seen_once_a_day(either: House) -> None:
    key = either.pause()
    either.lists("1.csv", BERLIN, ran())
    for day in (0, 1):
        either.lists(f"more{day}.csv", BERLIN, run(PAUSED + 3 * HOUR + day * DAY, campaign="winter"))
        now = PAUSED + 4 * HOUR + day * DAY
        either.read(now)
        for _ in range(2):
            heard = either.listen(now)[key].heard
            assert (heard.state, heard.machine) == (Silence.BROKEN, 30 * (day + 1))
            assert By.CAMPAIGN in heard.by
            assert either.kept()[RULE, key].heard == heard
    seen = either.entries(K.SENDING_SEEN)
    assert [entry.facts["machine"] for entry in seen] == [30, 60]
    assert {By.CAMPAIGN, By.CONTENT} <= set(seen[0].facts["by"])
    assert either.record(key).silence == "broken"
    assert either.record(key).silence_since == PAUSED + 4 * HOUR


def test_a_machine_that_is_heard_later_breaks_a_confirmed_silence_for_good(house: House) -> None:
    key = house.pause()
    house.lists("1.csv", BERLIN, [*ran(), *run(NEXT_DAY, 1, text="Gern!")])
    house.read(NEXT_DAY)
    assert house.listen(NEXT_DAY)[key].heard.state is Silence.CONFIRMED
    house.lists("2.csv", BERLIN, run(NEXT_DAY + HOUR))
    house.read(NEXT_DAY + 3 * HOUR)
    seen = house.listen(NEXT_DAY + 3 * HOUR)[key].heard
    assert By.CONTENT in seen.by
    later = house.listen(PAUSED + 60 * DAY)[key].heard  # the window has gone on
    assert (later.state, later.by, later.last) == (Silence.BROKEN, seen.by, seen.last)
    assert house.record(key).silence == "broken"
    assert len(house.entries(K.SENDING_SEEN)) == 1


def test_a_tools_list_may_name_the_campaign_instead_of_its_id(house: House) -> None:
    key = house.pause()
    house.lists("1.csv", BERLIN, run(PAUSED + 3 * HOUR, 1, campaign="The winter offer"))
    house.read(PAUSED + 4 * HOUR)
    assert house.listen(PAUSED + 4 * HOUR)[key].heard.by == (By.CAMPAIGN,)


def test_a_campaign_that_may_run_on_is_not_taken_for_the_paused_one(house: House) -> None:
    key = house.pause()
    house.seen("held", BERLIN, CampaignState.RUNNING)
    house.lists("1.csv", BERLIN, [*ran(), *run(PAUSED + 20 * HOUR, text="Inspektion", campaign="held")])
    house.lists("2.csv", LISBON, elsewhere(NEXT_DAY))
    house.read(NEXT_DAY)
    assert house.listen(NEXT_DAY)[key].heard.state is Silence.CONFIRMED


@pytest.mark.parametrize("more", [{"level": Level.SESSION}, {"pausable": False}])
def test_an_open_session_or_what_nobody_can_pause_explains_no_machine(
    house: House, more: dict[str, object]
) -> None:
    key = house.pause()
    house.seen("other", BERLIN, CampaignState.RUNNING, **more)
    house.lists("1.csv", BERLIN, [*ran(), *run(PAUSED + 3 * HOUR, 40, text="Ganz neu", first=500)])
    house.read(NEXT_DAY)
    assert house.listen(NEXT_DAY)[key].heard.unexplained


def test_a_machine_where_all_campaigns_are_paused_is_an_automation_nobody_told_us_of(house: House) -> None:
    both = {house.pause("winter"), house.pause("battery")}
    quiet = house.pause("lisbon", account=LISBON)
    house.lists("1.csv", BERLIN, ran())
    strangers = run(PAUSED + 3 * HOUR, 40, text="Ganz neu", first=500)
    house.lists("2.csv", BERLIN, strangers)
    house.read(NEXT_DAY)
    heard = house.listen(NEXT_DAY)
    assert {key for key, one in heard.items() if one.heard.unexplained} == both
    assert heard[quiet].heard.state is Silence.OPEN
    assert unexplained(heard.values()).keys() == {BERLIN}
    house.lists("3.csv", BERLIN, run(PAUSED + 9 * HOUR, 1, campaign="winter"))
    house.read(NEXT_DAY)
    assert unexplained(house.listen(NEXT_DAY).values()) == {}


def test_a_late_run_counts_from_when_the_pause_was_really_made(house: House) -> None:
    """The run of ten o'clock came to it at three: what was sent in between was before the pause."""
    key = house.pause(at=PAUSED + 5 * HOUR, as_of=PAUSED)
    house.lists("1.csv", BERLIN, [*ran(), *run(PAUSED + 4 * HOUR, campaign="winter")])
    house.read(PAUSED + 8 * HOUR)
    heard = house.listen(PAUSED + 8 * HOUR)[key].heard
    assert (heard.state, heard.since) == (Silence.WAITING, PAUSED + 6 * HOUR)


def test_plans_see_what_is_proved_and_else_what_was_heard_last_in_this_episode(house: House) -> None:
    key = house.pause()
    house.lists("1.csv", BERLIN, ran())
    house.read(PAUSED)
    assert house.silences_at(PAUSED) == {}
    house.listen(NEXT_DAY)
    assert house.silences_at(NEXT_DAY) == {(RULE, key): Silence.OPEN}
    assert house.silences_at(NEXT_DAY - HOUR) == {}  # a replay of an earlier moment
    house.write(K.SENDING_SEEN, key, NEXT_DAY)
    assert house.silences_at(NEXT_DAY) == {(RULE, key): Silence.BROKEN}
    house.write(K.UNDONE, key, NEXT_DAY)
    assert house.silences_at(NEXT_DAY) == {}
    house.pause(at=NEXT_DAY)
    assert house.silences_at(NEXT_DAY) == {}


# Neither names nor numbers, and no more than is needed


def test_nothing_of_whom_was_written_to_or_what_comes_into_the_ledger_or_the_logs(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    house.pause()
    house.lists("1.csv", BERLIN, [*ran(), *run(PAUSED + 3 * HOUR, campaign="winter")])
    house.read(NEXT_DAY)
    (told,) = house.listen(NEXT_DAY).values()
    known = events.scan(house.root / "data").collect()
    hidden = {*known["counterpart"], *known["content"], *known["campaign_id"], *known["event_id"]} - {None}
    facts = json.dumps([entry.facts for entry in house.entries(K.SENDING_SEEN)])
    kept = repr(house.kept())
    for text in (facts, kept, repr(told), caplog.text):
        assert not [word for word in (*hidden, "4917139", OFFER, "The winter offer") if word in text]


def test_only_the_accounts_and_days_around_their_pauses_are_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.pause()
    house.pause("lisbon", account=LISBON, at=PAUSED + DAY)
    read = []
    scan = events.scan

    def watched(base: object, days: set, **more: object) -> object:  # type: ignore[type-arg]
        read.append((min(days), max(days), len(days), sorted(more["accounts"])))  # type: ignore[call-overload]
        return scan(base, days, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(events, "scan", watched)
    house.listen(PAUSED + 40 * DAY)
    first, last = (PAUSED - 28 * DAY).date(), (PAUSED + 40 * DAY).date()
    assert sorted(read) == sorted([(first, last, 29 + 29, [BERLIN]), (first + DAY, last, 29 + 29, [LISBON])])
