"""The first page: will the dates be met, what needs a person now, and how everything stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pendulum
from fastapi import APIRouter, Request, Response

from sendepause import countdown, planning, states, words
from sendepause.alerts import digest, outbox
from sendepause.board import charts, needs, notices, rendering
from sendepause.board.charts import BurnDown
from sendepause.board.needs import Need
from sendepause.board.notices import Notice, Switch
from sendepause.board.outlook import Level, Loop, Standing, outlook
from sendepause.board.rendering import language_of
from sendepause.board.seen import Reader, Seen
from sendepause.board.source import Desk, Source
from sendepause.model import AccountState, Enforcement, Kind, Phase, Silence
from sendepause.store import digests, queries

FIRST = 8  # so many of what needs a person
HISTORY_DAYS = 60  # of a burn-down


@dataclass(frozen=True, slots=True)
class Number:
    """A counted thing. ``start`` and ``share`` place it on a bar of 100."""

    name: str
    label: str
    value: str
    start: float
    share: float


@dataclass(frozen=True, slots=True)
class DateCard:
    """One enforcement: how long until it begins, and whether it will be met."""

    id: str
    title: str
    phase: str  # model.Phase
    phase_label: str
    left: str
    begins: str
    level: Level
    outlook: str
    numbers: tuple[Number, ...]
    besides: str
    silences: str  # how far the second proof of the pauses is
    source: str
    burn_down: BurnDown | None
    promise: str  # what the next pausing will do, in a sentence


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
    waiting = needs.needs(desk)
    today = pendulum.instance(reader.now).in_timezone(reader.zone).date()
    history = digests.history(session, today, HISTORY_DAYS)
    return Overview(
        as_of=reader.text("as_of", moment=reader.long(reader.now), zone=reader.zone),
        notices=tuple(notices.notices(seen, health, loop, owed, reader, desk.trouble)),
        dates=tuple(_date_card(rule, seen, loop, reader, history) for rule in _by_nearness(seen, reader.now)),
        needs=tuple(waiting[:FIRST]),
        more_needs=max(len(waiting) - FIRST, 0),
        switches=tuple(notices.switches(seen, health, loop, reader, desk.trouble)),
        counts=tuple(_counts(seen, reader)),
        links=tuple(_links(seen, health, reader)),
    )


def _by_nearness(seen: Seen, now: datetime) -> list[Enforcement]:
    """The next date first; behind what is to come, what is in force, the newest first."""
    past = [rule for rule in seen.rules.values() if countdown.phase_at(rule, now) is Phase.IN_FORCE]
    coming = [rule for rule in seen.rules.values() if rule not in past]
    return [*coming, *reversed(past)]


def _date_card(
    rule: Enforcement, seen: Seen, loop: Loop, reader: Reader, history: Sequence[digests.Digest]
) -> DateCard:
    language = reader.language
    counts = seen.standings[rule.id]
    heard = seen.heard[rule.id]
    level, sentence = outlook(rule, counts, heard, loop, reader.now, language)
    phase = countdown.phase_at(rule, reader.now)
    moment = words.moment(countdown.begins_at(rule), rule.time_zone, language)
    begins = reader.text("since" if phase is Phase.IN_FORCE else "until", moment=moment)
    return DateCard(
        id=rule.id,
        title=rule.title.get(str(language), rule.id),
        phase=phase,
        phase_label=words.label(phase, language),
        left=words.time_left(countdown.hours_left(rule, reader.now), language),
        begins=f"{begins} ({rule.time_zone})",
        level=level,
        outlook=sentence,
        numbers=tuple(_numbers(counts, reader)),
        besides=reader.text("besides", held=counts[Standing.HELD], stopped=counts[Standing.STOPPED]),
        silences=reader.text("silences", **{str(one): heard[one] for one in Silence}) if heard else "",
        source=reader.text("source", source=rule.source),
        burn_down=_burn_down(rule, seen, reader, history),
        promise=_promise(rule, counts, reader),
    )


def _numbers(counts: Mapping[Standing, int], reader: Reader) -> Iterator[Number]:
    """The four numbers of a card; the parts of the bar add up to all counted campaigns."""
    running = sum(count for member, count in counts.items() if member.runs)
    owed, waiting = counts[Standing.OWED], counts[Standing.WAITING]
    parts = {
        "verified": (counts[Standing.VERIFIED], counts[Standing.VERIFIED] + counts[Standing.STOPPED]),
        "owed": (owed, owed),
        "waiting": (waiting, waiting),
        "running": (running, running - owed - waiting),
    }
    whole = sum(counts.values()) or 1
    start = 0.0
    found = {}
    for name, (value, part) in parts.items():
        share = 100 * part / whole
        found[name] = Number(name, reader.text(name), reader.number(value), round(start, 2), round(share, 2))
        start += share
    return (found[name] for name in ("running", "verified", "owed", "waiting"))


def _burn_down(
    rule: Enforcement, seen: Seen, reader: Reader, history: Sequence[digests.Digest]
) -> BurnDown | None:
    """Campaigns still running, as each day's summary counted them; None once the date has passed."""
    begins, pausing = countdown.begins_at(rule), countdown.pausing_from(rule)
    if begins <= reader.now:
        return None
    zone = reader.zone
    kept = [(one.day, one.numbers.rules[rule.id].running) for one in history if rule.id in one.numbers.rules]
    running = digest.count(seen.items, rule.id).running
    today, last, step = (_day(moment, zone) for moment in (reader.now, begins, pausing))
    stays = _stays(seen.standings[rule.id])
    first = min(kept[0][0] if kept else today, today)
    shown = {day: _short(day, reader) for day in (first, today, step, last)}
    alt = reader.text("burn_down_alt", now=running, then=stays, day=_short(step, reader))
    return charts.burn_down(kept, (today, running), min(stays, running), step, last, alt, shown)


def _stays(counts: Mapping[Standing, int]) -> int:
    """How many the next pausing leaves running: what waits for a person, and what has a hold."""
    return counts[Standing.WAITING] + counts[Standing.HELD]


def _promise(rule: Enforcement, counts: Mapping[Standing, int], reader: Reader) -> str:
    if countdown.begins_at(rule) <= reader.now:
        return ""
    running = sum(count for member, count in counts.items() if member.runs)
    stays = _stays(counts)
    moment = words.moment(countdown.pausing_from(rule), rule.time_zone, reader.language)
    if not running:
        return ""
    told = reader.text("promise", n=running - stays, moment=moment)
    return told if not stays else f"{told} {reader.text('promise_not', n=stays)}"


def _day(moment: datetime, zone: str) -> date:
    return pendulum.instance(moment).in_timezone(zone).date()


def _short(day: date, reader: Reader) -> str:
    shown = pendulum.date(day.year, day.month, day.day)
    language = str(reader.language)
    return shown.format("D. MMM" if language == "de" else "D MMM", locale=language)


def _counts(seen: Seen, reader: Reader) -> Iterator[Counts]:
    """Accounts by verdict, by kind, and by how they stand; what is nought is left out."""
    language, accounts = reader.language, seen.accounts
    judged = Counter(str(seen.verdicts.get(number, "none")) for number in accounts)
    kinds = Counter(
        planning.true_kind(one, seen.evidence.get(one.number, frozenset())) for one in accounts.values()
    )
    stand = Counter(seen.states[number] for number in accounts if number in seen.states)
    verdicts = {str(one): words.label(one, language) for one in needs.GRAVEST}
    verdicts["none"] = reader.text("not_audited")
    whole = len(accounts) or 1

    def counted(key: str, name: str, labels: Mapping[str, str], found: Mapping[str, int]) -> Counts:
        return Counts(
            key,
            tuple(
                Count(label, reader.number(found[one]), f"{name}={one}", f"{name}-{one}", 100 * found[one] / whole)
                for one, label in labels.items()
                if found.get(one)
            ),
        )

    yield counted("by_state", "state", {str(s): states.label(s, language) for s in AccountState}, stand)
    yield counted("by_verdict", "verdict", verdicts, judged)
    yield counted("by_kind", "kind", {str(kind): words.label(kind, language) for kind in Kind}, kinds)


def _links(seen: Seen, health: Mapping[str, queries.Health], reader: Reader) -> Iterator[Link]:
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
