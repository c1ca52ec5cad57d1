"""From the day rows of a window to the measured numbers of each account, exactly as from the events.

What crosses midnight is resolved here: the gap, the bout, the reply, the burst and the chain between the
last event of one day and the first of the next. The first send of the window has no gap before it and
starts a bout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from sendepause.audit.activity import BOUT_SILENCE_S, REPLY_WITHIN_S, gap_bins, most_within
from sendepause.audit.chains import WORTH_KEEPING, chain_starts, summarise
from sendepause.audit.families import families, in_families
from sendepause.audit.ordered import (
    Flags,
    Numbers,
    by_identity,
    counts,
    ids,
    largest,
    numbers,
    starts,
    totals,
)
from sendepause.audit.placing import MINUTE_MS, RESOLUTIONS

STEADY_SPREAD = 0.6
"""Most (Q3 - Q1) / median of a steady chain's gaps: tools have 0 to 0.52, people 0.9 and more."""

STEADY_RATE_SPREAD = 0.67
"""The same of its sends a minute, where times are known to the minute."""

REPEATED = 5
"""A content counts as a template from this many sends on."""

RECURRING_HOURS = 2
"""A text recurs if it was sent in so many clock hours: sent to many at once it does not."""

EMPTY_HOUR = 0.01
"""An hour of day with at most this share of the sends is empty."""

INSTANT_S = 3
FASTEST = 0.9

MEASURES = pl.Schema(
    {
        "account_id": pl.String(),
        "resolution": pl.String(),  # the coarsest of the window
        "sends": pl.UInt32(),
        "days": pl.UInt32(),  # local days with a send
        "chain": pl.UInt32(),  # distinct counterparts of the largest chain
        "chain_spread": pl.Float64(),  # of that chain; null where its median gap is 0 or it has no gap
        "chain_gap": pl.Float64(),  # its median gap, seconds
        "steady_chain": pl.UInt32(),  # of the largest chain at a steady pace; 0: none with 10 or more
        "bouts": pl.UInt32(),
        "clock_5": pl.Float64(),  # -log10 p of bout starts on 12 cells of five minutes
        "clock_1": pl.Float64(),  # the same on 60 cells of one minute
        "replies": pl.UInt32(),
        "reply_p90": pl.Float64(),  # seconds, nearest rank
        "instant_share": pl.Float64(),  # replies within 3 s
        "same_minute_share": pl.Float64(),  # replies within the minute of what they answer
        "contents": pl.UInt32(),  # sends whose content is known; without any, what follows is null
        "repeat_share": pl.Float64(),
        "distinct_share": pl.Float64(),
        "recurring_share": pl.Float64(),  # one text in one clock hour counts once, to whomever it went
        "same_to_many": pl.UInt32(),
        "quiet": pl.UInt32(),  # hours; null below five active days
        "gaps": pl.UInt32(),
        "mode": pl.Float64(),
        "reach_hour": pl.UInt32(),
        "reach_minute": pl.UInt32(),
        "texts_minute": pl.UInt32(),
        "acts_hour": pl.UInt32(),
        "minute_acts_hour": pl.UInt32(),
        "burst": pl.UInt32(),  # null where times are known to the minute
        "unanswered": pl.Float64(),
        "first_contacts": pl.UInt32(),
    }
)

QUIET_DAYS = 5
"""Fewer active days say nothing about rest."""

_LARGEST_OF_DAYS = ("reach_hour", "reach_minute", "texts_minute", "acts_hour", "minute_acts_hour")


Columns = dict[str, pl.Series | npt.NDArray[Any]]
"""Measured columns, with one entry for each account."""


@dataclass(frozen=True, slots=True)
class _Window:
    """Day rows by account and day, and the number of the account of each."""

    rows: pl.DataFrame
    account: Numbers
    accounts: pl.Series

    def numbers(self, column: str, field: str | None = None) -> Numbers:
        values = self.rows[column]
        return numbers(values if field is None else values.struct.field(field))

    def listed(self, column: str) -> tuple[Numbers, pl.Series]:
        """The place of its row for each entry of a list column, and the entries."""
        lists = self.rows[column]
        return np.repeat(np.arange(len(lists)), numbers(lists.list.len())), lists.explode(empty_as_null=False)


def measures(rows: pl.DataFrame) -> pl.DataFrame:
    """The numbers of each account over all the day rows given; schema ``MEASURES``, ordered by account.

    :param rows: schema ``activity.ACTIVITY``, in any order, at most one row for each account and day.
    """
    window = _window(rows)
    account, size = window.account, len(window.accounts)
    resolution = largest(numbers(window.rows["resolution"].cast(pl.Enum(RESOLUTIONS))), account, size)
    minutes_only = resolution == RESOLUTIONS.index("min")
    sends = window.numbers("sends")
    days = counts(account, size, sends > 0)
    found: Columns = {
        "account_id": window.accounts,
        "resolution": pl.Series(RESOLUTIONS).gather(resolution),
        "sends": totals(sends, account, size),
        "days": days,
        **{name: largest(window.numbers(name), account, size) for name in _LARGEST_OF_DAYS},
        **_chains(window, minutes_only),
        **_clock(window),
        **_replies(window),
        **_contents(window),
        "quiet": _only(days >= QUIET_DAYS, _quiet(window)),
        **_mode(window, minutes_only),
        "burst": _only(~minutes_only, _burst(window)),
        **_people(window),
    }
    return pl.DataFrame(found).select(pl.col(name).cast(dtype) for name, dtype in MEASURES.items())


def _window(rows: pl.DataFrame) -> _Window:
    accounts = rows["account_id"].unique().sort()
    account = numbers(rows["account_id"].cast(pl.Enum(accounts)))
    key = account << 32 | numbers(rows["day"])
    if (np.diff(key) < 0).any():  # to move lists is the dearest step of all
        order = np.argsort(key)
        rows, account = rows[order], account[order]
    return _Window(rows, account, accounts)


def _only(known: Flags, values: npt.NDArray[Any]) -> pl.Series:
    """The values as a column, null where they are not known."""
    return pl.Series(np.where(known, values, np.nan), nan_to_null=True)


def _share(part: Numbers, whole: Numbers) -> pl.Series:
    return _only(whole > 0, part / np.maximum(whole, 1))


def _days_with_sends(window: _Window) -> tuple[Numbers, Numbers, Numbers, Flags]:
    """Account, first and last send of each such day (ms), and whether it is the account's first."""
    active = window.numbers("sends") > 0
    account = window.account[active]
    return account, window.numbers("first_send")[active], window.numbers("last_send")[active], starts(account)


def _chains(window: _Window, minutes_only: Flags) -> Columns:
    row, entries = window.listed("open_chains")
    sends = entries.struct.unnest()
    at, who, known = (
        numbers(sends["at"]),
        ids(sends["counterpart"]),
        sends["counterpart"].is_not_null().to_numpy(),
    )
    # A chain ends with its day's part, unless the next day goes on with it.
    other = starts(window.account[row]) | (~starts(row) & starts(numbers(sends["part"])))
    across = summarise(window.account[row], chain_starts(at, who, known, other), at, who, known)
    row, entries = window.listed("chains")
    within = entries.struct.unnest().insert_column(0, pl.Series("owner", window.account[row]))
    both = pl.concat([within, across])
    both = both[np.argsort(numbers(both["owner"]), kind="stable")]
    return _largest_chains(both, minutes_only)


def _largest_chains(chains: pl.DataFrame, minutes_only: Flags) -> Columns:
    """Of each account the largest chain, and the size of the largest steady one. ``chains``: by account."""
    owner, people, size = numbers(chains["owner"]), numbers(chains["counterparts"]), len(minutes_only)
    weight = people << 32 | numbers(chains["sends"])
    most = chains.filter(pl.Series(weight == largest(weight, owner, size)[owner]))
    first = most.sort("owner", "start", "end").unique("owner", keep="first", maintain_order=True)
    chosen = pl.DataFrame({"owner": np.arange(size)}).join(
        first, on="owner", how="left", maintain_order="left"
    )
    steady = chains.select(_steady(pl.lit(pl.Series(minutes_only[owner])))).to_series().to_numpy()
    found = chosen.select(
        pl.col("counterparts").fill_null(0).alias("chain"),
        _spread("gap").alias("chain_spread"),
        pl.col("gap_median").alias("chain_gap"),
    ).to_dict()
    kept = steady & (people >= WORTH_KEEPING)
    return {**found, "steady_chain": largest(people[kept], owner[kept], size)}


def _spread(name: str) -> pl.Expr:
    median = pl.col(f"{name}_median")
    return pl.when(median > 0).then((pl.col(f"{name}_q3") - pl.col(f"{name}_q1")) / median)


def _steady(minutes_only: pl.Expr) -> pl.Expr:
    """Whether a chain goes at a machine's pace, at the resolution of its window.

    A median gap below a second is a multi-recipient function that stamps all at one instant. Minutes
    still show a steady rate, or long gaps.
    """
    in_seconds = (pl.col("gap_median") >= 1) & (_spread("gap") <= STEADY_SPREAD)
    rate = (pl.col("minutes") >= 3) & (pl.col("rate_median") >= 2) & (_spread("rate") <= STEADY_RATE_SPREAD)
    long_gaps = (pl.col("minute_gap_median") >= 120) & (_spread("minute_gap") <= STEADY_SPREAD)
    return pl.when(minutes_only).then(rate | long_gaps).otherwise(in_seconds).fill_null(False)


def _clock(window: _Window) -> Columns:
    account, first, last, new = _days_with_sends(window)
    begins = new | (first - np.roll(last, 1) >= BOUT_SILENCE_S * 1000)
    row, entries = window.listed("bouts")
    bouts = entries.struct.unnest()
    size = len(window.accounts)
    of = np.concatenate([account[begins], window.account[row]])
    minute = np.concatenate([first[begins] // MINUTE_MS % 60, numbers(bouts["bin"])])
    n = np.concatenate([np.ones(int(begins.sum()), dtype=np.int64), numbers(bouts["n"])])
    table = totals(n, of * 60 + minute, size * 60).reshape(-1, 60)
    each = table.sum(axis=1)
    return {
        "bouts": each,
        "clock_5": _only(each > 0, _against_uniform(table.reshape(-1, 12, 5).sum(axis=2))),
        "clock_1": _only(each > 0, _against_uniform(table)),
    }


def _against_uniform(table: Numbers) -> npt.NDArray[np.float64]:
    """-log10 of the chi-square p that each line's counts come from equally likely cells.

    By the log survival function, since p underflows. Where SciPy's own ends (p < 1e-308), by the first
    term of the continued fraction of the incomplete gamma function, whose error there is below 0.1.
    """
    from scipy.special import gammaincc, gammaln  # scipy.stats takes a second to import

    half = (table.shape[1] - 1) / 2
    expected = np.maximum(table.sum(axis=1, keepdims=True), 1) / table.shape[1]
    x = ((table - expected) ** 2 / expected).sum(axis=1) / 2
    with np.errstate(divide="ignore"):
        log_p = np.log(gammaincc(half, x))
    far = np.isinf(log_p)
    x = x[far]
    log_p[far] = half * np.log(x) - x - gammaln(half) - np.log(x + 1 - half)
    return np.asarray(-log_p / np.log(10), dtype=np.float64)


def _replies(window: _Window) -> Columns:
    size = len(window.accounts)
    at, last_at = window.numbers("first", "at"), np.roll(window.numbers("last", "at"), 1)
    first, last = window.rows["first"].struct, window.rows["last"].struct
    who, before = first.field("counterpart"), last.field("counterpart").shift()
    latency = at - last_at
    answers = (
        ~starts(window.account)
        & first.field("ours").to_numpy()
        & ~np.roll(last.field("ours").to_numpy(), 1)
        & (who == before).fill_null(False).to_numpy()
        & (latency <= REPLY_WITHIN_S * 1000)
    )
    same_across = answers & (at // MINUTE_MS == last_at // MINUTE_MS)
    row, within = window.listed("replies")
    of = np.concatenate([window.account[row], window.account[answers]])
    ordered = np.sort(of << 32 | np.concatenate([numbers(within), latency[answers]])) & 0xFFFFFFFF
    replies = counts(of, size)
    same = totals(window.numbers("replies_same_minute") + same_across, window.account, size)
    rank = np.ceil(replies * FASTEST - 1e-9).astype(np.int64) - 1
    place = np.cumsum(replies) - replies + np.maximum(rank, 0)
    some = replies > 0
    p90 = np.zeros(size)
    p90[some] = ordered[place[some]] / 1000
    owner = np.repeat(np.arange(size), replies)
    return {
        "replies": replies,
        "reply_p90": _only(some, p90),
        "instant_share": _share(counts(owner, size, ordered <= INSTANT_S * 1000), replies),
        "same_minute_share": _share(same, replies),
    }


def _contents(window: _Window) -> Columns:
    row, entries = window.listed("contents")
    lines = entries.struct.unnest()
    told = lines["content"].is_not_null()
    row, lines = row[told.to_numpy()], lines.filter(told)
    account = window.account[row]
    relatives = families(window.rows)
    if not relatives.is_empty():
        own = lines.select("content", account_id=window.accounts.gather(account))
        lines = lines.with_columns(in_families(own, relatives)["content"])
    text, who = ids(lines["content"]), ids(lines["counterpart"])
    order = by_identity(account, text)
    account, row, text, who = account[order], row[order], text[order], who[order]
    first = starts(account, text)
    group, owner, texts = np.cumsum(first) - 1, account[first], int(first.sum())
    n = totals(numbers(lines["n"])[order], group, texts)
    # Day rows of before hours were kept: each of their days is one hour.
    in_day = np.flatnonzero(starts(group, row))
    bits = numbers(lines["hours"])[order]
    of_day = np.bitwise_count(np.bitwise_or.reduceat(bits, in_day)) if len(bits) else bits
    hours = totals(np.maximum(of_day, 1), group[in_day], texts)
    by_person = by_identity(group, who)
    known = lines["counterpart"].is_not_null().to_numpy()[order][by_person]
    people = counts(group[by_person], texts, known & starts(group[by_person], who[by_person]))
    size = len(window.accounts)
    contents, all_hours = totals(n, owner, size), totals(hours, owner, size)
    return {
        "contents": contents,
        "repeat_share": _share(totals(np.where(n >= REPEATED, n, 0), owner, size), contents),
        "distinct_share": _share(counts(owner, size), contents),
        "recurring_share": _share(
            totals(np.where(hours >= RECURRING_HOURS, hours, 0), owner, size), all_hours
        ),
        "same_to_many": _only(contents > 0, largest(people, owner, size)),
    }


def _quiet(window: _Window) -> Numbers:
    """The longest circular run of empty hours of day."""
    by_day = numbers(window.listed("hours")[1]).reshape(-1, 24)
    table = np.add.reduceat(by_day, np.flatnonzero(starts(window.account))) if len(by_day) else by_day
    empty = table <= EMPTY_HOUR * table.sum(axis=1, keepdims=True)
    run = np.zeros(len(table), dtype=np.int64)
    longest = run.copy()
    for hour in range(48):
        run = np.where(empty[:, hour % 24], run + 1, 0)
        longest = np.maximum(longest, run)
    return np.minimum(longest, 24)


def _mode(window: _Window, minutes_only: Flags) -> Columns:
    account, first, last, new = _days_with_sends(window)
    size = len(window.accounts)
    gaps, mode = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for column, unit, chosen in (("gaps", 1, ~minutes_only), ("minute_gaps", MINUTE_MS, minutes_only)):
        across = (first // unit - np.roll(last, 1) // unit)[~new] * unit / 1000
        row, entries = window.listed(column)
        lines = entries.struct.unnest()
        bins = np.concatenate([gap_bins(across), numbers(lines["bin"])])
        n = np.concatenate([np.ones(len(across), dtype=np.int64), numbers(lines["n"])])
        of, width = np.concatenate([account[~new], window.account[row]]), int(bins.max(initial=1)) + 1
        table = totals(n, of * width + bins, size * width).reshape(-1, width)
        gaps = np.where(chosen, table.sum(axis=1), gaps)
        # The bin of no gap is no rhythm: a multi-recipient function stamps all at one instant, and in
        # minutes a lively chat stands there. It counts among the gaps, never as the fullest bin.
        mode = np.where(chosen, table[:, 1:].max(axis=1, initial=0), mode)
    return {"gaps": gaps, "mode": _share(mode, gaps)}


def _burst(window: _Window) -> Numbers:
    row, entries = window.listed("edge_sends")
    owner, size = window.account[row], len(window.accounts)
    across = largest(most_within(owner, numbers(entries)), owner, size)
    return np.maximum(largest(window.numbers("burst"), window.account, size), across)


def _people(window: _Window) -> Columns:
    row, entries = window.listed("people")
    lines = entries.struct.unnest()
    account, who = window.account[row], ids(lines["counterpart"])
    order = by_identity(account, who)
    first = starts(account[order], who[order])
    group, owner, people = np.cumsum(first) - 1, account[order][first], int(first.sum())

    def flags(name: str) -> Flags:
        return lines[name].to_numpy()[order]

    sent = counts(group, people, flags("sent")) > 0
    silent = sent & (counts(group, people, flags("heard")) == 0)
    size = len(window.accounts)
    return {
        "unanswered": _share(counts(owner, size, silent), counts(owner, size, sent)),
        "first_contacts": counts(owner, size, sent & flags("opened")[first]),
    }
