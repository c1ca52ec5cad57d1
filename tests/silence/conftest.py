"""An invented company whose campaigns were paused: a real store, real reading, a real event store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from tests import stores
from tests.ingest.conftest import BERLIN, EXPORTS, KEY, LISBON, TABLES, chat, company
from tests.postgres import postgres_server, postgres_url

from sendepause.keys import Pseudonymiser
from sendepause.model import Campaign, CampaignState, EntryKind, Silence
from sendepause.settings import Settings
from sendepause.silence import listen_all
from sendepause.sources.ingest import ingest
from sendepause.store import database, folds, ledger, queries
from sendepause.store.folds import PauseRecord
from sendepause.store.ledger import Entry
from sendepause.store.silences import Listened, silences, silences_at

__all__ = ["BERLIN", "EXPORTS", "LISBON", "TABLES", "postgres_server", "postgres_url"]

RULE = "whatsapp-2019"
PAUSED = datetime(2019, 12, 2, 10, tzinfo=UTC)
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
OFFER = "Winterreifen zum halben Preis"

Sent = tuple[datetime, str, str, str, str]
"""When, "out" or "in", counterpart, text, campaign."""


def run(
    start: datetime, people: int = 30, *, text: str = OFFER, campaign: str = "", first: int = 0
) -> list[Sent]:
    """A tool that works through a list, ten seconds each."""
    return [
        (start + timedelta(seconds=10 * n), "out", f"+4917139{first + n:06}", text, campaign)
        for n in range(people)
    ]


@dataclass
class House:
    """Its inbox and its stages; ``settings`` has two accounts, a tool's lists and phones' exports."""

    root: Path
    engine: Engine
    settings: Settings = field(default_factory=lambda: company(TABLES, EXPORTS))
    keys: Pseudonymiser = field(default_factory=lambda: Pseudonymiser(KEY))

    # What is there

    def pause(
        self, id: str = "winter", account: str | None = BERLIN, at: datetime = PAUSED, **entry: Any
    ) -> str:
        """A campaign that was paused and read back; its item key."""
        key = f"campaign:crm/{id}"
        with database.session(self.engine) as session:
            for kind in (EntryKind.INTENT, EntryKind.PAUSED):
                told = {"at": at, "as_of": at, "author": "test", **entry}
                ledger.append(session, kind=kind, subject=key, enforcement=RULE, **told)
        self.seen(id, account, CampaignState.PAUSED)
        return key

    def write(self, kind: EntryKind, key: str, at: datetime) -> None:
        with database.session(self.engine) as session:
            ledger.append(session, at=at, as_of=at, author="test", kind=kind, subject=key, enforcement=RULE)

    def seen(self, id: str, account: str | None, state: CampaignState, **more: Any) -> None:
        """The campaign system lists a campaign, besides those that it listed before."""
        with database.session(self.engine) as session:
            listed = {one.id: one for one in queries.campaigns(session)}
            listed[id] = Campaign("crm", id, f"The {id} offer", account, state, **more)
            queries.save_campaigns(session, "crm", listed.values(), PAUSED)

    def lists(self, name: str, account: str, sent: Iterable[Sent]) -> None:
        """A list that the tool writes, by Berlin's clock."""
        lines = ["account,direction,contact,sent_at,text,campaign"]
        lines += [
            f"{account},{way},{who},{at + timedelta(hours=1):%Y-%m-%d %H:%M:%S},{text},{campaign}"
            for at, way, who, text, campaign in sent
        ]
        self._put(f"tables/{name}", "\n".join(lines) + "\n")

    def exports(self, name: str, lines: Iterable[tuple[datetime, str, str]], account: str = BERLIN) -> None:
        """A chat that somebody exported from the phone."""
        local = [(f"{at + timedelta(hours=1):%d.%m.%y, %H:%M}", who, text) for at, who, text in lines]
        self._put(f"exports/{account}/WhatsApp Chat mit {name}.txt", chat(local))

    def _put(self, path: str, content: str) -> None:
        target = self.root / "inbox" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)

    # What is done

    def read(self, now: datetime) -> None:
        ingest(
            self.engine,
            self.root / "data",
            self.settings,
            self.keys,
            data=self.root / "inbox",
            as_of=now,
            now=lambda: now,
        )

    def listen(self, now: datetime) -> dict[str, Listened]:
        """One run of listening, by item key."""
        found = listen_all(
            self.engine,
            self.root / "data",
            self.settings,
            self.keys,
            as_of=now,
            now=lambda: now,
            author="test",
        )
        return {record.campaign: one for record, one in found}

    # What is known then

    def entries(self, *kinds: EntryKind) -> list[Entry]:
        with database.session(self.engine, write=False) as session:
            assert ledger.verify(session) is None
            return ledger.entries(session, kinds=kinds or None)

    def record(self, key: str) -> PauseRecord:
        return folds.pauses(self.entries())[RULE, key]

    def kept(self) -> dict[tuple[str, str], Listened]:
        with database.session(self.engine, write=False) as session:
            return silences(session)

    def silences_at(self, as_of: datetime) -> dict[tuple[str, str], Silence]:
        with database.session(self.engine, write=False) as session:
            return silences_at(session, folds.pauses(ledger.entries(session)), as_of)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    yield from _house(tmp_path, f"sqlite:///{tmp_path}/data/store.db")


@pytest.fixture(params=BOTH)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """The same on both kinds of store."""
    postgresql = request.param == "postgresql"
    url = request.getfixturevalue("postgres_url") if postgresql else f"sqlite:///{tmp_path}/data/store.db"
    yield from _house(tmp_path, url)


def _house(root: Path, url: str) -> Iterator[House]:
    for folder in ("tables", "exports"):
        (root / "inbox" / folder).mkdir(parents=True)
    engine = database.connect(url)
    stores.migrate(engine)
    yield House(root, engine)
    engine.dispose()
