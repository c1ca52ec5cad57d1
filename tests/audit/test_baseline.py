"""The last days alone, and against the account's own past and its peers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from tests.audit.streams import Line, events, sends

from sendepause.audit import sharing, verdict
from sendepause.audit.activity import day_rows
from sendepause.audit.baseline import PEERS, USUAL, Group, assess, daily, usual
from sendepause.audit.evaluate import CASES
from sendepause.frames import EVENTS
from sendepause.model import Change, Finding, Verdict

DAY = timedelta(days=1)
MONDAY = datetime(2019, 11, 4, tzinfo=UTC)
LAST = MONDAY + 27 * DAY  # a Sunday
GROUP: Group = ("personal", "sales")


def people_of(account: str, days: range, *, a_day: int = 5, seed: int = 1) -> pl.DataFrame:
    """A person's working days: a few customers, who write first, in words that differ."""
    random = Random(f"{seed} {account}")
    lines: list[Line] = []
    for day in days:
        for number in range(random.randint(a_day - 1, a_day + 1)):
            at = MONDAY + day * DAY + timedelta(hours=random.uniform(8, 18))
            customer = f"c{day}-{number}"
            lines.append((at, "in", customer, f"{account} asks {day} {number}"))
            answered = at + timedelta(seconds=random.lognormvariate(5, 1.2))
            lines.append((answered, "out", customer, f"{account} {day} {number}"))
    return events(sorted(lines, key=lambda line: line[0]), account=account)


def a_day_of(day: int, lines: list[Line], account: str) -> pl.DataFrame:
    """Lines of any day, laid onto that one, with ids of their own."""
    start = min(at for at, *_ in lines).replace(hour=0, minute=0, second=0)
    moved = [(at - start + MONDAY + day * DAY, *rest) for at, *rest in lines]
    frame = events(moved, account=account)
    return of_its_own(frame)


def of_its_own(frame: pl.DataFrame) -> pl.DataFrame:
    """The same events under other ids."""
    return frame.with_columns(event_id=pl.concat_str(pl.lit("another "), "event_id"))


def machine(replies: int = 60) -> list[Line]:
    """A bot that answers within two seconds, whenever somebody writes, each time anew."""
    random = Random(7)
    lines: list[Line] = []
    for number in range(replies):
        at = MONDAY + timedelta(minutes=20 * number + random.uniform(0, 15))
        lines.append((at, "in", f"n{number % 9}", f"question {number}"))
        lines.append((at + timedelta(seconds=random.uniform(0.5, 2)), "out", f"n{number % 9}", f"a{number}"))
    return lines


def campaign(size: int, gap: float = 600) -> list[Line]:
    """As many people in one day, at wide pauses that vary as a person's do, each in other words."""
    random = Random(3)
    gaps = [gap * random.lognormvariate(0, 1) for _ in range(size - 1)]
    return sends(MONDAY + timedelta(hours=1), gaps, contents="t{}")


def audited(*frames: pl.DataFrame, at: datetime = LAST + DAY, **more: Any) -> Finding:
    (finding,) = assess(day_rows(pl.concat(frames), {}), at, **more)
    return finding


def change(finding: Finding, name: str) -> Change:
    (found,) = [change for change in finding.changes if change.name == name]
    return found


def test_a_person_who_becomes_a_machine_overnight_is_found_the_next_day() -> None:
    person = people_of("+491", range(27))
    assert audited(person).verdict is Verdict.CLEAR
    found = audited(person, a_day_of(27, machine(), "+491"))
    assert found.verdict is Verdict.AUTOMATED
    assert found.recent is not None
    assert (found.recent.window_days, found.recent.messages, found.recent.as_of.date()) == (
        1,
        60,
        LAST.date(),
    )
    assert "instant_reply" in {signal.name for signal in found.recent.signals if signal.tripped}
    assert found.confidence == found.recent.confidence


def test_four_weeks_alone_would_not_show_it() -> None:
    rows = day_rows(pl.concat([people_of("+491", range(27)), a_day_of(27, machine(), "+491")]), {})
    (diluted,) = verdict.judge(rows, LAST + DAY)
    assert diluted.verdict is not Verdict.AUTOMATED


def test_many_more_people_than_ever_are_watched_and_the_day_is_named() -> None:
    found = audited(people_of("+491", range(27)), a_day_of(27, campaign(36), "+491"))
    people = change(found, "people")
    assert found.verdict is Verdict.WATCH
    assert (people.tripped, people.value, people.since) == (True, 36, LAST.date())
    assert 4 <= people.usual <= 6
    assert not change(found, "sends").tripped  # evidence only


def test_a_change_alone_never_makes_more_than_watch() -> None:
    found = audited(people_of("+491", range(27)), a_day_of(27, campaign(36), "+491"))
    assert found.recent is None
    assert not any(s.tripped and s.name in ("reach_hour", "same_to_many") for s in found.signals)


def test_a_busy_saturday_is_no_crime() -> None:
    person = people_of("+491", range(26))
    busy = people_of("+491", range(26, 27), a_day=18)
    found = audited(person, of_its_own(busy))
    assert found.verdict is Verdict.CLEAR
    assert change(found, "people").value >= 17


def test_holidays_and_the_monday_after_them_are_nobodys_fault() -> None:
    person, back = people_of("+491", range(14)), people_of("+491", range(27, 28), a_day=10)
    found = audited(person, of_its_own(back))
    assert found.verdict is Verdict.CLEAR


def test_a_short_past_is_no_measure() -> None:
    found = audited(people_of("+491", range(21, 26)), a_day_of(27, campaign(36), "+491"))
    assert found.changes == ()


def test_the_last_days_are_those_of_the_data_not_of_the_clock() -> None:
    late = LAST + 5 * DAY  # a weekly export
    found = audited(people_of("+491", range(27)), a_day_of(27, machine(), "+491"), at=late)
    assert found.verdict is Verdict.AUTOMATED


def test_old_data_are_no_data_whatever_they_held() -> None:
    late = LAST + 9 * DAY
    found = audited(people_of("+491", range(27)), a_day_of(27, machine(), "+491"), at=late)
    assert (found.verdict, found.recent) == (Verdict.NO_DATA, None)


# Peers


def shop(accounts: int, *, a_day: int, last: int) -> pl.DataFrame:
    """A shop's accounts, on the last of 28 days each with so many people."""
    frames = []
    for number in range(accounts):
        account = f"+492{number}"
        frames.append(people_of(account, range(27), a_day=a_day, seed=number))
        rush = people_of(account, range(27, 28), a_day=last, seed=number)
        frames.append(of_its_own(rush))
    return pl.concat(frames)


def with_peers(frame: pl.DataFrame) -> dict[str, Finding]:
    rows = day_rows(frame, {})
    groups = dict.fromkeys(rows["account_id"].unique(), GROUP)
    peers = usual(daily(rows, LAST + DAY), groups)
    return {one.account: one for one in assess(rows, LAST + DAY, peers=peers, groups=groups)}


def test_what_is_usual_for_the_peers_is_said_beside_the_own_past() -> None:
    found = with_peers(shop(PEERS, a_day=5, last=5))
    people = change(found["+4920"], "people")
    assert people.peers is not None
    assert 4 <= people.peers <= 6
    assert people.peers_now is not None


def test_fewer_accounts_are_no_group() -> None:
    found = with_peers(shop(PEERS - 1, a_day=5, last=5))
    assert change(found["+4920"], "people").peers is None


def test_a_rush_of_all_peers_is_excused_and_one_alone_is_not() -> None:
    rush = with_peers(shop(PEERS, a_day=7, last=24))
    assert {one.verdict for one in rush.values()} == {Verdict.CLEAR}
    alone = people_of("+4999", range(27), a_day=7)
    alone_rush = of_its_own(people_of("+4999", range(27, 28), a_day=24))
    found = with_peers(pl.concat([shop(PEERS, a_day=7, last=7), alone, alone_rush]))
    assert change(found["+4999"], "people").tripped
    assert {one.verdict for name, one in found.items() if name != "+4999"} == {Verdict.CLEAR}


def test_a_tool_that_begins_on_all_accounts_at_once_excuses_nobody() -> None:
    frames = [people_of(f"+492{n}", range(27), seed=n) for n in range(PEERS)]
    frames += [a_day_of(27, campaign(60, gap=400), f"+492{n}") for n in range(PEERS)]
    found = with_peers(pl.concat(frames))
    assert all(one.verdict.rank >= Verdict.WATCH.rank for one in found.values())


def test_usual_names_no_account() -> None:
    rows = day_rows(shop(PEERS, a_day=5, last=5), {})
    table = usual(daily(rows, LAST + DAY), dict.fromkeys(rows["account_id"].unique(), GROUP))
    assert table.schema == USUAL
    assert "+49" not in str(table.to_dicts())


# However accounts are dealt out


@pytest.mark.parametrize("tasks", [1, 2, 3, 7])
def test_findings_are_the_same_however_accounts_are_dealt_out(tasks: int) -> None:
    frame = pl.concat(
        [shop(PEERS + 1, a_day=5, last=6), people_of("+491", range(27)), a_day_of(27, machine(), "+491")]
    )
    rows = day_rows(frame, {})
    groups = dict.fromkeys(rows["account_id"].unique(), GROUP)
    numbers, shared = daily(rows, LAST + DAY), sharing.shared([sharing.traces(rows)])
    more: dict[str, Any] = {"peers": usual(numbers, groups), "groups": groups, "shared": shared}
    whole = assess(rows, LAST + DAY, **more)
    names = sorted(groups)
    dealt = [
        finding
        for first in range(tasks)
        for finding in assess(
            rows.filter(pl.col("account_id").is_in(names[first::tasks])),
            LAST + DAY,
            accounts=names[first::tasks],
            **more,
        )
    ]
    assert sorted(dealt, key=lambda one: one.account) == whole


# People's ordinary changes

ORDINARY = ("whatsapp_export", "sms_nus_zh", "slack_chats")


@cache
def four_weeks_of_people() -> pl.DataFrame:
    """Every four weeks of each person of some sources, as an account of its own, all from the same day on."""
    frames = [
        pl.read_parquet(Path(CASES) / f"{name}.parquet").with_row_index("position") for name in ORDINARY
    ]
    people = pl.concat(frames, how="diagonal").filter(pl.col("label") == "human")
    at = pl.col("sent_at").dt.replace_time_zone("UTC").cast(pl.Datetime("ms", "UTC"))
    day = at.dt.date()
    first = day.min().over("source", "account_id")
    block = (day - first).dt.total_days() // 28
    begin = first + pl.duration(days=block * 28)
    laid = people.with_columns(
        account_id=pl.concat_str("source", "account_id", block.cast(pl.String), separator="|"),
        sent_at=at - (begin - pl.lit(date(2019, 11, 4))),
        event_id=pl.lit(None, pl.String),
        campaign_id=pl.lit(None, pl.String),
    )
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in EVENTS.items() if name not in laid.columns]
    return day_rows(laid.with_columns(missing).select(pl.col(n).cast(t) for n, t in EVENTS.items()), {})


@pytest.mark.parametrize("days", [10, 14, 18, 23, 28])
def test_people_are_not_accused_of_their_ordinary_changes(days: int) -> None:
    rows, at = four_weeks_of_people(), MONDAY + days * DAY - timedelta(milliseconds=1)
    before = {one.account: one.verdict for one in verdict.judge(rows, at)}
    raised = [one for one in assess(rows, at) if one.verdict is not before[one.account]]
    assert sum(bool(one.changes) for one in assess(rows, at)) >= 20  # there is a past to be held against
    assert raised == []
