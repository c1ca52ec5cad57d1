"""A source on an SFTP server: Airflow's provider and connection, and a server that speaks the protocol."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import asyncssh
import pytest
from tests.ingest.conftest import AS_OF, BERLIN, EXPORTS, TABLES, House, anna, chat, company, own

from sendepause import storage
from sendepause.sources import files

FOLDER = f"exports/{BERLIN}"
CHAT = f"{FOLDER}/WhatsApp Chat mit Anna Beispiel.txt"
TALK = (anna("02.11.19, 12:30", "Ist mein Rad fertig?"), own("02.11.19, 12:31", "Ja, ab 15 Uhr"))
CONNECTION = "AIRFLOW_CONN_PHONES_SFTP"
REMOTE = EXPORTS.model_copy(update={"location": "sftp://127.0.0.1/exports", "connection": "phones_sftp"})


class Guarded(asyncssh.SSHServer):
    def __init__(self, told: SimpleNamespace) -> None:
        self.told = told

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.told.connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self.told.logins.append(username)
        return (username, password) == ("phones", "an invented password")


async def _serve(root: Path, told: SimpleNamespace, ready: threading.Event) -> None:
    class Sftp(asyncssh.SFTPServer):
        def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
            super().__init__(channel, chroot=str(root).encode())

        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
            told.opened.append(path.decode())
            return super().open(path, pflags, attrs)

    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[key], server_factory=lambda: Guarded(told), sftp_factory=Sftp
    )
    told.port, told.end = server.get_port(), asyncio.Event()
    told.key = key.export_public_key().decode().strip()
    ready.set()
    await told.end.wait()
    server.close()
    for connection in told.connections:
        connection.abort()
    await server.wait_closed()


@pytest.fixture
def server(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Serves the inbox of the house; ``opened`` are the paths that were opened on it."""
    monkeypatch.setattr(files, "LOOKS_APART", 0.2)
    house.inbox.mkdir()
    told, ready, loop = (
        SimpleNamespace(opened=[], logins=[], connections=[]),
        threading.Event(),
        asyncio.new_event_loop(),
    )
    thread = threading.Thread(target=loop.run_until_complete, args=[_serve(house.inbox, told, ready)])
    thread.start()
    assert ready.wait(10)
    connection = {
        "conn_type": "sftp",
        "host": "127.0.0.1",
        "port": told.port,
        "login": "phones",
        "password": "an invented password",
        "extra": {"host_key": told.key},
    }
    monkeypatch.setenv(CONNECTION, json.dumps(connection))
    yield told
    loop.call_soon_threadsafe(told.end.set)
    thread.join(10)
    loop.close()


def test_a_chat_on_a_server_becomes_events(house: House, server: SimpleNamespace) -> None:
    house.export(CHAT, *TALK)
    assert house.read(company(REMOTE)).accounts == {BERLIN}
    assert house.health("phones").ok
    assert house.events()["direction"].to_list() == ["in", "out"]


def test_a_file_is_brought_over_once_and_not_again(house: House, server: SimpleNamespace) -> None:
    house.export(CHAT, *TALK)
    house.read(company(REMOTE))
    assert len(server.opened) == 1
    assert house.read(company(REMOTE)).files_unchanged == 1
    assert len(server.opened) == 1


def test_a_changed_file_is_read_again(house: House, server: SimpleNamespace) -> None:
    path = house.export(CHAT, *TALK)
    house.read(company(REMOTE))
    path.write_text(chat((*TALK, own("03.11.19, 09:00", "Guten Morgen"))))
    assert house.read(company(REMOTE)).events_new == 1


def test_an_upload_that_may_go_on_is_left_for_the_next_run(house: House, server: SimpleNamespace) -> None:
    path = house.export(CHAT, *TALK)
    house.put(f"{CHAT}.filepart", "half")
    os.utime(path, (AS_OF.timestamp(), AS_OF.timestamp()))
    soon = house.read(company(REMOTE), now=lambda: AS_OF + timedelta(seconds=30))
    assert (soon.files_read, soon.files_unfinished) == (0, 2)
    assert house.read(company(REMOTE), now=lambda: AS_OF + timedelta(seconds=61)).files_read == 1


def test_a_file_that_grows_between_two_looks_is_left_for_the_next_run(
    house: House, server: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = house.export(CHAT, *TALK[:1])
    real = storage.fetch

    def and_then_it_grows(*asked: object) -> object:
        brought = real(*asked)  # type: ignore[arg-type]
        with path.open("a") as stream:
            stream.write("\n02.11.19, 12:31 - Fahrr")
        return brought

    monkeypatch.setattr(storage, "fetch", and_then_it_grows)
    assert house.read(company(REMOTE)).files_unfinished == 1
    assert house.files("phones") == {}


def test_a_link_on_the_server_is_not_followed(house: House, server: SimpleNamespace) -> None:
    house.export(CHAT, *TALK)
    (house.inbox / FOLDER / "link.txt").symlink_to(house.inbox / CHAT)
    done = house.read(company(REMOTE))
    assert (done.files_read, done.files_broken) == (1, 1), done


def test_a_refused_password_makes_the_source_ill_and_no_other(
    house: House, server: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = json.loads(os.environ[CONNECTION])
    monkeypatch.setenv(CONNECTION, json.dumps(known | {"password": "wrong-secret"}))
    house.put("tables/list.csv", "Datum;Uhrzeit;Von;An;Richtung;Nachricht\n")
    done = house.read(company(REMOTE, TABLES))
    assert (done.sources_ill, done.files_read) == (1, 1)
    assert "wrong-secret" not in house.health("phones").detail


def test_a_server_with_another_key_is_told_no_password(
    house: House, server: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.export(CHAT, *TALK)
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    known = json.loads(os.environ[CONNECTION])
    monkeypatch.setenv(CONNECTION, json.dumps(known | {"extra": {"host_key": other}}))
    assert house.read(company(REMOTE)).sources_ill == 1
    monkeypatch.setenv(CONNECTION, json.dumps(known | {"extra": {}}))  # nor by ~/.ssh/known_hosts
    assert house.read(company(REMOTE)).sources_ill == 1
    assert "HostKey" in house.health("phones").detail
    assert server.logins == []
