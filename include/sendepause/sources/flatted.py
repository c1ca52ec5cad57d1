"""The flatted form of JSON, in which n8n's database keeps what an execution did.

A list whose first entry is the value; inside it and the others every text is the number of the entry that
stands there, so that what occurs twice, or inside itself, is written once (github.com/WebReflection/flatted).
"""

from __future__ import annotations

from typing import Any


def unflatted(entries: Any) -> Any:
    """The value, made in place of ``entries``, its parts shared and maybe circular; None for what is not in
    this form."""
    if not isinstance(entries, list) or not entries:
        return None
    try:
        for entry in entries:
            if isinstance(entry, dict):
                for name, value in entry.items():
                    entry[name] = _part(value, entries)
            elif isinstance(entry, list):
                entry[:] = [_part(value, entries) for value in entry]
    except (ValueError, IndexError):
        return None
    return entries[0]


def _part(value: Any, entries: list[Any]) -> Any:
    """A number of an entry is plain digits; other values stand for themselves."""
    if not isinstance(value, str):
        return value
    if not (value.isascii() and value.isdigit() and len(value) < 12):
        raise ValueError
    return entries[int(value)]
