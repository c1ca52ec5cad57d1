"""Reads message lists as CSV, with a header row in German or English, as Excel and CRM tools write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

import polars as pl

from sendepause.errors import BadInput
from sendepause.sources import csv_portions
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.csv_portions import Head
from sendepause.sources.table_columns import lacking, roles_of, times_in_utc
from sendepause.sources.table_rows import TIMES, messages

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """All rows as messages. Dates and times without a zone are wall clock in the context's time zone.

    Refused whole, with its place, where a row has no readable date or more fields than the header. A CSV is
    no evidence of the account's kind: every tool can write one. Configured columns count before the usual
    names; those count for the roles that the configuration leaves out.
    """
    head = csv_portions.head_of(stream)
    roles = roles_of(head.header, context.columns, whole=False)
    if lacking(roles):  # perhaps the row is no header, so nothing of it is repeated
        raise BadInput(
            "The header row names no column for the date, or none for the message.",
            "Name the columns, for example: Datum;Uhrzeit;Von;An;Richtung;Nachricht.",
            place="row 1",
        )
    yield from read_roles(stream, head, roles, context)


def read_roles(
    stream: BinaryIO, head: Head, names: Mapping[str, str], context: ReadContext
) -> Iterator[Reading]:
    """The same with the column of each role; of several columns of one name the first."""
    roles = {role: head.header.index(name) for role, name in names.items()}

    def portions(only_times: bool) -> Iterator[pl.DataFrame]:
        first = [roles[role] for role in (*TIMES, "type") if role in roles] if only_times else None
        for portion in csv_portions.portions(stream, head, first):
            yield _by_role(portion, roles)

    separator = _SEPARATORS.get(head.separator, "another separator")
    form = f"CSV in {head.encoding.upper()} with {separator}"
    yield from messages(portions, context, form, in_utc=times_in_utc(names))


def _by_role(portion: pl.DataFrame, roles: Mapping[str, int]) -> pl.DataFrame:
    """The rows with anything in them, the columns named by their roles."""
    here = {role: str(column) for role, column in roles.items() if str(column) in portion.columns}
    times = [here[role] for role in TIMES if role in here]
    without = portion.select(pl.all_horizontal(pl.col(times).str.strip_chars() == "")).to_series()
    if without.any():
        portion = portion.filter(pl.any_horizontal(pl.exclude("row").str.strip_chars() != ""))
    return portion.select("row", **{role: pl.col(column) for role, column in here.items()})
