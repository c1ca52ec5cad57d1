"""What would be said in Slack now, or is said in every situation."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from sendepause.board import rendering
from sendepause.board.messages import Choice, messages
from sendepause.board.rendering import language_of
from sendepause.board.source import Source
from sendepause.previewing import Ways


def router(source: Source, ways: Callable[[], Ways]) -> APIRouter:
    """``ways`` says what can be done over Slack; it is asked for each page."""
    routes = APIRouter()

    @routes.get("/messages")
    def page(
        request: Request, show: str = "", owner: str = "", stage: str = "", spoken: str = "", page: int = 1
    ) -> Response:
        language = language_of(request)
        installation, (settings, _) = source.opened(), source.settings()
        choice = Choice.of(show, owner, stage, spoken, page)
        told = messages(installation, settings, ways, installation.now(), language, choice)
        return rendering.page(request, "messages.html", language, told=told, here="messages")

    return routes
