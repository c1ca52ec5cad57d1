"""`sendepause check`: configuration, key, store, connections, rights, coverage; a line each, ok or the mend.

Everything is found out by reading, never by acting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sendepause import keys, planning, stages
from sendepause.alerts import channels, slack
from sendepause.campaigns.base import text_of
from sendepause.errors import SendepauseError
from sendepause.installation import KEY_CONNECTION, META_CONNECTION, SLACK_CONNECTION, Installation
from sendepause.model import AccountBy, Campaign
from sendepause.receiving.secrets import find_secrets
from sendepause.settings import RECEIVER, Settings, SourceSettings
from sendepause.sources.conversion import unknown_accounts
from sendepause.sources.query import database_of
from sendepause.store import database, ledger, queries

NAMED = 10  # so many of a list are named


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
    for system, told in stages.check_all(stages.connect_all(settings)).items():
        if isinstance(told, SendepauseError):
            yield Line(False, f"campaign system {system}", str(told))
            continue
        for found in told:
            yield Line(found.ok, f"campaign system {system}: {found.what}", found.mend)


def _sources(installation: Installation, settings: Settings) -> Iterator[Line]:
    with database.session(installation.engine, write=False) as session:
        health, broken = queries.health(session), queries.broken_files(session)
    for source in settings.sources:
        state = health.get(f"source:{source.id}")
        if state is None:
            yield Line(False, f"source {source.id}", "was never read; sendepause_ingest reads it")
        else:
            yield Line(state.ok, f"source {source.id}", state.detail)
        if source.kind == RECEIVER:
            yield from _receiver(source.id)
    yield from _unknown_numbers(installation, settings)
    for file in broken:
        place = f", {file.place}" if file.place else ""
        yield Line(False, f"file {file.source}/{file.path}{place}", file.reason or "")


def _receiver(source: str) -> Iterator[Line]:
    """Whether Meta's calls would be believed: the connection's secrets, not what they are."""
    found = find_secrets()
    for there, what, mend in (
        (found.app_secrets, "app secret", "put the Meta app's secret into its password; until then 503"),
        (found.verify_token, "verify token", 'add {"verify_token": "…"} to its extra; until then 403'),
    ):
        yield Line(bool(there), f"source {source}: {what} in {META_CONNECTION}", "" if there else mend)


def _database(source: SourceSettings) -> Line:
    try:
        database_of(source).check()
    except SendepauseError as error:
        return Line(False, f"source {source.id}: connection {source.connection}", str(error))
    return Line(True, f"source {source.id}: connection {source.connection}")


def _unknown_numbers(installation: Installation, settings: Settings) -> Iterator[Line]:
    """Numbers that sources hold messages of and that are no accounts: nobody audits them."""
    for source in settings.sources:
        with database.session(installation.engine, write=False) as session:
            files = queries.file_state(session, source.id).values()
        numbers = sorted({number for file in files for number in unknown_accounts(file.notes)})
        if source.kind == RECEIVER:  # nothing is received again: what has become an account is mended
            numbers = [number for number in numbers if number not in settings.account_map]
        if numbers:
            named = ", ".join(text_of(number, 80) or "?" for number in numbers[:NAMED])
            more = f" and {len(numbers) - NAMED} more" if len(numbers) > NAMED else ""
            again = "it is taken from then on" if source.kind == RECEIVER else "the files are read again then"
            mend = f"add to accounts.yaml what is an account; {again}"
            yield Line(False, f"source {source.id}: messages of {named}{more} are left out", mend)


def _slack(settings: Settings) -> Iterator[Line]:
    client = slack.hook_client(SLACK_CONNECTION)
    if client is None:
        yield Line(False, "Slack", f"there is no connection {SLACK_CONNECTION}; alerts stay owed")
        return
    for what, mend in slack.check(client, channels.configured(settings)):
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
        if campaign.account in known and campaign.account_by is not AccountBy.CONTRADICTED:
            continue
        yield Line(False, text_of(campaign.key, 400) or "?", _to_assign(campaign))


def _to_assign(campaign: Campaign) -> str:
    """Why a campaign's account is not settled, and how it is."""
    assign = (
        f"assign it: by the mark account:+49… in {campaign.system}, or in campaign_systems.yaml under"
        f" accounts {campaign.id!r}: its number, or null if it sends nothing over WhatsApp"
    )
    through = ", ".join(planning.sender_name(sender) for sender in campaign.senders[:NAMED])
    if campaign.account_by is AccountBy.CONTRADICTED:
        others = ", ".join(campaign.also)
        return f"its mark and what it sends through name {campaign.account} and {others}; {assign}"
    if campaign.account is None:
        return f"its account is unknown, it sends through {through or 'what nobody can see'}; {assign}"
    return f"sends from {campaign.account}, no account of accounts.yaml; add it there, or correct the mark"
