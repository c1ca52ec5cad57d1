"""From the day rows of a window to the measured numbers of each account, exactly as from the events.

What crosses midnight is resolved here: the gap, the bout, the reply, the burst and the chain between the
last event of one day and the first of the next. The first send of the window has no gap before it and
starts a bout.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import polars as pl

from sendepause.audit.activity import (
    BOUT_SILENCE_S,
    REPLY_WITHIN_S,
    RESOLUTIONS,
    gap_bin,
    most_within,
)
from sendepause.audit.chains import CHAIN, LARGEST_FIRST, WORTH_KEEPING, chain_starts, summarise
from sendepause.audit.ordered import ids, numbers, starts

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


def measures(rows: pl.DataFrame) -> pl.DataFrame:
    """The numbers of each account over all the day rows given; schema ``MEASURES``, ordered by account.

    :param rows: schema ``activity.ACTIVITY``, in any order, at most one row for each account and day.
    """
    ordered = rows.sort("account_id", "day")
    result = ordered.group_by("account_id", maintain_order=True).agg(
        pl.col("resolution").cast(pl.Enum(RESOLUTIONS)).max().cast(pl.String),
        pl.col("sends").sum(),
        (pl.col("sends") > 0).sum().alias("days"),
        pl.col("reach_hour", "reach_minute", "texts_minute", "acts_hour", "minute_acts_hour").max(),
    )
    minutes = result.select("account_id", minutes_only=pl.col("resolution") == "min")
    for part in (
        _chains(ordered, minutes),
        _clock(ordered),
        _replies(ordered),
        _contents(ordered),
        _quiet(ordered),
        _mode(ordered, minutes),
        _burst(ordered),
        _people(ordered),
    ):
        result = result.join(part, on="account_id", how="left", maintain_order="left")
    counts = ("chain", "steady_chain", "bouts", "replies", "contents", "gaps", "first_contacts")
    return result.with_columns(
        pl.col(counts).fill_null(0),
        pl.when(pl.col("resolution") != "min").then("burst"),
        pl.when(pl.col("days") >= QUIET_DAYS).then("quiet"),
    ).select(pl.col(name).cast(dtype) for name, dtype in MEASURES.items())


def _exploded(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """One line for each struct in a list column, its fields as columns, accounts and days in order."""
    lines = rows.select("account_id", "day", column).filter(pl.col(column).list.len() > 0)
    return lines.explode(column).unnest(column)


def _days_with_sends(rows: pl.DataFrame) -> pl.DataFrame:
    """Days with sends, in order, and the gap in seconds before the first send of each; null for the first."""
    days = rows.filter(pl.col("sends") > 0).select("account_id", "first_send", "last_send")
    gap = pl.col("first_send") - pl.col("last_send").shift().over("account_id")
    minute_gap = pl.col("first_send").dt.truncate("1m") - pl.col("last_send").dt.truncate("1m").shift().over(
        "account_id"
    )
    return days.with_columns(
        gap=gap.dt.total_milliseconds() / 1000, minute_gap=minute_gap.dt.total_seconds().cast(pl.Float64)
    )


def _chains(rows: pl.DataFrame, minutes: pl.DataFrame) -> pl.DataFrame:
    sends = _exploded(rows, "open_chains")
    account, day, part = (
        numbers(sends.select(pl.col(name).rle_id()).to_series()) for name in ("account_id", "day", "part")
    )
    at, who = numbers(sends["at"]), ids(sends["counterpart"])
    known = sends["counterpart"].is_not_null().to_numpy()
    # A chain ends with its day's part, unless the next day goes on with it.
    other = starts(account) | (~starts(account, day) & starts(part))
    across = summarise(account, chain_starts(at, who, known, other), at, who, known)
    of = sends["account_id"].unique(maintain_order=True)
    fields = [field.name for field in CHAIN.fields]
    all_chains = pl.concat(
        [
            _exploded(rows, "chains").select("account_id", *fields),
            across.select(pl.lit(of).gather(pl.col("owner")).alias("account_id"), *fields),
        ]
    )
    by_size = all_chains.join(minutes, on="account_id", how="left").sort(
        "account_id", *LARGEST_FIRST, descending=[False, True, True, False, False]
    )
    spread = _spread("gap").alias("chain_spread")
    return by_size.group_by("account_id", maintain_order=True).agg(
        pl.col("counterparts").first().alias("chain"),
        spread.first(),
        pl.col("gap_median").first().alias("chain_gap"),
        pl.when(_steady() & (pl.col("counterparts") >= WORTH_KEEPING))
        .then("counterparts")
        .max()
        .fill_null(0)
        .alias("steady_chain"),
    )


def _spread(name: str) -> pl.Expr:
    median = pl.col(f"{name}_median")
    return pl.when(median > 0).then((pl.col(f"{name}_q3") - pl.col(f"{name}_q1")) / median)


def _steady() -> pl.Expr:
    """Whether a chain goes at a machine's pace, at the resolution of its window.

    A median gap below a second is a multi-recipient function that stamps all at one instant. Minutes
    still show a steady rate, or long gaps.
    """
    in_seconds = (pl.col("gap_median") >= 1) & (_spread("gap") <= STEADY_SPREAD)
    rate = (pl.col("minutes") >= 3) & (pl.col("rate_median") >= 2) & (_spread("rate") <= STEADY_RATE_SPREAD)
    long_gaps = (pl.col("minute_gap_median") >= 120) & (_spread("minute_gap") <= STEADY_SPREAD)
    return pl.when("minutes_only").then(rate | long_gaps).otherwise(in_seconds).fill_null(False)


def _clock(rows: pl.DataFrame) -> pl.DataFrame:
    starts = _days_with_sends(rows).filter(pl.col("gap").is_null() | (pl.col("gap") >= BOUT_SILENCE_S))
    firsts = starts.select(
        "account_id", bin=pl.col("first_send").dt.minute().cast(pl.UInt16), n=pl.lit(1, pl.UInt32)
    )
    later = _exploded(rows, "bouts").select("account_id", "bin", "n")
    accounts, table = _table(pl.concat([firsts, later]), 60)
    return accounts.with_columns(
        bouts=pl.Series(table.sum(axis=1), dtype=pl.UInt32),
        clock_5=pl.Series(_against_uniform(table.reshape(-1, 12, 5).sum(axis=2)), dtype=pl.Float64),
        clock_1=pl.Series(_against_uniform(table), dtype=pl.Float64),
    )


def _table(counts: pl.DataFrame, bins: int) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
    """The accounts, and a matrix accounts x bins, from lines of ``account_id``, ``bin``, ``n``."""
    accounts = counts.select(pl.col("account_id").unique().sort()).with_row_index("line")
    lines = counts.join(accounts, on="account_id")
    table = np.zeros((len(accounts), bins), dtype=np.int64)
    np.add.at(table, (lines["line"].to_numpy(), lines["bin"].to_numpy()), lines["n"].to_numpy())
    return accounts.drop("line"), table


def _against_uniform(table: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """-log10 of the chi-square p that each line's counts come from equally likely cells.

    By the log survival function, since p underflows. Where SciPy's own ends (p < 1e-308), by the first
    term of the continued fraction of the incomplete gamma function, whose error there is below 0.1.
    """
    from scipy.stats import chi2  # a second to import, and whoever only answers a press has three

    freedom = table.shape[1] - 1
    expected = table.sum(axis=1, keepdims=True) / table.shape[1]
    statistic = ((table - expected) ** 2 / expected).sum(axis=1)
    with np.errstate(divide="ignore"):
        log_p = chi2.logsf(statistic, freedom)
    far = np.isinf(log_p)
    x = statistic[far]
    log_p[far] = chi2.logpdf(x, freedom) + np.log(2 * x / (x + 2 - freedom))
    return np.asarray(-log_p / math.log(10), dtype=np.float64)


def _replies(rows: pl.DataFrame) -> pl.DataFrame:
    first, last = pl.col("first").struct, pl.col("last").struct.field

    def before(name: str) -> pl.Expr:
        return last(name).shift().over("account_id")

    latency = (first.field("at") - before("at")).dt.total_milliseconds()
    answers = (
        first.field("ours")
        & ~before("ours")
        & (first.field("counterpart") == before("counterpart"))
        & (latency <= REPLY_WITHIN_S * 1000)
    )
    minute = first.field("at").dt.truncate("1m") == last("at").dt.truncate("1m").shift().over("account_id")
    across = rows.select("account_id", latency=latency, answers=answers, same=minute).filter("answers")
    within = rows.select("account_id", "replies").filter(pl.col("replies").list.len() > 0).explode("replies")
    latencies = pl.concat(
        [
            within.select("account_id", latency=pl.col("replies").cast(pl.Int64)),
            across.select("account_id", "latency"),
        ]
    )
    same = pl.concat(
        [
            rows.select("account_id", same=pl.col("replies_same_minute").cast(pl.Int64)),
            across.select("account_id", same=pl.col("same").cast(pl.Int64)),
        ]
    )
    rank = (pl.len() * FASTEST - 1e-9).ceil().cast(pl.Int64) - 1
    return (
        latencies.group_by("account_id")
        .agg(
            replies=pl.len(),
            reply_p90=pl.col("latency").sort().get(rank) / 1000,
            instant_share=(pl.col("latency") <= INSTANT_S * 1000).mean(),
        )
        .join(same.group_by("account_id").agg(pl.col("same").sum()), on="account_id")
        .with_columns(same_minute_share=pl.col("same") / pl.col("replies"))
        .drop("same")
    )


def _contents(rows: pl.DataFrame) -> pl.DataFrame:
    known = _exploded(rows, "contents").drop_nulls("content")
    # Day rows of before hours were kept: each of their days is one hour.
    in_day = known.group_by("account_id", "content", "day").agg(
        hours=pl.col("hours").bitwise_or().bitwise_count_ones().cast(pl.Int64).fill_null(1)
    )
    hours = in_day.group_by("account_id", "content").agg(pl.col("hours").sum())
    each = known.group_by("account_id", "content").agg(
        n=pl.col("n").sum().cast(pl.Int64), people=pl.col("counterpart").drop_nulls().n_unique()
    )
    total = pl.col("n").sum()
    again = pl.col("hours").filter(pl.col("hours") >= RECURRING_HOURS).sum()
    return (
        each.join(hours, on=["account_id", "content"])
        .group_by("account_id")
        .agg(
            contents=total,
            repeat_share=pl.col("n").filter(pl.col("n") >= REPEATED).sum() / total,
            distinct_share=pl.len() / total,
            recurring_share=again / pl.col("hours").sum(),
            same_to_many=pl.col("people").max(),
        )
    )


def _quiet(rows: pl.DataFrame) -> pl.DataFrame:
    """The longest circular run of empty hours of day."""
    hours = rows.select("account_id", n="hours").explode("n")
    bins = (pl.int_range(pl.len()) % 24).alias("bin")
    accounts, table = _table(hours.with_columns(bins), 24)
    empty = table <= EMPTY_HOUR * table.sum(axis=1, keepdims=True)
    run = np.zeros(len(table), dtype=np.int64)
    longest = run.copy()
    for hour in range(48):
        run = np.where(empty[:, hour % 24], run + 1, 0)
        longest = np.maximum(longest, run)
    return accounts.with_columns(quiet=pl.Series(np.minimum(longest, 24), dtype=pl.UInt32))


def _mode(rows: pl.DataFrame, minutes: pl.DataFrame) -> pl.DataFrame:
    days = _days_with_sends(rows)
    parts = []
    for column, gap, coarse in (("gaps", "gap", False), ("minute_gaps", "minute_gap", True)):
        across = days.drop_nulls(gap).select("account_id", bin=gap_bin(pl.col(gap)), n=pl.lit(1, pl.UInt32))
        both = pl.concat([across, _exploded(rows, column).select("account_id", "bin", "n")])
        parts.append(both.join(minutes.filter(pl.col("minutes_only") == coarse), on="account_id", how="semi"))
    each = pl.concat(parts).group_by("account_id", "bin").agg(n=pl.col("n").sum())
    # The bin of no gap is no rhythm: a multi-recipient function stamps all at one instant, and in minutes
    # a lively chat stands there. It counts among the gaps, never as the fullest bin.
    telling = pl.col("n").filter(pl.col("bin") > 0)
    return each.group_by("account_id").agg(
        gaps=pl.col("n").sum(), mode=telling.max().fill_null(0) / pl.col("n").sum()
    )


def _burst(rows: pl.DataFrame) -> pl.DataFrame:
    edges = (
        rows.select("account_id", sent_at="edge_sends")
        .filter(pl.col("sent_at").list.len() > 0)
        .explode("sent_at")
    )
    owner = numbers(edges.select(pl.col("account_id").rle_id()).to_series())
    across = edges.select("account_id", burst=pl.Series(most_within(owner, numbers(edges["sent_at"]))))
    within = rows.select("account_id", pl.col("burst").cast(pl.Int64))
    return pl.concat([within, across]).group_by("account_id").agg(pl.col("burst").max())


def _people(rows: pl.DataFrame) -> pl.DataFrame:
    each = (
        _exploded(rows, "people")
        .group_by("account_id", "counterpart", maintain_order=True)
        .agg(pl.col("sent", "heard").any(), pl.col("opened").first())
        .filter("sent")
    )
    return each.group_by("account_id").agg(
        unanswered=pl.col("heard").not_().mean(), first_contacts=pl.col("opened").sum()
    )
