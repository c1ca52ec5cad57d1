"""Every test that asks for ``engine`` runs twice: on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from tests import stores
from tests.postgres import empty_database, postgres_server, postgres_url

from sendepause.store import database

__all__ = ["postgres_server", "postgres_url"]


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store that does not exist yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    given: str = request.getfixturevalue("postgres_url")
    return given


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A migrated, empty store."""
    with migrated(url) as connected:
        yield connected


@pytest.fixture(scope="session", params=BOTH)
def shared_engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """A migrated store for tests that commit nothing to it."""
    if request.param == "sqlite":
        with migrated(f"sqlite:///{tmp_path_factory.mktemp('shared')}/store.db") as connected:
            yield connected
        return
    with empty_database(request.getfixturevalue("postgres_server")) as url, migrated(url) as connected:
        yield connected


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    """One open transaction on an empty store; nothing of it stays."""
    with database.session(shared_engine) as opened:
        yield opened
        opened.rollback()


@contextlib.contextmanager
def migrated(url: str) -> Iterator[Engine]:
    connected = database.connect(url)
    stores.migrate(connected)
    try:
        yield connected
    finally:
        connected.dispose()
