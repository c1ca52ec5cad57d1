"""Whether a date will be met: where each campaign stands, and the one sentence that follows. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sendepause import countdown, words
from sendepause.board.texts import ago, text
from sendepause.guard import Passage
from sendepause.model import (
    Act,
    Campaign,
    CampaignState,
    Enforcement,
    Language,
    Phase,
    Reason,
    Silence,
)
from sendepause.model import Level as Reach


class Level(StrEnum):
    """How a thing stands; the page shows it as a word and a shape, never as a colour alone."""

    OK = "ok"
    ATTENTION = "attention"
    RISK = "risk"


class Standing(StrEnum):
    """Where one campaign on a personal account stands under one enforcement."""

    RUNNING = "running"  # and nothing is due yet
    VERIFIED = "verified"  # paused by us, and the state was read back
    STOPPED = "stopped"  # not running, by somebody else's doing
    OWED = "owed"
    WAITING = "waiting"
    HELD = "held"

    @property
    def runs(self) -> bool:
        """Whether the campaign runs, as far as anybody knows."""
        return self not in (Standing.VERIFIED, Standing.STOPPED)


@dataclass(frozen=True, slots=True)
class Loop:
    """How the enforcing loop itself stands."""

    acting: bool  # acting is on, and no halt
    enforced_at: datetime | None  # when the last run came to its end

    def late_by(self, now: datetime) -> timedelta | None:
        """How long ago the last run ended, if that is too long; None also where none has ever run."""
        if self.enforced_at is None or now - self.enforced_at <= countdown.LATE:
            return None
        return now - self.enforced_at


def concerned(campaign: Campaign, item: Mapping[str, Any] | None) -> bool:
    """Whether a campaign is one of those that a date is about. A gateway's session is only the way out of
    others: it counts from when it has to be closed."""
    return campaign.level is Reach.CAMPAIGN or (item is not None and item["act"] in (Act.PAUSE, Act.ASK))


def standing(campaign: Campaign, item: Mapping[str, Any] | None, paused_by_us: bool) -> Standing:
    """Where a campaign stands. ``item``: its decision in the plan shown last, if it has one.

    What nobody can pause or read from here is stopped once its owner's word is believed.
    """
    if campaign.state in (CampaignState.PAUSED, CampaignState.DONE):
        return Standing.VERIFIED if paused_by_us else Standing.STOPPED
    if item is None:
        return Standing.RUNNING
    if item["act"] == Act.NONE and Reason.CONFIRMED in item.get("reasons", ()) and not campaign.pausable:
        return Standing.STOPPED
    match item["act"]:
        case Act.PAUSE:
            return Standing.WAITING if waits(item) else Standing.OWED
        case Act.ASK:
            return Standing.WAITING
        case Act.HOLD:
            return Standing.HELD
    return Standing.RUNNING


def waits(item: Mapping[str, Any]) -> bool:
    """Whether the guard keeps a planned pause waiting for a person."""
    return item.get("passage") in _WAITING


_WAITING = frozenset(str(passage) for passage in Passage if not passage.proceeds)


class Changed(NamedTuple):
    """A subject about which two plans decide differently under one enforcement; None: not at all."""

    subject: str
    rule: str
    before: str | None  # model.Act
    now: str | None


def changed(before: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> list[Changed]:
    """Where another act is decided than before, or a decision is new or gone; by subject."""
    then = {(item["subject"], item["enforcement"]): item["act"] for item in before}
    here = {(item["subject"], item["enforcement"]): item["act"] for item in now}
    moved = (key for key in {**then, **here} if then.get(key) != here.get(key))
    return [Changed(*key, then.get(key), here.get(key)) for key in sorted(moved)]


def counted(standings: Iterable[Standing]) -> dict[Standing, int]:
    """How many campaigns stand where; every standing has a number."""
    found = Counter(standings)
    return {member: found[member] for member in Standing}


def outlook(
    rule: Enforcement,
    counts: Mapping[Standing, int],
    silences: Mapping[Silence, int],
    loop: Loop,
    now: datetime,
    language: Language,
) -> tuple[Level, str]:
    """Whether the date will be met, as a level and a sentence: the worst that is known comes first.

    ``silences``: what is heard of the pauses that stand, the second proof of them.
    """
    phase = countdown.phase_at(rule, now)
    running = sum(count for member, count in counts.items() if member.runs)
    due = phase in (Phase.PAUSING, Phase.IN_FORCE)
    if loop.enforced_at is None:
        return Level.RISK if due else Level.ATTENTION, text("never_looked", language)
    late = loop.late_by(now)
    if late is not None:
        return Level.RISK if due else Level.ATTENTION, text("stale", language, ago=ago(late, language))
    if phase is Phase.IN_FORCE and running:
        return Level.RISK, text("breach", language, n=running)
    if broken := silences.get(Silence.BROKEN):
        return Level.RISK, text("silence_broken", language, n=broken)
    if running == 0:
        still_open = silences.get(Silence.OPEN) if phase is Phase.IN_FORCE else 0
        if still_open:
            return Level.ATTENTION, text("silence_open", language, n=still_open)
        return Level.OK, text("met_now", language)
    if phase is Phase.PAUSING and not loop.acting:
        return Level.RISK, text("not_acting", language, n=running)
    if countdown.in_last_hours(rule, now):
        return Level.RISK, text("last_hours", language, n=running)
    if counts[Standing.WAITING]:
        return Level.ATTENTION, text("person_needed", language, n=counts[Standing.WAITING])
    if phase is Phase.PAUSING:
        return Level.ATTENTION, text("pausing_now", language, n=running)
    begins = words.moment(countdown.pausing_from(rule), rule.time_zone, language)
    return Level.OK, text("pausing_from", language, n=running, moment=begins)
