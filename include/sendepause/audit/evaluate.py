"""How good the audit is: false accusations of people, recall on machines, over labelled senders.

``python -m sendepause.audit.evaluate [FOLDER]``. Each week of an account with at least 20 sends is judged
alone, once as recorded and once with its times cut to minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from scipy.stats import binomtest

from sendepause.audit.activity import day_rows
from sendepause.audit.signals import MINIMUM_SENDS
from sendepause.audit.verdict import judge
from sendepause.frames import EVENTS, UTC_MS
from sendepause.model import Verdict

CASES = Path("tests/cases/behaviour")

ONE_DAY_ONLY = "wikipedia_edits"
"""A sample of a single day: its gaps are not the senders' own, so it stays out of the totals."""

_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_VERDICTS = (Verdict.AUTOMATED, Verdict.BULK, Verdict.WATCH, Verdict.CLEAR)


def evaluate(folder: Path, *, to_minutes: bool = False) -> pl.DataFrame:
    """The judged account-weeks, one row each: ``source``, ``label``, ``kind``, ``size``, ``verdict``.

    :param folder: labelled streams as Parquet, with ``label`` (``human``, ``machine``) and ``kind``;
        ``size`` is the number of recipients of a made-up campaign, else null.
    :param to_minutes: whether times are cut to whole minutes first.
    """
    streams = pl.concat([_stream(path) for path in sorted(folder.glob("*.parquet"))])
    if to_minutes:
        streams = streams.with_columns(pl.col("sent_at").dt.truncate("1m"), resolution=pl.lit("min"))
    # Every week is laid onto the same one, as an account of its own: one audit judges them all.
    week = pl.col("sent_at").dt.truncate("1w")
    weeks = streams.with_columns(
        account_id=pl.concat_str("source", "account_id", week.dt.strftime("%F"), separator="|"),
        sent_at=pl.lit(_MONDAY).cast(UTC_MS) + (pl.col("sent_at") - week),
    )
    events = weeks.select(pl.col(name).cast(dtype) for name, dtype in EVENTS.items())
    end = _MONDAY + timedelta(days=7) - timedelta(milliseconds=1)
    judged = [
        finding
        for finding in judge(day_rows(events, {}), end, window_days=7)
        if finding.messages >= MINIMUM_SENDS
    ]
    verdicts = pl.DataFrame(
        {"account_id": [finding.account for finding in judged], "verdict": [f.verdict.value for f in judged]}
    )
    labels = weeks.select("account_id", "source", "label", "kind", "size").unique(subset="account_id")
    return verdicts.join(labels, on="account_id").drop("account_id")


def summary(judged: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Weeks and verdicts of each group; a group of people or machines never mixes the two."""
    counts = [(pl.col("verdict") == verdict.value).sum().alias(verdict.value) for verdict in _VERDICTS]
    return judged.group_by(by).agg(pl.len().alias("weeks"), *counts).sort(by)


def _stream(path: Path) -> pl.DataFrame:
    frame = pl.read_parquet(path).with_row_index("position")
    size = pl.col("size") if "size" in frame.columns else pl.lit(None)
    return frame.select(
        "account_id",
        "position",
        "resolution",
        "direction",
        "counterpart",
        "content",
        "label",
        "kind",
        "source",
        size.cast(pl.Int32).alias("size"),
        pl.col("sent_at").dt.replace_time_zone("UTC").cast(UTC_MS),
        pl.lit(None, pl.String).alias("event_id"),
        pl.lit(None, pl.String).alias("campaign_id"),
    )


def report(folder: Path) -> str:
    """Everything as text: each source, and the totals without ``ONE_DAY_ONLY``."""
    lines = []
    for title, to_minutes in (("Times as recorded", False), ("Times cut to minutes", True)):
        judged = evaluate(folder, to_minutes=to_minutes)
        real = judged.filter((pl.col("source") != ONE_DAY_ONLY) & pl.col("size").is_null())
        made_up = judged.filter(pl.col("size").is_not_null())
        lines += [title, _HEADER]
        lines += _lines(summary(judged.filter(pl.col("size").is_null()), ["label", "source", "kind"]))
        lines += _lines(summary(made_up, ["label", "source", "kind", "size"]))
        lines += _lines(
            summary(real.with_columns(source=pl.lit("all but " + ONE_DAY_ONLY)), ["label", "source"])
        )
        lines.append("")
    return "\n".join(lines)


_HEADER = (
    f"{'who':<58}{'weeks':>6}{'autom.':>7}{'bulk':>6}{'watch':>6}   automated, 95 %    any verdict, 95 %"
)


def _lines(table: pl.DataFrame) -> list[str]:
    return [_line(row) for row in table.iter_rows(named=True)]


def _line(row: dict[str, Any]) -> str:
    who = " ".join(str(row[name]) for name in ("label", "source", "kind", "size") if name in row)
    counts = f"{row['weeks']:>6}{row['automated']:>7}{row['bulk']:>6}{row['watch']:>6}"
    automated, any_verdict = (
        _wilson(row["automated"], row["weeks"]),
        _wilson(row["weeks"] - row["clear"], row["weeks"]),
    )
    return f"{who:<58}{counts}   {automated:<18} {any_verdict}"


def _wilson(hits: int, weeks: int) -> str:
    interval = binomtest(hits, weeks).proportion_ci(method="wilson")
    return f"{100 * interval.low:.1f} to {100 * interval.high:.1f} %"


if __name__ == "__main__":
    sys.stdout.write(report(Path(sys.argv[1]) if len(sys.argv) > 1 else CASES))
