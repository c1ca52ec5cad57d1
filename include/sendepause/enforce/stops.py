"""What stops an order, as the store says at this very moment: the switches, and holds granted in between."""

from __future__ import annotations

from sendepause.model import EntryKind
from sendepause.store import database, folds, ledger
from sendepause.store.database import Engine
from sendepause.store.ledger import Entry

STOPS = (*folds.SWITCHES, *folds.HOLDS)


class Stops:
    """Asked before every call of a run, so it reads only what was written since it was asked last.

    That is all there is to know: the ledger only grows, and its numbers come in the order of commits.
    ``decided_at``: the newest entry that the run's decisions knew; holds granted since are new to them.
    """

    def __init__(self, engine: Engine, decided_at: int | None) -> None:
        self._engine, self._decided_at = engine, decided_at
        self._entries: list[Entry] = []
        self._seen = -1  # nothing yet
        self._may_act = False
        self._held: frozenset[str] = frozenset()

    def may_act(self, campaign: str) -> bool:
        """Whether acting is on, halt is off, and no hold on this campaign came in between."""
        if self._anything_new():
            switches = folds.switches(self._entries)
            self._may_act = switches.acting and not switches.halted
            self._held = self._newly_held()
        return self._may_act and campaign not in self._held

    def _anything_new(self) -> bool:
        with database.session(self._engine, write=False) as session:
            if self._seen < 0:
                newest = ledger.head(session)
                self._seen = newest.seq if newest else 0
            else:
                found = ledger.kinds_after(session, self._seen)
                self._seen = found[-1][0] if found else self._seen
                if not any(kind in STOPS for _, kind in found):
                    return False
            self._entries = ledger.entries(session, kinds=STOPS)
        return True

    def _newly_held(self) -> frozenset[str]:
        known = self._decided_at
        if known is None:
            return frozenset()
        granted = {e.subject for e in self._entries if e.kind is EntryKind.HOLD_GRANTED and e.seq > known}
        return frozenset(h.campaign for h in folds.holds(self._entries) if f"hold:{h.seq}" in granted)
