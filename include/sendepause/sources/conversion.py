"""From messages in clear to events: pure, and the last place where a number or a text is seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from sendepause.frames import EVENTS, mapped, repeats
from sendepause.keys import Pseudonymiser, digest, spelled
from sendepause.sources.base import Reading
from sendepause.sources.portions import Spool

_TALK_DIGITS, _CONTENT_DIGITS = 16, 16  # hexadecimal: 64 bits each, and the time to the millisecond besides
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
class Rules:
    """Which messages become events. ``since``: older ones would be deleted at once. ``until``: later ones
    come from a wrong clock."""

    accounts: Collection[str]
    keys: Pseudonymiser
    since: datetime
    until: datetime


class Conversion:
    """The events of one file under pseudonyms, portion by portion, and what was left out of them.

    Left out, and noted unless it is of no interest: system lines; messages of accounts that are not
    among the rules' ``accounts``; messages without a direction, and chats in which nothing is by the
    account, since they prove neither silence nor who wrote; messages after ``until``; and, without a note,
    those before ``since``.
    """

    def __init__(self, place: Place, rules: Rules) -> None:
        self.events = Spool()  # frames.EVENTS
        self.newest: dict[str, datetime] = {}  # how far the file reaches for each account
        self.messages = 0  # as many as people wrote in it
        self._place, self._rules = place, rules
        self._notes: list[str] = []
        self._unknown: Counter[str | None] = Counter()
        self._unowned = self._undirected = self._ahead = 0

    @property
    def complete(self) -> bool:
        """Whether nothing was left out that a mended configuration would take in."""
        return not (self._unknown or self._unowned or self._undirected)

    def add(self, reading: Reading) -> None:
        """Take one portion in. Its positions go on where the former portion's ended."""
        place, rules, first = self._place, self._rules, self.messages
        messages, _ = _split(reading.messages, ~pl.col("system"))
        if first:
            messages = messages.with_columns(pl.col("position") + pl.lit(first, pl.UInt32))
        self.messages += len(messages)
        self._notes += reading.notes
        named = _numbers(messages["account"])
        messages = messages.with_columns(account=named.fill_null(place.account) if place.account else named)
        known, unknown = _split(messages, pl.col("account").is_in(list(rules.accounts)))
        self._unknown.update(dict(unknown["account"].value_counts().rows()))
        owned = place.names_owner or "out" in known["direction"]
        directed, undirected = _split(known, pl.col("direction").is_not_null() & pl.lit(owned))
        self._undirected += len(undirected) if owned else 0
        self._unowned += 0 if owned else len(undirected)
        dated, ahead = _split(directed, pl.col("sent_at") <= rules.until)
        self._ahead += len(ahead)
        for account, newest in dated.group_by("account").agg(pl.col("sent_at").max()).iter_rows():
            self.newest[account] = max(newest, self.newest.get(account, newest))
        kept, _ = _split(dated, pl.col("sent_at") >= rules.since)
        self.events.add(_pseudonymised(kept, place, reading, rules.keys))

    def notes(self) -> tuple[str, ...]:
        """What the reader said, and what was left out here."""
        notes = [*self._notes, *_about_unknown(self._unknown, self._place.by_people)]
        if self._unowned:
            notes.append(
                f"No message is by the account itself, so all {self._unowned} were left out: if that is"
                " wrong, add the name that the account has in the file to its export_names."
            )
        if self._undirected:
            notes.append(
                f"{self._undirected} messages were left out, because the file does not show which are the"
                " account's own: add the name that it has in the file to its export_names."
            )
        if self._ahead:
            notes.append(f"{self._ahead} messages were left out, because they are dated in the future.")
        return tuple(notes)


def _split(messages: pl.DataFrame, condition: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    holds = messages.select(condition.fill_null(False)).to_series()
    if holds.all():  # as it mostly is
        return messages, messages.clear()
    return messages.filter(holds), messages.filter(~holds)


def _numbers(values: pl.Series) -> pl.Series:
    """Accounts in E.164; what is no number stays as it is and will be an unknown account."""
    return mapped(values, lambda few: map(spelled, few))


def _about_unknown(accounts: Counter[str | None], by_people: bool) -> list[str]:
    """The accounts that nobody configured, the most frequent first; in clear only what is no customer's."""
    ordered = accounts.most_common()
    notes = [
        f"{count} messages of {_named(number, by_people)} were left out: it is not in the accounts."
        for number, count in ordered[:_NAMED]
    ]
    rest = ordered[_NAMED:]
    if rest:
        total = sum(count for _, count in rest)
        notes.append(f"{total} messages of {len(rest)} further unknown accounts were left out.")
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
    # What others wrote is nobody's template, so only the account's own messages are worth a sketch.
    content, sketch = keys.contents(messages["text"], messages["direction"] == "out")
    hidden = messages.with_columns(
        keys.counterpart(messages["counterpart"]),
        content.alias("content"),
        sketch.alias("sketch"),
        keys.counterpart(messages["author"]).alias("author"),
        keys.campaign(messages["campaign_id"]).alias("campaign_id"),
    )
    return hidden.select(
        _event_ids(hidden, place, keys),
        pl.col("account").alias("account_id"),
        "sent_at",
        pl.lit(str(reading.resolution)).alias("resolution"),
        "position",
        "direction",
        "counterpart",
        "content",
        "sketch",
        "campaign_id",
        pl.lit(place.source).alias("source"),
    ).match_to_schema(EVENTS)


def _event_ids(hidden: pl.DataFrame, place: Place, keys: Pseudonymiser) -> pl.Series:
    """What makes a message itself: the tool's id, else what was said, when and by whom.

    A source has events of its own: which of two sources counts is decided later, day by day.
    """
    has_id = hidden["message_id"].is_not_null()
    told, said = has_id.arg_true(), (~has_id).arg_true()
    if not len(told):
        return _said(hidden, place, keys).alias("event_id")
    of_tool = hidden[told].select(
        pl.concat_str(pl.lit(place.source), "account", "message_id", separator="\x1f")
    )
    ids = keys.event(of_tool.to_series()).alias("event_id")
    if not len(said):
        return ids
    both = pl.Series("event_id", [None], pl.String).new_from_index(0, len(hidden))
    return both.scatter(told, ids).scatter(said, _said(hidden[said], place, keys))


def _said(hidden: pl.DataFrame, place: Place, keys: Pseudonymiser) -> pl.Series:
    """Ids from chat, author, time, content and the n-th of these.

    The n-th, so that true repeats survive while overlapping exports merge. What the account itself sent
    has no author here, since an export names its owner as the phone happened to.
    """
    by_others = pl.when(pl.col("direction") != "out").then("author")
    talk = hidden.select(
        "account", pl.col("counterpart").fill_null(keys.path(place.chat)), "direction", by_others, "media"
    )
    said = hidden.select(
        pl.concat_str(
            _talk_ids(talk, place.source),
            pl.col("sent_at").dt.epoch("ms"),
            pl.col("content").str.head(_CONTENT_DIGITS).fill_null(""),
            separator="-",
        )
    ).to_series()
    places = repeats(said)
    if places.is_empty():
        return said
    again = said.gather(places).to_frame("id").with_columns(nth=pl.int_range(pl.len()).over("id"))
    numbered = pl.when(pl.col("nth") == 0).then("id").otherwise(pl.concat_str("id", "nth", separator="-"))
    return said.scatter(places, again.select(numbered).to_series())


def _talk_ids(talk: pl.DataFrame, source: str) -> pl.Series:
    """One short id for who writes what kind of thing to whom: few of them, each made once."""
    code = talk.hash_rows()
    kinds = talk.with_columns(code=code).unique("code")
    parts = (pl.col(name).cast(pl.String).fill_null("") for name in talk.columns)
    named = digest(kinds.select(pl.concat_str(pl.lit(source), *parts, separator="\x1f")).to_series())
    return code.replace_strict(kinds["code"], named.str.head(_TALK_DIGITS), return_dtype=pl.String)
