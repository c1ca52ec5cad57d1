"""From messages in clear to events: pure, and the last place where a number or a text is seen."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from sendepause.frames import EVENTS
from sendepause.keys import Pseudonymiser, spelled
from sendepause.sources.base import Reading

_NAMED = 20  # so many unknown accounts are named in a note
_OF_UNKNOWN = re.compile(  # what ``_about_unknown`` writes
    r"\d+ messages of (.+) were left out(?:: it is not in the accounts)?\."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file's messages belong. ``account`` and ``chat`` stand in where the file names none.

    ``names_owner``: the file itself says which messages are the account's. A chat export does not: where
    no line is by one of the account's names, its name may just be another one on that phone.
    ``by_people``: people named the columns, so a customer's number may stand where the account's should.
    """

    source: str
    account: str | None
    chat: str
    names_owner: bool
    by_people: bool = False


@dataclass(frozen=True, slots=True)
class Converted:
    """One file's events, how far they reach for each account, and what was left out."""

    events: pl.DataFrame  # frames.EVENTS
    newest: dict[str, datetime] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    complete: bool = True  # nothing was left out that a mended configuration would take in


def to_events(
    reading: Reading,
    place: Place,
    *,
    accounts: Collection[str],
    keys: Pseudonymiser,
    since: datetime,
    until: datetime,
) -> Converted:
    """The events of a reading under pseudonyms.

    Left out, and noted unless it is of no interest: system lines; messages of accounts that are not
    among ``accounts``; messages without a direction, and chats in which nothing is by the account, since
    they prove neither silence nor who wrote; messages after ``until`` (a wrong clock); and, without a
    note, those before ``since``, which would be deleted as too old.
    """
    messages = reading.messages.filter(~pl.col("system"))
    named = _numbers(messages["account"])
    messages = messages.with_columns(account=pl.coalesce(named, pl.lit(place.account, pl.String)))
    known, unknown = _split(messages, pl.col("account").is_in(list(accounts)))
    owned = place.names_owner or "out" in known["direction"]
    directed, undirected = _split(known, pl.col("direction").is_not_null() & pl.lit(owned))
    dated, ahead = _split(directed, pl.col("sent_at") <= until)
    notes = [*reading.notes, *_about_unknown(unknown["account"], place.by_people)]
    if len(undirected) and not owned:
        notes.append(
            f"No message is by the account itself, so all {len(undirected)} were left out: if that is wrong,"
            " add the name that the account has in the file to its export_names."
        )
    elif len(undirected):
        notes.append(
            f"{len(undirected)} messages were left out, because the file does not show which are the"
            " account's own: add the name that it has in the file to its export_names."
        )
    if len(ahead):
        notes.append(f"{len(ahead)} messages were left out, because they are dated in the future.")
    return Converted(
        events=_pseudonymised(dated.filter(pl.col("sent_at") >= since), place, reading, keys),
        newest=dict(dated.group_by("account").agg(pl.col("sent_at").max()).rows()),
        notes=tuple(notes),
        complete=unknown.is_empty() and undirected.is_empty(),
    )


def _split(messages: pl.DataFrame, condition: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    return messages.filter(condition.fill_null(False)), messages.filter(~condition.fill_null(False))


def _numbers(values: pl.Series) -> pl.Series:
    """Accounts in E.164; what is no number stays as it is and will be an unknown account."""
    distinct = values.drop_nulls().unique()
    if distinct.is_empty():
        return values
    return values.replace_strict(distinct, [spelled(value) for value in distinct], default=None)


def _about_unknown(accounts: pl.Series, by_people: bool) -> list[str]:
    """The accounts that nobody configured, the most frequent first; in clear only what is no customer's."""
    counts = accounts.value_counts(sort=True)
    notes = [
        f"{count} messages of {_named(number, by_people)} were left out: it is not in the accounts."
        for number, count in counts.head(_NAMED).rows()
    ]
    rest = counts.slice(_NAMED)
    if len(rest):
        notes.append(f"{rest['count'].sum()} messages of {len(rest)} further unknown accounts were left out.")
    return notes


def unknown_accounts(notes: Iterable[str]) -> Iterator[str]:
    """The numbers that a file's notes name as no accounts, as far as they may be named."""
    return (found[1] for note in notes if (found := _OF_UNKNOWN.fullmatch(note)))


def _named(number: str | None, by_people: bool) -> str:
    if number is None:
        return "no named account"
    return f"a number that ends in {number[-2:]}" if by_people else number


def _pseudonymised(
    messages: pl.DataFrame, place: Place, reading: Reading, keys: Pseudonymiser
) -> pl.DataFrame:
    messages = messages.sort("position")
    hidden = messages.with_columns(
        keys.counterpart(messages["counterpart"]),
        keys.content(messages["text"]).alias("content"),
        keys.counterpart(messages["author"]).alias("author"),
        keys.campaign(messages["campaign_id"]).alias("campaign_id"),
    )
    return hidden.select(
        keys.event(_identity(hidden, place)).alias("event_id"),
        pl.col("account").alias("account_id"),
        "sent_at",
        pl.lit(str(reading.resolution)).alias("resolution"),
        "position",
        "direction",
        "counterpart",
        "content",
        "campaign_id",
        pl.lit(place.source).alias("source"),
    ).match_to_schema(EVENTS)


def _identity(hidden: pl.DataFrame, place: Place) -> pl.Series:
    """What makes a message itself: the tool's id, else chat, time, author, content and the n-th of these.

    The n-th, so that true repeats survive while overlapping exports merge. A source has events of its
    own: which of two sources counts is decided later, day by day. What the account itself sent has no
    author here, since an export names its owner as the phone happened to.
    """
    author = pl.when(pl.col("direction") == "out").then(pl.lit("")).otherwise(pl.col("author"))
    same = (
        pl.col("account"),
        pl.col("counterpart").fill_null(place.chat),
        pl.col("sent_at").dt.epoch("ms").cast(pl.String),
        pl.col("direction"),
        author.fill_null(""),
        pl.col("content").fill_null(""),
        pl.col("media").cast(pl.String).fill_null(""),
    )
    said = pl.concat_str(pl.lit("said"), pl.lit(place.source), *same, separator="\x1f")
    nth = pl.int_range(pl.len()).over(said)
    told = pl.concat_str(
        pl.lit("id"), pl.lit(place.source), pl.col("account"), pl.col("message_id"), separator="\x1f"
    )
    first = pl.when(pl.col("message_id").is_not_null()).then(told)
    return hidden.select(
        first.otherwise(pl.concat_str(said, nth.cast(pl.String), separator="\x1f")).alias("event_id")
    ).to_series()
