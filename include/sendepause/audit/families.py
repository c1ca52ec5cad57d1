"""Families of contents: texts of one account in which little more than the name differs count as one.

Two contents belong together where their sketches share a band (``sketches``), or where others stand between
them that do. What comes out is the same in whichever order days and contents come, and whatever else is
judged beside the account.
"""

from __future__ import annotations

import polars as pl

from sendepause.audit.activity import exploded
from sendepause.frames import repeats

_TEXT = ("account_id", "content")


def families(rows: pl.DataFrame) -> pl.DataFrame:
    """``account_id``, ``content`` and ``family`` (the least content of it) of all that have relatives.

    :param rows: the day rows in which the sketches are; schema ``activity.ACTIVITY``. Those of before texts
        were sketched have none, and their contents stand alone.
    """
    accounts = rows["account_id"].unique().sort()
    number = pl.col("account_id").cast(pl.Enum(accounts)).to_physical()  # moved in a tenth of the time
    lines = exploded(rows.select(number, "sketches"), "sketches", "account_id")
    found = related(lines.explode("sketch").drop_nulls(), ["account_id"])
    return found.with_columns(accounts.gather(found["account_id"]).alias("account_id"))


def related(known: pl.DataFrame, owner: list[str]) -> pl.DataFrame:
    """The columns of ``owner``, ``content`` and ``family`` of all that have relatives among their owner's.

    :param known: the columns of ``owner``, ``content`` and ``sketch``, one line or more for each band.
    """
    text = [*owner, "content"]
    # Most bands come once, and what is alone has no relatives: only the others are looked at further.
    known = known[repeats(known.select(pl.struct(*owner, "sketch")).to_series())].unique()
    several = known.group_by(*owner, "sketch").len().filter(pl.col("len") > 1)
    if several.is_empty():
        return known.select(*text, family="content").clear()
    numbered = several.select(*owner, "sketch").with_row_index("band")
    common = known.join(numbered, on=[*owner, "sketch"]).drop("sketch")
    texts = common.select(text).unique().with_row_index("text")
    links = common.join(texts, on=text)
    family = pl.Series("family", _connected(links["text"], links["band"], len(texts), len(numbered)))
    least = pl.col("content").min().over("family")
    return texts.with_columns(family).select(*text, family=least)


def in_families(contents: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The same lines of ``account_id`` and ``content``, each that has relatives as its family."""
    joined = contents.join(found, on=_TEXT, how="left", maintain_order="left")
    return joined.select("account_id", pl.coalesce("family", "content").alias("content"))


def _connected(texts: pl.Series, bands: pl.Series, text_count: int, band_count: int) -> pl.Series:
    """The number of the component of each text, where texts and bands are the two kinds of nodes."""
    from scipy.sparse import coo_array  # a second to import, and whoever only answers a press has three
    from scipy.sparse.csgraph import connected_components

    size = text_count + band_count
    ends = (texts.to_numpy(), bands.to_numpy() + text_count)
    links = coo_array(([True] * len(texts), ends), shape=(size, size))
    return pl.Series(connected_components(links, directed=False)[1][:text_count])
