"""The board as a FastAPI application: two pages, their style sheet, icons and health. It only reads.

Nothing of Airflow is imported here: who may look is decided by the ``dependencies`` that are handed in.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Query, Request, Response
from fastapi.params import Depends
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.middleware.base import RequestResponseEndpoint

from sendepause import previewing
from sendepause.board.messages import Choice, Messages, messages
from sendepause.board.mrkdwn import visible
from sendepause.board.texts import text
from sendepause.board.view import Asked, Memory, Overview, overview
from sendepause.configuration import BadConfiguration
from sendepause.errors import SendepauseError
from sendepause.installation import Installation
from sendepause.model import Language
from sendepause.places import configuration_folder
from sendepause.previewing import Ways
from sendepause.settings import Settings
from sendepause.store import database

COOKIE = "sendepause_language"
COOKIE_SECONDS = 365 * 24 * 3600

_HERE = Path(__file__).parent
_CHOSEN = ("q", "page", "campaigns", "show", "owner", "stage", "spoken")  # what the pages are asked for by
_ICONS = ("icon-light.svg", "icon-dark.svg")

log = logging.getLogger(__name__)


class _Source:
    """The installation, opened once it can be, and its configuration, read again when a file changes."""

    def __init__(self, open_installation: Callable[[], Installation]) -> None:
        self._open = open_installation
        self._lock = Lock()
        self._installation: Installation | None = None
        self._memory = Memory()
        self._settings: tuple[object, Settings, BadConfiguration | None] | None = None

    def read(self, language: Language, asked: Asked) -> Overview:
        """The board now.

        :raises SendepauseError: where the store or the configuration cannot be used; it says what to do.
        """
        installation = self._opened()
        try:
            settings, trouble = self._read_settings(installation)
            with database.session(installation.engine, write=False) as session:
                now = installation.now()
                return overview(session, settings, now, language, asked, trouble, self._memory)
        except Exception:
            self._forget()
            self._opened()  # where the store is the matter, this says so better
            raise

    def messages(self, ways: Callable[[], Ways], language: Language, choice: Choice) -> Messages:
        """The messages that would be said now, or in every situation; raises as :meth:`read` does."""
        installation = self._opened()
        settings, _ = self._read_settings(installation)
        return messages(installation, settings, ways, installation.now(), language, choice)

    def check(self) -> None:
        """Read something; raises as :meth:`read` does."""
        installation = self._opened()
        database.check_schema(installation.engine)
        self._read_settings(installation)

    def _opened(self) -> Installation:
        with self._lock:
            if self._installation is None:
                self._installation = self._open()
            return self._installation

    def _forget(self) -> None:
        with self._lock:
            if self._installation is not None:
                self._installation.engine.dispose()
            self._installation = self._settings = None
            self._memory = Memory()

    def _read_settings(self, installation: Installation) -> tuple[Settings, BadConfiguration | None]:
        files = sorted(configuration_folder().glob("*.*"))
        stamps = [(file.name, (stat := file.stat()).st_mtime_ns, stat.st_size) for file in files]
        known = self._settings
        if known is None or known[0] != stamps:
            known = (stamps, *installation.read_settings())
            self._settings = known
        return known[1], known[2]


def create_app(
    open_installation: Callable[[], Installation],
    dependencies: Sequence[Depends] = (),
    ways: Callable[[], Ways] = previewing.ways,
) -> FastAPI:
    """The board's application; ``dependencies`` guard every route of it.

    ``open_installation`` is called when the first page is asked for, and again after a failure. ``ways``
    says what can be done over Slack; it is asked for each page of messages.
    """
    app = FastAPI(
        title="Sendepause",
        dependencies=list(dependencies),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    source = _Source(open_installation)
    app.middleware("http")(_secured)
    app.exception_handler(SendepauseError)(_not_ready)
    app.exception_handler(Exception)(_failed)

    @app.get("/")
    def page(
        request: Request,
        q: Annotated[str, Query(max_length=200)] = "",
        page: int = 1,
        campaigns: int = 1,
    ) -> Response:
        language = _language(request)
        shown = source.read(language, Asked(q.strip(), page, campaigns))
        return _page(request, "board.html", language, board=shown, q=q.strip(), here="./")

    @app.get("/messages")
    def messages_page(
        request: Request, show: str = "", owner: str = "", stage: str = "", spoken: str = "", page: int = 1
    ) -> Response:
        language = _language(request)
        told = source.messages(ways, language, Choice.of(show, owner, stage, spoken, page))
        return _page(request, "messages.html", language, told=told, here="messages")

    @app.get("/health")
    def health() -> Response:
        try:
            source.check()
        except SendepauseError as error:
            return JSONResponse({"ok": False, "what": error.what, "mend": error.mend}, 503)
        return JSONResponse({"ok": True})

    @app.get("/style.css")
    def style() -> Response:
        return FileResponse(_HERE / "style.css", headers={"Cache-Control": "private, max-age=86400"})

    @app.get("/{icon}.svg")
    def icon_file(icon: str) -> Response:
        if f"{icon}.svg" not in _ICONS:
            return Response(status_code=404)
        return FileResponse(_HERE / f"{icon}.svg", headers={"Cache-Control": "private, max-age=86400"})

    return app


async def _secured(request: Request, call_next: RequestResponseEndpoint) -> Response:
    request.state.nonce = secrets.token_urlsafe(16)
    return _with_policy(request, await call_next(request))


def _with_policy(request: Request, response: Response) -> Response:
    """Nothing from elsewhere, no script but our own, no frame but Airflow's."""
    policy = (
        f"default-src 'none'; style-src 'self'; script-src 'nonce-{request.state.nonce}'; img-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    )
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _not_ready(request: Request, error: Exception) -> Response:
    """A page that says what to do, in place of one that shows how it stands."""
    what, means, mend = (str(getattr(error, part, "")) for part in ("what", "means", "mend"))
    return _page(
        request, "trouble.html", _language(request), 503, title="not_ready", told=(what, means), mend=mend
    )


def _failed(request: Request, error: Exception) -> Response:
    log.error("The board could not be built.", exc_info=error)
    language = _language(request)
    told = (text("failed_means", language),)
    page = _page(request, "trouble.html", language, 500, title="failed", told=told, mend="")
    return _with_policy(request, page)  # this one is answered outside of the middleware


def _page(request: Request, template: str, language: Language, status: int = 200, **values: Any) -> Response:
    values = {"here": "", **values}
    content = _TEMPLATES.get_template(template).render(
        t=partial(_text, language),
        language=language,
        languages={Language.DE: "Deutsch", Language.EN: "English"},
        link=partial(_link, _asked(request)),
        nonce=request.state.nonce,
        **values,
    )
    response = HTMLResponse(content, status)
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language, Cookie"
    if request.query_params.get("lang") == language:
        response.set_cookie(
            COOKIE,
            language,
            max_age=COOKIE_SECONDS,
            path=f"{request.scope.get('root_path', '')}/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
    return response


def _text(language: Language, key: str, **values: object) -> str:
    return text(key, language, **values)


def _asked(request: Request) -> dict[str, str]:
    """What the address asks for, without what stands at its default."""
    asked = {name: request.query_params.get(name, "") for name in _CHOSEN}
    return {name: value for name, value in asked.items() if value}


def _link(asked: dict[str, str], **changes: object) -> str:
    """This page's address with something changed; None takes a part out."""
    wanted = {**asked, **changes}
    return "?" + urlencode({name: value for name, value in wanted.items() if value is not None})


def _language(request: Request) -> Language:
    """The language asked for: by the address, by an earlier choice, or by the browser; else English."""
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if asked in set(Language):
            return Language(asked)
    offered = (part.partition(";") for part in request.headers.get("accept-language", "").split(","))
    ranked = sorted(offered, key=lambda part: -_quality(part[2]))
    names = (name.strip().partition("-")[0].lower() for name, _, rest in ranked if _quality(rest) > 0)
    return next((Language(name) for name in names if name in set(Language)), Language.EN)


def _quality(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0


def _code(sentence: str) -> Markup:
    """A sentence with its commands, which stand between backticks, marked as code."""
    parts = [escape(part) for part in str(_visible(sentence)).split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts)
    )


def _visible(value: Any) -> Any:
    """Texts without marks that turn their direction or that nobody sees: a name could pass for another."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = _code
    environment.globals["style_version"] = hashlib.sha256((_HERE / "style.css").read_bytes()).hexdigest()[:12]
    return environment


_TEMPLATES = _environment()
