"""The board in Airflow's UI: an entry in the navigation, and the pages behind it at ``/sendepause/``.

Every Airflow process loads this file, and few of them ever show a page: what the board is made of is
imported when the first page is asked for. Who may see plugins in Airflow may look at the board.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI


ENFORCING = "sendepause_enforce"
"""Who may change this DAG may act on the board: it is what carries out what is decided there."""


@cache
def build() -> FastAPI:
    """The board's application, for those who have the right to see plugins."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagDetails
    from airflow.api_fastapi.core_api.security import get_user, requires_access_view
    from fastapi import Depends

    from sendepause.board.actions import Actor
    from sendepause.board.app import create_app
    from sendepause.installation import open_installation

    def actor(user: Any = Depends(get_user)) -> Actor:  # noqa: B008 - FastAPI's own way
        details = DagDetails(id=ENFORCING)
        may_act = get_auth_manager().is_authorized_dag(method="PUT", details=details, user=user)
        return Actor(user.get_name(), may_act)

    return create_app(open_installation, [Depends(requires_access_view(AccessView.PLUGINS))], actor)


async def board(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application that Airflow mounts."""
    app = await asyncio.to_thread(build)  # the first import takes a while; other pages go on
    await app(scope, receive, send)


class SendepauseBoard(AirflowPlugin):
    """Where Airflow finds the board. The addresses are relative: Airflow may live below a path."""

    name = "sendepause_board"
    fastapi_apps: ClassVar = [{"name": "Sendepause", "app": board, "url_prefix": "/sendepause"}]
    external_views: ClassVar = [
        {
            "name": "Sendepause",
            "href": "sendepause/",
            "destination": "nav",
            "url_route": "sendepause",
            "nav_top_level": True,
            "icon": "sendepause/icon-light.svg",
            "icon_dark_mode": "sendepause/icon-dark.svg",
        }
    ]
    react_apps: ClassVar = [
        {"name": "SendepauseStrip", "bundle_url": "sendepause/home.js", "destination": "dashboard"}
    ]
