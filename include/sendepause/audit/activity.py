"""Activity: an account's local day, counted. Every signal of any window is computed from these rows alone.

Events are read once; an audit over four weeks then costs what yesterday's events cost. A row is made
of its own day's events and of nothing else, so a late export recomputes that one day; whatever crosses
midnight (a chain, a gap, a bout, a reply, a burst) is left open here and closed by ``window.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from sendepause.audit.chains import CHAIN, LONGEST_GAP_S, chain_starts, summarise
from sendepause.audit.ordered import (
    Flags,
    Ids,
    Numbers,
    by_identity,
    counts,
    ends,
    histogram,
    ids,
    largest,
    numbers,
    previous,
    starts,
)
from sendepause.audit.placing import ID as ID
from sendepause.audit.placing import MINUTE_MS, RESOLUTIONS, ROW, USED, placed_events
from sendepause.audit.placing import short as short
from sendepause.frames import EVENTS, UTC_MS

BOUT_SILENCE_S = 300
"""A send after at least this much of the account's own silence starts a bout."""

REPLY_WITHIN_S = 3_600
REPEATED = 5
"""A content counts as a template from this many sends on."""

BURST_S = 15
"""The time in which a burst is counted, from WhatsApp's white paper of 6 February 2019."""

_AT_ONCE = 500_000  # events that one thread counts at a time

HISTOGRAM = pl.List(pl.Struct({"bin": pl.UInt16(), "n": pl.UInt32()}))
"""Non-empty bins in ascending order."""

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
        "recipients": pl.UInt32(),  # distinct counterparts written to
        "texts": pl.UInt32(),  # sends whose content is known
        "repeated": pl.UInt32(),  # those of them whose content was sent ``REPEATED`` times or more on the day
        "edge_sends": pl.List(UTC_MS),  # sends within 15 s of the day's beginning or end
        # What was sent to whom, how often; content null: media, counterpart null: unknown.
        # hours: the local hours of day in which it was, one bit each, the lowest for 0 to 1 o'clock.
        "contents": pl.List(
            pl.Struct({"content": ID, "counterpart": ID, "n": pl.UInt32(), "hours": pl.UInt32()})
        ),
        # Of the texts among the contents those that have a sketch, each once.
        "sketches": pl.List(pl.Struct({"content": ID, "sketch": EVENTS["sketch"]})),
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


def exploded(rows: pl.DataFrame, column: str, *keys: str) -> pl.DataFrame:
    """Some columns of day rows (by default ``account_id`` and ``day``) and the fields of a list column, one
    line an entry."""
    lines = rows.select(*(keys or ("account_id", "day")), column).filter(pl.col(column).list.len() > 0)
    return lines.explode(column).unnest(column)


def day_rows(events: pl.DataFrame | pl.LazyFrame, zones: Mapping[str, str]) -> pl.DataFrame:
    """One row for each account and local day that has events, ordered by both; schema ``ACTIVITY``.

    :param events: schema ``frames.EVENTS``, in any order, ``sketch`` only if there is one. Of rows with one
        ``event_id`` on one day of an account the first in order counts; a null one is never a duplicate.
    :param zones: the IANA time zone of each account; UTC where it is missing.

    Events are ordered by time, position in their file and event id, whichever way they arrive. ``ms``
    and ``s`` are treated alike; for ``min`` the row also keeps what minutes can show.
    """
    has_sketch = pl.col("sketch").is_not_null() if "sketch" in events.collect_schema() else pl.lit(False)
    placed, rows = placed_events(events.lazy().select(*USED, has_sketch.alias("sketched")).collect(), zones)
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        counted = list(pool.map(lambda slice_: _counted(*slice_), _slices(placed, rows)))
    result = pl.concat(counted).join(
        _sketches(placed.filter("ours"), events.lazy()), on=ROW, how="left", maintain_order="left"
    )
    return result.select(_filled(name, dtype) for name, dtype in ACTIVITY.items())


def _slices(placed: pl.DataFrame, rows: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Runs of whole rows with their events: so memory stays flat, and each core has one."""
    if rows.is_empty():
        yield placed, rows
        return
    begin = np.append(np.flatnonzero(starts(numbers(placed[ROW]))), len(placed))
    bounds = np.append(np.flatnonzero(starts(begin[:-1] // _AT_ONCE)), len(rows)).tolist()
    for first, after in pairwise(bounds):
        yield placed[int(begin[first]) : int(begin[after])], rows[first:after]


def _counted(placed: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Day rows with all that is counted in their events, but for sketches. Rows keep their numbers."""
    shift = 0 if rows.is_empty() else int(rows[ROW][0])
    placed, counted = (table.with_columns((pl.col(ROW) - shift).set_sorted()) for table in (placed, rows))
    sends = placed.filter("ours")
    for part in (
        _edges(placed),
        *_rhythm(sends),
        _replies(placed),
        *_chains(sends, counted),
        _reach(sends, len(rows)),
        *_bursts(sends, counted),
        *_contents(sends, len(rows)),
        *_people(placed, len(rows)),
    ):
        counted = counted.join(part, on=ROW, how="left", maintain_order="left")
    return counted.with_columns(pl.col(ROW) + shift)


def _filled(name: str, dtype: pl.DataType) -> pl.Expr:
    """A day without sends has empty lists and zero counts; what has no value on it stays null."""
    column = pl.col(name)
    if name == "hours":
        return column.fill_null(pl.lit([0] * 24)).cast(dtype)
    if isinstance(dtype, pl.List):
        return column.fill_null(pl.lit([], dtype=dtype)).cast(dtype)
    return column.fill_null(0).cast(dtype) if dtype == pl.UInt32 else column.cast(dtype)


def _edges(placed: pl.DataFrame) -> pl.DataFrame:
    """Counts, the coarsest resolution, and the first and the last event of each row."""
    edge = pl.struct(at="sent_at", ours="ours", counterpart="counterpart")
    first = starts(numbers(placed[ROW]))
    begin = np.flatnonzero(first)
    size = np.diff(np.append(begin, len(placed)))
    sends = counts(np.cumsum(first) - 1, len(begin), placed["ours"].to_numpy())
    coarsest = np.maximum.reduceat(numbers(placed["resolution"]), begin) if len(begin) else begin
    counted = {
        ROW: np.arange(len(begin)),
        "resolution": pl.Series(RESOLUTIONS).gather(coarsest),
        "sends": sends,
        "received": size - sends,
    }
    events = {
        "first": placed[begin].select(edge).to_series(),
        "last": placed[begin + size - 1].select(edge).to_series(),
    }
    return pl.DataFrame({**counted, **events})


def gap_bin(seconds: pl.Expr) -> pl.Expr:
    """The bin of a gap: whole seconds below 20 s, above it steps of 5 %: 20 + floor(ln(gap / 20) / 0.05)."""
    steps = 20 + ((seconds / 20).log() / 0.05).floor()
    return pl.when(seconds < 20).then(seconds.floor()).otherwise(steps).cast(pl.UInt16)


def _listed(lines: pl.DataFrame, name: str, *fields: str) -> pl.DataFrame:
    """One list for each row that has lines, which are ordered by row; of structs where there are fields."""
    value = pl.struct(fields).alias(name) if fields else pl.col(name)
    return lines.with_columns(pl.col(ROW).set_sorted()).group_by(ROW, maintain_order=True).agg(value)


def _histogram(row: Numbers, bins: Numbers, name: str) -> pl.DataFrame:
    found = histogram(row, bins).rename({"owner": ROW})
    return _listed(
        found.with_columns(pl.col("bin").cast(pl.UInt16), pl.col("n").cast(pl.UInt32)), name, "bin", "n"
    )


def _rhythm(sends: pl.DataFrame) -> list[pl.DataFrame]:
    """Hours, gaps and bouts."""
    row, at = numbers(sends[ROW]), numbers(sends["sent_at"])
    first = starts(row)
    line = np.cumsum(first) - 1
    hours = counts(line * 24 + numbers(sends["hour"]), 24 * int(first.sum())).reshape(-1, 24)
    kept = pl.DataFrame(
        {
            ROW: row[first],
            "first_send": sends["sent_at"].filter(pl.Series(first)),
            "last_send": sends["sent_at"].filter(pl.Series(ends(first))),
            "hours": pl.Series(hours.astype(np.uint32), dtype=pl.Array(pl.UInt32, 24)).arr.to_list(),
        }
    )
    later, minute = ~first, at // MINUTE_MS
    owner, gap = row[later], np.diff(at, prepend=0)[later]
    minute_gap = 60 * np.diff(minute, prepend=0)[later]
    begins = gap >= BOUT_SILENCE_S * 1000
    return [
        kept,
        _histogram(owner, gap_bins(gap / 1000), "gaps"),
        _histogram(owner, gap_bins(minute_gap), "minute_gaps"),
        _histogram(owner[begins], minute[later][begins] % 60, "bouts"),
    ]


def gap_bins(seconds: npt.NDArray[Any]) -> Numbers:
    """``gap_bin`` of many."""
    return numbers(pl.select(gap_bin(pl.lit(pl.Series(seconds, dtype=pl.Float64)))).to_series())


def _replies(events: pl.DataFrame) -> pl.DataFrame:
    row, at, who, known = _sent(events)
    ours = events["ours"].to_numpy()
    latency = np.diff(at, prepend=0)
    answers = ours & ~starts(row) & (latency <= REPLY_WITHIN_S * 1000) & known
    answers[1:] &= ~ours[:-1] & known[:-1] & (who[1:] == who[:-1])
    of, latency = row[answers], latency[answers]
    minute = at // MINUTE_MS
    same = np.diff(minute, prepend=0)[answers] == 0
    ordered = np.sort(of << 32 | latency)
    lines = pl.DataFrame({ROW: ordered >> 32, "replies": (ordered & 0xFFFFFFFF).astype(np.uint32)})
    rows = int(row[-1]) + 1 if len(row) else 0
    counted = pl.DataFrame({ROW: np.arange(rows), "replies_same_minute": counts(of, rows, same)})
    return counted.join(_listed(lines, "replies"), on=ROW, how="left", maintain_order="left")


def _chains(sends: pl.DataFrame, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Chains that are over, summed up, and those that may cross midnight, kept open."""
    row, at, who, known = _sent(sends)
    first = chain_starts(at, who, known, starts(row))
    begin, end = np.flatnonzero(first), np.flatnonzero(ends(first))
    of = row[begin]
    opens, closes = starts(of), ends(starts(of))  # the row's first chain, and its last
    near = LONGEST_GAP_S * 1000
    early = at[begin] - numbers(rows["begin"])[of] <= near
    late = numbers(rows["end"])[of] - at[end] <= near
    is_open = (opens & early) | (closes & late)
    still = is_open[np.cumsum(first) - 1]
    part = (~opens)[np.cumsum(first) - 1]
    open_sends = sends.select(
        ROW, pl.col("sent_at").alias("at"), "counterpart", part=pl.Series(part, dtype=pl.UInt8)
    )
    over = summarise(row[~still], first[~still], at[~still], who[~still], known[~still])
    return (
        _listed(over.rename({"owner": ROW}), "chains", *(field.name for field in CHAIN.fields)),
        _listed(open_sends.filter(pl.Series(still)), "open_chains", "at", "counterpart", "part"),
    )


def _sent(lines: pl.DataFrame) -> tuple[Numbers, Numbers, Ids, Flags]:
    """Row, time, counterpart and whether that is known."""
    who = lines["counterpart"]
    return numbers(lines[ROW]), numbers(lines["sent_at"]), ids(who), who.is_not_null().to_numpy()


def _reach(sends: pl.DataFrame, rows: int) -> pl.DataFrame:
    """The most counterparts in one clock hour and in one clock minute; unknown ones do not count.

    Somebody or something is new in a slot of time where the one before it in the row lies in another slot.
    """
    reached = sends.drop_nulls("counterpart")
    row, at, who, _ = _sent(reached)
    content, known = ids(reached["content"]), reached["content"].is_not_null().to_numpy()
    minute, hour = at // MINUTE_MS, numbers(reached["clock_hour"])
    person, text = previous(row, who), previous(row, content)  # no content is a content of its own

    def new(before: Numbers, slot: Numbers) -> Flags:
        fresh: Flags = (before < 0) | (slot[before] != slot)
        return fresh

    def most(slot: Numbers, *distinct: Flags) -> Numbers:
        begin = starts(row, slot)
        place, slots = np.cumsum(begin) - 1, int(begin.sum())
        fewest = np.minimum.reduce([counts(place, slots, flags) for flags in distinct])
        return largest(fewest, row[begin], rows)

    in_hour, in_minute = new(person, hour), new(person, minute)
    found = {
        "reach_hour": most(hour, in_hour),
        "reach_minute": most(minute, in_minute),
        "acts_hour": most(hour, in_hour, new(text, at)),
        "minute_acts_hour": most(hour, in_hour, new(text, minute)),
        "texts_minute": most(minute, in_minute, known & new(text, minute)),
    }
    return pl.DataFrame({ROW: np.arange(rows), **found})


def _bursts(sends: pl.DataFrame, rows: pl.DataFrame) -> list[pl.DataFrame]:
    row, at = numbers(sends[ROW]), numbers(sends["sent_at"])
    near = BURST_S * 1000
    at_edge = (at - numbers(rows["begin"])[row] <= near) | (numbers(rows["end"])[row] - at <= near)
    edges = sends.select(ROW, edge_sends="sent_at").filter(pl.Series(at_edge))
    burst = largest(most_within(row, at), row, len(rows))
    return [_listed(edges, "edge_sends"), pl.DataFrame({ROW: np.arange(len(rows)), "burst": burst})]


def most_within(owner: Numbers, at: Numbers) -> Numbers:
    """For each send, in order, the sends of its owner (a number) in the 15 s that end with it."""
    near = BURST_S * 1000
    first = starts(owner)
    found = np.ones(len(at), dtype=np.int64)
    follows = np.flatnonzero(~first & (np.diff(at, prepend=0) <= near))
    if len(follows):
        # One ascending axis for all owners, each further from the next than a burst is long.
        axis = at - at.min() + owner * (int(at.max() - at.min()) + near + 1)
        found[follows] = follows + 1 - np.searchsorted(axis, axis[follows] - near, side="left")
    return found


def _contents(sends: pl.DataFrame, rows: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    row, text, who = numbers(sends[ROW]), ids(sends["content"]), ids(sends["counterpart"])
    by_text = by_identity(row, text)
    begins = starts(row[by_text], text[by_text])
    of_text = np.cumsum(begins) - 1
    order = by_text[by_identity(of_text, who[by_text])]
    first = starts(of_text, who[order])
    begin = np.flatnonzero(first)
    hours = np.uint32(1) << sends["hour"].to_numpy()[order].astype(np.uint32)
    lines = sends.select(ROW, "content", "counterpart")[order[first]].with_columns(
        n=pl.Series(np.diff(np.append(begin, len(order))), dtype=pl.UInt32),
        hours=pl.Series(np.bitwise_or.reduceat(hours, begin) if len(begin) else hours, dtype=pl.UInt32),
    )
    known = sends["content"].is_not_null().to_numpy()[by_text]
    often = known & (np.bincount(of_text)[of_text] >= REPEATED)
    counted = {"texts": counts(row[by_text], rows, known), "repeated": counts(row[by_text], rows, often)}
    return (
        _listed(lines, "contents", "content", "counterpart", "n", "hours"),
        pl.DataFrame({ROW: np.arange(rows), **counted}),
    )


def _sketches(sends: pl.DataFrame, events: pl.LazyFrame) -> pl.DataFrame:
    """Until here sketches lie beside the events: each content has one, and to move it costs most."""
    given = sends.filter("sketched").select(ROW, "content").unique()
    made = pl.DataFrame(schema={"content": ID, "sketch": EVENTS["sketch"]})
    if len(given):
        own = events.filter(pl.col("direction") == "out").select(short("content"), "sketch").drop_nulls()
        known = own.collect().sort("content", pl.col("sketch").list.first())
        made = known.filter(pl.Series(starts(ids(known["content"]))))
    return _listed(given.join(made, on="content").sort(ROW, "content"), "sketches", "content", "sketch")


def _people(events: pl.DataFrame, rows: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    talks = events.drop_nulls("counterpart")
    row, _, who, _ = _sent(talks)
    order = by_identity(row, who)
    ours = talks["ours"].to_numpy()[order]
    group = np.cumsum(first := starts(row[order], who[order])) - 1
    sent, written = counts(group, int(first.sum()), ours), counts(group, int(first.sum()))
    lines = {
        ROW: row[order][first],
        "counterpart": who[order][first],
        "sent": sent > 0,
        "heard": sent < written,
        "opened": ours[first],
    }
    return (
        _listed(pl.DataFrame(lines), "people", "counterpart", "sent", "heard", "opened"),
        pl.DataFrame({ROW: np.arange(rows), "recipients": counts(lines[ROW], rows, sent > 0)}),
    )
