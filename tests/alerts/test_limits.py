"""However things are named, no message breaks out of Slack's mrkdwn or its limits."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.alerts.messages import (
    AT,
    BERLIN,
    FULL,
    TOLD,
    all_stages,
    both,
    characters,
    everyone,
    facts,
    one,
    shown,
    yes_or_no,
)
from tests.slack_blocks import sequences
from tests.slack_rules import MAX_ALL_BLOCKS, MAX_BLOCKS, MAX_UPDATED_TEXT, check_blocks

from sendepause.alerts import buttons as below
from sendepause.alerts.mrkdwn import link
from sendepause.alerts.texts import LINKED, AlertFacts, compose, number_in_words, safe
from sendepause.model import Audience, Form, Kind, Language, Reason, Stage, Verdict


@settings(max_examples=80, deadline=None)
@given(
    st.lists(facts, min_size=1, max_size=4),
    st.sampled_from(list(Stage)),
    st.sampled_from(list(Audience)),
    st.sampled_from(list(Language)),
    st.sampled_from([BERLIN, "America/New_York", "no/zone"]),
    st.sampled_from(TOLD),
    st.booleans(),
)
@example(
    [{"account_name": "&" * 2000, "campaign_name": "\U0001f600" * 2000}] * 4,
    Stage.PAUSED,
    Audience.OWNER,
    Language.DE,
    BERLIN,
    Form.UNANSWERED,
    True,
)
def test_no_name_breaks_out_of_a_message(known, stage, audience, language, zone, form, buttons):
    messages = compose(stage, audience, language, zone, known, AT, form=form, buttons=buttons)
    assert [member for message in messages for member in message.members] == list(range(len(known)))
    for message in messages:
        check_blocks(message.blocks)
        assert characters(message.text) <= MAX_UPDATED_TEXT
        for found in sequences({"text": message.text, "blocks": message.blocks}):
            assert re.fullmatch(r"<https?://[!-;=?-{}~]+\|(In Airflow entscheiden|Decide in Airflow)>", found)
            assert audience is Audience.OPERATORS and stage in LINKED
        assert not re.search("@(channel|here|everyone)", message.text, re.IGNORECASE)
        assert "\u202e" not in message.text
        assert not re.search(r"[*`]", message.text), "what only marks is not read out"
        for block in message.blocks:
            if block["type"] == "section":
                assert block["text"]["text"].count("*") % 2 == 0
                assert block["text"]["text"].count("`") % 2 == 0
                assert block["text"]["verbatim"] is True


LONG_NAMES = {"account_name": "\U0001f600" * 200, "campaign_name": "&" * 300}
LONG_REST = {"account_name": "F", "campaign_name": "x", "detail": "<" * 900, "error": "&" * 900}
EVERYTHING: AlertFacts = {
    **FULL,
    **LONG_NAMES,
    "reasons": [Reason.CHOKE_POINT, Reason.CHOKE_POINT_OFF, Reason.SENDER_UNKNOWN, Reason.SHORT_NOTICE],
    "also": ["+4930231251019"] * 9,
    "senders": ["s" * 200] * 9,
    "left": 10**6,
    "sentence": {"de": "x" * 2000},
    "detail": "<" * 900,
    "error": "&" * 900,
    "owner_name": "o" * 500,
    "by_hand": True,
    "silence_why": "stale",
}


@pytest.mark.parametrize("stage", [Stage.WARNED, Stage.FOUND, Stage.PAUSED, Stage.LAST_CALL])
@pytest.mark.parametrize("form", [Form.NOTICE, Form.LAST_REMINDER, Form.UNANSWERED])
@pytest.mark.parametrize(
    "named", [LONG_NAMES, LONG_REST, {"account_name": "F"}], ids=["names", "rest", "none"]
)
@yes_or_no
def test_a_long_list_stays_within_slacks_limits(stage, form, named, buttons):
    shared = {"date": "2019-12-07", "date_zone": BERLIN, "sentence": {"de": "<" * 900}}
    kinds, verdicts = (Kind.PERSONAL, Kind.BUSINESS_APP), (Verdict.AUTOMATED, Verdict.WATCH)
    known = [
        {
            **(FULL if "campaign_name" in named else shared),
            **named,
            "account_number": f"+49302312{n:04}",
            "verdict": verdicts[n % 2],
            "kind": kinds[n % 3 % 2],
        }
        for n in range(120)
    ]
    if not named.get("campaign_name"):
        known = [{"account_name": one["account_name"], "kind": one["kind"]} for one in known]
    users = ["U0LENZEN001"] * 50
    messages = compose(
        stage, Audience.OWNER, Language.DE, BERLIN, known, AT, form=form, users=users, buttons=buttons
    )
    assert [member for message in messages for member in message.members] == list(range(120))
    for message in messages:
        check_blocks(message.blocks)
        room = 1 + below.BLOCKS if buttons else 1  # the buttons, and what an answer adds
        assert len(message.blocks) <= MAX_BLOCKS - room
        assert characters(shown(message)) <= MAX_ALL_BLOCKS - 1_200 - (600 if buttons else 0)
        assert characters(message.text) <= MAX_UPDATED_TEXT


@everyone
@both
@all_stages
def test_one_alert_of_which_everything_is_known_and_long_stays_within_slacks_limits(
    stage, language, audience
):
    for known in (EVERYTHING, {**EVERYTHING, "campaign_name": ""}):
        for form in (Form.NOTICE, Form.UNANSWERED):
            message = one(stage, language, known, audience=audience, form=form)
            check_blocks(message.blocks)
            assert characters(message.text) <= MAX_UPDATED_TEXT
            assert message.members == (0,)


@given(st.text(max_size=300), st.integers(2, 80))
def test_safe_text_is_one_line_within_its_limit(text, limit):
    made = safe(text, limit)
    assert len(made.encode("utf-16-le")) // 2 <= limit
    assert not re.search(r"[<>*~`\n\r]", made)
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)*", made)


@pytest.mark.parametrize(
    ("outside", "inside"),
    [
        ("Müller & Söhne", "Müller &amp; Söhne"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("weihnachts_mailing", "weihnachts_mailing"),
        ("_kursiv_", "＿kursiv＿"),
        ("zwei\nZeilen\t hier", "zwei Zeilen hier"),
        ("m@here.example", "m@\u2060here.example"),
    ],
)
def test_names_stay_readable(outside, inside):
    assert safe(outside) == inside


def test_a_number_is_shown_as_people_write_it():
    assert number_in_words("+493023125101") == "+49 30 23125101"
    assert number_in_words("<!here>") == "&lt;!here&gt;"


def test_a_list_that_is_too_long_becomes_parts_and_each_names_its_own():
    known = [AlertFacts(account_name=f"Filiale {n:04}", campaign_name="k" * 300) for n in range(300)]
    messages = compose(Stage.PAUSED, Audience.OWNER, Language.DE, BERLIN, known, AT)
    assert len(messages) > 1
    for part, message in enumerate(messages, start=1):
        check_blocks(message.blocks)
        assert f"Teil {part} von {len(messages)}" in message.text
        assert "300 Kampagnen" in message.text
        named = {int(n) for n in re.findall(r"Filiale (\d{4})", message.text)}
        assert named == set(message.members), "also for those who only hear the text"
        assert named == {int(n) for n in re.findall(r"Filiale (\d{4})", shown(message))}


WHERE = "<https://airflow.example/dags/sendepause_approve?tab=required_actions&amp;mapped=0|"


@everyone
@both
@all_stages
def test_the_operators_get_a_link_to_where_it_is_decided(stage, language, audience):
    message = one(stage, language, FULL, audience=audience)
    wanted = stage in LINKED and audience is Audience.OPERATORS
    assert (WHERE in message.text and WHERE in shown(message)) is wanted


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//airflow.example",
        "https://",
        "https://user:secret@airflow.example",
        "https://[",
        "https://x.example/" + "a" * 500,
        "\ud800",
        7,
    ],
)
def test_no_other_address_becomes_a_link(address):
    assert link(address, "Airflow") == ""


def test_an_address_cannot_leave_its_link():
    assert link("http://a.example/x|y>z <!here> *b* `c`?d=1&e=ü", "Airflow") == (
        "<http://a.example/x%7Cy%3Ez%20%3C!here%3E%20%2Ab%2A%20%60c%60?d=1&amp;e=%C3%BC|Airflow>"
    )
