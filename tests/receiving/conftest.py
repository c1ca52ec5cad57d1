"""The stages' company, to whose Airflow Meta sends its webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from httpx import Response
from starlette.testclient import TestClient
from tests.postgres import postgres_server, postgres_url
from tests.stages.company import BOOKINGS, Company
from tests.stages.conftest import clock, company, either, quick

from sendepause import events, stages
from sendepause.receiving.app import PATH, create_app
from sendepause.sources.ingest import Ingested, ingest
from sendepause.store import database, queries, received
from sendepause.store.queries import FileState, Reach

__all__ = ["clock", "company", "either", "postgres_server", "postgres_url", "quick"]

SECRET, FORMER, TOKEN = "an invented app secret", "the secret before it", "a word of ours"
ANNA = "+491713920050"  # numbers of this block belong to nobody
STRANGER = "+4930231251999"
TEXT = "Ist mein blaues Rad fertig?"


@pytest.fixture
def caplog(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """As pytest's own, also where Airflow, imported by another test, has taken the root's handlers away."""
    lost = caplog.handler not in logging.getLogger().handlers
    ours = logging.getLogger("sendepause")
    if lost:
        ours.addHandler(caplog.handler)
    yield caplog
    ours.removeHandler(caplog.handler)


def webhook(number: str = BOOKINGS, field: str = "messages", **value: Any) -> dict[str, Any]:
    """One call that tells of one number."""
    metadata = {"display_phone_number": number.lstrip("+"), "phone_number_id": "1000"}
    change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return {"object": "whatsapp_business_account", "entry": [{"id": "2000", "changes": [change]}]}


def incoming(id: str, at: datetime, text: str = TEXT, number: str = BOOKINGS) -> dict[str, Any]:
    """A customer writes."""
    moment = str(int(at.timestamp()))
    message = {"from": ANNA[1:], "id": id, "timestamp": moment, "type": "text", "text": {"body": text}}
    return webhook(number, contacts=[{"profile": {"name": "Anna Beispiel"}}], messages=[message])


def status(id: str, state: str, at: datetime, number: str = BOOKINGS) -> dict[str, Any]:
    """What became of a message that the account sent."""
    moment = str(int(at.timestamp()))
    return webhook(
        number, statuses=[{"id": id, "status": state, "timestamp": moment, "recipient_id": ANNA[1:]}]
    )


def raw(call: dict[str, Any] | bytes) -> bytes:
    return call if isinstance(call, bytes) else json.dumps(call).encode()


def sign(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass
class Branch:
    """The company with its receiver, and hands for what Meta does."""

    company: Company
    client: TestClient
    opened: list[int] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.company.clock()

    def post(self, call: dict[str, Any] | bytes, secret: str = SECRET, **headers: str) -> Response:
        """Meta calls, with the signature that belongs to the body."""
        body = raw(call)
        signed = {"X-Hub-Signature-256": sign(body, secret), "Content-Type": "application/json"}
        return self.client.post(PATH, content=body, headers=signed | headers)

    def waiting(self) -> list[tuple[Any, ...]]:
        """What is committed and not read yet: columns of events, by id."""
        with database.session(self.company.installation.engine, write=False) as session:
            return [tuple(row)[1:] for row in received.portion(session, 0, 1 << 60, 100_000)]

    def read(self, hours: float = 0) -> Ingested:
        """The reading stage, so many hours later."""
        self.company.clock.at += timedelta(hours=hours)
        installation = self.company.installation
        settings, _ = installation.read_settings()
        return ingest(
            installation.engine,
            installation.events,
            settings,
            stages.pseudonymiser(),
            data=installation.data,
            as_of=self.now,
            now=installation.now,
        )

    def events(self) -> pl.DataFrame:
        return events.scan(self.company.installation.events).collect().sort(events.ORDER)

    def days(self) -> dict[str, FileState]:
        with database.session(self.company.installation.engine, write=False) as session:
            return queries.file_state(session, "meta")

    def reaches(self) -> dict[str, Reach]:
        with database.session(self.company.installation.engine, write=False) as session:
            return {reach.account: reach for reach in queries.reaches(session) if reach.source == "meta"}

    def notes(self) -> tuple[str, ...]:
        """What the only day that was received on says."""
        self.read()
        (day,) = (state for path, state in self.days().items() if not path.endswith("/lost"))
        return day.notes

    def connect(self, password: str = SECRET, **extra: str) -> None:
        """Somebody makes the connection with the secrets."""
        self.company.connect(
            "sendepause_meta", conn_type="generic", password=password, extra={"verify_token": TOKEN, **extra}
        )


def open_branch(company: Company) -> Iterator[Branch]:
    company.files["sources.yaml"] = {"sources": [{"id": "meta", "kind": "cloud_api_receiver"}]}
    company.configure()
    opened: list[int] = []

    def installation() -> Any:
        opened.append(1)
        return company.installation

    with TestClient(create_app(installation)) as client:
        branch = Branch(company, client, opened)
        branch.connect()
        yield branch


@pytest.fixture
def branch(company: Company) -> Iterator[Branch]:
    yield from open_branch(company)


@pytest.fixture
def on_both(either: Company) -> Iterator[Branch]:
    """The same on SQLite and on PostgreSQL."""
    yield from open_branch(either)


@pytest.fixture
def another() -> Callable[[Company], TestClient]:
    """One more server process of the same company, as far as it can tell."""
    return lambda company: TestClient(create_app(lambda: company.installation))


def ago(branch: Branch, minutes: float) -> datetime:
    return (branch.now - timedelta(minutes=minutes)).astimezone(UTC)
