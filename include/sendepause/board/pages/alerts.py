"""What Slack was told, is to be told, and refused: the newest alerts, those that wait first."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from sendepause.alerts import outbox
from sendepause.board import lines, rendering
from sendepause.board.rendering import language_of
from sendepause.board.source import Source

NEWEST = 100


def router(source: Source) -> APIRouter:
    """The page."""
    routes = APIRouter()

    @routes.get("/alerts")
    def page(request: Request) -> Response:
        language = language_of(request)
        with source.desk(language) as desk:
            reader = desk.reader
            found = outbox.overview(desk.session, limit=NEWEST)
            shown = tuple(lines.alert_line(desk.seen, one, reader) for one in found.rows)
            states = ("owed", "sent", "overtaken", "refused")
            counts = {state: reader.number(getattr(found, state)) for state in states}
            as_of = reader.text("as_of", moment=reader.long(reader.now), zone=reader.zone)
        return rendering.page(
            request, "alerts.html", language, here="alerts", alerts=shown, counts=counts, as_of=as_of
        )

    return routes
