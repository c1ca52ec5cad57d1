"""Findings are the same whatever way the events came and whoever judged them: files, their order, late
files, buckets, workers."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.audit.streams import events as stream_of
from tests.audit.streams import sends
from tests.audit.test_activity import ACROSS_MIDNIGHT, BERLIN, streams

from sendepause import events
from sendepause.audit import activity, sharing, verdict
from sendepause.audit.activity import day_rows
from sendepause.model import Finding

AS_OF = datetime(2019, 12, 1, tzinfo=UTC)
WEEKS = (date(2019, 11, 1), date(2019, 12, 31))


def _with_machines(stream: pl.DataFrame) -> pl.DataFrame:
    """The stream's accounts, each under three names, and two numbers that work through one list at night."""
    copies = [stream.with_columns(account_id=pl.col("account_id") + suffix) for suffix in ("", "3", "4")]
    lists = [
        stream_of(sends(ACROSS_MIDNIGHT, [31] * 40, people=f"{name}{{}}", contents="x"), account=name)
        for name in ("+495", "+496")
    ]
    ids = pl.int_range(pl.len()).cast(pl.String).alias("event_id")
    return pl.concat([*copies, *lists]).with_columns(ids)


def _judged(rows: pl.DataFrame) -> list[Finding]:
    return verdict.judge(rows, AS_OF, fresh_days=30)


@settings(max_examples=12, deadline=None)
@given(streams(), st.data())
def test_files_their_order_and_late_ones_change_nothing(stream: pl.DataFrame, data: st.DataObject) -> None:
    stream = _with_machines(stream)
    whole = day_rows(stream, BERLIN)
    count = data.draw(st.integers(1, 4))
    which = pl.Series(
        data.draw(st.lists(st.integers(0, count - 1), min_size=len(stream), max_size=len(stream)))
    )
    files = [stream.filter(which == number) for number in range(count)]
    with tempfile.TemporaryDirectory() as base:
        for file in data.draw(st.permutations(files)):
            # Every file after the first is late: it makes the rows of its days anew, and no others.
            events.refresh_activity(base, events.merge(base, file), BERLIN)
        rows = events.activity(base, *WEEKS)
        assert_frame_equal(rows, whole)
        assert _judged(rows) == _judged(whole)


@settings(max_examples=12, deadline=None)
@given(streams(), st.data())
def test_any_share_of_the_accounts_is_judged_alone(stream: pl.DataFrame, data: st.DataObject) -> None:
    rows = day_rows(_with_machines(stream), BERLIN)
    names = rows["account_id"].unique().sort().to_list()
    shares = data.draw(st.lists(st.integers(0, 3), min_size=len(names), max_size=len(names)))
    parts = [
        rows.filter(
            pl.col("account_id").is_in([name for name, own in zip(names, shares, strict=True) if own == n])
        )
        for n in data.draw(st.permutations(range(4)))
    ]
    window = [verdict.in_window(part, AS_OF, 28) for part in parts]
    shared = sharing.shared([sharing.traces(part) for part in window])
    alone = [
        finding for part in parts for finding in verdict.judge(part, AS_OF, fresh_days=30, shared=shared)
    ]
    assert sorted(alone, key=lambda finding: finding.account) == _judged(rows)


@settings(max_examples=12, deadline=None)
@given(streams(), st.integers(1, 40))
def test_however_many_events_are_counted_at_once(stream: pl.DataFrame, at_once: int) -> None:
    stream = _with_machines(stream)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(activity, "_AT_ONCE", at_once)
        parts = day_rows(stream, BERLIN)
    assert_frame_equal(parts, day_rows(stream, BERLIN))


@settings(max_examples=12, deadline=None)
@given(streams())
def test_a_verdict_does_not_depend_on_the_order_of_day_rows(stream: pl.DataFrame) -> None:
    rows = day_rows(_with_machines(stream), BERLIN)
    assert _judged(rows.reverse()) == _judged(rows)
    assert _judged(rows.sort("day", maintain_order=True)) == _judged(rows)


def test_the_list_across_midnight_is_seen_in_every_way() -> None:
    stream = _with_machines(stream_of(sends(ACROSS_MIDNIGHT, [60] * 3)))
    verdicts = {finding.account: finding.verdict for finding in _judged(day_rows(stream, {}))}
    assert verdicts["+495"] == verdicts["+496"] == "automated"
