"""What a company's accounts share is seen by all of them together, exactly, and innocent sharing is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.audit import adversaries, innocents
from tests.audit.streams import NOON, Line, events, sends

from sendepause.audit.activity import day_rows
from sendepause.audit.sharing import LIST_HEARD, LIST_SILENT, OWN_PART, SHARED, shared, traces
from sendepause.audit.signals import REGISTRY
from sendepause.audit.verdict import judge, sentence
from sendepause.frames import EVENTS, UTC_MS
from sendepause.model import Finding, Language, Verdict

ACCOUNTS = ("+491", "+492", "+493")
SKETCHES = {"x": [1, 2], "y": [3, 4], "z": [5, 2]}
FAMILY = {"z": "x"}  # they share a band
WEEKS_END = adversaries.MONDAY.replace(tzinfo=NOON.tzinfo) + timedelta(days=21)


def rows_of(stream: pl.DataFrame, *, to_minutes: bool = False) -> pl.DataFrame:
    """The day rows of a made-up stream."""
    if to_minutes:
        stream = stream.with_columns(pl.col("sent_at").dt.truncate("1m"), resolution=pl.lit("min"))
    ids = {"event_id": pl.lit(None), "campaign_id": pl.lit(None)}
    utc = pl.col("sent_at").dt.replace_time_zone("UTC").cast(UTC_MS)
    made = stream.with_row_index("position").with_columns(utc, **ids)
    return day_rows(made.select(pl.col(name).cast(dtype) for name, dtype in EVENTS.items()), {})


def companies_of(stream: pl.DataFrame) -> dict[str, str]:
    known = stream.drop_nulls("company").select("account_id", "company").unique()
    return dict(known.iter_rows())


def judged(stream: pl.DataFrame, *, to_minutes: bool = False, alone: bool = False) -> dict[str, Finding]:
    """The findings of a made-up stream over four weeks, each account in its company, or alone."""
    companies = {} if alone else companies_of(stream)
    rows = rows_of(stream, to_minutes=to_minutes)
    return {
        finding.account: finding for finding in judge(rows, WEEKS_END, companies=companies, fresh_days=28)
    }


def written(account: str, lines: Iterable[Line]) -> pl.DataFrame:
    return events(lines, account=account)


def only(frame: pl.DataFrame, account: str = "+491") -> dict[str, Any]:
    return shared([traces(day_rows(frame, {}))]).filter(pl.col("account_id") == account).to_dicts()[0]


def part_of_a_list(account: str, people: int, *, answers: int = 0, heard: bool = True) -> pl.DataFrame:
    """One text to people of its own, some of whom answer; and a friend who writes to the account."""
    first = sends(NOON, [60] * (people - 1), people=account + "-{}", contents="offer")
    back: list[Line] = [(NOON + timedelta(hours=2), "in", f"{account}-{n}", None) for n in range(answers)]
    friend: list[Line] = [(NOON - timedelta(hours=1), "in", "friend", None)] if heard else []
    return written(account, [*friend, *first, *back])


def test_a_list_split_over_five_numbers_is_the_whole_list_for_each() -> None:
    parts = pl.concat([part_of_a_list(f"+49{number}", 15, answers=1) for number in range(5)])
    for number in range(5):
        line = only(parts, f"+49{number}")
        assert (line["list_people"], line["strangers"], line["shared_people"]) == (75, 14, 0)


@pytest.mark.parametrize(("people", "whole"), [(OWN_PART - 1, 15), (OWN_PART, 15 + OWN_PART)])
def test_a_number_has_a_part_in_a_list_from_some_people_of_its_own_on(people: int, whole: int) -> None:
    parts = [part_of_a_list("+492", 9), part_of_a_list("+493", 6), part_of_a_list("+491", people)]
    line = only(pl.concat(parts))
    assert line["list_people"] == (whole if people == OWN_PART else 0)
    assert only(pl.concat(parts), "+492")["list_people"] == whole


def test_a_text_of_one_number_alone_is_no_shared_list() -> None:
    assert only(part_of_a_list("+491", 60))["list_people"] == 0


def test_a_text_that_people_answer_is_no_list() -> None:
    silent = round((1 - LIST_SILENT) * 20)
    for answers, whole in ((silent // 2, 20), (silent // 2 + 1, 0)):
        both = [part_of_a_list(account, 10, answers=answers) for account in ("+491", "+492")]
        assert only(pl.concat(both))["list_people"] == whole


def test_a_greeting_to_those_who_wrote_first_is_no_list_and_they_are_no_strangers() -> None:
    def answered(account: str) -> pl.DataFrame:
        said = sends(NOON, [60] * 29, people=account + "-{}", contents="welcome")
        asked: list[Line] = [(at - timedelta(seconds=30), "in", who, None) for at, _, who, _ in said]
        return written(account, sorted([*said, *asked], key=lambda line: line[0]))

    line = only(pl.concat([answered("+491"), answered("+492")]))
    assert (line["list_people"], line["strangers"]) == (0, 0)


def test_a_list_is_a_weeks_and_rare_words_to_begin_with_do_not_add_up() -> None:
    def now_and_then(account: str) -> pl.DataFrame:
        weekly = [
            sends(NOON + timedelta(weeks=week), [60], people=f"{account}-{week}-{{}}") for week in range(4)
        ]
        said = [(at, way, who, "hello") for week in weekly for at, way, who, _ in week]
        return written(account, [(NOON - timedelta(hours=1), "in", "friend", None), *said])

    line = only(pl.concat([now_and_then(f"+49{number}") for number in range(9)]))
    assert (line["strangers"], line["list_people"]) == (8, 0)


def test_where_nobody_is_heard_silence_says_nothing() -> None:
    deaf = [part_of_a_list(account, 30, heard=False) for account in ("+491", "+492")]
    line = only(pl.concat(deaf))
    assert {name for name, value in line.items() if value is not None} == {"account_id"}
    # One that hears tells of the whole list, once enough people were written to from it.
    for people, whole in ((LIST_HEARD - 1, 0), (LIST_HEARD, 60 + LIST_HEARD)):
        assert only(pl.concat([*deaf, part_of_a_list("+493", people)]), "+493")["list_people"] == whole


def test_people_written_to_first_by_several_numbers_count_where_they_answer_none() -> None:
    def wave(account: str, hours: int) -> pl.DataFrame:
        said = sends(NOON + timedelta(hours=hours), [60] * 33, people="p{}", contents=f"{account} {{}}")
        return written(account, [(NOON - timedelta(hours=1), "in", "friend", None), *said])

    waves = [wave("+491", 0), wave("+492", 24)]
    assert only(pl.concat(waves))["shared_people"] == 34
    # An answer to any number of the company is an answer.
    answer = written("+493", [(NOON + timedelta(hours=30), "in", "p7", None)])
    assert only(pl.concat([*waves, answer]))["shared_people"] == 33


def test_an_internal_group_is_one_counterpart_and_no_company_shares_with_another() -> None:
    def morning(account: str) -> pl.DataFrame:
        said = [(NOON + timedelta(days=day), "out", "team", "hello") for day in range(20)]
        return written(account, [(NOON - timedelta(hours=1), "in", "friend", None), *said])

    line = only(pl.concat([morning("+491"), morning("+492")]))
    assert (line["shared_people"], line["same_begun"], line["list_people"]) == (1, 0, 0)

    rows = traces(day_rows(pl.concat([part_of_a_list("+491", 20), part_of_a_list("+492", 20)]), {}))
    for companies, whole in (({"+491": "a", "+492": "a"}, 40), ({"+491": "a", "+492": "b"}, 0), ({}, 0)):
        assert shared([rows], companies)["list_people"].to_list() == [whole] * 2


def test_strangers_are_counted_over_the_window_and_on_the_busiest_day() -> None:
    said = [sends(NOON + timedelta(days=day), [60] * (4 + day), people=f"{day}-{{}}") for day in range(3)]
    again = sends(NOON + timedelta(days=4), [60] * 6, people="2-{}")  # known since the third day
    friend: list[Line] = [(NOON - timedelta(hours=1), "in", "friend", None)]
    line = only(written("+491", [*friend, *said[0], *said[1], *said[2], *again]))
    assert (line["strangers"], line["strangers_day"]) == (5 + 6 + 7, 7)


@st.composite
def talks(draw: st.DrawFn) -> pl.DataFrame:
    """Some messages of three accounts with a few people over two weeks."""
    size = draw(st.integers(1, 120))
    rows = [
        {
            "event_id": f"e{index}",
            "account_id": draw(st.sampled_from(ACCOUNTS)),
            "sent_at": NOON + timedelta(hours=draw(st.integers(0, 14 * 24)), seconds=index),
            "resolution": "s",
            "position": index,
            "direction": draw(st.sampled_from(["out", "out", "out", "in"])),
            "counterpart": draw(st.sampled_from([*(f"p{n}" for n in range(30)), None])),
            "content": (content := draw(st.sampled_from(["x", "x", "y", "z", None]))),
            "sketch": SKETCHES.get(content),
            "campaign_id": None,
            "source": "invented",
        }
        for index in range(size)
    ]
    return pl.DataFrame(rows, schema=EVENTS)


@settings(max_examples=30, deadline=None)
@given(talks(), st.permutations(ACCOUNTS), st.integers(0, 3), st.randoms(use_true_random=False))
def test_buckets_and_order_change_nothing(
    stream: pl.DataFrame, accounts: list[str], cut: int, random: Any
) -> None:
    rows = day_rows(stream, {})
    whole = shared([traces(rows)])
    assert whole.schema == SHARED
    order = list(range(len(rows)))
    random.shuffle(order)
    buckets = [
        rows[order].filter(pl.col("account_id").is_in(part)) for part in (accounts[:cut], accounts[cut:])
    ]
    assert_frame_equal(shared([traces(bucket) for bucket in buckets]), whole)


@settings(max_examples=30, deadline=None)
@given(talks())
def test_it_counts_what_counting_by_hand_counts(stream: pl.DataFrame) -> None:
    told = {line["account_id"]: line for line in shared([traces(day_rows(stream, {}))]).to_dicts()}
    for account, line in by_hand(stream).items():
        assert told[account] == line


def by_hand(stream: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """The same numbers from the events themselves, person by person."""
    log = [line for line in stream.sort("sent_at", "position").to_dicts() if line["counterpart"]]
    first: dict[tuple[str, str], dict[str, Any]] = {}
    heard, wrote, told = set(), set(), dict[tuple[str, str, str], int]()
    for line in log:
        pair = (line["account_id"], line["counterpart"])
        first.setdefault(pair, line)
        (wrote if line["direction"] == "out" else heard).add(pair)
        if (
            line["direction"] == "out"
            and line["content"]
            and line["sent_at"].date() == first[pair]["sent_at"].date()
        ):
            told[(*pair, FAMILY.get(line["content"], line["content"]))] = line["sent_at"].isocalendar()[1]
    hears = {account for account, _ in heard}
    cold = {pair for pair in wrote if first[pair]["direction"] == "out"}
    answered = {person for _, person in heard}
    lists = defaultdict(lambda: defaultdict(set))  # type: ignore[var-annotated]
    for (account, person, content), week in told.items():
        if (account, person) in cold:
            lists[content, week][account].add(person)
    result = {}
    for account in {account for account, _ in first}:
        strangers = {pair for pair in cold - heard if pair[0] == account}
        days = [first[pair]["sent_at"].date() for pair in strangers]
        common = {
            person
            for _, person in strangers
            if person not in answered and sum((other, person) in cold for other in hears) > 1
        }
        sizes = [list_size(parts, account, hears, heard) for parts in lists.values()]
        numbers = {
            "strangers": len(strangers),
            "strangers_day": max((days.count(day) for day in days), default=0),
            "shared_people": len(common),
            "same_begun": alone(lists, account, hears, heard),
            "list_people": max(sizes, default=0),
        }
        known = numbers if account in hears else dict.fromkeys(numbers)
        result[account] = {"account_id": account, **known}
    return result


def list_size(parts: dict[str, set[str]], account: str, hears: set[str], heard: set[tuple[str, str]]) -> int:
    large = {number: people for number, people in parts.items() if len(people) >= OWN_PART}
    told = [(number, person) for number, people in large.items() for person in people if number in hears]
    if account not in large or len(large) < 2 or not mostly_silent(told, heard):
        return 0
    return len(set().union(*large.values()))


def mostly_silent(told: list[tuple[str, str]], heard: set[tuple[str, str]]) -> bool:
    return len(told) >= LIST_HEARD and sum(pair not in heard for pair in told) >= LIST_SILENT * len(told)


def alone(lists: Any, account: str, hears: set[str], heard: set[tuple[str, str]]) -> int:
    weeks = defaultdict(set)
    for (_, week), parts in lists.items():
        if len(parts[account]) >= OWN_PART:
            weeks[week] |= parts[account]
    told = [[(account, person) for person in people if account in hears] for people in weeks.values()]
    return max((len(pairs) for pairs in told if mostly_silent(pairs, heard)), default=0)


@pytest.mark.parametrize("name", sorted(innocents.ALL))
@pytest.mark.parametrize("to_minutes", [False, True])
def test_what_colleagues_share_changes_no_verdict(name: str, to_minutes: bool) -> None:
    stream = innocents.ALL[name](1)
    together, alone = judged(stream, to_minutes=to_minutes), judged(stream, to_minutes=to_minutes, alone=True)
    assert len(together) == 3 * innocents.NUMBERS
    assert {account: f.verdict for account, f in together.items()} == {a: f.verdict for a, f in alone.items()}
    shown = {signal.name for f in together.values() for signal in f.signals if signal.tripped}
    assert not shown & {"list_people", "list_hint", "shared_people", "shared_people_hint"}


@pytest.mark.parametrize("to_minutes", [False, True])
def test_numbers_that_share_one_list_are_found_by_the_list(to_minutes: bool) -> None:
    stream = adversaries.shared_list(1).filter(pl.col("text") == "same")
    size = dict(stream.select("account_id", "size").unique().iter_rows())
    for account, finding in judged(stream, to_minutes=to_minutes).items():
        found = {Verdict.BULK, Verdict.AUTOMATED} | ({Verdict.WATCH} if size[account] < 40 else set())
        assert finding.verdict in found, account
    missed = judged(stream, to_minutes=to_minutes, alone=True).values()
    assert sum(finding.verdict is Verdict.CLEAR for finding in missed) >= 10


def test_a_shared_list_is_found_though_every_text_of_it_is_another() -> None:
    stream = adversaries.shared_list(1).filter(pl.col("text") == "spintax", pl.col("size") == 75)
    assert stream.filter("injected", pl.col("direction") == "out")["content"].n_unique() > 140
    findings = judged(stream).values()
    assert {finding.verdict for finding in findings} <= {Verdict.BULK, Verdict.AUTOMATED}
    alike = {signal.value for f in findings for signal in f.signals if signal.name == "list_people"}
    assert min(alike) >= 70


def test_a_number_of_a_shared_list_is_told_why_in_both_languages() -> None:
    stream = adversaries.shared_list(1).filter(pl.col("text") == "same", pl.col("size") == 75)
    finding = next(finding for finding in judged(stream).values() if finding.verdict is Verdict.BULK)
    german, english = sentence(finding, Language.DE), sentence(finding, Language.EN)
    assert "an 75 Menschen, verteilt auf mehrere Nummern Ihrer Firma" in german
    assert "Schwelle: ab 40" in german
    assert "to 75 people in one week, spread over several of your company's numbers" in english
    assert "threshold: 40 or more" in english


def test_a_list_is_a_fact_also_where_each_number_sent_too_little_for_a_verdict_on_timing() -> None:
    parts = pl.concat([part_of_a_list(f"+49{number}", 15, answers=1) for number in range(5)])
    rows = day_rows(parts, {})
    for companies, verdict in ((None, Verdict.BULK), ({}, Verdict.NO_DATA)):
        findings = judge(rows, NOON + timedelta(days=1), companies=companies)
        assert {finding.verdict for finding in findings} == {verdict}


def test_sharing_alone_makes_nobody_automated() -> None:
    names = {rule.name for rule in REGISTRY if rule.held.column in SHARED}
    assert len(names) == 8
    for sort in adversaries.TEXTS:
        stream = adversaries.second_wave(1).filter(pl.col("text") == sort)
        alone = judged(stream, alone=True)
        for account, finding in judged(stream).items():
            if finding.verdict is Verdict.AUTOMATED and alone[account].verdict is not Verdict.AUTOMATED:
                tripped = {signal.name for signal in finding.signals if signal.tripped}
                assert tripped - names - {"points"}
