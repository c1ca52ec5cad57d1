"""Every stage can be told in both languages, whatever is known and however things are named."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.slack_server import MAX_TEXT, check_blocks, sequences

from sendepause.alerts.texts import AlertFacts, Message, compose, number_in_words, safe
from sendepause.model import Audience, Kind, Language, NoData, Reason, Stage, Verdict

AT = datetime(2019, 12, 4, 9, tzinfo=UTC)
BERLIN = "Europe/Berlin"

FULL = AlertFacts(
    subject="campaign:n8n/7",
    account_number="+493023125101",
    account_name="Filiale Mitte",
    kind=Kind.PERSONAL,
    campaign_name="weihnachts_mailing",
    system="n8n-nord",
    reasons=[Reason.AUTOMATED_ON_PERSONAL, Reason.TOLD_BEFORE],
    enforcement_title={"de": "WhatsApp: kein Massenversand", "en": "WhatsApp: no bulk messaging"},
    date="2019-12-07",
    date_zone=BERLIN,
    hours_left=62.0,
    changed_by="m.beispiel",
    changed_at="2019-12-01T10:00:00+00:00",
    verdict=Verdict.AUTOMATED,
    sentence={
        "de": "48 Empfänger in einer Stunde, Schwelle 30",
        "en": "48 recipients in an hour, threshold 30",
    },
    hold_until="2019-12-05T11:00:00+00:00",
    no_data=NoData.SOURCE_ILL,
    detail={"de": "Knoten Versand", "en": "node Send"},
    items=12345,
    error="HTTP 503",
)

# What these tell of is known to their reader: the measurement behind it would only be in the way.
ABOUT_A_CAMPAIGN = {
    Stage.PAUSED,
    Stage.NOT_PAUSED,
    Stage.UNDONE,
    Stage.HOLD_ASKED,
    Stage.HOLD_GRANTED,
    Stage.HOLD_ENDS,
    Stage.RESUMED,
}

words = st.text(max_size=60) | st.sampled_from(
    [
        "<!channel>",
        "@here",
        "<https://x.example|ok>",
        "*fett*",
        "`x`",
        "a&b",
        "_x_",
        "\n\n*x*",
        "\u202egnp.exe",
    ]
)
long = st.text(alphabet="&<>*_~`x\U0001f600\n", max_size=1200)
texts = words | long
facts = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("subject", "account_name", "campaign_name", "system", "error", "changed_by"), texts),
        **dict.fromkeys(("account_number", "kind", "verdict", "no_data"), texts),
        **dict.fromkeys(("date", "date_zone", "changed_at", "hold_until"), texts),
        "reasons": st.lists(texts | st.sampled_from(list(Reason)), max_size=40),
        "enforcement_title": st.dictionaries(st.sampled_from(["de", "en", "fr"]), texts, max_size=3),
        "sentence": st.dictionaries(st.sampled_from(["de", "en"]), texts, max_size=2),
        "detail": texts | st.dictionaries(st.sampled_from(["de", "en"]), texts, max_size=2),
        "hours_left": st.floats(),
        "items": st.integers(0, 10**9),
    },
)
everyone = pytest.mark.parametrize("audience", Audience)
both = pytest.mark.parametrize("language", Language)
all_stages = pytest.mark.parametrize("stage", Stage)


def one(stage, language, known: AlertFacts, zone=BERLIN, audience=Audience.OWNER) -> Message:
    (message,) = compose(stage, audience, language, zone, [known], AT)
    return message


def shown(message: Message) -> str:
    """All that the blocks show."""
    found = []
    for block in message.blocks:
        found += [text["text"] for text in block.get("elements", [block.get("text")])]
    return "\n".join(found)


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
    assert not set(german.splitlines()) & (set(english.splitlines()) - {"*–*"})
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


def test_without_a_date_the_hours_tell():
    assert "noch 5 Stunden" in one(Stage.WARNED, Language.DE, {"hours_left": 5.5}).text


def lines(stage, known: AlertFacts, at=AT, language=Language.DE, audience=Audience.OWNER) -> list[str]:
    (message,) = compose(stage, audience, language, BERLIN, [known], at)
    return message.text.splitlines()


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


def test_a_notice_never_announces_a_pause_that_will_not_be_made():
    told = lines(Stage.WARNED, {**FULL, "kind": Kind.BUSINESS_APP}, language=Language.EN)
    (line,) = [line for line in told if line.startswith("Pause:")]
    assert line.startswith("Pause: Sendepause does not pause this kind of account")


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


@pytest.mark.parametrize(
    ("known", "where"),
    [
        (
            {"kind": Kind.PERSONAL, "campaign_name": "x"},
            "muss die Nummer auf die WhatsApp-Business-Plattform",
        ),
        ({"kind": Kind.BUSINESS_APP}, "muss die Nummer von der WhatsApp-Business-App auf die"),
        ({"kind": Kind.PERSONAL, "verdict": Verdict.WATCH}, "gehört die Nummer eines Unternehmens in die"),
        ({}, "muss die Nummer auf die WhatsApp-Business-Plattform"),
    ],
)
def test_an_owner_reads_where_the_account_should_move_and_the_first_step(known, where):
    (line,) = [line for line in lines(Stage.FOUND, known) if line.startswith("*Umzug:*")]
    assert where in line
    assert "der erste Schritt ist" in line
    assert "Umzug" not in "".join(lines(Stage.FOUND, known, audience=Audience.OPERATORS))


def test_an_innocent_finding_does_not_stand_beside_a_campaign_that_has_to_stop():
    told = lines(Stage.WARNED, {**FULL, "verdict": Verdict.CLEAR})
    assert not [line for line in told if line.startswith("Befund:")]


def test_the_operators_read_the_key_that_the_command_line_takes():
    assert "Key: hold:17" in lines(
        Stage.HOLD_ASKED, {"subject": "hold:17"}, language=Language.EN, audience=Audience.OPERATORS
    )
    assert "hold:17" not in "".join(lines(Stage.HOLD_ASKED, {"subject": "hold:17"}))


def test_a_thing_without_a_name_is_called_what_it_is():
    assert "*Datenquelle phones*" in lines(Stage.SOURCE_ILL, {"subject": "source:phones"})


@settings(max_examples=60, deadline=None)
@given(
    st.lists(facts, min_size=1, max_size=4),
    st.sampled_from(list(Stage)),
    st.sampled_from(list(Language)),
    st.sampled_from([BERLIN, "America/New_York", "no/zone"]),
)
@example(
    [{"account_name": "&" * 2000, "campaign_name": "\U0001f600" * 2000}] * 4,
    Stage.PAUSED,
    Language.DE,
    BERLIN,
)
def test_no_name_breaks_out_of_a_message(known, stage, language, zone):
    messages = compose(stage, Audience.OWNER, language, zone, known, AT)
    assert [member for message in messages for member in message.members] == list(range(len(known)))
    plain = compose(stage, Audience.OWNER, language, zone, [{} for _ in known], AT)[0]
    for message in messages:
        check_blocks(message.blocks)
        assert len(message.text.encode("utf-16-le")) // 2 <= MAX_TEXT
        assert sequences({"text": message.text, "blocks": message.blocks}) == []
        assert not re.search("@(channel|here|everyone)", message.text, re.IGNORECASE)
        assert "://" not in message.text
        assert "\u202e" not in message.text
        assert message.text.count("`") == plain.text.count("`")
        for block in message.blocks:
            if block["type"] == "section":
                assert block["text"]["text"].count("*") % 2 == 0
                assert block["text"]["verbatim"] is True


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
        assert (
            named == set(message.members) == {int(n) for n in re.findall(r"Filiale (\d{4})", shown(message))}
        )


def test_no_facts_are_no_message():
    assert compose(Stage.PAUSED, Audience.OWNER, Language.DE, BERLIN, [], AT) == []
