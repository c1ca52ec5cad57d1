"""The audit of plain Parquet files, without any configuration: ``sendepause audit``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from sendepause.audit.activity import day_rows
from sendepause.audit.baseline import SUDDEN, assess
from sendepause.audit.placing import RESOLUTIONS
from sendepause.errors import BadInput
from sendepause.frames import EVENTS, UTC_MS
from sendepause.model import Finding, Signal

NEEDED = ("account_id", "sent_at", "direction", "counterpart", "content")
OPTIONAL = ("event_id", "resolution", "sketch")


def audit_files(
    paths: Iterable[str | Path], as_of: datetime | None = None, window_days: int = 28
) -> list[Finding]:
    """The findings on every account in Parquet files, ordered by account.

    Columns: ``account_id`` (text or whole number), ``sent_at`` (datetime, without a zone UTC),
    ``direction`` (``out``, ``in``), ``counterpart`` and ``content`` (may be null); ``event_id`` and
    ``resolution`` (``ms``, ``s``, ``min``) where they exist; ``sketch`` (a list of unsigned whole
    numbers) where texts were sketched: contents of one account that share a number of theirs count as one;
    others are ignored. Without ``event_id``
    identical rows are distinct events. Where the resolution is not told it is the coarsest that fits all
    of an account's times, so that times cut to minutes are never held against seconds.

    :param as_of: the moment of the audit, without a zone UTC; by default just after the newest event.
        Freshness is judged against it, and later events do not count. Local days are days of UTC.
    :raises BadInput: a file that cannot be read, lacks a column or holds values that cannot be meant.
    """
    frames = [_events(Path(path)) for path in paths]
    if not frames:
        raise BadInput("No file was given.", "Name one Parquet file of events or more.")
    events = _with_resolution(pl.concat(frames))
    newest = events["sent_at"].max()
    if as_of is None:
        if not isinstance(newest, datetime):
            return []
        as_of = newest + timedelta(milliseconds=1)
    as_of = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    rows = day_rows(events.filter(pl.col("sent_at") <= as_of), {})
    return assess(rows, as_of, window_days=window_days, accounts=events["account_id"].unique())


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as the one JSON object of ``sendepause audit``.

    ``reason`` only where there is no verdict; ``last_days`` only where so many last days alone make it: the
    signals that they trip are theirs. A sudden change is a signal beside the others.
    """
    alone = (
        {signal.name: signal for signal in finding.recent.signals if signal.tripped} if finding.recent else {}
    )
    shown = [alone.get(signal.name, signal) for signal in finding.signals]
    line: dict[str, Any] = {
        "account_id": finding.account,
        "verdict": finding.verdict.value,
        "signals": [
            {
                "name": signal.name,
                "value": signal.value,
                "threshold": signal.threshold,
                "unit": signal.unit,
                "source": signal.source,
                "tripped": signal.tripped,
            }
            for signal in (*shown, *_sudden(finding))
        ],
        "messages": finding.messages,
        "days": finding.days,
    }
    if finding.recent is not None:
        line["last_days"] = finding.recent.window_days
    return line if finding.no_data is None else {**line, "reason": finding.no_data.value}


def _sudden(finding: Finding) -> Iterator[Signal]:
    """The changes that stand out, each held against what the account's own past makes of it."""
    for change in finding.changes:
        if change.tripped:
            limit = SUDDEN[change.name]
            threshold = max(limit.at_least, limit.factor * change.usual)
            yield Signal(
                f"sudden_{change.name}", change.value, threshold, "a day", "the account's own past", True
            )


def _events(path: Path) -> pl.DataFrame:
    """One file as events, ``resolution`` null where the file does not tell it."""
    with _readable(path):
        frame = pl.scan_parquet(path, glob=False)
        schema = frame.collect_schema()
    missing = [name for name in NEEDED if name not in schema]
    if missing:
        raise BadInput(
            f"{path} lacks {_listed(missing)}; its columns are {_listed(schema.names())}.",
            f"An audit needs {_listed(NEEDED)}.",
            place=str(path),
        )
    _check_types(path, schema)
    optional = {name: pl.col(name) if name in schema else pl.lit(None) for name in OPTIONAL}
    position = pl.int_range(pl.len(), dtype=pl.UInt32)
    chosen = {"sent_at": _utc(schema["sent_at"]), **optional, "position": position}
    ignored = {"campaign_id": pl.lit(None), "source": pl.lit(None)}
    columns = {name: pl.col(name) for name in NEEDED} | chosen | ignored
    with _readable(path):
        events = frame.select(
            columns[name].cast(dtype).alias(name) for name, dtype in EVENTS.items()
        ).collect()
    _check_values(path, events)
    return events


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as trouble:
        kind = type(trouble).__name__
        raise BadInput(f"{path} cannot be read as a Parquet file ({kind}).", place=str(path)) from trouble


def _utc(dtype: pl.DataType) -> pl.Expr:
    sent_at = pl.col("sent_at")
    aware = isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
    in_utc = sent_at.dt.convert_time_zone("UTC") if aware else sent_at.dt.replace_time_zone("UTC")
    return in_utc.cast(UTC_MS)


def _check_types(path: Path, schema: pl.Schema) -> None:
    wrong = (
        []
        if isinstance(schema["sent_at"], pl.Datetime)
        else [f"sent_at is {schema['sent_at']}, not a datetime"]
    )
    for name in ("account_id", "direction", "counterpart", "content", "event_id", "resolution"):
        dtype = schema.get(name)
        if dtype is not None and not (
            dtype in (pl.String, pl.Categorical, pl.Null) or dtype == pl.Enum or dtype.is_integer()
        ):
            wrong.append(f"{name} is {dtype}, not text")
    sketch = schema.get("sketch", pl.Null())
    if sketch != pl.Null and not (isinstance(sketch, pl.List) and sketch.inner.is_unsigned_integer()):
        wrong.append(f"sketch is {sketch}, not a list of unsigned whole numbers")
    if wrong:
        raise BadInput(
            f"In {path}, {'; '.join(wrong)}.", "Write the column anew with that type.", place=str(path)
        )


def _check_values(path: Path, events: pl.DataFrame) -> None:
    """Every row names its account, its time and a direction that is known, and no resolution that is not."""
    resolution = pl.col("resolution")
    checks = {
        "without account_id": pl.col("account_id").is_null(),
        "without sent_at": pl.col("sent_at").is_null(),
        "whose direction is neither out nor in": ~pl.col("direction").is_in(["out", "in"]).fill_null(False),
        f"whose resolution is none of {_listed(RESOLUTIONS)}": ~resolution.is_in(RESOLUTIONS).fill_null(True),
    }
    for what, wrong in checks.items():
        rows = events.select(pl.col("position").filter(wrong)).to_series()
        if len(rows):
            raise BadInput(
                f"{path} has {len(rows)} rows {what}.",
                "Mend or drop them.",
                place=f"{path}, row {rows[0] + 1}",
            )


def _with_resolution(events: pl.DataFrame) -> pl.DataFrame:
    """Where it is not told: the coarsest resolution that all of the account's times have."""
    told = pl.col("resolution").is_not_null()
    if events.select(told.all()).item():
        return events
    ms = pl.col("sent_at").dt.epoch("ms")

    def whole(unit_ms: int) -> pl.Expr:
        return (told | (ms % unit_ms == 0)).all().over("account_id")

    fitting = (
        pl.when(whole(60_000))
        .then(pl.lit("min"))
        .when(whole(1_000))
        .then(pl.lit("s"))
        .otherwise(pl.lit("ms"))
    )
    return events.with_columns(pl.col("resolution").fill_null(fitting))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
