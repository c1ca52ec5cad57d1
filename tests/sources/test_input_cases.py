"""Every input case reads as its expectation says, or is refused where it must be."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sendepause.errors import BadInput
from sendepause.frames import MESSAGES
from sendepause.sources import read_whole
from sendepause.sources.base import ReadContext
from sendepause.sources.show import as_json_lines

INPUTS = Path(__file__).parents[1] / "cases" / "inputs"
EXPECTED = sorted(INPUTS.glob("*.expected.json"))


def _same(text: str | None) -> str | None:
    if text is None:
        return None
    kept = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return " ".join("".join(kept).split())


def _instant(message: dict[str, Any], zone: ZoneInfo) -> datetime:
    if "sent_at_utc" in message:
        return datetime.fromisoformat(message["sent_at_utc"])
    return datetime.fromisoformat(message["sent_at_local"]).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.name.removesuffix(".expected.json"))
def test_a_case_reads_as_expected(path: Path) -> None:
    expected = json.loads(path.read_text(encoding="utf-8"))
    stem = path.name.removesuffix(".expected.json")
    (file,) = (other for other in INPUTS.glob(f"{stem}.*") if other != path)
    context = ReadContext(time_zone=expected["time_zone"], owner=expected["owner"])
    with file.open("rb") as stream:
        if expected["error"] is not None:
            with pytest.raises(BadInput) as refused:
                read_whole(expected["kind"], stream, file.name, context)
            assert re.search(r"\w", refused.value.what)
            return
        reading = read_whole(expected["kind"], stream, file.name, context)
    assert reading.messages.schema == MESSAGES
    zone = ZoneInfo(expected["time_zone"])
    wanted = [
        (_instant(m, zone), _same(m["author"]), _same(m["text"]), m["media"], m["system"])
        for m in expected["messages"]
    ]
    shown = [json.loads(line) for line in as_json_lines(reading, expected["time_zone"])]
    given = [
        (datetime.fromisoformat(m["sent_at"]), _same(m["author"]), _same(m["text"]), m["media"], m["system"])
        for m in shown
    ]
    if expected["kind"] == "chat_export":
        assert given == wanted
    else:
        assert Counter(given) == Counter(wanted)
