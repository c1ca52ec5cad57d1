"""A store, and no patience for systems that lie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests import stores

from sendepause.enforce import runs
from sendepause.store import database


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty store."""
    connected = database.connect(f"sqlite:///{tmp_path}/store.db")
    stores.migrate(connected)
    yield connected
    connected.dispose()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three looks at the state as always, in a hurry."""
    monkeypatch.setattr(runs, "READ_BACK_AFTER", (0.0, 0.0, 0.01))
