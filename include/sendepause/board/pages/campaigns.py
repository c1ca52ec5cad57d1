"""All campaigns and gateway sessions, those first that run or that somebody has to look at."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from sendepause.board import lines, rendering
from sendepause.board.lines import CampaignLine, Page
from sendepause.board.rendering import language_of
from sendepause.board.source import Source


def router(source: Source) -> APIRouter:
    """The page."""
    routes = APIRouter()

    @routes.get("/campaigns")
    def page(
        request: Request,
        q: Annotated[str, Query(max_length=200)] = "",
        page: int = 1,
    ) -> Response:
        language = language_of(request)
        with source.desk(language) as desk:
            reader = desk.reader
            chosen = lines.paged(lines.choose_campaigns(desk.seen, q.strip()), page)
            shown: Page[CampaignLine] = lines.mapped(
                chosen, lambda one: lines.campaign_line(desk.seen, one, reader)
            )
            as_of = reader.text("as_of", moment=reader.long(reader.now), zone=reader.zone)
        return rendering.page(
            request,
            "campaigns.html",
            language,
            shown=shown,
            as_of=as_of,
            q=q.strip(),
            here="campaigns",
        )

    return routes
