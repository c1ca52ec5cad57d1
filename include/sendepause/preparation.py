"""What an installation needs once: the store's schema, the key, and, where asked for, the example company.

Made by `make up` and by the compose file's init service, never by a task. Again is safe.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sendepause import example, keys, people, stages
from sendepause.installation import (
    KEY_CONNECTION,
    Installation,
    find_access,
    open_installation,
    real_now,
    store_url,
)
from sendepause.model import Plan
from sendepause.places import SHIPPED, data_folder
from sendepause.store import database, queries

EXAMPLE_CONNECTION = "sendepause_example_crm"
LOADED = "example_loaded"  # the note that is written last


def prepare(with_example: bool) -> Iterator[str]:
    """Do what is missing, and say each step."""
    data_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    database.migrate(database.connect(store_url()))
    yield "The store is up to date."
    installation = open_installation()
    yield _prepare_key(installation)
    if with_example:
        yield _prepare_example(installation)


def _prepare_key(installation: Installation) -> str:
    """Make the key on the very first start; a key that was lost is never replaced silently."""
    with database.session(installation.engine, write=False) as session:
        first = queries.note(session, keys.NOTE) is None
    if first and find_access(KEY_CONNECTION) is None:
        add_connection(KEY_CONNECTION, {"conn_type": "generic", "password": secrets.token_urlsafe(32)})
    key = stages.pseudonymiser()
    with database.session(installation.engine) as session:
        keys.check_key(session, key)
    return (
        f"The key for pseudonyms lies in the connection {KEY_CONNECTION}; keep a copy of it in a safe place."
    )


def _prepare_example(installation: Installation) -> str:
    now = real_now()
    written = example.write(installation.data, SHIPPED, now)
    if find_access(EXAMPLE_CONNECTION) is None:
        add_connection(EXAMPLE_CONNECTION, {"conn_type": "sqlite", "host": str(written.database)})
    with database.session(installation.engine, write=False) as session:
        if queries.note(session, LOADED):
            return "The example company is there."
    _make_history(installation, written.database, now)
    with database.session(installation.engine) as session:
        queries.set_note(session, LOADED, now.isoformat())
    return f"The example company is loaded: {written.files} files, {written.messages} messages."


def _make_history(installation: Installation, campaigns: Path, now: datetime) -> None:
    """What a newcomer finds: acting is on, one hold is granted, and a person switched a campaign on again.

    The pause that the person undid is a real one, carried out here through the same steps as always.
    """
    settings = installation.settings_in_force()
    connectors = stages.connect_all(settings)
    stages.look_at_systems(installation, settings, connectors, now)
    people.switch_acting(installation, True, "make up")
    undone = f"campaign:crm/{example.SWITCHED_ON_AGAIN}"
    shown = stages.show(installation, settings, now)
    alone = Plan(now, tuple(decision for decision in shown.plan.decisions if decision.subject == undone))
    stages.act(installation, settings, connectors, replace(shown, plan=alone), now)
    example.person_switches_on(campaigns, example.SWITCHED_ON_AGAIN, example.SWITCHED_ON_BY, now)
    hold = example.HOLD
    until = now + timedelta(days=hold.days)
    entry = people.ask_hold(installation, hold.campaign, until, hold.reason, hold.author)
    people.approve(installation, f"hold:{entry.seq}", hold.approver)


def add_connection(name: str, values: dict[str, Any]) -> None:
    """Add an Airflow connection through Airflow's own command; the secret never stands on a command line."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "connection.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps({name: values}))
        command = [sys.executable, "-m", "airflow", "connections", "import", str(file)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 our own interpreter
