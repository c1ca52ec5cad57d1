"""Reads WhatsApp's own chat exports: ``.txt``, and ``.zip`` with the text inside.

The format of the headers is told from the first one; then Polars splits, joins and reads the whole file at
once. Python looks only at what is few: distinct dates and times, authors with quotation marks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import time
from typing import Any, BinaryIO

import polars as pl

from sendepause.errors import BadInput
from sendepause.frames import MESSAGES
from sendepause.model import Evidence, Resolution
from sendepause.sources.archive import chat_in, is_zip
from sendepause.sources.base import ReadContext, Reading, take, zone
from sendepause.sources.content import clean, contents, notices
from sendepause.sources.dates import as_date, contradiction, order_of, to_utc
from sendepause.sources.header import CANDIDATE, Format
from sendepause.sources.notices import GROUP, is_sure
from sendepause.sources.parties import Parties, parties
from sendepause.sources.split import split
from sendepause.sources.text import MARKS, SPACES, decode

MAX_LINE = 1024 * 1024
"""Longest line in bytes. WhatsApp's messages end at 65,536 characters."""
_MAX_CANDIDATES = 20_000
_TOLD = ("position", "sent_at", "author", "text", "media", "system", "direction", "counterpart")
_PROGRAM = (
    r"^(?:[\w.-]+[ .-]+)*\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|ALERT|EMERG\w*)\]?"
    r"(?:[ .-]+[\w.-]+)*$"
)
"""What programs write where a chat has its authors."""


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """One chat, in the file's order. Refuses what is no chat, is damaged, or has dates with two readings."""
    time_zone = zone(context).key
    chat_name = name
    if is_zip(stream, name):
        data, inner = chat_in(stream)
        chat_name = name if inner.lower() == "_chat.txt" else inner
    else:
        data = take(stream)
    text = decode(data)
    form, skipped = _format(text)
    lines, order = _dated(_headers(_records(text, form), form), form, context.locale)
    messages = _authored(lines, context)
    who = parties(messages, chat_name, context)
    yield Reading(
        messages=_table(messages, to_utc(messages["wall"], time_zone), who),
        resolution=Resolution.S if form.has_seconds else Resolution.MIN,
        evidence=Evidence.CONSUMER,
        notes=(
            *who.notes,
            *([f"{skipped} lines before the first message were left out."] if skipped else []),
            *filter(None, [contradiction(order, context.locale)]),
        ),
        form=form.described(order),
    )


def _format(text: str) -> tuple[Format, int]:
    """The format of the first header, and the number of lines with words before it."""
    lines = pl.Series([text], dtype=pl.String).str.split("\n").explode()
    longest = int(lines.str.len_bytes().max() or 0)  # type: ignore[arg-type]
    if longest > MAX_LINE:
        place = int(lines.str.len_bytes().arg_max() or 0) + 1
        raise BadInput(
            "A line is longer than any message can be.", "Export the chat again.", place=f"line {place}"
        )
    candidates = lines.str.contains(CANDIDATE).arg_true()
    for place in candidates.head(_MAX_CANDIDATES):
        form = Format.of(lines[place])
        if form is not None:
            if form.has_unknown_word:
                raise BadInput(
                    "The times of day stand beside a word that is not known.",
                    "Set the phone to the 24-hour clock, or to English, and export the chat again.",
                    place=f"line {place + 1}",
                )
            before = lines.head(place).str.replace_all(f"[{MARKS}{SPACES}\r]", "")
            return form, int((before != "").sum())
    raise BadInput(
        "No line is a WhatsApp message header.",
        "Give the text that WhatsApp's 'Export chat' makes, unchanged.",
    )


def _records(text: str, form: Format) -> pl.Series:
    """The file's lines, as its messages end them.

    Where messages end with CR LF (the iPhone), a bare LF stands inside a message, and a header after it
    was pasted. A file is of that kind if its headers follow CR LF, and hardly ever a bare LF.
    """
    lines = pl.Series([text], dtype=pl.String).str.split("\n").explode()
    if "\r\n" not in text:
        return lines
    header = lines.str.contains(form.pattern)
    ended = lines.str.ends_with("\r")
    after_crlf = ended.shift(1, fill_value=True)
    with_cr, with_lf = int((header & after_crlf)[1:].sum()), int((header & ~after_crlf)[1:].sum())
    only_ends = bool((header | ~after_crlf | (lines == ""))[1:].all())
    if with_cr and (with_cr >= with_lf or (only_ends and with_cr * 10 >= with_lf)):
        return pl.Series([text], dtype=pl.String).str.split("\r\n").explode()
    return lines.str.strip_suffix("\r")


def _headers(records: pl.Series, form: Format) -> pl.DataFrame:
    """Lines with the groups of their header (``date``, ``time``, ``rest``; null where they have none)."""
    groups = records.str.extract_groups(form.pattern).struct.unnest()
    return groups.with_columns(line=records)


def _dated(lines: pl.DataFrame, form: Format, locale: str | None) -> tuple[pl.DataFrame, str]:
    """Messages with their wall clock (``wall``) and what follows the header (``rest``, lines joined by LF),
    and what comes first in their dates.

    A header with an impossible date or time, or with another width of its numbers, is text.
    """
    numbers = _distinct(lines["date"], form.date_numbers)
    clocks = _distinct(lines["time"], form.clock)
    known = lines.filter(
        pl.col("date").is_in([text for text, found in numbers.items() if found])
        & pl.col("time").is_in([text for text, found in clocks.items() if found])
    )["date"]
    changes = known.filter(known != known.shift(1, fill_value="")).to_list()
    order = order_of(
        [numbers[text] for text in changes],
        year_first=form.year_first,
        dotted=form.day_first,
        locale=locale,
    )
    days = {text: found and as_date(found, order) for text, found in numbers.items()}
    seconds = {text: found and _seconds(found) for text, found in clocks.items()}
    day = pl.col("date").replace_strict(days, default=None, return_dtype=pl.Date)
    second = pl.col("time").replace_strict(seconds, default=None, return_dtype=pl.Int64)
    lines = lines.with_columns(wall=day.cast(pl.Datetime("ms")) + pl.duration(seconds=second, time_unit="ms"))
    is_header = pl.col("wall").is_not_null()
    messages = (
        lines.select(
            "wall",
            message=is_header.cum_sum(),
            line=pl.when(is_header).then(pl.col("rest")).otherwise(pl.col("line")),
        )
        .filter(pl.col("message") > 0)
        .group_by("message", maintain_order=True)
        .agg(pl.col("wall").first(), rest=pl.col("line").str.join("\n"))
    )
    if messages.is_empty():
        raise BadInput("No line has a date that exists.", "Export the chat again.")
    return messages.drop("message"), order


def _seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def _distinct(values: pl.Series, parse: Callable[[str], Any]) -> dict[str, Any]:
    return {value: parse(value) for value in values.drop_nulls().unique().to_list()}


def _authored(messages: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """Adds ``author`` (as shown; null for notices), ``text``, ``media``, ``deleted_by_owner`` and ``label``.

    ``label`` is the name that a notice is labelled with, null elsewhere.
    """
    owners = [name for name in (context.owner, *context.owner_names) if name]
    table = messages.hstack(split(messages["rest"], owners))
    table = table.hstack(contents(table["body"]))
    shown = pl.col("author").str.replace_all(f"[{MARKS}]", "").str.replace_all(f"[{SPACES}]", " ")
    table = table.with_columns(author=shown.str.strip_chars())
    own = pl.col("author").is_not_null() & ~pl.col("media") & ~pl.col("deleted")
    notice = notices(table.with_columns(candidate=own))
    table = table.with_columns(system=pl.col("author").is_null() | notice)
    _refuse_logs(table)
    return table.with_columns(
        label=pl.when("system").then(pl.col("author")),
        author=pl.when("system").then(None).otherwise(pl.col("author")),
        media=pl.col("media") & ~pl.col("system"),
        text=pl.when("system").then(clean(pl.col("body"))).otherwise(pl.col("text")),
    )


def _refuse_logs(table: pl.DataFrame) -> None:
    authors = table.filter(~pl.col("system"))["author"].unique()
    if len(authors):
        a_log = bool(authors.str.contains(_PROGRAM).all())
    else:
        lines = table.select(clean(pl.col("body"))).to_series()
        a_log = not (is_sure(lines) | lines.str.contains(GROUP)).any()
    if a_log:
        raise BadInput(
            "The file is a log, not a WhatsApp chat.", "Give the text that 'Export chat' makes, unchanged."
        )


def _table(messages: pl.DataFrame, sent_at: pl.Series, who: Parties) -> pl.DataFrame:
    mine = pl.col("author").is_in(who.owner_spellings)
    direction = pl.when(pl.col("system") | pl.lit(not who.owner_spellings and not who.all_in)).then(None)
    return (
        messages.with_columns(
            sent_at=sent_at,
            direction=direction.when(mine).then(pl.lit("out")).otherwise(pl.lit("in")),
            counterpart=pl.when("system").then(None).otherwise(pl.lit(who.counterpart)),
        )
        .with_columns(
            pl.lit(None, dtype=MESSAGES[name]).alias(name) for name in MESSAGES.names() if name not in _TOLD
        )
        .with_row_index("position")
        .select(pl.col(name).cast(dtype) for name, dtype in MESSAGES.items())
    )
