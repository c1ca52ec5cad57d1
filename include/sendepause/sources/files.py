"""The files below a source's location: which there are, whether they are finished, what they may be called.

A file's name can name a person ("WhatsApp Chat with +49 …"). The store, logs and errors know such a file
by a keyed short name in the same folder.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path, PurePosixPath
from stat import S_ISLNK, S_ISREG
from time import monotonic, sleep
from typing import Any

from sendepause import storage
from sendepause.errors import BadInput, Unreachable
from sendepause.keys import Pseudonymiser, holds_a_number, spelled

UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload", ".swp")
SETTLING = timedelta(seconds=2)
"""A local file changed more recently may still be written to; an object store shows whole objects only."""
UPLOADING = timedelta(minutes=1)
"""The same for a server such as SFTP: its stamps are whole seconds, uploads pause, its clock is another."""
LOOKS_APART = 2.0
"""Seconds between two looks at a file on such a server, where only an unchanged one is taken."""
MAX_IN_FOLDER = 4_000_000
"""Files of one folder: their names are held in order, about 0.1 KB each."""
PAGE = 1_000
"""Objects that S3 is asked for at a time, the most that it gives."""

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
    met: float = field(default_factory=monotonic, compare=False)  # when, on this process's own clock

    @property
    def folder(self) -> str | None:
        """The first folder below the location, if there is one."""
        return self.relative.parts[0] if len(self.relative.parts) > 1 else None

    @property
    def name(self) -> str:
        """The file's name for its reader; an unpacked ``_chat.txt`` has its chat's name in its folder."""
        name = self.relative.name
        if name == "_chat.txt" and len(self.relative.parts) > 1:
            name = f"{self.relative.parent.name}.txt"
        return name.encode(errors="replace").decode()  # Linux allows bytes that are no text


def walk(root: Path, kind: str, now: Callable[[], datetime]) -> Iterator[Found]:
    """All files of a source below ``root``, one after the other; hidden ones and an export's media are none
    of it. Memory is that of the largest folder's names, however many files there are.

    :param now: real time, asked for each file: a walk over many files takes long.
    :raises Unreachable: where the folder is not there.
    :raises BadInput: where a folder holds more than ``MAX_IN_FOLDER`` files.
    :raises OSError: and whatever else the storage raises where it does not answer. What one folder below
        ``root`` raises comes after the files of all others.
    """
    there = root.is_dir() if storage.is_local(root) else root.exists()
    if not there:
        raise Unreachable(
            "The folder of the source is not there.",
            "Check `location` in sources.yaml, and that the storage is mounted or the prefix has files.",
        )
    found = _local(root, now) if storage.is_local(root) else _remote(root, now)
    return (file for file in found if _belongs(file, kind))


def is_same(file: Found) -> bool:
    """Whether the file is still as it was met: nobody wrote to it while it was read.

    Waits where the storage shows files that are being written, until the two looks are ``LOOKS_APART``.
    """
    if storage.is_local(file.path):
        stat = file.path.stat()
        return (stat.st_size, str(stat.st_mtime_ns)) == (file.size, file.modified)
    if not storage.shows_whole_files(file.path):
        sleep(max(0.0, file.met + LOOKS_APART - monotonic()))
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
    if kind in CHAT_KINDS or _names_a_person(str(rest)) or not _can_be_kept(str(rest)):
        word = "chat" if kind in CHAT_KINDS else "file"
        ending = rest.suffix[:10] if _can_be_kept(rest.suffix) else ""
        rest = PurePosixPath(f"{word}-{keys.path(str(rest))}{ending}")
    return str(PurePosixPath(folder) / rest if folder else rest)


def _can_be_kept(path: str) -> bool:
    """Neither longer than the store takes, nor with line breaks, marks or bytes that are no text."""
    return len(path) <= _LONGEST and path.isprintable()


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


def _local(root: Path, now: Callable[[], datetime]) -> Iterator[Found]:
    """By path. A folder that cannot be listed hides no other."""
    trouble: OSError | BadInput | None = None
    ways = [(str(root), _listed(str(root)))]
    while ways:
        folder, names = ways[-1]
        if not names:
            ways.pop()
            continue
        name, is_folder = names.pop()
        path = f"{folder}/{name}"
        try:
            if is_folder:
                ways.append((path, _listed(path)))
            else:
                yield _met(path, root, now())
        except FileNotFoundError:
            continue  # moved away meanwhile, or a link to nothing
        except (OSError, BadInput) as error:
            trouble = trouble or error
    if trouble:
        raise trouble


def _listed(folder: str) -> list[tuple[str, bool]]:
    """What a folder holds, the last first, and which of it are folders. Links to folders are left out."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder or not (entry.is_symlink() and entry.is_dir()):
                found.append((entry.name, is_folder))
            if len(found) > MAX_IN_FOLDER:
                raise BadInput(
                    f"A folder of the source holds more than {MAX_IN_FOLDER:,} files.",
                    "Sort them into folders, for instance one a month.",
                    means="The rest of it was not read; what was read before stays.",
                )
    return sorted(found, reverse=True)


def _met(path: str, root: Path, now: datetime) -> Found:
    found, relative = Path(path), PurePosixPath(path.removeprefix(str(root)).lstrip("/"))
    own = os.lstat(path)
    stat = found.stat() if S_ISLNK(own.st_mode) else own
    inside = stat is own or found.resolve().is_relative_to(root.resolve())
    if not S_ISREG(stat.st_mode) or not inside:
        # Reading a pipe would never end, and whoever may lay files into an inbox may not have others read by
        # a link: what it leads to is not our business, not even its size.
        return Found(found, relative, 0, str(own.st_mtime_ns), plain=False)
    changed = datetime.fromtimestamp(stat.st_mtime, now.tzinfo)
    settled = _rests(changed, now, SETTLING) and not _unfinished(path)
    return Found(found, relative, stat.st_size, str(stat.st_mtime_ns), settled)


def _rests(changed: datetime, now: datetime, settling: timedelta) -> bool:
    """Whether the last change is so long ago; a stamp from the far future is another clock's."""
    return not -_CLOCK_SKEW < now - changed < settling


def _unfinished(name: str) -> bool:
    return name.lower().endswith(UNFINISHED)


def _remote(root: Path, now: Callable[[], datetime]) -> Iterator[Found]:
    fs, prefix = storage.filesystem(root), storage.key(root)
    fs.invalidate_cache()
    entries = _s3_pages(fs, prefix) if hasattr(fs, "call_s3") else _by_folder(fs, prefix)
    whole = storage.shows_whole_files(root)
    for key, info in entries:
        relative = PurePosixPath(key.lstrip("/")).relative_to(prefix.strip("/"))
        path = root / str(relative)
        # What a name with empty parts or dots leads to may be another file.
        plain = info["type"] == "file" and storage.key(path).strip("/") == key.strip("/")
        changed = info.get("mtime")
        rests = whole or not isinstance(changed, datetime) or _rests(changed, now(), UPLOADING)
        settled = rests and not _unfinished(key)
        yield Found(path, relative, info["size"] if plain else 0, _stamp(info), settled, plain)


def _by_folder(fs: Any, folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and description of all files below a folder of any fsspec file system."""
    trouble: OSError | None = None
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            entries = sorted(fs.ls(place, detail=True), key=lambda info: str(info["name"]), reverse=True)
        except (FileNotFoundError, PermissionError) as error:
            trouble = trouble or error
            continue
        fs.invalidate_cache()  # the listing is not needed again
        while entries:
            info = entries.pop()
            key = str(info["name"]).rstrip("/")
            if not key.strip("/").startswith(f"{place.strip('/')}/".lstrip("/")) or ".." in key.split("/"):
                continue  # the folder's own mark, or a server's lie
            if info["type"] == "directory":
                waiting.append(key)
            else:
                yield key, info
    if trouble:
        raise trouble


def _s3_pages(fs: Any, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same for S3, a page of 1,000 at a time: listed at once, a million objects take over 1 GiB."""
    bucket, _, below = prefix.strip("/").partition("/")
    query: dict[str, Any] = {"Bucket": bucket, "Prefix": f"{below}/" if below else "", "MaxKeys": PAGE}
    while query:
        page = fs.call_s3("list_objects_v2", **query)
        for found in page.get("Contents", ()):
            if not found["Key"].endswith("/"):  # a mark for an empty folder
                info = {"size": found["Size"], "ETag": found.get("ETag"), "type": "file"}
                yield f"{bucket}/{found['Key']}", {"LastModified": found["LastModified"], **info}
        token = page.get("NextContinuationToken")
        query = {**query, "ContinuationToken": token} if token else {}


def _stamp(info: dict[str, Any]) -> str:
    """What changes with an object, under the name that its storage gives it."""
    names = ("ETag", "etag", "md5Hash", "LastModified", "last_modified", "updated", "mtime", "created")
    stamp = next((info[name] for name in names if info.get(name)), "")
    moment = stamp.timestamp() if isinstance(stamp, datetime) else stamp
    return hashlib.sha256(str(moment).encode()).hexdigest()[:32]
