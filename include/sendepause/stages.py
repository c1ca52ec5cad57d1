"""The loop: read, audit, decide, pause, verify, tell. One function a stage.

Each reads what the stages before it wrote down and nothing else, so each can run again alone; the DAGs
and the command line call the same functions. ``as_of`` is the run's clock. What comes back are counts
for the logs and the assets: plain JSON values without personal data.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace as replace
from datetime import datetime, timedelta
from typing import Any

from sendepause import countdown, events, guard, keys, world
from sendepause.alerts import addressing, outbox
from sendepause.audit import verdict
from sendepause.deciding import Shown as Shown
from sendepause.deciding import decide as decide
from sendepause.deciding import plan_counts, report, show_campaigns
from sendepause.deciding import show as show
from sendepause.enforce import Order, Outcome, Result, Seen, carry_out, look
from sendepause.errors import Guarded
from sendepause.installation import KEY_CONNECTION, Installation, find_access
from sendepause.model import Decision, Level, Stage
from sendepause.sandbox import is_sandbox
from sendepause.settings import Settings
from sendepause.sources import files
from sendepause.sources.ingest import ingest
from sendepause.sources.query import Watermarks
from sendepause.store import database, queries
from sendepause.store.database import Session
from sendepause.store.ledger import AUTHOR as AUTHOR
from sendepause.store.retention import forget
from sendepause.systems import Connectors, assign_all
from sendepause.systems import backlogs as backlogs
from sendepause.systems import check_all as check_all
from sendepause.systems import connect_all as connect_all
from sendepause.systems import look_at_systems as look_at_systems
from sendepause.systems import ready as ready

log = logging.getLogger(__name__)

Counts = dict[str, Any]
ACT_SECONDS = 240.0  # with looking before and after, a run stays below the nine minutes that it has
AGAIN_AFTER = (20.0, 60.0)  # s; what failed in a way that may pass is tried again within the run


def begin(installation: Installation, as_of: datetime) -> tuple[Settings, datetime]:
    """What a stage that reads, judges, deletes or sends begins with: the configuration, and its moment.

    That is put into UTC: Airflow hands out pendulum's moments, and Polars knows no subclass of datetime.

    :raises Guarded: where the moment is so far from real time that it may only be looked at.
    """
    (settings, trouble), as_of = installation.read_settings(), countdown.in_utc(as_of)
    if not may_act(installation, settings, as_of):
        raise Guarded(
            f"The moment {as_of.isoformat()} is further than {settings.policy.far_hours:g} hours from now.",
            "A replay only shows plans: use sendepause_enforce or `sendepause plan --as-of`.",
        )
    installation.note_settings(settings, trouble)
    return settings, as_of


def read(installation: Installation, as_of: datetime, watermarks: Watermarks | None = None) -> Counts:
    """Read what is new in every source into the event store and the day rows. ``watermarks``: where is kept
    how far queries were read."""
    settings, as_of = begin(installation, as_of)
    done = ingest(
        installation.engine,
        installation.events,
        settings,
        pseudonymiser(),
        data=installation.data,
        as_of=as_of,
        now=installation.now,
        watermarks=watermarks,
    )
    return beat(installation, "read", as_of, done.counts())


def pseudonymiser() -> keys.Pseudonymiser:
    """What makes pseudonyms, under the key of the connection ``sendepause_key``; BadInput without it."""
    found = find_access(KEY_CONNECTION)
    return keys.Pseudonymiser.from_secret(found.password if found else None)


def audit(installation: Installation, as_of: datetime) -> Counts:
    """Judge every account by its day rows, and write the findings down.

    Before the first reading nobody is judged: "no data" would accuse sources that were never asked.
    """
    settings, as_of = begin(installation, as_of)
    policy = settings.policy
    since = as_of - timedelta(days=policy.window_days + 2)  # a local day may begin before the UTC day
    with database.session(installation.engine, write=False) as session:
        if "read" not in queries.heartbeats(session):
            return {"accounts": 0}
        health = source_health(session, settings)
    findings = verdict.judge(
        events.activity(installation.events, since.date(), as_of.date() + timedelta(days=1)),
        as_of,
        window_days=policy.window_days,
        fresh_days=policy.fresh_days,
        health=health,
        accounts=[account.number for account in settings.accounts],
    )
    with database.session(installation.engine) as session:
        queries.save_findings(session, findings)
    verdicts = [str(finding.verdict) for finding in findings]
    counts = {"accounts": len(findings), **{name: verdicts.count(name) for name in sorted(set(verdicts))}}
    return beat(installation, "audit", as_of, counts)


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


def enforce(
    installation: Installation, as_of: datetime, *, dry_run: bool = False, accounts: Collection[str] = ()
) -> Counts:
    """Look at the campaign systems, decide, and carry out what is due; the steps read in order.

    A far ``as_of`` only shows the plan; ``dry_run`` looks at the systems for it, and writes nothing down.
    ``accounts`` narrows what is acted on, never what is looked at.
    """
    (settings, trouble), as_of = installation.read_settings(), countdown.in_utc(as_of)
    far = not may_act(installation, settings, as_of)
    if dry_run or far:
        shown = (
            show(installation, settings, as_of, accounts) if far else rehearse(installation, as_of, accounts)
        )
        report(shown)
        return {**plan_counts(shown), "only_shown": True}
    installation.note_settings(settings, trouble)
    connectors = connect_all(settings)
    look_at_systems(installation, settings, connectors, as_of)
    plans, outcomes = [decide(installation, settings, as_of)], list[Outcome]()
    report(plans[0])
    begun = time.monotonic()
    for level in (Level.CAMPAIGN, Level.SESSION):  # what is quiet without its campaigns is not closed
        seconds = ACT_SECONDS - (time.monotonic() - begun)
        done = act(installation, settings, connectors, plans[-1], as_of, accounts, level, seconds)
        outcomes += done
        if any(outcome.result not in (Result.STOPPED, Result.LEFT) for outcome in done):
            look_at_systems(installation, settings, connectors, as_of)
            plans.append(decide(installation, settings, as_of))
    to_ask = list(dict.fromkeys(new for plan in plans for new in (*plan.newly_stopped, *plan.newly_asked)))
    counts = {
        **plan_counts(plans[-1]),
        "newly_stopped": len(to_ask),
        **_outcome_counts(outcomes),
        "owed": owed(installation),
    }
    return {**beat(installation, "enforce", as_of, counts), "stopped_items": to_ask}


def rehearse(installation: Installation, as_of: datetime, accounts: Collection[str] = ()) -> Shown:
    """The plan of now by what the systems show now. They are listed, nothing else; nothing is written."""
    settings, _ = installation.read_settings()
    answers = asyncio.run(look(ready(connect_all(settings))))
    seen = {system: answer for system, answer in answers.items() if isinstance(answer, Seen)}
    listed = [campaign for one in seen.values() for campaign in one.campaigns]
    directory = [entry for one in seen.values() for entry in one.directory]
    with database.session(installation.engine, write=False) as session:
        stale = [one for one in queries.campaigns(session) if one.system not in seen]
        campaigns = [*assign_all(session, settings, listed, directory), *stale]
        return show_campaigns(session, settings, as_of, campaigns, accounts)


def may_act(installation: Installation, settings: Settings, as_of: datetime) -> bool:
    """Whether a run of this moment may do anything but show.

    The run's clock decides, with this one exception: a moment far from real time is only looked at, so
    that no replay and no backfill pauses today's campaigns. A sandbox may, where nothing can be hurt.
    """
    if not world.is_far(as_of, installation.now(), settings):
        return True
    ground = (installation.data, installation.events, find_access)
    return settings.policy.sandbox and is_sandbox(settings, *ground)


def act(
    installation: Installation,
    settings: Settings,
    connectors: Connectors,
    shown: Shown,
    as_of: datetime,
    accounts: Collection[str] = (),
    level: Level | None = None,
    seconds: float = ACT_SECONDS,
) -> list[Outcome]:
    """Carry out the pauses, and the approved resumes, that the guard lets pass; of one level, if given."""
    with database.session(installation.engine, write=False) as session:
        campaigns = {campaign.key: campaign for campaign in queries.campaigns(session)}
    orders = [
        Order(decision, campaigns[decision.subject])
        for decision in guard.proceeding(shown.plan, shown.passages)
        if decision.subject in campaigns and (not accounts or decision.account in accounts)
        if level in (None, campaigns[decision.subject].level)
    ]

    def owe(session: Session, decision: Decision, stage: Stage) -> None:
        for fact in addressing.of_outcome(session, settings, decision, stage, as_of):
            outbox.owe(session, fact, addressing.recipients(settings, fact), installation.now())

    return asyncio.run(
        carry_out(
            installation.engine,
            ready(connectors),
            orders,
            as_of=as_of,
            now=installation.now,
            author=AUTHOR,
            owe=owe,
            decided_at=shown.decided_at,
            seconds=seconds,
            again_after=AGAIN_AFTER,
        )
    )


def retain(installation: Installation, as_of: datetime) -> Counts:
    """Delete events, day rows, findings and texts that are older than the configuration keeps them."""
    settings, as_of = begin(installation, as_of)
    before = as_of - timedelta(days=settings.policy.keep_events_days)
    dropped = events.drop_before(installation.events, before.date())
    with database.session(installation.engine) as session:
        forgotten = forget(session, before)
    return beat(installation, "retain", as_of, {"days_dropped": len(dropped), **forgotten})


def beat(installation: Installation, stage: str, as_of: datetime, counts: Counts) -> Counts:
    """Note that a stage came to its end, and say what it counted."""
    with database.session(installation.engine) as session:
        queries.beat(session, stage, as_of, installation.now(), counts)
    log.info("%s: %s", stage, ", ".join(f"{name} {value}" for name, value in counts.items()))
    return counts


def _outcome_counts(outcomes: Sequence[Outcome]) -> Counts:
    kinds = [str(outcome.result) for outcome in outcomes]
    return {f"acted_{kind}": kinds.count(kind) for kind in sorted(set(kinds))}


def owed(installation: Installation) -> int:
    with database.session(installation.engine, write=False) as session:
        return outbox.overview(session).owed
