"""`sendepause check`: configuration, key, store, connections, rights, coverage; a line each, ok or the mend.

Everything is found out by reading, never by acting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from sendepause import keys, stages
from sendepause.alerts import slack
from sendepause.campaigns.base import Connector
from sendepause.errors import SendepauseError
from sendepause.installation import KEY_CONNECTION, SLACK_CONNECTION, Installation
from sendepause.settings import Settings
from sendepause.store import database, ledger, queries


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at."""

    ok: bool
    what: str
    mend: str = ""

    def __str__(self) -> str:
        if self.ok:
            return f"ok    {self.what}"
        return f"MEND  {self.what}: {self.mend}"


def check(installation: Installation) -> Iterator[Line]:
    """All lines, in the order in which one would mend them."""
    try:
        settings, trouble = installation.read_settings()
    except SendepauseError as error:
        yield Line(False, "configuration", str(error))
        return
    mend = str(trouble) if trouble else ""
    yield Line(
        trouble is None, f"configuration {settings.hash[:12]}, {len(settings.accounts)} accounts", mend
    )
    yield _key(installation)
    yield _ledger(installation)
    yield from _systems(installation, settings)
    yield from _sources(installation, settings)
    yield from _slack(settings)
    yield from _coverage(installation, settings)


def _key(installation: Installation) -> Line:
    try:
        key = stages.pseudonymiser()
        with database.session(installation.engine, write=False) as session:
            if queries.note(session, keys.NOTE) is not None:  # else it is kept by the first reading
                keys.check_key(session, key)
    except SendepauseError as error:
        return Line(False, f"key {KEY_CONNECTION}", str(error))
    return Line(True, f"key {KEY_CONNECTION}")


def _ledger(installation: Installation) -> Line:
    with database.session(installation.engine, write=False) as session:
        broken, head = ledger.verify(session), ledger.head(session)
    if broken:
        return Line(False, "ledger", f"entry {broken.seq}: {broken.why}")
    return Line(True, f"ledger, {head.seq if head else 0} entries, chain whole")


def _systems(installation: Installation, settings: Settings) -> Iterator[Line]:
    for system, connector in stages.connect_all(settings).items():
        if isinstance(connector, SendepauseError):
            yield Line(False, f"campaign system {system}", str(connector))
            continue
        for found in asyncio.run(_ask(connector)):
            yield Line(found.ok, f"campaign system {system}: {found.what}", found.mend)


async def _ask(connector: Connector) -> list[Line]:
    return [Line(found.ok, found.what, found.mend) for found in await connector.check()]


def _sources(installation: Installation, settings: Settings) -> Iterator[Line]:
    with database.session(installation.engine, write=False) as session:
        health, broken = queries.health(session), queries.broken_files(session)
    for source in settings.sources:
        state = health.get(f"source:{source.id}")
        if state is None:
            yield Line(False, f"source {source.id}", "was never read; sendepause_ingest reads it")
        else:
            yield Line(state.ok, f"source {source.id}", state.detail)
    for file in broken:
        place = f", {file.place}" if file.place else ""
        yield Line(False, f"file {file.source}/{file.path}{place}", file.reason or "")


def _slack(settings: Settings) -> Iterator[Line]:
    client = slack.hook_client(SLACK_CONNECTION)
    if client is None:
        yield Line(False, "Slack", f"there is no connection {SLACK_CONNECTION}; alerts stay owed")
        return
    channels = {settings.operators.channel, *(owner.channel for owner in settings.owners)}
    channels |= {owner.backup_channel for owner in settings.owners if owner.backup_channel}
    for what, mend in slack.check(client, sorted(channels)):
        yield Line(not mend, f"Slack {what}", mend)


def _coverage(installation: Installation, settings: Settings) -> Iterator[Line]:
    """Accounts without a source, and campaigns without an account: a list that has to become empty."""
    with database.session(installation.engine, write=False) as session:
        health = stages.source_health(session, settings)
        campaigns = queries.campaigns(session)
    known = {account.number for account in settings.accounts}
    for number, state in sorted(health.items()):
        if not state.connected:
            yield Line(False, f"account {number}", "has no source; add one to sources.yaml")
    for campaign in campaigns:
        if campaign.account not in known:
            number = campaign.account or "a number that cannot be read"
            yield Line(False, campaign.key, f"sends from {number}, which is no account of accounts.yaml")
