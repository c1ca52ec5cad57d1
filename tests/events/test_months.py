"""Months that are over lie in one file, and nobody who asks for events sees the difference."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.events.conftest import BERLIN, LISBON, NOON, event, frame

from sendepause import events
from sendepause.events import merging
from sendepause.events.blocks import Block, blocks

OVER = date(2019, 12, 6)
ZONES = {BERLIN: "Europe/Berlin", LISBON: "Europe/Lisbon"}
MONTH = Block.of_month(NOON.date(), events.bucket_of(BERLIN))


def days_of(base: Path) -> list[str]:
    return sorted({block.folder for block in blocks(base, "events")})


def of_day(number: int) -> dict[str, object]:
    return event(number, sent_at=NOON + timedelta(days=number))


def test_a_month_that_is_over_lies_in_one_file(base: Path) -> None:
    given_ = frame(*map(of_day, range(40)))
    events.merge(base, given_, settled=OVER)
    assert days_of(base) == [*(f"day=2019-12-{day:02}" for day in range(1, 12)), "month=2019-11"]
    assert_frame_equal(events.scan(base).collect().sort(events.ORDER), given_.sort(events.ORDER))


def test_the_running_month_and_one_just_over_lie_by_days(base: Path) -> None:
    events.merge(base, frame(of_day(1), of_day(2)), settled=date(2019, 11, 30))
    assert days_of(base) == ["day=2019-11-03", "day=2019-11-04"]


def test_a_busy_month_lies_by_days(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "_BUSY", 2)
    busy, quiet = [of_day(day) for day in range(3)], event(9, account_id=LISBON)
    events.merge(base, frame(*busy, quiet), settled=OVER)
    found = {block.folder for block in blocks(base, "events") if block.bucket == MONTH.bucket}
    assert found == {"day=2019-11-02", "day=2019-11-03", "day=2019-11-04"}
    assert "month=2019-11" in days_of(base)


def test_days_become_part_of_their_month_and_nothing_counts_as_changed_but_the_new(base: Path) -> None:
    events.merge(base, frame(of_day(1), of_day(2)))
    changed, added = events.merge_counted(base, frame(of_day(2), of_day(3)), settled=OVER)
    assert days_of(base) == ["month=2019-11"]
    assert (changed, added) == ({(date(2019, 11, 5), MONTH.bucket)}, 1)


def test_a_month_once_made_takes_in_what_comes_later(base: Path) -> None:
    events.merge(base, frame(of_day(1)), settled=OVER)
    events.merge(base, frame(of_day(2)))
    assert days_of(base) == ["month=2019-11"]
    assert events.scan(base, days={date(2019, 11, 4)}).collect()["event_id"].to_list() == ["id-0002"]


def test_old_events_are_dropped_from_within_a_month(base: Path) -> None:
    events.merge(base, frame(*map(of_day, range(5))), settled=OVER)
    assert events.drop_before(base, date(2019, 11, 4)) == [date(2019, 11, 2), date(2019, 11, 3)]
    assert len(events.scan(base).collect()) == 3
    assert events.drop_before(base, date(2019, 12, 1)) == [date(2019, 11, day) for day in (4, 5, 6)]
    assert not list(base.rglob("*.parquet"))


KILLED = """
import os, shutil, signal, sys
from datetime import date
from tests.events.test_months import of_day, OVER
from tests.events.conftest import frame
from sendepause import events
shutil.rmtree = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)
events.merge(sys.argv[1], frame(of_day(3)), settled=OVER)
"""


def test_a_writer_killed_between_a_month_and_its_days_leaves_nothing_twice(base: Path) -> None:
    changed = events.merge(base, frame(of_day(1), of_day(2)))
    events.refresh_activity(base, changed, ZONES)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(base)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list((base / "events").glob("day=*"))) == 2, "the days are still there"
    assert events.scan(base).collect().sort("event_id")["event_id"].to_list() == [
        "id-0001",
        "id-0002",
        "id-0003",
    ]

    events.merge(base, frame(of_day(3)), settled=OVER)
    assert [path.parts[-3] for path in (base / "events").rglob("*.parquet")] == ["month=2019-11"]
    assert events.refresh_activity(base, set(), ZONES) > 0, "the day rows that the killed writer owed"


numbers = st.lists(st.integers(0, 45), min_size=1, max_size=8)
ends = st.sampled_from([None, date(2019, 12, 1), OVER, date(2020, 3, 1)])
looks = st.lists(st.tuples(numbers, ends), max_size=5)


@settings(max_examples=25)
@given(looks)
def test_where_events_lie_makes_no_difference(merges: list[tuple[list[int], date | None]]) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        for days, settled in merges:
            part = frame(
                *(
                    event(day % 7, sent_at=datetime(2019, 11, 2, tzinfo=UTC) + timedelta(days=day))
                    for day in days
                )
            )
            in_days = events.merge_counted(one, part, look_around_days=31)
            in_months = events.merge_counted(other, part, look_around_days=31, settled=settled)
            assert in_days == in_months
        told = [events.scan(base).collect().sort(events.ORDER) for base in (one, other)]
        assert_frame_equal(*told)
