"""A worker that was given up for dead and the one in its place may run at once: still nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests import stores
from tests.campaigns.contract import run
from tests.campaigns.grounds import SqlGround, sqlite_ground
from tests.enforce.scene import acting, enforce, kinds, order, told
from tests.postgres import postgres_server, postgres_url

from sendepause.model import Stage
from sendepause.store import database

__all__ = ["postgres_server", "postgres_url"]

RUNS, CAMPAIGNS = 3, 4


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/shared.db"
    given: str = request.getfixturevalue("postgres_url")
    return given


@pytest.fixture
def engines(url: str) -> Iterator[list[Engine]]:
    """One engine for each run, as if each were a process."""
    opened = [database.connect(url) for _ in range(RUNS)]
    stores.migrate(opened[0])
    acting(opened[0])
    yield opened
    for engine in opened:
        engine.dispose()


def test_runs_at_once_write_and_owe_everything_once(engines: list[Engine], tmp_path: Path) -> None:
    ground: SqlGround = sqlite_ground(tmp_path)
    for id in range(CAMPAIGNS):
        ground.put(str(id), "running")
    orders = [order(campaign) for campaign in run(ground.connector.list())]
    together = threading.Barrier(RUNS)
    troubles: list[BaseException] = []

    def one(engine: Engine) -> None:
        try:
            together.wait()
            enforce(engine, ground.connect(), orders)
        except BaseException as error:
            troubles.append(error)

    threads = [threading.Thread(target=one, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    for id in range(CAMPAIGNS):
        key = f"campaign:crm/{id}"
        assert ground.state(str(id)) == "paused"
        assert kinds(engines[0], key) == ["intent", "paused"]
        assert told(engines[0], Stage.PAUSED).count(key) == 1
