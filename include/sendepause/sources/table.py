"""Reads messages out of any table: CSV, JSON Lines, a JSON array or Parquet, told by the file's content.

``columns`` of the source says which column is what: role (``csv_words.ROLES``) -> name. It is the whole
mapping: nothing else is looked at, since a database's own ``id``, ``type`` or ``account`` may be anything.
Without it the usual names count, as in CSV files. In JSON a name may be a path with dots into nested objects
(``sender.phone``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO

import polars as pl

from sendepause.sources import csv_portions, csv_table, json_records, table_parquet
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.csv_words import ROLES
from sendepause.sources.table_columns import TIMES, check_roles, roles_of, times_in_utc
from sendepause.sources.table_rows import messages
from sendepause.sources.table_values import column

_LOOKED_AT = 1_000
"""So many records tell which columns there are: JSON leaves out what is empty."""


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """All rows as messages; see ``csv_table.read`` for what counts in a row.

    :raises BadInput: where the mapping does not fit (it names the columns that exist), and for what the
        format's own reader refuses.
    """
    start = stream.read(8)
    stream.seek(0)
    if start.startswith(b"PAR1"):
        return table_parquet.read(stream, context)
    text = start.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").removeprefix(b"\xff\xfe").lstrip()
    return _read_json(stream, context) if text[:1] in (b"{", b"[") else _read_csv(stream, context)


def _read_csv(stream: BinaryIO, context: ReadContext) -> Iterator[Reading]:
    head = csv_portions.head_of(stream)
    roles = roles_of(head.header, context.columns, whole=True)
    check_roles(roles, head.header)
    yield from csv_table.read_roles(stream, head, roles, context)


def _read_json(stream: BinaryIO, context: ReadContext) -> Iterator[Reading]:
    first = next(json_records.portions(stream, _LOOKED_AT), [])
    roles = roles_of_records(first, context.columns)

    def portions(only_times: bool) -> Iterator[pl.DataFrame]:
        stream.seek(0)
        row, needed = 1, (*TIMES, "type") if only_times else tuple(ROLES)
        paths = {role: path for role, path in roles.items() if role in needed}
        for records in json_records.portions(stream):
            yield framed(records, paths, row)
            row += len(records)

    yield from messages(portions, context, "JSON", in_utc=times_in_utc(roles))


def roles_of_records(records: Sequence[Mapping[str, Any]], given: Mapping[str, str] | None) -> dict[str, str]:
    """Role -> path. A column that no record at the beginning has is one that does not exist.

    :raises BadInput: where the mapping does not fit.
    """
    if not records:
        return {}
    there = list(dict.fromkeys(key for record in records for key in record))
    paths = [path for path in (given or {}).values() if "." in path and _leads(records, path)]
    roles = roles_of([*there, *paths], given, whole=True)
    check_roles(roles, there)
    return roles


def framed(records: Sequence[Mapping[str, Any]], roles: Mapping[str, str], row: int) -> pl.DataFrame:
    """Records as a portion for ``table_rows``. ``row``: the number of the first.

    :raises BadInput: for a value that no column may hold, with its row.
    """
    columns = {
        role: column(role, path, list(map(partial(_value, path=path), records)), row)
        for role, path in roles.items()
    }
    rows = pl.Series("row", range(row, row + len(records)), dtype=pl.UInt32)
    return pl.DataFrame([rows, *(values.alias(role) for role, values in columns.items())])


def _value(record: Mapping[str, Any], path: str) -> Any:
    if path in record:
        return record[path]
    return json_records.inner(record, *path.split(".")) if "." in path else None


def _leads(records: Sequence[Mapping[str, Any]], path: str) -> bool:
    """Whether a path leads to a field. Inside objects that are all empty nobody knows: it may."""
    above, _, last = path.rpartition(".")
    found = [json_records.inner(record, *above.split(".")) for record in records]
    holders = [holder for holder in found if isinstance(holder, dict)]
    if holders:
        return any(last in holder for holder in holders)
    return any(path.partition(".")[0] in record for record in records)
