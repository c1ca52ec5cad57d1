"""Files and answers from outside: small things that want to become large, endless, or something else."""

from __future__ import annotations

import gzip
import io
import json
import os
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.campaigns.api import Scripted, serve
from tests.campaigns.contract import run
from tests.campaigns.grounds import http_connector
from tests.ingest.conftest import BERLIN, EXPORTS, TABLES, House, build, company, house, own

from sendepause.errors import BadInput, Refused
from sendepause.sources import archive, split

__all__ = ["build", "house"]

MIB = 2**20
CHAT = "WhatsApp Chat mit Anna.txt"


@contextmanager
def below(most: int) -> Iterator[None]:
    """Python takes less than so many bytes at any moment of this."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def many_chats(count: int, size: int) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(count):
            made.writestr(f"WhatsApp {number}.txt", b"\0" * size)
    return packed


@pytest.mark.parametrize(("count", "size"), [(40, 7 * MIB), (5_000, 100)], ids=["large", "many"])
def test_an_archive_of_many_chats_is_refused_before_it_fills_the_memory(count: int, size: int) -> None:
    packed = many_chats(count, size)
    began = time.process_time()
    with below(64 * MIB), pytest.raises(BadInput):
        archive.chat_in(packed)
    assert time.process_time() - began < 5


@pytest.mark.timeout(20)
def test_a_pipe_in_the_inbox_holds_up_nothing(house: House) -> None:
    house.export(f"exports/{BERLIN}/{CHAT}", own("02.11.19, 12:31", "Hallo"))
    os.mkfifo(house.inbox / "exports" / BERLIN / "a.txt")
    done = house.read(company(EXPORTS))
    assert (done.files_read, done.files_broken) == (1, 1)


@pytest.mark.parametrize("target", ["inside", "outside"])
def test_a_link_is_followed_inside_its_source_alone(house: House, target: str) -> None:
    """Whoever may lay files into an inbox may not have others read to Sendepause."""
    table = f"Datum;Uhrzeit;Von;An;Nachricht\n02.11.2019;12:31:00;{BERLIN};+491713920050;Hallo\n"
    hidden = house.put("elsewhere/secret.csv" if target == "outside" else "tables/.kept/table.csv", table)
    (house.inbox / "tables").mkdir(exist_ok=True)
    (house.inbox / "tables" / "linked.csv").symlink_to(hidden)
    done = house.read(company(TABLES))
    assert done.messages == (0 if target == "outside" else 1)
    assert done.files_broken == (1 if target == "outside" else 0)


def test_quotation_marks_that_nothing_closes_cost_no_hours() -> None:
    began = time.process_time()
    assert split._outside_quotes("„" * 1_000_000) is None
    assert time.process_time() - began < 2


def twice_packed(size: int) -> bytes:
    return gzip.compress(gzip.compress(b" " * size, 9), 9)


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,deflate", "br", "zstd", "x-unknown"])
def test_an_answer_packed_in_layers_is_refused_unopened(encoding: str) -> None:
    with serve() as api:
        api.scripted = [Scripted(200, {"content-encoding": encoding}, twice_packed(64 * MIB))]
        with below(16 * MIB), pytest.raises(Refused, match="packed"):
            run(http_connector(api.url).list())


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
def test_an_answer_packed_once_is_read(pack: Callable[[bytes], bytes]) -> None:
    kind = {gzip.compress: "gzip", zlib.compress: "deflate"}[pack]
    body = json.dumps({"data": {"results": [{"id": "1", "status": "running"}]}}).encode()
    with serve() as api:
        api.scripted = [Scripted(200, {"content-encoding": kind}, pack(body))]
        assert len(run(http_connector(api.url).list())) == 1


def test_a_file_that_a_link_swapped_in_names_nothing_of_its_target(house: House, tmp_path: Path) -> None:
    secret = tmp_path / "shadow"
    secret.write_text("root:$6$salt$hash:1:0:99999:7:::\n")
    folder = house.inbox / "exports" / BERLIN
    folder.mkdir(parents=True)
    (folder / CHAT).symlink_to(secret)
    house.read(company(EXPORTS))
    state = house.file("phones")
    assert state.broken
    assert (state.hash, state.size) == ("", 0), "not even its size or its hash"
    assert "shadow" not in str(state)
