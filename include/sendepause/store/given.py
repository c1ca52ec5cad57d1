"""What owners answered, as the ledger's entries tell it; ``folds`` hands it on. Pure, no SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sendepause.model import Answer, EntryKind
from sendepause.store.ledger import Entry

_DELIVERY = "delivery:"


@dataclass(frozen=True, slots=True)
class Given:
    """One answer to a message. ``until``: the end that was asked for, of a hold."""

    answer: Answer
    author: str  # ``slack:U…``
    at: datetime  # when the answer was taken down
    seq: int
    subjects: tuple[str, ...] = ()  # item keys: what the message names, or the one campaign of a hold
    until: datetime | None = None


def answers(entries: Iterable[Entry]) -> dict[str, tuple[Given, ...]]:
    """The answers to each message that has any, by its delivery id, in the order in which they were given.

    One that this version cannot read answers nothing.
    """
    found: dict[str, tuple[Given, ...]] = {}
    for entry in entries:
        given = _given(entry) if entry.kind is EntryKind.ANSWERED else None
        if given is not None and entry.subject.startswith(_DELIVERY):
            delivery = entry.subject.removeprefix(_DELIVERY)
            found[delivery] = (*found.get(delivery, ()), given)
    return found


def answered_subject(delivery: str) -> str:
    """What an answer's entry is about."""
    return f"{_DELIVERY}{delivery}"


def once_answered(delivery: str, answer: Answer, about: str = "") -> str:
    """One entry a message and kind of answer, however often a button is pressed; of holds one each."""
    return f"{EntryKind.ANSWERED}:{delivery}:{answer}" + (f":{about}" if about else "")


def _given(entry: Entry) -> Given | None:
    subjects, until = entry.facts.get("subjects"), entry.facts.get("until")
    try:
        return Given(
            answer=Answer(entry.facts.get("answer", "")),
            author=entry.author,
            at=entry.at,
            seq=entry.seq,
            subjects=tuple(str(one) for one in subjects) if isinstance(subjects, list) else (),
            until=datetime.fromisoformat(until) if until else None,
        )
    except (TypeError, ValueError):
        return None
