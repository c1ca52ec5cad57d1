"""A connection of Slack's Socket Mode, over which answers come in.

The library keeps it alive, and moves it to another address when Slack says so beforehand. Once it is lost,
whoever opened it opens another one. https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Condition
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError, SlackClientNotConnectedError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

AT_ONCE = 4  # answers
PING_SECONDS = 2.0  # a connection that does not answer for four of these is lost; the library takes 5
FAREWELL_SECONDS = 5.0  # in which what is being answered is still acknowledged

Acknowledge = Callable[[dict[str, Any] | None], None]
Handle = Callable[[Any, Acknowledge], None]

log = logging.getLogger(__name__)


class SocketMode:
    """One connection. ``handle`` gets each payload, in a thread, and what acknowledges it with a reply.

    What it raises is logged by its kind, and what it does not acknowledge Slack sends again.

    :raises slack_errors.NO_ANSWER: where it cannot be opened.
    """

    def __init__(self, app_token: str, client: WebClient, handle: Handle) -> None:
        self._handle = handle
        self._free = Condition()
        self._busy = 0
        self._closing = False
        url = client.apps_connections_open(app_token=app_token)["url"]
        # The library's log has payloads in it where something is odd; and it would reconnect for ever.
        self._client = SocketModeClient(
            app_token,
            _silent(),
            client,
            auto_reconnect_enabled=False,
            ping_interval=PING_SECONDS,
            concurrency=AT_ONCE,
        )
        self._client.wss_uri = str(url)
        self._client.socket_mode_request_listeners.append(self._on_request)
        try:
            self._client.connect()
            if not self.is_alive:
                raise SlackClientNotConnectedError("no connection")
        except BaseException:
            self.close()
            raise

    @property
    def is_alive(self) -> bool:
        """Whether answers can come in."""
        return bool(self._client.is_connected())

    def close(self) -> None:
        """End it, after what is being answered."""
        with self._free:
            self._closing = True
            self._free.wait_for(lambda: not self._busy, FAREWELL_SECONDS)
        self._client.close()

    def _on_request(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        with self._free:
            if self._closing:
                return
            self._busy += 1
        try:
            self._answer(client, request)
        except SlackClientError:
            log.info("Slack was gone before an answer was acknowledged; it comes again.")
        except Exception as error:
            log.error("An answer from Slack was not taken (%s).", type(error).__name__)
        finally:
            with self._free:
                self._busy -= 1
                self._free.notify_all()

    def _answer(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        def acknowledge(reply: dict[str, Any] | None) -> None:
            client.send_socket_mode_response(SocketModeResponse(request.envelope_id, reply))

        if request.type == "interactive":
            self._handle(request.payload, acknowledge)
        else:  # events and commands, which this app asks for nowhere
            acknowledge(None)


def _silent() -> logging.Logger:
    logger = logging.getLogger("sendepause.alerts.socket_mode.library")
    logger.disabled = True
    return logger
