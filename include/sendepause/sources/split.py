"""Splits what follows a header into author and body, for a whole file at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import polars as pl

from sendepause.sources.notices import begins_sure, is_sure
from sendepause.sources.text import MARKS, SPACES, strip_marks

_M = f"[{MARKS}]*"
_CLOSING = {
    '"': '"', "„": '“”"', "“": '”“"', "”": "”", "«": "»", "»": "«»", "‚": "‘’", "‘": "’", "‹": "›", "›": "‹›",
    "'": "'", "「": "」", "『": "』", "《": "》", "〈": "〉",
}  # fmt: skip
"""Quotation marks of all languages: what opens, and what may close it."""
_END = rf":(?:[{SPACES}]|{_M}(?:\n|$))"
_DOUBTFUL = rf"[:\n{re.escape(''.join(_CLOSING))}]"
_LONGEST = 2_000  # characters in which an author is looked for: marks that nothing closes cost their square
_LINK = r"(?i)https?$"  # the colon of a link ends no author


def split(rests: pl.Series, owners: Sequence[str]) -> pl.DataFrame:
    """Columns ``author`` (null: the app wrote the line) and ``body``, both as written, marks included.

    The author ends at the first colon before a space or the line's end, else at the first colon; never at
    one inside quotation marks, and not inside a name in ``owners``. ``rests`` may hold several lines each.
    """
    halves = pl.col("rest").str.splitn(": ", 2).struct
    cut = rests.alias("rest").to_frame().lazy().select(author=halves[0], body=halves[1], rest="rest")
    table = cut.collect(engine="streaming")
    easy = pl.col("body").is_not_null() & pl.col("author").is_in(_easy(table["author"]).implode())
    for owner in owners:
        if ":" in owner and (words := _words(owner)):
            easy &= ~pl.col("rest").str.contains(rf"(?i)^{_M}{words}")
    hard = table.lazy().select(~easy).collect(engine="streaming").to_series().arg_true()
    table = table.select("author", "body")
    if hard.is_empty():
        return table
    closely = _split_closely(rests.gather(hard), owners)
    return table.with_columns(table[name].scatter(hard, closely[name]) for name in ("author", "body"))


def _easy(authors: pl.Series) -> pl.Series:
    """The distinct authors at which nothing has to be thought about: the first colon ends them."""
    found = authors.drop_nulls().unique()
    doubtful = found.str.contains(_DOUBTFUL) | found.str.contains(_LINK) | begins_sure(found)
    return found.filter(~doubtful & found.str.contains(rf"[^{MARKS}{SPACES}]"))


def _split_closely(rests: pl.Series, owners: Sequence[str]) -> pl.DataFrame:
    """``split`` for any lines."""
    rest = pl.col("rest")
    table = pl.DataFrame({"rest": rests}).with_columns(
        author=pl.coalesce(rest.str.extract(rf"^([^\n]*?){_END}", 1), rest.str.extract(r"^([^\n:]*):", 1))
    )
    table = table.with_columns(sure=is_sure(table["rest"]))
    no_author = pl.col("sure") | pl.col("author").str.contains(_LINK)
    table = table.with_columns(author=pl.when(no_author).then(None).otherwise(pl.col("author")))
    quoted = pl.col("author").str.contains(f"[{re.escape(''.join(_CLOSING))}]").fill_null(False)
    table = _replace_where(table, quoted, _outside_quotes)
    for owner in owners:
        table = _with_owner(table, owner)
    table = table.with_columns(
        body=pl.when(pl.col("author").is_null())
        .then(rest)
        .otherwise(rest.str.slice(pl.col("author").str.len_chars() + 1))
    )
    nameless = pl.col("author").str.replace_all(f"[{MARKS}{SPACES}]", "").str.len_chars() == 0
    return table.select(
        author=pl.when(nameless).then(None).otherwise(pl.col("author")),
        body=pl.when(nameless).then(rest).otherwise(pl.col("body").str.replace(f"^[{SPACES}]", "")),
    )


def _replace_where(table: pl.DataFrame, where: pl.Expr, author: Callable[[str], str | None]) -> pl.DataFrame:
    places = table.select(where).to_series().arg_true()
    if not len(places):
        return table
    values = [author(rest.partition("\n")[0]) for rest in table["rest"].gather(places)]
    return table.with_columns(table["author"].scatter(places, pl.Series(values, dtype=pl.String)))


def _with_owner(table: pl.DataFrame, owner: str) -> pl.DataFrame:
    """Lines that begin with the owner's name: it is the author, or (without a colon) nobody is."""
    words = _words(owner)
    if not words:
        return table
    written = pl.col("rest").str.extract(rf"(?i)^({_M}{words}{_M}):", 1)
    if ":" not in owner:
        return table.with_columns(author=pl.coalesce(written, "author"))
    # Where a word goes on (``Praxis: Empfang`` in ``Praxis: Empfangsdame: Hallo``) it is another name.
    begins = pl.col("rest").str.contains(rf"(?i)^{_M}{words}(?:\W|$|[^:\n]*(?:\n|$))")
    return table.with_columns(author=pl.when(begins).then(written).otherwise(pl.col("author")))


def _words(owner: str) -> str:
    return rf"[{SPACES}]+".join(_M.join(map(re.escape, word)) for word in strip_marks(owner).split())


def _outside_quotes(line: str) -> str | None:
    """The author of one line with quotation marks. A mark that nothing closes is no quotation."""
    line = line[:_LONGEST]
    first_colon: int | None = None
    place = 0
    unclosed: set[str] = set()
    while place < len(line):
        char = line[place]
        closed = -1 if char in unclosed else _closing(line, place)
        if closed < 0 and char != "'":
            unclosed.add(char)
        if closed >= 0:
            place = closed
        elif char == ":" and re.match(rf"[{SPACES}]|{_M}$", line[place + 1 :]):
            return line[:place]
        elif char == ":" and first_colon is None:
            first_colon = place
        place += 1
    return None if first_colon is None else line[:first_colon]


def _closing(line: str, place: int) -> int:
    """Where the quotation that begins at ``place`` ends, -1 where none begins or it never ends."""
    char = line[place]
    if char == "'":  # an apostrophe in a name is no quotation
        quoted = re.compile(r"(?<!\S)'[^']+'(?![^\s.,;!?])").match(line, place)
        return quoted.end() - 1 if quoted else -1
    ends = [line.find(mark, place + 1) for mark in _CLOSING.get(char, "")]
    return min((end for end in ends if end >= 0), default=-1)
