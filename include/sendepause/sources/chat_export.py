"""Reads WhatsApp's own chat exports: ``.txt``, and ``.zip`` with the text inside.

``chat_lines`` finds the messages; here they get their authors and contents, for the whole file at once.
Python looks only at what is few, such as authors with quotation marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from sendepause.errors import BadInput
from sendepause.frames import MESSAGES, mapped
from sendepause.model import Evidence, Resolution
from sendepause.sources.archive import chat_in, is_zip
from sendepause.sources.base import MAX_CHAT_BYTES, ReadContext, Reading, take, zone
from sendepause.sources.chat_lines import dated
from sendepause.sources.content import contents, notices
from sendepause.sources.dates import contradiction, to_utc
from sendepause.sources.header import Format
from sendepause.sources.notices import GROUP, is_sure
from sendepause.sources.parties import Parties, parties
from sendepause.sources.split import split
from sendepause.sources.text import as_utf8, plainly

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
        data = take(stream, MAX_CHAT_BYTES)
    chat = dated(as_utf8(data), context.locale)
    messages = _authored(chat.messages, context, chat.form)
    who = parties(messages, chat_name, context)
    yield Reading(
        messages=_table(messages, to_utc(messages["wall"], time_zone), who),
        resolution=Resolution.S if chat.form.has_seconds else Resolution.MIN,
        evidence=Evidence.CONSUMER,
        notes=(
            *who.notes,
            *([f"{chat.skipped} lines before the first message were left out."] if chat.skipped else []),
            *filter(None, [contradiction(chat.order, context.locale)]),
        ),
        form=chat.form.described(chat.order),
    )


def _authored(messages: pl.DataFrame, context: ReadContext, form: Format) -> pl.DataFrame:
    """Adds ``author`` (as shown; null for notices), ``text``, ``media``, ``deleted_by_owner`` and ``label``.

    ``label`` is the name that a notice is labelled with, null elsewhere.
    """
    owners = [name for name in (context.owner, *context.owner_names) if name]
    table = messages.hstack(split(messages["rest"], owners))
    table = table.hstack(contents(table["body"]))
    table = table.with_columns(author=mapped(table["author"], plainly))
    own = pl.col("author").is_not_null() & ~pl.col("media") & ~pl.col("deleted")
    notice = notices(table.with_columns(candidate=own), labels=not form.on_android)
    table = table.with_columns(system=pl.col("author").is_null() | notice)
    _refuse_logs(table)
    return table.with_columns(
        label=pl.when("system").then(pl.col("author")),
        author=pl.when("system").then(None).otherwise(pl.col("author")),
        media=pl.col("media") & ~pl.col("system"),
        text=pl.when("system").then(pl.col("shown")).otherwise(pl.col("text")),
    )


def _refuse_logs(table: pl.DataFrame) -> None:
    authors = table.filter(~pl.col("system"))["author"].unique()
    if len(authors):
        a_log = bool(authors.str.contains(_PROGRAM).all())
    else:
        lines = table["shown"]
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
