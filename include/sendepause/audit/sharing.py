"""What a company's own accounts share: texts and people that several of its numbers wrote to.

A list split over five numbers is fifteen people for each and a bulk of seventy-five for the company. Only
all accounts together show it, so it is found in one pass over all day rows, not account against account:
each bucket of accounts leaves its ``Traces``, and ``shared`` reads those of all. What comes out is the same
however accounts are put into buckets and in whichever order these come.

Innocent sharing is told apart by who began and who answers. A greeting or a notice of opening hours goes
to people who wrote first; whom colleagues serve together answers one of them; an internal group is one
counterpart. So a contact counts where the account itself opened it, a list is one where most of its people
never answered, and an account has a part in it from some people of its own on. Where nobody was ever heard
on an account, its source may not carry what others write: then silence says nothing, and is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import polars as pl

from sendepause.audit.activity import exploded
from sendepause.audit.families import related
from sendepause.frames import repeats

OWN_PART = 3
"""An account has a part in a week's list that began so many talks by its text."""

LIST_HEARD = 10
"""A list's silence is judged from so many people on, of accounts on which anybody was heard."""

LIST_SILENT = 0.7
"""A list is one where at least this share of its people never answered."""

SHARED = pl.Schema(
    {
        "account_id": pl.String(),
        "strangers": pl.UInt32(),  # counterparts whom it wrote to first and who never wrote in the window
        "strangers_day": pl.UInt32(),  # the most of them whose first message was on the same day
        "shared_people": pl.UInt32(),  # first written to by it and others of the company, and heard by none
        "same_begun": pl.UInt32(),  # people with whom it began a talk of a week by a repeated text
        "list_people": pl.UInt32(),  # people of the largest list of a week that it has a part in; 0: none
    }
)
"""What ``shared`` measures of each account, to be joined onto ``window.MEASURES``. All are null where nobody
was heard on the account."""

_PERSON = ("account_id", "counterpart")
_MONDAY_FIRST = 3  # days are counted from 1 January 1970, a Thursday


class Traces(NamedTuple):
    """What sharing needs of some accounts' window."""

    people: pl.DataFrame
    """``account_id``, ``counterpart``, ``day`` (the first), ``opened`` (by us), ``sent``, ``heard``."""
    texts: pl.DataFrame
    """``account_id``, ``counterpart``, ``content``, ``week`` (a number): what was sent on the day on which
    we opened a talk, by accounts that opened enough of them in that week to have a part in a list."""
    bands: pl.DataFrame
    """``content``, ``sketch``: the bands of those texts that have a sketch, one a line."""


def traces(rows: pl.DataFrame) -> Traces:
    """The traces of whole accounts over a window.

    :param rows: their day rows in any order, of which ``account_id``, ``day``, ``people``, ``contents`` and
        ``sketches`` are read; schema ``activity.ACTIVITY``.
    """
    people = met(rows)
    week = (pl.col("day").to_physical() + _MONDAY_FIRST) // 7
    begun = people.filter("opened", "sent").select(*_PERSON, "day", week=week)
    enough = begun.group_by("account_id", "week").len().filter(pl.col("len") >= OWN_PART)
    begun = begun.join(enough, on=["account_id", "week"]).drop("len")
    texts = exploded(rows, "contents").drop_nulls(["content", "counterpart"])
    first = texts.join(begun, on=[*_PERSON, "day"]).select(*_PERSON, "content", "week").unique()
    return Traces(people, first, _bands(rows, first.select("content")))


def _bands(rows: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Of the few texts asked for, before anything is taken apart; each text has one sketch."""
    lines = exploded(rows, "sketches", "account_id").join(texts, on="content", how="semi")
    return lines.select("content", "sketch").unique("content").explode("sketch").drop_nulls()


def met(rows: pl.DataFrame) -> pl.DataFrame:
    """Whom each account met in a window: :attr:`Traces.people`."""
    # A counterpart has one line a day: the smallest number of day and opener is that of the first day.
    first = (2 * pl.col("day").to_physical().cast(pl.Int64) + pl.col("opened").not_()).min()
    return (
        exploded(rows, "people")
        .group_by(_PERSON)
        .agg(pl.col("sent", "heard").any(), first=first)
        .with_columns(
            opened=pl.col("first") % 2 == 0, day=(pl.col("first") // 2).cast(pl.Int32).cast(pl.Date)
        )
        .select(*_PERSON, "day", "opened", "sent", "heard")
    )


def shared(parts: Iterable[Traces], companies: Mapping[str, str] | None = None) -> pl.DataFrame:
    """What each account shares with the others of its company; schema ``SHARED``, ordered by account.

    :param parts: the traces of all accounts, each account in one of them.
    :param companies: whose each account is, an account that is missing standing alone; without it all
        belong together.
    """
    people, texts, known = (pl.concat(tables) for tables in zip(*parts, strict=True))
    accounts = _accounts(people, companies)
    people, texts = (table.join(accounts, on="account_id").drop("account_id") for table in (people, texts))
    # Most bands come once in all, and relate nothing: only the others are worth the memory of what follows.
    texts = _in_families(texts, known[repeats(known["sketch"])].unique())
    result = accounts.select("account_id", "number", "hears")
    for measured in (_strangers(people), _in_common(people), _lists(people, texts)):
        result = result.join(measured, on="number", how="left")
    counts = pl.col([name for name, dtype in SHARED.items() if dtype == pl.UInt32])
    return (
        result.with_columns(pl.when("hears").then(counts.fill_null(0)))
        .select(pl.col(name).cast(dtype) for name, dtype in SHARED.items())
        .sort("account_id")
    )


def _accounts(people: pl.DataFrame, companies: Mapping[str, str] | None) -> pl.DataFrame:
    """Each account with a number of its own, that of its company, and whether anybody was heard on it."""
    accounts = people.group_by("account_id").agg(hears=pl.col("heard").any()).sort("account_id")
    if companies is None:
        company = pl.lit("")
    else:
        named = pl.col("account_id").replace_strict(dict(companies), default=None, return_dtype=pl.String)
        company = pl.coalesce("company " + named, "account " + pl.col("account_id"))
    return accounts.with_row_index("number").with_columns(company=company.rank("dense"))


def _in_families(texts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Texts that differ in little more than a name are one, among those of a company and week."""
    owner = ["company", "week"]
    owned = texts.select(*owner, "content").unique().join(known, on="content")
    joined = texts.join(related(owned, owner), on=[*owner, "content"], how="left")
    return joined.with_columns(pl.coalesce("family", "content").alias("content")).drop("family").unique()


def _strangers(people: pl.DataFrame) -> pl.DataFrame:
    """Whom each account wrote to first and never heard of, over the window and on the busiest day."""
    new = people.filter("sent", "opened", pl.col("heard").not_()).group_by("number", "day").len()
    return new.group_by("number").agg(strangers=pl.col("len").sum(), strangers_day=pl.col("len").max())


def _in_common(people: pl.DataFrame) -> pl.DataFrame:
    """How many whom each account wrote to first were first written to by others too, and heard by none."""
    who = ["company", "counterpart"]
    reached = people.filter("opened", "sent", "hears")
    several = reached.group_by(who).len().filter(pl.col("len") > 1)
    silent = several.join(people.filter("heard").select(who), on=who, how="anti")
    return reached.join(silent, on=who, how="semi").group_by("number").agg(shared_people=pl.len())


def _lists(people: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """The largest list of each account alone, and the largest that it has a part in.

    Week by week: a list is worked through in days, while the words with which a company's people begin a
    talk go to one person now and then, in every week.
    """
    own, whose = ["number", "content", "week"], ["company", "content", "week"]
    parts = texts.group_by(own).agg(pl.len(), pl.col("company").first()).filter(pl.col("len") >= OWN_PART)
    heard = people.select("number", "counterpart", "heard")
    lines = texts.join(parts, on=own, how="semi").join(heard, on=["number", "counterpart"])
    # Variants that take turns go to different people, who are counted once for all.
    alone = _silent(lines.unique(["number", "week", "counterpart"]), ["number", "week"])
    several = parts.group_by(whose).len().filter(pl.col("len") > 1)
    lists = parts.join(_silent(lines.join(several, on=whose, how="semi"), whose), on=whose)
    largest = pl.col("people").max()
    begun = alone.group_by("number").agg(same_begun=largest)
    return begun.join(
        lists.group_by("number").agg(list_people=largest), on="number", how="full", coalesce=True
    )


def _silent(lines: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """How many people there are in each group of talks begun, where most did not answer."""
    judged = pl.col("hears").sum()
    silent = (pl.col("hears") & ~pl.col("heard")).sum()
    told = (judged >= LIST_HEARD) & (silent >= LIST_SILENT * judged)
    groups = lines.group_by(by).agg(told=told, people=pl.col("counterpart").n_unique())
    return groups.filter("told").drop("told")
