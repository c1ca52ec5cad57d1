"""All accounts held against all signals at once, as columns; and each line of them as a finding's signals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from sendepause.audit import score
from sendepause.audit.rules import IN_MINUTES, Limits, Role, Rule
from sendepause.audit.signals import MINIMUM_SENDS, complete, registry
from sendepause.model import Language, Signal, Verdict

_STAND = (Role.FACT, Role.EVIDENCE)
"""Under the minimum of sends a pattern and a hint say nothing; facts and evidence stand."""

_ENOUGH = pl.col("sends") >= MINIMUM_SENDS


def weighed(measured: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """One line an account, in the order given.

    :param measured: the columns of ``window.MEASURES`` and of ``sharing.SHARED``; each account has a send.

    :returns: ``account_id``, ``resolution``, ``sends``, ``days``; ``rank``, that of the verdict by the
        signals alone; ``fact``, whether one holds; ``confidence``, null under the minimum of sends; and for
        each rule ``value NAME``, ``tripped NAME`` and ``sample NAME``, on how much the value rests.
    """
    full = complete(measured, rules)
    held = full.select(
        "account_id",
        "resolution",
        "sends",
        "days",
        "traits",
        *(one for rule in rules for one in _columns(rule)),
    )
    patterns = {rule.name for rule in rules if rule.role is Role.PATTERN}
    others = patterns - {"score"}
    facts = {rule.name for rule in rules if rule.role is Role.FACT}
    pattern, fact, watched = _any(patterns), _any(facts), _watched(rules, patterns)
    sure = score.confidence(_any(others), ~_any(others) & _watched(rules, others), fact)
    rank = (
        pl.when(pattern)
        .then(Verdict.AUTOMATED.rank)
        .when(fact)
        .then(Verdict.BULK.rank)
        .when(watched)
        .then(Verdict.WATCH.rank)
        .otherwise(Verdict.CLEAR.rank)
    )
    return held.with_columns(rank=rank, fact=fact, confidence=pl.when(_ENOUGH).then(sure)).drop("traits")


def _columns(rule: Rule) -> Iterator[pl.Expr]:
    says = pl.lit(True) if rule.role in _STAND else _ENOUGH
    sample = pl.col(rule.held.sample)
    if rule.minute_held is not None and rule.minute_held.sample != rule.held.sample:
        sample = pl.when(IN_MINUTES).then(rule.minute_held.sample).otherwise(sample)
    yield pl.when(says).then(rule.value()).alias(f"value {rule.name}")
    yield (says & rule.trips()).alias(f"tripped {rule.name}")
    yield sample.alias(f"sample {rule.name}")


def _any(names: set[str]) -> pl.Expr:
    return pl.any_horizontal(f"tripped {name}" for name in sorted(names))


def _watched(rules: Sequence[Rule], names: set[str]) -> pl.Expr:
    """Whether one of these patterns lies in its lower range."""
    return pl.any_horizontal(
        (pl.col(f"value {rule.name}") >= rule.watch_from).fill_null(False)
        for rule in rules
        if rule.name in names and rule.watch_from is not None
    )


def by_rules(
    measured: pl.DataFrame, limits: Mapping[str, Limits]
) -> Iterator[tuple[tuple[Rule, ...], pl.DataFrame]]:
    """The lines of the accounts that are held against the same thresholds, with the rules that say so."""
    alike = defaultdict[tuple[tuple[str, float], ...], list[str]](list)
    for account, own in limits.items():
        alike[tuple(sorted(own.items()))].append(account)
    yield registry(), measured.filter(~pl.col("account_id").is_in(list(limits)))
    for same, accounts in alike.items():
        yield registry(dict(same)), measured.filter(pl.col("account_id").is_in(accounts))


def signals(lines: pl.DataFrame, rules: Sequence[Rule]) -> Iterator[tuple[Signal, ...]]:
    """The signals of each line of :func:`weighed`, in the order of the rules."""
    named = {in_minutes: [_named(rule, in_minutes) for rule in rules] for in_minutes in (False, True)}
    parts = (
        lines.select(f"{part} {rule.name}" for rule in rules).iter_rows()
        for part in ("value", "tripped", "sample")
    )
    for in_minutes, *numbers in zip(lines.select(IN_MINUTES).to_series(), *parts, strict=True):
        yield tuple(
            Signal(name, value, limit, unit, source, tripped, sample)
            for (name, limit, unit, source), value, tripped, sample in zip(
                named[in_minutes], *numbers, strict=True
            )
        )


def _named(rule: Rule, in_minutes: bool) -> tuple[str, float | None, str, str]:
    held = rule.at(in_minutes)
    return rule.name, held.limit, held.unit, rule.source[Language.EN]
