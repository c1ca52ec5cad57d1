"""Events merged into the store, read from it, and dropped when they are old."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from sendepause import storage
from sendepause.events.blocks import (
    BUCKETS,
    Block,
    Partition,
    blocks,
    bucket_of,
    chosen,
    read,
    scan_files,
    write,
)
from sendepause.events.pending import note_pending
from sendepause.frames import EVENTS, repeats

ORDER = ("account_id", "sent_at", "position", "event_id")

_DAY = timedelta(days=1)
_EPOCH = date(1970, 1, 1)
_AT_ONCE = 4  # files written at the same time: while one waits for the disk, another is packed
_BUSY = 20_000  # events that come for one month of one bucket at once, about 5 MB in memory
_REST = ("account_id", "resolution", "direction", "counterpart", "content", "campaign_id", "source")


def merge(
    base: str | Path, events: pl.DataFrame, *, look_around_days: int = 0, settled: date | None = None
) -> set[Partition]:
    """Merge events (schema ``frames.EVENTS``) in; the (UTC day, bucket) partitions that really changed.

    Of several rows with one ``event_id`` the one with content counts, then the one with a sketch, then the
    earliest, then the first in its file; so it does not matter which came first. An event that was stored
    before sketches were made takes its own when it is read again: its day has changed then, once, and the
    day row is made anew, but no event is new. Rows of one id are looked for on the same UTC
    day; with ``look_around_days`` also on so many days before and after, for sources that learn the true
    time of a message later (a webhook that told of it at first by a late status).

    Of months that end before ``settled``, those with few messages are kept in one file for each bucket,
    since a long export touches all their days at once. All other days have one file each: later ones change
    with every run, and those of a busy month are better not in memory together.

    A run that is killed leaves whole files and, in ``activity/pending``, what it was about to change.
    """
    return merge_counted(base, events, look_around_days=look_around_days, settled=settled)[0]


def merge_counted(
    base: str | Path, events: pl.DataFrame, *, look_around_days: int = 0, settled: date | None = None
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
    touched = _sizes(pl.concat([incoming, moved]))
    pending = note_pending(root, None, touched)
    of = _blocks_of(touched, blocks(root, "events"), settled)
    parts, gone = _by_block(incoming, of), _by_block(moved, of)
    del incoming, moved  # what is sorted now need not lie in memory twice
    changed, added = set[Partition](), 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        work = {block: (parts.get(block), gone.get(block)) for block in sorted(parts.keys() | gone.keys())}
        for days, more in pool.map(lambda block: _update(root, block, *work[block]), work):
            changed |= days
            added += more
    note_pending(root, pending, changed)
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
    files = chosen(blocks(storage.folder(base), "events"), days, buckets)
    found = scan_files(list(files.values()), EVENTS)
    if days is not None and any(block.is_month for block in files):
        found = found.filter(pl.col("sent_at").dt.date().is_in(list(days)))
    return found if accounts is None else found.filter(pl.col("account_id").is_in(list(accounts)))


def drop_before(base: str | Path, day: date) -> list[date]:
    """Delete the events of all UTC days before ``day``, and the day rows of the local days before it
    (they hold pseudonyms too). Returns the days whose events were deleted."""
    root = storage.folder(base)
    dropped = set[date]()
    for kind in ("events", "activity"):
        found = {block: path for block, path in blocks(root, kind).items() if block.first < day}
        for block, path in sorted(found.items()):
            if kind == "events":
                dropped |= {day_ for day_ in _days_in(block, path) if day_ < day}
            if block.last >= day:
                write(path, read([path], EVENTS).filter(pl.col("sent_at").dt.date() >= day))
        for folder in sorted({block.folder for block in found if block.last < day}):
            storage.remove_folder(root / kind / folder)
    return sorted(dropped)


def _days_in(block: Block, path: Path) -> set[date]:
    if not block.is_month:
        return {block.first}
    days = scan_files([path], EVENTS).select(pl.col("sent_at").dt.date().unique()).collect()
    return set(days.to_series())


def _once(events: pl.DataFrame) -> pl.DataFrame:
    """One row for each event id: the smallest in a total order, hence independent of what came first."""
    places = repeats(events["event_id"])
    if places.is_empty():
        return events
    repeated = events[places].with_columns(place=places)
    ordered = repeated.sort(
        "event_id",
        pl.col("content", "sketch").is_null(),  # which a content has it tells itself
        "sent_at",
        "position",
        *_REST,
        nulls_last=True,
    )
    first = ordered.unique("event_id", keep="first", maintain_order=True)["place"]
    kept = pl.Series([True]).new_from_index(0, len(events)).scatter(places, False).scatter(first, True)
    return events.filter(kept)


def _placed(events: pl.DataFrame) -> pl.DataFrame:
    accounts = events["account_id"].unique()
    buckets = [bucket_of(account) for account in accounts]
    return events.with_columns(
        day=pl.col("sent_at").dt.date(),
        bucket=pl.col("account_id").replace_strict(accounts, buckets, return_dtype=pl.UInt8),
    )


def _sizes(placed: pl.DataFrame) -> dict[Partition, int]:
    """How many events come for each day and bucket."""
    counts = placed.group_by("day", "bucket").len()
    return {(day, bucket): count for day, bucket, count in counts.iter_rows()}


def _blocks_of(
    touched: Mapping[Partition, int], found: Collection[Block], settled: date | None
) -> dict[Partition, Block]:
    """The block of each day: its month where that has a file already, or is over for good and not busy."""
    months = {partition: Block.of_month(*partition) for partition in touched}
    coming = Counter[Block]()
    for partition, count in touched.items():
        coming[months[partition]] += count
    in_one = {
        month
        for month, count in coming.items()
        if month in found or (settled is not None and month.last < settled and count <= _BUSY)
    }
    return {
        partition: month if month in in_one else Block.of_day(*partition)
        for partition, month in months.items()
    }


def _by_block(placed: pl.DataFrame, of: dict[Partition, Block]) -> dict[Block, pl.DataFrame]:
    """The events of each block, in the order in which they are kept."""
    ordered = sorted(set(of.values()))
    numbers = {block: number for number, block in enumerate(ordered)}
    key = pl.col("day").cast(pl.Int32) * BUCKETS + pl.col("bucket").cast(pl.Int32)
    known = {(day - _EPOCH).days * BUCKETS + bucket: numbers[block] for (day, bucket), block in of.items()}
    block = key.replace_strict(known, return_dtype=pl.UInt32)
    events = placed.with_columns(block=block)
    if not events["block"].is_sorted():
        events = events.sort("block", maintain_order=True)
    lengths = events["block"].rle().struct.unnest()
    starts = lengths["len"].cum_sum().shift(1, fill_value=0)
    events = events.select(EVENTS.names())
    return {
        ordered[number]: _in_order(events.slice(start, length))
        for number, start, length in zip(lengths["value"], starts, lengths["len"], strict=True)
    }


def _in_order(events: pl.DataFrame) -> pl.DataFrame:
    """Events in the order in which they are kept. A chat has them so, but for where a clock went back."""
    position = events["position"]
    ordered = (
        bool((events["account_id"] == events["account_id"][0]).all())
        and events["sent_at"].is_sorted()
        and position.is_sorted()
        and not (position == position.shift(1)).any()
    )
    return events if ordered else events.sort(ORDER)


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
    root: Path, block: Block, new: pl.DataFrame | None, gone: pl.DataFrame | None
) -> tuple[set[Partition], int]:
    """Bring one block up to date: the days that really changed, and by how many events it grew."""
    path = block.path(root, "events")
    days = _files_of_days(root, block)
    old = read([path] if path.exists() or not days else days, EVENTS)
    if len(days) > 1:
        old = old.sort(ORDER)
    kept = old if gone is None else old.join(gone, on="event_id", how="anti")
    if new is None:
        result = kept
    elif kept.is_empty():
        result = new
    else:
        result = _once(pl.concat([kept, new])).sort(ORDER)
    del kept, new
    same = result.equals(old)
    if not same or (days and not path.exists()):
        write(path, result)
    for day in days:
        storage.remove_folder(day.parent)
    return (set() if same else _changed(old, result, block.bucket)), len(result) - len(old)


def _files_of_days(root: Path, block: Block) -> list[Path]:
    """The files of the days of a month, which its own file is about to replace, or has replaced."""
    if not block.is_month:
        return []
    days = (block.first + _DAY * step for step in range((block.last - block.first).days + 1))
    paths = (Block.of_day(day, block.bucket).path(root, "events") for day in days)
    return [path for path in paths if path.exists()]


def _changed(old: pl.DataFrame, new: pl.DataFrame, bucket: int) -> set[Partition]:
    """The days on which two states of a block, each in its order, differ."""
    of_old, of_new = old["sent_at"].dt.date(), new["sent_at"].dt.date()
    days = {*of_old.unique(), *of_new.unique()}
    if old.is_empty():
        return {(day, bucket) for day in days}
    return {(day, bucket) for day in days if not old.filter(of_old == day).equals(new.filter(of_new == day))}
