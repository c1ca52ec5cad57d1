"""How good the audit is: false accusations of people, recall on machines, over labelled senders.

``python -m sendepause.audit.evaluate [FOLDER]`` prints it, and writes it into ``docs/``. Each week of an
account with at least 20 sends is judged alone, once as recorded and once with its times cut to minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from sendepause.audit.activity import day_rows
from sendepause.audit.rules import Role
from sendepause.audit.signals import BY_NAME, MINIMUM_SENDS, REGISTRY
from sendepause.audit.verdict import judge
from sendepause.frames import EVENTS, UTC_MS
from sendepause.model import Finding, Signal, Verdict

CASES = Path("tests/cases/behaviour")

ONE_DAY_ONLY = "wikipedia_edits"
"""A sample of a single day: its gaps are not the senders' own, so it stays out of the totals."""

TRAITS = tuple(rule.name for rule in REGISTRY if rule.role is Role.TRAIT)

_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_VERDICTS = (Verdict.AUTOMATED, Verdict.BULK, Verdict.WATCH, Verdict.CLEAR)
_LABELS = ("account_id", "account", "source", "label", "kind", "size")


def evaluate(folder: Path, *, to_minutes: bool = False, days: int = 7) -> pl.DataFrame:
    """The judged account-weeks of a folder; see :func:`judged`.

    :param folder: labelled streams as Parquet, with ``label`` (``human``, ``machine``) and ``kind``;
        ``size`` is the number of recipients of a made-up campaign, else null.
    """
    streams = pl.concat([stream(pl.read_parquet(path)) for path in sorted(folder.glob("*.parquet"))])
    return judged(streams, to_minutes=to_minutes, days=days)


def judged(streams: pl.DataFrame, *, to_minutes: bool = False, days: int = 7) -> pl.DataFrame:
    """One row for each account and week with enough sends, in order.

    :param streams: from :func:`stream`; where ``company`` is given, its accounts are judged together.
    :param to_minutes: whether times are cut to whole minutes first.
    :param days: the length of a window; a week, or several.

    :returns: ``account_id`` (of the week), ``account``, ``source``, ``label``, ``kind``, ``size``, ``sends``,
        ``verdict``, ``confidence``; ``tripped``, the names of the signals that are; ``held``, ``watched``
        and ``fact``: whether a pattern other than the score holds, lies in its lower range, a fact holds;
        ``families``, how many traits stand out; and how far each trait has come, 0 to 1.
    """
    if to_minutes:
        streams = streams.with_columns(pl.col("sent_at").dt.truncate("1m"), resolution=pl.lit("min"))
    # Every window is laid onto the same one, as an account of its own: one audit judges them all.
    start = pl.col("sent_at").dt.truncate(f"{days // 7}w")
    laid = streams.with_columns(
        account=pl.concat_str("source", "account_id", separator="|"),
        account_id=pl.concat_str("source", "account_id", start.dt.strftime("%F"), separator="|"),
        sent_at=pl.lit(_MONDAY).cast(UTC_MS) + (pl.col("sent_at") - start),
    )
    events = laid.select(pl.col(name).cast(dtype) for name, dtype in EVENTS.items())
    end = _MONDAY + timedelta(days=days) - timedelta(milliseconds=1)
    companies = dict(laid.drop_nulls("company").select("account_id", "company").unique().iter_rows())
    findings = judge(day_rows(events, {}), end, window_days=days, fresh_days=days, companies=companies)
    rows = [_row(finding) for finding in findings if finding.messages >= MINIMUM_SENDS]
    labels = laid.select(_LABELS).unique(subset="account_id")
    return labels.join(pl.DataFrame(rows, infer_schema_length=None), on="account_id").sort("account_id")


def stream(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of one labelled file as events with labels; times have no zone there."""
    have = frame.with_row_index("position").with_columns(
        pl.col("sent_at").dt.replace_time_zone("UTC").cast(UTC_MS)
    )
    wanted = {**EVENTS, "label": pl.String(), "kind": pl.String(), "size": pl.Int32(), "company": pl.String()}
    return have.select(
        (pl.col(name) if name in have.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in wanted.items()
    )


def _row(finding: Finding) -> dict[str, Any]:
    tripped = {signal.name for signal in finding.signals if signal.tripped}
    others = [
        (signal, BY_NAME[signal.name])
        for signal in finding.signals
        if BY_NAME[signal.name].role is Role.PATTERN and signal.name != "score"
    ]
    held = any(signal.tripped for signal, _ in others)
    return {
        "account_id": finding.account,
        "sends": finding.messages,
        "verdict": finding.verdict.value,
        "confidence": finding.confidence,
        "tripped": sorted(tripped),
        "held": held,
        "watched": not held and any(rule.watches(signal.value) for signal, rule in others),
        "fact": any(BY_NAME[name].role is Role.FACT for name in tripped),
        "families": sum(name in tripped for name in TRAITS),
        **_parts({signal.name: signal for signal in finding.signals}),
    }


def _parts(signals: Mapping[str, Signal]) -> dict[str, float]:
    weights = {name: BY_NAME[name].weight for name in TRAITS}
    return {name: weight.part(signals[name].value) for name, weight in weights.items() if weight is not None}


def summary(weeks: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Weeks and verdicts of each group; a group of people or machines never mixes the two."""
    counts = [(pl.col("verdict") == verdict.value).sum().alias(verdict.value) for verdict in _VERDICTS]
    return weeks.group_by(by).agg(pl.len().alias("weeks"), *counts).sort(by)


def real(weeks: pl.DataFrame) -> pl.DataFrame:
    """The weeks that count in the totals: neither made up nor of a single day."""
    return weeks.filter((pl.col("source") != ONE_DAY_ONLY) & pl.col("size").is_null())


def main(folder: Path) -> None:
    """Print the figures, and write them into the documentation."""
    from sendepause.audit import figures  # draws and fits: needs what only the checks install

    text = figures.figures(folder)
    sys.stdout.write(text)
    figures.write(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CASES)
