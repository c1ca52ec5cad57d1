"""The audit of plain files: ``sendepause audit``."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.audit import test_baseline
from tests.audit.streams import NOON, events, sends

from sendepause.audit.files import audit_files, finding_json
from sendepause.errors import BadInput
from sendepause.model import NoData, Verdict

NEEDED = ["account_id", "sent_at", "direction", "counterpart", "content"]


def written(path: Path, frame: pl.DataFrame, *more: str) -> Path:
    frame.select(*NEEDED, *more).write_parquet(path)
    return path


def campaign(account: str = "+491", size: int = 40) -> pl.DataFrame:
    return events(sends(NOON, [10, 11] * (size // 2)), account=account)


def test_the_needed_columns_are_enough(tmp_path: Path) -> None:
    (finding,) = audit_files([written(tmp_path / "a.parquet", campaign())])
    assert (finding.account, finding.verdict, finding.messages) == ("+491", Verdict.AUTOMATED, 41)
    newest = NOON + timedelta(seconds=20 * 21)
    assert finding.as_of == newest + timedelta(milliseconds=1)


def test_times_without_a_zone_are_utc_and_accounts_may_be_numbers(tmp_path: Path) -> None:
    naive = campaign().with_columns(
        pl.col("sent_at").dt.replace_time_zone(None).cast(pl.Datetime("us")), account_id=pl.lit(4711)
    )
    berlin = campaign().with_columns(
        pl.col("sent_at").dt.convert_time_zone("Europe/Berlin"), account_id=pl.lit("4711")
    )
    first = audit_files([written(tmp_path / "a.parquet", naive)])
    assert first == audit_files([written(tmp_path / "b.parquet", berlin)])
    assert first[0].account == "4711"


def test_identical_rows_are_distinct_without_an_event_id_and_one_with_it(tmp_path: Path) -> None:
    frame = pl.concat([campaign()] * 2)
    assert audit_files([written(tmp_path / "a.parquet", frame)])[0].messages == 82
    assert audit_files([written(tmp_path / "b.parquet", frame, "event_id")])[0].messages == 41


def test_texts_that_are_alike_count_as_one_where_a_file_has_their_sketches(tmp_path: Path) -> None:
    texts = events(sends(NOON, [3_600] * 24, contents="offer-{}"))
    alike = texts.with_columns(sketch=pl.lit([7, 8], pl.List(pl.UInt32)))
    for frame, more, fact in ((texts, (), False), (alike, ("sketch",), True)):
        (finding,) = audit_files([written(tmp_path / "a.parquet", frame, *more)])
        assert {one.name: one.tripped for one in finding.signals}["same_to_many"] is fact


def test_files_in_any_order_give_the_same(tmp_path: Path) -> None:
    halves = [written(tmp_path / f"{i}.parquet", campaign()[i::2]) for i in range(2)]
    other = written(tmp_path / "other.parquet", campaign("+490"))
    once = audit_files([*halves, other])
    assert once == audit_files([other, *reversed(halves)])
    assert [finding.account for finding in once] == ["+490", "+491"]
    assert once[1].verdict is Verdict.AUTOMATED


def test_times_cut_to_minutes_are_not_held_against_seconds(tmp_path: Path) -> None:
    lines = []
    for index in range(40):
        at = NOON + timedelta(minutes=10 * index)
        lines += [(at, "in", "a", None), (at, "out", "a", None)]
    frame = events(lines).with_columns(pl.col("sent_at").dt.truncate("1m"))
    (finding,) = audit_files([written(tmp_path / "a.parquet", frame)])
    unit = {signal.name: signal.unit for signal in finding.signals}["instant_reply"]
    assert unit == "share within the same minute"
    seconds = frame.with_columns(resolution=pl.lit("s"))
    (told,) = audit_files([written(tmp_path / "b.parquet", seconds, "resolution")])
    assert {signal.name: signal.unit for signal in told.signals}["instant_reply"] == "s"


def test_as_of_cuts_the_day_and_judges_freshness(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", pl.concat([campaign(), campaign("+492")]))
    (first, _) = audit_files([path], NOON + timedelta(seconds=15))
    assert (first.messages, first.no_data) == (2, NoData.TOO_FEW)
    naive = (NOON + timedelta(seconds=15)).replace(tzinfo=None)
    assert audit_files([path], naive)[0] == first
    assert audit_files([path], NOON + timedelta(days=9))[0].no_data is NoData.SOURCE_ILL
    assert [f.no_data for f in audit_files([path], NOON - timedelta(days=1))] == [NoData.NO_SOURCE] * 2
    week = audit_files([path], datetime(2019, 11, 27, tzinfo=UTC), window_days=7)
    assert (week[0].messages, week[0].window_days, week[0].no_data) == (0, 7, NoData.SILENT)


def test_no_events_no_findings(tmp_path: Path) -> None:
    assert audit_files([written(tmp_path / "a.parquet", events([]))]) == []


def test_the_json_object_has_exactly_its_keys(tmp_path: Path) -> None:
    (finding,) = audit_files([written(tmp_path / "a.parquet", campaign())])
    line = json.loads(json.dumps(finding_json(finding), allow_nan=False))
    assert set(line) == {"account_id", "verdict", "signals", "messages", "days"}
    assert line["verdict"] == "automated"
    assert {tuple(signal) for signal in line["signals"]} == {
        ("name", "value", "threshold", "unit", "source", "tripped")
    }
    (few,) = audit_files([written(tmp_path / "b.parquet", campaign(size=4))])
    assert finding_json(few)["reason"] == "too_few"


def test_a_machine_of_the_last_day_is_said_by_its_signals(tmp_path: Path) -> None:
    person = test_baseline.people_of("+491", range(27))
    machine = test_baseline.a_day_of(27, test_baseline.machine(), "+491")
    pl.concat([person, machine]).write_parquet(tmp_path / "a.parquet")
    line = finding_json(*audit_files([tmp_path / "a.parquet"]))
    tripped = {signal["name"]: signal["value"] for signal in line["signals"] if signal["tripped"]}
    assert (line["verdict"], line["last_days"]) == ("automated", 1)
    assert tripped["instant_reply"] <= 3


def test_a_sudden_change_is_a_signal_with_its_number(tmp_path: Path) -> None:
    person = test_baseline.people_of("+491", range(27))
    crowd = test_baseline.a_day_of(27, test_baseline.campaign(36), "+491")
    pl.concat([person, crowd]).write_parquet(tmp_path / "a.parquet")
    line = finding_json(*audit_files([tmp_path / "a.parquet"]))
    (people,) = [signal for signal in line["signals"] if signal["name"] == "sudden_people"]
    assert line["verdict"] == "watch"
    assert (people["value"], people["threshold"], people["tripped"]) == (36, 20, True)
    assert "last_days" not in line


def test_a_missing_column_names_those_that_exist(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    campaign().select("account_id", "sent_at", "source").write_parquet(path)
    with pytest.raises(
        BadInput, match="lacks direction, counterpart, content; its columns are account_id, sent_at, source"
    ):
        audit_files([path])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"direction": pl.lit("sideways")}, "41 rows whose direction is neither out nor in"),
        ({"sent_at": pl.lit(None, pl.Datetime("ms"))}, "41 rows without sent_at"),
        ({"sent_at": pl.lit("2019-11-20 12:00")}, "sent_at is String, not a datetime"),
        ({"counterpart": pl.lit(1.5)}, "counterpart is Float64, not text"),
        ({"resolution": pl.lit("hour")}, "41 rows whose resolution is none of ms, s, min"),
        ({"sketch": pl.lit("abc")}, "sketch is String, not a list of unsigned whole numbers"),
        ({"sketch": pl.lit([1])}, "sketch is List.Int64., not a list of unsigned whole numbers"),
    ],
)
def test_values_that_cannot_be_meant_are_told(
    tmp_path: Path, change: dict[str, pl.Expr], message: str
) -> None:
    path = written(tmp_path / "a.parquet", campaign().with_columns(**change), "resolution", "sketch")
    with pytest.raises(BadInput, match=message):
        audit_files([path])


def test_what_is_no_parquet_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    for content in (None, b"", b"PAR1 no more of it"):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(BadInput, match="cannot be read as a Parquet file"):
            audit_files([path])
    with pytest.raises(BadInput, match="No file"):
        audit_files([])
