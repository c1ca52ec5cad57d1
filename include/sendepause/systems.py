"""The campaign systems of an installation: their connectors, and the look at all that is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sendepause.assigning import assign
from sendepause.campaigns import connect
from sendepause.campaigns.base import Access, Backlog, Checks, Connector
from sendepause.campaigns.line import bounded
from sendepause.enforce import Seen, look, note_completed, note_resumed, note_undone, watch
from sendepause.enforce.looking import Watched
from sendepause.errors import SendepauseError, Unreachable
from sendepause.installation import Installation, access
from sendepause.model import Campaign, CampaignState, DirectoryEntry
from sendepause.settings import Settings
from sendepause.store import database, folds, ledger, queries
from sendepause.store import directory as directories
from sendepause.store.database import Session
from sendepause.store.ledger import AUTHOR

Connectors = Mapping[str, Connector | SendepauseError]  # by system; an error where there is no connector
OWED: tuple[folds.Status, ...] = ("intended", "not_paused", "undone")  # what runs on, or again


def connect_all(settings: Settings) -> dict[str, Connector | SendepauseError]:
    """A connector for each campaign system, or why there is none; one that fails stops no other."""
    connectors: dict[str, Connector | SendepauseError] = {}
    for system in settings.campaign_systems:
        try:
            connectors[system.id] = connect(
                system, access(system.connection) if system.connection else Access()
            )
        except SendepauseError as error:
            connectors[system.id] = error
    return connectors


def ready(connectors: Connectors) -> dict[str, Connector]:
    """The connectors that could be made."""
    return {name: c for name, c in connectors.items() if not isinstance(c, SendepauseError)}


def _broken(connectors: Connectors) -> dict[str, SendepauseError]:
    return {name: c for name, c in connectors.items() if isinstance(c, SendepauseError)}


def check_all(connectors: Connectors) -> dict[str, Checks | SendepauseError]:
    """What every system says of its connection and its rights, by reading only, all asked at once; the
    error of one that has no connector."""
    there = ready(connectors)

    async def ask_all() -> list[Checks]:
        return list(await asyncio.gather(*(connector.check() for connector in there.values())))

    told = dict(zip(there, asyncio.run(ask_all()), strict=True))
    broken = _broken(connectors)
    return {system: broken.get(system) or told[system] for system in connectors}


def look_at_systems(
    installation: Installation, settings: Settings, connectors: Connectors, as_of: datetime
) -> None:
    """List every system at once, and write down what was seen, what is ill, and what people undid."""
    with database.session(installation.engine, write=False) as session:
        before = queries.campaigns(session)
        ours = _owed(ledger.entries(session), queries.campaigns(session, include_gone=True))
    ran = [one for one in before if one.state is CampaignState.RUNNING]
    seen = {**_broken(connectors), **asyncio.run(look(ready(connectors), ran))}
    found = {system: answer.campaigns for system, answer in seen.items() if isinstance(answer, Seen)}
    kept = asyncio.run(_left_out(settings, connectors, found, ours, {one.key for one in before}))
    now = installation.now()
    with database.session(installation.engine) as session:
        for system, answer in seen.items():
            if isinstance(answer, SendepauseError):
                queries.set_health(session, f"system:{system}", False, now, str(answer))
                continue
            queries.set_health(session, f"system:{system}", True, now)
            directories.save(session, system, answer.directory, now)
        # Only what was looked at just now: an older state would undo a pause that was made since.
        listed = assign_all(session, settings, [one for campaigns in found.values() for one in campaigns])
        there = [*listed, *(one for one in kept if one.state is CampaignState.RUNNING)]
        for system in found:
            queries.save_campaigns(session, system, [one for one in there if one.system == system], now)
        records = folds.pauses(ledger.entries(session, kinds=folds.PAUSES)).values()
        for note in (note_completed, note_resumed, note_undone):
            note(session, records, [*listed, *kept], as_of=as_of, now=now, author=AUTHOR)


def _owed(entries: Sequence[ledger.Entry], campaigns: Iterable[Campaign]) -> list[Campaign]:
    """The campaigns whose pause is begun and not completed, or was undone."""
    owed = {record.campaign for record in folds.pauses(entries).values() if record.status in OWED}
    return [campaign for campaign in campaigns if campaign.key in owed]


async def _left_out(
    settings: Settings,
    connectors: Connectors,
    found: Mapping[str, Sequence[Campaign]],
    ours: Iterable[Campaign],
    before: Collection[str],
) -> list[Campaign]:
    """Of the campaigns that have to be silent and are not: those that the lists leave out, read one by one.

    Renamed, archived or without its mark, a campaign may run on. Who changed it, only the lists tell. One
    that cannot be read goes on running, if it was there ``before``.
    """
    listed = {one.key for campaigns in found.values() for one in campaigns}
    said = {system.id: system.accounts for system in settings.campaign_systems}
    missing = [
        replace(one, changed_by=None, changed_at=None)
        for one in ours
        if one.system in found and one.key not in listed
        if said[one.system].get(one.id, one.account) is not None  # what a person said is no campaign
    ]
    read = zip(missing, await watch(ready(connectors), missing), strict=True)
    return [
        answer.campaign if isinstance(answer, Watched) else one
        for one, answer in read
        if isinstance(answer, Watched) or (one.key in before and one.state is CampaignState.RUNNING)
    ]


def assign_all(
    session: Session,
    settings: Settings,
    campaigns: Sequence[Campaign],
    directory: Iterable[DirectoryEntry] = (),
) -> list[Campaign]:
    """The campaigns with the accounts they send from, by all that people said and systems ever told.

    ``directory``: what systems told just now, and nobody wrote down yet.
    """
    return assign(
        campaigns,
        [*directories.entries(session), *directory],
        {system.id: system.accounts for system in settings.campaign_systems},
        {account.number: account.declared_kind for account in settings.accounts},
    )


def backlogs(settings: Settings, campaigns: Sequence[Campaign]) -> dict[str, Backlog]:
    """What a resume of each campaign would release, by key, as its system tells now; without those that
    cannot be asked."""
    connectors = ready(connect_all(settings)) if campaigns else {}

    async def ask(campaign: Campaign) -> Backlog | None:
        connector = connectors.get(campaign.system)
        if connector is None:
            return None
        seconds = 3 * connector.system.timeout_seconds
        try:
            return await bounded(connector.backlog(campaign.id), campaign.system, seconds, Unreachable)
        except SendepauseError:
            return None

    async def all_of() -> list[Backlog | None]:
        return list(await asyncio.gather(*map(ask, campaigns)))

    found = zip(campaigns, asyncio.run(all_of()), strict=True)
    return {campaign.key: told for campaign, told in found if told is not None}
