"""Reads messages out of Parquet: the mapped columns alone, slice by slice."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import BinaryIO, cast

import polars as pl

from sendepause.errors import BadInput
from sendepause.sources import table_footer
from sendepause.sources.base import ReadContext, Reading, take
from sendepause.sources.csv_portions import LONGEST
from sendepause.sources.table_columns import check_roles, roles_of, times_in_utc
from sendepause.sources.table_rows import TIMES, messages
from sendepause.sources.table_values import too_long, unusable

_SLICE = 50_000  # rows that are unpacked at a time
_AT_ONCE = 32 * 1024 * 1024  # bytes of text that are worked on at a time


def read(stream: BinaryIO, context: ReadContext) -> Iterator[Reading]:
    """All rows as messages. A file of another machine's storage may have 128 MiB, a local one any size.

    :raises BadInput: for damage, absurd sizes, a mapping that does not fit, a column of a type that is no
        text, number, time or yes and no.
    """
    table_footer.check(stream, ())
    source = stream if isinstance(stream, io.BufferedReader) else io.BytesIO(_whole(stream))
    schema = _schema(source)
    roles = roles_of(schema.names(), context.columns, whole=True)
    check_roles(roles, schema.names())
    shown = {role: _shown(role, name, schema[name]) for role, name in roles.items()}
    table_footer.check(stream, set(roles.values()))

    def portions(only_times: bool) -> Iterator[pl.DataFrame]:
        needed = (*TIMES, "type") if only_times else tuple(shown)
        return _slices(source, {role: shown[role] for role in needed if role in shown})

    yield from messages(portions, context, "Parquet", in_utc=times_in_utc(roles))


def _whole(stream: BinaryIO) -> bytes:
    stream.seek(0)
    return take(stream)


def _schema(source: BinaryIO) -> pl.Schema:
    try:
        return _scan(source).collect_schema()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise _unreadable() from None


def _scan(source: BinaryIO) -> pl.LazyFrame:
    source.seek(0)
    return pl.scan_parquet(source, hive_partitioning=False, glob=False)


def _unreadable() -> BadInput:
    return BadInput("The Parquet file is damaged, or written in a way that is not known.", "Write it again.")


def _slices(source: BinaryIO, shown: Mapping[str, pl.Expr]) -> Iterator[pl.DataFrame]:
    start = 0
    while True:
        try:
            found = _scan(source).slice(start, _SLICE).select(**shown).collect()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
            raise _unreadable() from None
        if found.is_empty():
            return
        yield from _of_few_bytes(found.with_row_index("row", offset=start + 1))
        start += len(found)


def _of_few_bytes(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows in parts: a text that stands in a file once may stand in all rows of a slice."""
    if pl.String not in rows.dtypes:
        yield rows
        return
    texts = pl.col(pl.String)
    sizes = rows.select(pl.sum_horizontal(texts.str.len_bytes())).to_series()
    if (rows.select(texts.str.len_bytes().max()).max_horizontal().item() or 0) > LONGEST:
        long = rows.select("row", long=pl.any_horizontal(texts.str.len_chars() > LONGEST)).filter("long")
        if len(long):
            raise too_long(long["row"][0])
    parts = max(1, -(-int(sizes.sum()) // _AT_ONCE))
    yield from rows.iter_slices(max(1, len(rows) // parts))


def _shown(role: str, name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as what ``table_rows`` takes: times as they are, everything else as text, empty for null."""
    value = pl.col(name)
    if role == "sent_at" and (isinstance(dtype, pl.Datetime) or dtype.is_numeric()):
        return value
    if isinstance(dtype, pl.Datetime):
        value = value.dt.to_string("%Y-%m-%d %H:%M:%S" if dtype.time_zone is None else "%Y-%m-%d %H:%M:%S%:z")
    elif dtype == pl.Time:
        value = value.dt.to_string("%H:%M:%S")
    elif dtype.is_float():
        whole = value.cast(pl.Int64, strict=False)
        value = pl.when(whole == value).then(whole.cast(pl.String)).otherwise(value.cast(pl.String))
    elif dtype.is_decimal():
        value = value.cast(pl.String)
        if cast(pl.Decimal, dtype).scale:
            value = value.str.replace(r"\.?0+$", "")
    elif not (dtype in _PLAIN or dtype.is_integer()):
        raise unusable(role, name, str(dtype).partition("(")[0], f"column {role}")
    return value.cast(pl.String).fill_null("")


_PLAIN = (pl.String, pl.Binary, pl.Boolean, pl.Date, pl.Null, pl.Categorical, pl.Enum)
