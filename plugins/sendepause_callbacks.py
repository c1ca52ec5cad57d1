"""What other services call, at ``/sendepause-callbacks/``: answers from Slack, at ``slack/answers`` below it.

It stands apart from the board, which needs a login: here nobody is logged in, and nothing is done without a
signature. Where Slack does not reach this Airflow, `sendepause listen` does the same; this file may then be
deleted. Every Airflow process loads this file: what the callbacks are made of is imported with the first one.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

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
    """The ASGI application that Airflow mounts."""
    app = await asyncio.to_thread(build)
    await app(scope, receive, send)


class SendepauseCallbacks(AirflowPlugin):
    """Where Airflow finds the callbacks."""

    name = "sendepause_callbacks"
    fastapi_apps: ClassVar = [
        {"name": "Sendepause: callbacks", "app": callbacks, "url_prefix": "/sendepause-callbacks"}
    ]
