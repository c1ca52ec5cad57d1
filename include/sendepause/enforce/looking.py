"""Looks at the campaign systems: what they list, what became of our pauses, and whether they still hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sendepause.campaigns.base import Connector
from sendepause.campaigns.line import Line, bounded
from sendepause.enforce.pausing import OPEN, drain
from sendepause.enforce.runs import NOT_RUNNING, PAUSES, last_change
from sendepause.errors import Refused, SendepauseError, Unreachable
from sendepause.model import Campaign, CampaignState, DirectoryEntry, EntryKind
from sendepause.store import folds, ledger
from sendepause.store.database import Session
from sendepause.store.folds import PauseRecord

ASKED_AFTER = 3  # so many campaigns of a system that lists nothing any more are asked for one by one
LIST_PATIENCE = 10  # a list may take so many of its system's timeouts: it has pages
LOOK_SECONDS = 90.0  # but no system keeps the others waiting for longer


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


async def watch(
    connectors: Mapping[str, Connector], silent: Iterable[Campaign]
) -> list[Watched | SendepauseError]:
    """Read the state of every campaign that should be silent, one by one, and end what still runs of it.

    A list may leave out what was renamed, archived or moved; this asks for each by its id. The error
    stands in place of what could not be read.
    """
    campaigns = list(silent)
    lines = {system: Line(system, connectors.get(system)) for system in {c.system for c in campaigns}}

    async def again(campaign: Campaign) -> Watched | SendepauseError:
        line = lines[campaign.system]
        try:
            state = await line.read(campaign.id)
        except SendepauseError as error:
            return error
        under_way = await drain(line, campaign.id) if state is CampaignState.PAUSED else {}
        return Watched(replace(campaign, state=state), under_way)

    return list(await asyncio.gather(*(lines[c.system].in_turn(again(c)) for c in campaigns)))


def note_drained(
    session: Session, watched: Iterable[Watched], *, as_of: datetime, now: datetime, author: str
) -> int:
    """Write down work that was still under way after the pause, once an hour for each pause."""
    found = {one.campaign.key: one for one in watched if one.under_way}
    hour = now.astimezone(UTC).strftime("%Y-%m-%dT%H")

    def once(enforcement: str, campaign: str, episode: int) -> str:
        return folds.once_drained(enforcement, campaign, episode, hour)

    drained = [
        (record, once, found[record.campaign].under_way)
        for record in folds.pauses(ledger.entries(session, kinds=PAUSES)).values()
        if record.status == "paused" and record.campaign in found
    ]
    return len(_note(session, EntryKind.DRAINED, drained, as_of, now, author))


def note_undone(
    session: Session, campaigns: Iterable[Campaign], *, as_of: datetime, now: datetime, author: str
) -> list[PauseRecord]:
    """Write down which of our pauses somebody undid: the campaign runs again, and not by our resume.

    ``campaigns`` as they were just read: an old state would undo a pause that was made since. One
    UNDONE entry an episode, for every enforcement that had paused the campaign. Returns the records as
    they were before, of those entries that are new.
    """
    running = {c.key: c for c in campaigns if c.state is CampaignState.RUNNING}
    undone = [
        (record, folds.once_undone, last_change(running[record.campaign]))
        for record in folds.pauses(ledger.entries(session, kinds=PAUSES)).values()
        if record.status == "paused" and not record.resuming and record.campaign in running
    ]
    return _note(session, EntryKind.UNDONE, undone, as_of, now, author)


def note_completed(
    session: Session, campaigns: Iterable[Campaign], *, as_of: datetime, now: datetime, author: str
) -> list[PauseRecord]:
    """Write down which of our open intents came true: the campaign is listed as paused, or as over.

    So ends what a killed run had begun, and what a person did before we could: a campaign that does not
    run gets no further order. ``campaigns`` and the answer are as for :func:`note_undone`.
    """
    still = {c.key: c for c in campaigns if c.state in NOT_RUNNING}
    completed = [
        (record, folds.once_paused, {"state": str(still[record.campaign].state)})
        for record in folds.pauses(ledger.entries(session, kinds=PAUSES)).values()
        if record.status in OPEN and record.campaign in still
    ]
    return _note(session, EntryKind.PAUSED, completed, as_of, now, author)


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
