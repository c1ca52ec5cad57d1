"""A store, a Slack-shaped server, and a clock that only moves when it is told to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk import WebClient
from sqlalchemy import Engine
from tests import stores
from tests.postgres import postgres_server, postgres_url
from tests.slack_server import TOKEN, SlackServer

from sendepause.alerts import gathering
from sendepause.alerts.gathering import Desk
from sendepause.alerts.outbox import Fact, Recipient
from sendepause.model import Audience, EntryKind, Language, Stage
from sendepause.store import ledger
from sendepause.store.database import connect

__all__ = ["postgres_server", "postgres_url"]

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
START = datetime(2019, 12, 2, 9, tzinfo=UTC)


class Clock:
    """Real time as the sender sees it; ``sleep`` moves it on at once and is remembered."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


def owner(channel="C0OWNER", owner_id="nord", language=Language.DE, zone="Europe/Berlin", backup=None):
    return Recipient(channel, Audience.OWNER, language, zone, owner_id, backup)


def gather(opened, at=START, desk=None):
    """Queue what is due; without a desk there are no quiet times, no answers, no dates."""
    return gathering.gather(opened, desk or Desk(), at)


def operators(channel="C0OPERATORS"):
    return Recipient(channel, Audience.OPERATORS, Language.EN, "Europe/Berlin")


def fact(subject="campaign:n8n/1", stage=Stage.PAUSED, audience=Audience.OWNER, rule="whatsapp", **facts):
    return Fact(rule, subject, stage, audience, facts)


def answer(opened, delivery, what="read", at=START):
    """An owner answers a message."""
    ledger.append(
        opened,
        at=at,
        as_of=at,
        author="slack:U0NORD",
        kind=EntryKind.ANSWERED,
        subject=f"delivery:{delivery}",
        enforcement="whatsapp",
        facts={"answer": what},
    )


@pytest.fixture
def engine(tmp_path) -> Iterator[Engine]:
    found = connect(f"sqlite:///{tmp_path}/store.db")
    stores.migrate(found)
    yield found
    found.dispose()


@pytest.fixture(params=BOTH)
def either(request, tmp_path) -> Iterator[Engine]:
    """A test that asks for it runs on both databases."""
    postgresql = request.param == "postgresql"
    found = connect(
        request.getfixturevalue("postgres_url") if postgresql else f"sqlite:///{tmp_path}/either.db"
    )
    stores.migrate(found)
    yield found
    found.dispose()


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def client(slack) -> WebClient:
    return WebClient(TOKEN, base_url=slack.base_url, timeout=5)


@pytest.fixture
def clock() -> Clock:
    return Clock(START)
