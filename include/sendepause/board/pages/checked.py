"""The set-up check on a page: configuration, connections, rights, channels; by reading, never by acting.

It asks every system outside, so it is made when somebody asks for it, and what was found is kept a moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from fastapi import APIRouter, Request, Response

from sendepause import check
from sendepause.board import rendering
from sendepause.board.rendering import language_of
from sendepause.board.seen import Reader
from sendepause.board.source import Source
from sendepause.check import Line
from sendepause.installation import Installation

KEPT = timedelta(minutes=1)
"""So long a check serves whoever asks: each one calls every campaign system and Slack."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything on the page."""

    as_of: str
    lines: tuple[Line, ...]

    @property
    def to_mend(self) -> int:
        """How many lines are not well."""
        return sum(not line.ok for line in self.lines)


class _Checks:
    """The last check, made one at a time."""

    def __init__(self, makes: Callable[[Installation], tuple[Line, ...]]) -> None:
        self._makes = makes
        self._lock = Lock()
        self._kept: tuple[datetime, tuple[Line, ...]] | None = None

    def lines(self, installation: Installation) -> tuple[datetime, tuple[Line, ...]]:
        with self._lock:
            now = installation.now()
            if self._kept is None or not timedelta(0) <= now - self._kept[0] < KEPT:
                self._kept = (now, self._makes(installation))
            return self._kept


def made(installation: Installation) -> tuple[Line, ...]:
    """The check, made now."""
    return tuple(check.check(installation))


def router(source: Source, makes: Callable[[Installation], tuple[Line, ...]]) -> APIRouter:
    """The page; ``makes`` makes a check."""
    routes, checks = APIRouter(), _Checks(makes)

    @routes.get("/check")
    def page(request: Request) -> Response:
        language = language_of(request)
        settings, _ = source.settings()
        at, lines = checks.lines(source.opened())
        reader = Reader(language, settings.operators.time_zone, at)
        as_of = reader.text("as_of", moment=reader.long(at), zone=reader.zone)
        return rendering.page(request, "check.html", language, shown=Checked(as_of, lines), here="check")

    return routes
