"""What the body of a chat export's message holds: words, media, or a notice of the app."""

from __future__ import annotations

import polars as pl

from sendepause.sources import wording
from sendepause.sources.notices import GROUP, SURE
from sendepause.sources.text import MARKS, SPACES

_BLANK = f"[{MARKS}{SPACES}\n\r]"


def clean(text: pl.Expr) -> pl.Expr:
    """Without marks, trimmed at both ends."""
    return text.str.replace_all(f"[{MARKS}]", "").str.replace_all(rf"^[{SPACES}\r\n]+|[{SPACES}\r\n]+$", "")


def _key(text: pl.Expr) -> pl.Expr:
    """``wording.key`` for a column, but for NFKC, which the few candidates get afterwards."""
    folded = clean(text).str.to_lowercase().str.replace_all(rf"[{SPACES}]+", " ")
    return folded.str.strip_chars("<> ").str.strip_chars_end(".。।").str.strip_chars()


def _is_one_of(text: pl.Expr, keys: frozenset[str]) -> pl.Expr:
    return _key(text).is_in(sorted(keys))


def contents(bodies: pl.Series) -> pl.DataFrame:
    """Columns ``text``, ``media`` and ``deleted`` of bodies as written (marks included).

    A media marker and the mark of an edited message are taken off, captions stay. A deletion notice stays.
    """
    body = pl.col("body")
    table = pl.DataFrame({"body": bodies.str.strip_chars_end("\r\n")})
    first = body.str.extract(r"^([^\n]*)", 1)
    table = table.with_columns(whole=_is_marker_line(first))
    table = table.with_columns(
        body=pl.when(pl.col("whole")).then(body).otherwise(body.str.replace(wording.EDITED, ""))
    ).with_columns(whole=_is_marker_line(first))
    # The rest after a marker's line is its caption, and may have been edited.
    caption = body.str.replace(r"^[^\n]*\n?", "").str.replace(wording.EDITED, "")
    tail = body.str.extract(rf"[{MARKS}]([^{MARKS}\n]+)$", 1)
    at_end = _is_one_of(tail, wording.OMITTED).fill_null(False)
    document = clean(body).str.contains(wording.DOCUMENT_OMITTED)
    attached = body.str.contains(wording.ATTACHED)
    text = (
        pl.when(pl.col("whole"))
        .then(caption)
        .when(at_end)
        .then(body.str.replace(rf"[{MARKS}]+[^{MARKS}\n]+$", ""))
        .when(document)
        .then(clean(body).str.replace(wording.DOCUMENT_OMITTED, "${1}"))
        .when(attached)
        .then(body.str.replace(wording.ATTACHED, ""))
        .otherwise(body)
    )
    return table.select(
        text=clean(text),
        media=pl.col("whole") | at_end | document | attached,
        deleted=_is_one_of(body, wording.DELETED),
        deleted_by_owner=_is_one_of(body, wording.DELETED_BY_OWNER),
    )


def _is_marker_line(line: pl.Expr) -> pl.Expr:
    shown = clean(line)
    return (
        _is_one_of(line, wording.OMITTED)
        | shown.str.contains(wording.OMITTED_IN_BRACKETS)
        | shown.str.contains(wording.ATTACHED_ON_ANDROID)
        | shown.str.contains(wording.ATTACHED_BY_NAME)
    )


def is_notice(author: pl.Expr, body: pl.Expr, label: str | None) -> pl.Expr:
    """Whether a labelled line is the app's own; ``label`` is a name that only labels notices, if any.

    Sure wordings are enough. Others need the mark before the body, and the wording of a group's notice, or
    the acting person's name at its beginning, or the label that nobody speaks under.
    """
    shown = clean(body)
    marked = body.str.contains(f"^[{MARKS}]")
    acts = shown.str.starts_with(clean(author)) & (clean(author).str.len_chars() > 1)
    by_label = (author == label).fill_null(False) if label is not None else pl.lit(False)
    return shown.str.contains(SURE) | (marked & (shown.str.contains(GROUP) | acts | by_label))
