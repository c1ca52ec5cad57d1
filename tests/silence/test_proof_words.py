"""What is said of a pause's second proof is different for each state, and equal in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sendepause.audit.silence import By, Heard, Why
from sendepause.model import Language, Silence
from sendepause.second_proof import sentence, still_under_way, wanted

SINCE = datetime(2019, 12, 2, 11, tzinfo=UTC)
LATER = SINCE + timedelta(days=1)
CASES = [
    Heard(Silence.WAITING, SINCE, due=LATER),
    Heard(Silence.CONFIRMED, SINCE, LATER),
    *(Heard(Silence.OPEN, SINCE, LATER, why=why) for why in Why),
    Heard(Silence.BROKEN, SINCE, LATER, by=tuple(By), last=LATER),
    Heard(Silence.BROKEN, SINCE, LATER, by=(By.RHYTHM,), last=LATER),
]


def said(heard: Heard, language: Language) -> str:
    return sentence(heard, language, datetime.isoformat)


@pytest.mark.parametrize("language", Language)
def test_each_case_is_one_sentence_of_its_own_and_says_every_moment_that_matters(language: Language) -> None:
    told = [said(heard, language) for heard in CASES]
    assert len(set(told)) == len(CASES)
    assert all(text.endswith(".") and "{" not in text and "None" not in text for text in told)
    assert all(LATER.isoformat() in text for text in told)


@pytest.mark.parametrize("language", Language)
def test_what_is_not_known_is_left_out(language: Language) -> None:
    for state in Silence:
        why = Why.STALE if state is Silence.OPEN else None
        assert "None" not in said(Heard(state, SINCE, why=why), language)


@pytest.mark.parametrize("language", Language)
def test_each_open_silence_asks_for_something_else(language: Language) -> None:
    asked = [wanted(why, language) for why in Why]
    assert len(set(asked)) == len(Why)
    assert all("5" in wanted(why, language) for why in (Why.NO_WITNESS, Why.STALE))


@pytest.mark.parametrize(
    ("left", "german"),
    [
        (0, ""),
        (1, "Noch im Gang: ein begonnener Lauf"),
        (1200, "Noch im Gang: 1.200 begonnene Läufe"),
        (None, "Ob noch etwas im Gang ist, konnte das System nicht sagen"),
    ],
)
def test_what_is_under_way_is_counted_or_said_to_be_unknown(left: int | None, german: str) -> None:
    assert still_under_way(left, Language.DE) == german
    assert bool(still_under_way(left, Language.EN)) is bool(german)
