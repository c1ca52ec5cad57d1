"""A database named by an Airflow connection: its SQLAlchemy engine, with a time limit for every call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, NullPool, create_engine, make_url

from sendepause.campaigns.base import Access

# What is passed on of a connection's extra: how to reach the server, never another server. Airflow's
# own keys (cursor, iam, …) are none that a driver knows.
OPTIONS = ("ssl", "channel_binding", "target_session_attrs", "keepalives", "charset")


def open_engine(access: Access, seconds: float) -> Engine:
    """An engine without a pool: every call is a new connection, so nothing stale survives a fail-over.

    Nothing is connected to yet. ArgumentError, NoSuchModuleError, ImportError or ValueError where the
    connection names no database that can be opened.
    """
    url = _url(access)
    return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=_limits(url, seconds))


def _url(access: Access) -> URL:
    """The connection as a SQLAlchemy URL, read as Airflow's own hooks read it."""
    if "://" in access.host:
        url = make_url(access.host)
    else:
        kind = access.kind.replace("-", "+")
        url = URL.create(
            {"postgres": "postgresql", "sqlite": "sqlite"}.get(kind, kind),
            username=access.login or None,
            host=access.host or None,
            port=access.port,
            database=access.schema or None,
            query={name: str(value) for name, value in access.extra.items() if name.startswith(OPTIONS)},
        )
        if kind == "sqlite":  # Airflow keeps the path in the host, or in the schema when given as a URI
            url = URL.create("sqlite", database=access.host or access.schema)
    if access.password and url.get_backend_name() != "sqlite":
        url = url.set(password=access.password)
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite":
        # A file that must exist: SQLite would else make an empty one, in which no campaign runs.
        path = Path(url.database or "").absolute()
        url = url.set(database=path.as_uri(), query={"mode": "rw", "uri": "true"})
    return url


def _limits(url: URL, seconds: float) -> dict[str, Any]:
    """The time limit of a call in the driver's own words: a thread cannot be ended from outside."""
    if url.get_backend_name() == "sqlite":
        return {"timeout": seconds}
    if url.get_backend_name() == "postgresql":
        whole = str(max(2, int(seconds)))  # libpq rounds a single second up to two
        options = f"-c timezone=UTC -c statement_timeout={int(seconds * 1000)}"
        return {"connect_timeout": whole, "options": options}
    return {}
