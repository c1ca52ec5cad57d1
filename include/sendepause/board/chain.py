"""The ledger's chain, computed again: as a whole when somebody asks for it, else what is new since then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sendepause.store import ledger
from sendepause.store.database import Session
from sendepause.store.ledger import Break, Entry, Known


@dataclass(frozen=True, slots=True)
class Proof:
    """What computing the chain again has shown. ``whole``: all of it was computed just now; else the entries
    after ``seq``, and those up to it at ``at``."""

    broken: Break | None
    head: Entry | None
    whole: bool
    seq: int
    at: datetime


class Chain:
    """Remembers the entry up to which this process has found the chain whole."""

    def __init__(self) -> None:
        self._whole: tuple[Known, datetime] | None = None

    def computed(self, session: Session, now: datetime, *, whole: bool = False) -> Proof:
        """The chain now, and all of it where ``whole`` or where the store has lost what was computed."""
        head, known = ledger.head(session), self._whole
        if whole or known is None or not ledger.holds(session, known[0]):
            broken = ledger.verify(session)
            if broken is None and head is not None:
                self._whole = (Known(head.seq, head.hash), now)
            return Proof(broken, head, True, head.seq if head else 0, now)
        return Proof(ledger.verify(session, known[0]), head, False, known[0].seq, known[1])
