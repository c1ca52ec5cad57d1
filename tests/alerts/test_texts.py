"""Every stage can be told in both languages, whatever is known."""

import re
from datetime import UTC, datetime

import pytest
from tests.alerts.messages import (
    AT,
    BERLIN,
    FULL,
    PAUSED_ON_MONDAY,
    all_stages,
    both,
    everyone,
    lines,
    one,
    shown,
)
from tests.slack_rules import check_blocks

from sendepause.alerts.texts import AlertFacts, compose
from sendepause.model import Audience, Kind, Language, Reason, Stage, Verdict

# What these tell of is known to their reader: the measurement behind it would only be in the way.
ABOUT_A_CAMPAIGN = {
    Stage.PAUSED,
    Stage.NOT_PAUSED,
    Stage.UNDONE,
    Stage.HOLD_ASKED,
    Stage.HOLD_GRANTED,
    Stage.HOLD_ENDS,
    Stage.RESUMED,
    # what was measured before a pause says nothing of the time since
    Stage.NO_DATA,
    Stage.SILENCE_CONFIRMED,
    Stage.MOVED,
}


@everyone
@both
@all_stages
def test_every_stage_is_told_in_full(stage, language, audience):
    message = one(stage, language, FULL, audience=audience)
    check_blocks(message.blocks)
    for text in (message.text, shown(message)):
        for known in ("+49 30 23125101", "Filiale Mitte", "weihnachts_mailing", "n8n-nord", "HTTP 503"):
            assert known in text
        german = language is Language.DE
        assert ("Samstag, 7. Dezember 2019, 0 Uhr" if german else "Saturday, 7 December 2019, 00:00") in text
        assert ("noch 2 Tage und 14 Stunden" if german else "2 days and 14 hours left") in text
        if stage not in ABOUT_A_CAMPAIGN:
            assert ("48 Empfänger in einer Stunde" if german else "48 recipients in an hour") in text
        assert ("12.345" if german else "12,345") in text


@everyone
@both
@all_stages
def test_every_stage_is_told_when_nothing_is_known(stage, language, audience):
    message = one(stage, language, {}, audience=audience)
    check_blocks(message.blocks)
    for text in (message.text, shown(message)):
        assert "None" not in text
        assert not re.search(r"[{}|]", text)
        assert len([line for line in text.splitlines() if line]) == len(text.splitlines())


@both
@all_stages
def test_many_are_told_in_other_words_than_one(stage, language):
    (many,) = compose(stage, Audience.OWNER, language, BERLIN, [{"subject": "a"}, {"subject": "b"}], AT)
    assert not re.search(r"[{}|]", many.text)
    if stage not in (Stage.GUARD_STOPPED, Stage.HALT_STILL_ON):
        assert many.text.splitlines()[0] != one(stage, language, {}).text.splitlines()[0]


@all_stages
def test_the_languages_differ_and_german_is_formal(stage):
    german, english = (one(stage, language, {}).text for language in Language)
    assert not set(german.splitlines()) & (set(english.splitlines()) - {"–"})
    assert not re.search(r"\b(du|dein|deine|dir|dich)\b", german, re.IGNORECASE)


@pytest.mark.parametrize("known", [name for name in FULL if name != "subject"])
@both
def test_any_one_fact_may_be_missing(known, language):
    fewer: AlertFacts = {name: value for name, value in FULL.items() if name != known}
    check_blocks(one(Stage.PAUSED, language, fewer).blocks)


def test_the_countdown_is_told_in_the_readers_zone():
    text = one(Stage.WARNED, Language.DE, FULL, "America/New_York").text
    assert "bis Freitag, 6. Dezember 2019, 18 Uhr nach der Uhr von America/New_York" in text
    assert "Samstag, 7. Dezember 2019, 0 Uhr nach der Uhr von Europe/Berlin" in text
    assert "noch 2 Tage und 14 Stunden" in text


def test_after_the_date_it_is_said_since_when():
    (message,) = compose(
        Stage.BREACH, Audience.OWNER, Language.EN, BERLIN, [FULL], datetime(2019, 12, 8, 23, tzinfo=UTC)
    )
    assert "in force since Saturday, 7 December 2019, 00:00" in message.text


PAUSED_FROM: AlertFacts = {**FULL, "pause_from": "2019-12-02T00:00:00+01:00"}


@pytest.mark.parametrize(
    ("at", "when"),
    [
        (datetime(2019, 11, 20, tzinfo=UTC), "Montag, 2. Dezember 2019, 0 Uhr"),
        (datetime(2019, 12, 3, 9, tzinfo=UTC), "Mittwoch, 4. Dezember 2019, 0 Uhr"),  # never the same day
        (datetime(2019, 12, 5, 12, tzinfo=UTC), "Freitag, 6. Dezember 2019, 0 Uhr"),
    ],
)
def test_a_notice_says_from_when_the_campaign_is_paused(at, when):
    told = lines(Stage.WARNED, PAUSED_FROM, at)
    assert f"Pause: ab {when}, falls die Kampagne dann noch läuft" in told
    assert "Sie können auch die Pause abwarten" in "\n".join(told)


def test_a_notice_never_announces_a_pause_that_will_not_be_made():
    told = lines(Stage.WARNED, {**FULL, "kind": Kind.BUSINESS_APP}, language=Language.EN)
    (line,) = [line for line in told if line.startswith("Pause:")]
    assert line.startswith("Pause: Sendepause does not pause this kind of account")
    assert "wait for the pause" not in "\n".join(told)


def test_whoever_switched_it_on_again_reads_when_it_is_paused_again():
    told = lines(Stage.UNDONE, PAUSED_FROM)
    assert "Nächste Pause: Freitag, 6. Dezember 2019, 0 Uhr, falls die Kampagne dann noch läuft" in told
    last_day = lines(Stage.UNDONE, PAUSED_FROM, datetime(2019, 12, 6, 12, tzinfo=UTC))
    assert "Nächste Pause: beim nächsten Lauf, in höchstens 10 Minuten" in last_day


@both
@all_stages
def test_before_and_after_the_date_every_sentence_is_whole(stage, language):
    for at in (AT, datetime(2026, 11, 25, tzinfo=UTC)):
        for known in ([FULL], [FULL, FULL]):
            (message,) = compose(stage, Audience.OWNER, language, BERLIN, known, at)
            assert not re.search(r"[{}|\[\]]|  |\.\.|\s[,.;]", message.text)


def test_no_pause_is_announced_for_what_only_a_person_can_switch_off():
    told = lines(Stage.WARNED, {**PAUSED_ON_MONDAY, "by_hand": True})
    assert not [line for line in told if line.startswith("Pause:")]
    assert "Pause abwarten" not in "\n".join(told)


def test_a_whole_session_is_announced_for_the_last_day_alone():
    session = {**PAUSED_ON_MONDAY, "reasons": [Reason.CHOKE_POINT_LATER]}
    told = lines(Stage.WARNED, session, datetime(2019, 11, 20, tzinfo=UTC))
    assert "Pause: ab Freitag, 6. Dezember 2019, 0 Uhr, falls die Kampagne dann noch läuft" in told


def test_what_it_is_about_and_when_stands_before_everything_else():
    told = one(Stage.WARNED, Language.DE, FULL).text.splitlines()
    assert [line.partition(":")[0] for line in (told[0], told[2], told[3])] == [
        "Ankündigung",
        "Stichtag",
        "Filiale Mitte (+49 30 23125101), WhatsApp (persönlich)",
    ]
    many = compose(Stage.WARNED, Audience.OWNER, Language.DE, BERLIN, [FULL] * 4, AT)[0].text
    assert many.index("Zu tun: ") < many.index("Filiale Mitte"), "nobody has to scroll to it"


def test_an_innocent_finding_does_not_stand_beside_a_campaign_that_has_to_stop():
    told = lines(Stage.WARNED, {**FULL, "verdict": Verdict.CLEAR})
    assert not [line for line in told if line.startswith("Befund:")]


def test_the_operators_read_the_key_that_the_command_line_takes():
    assert "Key: hold:17" in lines(
        Stage.HOLD_ASKED, {"subject": "hold:17"}, language=Language.EN, audience=Audience.OPERATORS
    )
    assert "hold:17" not in "".join(lines(Stage.HOLD_ASKED, {"subject": "hold:17"}))


@both
def test_the_operators_read_whose_it_is(language):
    mine, theirs = (
        one(Stage.LAST_CALL, language, FULL, audience=audience).text
        for audience in (Audience.OWNER, Audience.OPERATORS)
    )
    assert "Tobias Lenzen, Filiale Köln" in theirs
    assert "Tobias Lenzen" not in mine


def test_a_thing_without_a_name_is_called_what_it_is():
    assert "Datenquelle phones" in lines(Stage.SOURCE_ILL, {"subject": "source:phones"})


def test_no_facts_are_no_message():
    assert compose(Stage.PAUSED, Audience.OWNER, Language.DE, BERLIN, [], AT) == []


@both
def test_where_a_program_sends_that_is_not_known_switching_it_off_is_an_answer(language):
    said = shown(one(Stage.FOUND, language, FULL, buttons=True))
    assert ("Programm abgeschaltet" if language is Language.DE else "Program switched off") in said


@both
@pytest.mark.parametrize("audience", list(Audience))
def test_data_that_would_prove_a_pause_are_asked_for_in_words_of_their_own(language, audience):
    facts: AlertFacts = {**FULL, "silence_why": "stale"}
    title = ("Pause noch nicht belegt", "Pause not proved yet")[language is Language.EN]
    assert one(Stage.NO_DATA, language, facts, audience=audience).text.startswith(title)
    together = compose(Stage.NO_DATA, audience, language, BERLIN, [facts, FULL], AT)
    assert not together[0].text.startswith(title), "of an account without data it is not true"
