"""Counting in ordered columns of whole numbers, in few passes: what day rows and windows are made with."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.int64]
Ids = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

_ENOUGH = 12  # bits of an identity in a sort key: what they mistake is seen, and sorted again


def numbers(column: pl.Series) -> Numbers:
    """A column of whole numbers or times; null becomes 0."""
    return column.to_physical().fill_null(0).cast(pl.Int64).to_numpy()


def ids(column: pl.Series) -> Ids:
    """A column of ``activity.ID``; null becomes 0."""
    return column.fill_null(0).to_numpy()


def starts(*columns: npt.NDArray[Any]) -> Flags:
    """True where an entry differs from the one before it in any of the columns; also for the first."""
    first = np.ones(len(columns[0]), dtype=bool)
    if len(first):
        np.any([column[1:] != column[:-1] for column in columns], axis=0, out=first[1:])
    return first


def ends(first: Flags) -> Flags:
    """Of ``starts``: true for the last entry before each next one, and for the last of all."""
    return np.append(first[1:], True)[: len(first)]


def by_identity(owner: Numbers, ident: Ids) -> Numbers:
    """The places of all entries by owner (from 0 on), identity and place: a group lies together, in order."""
    place_bits, owner_bits = len(owner).bit_length(), int(owner.max(initial=0)).bit_length() or 1
    if 64 - owner_bits - place_bits >= _ENOUGH:
        # One sort of numbers that hold all three is several times as fast as sorting places by them.
        key = owner.astype(np.uint64) << np.uint64(64 - owner_bits)
        key |= ident >> np.uint64(owner_bits + place_bits) << np.uint64(place_bits)
        key |= np.arange(len(owner), dtype=np.uint64)
        key.sort()
        order = (key & np.uint64((1 << place_bits) - 1)).astype(np.int64)
        key >>= np.uint64(place_bits)
        found = ident[order]
        if not ((key[1:] == key[:-1]) & (found[1:] != found[:-1])).any():
            return order
    return np.lexsort((ident, owner))


def previous(owner: Numbers, ident: Ids) -> Numbers:
    """For each entry the place of the one before it with its owner and identity; -1 where there is none."""
    order = by_identity(owner, ident)
    former = np.full(len(order), -1, dtype=np.int64)
    again = ~starts(owner[order], ident[order])
    former[order[again]] = order[:-1][again[1:]]
    return former


def counts(group: Numbers, groups: int, flags: Flags | None = None) -> Numbers:
    """How many entries, or how many flags that are set, each group has."""
    return np.bincount(group if flags is None else group[flags], minlength=groups)


def totals(values: Numbers, group: Numbers, groups: int) -> Numbers:
    """The sum of each group's values."""
    return np.bincount(group, weights=values, minlength=groups).astype(np.int64)


def largest(values: Numbers, group: Numbers, groups: int) -> Numbers:
    """The largest value of each group, 0 where it has none; groups ascend."""
    found = np.zeros(groups, dtype=np.int64)
    if len(values):
        begin = np.flatnonzero(starts(group))
        found[group[begin]] = np.maximum.reduceat(values, begin)
    return found


def quartiles(group: Numbers, values: Numbers, groups: int) -> list[pl.Series]:
    """The quartiles of each group's values (0 to 2**32), between neighbours linear; null without a value."""
    ordered = np.sort(group << 32 | values) & 0xFFFFFFFF
    size = counts(group, groups)
    first = np.cumsum(size) - size
    found = []
    for q in (0.25, 0.5, 0.75):
        at = q * np.maximum(size - 1, 0)
        below = at.astype(np.int64)
        low, high = (
            ordered[np.minimum(first + np.minimum(step, size - 1), len(ordered) - 1)] if len(ordered) else at
            for step in (below, below + 1)
        )
        value = low + (high - low) * (at - below)
        found.append(pl.Series(np.where(size > 0, value, np.nan), nan_to_null=True))
    return found


def histogram(owner: Numbers, bins: Numbers) -> pl.DataFrame:
    """``owner``, ``bin`` (below 65,536), ``n``: the bins that are not empty, by owner and bin."""
    key, n = np.unique(owner << 16 | bins, return_counts=True)
    return pl.DataFrame({"owner": key >> 16, "bin": key & 0xFFFF, "n": n})
