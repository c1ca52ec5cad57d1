"""Activity: an account's local day, counted. Every signal of any window is computed from these rows alone.

Events are read once; an audit over four weeks then costs what yesterday's events cost. A row is made
of its own day's events and of nothing else, so a late export recomputes that one day; whatever crosses
midnight (a chain, a gap, a bout, a reply, a burst) is left open here and closed by ``window.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import polars_hash  # noqa: F401  the namespace of hashes

from sendepause.audit.chains import CHAIN, LONGEST_GAP_S, breaks_chain, summarise
from sendepause.frames import UTC_MS

BOUT_SILENCE_S = 300
"""A send after at least this much of the account's own silence starts a bout."""

REPLY_WITHIN_S = 3_600
BURST_S = 15
"""The time in which a burst is counted, from WhatsApp's white paper of 6 February 2019."""

RESOLUTIONS = ("ms", "s", "min")
"""From the finest to the coarsest."""

HISTOGRAM = pl.List(pl.Struct({"bin": pl.UInt16(), "n": pl.UInt32()}))
"""Non-empty bins in ascending order."""

ID = pl.UInt64()
"""Counterparts and contents in day rows: ``short`` of their pseudonyms, read, sorted and compared in a
tenth of the time. Of a million texts of an account two have the same in one of 37 million accounts."""

EDGE = pl.Struct({"at": UTC_MS, "ours": pl.Boolean(), "counterpart": ID})

ACTIVITY = pl.Schema(
    {
        "account_id": pl.String(),
        "day": pl.Date(),  # local to zone
        "zone": pl.String(),  # IANA name of the account's time zone
        "resolution": pl.String(),  # the coarsest of the day's events
        "sends": pl.UInt32(),
        "received": pl.UInt32(),
        "first": EDGE,  # the first and the last event of the day, either direction
        "last": EDGE,
        "first_send": UTC_MS,  # null on a day without sends
        "last_send": UTC_MS,
        "hours": pl.List(pl.UInt32()),  # sends by local hour of day, always 24 numbers
        "bouts": HISTOGRAM,  # bout starts by minute of the hour (UTC), without the day's first send
        "gaps": HISTOGRAM,  # gaps between sends of this day, bins of gap_bin
        "minute_gaps": HISTOGRAM,  # the same of times cut to whole minutes
        "replies": pl.List(pl.UInt32()),  # latencies in ms, ascending; not that of the day's first event
        "replies_same_minute": pl.UInt32(),  # those of them that fell into the minute of what they answer
        "chains": pl.List(CHAIN),  # chains that surely end inside the day, see chains.summarise
        # Sends of the chains that may go on across midnight; part 0 holds the day's first send.
        "open_chains": pl.List(pl.Struct({"at": UTC_MS, "counterpart": ID, "part": pl.UInt8()})),
        "reach_hour": pl.UInt32(),  # most distinct counterparts written to in a local clock hour, and minute
        "reach_minute": pl.UInt32(),
        "texts_minute": pl.UInt32(),  # most different contents to as many counterparts in a clock minute
        # Most counterparts in a clock hour, where one content to many at one instant (or in one minute),
        # as a broadcast list sends it, counts once.
        "acts_hour": pl.UInt32(),
        "minute_acts_hour": pl.UInt32(),
        "burst": pl.UInt32(),  # most sends in 15 s
        "edge_sends": pl.List(UTC_MS),  # sends within 15 s of the day's beginning or end
        # What was sent to whom, how often; content null: media, counterpart null: unknown.
        # hours: the local hours of day in which it was, one bit each, the lowest for 0 to 1 o'clock.
        "contents": pl.List(
            pl.Struct({"content": ID, "counterpart": ID, "n": pl.UInt32(), "hours": pl.UInt32()})
        ),
        "people": pl.List(  # each counterpart of the day; opened: its first message of the day was ours
            pl.Struct(
                {
                    "counterpart": ID,
                    "sent": pl.Boolean(),
                    "heard": pl.Boolean(),
                    "opened": pl.Boolean(),
                }
            )
        ),
    }
)

_USED = ("event_id", "account_id", "sent_at", "resolution", "position", "direction", "counterpart", "content")
_ROW = "row"  # the number of the day row that an event belongs to


def day_rows(events: pl.DataFrame | pl.LazyFrame, zones: Mapping[str, str]) -> pl.DataFrame:
    """One row for each account and local day that has events, ordered by both; schema ``ACTIVITY``.

    :param events: schema ``frames.EVENTS``, in any order. Of rows with one ``event_id`` on one day of an
        account the first in order counts; a null ``event_id`` is never a duplicate.
    :param zones: the IANA time zone of each account; UTC where it is missing.

    Events are ordered by time, position in their file and event id, whichever way they arrive. ``ms``
    and ``s`` are treated alike; for ``min`` the row also keeps what minutes can show.
    """
    placed, rows = _placed(events.lazy().select(_USED).collect(), zones)
    sends = placed.filter("ours")
    for part in (
        _edges(placed),
        *_rhythm(sends),
        _replies(placed),
        *_chains(sends),
        *_reach(sends),
        *_bursts(sends),
        _contents(sends),
        _people(placed),
    ):
        rows = rows.join(part, on=_ROW, how="left", maintain_order="left")
    return rows.select(_filled(name, dtype) for name, dtype in ACTIVITY.items())


def short(name: str) -> pl.Expr:
    """A column of pseudonyms as 64 bits of them, the same on every machine and for ever (XXH3)."""
    return pl.col(name).nchash.xxh3_64()  # type: ignore[attr-defined,no-any-return]


def _filled(name: str, dtype: pl.DataType) -> pl.Expr:
    """A day without sends has empty lists and zero counts; what has no value on it stays null."""
    column = pl.col(name)
    if name == "hours":
        return column.fill_null(pl.lit([0] * 24)).cast(dtype)
    if isinstance(dtype, pl.List):
        return column.fill_null(pl.lit([], dtype=dtype)).cast(dtype)
    return column.fill_null(0).cast(dtype) if dtype == pl.UInt32 else column.cast(dtype)


def _placed(events: pl.DataFrame, zones: Mapping[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The events in order, once each, with the number of their day row; and the rows: account, day, zone."""
    zone = pl.col("account_id").replace_strict(dict(zones), default="UTC", return_dtype=pl.String)
    accounts = (
        events.select(pl.col("account_id").unique().sort()).with_columns(zone=zone).with_row_index("account")
    )
    known = events.join(accounts, on="account_id", how="left").drop("account_id")
    parts = known.partition_by("zone", as_dict=True) or {("UTC",): known}
    local = [_localised(part, str(name)) for (name,), part in parts.items()]
    ordered = _ordered(pl.concat(local, rechunk=True))
    new_row = (pl.col("account") != pl.col("account").shift()) | (pl.col("day") != pl.col("day").shift())
    placed = ordered.select(
        new_row.fill_null(True).cum_sum().alias(_ROW),
        "account",
        "day",
        "sent_at",
        (pl.col("direction") == "out").alias("ours"),
        short("counterpart"),
        short("content"),
        pl.col("resolution").replace_strict(RESOLUTIONS, range(3), return_dtype=pl.UInt8),
        "hour",
        "clock_hour",
        "begin",
        "end",
    )
    rows = placed.group_by(_ROW).agg(pl.col("account", "day").first()).sort(_ROW)
    return placed.drop("account", "day"), rows.join(accounts, on="account", how="left", maintain_order="left")


def _ordered(events: pl.DataFrame) -> pl.DataFrame:
    """In an order that does not depend on how the events arrived, each event id of a day once."""
    order = ["account", "sent_at", "position"]
    # NumPy sorts by whole numbers in a quarter of the time; the ids are needed where these tie.
    numbers = [events[name].to_physical().to_numpy() for name in reversed(order)]
    ordered = events[np.lexsort(numbers)]
    if ordered.select(pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in order).any()).item():
        ordered = events.sort(*order, "event_id", "direction", "counterpart", "content", nulls_last=True)
    ids = ordered["event_id"].drop_nulls()
    if ids.n_unique() < len(ids):
        first = pl.struct("account", "day", "event_id").is_first_distinct()
        ordered = ordered.filter(first | pl.col("event_id").is_null())
    return ordered


def _localised(events: pl.DataFrame, zone: str) -> pl.DataFrame:
    """With the local day, its first instant and that of the next one, the hour of day and the clock hour."""
    local = events["sent_at"].dt.convert_time_zone(zone).dt.replace_time_zone(None)
    # A clock hour that is repeated when the clock is set back is another hour: its offset differs.
    offset = local - events["sent_at"].dt.replace_time_zone(None)
    hour = local.dt.hour()
    clock_hour = hour.cast(pl.Int32) * 10_000 + offset.dt.total_minutes().cast(pl.Int32)
    placed = events.drop("zone").with_columns(day=local.dt.date(), hour=hour, clock_hour=clock_hour)

    def midnight(day: pl.Expr) -> pl.Expr:
        """The first instant of a local day; where midnight is skipped, one o'clock is that instant."""
        naive = day.cast(pl.Datetime("ms"))
        tried = [
            moment.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
            for moment in (naive, naive + pl.duration(hours=1))
        ]
        return pl.coalesce(tried).dt.convert_time_zone("UTC")

    days = placed.select(pl.col("day").unique())
    bounds = days.with_columns(begin=midnight(pl.col("day")), end=midnight(pl.col("day").dt.offset_by("1d")))
    return placed.join(bounds, on="day", how="left")


def _edges(placed: pl.DataFrame) -> pl.DataFrame:
    """Counts, the coarsest resolution, and the first and the last event of each row."""
    edge = pl.struct(at="sent_at", ours="ours", counterpart="counterpart")
    return placed.group_by(_ROW).agg(
        pl.col("resolution").max().replace_strict(range(3), RESOLUTIONS, return_dtype=pl.String),
        pl.col("ours").sum().alias("sends"),
        pl.col("ours").not_().sum().alias("received"),
        edge.first().alias("first"),
        edge.last().alias("last"),
    )


def gap_bin(seconds: pl.Expr) -> pl.Expr:
    """The bin of a gap: whole seconds below 20 s, above it steps of 5 %: 20 + floor(ln(gap / 20) / 0.05)."""
    steps = 20 + ((seconds / 20).log() / 0.05).floor()
    return pl.when(seconds < 20).then(seconds.floor()).otherwise(steps).cast(pl.UInt16)


def _histogram(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    bins = frame.select(_ROW, bin=pl.col(column).cast(pl.UInt16)).drop_nulls("bin")
    counted = bins.group_by(_ROW, "bin").agg(n=pl.len())
    return counted.sort(_ROW, "bin").group_by(_ROW).agg(pl.struct("bin", "n").alias(column))


def _rhythm(sends: pl.DataFrame) -> list[pl.DataFrame]:
    """Hours, gaps and bouts."""
    same_row = pl.col(_ROW) == pl.col(_ROW).shift()
    gap = pl.when(same_row).then(pl.col("sent_at").diff().dt.total_milliseconds() / 1000)
    minute_gap = pl.when(same_row).then(pl.col("sent_at").dt.truncate("1m").diff().dt.total_seconds())
    marked = sends.select(
        _ROW,
        gap_bin(gap).alias("gaps"),
        gap_bin(minute_gap).alias("minute_gaps"),
        pl.when(gap >= BOUT_SILENCE_S).then(pl.col("sent_at").dt.minute()).alias("bouts"),
    )
    ends = sends.group_by(_ROW, maintain_order=True).agg(
        pl.col("sent_at").first().alias("first_send"), pl.col("sent_at").last().alias("last_send")
    )
    line = sends[_ROW].rle_id().to_numpy().astype(np.int64)
    table = np.bincount(line * 24 + sends["hour"].to_numpy(), minlength=24 * len(ends)).reshape(-1, 24)
    ends = ends.with_columns(pl.Series("hours", table).arr.to_list())
    return [ends, *(_histogram(marked, name) for name in ("gaps", "minute_gaps", "bouts"))]


def _replies(events: pl.DataFrame) -> pl.DataFrame:
    latency = pl.col("sent_at").diff().dt.total_milliseconds()
    answers = (
        (pl.col(_ROW) == pl.col(_ROW).shift())
        & pl.col("ours")
        & ~pl.col("ours").shift()
        & (pl.col("counterpart") == pl.col("counterpart").shift())
        & (latency <= REPLY_WITHIN_S * 1000)
    )
    minute = pl.col("sent_at").dt.truncate("1m")
    return (
        events.select(
            _ROW, answers.alias("answers"), latency.alias("latency"), (minute == minute.shift()).alias("same")
        )
        .filter("answers")
        .group_by(_ROW)
        .agg(
            pl.col("latency").cast(pl.UInt32).sort().alias("replies"),
            pl.col("same").sum().cast(pl.UInt32).alias("replies_same_minute"),
        )
    )


def _chains(sends: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Chains that are over, summed up, and those that may cross midnight, kept open."""
    numbered = sends.select(
        _ROW,
        "sent_at",
        "counterpart",
        (pl.col("sent_at") - pl.col("begin") <= pl.duration(seconds=LONGEST_GAP_S)).alias("early"),
        (pl.col("end") - pl.col("sent_at") <= pl.duration(seconds=LONGEST_GAP_S)).alias("late"),
        breaks_chain(also=pl.col(_ROW) != pl.col(_ROW).shift()).cum_sum().alias("chain"),
    )
    first = pl.col("chain") == pl.col("chain").first().over(_ROW)
    last = pl.col("chain") == pl.col("chain").last().over(_ROW)
    per_chain = numbered.group_by(_ROW, "chain", maintain_order=True).agg(
        pl.col("early").first(), pl.col("late").last()
    )
    open_ones = per_chain.filter((first & pl.col("early")) | (last & pl.col("late"))).select("chain")
    still_open = (
        numbered.with_columns(first.not_().cast(pl.UInt8).alias("part"))
        .join(open_ones, on="chain", how="semi", maintain_order="left")
        .group_by(_ROW, maintain_order=True)
        .agg(pl.struct(at="sent_at", counterpart="counterpart", part="part").alias("open_chains"))
    )
    over = summarise(numbered.join(open_ones, on="chain", how="anti", maintain_order="left"), _ROW)
    fields = [field.name for field in CHAIN.fields]
    return over.group_by(_ROW, maintain_order=True).agg(pl.struct(fields).alias("chains")), still_open


def _reach(sends: pl.DataFrame) -> list[pl.DataFrame]:
    """The most counterparts in one clock hour and in one clock minute; unknown ones do not count."""
    known = sends.drop_nulls("counterpart").with_columns(minute=pl.col("sent_at").dt.truncate("1m"))
    people = pl.col("counterpart").n_unique()

    def most(slot: str, name: str, *, but_no_more_than: pl.Expr = people) -> pl.DataFrame:
        counted = known.group_by(_ROW, slot).agg(pl.min_horizontal(people, but_no_more_than).alias(name))
        return counted.group_by(_ROW).agg(pl.col(name).max())

    def acts(instant: str) -> pl.Expr:
        return pl.struct(instant, "content").n_unique()

    return [
        most("clock_hour", "reach_hour"),
        most("minute", "reach_minute"),
        most("clock_hour", "acts_hour", but_no_more_than=acts("sent_at")),
        most("clock_hour", "minute_acts_hour", but_no_more_than=acts("minute")),
        most("minute", "texts_minute", but_no_more_than=pl.col("content").drop_nulls().n_unique()),
    ]


def _bursts(sends: pl.DataFrame) -> list[pl.DataFrame]:
    near = pl.duration(seconds=BURST_S)
    at_edge = (pl.col("sent_at") - pl.col("begin") <= near) | (pl.col("end") - pl.col("sent_at") <= near)
    edges = sends.filter(at_edge).group_by(_ROW, maintain_order=True).agg(edge_sends="sent_at")
    counted = sends.select(_ROW, most_within(sends, _ROW).alias("burst"))
    return [edges, counted.group_by(_ROW).agg(pl.col("burst").max())]


def most_within(sends: pl.DataFrame, owner: str) -> pl.Series:
    """For each send, in order, the sends of its owner (a number) in the 15 s that end with it."""
    since = pl.col("sent_at").dt.epoch("ms") - pl.col("sent_at").min().dt.epoch("ms")
    span = pl.col("sent_at").max().dt.epoch("ms") - pl.col("sent_at").min().dt.epoch("ms")
    # One ascending axis for all owners, each further from the next than a burst is long.
    axis = sends.select(since + pl.col(owner).cast(pl.Int64) * (span + BURST_S * 1000 + 1)).to_series()
    begin = axis.search_sorted(axis - BURST_S * 1000, side="left")
    return pl.int_range(1, len(axis) + 1, dtype=pl.Int64, eager=True) - begin.cast(pl.Int64)


def _contents(sends: pl.DataFrame) -> pl.DataFrame:
    return (
        sends.with_columns(pl.lit(2, pl.UInt32).pow("hour").cast(pl.UInt32).alias("hours"))
        .group_by(_ROW, "content", "counterpart")
        .agg(pl.len().cast(pl.UInt32).alias("n"), pl.col("hours").bitwise_or())
        .sort(_ROW, "content", "counterpart")
        .group_by(_ROW, maintain_order=True)
        .agg(pl.struct("content", "counterpart", "n", "hours").alias("contents"))
    )


def _people(events: pl.DataFrame) -> pl.DataFrame:
    ours = pl.col("ours")
    return (
        events.drop_nulls("counterpart")
        .group_by(_ROW, "counterpart")
        .agg(sent=ours.any(), heard=ours.not_().any(), opened=ours.first())
        .sort(_ROW, "counterpart")
        .group_by(_ROW, maintain_order=True)
        .agg(pl.struct("counterpart", "sent", "heard", "opened").alias("people"))
    )
