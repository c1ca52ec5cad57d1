"""Reads message lists as CSV, with a header row in German or English, as Excel and CRM tools write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import polars as pl

from sendepause.errors import BadInput
from sendepause.sources import csv_portions
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.csv_portions import Head
from sendepause.sources.csv_words import ROLES
from sendepause.sources.table_columns import misfit, times_in_utc, usual_role
from sendepause.sources.table_rows import TIMES, messages
from sendepause.sources.table_times import fold

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """All rows as messages. Dates and times without a zone are wall clock in the context's time zone.

    Refused whole, with its place, where a row has no readable date or more fields than the header. A CSV is
    no evidence of the account's kind: every tool can write one. Configured columns count before the usual
    names; those count for the roles that the configuration leaves out.
    """
    head = csv_portions.head_of(stream)
    roles = usual_roles(head.header, _given(head.header, context.columns))
    yield from read_roles(stream, head, roles, context)


def read_roles(
    stream: BinaryIO, head: Head, roles: Mapping[str, int], context: ReadContext
) -> Iterator[Reading]:
    """The same with the column (from 0) of each role."""
    in_utc = times_in_utc({role: head.header[column] for role, column in roles.items()})

    def portions(only_times: bool) -> Iterator[pl.DataFrame]:
        first = [roles[role] for role in (*TIMES, "type") if role in roles] if only_times else None
        for portion in csv_portions.portions(stream, head, first):
            yield _by_role(portion, roles)

    separator = _SEPARATORS.get(head.separator, "another separator")
    form = f"CSV in {head.encoding.upper()} with {separator}"
    yield from messages(portions, context, form, in_utc=in_utc)


def _by_role(portion: pl.DataFrame, roles: Mapping[str, int]) -> pl.DataFrame:
    """The rows with anything in them, the columns named by their roles."""
    here = {role: str(column) for role, column in roles.items() if str(column) in portion.columns}
    times = [here[role] for role in TIMES if role in here]
    without = portion.select(pl.all_horizontal(pl.col(times).str.strip_chars() == "")).to_series()
    if without.any():
        portion = portion.filter(pl.any_horizontal(pl.exclude("row").str.strip_chars() != ""))
    return portion.select("row", **{role: pl.col(column) for role, column in here.items()})


def _given(header: Sequence[str], given: Mapping[str, str] | None) -> dict[str, int]:
    folded = [fold(name) for name in header]
    roles: dict[str, int] = {}
    for role, name in (given or {}).items():
        if role not in ROLES or fold(name) not in folded:
            raise misfit(role, name, header)
        roles[role] = folded.index(fold(name))
    return roles


def usual_roles(header: Sequence[str], given: Mapping[str, int]) -> dict[str, int]:
    """Role -> column: the given ones, and by the usual names; the first column of a role counts.

    :raises BadInput: where no column tells the time, or none the message.
    """
    roles = dict(given)
    taken = set(roles.values())
    for column, name in enumerate(header):
        usual = usual_role(name)
        if usual is not None and usual not in roles and column not in taken:
            roles[usual] = column
    if not (set(TIMES) & roles.keys()) or not (roles.keys() - set(TIMES) - {"id", "type", "media"}):
        raise BadInput(
            "The header row names no column for the date, or none for the message.",
            "Name the columns, for example: Datum;Uhrzeit;Von;An;Richtung;Nachricht.",
            place="row 1",
        )
    return roles
