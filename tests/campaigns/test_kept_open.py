"""Connections that are kept for the length of a run: used again, never shared, closed at its end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from sendepause.campaigns.base import Access
from sendepause.campaigns.http import HttpClient, kept_open

ANSWER = b"HTTP/1.1 200 OK\r\nset-cookie: session=1\r\ncontent-length: 2\r\n\r\n{}"


@dataclass
class Heard:
    """A system that answers anything, and sets a cookie with it."""

    connections: int = 0
    open: int = 0
    heads: list[str] = field(default_factory=list)
    url: str = ""

    async def __aenter__(self) -> Heard:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections, self.open = self.connections + 1, self.open + 1
        try:
            while True:
                self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode().lower())
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.open -= 1
            writer.close()

    def client(self, password: str) -> HttpClient:
        return HttpClient("The system", Access("http", self.url, password=password), 5)


def test_one_connection_serves_one_call_after_another_and_is_closed_at_the_end() -> None:
    async def run() -> Heard:
        async with Heard() as heard:
            client = heard.client("secret-of-one")
            async with kept_open():
                for _ in range(5):
                    await client.call("GET", "/x")
                assert heard.open == 1
            await asyncio.sleep(0.05)
        return heard

    heard = asyncio.run(run())
    assert (heard.connections, heard.open) == (1, 0)


def test_without_it_each_call_has_its_own() -> None:
    async def run() -> int:
        async with Heard() as heard:
            client = heard.client("secret-of-one")
            for _ in range(3):
                await client.call("GET", "/x")
            return heard.connections

    assert asyncio.run(run()) == 3


def test_calls_at_the_same_time_have_a_connection_each_and_another_loop_has_others() -> None:
    async def run(client: HttpClient) -> None:
        async with kept_open():
            for _ in range(2):
                await asyncio.gather(*(client.call("GET", "/x") for _ in range(4)))

    async def both() -> tuple[int, int]:
        async with Heard() as heard:
            client = heard.client("secret-of-one")
            await run(client)
            first = heard.connections
            await asyncio.to_thread(asyncio.run, run(client))
            return first, heard.connections

    assert asyncio.run(both()) == (4, 8)


def test_no_session_and_no_secret_is_carried_from_one_client_to_another() -> None:
    async def run() -> list[str]:
        async with Heard() as heard, kept_open():
            for password in ("secret-of-one", "secret-of-two"):
                client = heard.client(password)
                for _ in range(2):
                    await client.call("GET", "/x")
            return heard.heads

    heads = asyncio.run(run())
    assert not any("cookie:" in head for head in heads)
    assert ["secret-of-one" in head for head in heads] == [True, True, False, False]
    assert ["secret-of-two" in head for head in heads] == [False, False, True, True]
