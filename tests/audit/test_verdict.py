"""The verdict: patterns before facts before points, silence is not innocence, and it can be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

import polars as pl
import pytest
from tests.audit.streams import NOON, Line, events, sends

from sendepause.audit.activity import ACTIVITY, day_rows
from sendepause.audit.signals import REGISTRY
from sendepause.audit.verdict import SourceHealth, judge, sentence
from sendepause.model import Finding, Language, NoData, Signal, Verdict

AS_OF = datetime(2019, 11, 21, 6, tzinfo=UTC)
CAMPAIGN = sends(NOON, [10] * 39)
BROADCAST = sends(NOON, [0] * 39, contents="x")
TALK: list[Line] = [(NOON + timedelta(minutes=i * i), "out", f"p{i % 3}", f"t{i}") for i in range(20)]
BASIS = {Language.DE: "Grundlage: ", Language.EN: "Basis: "}
BESIDES = {Language.DE: "Außerdem: ", Language.EN: "Also: "}
WELL = SourceHealth(connected=True, ill=False, read_until=AS_OF)


def found(lines: list[Line], as_of: datetime = AS_OF, **kwargs: object) -> Finding:
    (finding,) = judge(day_rows(events(lines), {}), as_of, accounts=["+491"], **kwargs)  # type: ignore[arg-type]
    return finding


def values(finding: Finding) -> dict[str, float | None]:
    return {signal.name: signal.value for signal in finding.signals}


def tripped(finding: Finding) -> set[str]:
    return {signal.name for signal in finding.signals if signal.tripped}


def test_a_steady_campaign_is_automated() -> None:
    finding = found(CAMPAIGN)
    assert (finding.verdict, finding.messages, finding.days) == (Verdict.AUTOMATED, 40, 1)
    assert {"chain_pace", "reach_hour"} <= tripped(finding)  # both are reported
    assert finding.newest_at == NOON + timedelta(seconds=390)
    assert (finding.as_of, finding.window_days, finding.no_data) == (AS_OF, 28, None)


def test_a_broadcast_list_is_bulk_and_never_automated_by_time() -> None:
    finding = found(BROADCAST)
    assert finding.verdict is Verdict.BULK
    assert {"reach_minute", "same_to_many"} <= tripped(finding)
    in_minutes = events(BROADCAST, resolution="min")
    assert judge(day_rows(in_minutes, {}), AS_OF)[0].verdict is Verdict.BULK


def test_a_talk_is_clear() -> None:
    finding = found(TALK)
    assert finding.verdict is Verdict.CLEAR
    assert not tripped(finding)
    assert values(finding)["unanswered"] == 1


def test_twenty_recipients_at_a_steady_pace_are_watched_and_nineteen_not() -> None:
    assert found([*sends(NOON, [10] * 18), *TALK]).verdict is Verdict.CLEAR
    finding = found([*sends(NOON + timedelta(days=-1), [10] * 19), *TALK])
    assert finding.verdict is Verdict.WATCH
    assert values(finding)["chain_pace"] == 20


def test_canned_answers_alone_are_watched_and_never_more() -> None:
    canned: list[Line] = [(at, way, who, "x") for at, way, who, _ in TALK]
    finding = found(canned)
    assert finding.verdict is Verdict.WATCH
    assert values(finding)["points"] == 2


def test_four_points_are_automated() -> None:
    at = sends(NOON, [90] * 24, people="a", contents="x")
    finding = found(at)
    assert values(finding)["points"] == 4  # one text, and one gap
    assert finding.verdict is Verdict.AUTOMATED
    assert tripped(finding) >= {"points", "template_repeat", "distinct_texts", "mode"}


def test_a_signal_says_on_how_many_it_rests() -> None:
    samples = {signal.name: signal.sample for signal in found(CAMPAIGN).signals}
    assert (samples["chain_pace"], samples["clock"], samples["mode"]) == (40, 1, 39)


def test_an_account_can_have_thresholds_of_its_own() -> None:
    limits = {"+491": {"chain_pace": 50.0, "points": 9.0}}
    finding = found(CAMPAIGN, limits=limits)
    assert finding.verdict is Verdict.BULK
    shown = {signal.name: signal for signal in finding.signals}["chain_pace"]
    assert (shown.value, shown.threshold, shown.tripped) == (40, 50, False)
    assert "(threshold: 30 or more)" in sentence(finding, Language.EN)  # that of reach_hour
    others = {"+499": {"chain_pace": 50.0}}
    assert found(CAMPAIGN, limits=others).verdict is Verdict.AUTOMATED
    lower = found(TALK, limits={"+491": {"reach_hour": 3.0}})
    assert lower.verdict is Verdict.BULK


def test_a_threshold_for_no_signal_is_refused() -> None:
    with pytest.raises(ValueError, match="chain_paec"):
        found(TALK, limits={"+491": {"chain_paec": 50.0}})


def test_under_twenty_sends_only_facts_speak() -> None:
    finding = found(sends(NOON, [7] * 18, people="a", contents="x"))
    assert (finding.verdict, finding.no_data) == (Verdict.NO_DATA, NoData.TOO_FEW)
    assert values(finding)["mode"] is None
    assert values(finding)["reach_hour"] == 1


def test_every_signal_of_the_registry_is_shown_with_its_threshold() -> None:
    finding = found(TALK)
    assert [signal.name for signal in finding.signals] == [rule.name for rule in REGISTRY]
    assert all(signal.unit and signal.source for signal in finding.signals)
    assert {s.name for s in finding.signals if s.threshold is None} == {
        "largest_chain",
        "unanswered",
        "first_contacts",
    }


def test_the_window_is_the_local_days_that_end_with_as_of() -> None:
    old = [(at - timedelta(days=27), *rest) for at, *rest in CAMPAIGN]
    late = datetime(2019, 11, 20, 23, tzinfo=UTC)
    health = {"+491": SourceHealth(True, False, late)}
    assert found(old, late, health=health).messages == 40
    assert found(old, late + timedelta(hours=1), health=health).messages == 0
    assert found(old, late, health=health, window_days=27).messages == 0
    # In Berlin that moment is the next day already.
    (berlin,) = judge(day_rows(events(old), {"+491": "Europe/Berlin"}), late, health=health)
    assert berlin.messages == 0


def test_an_event_after_as_of_never_counts() -> None:
    finding = found([*TALK, (NOON + timedelta(days=3), "out", "a", None)], NOON + timedelta(days=2))
    assert finding.messages == 20
    # The day of as_of cannot be cut: its row is left out whole, whatever it holds before.
    tomorrow = [(at + timedelta(days=1), *rest) for at, *rest in CAMPAIGN]
    partial = found([*TALK, *tomorrow], NOON + timedelta(days=1, seconds=30))
    assert (partial.messages, partial.verdict) == (20, Verdict.CLEAR)
    assert found([*TALK, *tomorrow], NOON + timedelta(days=1, seconds=390)).messages == 60


def test_as_of_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        judge(ACTIVITY.to_frame(), datetime(2019, 11, 20))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("health", "lines", "reason"),
    [
        (SourceHealth(False, False, None), CAMPAIGN, NoData.NO_SOURCE),
        (None, CAMPAIGN, NoData.NO_SOURCE),
        (SourceHealth(True, True, AS_OF), CAMPAIGN, NoData.SOURCE_ILL),
        (SourceHealth(True, False, None), [], NoData.SOURCE_ILL),
        (SourceHealth(True, False, AS_OF - timedelta(days=8)), [], NoData.SOURCE_ILL),
        (WELL, [], NoData.SILENT),
        (WELL, [(NOON, "in", "a", "x")], NoData.SILENT),
        (WELL, TALK[:19], NoData.TOO_FEW),
        (SourceHealth(True, False, None), TALK, None),
        (WELL, TALK, None),
    ],
)
def test_why_there_is_no_verdict(
    health: SourceHealth | None, lines: list[Line], reason: NoData | None
) -> None:
    finding = found(lines, health={} if health is None else {"+491": health})
    assert finding.no_data is reason
    assert (finding.verdict is Verdict.NO_DATA) is (reason is not None)


def test_old_sends_of_a_source_that_is_well_are_judged() -> None:
    later = NOON + timedelta(days=20)
    assert found(TALK, later).no_data is NoData.SOURCE_ILL
    well = {"+491": SourceHealth(True, False, later)}
    assert found(TALK, later, health=well).verdict is Verdict.CLEAR


def test_without_health_the_newest_event_tells_freshness() -> None:
    newest = max(at for at, *_ in TALK)
    assert found(TALK, newest + timedelta(days=7)).no_data is None
    assert found(TALK, newest + timedelta(days=7, seconds=1)).no_data is NoData.SOURCE_ILL
    assert found([], AS_OF).no_data is NoData.NO_SOURCE


def test_an_ill_source_hides_the_verdict_and_not_the_evidence() -> None:
    finding = found(CAMPAIGN, health={"+491": SourceHealth(True, True, None)})
    assert finding.verdict is Verdict.NO_DATA
    assert "chain_pace" in tripped(finding)


def test_one_finding_for_every_account_asked_for_in_order() -> None:
    rows = day_rows(pl.concat([events(TALK), events(TALK, account="+490")]), {})
    assert [f.account for f in judge(rows, AS_OF)] == ["+490", "+491"]
    asked = judge(rows, AS_OF, accounts=["+499", "+491"])
    assert [(f.account, f.no_data) for f in asked] == [("+491", None), ("+499", NoData.NO_SOURCE)]
    assert [f.account for f in judge(rows, AS_OF, health={"+492": WELL})] == ["+490", "+491", "+492"]
    assert judge(rows.clear(), AS_OF) == []


def test_a_chain_over_midnight_is_judged_whole() -> None:
    late = datetime(2019, 11, 19, 23, 55, tzinfo=UTC)
    finding = found(sends(late, islice(cycle([20, 22]), 34)))
    assert (finding.days, values(finding)["chain_pace"]) == (2, 35)


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        (
            Language.DE,
            [
                "Die Messwerte sprechen für automatischen Versand: 40 ",
                "Das ist eine Messung, kein Vorwurf.",
                "40 verschiedene Empfänger nacheinander in gleichmäßigem Abstand (Schwelle: ab 30)",
                "40 verschiedene Empfänger in einer Stunde (Schwelle: ab 30)",
                "Streuung 0 bis 0,52",
                "40 gesendete Nachrichten an einem von 28 Tagen bis zum 21. November 2019",
            ],
        ),
        (
            Language.EN,
            [
                "The figures point to automated sending: 40 ",
                "This is a measurement, not an accusation.",
                "40 different recipients one after the other at a steady pace (threshold: 30 or more)",
                "spread 0 to 0.52",
                "40 messages sent on one of the 28 days up to 21 November 2019",
            ],
        ),
    ],
)
def test_a_verdict_can_be_read(language: Language, parts: list[str]) -> None:
    text = sentence(found(CAMPAIGN), language)
    assert [part for part in parts if part not in text] == []


def test_points_are_explained_by_their_hints() -> None:
    text = sentence(found(sends(NOON, [90] * 24, people="a", contents="x")), Language.DE)
    assert "100 % der Nachrichten mit einem Text, der mindestens fünfmal vorkam (Schwelle: ab 15 %)" in text
    assert "verschiedene Texte in nur 4 % der Nachrichten (Schwelle: höchstens 70 %)" in text
    assert "gleiche Abstände bei 100 % der Nachrichten (Schwelle: ab 60 %)" in text


def test_bulk_does_not_say_by_whom_and_clear_says_on_what_it_rests() -> None:
    assert "Massenversand, ob von Hand oder automatisch: " in sentence(found(BROADCAST), Language.DE)
    assert sentence(found(TALK), Language.EN).startswith("Nothing stands out in the figures. Basis: 20 ")


@pytest.mark.parametrize("language", Language)
def test_three_numbers_lead_then_the_basis_then_the_rest(language: Language) -> None:
    every = tuple(Signal(r.name, 50.0, r.held.limit, r.held.unit, "x", tripped=True) for r in REGISTRY)
    text = sentence(replace(found(CAMPAIGN), signals=every), language)
    basis, rest = (text.index(word[language]) for word in (BASIS, BESIDES))
    limit = {Language.DE: "Schwelle: ", Language.EN: "threshold: "}[language]
    assert text[:basis].count(limit) == 3
    assert basis < rest
    assert text[rest:].count(limit) > 3


@pytest.mark.parametrize("finding", ["CAMPAIGN", "BROADCAST", "canned"])
def test_a_verdict_accuses_nobody(finding: str) -> None:
    lines = {"CAMPAIGN": CAMPAIGN, "BROADCAST": BROADCAST}.get(
        finding, [(a, w, p, "x") for a, w, p, _ in TALK]
    )
    assert "Das ist eine Messung, kein Vorwurf." in sentence(found(lines), Language.DE)
    assert "This is a measurement, not an accusation." in sentence(found(lines), Language.EN)


@pytest.mark.parametrize(
    ("power", "german", "english"),
    [
        (6.34, "1 zu 2.000.000 ", "1 in 2,000,000 "),
        (12.3, "unter 1 zu 1 Milliarde ", "under 1 in 1 billion "),
    ],
)
def test_a_chance_is_said_as_people_say_it(power: float, german: str, english: str) -> None:
    clock = (Signal("clock", power, 4.0, "-log10 p", "x", tripped=True),)
    finding = replace(found(CAMPAIGN), signals=clock)
    assert f"{german}(Schwelle: 1 zu 10.000 oder seltener)" in sentence(finding, Language.DE)
    assert f"{english}(threshold: 1 in 10,000 or rarer)" in sentence(finding, Language.EN)


def test_too_few_is_said_as_such() -> None:
    text = sentence(found(TALK[:1]), Language.DE)
    assert text.startswith("Kein Befund: zu wenige Nachrichten (nötig sind 20).")
    assert "1 gesendete Nachricht an einem von 28 Tagen" in text


def test_no_data_says_which_and_how_new_the_newest_message_is() -> None:
    silent = found([(NOON, "in", "a", None)], health={"+491": WELL})
    assert sentence(silent, Language.EN) == (
        "No finding: the source is well, and the account has sent nothing in 28 days. "
        "The newest message known is of 20 November 2019."
    )
    assert sentence(found([]), Language.DE) == (
        "Kein Befund: Für dieses Konto ist keine Datenquelle angeschlossen."
    )
    old = found(TALK, NOON + timedelta(days=20))
    assert "zu alt. Die neueste bekannte Nachricht ist vom 20. November 2019." in sentence(old, Language.DE)


def test_dates_are_the_readers() -> None:
    late = datetime(2019, 11, 20, 23, 30, tzinfo=UTC)
    finding = found(CAMPAIGN, late)
    assert "up to 20 November 2019" in sentence(finding, Language.EN)
    assert "up to 21 November 2019" in sentence(finding, Language.EN, zone="Europe/Berlin")
