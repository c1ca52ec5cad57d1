"""From day rows to findings: one verdict for every account asked for, and its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from sendepause.audit.signals import MINIMUM_SENDS, REGISTRY, Role, Rule, complete
from sendepause.audit.window import measures
from sendepause.model import Finding, Language, NoData, Signal, Verdict


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """The sources of one account: is one connected, can it not be read, how far was it read."""

    connected: bool
    ill: bool
    read_until: datetime | None  # aware


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of an account besides its signals."""

    newest_at: datetime | None
    fresh: bool
    health: SourceHealth | None


def judge(
    activity: pl.DataFrame,
    as_of: datetime,
    *,
    window_days: int = 28,
    fresh_days: int = 7,
    health: Mapping[str, SourceHealth] | None = None,
    accounts: Iterable[str] | None = None,
) -> list[Finding]:
    """The findings at ``as_of`` (aware), ordered by account.

    :param activity: day rows, schema ``activity.ACTIVITY``, at most one for each account and day; rows
        outside the window only tell how new the account's data are.
    :param window_days: the window is so many local days of the account, the last being that of ``as_of``.
    :param health: of each account; an account that is missing in it has no source. Without any
        (``None``), the newest event alone tells whether data are fresh, and an account without rows has
        no source.
    :param accounts: whom to judge; by default every account with a row or an entry in ``health``.

    The day of ``as_of`` is judged as far as its row goes. A row that holds an event after ``as_of``, as
    in a replay, cannot be cut and is left out whole: an event after ``as_of`` never counts. Who needs
    that partial day makes its row from the events up to ``as_of``.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of needs a time zone")
    past = activity.filter(pl.col("last").struct.field("at") <= as_of)
    window = past.join(_windows(past, as_of, window_days), on="zone").filter(
        pl.col("day").is_between(pl.col("since"), pl.col("until"))
    )
    measured = {line["account_id"]: complete(line) for line in measures(window).iter_rows(named=True)}
    newest = dict(past.group_by("account_id").agg(pl.col("last").struct.field("at").max()).iter_rows())
    oldest_fresh = as_of - timedelta(days=fresh_days)

    def known(account: str) -> _Known:
        own = None if health is None else health.get(account, SourceHealth(False, False, None))
        seen = [newest.get(account), own.read_until if own else None]
        return _Known(newest.get(account), any(at is not None and at >= oldest_fresh for at in seen), own)

    asked = set(accounts) if accounts is not None else {*activity["account_id"].unique(), *(health or {})}
    return [_finding(name, as_of, window_days, measured.get(name), known(name)) for name in sorted(asked)]


def _windows(rows: pl.DataFrame, as_of: datetime, days: int) -> pl.DataFrame:
    """The first and the last local day of the window in each zone."""
    zones = rows["zone"].unique().to_list()
    until = [as_of.astimezone(ZoneInfo(zone)).date() for zone in zones]
    since = [day - timedelta(days=days - 1) for day in until]
    return pl.DataFrame(
        {"zone": zones, "since": since, "until": until},
        schema={"zone": pl.String, "since": pl.Date, "until": pl.Date},
    )


def _finding(
    account: str, as_of: datetime, window_days: int, measured: Mapping[str, Any] | None, known: _Known
) -> Finding:
    sends = int(measured["sends"]) if measured else 0
    signals = tuple(_signal(rule, measured) for rule in REGISTRY) if measured and sends else ()
    tripped = {signal.name for signal in signals if signal.tripped}
    fact = any(rule.role is Role.FACT and rule.name in tripped for rule in REGISTRY)
    no_data = _no_data(known, sends, fact)
    return Finding(
        account=account,
        as_of=as_of,
        window_days=window_days,
        verdict=Verdict.NO_DATA if no_data else _verdict(measured or {}, tripped, fact),
        signals=signals,
        messages=sends,
        days=int(measured["days"]) if measured else 0,
        no_data=no_data,
        newest_at=known.newest_at,
    )


def _no_data(known: _Known, sends: int, fact: bool) -> NoData | None:
    """Why there can be no verdict, if so. Silence is not innocence: only a well source shows it."""
    health = known.health
    if (health is not None and not health.connected) or (health is None and known.newest_at is None):
        return NoData.NO_SOURCE
    if (health is not None and health.ill) or not known.fresh:
        return NoData.SOURCE_ILL
    if sends == 0:
        return NoData.SILENT
    return NoData.TOO_FEW if sends < MINIMUM_SENDS and not fact else None


def _signal(rule: Rule, measured: Mapping[str, Any]) -> Signal:
    """Under the minimum of sends a pattern and a hint say nothing; facts and evidence stand."""
    held = rule.at(measured)
    enough = measured["sends"] >= MINIMUM_SENDS or rule.role in (Role.FACT, Role.EVIDENCE)
    return Signal(
        name=rule.name,
        value=held.value(measured) if enough else None,
        threshold=held.limit,
        unit=held.unit,
        source=rule.source[Language.EN],
        tripped=enough and (rule.points(measured) > 0 if rule.role is Role.HINT else held.holds(measured)),
    )


def _verdict(measured: Mapping[str, Any], tripped: set[str], fact: bool) -> Verdict:
    """The order of the verdicts: what only a machine does outranks what was done."""
    patterns = [rule for rule in REGISTRY if rule.role is Role.PATTERN]
    if any(rule.name in tripped for rule in patterns):
        return Verdict.AUTOMATED
    if fact:
        return Verdict.BULK
    watched = any(
        rule.watch_from is not None and (rule.at(measured).value(measured) or 0) >= rule.watch_from
        for rule in patterns
    )
    return Verdict.WATCH if watched else Verdict.CLEAR
