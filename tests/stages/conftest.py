"""A company for each test, Slack's stand-in, and an Airflow home that is nobody's."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.postgres import postgres_server, postgres_url
from tests.slack_server import SlackServer
from tests.stages.company import Clock, Company, berlin

from sendepause import stages, tell
from sendepause.enforce import runs

# Airflow makes its home when it is imported, which the first connection does.
if "AIRFLOW_HOME" not in os.environ:
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-home-")
    atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)

__all__ = ["postgres_server", "postgres_url"]

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
Make = Callable[..., Company]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three looks at a campaign's state as always, in a hurry."""
    monkeypatch.setattr(runs, "READ_BACK_AFTER", (0.0, 0.0, 0.01))
    monkeypatch.setattr(stages, "AGAIN_AFTER", ())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Two weeks before the date: warning."""
    found = Clock(berlin("2019-11-20T09:00"))
    monkeypatch.setattr(tell, "time", SimpleNamespace(sleep=found.sleep))
    return found


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[Company]:
    """An installation whose store is a SQLite file; nobody has switched anything."""
    made = Company(tmp_path, f"sqlite:///{tmp_path}/store.db", monkeypatch, clock)
    made.disconnect("slack_api_default")
    yield made
    made.installation.engine.dispose()


@pytest.fixture(params=BOTH)
def either(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[Company]:
    """The same on both kinds of store."""
    postgresql = request.param == "postgresql"
    url = request.getfixturevalue("postgres_url") if postgresql else f"sqlite:///{tmp_path}/store.db"
    made = Company(tmp_path, url, monkeypatch, clock)
    made.disconnect("slack_api_default")
    yield made
    made.installation.engine.dispose()


@pytest.fixture
def slack(company: Company) -> Iterator[SlackServer]:
    """Slack's stand-in; ``connect_slack`` makes the connection to it."""
    with SlackServer() as server:
        yield server
