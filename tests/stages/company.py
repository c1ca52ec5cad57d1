"""A small real installation: configuration in files, a store, a campaign database, a clock in our hands.

No Airflow runs; connections come from ``AIRFLOW_CONN_*``, as Airflow reads them outside of tasks.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from tests import stores
from tests.slack_server import TOKEN, SlackServer

from sendepause import stages
from sendepause.installation import Installation
from sendepause.store import database, ledger, queries
from sendepause.store.ledger import Entry

BERLIN = ZoneInfo("Europe/Berlin")
DATE = datetime(2019, 12, 7, tzinfo=BERLIN)
KEY = "an invented key of more than 16 bytes"

# Numbers kept free for film and fiction.
SHOP, OFFERS, BOOKINGS, WORKSHOP = (f"+4940669691{n:02}" for n in (1, 2, 3, 4))
NORTH, SOUTH, OPERATORS = "C0NORTH", "C0SOUTH", "C0OPERATORS"

CAMPAIGNS = (
    ("winter", "Winter tyres", SHOP, "running"),
    ("battery", "Battery check", OFFERS, "running"),
    ("booking", "Bookings", BOOKINGS, "running"),
    ("old", "Summer tyres", SHOP, "paused"),
)

TABLE = """
CREATE TABLE campaigns (
  id TEXT PRIMARY KEY, name TEXT, sender TEXT, status TEXT, status_before TEXT,
  changed_by TEXT, changed_at TEXT
)
"""

CRM_SETTINGS: Mapping[str, Any] = {
    "table": "campaigns",
    "columns": {
        "id": "id",
        "name": "name",
        "account": "sender",
        "state": "status",
        "changed_by": "changed_by",
        "changed_at": "changed_at",
    },
    "states": {"running": ["running"], "paused": ["paused"], "done": ["done"]},
    "pause_to": "paused",
    "paused_from": "status_before",
    "changed_by_value": "sendepause",
}


def berlin(text: str) -> datetime:
    """A moment in Berlin's local time, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def configuration_of() -> dict[str, dict[str, Any]]:
    """The files of a configuration that is right: two owners, one account of each kind and one more."""

    def account(number: str, name: str, kind: str, owner: str) -> dict[str, Any]:
        return {"number": number, "name": name, "declared_kind": kind, "owner": owner, "branch": "Hamburg"}

    def owner(id: str, channel: str, language: str) -> dict[str, Any]:
        return {"id": id, "name": id.title(), "channel": channel, "language": language}

    rule = {
        "id": "whatsapp-2019",
        "title": {"de": "WhatsApp greift durch", "en": "WhatsApp takes action"},
        "date": DATE.date(),
        "time_zone": "Europe/Berlin",
        "source": "https://faq.whatsapp.com",
    }
    return {
        "owners.yaml": {
            "owners": [owner("north", NORTH, "de"), owner("south", SOUTH, "en")],
            "operators": {"channel": OPERATORS, "language": "en", "time_zone": "Europe/Berlin"},
        },
        "accounts.yaml": {
            "accounts": [
                account(SHOP, "Shop", "personal", "north"),
                account(OFFERS, "Offers", "personal", "south"),
                account(BOOKINGS, "Bookings", "business_platform", "north"),
                account(WORKSHOP, "Workshop", "personal", "north"),
            ]
        },
        "campaign_systems.yaml": {
            "campaign_systems": [
                {"id": "crm", "connector": "sql_table", "connection": "crm", "settings": dict(CRM_SETTINGS)}
            ]
        },
        "sources.yaml": {"sources": [{"id": "tool", "kind": "csv", "location": "inbox", "time_zone": "UTC"}]},
        "calendar.yaml": {"enforcements": [rule]},
        # Tests are about the dates, at any hour; those of quiet times say so.
        "policy.yaml": {"policy": {"alerts": {"quiet_from": "00:00", "quiet_until": "00:00"}}},
    }


def said(slack: SlackServer) -> list[dict[str, Any]]:
    """Slack's messages without those that begin a thread, which only list how the accounts stand."""
    begun = {message.get("thread_ts") for message in slack.messages}
    return [message for message in slack.messages if message["ts"] not in begun]


class Clock:
    """Real time as the installation sees it; it moves when it is told to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Company:
    """The installation, and hands for what people and campaign tools do."""

    folder: Path
    store: str
    monkeypatch: pytest.MonkeyPatch
    clock: Clock
    files: dict[str, dict[str, Any]] = field(default_factory=configuration_of)

    def __post_init__(self) -> None:
        self.data = self.folder / "data"
        self.crm = self.data / "crm.sqlite"
        (self.data / "inbox").mkdir(parents=True)
        (self.folder / "config").mkdir()
        self.configure()
        with closing(sqlite3.connect(self.crm)) as connection, connection:
            connection.execute(TABLE)
            connection.executemany(
                "INSERT INTO campaigns (id, name, sender, status) VALUES (?, ?, ?, ?)", CAMPAIGNS
            )
        self.connect("crm", conn_type="sqlite", host=str(self.crm))
        self.connect("sendepause_key", conn_type="generic", password=KEY)
        self.connect("sendepause_store", **_store_connection(self.store))
        for name, value in {"CONFIG": self.folder / "config", "DATA": self.data}.items():
            self.monkeypatch.setenv(f"SENDEPAUSE_{name}", str(value))
        self.monkeypatch.delenv("SENDEPAUSE_EVENTS", raising=False)
        self.monkeypatch.delenv("AIRFLOW_CTX_DAG_ID", raising=False)
        engine = database.connect(self.store)
        stores.migrate(engine)
        self.installation = Installation(engine, self.data, str(self.data), self.clock)

    # What people do

    def configure(self, **policy: Any) -> None:
        """Write the configuration; ``policy`` is laid over the choices that are there."""
        self.files["policy.yaml"]["policy"] |= policy
        for name, content in self.files.items():
            (self.folder / "config" / name).write_text(yaml.safe_dump(content, allow_unicode=True))

    def connect(self, name: str, **values: Any) -> None:
        """Make an Airflow connection."""
        self.monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(values))

    def disconnect(self, name: str) -> None:
        """Take an Airflow connection away."""
        self.monkeypatch.delenv(f"AIRFLOW_CONN_{name.upper()}", raising=False)

    def set_campaign(self, id: str, status: str, by: str = "k.meyer", **more: str) -> None:
        """A person changes a campaign in the campaign tool, or adds one."""
        row = {"name": id, "sender": SHOP, **self._campaign(id), **more, "status": status, "changed_by": by}
        row |= {"id": id, "changed_at": self.clock().isoformat()}
        with closing(sqlite3.connect(self.crm)) as connection, connection:
            marks = ", ".join("?" * len(row))
            connection.execute(
                f"INSERT OR REPLACE INTO campaigns ({', '.join(row)}) VALUES ({marks})", list(row.values())
            )

    def lay(self, name: str, *rows: tuple[str, str, datetime, str]) -> Path:
        """A list of sent messages in the inbox: account, counterpart, moment, text."""
        lines = ["account,direction,contact,sent_at,text"]
        lines += [f"{a},out,{to},{at.astimezone(UTC):%Y-%m-%d %H:%M:%S},{text}" for a, to, at, text in rows]
        file = self.data / "inbox" / name
        file.write_text("\n".join(lines) + "\n")
        settled = file.stat().st_mtime - 3600  # nobody is writing to it any more
        os.utime(file, (settled, settled))
        return file

    def lay_machine(self, account: str, until: datetime, days: int = 3) -> None:
        """A file in which one account sends one text to many, every ten seconds."""
        rows = []
        for day in range(1, days + 1):
            start = (until - timedelta(days=day)).replace(hour=9, minute=0, second=0, microsecond=0)
            rows += [
                (account, f"+4917139{day:02}{n:04}", start + timedelta(seconds=10 * n), "Tyres are cheap now")
                for n in range(60)
            ]
        self.lay(f"machine{account}.csv", *rows)

    def connect_slack(self, server: SlackServer) -> None:
        """Somebody makes the Slack connection."""
        extra = {"base_url": server.base_url}
        self.connect("slack_api_default", conn_type="slack", password=TOKEN, extra=extra)

    # Stages

    def at(self, moment: str | datetime) -> datetime:
        """Let it be that moment (text: Berlin's local time)."""
        self.clock.at = berlin(moment) if isinstance(moment, str) else moment
        return self.clock.at

    def enforce(self, moment: str | datetime | None = None, **more: Any) -> dict[str, Any]:
        """One run of enforcing, on time."""
        now = self.clock() if moment is None else self.at(moment)
        return stages.enforce(self.installation, now, **more)

    def plan(self, as_of: datetime) -> dict[str, dict[str, Any]]:
        """The decisions of a moment by subject; nothing is done."""
        settings, _ = self.installation.read_settings()
        shown = stages.show(self.installation, settings, as_of)
        return {item["subject"]: item for item in shown.items}

    # What is there

    def _campaign(self, id: str) -> dict[str, Any]:
        with closing(sqlite3.connect(self.crm)) as connection:
            connection.row_factory = sqlite3.Row
            row = connection.execute("SELECT * FROM campaigns WHERE id = ?", (id,)).fetchone()
        return dict(row) if row else {}

    def states(self) -> dict[str, str]:
        """What the campaign tool says: id -> status."""
        with closing(sqlite3.connect(self.crm)) as connection:
            return dict(connection.execute("SELECT id, status FROM campaigns"))

    def entries(self, *kinds: str, campaign: str = "") -> list[Entry]:
        """Ledger entries, of a campaign if one is named; the chain is whole."""
        with database.session(self.installation.engine, write=False) as session:
            assert ledger.verify(session) is None
            found = ledger.entries(session)
        return [
            entry
            for entry in found
            if (not kinds or entry.kind in kinds) and (not campaign or entry.subject == key(campaign))
        ]

    def kinds(self, campaign: str) -> list[str]:
        """What was done about a campaign, in order."""
        return [str(entry.kind) for entry in self.entries(campaign=campaign)]

    def ill(self) -> dict[str, str]:
        """What is out of order, and why."""
        with database.session(self.installation.engine, write=False) as session:
            return {name: state.detail for name, state in queries.health(session).items() if not state.ok}


def key(campaign: str) -> str:
    """The item key of a campaign in the campaign tool."""
    return f"campaign:crm/{campaign}"


def _store_connection(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"conn_type": "sqlite", "host": url.removeprefix("sqlite:///")}
    parsed = database.connect(url).url
    return {
        "conn_type": "postgres",
        "host": parsed.host,
        "port": parsed.port,
        "login": parsed.username,
        "schema": parsed.database,
    }
