"""A company's traffic, made from a seed: what `make bench` audits, in any size.

Nearly all accounts are people: bouts of talk over the working day, with favourites and a few strangers, gaps
and lengths as people have them, short phrases that come again and texts that never do. One account in fifty
is worked by a tool besides: a timer that posts every quarter of an hour, one that answers within two
seconds, or a campaign of 50 to 300 recipients on four of the days. An account's traffic depends on the seed
and its bucket alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash  # noqa: F401  the namespace of hashes

from sendepause.events.blocks import BUCKETS, Block, bucket_of, write
from sendepause.events.merging import ORDER
from sendepause.frames import UTC_MS

SEED = 7
DAYS = 28
END = datetime(2026, 11, 25, tzinfo=UTC)  # the first moment after the last whole day
DAY_MS, MINUTE_MS = 86_400_000, 60_000
TALK = 6  # events in a bout, on average
EVENTS_A_DAY = 35.7  # of an account, on average: 1,000 in four weeks

_HOURS = np.array(
    [1, 0, 0, 0, 0, 2, 6, 20, 60, 80, 85, 75, 55, 65, 80, 80, 70, 50, 30, 18, 12, 8, 5, 2], float
)
_PHRASES = 400
_UNIQUE = 1 << 40  # contents from here on are sent once; below stand phrases and templates

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lines:
    """Events in numbers: account, ms since the first day, way, counterpart, content (0: none)."""

    account: Numbers
    at: Numbers
    ours: npt.NDArray[np.bool_]
    counterpart: Numbers
    content: Numbers


def numbers(accounts: int) -> list[str]:
    """The accounts, at most 100,000, from a range kept free for inventions."""
    return [f"+4930231{number:05}" for number in range(accounts)]


def write_store(
    base: Path, accounts: int, *, days: int = DAYS, a_day: float = EVENTS_A_DAY, seed: int = SEED
) -> int:
    """The traffic of ``days`` up to ``END`` as the event store keeps it, bucket by bucket; its events."""
    return sum(_write(base, frame) for frame in buckets(accounts, days=days, a_day=a_day, seed=seed))


def buckets(
    accounts: int, *, days: int = DAYS, a_day: float = EVENTS_A_DAY, seed: int = SEED
) -> Iterator[pl.DataFrame]:
    """The same as frames (schema ``frames.EVENTS``, ordered), one for each bucket that has accounts."""
    for bucket in range(BUCKETS):
        own = [number for number in numbers(accounts) if bucket_of(number) == bucket]
        if own:
            yield traffic(own, days=days, a_day=a_day, rng=np.random.default_rng((seed, bucket)))


def traffic(accounts: list[str], *, days: int, a_day: float, rng: np.random.Generator) -> pl.DataFrame:
    """The events of some accounts."""
    count = len(accounts)
    parts = [_people(count, days, a_day, rng)]
    tools = rng.permutation(count)[: max(count // 50, 1)]
    for number, tool in enumerate((_timer, _responder, _campaign)):
        parts += [tool(int(account), days, rng) for account in tools[number::3]]
    lines = Lines(
        *(np.concatenate(column) for column in zip(*(_columns(part) for part in parts), strict=True))
    )
    return _events(lines, accounts, days, rng)


def _columns(lines: Lines) -> tuple[npt.NDArray[np.generic], ...]:
    return lines.account, lines.at, lines.ours, lines.counterpart, lines.content


def _people(count: int, days: int, a_day: float, rng: np.random.Generator) -> Lines:
    level = rng.lognormal(0, 0.6, count)
    level *= a_day / TALK / level.mean()
    free = rng.random((count, days)) < 0.15
    bouts = rng.poisson(np.where(free, 0, level[:, None] / 0.85))
    owner = np.repeat(np.arange(count), bouts.sum(axis=1))
    day = np.repeat(np.tile(np.arange(days), count), bouts.ravel())
    hour = rng.choice(24, len(owner), p=_HOURS / _HOURS.sum())
    start = day * DAY_MS + hour * 3_600_000 + rng.integers(0, 3_600_000, len(owner))
    friends = rng.integers(15, 80, count)[owner]
    friend = (friends * rng.random(len(owner)) ** 2.5).astype(np.int64)
    stranger = rng.random(len(owner)) < 0.07
    other = np.where(stranger, 1_000 + np.arange(len(owner)), friend)
    # Within a bout: who writes changes now and then, and gaps are many short ones and a few long.
    length = rng.geometric(1 / TALK, len(owner))
    bout = np.repeat(np.arange(len(owner)), length)
    first = np.cumsum(length) - length
    gaps = np.minimum(rng.lognormal(np.log(20_000), 1.2, len(bout)), 1_800_000).astype(np.int64)
    gaps[first] = 0
    elapsed = np.cumsum(gaps)
    turns = rng.random(len(bout)) < 0.45
    turns[first] = rng.random(len(first)) < 0.45  # who begins
    spoken = np.cumsum(turns)
    ours = (spoken - (spoken[first] - turns[first])[bout]) % 2 == 1
    draw = rng.random(len(bout))
    phrase = 1 + (_PHRASES * rng.random(len(bout)) ** 3).astype(np.int64)
    content = np.where(draw < 0.08, 0, np.where(draw < 0.2, phrase, _UNIQUE + np.arange(len(bout))))
    return Lines(owner[bout], start[bout] + elapsed - elapsed[first][bout], ours, other[bout], content)


def _timer(account: int, days: int, rng: np.random.Generator) -> Lines:
    """Every quarter of an hour by day, one of 30 customers, one of three templates; some seconds late."""
    at = np.arange(days * 96) * 15 * MINUTE_MS + rng.integers(500, 8_000, days * 96)
    at = at[(at % DAY_MS >= 8 * 3_600_000) & (at % DAY_MS < 20 * 3_600_000)]
    return _sent(
        account, at, 500_000 + np.arange(len(at)) % 30, _template(account) + rng.integers(0, 3, len(at))
    )


def _responder(account: int, days: int, rng: np.random.Generator) -> Lines:
    """Answers thirty messages a day with one of twelve texts within two seconds."""
    asked = np.sort(
        rng.integers(6 * 3_600_000, 23 * 3_600_000, (days, 30)) + np.arange(days)[:, None] * DAY_MS
    )
    at = asked.ravel()
    who = 600_000 + rng.integers(0, 200, len(at))
    answers = _sent(
        account,
        at + rng.integers(600, 2_000, len(at)),
        who,
        _template(account) + rng.integers(0, 12, len(at)),
    )
    unheard = _UNIQUE - 1 - np.arange(len(at))
    asking = Lines(answers.account, at, np.zeros(len(at), bool), who, unheard)
    return Lines(*(np.concatenate(pair) for pair in zip(_columns(asking), _columns(answers), strict=True)))


def _campaign(account: int, days: int, rng: np.random.Generator) -> Lines:
    """Lists of recipients, one every 5 to 12 s, with one text for each list."""
    parts = []
    for number, day in enumerate(rng.choice(days, min(4, days), replace=False)):
        size = int(rng.integers(50, 300))
        at = day * DAY_MS + rng.integers(8, 19) * 3_600_000 + np.cumsum(rng.integers(5_000, 12_000, size))
        parts.append(
            _columns(
                _sent(
                    account,
                    at,
                    700_000 + 1_000 * number + np.arange(size),
                    np.full(size, _template(account) + number),
                )
            )
        )
    return Lines(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _template(account: int) -> int:
    return 1_000 + 100 * account


def _sent(account: int, at: Numbers, counterpart: Numbers, content: Numbers) -> Lines:
    return Lines(np.full(len(at), account), at, np.ones(len(at), bool), counterpart, content)


def _events(lines: Lines, accounts: list[str], days: int, rng: np.random.Generator) -> pl.DataFrame:
    """The lines with names and pseudonyms, in the order in which the store keeps them."""
    inside = lines.at < days * DAY_MS
    account, at, ours, counterpart, content = (column[inside] for column in _columns(lines))
    order = np.lexsort((at, account))
    # What an account's source tells of the time: most whole seconds, some milliseconds, some minutes.
    units = np.array([1_000, 1, MINUTE_MS])
    unit = rng.choice(3, len(accounts), p=[0.7, 0.2, 0.1])
    begin = int((END - timedelta(days=days)).timestamp() * 1000)
    known = pl.DataFrame(
        {
            "account": pl.Series(range(len(accounts)), dtype=pl.Int64),
            "account_id": accounts,
            "resolution": pl.Series(["s", "ms", "min"]).gather(unit),
            "unit": units[unit],
        }
    )
    table = pl.DataFrame(
        {
            "account": account[order],
            "at": at[order],
            "ours": ours[order],
            "counterpart": account[order] * 10**9 + counterpart[order],
            "content": content[order],
        }
    ).join(known, on="account", maintain_order="left")
    return table.select(
        _pseudonym(pl.int_range(pl.len()), accounts[0]).alias("event_id"),
        "account_id",
        (begin + pl.col("at") // pl.col("unit") * pl.col("unit")).cast(UTC_MS).alias("sent_at"),
        "resolution",
        pl.int_range(pl.len(), dtype=pl.UInt32).over("account").alias("position"),
        pl.when("ours").then(pl.lit("out")).otherwise(pl.lit("in")).alias("direction"),
        _pseudonym(pl.col("counterpart"), accounts[0]).alias("counterpart"),
        pl.when(pl.col("content") > 0)
        .then(_pseudonym(pl.col("content"), "text" + accounts[0]))
        .alias("content"),
        pl.when(pl.col("ours") & _is_long(pl.col("content"))).then(_bands(pl.col("content"))).alias("sketch"),
        pl.lit(None, pl.String).alias("campaign_id"),
        pl.lit("bench").alias("source"),
    )


def _is_long(content: pl.Expr) -> pl.Expr:
    """Texts of six words or more have a sketch: templates of tools, and two in five of what people write."""
    return (content >= _PHRASES + 1) & ((content < _UNIQUE // 2) | (content % 5 < 2))


def _bands(content: pl.Expr) -> pl.Expr:
    """Eight numbers for each text; templates of one tool are no relatives of each other."""
    return pl.concat_list([content.hash(seed=band) for band in range(8)])


def _pseudonym(number: pl.Expr, label: str) -> pl.Expr:
    """32 hexadecimal digits, as long and as random as the real ones."""
    return pl.concat_str(pl.lit(label), number).chash.sha2_256().str.head(32)  # type: ignore[attr-defined]


def _write(base: Path, events: pl.DataFrame) -> int:
    bucket = bucket_of(events["account_id"][0])
    by_day = events.with_columns(day=pl.col("sent_at").dt.date()).partition_by(
        "day", as_dict=True, include_key=False
    )
    for (day,), part in by_day.items():
        assert isinstance(day, date)
        write(Block.of_day(day, bucket).path(base, "events"), part.sort(ORDER))
    return len(events)
