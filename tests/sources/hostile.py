"""Reads hostile files of one kind in a process of its own, and tells its peak of memory and what was said.

``python tests/sources/hostile.py KIND`` prints one JSON object: ``mib``, and what refused each file.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from typing import BinaryIO

from tests.memory import peak_mib

from sendepause.errors import BadInput
from sendepause.sources import reader
from sendepause.sources.base import ReadContext

MIB = 1024 * 1024
LARGE = 100 * MIB
HEADER = b"30.05.23, 18:44 - Ida: "

FILES: dict[str, Callable[[], BinaryIO]] = {
    "one line": lambda: _file(b"x", LARGE),
    "one message": lambda: _file(HEADER, 0, b"x", 60 * MIB),
    "one string": lambda: _file(b'{"event":"message","payload":"', 0, b"x", LARGE),
    "one cell": lambda: _file(b'Datum;Uhrzeit;Nachricht\n01.02.2024;12:00;"', 0, b"x", LARGE),
    "empty lines": lambda: _file(b"\n", LARGE),
    "empty lines of a chat": lambda: _file(HEADER, 0, b"\n", 60 * MIB),
    "columns": lambda: _file(b"date,time,message", 0, b",", LARGE),
    "brackets": lambda: _file(b"[", LARGE),
    "4 GiB": lambda: _sparse(4 * 1024 * MIB),
}


def _file(*pieces: bytes | int) -> BinaryIO:
    """Pieces, each followed by how many bytes it is to fill; 0 stands for once."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by who asked
    for piece, size in zip(pieces[::2], pieces[1::2], strict=True):
        assert isinstance(piece, bytes)
        assert isinstance(size, int)
        for _ in range(max(1, size // MIB)):
            file.write(piece * (MIB // len(piece)) if size else piece)
    file.seek(0)
    return file


def _sparse(size: int) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by who asked
    file.truncate(size)
    return file


def _said(kind: str, stream: BinaryIO) -> str:
    """What refused it; "" where it was read."""
    try:
        for _ in reader(kind)(stream, "a.txt", ReadContext("Europe/Berlin", owner="Ida")):
            pass
    except BadInput as refused:
        return refused.what
    return ""


def main() -> None:
    """Read them all, one after the other."""
    said = {}
    for name, made in FILES.items():
        with made() as stream:
            said[name] = _said(sys.argv[1], stream)
    print(json.dumps({"mib": peak_mib(), "said": said}))  # noqa: T201


if __name__ == "__main__":
    main()
