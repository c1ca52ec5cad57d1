"""Calls to a campaign system's HTTP API: bounded, patient where that is safe, and silent about secrets.

One client for every connector that speaks HTTP. It holds nothing between calls but an OAuth token, so it
may be used from any event loop and after a fork; within :func:`kept_open` its connections serve the next
call too. No error repeats an answer's text, a header or a query.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import httpx
from pydantic import Field
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from sendepause.campaigns.base import Access
from sendepause.campaigns.shapes import Section
from sendepause.errors import Refused, SendepauseError, Unclear, Unreachable

MOST_BYTES = 16 * 2**20  # of one answer; n8n's list of 250 large workflows stays below
MOST_REDIRECTS = 3
PACKED = frozenset({"", "identity", "gzip", "deflate"})  # once: packed in layers, a few kB hold gigabytes
# The state is read back from the system itself, never from a cache on the way.
ASKED = {"Accept-Encoding": "gzip, deflate", "Cache-Control": "no-cache"}
RETRY = frozenset({429, 502, 503, 504, 524})
NOTHING_DONE = frozenset({429, 503})  # the answer itself says that a write was not begun

# A connection that has rested for longer may have been closed by the other side: Node.js does so after 5 s.
REUSED_WITHIN = 1.0
LIMITS = httpx.Limits(keepalive_expiry=REUSED_WITHIN)

A = TypeVar("A")
T = TypeVar("T")


class Auth(Section):
    """Where the secret of the connection goes: its password into a header, or both into Basic auth.

    ``oauth2_client``: login and password are a client's id and secret (RFC 6749, 4.4); ``token_path``
    gives a token for them, which is kept in memory until it is refused.
    """

    kind: Literal["header", "basic", "oauth2_client", "none"] = "header"
    header: str = "Authorization"
    prefix: str = "Bearer "
    token_path: str = Field(default="/oauth/v2/token", pattern=r"^/[^/?#][^?#]*$")


class Retry(Section):
    """Which answers are tried again, how often, and the longest wait in seconds that is worth it."""

    statuses: frozenset[int] = RETRY
    attempts: int = 3
    longest_wait: float = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the JSON (None where there is none), and where it came from."""

    status: int
    data: Any
    url: httpx.URL
    links: Mapping[str | None, Mapping[str, str]]  # the Link header, by relation

    @property
    def told(self) -> Mapping[str, Any]:
        """The JSON object that came back; empty where it is none."""
        return self.data if isinstance(self.data, Mapping) else {}


@dataclass
class _Token:
    value: str = field(default="", repr=False)


@dataclass(frozen=True, eq=False)
class HttpClient:
    """The calls of one campaign system. ``name`` stands in errors, ``timeout`` (s) bounds each attempt."""

    name: str
    access: Access
    timeout: float
    auth: Auth = field(default_factory=Auth)
    retry: Retry = field(default_factory=Retry)
    headers: Mapping[str, str] = field(default_factory=dict)
    _token: _Token = field(default_factory=_Token, repr=False)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        ok: frozenset[int] = frozenset(),
        writes: bool | None = None,
    ) -> Answer:
        """One call, repeated as ``retry`` says; ``ok`` are statuses beyond 2xx that are an answer too.

        ``path`` is below the connection's base URL, or a whole URL of the same origin. A write is
        repeated only after an answer which says that nothing was done. ``writes``: by the method, unless
        given; a GET that changes something is never repeated or redirected, since whatever stands on the
        way takes it for a reading. Refused, Unreachable, Unclear.
        """
        if writes is None:
            writes = method not in ("GET", "HEAD")
        elif writes and method == "GET":
            return await self._once(method, path, params, body, ok, writes)
        repeats = (self.retry.statuses & NOTHING_DONE) if writes else self.retry.statuses
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(lambda error: self._worth_repeating(error, repeats)),
            wait=_wait,
            stop=stop_after_attempt(self.retry.attempts),
            reraise=True,
        ):
            with attempt:
                return await self._once(method, path, params, body, ok, writes)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _worth_repeating(self, error: BaseException, repeats: frozenset[int]) -> bool:
        return (
            isinstance(error, _Busy)
            and error.status in repeats
            and _seconds(error) <= self.retry.longest_wait
        )

    async def _once(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Any,
        ok: frozenset[int],
        writes: bool,
    ) -> Answer:
        kept = self._token.value
        try:
            return await self._send(method, path, params, body, ok, writes)
        except _Denied:
            if not kept:
                raise
            if self._token.value == kept:
                self._token.value = ""  # it ran out, so nothing was done: once more, with a new one
            return await self._send(method, path, params, body, ok, writes)

    async def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Any,
        ok: frozenset[int],
        writes: bool,
    ) -> Answer:
        try:
            base = httpx.URL(self.access.base_url())
            url = httpx.URL(path if "://" in path else f"{base}{path}")
            self._same_origin(base, url)
            async with asyncio.timeout(self.timeout), self._open() as client:
                headers = {**ASKED, **self.headers, **await self._secret(client, base)}
                request = client.build_request(method, url, params=params, json=body, headers=headers)
                for _ in range(MOST_REDIRECTS + 1):
                    response = await client.send(request, stream=True)
                    if response.next_request is None:
                        return self._answer(response, await self._read(response), method, ok, writes)
                    await response.aclose()
                    request = self._redirected(request, response.next_request, writes)
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._told(error, writes) from None
        except (httpx.InvalidURL, ValueError):
            raise Refused(
                f"The address of {self.name} cannot be read.", "Correct the host of its Airflow connection."
            ) from None
        raise Refused(f"{self.name} redirects in a circle.", "Write the final address into the connection.")

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client for one call; where connections are kept open, one that an earlier call has left."""
        kept = _kept.get()
        if kept is None:
            async with self._new() as client:
                yield client
            return
        free = kept.free.setdefault(self, [])
        if free:
            client = free.pop()
        else:
            client = self._new()
            kept.stack.push_async_callback(client.aclose)
        try:
            yield client
        finally:
            free.append(client)

    def _new(self) -> httpx.AsyncClient:
        nothing = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # no session is carried to the next call
        return httpx.AsyncClient(
            verify=_trust(), timeout=self.timeout, auth=self._basic(), cookies=nothing, limits=LIMITS
        )

    def _redirected(self, request: httpx.Request, target: httpx.Request, writes: bool) -> httpx.Request:
        """The redirect's request: only to the same origin, and never as another method."""
        self._same_origin(request.url, target.url)
        if target.method != request.method or (writes and request.method == "GET"):
            raise Refused(
                f"{self.name} redirects a {request.method}, which would lose what it asks for.",
                "Write the final address into the connection.",
            )
        return target

    def _same_origin(self, ours: httpx.URL, other: httpx.URL) -> None:
        if (ours.scheme, ours.host, ours.port) != (other.scheme, other.host, other.port):
            raise Refused(
                f"{self.name} sends us on to another address ({other.scheme}://{other.host[:100]}), "
                "and the connection's secret is not for that one.",
                "If the system has moved, write its final address into the connection.",
            )

    async def _read(self, response: httpx.Response) -> bytes:
        try:
            if response.headers.get("content-encoding", "").strip().lower() not in PACKED:
                raise Refused(
                    f"{self.name} packs its answers in a way that is not unpacked here.",
                    "Switch compression off there, or to gzip alone.",
                )
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MOST_BYTES:
                    raise Refused(
                        f"{self.name} answers with more than {MOST_BYTES // 2**20} MB.",
                        "Ask for smaller pages in the system's settings.",
                    )
            return bytes(content)
        finally:
            await response.aclose()

    def _answer(
        self, response: httpx.Response, content: bytes, method: str, ok: frozenset[int], writes: bool
    ) -> Answer:
        status = response.status_code
        if not (response.is_success or status in ok):
            raise self._trouble(response, method, writes)
        try:
            data = json.loads(content) if content.strip() else None
        except (ValueError, RecursionError):
            data = None  # whoever needs the data says that they are missing
        return Answer(status, data, response.url, response.links)

    def _trouble(self, response: httpx.Response, method: str, writes: bool) -> SendepauseError:
        status = response.status_code
        said = f"{self.name} answered {status} {httpx.codes.get_reason_phrase(status)} to a {method}."
        if status in self.retry.statuses:
            means = None if not writes or status in NOTHING_DONE else Unclear.means
            return _Busy(said, "Look whether the system is up.", status, _retry_after(response), means)
        if status >= 500:
            kind = Unclear if writes else Unreachable
            return kind(said, "Look into the system's own log.")
        mends = {
            401: "Put a valid secret into the connection.",
            403: "Give the connection's secret the right to list, read and switch campaigns.",
            404: "Look whether the campaign still exists, and whether the connection's address is right.",
        }
        refusal = _Denied if status == 401 else Refused
        return refusal(said, mends.get(status, "Compare the system's settings with its API's description."))

    def _told(self, error: httpx.HTTPError | TimeoutError, writes: bool) -> SendepauseError:
        """An error of the transport. Where nothing was sent, nothing can have happened."""
        what = f"{self.name} at {self.access.shown} did not answer: {type(error).__name__}."
        unsent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
        if not writes or unsent:
            return Unreachable(what, "Look whether the system is up and reachable from Airflow's workers.")
        return Unclear(what, "Nothing to do: the state is read again.")

    async def _secret(self, client: httpx.AsyncClient, base: httpx.URL) -> dict[str, str]:
        if self.auth.kind not in ("header", "oauth2_client"):
            return {}
        if self.auth.kind == "oauth2_client":
            secret = self._token.value = self._token.value or await self._new_token(client, base)
        else:
            secret = self._password()
        return {self.auth.header: self.auth.prefix + secret}

    async def _new_token(self, client: httpx.AsyncClient, base: httpx.URL) -> str:
        """A token for the client's id and secret. Nothing of what is to be called has happened yet."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.access.login or "",
            "client_secret": self._password(),
        }
        response = await client.send(
            client.build_request("POST", f"{base}{self.auth.token_path}", data=form, headers=ASKED),
            stream=True,
        )
        answer = self._answer(response, await self._read(response), "POST", frozenset(), False)
        token = answer.told.get("access_token")
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise Refused(
                f"{self.name} gives no token at {self.auth.token_path}.",
                "Correct auth.token_path in its settings, and look whether the API is switched on there.",
            )
        return token

    def _basic(self) -> httpx.BasicAuth | None:
        if self.auth.kind != "basic":
            return None
        return httpx.BasicAuth(self.access.login or "", self._password())

    def _password(self) -> str:
        password = self.access.password or ""
        if not password or not password.isascii() or not password.isprintable():
            raise Refused(
                f"The connection of {self.name} has no password that can be sent.",
                "Put the system's token or password into the Airflow connection's password.",
            )
        return password


@dataclass(frozen=True)
class _Kept:
    """The open clients of one block: those that no call uses now. Each has one connection.

    One client with a pool of connections looks at every one of them for each call, which takes longer
    than the rest of the call.
    """

    stack: AsyncExitStack
    free: dict[HttpClient, list[httpx.AsyncClient]] = field(default_factory=dict)


_kept: ContextVar[_Kept | None] = ContextVar("_kept", default=None)


@asynccontextmanager
async def kept_open() -> AsyncIterator[None]:
    """Until the block ends, calls of tasks begun in it use open connections again; then they are closed."""
    async with AsyncExitStack() as stack:
        token = _kept.set(_Kept(stack))
        try:
            yield
        finally:
            _kept.reset(token)


class _Denied(Refused):
    """A status that says that the secret is not, or no longer, valid."""


class _Busy(Unreachable):
    """A status that is worth another try."""

    def __init__(
        self, what: str, mend: str, status: int, retry_after: float | None, means: str | None
    ) -> None:
        self.status = status
        super().__init__(what, mend, retry_after=retry_after, means=means)


def _seconds(error: BaseException | None) -> float:
    return error.retry_after or 0.0 if isinstance(error, Unreachable) else 0.0


def _wait(state: RetryCallState) -> float:
    """What the system asked for, else half a second, then one, then two."""
    error = state.outcome.exception() if state.outcome else None
    growing: float = 0.5 * 2 ** (state.attempt_number - 1)
    return max(_seconds(error), growing)


def _retry_after(response: httpx.Response) -> float | None:
    """Retry-After in seconds (RFC 9110, 10.2.3): a number, or a date held against the answer's own Date."""
    told = response.headers.get("retry-after", "").strip()
    if told.isdecimal():
        return float(told[:9])
    try:
        until, sent = parsedate_to_datetime(told), parsedate_to_datetime(response.headers["date"])
        return max(0.0, (until - sent).total_seconds())
    except (ValueError, TypeError, KeyError):
        return None


def at(data: object, place: str) -> Any:
    """What stands at a dotted place (``data.results``) of an answer; None where there is no such place."""
    for part in place.split(".") if place else ():
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def segment(text: str) -> str:
    """``text`` as one segment of a path, percent-encoded, so that an id cannot lead anywhere else."""
    if text in ("", ".", ".."):
        raise Refused("A campaign's id is empty or made of dots, so no path can name it.")
    return quote(text, safe="")


async def at_most(limit: int, work: Callable[[A], Awaitable[T]], items: Iterable[A]) -> list[T]:
    """What ``work`` makes of each item, in order, with so many at the same time."""
    turns = asyncio.Semaphore(limit)

    async def in_turn(item: A) -> T:
        async with turns:
            return await work(item)

    return await asyncio.gather(*map(in_turn, items))


@cache
def _trust() -> ssl.SSLContext:
    """The certificates that are trusted, read once: that takes longer than a call."""
    return httpx.create_ssl_context()
