"""The passes over sorted numbers give what the plain loops give."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendepause.audit.ordered import by_identity, histogram, largest, previous, quartiles, totals
from sendepause.audit.placing import offsets

# Identities that differ in their lowest bits alone do not fit into a sort key: they must still be told apart.
IDENTITIES = st.sampled_from([0, 1, 2, 3, 2**63, 2**63 + 1, 2**64 - 1])
ENTRIES = st.lists(st.tuples(st.sampled_from([0, 1, 2, 2**20, 2**40, 2**62]), IDENTITIES), max_size=40)


def _columns(entries: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    entries = sorted(entries, key=lambda entry: entry[0])  # owners ascend, as those of day rows do
    owner = np.array([owner for owner, _ in entries], dtype=np.int64)
    return owner, np.array([ident for _, ident in entries], dtype=np.uint64)


@given(ENTRIES)
def test_a_group_lies_together_in_its_order(entries: list[tuple[int, int]]) -> None:
    owner, ident = _columns(entries)
    keys = list(zip(owner.tolist(), ident.tolist(), range(len(owner)), strict=True))
    assert by_identity(owner, ident).tolist() == [place for *_, place in sorted(keys)]


@given(ENTRIES)
def test_the_one_before_is_the_last_of_the_same_owner_and_identity(entries: list[tuple[int, int]]) -> None:
    owner, ident = _columns(entries)
    seen, expected = dict[tuple[int, int], int](), []
    for place, key in enumerate(zip(owner.tolist(), ident.tolist(), strict=True)):
        expected.append(seen.get(key, -1))
        seen[key] = place
    assert previous(owner, ident).tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 600_000)), max_size=60))
def test_numbers_of_groups(entries: list[tuple[int, int]]) -> None:
    entries = sorted(entries, key=lambda entry: entry[0])
    group, values = np.array(entries, dtype=np.int64).reshape(-1, 2).T
    by_group = defaultdict(list)
    for number, value in entries:
        by_group[number].append(value)
    assert totals(values, group, 6).tolist() == [sum(by_group[number]) for number in range(6)]
    assert largest(values, group, 6).tolist() == [max(by_group[number], default=0) for number in range(6)]
    for column, q in zip(quartiles(group, values, 6), (25, 50, 75), strict=True):
        for number in range(6):
            found = column[number]
            if by_group[number]:
                assert found == pytest.approx(np.percentile(by_group[number], q))
            else:
                assert found is None
    counted = histogram(group, values % 7)
    assert counted["n"].sum() == len(entries)
    assert counted.rows() == sorted(counted.rows())


FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1905, 2100))


@given(
    st.lists(st.integers(FIRST, LAST), min_size=1, max_size=30),
    st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Monrovia", "UTC"]),
)
def test_local_time_is_the_zones_own_also_where_clocks_were_set(seconds: list[int], zone: str) -> None:
    account = np.arange(len(seconds)) % 2
    found = offsets(np.array(seconds) * 1000, account, pl.Series([zone, "UTC"]))
    for own, second, ahead in zip(account, seconds, found, strict=True):
        local = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo("UTC" if own else zone))
        assert timedelta(milliseconds=int(ahead)) == local.utcoffset()


def test_clocks_that_were_set_inside_a_quarter_of_an_hour() -> None:
    # Liberia gave up its 44 minutes and 30 seconds on 7 January 1972, at 00:44:30 in UTC.
    at = np.array(
        [datetime(1972, 1, 7, 0, 44, s, tzinfo=UTC).timestamp() * 1000 for s in (29, 30)], dtype=np.int64
    )
    found = offsets(at, np.zeros(2, dtype=np.int64), pl.Series(["Africa/Monrovia"]))
    assert found.tolist() == [-2_670_000, 0]
