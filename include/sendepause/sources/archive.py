"""The chat inside a ZIP archive: found by its name, unpacked within bounds, never onto the disk."""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import BinaryIO

from sendepause.errors import BadInput
from sendepause.sources.base import MAX_BYTES

MAX_ENTRIES = 100_000
MAX_CHATS = 100
"""Texts that may be the chat: it, and texts that were sent in it and are called like one."""
MAX_RATIO = 200
"""Chat texts shrink by five to ten times; a hundred times more is no chat."""
_RATIO_FROM = 8 * 1024 * 1024  # small files may be as repetitive as they like
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
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
    """The chat's bytes and its file name. Refuses damaged archives, and those with no chat or several."""
    try:
        with zipfile.ZipFile(stream) as archive:
            if len(archive.infolist()) > MAX_ENTRIES:
                raise BadInput(
                    f"The archive holds more than {MAX_ENTRIES} files.", "Export one chat an archive."
                )
            entries = _candidates(archive)
            if len(entries) > MAX_CHATS:
                raise BadInput("The archive holds several chats.", "Export one chat an archive.")
            if sum(entry.file_size for entry in entries) > MAX_BYTES:
                raise _too_large()
            chats = {entry.filename: _unpack(archive, entry) for entry in entries}
    except _DAMAGE as error:
        raise BadInput("The ZIP archive is damaged or cut off.", "Export or upload it again.") from error
    except (RuntimeError, NotImplementedError) as error:  # encrypted, or an unknown compression
        raise BadInput(
            "The ZIP archive is encrypted or packed in an unusual way.", "Pack it again without a password."
        ) from error
    return _the_chat(chats)


def _candidates(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    texts = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir()
        and not entry.filename.startswith("__MACOSX/")
        and "/__MACOSX/" not in entry.filename
        and entry.filename.lower().endswith(".txt")
        and not PurePosixPath(entry.filename).name.startswith("._")
    ]
    named = [entry for entry in texts if _is_chat_name(PurePosixPath(entry.filename).name)]
    if not named and len(texts) != 1:
        raise BadInput(
            "The archive holds no chat.", "Export the chat again: it is _chat.txt or a text named after it."
        )
    return named or texts


def _is_chat_name(name: str) -> bool:
    return name.lower() == "_chat.txt" or bool(_CHAT_NAME.search(name))


def _too_large() -> BadInput:
    return BadInput(
        "The chat inside the archive unpacks to more than can be read.", "Export a shorter period."
    )


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.file_size > _RATIO_FROM and entry.file_size > MAX_RATIO * entry.compress_size:
        raise _too_large()
    with archive.open(entry) as packed:
        data = packed.read(MAX_BYTES + 1)  # the size in the directory may lie
    if len(data) > MAX_BYTES:
        raise _too_large()
    return data


def _the_chat(chats: dict[str, bytes]) -> tuple[bytes, str]:
    """The one text that no other text names as its attachment."""
    own = {
        path: data
        for path, data in chats.items()
        if not any(
            PurePosixPath(path).name.encode() in other
            for other_path, other in chats.items()
            if other_path != path
        )
    }
    if len(own) != 1:
        raise BadInput(
            "The archive holds several chats." if own else "The archive holds no chat.",
            "Export one chat an archive.",
        )
    path, data = own.popitem()
    if not data:
        raise BadInput("The chat inside the archive is empty.", "Export it again.")
    return data, PurePosixPath(path).name
