"""Every signal on streams whose numbers can be counted by hand, on both sides of its threshold."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2
from tests.audit.streams import NOON, Line, events, measured, sends

from sendepause.audit.activity import day_rows, gap_bin
from sendepause.audit.rules import Role
from sendepause.audit.signals import BY_NAME, REGISTRY, complete
from sendepause.audit.window import measures
from sendepause.model import Language

HOUR = 3_600


def holds(name: str, line: dict[str, Any]) -> bool:
    rule, full = BY_NAME[name], complete(line)
    return rule.points(full) > 0 if rule.role is Role.HINT else rule.at(full).holds(full)


def points(name: str, line: dict[str, Any]) -> int:
    return BY_NAME[name].points(complete(line))


def alternating(people: int, size: int) -> list[str]:
    return [f"p{number % people}" for number in range(size)]


def test_chain_pace_counts_different_recipients_at_a_steady_pace() -> None:
    thirty = measured(events(sends(NOON, islice(cycle([8, 10, 12]), 29))))
    # Gaps 8, 10, 12: quartiles 8, 10, 12, so the spread is 0.4.
    assert (thirty["chain"], thirty["steady_chain"]) == (30, 30)
    assert (thirty["chain_spread"], thirty["chain_gap"]) == (0.4, 10)
    assert holds("chain_pace", thirty)
    assert not holds("chain_pace", measured(events(sends(NOON, [10] * 28))))


@pytest.mark.parametrize(("gaps", "steady"), [([7, 10, 13], True), ([6.9, 10, 13], False)])
def test_a_pace_is_steady_up_to_a_spread_of_six_tenths(gaps: list[float], steady: bool) -> None:
    line = measured(events(sends(NOON, islice(cycle(gaps), 30)), resolution="ms"))
    assert line["chain_spread"] == pytest.approx((gaps[2] - gaps[0]) / gaps[1])
    assert holds("chain_pace", line) is steady


@pytest.mark.parametrize(("gap", "steady"), [(1, True), (0.999, False), (0, False)])
def test_a_multi_recipient_function_has_no_pace(gap: float, steady: bool) -> None:
    line = measured(events(sends(NOON, [gap] * 39), resolution="ms"))
    assert holds("chain_pace", line) is steady
    assert (line["chain_spread"] is None) is (gap == 0)  # undefined, not zero


def test_a_chain_ends_at_the_same_counterpart_again_a_long_pause_and_an_unknown_one() -> None:
    again = sends(NOON, [10] * 19)
    again[10] = (again[10][0], "out", "p9", None)
    assert measured(events(again))["chain"] == 10
    assert measured(events(sends(NOON, [10] * 9 + [600] + [10] * 9)))["chain"] == 20
    assert measured(events(sends(NOON, [10] * 9 + [601] + [10] * 9)))["chain"] == 10
    unknown = sends(NOON, [10] * 19)
    unknown[10] = (unknown[10][0], "out", None, None)
    assert measured(events(unknown))["chain"] == 10


def test_two_people_by_turns_are_a_long_chain_of_two() -> None:
    lines = [(at, way, f"p{i % 2}", text) for i, (at, way, _, text) in enumerate(sends(NOON, [10] * 49))]
    assert measured(events(lines))["chain"] == 2


def test_breaks_of_a_tool_do_not_hide_its_pace() -> None:
    gaps = ([8] * 9 + [120]) * 4
    assert holds("chain_pace", measured(events(sends(NOON, gaps))))


def test_the_largest_steady_chain_counts_beside_a_larger_unsteady_one() -> None:
    unsteady = sends(NOON, islice(cycle([1, 5, 90]), 50), people="u{}")
    steady = sends(NOON + timedelta(hours=5), [10] * 34)
    line = measured(events([*unsteady, *steady]))
    assert (line["chain"], line["steady_chain"]) == (51, 35)
    assert line["chain_spread"] > 0.6


def test_in_minutes_a_steady_rate_is_a_pace() -> None:
    # Every 20 s: three in each whole minute.
    line = measured(events(_cut(sends(NOON, [20] * 39)), resolution="min"))
    assert line["chain_spread"] is None  # the median gap is 0
    assert line["steady_chain"] == 40
    assert holds("chain_pace", line)


def test_in_minutes_people_in_bursts_have_no_rate() -> None:
    gaps = islice(cycle([1, 1, 1, 1, 1, 1, 1, 180]), 39)
    assert not holds("chain_pace", measured(events(_cut(sends(NOON, gaps)), resolution="min")))


def test_in_minutes_long_steady_gaps_are_a_pace() -> None:
    line = measured(events(_cut(sends(NOON, [240] * 30)), resolution="min"))
    assert holds("chain_pace", line)


def test_in_minutes_two_minutes_of_sending_say_nothing_about_pace() -> None:
    assert not holds("chain_pace", measured(events(_cut(sends(NOON, [2] * 50)), resolution="min")))


def test_one_coarse_event_makes_the_whole_window_coarse() -> None:
    lines = sends(NOON, [1] * 39)
    fine = events(lines)
    assert holds("chain_pace", measured(fine))
    coarse = fine.with_columns(resolution=pl.Series(["min"] + ["s"] * 39))
    assert measured(coarse)["resolution"] == "min"
    assert not holds("chain_pace", measured(coarse))
    assert measured(coarse)["burst"] is None
    next_day = events([(NOON + timedelta(days=1), "in", "a", None)], resolution="min")
    assert not holds("chain_pace", measured(pl.concat([fine, next_day])))


def _cut(lines: list[Line]) -> list[Line]:
    return [(at.replace(second=0, microsecond=0), *rest) for at, *rest in lines]  # type: ignore[misc]


def _starts(minutes: list[int]) -> list[Line]:
    """One send an hour, each at its minute."""
    return [(NOON + timedelta(hours=i, minutes=m), "out", "a", None) for i, m in enumerate(minutes)]


def test_bouts_start_after_five_minutes_of_own_silence() -> None:
    line = measured(events([*sends(NOON, [299, 300, 301], people="a"), (NOON, "in", "b", None)]))
    assert line["bouts"] == 3  # the first send, and those after 300 s and 301 s


def test_the_clock_is_the_chi_square_of_bout_starts_on_twelve_cells() -> None:
    minutes = [2] * 15 + [i * 5 for i in range(12)] + [7, 12, 17]
    line = measured(events(_starts(minutes)))
    cells = np.bincount([m // 5 for m in minutes], minlength=12)
    expected = ((cells - 2.5) ** 2 / 2.5).sum()
    assert line["bouts"] == 30
    assert line["clock_5"] == pytest.approx(-math.log10(chi2.sf(expected, 11)))
    assert holds("clock", line)


def test_the_clock_needs_thirty_bouts_for_five_minutes_and_sixty_for_one() -> None:
    assert not holds("clock", measured(events(_starts([0] * 29))))
    assert holds("clock", measured(events(_starts([0] * 30))))
    assert not holds("clock_minute", measured(events(_starts([0] * 59))))
    assert holds("clock_minute", measured(events(_starts([0] * 60))))


def test_fewer_bouts_need_a_stronger_clock() -> None:
    assert not holds("clock_minute_few", measured(events(_starts([0] * 19))))
    assert holds("clock_minute_few", measured(events(_starts([0] * 20))))
    weak = measured(events(_starts([0] * 6 + [3 * i for i in range(1, 19)])))
    assert 4 < weak["clock_1"] < 6
    assert not holds("clock_minute_few", weak)
    assert points("clock_minute_hint", weak) == 2


def test_a_clock_beyond_double_precision_is_still_a_number() -> None:
    line = measured(events(_starts([0] * 600)))
    # chi2 = 600 * 11; the logarithm of p is about -chi2 / 2.
    assert line["clock_5"] == pytest.approx(600 * 11 / 2 / math.log(10), rel=0.02)
    assert math.isfinite(line["clock_1"])


def test_all_sends_at_any_minute_are_no_clock() -> None:
    assert measured(events(_starts([i * 7 % 60 for i in range(60)])))["clock_1"] == pytest.approx(0)


def _replies(seconds: list[float], resolution: str = "s") -> pl.DataFrame:
    lines: list[Line] = []
    for index, latency in enumerate(seconds):
        asked = NOON + timedelta(hours=index)
        lines += [(asked, "in", "a", None), (asked + timedelta(seconds=latency), "out", "a", None)]
    return events(lines, resolution=resolution)


def test_instant_reply_is_the_ninetieth_percentile_of_thirty_replies() -> None:
    line = measured(_replies([3] * 27 + [50] * 3))
    assert (line["replies"], line["reply_p90"], line["instant_share"]) == (30, 3, 0.9)
    assert holds("instant_reply", line)
    assert not holds("instant_reply", measured(_replies([3] * 26 + [4] + [50] * 3)))
    assert not holds("instant_reply", measured(_replies([3] * 29)))


def test_in_minutes_an_instant_reply_falls_into_the_same_minute() -> None:
    line = measured(_replies([0] * 27 + [60] * 3, "min"))
    assert line["same_minute_share"] == 0.9
    assert holds("instant_reply", line)
    assert not holds("instant_reply", measured(_replies([0] * 26 + [60] * 4, "min")))


def test_a_reply_answers_the_event_directly_before_it_from_the_same_counterpart() -> None:
    at = [NOON + timedelta(seconds=s) for s in range(4)]
    assert measured(events([(at[0], "in", "a", None), (at[1], "out", "b", None)]))["replies"] == 0
    twice = [(at[0], "in", "a", None), (at[1], "out", "a", None), (at[2], "out", "a", None)]
    assert measured(events(twice))["replies"] == 1
    assert measured(_replies([HOUR]))["replies"] == 1
    assert measured(_replies([HOUR + 1]))["replies"] == 0


def test_replies_gaps_bouts_and_bursts_cross_midnight() -> None:
    late = datetime(2019, 11, 20, 23, 59, 59, tzinfo=UTC)
    line = measured(events([(late, "in", "a", None), (late + timedelta(seconds=2), "out", "a", None)]))
    assert (line["replies"], line["reply_p90"], line["same_minute_share"]) == (1, 2, 0)
    burst = measured(events(sends(late - timedelta(seconds=7), [0.15] * 99, people="a"), resolution="ms"))
    assert (burst["burst"], burst["bouts"], burst["gaps"]) == (100, 1, 99)


def test_template_repeat_is_the_share_of_texts_sent_five_times() -> None:
    texts = ["x"] * 5 + ["y"] * 4 + [f"t{i}" for i in range(11)]
    line = measured(
        events([(NOON + timedelta(minutes=i), "out", "a", t) for i, t in enumerate([*texts, None, None])])
    )
    assert (line["contents"], line["repeat_share"], line["distinct_share"]) == (20, 5 / 20, 13 / 20)
    assert points("template_repeat", line) == 1
    assert points("distinct_texts", line) == 1


def test_texts_without_content_are_not_all_the_same_text() -> None:
    line = measured(events(sends(NOON, [60] * 40)))
    assert line["contents"] == 0
    assert line["repeat_share"] is line["distinct_share"] is line["same_to_many"] is None
    assert not holds("same_to_many", line)


@pytest.mark.parametrize(("people", "fact"), [(19, False), (20, True)])
def test_same_to_many_counts_counterparts_of_one_content_over_days(people: int, fact: bool) -> None:
    lines = [(NOON + timedelta(hours=5 * i), "out", f"p{i}", "x") for i in range(people)]
    line = measured(events([*lines, (NOON, "out", "p0", "x")]))
    assert line["same_to_many"] == people
    assert holds("same_to_many", line) is fact


@pytest.mark.parametrize(("people", "fact"), [(29, False), (30, True)])
def test_reach_hour_counts_a_clock_hour(people: int, fact: bool) -> None:
    line = measured(events(sends(NOON, [120] * (people - 1))))
    assert line["reach_hour"] == people
    assert holds("reach_hour", line) is fact
    assert measured(events(sends(NOON + timedelta(minutes=30), [120] * 29)))["reach_hour"] == 15


def test_a_clock_hour_is_the_accounts_own() -> None:
    half = sends(NOON + timedelta(minutes=30), [120] * 29)
    assert measured(events(half), {"+491": "Asia/Kolkata"})["reach_hour"] == 30


@pytest.mark.parametrize(("people", "fact"), [(19, False), (20, True)])
def test_reach_minute_also_at_one_instant_and_in_minutes(people: int, fact: bool) -> None:
    for resolution in ("s", "min"):
        line = measured(events(sends(NOON, [0] * (people - 1)), resolution=resolution))
        assert line["reach_minute"] == people
        assert holds("reach_minute", line) is fact


def test_one_text_to_many_at_once_is_one_act_for_the_points() -> None:
    together = measured(events(sends(NOON, [0] * 39, contents="x")))
    assert (together["reach_hour"], together["acts_hour"]) == (40, 1)
    assert points("reach_hint", together) == 0
    one_by_one = measured(events(sends(NOON, [30] * 39, contents="x")))
    assert (one_by_one["acts_hour"], one_by_one["minute_acts_hour"]) == (40, 20)
    assert points("reach_hint", one_by_one) == 2
    assert measured(events(sends(NOON, [30] * 39, people="a", contents="t{}")))["acts_hour"] == 1


def test_a_group_is_one_counterpart() -> None:
    line = measured(events(sends(NOON, [1] * 50, people="group")))
    assert (line["reach_hour"], line["reach_minute"], line["chain"]) == (1, 1, 1)


def test_a_burst_is_a_hundred_sends_in_fifteen_seconds() -> None:
    assert holds("burst", measured(events(sends(NOON, [0.15] * 99, people="a"), resolution="ms")))
    assert not holds("burst", measured(events(sends(NOON, [0.15] * 98, people="a"), resolution="ms")))
    assert measured(events(sends(NOON, [0.16] * 99, people="a"), resolution="ms"))["burst"] == 94


def test_different_texts_to_different_people_within_a_minute() -> None:
    assert holds("texts_minute", measured(events(sends(NOON, [3] * 19, contents="t{}"))))
    assert not holds("texts_minute", measured(events(sends(NOON, [3] * 18, contents="t{}"))))
    # One text to many is a broadcast; many texts to one is a talk.
    assert measured(events(sends(NOON, [1] * 30, contents="x")))["texts_minute"] == 1
    assert measured(events(sends(NOON, [1] * 30, people="a", contents="t{}")))["texts_minute"] == 1


def _by_hour(counts: list[int], days: int = 5) -> list[Line]:
    start = datetime(2019, 11, 18, tzinfo=UTC)
    return [
        (start + timedelta(days=day, hours=hour, minutes=minute), "out", "a", None)
        for day in range(days)
        for hour, count in enumerate(counts)
        for minute in range(count)
    ]


def test_quiet_is_the_longest_run_of_empty_hours_round_midnight() -> None:
    counts = [0, 0] + [1] * 20 + [0, 0]
    line = measured(events(_by_hour(counts)))
    assert (line["days"], line["quiet"]) == (5, 4)
    assert measured(events(_by_hour([1] * 24)))["quiet"] == 0
    assert measured(events(_by_hour([1] * 24, days=4)))["quiet"] is None


def test_an_hour_with_one_percent_of_the_sends_is_empty() -> None:
    one_of_a_hundred = [*_by_hour([0, 0, 0] + [1] * 20 + [0]), *_by_hour([0, 1] + [0] * 22, days=1)]
    assert len(one_of_a_hundred) == 101
    assert measured(events(one_of_a_hundred))["quiet"] == 4


def test_quiet_gives_points_with_enough_sends() -> None:
    assert points("quiet", measured(events(_by_hour([1] * 22 + [0, 0])))) == 1
    assert points("quiet", measured(events(_by_hour([1] * 23 + [0])))) == 2
    few = [line for i, line in enumerate(_by_hour([1] * 24)) if i % 3 == 0]
    assert len(few) == 40
    assert points("quiet", measured(events(few))) == 0


def test_bins_of_gaps() -> None:
    seconds = pl.Series([0.0, 0.9, 1, 19.99, 20, 20.9, 21.1, 300])
    bins = pl.select(gap_bin(pl.lit(seconds))).to_series().to_list()
    assert bins == [0, 0, 1, 19, 20, 20, 21, 20 + math.floor(math.log(15) / 0.05)]


def test_mode_is_the_share_of_the_fullest_bin_of_gaps() -> None:
    line = measured(events(sends(NOON, [7] * 18 + [30 + 5 * i for i in range(12)], people="a")))
    assert (line["gaps"], line["mode"]) == (30, 0.6)
    assert points("mode", line) == 1
    assert points("mode", measured(events(sends(NOON, [7] * 16 + [90] * 4, people="a")))) == 2
    assert points("mode", measured(events(sends(NOON, [7] * 19, people="a")))) == 0


def test_no_gap_is_no_rhythm() -> None:
    assert measured(events(sends(NOON, [0] * 30)))["mode"] == 0
    assert measured(events(_cut(sends(NOON, [1] * 30)), resolution="min"))["mode"] == 0


def test_two_habits_of_three_are_a_pattern() -> None:
    steady = [(at, "out", "a", f"t{i}") for i, (at, *_) in enumerate(sends(NOON, [HOUR] * 119))]
    line = measured(events(steady))
    assert (line["quiet"], line["mode"], line["distinct_share"]) == (0, 1, 1)
    assert complete(line)["habits"] == 2
    assert holds("habits", line)
    by_day = [line for i, line in enumerate(steady) if 8 <= i % 24 < 20]
    assert not holds("habits", measured(events([*by_day, (NOON, "out", "b", None)])))


def test_unanswered_and_first_contacts_are_evidence() -> None:
    t = [NOON + timedelta(minutes=i) for i in range(5)]
    lines: list[Line] = [
        (t[0], "in", "knows us", None),
        (t[1], "out", "knows us", None),
        (t[2], "out", "answers", None),
        (t[3], "in", "answers", None),
        (t[4], "out", "stranger", None),
        (t[4], "in", "never written to", None),
    ]
    line = measured(events(lines))
    assert (line["unanswered"], line["first_contacts"]) == (pytest.approx(1 / 3), 2)


def test_who_wrote_on_an_earlier_day_is_no_first_contact() -> None:
    lines: list[Line] = [(NOON, "in", "a", None), (NOON + timedelta(days=2), "out", "a", None)]
    line = measured(events(lines))
    assert (line["unanswered"], line["first_contacts"]) == (0, 0)


def test_a_family_counts_once() -> None:
    line = measured(events(sends(NOON, [1] * 10 + [7, 9] * 5, people="a", contents="x")))
    full = complete(line)
    assert (full["repeat_share"], full["distinct_share"]) == (1, 1 / 21)
    assert full["points"] == 2


def test_a_text_recurs_in_another_clock_hour_and_not_to_many_at_once() -> None:
    at_once = measured(events(sends(NOON, [60] * 19, contents="x")))
    assert (at_once["repeat_share"], at_once["recurring_share"]) == (1, 0)
    # Twelve different texts in one hour, then one of them again in the next and on the next day.
    twelve = sends(NOON, [60] * 11, people="a", contents="t{}")
    again = [(NOON + timedelta(hours=hours), "out", "a", "t0") for hours in (1, 24)]
    line = measured(events([*twelve, *again]))
    assert line["recurring_share"] == 3 / 14


def test_rows_without_hours_count_each_day_as_one() -> None:
    stream = [(NOON + timedelta(hours=hours), "out", "a", "x") for hours in (0, 1, 24)]
    rows = day_rows(events(stream), {})
    assert measures(rows)["recurring_share"].item() == 1
    older = rows.with_columns(
        pl.col("contents").list.eval(pl.element().struct.with_fields(hours=pl.lit(None, pl.UInt32)))
    )
    assert measures(older)["recurring_share"].item() == 1
    assert measures(older.head(1))["recurring_share"].item() == 0


def test_every_signal_explains_itself_in_both_languages() -> None:
    assert len(BY_NAME) == len(REGISTRY)
    for rule in REGISTRY:
        for language in Language:
            assert "{value}" in rule.text[language]
            assert rule.source[language]
        assert rule.text[Language.DE] != rule.text[Language.EN]
        assert (rule.held.limit is None) is (rule.role is Role.EVIDENCE)
        assert bool(rule.family) is (rule.role is Role.HINT)
        assert (rule.weight is not None) is (rule.role is Role.TRAIT)
