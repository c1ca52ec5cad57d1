"""What happened since the last summary, told from the ledger's entries, and since when that is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

import pendulum

from sendepause import words
from sendepause.alerts import phrases_digest as said
from sendepause.alerts.phrases import put
from sendepause.model import EntryKind, Language
from sendepause.store.ledger import Entry
from sendepause.words import Both

# Steps of something that is told, and what other sentences tell.
UNTOLD = frozenset({EntryKind.RETRY, EntryKind.INTENT, EntryKind.DRAINED, EntryKind.RESUME_INTENT})
_EACH = frozenset({EntryKind.APPROVE, EntryKind.HOLD_ASKED, EntryKind.CONFIGURATION})  # counted as entries

_LAST_WEEK = 7  # days: within them a weekday names one day alone


def happened(entries: Sequence[Entry], language: Language) -> list[str]:
    """What the entries tell, each as a part of one sentence; nothing where nothing happened.

    Campaigns are counted once, whatever the rules and however often the same was written of them.
    """
    found = _things(entries)
    return [
        *_switched(entries, language),
        *(counted(said.EVENTS[kind], len(found[kind]), language) for kind in said.EVENTS if found[kind]),
        *_taken_back(entries, language),
        *_answered(entries, language),
    ]


def since(day: date, today: date, language: Language) -> str:
    """A day as one says it after "since": yesterday, a weekday of the last week, else with its date."""
    ago = (today - day).days
    if ago <= 1:
        return said.YESTERDAY.in_(language)
    local = pendulum.datetime(day.year, day.month, day.day)
    dated = Both("dddd, D. MMMM YYYY", "dddd, D MMMM YYYY").in_(language)
    return local.format("dddd" if ago < _LAST_WEEK else dated, locale=str(language))


def counted(phrase: Both, count: int, language: Language, *, in_force: bool = False) -> str:
    """A phrase for so many things; of none, the digest says nothing at all."""
    return put(phrase.in_(language), count, words.number(count, language), in_force=in_force)


def _things(entries: Sequence[Entry]) -> dict[EntryKind, set[str]]:
    """What each kind of entry is about."""
    found: dict[EntryKind, set[str]] = defaultdict(set)
    for entry in entries:
        match entry.kind:
            case EntryKind.ANNOUNCED:
                found[entry.kind].update(map(str, entry.facts.get("items", ())))
            case EntryKind.CONFIRMED if entry.facts.get("off") is not True:
                continue
            case EntryKind.DRILL if entry.facts.get("step") != "done":
                continue
            case kind:
                found[kind].add(str(entry.seq) if kind in _EACH else entry.subject)
    return found


def _switched(entries: Sequence[Entry], language: Language) -> Iterator[str]:
    """How the two switches were left."""
    last = {entry.kind: entry.facts.get("on") is True for entry in entries}
    for (kind, on), phrase in said.SWITCHED.items():
        if last.get(kind) is on:
            yield phrase.in_(language)


def _taken_back(entries: Sequence[Entry], language: Language) -> Iterator[str]:
    back = {e.subject for e in entries if e.kind is EntryKind.CONFIRMED and e.facts.get("off") is not True}
    if back:
        yield counted(said.TAKEN_BACK, len(back), language)


def _answered(entries: Sequence[Entry], language: Language) -> Iterator[str]:
    given = Counter(str(e.facts.get("answer")) for e in entries if e.kind is EntryKind.ANSWERED)
    parts = [
        counted(phrase, given[answer], language) for answer, phrase in said.ANSWERS.items() if given[answer]
    ]
    if parts:
        yield counted(said.ANSWERED, given.total(), language).format(", ".join(parts))
