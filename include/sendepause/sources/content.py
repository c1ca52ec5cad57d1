"""What the body of a chat export's message holds: words, media, or a notice of the app.

Few bodies hold more than words. Those that may (by a mark, a bracket or their shortness) are looked at
closely; all others only lose their marks.
"""

from __future__ import annotations

import polars as pl

from sendepause.keys import PLAIN
from sendepause.sources import wording
from sendepause.sources.notices import GROUP, NOT_THE_APP, is_encryption, is_sure, scattered
from sendepause.sources.text import MARKS, SPACES

_SPECIAL = f"[{MARKS}<(•]"
_LONGEST_NOTICE = 80  # in characters: no marker without mark and bracket is longer
# Markers in Latin letters are told by how they begin; a text with any other sign is looked at closely.
_LETTERS = PLAIN.replace("!-.", "!-')-.").replace(":-@", ":;=-@") + "A-ZÀ-ÖØ-Þ/0-9ß"
_MAY_BE_MORE = rf"{wording.BEGINNINGS}|[^{_LETTERS}]"
_BY_A_PERSON = rf"\n|maps\.google|foursquare\.com|{NOT_THE_APP}"  # polls and locations are


def clean(text: pl.Expr) -> pl.Expr:
    """Without marks, trimmed at both ends."""
    return text.str.replace_all(f"[{MARKS}]", "").str.strip_chars(SPACES + "\r\n")


def _key(text: pl.Expr) -> pl.Expr:
    """``wording.key`` for a column."""
    normal = clean(text).str.normalize("NFKC").str.replace_all(wording.JOINERS, "").str.to_lowercase()
    folded = normal.str.replace_all(r"\s+", " ")
    return folded.str.strip_chars("<> ").str.strip_chars_end(".。।").str.strip_chars()


def _is_one_of(text: pl.Expr, keys: frozenset[str]) -> pl.Expr:
    return _key(text).is_in(sorted(keys))


def contents(bodies: pl.Series) -> pl.DataFrame:
    """Columns ``text``, ``shown``, ``media``, ``deleted`` and ``deleted_by_owner`` of bodies as written.

    ``shown`` is the body without marks. In ``text`` a media marker and the mark of an edited message are
    taken off, captions stay. A deletion notice stays.
    """
    body = pl.col("body")
    stripped = body.str.strip_chars(SPACES + "\r\n")
    look = body.str.contains(_MAY_BE_MORE)
    looked = bodies.alias("body").to_frame().lazy().select(text=stripped, look=look)
    table = looked.collect(engine="streaming")
    places = table["look"].arg_true()
    near = bodies.gather(places)
    places = places.filter((near.str.len_chars() <= _LONGEST_NOTICE) | near.str.contains(_SPECIAL))
    table = table.select("text", shown="text", media=False, deleted=False, deleted_by_owner=False)
    if places.is_empty():
        return table
    bodies = bodies.gather(places).alias("body")
    distinct = bodies.unique()  # markers repeat
    looked_at = _looked_at(distinct).with_columns(body=distinct)
    closely = bodies.to_frame().join(looked_at, on="body", how="left", maintain_order="left")
    return table.with_columns(table[name].scatter(places, closely[name]) for name in table.columns)


def _looked_at(bodies: pl.Series) -> pl.DataFrame:
    """``contents`` for any bodies."""
    body = pl.col("body")
    table = bodies.to_frame().with_row_index("place")
    table = table.with_columns(special=body.str.contains(_SPECIAL), shown=clean(body))
    special = _special(table.filter("special"))
    short = table.filter(~pl.col("special")).with_columns(text="shown", key=_key(body))
    short = short.with_columns(media=pl.col("key").is_in(sorted(wording.OMITTED)))
    short = _with_deletions(short).with_columns(text=pl.when("media").then(pl.lit("")).otherwise("text"))
    columns = ("place", "text", "shown", "media", "deleted", "deleted_by_owner")
    return pl.concat([part.select(columns) for part in (special, short)]).sort("place").drop("place")


def _with_deletions(table: pl.DataFrame) -> pl.DataFrame:
    key = pl.col("key")
    return table.with_columns(
        deleted=key.is_in(sorted(wording.DELETED)) | key.str.contains(wording.DELETED_BY_ADMIN),
        deleted_by_owner=key.is_in(sorted(wording.DELETED_BY_OWNER)),
    )


def _special(table: pl.DataFrame) -> pl.DataFrame:
    body = pl.col("body")
    first = body.str.extract(r"^([^\n]*)", 1)
    table = table.with_columns(key=_key(body), body=body.str.strip_chars_end("\r\n")).with_columns(
        whole=_is_marker_line(first)
    )
    table = table.with_columns(
        body=pl.when("whole").then(body).otherwise(body.str.replace(wording.EDITED, ""))
    ).with_columns(whole=_is_marker_line(first))
    # What follows a marker's line is its caption, and may have been edited.
    caption = body.str.replace(r"^[^\n]*\n?", "").str.replace(wording.EDITED, "")
    tail = body.str.extract(rf"[{MARKS}]([^{MARKS}\n]+)$", 1)
    at_end = _is_one_of(tail, wording.OMITTED).fill_null(False)
    document = clean(body).str.contains(wording.DOCUMENT_OMITTED)
    attached = body.str.contains(wording.ATTACHED)
    text = (
        pl.when("whole")
        .then(caption)
        .when(at_end)
        .then(body.str.replace(rf"[{MARKS}]+[^{MARKS}\n]+$", ""))
        .when(document)
        .then(clean(body).str.replace(wording.DOCUMENT_OMITTED, "${1}"))
        .when(attached)
        .then(body.str.replace(wording.ATTACHED, ""))
        .otherwise(body)
    )
    return _with_deletions(
        table.with_columns(text=clean(text), media=pl.col("whole") | at_end | document | attached)
    )


def _is_marker_line(line: pl.Expr) -> pl.Expr:
    shown = clean(line)
    return (
        _is_one_of(line, wording.OMITTED)
        | shown.str.contains(wording.OMITTED_IN_BRACKETS)
        | line.str.contains(wording.OMITTED_AFTER_MARK)
        | shown.str.contains(wording.ATTACHED_ON_ANDROID)
        | shown.str.contains(wording.ATTACHED_BY_NAME)
    )


def notices(table: pl.DataFrame, *, labels: bool = True) -> pl.Series:
    """Which labelled lines are the app's own, though a name stands before them.

    ``table`` has ``author`` (as shown), ``body`` (as written), ``shown`` and ``candidate`` for lines with a
    name that are neither media nor deletions. Sure wordings are enough. Others need the mark before the
    body, and the wording of a group's notice, or the acting person's name at its beginning, or a label that
    never speaks. Where the phone ``labels`` nothing (Android), people only quote the app.
    """
    marked = pl.col("body").str.contains(f"^[{MARKS}]")
    table = table.select("author", "shown", "candidate", marked=marked)
    if not labels:
        own = table["candidate"] & table["marked"]
        return scattered(own, is_encryption(table.filter(own)["shown"]))
    sure = table["candidate"] & is_sure(table["shown"])
    label = _label(table, sure)
    unsure = table["candidate"] & table["marked"] & ~sure
    told = table.filter(unsure).select(pl.col("shown").str.contains(_BY_A_PERSON)).to_series()
    unsure = scattered(unsure, ~told)
    author, shown = pl.col("author"), pl.col("shown")
    acts = shown.str.starts_with(author) & (author.str.len_chars() > 1)
    of_group = table.filter(unsure).select(
        shown.str.contains(GROUP) | acts | (author == pl.lit(label, pl.String)).fill_null(False)
    )
    return sure | scattered(unsure, of_group.to_series())


def _label(table: pl.DataFrame, sure: pl.Series) -> str | None:
    """The name that the encryption notice is labelled with, if nobody ever speaks under it."""
    labels = table.filter(sure)["author"]
    if labels.is_empty():
        return None
    spoke = table.filter(~sure & (table["author"] == labels[0]) & ~(table["marked"] & table["candidate"]))
    return str(labels[0]) if spoke.is_empty() else None
