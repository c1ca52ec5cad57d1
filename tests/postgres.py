"""A private PostgreSQL server for tests: one for each test process, from its first use to its end.

In a conftest: ``from tests.postgres import postgres_server, postgres_url``.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

GIVEN = "SENDEPAUSE_TEST_POSTGRES"  # the URL of a server to use instead of starting one
PATIENCE_SECONDS = 30


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server's maintenance database, in which databases can be created."""
    with running_server() as url:
        if url is None:
            reason = f"no PostgreSQL programs below /usr/lib/postgresql, and {GIVEN} is not set"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        yield url


@contextlib.contextmanager
def running_server(fsync: bool = False) -> Iterator[str | None]:
    """The same without pytest; None where there is none. ``fsync``: of a server that is started, commits
    reach the disk, as measurements want it."""
    given, programs = os.environ.get(GIVEN), _programs()
    if given or programs is None:
        yield given
        return
    with _server(programs, fsync) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database of its own."""
    with empty_database(postgres_server) as url:
        yield url


@contextlib.contextmanager
def empty_database(server: str) -> Iterator[str]:
    """The URL of a new database on the server; it is dropped at the end, whoever is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield _with_database(server, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _with_database(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextlib.contextmanager
def _server(programs: Path, fsync: bool) -> Iterator[str]:
    # A short folder name: a Unix socket's path may have no more than 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    as_user = _not_root(folder)
    data = folder / "data"
    try:
        subprocess.run(
            [*as_user, programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        port = _free_port()
        options = [f"-cport={port}", "-clisten_addresses=127.0.0.1", f"-cfsync={fsync}"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [*as_user, programs / "postgres", "-D", data, "-k", folder, *options],
                stdout=log,
                stderr=log,
                cwd=folder,
                start_new_session=True,  # Ctrl-C at pytest stops it through the fixture alone
            )
        try:
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            _wait(url, server, folder / "log")
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # fast shutdown: it does not wait for clients
            server.wait(PATIENCE_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _not_root(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root; setpriv becomes the server, which so keeps its pid.

    ``--pdeathsig``: a test process that is killed takes its server along.
    """
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids, "--pdeathsig=INT", "--"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url):
            return
        time.sleep(0.05)
    pytest.fail(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
