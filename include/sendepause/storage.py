"""Files in a local folder or an object store, behind the interface of pathlib.

A local file is written under a temporary name, synced, and renamed; an object appears with its one PUT.
Either way a reader sees the old content or the new, never half of it.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from itertools import takewhile
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

TEMPORARY = ".*.tmp"


def folder(location: str | Path, connection: str | None = None) -> Path:
    """The folder at a path, or at a URL such as ``s3://bucket/folder`` reached with an Airflow connection.

    Airflow is imported only for a URL. What it gives for one behaves like a ``Path``.
    """
    if "://" not in str(location):
        return Path(location)
    url = urlsplit(str(location))
    if url.scheme == "file":
        return Path(unquote(url.path))
    from airflow.sdk import ObjectStoragePath

    return cast(Path, ObjectStoragePath(str(location), conn_id=connection))


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


def write(path: Path, data: bytes) -> None:
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
