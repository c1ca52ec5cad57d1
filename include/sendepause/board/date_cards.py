"""The cards of the dates: how long until each begins, whether it will be met, and how that went so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pendulum

from sendepause import countdown, words
from sendepause.board import charts, notices
from sendepause.board.charts import BurnDown
from sendepause.board.outlook import Level, Loop, Standing, outlook
from sendepause.board.seen import Reader, Seen
from sendepause.board.source import Desk
from sendepause.model import Enforcement, Phase, Silence
from sendepause.store import digests

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


def date_cards(desk: Desk) -> list[DateCard]:
    """One card an enforcement: the next date first; behind what is to come, what is in force."""
    seen, reader = desk.seen, desk.reader
    loop = notices.loop_of(desk.session, seen)
    history = digests.history(desk.session, _day(reader.now, reader.zone), HISTORY_DAYS)
    return [_date_card(rule, seen, loop, reader, history) for rule in _by_nearness(seen, reader.now)]


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
    running = seen.running[rule.id]
    today, last, step = (_day(moment, zone) for moment in (reader.now, begins, pausing))
    stays = _stays(seen.standings[rule.id])
    first = min(kept[0][0] if kept else today, today)
    shown = {day: reader.day(day) for day in (first, today, step, last)}
    alt = reader.text("burn_down_alt", n=running, then=stays, day=reader.day(step))
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
    begun = countdown.pausing_from(rule) <= reader.now
    told = reader.text("promise_now" if begun else "promise", n=running - stays, moment=moment)
    return told if not stays else f"{told} {reader.text('promise_not', n=stays)}"


def _day(moment: datetime, zone: str) -> date:
    return pendulum.instance(moment).in_timezone(zone).date()
