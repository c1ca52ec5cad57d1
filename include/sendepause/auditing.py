"""The audit of an installation: what all accounts show together, then each account, bucket by bucket.

A *survey* reads the day rows of all accounts once, for what is usual among peers and for what accounts share.
With it each share of the buckets is judged alone, on any machine: the findings are the same however the
buckets are dealt out. It is handed over as files beside the day rows, and holds counts alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from sendepause import events, storage
from sendepause.audit import baseline, sharing, steadiness, verdict
from sendepause.events import BUCKETS, blocks
from sendepause.installation import Installation
from sendepause.model import Finding, Signal, Verdict
from sendepause.settings import Settings
from sendepause.sources import files
from sendepause.store import database, findings, queries
from sendepause.store.database import Session

ACCOUNTS_A_SHARE = 1000
"""A mapped task costs a quarter of a second and a process; so many accounts are judged in about that time."""

_PEERS, _SHARED = "peers.parquet", "shared.parquet"


@dataclass(frozen=True, slots=True)
class Survey:
    """What all accounts show together at a moment."""

    peers: pl.DataFrame  # schema baseline.USUAL
    shared: pl.DataFrame  # schema sharing.SHARED


def shares(settings: Settings) -> list[list[int]]:
    """The buckets, dealt out to as many tasks as there are accounts for."""
    tasks = min(BUCKETS, max(1, math.ceil(len(settings.accounts) / ACCOUNTS_A_SHARE)))
    return [list(range(first, BUCKETS, tasks)) for first in range(tasks)]


def survey(installation: Installation, settings: Settings, as_of: datetime) -> Survey:
    """Look at all accounts, one bucket in memory at a time."""
    window = settings.policy.window_days
    numbers, traces = [], []
    for bucket in range(BUCKETS):
        rows = verdict.in_window(_rows(installation, settings, as_of, [bucket]), as_of, window)
        numbers.append(baseline.daily(rows, as_of, window))
        traces.append(sharing.traces(rows))
    return Survey(baseline.usual(pl.concat(numbers), groups(settings)), sharing.shared(traces))


def hand_over(installation: Installation, as_of: datetime, found: Survey) -> None:
    """Put the survey of a moment in place for those who judge by it; that of another one is over."""
    folder = _folder(installation, as_of)
    blocks.write(folder / _PEERS, found.peers)
    blocks.write(folder / _SHARED, found.shared)
    for other in folder.parent.iterdir():
        if other.name != folder.name:
            storage.remove_folder(other)


def handed_over(installation: Installation, settings: Settings, as_of: datetime) -> Survey:
    """The survey of a moment; where another one has taken its place, as in a task that is repeated days
    later, it is made anew."""
    folder = _folder(installation, as_of)
    peers, shared = folder / _PEERS, folder / _SHARED
    if not (peers.exists() and shared.exists()):
        return survey(installation, settings, as_of)
    return Survey(blocks.read([peers], baseline.USUAL), blocks.read([shared], sharing.SHARED))


def _folder(installation: Installation, as_of: datetime) -> Path:
    return storage.folder(installation.events) / "survey" / f"{as_of.astimezone(UTC):%Y%m%dT%H%M%S.%f}"


def measure(
    installation: Installation,
    settings: Settings,
    as_of: datetime,
    found: Survey,
    health: Mapping[str, verdict.SourceHealth],
    buckets: Collection[int] = range(BUCKETS),
) -> list[Finding]:
    """What the day rows give for the accounts in some buckets; nothing is written."""
    policy, accounts = settings.policy, accounts_in(settings, buckets)
    return baseline.assess(
        _rows(installation, settings, as_of, buckets),
        as_of,
        window_days=policy.window_days,
        fresh_days=policy.fresh_days,
        health={number: health[number] for number in accounts},
        accounts=accounts,
        peers=found.peers,
        groups=groups(settings),
        shared=found.shared,
        limits=settings.limits,
    )


def judge(
    installation: Installation,
    settings: Settings,
    as_of: datetime,
    found: Survey,
    buckets: Collection[int] = range(BUCKETS),
) -> list[Finding]:
    """Judge the accounts in some buckets, and write down the verdicts that come into force."""
    asked = None if len(buckets) == BUCKETS else accounts_in(settings, buckets)
    with database.session(installation.engine, write=False) as session:
        health = source_health(session, settings)
        former = findings.former_findings(session, as_of, asked)
    measured = measure(installation, settings, as_of, found, health, buckets)
    zones = {account.number: account.time_zone for account in settings.accounts}
    reached = {number: state.read_until for number, state in health.items()}
    judged = steadiness.in_force(measured, former, zones, reached)
    with database.session(installation.engine) as session:
        findings.save_findings(session, judged)
    return judged


@dataclass(frozen=True, slots=True)
class Altered:
    """An account whose verdict another policy would alter, and the signals that do it: now, and then."""

    account: str
    now: Verdict
    then: Verdict
    signals: tuple[tuple[Signal, Signal], ...]


def preview(
    installation: Installation, settings: Settings, other: Settings, as_of: datetime
) -> Iterator[Altered]:
    """Which verdicts of a moment other settings would alter, as measured; nothing is written."""
    with database.session(installation.engine, write=False) as session:
        health = source_health(session, settings)
    now, then = (
        measure(installation, one, as_of, survey(installation, one, as_of), health)
        for one in (settings, other)
    )
    for before, after in zip(now, then, strict=True):
        if before.verdict is not after.verdict:
            pairs = tuple(zip(_evidence(before, after), _evidence(after, before), strict=True))
            differ = tuple((one, two) for one, two in pairs if one.tripped is not two.tripped)
            moved = tuple((one, two) for one, two in pairs if one.threshold != two.threshold)
            yield Altered(before.account, before.verdict, after.verdict, differ or moved)


def _evidence(finding: Finding, other: Finding) -> tuple[Signal, ...]:
    """Its signals; those of the last days alone, where only they show it in both."""
    return finding.recent.signals if finding.recent and other.recent else finding.signals


def accounts_in(settings: Settings, buckets: Collection[int]) -> list[str]:
    """The numbers of the accounts in some buckets."""
    return [one.number for one in settings.accounts if events.bucket_of(one.number) in buckets]


def groups(settings: Settings) -> dict[str, baseline.Group]:
    """The peers of each account: those of its kind and role."""
    return {one.number: (str(one.declared_kind), one.role or "") for one in settings.accounts}


def _rows(
    installation: Installation, settings: Settings, as_of: datetime, buckets: Collection[int]
) -> pl.DataFrame:
    since = as_of - timedelta(
        days=settings.policy.window_days + 2
    )  # a local day may begin before the UTC day
    until = as_of.date() + timedelta(days=1)
    return events.activity(installation.events, since.date(), until, buckets=buckets)


def source_health(session: Session, settings: Settings) -> dict[str, verdict.SourceHealth]:
    """For each account: whether a source is connected, whether it is ill, how far its data reach.

    A source with files of the account of which none could be read is connected, and ill. One that is no
    longer configured is not connected.
    """
    ill = {name for name, state in queries.health(session).items() if not state.ok}
    ids = {source.id for source in settings.sources}
    named = {source.id: source.account for source in settings.sources if source.account}
    reached, unreadable = defaultdict[str, dict[str, datetime]](dict), defaultdict[str, set[str]](set)
    for reach in queries.reaches(session):
        if reach.source in ids:
            reached[reach.account][reach.source] = reach.read_until
    for file in queries.broken_files(session):
        account = named.get(file.source) or files.number(file.path.partition("/")[0])
        if account and file.source in ids:
            unreadable[account].add(file.source)
    own = defaultdict[str, set[str]](set)
    for source, account in named.items():
        own[account].add(source)

    def health(number: str) -> verdict.SourceHealth:
        read, broken = reached[number], unreadable[number]
        connected = read.keys() | own[number] | broken
        well = {
            name for name in connected if f"source:{name}" not in ill and (name in read or name not in broken)
        }
        return verdict.SourceHealth(
            connected=bool(connected),
            ill=bool(connected) and not well,
            read_until=max(read.values(), default=None),
        )

    return {account.number: health(account.number) for account in settings.accounts}
