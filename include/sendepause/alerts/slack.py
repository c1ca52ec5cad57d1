"""Slack: the client from Airflow's connection, what the app must be able to do, and delivery."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from slack_sdk import WebClient as WebClient  # other rooms name the type from here
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from sqlalchemy import Engine

from sendepause.alerts.outbox import Recipient
from sendepause.alerts.sending import Delivered, Round
from sendepause.alerts.slack_errors import MISSING_SCOPE, NO_ANSWER, said

BUDGET = timedelta(minutes=4)
RATE_LIMIT_RETRIES = 2

# Private channels need the two of ``groups``. History: an unclear message is looked up there.
SCOPES = ("chat:write", "channels:history", "groups:history", "channels:read", "groups:read")

_MENDS = {
    "channel_not_found": "is unknown to the app; check the id, and invite the app to it",
    "not_in_channel": "is closed to the app; invite it with /invite",
}
_SCOPE = re.compile(r"[a-z:.,_ ]{1,200}")


def hook_client(conn_id: str = "slack_api_default") -> WebClient | None:
    """slack-sdk's client for an Airflow connection, or None where there is no such connection or token.

    Its retry handlers replace the hook's own, which repeat connection errors only. They are for reading:
    ``deliver`` posts without them, since a handler that repeats a broken post would post twice.
    """
    from airflow.providers.common.compat.sdk import AirflowNotFoundException
    from airflow.providers.slack.hooks.slack import SlackHook

    handlers = [
        ConnectionErrorRetryHandler(),
        ServerErrorRetryHandler(),
        RateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES),
    ]
    try:
        client: WebClient = SlackHook(slack_conn_id=conn_id, retry_handlers=handlers, logger=_quiet()).client
    except AirflowNotFoundException:
        return None
    return client


def _quiet() -> logging.Logger:
    """At its most talkative the library logs whole answers, such as what people wrote in a channel."""
    logger = logging.getLogger("slack_sdk")
    logger.setLevel(logging.INFO)
    return logger


def check(client: WebClient, channels: Collection[str]) -> Iterator[tuple[str, str]]:
    """What the app can do: pairs of a thing and its mend, "" where all is well.

    The token is asked for first; each channel must be open to the app, and its history readable, because
    an unclear message is looked up there.
    """
    try:
        client.auth_test()
    except NO_ANSWER as error:
        yield "token", f"is not accepted ({said(error)}); renew it in the Airflow connection"
        return
    yield "token", ""
    for channel in channels:
        yield f"channel {channel}", _check_channel(client, channel)


def deliver(
    engine: Engine,
    client: WebClient,
    *,
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    operators: Recipient | None = None,
    budget: timedelta = BUDGET,
) -> Delivered:
    """Send what is queued and clear up what is unclear, each message once; ``now`` is real time.

    One message a second for each channel, and no channel waits for another. What a channel refuses goes
    to its backup channel, else ``operators`` are owed an ``undeliverable`` alert, written with the refusal
    in one transaction; it leaves after the next ``outbox.gather``. Refused messages are tried again some
    hours later. Raises nothing for what Slack does: the result tells it.
    """
    return Round(engine, client, now, sleep, operators, budget).run()


def _check_channel(client: WebClient, channel: str) -> str:
    try:
        found = client.conversations_info(channel=channel)["channel"]
        if found.get("is_archived"):
            return "is archived; configure another channel"
        if not found.get("is_member", True):
            return _MENDS["not_in_channel"]
        client.conversations_history(channel=channel, limit=1, include_all_metadata=True)
    except NO_ANSWER as error:
        return _mend(error)
    return ""


def _mend(error: Exception) -> str:
    word = said(error)
    if word == MISSING_SCOPE:
        needed = str(error.response.get("needed")) if isinstance(error, SlackApiError) else ""
        lacking = needed if _SCOPE.fullmatch(needed) else "of: " + ", ".join(SCOPES)
        return f"cannot be read; give the app the scope {lacking}, and install it again"
    return _MENDS.get(word, f"could not be checked ({word})")
