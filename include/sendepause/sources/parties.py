"""Who is who in a chat export: which author owns the account, and who the other side is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from sendepause.sources import file_names
from sendepause.sources.base import ReadContext
from sendepause.sources.party_words import BY_YOU, GROUP_NAME, GROUP_WORD, LIST_WORD, MISSED
from sendepause.sources.text import comparable, digits_of

_FEW = 50  # notices of a direct chat that are looked at


@dataclass(frozen=True)
class Parties:
    """``owner_spellings`` are the authors that are the account itself; ``all_in`` says that it never wrote.

    ``counterpart`` is the other author of a direct chat, or the group's or broadcast list's name.
    """

    owner_spellings: list[str]
    all_in: bool
    counterpart: str
    notes: tuple[str, ...]


def parties(messages: pl.DataFrame, name: str, context: ReadContext) -> Parties:
    """Tells owner and other side from what is given, else from the file's name and its notices; the notes
    say by what.

    ``messages`` has ``author``, ``text``, ``system``, ``deleted_by_owner`` and ``label``.
    """
    authors = messages["author"].drop_nulls().unique(maintain_order=True).to_list()
    stem = re.sub(r"\.(?:txt|zip)$", "", name, flags=re.IGNORECASE)
    titled = file_names.partner(stem)
    notices = messages.filter("system")
    is_list = len(authors) <= 1 and _is_list(notices)
    is_group = is_list or len(authors) > 2 or _is_group(notices, [*authors, *([titled] if titled else [])])
    partner = None if is_group else titled or _labelled(notices, authors)
    owners, note = _owners(messages, authors, partner, is_group, context)
    if is_list:
        owners, note = authors, "The file is a broadcast list's: all of its messages are the account's own."
    mine = set(owners)
    others = [author for author in authors if author not in mine]
    if not is_group and len(others) == 1 and (owners or partner is not None):
        counterpart = others[0]
    else:
        counterpart = titled or _group_name(notices) or stem
    known = context.owner is not None or bool(context.owner_names)
    only_partner = partner is not None and [comparable(author) for author in authors] == [comparable(partner)]
    all_in = not owners and (known or only_partner)
    if only_partner and not owners and not known:
        note = "Only the other side writes in this chat: all messages are taken as incoming."
    return Parties(owners, all_in, counterpart, (note,))


def _owners(
    messages: pl.DataFrame, authors: list[str], partner: str | None, is_group: bool, context: ReadContext
) -> tuple[list[str], str]:
    """The authors that are the account's owner, and how that was told."""
    names = [name for name in (context.owner, *context.owner_names) if name]
    given = {comparable(name) for name in names}
    numbers = {digits_of(name) for name in (*names, context.account) if name} - {None}
    found = [a for a in authors if comparable(a) in given or (digits_of(a) in numbers)]
    if found:
        by = "number" if all(comparable(a) not in given for a in found) else "name that was given"
        return found, f"The account's own messages were told by its {by}."
    for way, owner in _by_notices(messages, authors, is_group):
        if owner is not None:
            return [owner], f"The owner was told from {way}."
    others = [author for author in authors if partner is None or comparable(author) != comparable(partner)]
    if partner is not None and len(authors) == 2 and len(others) == 1:
        return others, "The owner was told from the other side's name in the file's name or its first notice."
    if given:
        return [], "No line is by the given owner: all messages are taken as incoming."
    return [], "The owner could not be told: no message has a direction. Give the owner's name."


def _by_notices(messages: pl.DataFrame, authors: list[str], is_group: bool) -> list[tuple[str, str | None]]:
    """What the app's own words tell of the owner: each way with the one author that it points to, or None."""
    deleting = messages.filter(pl.col("deleted_by_owner") & pl.col("author").is_not_null())["author"].unique()
    labelled = messages.filter(pl.col("system") & pl.col("label").is_not_null()).select("label", "text")
    acting = _labels(labelled, BY_YOU) if is_group else set()
    calling = _labels(labelled, MISSED) if len(authors) == 2 and not is_group else set()
    called = [author for author in authors if author not in calling]
    return [
        ("the notice of an own message deleted", deleting[0] if len(deleting) == 1 else None),
        ("a notice about what the owner did", _only(acting & set(authors))),
        ("the other side's missed call", called[0] if len(calling) == len(called) == 1 else None),
    ]


def _labels(labelled: pl.DataFrame, wording: re.Pattern[str]) -> set[str]:
    found = labelled.filter(pl.col("text").str.contains(_for_polars(wording)))
    return set(found["label"])


def _for_polars(wording: re.Pattern[str]) -> str:
    return f"(?i){wording.pattern}"


def _only(names: set[str]) -> str | None:
    return next(iter(names)) if len(names) == 1 else None


def _is_list(notices: pl.DataFrame) -> bool:
    """Whether the first notices speak of a broadcast list: its export has nothing but own messages."""
    return any(LIST_WORD.search(text) for text in notices["text"].head(3))


def _is_group(notices: pl.DataFrame, names: Sequence[str]) -> bool:
    """Whether a notice speaks of a group, other than in somebody's name."""
    hits = notices.filter(pl.col("text").str.contains(_for_polars(GROUP_WORD)))["text"].head(_FEW)
    known = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))) or "(?!)")
    return any(GROUP_WORD.search(known.sub("", text)) for text in hits)


def _labelled(notices: pl.DataFrame, authors: list[str]) -> str | None:
    """The partner of a direct chat: the iPhone labels the encryption notice with the other side's name."""
    labels = [label for label in notices["label"].drop_nulls().head(1) if label in authors]
    return labels[0] if labels else None


def _group_name(notices: pl.DataFrame) -> str | None:
    """A group's name that stays while the export grows: its label, or the first one that a notice quotes."""
    for label, text in notices.select("label", "text").iter_rows():
        quoted = GROUP_NAME.search(text)
        if quoted or label:
            return str(quoted[1] if quoted else label)
    return None
