"""Every test that asks for ``engine`` runs twice: on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from tests.postgres import postgres_server, postgres_url

from sendepause.store import database

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store that does not exist yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    given: str = request.getfixturevalue("postgres_url")
    return given


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A migrated, empty store."""
    connected = database.connect(url)
    database.migrate(connected)
    yield connected
    connected.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """One open transaction on an empty store."""
    with database.session(engine) as opened:
        yield opened
