"""What people do on the board: hold, approve, confirm, try again, and move the two switches.

Each is a form's POST. It needs the right to act, an origin that is the board's own, and the name of the
asking (``request``): the same form sent twice does one thing. It lands in the ledger under the Airflow
user's name, as on the command line.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from sendepause import people
from sendepause.board import rendering
from sendepause.board.rendering import language_of
from sendepause.board.source import Source
from sendepause.errors import BadInput

BODY = 16 * 1024  # bytes of a form at most
_BACK = frozenset({"./", "accounts", "account", "campaigns", "plan", "problems", "ledger"})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who looks at the board. ``request`` names what a form of this page asks for."""

    name: str
    may_act: bool
    request: str = field(default_factory=lambda: secrets.token_urlsafe(12))


def nobody() -> Actor:
    """Where nothing says who asks, nobody may act."""
    return Actor("", may_act=False)


REQUEST = Form(min_length=8, max_length=64, pattern=r"^[\w-]+$")
"""The name of the asking, which every form brings."""

BACK = Form("./", max_length=300)
"""The page to come back to."""


def own_origin(request: Request) -> None:
    """A form comes from the board itself: its origin is the address that was called.

    Browsers send ``Origin`` with every POST; a page elsewhere cannot set another. Behind a proxy that changes
    ``Host``, the browser's own word that it is the same site counts (``Sec-Fetch-Site``).
    """
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > BODY:
        raise HTTPException(413)
    origin = urlsplit(request.headers.get("origin", ""))
    same = bool(origin.netloc) and origin.netloc == request.headers.get("host")
    if not same and request.headers.get("sec-fetch-site") != "same-origin":
        raise HTTPException(403, "The form did not come from the board.")


def acting(request: Request) -> None:
    """Whoever acts has the right to, and a name for the ledger."""
    who: Actor = request.state.who
    if not who.may_act or not who.name:
        raise HTTPException(403, "This needs the right to change the DAG sendepause_enforce.")


def router(source: Source) -> APIRouter:
    """All actions, for those who may act."""
    routes = APIRouter(dependencies=[Depends(own_origin), Depends(acting)])

    @routes.post("/act-approve")
    def approve(
        http: Request,
        key: str = Form(max_length=400),
        item: str = Form("", max_length=600),
        request: str = REQUEST,
        back: str = BACK,
    ) -> Response:
        def do() -> None:
            people.approve(source.opened(), key, http.state.who.name, item or None, request=request)

        return _done(http, do, "done_approved", back)

    @routes.post("/act-hold")
    def hold(
        http: Request,
        campaign: str = Form(max_length=400),
        until: str = Form(max_length=40),
        reason: str = Form(max_length=1000),
        request: str = REQUEST,
        back: str = BACK,
    ) -> Response:
        def do() -> None:
            ends = _moment(until, ZoneInfo(source.settings()[0].operators.time_zone))
            people.ask_hold(source.opened(), campaign, ends, reason, http.state.who.name, request=request)

        return _done(http, do, "done_hold", back)

    @routes.post("/act-confirm")
    def confirm(
        http: Request,
        campaign: str = Form(max_length=400),
        request: str = REQUEST,
        back: str = BACK,
    ) -> Response:
        def do() -> None:
            people.confirm(source.opened(), campaign, http.state.who.name, request=request)

        return _done(http, do, "done_confirmed", back)

    @routes.post("/act-halt")
    def halt(
        http: Request,
        on: bool = Form(),
        request: str = REQUEST,
        back: str = BACK,
    ) -> Response:
        def do() -> None:
            people.switch_halt(source.opened(), on, http.state.who.name, request=request)

        return _done(http, do, "done_halt" if on else "done_halt_off", back)

    @routes.post("/act-retry")
    def retry(
        http: Request,
        what: str = Form(pattern="^(message|file)$"),
        id: str = Form(max_length=2000),
        of_source: str = Form("", alias="source", max_length=200),
        request: str = REQUEST,
        back: str = BACK,
    ) -> Response:
        def do() -> None:
            people.try_again(source.opened(), what, of_source, id, http.state.who.name, request=request)

        return _done(http, do, "done_retry", back)

    return routes


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            "The end of a hold is no moment.", place="until", means="No hold was asked for."
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _done(http: Request, do: Callable[[], None], said: str, back: str) -> Response:
    """Do it and go back, with a word that it was done; what is refused is told on a page."""
    address, kept = _way_back(back)
    try:
        do()
    except BadInput as error:
        values = {"title": "refused", "told": (error.what, error.means), "mend": error.mend}
        way = "?".join(filter(None, [address, "&".join(kept)]))
        return rendering.page(http, "trouble.html", language_of(http), 409, back=way, **values)
    return RedirectResponse(f"{address}?{'&'.join([*kept, urlencode({'done': said})])}", 303)


def _way_back(back: str) -> tuple[str, list[str]]:
    """One of the board's own addresses, and what was chosen there: a form may say anything."""
    path, _, query = back.partition("?")
    if path not in _BACK:
        return "./", []
    return path, [pair for pair in query.split("&") if pair and not pair.startswith("done=")]
