"""The score: traits weighed together, what it takes to be automated by them, and thresholds set otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice

import polars as pl
import pytest
from tests.audit.streams import NOON, Line, events, measured, sends
from tests.audit.test_signals import holds
from tests.audit.test_verdict import AS_OF, CAMPAIGN, TALK, found, tripped, values

from sendepause.audit import score
from sendepause.audit.activity import day_rows
from sendepause.audit.signals import BY_NAME, REGISTRY, complete, registry
from sendepause.audit.verdict import judge, sentence
from sendepause.model import Language, NoData, Verdict


@pytest.mark.parametrize(
    ("name", "nothing", "half", "all_of_it"),
    [
        ("recurring_texts", 0.15, 0.375, 0.6),
        ("short_rest", 6, 3.5, 1),
        ("prompt_replies", 0.5, 0.7, 0.9),
        ("clock_trait", 1, 2.5, 4),
    ],
)
def test_a_trait_counts_evenly_from_where_people_end(
    name: str, nothing: float, half: float, all_of_it: float
) -> None:
    weight = BY_NAME[name].weight
    assert weight is not None
    assert weight.part(None) == weight.part(nothing) == 0
    assert weight.part(half) == pytest.approx(0.5)
    further = all_of_it + (all_of_it - nothing)
    assert weight.part(all_of_it) == weight.part(further) == 1


def test_the_score_is_the_sum_of_the_traits_as_a_probability() -> None:
    calm = complete(measured(events(sends(NOON, [60 * n for n in range(1, 25)], people="a", contents="t{}"))))
    assert (calm["families"], calm["score"]) == (
        0,
        pytest.approx(score.probability(score.INTERCEPT), abs=1e-4),
    )
    # One text, round the clock for a week: texts and rest stand out, and both count in full.
    bot = complete(measured(events(sends(NOON, islice(cycle([3_500, 3_900, 3_300]), 160), contents="x"))))
    full = sum(BY_NAME[name].weight.full for name in ("recurring_texts", "short_rest"))  # type: ignore[union-attr]
    clock = score.contribution(BY_NAME["clock_trait"], bot)
    assert bot["families"] >= 2
    assert bot["traits"] == pytest.approx(full + clock)
    assert holds("score", bot)


def test_one_trait_alone_holds_no_score_however_strong() -> None:
    daily = sends(NOON, [86_400] * 24, people="a", contents="x")
    line = measured(
        events([(at + timedelta(minutes=7 * n % 60), *rest) for n, (at, *rest) in enumerate(daily)])
    )
    full = complete(line)
    assert full["score"] > score.AUTOMATED_SCORE
    assert full["families"] == 1
    assert not BY_NAME["score"].trips(full)
    assert BY_NAME["score"].watches(full["score"])


def test_a_threshold_can_be_another() -> None:
    rules = {rule.name: rule for rule in registry({"chain_pace": 60, "quiet": 0.5, "instant_reply": 1})}
    assert len(rules) == len(REGISTRY)
    assert rules["chain_pace"].held.limit == 60
    assert rules["chain_pace"].watch_from == 20
    quiet, reply = rules["quiet"], rules["instant_reply"]
    assert (quiet.held.limit, quiet.held.minimum, quiet.held.at_most) == (0.5, 50, True)
    assert quiet.strong is not None
    assert quiet.strong.limit == 0.5  # two points never come before one
    # Seconds are not shares: what is held against in minutes stays.
    assert reply.held.limit == 1
    assert reply.minute_held == BY_NAME["instant_reply"].minute_held
    in_minutes = registry({"reach_hint": 50})[[r.name for r in REGISTRY].index("reach_hint")]
    assert in_minutes.minute_held is not None
    assert in_minutes.minute_held.limit == 50
    assert registry({}) == REGISTRY


@pytest.mark.parametrize("name", ["largest_chain", "no_such_signal"])
def test_what_has_no_threshold_cannot_be_given_one(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        registry({name: 1, "clock": 5})


NIGHT_AND_DAY = sends(NOON - timedelta(days=6), islice(cycle([3_500, 7_900, 5_300]), 100), contents="x{}")
"""Round the clock for six days, each text another."""


def _bot(texts: int) -> list[Line]:
    return [(at, way, who, f"x{n % texts}") for n, (at, way, who, _) in enumerate(NIGHT_AND_DAY)]


def test_two_traits_at_once_are_automated_and_one_is_watched() -> None:
    lonely = found(_bot(60))  # no rest, and texts that come back
    assert lonely.verdict is Verdict.AUTOMATED
    assert {"score", "recurring_texts", "short_rest"} <= tripped(lonely)
    by_day = [(at, way, who, "x") for at, way, who, _ in sends(NOON - timedelta(days=5), [0])]
    assert found(by_day).no_data is NoData.TOO_FEW
    canned = [
        (NOON - timedelta(days=5 - n // 5, minutes=97 * (n % 5) + n), "out", f"p{n % 7}", f"c{n % 9}")
        for n in range(25)
    ]
    finding = found(canned)
    assert values(finding)["recurring_texts"] == 1
    assert finding.verdict is Verdict.WATCH


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        (
            Language.DE,
            [
                "100 % der Nachrichten mit einem Text, der zu anderer Stunde schon vorkam (Schwelle: ab",
                "längste tägliche Ruhezeit von nur 0 Std. (Schwelle: höchstens 5 Std.)",
                "zusammen ein Bild, das im Vergleich zu 99,9 % von Programmen kam (Schwelle: ab 90 %)",
            ],
        ),
        (
            Language.EN,
            [
                "100% of the messages with a text that was sent at another hour as well",
                "a longest daily rest of only 0 h (threshold: 5 h or less)",
                "together a picture that in the comparison was 99.9% from programs (threshold: 90% or more)",
            ],
        ),
    ],
)
def test_the_score_is_explained_by_its_traits(language: Language, parts: list[str]) -> None:
    finding = found(_bot(49))
    only_score = tuple(
        replace(signal, tripped=False, value=0.0)
        if signal.name in ("points", "habits") or signal.name.startswith(("clock", "reach", "same", "strang"))
        else signal
        for signal in finding.signals
    )
    text = sentence(replace(finding, signals=only_score), language)
    assert [part for part in parts if part not in text] == []


def _hotline(per_day: int) -> list[Line]:
    """A week of a team in shifts: who asks is answered after a minute or two, mostly from a list."""
    lines: list[Line] = []
    for number in range(7 * per_day):
        at = NOON - timedelta(days=6) + timedelta(seconds=number * 86_400 / per_day + number * 2_963 % 14_000)
        for step in range(1 + number % 3):
            asked = at + timedelta(seconds=step * 190 + 37 * number % 60)
            lines.append((asked, "in", f"c{number}", f"q{number}-{step}"))
            text = f"canned{(number + step) % 6}" if (number + step) % 5 else f"free{number}-{step}"
            lines.append((asked + timedelta(seconds=50 + 13 * number % 90), "out", f"c{number}", text))
    return sorted(lines)


@pytest.mark.parametrize("per_day", [4, 10, 30])
@pytest.mark.parametrize("resolution", ["s", "min"])
def test_a_team_in_shifts_with_canned_answers_is_no_machine(per_day: int, resolution: str) -> None:
    stream = events(_hotline(per_day), resolution=resolution)
    if resolution == "min":
        stream = stream.with_columns(pl.col("sent_at").dt.truncate("1m"))
    (finding,) = judge(day_rows(stream, {}), AS_OF, accounts=["+491"])
    measured = values(finding)
    assert measured["short_rest"] is not None
    assert measured["short_rest"] <= 4
    assert measured["recurring_texts"] is not None
    assert measured["recurring_texts"] > 0.5
    assert not tripped(finding) & {"quiet", "short_rest", "habits", "score"}
    assert finding.verdict in (Verdict.WATCH, Verdict.BULK)  # one text to twenty is bulk, whoever sends it


def test_traits_that_only_add_up_are_named_too() -> None:
    below = {"recurring_texts": 0.29, "prompt_replies": 0.69, "short_rest": 6.0, "score": 0.6}
    signals = tuple(
        replace(signal, value=below.get(signal.name), tripped=False) for signal in found(TALK).signals
    )
    finding = replace(found(TALK), verdict=Verdict.WATCH, signals=signals)
    text = sentence(finding, Language.EN)
    assert "29% of the messages with a text that was sent at another hour as well" in text
    assert "69% of the replies within 3 seconds" in text
    assert "rest" not in text  # six hours add nothing


def test_confidence_grows_with_what_speaks_for_a_machine() -> None:
    talk, bot, campaign = found(TALK), found(_bot(60)), found(CAMPAIGN)
    assert talk.confidence is not None
    assert talk.confidence < 0.05
    assert bot.confidence is not None
    assert campaign.confidence is not None
    assert min(bot.confidence, campaign.confidence) > 0.8
    assert found(TALK[:19]).confidence is None
    assert found([]).confidence is None
