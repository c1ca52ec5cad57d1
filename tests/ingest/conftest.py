"""An invented company with an inbox, and a data folder in which everything that is kept lies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine
from tests import stores

from sendepause import events
from sendepause.keys import Pseudonymiser
from sendepause.model import Kind, Language
from sendepause.settings import (
    AccountSettings,
    EnforcementSettings,
    OperatorSettings,
    OwnerSettings,
    Settings,
    SourceSettings,
)
from sendepause.sources.ingest import Ingested, ingest
from sendepause.store import database, queries
from sendepause.store.queries import FileState, Health, Reach

BERLIN = "+4930231251101"
LISBON = "+351211234502"
STRANGER = "+4930231251999"
ANNA = "+491713920050"  # numbers of this block belong to nobody
EMIL = "+491713920051"
AS_OF = datetime(2019, 11, 20, 12, tzinfo=UTC)
KEY = b"an invented key of 32 bytes....."

EXPORTS = SourceSettings(id="phones", kind="chat_export", location="exports")
WEBHOOKS = SourceSettings(id="platform", kind="cloud_api_webhook", location="webhooks")
TABLES = SourceSettings(id="tool", kind="csv", location="tables", time_zone="Europe/Berlin")

Line = tuple[str, str, str]  # "02.11.19, 12:30", author, text


def account(number: str, name: str, zone: str, *export_names: str) -> AccountSettings:
    return AccountSettings(
        number=number,
        name=name,
        declared_kind=Kind.PERSONAL,
        owner="sales",
        time_zone=zone,
        export_names=export_names,
    )


def company(
    *sources: SourceSettings, accounts: Iterable[AccountSettings] | None = None, **policy: Any
) -> Settings:
    both = (
        account(BERLIN, "Filiale Berlin", "Europe/Berlin", "Fahrradladen Mitte"),
        account(LISBON, "Filial Lisboa", "Europe/Lisbon", "Loja de Bicicletas"),
    )
    return Settings.model_validate(
        {
            "owners": [OwnerSettings(id="sales", name="Verkauf", channel="C0SALES", language=Language.DE)],
            "operators": OperatorSettings(channel="C0OPS"),
            "accounts": list(both if accounts is None else accounts),
            "sources": list(sources),
            "enforcements": [
                EnforcementSettings(
                    id="whatsapp-2019",
                    title={Language.DE: "Stichtag"},
                    date=date(2019, 12, 7),
                    time_zone="Europe/Berlin",
                    source="https://faq.whatsapp.com",
                )
            ],
            "policy": policy,
        }
    )


def chat(lines: Iterable[Line]) -> str:
    """A chat as an Android phone exports it in German."""
    notice = "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Tippe, um mehr zu erfahren."
    return "\n".join([f"01.01.19, 00:00 - {notice}", *(f"{at} - {who}: {text}" for at, who, text in lines)])


def own(at: str, text: str) -> Line:
    return at, "Fahrradladen Mitte", text


def anna(at: str, text: str) -> Line:
    return at, "Anna Beispiel", text


def webhook(number: str, **value: Any) -> str:
    """One line as the Cloud API sends it to the webhook of a number."""
    metadata = {"display_phone_number": number.lstrip("+"), "phone_number_id": "1000"}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    entry = {"id": "2000", "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}) + "\n"


def status(number: str, message: str, state: str, at: datetime) -> str:
    one = {"id": message, "status": state, "timestamp": str(int(at.timestamp())), "recipient_id": ANNA[1:]}
    return webhook(number, statuses=[one])


def incoming(number: str, message: str, text: str, at: datetime) -> str:
    one = {
        "from": ANNA[1:],
        "id": message,
        "timestamp": str(int(at.timestamp())),
        "type": "text",
        "text": {"body": text},
    }
    return webhook(number, messages=[one])


@dataclass
class House:
    """The inbox, the data folder with store and events, and a run of reading."""

    inbox: Path
    data: Path
    engine: Engine
    keys: Pseudonymiser = field(default_factory=lambda: Pseudonymiser(KEY))

    def put(self, path: str, content: str | bytes) -> Path:
        """Lay a file into the inbox; it was finished a while ago."""
        target = self.inbox / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def export(self, path: str, *lines: Line) -> Path:
        return self.put(path, chat(lines))

    def read(
        self,
        settings: Settings,
        *,
        base: str | Path | None = None,
        as_of: datetime = AS_OF,
        now: Callable[[], datetime] = lambda: AS_OF + timedelta(minutes=1),
    ) -> Ingested:
        return ingest(
            self.engine, base or self.data, settings, self.keys, data=self.inbox, as_of=as_of, now=now
        )

    def events(self) -> pl.DataFrame:
        return events.scan(self.data).collect().sort(events.ORDER)

    def activity(self) -> pl.DataFrame:
        return events.activity(self.data, date(2019, 1, 1), date(2019, 12, 31))

    def files(self, source: str) -> dict[str, FileState]:
        with database.session(self.engine, write=False) as session:
            return queries.file_state(session, source)

    def file(self, source: str) -> FileState:
        (only,) = self.files(source).values()
        return only

    def reaches(self) -> dict[tuple[str, str], Reach]:
        with database.session(self.engine, write=False) as session:
            return {(reach.source, reach.account): reach for reach in queries.reaches(session)}

    def health(self, source: str) -> Health:
        with database.session(self.engine, write=False) as session:
            return queries.health(session)[f"source:{source}"]


@pytest.fixture
def build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], House]]:
    """Builds houses of one's own, each with an empty store."""
    engines = []

    def make() -> House:
        root = tmp_path_factory.mktemp("house")
        engine = database.connect(f"sqlite:///{root}/data/sendepause.db")
        stores.migrate(engine)
        engines.append(engine)
        return House(root / "inbox", root / "data", engine)

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture
def house(build: Callable[[], House]) -> House:
    return build()
