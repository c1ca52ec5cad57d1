"""Looks at the campaign systems: what they list, what became of our pauses, and whether they still hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sendepause.campaigns.base import Connector
from sendepause.campaigns.http import kept_open
from sendepause.campaigns.line import Line, bounded
from sendepause.enforce.pausing import OPEN, drain
from sendepause.enforce.resuming import RUNNING
from sendepause.enforce.runs import NOT_RUNNING, Result, Stopped, hour_of, last_change
from sendepause.enforce.stops import Stops
from sendepause.errors import Refused, SendepauseError, Unreachable
from sendepause.model import Campaign, CampaignState, DirectoryEntry, EntryKind
from sendepause.store import folds, ledger
from sendepause.store.database import Engine, Session
from sendepause.store.folds import PauseRecord

ASKED_AFTER = 3  # so many campaigns of a system that lists nothing any more are asked for one by one
LIST_PATIENCE = 10  # a list may take so many of its system's timeouts: it has pages
LOOK_SECONDS = 90.0  # but no system keeps the others waiting for longer


NOTHING_LEFT: Mapping[str, Any] = {"left": {"running": 0, "waiting": 0}, "complete": True}


@dataclass(frozen=True, slots=True)
class Seen:
    """What one system showed: its campaigns, and which account its sessions or numbers belong to."""

    campaigns: list[Campaign]
    directory: list[DirectoryEntry]


async def look(
    connectors: Mapping[str, Connector], ran: Iterable[Campaign] = ()
) -> dict[str, Seen | SendepauseError]:
    """What every system shows, all asked at once; the error of one that cannot be listed.

    ``ran``: what ran when it was last listed. A system that lists nothing at all any more, and does not
    know that these are over, has lost its campaigns or we our sight of it: that is no list to go by.
    """
    before = list(ran)

    async def seen(system: str, connector: Connector) -> Seen | SendepauseError:
        try:
            seconds = min(LOOK_SECONDS, LIST_PATIENCE * connector.system.timeout_seconds)
            return await bounded(_all_of(connector, system, before), system, seconds, Unreachable)
        except SendepauseError as error:
            return error

    async with kept_open():
        found = await asyncio.gather(*(seen(system, connector) for system, connector in connectors.items()))
    return dict(zip(connectors, found, strict=True))


async def _all_of(connector: Connector, system: str, before: Sequence[Campaign]) -> Seen:
    found = await connector.list()
    if not found:
        await _explain_silence(connector, system, [one for one in before if one.system == system])
    return Seen(found, await connector.directory())


async def _explain_silence(connector: Connector, system: str, ran: Sequence[Campaign]) -> None:
    """Refused where some of the campaigns that ran are neither listed nor known to be over."""
    for campaign in ran[:ASKED_AFTER]:
        if await connector.read_state(campaign.id) not in NOT_RUNNING:
            raise Refused(
                f"The campaign system {system} lists no campaign any more; {len(ran)} ran when last asked.",
                "Look whether its connection still leads to the right place and may list everything. If all "
                "campaigns were deleted, take the system out of campaign_systems.yaml.",
            )


@dataclass(frozen=True, slots=True)
class Watched:
    """A campaign that should be silent, read again. ``under_way``: facts of work that still ran."""

    campaign: Campaign
    under_way: Mapping[str, Any]


def _nobody_said_so() -> bool:
    return False


async def watch(
    connectors: Mapping[str, Connector],
    silent: Iterable[Campaign],
    may_act: Callable[[], bool] = _nobody_said_so,
) -> list[Watched | SendepauseError]:
    """Read the state of every campaign that should be silent, one by one, and end what still runs of it.

    A list may leave out what was renamed, archived or moved; this asks for each by its id. The error
    stands in place of what could not be read. ``may_act`` reads the switches (:func:`acting`), each time
    before running work is ended; without it this only looks.
    """
    campaigns = list(silent)
    lines = {system: Line(system, connectors.get(system)) for system in {c.system for c in campaigns}}

    def may_end() -> None:
        if not may_act():
            raise Stopped(Result.STOPPED)

    async def again(campaign: Campaign) -> Watched | SendepauseError:
        line = lines[campaign.system]

        try:
            state = await line.read(campaign.id)
        except SendepauseError as error:
            return error
        under_way = await drain(line, campaign.id, may_end) if state is CampaignState.PAUSED else {}
        return Watched(replace(campaign, state=state), under_way)

    async with kept_open():
        in_turn = (lines[one.system].in_turn(partial(again, one)) for one in campaigns)
        return list(await asyncio.gather(*in_turn))


def acting(engine: Engine) -> bool:
    """Whether acting is on and halt is off at this very moment."""
    return Stops(engine, None).may_act("")


def note_drained(
    session: Session,
    records: Collection[PauseRecord],
    watched: Iterable[Watched],
    *,
    as_of: datetime,
    now: datetime,
    author: str,
) -> int:
    """Write down work that is still under way after the pause, and that it has ended.

    The same count is written once an hour for each pause. How many entries are new.
    """
    found = {one.campaign.key: one for one in watched if one.campaign.state is CampaignState.PAUSED}
    hour = hour_of(now)
    drained = [
        (record, partial(_once_drained, moment=f"{hour}:{_left(facts)}"), facts)
        for record in records
        if record.status == "paused" and record.campaign in found
        if (facts := found[record.campaign].under_way or (NOTHING_LEFT if record.left != 0 else {}))
    ]
    return len(_note(session, EntryKind.DRAINED, drained, as_of, now, author))


def _once_drained(enforcement: str, campaign: str, episode: int, moment: str) -> str:
    return folds.once_drained(enforcement, campaign, episode, moment)


def _left(facts: Mapping[str, Any]) -> str:
    return ",".join(str(count) for count in facts.get("left", {"": "unknown"}).values())


def note_undone(
    session: Session,
    records: Collection[PauseRecord],
    campaigns: Iterable[Campaign],
    *,
    as_of: datetime,
    now: datetime,
    author: str,
) -> list[PauseRecord]:
    """Write down which of our pauses somebody undid: the campaign runs again, and not by our resume.

    ``records`` as the ledger has them now; each may be noted by one of these functions only, so one
    reading serves them all.
    ``campaigns`` as they were just read: an old state would undo a pause that was made since. One
    UNDONE entry an episode, for every enforcement that had paused the campaign. Returns the records as
    they were before, of those entries that are new.
    """
    running = {c.key: c for c in campaigns if c.state is CampaignState.RUNNING}
    undone = [
        (record, folds.once_undone, last_change(running[record.campaign]))
        for record in records
        if record.status == "paused" and not record.resuming and record.campaign in running
    ]
    return _note(session, EntryKind.UNDONE, undone, as_of, now, author)


def note_completed(
    session: Session,
    records: Collection[PauseRecord],
    campaigns: Iterable[Campaign],
    *,
    as_of: datetime,
    now: datetime,
    author: str,
) -> list[PauseRecord]:
    """Write down which of our open intents came true: the campaign is listed as paused, or as over.

    So ends what a killed run had begun, and what a person did before we could: a campaign that does not
    run gets no further order. ``campaigns`` and the answer are as for :func:`note_undone`.
    """
    still = {c.key: c for c in campaigns if c.state in NOT_RUNNING}
    completed = [
        (record, folds.once_paused, _completed(still[record.campaign].state))
        for record in records
        if record.status in OPEN and record.campaign in still
    ]
    return _note(session, EntryKind.PAUSED, completed, as_of, now, author)


def note_resumed(
    session: Session,
    records: Collection[PauseRecord],
    campaigns: Iterable[Campaign],
    *,
    as_of: datetime,
    now: datetime,
    author: str,
) -> list[PauseRecord]:
    """Write down which of our begun resumes came true: the campaign runs, or ran to its end.

    So ends what a killed run had begun, or a system that answered no and did it later. ``campaigns`` and
    the answer are as for :func:`note_undone`.
    """
    running = {c.key: c for c in campaigns if c.state in RUNNING}
    resumed = [
        (record, folds.once_resumed, {"state": str(running[record.campaign].state)})
        for record in records
        if record.status == "paused" and record.resuming and record.campaign in running
    ]
    return _note(session, EntryKind.RESUMED, resumed, as_of, now, author)


def _completed(state: CampaignState) -> dict[str, Any]:
    """Whoever made the pause, nobody looked what was still under way: the next watch does."""
    return {"state": str(state), **({"under_way": "unknown"} if state is CampaignState.PAUSED else {})}


def _note(
    session: Session,
    kind: EntryKind,
    found: Iterable[tuple[PauseRecord, Callable[[str, str, int], str], Mapping[str, Any]]],
    as_of: datetime,
    now: datetime,
    author: str,
) -> list[PauseRecord]:
    """One entry for each record, with its facts; the records whose entry was not there yet."""
    return [
        record
        for record, once, facts in found
        if ledger.append(
            session,
            at=now,
            as_of=as_of,
            author=author,
            kind=kind,
            subject=record.campaign,
            enforcement=record.enforcement,
            facts={"episode": record.episode, **facts},
            once=once(record.enforcement, record.campaign, record.episode),
        )
    ]
