"""The address that Meta calls: an application of its own, without logins, in which every call is signed.

Who has not signed learns nothing but that. https://developers.facebook.com/docs/graph-api/webhooks says how
Meta calls; it wants a median below 250 ms, and less than one call in a hundred above a second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sendepause.installation import Installation
from sendepause.receiving.groups import Groups
from sendepause.receiving.secrets import Secrets, find_secrets, signature_possible

if TYPE_CHECKING:
    from sendepause.receiving.taking import Taker

PATH = "/webhooks"
MAX_BYTES = 3 * 1024 * 1024  # Meta: "webhooks payloads can be up to 3 MB"
MOST_HELD = 64 * 1024 * 1024  # bytes of all bodies that one process reads or keeps at a time
READ_SECONDS = 10.0  # in which a body has to arrive
ANSWER_SECONDS = 5.0  # after which Meta is told to repeat, though the group may still be committed
SECRET_SECONDS = 60.0  # how long the secrets are kept in memory
AGAIN_SECONDS = 5.0  # where they could not be looked up
QUIET_SECONDS = 60.0  # between two lines in the log about calls that were not believed

log = logging.getLogger(__name__)


def create_app(open_installation: Callable[[], Installation]) -> Starlette:
    """The application; ``open_installation`` is called with the first call, and again after a failure.

    ``state.prepare()`` makes ready what a call needs, where calls can come.
    """
    door = Door(open_installation)
    app = Starlette(routes=[Route(PATH, door)])
    app.router.redirect_slashes = False
    app.state.prepare = door.prepare
    return app


class _Refused(Exception):
    """A call ends here with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Door:
    """The one address. For who has not signed only bytes are held, and of these no more than so many."""

    def __init__(self, open_installation: Callable[[], Installation]) -> None:
        self._open = open_installation
        self._secrets, self._until = Secrets(), float("-inf")  # and how long they serve, monotonic
        self._lookup = ThreadPoolExecutor(1, thread_name_prefix="sendepause-meta")
        self._looking = asyncio.Lock()
        self._held = 0  # bytes
        self._disbelieved, self._told = 0, float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            match scope["method"]:
                case "POST":
                    answer = await self._take(scope, receive)
                case "GET":
                    answer = await self._verify(scope)
                case _:
                    answer = Response(status_code=405, headers={"Allow": "GET, POST"})
        except _Refused as refused:
            answer = Response(status_code=refused.status)
        await answer(scope, receive, send)

    def prepare(self) -> None:
        """See ``create_app``. Whatever fails is tried again with the first call."""
        try:
            self._look_up()
            if self._secrets.app_secrets:
                self._taker.prepare()
        except Exception as error:
            log.info("Meta's webhooks are not prepared for yet (%s).", type(error).__name__)

    async def _verify(self, scope: Scope) -> Response:
        challenge = (await self._known()).challenge(scope["query_string"])
        if challenge is None:
            raise _Refused(403)
        return PlainTextResponse(challenge, headers={"X-Content-Type-Options": "nosniff"})

    async def _take(self, scope: Scope, receive: Receive) -> Response:
        """Acknowledge what is committed. Nothing of a body is looked at before its signature."""
        secrets = await self._known()
        if not secrets.app_secrets:
            raise _Refused(503)
        signature = _header(scope, b"x-hub-signature-256")
        if not signature_possible(signature):
            raise self._disbelief()
        body = await self._body(scope, receive)
        try:
            if not secrets.is_signed(body, signature):
                raise self._disbelief()
            committed = await asyncio.wait_for(self._groups.put(body), ANSWER_SECONDS)
        except TimeoutError:
            log.warning("A call of Meta's takes longer than %s seconds.", ANSWER_SECONDS)
            committed = False
        finally:
            self._held -= len(body)
        return Response(status_code=200 if committed else 503)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The body, counted as held."""
        declared = _header(scope, b"content-length") or b"0"
        if not declared.isdigit() or int(declared[:10]) > MAX_BYTES:
            raise _Refused(413)
        parts = bytearray()
        try:
            async with asyncio.timeout(READ_SECONDS):
                await self._read(receive, parts)
        except TimeoutError:
            self._held -= len(parts)
            raise _Refused(408) from None
        except BaseException:
            self._held -= len(parts)
            raise
        return bytes(parts)

    async def _read(self, receive: Receive, parts: bytearray) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Refused(400)
            part = message.get("body", b"")
            if len(parts) + len(part) > MAX_BYTES:
                raise _Refused(413)
            if self._held + len(part) > MOST_HELD:
                raise _Refused(503)
            parts += part
            self._held += len(part)
            more = message.get("more_body", False)

    def _disbelief(self) -> _Refused:
        """Who did not sign; told in the log now and then, since the app secret may be a wrong one."""
        self._disbelieved += 1
        if time.monotonic() - self._told > QUIET_SECONDS:
            log.warning("%d calls were not signed with the app secret.", self._disbelieved)
            self._disbelieved, self._told = 0, time.monotonic()
        return _Refused(401)

    async def _known(self) -> Secrets:
        """The secrets, looked up once a minute, whoever knocks."""
        if time.monotonic() > self._until:
            async with self._looking:
                if time.monotonic() > self._until:
                    await asyncio.get_running_loop().run_in_executor(self._lookup, self._look_up)
        return self._secrets

    def _look_up(self) -> None:
        try:
            self._secrets, seconds = find_secrets(), SECRET_SECONDS
        except Exception as error:  # Airflow's own database is away: what was known goes on
            log.error("The secrets of Meta's webhooks cannot be looked up (%s).", type(error).__name__)
            seconds = AGAIN_SECONDS
        self._until = time.monotonic() + seconds

    @cached_property
    def _taker(self) -> Taker:
        from sendepause.receiving.taking import Taker  # Polars, only where something is received

        return Taker(self._open)

    @cached_property
    def _groups(self) -> Groups:
        return Groups(self._taker.take)


def _header(scope: Scope, name: bytes) -> bytes:
    """A header's value; "" where it is missing, or stands there twice."""
    values = [value for key, value in scope["headers"] if key == name]
    return bytes(values[0]) if len(values) == 1 else b""
