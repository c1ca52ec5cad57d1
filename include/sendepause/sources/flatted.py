"""The flatted form of JSON, in which n8n's database keeps what an execution did.

A list whose first entry is the value; inside it and the others every text is the number of the entry that
stands there, so that what occurs twice, or inside itself, is written once (github.com/WebReflection/flatted).
"""

from __future__ import annotations

from typing import Any


def unflatted(entries: Any) -> Any:
    """The value, its parts shared and maybe circular; None for what is not in this form."""
    if not isinstance(entries, list) or not entries:
        return None
    made: list[Any] = [_empty(entry) for entry in entries]
    try:
        for entry, target in zip(entries, made, strict=True):
            if isinstance(entry, dict):
                target.update((name, _part(value, made)) for name, value in entry.items())
            elif isinstance(entry, list):
                target.extend(_part(value, made) for value in entry)
    except (ValueError, IndexError):
        return None
    return made[0]


def _empty(entry: Any) -> Any:
    return {} if isinstance(entry, dict) else [] if isinstance(entry, list) else entry


def _part(value: Any, made: list[Any]) -> Any:
    """A number of an entry is plain digits; other values stand for themselves."""
    if not isinstance(value, str):
        return value
    if not (value.isascii() and value.isdigit() and len(value) < 12):
        raise ValueError
    return made[int(value)]
