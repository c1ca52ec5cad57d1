"""Who is who in a chat export: which author owns the account, and who the other side is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from sendepause.sources.base import ReadContext
from sendepause.sources.text import comparable, digits_of

_FILE_NAME = re.compile(
    r"(?:WhatsApp[ _-]?Chat[ _](?:mit|with|-|met)|WhatsApp[ _-]?chat[ _](?:met|med|z|s)|"
    r"Chat[ _](?:de[ _])?WhatsApp[ _](?:con|com|amb|dengan)|"
    r"Discussion[ _]WhatsApp[ _]avec|Conversa[ _](?:do|no)[ _]WhatsApp[ _]com|Czat[ _]WhatsApp[ _]z|"
    r"Чат[ _]WhatsApp[ _]с(?:[ _]контактом)?|WhatsApp[ _](?:Sohbeti|chatt)[ _](?:-|med)|"
    r"WhatsApp[ _]?-[ _]?keskustelu[ _]|צ['׳]?אט[ _]WhatsApp[ _]עם|"
    r"دردشة[ _]واتساب[ _]مع|محادثة[ _]واتساب[ _]مع|"
    r"与|與)[ _]*(?P<name>.+?)(?:[ _]?\(\d+\))?(?:的[ _]?WhatsApp[ _]?.*)?",
    re.IGNORECASE,
)
_GROUP_NAME = re.compile('[„“"«»「『‘](.+?)[“”"»«」』’]')
_GROUP_WORD = re.compile(
    r"grupp|group|grupo|groupe|gruppo|groep|ryhm|skupin|csoport|групп|груп|ομάδα|grup|群|グループ|그룹|nhóm|กลุ่ม|مجموعة|گروه|"
    r"קבוצ|ग्रुप|গ্রুপ|hinzugefügt|added|admin",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Parties:
    """``owner_spellings`` are the authors that are the account itself; ``all_in`` says that it never wrote.

    ``counterpart`` is the other author of a direct chat, or the group's name.
    """

    owner_spellings: list[str]
    all_in: bool
    counterpart: str
    notes: tuple[str, ...]


def parties(messages: pl.DataFrame, name: str, context: ReadContext) -> Parties:
    """Tells owner and other side from what is given, else from the file's name and its notices.

    ``messages`` has ``author``, ``text``, ``system``, ``deleted_by_owner`` and ``label``.
    """
    authors = messages["author"].drop_nulls().unique(maintain_order=True).to_list()
    stem = re.sub(r"\.(?:txt|zip)$", "", name, flags=re.IGNORECASE)
    named = _FILE_NAME.fullmatch(stem)
    titled = named["name"].replace("_", " ").strip() if named else None
    notices = messages.filter("system")
    is_group = len(authors) > 2 or any(_GROUP_WORD.search(text) for text in notices["text"])
    partner = None if is_group else titled or _labelled(notices, authors)
    owners, note = _owners(messages, authors, partner, context)
    others = [author for author in authors if author not in owners]
    if not is_group and len(others) == 1 and (owners or partner is not None):
        counterpart = others[0]
    else:
        counterpart = titled or _group_name(notices) or stem
    known = context.owner is not None or bool(context.owner_names)
    only_partner = partner is not None and [comparable(author) for author in authors] == [comparable(partner)]
    all_in = not owners and (known or only_partner)
    if only_partner and not known:
        note = "Only the other side writes in this chat."
    return Parties(owners, all_in, counterpart, (note,) if note else ())


def _owners(
    messages: pl.DataFrame, authors: list[str], partner: str | None, context: ReadContext
) -> tuple[list[str], str | None]:
    """The authors that are the account's owner, and how that was told where nobody gave it."""
    given = {comparable(name) for name in (context.owner, *context.owner_names) if name}
    numbers = {digits_of(name) for name in (context.owner, *context.owner_names, context.account) if name} - {
        None
    }
    found = [a for a in authors if comparable(a) in given or (digits_of(a) in numbers)]
    if found:
        return found, None
    deleting = messages.filter(pl.col("deleted_by_owner") & pl.col("author").is_not_null())["author"].unique()
    if len(deleting) == 1:
        return deleting.to_list(), "The owner was told from the notice of an own message deleted."
    others = [author for author in authors if partner is None or comparable(author) != comparable(partner)]
    if partner is not None and len(authors) == 2 and len(others) == 1:
        return others, "The owner was told from the other side's name in the file's name or its first notice."
    if given:
        return [], "No line is by the given owner: all messages are taken as incoming."
    return [], "The owner could not be told: no message has a direction. Give the owner's name."


def _labelled(notices: pl.DataFrame, authors: list[str]) -> str | None:
    """The partner of a direct chat: the iPhone labels the encryption notice with the other side's name."""
    labels = [label for label in notices["label"].drop_nulls().head(1) if label in authors]
    return labels[0] if labels else None


def _group_name(notices: pl.DataFrame) -> str | None:
    """A group's name that stays while the export grows: its label, or the first one that a notice quotes."""
    for label, text in notices.select("label", "text").iter_rows():
        quoted = _GROUP_NAME.search(text)
        if quoted or label:
            return str(quoted[1] if quoted else label)
    return None
