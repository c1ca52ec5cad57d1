"""Day rows, made of events: the only thing that the audit reads."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from sendepause import storage
from sendepause.audit.activity import ACTIVITY, day_rows
from sendepause.audit.ordered import numbers
from sendepause.audit.placing import DAY_MS, offsets
from sendepause.events.blocks import BUCKETS, Block, Partition, blocks, bucket_of, chosen, scan_files, write
from sendepause.events.merging import scan
from sendepause.events.pending import pending

_DAY = timedelta(days=1)
_UTC = ZoneInfo("UTC")
_RUN_DAYS = 31  # so many days of one bucket are in memory at once,
_RUN_BYTES = 128 * 1024**2  # or so much of its files, which in memory is some twenty times as much


def refresh_activity(
    base: str | Path,
    changed: Iterable[Partition],
    zones: Mapping[str, str],
    *,
    sources: Sequence[str] = (),
) -> int:
    """Make the day rows of the local days that changed partitions touch; the number of rows made.

    ``changed`` comes from :func:`merge`; what a killed run left to do is done as well. ``zones``: the
    IANA time zone of each account, UTC where it is missing. Where an account's zone or the order of
    ``sources`` differs from the last time, all days of the buckets concerned are made anew.

    ``sources`` is the order of the configuration: where an account has events of several sources on
    one local day, only those of the first of them count; see :func:`primary`.
    """
    root = storage.folder(base)
    noted = pending(root)
    stale = {*changed, *(partition for found in noted.values() for partition in found)}
    stale |= _other_basis(root, zones, sources)
    made = 0
    for bucket in sorted({bucket for _, bucket in stale}):
        days = {day for day, found in stale if found == bucket}
        own = {account: zone for account, zone in zones.items() if bucket_of(account) == bucket}
        touched = _local_days(days, {*own.values(), "UTC"})
        for run in _runs(sorted(touched), _sizes(root, bucket)):
            made += _make_rows(root, bucket, run, own, sources)
    _keep_basis(root, zones, sources)
    for path in noted:
        path.unlink(missing_ok=True)
    return made


def activity(
    base: str | Path,
    since: date,
    until: date,
    *,
    buckets: Collection[int] | None = None,
    columns: Iterable[str] = ACTIVITY,
) -> pl.DataFrame:
    """The day rows (schema ``audit.activity.ACTIVITY``, or some of its columns) of local days, both ends
    included, by account and day."""
    (only,) = buckets if buckets is not None and len(buckets) == 1 else (None,)
    files = blocks(storage.folder(base), "activity", only)
    days = {block.first for block in files if since <= block.first <= until}
    rows = scan_files(list(chosen(files, days, buckets).values()), ACTIVITY)
    return rows.select(list(columns)).collect().sort("account_id", "day")


def primary(events: pl.DataFrame, zones: Mapping[str, str], sources: Sequence[str]) -> pl.DataFrame:
    """The events that count, with their local ``day``: for each account and local day those of the
    first source, in the order of ``sources``, that has any; the other sources are evidence only.

    Two sources that see one account tell of the same messages under different ids; adding them up would
    count everything twice. Sources that are no longer configured come last.
    """
    known = {source: rank for rank, source in enumerate(sources)}
    rest = sorted(set(events["source"].unique().drop_nulls()) - known.keys())
    rank = known | {source: rank for rank, source in enumerate(rest, len(known))}
    placed = _with_local_day(events, zones)
    if len(rest) + len(known) < 2:
        return placed
    ranked = pl.col("source").replace_strict(rank, default=len(rank), return_dtype=pl.UInt32)
    return (
        placed.with_columns(rank=ranked)
        .filter(pl.col("rank") == pl.col("rank").min().over("account_id", "day"))
        .drop("rank")
    )


def _make_rows(
    root: Path, bucket: int, days: Sequence[date], zones: Mapping[str, str], sources: Sequence[str]
) -> int:
    """Replace the day rows of one bucket on some local days; the number of rows made."""
    events = scan(root, _utc_days(days, {*zones.values(), "UTC"}), {bucket})
    found = primary(events.drop("campaign_id").collect(), zones, sources)
    inside = found["day"].is_in(list(days))
    rows = day_rows(found if inside.all() else found.filter(inside), zones)
    by_day = {key[0]: part for key, part in rows.partition_by("day", as_dict=True).items()}
    for day in days:
        path = Block.of_day(day, bucket).path(root, "activity")
        path.with_suffix(".parquet").unlink(missing_ok=True)  # as which earlier versions kept them
        if day in by_day:
            write(path, by_day[day])
        elif path.exists():
            path.unlink()
    return len(rows)


def _with_local_day(events: pl.DataFrame, zones: Mapping[str, str]) -> pl.DataFrame:
    accounts = events["account_id"].unique()
    zone = pl.Series([zones.get(account, "UTC") for account in accounts], dtype=pl.String)
    account, at = numbers(events["account_id"].cast(pl.Enum(accounts))), numbers(events["sent_at"])
    day = (at + offsets(at, account, zone)) // DAY_MS
    return events.with_columns(day=pl.Series(day, dtype=pl.Int32).cast(pl.Date))


def _local_days(days: Iterable[date], zones: Iterable[str]) -> set[date]:
    """The local days, in any of the zones, on which some moment of the UTC days falls."""
    return {local for zone in zones for day in days for local in _dates(day, _UTC, ZoneInfo(zone))}


def _utc_days(days: Iterable[date], zones: Iterable[str]) -> set[date]:
    """The UTC days on which some moment of the local days falls."""
    return {utc for zone in zones for day in days for utc in _dates(day, ZoneInfo(zone), _UTC)}


def _dates(day: date, zone: ZoneInfo, other: ZoneInfo) -> Iterator[date]:
    """The dates on which some moment of a day falls in another zone; of 25 hours even three."""
    begin, end = (datetime.combine(one, time(), zone).astimezone(other) for one in (day, day + _DAY))
    last = (end - timedelta(milliseconds=1)).date()
    return (begin.date() + _DAY * step for step in range((last - begin.date()).days + 1))


def _runs(days: Sequence[date], sizes: Mapping[date, int]) -> Iterator[list[date]]:
    """Cut ordered days into runs without long holes, so that neighbours are read once."""
    run: list[date] = []
    read = 0
    for day in days:
        too_long = run and (day - run[0] >= _DAY * _RUN_DAYS or day - run[-1] > _DAY * 3)
        if too_long or (run and read + sizes.get(day, 0) > _RUN_BYTES):
            yield run
            run, read = [], 0
        run.append(day)
        read += sizes.get(day, 0)
    if run:
        yield run


def _sizes(root: Path, bucket: int) -> dict[date, int]:
    """How many bytes the files of each day have; those of an object store are not asked for one by one, and
    months in one file are quiet."""
    if not storage.is_local(root):
        return {}
    files = blocks(root, "events", bucket)
    return {block.first: path.stat().st_size for block, path in files.items() if not block.is_month}


def _other_basis(root: Path, zones: Mapping[str, str], sources: Sequence[str]) -> set[Partition]:
    """The partitions whose day rows were made with other zones, another order of sources or other columns."""
    path = root / "activity" / "basis.json"
    if not path.exists():
        return set()
    basis = json.loads(path.read_bytes())
    shifted = {bucket_of(a) for a, zone in basis["zones"].items() if zones.get(a, zone) != zone}
    if basis["sources"] != list(sources) or basis.get("columns") != _columns():
        shifted = set(range(BUCKETS))
    if not shifted:
        return set()
    events = scan(root, buckets=shifted).select("account_id", day=pl.col("sent_at").dt.date()).unique()
    return {(day, bucket_of(account)) for account, day in events.collect().iter_rows()}


def _columns() -> dict[str, str]:
    """What a file of day rows is: its columns, and the format that holds them."""
    return {name: str(dtype) for name, dtype in ACTIVITY.items()} | {"": "arrow"}


def _keep_basis(root: Path, zones: Mapping[str, str], sources: Sequence[str]) -> None:
    path = root / "activity" / "basis.json"
    former = json.loads(path.read_bytes()) if path.exists() else {"zones": {}}
    basis = {"zones": {**former["zones"], **zones}, "sources": list(sources), "columns": _columns()}
    if basis != former:
        storage.write(path, json.dumps(basis, sort_keys=True).encode())
