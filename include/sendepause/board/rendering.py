"""A page's HTML: its template, the reader's language, and the addresses that it leads to."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from sendepause.board.mrkdwn import visible
from sendepause.board.texts import text
from sendepause.model import Language

COOKIE = "sendepause_language"
COOKIE_SECONDS = 365 * 24 * 3600

PAGES = (
    ("./", "board"),
    ("accounts", "accounts"),
    ("campaigns", "campaigns"),
    ("plan", "plan_page"),
    ("alerts", "alerts"),
    ("messages", "messages"),
    ("ledger", "ledger"),
    ("problems", "problems"),
    ("check", "check_page"),
)
"""The address of each page, relative to the board's own, and the text that names it."""

DONE = frozenset(f"done_{what}" for what in ("approved", "hold", "confirmed", "halt", "halt_off", "retry"))
"""What a page says after something was done."""

HERE = Path(__file__).parent


def page(request: Request, template: str, language: Language, status: int = 200, **values: Any) -> Response:
    """A page from its template. ``here``: the address of the page in the navigation."""
    done = request.query_params.get("done", "")
    values = {"here": "", "said": done if done in DONE else "", **values}
    content = TEMPLATES.get_template(template).render(
        t=partial(_text, language),
        language=language,
        languages={Language.DE: "Deutsch", Language.EN: "English"},
        pages=PAGES,
        link=partial(_link, {name: value for name, value in request.query_params.items() if value}),
        nonce=request.state.nonce,
        who=request.state.who,
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


def language_of(request: Request) -> Language:
    """The language asked for: by the address, by an earlier choice, or by the browser; else English."""
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if asked in set(Language):
            return Language(asked)
    offered = (part.partition(";") for part in request.headers.get("accept-language", "").split(","))
    ranked = sorted(offered, key=lambda part: -_quality(part[2]))
    names = (name.strip().partition("-")[0].lower() for name, _, rest in ranked if _quality(rest) > 0)
    return next((Language(name) for name in names if name in set(Language)), Language.EN)


def _text(language: Language, key: str, **values: object) -> str:
    return text(key, language, **values)


def _link(asked: dict[str, str], **changes: object) -> str:
    """This page's address with something changed; None takes a part out."""
    wanted = {**asked, **changes}
    wanted = {name: value for name, value in wanted.items() if name != "lang" or name in changes}
    return "?" + urlencode({name: value for name, value in wanted.items() if value is not None})


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


def _hash(value: str) -> str:
    """A short name for a key, of letters and digits."""
    return hashlib.sha256(value.encode()).hexdigest()[:8]


def _visible(value: Any) -> Any:
    """Texts without marks that turn their direction or that nobody sees: a name could pass for another."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = _code
    environment.filters["hash"] = _hash
    environment.globals["style_version"] = hashlib.sha256((HERE / "style.css").read_bytes()).hexdigest()[:12]
    return environment


TEMPLATES = _environment()
