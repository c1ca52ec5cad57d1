"""A reader sees at once why a message comes: first, continued, again, for the last time, unanswered."""

import re
from datetime import UTC, datetime

import pytest
from tests.alerts.messages import (
    AT,
    BERLIN,
    FULL,
    PAUSED_ON_MONDAY,
    PLATFORM,
    all_forms,
    all_stages,
    both,
    everyone,
    one,
    shown,
)
from tests.slack_blocks import sequences

from sendepause.alerts.mrkdwn import mentions
from sendepause.alerts.texts import AlertFacts, compose
from sendepause.model import Audience, Form, Kind, Language, Stage


@both
@everyone
@all_forms
@all_stages
def test_each_form_says_at_once_what_it_is(stage, form, audience, language):
    told = one(stage, language, FULL, audience=audience, form=form).text.splitlines()
    beginnings = {
        Form.NOTICE: ("", ""),
        Form.CONTINUED: ("Fortsetzung von heute: ", "Continued from today: "),
        Form.REMINDER: ("Erinnerung: ", "Reminder: "),
        Form.LAST_REMINDER: ("Letzte Erinnerung: ", "Last reminder: "),
        Form.UNANSWERED: ("Ohne Antwort: ", "No answer: "),
    }
    assert told[0].startswith(beginnings[form][language is Language.EN])
    notice = one(stage, language, FULL, audience=audience).text.splitlines()
    assert (told[0] == notice[0]) is (form is Form.NOTICE)
    assert (told[1] == notice[1]) is (form is Form.NOTICE), "its first sentence, too"
    assert len(told[0]) <= 150


NEVER_PAUSED: AlertFacts = {**PAUSED_ON_MONDAY, "kind": Kind.BUSINESS_APP, "pause_from": ""}


@pytest.mark.parametrize(
    ("known", "zone", "title"),
    [
        ([PAUSED_ON_MONDAY], BERLIN, "Letzte Erinnerung: morgen wird eine Kampagne pausiert"),
        ([PAUSED_ON_MONDAY] * 2, BERLIN, "Letzte Erinnerung: morgen werden 2 Kampagnen pausiert"),
        ([PAUSED_ON_MONDAY], "Europe/London", "Letzte Erinnerung: heute wird eine Kampagne pausiert"),
        (
            [PAUSED_ON_MONDAY, NEVER_PAUSED],
            BERLIN,
            "Letzte Erinnerung: morgen wird eine Kampagne pausiert",
        ),
        ([NEVER_PAUSED], BERLIN, "Letzte Erinnerung: Eine Kampagne darf bald nicht mehr senden"),
        (
            [{**PAUSED_ON_MONDAY, "by_hand": True}],
            BERLIN,
            "Letzte Erinnerung: Eine Kampagne darf bald nicht mehr senden",
        ),
    ],
)
def test_the_last_reminder_says_when_it_is_paused_by_the_readers_clock_and_only_if_it_is(known, zone, title):
    at = datetime(2019, 12, 1, 15, tzinfo=UTC)
    (message,) = compose(Stage.WARNED, Audience.OWNER, Language.DE, zone, known, at, form=Form.LAST_REMINDER)
    assert message.text.splitlines()[0] == title
    assert ("letzte Erinnerung vor der Pause" in message.text) is ("pausiert" in title)


def test_a_reminder_promises_no_later_pause_than_the_notice_did():
    at = datetime(2019, 12, 2, 9, tzinfo=UTC)
    told = one(Stage.WARNED, Language.DE, PAUSED_ON_MONDAY, form=Form.REMINDER, at=at).text
    assert "Pause: spätestens ab Dienstag, 3. Dezember 2019, 0 Uhr" in told


@everyone
@both
@all_stages
def test_an_unanswered_message_says_who_did_not_answer_and_what_the_reader_is_to_do(
    stage, language, audience
):
    told = one(stage, language, FULL, audience=audience, form=Form.UNANSWERED).text.splitlines()
    german = language is Language.DE
    assert told[1].startswith(
        ("Noch keine Antwort von: " if german else "No answer yet from: ") + FULL["owner_name"]
    )
    (asked,) = [line for line in told if line.startswith("Zu tun:" if german else "To do:")]
    if audience is Audience.OWNER:
        assert ("als Vertretung" if german else "stand in") in asked
    else:
        assert ("auf einem anderen Weg" if german else "in another way") in asked
        assert not re.search("Gelesen|Aufschub beantragen|“Read”", asked)


def test_who_did_not_answer_may_be_unknown_or_many():
    assert (
        "Die Zuständigen haben noch nicht geantwortet."
        in one(Stage.WARNED, Language.DE, {}, form=Form.UNANSWERED).text
    )
    known = [{"owner_name": f"Team <{n}>"} for n in range(9)]
    (message,) = compose(
        Stage.WARNED, Audience.OPERATORS, Language.DE, BERLIN, known, AT, form=Form.UNANSWERED
    )
    assert "Noch keine Antwort von: Team &lt;0&gt;; Team &lt;1&gt;;" in message.text.splitlines()[1]
    assert "Team &lt;4&gt;; …." in message.text.splitlines()[1]


@all_forms
def test_users_are_mentioned_where_somebody_has_to_see_it(form):
    users = ["U0LENZEN001", "U0LENZEN001", "W0ABC", "<!channel>", "U0", "u0lower"]
    message = one(Stage.WARNED, Language.DE, FULL, form=form, users=users)
    expected = "<@U0LENZEN001> <@W0ABC>"
    if form in (Form.NOTICE, Form.LAST_REMINDER, Form.UNANSWERED):
        assert message.text.splitlines()[1] == expected
        assert message.blocks[1]["text"]["text"].splitlines()[0] == expected
    else:
        assert sequences({"text": message.text, "blocks": message.blocks}) == []


def test_so_many_users_are_mentioned_and_no_more():
    assert len(mentions(f"U{n:04}" for n in range(99)).split()) == 10


def test_a_message_in_parts_calls_its_reader_once_and_says_everything_once():
    known = [{**FULL, "account_name": f"Filiale {n}"} for n in range(100)]
    first, *others = compose(
        Stage.WARNED, Audience.OWNER, Language.DE, BERLIN, known, AT, users=["U0LENZEN001"]
    )
    assert "<@U0LENZEN001>" in first.text
    for message in others:
        assert "<@" not in message.text
        assert "Worum es geht, steht in Teil 1." in message.text
        assert "Zu tun: " in message.text
        assert PLATFORM not in shown(message)


def test_a_reminder_is_shorter_than_the_notice():
    known = {**FULL, "campaign_name": "x"}
    notice, reminder = (
        one(Stage.WARNED, Language.DE, known, form=form) for form in (Form.NOTICE, Form.REMINDER)
    )
    assert len(reminder.text) < 0.7 * len(notice.text)
    assert "48 Empfänger in einer Stunde" in notice.text
    assert "48 Empfänger in einer Stunde" not in reminder.text
