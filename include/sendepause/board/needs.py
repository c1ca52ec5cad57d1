"""What needs a person now, the most urgent first: one line each, with the way to what is to be decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any

from sendepause import words
from sendepause.board import texts
from sendepause.board.lines import address
from sendepause.board.outlook import Level, waits
from sendepause.board.seen import Reader, Seen
from sendepause.board.source import Desk
from sendepause.guard import Passage
from sendepause.model import Act, Phase, Reason, Verdict

GRAVEST = (Verdict.AUTOMATED, Verdict.BULK, Verdict.WATCH, Verdict.NO_DATA, Verdict.CLEAR)

_PRESSING = {phase: place for place, phase in enumerate((Phase.IN_FORCE, Phase.PAUSING, Phase.WARNING))}
_ACTS = {Act.PAUSE: 0, Act.ASK: 1, Act.RESUME: 2}


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a person has to decide or do. ``subject``: an item key."""

    level: Level
    subject: str
    name: str
    what: str
    why: str
    rule: str
    page: str  # where it is done, relative to the board


def needs(desk: Desk, most: int) -> tuple[list[Need], int]:
    """What waits for a person, so many at most, and how many more there are: first holds that wait for a
    second one, which nobody else reminds of, then decisions."""
    holds = list(_holds(desk))
    found = list(_decisions(desk.seen))
    first = nsmallest(max(most - len(holds), 0), found, key=_urgency)
    told = [*holds[:most], *(_need(desk.seen, item, desk.reader) for item in first)]
    return told, len(holds) + len(found) - len(told)


def _decisions(seen: Seen) -> Iterator[Mapping[str, Any]]:
    for item in seen.items:
        if waits(item) or (item["act"] == Act.ASK and item["phase"] != Phase.ANNOUNCED):
            yield item


def _urgency(item: Mapping[str, Any]) -> tuple[int, int, str]:
    phase = _PRESSING.get(Phase(item["phase"]), len(_PRESSING))
    return phase, _ACTS.get(Act(item["act"]), len(_ACTS)), item["subject"]


def _need(seen: Seen, item: Mapping[str, Any], reader: Reader) -> Need:
    language, subject = reader.language, str(item["subject"])
    passage = item.get("passage")
    if passage in set(Passage) and not Passage(passage).proceeds:
        why = texts.label(Passage(passage), language)
    else:
        why = " ".join(words.sentence(Reason(reason), language) for reason in item["reasons"])
    pressing = item["phase"] in (Phase.IN_FORCE, Phase.PAUSING)
    return Need(
        level=Level.RISK if pressing else Level.ATTENTION,
        subject=subject,
        name=seen.name_of(subject, reader),
        what=words.label(Act(item["act"]), language),
        why=why,
        rule=seen.title_of(item["enforcement"], language) if item["enforcement"] else "",
        page=page_of(seen, subject),
    )


def page_of(seen: Seen, subject: str) -> str:
    """Where a subject is looked at: its account's page, else the list of campaigns."""
    kind, _, rest = subject.partition(":")
    if kind == "account":
        return account_page(rest)
    campaign = seen.campaign_map.get(subject)
    if campaign is not None and campaign.account in seen.accounts:
        return account_page(str(campaign.account))
    return address("campaigns", q=campaign.id) if campaign else "plan"


def account_page(number: str) -> str:
    """The address of an account's page, relative to the board."""
    return address("account", number=number)


def _holds(desk: Desk) -> Iterator[Need]:
    seen, reader = desk.seen, desk.reader
    for hold in seen.holds:
        if hold.approver or hold.ends_at <= reader.now:
            continue
        yield Need(
            level=Level.ATTENTION,
            subject=f"hold:{hold.seq}",
            name=seen.name_of(hold.campaign, reader),
            what=reader.text("hold_asked"),
            why=reader.text("hold_pending", moment=reader.short(hold.ends_at), who=hold.author),
            rule="",
            page=page_of(seen, hold.campaign),
        )
