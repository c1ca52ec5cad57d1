"""`sendepause status`: for an outside monitor, by exit code. Absence is noticed here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from sendepause import countdown, stages
from sendepause.errors import SendepauseError
from sendepause.installation import Installation
from sendepause.model import Act, Phase, Reason
from sendepause.settings import Settings
from sendepause.store import database, folds, ledger, queries


class Level(IntEnum):
    """The exit code."""

    WELL = 0
    ATTENTION = 1
    AT_RISK = 2


@dataclass(frozen=True, slots=True)
class Status:
    """What a monitor is told: a level, why, and the numbers behind it."""

    level: Level
    why: tuple[str, ...]
    numbers: dict[str, Any]

    def json(self) -> dict[str, Any]:
        """One JSON object."""
        return {"status": self.level.name.lower(), "why": list(self.why), **self.numbers}


def status(installation: Installation) -> Status:
    """How it stands now. 2: the date is at risk; 1: somebody should look; 0: all well."""
    now = installation.now()
    try:
        settings, trouble = installation.read_settings()
    except SendepauseError as error:
        return Status(Level.AT_RISK, (str(error),), {})
    found: list[tuple[Level, str]] = []
    if trouble:
        found.append((Level.ATTENTION, "The configuration does not check; the last valid one is in force."))
    shown = stages.show(installation, settings, now)
    with database.session(installation.engine, write=False) as session:
        beats = queries.heartbeats(session)
        switches = folds.switches(ledger.entries(session))
        broken = ledger.verify(session)
        ill = sorted(subject for subject, state in queries.health(session).items() if not state.ok)
    if broken:
        found.append((Level.ATTENTION, f"The ledger is not whole: entry {broken.seq}, {broken.why}."))
    found += _late(beats.get("enforce"), now)
    found += [(Level.ATTENTION, _ill(subject)) for subject in ill if subject != "configuration"]
    found += _owed(settings, shown, now, stopped=switches.halted or not switches.acting)
    found += _silences(settings, shown, now)
    acts = [item["act"] for item in shown.items]
    numbers = {
        "acting": switches.acting,
        "halted": switches.halted,
        "pauses_owed": acts.count(Act.PAUSE),
        "waiting": len(shown.waiting),
        "asked": acts.count(Act.ASK),
        **{name: len(_with(shown, reason)) for name, reason in _PROOFS.items()},
        "enforced_at": beats["enforce"].finished_at.isoformat() if "enforce" in beats else None,
        "hours_left": {
            rule.id: round(countdown.hours_left(rule, now), 1) for rule in settings.enforcement_list()
        },
    }
    level = max((level for level, _ in found), default=Level.WELL)
    return Status(level, tuple(why for _, why in found), numbers)


_PROOFS = {
    "silence_confirmed": Reason.SILENCE_CONFIRMED,
    "silence_open": Reason.SILENCE_OPEN,
    "silence_broken": Reason.STILL_SENDING,
    "still_under_way": Reason.STILL_UNDER_WAY,
}


def _with(shown: stages.Shown, reason: Reason, rule: str | None = None) -> set[str]:
    """What is decided for this reason, under ``rule`` or under any."""
    return {
        item["subject"]
        for item in shown.items
        if reason in item["reasons"] and rule in (None, item["enforcement"])
    }


def _silences(settings: Settings, shown: stages.Shown, now: datetime) -> list[tuple[Level, str]]:
    """The second proof of the pauses: what is broken at any time, what is open once the rule is in force."""
    found = []
    for rule in settings.enforcement_list():
        in_force = countdown.phase_at(rule, now) is Phase.IN_FORCE
        broken = len(_with(shown, Reason.STILL_SENDING, rule.id))
        unproved = len(_with(shown, Reason.SILENCE_OPEN, rule.id))
        if broken:
            level = Level.AT_RISK if in_force else Level.ATTENTION
            found.append((level, f"{broken} pause(s) under {rule.id} are followed by automated sending."))
        if unproved and in_force:
            why = f"Silence after {unproved} pause(s) under {rule.id} is not proved by fresh data."
            found.append((Level.ATTENTION, why))
    return found


def _ill(subject: str) -> str:
    kind, _, rest = subject.partition(":")
    if kind == "drill":
        return f"The last drill in {rest} failed: that its campaigns can be paused is not proved."
    return f"{subject} is ill."


def _late(beat: queries.Heartbeat | None, now: datetime) -> list[tuple[Level, str]]:
    if beat is None:
        return [(Level.AT_RISK, "Enforcing has never run.")]
    if now - beat.finished_at > countdown.LATE:
        minutes = round((now - beat.finished_at).total_seconds() / 60)
        return [(Level.AT_RISK, f"Enforcing last came to its end {minutes} minutes ago.")]
    return []


def _owed(settings: Settings, shown: stages.Shown, now: datetime, stopped: bool) -> list[tuple[Level, str]]:
    rules = {rule.id: rule for rule in settings.enforcement_list()}
    found = []
    for rule_id, rule in rules.items():
        owed = [i for i in shown.items if i["enforcement"] == rule_id and i["act"] == Act.PAUSE]
        if not owed:
            continue
        short = countdown.hours_left(rule, now) <= countdown.LAST_HOURS
        why = f"{len(owed)} pause(s) are owed under {rule_id}."
        if stopped:
            why += " Acting is switched off or halted."
        found.append((Level.AT_RISK if short else Level.ATTENTION, why))
    return found
