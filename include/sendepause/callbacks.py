"""What other services call: an application of its own, without logins, in which every request is signed.

It has no session, no page and no other address than those below; who has not signed learns nothing. Slack
waits three seconds for an answer, so all work is done on threads of its own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from sendepause import answering
from sendepause.alerts import answers, slack
from sendepause.answering import Taken
from sendepause.errors import SendepauseError
from sendepause.installation import SIGNING_CONNECTION, SLACK_CONNECTION, Installation, find_access

MAX_BYTES = 64 * 1024
FORM = "application/x-www-form-urlencoded"
READ_SECONDS = 2.0  # in which a body has to arrive
ANSWER_SECONDS = 2.8  # Slack waits for three
SECRET_SECONDS = 60.0  # how long a secret, or that there is none, is kept in memory
WORKERS = 8  # answers at once in one process

log = logging.getLogger(__name__)


def create_app(open_installation: Callable[[], Installation]) -> FastAPI:
    """The application; ``open_installation`` is called with the first answer, and again after a failure.

    ``state.prepare()`` makes ready what an answer needs, where answers can come: the first one would wait
    longer for it than Slack does for us.
    """
    app = FastAPI(
        title="Sendepause: callbacks",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    desk = _Desk(open_installation)
    app.state.prepare = desk.prepare

    @app.post("/slack/answers")
    async def slack_answers(request: Request) -> Response:
        """What people press and send in Slack: https://docs.slack.dev/interactivity."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return Response(status_code=415)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        secret = await asyncio.get_running_loop().run_in_executor(desk.pool, desk.secret)
        if not secret:
            return Response(status_code=503)
        if not answers.is_signed(body, request.headers, secret):
            return Response(status_code=401)
        return await desk.answer(answers.payload_of(body))

    return app


class _Desk:
    """The installation, opened once it can be, the secret, and the threads that work for Slack."""

    def __init__(self, open_installation: Callable[[], Installation]) -> None:
        self._open = open_installation
        self._lock = Lock()
        self._installation: Installation | None = None
        self._secret: tuple[float, str] | None = None
        self.pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="sendepause-answers")

    def secret(self) -> str:
        """The app's signing secret, "" where there is none; looked up once a minute, whoever knocks."""
        with self._lock:
            if self._secret is None or time.monotonic() - self._secret[0] > SECRET_SECONDS:
                self._secret = (time.monotonic(), _signing_secret())
            return self._secret[1]

    def prepare(self) -> None:
        """See ``create_app``. Whatever fails is tried again with the first answer."""
        try:
            if self.secret():
                self._opened()
                slack.hook_client(SLACK_CONNECTION)
        except Exception as error:
            log.info("Answers from Slack are not prepared for yet (%s).", type(error).__name__)

    async def answer(self, payload: Any) -> Response:
        """Acknowledge what was taken. What takes longer is not, and goes on: again it is the same answer."""
        work = asyncio.get_running_loop().run_in_executor(self.pool, self._take, payload)
        try:
            taken = await asyncio.wait_for(asyncio.shield(work), ANSWER_SECONDS)
        except TimeoutError:
            log.warning("An answer from Slack takes longer than %s seconds.", ANSWER_SECONDS)
            return Response(status_code=503)
        if taken is None:
            return Response(status_code=503)
        return JSONResponse(taken.reply) if taken.reply else Response()

    def _take(self, payload: Any) -> Taken | None:
        try:
            installation = self._opened()
            taken = answering.take(installation, payload)
        except Exception as error:  # whatever it is, Slack is told that it was not taken, and nothing else
            told = error if isinstance(error, SendepauseError) else type(error).__name__
            log.error("An answer from Slack was not taken: %s", told)
            self._forget()
            return None
        if taken.changed:
            self.pool.submit(answering.show, installation, taken.changed)
        return taken

    def _opened(self) -> Installation:
        with self._lock:
            if self._installation is None:
                self._installation = self._open()
            return self._installation

    def _forget(self) -> None:
        with self._lock:
            self._installation = None


def _signing_secret() -> str:
    try:
        found = find_access(SIGNING_CONNECTION)
    except Exception as error:  # Airflow's own database, or where it keeps secrets, may be away
        log.error("The signing secret cannot be looked up (%s).", type(error).__name__)
        return ""
    return (found.password or "").strip() if found else ""


async def _body(request: Request) -> bytes | None:
    """The body; None where it is longer than ``MAX_BYTES``, or does not arrive in time."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared[:10]) > MAX_BYTES:
        return None
    parts = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for part in request.stream():
                parts += part
                if len(parts) > MAX_BYTES:
                    return None
    except (TimeoutError, ClientDisconnect):
        return None
    return bytes(parts)
