"""The two tables that travel between rooms, as Polars schemas.

``MESSAGES`` is what a reader gives: in clear, in memory only. ``EVENTS`` is what the event store keeps:
pseudonyms and fingerprints, never a recipient's number or a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

UTC_MS = pl.Datetime("ms", "UTC")

MESSAGES = pl.Schema(
    {
        "position": pl.UInt32(),  # order inside the file, from 0
        "sent_at": UTC_MS,
        "author": pl.String(),  # null exactly for a system line
        "text": pl.String(),  # null: the input does not contain the text; "": it is empty
        "media": pl.Boolean(),
        "system": pl.Boolean(),
        "direction": pl.String(),  # "out", "in"; null for a system line or where the file cannot tell
        "counterpart": pl.String(),  # the other side in clear: a number, a group or a chat; null if unknown
        "account": pl.String(),  # E.164 where the input itself names the account, else null
        "message_id": pl.String(),  # the tool's own id, null where it has none (chat exports)
        "campaign_id": pl.String(),  # the campaign that sent it, where the input tells
        "template": pl.Boolean(),  # by the Platform: of an approved template, or free-form; null elsewhere
        "category": pl.String(),  # what the Platform counts it as: "marketing", "utility", "service", …
        "error": pl.String(),  # the code with which sending failed
    }
)

EVENTS = pl.Schema(
    {
        "event_id": pl.String(),
        "account_id": pl.String(),  # E.164
        "sent_at": UTC_MS,
        "resolution": pl.String(),  # "ms", "s", "min"
        "position": pl.UInt32(),
        "direction": pl.String(),  # "out", "in"
        "counterpart": pl.String(),  # keyed pseudonym
        "content": pl.String(),  # keyed fingerprint, null without text
        "sketch": pl.List(pl.UInt64()),  # of longer texts that the account sent, else null
        "campaign_id": pl.String(),  # keyed fingerprint
        "source": pl.String(),  # the source's id in the configuration
    }
)


def repeats(values: pl.Series) -> pl.Series:
    """The places of the values that come more than once. By hashes, which is fast: a place too many now and
    then is to do no harm to who asks."""
    hashes = values.hash()
    ordered = hashes.sort()
    twice = ordered.filter(ordered == ordered.shift(1))
    return hashes.is_in(twice.implode()).arg_true() if len(twice) else pl.Series([], dtype=pl.UInt32)


def mapped(values: pl.Series, function: Callable[[pl.Series], Iterable[str | None]]) -> pl.Series:
    """Texts through a function of the distinct ones, which are few; null stays null."""
    first = values.drop_nulls().head(1)
    if first.is_empty():
        return values.cast(pl.String)
    if not values.null_count() and (values == first[0]).all():  # as of a chat's counterpart
        return pl.Series(values.name, function(first), pl.String).new_from_index(0, len(values))
    distinct = values.drop_nulls().unique()
    made = pl.Series(function(distinct), dtype=pl.String)
    return values.replace_strict(distinct, made, default=None, return_dtype=pl.String)
