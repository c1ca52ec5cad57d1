"""Each account held against its own past and against its peers, from day rows alone.

A machine of yesterday is diluted in four weeks of a person. So the last days are judged twice more: alone,
by the same signals at the same minimum samples, which may find ``automated`` or ``bulk`` as any window does;
and against the days before them, which is evidence and raises ``clear`` to ``watch`` at most, since a busy
Saturday is no crime.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

import polars as pl

from sendepause.audit import sharing, verdict
from sendepause.audit.activity import REPEATED
from sendepause.audit.signals import MINIMUM_SENDS
from sendepause.audit.verdict import SourceHealth
from sendepause.model import Change, Finding, Verdict

LAST_DAYS = 3
"""So many local days, up to the newest one with a send, are the last ones: a Friday's machine is seen by the
audit of Monday too."""

PAST_DAYS = 7
"""So many active days before them make a past: fewer do not hold every weekday."""

NUMBERS = ("sends", "people", "strangers", "repeated")
"""What is counted a day: messages sent, distinct counterparts written to, those of them who had not been met
before and had not written first, and the share of messages whose text was sent five times or more."""

DAILY = pl.Schema(
    {
        "account_id": pl.String(),
        "day": pl.Date(),
        "age": pl.Int64(),  # days before the account's newest day with a send
        **dict.fromkeys(NUMBERS, pl.Float64()),  # ``repeated`` is null under five known texts
        "texts": pl.UInt32(),  # sends whose text is known
    }
)

MAD = 1.4826
"""A median absolute deviation of normal numbers, times this, is their standard deviation."""

PEERS = 5
"""Fewer accounts are no group to be held against."""

Group = tuple[str, str]
"""Kind and role, "" where an account has none."""


class Sudden(NamedTuple):
    """From when on a number of a day is a sudden change.

    Set on the people of the cases: of 4,387 audits of one with a past 7 pass, of three people who wrote to 60
    and more on a day, each of them named by the whole window too. On 18,361 audits of people, also cut to
    minutes, nobody got a verdict by the last days that the window did not give.
    """

    at_least: float
    factor: float = 3  # times the usual
    beyond: float = 1.5  # times the most of any day before
    spreads: float = 6  # ``MAD`` median absolute deviations above the usual


SUDDEN = {"people": Sudden(20), "strangers": Sudden(15), "repeated": Sudden(0.5, factor=2, beyond=2)}
"""Messages sent are evidence only: one lively talk multiplies them."""

EXCUSED = 2.0
"""Where the peers rise too, so much more is asked at most: a tool that begins everywhere at once excuses
nobody."""


USUAL = pl.Schema(
    {
        "kind": pl.String(),
        "role": pl.String(),
        "name": pl.String(),  # of NUMBERS
        "peers": pl.Float64(),  # what its accounts usually have a day: the median of their medians
        "peers_now": pl.Float64(),  # the median of the most that each has on one of the last days
        "rise": pl.Float64(),  # the median of that, as a multiple of the most that each had on any day before
    }
)
"""What is usual among peers; no account, no person."""


def assess(
    activity: pl.DataFrame,
    as_of: datetime,
    *,
    window_days: int = 28,
    peers: pl.DataFrame | None = None,
    groups: Mapping[str, Group] | None = None,
    accounts: Iterable[str] | None = None,
    health: Mapping[str, SourceHealth] | None = None,
    numbers: pl.DataFrame | None = None,
    **more: Any,
) -> list[Finding]:
    """What ``verdict.judge`` finds, with the last days judged alone and held against the days before.

    Takes what :func:`verdict.judge` takes, and:

    :param peers: what is usual in each group, of :func:`usual`.
    :param groups: the group of each account.
    :param numbers: of :func:`daily`, where they are known already.
    """
    found = verdict.judge(activity, as_of, window_days=window_days, accounts=accounts, health=health, **more)
    if numbers is None:
        rows = verdict.in_window(activity, as_of, window_days)
        numbers = daily(rows, sharing.met(rows))
    changed = changes(numbers, USUAL.to_frame() if peers is None else peers, groups or {})
    alone = _alone(activity, numbers, as_of, found, more)
    return [_raised(one, alone.get(one.account), changed.get(one.account, ())) for one in found]


def _raised(finding: Finding, recent: Finding | None, changed: tuple[Change, ...]) -> Finding:
    """The finding with the evidence of the last days, and with the verdict that it gives at least."""
    found = replace(finding, changes=changed)
    if recent is not None:
        return replace(found, verdict=recent.verdict, confidence=recent.confidence, recent=recent)
    if found.verdict is Verdict.CLEAR and any(change.tripped for change in changed):
        return replace(found, verdict=Verdict.WATCH)
    return found


def daily(rows: pl.DataFrame, met: pl.DataFrame) -> pl.DataFrame:
    """The numbers of each day with a send; schema ``DAILY``.

    :param rows: the day rows of a window, schema ``activity.ACTIVITY``.
    :param met: :func:`sharing.met` of them.
    """
    key = ["account_id", "day"]
    strangers = met.filter("opened").group_by(key).agg(strangers=pl.len())
    repeated = pl.col("repeated").cast(pl.Float64) / pl.col("texts")
    return (
        rows.filter(pl.col("sends") > 0)
        .with_columns(
            age=(pl.col("day").max().over("account_id") - pl.col("day")).dt.total_days(),
            people="recipients",
            texts=pl.col("texts").fill_null(0),
            repeated=pl.when(pl.col("texts") >= REPEATED).then(repeated),
        )
        .join(strangers, on=key, how="left")
        .with_columns(pl.col("strangers").fill_null(0))
        .select(pl.col(name).cast(dtype) for name, dtype in DAILY.items())
        .sort(key)
    )


_PAST = pl.col("age") >= LAST_DAYS


def _against_past(numbers: pl.DataFrame) -> pl.DataFrame:
    """One line for each account with a past, number and last day: what it has (``value``), what was usual,
    how far that spread, the most before, and the texts of that day."""
    long = numbers.unpivot(
        NUMBERS, index=["account_id", "day", "age", "texts"], variable_name="name", value_name="value"
    ).drop_nulls("value")
    key = ["account_id", "name"]
    usual = pl.col("value").median()
    past = (
        long.filter(_PAST)
        .group_by(key)
        .agg(
            usual=usual,
            spread=(pl.col("value") - usual).abs().median(),
            most=pl.col("value").max(),
            days=pl.len(),
        )
        .filter(pl.col("days") >= PAST_DAYS)
    )
    return long.filter(~_PAST).join(past, on=key, how="inner").sort(*key, "day")


def usual(numbers: pl.DataFrame, groups: Mapping[str, Group]) -> pl.DataFrame:
    """What is usual in each group of at least ``PEERS`` accounts with a past; schema ``USUAL``.

    :param numbers: of :func:`daily`, of all accounts.
    """
    own = _against_past(numbers).group_by("account_id", "name")
    each = own.agg(pl.col("usual", "most").first(), now=pl.col("value").max())
    rise = pl.when(pl.col("most") > 0).then(pl.col("now") / pl.col("most")).otherwise(1)
    return (
        each.join(_table(groups), on="account_id")
        .group_by("kind", "role", "name")
        .agg(
            peers=pl.col("usual").median(),
            peers_now=pl.col("now").median(),
            rise=rise.median(),
            accounts=pl.len(),
        )
        .filter(pl.col("accounts") >= PEERS)
        .select(pl.col(name).cast(dtype) for name, dtype in USUAL.items())
        .sort("kind", "role", "name")
    )


def _table(groups: Mapping[str, Group]) -> pl.DataFrame:
    kinds, roles = zip(*groups.values(), strict=True) if groups else ((), ())
    columns = {"account_id": list(groups), "kind": kinds, "role": roles}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def changes(
    numbers: pl.DataFrame, peers: pl.DataFrame, groups: Mapping[str, Group]
) -> dict[str, tuple[Change, ...]]:
    """The last days of each account held against its past and its peers, in the order of ``NUMBERS``.

    An account without a past (``PAST_DAYS``) has none.
    """
    lines = (
        _against_past(numbers)
        .join(_table(groups), on="account_id", how="left")
        .join(peers, on=["kind", "role", "name"], how="left")
        .with_columns(sudden=_is_sudden())
    )
    stands_out = pl.col("day").filter("sudden").min()
    each = (
        lines.group_by("account_id", "name")
        .agg(
            pl.coalesce(stands_out, pl.col("day").min()).alias("since"),
            pl.col("value").max(),
            pl.col("usual", "peers", "peers_now").first(),
            tripped=pl.col("sudden").any(),
        )
        .sort("account_id", pl.col("name").cast(pl.Enum(NUMBERS)))
        .select("account_id", "name", "since", "value", "usual", "tripped", "peers", "peers_now")
    )
    found: dict[str, list[Change]] = {}
    for account, *fields in each.iter_rows():
        found.setdefault(account, []).append(Change(*fields))
    return {account: tuple(numbers) for account, numbers in found.items()}


def _is_sudden() -> pl.Expr:
    """Whether a line of :func:`_against_past` stands out, also when its peers rose too."""
    value, usual, excused = pl.col("value"), pl.col("usual"), pl.col("rise").fill_null(1).clip(1, EXCUSED)

    def limit(field: str) -> pl.Expr:
        each = {name: float(getattr(sudden, field)) for name, sudden in SUDDEN.items()}
        return pl.col("name").replace_strict(each, default=None, return_dtype=pl.Float64)

    stands_out = (
        (value >= limit("at_least"))
        & (value >= limit("factor") * excused * usual)
        & (value >= limit("beyond") * excused * pl.col("most"))
        & (value - usual >= limit("spreads") * MAD * pl.col("spread"))
        & ((pl.col("name") != "repeated") | (pl.col("texts") >= MINIMUM_SENDS))
    )
    return stands_out.fill_null(False)


def _alone(
    activity: pl.DataFrame,
    numbers: pl.DataFrame,
    as_of: datetime,
    found: Iterable[Finding],
    more: Mapping[str, Any],
) -> dict[str, Finding]:
    """The last one to three days judged alone, where that gives ``bulk`` or ``automated`` and the whole
    window less. Of several the highest, of these the shortest: it says best since when."""
    best: dict[str, Verdict] = {
        one.account: max(one.verdict, Verdict.WATCH, key=_rank)
        for one in found
        if one.no_data is None and one.verdict is not Verdict.AUTOMATED
    }
    better: dict[str, Finding] = {}
    for one in _judged(_last_days(numbers, list(best)), activity, as_of, best, more):
        if one.verdict.rank > best[one.account].rank:
            better[one.account], best[one.account] = one, one.verdict
    return better


_rank = attrgetter("rank")


def _last_days(numbers: pl.DataFrame, accounts: Collection[str]) -> pl.DataFrame:
    """``account_id``, ``day`` and ``run``: each run of last days with enough sends, that many long."""
    own = numbers.filter(pl.col("account_id").is_in(accounts), pl.col("age") < LAST_DAYS)
    runs = pl.concat(
        own.filter(pl.col("age") < days).with_columns(run=pl.lit(days)) for days in range(1, LAST_DAYS + 1)
    )
    enough = pl.col("sends").sum().over("account_id", "run") >= MINIMUM_SENDS
    return runs.filter(enough).select("account_id", "day", "run")


def _judged(
    runs: pl.DataFrame,
    activity: pl.DataFrame,
    as_of: datetime,
    least: Mapping[str, Verdict],
    more: Mapping[str, Any],
) -> Iterator[Finding]:
    """Those runs that give more than the least, the shortest first, each as an account of its own; a finding
    is that of so many days up to the account's newest message."""
    if runs.is_empty():
        return
    name = pl.concat_str("run", "account_id", separator=" ")
    laid = runs.join(activity, on=["account_id", "day"]).with_columns(account_id=name).drop("run")
    laid_out = runs.select(name.alias("name"), "account_id", "run").unique()
    whose = {run: (account, days) for run, account, days in laid_out.iter_rows()}
    limits = more.get("limits") or {}
    alone = {
        **more,
        # What accounts share is a matter of the whole window: whoever answers, answers later.
        "shared": sharing.SHARED.to_frame(),
        "limits": {run: limits[account] for run, (account, _) in whose.items() if account in limits},
        "above": {run: least[account] for run, (account, _) in whose.items()},
    }
    for one in verdict.judge(laid, as_of, window_days=366, accounts=whose, **alone):
        account, days = whose[one.account]
        yield replace(one, account=account, window_days=days, as_of=one.newest_at or as_of)
