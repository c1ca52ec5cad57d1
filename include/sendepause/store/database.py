"""Where the store lives, its schema, and its transactions.

PostgreSQL is reached with psycopg 3: it is SQLAlchemy 2.1's own choice for ``postgresql://``, Airflow's
PostgreSQL provider brings it along, and it is the driver that is still developed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    URL,
    Connection,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy import Engine as Engine
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session as Session  # other rooms name the type from here
from sqlalchemy.pool import ConnectionPoolEntry
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from sendepause.errors import BadInput, Refused, Unreachable

VERSION_TABLE = "sendepause_alembic_version"
WAIT_SECONDS = 30  # how long a transaction waits for another one's lock
MIGRATION_LOCK = 0x73656E6465_01  # advisory locks of PostgreSQL, "sende" and a number
LEDGER_LOCK = 0x73656E6465_02

_READING = "sendepause_reading"  # execution option: this transaction writes nothing

_checked: WeakSet[Engine] = WeakSet()


def connect(url: str) -> Engine:
    """An engine for the store: ``sqlite:///PATH`` or PostgreSQL in any spelling that Airflow takes.

    Nothing is connected to yet. BadInput where the URL names no such store; the URL itself is never
    repeated in an error, it may hold a password.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": WAIT_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(
            parsed,
            hide_parameters=True,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",  # the ledger reads its head anew after it has its lock
            connect_args={"prepare_threshold": None},  # works behind a pooler such as PgBouncer too
        )
        event.listen(engine, "begin", _begin_postgresql)
    return engine


@contextmanager
def session(engine: Engine, *, write: bool = True) -> Iterator[Session]:
    """One transaction: committed at the end, rolled back when the body raises.

    A writing transaction excludes other writers (SQLite) or other writers of the ledger from their
    first entry on (PostgreSQL), so keep it short and call nothing outside while it is open. With
    ``write=False`` it sees one moment of the store and waits for nobody.

    Refused where the schema does not fit this code, Unreachable where the database does not answer or
    stays locked for longer than ``WAIT_SECONDS``.
    """
    with _reachable(engine):
        if engine not in _checked:
            check_schema(engine)
            _checked.add(engine)
        with Session(engine, expire_on_commit=False) as opened, opened.begin():
            if not write:
                opened.connection(execution_options=_reading(engine))
            yield opened


def migrate(engine: Engine) -> None:
    """Bring the schema to this code's revision; again is safe, also in two processes at once."""
    if engine.dialect.name == "sqlite":
        _sqlite_file(engine).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sqlite_file(engine).touch(mode=0o600)  # what SQLite lays beside it follows
    with _reachable(engine), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        _refuse_newer(_revision(connection))
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_schema(engine: Engine) -> None:
    """Refused, with the mend, unless the schema is exactly the one that this code was written for."""
    if engine.dialect.name == "sqlite" and not _sqlite_file(engine).exists():
        revision = None  # connecting would leave an empty file behind
    else:
        with _reachable(engine), engine.execution_options(**_reading(engine)).connect() as connection:
            revision = _revision(connection)
    _refuse_newer(revision)
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    if revision != head:
        found = "has no tables yet" if revision is None else f"is at revision {revision}, this code at {head}"
        raise Refused(
            f"The store {_place(engine)} {found}.", "Run `make up`, or `sendepause migrate` by itself."
        )


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    except ArgumentError as error:
        raise BadInput(
            "The URL of the store cannot be read.", "Write it like sqlite:////data/sendepause.db."
        ) from error
    if parsed.get_backend_name() == "postgresql":
        query = {"connect_timeout": "10", **parsed.query}
        return parsed.set(drivername="postgresql+psycopg", query=query)
    if parsed.get_backend_name() != "sqlite":
        raise BadInput(
            f"A store in {parsed.get_backend_name()} is not possible.", "Use SQLite or PostgreSQL."
        )
    if parsed.database in (None, "", ":memory:"):
        raise BadInput("A store in memory would be lost with its process.", "Name a file: sqlite:////PATH.")
    return parsed


def _prepare_sqlite(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    # SQLAlchemy's recipe: the driver is to begin nothing by itself, _begin_sqlite does.
    connection.isolation_level = None
    cursor = connection.cursor()
    _use_write_ahead_log(cursor)
    cursor.execute("PRAGMA synchronous = FULL")  # an intent must survive a power cut before it is acted on
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _is_locked(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def _use_write_ahead_log(cursor: DBAPICursor) -> None:
    # SQLite's own waiting leaves out this one statement, when two processes open a new file at once.
    patiently = Retrying(
        retry=retry_if_exception(_is_locked),
        wait=wait_fixed(0.05),
        stop=stop_after_delay(WAIT_SECONDS),
        reraise=True,
    )
    patiently(cursor.execute, "PRAGMA journal_mode = WAL")


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock before anything is read, so what a writer decided on stays true.
    reading = connection.get_execution_options().get(_READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")


def _reading(engine: Engine) -> dict[str, Any]:
    """The execution options of a transaction that writes nothing."""
    if engine.dialect.name == "sqlite":
        return {_READING: True}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@contextmanager
def _reachable(engine: Engine) -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if _is_our_mistake(error):
            raise
        raise Unreachable(
            f"The store {_place(engine)} did not answer: {error.orig}",
            "Check that the database is up and can be written to.",
        ) from error


def _is_our_mistake(error: DBAPIError) -> bool:
    """SQLite reports wrong SQL as an operational error too; repeating it would not help."""
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def _place(engine: Engine) -> str:
    # A query may hold a password too, and only the one before the host is hidden.
    return engine.url.set(query={}).render_as_string(hide_password=True)


def _sqlite_file(engine: Engine) -> Path:
    return Path(engine.url.database or "")


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", "sendepause.store:migrations")
    return config


def _revision(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}
    if revision is not None and revision not in known:
        raise Refused(
            f"The store is at revision {revision}, which this version of Sendepause does not know.",
            "Update Sendepause here too; then run `make up` or `sendepause migrate`.",
        )
