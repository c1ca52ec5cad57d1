"""What every reader takes and gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol
from zoneinfo import ZoneInfo

import polars as pl

from sendepause.errors import BadInput
from sendepause.frames import MESSAGES
from sendepause.model import Evidence, Resolution
from sendepause.sources.text import sound

MAX_BYTES = 128 * 1024 * 1024
"""Most bytes that a reader takes into memory."""

MAX_CHAT_BYTES = 64 * 1024 * 1024
"""The same for a chat, which is read as a whole: 750,000 lines of usual length. WhatsApp exports the newest
40,000 messages of a chat."""

MAX_CHAT_LINES = 2_000_000
"""Most lines of a chat: what reading takes of memory goes by lines as much as by bytes."""


@dataclass(frozen=True)
class ReadContext:
    """What the caller knows and the file may not say.

    ``time_zone`` is an IANA name: the zone of wall clocks without an offset. ``owner`` is the account
    holder's name or number as the file shows it, ``owner_names`` further spellings. ``account`` is the
    account's number in E.164. ``locale`` (like ``en_US``) is the phone's or program's that wrote the file.
    ``columns`` names a table's columns by role (see ``csv_words.ROLES``).
    """

    time_zone: str = "UTC"
    owner: str | None = None
    owner_names: tuple[str, ...] = ()
    account: str | None = None
    locale: str | None = None
    columns: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Reading:
    """A file, or one portion of it, read. ``messages``: schema ``frames.MESSAGES``, in the file's order.

    ``evidence`` is what the kind of file says of the account's kind. ``notes`` are sentences for the person
    who connected the source, ``form`` is the format that was found, in words ("Android, day.month.year, 24
    hours"): both without anybody's name, number or words.
    """

    messages: pl.DataFrame
    resolution: Resolution
    evidence: Evidence | None
    notes: tuple[str, ...] = ()
    form: str = ""


class Reader(Protocol):
    """Reads one file, in portions where it may be large: positions begin at 0 in each, and a note stands in
    one of them. What is found wrong in a later portion refuses the whole file.

    ``name`` is the file's name alone: a hint for formats and messages, never a path.
    """

    def __call__(self, stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]: ...


def take(stream: BinaryIO, limit: int = MAX_BYTES) -> bytes:
    """All bytes of the stream, at most ``limit``; refuses empty and larger ones."""
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise BadInput(
            f"The file is larger than {limit // (1024 * 1024)} MiB.",
            "Export a shorter period and read it in parts.",
        )
    if not data:
        raise BadInput(
            "The file is empty.", "Export it again: an account without messages has a file with notices."
        )
    return data


def zone(context: ReadContext) -> ZoneInfo:
    """The context's time zone; refuses names that the zone database does not know."""
    try:
        return ZoneInfo(context.time_zone)
    except (KeyError, ValueError, OSError):  # unknown, malformed, or a folder of the database
        raise BadInput(
            "The time zone is not an IANA name.", "Give one like Europe/Berlin.", place="time zone"
        ) from None


def message_frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows (``sent_at`` in UTC milliseconds, without ``position``) as a table in the shared schema."""
    rows = list(rows)
    columns = {
        name: pl.Series(name, [_cell(row.get(name)) for row in rows], dtype=_raw(name, dtype))
        for name, dtype in MESSAGES.items()
        if name != "position"
    }
    table = pl.DataFrame(columns).with_row_index("position")
    return table.with_columns(
        pl.col("sent_at").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
    ).match_to_schema(MESSAGES)


def _raw(name: str, dtype: pl.DataType) -> pl.DataType:
    return pl.Int64() if name == "sent_at" else dtype


def _cell(value: Any) -> Any:
    return sound(value) if isinstance(value, str) else value
