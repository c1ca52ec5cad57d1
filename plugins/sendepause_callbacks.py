"""What other services call, at ``/sendepause-callbacks/``: answers from Slack, at ``slack/answers`` below it.

It stands apart from the board, which needs a login: here nobody is logged in, and nothing is done without a
signature. Where Slack does not reach this Airflow, `sendepause listen` does the same; this file may then be
deleted. Every Airflow process loads it: what the callbacks are made of is imported where they are served.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI


@cache
def build() -> FastAPI:
    """The callbacks' application."""
    from sendepause.callbacks import create_app
    from sendepause.installation import open_installation

    return create_app(open_installation)


async def callbacks(scope: Any, receive: Any, send: Any) -> None:
    """The application, made with the first request where nothing made it before."""
    app = await asyncio.to_thread(build)
    await app(scope, receive, send)


@asynccontextmanager
async def prepared(_: FastAPI) -> AsyncIterator[None]:
    """In each process that serves: make ready, beside its start, what the first answer needs within 3 s."""
    making = asyncio.create_task(asyncio.to_thread(lambda: build().state.prepare()))
    yield
    making.cancel()


class SendepauseCallbacks(AirflowPlugin):
    """Where Airflow finds the callbacks."""

    name = "sendepause_callbacks"

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """What a server mounts. Of an application of FastAPI's own kind, Airflow runs the lifespan."""
        from fastapi import FastAPI

        shell = FastAPI(lifespan=prepared, docs_url=None, redoc_url=None, openapi_url=None)
        shell.mount("/", callbacks)
        return [{"name": "Sendepause: callbacks", "app": shell, "url_prefix": "/sendepause-callbacks"}]
