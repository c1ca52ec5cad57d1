"""What an account did, as pictures: each signal's own numbers over the window, with its threshold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from sendepause import events
from sendepause.audit.families import families, in_families
from sendepause.audit.signals import BY_NAME
from sendepause.board import charts
from sendepause.board.charts import Bars
from sendepause.board.seen import Reader
from sendepause.board.source import Desk
from sendepause.events import bucket_of
from sendepause.model import Account, Finding

_TEXTS = 10  # so many texts, those to most people first
_FIRST_STEP = 20  # from this bin on gaps are in steps of 5 %, see ``audit.activity.gap_bin``
_GAPS = ((0, 1), (1, 5), (5, 10), (10, 20), (20, 40), (40, 60), (60, 120), (120, 300), (300, 600))
_GAPS_AFTER = 600  # seconds


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture with its heading and what it says in a sentence."""

    key: str
    title: str
    says: str
    bars: Bars


def of_account(desk: Desk, account: Account, finding: Finding | None) -> Iterator[Picture]:
    """The pictures of an account's window, in its own local days; none without a day row."""
    reader = desk.reader
    days = finding.window_days if finding else desk.settings.policy.window_days
    as_of = finding.as_of if finding else reader.now
    until = as_of.astimezone(ZoneInfo(account.time_zone)).date()
    since = until - timedelta(days=days - 1)
    buckets = {bucket_of(account.number)}
    rows = events.activity(desk.installation.events, since, until, buckets=buckets)
    rows = rows.filter(pl.col("account_id") == account.number)
    if rows.is_empty():
        return
    calendar = [since + timedelta(days=step) for step in range(days)]
    yield _by_day(rows, calendar, "sends", None, reader)
    yield _by_hour(rows, reader)
    yield _by_day(rows, calendar, "reach_hour", BY_NAME["reach_hour"].held.limit, reader)
    yield _by_day(rows, calendar, "burst", BY_NAME["burst"].held.limit, reader)
    if (texts := _texts(rows, reader)) is not None:
        yield texts
    if (gaps := _rhythm(rows, reader)) is not None:
        yield gaps


def _by_day(
    rows: pl.DataFrame, calendar: Sequence[date], column: str, limit: float | None, reader: Reader
) -> Picture:
    values = dict(rows.select("day", column).iter_rows())
    numbers = [int(values.get(day) or 0) for day in calendar]
    names = [reader.day(day) for day in calendar]
    title = reader.text(f"picture_{column}")
    most = max(range(len(numbers)), key=numbers.__getitem__)
    says = reader.text("picture_most", most=reader.number(numbers[most]), where=names[most])
    drawn = _drawn(numbers, names, title, says, limit, reader, every=7)
    return Picture(column, title, says, drawn)


def _by_hour(rows: pl.DataFrame, reader: Reader) -> Picture:
    """Sends by local hour of day: whether there is a daily rest."""
    numbers = [sum(day[hour] for day in rows["hours"].to_list() if day) for hour in range(24)]
    names = [f"{hour}" for hour in range(24)]
    title = reader.text("picture_hours")
    empty = sum(number == 0 for number in numbers)
    says = reader.text("picture_rest", n=empty)
    return Picture("hours", title, says, _drawn(numbers, names, title, says, None, reader, every=3))


def _texts(rows: pl.DataFrame, reader: Reader) -> Picture | None:
    """How many people got the same text, or one in which little more than the name differs, as the signal
    counts them; texts are known by their fingerprints alone."""
    entries = rows.select("account_id", pl.col("contents")).explode("contents").drop_nulls()
    sent = entries.unnest("contents").drop_nulls("content")
    if sent.is_empty():
        return None
    sent = sent.with_columns(in_families(sent.select("account_id", "content"), families(rows))["content"])
    people = (
        sent.group_by("content")
        .agg(people=pl.col("counterpart").drop_nulls().n_unique())
        .sort("people", descending=True)
        .head(_TEXTS)["people"]
        .to_list()
    )
    names = [str(place) for place in range(1, len(people) + 1)]
    title = reader.text("picture_texts")
    says = reader.text("picture_fan_out", most=reader.number(people[0]))
    limit = BY_NAME["same_to_many"].held.limit
    return Picture("contents", title, says, _drawn(people, names, title, says, limit, reader))


def _rhythm(rows: pl.DataFrame, reader: Reader) -> Picture | None:
    """The pauses between sends: a machine's are alike, a person's lie far apart."""
    coarse = (rows["resolution"] == "min").any()
    column = "minute_gaps" if coarse else "gaps"
    counted = Counter[int]()
    for histogram in rows[column].to_list():
        for entry in histogram or ():
            counted[entry["bin"]] += entry["n"]
    if not counted:
        return None
    numbers = [0] * (len(_GAPS) + 1)
    for bin_, number in counted.items():
        seconds = bin_ if bin_ < _FIRST_STEP else _FIRST_STEP * 1.05 ** (bin_ - _FIRST_STEP + 0.5)
        numbers[_slot(seconds)] += number
    names = [f"{low}–{high}" for low, high in _GAPS] + [f"> {_GAPS_AFTER}"]
    title = reader.text("picture_gaps")
    most = max(range(len(numbers)), key=numbers.__getitem__)
    says = reader.text("picture_gap_most", where=names[most], share=round(100 * numbers[most] / sum(numbers)))
    return Picture("gaps", title, says, _drawn(numbers, names, title, says, None, reader))


def _slot(seconds: float) -> int:
    return next((place for place, (_, high) in enumerate(_GAPS) if seconds < high), len(_GAPS))


def _drawn(
    numbers: Sequence[int],
    names: Sequence[str],
    title: str,
    says: str,
    limit: float | None,
    reader: Reader,
    *,
    every: int = 1,
) -> Bars:
    titles = [f"{name}: {reader.number(number)}" for name, number in zip(names, numbers, strict=True)]
    line = "" if limit is None else reader.text("threshold", limit=reader.number(int(limit)))
    return charts.bars(numbers, names, titles, f"{title}. {says}", limit, line, every=every)
