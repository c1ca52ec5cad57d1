"""What the next run will do and why, what it would do on another date, and what has changed since before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from sendepause import deciding, words
from sendepause.board import lines, needs, rendering
from sendepause.board.lines import DecisionLine, Option, Page
from sendepause.board.outlook import Changed, changed, waits
from sendepause.board.rendering import language_of
from sendepause.board.seen import Reader, Seen
from sendepause.board.source import Desk, Source
from sendepause.model import Account, Act

_PLACES = {
    act: place for place, act in enumerate((Act.PAUSE, Act.ASK, Act.RESUME, Act.WARN, Act.HOLD, Act.NONE))
}
DIFFERENCES = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """``at``: a moment in the operators' zone, as a form gives it (2026-12-07T00:00); "" for the next run.
    ``account``: a number, for a dry run on this account alone."""

    at: str = ""
    account: str = ""
    act: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One decision about one subject."""

    subject: str
    name: str
    account: str
    page: str  # where its account is looked at
    decision: DecisionLine
    item: str  # what an approval freezes; "" where none is asked for


@dataclass(frozen=True, slots=True)
class Difference:
    """A subject about which something else was decided before."""

    name: str
    page: str
    rule: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything on the page, in words."""

    as_of: str
    title: str
    hypothetical: bool
    hash: str
    at: str
    acts: tuple[Option, ...]
    counts: tuple[tuple[str, str, str], ...]  # act, its word, how many
    page: Page[PlanLine]
    since: str
    differences: tuple[Difference, ...]
    more_differences: int
    waiting: int


def router(source: Source) -> APIRouter:
    """The page."""
    routes = APIRouter()

    @routes.get("/plan")
    def page(request: Request, at: str = "", account: str = "", act: str = "", page: int = 1) -> Response:
        language = language_of(request)
        with source.desk(language) as desk:
            shown = of_choice(desk, Choice(at, account, act, page))
        return rendering.page(request, "plan.html", language, shown=shown, here="plan")

    return routes


def of_choice(desk: Desk, choice: Choice) -> Plan:
    """The plan that was shown last, or what one would say at another moment; nothing is written."""
    reader, seen = desk.reader, desk.seen
    moment = _moment(choice.at, reader.zone)
    kept, before = seen.plan, seen.before
    alone = seen.accounts.get(choice.account)
    hypothetical = moment is not None or alone is not None
    if hypothetical:
        of = [alone.number] if alone else []
        shown = deciding.show(desk.installation, desk.settings, moment or reader.now, of)
        items: Sequence[Mapping[str, Any]] = shown.items
        before, title = (None if alone else kept), _title(moment, alone, reader)
    else:
        items = kept.items if kept else ()
        title = reader.text("plan_next") if kept else reader.text("plan_none")
    counted = Counter(item["act"] for item in items) if hypothetical else seen.acts
    wanted = {choice.act} if choice.act else {*map(str, _PLACES)} - {Act.NONE}
    chosen = [item for item in items if item["act"] in wanted]
    chosen.sort(key=lambda item: (_PLACES[item["act"]], item["subject"]))
    moved = changed(before.items if before else items, items) if hypothetical else seen.changed
    return Plan(
        as_of=reader.text("as_of", moment=reader.long(reader.now), zone=reader.zone),
        title=title,
        hypothetical=hypothetical,
        hash=kept.hash if kept and not hypothetical else "",
        at=choice.at if moment is not None else "",
        acts=(
            Option("", reader.text("acts_all"), choice.act not in set(Act)),
            *(Option(str(act), words.label(act, reader.language), choice.act == act) for act in _PLACES),
        ),
        counts=tuple(
            (str(act), words.label(act, reader.language), reader.number(counted[act]))
            for act in _PLACES
            if counted[act]
        ),
        page=lines.mapped(lines.paged(chosen, choice.page), lambda item: _line(seen, item, reader)),
        since=reader.text("differences_since", moment=reader.short(before.shown_at)) if before else "",
        differences=tuple(_difference(seen, one, reader) for one in moved[:DIFFERENCES]),
        more_differences=max(len(moved) - DIFFERENCES, 0),
        waiting=len(seen.waiting) if not hypothetical else 0,
    )


def _title(moment: datetime | None, alone: Account | None, reader: Reader) -> str:
    if alone is None:
        return reader.text("plan_at", moment=reader.long(moment or reader.now))
    return reader.text("plan_of", name=alone.name, moment=reader.long(moment or reader.now))


def _moment(text: str, zone: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))


def _line(seen: Seen, item: Mapping[str, Any], reader: Reader) -> PlanLine:
    subject = str(item["subject"])
    account = seen.accounts.get(item["account"] or "")
    return PlanLine(
        subject=subject,
        name=seen.name_of(subject, reader),
        account=account.name if account and not subject.startswith("account:") else "",
        page=needs.page_of(seen, subject),
        decision=lines.decision_line(seen, item, reader),
        item=str(item["item"] or "") if waits(item) else "",
    )


def _difference(seen: Seen, one: Changed, reader: Reader) -> Difference:
    def word(act: str | None) -> str:
        return words.label(Act(act), reader.language) if act else reader.text("none")

    return Difference(
        name=seen.name_of(one.subject, reader),
        page=needs.page_of(seen, one.subject),
        rule=seen.title_of(one.rule, reader.language) if one.rule else "",
        before=word(one.before),
        now=word(one.now),
    )
