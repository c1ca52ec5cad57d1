"""Numbers and time stamps as JSON tools write them."""

from __future__ import annotations

import re
from typing import Any

_BARE = re.compile(r"\d{5,20}")
_PERSON_SERVERS = frozenset({"s.whatsapp.net", "c.us", "hosted"})
NEWEST_MS = 253_402_300_799_999
"""The end of the year 9999, where dates end, in UTC milliseconds."""


def address(value: Any) -> str | None:
    """A JID, a bare number or a shown name as the author that a person reads.

    ``49171…@s.whatsapp.net``, ``49171…:75@c.us`` and ``49171…`` give ``+49171…``; groups and ``@lid``
    stay as they are; everything else is a name. None for what is empty or no text.
    """
    if isinstance(value, dict):  # web clients give JIDs as objects too
        value = value.get("_serialized") or (
            f"{value['user']}@{value['server']}" if "user" in value and "server" in value else None
        )
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**20 else None
    if not isinstance(value, str) or not value.strip():
        return None
    value = value.strip()
    user, at, server = value.partition("@")
    if at and server in _PERSON_SERVERS:
        user = user.partition(":")[0].partition("_")[0]
        return f"+{user}" if _BARE.fullmatch(user) else value
    return f"+{value}" if _BARE.fullmatch(value) else value


def phone(value: Any) -> str | None:
    """A number that is the account's own for certain (it may be spaced or dashed), as ``+`` and digits."""
    shown = address(value)
    if shown is None or "@" in shown:
        return shown
    digits = re.sub(r"\D", "", shown)
    return f"+{digits}" if digits else None


def is_lid(value: Any) -> bool:
    """Whether an address hides its number (``…@lid``)."""
    return isinstance(value, str) and value.endswith("@lid")


def milliseconds(value: Any) -> int | None:
    """A time stamp as UTC milliseconds.

    Seconds as number or text, milliseconds where it has 13 digits, or protobuf's Long as an object
    (``{"low": …, "high": …, "unsigned": …}``). None for everything else.
    """
    if isinstance(value, dict):
        if (written := value.get("$numberLong", value.get("$numberInt"))) is not None:  # MongoDB's exports
            return milliseconds(written) if isinstance(written, str) else None
        low, high = value.get("low"), value.get("high")
        if not isinstance(low, int) or not isinstance(high, int):
            return None
        value = (high << 32) + (low & 0xFFFFFFFF)
    if isinstance(value, str):
        if not re.fullmatch(r"\s*\d{1,15}(?:\.\d{1,9})?\s*", value, re.ASCII):
            return None
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 < value <= NEWEST_MS:  # NaN fails too
        return None
    if value >= 10**11:
        return int(value)
    seconds = int(value)  # fractions are cut off: a message of .9996 is none of the next second
    return seconds * 1000 + min(round((value - seconds) * 1000), 999)
