"""Four weeks of messages for each part of the example, drawn from a seed. Pure: ``now`` is handed in.

People write in bouts, with log-normal gaps, when customers ask, in opening hours; machines start by the
clock and pace uniformly (7 to 12 seconds, as bulk tools do by default) with one text for many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

from sendepause.example import words
from sendepause.example.campaigns import JOBS, Job
from sendepause.example.company import Part, Traffic
from sendepause.example.words import Customer, Topic
from sendepause.model import Account, Direction, Language
from sendepause.settings import e164

DAYS = 28
STALE_DAYS = 16  # the age of the last export of an account whose data are too old
OPENS, CLOSES = 7.75, 18.25  # local hours
CANNED_SHARE = 0.62


class Way(StrEnum):
    """How messages become known."""

    PHONE = "phone"  # chat exports
    TOOL = "tool"  # the campaign tool's list
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Message:
    """One message in clear; these people and numbers do not exist."""

    at: datetime  # UTC
    customer: Customer
    direction: Direction
    text: str | None  # None: a picture
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """What a generator is given: whose traffic, until when, and its own stream of chance."""

    account: Account
    part: Part
    now: datetime
    language: Language
    random: Random
    customers: Sequence[Customer]

    @property
    def zone(self) -> ZoneInfo:
        """The account's zone."""
        return ZoneInfo(self.account.time_zone)

    def days(self) -> list[date]:
        """The local days of the four weeks up to ``now``, oldest first."""
        today = self.now.astimezone(self.zone).date()
        return [today - timedelta(days=ago) for ago in range(DAYS, -1, -1)]

    def at(self, day: date, hour: float) -> datetime:
        """A moment by the local clock, in UTC; ``hour`` is a decimal."""
        return (datetime.combine(day, time(), self.zone) + timedelta(hours=hour)).astimezone(UTC)

    def gap(self, median: float, sigma: float, least: float = 3, most: float = 900) -> timedelta:
        """A log-normal gap in seconds."""
        return timedelta(seconds=min(max(self.random.lognormvariate(math.log(median), sigma), least), most))


def perform(account: Account, part: Part, now: datetime, seed: int) -> dict[Way, list[Message]]:
    """The account's messages before ``now`` (aware), by the way that they become known, ordered by time.

    The same for the same seed; every account has its own stream of chance.
    """
    random = Random(f"{seed} {account.number}")  # noqa: S311 invented traffic, nothing secret
    language = spoken(account)
    stage = Stage(account, part, now, language, random, words.customers(random, language, part.chats))
    return {
        way: sorted((message for message in act(stage) if message.at < now), key=lambda message: message.at)
        for way, act in _ways(part)
    }


def _ways(part: Part) -> Iterator[tuple[Way, Callable[[Stage], Iterator[Message]]]]:
    if part.traffic is Traffic.CAMPAIGN_TOOL:
        yield Way.TOOL, _campaign_tool
        if part.phone:
            yield Way.PHONE, _beside_campaigns
    elif part.traffic in (Traffic.BOT, Traffic.NOTIFIER):
        yield Way.WEBHOOK, _ACTS[part.traffic]
    else:
        yield Way.PHONE, _ACTS[part.traffic]


def _person(stage: Stage) -> Iterator[Message]:
    """Conversations on working days, on Saturdays fewer, on Sundays none."""
    for day in stage.days():
        share = {5: 0.4, 6: 0.0}.get(day.weekday(), 1.0)
        for _ in range(round(stage.random.gauss(stage.part.daily, stage.part.daily / 4) * share)):
            hour = stage.random.uniform(OPENS, CLOSES)
            weights = [1 / (rank + 2) for rank in range(len(stage.customers))]
            customer = stage.random.choices(stage.customers, weights)[0]
            yield from _conversation(stage, customer, stage.at(day, hour))


def _conversation(stage: Stage, customer: Customer, at: datetime) -> Iterator[Message]:
    about = words.topic(stage.random, stage.language)
    for _ in range(stage.random.randint(1, 3)):
        yield Message(at, customer, Direction.IN, words.ask(stage.random, stage.language, about))
        at += stage.gap(75, 1.0, least=8)
        for _ in range(stage.random.choice((1, 1, 2, 2, 3))):
            yield Message(at, customer, Direction.OUT, _said(stage, about))
            at += stage.gap(16, 0.9)
        at += stage.gap(60, 1.0)


def _said(stage: Stage, about: Topic) -> str | None:
    if stage.random.random() < 0.04:
        return None
    if stage.part.traffic is Traffic.CANNED and stage.random.random() < CANNED_SHARE:
        return stage.random.choice(words.CANNED[stage.language])
    return words.answer(stage.random, stage.language, about)


def _pastes(stage: Stage) -> Iterator[Message]:
    """A person who, on two afternoons, pastes an offer into chat after chat, with people's gaps."""
    yield from _person(stage)
    offers = (
        "Diese Woche Kupplungen und Anlasser im Angebot, sprechen Sie mich an!",
        "Restposten Auspuff: alles muss raus, Preise auf Anfrage",
    )
    for offer, day in zip(offers, _working_days(stage)[-8:-1:5], strict=True):
        at = stage.at(day, 14 + stage.random.random())
        for customer in stage.random.sample(stage.customers, 32):
            yield Message(at, customer, Direction.OUT, offer)
            at += stage.gap(45, 1.1, least=6, most=500)


def _broadcasts(stage: Stage) -> Iterator[Message]:
    """A person with a broadcast list: everybody on it gets one text at one instant."""
    yield from _person(stage)
    for number, day in enumerate(_working_days(stage)[-16:-1:4]):
        at = stage.at(day, 11 + stage.random.random())
        car = ("Focus", "Transit", "Corsa", "Golf")[number]
        text = f"Trade list: {car} parts are in, reply with what you need"
        yield from (Message(at, customer, Direction.OUT, text) for customer in stage.customers)


def _reminders(stage: Stage) -> Iterator[Message]:
    """A script on somebody's computer: every Wednesday each customer by name, besides a person's chats."""
    yield from _person(replace(stage, part=replace(stage.part, daily=2)))
    for day in (day for day in stage.days() if day.weekday() == 2):
        at = stage.at(day, 16)
        for customer in stage.customers:
            at += timedelta(seconds=stage.random.uniform(7, 12))
            text = f"Guten Tag {customer.name}, Ihr Fahrzeug ist bald zur Hauptuntersuchung fällig."
            yield Message(at, customer, Direction.OUT, text)


def _campaign_tool(stage: Stage) -> Iterator[Message]:
    """The runs of the account's campaigns, each at its hour, to its own list of customers."""
    for job in jobs_of(stage.account):
        audience = words.customers(stage.random, stage.language, job.recipients)
        for day in (day for day in stage.days() if day.weekday() in job.weekdays):
            yield from _run(stage, job, audience, stage.at(day, job.hour))


def _beside_campaigns(stage: Stage) -> Iterator[Message]:
    """What a person writes from the same phone, on days without a campaign."""
    runs = {weekday for job in jobs_of(stage.account) for weekday in job.weekdays}
    for message in _person(stage):
        if message.at.astimezone(stage.zone).weekday() not in runs:
            yield message


def _run(stage: Stage, job: Job, audience: Sequence[Customer], at: datetime) -> Iterator[Message]:
    for count, customer in enumerate(audience, 1):
        at += timedelta(seconds=stage.random.uniform(7, 12) + (180 if count % 50 == 0 else 0))
        yield Message(at, customer, Direction.OUT, job.text, job.id)
        if stage.random.random() < 0.05:
            reply = words.short(stage.random, stage.language)
            yield Message(at + stage.gap(1500, 1.2, most=20000), customer, Direction.IN, reply)


def _bot(stage: Stage) -> Iterator[Message]:
    """Customers write at any hour, the bot answers within a second."""
    for day in stage.days():
        for _ in range(stage.random.randint(7, 12)):
            at = stage.at(day, stage.random.triangular(0, 24, 15))
            customer = stage.random.choice(stage.customers)
            for _ in range(stage.random.randint(1, 2)):
                yield Message(at, customer, Direction.IN, words.ask(stage.random, stage.language))
                yield Message(
                    at + timedelta(seconds=stage.random.uniform(0.2, 0.9)), customer, Direction.OUT, ""
                )
                at += stage.gap(50, 0.8, least=10)


def _notifier(stage: Stage) -> Iterator[Message]:
    """Twice a week a notice to every fleet customer, one after the other."""
    for day in (day for day in stage.days() if day.weekday() in (1, 4)):
        at = stage.at(day, 8)
        for customer in stage.customers:
            at += timedelta(seconds=stage.random.uniform(4, 6))
            yield Message(at, customer, Direction.OUT, "")


def _few(stage: Stage) -> Iterator[Message]:
    today = stage.days()[-1]
    for ago in (25, 21, 16, 13, 9, 6, 3, 1):
        at = stage.at(today - timedelta(days=ago), stage.random.uniform(9, 17))
        customer = stage.random.choice(stage.customers)
        yield Message(at, customer, Direction.IN, words.ask(stage.random, stage.language))
        yield Message(
            at + stage.gap(200, 1.0), customer, Direction.OUT, words.answer(stage.random, stage.language)
        )


def _stale(stage: Stage) -> Iterator[Message]:
    end = stage.now - timedelta(days=STALE_DAYS)
    yield from (message for message in _person(stage) if message.at < end)


def _silent(stage: Stage) -> Iterator[Message]:
    today = stage.days()[-1]
    for index, customer in enumerate(stage.customers):
        old = stage.at(today - timedelta(days=45 + index), 10 + stage.random.random())
        yield Message(old, customer, Direction.OUT, words.answer(stage.random, stage.language))
        new = stage.at(today - timedelta(days=2 + 3 * index), 12 + stage.random.random())
        yield Message(new, customer, Direction.IN, words.ask(stage.random, stage.language))


def _nothing(stage: Stage) -> Iterator[Message]:
    yield from ()


_ACTS: Mapping[Traffic, Callable[[Stage], Iterator[Message]]] = {
    Traffic.PERSON: _person,
    Traffic.CANNED: _person,
    Traffic.PASTES: _pastes,
    Traffic.BROADCASTS: _broadcasts,
    Traffic.REMINDERS: _reminders,
    Traffic.CAMPAIGN_TOOL: _campaign_tool,
    Traffic.BOT: _bot,
    Traffic.NOTIFIER: _notifier,
    Traffic.FEW: _few,
    Traffic.STALE: _stale,
    Traffic.SILENT: _silent,
    Traffic.BROKEN: _nothing,
    Traffic.NOTHING: _nothing,
}


def spoken(account: Account) -> Language:
    """What the account's customers and its phone speak; its owner may speak another language."""
    return Language.EN if account.number.startswith("+44") else Language.DE


def jobs_of(account: Account) -> list[Job]:
    """The campaigns whose runs show in the account's traffic."""
    return [job for job in JOBS if job.weekdays and e164(job.sender) == account.number]


def _working_days(stage: Stage) -> list[date]:
    return [day for day in stage.days() if day.weekday() < 5]
