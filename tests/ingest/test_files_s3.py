"""A source in an S3 bucket: Airflow's provider and connection, against a server that speaks S3."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import boto3
import pytest
from tests.ingest.conftest import BERLIN, EXPORTS, House, anna, chat, company, own

from sendepause import storage
from sendepause.sources import files

NAME = f"inbox/{BERLIN}/WhatsApp Chat mit Anna Beispiel.txt"
TALK = (anna("02.11.19, 12:30", "Ist mein Rad fertig?"), own("02.11.19, 12:31", "Ja, ab 15 Uhr"))
SERVE = """
from werkzeug.serving import make_server
from moto.server import DomainDispatcherApplication, create_backend_app
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert server.stdout is not None
    yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    server.kill()
    server.wait()


@pytest.fixture
def bucket(address: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty bucket, to which the connection ``phones_s3`` leads."""
    connection = {
        "conn_type": "aws",
        "login": "invented",
        "password": "invented secret",
        "extra": {"endpoint_url": address, "region_name": "eu-central-1"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_PHONES_S3", json.dumps(connection))
    keys = {"aws_access_key_id": "invented", "aws_secret_access_key": "invented"}
    s3 = boto3.client("s3", endpoint_url=address, region_name="eu-central-1", **keys)
    name = f"phones-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return SimpleNamespace(name=name, s3=s3)


def source(bucket: Any) -> Any:
    return EXPORTS.model_copy(update={"location": f"s3://{bucket.name}/inbox", "connection": "phones_s3"})


def put(bucket: Any, name: str, content: str | bytes) -> None:
    bucket.s3.put_object(Bucket=bucket.name, Key=name, Body=content)


def test_a_chat_in_a_bucket_becomes_events_and_is_read_again_only_if_it_changes(
    house: House, bucket: Any
) -> None:
    put(bucket, NAME, chat(TALK))
    put(bucket, f"inbox/{BERLIN}/", b"")  # the mark of an empty folder
    assert house.read(company(source(bucket))).accounts == {BERLIN}, house.health("phones").detail
    assert house.events()["direction"].to_list() == ["in", "out"]
    assert house.read(company(source(bucket))).files_unchanged == 1
    put(bucket, NAME, chat((*TALK, own("03.11.19, 09:00", "Guten Morgen"))))
    assert house.read(company(source(bucket))).events_new == 1


def test_a_file_is_brought_over_once(house: House, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    brought = []
    real = storage.fetch
    monkeypatch.setattr(storage, "fetch", lambda path, size: brought.append(path.name) or real(path, size))
    put(bucket, NAME, chat(TALK))
    house.read(company(source(bucket)))
    house.read(company(source(bucket)))
    assert len(brought) == 1


def test_a_large_file_passes_over_the_disk_without_a_name(
    house: House, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "IN_MEMORY", 10)
    monkeypatch.setattr(tempfile, "tempdir", str(house.data.parent))
    put(bucket, NAME, chat(TALK))
    put(bucket, f"inbox/{BERLIN}/broken.zip", b"PK\x03\x04 and no more")
    done = house.read(company(source(bucket)))
    assert (done.files_read, done.files_broken) == (1, 1)
    assert not list(house.data.parent.rglob("tmp*"))


def test_more_objects_than_a_page_are_all_met(
    house: House, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PAGE", 3)
    for number in range(7):
        put(bucket, f"inbox/{BERLIN}/{number}.txt.part", b"x")
    put(bucket, NAME, chat(TALK))
    assert house.read(company(source(bucket))).files_read == 1


def test_odd_keys_stop_no_other(house: House, bucket: Any) -> None:
    odd = [f"inbox/{BERLIN}/\t.txt", "inboxes/other.txt"]
    for key in odd:
        put(bucket, key, b"x")
    put(bucket, NAME, chat(TALK))
    done = house.read(company(source(bucket)))
    assert (done.files_read, done.files_broken, done.sources_ill) == (1, 1, 0), house.health("phones").detail


def test_a_bucket_that_is_not_there_makes_the_source_ill(house: House, bucket: Any) -> None:
    gone = SimpleNamespace(name=f"{bucket.name}-gone")
    assert house.read(company(source(gone))).sources_ill == 1
    assert "invented secret" not in house.health("phones").detail
