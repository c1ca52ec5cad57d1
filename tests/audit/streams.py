"""Invented streams of events for the audit's tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import polars as pl

from sendepause.audit.activity import day_rows
from sendepause.audit.sharing import SHARED
from sendepause.audit.signals import complete
from sendepause.audit.window import MEASURES, measures
from sendepause.frames import EVENTS

NOON = datetime(2019, 11, 20, 12, tzinfo=UTC)  # a Wednesday

Line = tuple[datetime, str, str | None, str | None]
"""When, direction, counterpart, content."""


def events(lines: Iterable[Line], *, account: str = "+491", resolution: str = "s") -> pl.DataFrame:
    """Events of one account, in the order given; each has an id of its own."""
    rows = [
        {
            "event_id": f"{account}-{index}",
            "account_id": account,
            "sent_at": at,
            "resolution": resolution,
            "position": index,
            "direction": direction,
            "counterpart": counterpart,
            "content": content,
            "campaign_id": None,
            "source": "invented",
        }
        for index, (at, direction, counterpart, content) in enumerate(lines)
    ]
    return pl.DataFrame(rows, schema=EVENTS)


def sends(
    start: datetime, gaps: Iterable[float], *, people: str = "p{}", contents: str | None = None
) -> list[Line]:
    """A send at ``start`` and one after each gap (s); ``{}`` becomes the number of the send."""
    at = [start]
    for gap in gaps:
        at.append(at[-1] + timedelta(seconds=gap))
    return [
        (moment, "out", people.format(number), None if contents is None else contents.format(number))
        for number, moment in enumerate(at)
    ]


def measured(frame: pl.DataFrame, zones: dict[str, str] | None = None) -> dict[str, object]:
    """The measures of the only account in a frame of events, over all its days."""
    (line,) = measures(day_rows(frame, zones or {})).to_dicts()
    return line


def completed(line: dict[str, object]) -> pl.DataFrame:
    """A measured line with what is derived from it, of an account that shares nothing."""
    alone = SHARED.to_frame().drop("account_id")
    return complete(pl.concat([pl.DataFrame([line], schema=MEASURES), alone], how="diagonal"))
