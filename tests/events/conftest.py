"""Invented events, and a place for them on the disk and in an object store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import polars as pl
import pytest

from sendepause.frames import EVENTS

BERLIN = "+4930231251101"
LISBON = "+351211234502"
NOON = datetime(2019, 11, 2, 12, tzinfo=UTC)

Build = Callable[..., pl.DataFrame]


def event(number: int = 0, **fields: Any) -> dict[str, Any]:
    """One event of Berlin, ``number`` minutes after noon."""
    return {
        "event_id": f"id-{number:04d}",
        "account_id": BERLIN,
        "sent_at": NOON + timedelta(minutes=number),
        "resolution": "s",
        "position": number,
        "direction": "out",
        "counterpart": f"person-{number % 3}",
        "content": "greeting",
        "sketch": None,
        "campaign_id": None,
        "source": "phones",
        **fields,
    }


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=EVENTS)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def bucket() -> Iterator[str]:
    """The URL of an object store in memory, reached through Airflow."""
    from airflow.sdk.io.store import attach

    attach("memory", fs=fsspec.filesystem("memory"))
    url = f"memory://{uuid4().hex}/sendepause"
    yield url
    fsspec.filesystem("memory").store.clear()
