"""The plan of a moment: what is decided, what the guard says of it, what is owed, and who is asked."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sendepause import guard, planning, world
from sendepause.alerts import addressing, outbox
from sendepause.alerts import facts as facts_of
from sendepause.campaigns.base import text_of
from sendepause.guard import Passage
from sendepause.installation import Installation
from sendepause.model import Campaign, Decision, EntryKind, Plan
from sendepause.settings import Settings
from sendepause.store import database, folds, ledger, queries
from sendepause.store.database import Session
from sendepause.store.ledger import AUTHOR, Entry

log = logging.getLogger(__name__)

Counts = dict[str, Any]


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


def show(
    installation: Installation, settings: Settings, as_of: datetime, accounts: Collection[str] = ()
) -> Shown:
    """The plan of a moment and what the guard says of it. Nothing is called, owed or written."""
    replay = world.is_far(as_of, installation.now(), settings)
    with database.session(installation.engine, write=False) as session:
        return _show(session, settings, as_of, ledger.entries(session), replay, accounts)


def show_campaigns(
    session: Session,
    settings: Settings,
    as_of: datetime,
    campaigns: Sequence[Campaign],
    accounts: Collection[str] = (),
) -> Shown:
    """As :func:`show`, for campaigns that were seen just now and not written down."""
    entries = ledger.entries(session)
    return _show(session, settings, as_of, entries, accounts=accounts, campaigns=campaigns)


def decide(installation: Installation, settings: Settings, as_of: datetime, *, asking: bool = True) -> Shown:
    """Make the plan, let the guard look at it, and write down what is owed, in one transaction.

    ``asking``: what waits counts as asked about from now on, so the caller has to ask.
    """
    at = installation.now()
    with database.session(installation.engine) as session:
        entries = ledger.entries(session)
        shown = _show(session, settings, as_of, entries)
        stopped = [d for d in guard.acts(shown.plan) if not shown.passages[guard.item(d)].proceeds]
        records = folds.pauses(entries)
        new = [
            guard.item(decision)
            for decision in stopped
            if asking and _note_stopped(session, decision, shown.passages, records, as_of, at)
        ]
        queries.save_plan(
            session,
            shown.items,
            hash=guard.plan_hash(shown.plan),
            as_of=as_of,
            shown_at=at,
            accepted=not shown.waiting,
        )
        asked = _ask_about_holds(session, entries, at) if asking else []
        facts = addressing.owed(session, settings, shown.plan, shown.passages, as_of)
        addressed = [(fact, addressing.recipients(settings, fact)) for fact in facts]
        outbox.owe_all(session, addressed, at)
        channels = defaultdict[facts_of.Key, set[str]](set)
        for fact, recipients in addressed:
            channels[fact.key] |= {recipient.channel for recipient in recipients}
        outbox.settle(session, channels, at, channels)
    head = entries[-1].seq if entries else 0
    return replace(shown, newly_stopped=tuple(new), newly_asked=tuple(asked), decided_at=head)


def _ask_about_holds(session: Session, entries: Sequence[Entry], at: datetime) -> list[str]:
    """The holds that wait for another person and that nobody was asked about yet; each once."""
    waiting = [f"hold:{hold.seq}" for hold in folds.pending_holds(entries, at)]
    return [key for key in waiting if queries.note_question(session, key, at)]


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


def plan_counts(shown: Shown) -> Counts:
    acts = [item["act"] for item in shown.items]
    return {
        "decisions": len(acts),
        **{name: acts.count(name) for name in sorted(set(acts) - {"none"})},
        "waiting": len(shown.waiting),
    }
