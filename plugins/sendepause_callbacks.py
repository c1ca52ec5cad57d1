"""What other services call, at ``/sendepause-callbacks/``: answers from Slack, at ``slack/answers`` below it,
and Meta's webhooks of the WhatsApp Business Platform, at ``meta/webhooks``.

It stands apart from the board, which needs a login: here nobody is logged in, and nothing is done without a
signature. Where Slack does not reach this Airflow, `sendepause listen` does the same; where neither it nor
Meta is to call, this file may be deleted. Every Airflow process loads it: what the callbacks are made of is
imported where they are served.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI


def build_callbacks() -> Any:
    """What Slack calls."""
    from sendepause.callbacks import create_app
    from sendepause.installation import open_installation

    return create_app(open_installation)


def build_receiver() -> Any:
    """What Meta calls."""
    from sendepause.installation import open_installation
    from sendepause.receiving.app import create_app

    return create_app(open_installation)


class Lazily:
    """An ASGI application that is made with the first request, where nothing made it before."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build

    @cached_property
    def app(self) -> Any:
        return self._build()

    def prepare(self) -> None:
        """Make ready what the first request needs."""
        self.app.state.prepare()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if "app" not in self.__dict__:
            await asyncio.to_thread(lambda: self.app)
        await self.app(scope, receive, send)


callbacks, receiver = Lazily(build_callbacks), Lazily(build_receiver)


@asynccontextmanager
async def prepared(_: FastAPI) -> AsyncIterator[None]:
    """In each process that serves: make ready, beside its start, what the first answer needs within 3 s."""
    making = [asyncio.create_task(asyncio.to_thread(one.prepare)) for one in (callbacks, receiver)]
    yield
    for one in making:
        one.cancel()


class SendepauseCallbacks(AirflowPlugin):
    """Where Airflow finds the callbacks."""

    name = "sendepause_callbacks"

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """What a server mounts. Of an application of FastAPI's own kind, Airflow runs the lifespan."""
        from fastapi import FastAPI

        shell = FastAPI(lifespan=prepared, docs_url=None, redoc_url=None, openapi_url=None)
        shell.mount("/meta", receiver)
        shell.mount("/", callbacks)
        return [{"name": "Sendepause: callbacks", "app": shell, "url_prefix": "/sendepause-callbacks"}]
