"""A filled store, the configuration files that belong to it, and the application over both."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from tests import stores
from tests.board import company

from sendepause.board.actions import Actor
from sendepause.board.app import create_app
from sendepause.installation import Installation
from sendepause.settings import Settings
from sendepause.store import database


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Eight accounts, two dates."""
    return company.settings()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty store."""
    connected = database.connect(f"sqlite:///{tmp_path}/store.db")
    stores.migrate(connected)
    yield connected
    connected.dispose()


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Path:
    """The file of a store in which every stage has run."""
    path = tmp_path_factory.mktemp("filled") / "store.db"
    company.fill_file(path, settings)
    return path


@pytest.fixture
def filled(filled_once: Path, tmp_path: Path) -> Iterator[Engine]:
    """A store of one's own in which every stage has run."""
    connected = database.connect(f"sqlite:///{shutil.copy(filled_once, tmp_path / 'filled.db')}")
    yield connected
    connected.dispose()


@pytest.fixture
def files(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration's files, in force."""
    folder = tmp_path / "config"
    company.write_files(folder, settings)
    monkeypatch.setenv("SENDEPAUSE_CONFIG", str(folder))
    return folder


@pytest.fixture
def clock() -> list[datetime]:
    """The moment at which the page is looked at; a test may put another in its place."""
    return [company.NOW]


@pytest.fixture
def client_of(files: Path, tmp_path: Path, clock: list[datetime]) -> Callable[..., TestClient]:
    """A browser for the board over a store."""

    def make(engine: Engine, who: str = "j.petersen") -> TestClient:
        def opened() -> Installation:
            database.check_schema(engine)
            return Installation(engine=engine, data=tmp_path, events=str(tmp_path), now=lambda: clock[0])

        app = create_app(opened, actor=lambda: Actor(who, may_act=True))
        return TestClient(app, raise_server_exceptions=False)

    return make


@pytest.fixture
def client(client_of: Callable[..., TestClient], filled: Engine) -> TestClient:
    """A browser for the board of the filled store."""
    return client_of(filled)


@pytest.fixture
def client_as(client_of: Callable[..., TestClient], filled: Engine) -> Callable[[str], TestClient]:
    """The same for a user of another name."""
    return lambda who: client_of(filled, who)
