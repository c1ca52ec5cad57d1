"""Files of records that tools write, read portion by portion: what they are, and their messages."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO, TypeAlias

from sendepause.model import Evidence
from sendepause.sources.base import ReadContext, Reading, zone
from sendepause.sources.gathered import Gathered, Message
from sendepause.sources.json_records import Record, records

_MIXED = (
    "Some messages prove a consumer product and others the Platform, so the file proves no account's kind:"
    " give each account's messages as a source of their own."
)
_MOST_WAYS = 10_000  # a company's inboxes are fewer; beyond it a file proves nothing

_PORTION, _ABOUT = 32 * 1024 * 1024, 1024  # characters of a portion; so many about for a message's fields


@dataclass
class Seen:
    """What a file turned out to be, so far. ``usual``: what the tool proves unless a message says otherwise.

    Messages that went different ways prove no account's kind: the account on the Platform must not be
    accused, nor the one on a phone acquitted, by the other one in the same file.
    """

    tool: str
    usual: Evidence | None = None
    shapes: dict[str, None] = field(default_factory=dict)
    proofs: dict[Hashable, set[Evidence]] = field(default_factory=dict)

    def shape(self, name: str) -> None:
        """A form of record that was met, in words."""
        self.shapes[name] = None

    def proof(self, evidence: Evidence | None, way: Hashable = None) -> None:
        """What one message says of its account's kind, and the way it went: by which inbox or gateway."""
        if way in self.proofs or len(self.proofs) < _MOST_WAYS:
            self.proofs.setdefault(way, set()).update({evidence} if evidence else ())

    @property
    def evidence(self) -> Evidence | None:
        """What all ways are proved to be alike; None where one is not proved."""
        if not self.proofs:
            return self.usual
        met = set().union(*self.proofs.values())
        proved = all(self.proofs.values()) and len(self.proofs) < _MOST_WAYS
        return met.pop() if proved and len(met) == 1 else None

    @property
    def mixed(self) -> bool:
        """Whether both kinds of proof were met."""
        return len(set().union(*self.proofs.values())) > 1

    @property
    def form(self) -> str:
        return f"{self.tool}: {', '.join(self.shapes)}" if self.shapes else self.tool


MessagesIn: TypeAlias = Callable[[Record, Seen], Iterable[Message] | None]
"""The messages of a record, maybe none; None where it is no record of the kind."""


def read_records(
    stream: BinaryIO,
    context: ReadContext,
    seen: Seen,
    messages_in: MessagesIn,
    what: str,
    taken: Callable[[BinaryIO], Iterator[Record]] = records,
) -> Iterator[Reading]:
    """Readings of many messages each; refuses a file without a record of the kind (``what``).

    ``taken`` gives the file's records. Of a record only its messages are kept, since it may hold a file.
    The last Reading's evidence is the whole file's.
    """
    zone(context)
    gathered, size, recognised = Gathered(), 0, False
    for record in taken(stream):
        found = messages_in(record, seen)
        if found is None:
            continue
        gathered.recognised += 1
        for message in found:
            gathered.add(message)
            size += _ABOUT + len(message.text or "")
        if size >= _PORTION:
            recognised = True
            yield replace(gathered.reading(seen.evidence, what), form=seen.form)
            gathered, size = Gathered(), 0
    gathered.recognised += recognised
    last = gathered.reading(seen.evidence, what)  # refuses where no record was of the kind
    notes = (*last.notes, _MIXED) if seen.mixed else last.notes
    yield replace(last, form=seen.form, notes=notes)
