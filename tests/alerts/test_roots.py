"""The message that begins a thread shows how the accounts stand, and changes only when that does."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.alerts.messages import BERLIN, both, characters, everyone, shown_in
from tests.slack_blocks import sequences
from tests.slack_rules import MAX_ALL_BLOCKS, MAX_UPDATED_TEXT, check_blocks

from sendepause import states
from sendepause.alerts import buttons
from sendepause.alerts.roots import Line, Root, compose
from sendepause.model import AccountState, Answer, Audience, Language

BEGINS = datetime(2019, 12, 6, 23, tzinfo=UTC)
TITLE = {"de": "WhatsApp: kein Massenversand", "en": "WhatsApp: no bulk messaging"}
STATES = list(AccountState)


def root(*lines: Line, audience=Audience.OWNER, begins=BEGINS, title=TITLE, **more) -> Root:
    return Root(title, begins, BERLIN, lines, audience, **more)


def many(count: int, state: AccountState | None = None) -> list[Line]:
    return [
        Line(f"+49302312{n:04}", f"Filiale {n:04}", state or STATES[n % len(STATES)]) for n in range(count)
    ]


def said(known: Root, at=BEGINS - timedelta(days=3), language=Language.DE, zone=BERLIN) -> str:
    text, blocks = compose(language, zone, known, at)
    check_blocks(blocks)
    return text


@pytest.mark.parametrize(
    ("before", "german", "english"),
    [
        (
            timedelta(days=3),
            "noch 3 Tage, bis Samstag, 7. Dezember 2019, 0 Uhr",
            "3 days left, until Saturday",
        ),
        (timedelta(days=3, hours=23), "noch 3 Tage, bis", "3 days left, until"),
        (timedelta(days=2, hours=15), "noch 2 Tage, bis", "2 days left, until"),
        (timedelta(days=1), "noch ein Tag, bis", "one day left, until"),
        (timedelta(hours=23, minutes=59), "noch weniger als 24 Stunden, bis", "less than 24 hours left"),
        (timedelta(minutes=1), "noch weniger als 24 Stunden, bis", "less than 24 hours left"),
        (timedelta(0), "in Kraft seit Samstag, 7. Dezember 2019, 0 Uhr", "in force since Saturday"),
        (timedelta(days=-300), "in Kraft seit Samstag", "in force since Saturday"),
    ],
)
def test_it_counts_whole_days_and_never_more_than_there_are(before, german, english):
    assert german in said(root(), BEGINS - before)
    assert english in said(root(), BEGINS - before, Language.EN)


@both
@pytest.mark.parametrize("zone", [BERLIN, "America/New_York", "Asia/Kolkata"])
def test_by_the_clock_alone_it_changes_once_a_day_and_not_at_all_when_the_rule_is_in_force(zone, language):
    known = root(*many(5))
    hours = [BEGINS + timedelta(hours=hour) for hour in range(-24 * 8, 24 * 8)]
    shown = [compose(language, zone, known, at) for at in hours]
    changes = [at for at, before, after in zip(hours[1:], shown, shown[1:], strict=False) if before != after]
    assert len(changes) == 9, "eight days, and the moment of the date"
    assert all(later - earlier >= timedelta(hours=23) for earlier, later in pairwise(changes))
    assert max(changes) == BEGINS


def test_the_readers_clock_and_the_rules_own_are_both_told_where_they_differ():
    text = said(root(), zone="America/New_York")
    assert "bis Freitag, 6. Dezember 2019, 18 Uhr nach der Uhr von America/New_York" in text
    assert "Samstag, 7. Dezember 2019, 0 Uhr nach der Uhr von Europe/Berlin" in text
    assert text.splitlines()[0] == "Stichtag 7. Dezember 2019: Stand Ihrer Konten"


@both
def test_every_account_is_named_under_its_state_the_most_pressing_first(language):
    lines = many(22)
    text = said(root(*reversed(lines)), language=language)
    heads = [
        line.partition(" (")[0].lower() for line in text.splitlines() if re.match(r"[^•]+ \(.*\): ", line)
    ]
    assert heads == [states.label(state, language).lower() for state in STATES]
    for line in lines:
        assert f"• {line.name} (" in text
    for state, head in zip(STATES, heads, strict=True):
        part = text.lower().partition(f"\n{head} (")[2]
        names = [one.name for one in lines if one.state is state]
        assert all(name.lower() in part[:300] for name in names)


def test_an_announced_pause_says_from_when():
    line = Line("+493023125101", "Mitte", AccountState.ANNOUNCED, BEGINS - timedelta(days=5))
    assert "• Mitte (+49 30 23125101), Pause ab Montag, 2. Dezember 2019, 0 Uhr" in said(root(line))


@both
def test_of_five_hundred_accounts_the_pressing_ones_are_named_and_all_are_counted(language):
    lines = [
        *many(180, AccountState.CLEAR),
        *many(300, AccountState.ANNOUNCED),
        *many(20, AccountState.BREACH),
    ]
    text, blocks = compose(language, BERLIN, root(*lines), BEGINS - timedelta(days=3))
    check_blocks(blocks)
    counted = ("20 Konten", "300 Konten", "180 Konten")
    if language is Language.EN:
        counted = ("20 accounts", "300 accounts", "180 accounts")
    named_all = (
        "nennen jedes, bei dem etwas zu tun ist" if language is Language.DE else "name each with something"
    )
    for told, most in ((text, MAX_UPDATED_TEXT), (shown_in(blocks), MAX_ALL_BLOCKS)):
        assert characters(told) <= most
        assert all(f"({count}): " in told for count in counted)
        named = re.findall(r"^• Filiale (\d{4})", told, re.MULTILINE)
        assert len(named) > 50
        assert named[:20] == [f"{n:04}" for n in range(20)], "every breach, before anything else"
        assert named_all in told
        (rest,) = re.findall(r"^… (?:und|and) (\d+)", told, re.MULTILINE)
        assert len(named) + int(rest) == 320


def test_few_accounts_are_all_named_those_with_nothing_to_do_as_well():
    text = said(root(*many(40, AccountState.CLEAR)))
    assert len(re.findall("^• ", text, re.MULTILINE)) == 40
    assert "Nicht alle Konten" not in text


def test_the_operators_read_counts_and_what_waits_for_a_person():
    lines = [
        *many(300, AccountState.CLEAR),
        *many(30, AccountState.PAUSE_DUE),
        *many(2, AccountState.BY_HAND),
    ]
    text = said(root(*lines, audience=Audience.OPERATORS))
    assert "Stand aller Konten" in text
    assert "Es wartet auf Menschen: Pause steht aus (30) und von Hand zu klären (2)." in text
    assert len(re.findall("^• ", text, re.MULTILINE)) == 20
    assert "Nichts zu tun (300 Konten): " in text
    calm = said(root(*many(3, AccountState.CLEAR), audience=Audience.OPERATORS))
    assert "Es wartet nichts auf Menschen." in calm
    assert "• " not in calm


def test_users_are_mentioned_once_so_that_they_follow_the_thread():
    text, blocks = compose(Language.DE, BERLIN, root(*many(3), users=["U0LENZEN001", "@here"]), BEGINS)
    assert sequences({"text": text, "blocks": []}) == ["<@U0LENZEN001>"]
    assert sequences({"text": "", "blocks": blocks}) == ["<@U0LENZEN001>"]


@both
def test_it_says_what_the_buttons_mean_where_there_are_buttons(language):
    marks = "„{}“" if language is Language.DE else "“{}”"
    names = [marks.format(buttons._BUTTONS[answer][0].in_(language)) for answer in Answer]
    assert all(name in said(root(*many(3), answers=True), language=language) for name in names)
    assert not any(name in said(root(*many(3)), language=language) for name in names)


@everyone
@both
def test_nothing_is_left_out_when_there_is_nothing(audience, language):
    text = said(root(audience=audience, title={}), language=language)
    assert ("keines der Konten" if language is Language.DE else "none of the accounts") in text
    assert not re.search(r"[{}|\[\]]|None|\n\n", text)


texts = st.text(max_size=60) | st.sampled_from(
    ["<!channel>", "@here", "*fett*", "`x`", "\n*x*", "a|b", "\u202ex"]
)
accounts = st.builds(
    Line,
    number=texts,
    name=texts | st.text(alphabet="&<>*_~`\U0001f600", max_size=400),
    state=st.sampled_from(STATES),
    pause_from=st.none() | st.just(BEGINS),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(accounts, max_size=8),
    st.integers(1, 60),
    texts,
    st.sampled_from(list(Audience)),
    st.sampled_from(list(Language)),
    st.lists(texts | st.just("U0LENZEN001"), max_size=30),
    st.booleans(),
)
@example(
    [Line("<>" * 50, "\U0001f600" * 400, state, BEGINS) for state in STATES] * 3,
    60,
    "&" * 900,
    Audience.OWNER,
    Language.DE,
    [f"U{'A' * 19}{n % 10}" for n in range(30)],
    True,
)
def test_no_name_breaks_out_of_it(lines, times, title, audience, language, users, answers):
    known = root(*lines * times, audience=audience, title={"fr": title}, users=users, answers=answers)
    text, blocks = compose(language, "Australia/Lord_Howe", known, BEGINS - timedelta(hours=70))
    check_blocks(blocks)
    assert characters(text) <= MAX_UPDATED_TEXT
    assert all(re.fullmatch("<@U[A-Z0-9]+>", found) for found in sequences({"text": text, "blocks": blocks}))
    assert not re.search("@(channel|here|everyone)", text, re.IGNORECASE)
    assert not re.search("[*`\u202e]", text)
    for block in blocks:
        assert shown_in([block]).count("*") % 2 == 0
