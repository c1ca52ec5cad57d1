"""Chains: runs of sends in which each goes to another counterpart than the one before.

A chain is what is left of a list of recipients that somebody or something works through. The same code
finds them inside a day and, over the open ends of days, across midnight.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from sendepause.audit.ordered import (
    Flags,
    Ids,
    Numbers,
    by_identity,
    counts,
    ends,
    largest,
    quartiles,
    starts,
)
from sendepause.audit.placing import MINUTE_MS

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

_QUARTILES = ("q1", "median", "q3")


def chain_starts(at: Numbers, counterpart: Ids, known: Flags, also: Flags) -> Flags:
    """True where a send, in order, does not continue the chain of the send above it.

    :param at: ms. :param known: whether the counterpart is; an unknown one is not another one, so it
        continues nothing. :param also: further reasons, such as another account.
    """
    first = also.copy()
    if len(first):
        first[0] = True
        other = (counterpart[1:] != counterpart[:-1]) & known[1:] & known[:-1]
        first[1:] |= (np.diff(at) > LONGEST_GAP_S * 1000) | ~other
    return first


def summarise(owner: Numbers, first: Flags, at: Numbers, counterpart: Ids, known: Flags) -> pl.DataFrame:
    """The chains of each owner that are worth keeping: all large ones, and the largest in any case.

    All arguments are columns of sends in order, ``first`` from ``chain_starts``; owners ascend.

    :returns: ``owner`` and the fields of ``CHAIN``, ordered by owner and start.
    """
    begin = np.flatnonzero(first)
    sends = np.diff(np.append(begin, len(at)))
    chain = np.repeat(np.arange(len(begin)), sends)
    # One send has one counterpart, two have two: only longer chains can come back to somebody.
    people = np.where(sends == 1, known[begin], np.minimum(sends, 2)).astype(np.int64)
    longer = np.flatnonzero(sends > 2)
    inside = (sends > 2)[chain]
    order = by_identity(chain[inside], counterpart[inside])
    distinct = starts(chain[inside][order], counterpart[inside][order])
    people[longer] = counts(chain[inside][order][distinct], len(begin))[longer]
    kept = np.flatnonzero((people >= WORTH_KEEPING) | _largest(owner[begin], people, sends))
    which = np.full(len(begin), -1, dtype=np.int64)
    which[kept] = np.arange(len(kept))
    inside = (which >= 0)[chain]
    moments = [at[begin[kept]], at[begin[kept] + sends[kept] - 1]]
    return pl.DataFrame(
        {
            "owner": owner[begin[kept]],
            "start": moments[0],
            "end": moments[1],
            "sends": sends[kept],
            "counterparts": people[kept],
            **_pace(which[chain[inside]], at[inside], len(kept)),
        }
    ).select("owner", *(pl.col(field.name).cast(field.dtype) for field in CHAIN.fields))


def _largest(owner: Numbers, people: Numbers, sends: Numbers) -> Flags:
    """True for the first of the largest chains of each owner; chains are in the order of time."""
    group = np.cumsum(starts(owner)) - 1
    size = people << 32 | sends
    most = size == largest(size, group, len(group))[group]
    is_first = np.zeros(len(group), dtype=bool)
    places = np.flatnonzero(most)
    is_first[places[starts(group[places])]] = True
    return is_first


def _pace(chain: Numbers, at: Numbers, chains: int) -> dict[str, pl.Series]:
    """Quartiles of the gaps of each chain, in seconds and of whole minutes, and of its sends a minute."""
    minute = at // MINUTE_MS
    later = ~starts(chain)
    of, gap, minute_gap = chain[later], np.diff(at, prepend=0)[later], np.diff(minute, prepend=0)[later]
    inner, rate_of, rate = _rates(chain, minute, chains)
    found = {
        f"{name}_{label}": value / unit
        for name, group, values, unit in (
            ("gap", of, gap, 1000),
            ("minute_gap", of, minute_gap, 1 / 60),
            ("rate", rate_of, rate, 1),
        )
        for label, value in zip(_QUARTILES, quartiles(group, values, chains), strict=True)
    }
    return {**found, "minutes": pl.Series(inner)}


def _rates(chain: Numbers, minute: Numbers, chains: int) -> tuple[Numbers, Numbers, Numbers]:
    """Sends in each whole minute inside a chain, empty minutes too, without its first and its last minute:
    how many such minutes each chain has, and for each of them its chain and its sends."""
    begin, end = np.flatnonzero(starts(chain)), np.flatnonzero(ends(starts(chain)))
    inner = np.maximum(minute[end] - minute[begin] - 1, 0)
    offset = np.cumsum(inner) - inner
    since = minute - minute[begin][chain] - 1
    inside = (since >= 0) & (since < inner[chain])
    place = (offset[chain] + since)[inside]
    return inner, np.repeat(np.arange(chains), inner), counts(place, int(inner.sum()))
