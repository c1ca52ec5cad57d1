"""Where an account should move is decided by how it sends, and told with the steps."""

import re

import pytest
from tests.alerts.messages import (
    APP,
    AT,
    BERLIN,
    BY_HAND,
    PLATFORM,
    both,
    lines,
    one,
    yes_or_no,
)

from sendepause.alerts import moves
from sendepause.alerts.texts import compose
from sendepause.model import Audience, Form, Kind, Language, NoData, Stage, Verdict


@pytest.mark.parametrize(
    ("stage", "known", "where"),
    [
        (Stage.WARNED, {"kind": Kind.PERSONAL, "campaign_name": "x"}, PLATFORM),
        (Stage.WARNED, {"kind": Kind.BUSINESS_APP, "campaign_name": "x"}, PLATFORM),
        (Stage.WARNED, {"kind": Kind.PERSONAL, "campaign_name": "x", "verdict": Verdict.CLEAR}, PLATFORM),
        (Stage.FOUND, {"kind": Kind.PERSONAL, "verdict": Verdict.BULK}, PLATFORM),
        (Stage.FOUND, {"kind": Kind.BUSINESS_APP, "verdict": Verdict.AUTOMATED}, PLATFORM),
        (Stage.FOUND, BY_HAND, APP),
        (Stage.FOUND, {"kind": Kind.PERSONAL, "no_data": NoData.TOO_FEW}, APP),
        (Stage.FOUND, {"kind": Kind.BUSINESS_APP, "verdict": Verdict.WATCH}, "Kein Umzug nötig"),
        (
            Stage.WARNED,
            {"kind": Kind.BUSINESS_APP, "campaign_name": "x", "by_hand": True},
            "Kein Umzug nötig",
        ),
        (Stage.LAST_CALL, {}, PLATFORM),
    ],
)
def test_an_owner_reads_where_the_account_should_move_by_the_sending_it_really_does(stage, known, where):
    told = lines(stage, known)
    (line,) = [line for line in told if "Umzug" in line.partition(":")[0]]
    assert line.startswith(f"{where}: ")
    assert not [
        line for line in lines(stage, known, audience=Audience.OPERATORS) if line.startswith((PLATFORM, APP))
    ]


@pytest.mark.parametrize(
    "known",
    [{}, {"kind": Kind.BUSINESS_PLATFORM, "verdict": Verdict.AUTOMATED}, {"verdict": Verdict.NO_DATA}],
)
def test_nobody_is_sent_anywhere_when_it_is_not_known_how_the_account_sends(known):
    assert "Umzug" not in "\n".join(lines(Stage.FOUND, known))


@both
@yes_or_no
def test_the_first_notice_has_the_steps_and_each_names_one_thing_to_do(language, buttons):
    known = {"kind": Kind.PERSONAL, "campaign_name": "x"}
    told = one(Stage.WARNED, language, known, buttons=buttons).text.splitlines()
    steps = [line for line in told if re.match(r"\d\. ", line)]
    assert [step[:2] for step in steps] == [f"{n}." for n in range(1, 7)]
    for known in ("business.facebook.com", "Business Solution Provider"):
        assert any(known in step for step in steps[:2])
    chats = "ziehen nicht mit um" if language is Language.DE else "do not move along"
    assert chats in steps[2], "what deleting the account means"
    assert ("umgestellt" in steps[5] or "changed over" in steps[5]) is buttons


def test_the_steps_ask_whether_the_number_can_stay_where_it_is_on_the_business_app():
    app, personal = (
        "\n".join(lines(Stage.WARNED, {"kind": kind, "campaign_name": "x"}))
        for kind in (Kind.BUSINESS_APP, Kind.PERSONAL)
    )
    assert "ohne sie dort zu löschen" in app
    assert "ohne sie dort zu löschen" not in personal


@pytest.mark.parametrize("form", [Form.CONTINUED, Form.REMINDER, Form.LAST_REMINDER, Form.UNANSWERED])
def test_after_the_first_notice_one_sentence_is_enough(form):
    told = one(Stage.WARNED, Language.DE, {"kind": Kind.PERSONAL, "campaign_name": "x"}, form=form).text
    assert f"\n{PLATFORM}: " in told
    assert "Der erste Schritt ist ein Unternehmenskonto bei Meta" in told
    assert "\n1. " not in told


def test_a_message_with_several_destinations_has_a_paragraph_for_each_and_says_which_account_goes_where():
    machine = {"kind": Kind.PERSONAL, "verdict": Verdict.AUTOMATED}
    known = [
        {**machine, "account_number": "+493023125101", "account_name": "Eins"},
        {**machine, "account_number": "+493023125101", "account_name": "Eins"},
        {**machine, "account_number": "+493023125102", "account_name": "Zwei"},
        {**BY_HAND, "account_number": "+493023125103", "account_name": "Drei"},
    ]
    (message,) = compose(Stage.FOUND, Audience.OWNER, Language.DE, BERLIN, known, AT)
    told = message.text.splitlines()
    assert [line.partition(":")[0] for line in told if line.startswith((PLATFORM, APP))] == [
        f"{PLATFORM} (2 Konten)",
        f"{APP} (ein Konto)",
    ]
    (by_hand,) = [block["text"]["text"] for block in message.blocks if "*Drei*" in str(block.get("text"))]
    assert "Umzug: in die WhatsApp-Business-App" in by_hand


def test_every_stage_that_tells_of_a_move_is_one_that_owners_read():
    assert moves.IN_STEPS <= moves.TOLD_OF
    for stage in moves.TOLD_OF:
        known = {"kind": Kind.PERSONAL, "verdict": Verdict.AUTOMATED}
        assert PLATFORM in one(stage, Language.DE, known).text
