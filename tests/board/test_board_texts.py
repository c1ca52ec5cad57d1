"""German and English are equal: neither says less, and every text that is asked for exists."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from sendepause import board
from sendepause.board import texts
from sendepause.guard import Passage
from sendepause.model import EntryKind, Language

FOLDER = Path(board.__file__).parent
SOURCES = [*FOLDER.rglob("*.py"), *FOLDER.glob("templates/*.html")]
TABLE = re.compile(r"_TEXTS: dict.*?\n}\n", re.DOTALL)
EVERYTHING = "\n".join(TABLE.sub("", path.read_text()) for path in SOURCES)


@pytest.mark.parametrize("key", texts._TEXTS)
def test_both_languages_take_the_same_values(key: str) -> None:
    german, english = (set(re.findall(r"\{(\w+)\}", text)) for text in texts._TEXTS[key])
    counts = ["|" in text for text in texts._TEXTS[key]]
    assert german == english
    assert counts[0] == counts[1]


COMPOSED = (
    "alert_",
    "answer_",
    "done_",
    "kind_",
    "level_",
    "picture_",
    "silence_is_",
    "sort_",
)  # keys made of the name of a state


@pytest.mark.parametrize("key", [key for key in texts._TEXTS if not key.startswith(COMPOSED)])
def test_no_text_is_left_over(key: str) -> None:
    assert re.search(rf"[\"']{key}[\"']", EVERYTHING)


@pytest.mark.parametrize("key", sorted(set(re.findall(r"\bt(?:ext)?\([\"'](\w+)[\"']", EVERYTHING))))
def test_every_text_that_is_asked_for_exists(key: str) -> None:
    assert key in texts._TEXTS or key in COMPOSED


@pytest.mark.parametrize("member", [*EntryKind, *Passage])
@pytest.mark.parametrize("language", Language)
def test_every_word_of_the_ledger_and_the_guard_has_a_label(member, language: Language) -> None:
    assert texts.label(member, language)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, "eine Mitteilung bleibt offen"),
        (3, "3 Mitteilungen bleiben offen"),
        (0, "0 Mitteilungen bleiben offen"),
    ],
)
def test_one_thing_is_not_many(count: int, expected: str) -> None:
    assert expected in texts.text("notice_slack", Language.DE, n=count)


def test_a_value_is_never_read_as_a_text_of_ours() -> None:
    assert texts.text("filtered", Language.EN, q="{n} {one|many}") == "Filtered by “{n} {one|many}”."


def test_german_says_how_long_ago_in_the_dative() -> None:
    assert texts.ago(timedelta(days=3), Language.DE) == "vor 3 Tagen"
