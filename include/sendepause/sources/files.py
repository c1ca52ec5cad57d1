"""The files below a source's location: which there are, whether they are finished, what they may be called.

A file's name can name a person ("WhatsApp Chat with +49 …"). The store, logs and errors know such a file
by a keyed short name in the same folder.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from sendepause import storage
from sendepause.errors import Unreachable
from sendepause.keys import Pseudonymiser, holds_a_number, spelled

UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload", ".swp")
SETTLING = timedelta(seconds=2)
"""A local file changed more recently may still be written to; an object store shows whole objects only."""

CHAT_KINDS = ("chat_export", "chat_exporter_json")
_CHAT_EXPORTS = (".txt", ".zip")  # everything else in an unpacked export is media
_PERSONAL = re.compile(r"@|\+\d")  # a JID, the beginning of a number
_E164 = re.compile(r"\+\d{7,15}")
_COPY = re.compile(r"\s*\(\d+\)$")
_CLOCK_SKEW = timedelta(minutes=1)
_LONGEST = 300  # characters of a path that the store keeps


@dataclass(frozen=True, slots=True)
class Found:
    """A file as it was met. ``modified`` is the storage's own stamp; ``settled``: nobody is writing."""

    path: Path
    relative: PurePosixPath  # to the source's location
    size: int  # bytes
    modified: str
    settled: bool = True
    plain: bool = True  # no pipe or device, and no link that leads out of the source

    @property
    def folder(self) -> str | None:
        """The first folder below the location, if there is one."""
        return self.relative.parts[0] if len(self.relative.parts) > 1 else None

    @property
    def name(self) -> str:
        """The file's name for its reader; an unpacked ``_chat.txt`` has its chat's name in its folder."""
        if self.relative.name == "_chat.txt" and len(self.relative.parts) > 1:
            return f"{self.relative.parent.name}.txt"
        return self.relative.name


def walk(root: Path, kind: str, now: datetime) -> list[Found]:
    """All files of a source below ``root``, by path; hidden ones and an export's media are none of it.

    :raises Unreachable: where the folder is not there.
    :raises OSError: and whatever else the storage raises where it does not answer.
    """
    there = root.is_dir() if storage.is_local(root) else root.exists()
    if not there:
        raise Unreachable(
            "The folder of the source is not there.",
            "Check `location` in sources.yaml, and that the storage is mounted or the prefix has files.",
        )
    found = _local(root, now) if storage.is_local(root) else _objects(root)
    return sorted((file for file in found if _belongs(file, kind)), key=lambda file: file.relative.parts)


def is_same(file: Found) -> bool:
    """Whether the file is still as it was met: nobody wrote to it while it was read."""
    if storage.is_local(file.path):
        stat = file.path.stat()
        return (stat.st_size, str(stat.st_mtime_ns)) == (file.size, file.modified)
    fs = storage.filesystem(file.path)
    fs.invalidate_cache()
    info = fs.info(storage.key(file.path))
    return (info["size"], _stamp(info)) == (file.size, file.modified)


def shown(file: Found, kind: str, keys: Pseudonymiser, accounts: Collection[str]) -> str:
    """The path by which the store and people know the file: its own, unless it may name a person.

    A folder named by a number is shown where the number is one of ``accounts``, not where it may be a
    customer's.
    """
    folder = file.folder if number(file.folder) in accounts else None
    rest = file.relative.relative_to(folder) if folder else file.relative
    masked = kind in CHAT_KINDS or _names_a_person(str(rest)) or len(str(rest)) > _LONGEST
    if masked:
        word = "chat" if kind in CHAT_KINDS else "file"
        rest = PurePosixPath(f"{word}-{keys.path(str(rest))}{rest.suffix[:10]}")
    return str(PurePosixPath(folder) / rest if folder else rest)


def _names_a_person(path: str) -> bool:
    return bool(_PERSONAL.search(path)) or holds_a_number(path)


@lru_cache(maxsize=65_536)
def number(folder: str | None) -> str | None:
    """The number in E.164 that a folder is named after, if it is."""
    found = spelled(folder or "")
    return found if _E164.fullmatch(found) else None


def chat_of(file: Found) -> str:
    """What stands for the chat where a file does not tell: its name, without a copy's "(1)"."""
    return _COPY.sub("", PurePosixPath(file.name).stem).casefold()


def _belongs(file: Found, kind: str) -> bool:
    parts = file.relative.parts
    if any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return False
    if kind != "chat_export" or file.relative.suffix.lower() in UNFINISHED:
        return True
    return file.relative.suffix.lower() in _CHAT_EXPORTS


def _local(root: Path, now: datetime) -> Iterator[Found]:
    def refuse(error: OSError) -> None:
        raise error

    for folder, _, names in os.walk(root, onerror=refuse):
        for name in names:
            path = Path(folder, name)
            try:
                stat, plain = path.stat(), _is_plain(path, root)
            except FileNotFoundError:
                continue  # moved away meanwhile, or a link to nothing
            if not plain:  # what it leads to is not our business, not even its size
                yield Found(path, _relative(path, root), 0, str(path.lstat().st_mtime_ns), plain=False)
                continue
            age = now - datetime.fromtimestamp(stat.st_mtime, now.tzinfo)
            settled = not -_CLOCK_SKEW < age < SETTLING and not name.lower().endswith(UNFINISHED)
            yield Found(path, _relative(path, root), stat.st_size, str(stat.st_mtime_ns), settled)


def _relative(path: Path, root: Path) -> PurePosixPath:
    return PurePosixPath(path.relative_to(root).as_posix())


def _is_plain(path: Path, root: Path) -> bool:
    """A file of the source's own. Reading a pipe would never end, and whoever may lay files into an inbox may
    not have others read by a link."""
    return path.is_file() and (not path.is_symlink() or path.resolve().is_relative_to(root.resolve()))


def _objects(root: Path) -> Iterator[Found]:
    fs, prefix = storage.filesystem(root), storage.key(root)
    fs.invalidate_cache()
    for key, info in fs.find(prefix, detail=True).items():
        relative = PurePosixPath(key.lstrip("/")).relative_to(prefix.strip("/"))
        settled = not key.lower().endswith(UNFINISHED)
        yield Found(root / str(relative), relative, info["size"], _stamp(info), settled)


def _stamp(info: dict[str, Any]) -> str:
    """What changes with an object, under the name that its storage gives it."""
    names = ("ETag", "etag", "md5Hash", "LastModified", "last_modified", "updated", "mtime", "created")
    stamp = next((info[name] for name in names if info.get(name)), "")
    moment = stamp.timestamp() if isinstance(stamp, datetime) else stamp
    return hashlib.sha256(str(moment).encode()).hexdigest()[:32]
