"""The example company, written once for all tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sendepause import configuration, example
from sendepause.example import Written
from sendepause.settings import Settings


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The configuration that the project ships."""
    return Path(__file__).parents[2] / "include" / "config"


@pytest.fixture(scope="session")
def now() -> datetime:
    """The moment of the first start."""
    return datetime(2026, 11, 25, 9, 3, tzinfo=UTC)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, shipped: Path, now: datetime) -> Written:
    return example.write(tmp_path_factory.mktemp("data"), shipped, now)


@pytest.fixture(scope="session")
def settings(written: Written) -> Settings:
    return configuration.load(written.config)
