"""No recipient's number, no name and no text ever reaches the disk or a log in clear."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import fsspec
import pytest
from polars.testing import assert_frame_equal
from tests.ingest.conftest import (
    ANNA,
    BERLIN,
    EXPORTS,
    TABLES,
    WEBHOOKS,
    House,
    anna,
    chat,
    company,
    incoming,
    own,
)

from sendepause import events

SENT = datetime(2019, 11, 2, 11, 30, tzinfo=UTC)
SECRETS = (ANNA[1:], "Anna", "Beispiel", "Fahrradladen", "Gangschaltung", "Rahmennummer", "wamid")


def fill(house: House) -> None:
    name = f"exports/{BERLIN}/WhatsApp Chat mit"
    house.export(
        f"{name} Anna Beispiel.txt",
        anna("02.11.19, 12:30", "Die Gangschaltung klemmt"),
        own("02.11.19, 12:31", "Wie ist die Rahmennummer?"),
    )
    house.export(f"{name} {ANNA}.txt", own("02.11.19, 12:31", "Rahmennummer"))
    house.put(f"{name} Anna.txt", "Anna schreibt über die Gangschaltung\n")
    house.put("webhooks/1.jsonl", incoming(BERLIN, f"wamid.{ANNA}", "Gangschaltung!", SENT))
    house.put("webhooks/2.jsonl", '{"text": "Gangschaltung", "from": "' + ANNA)
    house.put(f"tables/{ANNA}@c.us.csv", f"Von;An;Nachricht\n{BERLIN};{ANNA};Gangschaltung\n")


def test_nothing_below_the_data_folder_is_in_clear(house: House, caplog: pytest.LogCaptureFixture) -> None:
    fill(house)
    with caplog.at_level(logging.DEBUG):
        done = house.read(company(EXPORTS, WEBHOOKS, TABLES))
    house.engine.dispose()
    assert done.events_new == 4
    assert done.files_broken >= 2
    kept = [path for path in house.data.rglob("*") if path.is_file()]
    assert len(kept) > 3
    for secret in SECRETS:
        assert not [path for path in kept if secret.encode() in path.read_bytes()], secret
        assert not [path for path in kept if secret in str(path)], secret
        assert secret not in caplog.text
        assert secret not in str(done)


def test_what_a_store_keeps_of_events_in_parquet_is_pseudonyms(house: House) -> None:
    fill(house)
    house.read(company(EXPORTS, WEBHOOKS, TABLES))
    for event_id, *hidden in house.events().select("event_id", "counterpart", "content").iter_rows():
        assert re.fullmatch(r"[0-9a-f]{32}|[0-9a-f]{16}-\d{13}-([0-9a-f]{16})?(-\d+)?", event_id)
        assert all(value is None or int(value, 16) >= 0 for value in hidden)


@pytest.fixture
def bucket() -> Iterator[str]:
    from airflow.sdk.io.store import attach

    attach("memory", fs=fsspec.filesystem("memory"))
    yield f"memory://{uuid4().hex}"
    fsspec.filesystem("memory").store.clear()


def test_an_inbox_and_a_data_folder_in_an_object_store(house: House, bucket: str) -> None:
    lines = [anna("02.11.19, 12:30", "Die Gangschaltung klemmt"), own("02.11.19, 12:31", "Gern")]
    memory = fsspec.filesystem("memory")
    key = f"/{bucket.removeprefix('memory://')}/inbox/{BERLIN}/WhatsApp Chat mit Anna Beispiel.txt"
    memory.pipe(key, chat([lines[0], own("02.11.19, 12:32", "Noch da?")]).encode())
    source = EXPORTS.model_copy(update={"id": "bucket", "location": f"{bucket}/inbox"})

    assert house.read(company(source), base=f"{bucket}/data").events_new == 2
    assert house.read(company(source), base=f"{bucket}/data").files_unchanged == 1
    memory.pipe(key, chat(lines).encode())
    assert house.read(company(source), base=f"{bucket}/data").events_new == 1

    house.export(f"exports/{BERLIN}/WhatsApp Chat mit Anna Beispiel.txt", *lines)
    house.read(company(EXPORTS))
    in_bucket = events.scan(f"{bucket}/data").collect().sort(events.ORDER)
    common = ["sent_at", "direction", "counterpart", "content"]
    assert_frame_equal(in_bucket.select(common).head(2), house.events().select(common))
    assert all(b"Gangschaltung" not in memory.cat(path) for path in memory.find(f"{bucket}/data"))
