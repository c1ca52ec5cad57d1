"""Airflow's own web server over a filled store, without a scheduler: for looking and acting in a browser.

Nothing happens in it but what people do, so its tests need not wait for a loop, nor can it disturb them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil
from sqlalchemy import Engine, update
from tests.airflow_home import environment, run
from tests.board import company
from tests.e2e.airflow import free_port, wait_for

from sendepause import configuration
from sendepause.model import Campaign, CampaignState
from sendepause.settings import Settings
from sendepause.store import database, ledger, queries
from sendepause.store.ledger import Entry
from sendepause.store.tables import AlertRow, DeliveryRow

PEOPLE = {"v.iewer": "viewer", "a.dmin": "admin", "s.econd": "op"}
BY_HAND = "Nachrichten vom Tresen"  # a campaign that only a person can switch off
REFUSED = "channel_not_found"


@dataclass(frozen=True)
class Served:
    """A running web server, its store, and who may log in."""

    url: str
    home: Path
    engine: Engine

    def password(self, name: str) -> str:
        """What Airflow made up for a person."""
        file = self.home / "simple_auth_manager_passwords.json.generated"
        return str(json.loads(file.read_text())[name])

    def ledger(self) -> list[Entry]:
        """All entries."""
        with database.session(self.engine, write=False) as session:
            return ledger.entries(session)

    def head(self) -> Entry:
        """The last entry: the same as before if nothing was written."""
        return self.ledger()[-1]


def settings(now: datetime, accounts: int = 8) -> Settings:
    """The company's, with its next date four days ahead."""
    content = configuration.content_of(company.settings(accounts))
    for rule in content["enforcements"]:
        if rule["id"] == "whatsapp":
            rule["date"] = (now + timedelta(days=4)).date().isoformat()
    return configuration.check(content)


@contextmanager
def served(home: Path, accounts: int = 8) -> Iterator[Served]:
    """The board in Airflow, with something for a person to do on each page."""
    now, port = datetime.now(UTC), free_port()
    chosen = settings(now, accounts)
    users = ",".join(f"{name}:{role}" for name, role in PEOPLE.items())
    known = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": users}
    known |= {"AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}"}
    run(home, "-m", "airflow", "db", "migrate", **known)
    engine = database.connect(f"sqlite:///{home}/data/sendepause.db")
    database.migrate(engine)
    company.fill(engine, chosen, now)
    _more(engine, now)
    company.write_files(home / "config", chosen)
    command = ["-m", "airflow", "api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with (home / "server.log").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            env=environment(home, **known),
            cwd=home,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for("the web server", lambda: _answers(process, url, home))
            yield Served(url, home, engine)
        finally:
            family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
            for one in family:
                one.terminate()
            for one in psutil.wait_procs(family, timeout=20)[1]:
                one.kill()
            engine.dispose()


def _answers(process: subprocess.Popen[bytes], url: str, home: Path) -> bool:
    assert process.poll() is None, (home / "server.log").read_text()
    try:
        return httpx.get(f"{url}/api/v2/version", timeout=10).is_success
    except httpx.TransportError:
        return False


def _more(engine: Engine, now: datetime) -> None:
    """A campaign that nobody can pause from here, and a message that Slack refused."""
    number = company.number(1)
    stands = Campaign("app", "1", BY_HAND, number, CampaignState.UNKNOWN, pausable=False)
    with database.session(engine) as session:
        queries.save_campaigns(session, "app", [stands], now)
        row = DeliveryRow(id="m1", channel="C1", text="", blocks=[], state="refused", queued_at=now)
        row.error = REFUSED
        session.add(row)
        session.flush()
        session.execute(update(AlertRow).where(AlertRow.subject == "source:phones").values(delivery=row.id))
