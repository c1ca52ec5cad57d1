"""A day row is made of its own day alone, and nothing is lost at midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.audit.streams import NOON, events, measured, sends

from sendepause.audit.activity import ACTIVITY, day_rows, short
from sendepause.audit.window import MEASURES, measures
from sendepause.frames import EVENTS

BERLIN = {"+491": "Europe/Berlin"}
HOUR_STEPS = ("UTC", "Asia/Tokyo", "America/Phoenix", "Pacific/Kiritimati")
"""Zones a whole number of hours from UTC that never set their clocks."""

SKETCHES = {"x": [1, 2], "y": [2, 3], "z": [4, 5], None: None}
"""Of contents that some events have and those of before have not: x and y are alike."""

ACROSS_MIDNIGHT = datetime(2019, 11, 20, 22, 40, tzinfo=UTC)


@st.composite
def streams(draw: st.DrawFn) -> pl.DataFrame:
    """Up to 60 events of two accounts around two midnights, with ties, replies, repeats and unknowns."""
    size = draw(st.integers(1, 60))
    gaps = st.sampled_from([0, 0, 1, 1, 2, 15, 40, 60, 299, 300, 600, 601, 3_600, 20_000])
    at, rows = ACROSS_MIDNIGHT, []
    resolution = draw(st.sampled_from(["ms", "s", "min"]))
    for index in range(size):
        at += timedelta(seconds=draw(gaps))
        moment = at.replace(second=0) if resolution == "min" else at
        content = draw(st.sampled_from(["x", "y", "z", None]))
        rows.append(
            {
                "event_id": draw(st.sampled_from([f"e{index}", f"f{index}"])),
                "account_id": draw(st.sampled_from(["+491", "+491", "+492"])),
                "sent_at": moment,
                "resolution": resolution,
                "position": draw(st.integers(0, 3)),
                "direction": draw(st.sampled_from(["out", "out", "in"])),
                "counterpart": draw(st.sampled_from(["a", "b", "c", "d", None])),
                "content": content,
                "sketch": draw(st.sampled_from([None, SKETCHES[content]])),
                "campaign_id": None,
                "source": "invented",
            }
        )
    return pl.DataFrame(rows, schema=EVENTS)


def test_the_schema_is_the_documented_one_with_and_without_events() -> None:
    assert day_rows(events([]), {}).schema == ACTIVITY
    rows = day_rows(events(sends(NOON, [1, 2])).lazy(), {})
    assert rows.schema == ACTIVITY
    assert measures(rows).schema == MEASURES
    assert measures(rows.clear()).schema == MEASURES


def test_day_rows_survive_parquet(tmp_path: Path) -> None:
    stream = events([(NOON, "in", "a", None), *sends(ACROSS_MIDNIGHT, [30] * 200, contents="x")])
    rows = day_rows(stream, BERLIN)
    rows.write_parquet(tmp_path / "activity.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "activity.parquet"), rows)


def test_a_day_is_the_accounts_own() -> None:
    stream = events(sends(datetime(2019, 11, 20, 22, 59, tzinfo=UTC), [120]))
    assert day_rows(stream, {})["day"].to_list() == [date(2019, 11, 20)]
    rows = day_rows(stream, BERLIN)
    assert rows["day"].to_list() == [date(2019, 11, 20), date(2019, 11, 21)]
    assert rows["zone"].to_list() == ["Europe/Berlin"] * 2
    assert [hours.index(1) for hours in rows["hours"].to_list()] == [23, 0]


def test_counts_resolution_and_ends() -> None:
    stream = events([(NOON, "in", "a", None), *sends(NOON + timedelta(seconds=5), [1])])
    stream = stream.with_columns(resolution=pl.Series(["ms", "min", "s"]))
    (row,) = day_rows(stream, {}).to_dicts()
    assert (row["sends"], row["received"], row["resolution"]) == (2, 1, "min")
    short_a = pl.DataFrame({"name": ["a"]}).select(short("name")).item()
    assert row["first"] == {"at": NOON, "ours": False, "counterpart": short_a}
    assert row["last_send"] == NOON + timedelta(seconds=6)


def test_a_day_without_sends_has_empty_lists_and_no_nulls_but_its_sends() -> None:
    (row,) = day_rows(events([(NOON, "in", "a", "x")]), {}).to_dicts()
    assert row["hours"] == [0] * 24
    assert row["chains"] == row["contents"] == row["replies"] == []
    assert {name for name, value in row.items() if value is None} == {"first_send", "last_send"}


def test_a_chain_that_nothing_can_continue_is_summed_up_and_an_open_one_is_kept() -> None:
    (noon,) = day_rows(events(sends(NOON, [10] * 11)), {}).to_dicts()
    assert noon["open_chains"] == []
    assert [chain["counterparts"] for chain in noon["chains"]] == [12]
    late = datetime(2019, 11, 20, 23, 45, tzinfo=UTC)
    (evening,) = day_rows(events(sends(late, [60] * 11)), {}).to_dicts()
    assert evening["chains"] == []
    assert len(evening["open_chains"]) == 12


def test_a_day_can_be_twenty_three_or_twenty_five_hours_long() -> None:
    autumn = datetime(2019, 10, 26, 22, 30, tzinfo=UTC)  # 00:30 of the 27th in Berlin, a day of 25 hours
    stream = events(sends(autumn, [3_600] * 23))
    rows = day_rows(stream, BERLIN)
    assert rows["day"].unique().to_list() == [date(2019, 10, 27)]
    assert sum(rows["hours"][0]) == 24
    assert rows["hours"][0][2] == 2  # the hour that came twice
    # The two are different clock hours: nobody reached two people in one hour.
    assert rows["reach_hour"].to_list() == [1]


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Europe/Berlin", datetime(2019, 3, 30, 23, 0, tzinfo=UTC)),
        ("America/Sao_Paulo", datetime(2018, 11, 4, 3, 0, tzinfo=UTC)),  # midnight itself was skipped
        ("America/Havana", datetime(2019, 11, 3, 4, 0, tzinfo=UTC)),  # midnight came twice
        ("Asia/Kathmandu", datetime(2019, 3, 30, 18, 15, tzinfo=UTC)),
    ],
)
def test_a_chain_crosses_midnight_also_where_clocks_are_set(zone: str, midnight: datetime) -> None:
    stream = events(sends(midnight - timedelta(minutes=15), [60] * 29))
    rows = day_rows(stream, {"+491": zone})
    assert len(rows) == 2
    line = measures(rows).to_dicts()[0]
    assert (line["chain"], line["steady_chain"], line["bouts"]) == (30, 30, 1)


def test_an_event_twice_counts_once_and_identical_messages_count_each() -> None:
    stream = events(sends(NOON, [1, 1], people="a", contents="x"))
    assert day_rows(pl.concat([stream, stream]), {}).equals(day_rows(stream, {}))
    without_ids = stream.with_columns(
        event_id=pl.lit(None, pl.String), sent_at=pl.lit(NOON).cast(pl.Datetime("ms", "UTC"))
    )
    assert day_rows(without_ids, {})["sends"].to_list() == [3]


def test_ties_keep_the_order_of_their_file() -> None:
    lines = [(NOON, "in", "a", None), (NOON, "out", "a", None), (NOON, "out", "b", None)]
    assert measured(events(lines))["replies"] == 1
    assert measured(events([lines[1], lines[0], lines[2]]))["replies"] == 0


@settings(max_examples=25, deadline=None)
@given(streams(), st.randoms(use_true_random=False))
def test_the_order_in_which_events_arrive_changes_nothing(stream: pl.DataFrame, random: object) -> None:
    shuffled = stream.sample(fraction=1, shuffle=True, seed=random.randint(0, 10**6))  # type: ignore[attr-defined]
    assert_frame_equal(day_rows(shuffled, {}), day_rows(stream, {}))


@settings(max_examples=20, deadline=None)
@given(streams())
def test_a_day_recomputed_alone_is_the_same_row(stream: pl.DataFrame) -> None:
    whole = day_rows(stream, BERLIN)
    zone = pl.when(pl.col("account_id") == "+491").then(pl.lit("Europe/Berlin")).otherwise(pl.lit("UTC"))
    local = [pl.col("sent_at").dt.convert_time_zone(name).dt.date() for name in ("Europe/Berlin", "UTC")]
    days = stream.with_columns(day=pl.when(zone == "Europe/Berlin").then(local[0]).otherwise(local[1]))
    parts = days.partition_by("account_id", "day", include_key=True)
    alone = pl.concat([day_rows(part.drop("day"), BERLIN) for part in parts])
    assert_frame_equal(alone.sort("account_id", "day"), whole)


@settings(max_examples=25, deadline=None)
@given(streams(), st.sampled_from(HOUR_STEPS))
def test_no_measure_depends_on_where_the_days_are_cut(stream: pl.DataFrame, zone: str) -> None:
    own_days = ["days", "quiet"]  # counted in local days
    there = measures(day_rows(stream, {"+491": zone, "+492": zone}))
    assert_frame_equal(there.drop(own_days), measures(day_rows(stream, {})).drop(own_days))


@settings(max_examples=15, deadline=None)
@given(streams())
def test_accounts_are_independent_so_any_buckets_give_the_same(stream: pl.DataFrame) -> None:
    buckets = pl.concat([day_rows(part, {}) for part in stream.partition_by("account_id")])
    assert_frame_equal(measures(buckets), measures(day_rows(stream, {})))
