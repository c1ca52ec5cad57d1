"""The chat inside a ZIP archive: found by its name, unpacked within bounds, never onto the disk."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from sendepause.errors import BadInput
from sendepause.sources.base import MAX_CHAT_BYTES as MAX_BYTES

MAX_ENTRIES = 100_000
MAX_CHATS = 100
"""Texts that may be the chat: it, and texts that were sent in it and are called like one."""
MAX_DIRECTORY = 16 * 1024 * 1024
"""Bytes of the archive's list of files, that many names of usual length: it is read at once."""
MAX_RATIO = 200
"""Chat texts shrink by five to ten times; a hundred times more is no chat."""
_SAYS_UTF_8 = 0x800
_RATIO_FROM = 8 * 1024 * 1024  # small files may be as repetitive as they like
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)  # LZMA takes 4 GiB if it is told to
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    IndexError,
    OverflowError,
)
_CHAT_NAME = re.compile(r"whatsapp|واتساب|واتس|וואטסאפ|ватсап|व्हाट्सएप|व्हाट्सऐप", re.IGNORECASE)


def is_zip(stream: BinaryIO, name: str) -> bool:
    """Whether the stream begins like a ZIP archive or is called one. Rewinds the stream."""
    head = stream.read(4)
    stream.seek(0)
    return head[:2] == b"PK" or name.lower().endswith(".zip")


def chat_in(stream: BinaryIO) -> tuple[bytes, str]:
    """The chat's bytes and its file name. Refuses damaged archives, and those with no chat or several.

    Names are looked at, never used as paths, and nothing but texts that may be the chat is unpacked.
    """
    source = _Directory(stream)
    try:
        with zipfile.ZipFile(cast(BinaryIO, source)) as archive:
            source.opened = True
            members = {_path(entry): entry for entry in archive.infolist()}
            if len(members) > MAX_ENTRIES:
                raise _too_many()
            chats = _unpacked(archive, _candidates(members))
    except _DAMAGE as error:
        raise BadInput("The ZIP archive is damaged or cut off.", "Export or upload it again.") from error
    except (RuntimeError, NotImplementedError) as error:  # encrypted, or an unknown compression
        raise _unusual() from error
    return _the_chat(chats)


class _Directory:
    """A stream of which no more is read at once than an honest archive's list of files has."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.opened = stream, False
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        if self.opened:
            return self._stream.read(size)
        data = self._stream.read(MAX_DIRECTORY + 1 if size < 0 else min(size, MAX_DIRECTORY + 1))
        if len(data) > MAX_DIRECTORY:
            raise _too_many()
        return data


def _path(entry: zipfile.ZipInfo) -> PurePosixPath:
    """A member's path, as other systems write it too: with backslashes, or in UTF-8 without saying so."""
    name = entry.filename
    if not entry.flag_bits & _SAYS_UTF_8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return PurePosixPath(name.replace("\\", "/"))


def _candidates(members: Mapping[PurePosixPath, zipfile.ZipInfo]) -> dict[PurePosixPath, zipfile.ZipInfo]:
    texts = {
        path: entry
        for path, entry in members.items()
        if path.suffix.lower() == ".txt"
        and "__MACOSX" not in path.parts
        and not path.name.startswith("._")
        and not entry.is_dir()
        and not stat.S_ISLNK(entry.external_attr >> 16)
    }
    named = {path: entry for path, entry in texts.items() if _is_chat_name(path.name)}
    if named or len(texts) == 1:
        return named or texts
    if any(path.suffix.lower() == ".zip" for path in members):
        raise BadInput(
            "The archive holds other archives and no chat.",
            "Unpack it, and lay each export by itself into its account's folder.",
        )
    raise BadInput(
        "The archive holds no chat.", "Export the chat again: it is _chat.txt or a text named after it."
    )


def _is_chat_name(name: str) -> bool:
    return name.lower() == "_chat.txt" or bool(_CHAT_NAME.search(name))


def _too_large() -> BadInput:
    return BadInput(
        "The chat inside the archive unpacks to more than can be read.", "Export a shorter period."
    )


def _too_many() -> BadInput:
    return BadInput(f"The archive holds more than {MAX_ENTRIES} files.", "Export one chat an archive.")


def _several() -> BadInput:
    return BadInput(
        "The archive holds several chats.",
        "Unpack it, and lay each chat by itself into its account's folder.",
    )


def _unusual() -> BadInput:
    return BadInput(
        "The ZIP archive is encrypted or packed in an unusual way.", "Pack it again without a password."
    )


def _unpacked(
    archive: zipfile.ZipFile, entries: Mapping[PurePosixPath, zipfile.ZipInfo]
) -> dict[PurePosixPath, bytes]:
    if len(entries) > MAX_CHATS:
        raise _several()
    if sum(entry.file_size for entry in entries.values()) > MAX_BYTES:
        raise _too_large()
    return {path: _unpack(archive, entry) for path, entry in entries.items()}


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.compress_type not in _PACKED:
        raise _unusual()
    if entry.file_size > _RATIO_FROM and entry.file_size > MAX_RATIO * entry.compress_size:
        raise _too_large()
    with archive.open(entry) as packed:
        data = packed.read(MAX_BYTES + 1)  # the size in the directory may lie
    if len(data) > MAX_BYTES:
        raise _too_large()
    return data


def _the_chat(chats: Mapping[PurePosixPath, bytes]) -> tuple[bytes, str]:
    """The one text that no other text names as its attachment."""
    own = {
        path: data
        for path, data in chats.items()
        if not any(path.name.encode() in other for other_path, other in chats.items() if other_path != path)
    }
    if not own:
        raise BadInput("The archive holds no chat.", "Export one chat an archive.")
    if len(own) > 1:
        raise _several()
    path, data = own.popitem()
    if not data:
        raise BadInput("The chat inside the archive is empty.", "Export it again.")
    return data, path.name
