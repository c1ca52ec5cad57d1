"""Moments as tools write them: epochs, or dates with their time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sendepause.sources.numbers import milliseconds


def instant(value: Any) -> int | None:
    """UTC milliseconds of an epoch (see ``milliseconds``) or of ISO 8601 text, also with "UTC" behind it.

    Without an offset it is UTC: that is what the databases of these tools keep. None for everything else.
    """
    if not isinstance(value, str):
        return milliseconds(value)
    text = value.strip().removesuffix(" UTC")
    try:
        moment = datetime.fromisoformat(text)
        at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return round(at.replace(microsecond=0).timestamp()) * 1000 + at.microsecond // 1000
    except (ValueError, OverflowError):
        return milliseconds(value)
