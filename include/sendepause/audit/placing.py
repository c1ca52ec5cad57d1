"""Where events stand: in order, once each, and on which local day."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from sendepause.audit.ordered import Flags, Ids, Numbers, numbers, starts
from sendepause.frames import repeats

DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
_QUARTER_MS = 15 * MINUTE_MS
_MANY = 2_000_000  # quarters of an hour: more than there have been since 1970

_TIES = ("account", "sent_at", "position", "event_id", "direction", "counterpart", "content")


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
    begin = np.array([_ahead(few * _QUARTER_MS, name) for name in names]).reshape(len(names), len(few))
    end = np.array([_ahead((few + 1) * _QUARTER_MS - 1, name) for name in names]).reshape(begin.shape)
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
