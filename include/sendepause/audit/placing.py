"""Where events stand: in order, once each, and on which local day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl
import polars_hash  # noqa: F401  the namespace of hashes

from sendepause.audit.ordered import Flags, Ids, Numbers, numbers, starts
from sendepause.frames import repeats

DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
RESOLUTIONS = ("ms", "s", "min")
"""From the finest to the coarsest."""

ID = pl.UInt64()
"""Counterparts and contents in day rows: ``short`` of their pseudonyms, read, sorted and compared in a
tenth of the time. Of a million texts of an account two have the same in one of 37 million accounts."""

USED = ("event_id", "account_id", "sent_at", "resolution", "position", "direction", "counterpart", "content")
ROW = "row"  # the number of the day row that an event belongs to

_QUARTER_MS = 15 * MINUTE_MS
_MANY = 2_000_000  # quarters of an hour: more than there have been since 1970

_TIES = ("account", "sent_at", "position", "event_id", "direction", "counterpart", "content")


def placed_events(events: pl.DataFrame, zones: Mapping[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The events in order, once each, with the number of their day row; and the rows: day, zone, bounds.

    Texts become numbers before anything is moved: to move them costs more than all else.
    """
    zone = pl.col("account_id").replace_strict(dict(zones), default="UTC", return_dtype=pl.String)
    accounts = events.select(pl.col("account_id").unique().sort()).with_columns(zone=zone)
    table = events.select(
        pl.col("account_id").cast(pl.Enum(accounts["account_id"])).to_physical().alias("account"),
        "sent_at",
        "position",
        (pl.col("direction") == "out").alias("ours"),
        short("counterpart"),
        short("content"),
        "sketched",
        pl.col("resolution").cast(pl.Enum(RESOLUTIONS)).to_physical(),
    )
    order = in_order(events, table)
    placed = table.drop("position")[order]
    at, account = numbers(placed["sent_at"]), numbers(placed["account"])
    offset = offsets(at, account, accounts["zone"])
    local = at + offset
    placed = placed.with_columns(
        day=pl.Series(local // DAY_MS, dtype=pl.Int32),
        hour=pl.Series(local // HOUR_MS % 24, dtype=pl.UInt8),
        # A clock hour that is repeated when the clock is set back is another hour: its offset differs.
        clock_hour=pl.Series(local // HOUR_MS * DAY_MS + offset),
    )
    kept = once(placed, events["event_id"], order)
    placed = placed if kept is None else placed.filter(pl.Series(kept))
    first = starts(numbers(placed["account"]), numbers(placed["day"]))
    at_first = placed.filter(pl.Series(first))
    rows = accounts[numbers(at_first["account"])].with_columns(
        at_first["day"].cast(pl.Date), pl.Series(ROW, np.arange(len(at_first)))
    )
    row = pl.Series(ROW, np.cumsum(first) - 1).set_sorted()
    return placed.drop("account", "day").with_columns(row), with_bounds(rows)


def short(name: str) -> pl.Expr:
    """A column of pseudonyms as 64 bits of them, the same on every machine and for ever (XXH3)."""
    return pl.col(name).nchash.xxh3_64()  # type: ignore[attr-defined,no-any-return]


def in_order(events: pl.DataFrame, table: pl.DataFrame) -> Numbers:
    """The places of the events in an order that does not depend on how they arrived.

    :param table: the same events, with ``account`` as a number.
    """
    account, at, position = (numbers(table[name]) for name in ("account", "sent_at", "position"))
    key = _key(account, at - (at.min() if len(at) else 0))
    order = np.lexsort((at, account)) if key is None else np.argsort(key, kind="stable")
    tied = ~starts(account[order], at[order])
    later = np.append(True, np.diff(position[order]) > 0)[: len(order)]
    if not (tied & ~later).any():
        return order
    among = tied | np.append(tied[1:], False)  # with the first of each tie
    unclear = events[order[among]].with_columns(account=pl.Series(account[order[among]]))
    decided = unclear.select(pl.arg_sort_by(_TIES, nulls_last=True)).to_series()
    order[among] = order[among][decided]
    return order


def _key(account: Numbers, since: Numbers) -> Ids | None:
    """Both in one number, if they fit. Files are in order, and a stable sort only merges their runs."""
    bits = int(since.max(initial=0)).bit_length()
    if int(account.max(initial=0)).bit_length() + bits > 64:
        return None
    return account.astype(np.uint64) << np.uint64(bits) | since.astype(np.uint64)


def once(placed: pl.DataFrame, ids: pl.Series, order: Numbers) -> Flags | None:
    """Which events, in order, are the first of their id on a local day of their account; None: all."""
    if repeats(ids.drop_nulls()).is_empty():
        return None
    ids = ids[order]
    first = placed.select("account", "day", ids).select(pl.struct(pl.all()).is_first_distinct()).to_series()
    return (first | ids.is_null()).to_numpy()


def offsets(at: Numbers, account: Numbers, zones: pl.Series) -> Numbers:
    """How far local clocks were ahead of UTC at each event (ms).

    :param zones: the IANA name of the time zone of each account.

    Looked up for each quarter of an hour, of which there are few. Where clocks were set inside one, which is
    history, each moment is looked up for itself.
    """
    quarter = at // _QUARTER_MS
    if not len(at) or quarter.max() - quarter.min() > _MANY:
        few, place = np.unique(quarter, return_inverse=True)
    else:
        few = np.arange(quarter.min(), quarter.max() + 1)
        place = quarter - few[0]
    names = zones.unique(maintain_order=True)
    zone = numbers(zones.cast(pl.Enum(names)))[account]
    begin = np.array([_ahead(few * _QUARTER_MS, name) for name in names], dtype=np.int64).reshape(
        len(names), len(few)
    )
    end = np.array([_ahead((few + 1) * _QUARTER_MS - 1, name) for name in names], dtype=np.int64).reshape(
        begin.shape
    )
    found = begin[zone, place]
    for number, name in enumerate(names):
        if (begin[number] != end[number]).any():
            unsure = (zone == number) & (begin != end)[number, place]
            found[unsure] = _ahead(at[unsure], name)
    return found


def _ahead(at: Numbers, zone: str) -> Numbers:
    moments = pl.Series(at, dtype=pl.Int64).cast(pl.Datetime("ms", "UTC"))
    return numbers(moments.dt.convert_time_zone(zone).dt.replace_time_zone(None)) - at


def with_bounds(rows: pl.DataFrame) -> pl.DataFrame:
    """Day rows (``zone``, ``day``) with the first instant of the local day and of the next one."""
    days = rows.select("zone", "day").unique()
    parts: Iterable[pl.DataFrame] = (
        part.with_columns(
            begin=_midnight(pl.col("day"), str(zone)),
            end=_midnight(pl.col("day").dt.offset_by("1d"), str(zone)),
        )
        for (zone,), part in (days.partition_by("zone", as_dict=True) or {("UTC",): days}).items()
    )
    return rows.join(pl.concat(parts), on=["zone", "day"], how="left", maintain_order="left")


def _midnight(day: pl.Expr, zone: str) -> pl.Expr:
    """The first instant of a local day; where midnight is skipped, one o'clock is that instant."""
    naive = day.cast(pl.Datetime("ms"))
    tried = [
        moment.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        for moment in (naive, naive + pl.duration(hours=1))
    ]
    return pl.coalesce(tried).dt.convert_time_zone("UTC")
