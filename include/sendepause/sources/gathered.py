"""Messages gathered from records that repeat: one a message id, in the order in which they came."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sendepause.errors import BadInput
from sendepause.model import Evidence, Resolution
from sendepause.sources.base import ReadContext, Reading, message_frame
from sendepause.sources.text import words


@dataclass(frozen=True)
class Message:
    """One message as a tool's record tells it. ``sent_at`` is in UTC milliseconds."""

    sent_at: int | None
    author: str | None
    text: str | None
    media: bool = False
    system: bool = False
    direction: str | None = None
    counterpart: str | None = None
    account: str | None = None
    message_id: str | None = None
    campaign_id: str | None = None
    template: bool | None = None
    category: str | None = None
    error: str | None = None


class Gathered:
    """Messages by id. The first record of an id counts, unless a later one knows the text that it lacks."""

    def __init__(self) -> None:
        self._by_id: dict[str, Message] = {}
        self.recognised = 0  # records of the expected kind, messages or not
        self._timeless = 0

    def add(self, message: Message) -> None:
        """Takes a message; one without a time cannot be placed and is only counted."""
        if message.sent_at is None:
            self._timeless += 1
            return
        key = message.message_id or f"#{len(self._by_id)}"
        known = self._by_id.get(key)
        if known is None or (known.text is None and message.text is not None):
            self._by_id[key] = message

    def reading(self, evidence: Evidence | None, what: str) -> Reading:
        """The reading; refuses a file in which nothing was of the kind ``what``."""
        if not self.recognised:
            raise BadInput(
                f"No record is {what}.", "Check the kind of this source, or give the tool's own records."
            )
        rows = [dict(vars(message)) for message in self._by_id.values()]
        notes = (f"{self._timeless} messages without a time stamp were left out.",) if self._timeless else ()
        in_ms = any(row["sent_at"] % 1000 for row in rows)
        messages = message_frame(rows).with_columns(words(pl.col("text")))
        return Reading(messages, Resolution.MS if in_ms else Resolution.S, evidence, notes)


def own_author(context: ReadContext, account: str | None) -> str:
    """The author of an outgoing message: the number that the file names, else what the caller knows."""
    return account or context.owner or context.account or next(iter(context.owner_names), "")
