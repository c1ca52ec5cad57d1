"""Tables for other programs: CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from fastapi import Response

_RUNS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula."""


def csv_of(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV with CR LF (RFC 4180). A text that would be a formula gets an apostrophe before it; a phone
    number stays a number."""
    written = io.StringIO()
    csv.writer(written).writerows([_guarded(value) for value in row] for row in rows)
    return written.getvalue()


def file(content: str, name: str, at: datetime, kind: str = "text/csv") -> Response:
    """A file to keep, with the moment in its name: ``accounts-20261203T0905Z.csv``."""
    stem, _, ending = name.rpartition(".")
    dated = f"{stem}-{at:%Y%m%dT%H%MZ}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{dated}"'}
    return Response(content, media_type=f"{kind}; charset=utf-8", headers=headers)


def _guarded(value: str) -> str:
    is_number = value.startswith("+") and value[1:].isdigit()
    return f"'{value}" if value.startswith(_RUNS) and not is_number else value
