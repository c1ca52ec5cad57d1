"""A stream whose beginning was looked at, put together again."""

from __future__ import annotations

import io
from typing import Any, BinaryIO


def beginning(stream: BinaryIO, size: int) -> bytes:
    """Its first bytes, as many as there are up to ``size``: a store's stream may give fewer at a time."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def chained(*pieces: bytes | BinaryIO) -> BinaryIO:
    """One stream of bytes and streams, one after the other."""
    return io.BufferedReader(_Chained(pieces))


class _Chained(io.RawIOBase):
    def __init__(self, pieces: tuple[bytes | BinaryIO, ...]) -> None:
        self._streams = [io.BytesIO(piece) if isinstance(piece, bytes) else piece for piece in pieces]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self._streams:
            if data := self._streams[0].read(len(buffer)):
                buffer[: len(data)] = data
                return len(data)
            self._streams.pop(0)
        return 0
