"""The event store: Parquet files in a local folder or an object store, and the day rows made of them.

::

    events/day=2019-11-02/bucket=07/events.parquet       by UTC day and a hash of the account
    activity/day=2019-11-02/bucket=07/activity.parquet   by the account's local day
    activity/pending/*.json                              changed events whose day rows are not made yet
    activity/basis.json                                  the zones and the order of sources behind them

Merging is idempotent and does not depend on the order in which files arrive. There is one writer at a
time: the reading DAG has ``max_active_runs=1`` and writes in one task. Readers need no lock, since every
file is replaced as a whole.
"""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO
from uuid import uuid4
from zoneinfo import ZoneInfo

import polars as pl

from sendepause import storage
from sendepause.audit.activity import ACTIVITY, day_rows
from sendepause.frames import EVENTS

BUCKETS = 16
"""Never changed: the bucket of an account is part of the path of its events."""

Partition = tuple[date, int]

ORDER = ("account_id", "sent_at", "position", "event_id")

_DAY = timedelta(days=1)
_RUN_DAYS = 31  # so many days of one bucket are in memory at once
_PARTITION = re.compile(r"day=(\d{4}-\d{2}-\d{2})/bucket=(\d{2})/")
_REST = ("account_id", "resolution", "direction", "counterpart", "content", "campaign_id", "source")


def bucket_of(account: str) -> int:
    """The bucket of an account, the same on every machine and for ever."""
    return zlib.crc32(account.encode()) % BUCKETS


def merge(base: str | Path, events: pl.DataFrame, *, look_around_days: int = 0) -> set[Partition]:
    """Merge events (schema ``frames.EVENTS``) in; the (UTC day, bucket) partitions that really changed.

    Of several rows with one ``event_id`` the one with content counts, then the earliest, then the first
    in its file; so it does not matter which came first. Rows of one id are looked for on the same UTC
    day; with ``look_around_days`` also on so many days before and after, for sources that learn the true
    time of a message later (a webhook that told of it at first by a late status).

    A run that is killed leaves whole files and, in ``activity/pending``, what it was about to change.
    """
    return merge_counted(base, events, look_around_days=look_around_days)[0]


def merge_counted(
    base: str | Path, events: pl.DataFrame, *, look_around_days: int = 0
) -> tuple[set[Partition], int]:
    """As :func:`merge`, and by how many the events in the store have become more."""
    root = storage.folder(base)
    for own in ("events", "activity"):
        storage.sweep(root / own)
    if events.is_empty():
        return set(), 0
    incoming = _placed(_once(events.select(EVENTS.names())))
    moved = incoming.clear()
    if look_around_days:
        incoming, moved = _settle(root, incoming, look_around_days)
    parts, gone = _by_partition(incoming), _by_partition(moved)
    touched = sorted(parts.keys() | gone.keys())
    pending = _note_pending(root, None, touched)
    changed, added = set(), 0
    for partition in touched:
        more = _update(root, partition, parts.get(partition), gone.get(partition))
        if more is not None:
            changed.add(partition)
            added += more
    _note_pending(root, pending, changed)
    return changed, added


def scan(
    base: str | Path,
    days: Collection[date] | None = None,
    buckets: Collection[int] | None = None,
    accounts: Collection[str] | None = None,
) -> pl.LazyFrame:
    """The stored events (schema ``frames.EVENTS``) of some UTC days, buckets, accounts; None means all.

    From a local folder only what the query needs is read. From an object store the chosen files are
    fetched when this is called, so choose days.
    """
    if accounts is not None:
        own = {bucket_of(account) for account in accounts}
        buckets = own if buckets is None else own & set(buckets)
    paths = _chosen(_files(storage.folder(base), "events"), days, buckets)
    found = _scan_files(paths, EVENTS)
    return found if accounts is None else found.filter(pl.col("account_id").is_in(list(accounts)))


def drop_before(base: str | Path, day: date) -> list[date]:
    """Delete the events of all UTC days before ``day``, and the day rows of the local days before it
    (they hold pseudonyms too). Returns the days whose events were deleted."""
    root = storage.folder(base)
    dropped: dict[str, list[date]] = {"events": [], "activity": []}
    for kind, days in dropped.items():
        for found in sorted({found for found, _ in _files(root, kind) if found < day}):
            storage.remove_folder(root / kind / f"day={found}")
            days.append(found)
    return dropped["events"]


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
    pending = _pending(root)
    stale = {*changed, *(partition for found in pending.values() for partition in found)}
    stale |= _other_basis(root, zones, sources)
    made = 0
    for bucket in sorted({bucket for _, bucket in stale}):
        in_bucket = {zone for account, zone in zones.items() if bucket_of(account) == bucket} | {"UTC"}
        touched = _local_days({day for day, found in stale if found == bucket}, in_bucket)
        for run in _runs(touched):
            made += _make_rows(root, bucket, run, zones, sources)
    _keep_basis(root, zones, sources)
    for path in pending:
        path.unlink(missing_ok=True)
    return made


def activity(
    base: str | Path, since: date, until: date, *, buckets: Collection[int] | None = None
) -> pl.DataFrame:
    """The day rows (schema ``audit.activity.ACTIVITY``) of local days, both ends included, by account
    and day."""
    files = _files(storage.folder(base), "activity")
    days = {day for day, _ in files if since <= day <= until}
    return _scan_files(_chosen(files, days, buckets), ACTIVITY).collect().sort("account_id", "day")


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


# Merging


def _once(events: pl.DataFrame) -> pl.DataFrame:
    """One row for each event id: the smallest in a total order, hence independent of what came first."""
    ordered = events.sort(
        "event_id", pl.col("content").is_null(), "sent_at", "position", *_REST, nulls_last=True
    )
    return ordered.unique("event_id", keep="first", maintain_order=True)


def _placed(events: pl.DataFrame) -> pl.DataFrame:
    accounts = events["account_id"].unique()
    buckets = [bucket_of(account) for account in accounts]
    return events.with_columns(
        day=pl.col("sent_at").dt.date(),
        bucket=pl.col("account_id").replace_strict(accounts, buckets, return_dtype=pl.UInt8),
    )


def _by_partition(placed: pl.DataFrame) -> dict[Partition, pl.DataFrame]:
    parts = placed.partition_by("day", "bucket", as_dict=True, include_key=False)
    return {(key[0], key[1]): part for key, part in parts.items()}


def _settle(root: Path, incoming: pl.DataFrame, days: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The winners among the incoming events and their stored twins, and the twins that lost their place."""
    first, last = incoming["day"].min(), incoming["day"].max()
    assert isinstance(first, date) and isinstance(last, date)  # noqa: S101 - for mypy, it is not empty
    near = {first + _DAY * step for step in range(-days, (last - first).days + days + 1)}
    stored = scan(root, near, set(incoming["bucket"].unique()))
    twins = stored.join(incoming.lazy().select("event_id"), on="event_id", how="semi").collect()
    if twins.is_empty():
        return incoming, incoming.clear()
    winners = _placed(_once(pl.concat([incoming.select(EVENTS.names()), twins])))
    return winners, _placed(twins).join(winners, on=["event_id", "day"], how="anti")


def _update(
    root: Path, partition: Partition, new: pl.DataFrame | None, gone: pl.DataFrame | None
) -> int | None:
    """Bring one partition up to date: by how many events it grew, None if nothing changed."""
    path = _path(root, "events", partition)
    old = _read(path, EVENTS)
    kept = old if gone is None else old.join(gone, on="event_id", how="anti")
    result = (kept if new is None else _once(pl.concat([kept, new]))).sort(ORDER)
    if result.equals(old):
        return None
    _write(path, result)
    return len(result) - len(old)


# Activity


def _make_rows(
    root: Path, bucket: int, days: Sequence[date], zones: Mapping[str, str], sources: Sequence[str]
) -> int:
    """Replace the day rows of one bucket on some local days; the number of rows made."""
    # A local day lies within its own UTC day and its two neighbours.
    around = {day + _DAY * step for day in days for step in (-1, 0, 1)}
    found = primary(scan(root, around, {bucket}).collect(), zones, sources)
    rows = day_rows(found.filter(pl.col("day").is_in(list(days))).drop("day"), zones)
    by_day = {key[0]: part for key, part in rows.partition_by("day", as_dict=True).items()}
    for day in days:
        path = _path(root, "activity", (day, bucket))
        if day in by_day:
            _write(path, by_day[day])
        elif path.exists():
            path.unlink()
    return len(rows)


def _with_local_day(events: pl.DataFrame, zones: Mapping[str, str]) -> pl.DataFrame:
    accounts = events["account_id"].unique()
    zone = accounts.to_frame().with_columns(
        zone=pl.Series([zones.get(account, "UTC") for account in accounts], dtype=pl.String)
    )
    parts = events.join(zone, on="account_id", how="left").partition_by("zone", as_dict=True)
    local = [
        part.with_columns(day=pl.col("sent_at").dt.convert_time_zone(str(name)).dt.date())
        for (name,), part in parts.items()
    ]
    return pl.concat(local).drop("zone") if local else events.with_columns(day=pl.lit(None, pl.Date))


def _local_days(days: Iterable[date], zones: Iterable[str]) -> list[date]:
    """The local days, in any of the zones, on which some moment of the UTC days falls."""
    utc, found = ZoneInfo("UTC"), set()
    for zone in {ZoneInfo(name) for name in zones}:
        for day in days:
            begin = datetime.combine(day, time(), utc)
            end = begin + _DAY - timedelta(milliseconds=1)
            found |= {begin.astimezone(zone).date(), end.astimezone(zone).date()}
    return sorted(found)


def _runs(days: Sequence[date]) -> Iterator[list[date]]:
    """Cut ordered days into runs without long holes, so that neighbours are read once."""
    run: list[date] = []
    for day in days:
        if run and (day - run[0] >= _DAY * _RUN_DAYS or day - run[-1] > _DAY * 3):
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _note_pending(root: Path, path: Path | None, partitions: Iterable[Partition]) -> Path:
    """Write down whose day rows are to be made; a list that has become empty is deleted."""
    content = json.dumps([[str(day), bucket] for day, bucket in sorted(partitions)])
    if path is None:
        path = root / "activity" / "pending" / f"{uuid4().hex}.json"
    if content == "[]":
        path.unlink(missing_ok=True)
    else:
        storage.write(path, content.encode())
    return path


def _pending(root: Path) -> dict[Path, list[Partition]]:
    found = (root / "activity" / "pending").glob("*.json")
    return {
        path: [(date.fromisoformat(day), bucket) for day, bucket in json.loads(path.read_bytes())]
        for path in found
        if not path.name.startswith(".")
    }


def _other_basis(root: Path, zones: Mapping[str, str], sources: Sequence[str]) -> set[Partition]:
    """The partitions whose day rows were made with other zones or another order of sources."""
    path = root / "activity" / "basis.json"
    if not path.exists():
        return set()
    basis = json.loads(path.read_bytes())
    shifted = {bucket_of(a) for a, zone in basis["zones"].items() if zones.get(a, zone) != zone}
    if basis["sources"] != list(sources):
        shifted = set(range(BUCKETS))
    return {partition for partition in _files(root, "events") if partition[1] in shifted}


def _keep_basis(root: Path, zones: Mapping[str, str], sources: Sequence[str]) -> None:
    path = root / "activity" / "basis.json"
    former = json.loads(path.read_bytes()) if path.exists() else {"zones": {}}
    basis = {"zones": {**former["zones"], **zones}, "sources": list(sources)}
    if basis != former:
        storage.write(path, json.dumps(basis, sort_keys=True).encode())


# Files


def _path(root: Path, kind: str, partition: Partition) -> Path:
    day, bucket = partition
    return root / kind / f"day={day}" / f"bucket={bucket:02d}" / f"{kind}.parquet"


def _files(root: Path, kind: str) -> dict[Partition, Path]:
    found = {}
    for path in (root / kind).glob(f"day=*/bucket=*/{kind}.parquet"):
        match = _PARTITION.search(path.as_posix())
        if match:
            found[date.fromisoformat(match[1]), int(match[2])] = path
    return found


def _chosen(
    files: Mapping[Partition, Path], days: Collection[date] | None, buckets: Collection[int] | None
) -> list[Path]:
    return [
        path
        for (day, bucket), path in sorted(files.items())
        if (days is None or day in days) and (buckets is None or bucket in buckets)
    ]


def _scan_files(paths: Sequence[Path], schema: pl.Schema) -> pl.LazyFrame:
    if not paths:
        return pl.LazyFrame(schema=schema)
    # Neither globbing nor guessing columns from the path: the paths are exact and hold both signs.
    if storage.is_local(paths[0]):
        return pl.scan_parquet(list(paths), glob=False, hive_partitioning=False)
    fetched: list[IO[bytes]] = [io.BytesIO(path.read_bytes()) for path in paths]
    return pl.scan_parquet(fetched, hive_partitioning=False)


def _read(path: Path, schema: pl.Schema) -> pl.DataFrame:
    return _scan_files([path] if path.exists() else [], schema).collect()


def _write(path: Path, frame: pl.DataFrame) -> None:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", row_group_size=100_000)
    storage.write(path, buffer.getvalue())
