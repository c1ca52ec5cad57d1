"""Chains: runs of sends in which each goes to another counterpart than the one before.

A chain is what is left of a list of recipients that somebody or something works through. The same code
finds them inside a day and, over the open ends of days, across midnight.
"""

from __future__ import annotations

import polars as pl

LONGEST_GAP_S = 600
"""A longer pause ends the chain."""

WORTH_KEEPING = 10
"""Chains with at least this many distinct counterparts are all kept; of smaller ones the largest of a day."""

LARGEST_FIRST = ("counterparts", "sends", "start", "end")
"""Of chains with equally many counterparts the one with more sends is larger, then the earlier one.

Chains that agree in all four stamp everything at one instant and are alike.
"""

CHAIN = pl.Struct(
    {
        "start": pl.Datetime("ms", "UTC"),
        "end": pl.Datetime("ms", "UTC"),
        "sends": pl.UInt32(),
        "counterparts": pl.UInt32(),  # distinct
        "gap_q1": pl.Float64(),  # quartiles of the gaps inside the chain, seconds; null for a single send
        "gap_median": pl.Float64(),
        "gap_q3": pl.Float64(),
        "minute_gap_q1": pl.Float64(),  # the same of times cut to whole minutes
        "minute_gap_median": pl.Float64(),
        "minute_gap_q3": pl.Float64(),
        "minutes": pl.UInt32(),  # whole clock minutes strictly inside the chain
        "rate_q1": pl.Float64(),  # quartiles of the sends in each of those minutes
        "rate_median": pl.Float64(),
        "rate_q3": pl.Float64(),
    }
)


def _quartiles(column: str, name: str) -> list[pl.Expr]:
    return [
        pl.col(column).quantile(q, interpolation="linear").alias(f"{name}_{label}")
        for label, q in (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
    ]


def breaks_chain(*, also: pl.Expr) -> pl.Expr:
    """True where a send, in order, does not continue the chain of the send above it.

    Reads ``sent_at`` and ``counterpart``; ``also`` names further reasons, such as another account.
    An unknown counterpart is not another one, so it continues nothing.
    """
    far = pl.col("sent_at").diff() > pl.duration(seconds=LONGEST_GAP_S)
    other = pl.col("counterpart") != pl.col("counterpart").shift()
    return (also | far | ~other).fill_null(True)


def summarise(sends: pl.DataFrame, owner: str) -> pl.DataFrame:
    """The chains of each owner that are worth keeping: all large ones, and the largest in any case.

    :param sends: ordered; columns ``owner``, ``chain`` (the chain's number), ``sent_at``, ``counterpart``.
    :returns: ``owner`` and the fields of ``CHAIN``, ordered by owner and start.
    """
    key = [owner, "chain"]
    sizes = (
        sends.group_by(key)
        .agg(
            pl.col("sent_at").min().alias("start"),
            pl.col("sent_at").max().alias("end"),
            pl.len().cast(pl.UInt32).alias("sends"),
            pl.col("counterpart").drop_nulls().n_unique().cast(pl.UInt32).alias("counterparts"),
        )
        .sort(owner, *LARGEST_FIRST, descending=[False, True, True, False, False])
        .filter((pl.col("counterparts") >= WORTH_KEEPING) | pl.col(owner).is_first_distinct())
    )
    kept = sends.join(sizes.select(key), on=key, how="semi", maintain_order="left")
    return (
        sizes.join(_gap_quartiles(kept, key), on=key, how="left")
        .join(_rate_quartiles(kept, key), on=key, how="left")
        .with_columns(pl.col("minutes").fill_null(0))
        .select(owner, *(pl.col(field.name).cast(field.dtype) for field in CHAIN.fields))
        .sort(owner, "start")
    )


def _gap_quartiles(kept: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    same = pl.col("chain") == pl.col("chain").shift()
    minute = pl.col("sent_at").dt.truncate("1m")
    gaps = kept.select(
        *key,
        pl.when(same).then(pl.col("sent_at").diff().dt.total_milliseconds() / 1000).alias("gap"),
        pl.when(same).then(minute.diff().dt.total_seconds()).alias("minute_gap"),
    )
    return gaps.group_by(key).agg(*_quartiles("gap", "gap"), *_quartiles("minute_gap", "minute_gap"))


def _rate_quartiles(kept: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Sends in each whole minute inside a chain, empty minutes too, without its first and its last minute."""
    counted = kept.group_by(*key, pl.col("sent_at").dt.epoch("s").floordiv(60).alias("minute")).len()
    inner = (
        counted.group_by(key)
        .agg(pl.int_range(pl.col("minute").min() + 1, pl.col("minute").max()).alias("minute"))
        .explode("minute", empty_as_null=False)
    )
    return (
        inner.join(counted, on=[*key, "minute"], how="left")
        .with_columns(pl.col("len").fill_null(0))
        .group_by(key)
        .agg(pl.len().alias("minutes"), *_quartiles("len", "rate"))
    )
