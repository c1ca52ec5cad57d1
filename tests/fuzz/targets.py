"""What is fuzzed: every reader and the archive, fed with bytes that are read or refused and nothing else."""

from __future__ import annotations

import io
from pathlib import Path

from sendepause.errors import BadInput
from sendepause.frames import MESSAGES
from sendepause.sources import READERS, archive, read_whole
from sendepause.sources.base import ReadContext

CASES = Path(__file__).parents[1] / "cases" / "inputs"
KINDS = (*sorted(READERS), "archive")
_CONTEXT = ReadContext("Europe/Berlin", owner="Ida Krug", owner_names=("+49 171 3920002",))


def corpus() -> list[bytes]:
    """The cases' inputs, as they are."""
    return [path.read_bytes() for path in sorted(CASES.iterdir()) if not path.name.endswith("expected.json")]


def read_or_refuse(kind: str, data: bytes) -> None:
    """Fails where a reader raises anything but ``BadInput``, or gives another table than all readers."""
    try:
        if kind == "archive":
            archive.chat_in(io.BytesIO(data))
            return
        reading = read_whole(kind, io.BytesIO(data), "WhatsApp Chat mit Ida Krug.txt", _CONTEXT)
    except BadInput as refused:
        assert refused.what
    else:
        assert reading.messages.schema == MESSAGES
