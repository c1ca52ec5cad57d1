"""The board as a FastAPI application: its pages, style sheet, icons, health, and what people do on it.

Nothing of Airflow is imported here: who may look, and who may act under which name, is decided by the
dependencies that are handed in.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress

from fastapi import Depends, FastAPI, Request, Response, params
from fastapi.responses import FileResponse, JSONResponse
from starlette.background import BackgroundTask
from starlette.middleware.base import RequestResponseEndpoint

from sendepause import previewing
from sendepause.board import actions, rendering
from sendepause.board.actions import Actor
from sendepause.board.pages import (
    account,
    accounts,
    alerts,
    campaigns,
    checked,
    from_airflow,
    ledger,
    messages,
    overview,
    plan,
    problems,
    report,
)
from sendepause.board.rendering import HERE, language_of
from sendepause.board.source import Source
from sendepause.board.texts import text
from sendepause.check import Line
from sendepause.errors import SendepauseError
from sendepause.installation import Installation
from sendepause.model import Language
from sendepause.previewing import Ways

_ICONS = ("icon-light.svg", "icon-dark.svg")

log = logging.getLogger(__name__)


def create_app(
    open_installation: Callable[[], Installation],
    dependencies: Sequence[params.Depends] = (),
    actor: Callable[..., Actor] = actions.nobody,
    ways: Callable[[], Ways] = previewing.ways,
    checks: Callable[[Installation], tuple[Line, ...]] = checked.made,
) -> FastAPI:
    """The board's application.

    :param open_installation: called when the first page is asked for, and again after a failure.
    :param dependencies: guard every route.
    :param actor: a dependency that says who asks, and whether that person may act.
    :param checks: makes the set-up check.
    :param ways: says what can be done over Slack; asked for each page of messages.
    """

    def identify(request: Request, who: Actor = Depends(actor)) -> None:  # noqa: B008 - FastAPI's own way
        request.state.who = who

    app = FastAPI(
        title="Sendepause",
        dependencies=[*dependencies, Depends(identify)],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    source = Source(open_installation)
    app.middleware("http")(_secured)
    app.exception_handler(SendepauseError)(_not_ready)
    app.exception_handler(Exception)(_failed)
    for page in (
        overview,
        accounts,
        account,
        campaigns,
        alerts,
        plan,
        ledger,
        report,
        problems,
        from_airflow,
    ):
        app.include_router(page.router(source))
    app.include_router(messages.router(source, ways))
    app.include_router(checked.router(source, checks))
    app.include_router(actions.router(source))

    @app.get("/health")
    def health() -> Response:
        try:
            source.check()
        except SendepauseError as error:
            return JSONResponse({"ok": False, "what": error.what, "mend": error.mend}, 503)
        return JSONResponse({"ok": True})

    @app.get("/style.css")
    def style() -> Response:
        return FileResponse(HERE / "style.css", headers={"Cache-Control": "private, max-age=86400"})

    @app.get("/{icon}.svg")
    def icon_file(icon: str) -> Response:
        if f"{icon}.svg" not in _ICONS:
            return Response(status_code=404)
        # Airflow's navigation shows it, so whoever opens Airflow finds the board ready when they come to it.
        ready = BackgroundTask(_make_ready, source)
        headers = {"Cache-Control": "private, max-age=300"}
        return FileResponse(HERE / f"{icon}.svg", headers=headers, background=ready)

    return app


def _make_ready(source: Source) -> None:
    """Read what the first view needs; what is wrong is told by the page itself."""
    with suppress(Exception), source.desk(Language.EN) as desk:
        overview.overview(desk)


async def _secured(request: Request, call_next: RequestResponseEndpoint) -> Response:
    request.state.nonce = secrets.token_urlsafe(16)
    request.state.who = actions.nobody()
    return _with_policy(request, await call_next(request))


def _with_policy(request: Request, response: Response) -> Response:
    """Nothing from elsewhere, no script but our own, no frame but Airflow's."""
    policy = (
        f"default-src 'none'; style-src 'self'; script-src 'nonce-{request.state.nonce}'; img-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    )
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _not_ready(request: Request, error: Exception) -> Response:
    """A page that says what to do, in place of one that shows how it stands."""
    what, means, mend = (str(getattr(error, part, "")) for part in ("what", "means", "mend"))
    values = {"title": "not_ready", "told": (what, means), "mend": mend}
    return rendering.page(request, "trouble.html", language_of(request), 503, **values)


def _failed(request: Request, error: Exception) -> Response:
    log.error("The board could not be built.", exc_info=error)
    language = language_of(request)
    values = {"title": "failed", "told": (text("failed_means", language),), "mend": ""}
    page = rendering.page(request, "trouble.html", language, 500, **values)
    return _with_policy(request, page)  # this one is answered outside of the middleware
