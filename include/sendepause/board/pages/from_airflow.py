"""The ways from Airflow's own pages to the board: from a task to what it worked on, and the strip on its home
page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from sendepause.board import needs, rendering
from sendepause.board.date_cards import DateCard, date_cards
from sendepause.board.rendering import HERE, language_of
from sendepause.board.source import Desk, Source
from sendepause.model import EntryKind, campaign_key
from sendepause.store import ledger


@dataclass(frozen=True, slots=True)
class Glance:
    """The strip, in words: each date, and how much waits for a person."""

    as_of: str
    dates: tuple[DateCard, ...]
    waiting: str


def router(source: Source) -> APIRouter:
    """``/look?subject=campaign:SYSTEM/ID`` (or ``hold:SEQ``), ``/glance``, and the script that shows it."""
    routes = APIRouter()

    @routes.get("/look")
    def look(request: Request, subject: Annotated[str, Query(max_length=400)] = "") -> Response:
        with source.desk(language_of(request)) as desk:
            page = needs.page_of(desk.seen, _looked_at(desk, subject))
        return RedirectResponse(page, 303)

    @routes.get("/glance")
    def strip(request: Request) -> Response:
        language = language_of(request)
        with source.desk(language) as desk:
            shown = glance(desk)
        return rendering.page(request, "glance.html", language, shown=shown)

    @routes.get("/home.js")
    def script() -> Response:
        headers = {"Cache-Control": "private, max-age=86400"}
        return FileResponse(HERE / "home.js", media_type="text/javascript", headers=headers)

    return routes


def glance(desk: Desk) -> Glance:
    """The dates, and what needs a person, as the overview counts it."""
    _, waiting = needs.needs(desk, 0)
    return Glance(
        as_of=desk.reader.short(desk.reader.now),
        dates=tuple(date_cards(desk)),
        waiting=desk.reader.text("glance_waits" if waiting else "needs_none", n=waiting),
    )


def _looked_at(desk: Desk, subject: str) -> str:
    """The item key behind what a task works on: of a hold, its campaign."""
    kind, _, rest = subject.partition(":")
    if kind == "hold" and rest.isdecimal():
        asked = ledger.entries(desk.session, kinds=[EntryKind.HOLD_ASKED])
        return next((entry.subject for entry in asked if entry.seq == int(rest)), "")
    return subject if kind == "account" else campaign_key(subject)
