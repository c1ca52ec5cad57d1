"""Files of records that tools write, read portion by portion: what they are, and their messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO, TypeAlias

from sendepause.model import Evidence
from sendepause.sources.base import ReadContext, Reading, zone
from sendepause.sources.gathered import Gathered, Message
from sendepause.sources.json_records import Record, portions


@dataclass
class Seen:
    """What a file turned out to be, so far. ``usual``: what the tool proves unless a message says otherwise.

    Messages that came in different ways prove no account's kind: the account on the Platform must not be
    accused by the one on a phone beside it in the same file.
    """

    tool: str
    usual: Evidence | None = None
    shapes: dict[str, None] = field(default_factory=dict)
    proofs: set[Evidence | None] = field(default_factory=set)

    def shape(self, name: str) -> None:
        """A form of record that was met, in words."""
        self.shapes[name] = None

    def proof(self, evidence: Evidence | None) -> None:
        """What one message says of its account's kind."""
        self.proofs.add(evidence)

    @property
    def evidence(self) -> Evidence | None:
        """What all messages agree on."""
        if not self.proofs:
            return self.usual
        return next(iter(self.proofs)) if len(self.proofs) == 1 else None

    @property
    def form(self) -> str:
        return f"{self.tool}: {', '.join(self.shapes)}" if self.shapes else self.tool


MessagesIn: TypeAlias = Callable[[Record, Seen], Iterable[Message] | None]
"""The messages of a record, maybe none; None where it is no record of the kind."""


def read_records(
    stream: BinaryIO, context: ReadContext, seen: Seen, messages_in: MessagesIn, what: str
) -> Iterator[Reading]:
    """One Reading for each portion that has records of the kind; refuses a file that has none (``what``).

    The last one's evidence is the whole file's.
    """
    zone(context)
    recognised = False
    for portion in portions(stream):
        gathered = Gathered()
        for record in portion:
            found = messages_in(record, seen)
            if found is None:
                continue
            gathered.recognised += 1
            for message in found:
                gathered.add(message)
        if gathered.recognised:
            recognised = True
            yield replace(gathered.reading(seen.evidence, what), form=seen.form)
    if not recognised:
        yield Gathered().reading(seen.evidence, what)  # refuses
