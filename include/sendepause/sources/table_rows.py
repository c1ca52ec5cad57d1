"""The rows of a table as messages, whatever file or database they come from: column by column, in Polars.

A portion holds one text column for each role (``csv_words.ROLES``) that the table has, the times perhaps as
datetimes or numbers, and ``row``, the row's number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache

import polars as pl

from sendepause.errors import BadInput
from sendepause.frames import MESSAGES
from sendepause.sources.base import ReadContext, Reading, zone
from sendepause.sources.csv_words import IN, NO, NO_MEDIA, NO_MESSAGE, OUT, SYSTEM, YES
from sendepause.sources.dates import contradiction
from sendepause.sources.gathered import own_author
from sendepause.sources.table_columns import TIMES as TIMES
from sendepause.sources.table_times import Survey, Times
from sendepause.sources.text import comparable, digits_of, fold, plainly, words

PARTIES = ("from", "to", "contact", "group", "account")

_PERSON = r"^(\d{5,20})(?:[:_][^@]*)?@(?:s\.whatsapp\.net|c\.us|hosted)$"
_ROUNDED = r"^\+?\d(?:[.,]\d+)?[eE]\+?\d\d$"
_ORDERS = {"day": "day, month, year", "month": "month, day, year", "year": "year first"}

Portions = Callable[[bool], Iterator[pl.DataFrame]]
"""Gives the rows from their beginning each time; with True, the columns that tell the time will do."""


def messages(
    portions: Portions, context: ReadContext, form: str, *, in_utc: bool = False
) -> Iterator[Reading]:
    """All rows as messages, one reading a portion. ``portions`` is called twice: the times need the whole.

    :param form: how the table is written, in words.
    :param in_utc: its clocks are in UTC, else in the context's zone.
    :raises BadInput: for a row without a time that can be read, and what else is wrong, with its place.
    """
    survey = Survey("UTC" if in_utc else zone(context).key, context.locale)
    for portion in portions(True):
        rows = _timed(counted(portion))
        survey.add(shown_times(rows), rows["row"])
    times = survey.done()
    if times.order:
        form = f"{form}, dates as {_ORDERS[times.order]}"
    note = contradiction(times.order, context.locale) if times.order else None
    notes = (note,) if note else ()
    for portion in portions(False):
        rows = counted(portion)
        if len(rows):
            yield Reading(read_rows(rows, times, context), times.resolution, None, notes, form)
            notes = ()
    if not times.some:
        yield Reading(pl.DataFrame(schema=MESSAGES), times.resolution, None, form=form)


def read_rows(rows: pl.DataFrame, times: Times, context: ReadContext) -> pl.DataFrame:
    """One portion as messages (``frames.MESSAGES``)."""
    return _messages(rows, times.instants(shown_times(rows), rows["row"]), context)


def counted(portion: pl.DataFrame) -> pl.DataFrame:
    """The rows that are messages: not those without anything in them, nor reactions and revocations."""
    filled = [
        pl.col(role).str.strip_chars() != "" for role in portion.columns if portion[role].dtype == pl.String
    ]
    filled += [pl.col(role).is_not_null() for role in TIMES if _is_typed(portion, role)]
    rows = portion.filter(pl.any_horizontal(filled)) if filled else portion
    if "type" not in rows.columns:
        return rows
    return rows.filter(~_folded(rows, "type").is_in(list(NO_MESSAGE)))


def _timed(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that have a time at all; whether others may lack one is seen when all of them is read."""
    times = [role for role in TIMES if role in rows.columns and not _is_typed(rows, role)]
    if len(times) < sum(role in rows.columns for role in TIMES):
        return rows
    return rows.filter(pl.any_horizontal(pl.col(times).str.strip_chars() != ""))


def _is_typed(portion: pl.DataFrame, role: str) -> bool:
    return role in portion.columns and portion[role].dtype != pl.String


def shown_times(rows: pl.DataFrame) -> pl.Series:
    """What stands for each row's time: its typed column, else its texts put together."""
    found = [role for role in TIMES if role in rows.columns]
    if {"sent_at", "date"} <= set(found):  # each tells the day
        found = ["sent_at"]
    if len(found) == 1:
        return rows[found[0]]
    if _is_typed(rows, "sent_at"):
        return rows["sent_at"]
    texts = [pl.col(role).cast(pl.String).str.strip_chars().replace("", None) for role in found]
    return rows.select(pl.concat_str(texts, separator=" ", ignore_nulls=True)).to_series()


def _messages(rows: pl.DataFrame, at: pl.Series, context: ReadContext) -> pl.DataFrame:
    parties = {role: _party(rows, role) for role in PARTIES}
    kind = _folded(rows, "type")
    system = kind.is_in(list(SYSTEM))
    direction = _direction(rows, parties, context).set(system, None)
    own, received = (direction == "out").fill_null(False), (direction == "in").fill_null(False)
    table = pl.DataFrame(
        {
            **parties,
            "own": own,
            "received": received,
            "system": system,
            "direction": direction,
            "sent_at": at,
        }
    )
    sender, to, contact, group = (pl.col(role) for role in ("from", "to", "contact", "group"))
    account = pl.coalesce("account", pl.when("own").then(sender).when("received").then(to).otherwise(None))
    table = table.with_columns(account=account)
    names = {"account": table["account"], "own": own}
    table = table.with_columns(_own_author(names, context))
    author = (
        pl.when("own")
        .then(pl.coalesce(sender, "own_author"))
        .otherwise(pl.coalesce(sender, contact, pl.lit("")))
    )
    media = ~kind.is_in(list(NO_MEDIA)) | ~_folded(rows, "media").is_in(list(NO))
    return (
        table.with_columns(
            author=pl.when("system").then(None).otherwise(author),
            counterpart=pl.coalesce(group, contact, pl.when("own").then(to).otherwise(sender)),
            account=_mapped(table["account"], lambda number: number if digits_of(number) else None),
            text=_text(rows),
            media=media & ~system,
            message_id=_trimmed(rows, "id"),
            campaign_id=_trimmed(rows, "campaign"),
            template=_template(rows),
            category=_folded(rows, "category").replace("", None),
            error=_trimmed(rows, "error"),
        )
        .with_row_index("position")
        .select(pl.col(name).cast(dtype) for name, dtype in MESSAGES.items())
    )


def _own_author(names: dict[str, pl.Series], context: ReadContext) -> pl.Series:
    fallback = own_author(context, None)
    return names["account"].fill_null(fallback).replace("", fallback).alias("own_author")


def _column(rows: pl.DataFrame, role: str) -> pl.Series:
    return (
        rows[role] if role in rows.columns else pl.Series(role, [""], pl.String).new_from_index(0, len(rows))
    )


def _mapped(values: pl.Series, change: Callable[[str], str | None]) -> pl.Series:
    """Each distinct value changed once."""
    distinct = values.drop_nulls().unique()
    if distinct.is_empty():
        return values
    made = pl.Series([change(value) for value in distinct], dtype=pl.String)
    return values.replace_strict(distinct, made, default=None, return_dtype=pl.String)


def _folded(rows: pl.DataFrame, role: str) -> pl.Series:
    return _mapped(_column(rows, role), _fold)


_fold = lru_cache(maxsize=10_000)(fold)


def _trimmed(rows: pl.DataFrame, role: str) -> pl.Series:
    return _column(rows, role).str.strip_chars().replace("", None)


def _text(rows: pl.DataFrame) -> pl.Series:
    if "text" not in rows.columns:
        return pl.Series("text", [None], dtype=pl.String).new_from_index(0, len(rows))
    return rows.select(words(pl.col("text"))).to_series()


def _template(rows: pl.DataFrame) -> pl.Series:
    """Whether a template's name, or a yes, stands there; null where there is no such column."""
    if "template" not in rows.columns:
        return pl.Series("template", [None], dtype=pl.Boolean).new_from_index(0, len(rows))
    return ~_folded(rows, "template").is_in(list(NO))


def _party(rows: pl.DataFrame, role: str) -> pl.Series:
    """Names and numbers as ``numbers.address`` shows them, null for nobody; Excel's armour against formulas
    (``'+49``, ``="+49"``) is taken off, and what a spreadsheet made a number of (``49171….0``) mended.

    Each mending is looked for before it is done: a look at the ends of a text costs a tenth of a pattern.
    """
    if role not in rows.columns:
        return pl.Series(role, [None], dtype=pl.String).new_from_index(0, len(rows))
    shown = plainly(rows[role])
    if shown.str.ends_with('"').any() or shown.str.starts_with("'").any():
        shown = shown.str.replace(r'^="(.*)"$', "$1").str.replace(r"^'([+\d])", "$1").str.strip_chars()
    if shown.str.ends_with(".0").any():
        shown = shown.str.replace(r"^(\+?\d{5,20})\.0$", "$1")
    if _any(shown, "E+", "e+", "E1", "e1") and len(rounded := shown.str.contains(_ROUNDED).arg_true()):
        raise BadInput(
            "A number was rounded by a spreadsheet, as in 4.9E+11: its digits are lost.",
            "Format the column as text before the numbers come into it, and export again.",
            place=f"row {rows['row'][rounded[0]]}",
        )
    if _any(shown, "@"):
        shown = shown.str.replace(_PERSON, "+$1")
    if not shown.str.starts_with("+").all():
        shown = shown.str.replace(r"^(\d{5,20})$", "+$1").replace("", None)
    return shown


def _any(texts: pl.Series, *signs: str) -> bool:
    return any(texts.str.contains(sign, literal=True).any() for sign in signs)


def _direction(rows: pl.DataFrame, parties: dict[str, pl.Series], context: ReadContext) -> pl.Series:
    """``out``, ``in`` or null: by its own column, by a yes or no, else by who sent it."""
    known = {**dict.fromkeys(OUT, "out"), **dict.fromkeys(IN, "in")}
    told = _mapped(_column(rows, "direction"), lambda cell: known.get(_fold(cell)))
    if not told.null_count():
        return told
    if "own" in rows.columns:
        own = _folded(rows, "own").is_in(list(YES))
        return told.fill_null(pl.select(pl.when(own).then(pl.lit("out")).otherwise(pl.lit("in"))).to_series())
    names = [name for name in (context.account, context.owner, *context.owner_names) if name]
    pairs = pl.DataFrame({"sender": parties["from"], "account": parties["account"]})
    distinct = pairs.filter(pl.col("sender").is_not_null()).unique()
    made = [
        _by_sender(sender, [account, *names] if account else names)
        for sender, account in distinct.iter_rows()
    ]
    found = pairs.join(
        distinct.with_columns(direction=pl.Series(made, dtype=pl.String)),
        on=["sender", "account"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return told.fill_null(found["direction"])


def _by_sender(sender: str, own: Collection[str]) -> str | None:
    if not own:
        return None
    return "out" if any(_alike(sender, name) for name in own) else "in"


def _alike(one: str, other: str) -> bool:
    digits = digits_of(one)
    return comparable(one) == comparable(other) or (digits is not None and digits == digits_of(other))
