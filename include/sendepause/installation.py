"""One installation: where its data lie, its store, its configuration, its connections.

This is the only module that asks Airflow for a connection. Inside tasks and servers Airflow answers from
wherever its connections live; the command line has to tell Airflow to look there too (``cli.py``).
"""

from __future__ import annotations

import logging
import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sendepause import configuration
from sendepause.campaigns.base import Access
from sendepause.configuration import BadConfiguration
from sendepause.errors import BadInput
from sendepause.model import EntryKind
from sendepause.places import data_folder, events_base
from sendepause.settings import Settings
from sendepause.store import database, ledger, queries
from sendepause.store.database import Engine
from sendepause.words import on_one_line

STORE_CONNECTION = "sendepause_store"
KEY_CONNECTION = "sendepause_key"
SLACK_CONNECTION = "slack_api_default"
SIGNING_CONNECTION = "sendepause_slack_signing"  # its password is the signing secret of the Slack app
SOCKET_CONNECTION = "sendepause_slack_socket"  # its password is an app-level token, for Socket Mode
META_CONNECTION = "sendepause_meta"  # what Meta's webhooks are signed with, see ``receiving.secrets``

log = logging.getLogger(__name__)


def real_now() -> datetime:
    """The wall clock: the one place that reads it. Everything else is handed a moment."""
    return datetime.now(UTC)


def find_access(connection: str) -> Access | None:
    """An Airflow connection as plain values, or None where there is no such connection."""
    found = _airflow_connection(connection)
    if found is None:
        return None
    return Access(
        kind=found.conn_type or "",
        host=found.host or "",
        port=found.port,
        schema=found.schema or "",
        login=found.login,
        password=found.password,
        extra=found.extra_dejson,
    )


def access(connection: str) -> Access:
    """An Airflow connection as plain values.

    :raises BadInput: where there is none; the sentence names it and how to make it.
    """
    found = find_access(connection)
    if found is None:
        raise BadInput(
            f"The Airflow connection {connection!r} does not exist.",
            f"Create it in the Airflow UI (Admin, Connections) or set AIRFLOW_CONN_{connection.upper()}.",
            means="What needs it waits and stays owed.",
        )
    return found


def _airflow_connection(connection: str) -> Any:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return Connection.get(connection)
    except AirflowNotFoundException:
        return None


def answers_possible() -> bool:
    """Whether answers from Slack can be received: over HTTP, signed, or in Socket Mode."""
    found = (find_access(connection) for connection in (SIGNING_CONNECTION, SOCKET_CONNECTION))
    return any(one is not None and one.password for one in found)


def required_actions() -> str | None:
    """Where in Airflow's UI people answer what waits for them; None where its own address is not known."""
    from airflow.sdk.configuration import conf

    base = str(conf.get("api", "base_url", fallback="") or "")
    return f"{base.rstrip('/')}/required_actions?response_received=false" if base else None


def in_task() -> bool:
    """Whether this process runs an Airflow task."""
    return "AIRFLOW_CTX_DAG_ID" in os.environ


def author(given: str | None = None) -> str:
    """Who acts on the command line, for the ledger.

    Anybody may give any name, so the operating system's login stands beside it.
    """
    login = _login()
    told = given or os.environ.get("SENDEPAUSE_AUTHOR") or ""
    name = on_one_line(told)
    return f"{name} ({login})" if name and name != login else login


def _login() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name  # not what the environment says
    except KeyError:  # containers run under numbers that have no name
        return f"uid {os.getuid()}"


@dataclass(frozen=True)
class Installation:
    """What every stage needs; see the module's docstring for where it comes from."""

    engine: Engine
    data: Path
    events: str
    now: Callable[[], datetime] = real_now

    def read_settings(self) -> tuple[Settings, BadConfiguration | None]:
        """The configuration, or the last valid one and what is wrong with the files. Notes nothing.

        :raises BadConfiguration: where there is no valid one, now or kept.
        """
        try:
            return configuration.load(), None
        except BadConfiguration as error:
            with database.session(self.engine, write=False) as session:
                kept = queries.latest_configuration(session)
            if kept is None:
                raise
            return configuration.check(kept.content), error

    def settings_in_force(self) -> Settings:
        """As :meth:`read_settings`, and noted."""
        settings, trouble = self.read_settings()
        self.note_settings(settings, trouble)
        return settings

    def note_settings(self, settings: Settings, trouble: BadConfiguration | None) -> None:
        """Note what :meth:`read_settings` found: a change as a ledger entry, trouble as ill health.

        What the new configuration names no longer is neither well nor ill.
        """
        at = self.now()
        if trouble:
            log.error("%s", trouble)
        with database.session(self.engine) as session:
            queries.set_health(session, "configuration", trouble is None, at, str(trouble or ""))
            kept = queries.latest_configuration(session)
            if kept is None or kept.hash != settings.hash:
                queries.keep_health(session, _watched(settings))
                queries.keep_configuration(session, settings.hash, configuration.content_of(settings), at)
                ledger.append(
                    session,
                    at=at,
                    as_of=at,
                    author=ledger.AUTHOR,
                    kind=EntryKind.CONFIGURATION,
                    facts={"hash": settings.hash, "before": kept.hash if kept else None},
                )


def _watched(settings: Settings) -> set[str]:
    """The subjects whose health a configuration lets us look after."""
    systems = {f"{what}:{system.id}" for system in settings.campaign_systems for what in ("system", "drill")}
    return {"configuration", "slack"} | systems | {f"source:{source.id}" for source in settings.sources}


def store_url() -> str:
    """The store's SQLAlchemy URL: the connection ``sendepause_store``, else a file in the data folder."""
    found = _airflow_connection(STORE_CONNECTION)
    if found is None:
        return f"sqlite:///{data_folder() / 'sendepause.db'}"
    if found.conn_type == "sqlite":
        return f"sqlite:///{found.host}"
    return str(found.get_uri())


def open_installation() -> Installation:
    """The installation that the environment describes, with a store of the right schema.

    :raises SendepauseError: where the store cannot be reached or is not migrated.
    """
    engine = database.connect(store_url())
    database.check_schema(engine)
    return Installation(engine=engine, data=data_folder(), events=events_base())
