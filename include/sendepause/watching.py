"""Watches over what should be silent: every pause is read again and listened to, until the date and after it.

The closer the date, the more often: see :func:`every`. What is found running again is written down and
told once; what still runs after a pause is stopped where the system can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sendepause import countdown, silence, stages
from sendepause.enforce import acting, note_drained, note_resumed, note_undone, watch
from sendepause.enforce.looking import Watched
from sendepause.errors import SendepauseError
from sendepause.installation import Installation
from sendepause.model import Campaign, CampaignState, Enforcement
from sendepause.settings import Settings
from sendepause.store import database, folds, ledger, queries

STAGE = "watch"
_NIGHT = timedelta(hours=24)  # before and after the first moment of the date
_WEEK = timedelta(days=7)
_SLACK = timedelta(minutes=1)  # a run that begins some seconds early is not too early


def every(rules: Iterable[Enforcement], as_of: datetime) -> timedelta:
    """How often everything that should be silent is read again.

    Every 10 minutes from 24 hours before a date until 24 hours after it, every hour while pausing and in
    the week after the date, else every 6 hours.
    """
    distances = [as_of - countdown.begins_at(rule) for rule in rules]
    if any(abs(distance) <= _NIGHT for distance in distances):
        return timedelta(minutes=10)
    pausing = any(countdown.pausing_from(rule) <= as_of <= countdown.begins_at(rule) for rule in rules)
    if pausing or any(timedelta() <= distance <= _WEEK for distance in distances):
        return timedelta(hours=1)
    return timedelta(hours=6)


def run(installation: Installation, as_of: datetime) -> stages.Counts:
    """Read again and listen again, if it is time; ``due`` says whether it was.

    :raises Guarded: where the moment is so far from real time that it may only be looked at.
    """
    settings, as_of = stages.begin(installation, as_of)
    if not _due(installation, settings, as_of):
        return {"due": False, "owed": stages.owed(installation)}
    watched = _read_again(installation, settings, as_of)
    try:
        heard = silence.listen_all(
            installation.engine,
            installation.events,
            settings,
            stages.pseudonymiser(),
            as_of=as_of,
            now=installation.now,
            author=stages.AUTHOR,
        )
    finally:  # what runs again is told also where nobody can listen; enforcing asks, nobody would here
        stages.decide(installation, settings, as_of, asking=False)
    states = [str(one.heard.state) for _, one in heard]
    counts = {
        "watched": len(watched),
        "running": sum(_is(one, CampaignState.RUNNING) for one in watched),
        "unread": sum(isinstance(one, SendepauseError) for one in watched),
        **{f"silence_{state}": states.count(state) for state in sorted(set(states))},
        "owed": stages.owed(installation),
    }
    return {"due": True, **stages.beat(installation, STAGE, as_of, counts)}


def _due(installation: Installation, settings: Settings, as_of: datetime) -> bool:
    """New events are listened to at once; else the time that has passed decides."""
    with database.session(installation.engine, write=False) as session:
        beats = queries.heartbeats(session)
    last, audited = beats.get(STAGE), beats.get("audit")
    if last is None or (audited is not None and audited.finished_at > last.finished_at):
        return True
    # A run that somebody made for a moment ahead keeps none of the next ones from looking.
    return abs(as_of - last.as_of) >= every(settings.enforcement_list(), as_of) - _SLACK


def _read_again(
    installation: Installation, settings: Settings, as_of: datetime
) -> list[Watched | SendepauseError]:
    """Read every paused campaign by its id, and write down what runs again and what still runs."""
    with database.session(installation.engine, write=False) as session:
        silent = _silent(ledger.entries(session), queries.campaigns(session, include_gone=True))
    connectors = stages.connect_all(settings)
    may_act = partial(acting, installation.engine)
    watched = asyncio.run(watch(stages.ready(connectors), silent, may_act))
    read = [one for one in watched if isinstance(one, Watched)]
    running = [one.campaign for one in read if one.campaign.state is CampaignState.RUNNING]
    if running:  # only the lists tell who switched it on, and when
        stages.look_at_systems(installation, settings, connectors, as_of)
    now = installation.now()
    with database.session(installation.engine) as session:
        shown = {one.key for one in queries.campaigns(session) if one.state is CampaignState.RUNNING}
        unlisted = [replace(c, changed_by=None, changed_at=None) for c in running if c.key not in shown]
        queries.note_states(session, unlisted, now)
        records = folds.pauses(ledger.entries(session, kinds=folds.PAUSES)).values()
        for note in (note_resumed, note_undone):
            note(session, records, unlisted, as_of=as_of, now=now, author=stages.AUTHOR)
        note_drained(session, records, read, as_of=as_of, now=now, author=stages.AUTHOR)
    return watched


def _silent(entries: Sequence[ledger.Entry], campaigns: Iterable[Campaign]) -> list[Campaign]:
    """What we paused and nobody switched on since, as far as anybody knows; also what is listed no more."""
    paused = {record.campaign for record in folds.pauses(entries).values() if record.status == "paused"}
    return [campaign for campaign in campaigns if campaign.key in paused]


def _is(one: Watched | SendepauseError, state: CampaignState) -> bool:
    return isinstance(one, Watched) and one.campaign.state is state
