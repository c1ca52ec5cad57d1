"""The event store keeps every event once, whatever order and however often it comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.events.conftest import BERLIN, LISBON, NOON, event, frame

from sendepause import events
from sendepause.frames import EVENTS

DAY = date(2019, 11, 2)
ZONES = {BERLIN: "Europe/Berlin", LISBON: "Europe/Lisbon"}


def stored(base: Path | str) -> pl.DataFrame:
    return events.scan(base).collect().sort(events.ORDER)


def test_an_event_is_kept_as_it_came(base: Path) -> None:
    given_ = frame(event(1), event(2, content=None, direction="in", campaign_id="autumn"))
    assert events.merge(base, given_) == {(DAY, events.bucket_of(BERLIN))}
    assert_frame_equal(stored(base), given_)
    assert stored(base).schema == EVENTS


def test_the_same_again_changes_nothing(base: Path) -> None:
    events.merge(base, frame(event(1), event(2)))
    before = {path: path.stat().st_mtime_ns for path in base.rglob("*.parquet")}
    assert events.merge(base, frame(event(2), event(1), event(1))) == set()
    assert {path: path.stat().st_mtime_ns for path in base.rglob("*.parquet")} == before


def test_only_the_partitions_that_changed_are_named(base: Path) -> None:
    events.merge(base, frame(event(1), event(2, account_id=LISBON)))
    changed = events.merge(base, frame(event(1), event(3, account_id=LISBON)))
    assert changed == {(DAY, events.bucket_of(LISBON))}


def test_events_lie_by_utc_day_and_bucket(base: Path) -> None:
    events.merge(base, frame(event(1)))
    (path,) = base.rglob("*.parquet")
    assert path.relative_to(base).as_posix() == (
        f"events/day=2019-11-02/bucket={events.bucket_of(BERLIN):02d}/events.parquet"
    )


def test_the_bucket_of_an_account_never_changes() -> None:
    assert [events.bucket_of(account) for account in (BERLIN, LISBON, "+491")] == [13, 7, 15]


def test_a_choice_of_days_buckets_and_accounts(base: Path) -> None:
    tomorrow = event(5, sent_at=NOON + timedelta(days=1))
    events.merge(base, frame(event(1), event(2, account_id=LISBON), tomorrow))
    assert events.scan(base, days={DAY}).collect()["event_id"].sort().to_list() == ["id-0001", "id-0002"]
    assert events.scan(base, accounts=[LISBON]).collect()["event_id"].to_list() == ["id-0002"]
    assert len(events.scan(base, buckets={events.bucket_of(BERLIN)}).collect()) == 2
    assert events.scan(base, days={date(2018, 1, 1)}).collect().schema == EVENTS


SKETCHES = {None: None, "greeting": None, "offer": [2**64 - 1, 7]}

rows = st.builds(
    lambda number, late, text, account, old: event(
        number,
        sent_at=NOON + timedelta(hours=9 * late),
        content=text,
        sketch=None if old else SKETCHES[text],
        account_id=account,
    ),
    number=st.integers(0, 5),
    late=st.integers(0, 3),
    text=st.sampled_from([None, "greeting", "offer"]),
    account=st.just(BERLIN),
    old=st.booleans(),
)


@settings(max_examples=25, deadline=None)
@given(batches=st.lists(st.lists(rows, min_size=1, max_size=4), min_size=1, max_size=4), data=st.data())
def test_the_order_of_arrival_changes_nothing(
    batches: Sequence[Sequence[dict[str, object]]],
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    for batch in batches:
        events.merge(one, frame(*batch), look_around_days=3)
    for batch in data.draw(st.permutations(batches)):
        events.merge(other, frame(*batch), look_around_days=3)
    assert_frame_equal(stored(one), stored(other))
    assert stored(one)["event_id"].is_unique().all()


def test_a_message_known_from_a_late_status_moves_to_its_true_day(base: Path) -> None:
    read = event(1, sent_at=NOON + timedelta(days=4), content=None)
    sent = event(1, content=None)
    events.merge(base, frame(read), look_around_days=31)
    changed = events.merge(base, frame(sent), look_around_days=31)
    assert {day for day, _ in changed} == {DAY, DAY + timedelta(days=4)}
    assert stored(base)["sent_at"].to_list() == [NOON + timedelta(minutes=1)]
    assert events.merge(base, frame(read), look_around_days=31) == set()


def test_how_many_events_are_new_is_counted(base: Path) -> None:
    assert events.merge_counted(base, frame(event(1), event(2)))[1] == 2
    assert events.merge_counted(base, frame(event(2), event(3)))[1] == 1
    assert events.merge_counted(base, frame())[1] == 0


def test_old_days_go_whole_with_their_day_rows(base: Path) -> None:
    changed = events.merge(base, frame(event(1), event(2, sent_at=NOON + timedelta(days=2))))
    events.refresh_activity(base, changed, ZONES)
    assert events.drop_before(base, DAY + timedelta(days=1)) == [DAY]
    assert stored(base)["event_id"].to_list() == ["id-0002"]
    assert events.activity(base, DAY, DAY + timedelta(days=9))["day"].to_list() == [DAY + timedelta(days=2)]
    assert events.drop_before(base, DAY) == []


def test_what_a_killed_writer_left_is_ignored_and_cleaned(base: Path) -> None:
    events.merge(base, frame(event(1)))
    (path,) = base.rglob("*.parquet")
    leftover = path.with_name(".events.parquet.123.tmp")
    leftover.write_bytes(b"half a fi")
    assert len(stored(base)) == 1
    events.merge(base, frame(event(2)))
    assert not leftover.exists()
    assert len(stored(base)) == 2


def test_files_of_others_beside_the_events_are_left_alone(base: Path) -> None:
    foreign = base / "inbox" / ".upload.tmp"
    foreign.parent.mkdir(parents=True)
    foreign.touch()
    events.merge(base, frame(event(1)))
    assert foreign.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.events.conftest import event, frame
from sendepause import events
rename = Path.replace
def die(self, target):
    if target.name == "events.parquet":
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
Path.replace = die
events.merge(sys.argv[1], frame(event(1), event(2), event(3)))
"""


def test_a_writer_killed_before_the_rename_loses_nothing(base: Path) -> None:
    changed = events.merge(base, frame(event(1)))
    events.refresh_activity(base, changed, ZONES)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(base)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert stored(base)["event_id"].to_list() == ["id-0001"]
    assert list(base.rglob(".*.tmp"))

    assert events.merge(base, frame(event(1), event(2), event(3))) == {(DAY, events.bucket_of(BERLIN))}
    assert len(stored(base)) == 3
    assert not list(base.rglob(".*.tmp"))


def test_day_rows_are_made_although_the_run_that_changed_events_was_killed(base: Path) -> None:
    events.merge(base, frame(event(1)))  # and then nobody calls refresh_activity
    assert events.merge(base, frame(event(1))) == set()
    assert events.refresh_activity(base, set(), ZONES) == 1
    assert events.refresh_activity(base, set(), ZONES) == 0


def test_the_day_row_is_of_the_local_day(base: Path) -> None:
    late = datetime(2019, 11, 2, 23, 30, tzinfo=UTC)  # half past midnight in Berlin, not in Lisbon
    changed = events.merge(
        base,
        frame(event(1, sent_at=late), event(2, sent_at=late, account_id=LISBON), event(3)),
    )
    assert events.refresh_activity(base, changed, ZONES) == 3
    rows = events.activity(base, DAY, DAY + timedelta(days=1))
    assert rows.select("account_id", "day").rows() == [
        (LISBON, DAY),
        (BERLIN, DAY),
        (BERLIN, DAY + timedelta(days=1)),
    ]


def test_a_late_export_recomputes_its_own_days_alone(base: Path) -> None:
    week = [event(day, sent_at=NOON + timedelta(days=day)) for day in range(7)]
    events.refresh_activity(base, events.merge(base, frame(*week)), ZONES)
    written = {path: path.stat().st_mtime_ns for path in base.rglob("activity.arrow")}
    late = event(99, sent_at=NOON + timedelta(days=3, minutes=1))
    events.refresh_activity(base, events.merge(base, frame(late)), ZONES)
    again = {path for path in base.rglob("activity.arrow") if path.stat().st_mtime_ns != written[path]}
    # Berlin is ahead of UTC: a UTC day lies on its own local day and on the next.
    assert {path.parts[-3] for path in again} == {"day=2019-11-05", "day=2019-11-06"}
    assert events.activity(base, DAY, DAY + timedelta(days=9))["sends"].to_list() == [1, 1, 1, 2, 1, 1, 1]


def test_however_much_is_read_at_once_the_day_rows_are_the_same(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [event(day, sent_at=NOON + timedelta(days=day, hours=11)) for day in range(6)]
    changed = events.merge(base, frame(*late))
    assert events.refresh_activity(base, changed, ZONES) == 6
    whole = events.activity(base, DAY, DAY + timedelta(days=9))
    monkeypatch.setattr("sendepause.events.rows._RUN_BYTES", 1)
    assert events.refresh_activity(base, changed, ZONES) == 6
    assert_frame_equal(events.activity(base, DAY, DAY + timedelta(days=9)), whole)


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Europe/Berlin", date(2019, 3, 31)),
        ("Europe/Berlin", date(2019, 10, 27)),
        ("America/St_Johns", date(2019, 11, 3)),
        ("Asia/Beirut", date(2019, 3, 31)),  # at midnight: the day begins at one o'clock
        ("Asia/Beirut", date(2019, 10, 27)),  # the day before has 25 hours
        ("Australia/Lord_Howe", date(2019, 10, 6)),  # by half an hour
        ("Pacific/Kiritimati", date(2019, 11, 2)),
        ("Pacific/Pago_Pago", date(2019, 11, 2)),
    ],
)
def test_a_day_made_alone_is_whole_also_where_the_hour_changes(
    base: Path, monkeypatch: pytest.MonkeyPatch, zone: str, change: date
) -> None:
    begin = datetime.combine(change - timedelta(days=2), datetime.min.time(), UTC)
    sent = [event(half, sent_at=begin + timedelta(minutes=30 * half)) for half in range(5 * 48)]
    zones = {BERLIN: zone}
    changed = events.merge(base, frame(*sent))
    events.refresh_activity(base, changed, zones)
    whole = events.activity(base, change - timedelta(days=4), change + timedelta(days=4))
    assert whole["sends"].sum() == len(sent)
    monkeypatch.setattr("sendepause.events.rows._RUN_BYTES", 1)
    for partition in sorted(changed):
        events.refresh_activity(base, {partition}, zones)
    again = events.activity(base, change - timedelta(days=4), change + timedelta(days=4))
    assert_frame_equal(again, whole)


def test_of_two_sources_the_first_configured_counts(base: Path) -> None:
    tomorrow = NOON + timedelta(days=1)
    changed = events.merge(
        base,
        frame(
            event(1, source="gateway", event_id="a"),
            event(2, source="gateway", event_id="b"),
            event(1, source="phones", event_id="c"),
            event(3, source="phones", event_id="d", sent_at=tomorrow),
        ),
    )

    def sends() -> list[int]:
        return events.activity(base, DAY, DAY + timedelta(days=1))["sends"].to_list()

    events.refresh_activity(base, changed, ZONES, sources=["gateway", "phones"])
    assert sends() == [2, 1]
    events.refresh_activity(base, set(), ZONES, sources=["phones", "gateway"])
    assert sends() == [1, 1]


def test_a_changed_time_zone_makes_the_day_rows_anew(base: Path) -> None:
    late = datetime(2019, 11, 2, 23, 30, tzinfo=UTC)
    changed = events.merge(base, frame(event(1, sent_at=late)))
    events.refresh_activity(base, changed, {BERLIN: "Europe/Lisbon"})
    events.refresh_activity(base, set(), ZONES)
    assert events.activity(base, DAY, DAY + timedelta(days=1))["day"].to_list() == [DAY + timedelta(days=1)]


def test_day_rows_of_an_older_version_can_be_read_and_are_made_anew(base: Path) -> None:
    changed = events.merge(base, frame(event(1)))
    events.refresh_activity(base, changed, ZONES)
    (file,) = base.rglob("activity.arrow")
    now = pl.read_ipc(file)
    older = now.drop("burst").with_columns(pl.col("contents").list.eval(pl.element().struct.drop(["hours"])))
    older.write_ipc(file)
    basis = file.parents[2] / "basis.json"
    basis.write_text(basis.read_text().replace('"burst": "UInt32", ', ""))

    (row,) = events.activity(base, DAY, DAY).to_dicts()
    assert row["burst"] is None
    assert row["contents"][0]["hours"] is None
    events.refresh_activity(base, set(), ZONES)
    assert_frame_equal(events.activity(base, DAY, DAY), now)


def test_day_rows_that_lie_in_parquet_are_made_anew(base: Path) -> None:
    events.refresh_activity(base, events.merge(base, frame(event(1))), ZONES)
    (file,) = base.rglob("activity.arrow")
    now = pl.read_ipc(file)
    now.write_parquet(file.with_suffix(".parquet"))
    file.unlink()
    basis = file.parents[2] / "basis.json"
    basis.write_text(basis.read_text().replace('"": "arrow", ', ""))

    events.refresh_activity(base, set(), ZONES)
    assert_frame_equal(events.activity(base, DAY, DAY), now)
    assert not list(base.rglob("activity.parquet"))


def as_before_sketches(base: Path) -> None:
    for file in base.rglob("events.parquet"):
        pl.read_parquet(file).drop("sketch").write_parquet(file)


def test_events_from_before_sketches_can_be_read_beside_new_ones(base: Path) -> None:
    events.merge(base, frame(event(1), event(2)))
    as_before_sketches(base)
    events.merge(base, frame(event(3, sent_at=NOON + timedelta(days=1), sketch=[5, 6])))
    assert stored(base).schema == EVENTS
    assert stored(base)["sketch"].to_list() == [None, None, [5, 6]]


def test_an_event_from_before_sketches_takes_its_own_once_and_is_no_new_one(base: Path) -> None:
    sketched = frame(event(1, sketch=[5, 6]), event(2))
    events.merge(base, sketched)
    as_before_sketches(base)
    without = stored(base)
    changed, more = events.merge_counted(base, sketched)
    assert (changed, more) == ({(DAY, events.bucket_of(BERLIN))}, 0)
    assert_frame_equal(stored(base).drop("sketch"), without.drop("sketch"))
    assert_frame_equal(stored(base), sketched)
    assert events.merge(base, sketched) == set()
    assert events.merge(base, without) == set()


def test_what_has_no_sketch_is_read_again_without_a_change(base: Path) -> None:
    given_ = frame(event(1), event(2, direction="in"), event(3, content=None))
    events.merge(base, given_)
    as_before_sketches(base)
    before = {path: path.stat().st_mtime_ns for path in base.rglob("*.parquet")}
    assert events.merge(base, given_) == set()
    assert {path: path.stat().st_mtime_ns for path in base.rglob("*.parquet")} == before


def test_the_day_row_has_the_sketches_of_its_texts(base: Path) -> None:
    alike = [event(n, content=f"text-{n % 2}", sketch=[n % 2, 9]) for n in range(4)]
    changed = events.merge(base, frame(*alike, event(5)))
    events.refresh_activity(base, changed, ZONES)
    (row,) = events.activity(base, DAY, DAY).to_dicts()
    assert sorted(given_["sketch"] for given_ in row["sketches"]) == [[0, 9], [1, 9]]
    assert {given_["content"] for given_ in row["sketches"]} < {one["content"] for one in row["contents"]}


def test_the_far_east_and_the_far_west_are_on_their_own_days(base: Path) -> None:
    zones = {BERLIN: "Pacific/Kiritimati", LISBON: "Pacific/Pago_Pago"}
    early = datetime(
        2019, 11, 2, 10, 30, tzinfo=UTC
    )  # already the 3rd in the east, still the 1st in the west
    changed = events.merge(base, frame(event(1, sent_at=early), event(2, sent_at=early, account_id=LISBON)))
    events.refresh_activity(base, changed, zones)
    rows = events.activity(base, DAY - timedelta(days=2), DAY + timedelta(days=2))
    assert dict(rows.select("account_id", "day").rows()) == {
        BERLIN: DAY + timedelta(days=1),
        LISBON: DAY - timedelta(days=1),
    }


def test_an_object_store_works_as_a_folder_does(bucket: str, base: Path) -> None:
    given_ = frame(event(1), event(2, account_id=LISBON), event(3, sent_at=NOON + timedelta(days=3)))
    for place in (bucket, base):
        changed = events.merge(place, given_)
        assert events.merge(place, given_) == set()
        assert events.refresh_activity(place, changed, ZONES) == 3
    assert_frame_equal(stored(bucket), stored(base))
    until = DAY + timedelta(days=3)
    assert_frame_equal(events.activity(bucket, DAY, until), events.activity(base, DAY, until))
    assert events.drop_before(bucket, DAY + timedelta(days=1)) == [DAY]
    assert stored(bucket)["event_id"].to_list() == ["id-0003"]


def test_a_file_url_is_a_local_folder(base: Path) -> None:
    events.merge(base.as_uri(), frame(event(1)))
    assert len(stored(base)) == 1
