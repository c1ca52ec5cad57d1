"""The first page: will the dates be met, what needs a person now, and how everything stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response

from sendepause import states, words
from sendepause.alerts import outbox
from sendepause.board import needs, notices, rendering
from sendepause.board.date_cards import DateCard, date_cards
from sendepause.board.needs import Need
from sendepause.board.notices import Notice, Switch
from sendepause.board.outlook import Level
from sendepause.board.rendering import language_of
from sendepause.board.seen import Reader, Seen
from sendepause.board.source import Desk, Source
from sendepause.model import AccountState, Kind
from sendepause.store import queries

FIRST = 8  # so many of what needs a person


@dataclass(frozen=True, slots=True)
class Count:
    """How many accounts have something in common, and where they are listed."""

    label: str
    value: str
    query: str
    name: str  # of the badge
    share: float  # of all, in percent


@dataclass(frozen=True, slots=True)
class Counts:
    """Accounts counted one way."""

    key: str
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """One connection to the outside: a source, a campaign system, Slack."""

    name: str
    level: Level
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page, in words."""

    as_of: str
    notices: tuple[Notice, ...]
    dates: tuple[DateCard, ...]
    needs: tuple[Need, ...]
    more_needs: int
    halted: bool
    switches: tuple[Switch, ...]
    counts: tuple[Counts, ...]
    links: tuple[Link, ...]


def router(source: Source) -> APIRouter:
    """The board's own address."""
    routes = APIRouter()

    @routes.get("/")
    def page(request: Request) -> Response:
        language = language_of(request)
        with source.desk(language) as desk:
            shown = overview(desk)
        return rendering.page(request, "overview.html", language, board=shown, here="./")

    return routes


def overview(desk: Desk) -> Overview:
    """The board at this moment, with times in the operators' zone."""
    session, seen, reader = desk.session, desk.seen, desk.reader
    health, loop = queries.health(session), notices.loop_of(session, seen)
    owed = outbox.overview(session, limit=1).owed
    waiting, more = needs.needs(desk, FIRST)
    return Overview(
        as_of=reader.text("as_of", moment=reader.long(reader.now), zone=reader.zone),
        notices=tuple(notices.notices(seen, health, loop, owed, reader, desk.trouble)),
        dates=tuple(date_cards(desk)),
        needs=tuple(waiting),
        more_needs=more,
        halted=seen.halt.halted,
        switches=tuple(notices.switches(seen, health, loop, reader, desk.trouble)),
        counts=tuple(counts(seen, reader)),
        links=tuple(links(seen, health, reader)),
    )


def counts(seen: Seen, reader: Reader) -> Iterator[Counts]:
    """Accounts by verdict, by kind, and by how they stand; what is nought is left out."""
    language, accounts = reader.language, seen.accounts
    judged = Counter(
        str(seen.judged[number].verdict) if number in seen.judged else "none" for number in accounts
    )
    kinds = Counter(map(str, seen.kinds.values()))
    stand = Counter[str](seen.states[number] for number in accounts if number in seen.states)
    verdicts = {str(one): words.label(one, language) for one in needs.GRAVEST}
    verdicts["none"] = reader.text("not_audited")
    whole = len(accounts) or 1

    def counted(key: str, name: str, labels: Mapping[str, str], found: Mapping[str, int]) -> Counts:
        return Counts(
            key,
            tuple(
                Count(
                    label,
                    reader.number(found[one]),
                    f"{name}={one}",
                    f"{name}-{one}",
                    100 * found[one] / whole,
                )
                for one, label in labels.items()
                if found.get(one)
            ),
        )

    yield counted("by_state", "state", {str(s): states.label(s, language) for s in AccountState}, stand)
    yield counted("by_verdict", "verdict", verdicts, judged)
    yield counted("by_kind", "kind", {str(kind): words.label(kind, language) for kind in Kind}, kinds)


def links(seen: Seen, health: Mapping[str, queries.Health], reader: Reader) -> Iterator[Link]:
    """Sources with their newest data, campaign systems, and Slack."""
    newest: dict[str, datetime] = {}
    for reach in seen.reaches:
        newest[reach.source] = max(newest.get(reach.source, reach.read_until), reach.read_until)
    subjects = [f"source:{one.id}" for one in seen.settings.sources]
    subjects += [f"system:{one.id}" for one in seen.settings.campaign_systems]
    for subject in [*subjects, "slack"]:
        state = health.get(subject)
        name = reader.text("slack") if subject == "slack" else seen.name_of(subject, reader)
        until = newest.get(subject.removeprefix("source:")) if subject.startswith("source:") else None
        if state is None:
            yield Link(name, Level.ATTENTION, reader.text("untried"), "")
            continue
        said = reader.text("link_ok" if state.ok else "link_ill")
        detail = reader.text("since", moment=reader.short(state.since)) if not state.ok else ""
        if until:
            detail = " · ".join(filter(None, [detail, f"{reader.text('data_until')} {reader.short(until)}"]))
        yield Link(name, Level.OK if state.ok else Level.RISK, said, detail)
