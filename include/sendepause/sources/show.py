"""A reading as lines for a person's eyes: in clear, and stored nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator

import polars as pl

from sendepause.sources.base import Reading


def as_json_lines(reading: Reading, time_zone: str) -> Iterator[str]:
    """One JSON object a message: ``sent_at`` (ISO 8601 with ``time_zone``'s offset, whole seconds),
    ``author`` (null for a system line), ``text``, ``media``, ``system``. Control characters are escaped.
    """
    shown = reading.messages.select(
        pl.col("sent_at").dt.convert_time_zone(time_zone).dt.truncate("1s"),
        "author",
        "text",
        "media",
        "system",
    )
    for sent_at, author, text, media, system in shown.iter_rows():
        record = {
            "sent_at": sent_at.isoformat(),
            "author": author,
            "text": text,
            "media": media,
            "system": system,
        }
        yield json.dumps(record, ensure_ascii=False)
