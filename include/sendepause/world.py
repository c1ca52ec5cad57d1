"""The world as the earlier stages wrote it down: what a plan of a moment rests on.

A *replay* looks at a moment far from real time. It sees only what had been done by then, and takes a
campaign that this package paused later as the running campaign that it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sendepause import guard
from sendepause.alerts import outbox
from sendepause.guard import Passage
from sendepause.model import AccountBy, Act, Campaign, CampaignState, Decision, Evidence, Plan, Stage
from sendepause.planning import Rules, Standing, World, true_kind
from sendepause.settings import Settings
from sendepause.store import directory, folds, queries
from sendepause.store.database import Session
from sendepause.store.folds import PauseRecord
from sendepause.store.ledger import Entry
from sendepause.store.silences import silences_at

Pauses = dict[tuple[str, str], PauseRecord]


def is_far(as_of: datetime, now: datetime, settings: Settings) -> bool:
    """Whether a moment is so far from real time that it may only be looked at."""
    return abs((now - as_of).total_seconds()) > settings.policy.far_hours * 3600


def gather(
    session: Session,
    settings: Settings,
    as_of: datetime,
    entries: Sequence[Entry],
    *,
    replay: bool = False,
    campaigns: Sequence[Campaign] | None = None,
) -> World:
    """Everything that the decisions of ``as_of`` rest on; ``entries``: the whole ledger.

    ``campaigns``: instead of those that were seen last.
    """
    then = [entry for entry in entries if entry.as_of <= as_of] if replay else entries
    pauses = folds.pauses(then)
    campaigns = list(queries.campaigns(session) if campaigns is None else campaigns)
    if replay:
        campaigns = _before_our_pauses(campaigns, pauses, folds.pauses(entries))
    proofs = evidence(session, campaigns, as_of)
    kinds = {n: str(true_kind(a, proofs.get(n, frozenset()))) for n, a in settings.account_map.items()}
    ill = {subject for subject, state in queries.health(session).items() if not state.ok}
    return World(
        as_of=as_of,
        accounts=tuple(settings.account_list()),
        enforcements=tuple(settings.enforcement_list()),
        campaigns=tuple(campaigns),
        findings=queries.latest_findings(session, as_of),
        evidence=proofs,
        holds=tuple(folds.holds(then)),
        unreachable=frozenset(s.removeprefix("system:") for s in ill if s.startswith("system:")),
        undone=frozenset(pair for pair, record in pauses.items() if record.status == "undone"),
        paused_by_us=frozenset(pair for pair, record in pauses.items() if record.status == "paused"),
        breached=frozenset(pair for pair, record in pauses.items() if record.breach),
        failed=frozenset(pair for pair, record in pauses.items() if record.status == "not_paused"),
        resumed_by_us=frozenset(pair for pair, record in pauses.items() if record.status == "resumed"),
        under_way=frozenset(
            pair for pair, record in pauses.items() if record.status == "paused" and record.left != 0
        ),
        standing={
            pair: Standing(record.episode, record.version, record.read_back_at or record.at)
            for pair, record in pauses.items()
            if record.status == "paused"
        },
        silences=silences_at(session, pauses, as_of),
        confirmed=frozenset(folds.confirmations(then)),
        told_at=_told(session, campaigns, kinds),
        rules=Rules(
            pause_business_app=settings.policy.pause_business_app,
            pause_sessions=settings.policy.pause_sessions,
            hold_margin_hours=settings.policy.hold_margin_hours,
            fresh_days=settings.policy.fresh_days,
        ),
    )


def past(session: Session, as_of: datetime, entries: Sequence[Entry], *, replay: bool = False) -> guard.Past:
    """What the guard remembers at ``as_of``; ``entries``: the whole ledger."""
    entries = [entry for entry in entries if not replay or entry.as_of <= as_of]
    accepted = queries.latest_plan(session, accepted_only=True)
    known = None if accepted is None or (replay and accepted.as_of > as_of) else accepted.items
    return guard.Past(
        baseline=None if known is None else frozenset(i["item"] for i in known if i["item"]),
        approved=folds.approvals(entries),
        waits=folds.waits(entries),
        announced=frozenset(folds.announced(entries)),
        told=frozenset(
            pair
            for pair, at in _told(session, queries.campaigns(session)).items()
            if not replay or at <= as_of
        ),
    )


def passages(plan: Plan, settings: Settings, remembered: guard.Past) -> dict[str, Passage]:
    """What the guard says of each pause of a plan, by item."""
    limits = settings.policy.guard
    return guard.judge(
        plan,
        accounts=settings.account_map,
        enforcements=settings.rule_map,
        past=remembered,
        limits=guard.Limits(
            surprises=limits.surprises,
            default=limits.default,
            default_hours_before=limits.default_hours_before,
            default_hours_after=limits.default_hours_after,
        ),
    )


def decision_json(decision: Decision, passages: dict[str, Passage]) -> dict[str, Any]:
    """A decision as ``sendepause plan`` prints it and the store keeps it: plain JSON values."""
    item = guard.item(decision) if decision.act in (Act.PAUSE, Act.RESUME) else None
    return {  # not by ``asdict``, which copies deeply and takes ten times as long
        "enforcement": decision.enforcement,
        "subject": decision.subject,
        "account": decision.account,
        "act": decision.act,
        "reasons": [str(reason) for reason in decision.reasons],
        "phase": decision.phase,
        "facts": dict(decision.facts),
        "tells": [f"{tell.stage}:{tell.audience}" for tell in decision.tells],
        "item": item,
        "passage": str(passages[item]) if item in passages else None,
    }


def _told(
    session: Session, campaigns: Sequence[Campaign], kinds: Mapping[str, str] = MappingProxyType({})
) -> dict[tuple[str, str], datetime]:
    """Which pauses were announced, on the account that the campaign sends from now, as what it counts now."""
    accounts = {campaign.key: campaign.account for campaign in campaigns}
    return outbox.told(session, [Stage.WARNED], accounts, kinds=kinds)


def evidence(
    session: Session,
    campaigns: Sequence[Campaign],
    as_of: datetime,
    reaches: Sequence[queries.Reach] | None = None,
) -> dict[str, frozenset[Evidence]]:
    """What proves the kind of each account now; ``reaches``: those of the store, where they are known.

    A number is on one of the two: what proves the Platform later than anything proved a consumer product
    shows that the account has moved since. Old exports of its time before say nothing against it.
    """
    newest: dict[tuple[str, Evidence], datetime] = {}
    reaches = queries.reaches(session) if reaches is None else reaches
    for account, proof, at in _proofs(session, campaigns, as_of, reaches):
        newest[account, proof] = max(at, newest.get((account, proof), at))
    found: dict[str, set[Evidence]] = defaultdict(set)
    for (account, proof), at in newest.items():
        platform = newest.get((account, Evidence.PLATFORM))
        if proof is Evidence.PLATFORM or platform is None or platform <= at:
            found[account].add(proof)
    return {account: frozenset(kinds) for account, kinds in found.items()}


def _proofs(
    session: Session, campaigns: Sequence[Campaign], as_of: datetime, reaches: Sequence[queries.Reach]
) -> Iterator[tuple[str, Evidence, datetime]]:
    """Account, what is proved, and as of when: data of sources, directories, what running campaigns use."""
    for reach in reaches:
        if reach.evidence:
            yield reach.account, reach.evidence, reach.read_until
    told = directory.seen(session)
    known = {entry.sender: entry.evidence for entry, _ in told}
    owners = {entry.sender: entry.account for entry in directory.entries(session)}
    for entry, seen_at in told:
        if entry.evidence:
            yield entry.account, entry.evidence, seen_at
    for campaign in campaigns:
        sure = campaign.account_by in (AccountBy.MARK, AccountBy.INFERRED) and not campaign.also
        if campaign.account and sure and campaign.state is CampaignState.RUNNING:
            for sender in campaign.senders:
                proof = known.get(sender, sender.via.evidence)
                # The Platform is proved by a sender that is this account's, never by another one beside it.
                own = owners.get(sender, sender.name) == campaign.account
                if proof is Evidence.CONSUMER or (proof is Evidence.PLATFORM and own):
                    yield campaign.account, proof, as_of


def _before_our_pauses(campaigns: list[Campaign], then: Pauses, today: Pauses) -> list[Campaign]:
    later = {key for (rule, key) in today if (rule, key) not in then}
    return [
        replace(campaign, state=CampaignState.RUNNING)
        if campaign.key in later and campaign.state is CampaignState.PAUSED
        else campaign
        for campaign in campaigns
    ]
