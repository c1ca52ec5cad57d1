"""Files in a local folder or an object store, behind the interface of pathlib.

A local file is written under a temporary name, synced, and renamed; an object appears with its one PUT.
Either way a reader sees the old content or the new, never half of it.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import shutil
import tempfile
from itertools import takewhile
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from sendepause.errors import Unreachable

TEMPORARY = ".*.tmp"
IN_MEMORY = 64 * 1024**2
"""A remote file up to this many bytes is held in memory while it is read, a larger one on the disk."""

_PORTION = 4 * 1024**2
_WHOLE = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "adl", "az", "memory"}
"""Schemes whose files appear whole, with one request, or not at all."""
_SFTP = ("sftp", "ssh")
_SFTP_PATIENCE = {"connect_timeout": 30, "login_timeout": 30, "keepalive_interval": 15}
"""Seconds; a server that answers to three signs of life in a row not at all is gone."""
_EXTRAS = {
    **dict.fromkeys(("s3", "s3a"), "s3"),
    **dict.fromkeys(_SFTP, "sftp"),
    **dict.fromkeys(("gs", "gcs"), "gcs"),
    **dict.fromkeys(("abfs", "abfss", "adl", "az"), "azure"),
}
"""Scheme -> the extra in pyproject.toml that brings what reaches it."""


def folder(location: str | Path, connection: str | None = None) -> Path:
    """The folder at a path, or at a URL such as ``s3://bucket/folder`` reached with an Airflow connection.

    Airflow is imported only for a URL. What it gives for one behaves like a ``Path``.

    :raises Unreachable: where the packages for the URL's scheme are not installed.
    """
    if "://" not in str(location):
        return Path(location)
    url = urlsplit(str(location))
    if url.scheme == "file":
        return Path(unquote(url.path))
    from airflow.sdk import ObjectStoragePath

    try:
        if url.scheme in _SFTP and connection is not None:
            _reach_sftp(url.scheme, connection)
        path = ObjectStoragePath(str(location), conn_id=connection)
        path.fs  # noqa: B018 - made now, so that what is missing is told here
    except (ImportError, ValueError) as error:
        raise _missing(url.scheme, error) from error
    return cast(Path, path)


def _reach_sftp(scheme: str, connection: str) -> None:
    """Have Airflow reach an SFTP server by a connection of our own: left to its defaults, sshfs takes any
    host's key, and waits for ever for a server that is gone.

    The host's key is the connection's extra ``host_key``, else what ``~/.ssh/known_hosts`` says.
    """
    from airflow.providers.sftp.fs.sftp import get_fs
    from airflow.sdk import BaseHook
    from airflow.sdk.io import attach

    extra = BaseHook.get_connection(connection).extra_dejson
    options: dict[str, Any] = {**_SFTP_PATIENCE, "skip_instance_cache": True, "known_hosts": ()}
    if key := extra.get("host_key"):
        options["known_hosts"] = f"* {key if ' ' in key else f'ssh-rsa {key}'}\n".encode()
    elif str(extra.get("no_host_key_check", "")).lower() == "true":
        options["known_hosts"] = None
    logging.getLogger("asyncssh").setLevel(logging.WARNING)  # below, it writes down what files are called
    attach(scheme, connection).fs = get_fs(connection, options)


def _missing(scheme: str, error: Exception) -> Exception:
    """What to install for a scheme; other troubles as they are."""
    if scheme not in _EXTRAS or not (isinstance(error, ImportError) or "registered" in str(error)):
        return error
    return Unreachable(
        f"The packages for {scheme}:// are not installed.",
        f"Install Sendepause's extra `{_EXTRAS[scheme]}` (README, Sources).",
    )


def shows_whole_files(path: Path) -> bool:
    """Whether a remote storage shows a file only once all of it is there."""
    return cast(Any, path).protocol in _WHOLE


def is_local(path: Path) -> bool:
    """Whether the path is on this machine's own file system."""
    return isinstance(path, Path)


def filesystem(path: Path) -> Any:
    """The fsspec file system of a path that is not local."""
    return cast(Any, path).fs


def open_binary(path: Path) -> BinaryIO:
    """Open for reading; the stream can be sought in."""
    return path.open("rb") if is_local(path) else cast(BinaryIO, filesystem(path).open(key(path), "rb"))


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, hexadecimal; read in portions."""
    with open_binary(path) as stream:
        return hashlib.file_digest(cast(io.BufferedReader, stream), "sha256").hexdigest()


def fetch(path: Path, size: int) -> tuple[BinaryIO, str]:
    """A remote file's content, brought over once, and the SHA-256 of what came.

    ``size`` is what the storage told, in bytes; of a file that has grown meanwhile one byte more is taken.
    The stream can be sought in. On the disk it has no name and ends with the stream or the process.
    """
    digest = hashlib.sha256()
    kept = cast(BinaryIO, io.BytesIO() if size <= IN_MEMORY else tempfile.TemporaryFile())  # noqa: SIM115
    try:
        with open_binary(path) as stream:
            while part := stream.read(min(_PORTION, size + 1 - kept.tell())):
                digest.update(part)
                kept.write(part)
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    return kept, digest.hexdigest()


def write(path: Path, data: bytes | memoryview) -> None:
    """Put a file in place, whole or not at all; when it returns, a power cut does not undo it."""
    if not is_local(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return
    fresh = list(takewhile(lambda parent: not parent.exists(), path.parents))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    for changed in (path.parent, *(made.parent for made in fresh)):
        _sync_folder(changed)


def sweep(root: Path) -> None:
    """Delete what writers that were killed left below ``root``; only for the one who writes there."""
    if is_local(root):
        for leftover in root.rglob(TEMPORARY):
            leftover.unlink(missing_ok=True)


def remove_folder(path: Path) -> None:
    """Delete a folder with all that is in it."""
    if is_local(path):
        shutil.rmtree(path)
    else:
        filesystem(path).rm(key(path), recursive=True)


def key(path: Path) -> str:
    """The key of a path that is not local inside its file system."""
    return cast(str, cast(Any, path).path)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
