"""From day rows to findings: one verdict for every account asked for, and its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pendulum
import polars as pl

from sendepause.audit import score, sharing
from sendepause.audit.rules import Limits, Measured, Role, Rule
from sendepause.audit.signals import BY_NAME, MINIMUM_SENDS, complete, registry
from sendepause.audit.window import measures
from sendepause.audit.wording import HEADS, NO_DATA, WORDS, number, phrase
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
    companies: Mapping[str, str] | None = None,
    shared: pl.DataFrame | None = None,
    limits: Mapping[str, Limits] | None = None,
) -> list[Finding]:
    """The findings at ``as_of`` (aware), ordered by account.

    :param activity: day rows, schema ``activity.ACTIVITY``, at most one for each account and day; rows
        outside the window only tell how new the account's data are.
    :param window_days: the window is so many local days of the account, the last being that of ``as_of``.
    :param health: of each account; an account that is missing in it has no source. Without any
        (``None``), the newest event alone tells whether data are fresh, and an account without rows has
        no source.
    :param accounts: whom to judge; by default every account with a row or an entry in ``health``.
    :param companies: whose each account is, for what the accounts of a company share; an account that is
        missing stands alone. Without it all belong together.
    :param shared: what accounts share (schema ``sharing.SHARED``), where ``activity`` does not hold all of
        them, or not the whole window; an account that is missing in it shares nothing.
    :param limits: of each account that has other thresholds than the declared ones, such as those of its
        kind; the direction and the minimum sample of a signal stay.

    The day of ``as_of`` is judged as far as its row goes. A row that holds an event after ``as_of``, as
    in a replay, cannot be cut and is left out whole: an event after ``as_of`` never counts. Who needs
    that partial day makes its row from the events up to ``as_of``.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of needs a time zone")
    past = _before(activity, as_of)
    window = in_window(activity, as_of, window_days)
    if shared is None:
        shared = sharing.shared([sharing.traces(window)], companies)
    lines = measures(window).join(shared, on="account_id", how="left").iter_rows(named=True)
    rules = {name: registry(own) for name, own in (limits or {}).items()}
    usual = registry()
    measured = {line["account_id"]: complete(line, rules.get(line["account_id"], usual)) for line in lines}
    newest = dict(past.group_by("account_id").agg(pl.col("last").struct.field("at").max()).iter_rows())
    oldest_fresh = as_of - timedelta(days=fresh_days)

    def known(account: str) -> _Known:
        own = None if health is None else health.get(account, SourceHealth(False, False, None))
        seen = [newest.get(account), own.read_until if own else None]
        return _Known(newest.get(account), any(at is not None and at >= oldest_fresh for at in seen), own)

    asked = set(accounts) if accounts is not None else {*activity["account_id"].unique(), *(health or {})}
    return [
        _finding(name, as_of, window_days, measured.get(name), known(name), rules.get(name, usual))
        for name in sorted(asked)
    ]


def in_window(activity: pl.DataFrame, as_of: datetime, window_days: int) -> pl.DataFrame:
    """The day rows that a verdict of ``as_of`` rests on; see :func:`judge`."""
    past = _before(activity, as_of)
    return past.join(_windows(past, as_of, window_days), on="zone").filter(
        pl.col("day").is_between(pl.col("since"), pl.col("until"))
    )


def _before(activity: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    return activity.filter(pl.col("last").struct.field("at") <= as_of)


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
    account: str,
    as_of: datetime,
    window_days: int,
    measured: Measured | None,
    known: _Known,
    rules: Sequence[Rule],
) -> Finding:
    sends = int(measured["sends"]) if measured else 0
    signals = tuple(_signal(rule, measured) for rule in rules) if measured and sends else ()
    told = _told(rules, signals)
    no_data = _no_data(known, sends, bool(told.facts))
    enough = measured is not None and sends >= MINIMUM_SENDS
    return Finding(
        account=account,
        as_of=as_of,
        window_days=window_days,
        verdict=Verdict.NO_DATA if no_data else _verdict(told),
        signals=signals,
        messages=sends,
        days=int(measured["days"]) if measured else 0,
        no_data=no_data,
        newest_at=known.newest_at,
        confidence=_confidence(measured, told) if measured and enough else None,
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


def _signal(rule: Rule, measured: Measured) -> Signal:
    """Under the minimum of sends a pattern and a hint say nothing; facts and evidence stand."""
    held = rule.at(measured)
    enough = measured["sends"] >= MINIMUM_SENDS or rule.role in (Role.FACT, Role.EVIDENCE)
    value = held.value(measured) if enough else None
    return Signal(
        name=rule.name,
        value=value,
        threshold=held.limit,
        unit=held.unit,
        source=rule.source[Language.EN],
        tripped=enough and rule.trips_at(held, value, measured),
        sample=measured.get(held.sample),
    )


class _Told(NamedTuple):
    """The names of the signals that a verdict is made of."""

    patterns: set[str]  # those that hold
    watched: set[str]  # patterns in their lower range
    facts: set[str]


def _told(rules: Sequence[Rule], signals: Sequence[Signal]) -> _Told:
    told = _Told(set(), set(), set())
    for rule, signal in zip(rules, signals, strict=False):  # without sends there are no signals
        if rule.role is Role.PATTERN:
            if signal.tripped:
                told.patterns.add(rule.name)
            elif rule.watches(signal.value):
                told.watched.add(rule.name)
        elif rule.role is Role.FACT and signal.tripped:
            told.facts.add(rule.name)
    return told


def _verdict(told: _Told) -> Verdict:
    """The order of the verdicts: what only a machine does outranks what was done."""
    if told.patterns:
        return Verdict.AUTOMATED
    if told.facts:
        return Verdict.BULK
    return Verdict.WATCH if told.watched else Verdict.CLEAR


def _confidence(measured: Measured, told: _Told) -> float:
    held, watched = (bool(names - {"score"}) for names in (told.patterns, told.watched))
    return score.confidence(measured, held=held, watched=watched and not held, fact=bool(told.facts))


_SUMS = {"points": Role.HINT, "score": Role.TRAIT}
"""Patterns that are sums: what they are made of says more than they do."""

_LEADING = 3  # so many numbers are read in one go; what is left follows in a sentence of its own


def sentence(finding: Finding, language: Language, *, zone: str | None = None) -> str:
    """The verdict in words, with its numbers, thresholds, sources and days, for the one who is told.

    :param zone: the reader's time zone, for the dates; that of ``as_of`` by default.
    """
    if finding.no_data is None:
        return _reading(finding, language, zone)
    head = NO_DATA[finding.no_data][language].format(minimum=MINIMUM_SENDS, window=finding.window_days)
    if finding.no_data is NoData.TOO_FEW:
        return f"{head} {basis(finding, language, zone)}"
    if finding.newest_at is None:
        return head
    newest = WORDS[language]["newest"].format(_date(finding.newest_at, finding, language, zone))
    return f"{head} {newest}"


def _reading(finding: Finding, language: Language, zone: str | None) -> str:
    """The verdict first, with its weightiest numbers; then what they rest on; then everything else."""
    words, telling = WORDS[language], _telling(finding)
    head, ground = HEADS[finding.verdict][language], basis(finding, language, zone)
    if not telling:
        return f"{head}. {ground}"
    phrases = [phrase(rule, signal, language) for rule, signal in telling]
    told = [f"{head}: {'; '.join(phrases[:_LEADING])}.", ground, words["measured"]]
    if phrases[_LEADING:]:
        told.append(words["besides"].format("; ".join(phrases[_LEADING:])))
    sources = "; ".join(dict.fromkeys(rule.source[language] for rule, _ in telling))
    return " ".join([*told, words["sources"].format(sources)])


def basis(finding: Finding, language: Language, zone: str | None) -> str:
    """What a finding rests on: so many messages on so many days."""
    words = WORDS[language]
    sends = words["sends"].format(number(finding.messages, language))
    return words["basis_day" if finding.window_days == 1 else "basis"].format(
        sends=words["one_send"] if finding.messages == 1 else sends,
        days=words["one_day"] if finding.days == 1 else finding.days,
        window=finding.window_days,
        date=_date(finding.as_of, finding, language, zone),
    )


def _date(moment: datetime, finding: Finding, language: Language, zone: str | None) -> str:
    local = moment.astimezone(ZoneInfo(zone) if zone else finding.as_of.tzinfo)
    return pendulum.instance(local).format(WORDS[language]["date"], locale=language.value)


def _telling(finding: Finding) -> list[tuple[Rule, Signal]]:
    """The signals that make the verdict: patterns and facts; where only sums do, what they are made of."""
    if finding.verdict is Verdict.CLEAR:
        return []
    known = [(BY_NAME[signal.name], signal) for signal in finding.signals if signal.name in BY_NAME]
    reached = [
        (rule, signal)
        for rule, signal in known
        if rule.role is Role.PATTERN and (signal.tripped or rule.watches(signal.value))
    ]
    highest = [(rule, signal) for rule, signal in reached if signal.tripped] or reached
    patterns = [(rule, signal) for rule, signal in reached if rule.name not in _SUMS]
    facts = [(rule, signal) for rule, signal in known if rule.role is Role.FACT and signal.tripped]
    parts: list[tuple[Rule, Signal]] = []
    if finding.verdict in (Verdict.AUTOMATED, Verdict.WATCH) and not patterns:
        roles = {_SUMS[rule.name] for rule, _ in highest}
        made_of = [(rule, signal) for rule, signal in known if rule.role in roles]
        parts = [(rule, signal) for rule, signal in made_of if signal.tripped]
        # Traits add up before any of them stands out by itself.
        parts = parts or [(r, s) for r, s in made_of if r.weight is not None and r.weight.part(s.value) > 0]
        parts += [(rule, signal) for rule, signal in highest if rule.name == "score"]
    said: dict[str, tuple[Rule, Signal]] = {}
    for rule, signal in [*patterns, *facts, *parts]:
        said.setdefault(rule.text[Language.EN], (rule, signal))  # two thresholds on one number: said once
    return list(said.values())
