"""What may proceed without a person. Pure; judged over the whole plan, never over a shard of it.

What was announced or approved proceeds. A *surprise* waits for a person, and takes the configured
default some hours before the date, or, after the date, some hours after it was first stopped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import pendulum

from sendepause import countdown
from sendepause.model import Account, AccountBy, Act, Decision, Enforcement, Kind, Phase, Plan

LAST_CHANCE_MINUTES = 30  # two runs of enforcing, and some: to pause and to read back


class Passage(StrEnum):
    """What the guard says of one pause."""

    APPROVED = "approved"
    ANNOUNCED = "announced"  # its owner was told in a message that was sent
    KNOWN = "known"  # in the last accepted plan, or in force on an account declared personal
    FEW = "few"  # new, and not more than the set number of new ones
    DEFAULTED = "defaulted"  # nobody answered in time; the configured default applies
    WAITS_MANY = "waits_many"  # one of too many new ones
    WAITS_KIND = "waits_kind"  # the account is not what it was declared, or is taken for another kind now
    WAITS_INFERRED = "waits_inferred"  # its sending account was inferred, nobody said so
    WAITS_RESUME = "waits_resume"  # nothing is ever switched on without a person

    @property
    def proceeds(self) -> bool:
        """Whether the pause is carried out now."""
        return not self.name.startswith("WAITS")


@dataclass(frozen=True, slots=True)
class Limits:
    """How the operators set the guard (``policy.yaml``, ``guard``)."""

    surprises: int = 3
    default: str = "pause"
    default_hours_before: float = 12
    default_hours_after: float = 2


@dataclass(frozen=True, slots=True)
class Past:
    """What the guard remembers.

    ``baseline``: items of the last accepted plan; None before the first. ``approved``: items a person
    approved. ``waits``: item -> when it was first stopped. ``told``: (enforcement, campaign key) whose
    owner was told and for whom that still holds. ``announced``: the items that sent messages named.
    """

    baseline: frozenset[str] | None = None
    approved: frozenset[str] = frozenset()
    waits: Mapping[str, datetime] | None = None
    told: Collection[tuple[str, str]] = frozenset()
    announced: Collection[str] = frozenset()


def item(decision: Decision) -> str:
    """What exactly is announced, approved or new: the pause of this campaign, on this account, of this kind;
    or the resume of this one pause.

    A campaign that moved to another number, or whose account counts as another kind, is another item.
    """
    parts = [decision.enforcement, decision.subject, decision.account, decision.facts.get("kind")]
    if decision.act is Act.RESUME:  # of this very pause, in this very version
        parts += ["resume", decision.facts.get("episode"), decision.facts.get("version")]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def plan_hash(plan: Plan) -> str:
    """One hash for the set of pauses in a plan, whatever their order."""
    return hashlib.sha256("\n".join(sorted(items(plan))).encode()).hexdigest()


def items(plan: Plan) -> list[str]:
    """The items that a plan would pause."""
    return [item(decision) for decision in pauses(plan)]


def pauses(plan: Plan) -> list[Decision]:
    """The decisions that pause a campaign."""
    return [decision for decision in plan.decisions if decision.act is Act.PAUSE]


def acts(plan: Plan) -> list[Decision]:
    """The decisions that call a campaign system."""
    return [decision for decision in plan.decisions if decision.act in (Act.PAUSE, Act.RESUME)]


def proceeding(plan: Plan, passages: Mapping[str, Passage]) -> list[Decision]:
    """The decisions that are carried out now.

    A campaign that several rules paused is resumed only when its resume is approved under each of them.
    """
    found = acts(plan)
    waiting = {d.subject for d in found if d.act is Act.RESUME and not passages[item(d)].proceeds}
    return [
        d for d in found if passages[item(d)].proceeds and not (d.act is Act.RESUME and d.subject in waiting)
    ]


def judge(
    plan: Plan,
    *,
    accounts: Mapping[str, Account],
    enforcements: Mapping[str, Enforcement],
    past: Past,
    limits: Limits,
) -> dict[str, Passage]:
    """Item -> what the guard says of it, for every pause and every resume in the plan.

    ``accounts`` by number, ``enforcements`` by id.
    """
    first = {item(d): _passage(d, accounts, enforcements[d.enforcement], past) for d in pauses(plan)}
    new = [key for key, passage in first.items() if passage is Passage.FEW]
    if len(new) > limits.surprises:
        first.update(dict.fromkeys(new, Passage.WAITS_MANY))
    judged = {
        item(d): _after_waiting(d, first[item(d)], plan.as_of, enforcements[d.enforcement], past, limits)
        for d in pauses(plan)
    }
    resumes = [item(d) for d in plan.decisions if d.act is Act.RESUME]
    approved = {key: Passage.APPROVED for key in resumes if key in past.approved}
    return judged | dict.fromkeys(resumes, Passage.WAITS_RESUME) | approved


def _passage(decision: Decision, accounts: Mapping[str, Account], rule: Enforcement, past: Past) -> Passage:
    key = item(decision)
    account = accounts.get(decision.account or "")
    declared = account.declared_kind if account else None
    if key in past.approved:
        return Passage.APPROVED
    if declared is None or decision.facts.get("kind") != declared:
        return Passage.WAITS_KIND
    if decision.facts.get("account_by") != AccountBy.MARK:
        return Passage.WAITS_INFERRED
    if (rule.id, decision.subject) in past.told and key in past.announced:
        return Passage.ANNOUNCED
    # In force, a known campaign on an account declared personal surprises nobody: the rule is public.
    if decision.phase is Phase.IN_FORCE and declared is Kind.PERSONAL:
        return Passage.KNOWN
    if key in (past.baseline or ()):
        return Passage.KNOWN
    return Passage.FEW


def _after_waiting(
    decision: Decision, passage: Passage, as_of: datetime, rule: Enforcement, past: Past, limits: Limits
) -> Passage:
    if passage.proceeds or limits.default != "pause":
        return passage
    return Passage.DEFAULTED if as_of >= default_at(decision, as_of, rule, past, limits) else passage


def default_at(
    decision: Decision, as_of: datetime, rule: Enforcement, past: Past, limits: Limits
) -> datetime:
    """When the default applies to a waiting item: before the date by the hours set, after it never at once.

    An item that is first stopped inside those hours, or after the date, waits ``default_hours_after``;
    before the date not longer than leaves the time to pause and verify.
    """
    begins = countdown.begins_at(rule)
    before = begins.subtract(minutes=round(limits.default_hours_before * 60))
    first_stopped = pendulum.instance((past.waits or {}).get(item(decision), as_of))
    if first_stopped < before:
        return before
    waited = first_stopped.add(minutes=round(limits.default_hours_after * 60))
    if first_stopped < begins:
        return min(waited, begins.subtract(minutes=LAST_CHANCE_MINUTES))
    return waited
