"""What an operator has to know before anything else, and how the switches stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sendepause import countdown
from sendepause.board.outlook import Level, Loop
from sendepause.board.seen import Reader, Seen
from sendepause.board.texts import ago
from sendepause.configuration import BadConfiguration
from sendepause.model import Phase
from sendepause.store import folds, queries
from sendepause.store.database import Session

FAULTS = 10  # so many errors of a broken configuration

Health = Mapping[str, queries.Health]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something an operator has to know before anything else."""

    level: Level
    sentence: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Switch:
    """One thing that is on or off, well or ill."""

    label: str
    state: str
    level: Level
    detail: str = ""


def loop_of(session: Session, seen: Seen) -> Loop:
    """How the enforcing loop itself stands."""
    enforced = queries.heartbeats(session).get("enforce")
    return Loop(
        acting=seen.acting.acting and not seen.halt.halted,
        enforced_at=enforced.finished_at if enforced else None,
    )


def notices(
    seen: Seen, health: Health, loop: Loop, owed: int, reader: Reader, trouble: BadConfiguration | None
) -> Iterator[Notice]:
    """What stands above everything else. ``owed``: alerts that Slack did not take yet."""
    if seen.halt.halted:
        yield Notice(Level.RISK, reader.text("notice_halt"))
    late = loop.late_by(reader.now)
    if loop.enforced_at is None:
        yield Notice(Level.RISK, reader.text("notice_never"))
    elif late is not None:
        yield Notice(Level.RISK, reader.text("notice_late", ago=ago(late, reader.language)))
    if not seen.acting.acting:
        phases = {countdown.phase_at(rule, reader.now) for rule in seen.rules.values()}
        level = Level.RISK if phases & {Phase.PAUSING, Phase.IN_FORCE} else Level.ATTENTION
        yield Notice(level, reader.text("notice_rehearsal"))
    if trouble is not None:
        faults = tuple(str(fault) for fault in trouble.faults[:FAULTS])
        yield Notice(Level.ATTENTION, reader.text("notice_configuration"), faults)
    slack = health.get("slack")
    if slack is not None and not slack.ok:
        details = (slack.detail,) if slack.detail else ()
        yield Notice(Level.ATTENTION, reader.text("notice_slack", n=owed), details)


def switches(
    seen: Seen, health: Health, loop: Loop, reader: Reader, trouble: BadConfiguration | None
) -> Iterator[Switch]:
    """Acting, halt, the last run, Slack and the configuration."""
    acting, halted = seen.acting.acting, seen.halt.halted
    yield Switch(
        reader.text("acting"),
        reader.text("acting_on" if acting else "acting_off"),
        Level.OK if acting else Level.ATTENTION,
        _since(seen.acting, reader),
    )
    yield Switch(
        reader.text("halt"),
        reader.text("halt_on" if halted else "halt_off"),
        Level.RISK if halted else Level.OK,
        _since(seen.halt, reader) if halted else "",
    )
    at = loop.enforced_at
    yield Switch(
        reader.text("enforced"),
        reader.text("never") if at is None else ago(reader.now - at, reader.language),
        Level.OK if at and loop.late_by(reader.now) is None else Level.RISK,
        reader.short(at),
    )
    slack = health.get("slack")
    state = "slack_untried" if slack is None else "slack_ok" if slack.ok else "slack_off"
    since = reader.text("since", moment=reader.short(slack.since)) if slack else ""
    yield Switch(
        reader.text("slack"), reader.text(state), Level.OK if slack and slack.ok else Level.ATTENTION, since
    )
    yield Switch(
        reader.text("configuration"),
        reader.text("configuration_broken" if trouble else "configuration_ok"),
        Level.ATTENTION if trouble else Level.OK,
        reader.text("hash", hash=seen.settings.hash[:12]),
    )


def _since(moved: folds.Switches, reader: Reader) -> str:
    """When and by whom one switch came to stand as it does."""
    since = moved.acting_since or moved.halted_since
    if since is None or moved.by is None:
        return reader.text("never_moved")
    return reader.text("since_by", moment=reader.short(since), who=moved.by)
