"""Values of JSON and of databases as the text that a table's column holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import polars as pl

from sendepause.errors import BadInput
from sendepause.sources.csv_portions import LONGEST
from sendepause.sources.table_columns import clean
from sendepause.sources.text import sound


def column(role: str, name: str, values: Sequence[Any], row: int) -> pl.Series:
    """One column as text, empty where there is nothing. ``row``: the number of the first value.

    :raises BadInput: for a value that is no text, number, time or yes and no, or one longer than any message.
    """
    made = [_SHOWN[type(value)](value) if type(value) in _SHOWN else _other(value) for value in values]
    if None in made:
        at = made.index(None)
        raise unusable(role, name, type(values[at]).__name__, f"row {row + at}")
    texts = pl.Series(role, made, dtype=pl.String)
    long = (texts.str.len_chars() > LONGEST).arg_true()
    if len(long):
        raise too_long(row + long[0])
    return texts


def unusable(role: str, name: str, kind: str, place: str) -> BadInput:
    """A column that holds what cannot be read as its role."""
    return BadInput(
        f"The column {clean(name)}, named for {role}, holds {kind[:40]}, which is no text, number or time.",
        "Name a column of plain values in sources.yaml; in JSON, a path with dots names a value"
        " in an object.",
        place=place,
    )


def too_long(row: int) -> BadInput:
    """A value longer than any message."""
    return BadInput(
        f"A value is longer than {LONGEST:,} characters, which no message is.",
        "Check which column is the text.",
        place=f"row {row}",
    )


def _other(value: Any) -> str | None:
    """Subclasses, such as an Enum's text or a pendulum datetime; None for what is no plain value."""
    return next((shown(value) for kind, shown in _SHOWN.items() if isinstance(value, kind)), None)


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _decimal(value: Decimal) -> str:
    if not value.is_finite() or abs(value.adjusted()) > 40:
        return ""
    return format(value.quantize(Decimal(1)) if value == value.to_integral_value() else value, "f")


_SHOWN: dict[type, Any] = {
    str: sound,
    type(None): lambda _: "",
    bool: lambda value: "true" if value else "false",
    int: lambda value: str(value) if abs(value) < 10**40 else "",
    float: _number,
    Decimal: _decimal,
    datetime: lambda value: value.isoformat(" ", "seconds"),
    date: date.isoformat,
    time: lambda value: value.isoformat("seconds"),
    UUID: str,
}
