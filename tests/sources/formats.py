"""Small invented chats, and how to read them in a test."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from sendepause.sources import read_whole
from sendepause.sources.base import ReadContext, Reading
from sendepause.sources.show import as_json_lines

LRM = "\u200e"


def read(kind: str, data: str | bytes, name: str = "file.txt", **context: Any) -> Reading:
    """The reading of a file given as text or bytes; the zone is Berlin's unless another is given."""
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return read_whole(kind, stream, name, ReadContext(**({"time_zone": "Europe/Berlin"} | context)))


def shown(kind: str, data: str | bytes, name: str = "file.txt", **context: Any) -> list[dict[str, Any]]:
    """The messages as ``sendepause read`` prints them."""
    reading = read(kind, data, name, **context)
    return [json.loads(line) for line in as_json_lines(reading, context.get("time_zone", "Europe/Berlin"))]


def zipped(files: dict[str, bytes | str]) -> bytes:
    """A ZIP archive of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()
