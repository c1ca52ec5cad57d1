"""What was found in a file, for who wonders why it reads as it does: in clear, and stored nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from sendepause.model import Evidence, Resolution
from sendepause.sources.base import ReadContext, Reading

_MOST = 20  # authors, accounts and the like that are listed
_RESOLUTIONS = {Resolution.MIN: "minutes", Resolution.S: "seconds", Resolution.MS: "milliseconds"}
_EVIDENCE = {
    Evidence.CONSUMER: "a consumer product wrote or sent this",
    Evidence.PLATFORM: "only the WhatsApp Business Platform sends this",
    None: "none: any tool can write such a file",
}


def diagnosis(kind: str, reading: Reading, context: ReadContext) -> Iterator[str]:
    """A line for each thing that is known: the format, time zone, resolution, messages, the first and the
    last one, authors, and what was left out and why. Times are those of the context's zone."""
    messages = reading.messages
    written = messages.filter(~pl.col("system"))
    yield _line("kind", kind)
    yield _line("format", reading.form or "as its tool writes it")
    yield _line("times", f"shown in {context.time_zone}, told to the {_RESOLUTIONS[reading.resolution][:-1]}")
    if context.locale:
        yield _line("locale", context.locale)
    of_app = len(messages) - len(written)
    media = int(written["media"].sum())
    yield _line(
        "messages", f"{len(written):,}, {media:,} of them with media; {of_app:,} lines of the app itself"
    )
    yield _line("directions", ", ".join(_directions(written)) or "none")
    if len(messages):
        stamps = messages["sent_at"].sort().dt.convert_time_zone(context.time_zone)
        yield _line("first", f"{stamps[0]:%Y-%m-%d %H:%M:%S %z}")
        yield _line("last", f"{stamps[-1]:%Y-%m-%d %H:%M:%S %z}")
    yield _line("texts", f"not in the file for {int(written['text'].null_count()):,} messages")
    own = written.filter(pl.col("direction") == "out")["author"].unique().to_list()
    yield from _counted("author", written["author"], dict.fromkeys(own, " (the account)"))
    yield from _counted("account", written["account"], {})
    yield _line("other sides", f"{written['counterpart'].n_unique():,}" if len(written) else "none")
    for column in ("template", "category", "error", "campaign_id"):
        yield from _counted(column.removesuffix("_id"), written[column].cast(pl.String), {})
    yield _line("evidence", _EVIDENCE[reading.evidence])
    for note in reading.notes or ("nothing was left out.",):
        yield _line("note", note)


def _directions(written: pl.DataFrame) -> Iterator[str]:
    words = {"out": "sent by the account", "in": "received", None: "of unknown direction"}
    counts = dict(written["direction"].value_counts().rows())
    return (f"{counts[direction]:,} {word}" for direction, word in words.items() if counts.get(direction))


def _counted(label: str, values: pl.Series, marks: dict[str, str]) -> Iterator[str]:
    """The most frequent values with their counts; nothing where there are none."""
    counts = values.drop_nulls().value_counts(sort=True)
    for value, count in counts.head(_MOST).iter_rows():
        yield _line(label, f"{value or '(no name)'}: {count:,}{marks.get(value, '')}")
    if len(counts) > _MOST:
        yield _line(label, f"and {len(counts) - _MOST:,} more")


def _line(label: str, text: str) -> str:
    """One line for a terminal, which no name from a file may steer."""
    return f"{label + ':':<13}" + "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text
    )
