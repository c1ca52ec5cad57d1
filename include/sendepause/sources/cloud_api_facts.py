"""What the Cloud API's webhooks tell of messages, as columns, until one row a message can be told.

A message that was sent is known from several calls: its statuses, an echo, both. They come in any order, and
often more than once, so facts are kept, narrow, for as long as memory allows: fifty
thousand at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import polars as pl

from sendepause.frames import MESSAGES, mapped
from sendepause.sources import cloud_api_few
from sendepause.sources.base import ReadContext
from sendepause.sources.cloud_api_shapes import Message, Status, Value
from sendepause.sources.cloud_api_words import (
    LATER,
    MEDIA,
    NO_MESSAGE,
    SENT,
    TEMPLATES,
    WORDED,
    WORDLESS,
    category_of,
    code_of,
    is_from_me,
    words_of,
)
from sendepause.sources.gathered import own_author
from sendepause.sources.numbers import NEWEST_MS, address, milliseconds, phone
from sendepause.sources.text import sound, words

MEMORY = 8 * 1024 * 1024
"""So many bytes of facts are kept until they are told: about 50,000."""

FEW = 1_000
"""So many facts, where that is all there are, cost less one by one than as columns (measured)."""

_AT_ONCE = 30_000  # facts become columns
_ROWS = 50_000  # at most, in one reading

_TEXT = pl.String()
FACTS = pl.Schema(
    {
        "message_id": _TEXT,
        "sent_at": pl.Int64(),  # UTC milliseconds
        "sender": _TEXT,  # null for what the account sent
        "own": pl.Boolean(),
        "text": _TEXT,
        "media": pl.Boolean(),
        "system": pl.Boolean(),
        "counterpart": _TEXT,
        "account": _TEXT,
        "campaign_id": _TEXT,
        "template": pl.Boolean(),
        "category": _TEXT,
        "error": _TEXT,
        "rank": pl.UInt8(),  # which fact of a message tells its time and words; see ``cloud_api_words``
    }
)


class Facts:
    """Gathers the values of webhooks and tells their messages."""

    def __init__(self) -> None:
        self.recognised = 0  # values of webhooks, of messages or not
        self.timeless = 0  # messages without a time that can be read
        self._tables: list[pl.DataFrame] = []
        self._bytes = 0
        self._messages, self._statuses = _Messages(), _Statuses()

    def add(self, values: Iterable[Value]) -> Iterator[pl.DataFrame]:
        """Take values in, and give messages where they fill the memory."""
        statuses, messages = self._statuses, self._messages
        for value in values:
            self.recognised += 1
            metadata = value.metadata
            account = None if metadata is None else _phone(metadata.display_phone_number)
            if value.statuses:  # as most do: a call less for each
                statuses.found += value.statuses
                statuses.accounts += [account] * len(value.statuses)
            if value.messages:
                messages.add(value.messages, account)
            if value.message_echoes:
                messages.add(value.message_echoes, account, own=True)
            for history in value.history or ():
                for thread in history.threads or ():
                    messages.add(thread.messages or [], account, customer=thread.customer)
        if len(messages) + len(statuses) >= _AT_ONCE:
            yield from self._stored()

    def _stored(self) -> Iterator[pl.DataFrame]:
        for columns in (self._messages, self._statuses):
            if len(columns):
                table = columns.table()
                self._bytes += int(table.estimated_size())
                self._tables.append(table)
        self._messages, self._statuses = _Messages(), _Statuses()
        if self._bytes >= MEMORY:
            yield from self._told()

    def rest(self) -> Iterator[pl.DataFrame]:
        """The messages of what was not told yet."""
        if not self._tables and len(self._messages) + len(self._statuses) <= FEW:
            yield from self._few()
            return
        yield from self._stored()
        yield from self._told()

    def _few(self) -> Iterator[pl.DataFrame]:
        facts = [*self._messages.plain(), *self._statuses.plain()]
        usable = [fact for fact in facts if fact["sent_at"] is not None or fact["rank"] >= SENT]
        told = cloud_api_few.one_each(usable)
        placed = [fact for fact in told if fact["sent_at"] is not None]
        self.timeless += len(facts) - len(usable) + len(told) - len(placed)
        if placed:
            columns = {name: [fact[name] for fact in placed] for name in FACTS}
            yield pl.DataFrame(columns, schema=FACTS)

    def _told(self) -> Iterator[pl.DataFrame]:
        if not self._tables:
            return
        facts, self._tables, self._bytes = pl.concat(self._tables), [], 0
        timeless = pl.col("sent_at").is_null()
        usable = facts.filter(~timeless | (pl.col("rank") >= SENT))  # a message's statuses may have a time
        told = _one_each(usable)
        placed = told.filter(~timeless)
        self.timeless += len(facts) - len(usable) + len(told) - len(placed)
        yield from placed.iter_slices(_ROWS)


def messages(told: pl.DataFrame, context: ReadContext) -> pl.DataFrame:
    """Told facts in the shared schema, ``frames.MESSAGES``."""
    author = (
        pl.when(~pl.col("system"))
        .then(
            pl.when("own")
            .then(pl.coalesce("account", pl.lit(own_author(context, None))))
            .otherwise(pl.col("sender").fill_null(""))
        )
        .alias("author")
    )
    direction = pl.when(~pl.col("system")).then(
        pl.when("own").then(pl.lit("out")).otherwise(pl.lit("in")).alias("direction")
    )
    return (
        told.with_row_index("position")
        .with_columns(
            author,
            direction,
            pl.col("sent_at").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC"),
            words(pl.col("text")),
        )
        .select(MESSAGES.names())
        .match_to_schema(MESSAGES)
    )


def _one_each(facts: pl.DataFrame) -> pl.DataFrame:
    """One row a message: the first record of it with a text, else the first record, else its ``sent`` status,
    else its earliest one. What the others know besides is added."""
    facts = facts.with_row_index("at").with_columns(key=pl.col("message_id").hash())
    named = facts.filter(pl.col("message_id").is_not_null())
    is_status = pl.col("rank") >= SENT
    order = pl.when(is_status).then(pl.col("sent_at").fill_null(NEWEST_MS)).otherwise("at").cast(pl.Int64)
    timeless = is_status & pl.col("sent_at").is_null()
    rank = pl.when(timeless).then(LATER).otherwise("rank").cast(pl.Int64)
    chosen = (
        named.select("key", "at", order=rank * 2**50 + order)
        .sort("order", maintain_order=True)
        .unique("key", keep="first", maintain_order=True)["at"]
    )
    nameless = facts.filter(pl.col("message_id").is_null())["at"]
    best = facts[pl.concat([chosen, nameless]).sort()]
    for name in ("campaign_id", "template", "category", "error"):
        best = _completed(best, facts, name)
    return best.select(FACTS.names())


def _completed(best: pl.DataFrame, facts: pl.DataFrame, name: str) -> pl.DataFrame:
    """The column filled by the first other fact of the message that knows it."""
    lacking = best.filter(pl.col("own") & ~pl.col("system") & pl.col(name).is_null()).select("key")
    known = (
        facts.filter(pl.col(name).is_not_null())
        .select("key", known=name)
        .join(lacking, on="key", how="semi", maintain_order="left")
        .unique("key", keep="first", maintain_order=True)
    )
    if known.is_empty():
        return best
    return (
        best.join(known, on="key", how="left", maintain_order="left")
        .with_columns(pl.coalesce(name, "known").alias(name))
        .drop("known")
    )


class _Messages:
    """Records of messages, to become columns."""

    def __init__(self) -> None:
        self._found: list[Message] = []
        self._accounts: list[str | None] = []
        self._own: list[bool] = []
        self._customers: list[str | None] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(
        self, found: list[Message], account: str | None, *, own: bool = False, customer: str | None = None
    ) -> None:
        many = len(found)
        self._found += found
        self._accounts += [account] * many
        self._own += [own] * many
        self._customers += [customer] * many

    def plain(self) -> Iterator[cloud_api_few.Fact]:
        """All of it, one by one."""
        return cloud_api_few.of_messages(
            zip(self._found, self._accounts, self._own, self._customers, strict=True)
        )

    def table(self) -> pl.DataFrame:
        """All of it, schema ``FACTS``."""
        found = self._found
        raw = pl.DataFrame(
            {
                "message_id": _texts([message.id or None for message in found]),
                "sent_at": _times([message.timestamp for message in found]),
                "sender": _addresses([message.sender or message.from_user_id for message in found]),
                "other": _addresses([message.to or message.to_user_id for message in found]),
                "customer": _addresses(self._customers),
                "group": _addresses([message.group_id for message in found]),
                "account": _texts(self._accounts),
                "own": [own or is_from_me(message) for own, message in zip(self._own, found, strict=True)],
                "kind": _texts([message.type or "unknown" for message in found]),
                "text": _texts([words_of(message) for message in found]),
            }
        ).filter(~pl.col("kind").is_in(sorted(NO_MESSAGE)))
        own = pl.col("own") | pl.col("sender").eq(pl.col("account")).fill_null(False)
        return (
            raw.with_columns(own=own)
            .with_columns(
                counterpart=pl.coalesce(
                    "group", pl.when("own").then(pl.coalesce("other", "customer")).otherwise("sender")
                ),
                media=pl.col("kind").is_in(sorted(MEDIA)),
                system=pl.col("kind") == "system",
                template=pl.when("own").then(pl.col("kind") == "template"),
                rank=pl.when(pl.col("text").is_null()).then(WORDLESS).otherwise(WORDED),
            )
            .with_columns(
                pl.when(~pl.col("own")).then("sender"),
                pl.lit(None, pl.String).alias("campaign_id"),
                pl.lit(None, pl.String).alias("category"),
                pl.lit(None, pl.String).alias("error"),
            )
            .select(pl.col(name).cast(dtype) for name, dtype in FACTS.items())
        )


class _Statuses:
    """Statuses of what the account sent, to become columns."""

    def __init__(self) -> None:
        self.found: list[Status] = []
        self.accounts: list[str | None] = []

    def __len__(self) -> int:
        return len(self.found)

    def plain(self) -> Iterator[cloud_api_few.Fact]:
        """All of it, one by one."""
        return cloud_api_few.of_statuses(zip(self.found, self.accounts, strict=True))

    def table(self) -> pl.DataFrame:
        """All of it, schema ``FACTS``."""
        found = self.found
        raw = pl.DataFrame(
            {
                "message_id": _texts([status.id or None for status in found]),
                "sent_at": _times([status.timestamp for status in found]),
                "counterpart": _addresses(
                    [status.recipient_id or status.recipient_user_id for status in found]
                ),
                "account": _texts(self.accounts),
                "campaign_id": _texts([status.biz_opaque_callback_data or None for status in found]),
                "category": _spelled(_texts([category_of(status) for status in found])),
                "error": _texts([code_of(status) for status in found]),
                "state": _texts([status.status for status in found]),
            }
        ).filter(pl.col("message_id").is_not_null())
        template = pl.col("category").replace_strict(TEMPLATES, default=None, return_dtype=pl.Boolean)
        return raw.with_columns(
            template=template,
            rank=pl.when(pl.col("state") == "sent").then(SENT).otherwise(LATER),
            own=True,
            media=False,
            system=False,
            sender=pl.lit(None, pl.String),
            text=pl.lit(None, pl.String),
        ).select(pl.col(name).cast(dtype) for name, dtype in FACTS.items())


def _spelled(categories: pl.Series) -> pl.Series:
    """Categories in one spelling: both ``authentication-international`` and with an underscore occur."""
    return mapped(categories, lambda met: met.str.to_lowercase().str.replace_all("-", "_", literal=True))


@lru_cache(maxsize=4096)
def _phone(shown: str | None) -> str | None:
    return phone(shown)


def _texts(values: list[str | None] | list[str]) -> pl.Series:
    """Texts as a column, made ``sound`` where that is needed."""
    try:
        return pl.Series(values, dtype=pl.String)
    except UnicodeEncodeError:
        return pl.Series(map(sound, values), dtype=pl.String)


def _addresses(values: list[str | None]) -> pl.Series:
    """As ``numbers.address``, which only what is no bare number is given to, each once."""
    raw = _texts(values)
    plain = _are_numbers(raw, 5, 19)
    odd = raw.filter(~plain).drop_nulls().unique()
    numbers = pl.select(pl.when(plain).then(pl.lit("+") + raw)).to_series()
    if odd.is_empty():
        return numbers
    told = raw.replace_strict(odd, [address(value) for value in odd], default=None, return_dtype=pl.String)
    return numbers.zip_with(plain, told)


def _times(values: list[str | None]) -> pl.Series:
    """As ``numbers.milliseconds``, which only what is no plain number is given to, each once."""
    raw = _texts(values)
    plain = _are_numbers(raw, 1, 15)
    number = pl.when(plain).then(raw.cast(pl.Int64, strict=False))
    at = pl.when(number.is_between(1, NEWEST_MS)).then(
        pl.when(number >= 10**11).then(number).otherwise(number * 1000)
    )
    times = pl.select(at).to_series()
    odd = raw.filter(~plain).drop_nulls().unique()
    if odd.is_empty():
        return times
    told = [milliseconds(value) for value in odd]
    return times.zip_with(plain, raw.replace_strict(odd, told, default=None, return_dtype=pl.Int64))


def _are_numbers(raw: pl.Series, least: int, most: int) -> pl.Series:
    """Whether each is so many ASCII digits and nothing else; ``most`` is below 20."""
    long = raw.str.len_bytes().is_between(least, most)
    signed = raw.str.starts_with("+") | raw.str.starts_with("-")
    return (long & raw.cast(pl.Int64, strict=False).is_not_null() & ~signed).fill_null(False)
