"""Which day rows are still to be made: written down before events change, so that no kill forgets one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from uuid import uuid4

from sendepause import storage
from sendepause.events.blocks import Partition


def note_pending(root: Path, path: Path | None, partitions: Iterable[Partition]) -> Path:
    """Write down whose day rows are to be made; a list that has become empty is deleted."""
    content = json.dumps([[str(day), bucket] for day, bucket in sorted(partitions)])
    if path is None:
        path = root / "activity" / "pending" / f"{uuid4().hex}.json"
    if content == "[]":
        path.unlink(missing_ok=True)
    else:
        storage.write(path, content.encode())
    return path


def pending(root: Path) -> dict[Path, list[Partition]]:
    """What is written down, by the file in which it is."""
    found = (root / "activity" / "pending").glob("*.json")
    return {
        path: [(date.fromisoformat(day), bucket) for day, bucket in json.loads(path.read_bytes())]
        for path in found
        if not path.name.startswith(".")
    }
