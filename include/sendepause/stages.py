"""The loop: read, audit, decide, pause, verify, tell. One function a stage.

Each reads what the stages before it wrote down and nothing else, so each can run again alone; the DAGs
and the command line call the same functions. ``as_of`` is the run's clock. What comes back are counts
for the logs and the assets: plain JSON values without personal data.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace as replace
from datetime import datetime, timedelta
from typing import Any

from sendepause import auditing, countdown, events, guard, keys, world
from sendepause.alerts import addressing, outbox
from sendepause.auditing import source_health as source_health
from sendepause.deciding import Shown as Shown
from sendepause.deciding import decide as decide
from sendepause.deciding import plan_counts, report, show_campaigns
from sendepause.deciding import show as show
from sendepause.enforce import Order, Outcome, Result, Seen, carry_out, look
from sendepause.errors import Guarded
from sendepause.installation import KEY_CONNECTION, Installation, find_access
from sendepause.model import Decision, Finding, Level, Stage
from sendepause.sandbox import is_sandbox
from sendepause.settings import Settings
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
    """Judge every account by its day rows, and write the findings down."""
    settings, as_of = begin(installation, as_of)
    if not _was_read(installation):
        return {"accounts": 0}
    found = auditing.survey(installation, settings, as_of)
    judged = [
        _verdicts(auditing.judge(installation, settings, as_of, found, share))
        for share in auditing.shares(settings)
    ]
    return audited(installation, as_of, judged)


def survey(installation: Installation, as_of: datetime) -> list[list[int]]:
    """Look at all accounts, for those who judge them share by share; the shares: which buckets each holds.

    None before the first reading.
    """
    settings, as_of = begin(installation, as_of)
    if not _was_read(installation):
        return []
    auditing.hand_over(installation, as_of, auditing.survey(installation, settings, as_of))
    return auditing.shares(settings)


def audit_share(installation: Installation, as_of: datetime, buckets: Collection[int]) -> Counts:
    """Judge the accounts in some buckets, after :func:`survey`; how many got which verdict."""
    settings, as_of = begin(installation, as_of)
    found = auditing.handed_over(installation, settings, as_of)
    return _verdicts(auditing.judge(installation, settings, as_of, found, buckets))


def audited(installation: Installation, as_of: datetime, judged: Iterable[Mapping[str, int]]) -> Counts:
    """Sum up what was counted in the shares of an audit."""
    counts: Counter[str] = sum((Counter(share) for share in judged), Counter())
    accounts = counts.total()
    return beat(
        installation, "audit", countdown.in_utc(as_of), {"accounts": accounts, **dict(sorted(counts.items()))}
    )


def _was_read(installation: Installation) -> bool:
    """Before the first reading nobody is judged: "no data" would accuse sources that were never asked."""
    with database.session(installation.engine, write=False) as session:
        return "read" in queries.heartbeats(session)


def _verdicts(judged: Iterable[Finding]) -> Counts:
    return dict(Counter(str(finding.verdict) for finding in judged))


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
