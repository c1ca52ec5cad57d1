"""What a round of delivery has to do, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sendepause.alerts.deliveries import Change

_MOST_NOTES = 6


@dataclass
class Delivered:
    """What a round did, in messages. ``notes`` are sentences for people."""

    sent: int = 0  # with those of ``found``
    found: int = 0  # were unclear, and Slack had them
    changed: int = 0  # show something else by now
    refused: int = 0
    waiting: int = 0  # still queued or unclear at the end
    stopped: bool = False  # ended early, for the reason in the last note
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Say something once; what is said of more than a few channels, the board shows."""
        if text not in self.notes and len(self.notes) < _MOST_NOTES:
            self.notes.append(text)

    def stop(self, text: str) -> None:
        """End the round, and say why."""
        self.stopped = True
        self.notes.append(text)


@dataclass
class Job:
    """One delivery as this process last saw it."""

    id: str
    channel: str  # where it is owed
    backup: str | None
    state: str
    tried_at: datetime | None
    target: str  # where it is being tried
    not_before: datetime
    enforcement: str  # whose thread it belongs to; "" for none
    thread_ts: str | None  # the thread in which it was tried
    picture: bool  # one that is not uploaded yet
    shows_picture: bool
    strays: bool = False  # its thread is in another channel
    uploads: int = 0
    searches: int = 0  # that nobody answered

    @property
    def gate(self) -> str:
        return "search" if self.state == "sending" else "post"


@dataclass
class ChangeJob:
    """A sent message that shall show something else."""

    change: Change
    not_before: datetime
    gate: str = "change"
