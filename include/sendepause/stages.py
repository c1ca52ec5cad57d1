"""The loop: read, audit, decide, pause, verify, tell. One function a stage.

Each reads what the stages before it wrote down and nothing else, so each can run again alone; the DAGs
and the command line call the same functions. ``as_of`` is the run's clock. What comes back are counts
for the logs and the assets: plain JSON values without personal data.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sendepause import countdown, events, guard, keys, planning, world
from sendepause.alerts import addressing, outbox
from sendepause.assigning import assign
from sendepause.audit import verdict
from sendepause.campaigns import connect
from sendepause.campaigns.base import Access, Backlog, Connector, text_of
from sendepause.campaigns.line import bounded
from sendepause.enforce import Order, Outcome, Result, Seen, carry_out, look, note_completed, note_undone
from sendepause.errors import Guarded, SendepauseError, Unreachable
from sendepause.guard import Passage
from sendepause.installation import KEY_CONNECTION, Installation, access, find_access
from sendepause.model import Campaign, CampaignState, Decision, EntryKind, Plan, Stage
from sendepause.sandbox import is_sandbox
from sendepause.settings import Settings
from sendepause.sources import files
from sendepause.sources.ingest import ingest
from sendepause.store import database, folds, ledger, queries
from sendepause.store.database import Session
from sendepause.store.ledger import Entry
from sendepause.store.retention import forget

log = logging.getLogger(__name__)

Counts = dict[str, Any]
Connectors = Mapping[str, Connector | SendepauseError]  # by system; an error where there is no connector
AUTHOR = "sendepause"
ACT_SECONDS = 240.0  # with looking before and after, a run stays below the nine minutes that it has
AGAIN_AFTER = (20.0, 60.0)  # s; what failed in a way that may pass is tried again within the run


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan as people see it: its decisions as plain values, and what the guard says of the pauses."""

    plan: Plan
    items: tuple[dict[str, Any], ...]
    passages: Mapping[str, Passage]
    newly_stopped: tuple[str, ...] = ()  # items that the guard stopped for the first time
    newly_asked: tuple[str, ...] = ()  # holds (``hold:SEQ``) that nobody was asked about yet
    decided_at: int = 0  # the newest ledger entry that the decisions knew

    @property
    def waiting(self) -> list[dict[str, Any]]:
        """The pauses and resumes that wait for a person."""
        return [item for item in self.items if item["passage"] and not Passage(item["passage"]).proceeds]


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


def read(installation: Installation, as_of: datetime) -> Counts:
    """Read every source's new and changed files into the event store and the day rows."""
    settings, as_of = begin(installation, as_of)
    done = ingest(
        installation.engine,
        installation.events,
        settings,
        pseudonymiser(),
        data=installation.data,
        as_of=as_of,
        now=installation.now,
    )
    return beat(installation, "read", as_of, done.counts())


def ready(connectors: Connectors) -> dict[str, Connector]:
    """The connectors that could be made."""
    return {name: c for name, c in connectors.items() if not isinstance(c, SendepauseError)}


def _broken(connectors: Connectors) -> dict[str, SendepauseError]:
    return {name: c for name, c in connectors.items() if isinstance(c, SendepauseError)}


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


def show(
    installation: Installation, settings: Settings, as_of: datetime, accounts: Collection[str] = ()
) -> Shown:
    """The plan of a moment and what the guard says of it. Nothing is called, owed or written."""
    replay = world.is_far(as_of, installation.now(), settings)
    with database.session(installation.engine, write=False) as session:
        return _show(session, settings, as_of, ledger.entries(session), replay, accounts)


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
        return {**_plan_counts(shown), "only_shown": True}
    installation.note_settings(settings, trouble)
    connectors = connect_all(settings)
    look_at_systems(installation, settings, connectors, as_of)
    first = shown = decide(installation, settings, as_of)
    report(shown)
    outcomes = act(installation, settings, connectors, shown, as_of, accounts)
    if any(outcome.result not in (Result.STOPPED, Result.LEFT) for outcome in outcomes):
        look_at_systems(installation, settings, connectors, as_of)
        shown = decide(installation, settings, as_of)
    new = [*first.newly_stopped, *first.newly_asked, *shown.newly_stopped, *shown.newly_asked]
    to_ask = list(dict.fromkeys(new))
    counts = {
        **_plan_counts(shown),
        "newly_stopped": len(to_ask),
        **_outcome_counts(outcomes),
        "owed": owed(installation),
    }
    return {**beat(installation, "enforce", as_of, counts), "stopped_items": to_ask}


def rehearse(installation: Installation, as_of: datetime, accounts: Collection[str] = ()) -> Shown:
    """The plan of now by what the systems show now. They are listed, nothing else; nothing is written."""
    settings, _ = installation.read_settings()
    seen = asyncio.run(look(ready(connect_all(settings))))
    fresh = {system: answer.campaigns for system, answer in seen.items() if isinstance(answer, Seen)}
    with database.session(installation.engine, write=False) as session:
        stale = [one for one in queries.campaigns(session) if one.system not in fresh]
        campaigns = _assign(session, settings, [one for found in fresh.values() for one in found])
        entries = ledger.entries(session)
        return _show(session, settings, as_of, entries, accounts=accounts, campaigns=[*campaigns, *stale])


def may_act(installation: Installation, settings: Settings, as_of: datetime) -> bool:
    """Whether a run of this moment may do anything but show.

    The run's clock decides, with this one exception: a moment far from real time is only looked at, so
    that no replay and no backfill pauses today's campaigns. A sandbox may, where nothing can be hurt.
    """
    if not world.is_far(as_of, installation.now(), settings):
        return True
    ground = (installation.data, installation.events, find_access)
    return settings.policy.sandbox and is_sandbox(settings, *ground)


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


def look_at_systems(
    installation: Installation, settings: Settings, connectors: Connectors, as_of: datetime
) -> None:
    """List every system at once, and write down what was seen, what is ill, and what people undid."""
    with database.session(installation.engine, write=False) as session:
        ran = [one for one in queries.campaigns(session) if one.state is CampaignState.RUNNING]
    seen = {**_broken(connectors), **asyncio.run(look(ready(connectors), ran))}
    now = installation.now()
    with database.session(installation.engine) as session:
        for system, answer in seen.items():
            if isinstance(answer, SendepauseError):
                queries.set_health(session, f"system:{system}", False, now, str(answer))
                continue
            queries.set_health(session, f"system:{system}", True, now)
            queries.save_directory(session, system, answer.directory, now)
        found = {system: answer.campaigns for system, answer in seen.items() if isinstance(answer, Seen)}
        # Only what was listed just now: an older state would undo a pause that was made since.
        listed = _assign(session, settings, [one for campaigns in found.values() for one in campaigns])
        for system in found:
            queries.save_campaigns(session, system, [one for one in listed if one.system == system], now)
        note_completed(session, listed, as_of=as_of, now=now, author=AUTHOR)
        note_undone(session, listed, as_of=as_of, now=now, author=AUTHOR)


def _assign(session: Session, settings: Settings, campaigns: Sequence[Campaign]) -> list[Campaign]:
    """The campaigns with the accounts they send from, by all that people said and systems ever told."""
    return assign(
        campaigns,
        queries.directory(session),
        {system.id: system.accounts for system in settings.campaign_systems},
        {account.number: account.declared_kind for account in settings.accounts},
    )


def decide(installation: Installation, settings: Settings, as_of: datetime) -> Shown:
    """Make the plan, let the guard look at it, and write down what is owed, in one transaction."""
    at = installation.now()
    with database.session(installation.engine) as session:
        entries = ledger.entries(session)
        shown = _show(session, settings, as_of, entries)
        stopped = [d for d in guard.acts(shown.plan) if not shown.passages[guard.item(d)].proceeds]
        records = folds.pauses(entries)
        new = [
            guard.item(decision)
            for decision in stopped
            if _note_stopped(session, decision, shown.passages, records, as_of, at)
        ]
        queries.save_plan(
            session,
            shown.items,
            hash=guard.plan_hash(shown.plan),
            as_of=as_of,
            shown_at=at,
            accepted=not shown.waiting,
        )
        asked = _ask_about_holds(session, entries, at)
        facts = addressing.owed(session, settings, shown.plan, shown.passages, as_of)
        outbox.owe_all(session, [(fact, addressing.recipients(settings, fact)) for fact in facts], at)
        outbox.settle(session, {(f.enforcement, f.subject, f.stage) for f in facts}, at)
    head = entries[-1].seq if entries else 0
    return replace(shown, newly_stopped=tuple(new), newly_asked=tuple(asked), decided_at=head)


def _ask_about_holds(session: Session, entries: Sequence[Entry], at: datetime) -> list[str]:
    """The holds that wait for another person and that nobody was asked about yet; each once."""
    waiting = [f"hold:{hold.seq}" for hold in folds.pending_holds(entries, at)]
    return [key for key in waiting if queries.note_question(session, key, at)]


def act(
    installation: Installation,
    settings: Settings,
    connectors: Connectors,
    shown: Shown,
    as_of: datetime,
    accounts: Collection[str] = (),
) -> list[Outcome]:
    """Carry out the pauses, and the approved resumes, that the guard lets pass."""
    with database.session(installation.engine, write=False) as session:
        campaigns = {campaign.key: campaign for campaign in queries.campaigns(session)}
    orders = [
        Order(decision, campaigns[decision.subject])
        for decision in guard.proceeding(shown.plan, shown.passages)
        if decision.subject in campaigns and (not accounts or decision.account in accounts)
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
            seconds=ACT_SECONDS,
            again_after=AGAIN_AFTER,
        )
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


def retain(installation: Installation, as_of: datetime) -> Counts:
    """Delete events, day rows, findings and texts that are older than the configuration keeps them."""
    settings, as_of = begin(installation, as_of)
    before = as_of - timedelta(days=settings.policy.keep_events_days)
    dropped = events.drop_before(installation.events, before.date())
    with database.session(installation.engine) as session:
        forgotten = forget(session, before)
    return beat(installation, "retain", as_of, {"days_dropped": len(dropped), **forgotten})


def report(shown: Shown) -> None:
    """The plan in the task's log: one line for each decision that does something."""
    waiting = {item["item"] for item in shown.waiting}
    for item in shown.items:
        subject = text_of(item["subject"], 400)  # a campaign's id may be anything, also two lines
        if item["act"] != "none":
            log.info(
                "%(act)s %(subject)s (%(enforcement)s, %(phase)s): %(reasons)s; guard: %(passage)s",
                {**item, "subject": subject, "reasons": ", ".join(item["reasons"])},
            )
        if item["item"] in waiting:
            log.warning(
                "%s waits for a person (%s): `sendepause approve %s`", subject, item["passage"], subject
            )


def _show(
    session: Session,
    settings: Settings,
    as_of: datetime,
    entries: Sequence[Entry],
    replay: bool = False,
    accounts: Collection[str] = (),
    campaigns: Sequence[Campaign] | None = None,
) -> Shown:
    plan = planning.make_plan(
        world.gather(session, settings, as_of, entries, replay=replay, campaigns=campaigns)
    )
    passages = world.passages(plan, settings, world.past(session, as_of, entries, replay=replay))
    items = tuple(
        world.decision_json(decision, passages)
        for decision in plan.decisions
        if not accounts or decision.account in accounts
    )
    return Shown(plan, items, passages)


def _note_stopped(
    session: Session,
    decision: Decision,
    passages: Mapping[str, Passage],
    records: Mapping[tuple[str, str], folds.PauseRecord],
    as_of: datetime,
    at: datetime,
) -> bool:
    item = guard.item(decision)
    episode = folds.next_episode(records.get((decision.enforcement, decision.subject)))
    entry = ledger.append(
        session,
        at=at,
        as_of=as_of,
        author=AUTHOR,
        kind=EntryKind.GUARD_STOPPED,
        subject=decision.subject,
        enforcement=decision.enforcement,
        facts={"items": [item], "passage": str(passages[item])},
        once=folds.once_guard_stopped(item, episode),
    )
    return entry is not None


def beat(installation: Installation, stage: str, as_of: datetime, counts: Counts) -> Counts:
    """Note that a stage came to its end, and say what it counted."""
    with database.session(installation.engine) as session:
        queries.beat(session, stage, as_of, installation.now(), counts)
    log.info("%s: %s", stage, ", ".join(f"{name} {value}" for name, value in counts.items()))
    return counts


def _plan_counts(shown: Shown) -> Counts:
    acts = [item["act"] for item in shown.items]
    return {
        "decisions": len(acts),
        **{name: acts.count(name) for name in sorted(set(acts) - {"none"})},
        "waiting": len(shown.waiting),
    }


def _outcome_counts(outcomes: Sequence[Outcome]) -> Counts:
    kinds = [str(outcome.result) for outcome in outcomes]
    return {f"acted_{kind}": kinds.count(kind) for kind in sorted(set(kinds))}


def owed(installation: Installation) -> int:
    with database.session(installation.engine, write=False) as session:
        return outbox.overview(session).owed
