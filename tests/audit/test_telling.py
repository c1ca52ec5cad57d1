"""What a reader is told of a finding: both verdicts where there are two, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.audit.streams import NOON, Line, events, sends
from tests.audit.test_baseline import LAST, a_day_of, audited, campaign, machine, people_of

from sendepause.audit import telling, verdict
from sendepause.audit.activity import day_rows
from sendepause.audit.steadiness import steady
from sendepause.model import Change, Finding, Language, NoData, Verdict

DE, EN = Language.DE, Language.EN
AS_OF = datetime(2019, 11, 21, 6, tzinfo=UTC)
TALK: list[Line] = [(NOON + timedelta(minutes=i * i), "out", f"p{i % 3}", f"t{i}") for i in range(20)]


def found(lines: list[Line]) -> Finding:
    (finding,) = verdict.judge(day_rows(events(lines), {}), AS_OF)
    return finding


MACHINE, PERSON = found(sends(NOON, [10] * 39)), found(TALK)
LATER = replace(PERSON, as_of=AS_OF + timedelta(days=1))
STEADY = steady(steady(None, MACHINE, NOON.date()), LATER, date(2019, 11, 22))
ILL = Finding(
    "+491", AS_OF + timedelta(days=9), 28, Verdict.NO_DATA, no_data=NoData.SOURCE_ILL, newest_at=NOON
)


def test_a_finding_that_is_measured_as_it_stands_is_said_as_ever() -> None:
    for language in Language:
        assert telling.told(MACHINE, language) == verdict.sentence(MACHINE, language)


def test_while_a_verdict_stands_its_numbers_are_said_and_what_was_measured_since() -> None:
    german, english = telling.told(STEADY, DE), telling.told(STEADY, EN)
    assert german.startswith(verdict.sentence(MACHINE, DE))
    assert "So zuletzt gemessen am 21. November 2019." in german
    assert "Seit Freitag, dem 22. November 2019 ergeben die Messwerte weniger (unauffällig)" in german
    assert "3 Tage lang" in german
    assert "Since Friday, 22 November 2019 the figures have given less (nothing stands out)" in english


def test_a_source_that_fails_is_said_with_the_verdict_that_it_does_not_refute() -> None:
    failed = steady(MACHINE, ILL, NOON.date())
    for language in Language:
        text = telling.told(failed, language)
        assert text.startswith(verdict.sentence(ILL, language))
        assert text.endswith(verdict.sentence(MACHINE, language))


def test_a_machine_of_one_day_is_said_by_that_day() -> None:
    finding = audited(people_of("+491", range(27)), a_day_of(27, machine(), "+491"))
    german, english = telling.told(finding, DE), telling.told(finding, EN)
    assert "Grundlage: 60 gesendete Nachrichten am 1. Dezember 2019." in german
    assert german.endswith("Das ergibt dieser Tag für sich; über 28 Tage fällt es noch nicht auf.")
    assert "Basis: 60 messages sent on 1 December 2019." in english


def test_a_sudden_change_is_said_with_its_day_and_its_usual() -> None:
    finding = audited(people_of("+491", range(27)), a_day_of(27, campaign(36), "+491"))
    german, english = telling.told(finding, DE), telling.told(finding, EN)
    assert "seit Sonntag, dem 1. Dezember 2019 bis zu 36 verschiedene Empfänger am Tag" in german
    assert "siebenmal so viele wie sonst (5)" in german
    assert "since Sunday, 1 December 2019 up to 36 different recipients a day, seven times as many" in english
    assert LAST.date() == date(2019, 12, 1)


@pytest.mark.parametrize(("usual", "times"), [(0, "47-mal"), (4, "12-mal"), (12, "viermal")])
def test_times_are_said_in_words_as_far_as_people_do(usual: float, times: str) -> None:
    change = Change("people", date(2019, 12, 1), 47, usual, True)
    (said,) = telling.sudden(replace(PERSON, changes=(change,)), DE)
    assert times in said


def test_own_past_and_peers_are_compared() -> None:
    change = Change("people", date(2019, 12, 1), 12, 9, False, peers=11, peers_now=12.5)
    german = " ".join(telling.compared(replace(PERSON, changes=(change,)), DE))
    assert "höchstens 12 verschiedene Empfänger am Tag, sonst üblicherweise 9." in german
    assert "in der Mitte üblicherweise 11, in den letzten Tagen höchstens 12,5." in german
    alone = " ".join(telling.compared(replace(PERSON, changes=(replace(change, peers=None),)), EN))
    assert "too few accounts of the same kind" in alone
    assert "7 are needed" in " ".join(telling.compared(PERSON, EN))


def test_what_is_missing_is_counted() -> None:
    assert "0 von 10 Antworten" in " ".join(telling.missing(PERSON, DE))
    (in_minutes,) = verdict.judge(day_rows(events(TALK, resolution="min"), {}), AS_OF)
    assert any("to the minute only" in line for line in telling.missing(in_minutes, EN))


def test_what_would_change_it_is_said_for_every_verdict() -> None:
    assert "Am nächsten kommt ihr: " in telling.outlook(PERSON, DE)
    assert "3 Tage lang" in telling.outlook(MACHINE, DE)
    for why in NoData:
        silent = Finding("+491", AS_OF, 28, Verdict.NO_DATA, no_data=why)
        assert telling.outlook(silent, DE) != telling.outlook(silent, EN)
