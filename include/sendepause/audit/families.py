"""Families of contents: texts of one account in which little more than the name differs count as one.

Two contents belong together where their sketches share a band (``sketches``), or where others stand between
them that do. What comes out is the same in whichever order days and contents come, and whatever else is
judged beside the account.
"""

from __future__ import annotations

import polars as pl

_TEXT = ("account_id", "content")


def families(rows: pl.DataFrame) -> pl.DataFrame:
    """``account_id``, ``content`` and ``family`` (the least content of it) of all that have relatives.

    :param rows: the day rows in which the sketches are; schema ``activity.ACTIVITY``. Those of before texts
        were sketched have none, and their contents stand alone.
    """
    lines = rows.select("account_id", "sketches").filter(pl.col("sketches").list.len() > 0)
    bands = lines.explode("sketches").unnest("sketches").unique().explode("sketch").drop_nulls().unique()
    several = bands.group_by("account_id", "sketch").len().filter(pl.col("len") > 1)
    if several.is_empty():
        return bands.select(*_TEXT, family="content").clear()
    numbered = several.select("account_id", "sketch").with_row_index("band")
    shared = bands.join(numbered, on=["account_id", "sketch"]).drop("sketch")
    texts = shared.select(_TEXT).unique().with_row_index("text")
    links = shared.join(texts, on=_TEXT)
    family = pl.Series("family", _connected(links["text"], links["band"], len(texts), len(numbered)))
    least = pl.col("content").min().over("family")
    return texts.with_columns(family).select(*_TEXT, family=least)


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
