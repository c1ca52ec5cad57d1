"""Campaign systems that really run: a SQLite file, a PostgreSQL server, an HTTP server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests import stores
from tests.campaigns.api import Api, serve
from tests.postgres import postgres_server

from sendepause.store import database

pytest.register_assert_rewrite("tests.campaigns.contract")  # what it asserts is told like a test's own

__all__ = ["postgres_server"]


@pytest.fixture
def api() -> Iterator[Api]:
    """An HTTP API with campaigns, which can be told to misbehave."""
    with serve() as running:
        yield running


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty store."""
    connected = database.connect(f"sqlite:///{tmp_path}/store.db")
    stores.migrate(connected)
    yield connected
    connected.dispose()
