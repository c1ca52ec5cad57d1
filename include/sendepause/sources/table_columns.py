"""Which column of a table is what, by configuration or by name; and what is said where that does not fit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from sendepause.errors import BadInput
from sendepause.sources.csv_words import ROLES
from sendepause.sources.text import fold
from sendepause.words import on_one_line

NAMED = 30  # columns that an error names
_CLIP = 60  # characters of a name
TIMES = ("sent_at", "date", "time")
_MESSAGE = ROLES.keys() - {*TIMES, "id", "type", "media"}
_USUAL = {name: role for role, names in ROLES.items() for name in names}


def listed(names: Iterable[str]) -> str:
    """Names from outside for a person: cleaned, clipped, 30 at most, and how many more there are."""
    found = list(names)
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return (", ".join(clean(name) for name in found[:NAMED]) or "none") + more


def clean(name: str) -> str:
    """A name from outside: printable, clipped, and without what may be somebody's number."""
    plain = re.sub(r"\d(?:[\s()./_-]*\d){6,}", "…", on_one_line(name[: _CLIP * 4]))
    return plain[:_CLIP] + "…" if len(plain) > _CLIP else plain or "(without a name)"


def misfit(role: str, name: str, there: Iterable[str]) -> BadInput:
    """A configured column that the table does not have, or a role that does not exist."""
    if role not in ROLES:
        return BadInput(
            f"The configured columns name {clean(role)}, which is no role of a column.",
            f"In sources.yaml, under columns, use: {', '.join(ROLES)}.",
            place=f"column {clean(role)}",
        )
    return BadInput(
        f"The configured columns do not fit: {role} is to come from {clean(name)}, which is not there."
        f" Columns that exist: {listed(there)}.",
        f"In sources.yaml write one of these under columns, as in `{role}: {_example(there)}`.",
        place=f"column {role}",
    )


def _example(there: Iterable[str]) -> str:
    return next((clean(name) for name in there), "the column's name")


def roles_of(there: Sequence[str], given: Mapping[str, str] | None, *, whole: bool) -> dict[str, str]:
    """Role -> column. Configured columns count first, each by its exact name, else by the folded one; then
    the usual names fill the roles that are left out, unless a configured mapping is the ``whole``.

    :raises BadInput: for the first configured column that does not fit.
    """
    roles = {role: _configured(role, name, there) for role, name in (given or {}).items()}
    if roles and whole:
        return roles
    taken = set(roles.values())
    for name in there:
        role = _USUAL.get(fold(name))
        if role is not None and name not in taken:
            roles.setdefault(role, name)
    return roles


def _configured(role: str, name: str, there: Sequence[str]) -> str:
    folded = (other for other in there if fold(other) == fold(name))
    found = name if name in there else next(folded, None)
    if role not in ROLES or found is None:
        raise misfit(role, name, there)
    return found


def lacking(roles: Collection[str]) -> str | None:
    """A role without which there are no messages: where nothing tells the time, or nothing the message."""
    if not set(TIMES) & set(roles):
        return "sent_at"
    return None if _MESSAGE & set(roles) else "to"


def check_roles(roles: Collection[str], there: Iterable[str]) -> None:
    """Whether the roles are enough for messages.

    :raises BadInput: where they are not; it names the columns that exist.
    """
    missing = lacking(roles)
    if missing:
        what = "the time of a message" if missing == "sent_at" else "anything else of a message"
        names = list(there)
        raise BadInput(
            f"No column is known to tell {what}. Columns that exist: {listed(names)}.",
            f"In sources.yaml name it under columns, as in `{missing}: {_example(names)}`.",
            place="columns",
        )


def times_in_utc(roles: Mapping[str, str]) -> bool:
    """Whether a column that tells the time says in its name that it is in UTC."""
    return any(fold(roles[role]).endswith("utc") for role in TIMES if role in roles)
