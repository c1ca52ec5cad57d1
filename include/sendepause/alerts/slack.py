"""Slack: the client from Airflow's connection, what the app must be able to do, and delivery."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk import WebClient as WebClient  # other rooms name the type from here
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from sqlalchemy import Engine

from sendepause.alerts.jobs import Delivered
from sendepause.alerts.outbox import Recipient
from sendepause.alerts.sending import Round
from sendepause.alerts.slack_errors import MISSING_SCOPE, NO_ANSWER, Trouble, said, trouble

BUDGET = timedelta(minutes=4)
RATE_LIMIT_RETRIES = 2

# Private channels need the two of ``groups``. History: an unclear message is looked up there. Users: who has
# left. Files: the digest's picture. The manifest in the README asks for exactly these.
SCOPES = (
    "chat:write",
    "channels:history",
    "groups:history",
    "channels:read",
    "groups:read",
    "users:read",
    "files:write",
)

USER_LEFT = "user_left"  # Slack says ``deleted``

_MENDS = {
    "channel_not_found": "is unknown to the app; check the id, and invite the app to it",
    "is_archived": "is archived; configure another channel",
    "not_in_channel": "is closed to the app; invite it with /invite",
    USER_LEFT: "has left this Slack; name somebody else under `users`",
    "user_not_found": "is unknown in this Slack; name somebody else under `users`",
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


def check(client: WebClient, ids: Collection[str]) -> Iterator[tuple[str, str]]:
    """What the app can do: pairs of a thing and its mend, "" where all is well.

    The token is asked for first; each channel of ``ids`` must be open to the app, and its history readable,
    because an unclear message is looked up there; each user must be there.
    """
    try:
        client.auth_test()
    except NO_ANSWER as error:
        yield "token", f"is not accepted ({said(error)}); renew it in the Airflow connection"
        return
    yield "token", ""
    for id in ids:
        kind = "user" if id[:1] in "UW" else "channel"
        found = look_at(client, id)
        yield f"{kind} {id}", "could not be checked, Slack did not answer" if found is None else found.mend


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

    One message a second for each channel, and no channel waits for another. What a sent message shows later
    is brought there as well. What a channel refuses goes to its backup channel, else ``operators`` are owed
    an ``undeliverable`` alert, written with the refusal in one transaction; it leaves after the next
    ``gathering.gather``. Refused messages are tried again some hours later. Raises nothing for what Slack
    does: the result tells it.
    """
    return Round(engine, client, now, sleep, operators, budget).run()


@dataclass(frozen=True, slots=True)
class Found:
    """A channel or user as Slack tells of it. ``trouble`` is Slack's word for what is wrong; "" is well."""

    name: str
    trouble: str = ""
    needed: str = ""  # the scope that is missing

    @property
    def mend(self) -> str:
        """What to do about it; "" where all is well."""
        if self.trouble == MISSING_SCOPE:
            lacking = self.needed if _SCOPE.fullmatch(self.needed) else "of: " + ", ".join(SCOPES)
            return f"cannot be read; give the app the scope {lacking}, and install it again"
        return _MENDS.get(self.trouble, f"could not be checked ({self.trouble})") if self.trouble else ""


def look_at(client: WebClient, id: str) -> Found | None:
    """What Slack tells of a channel or a user; None where it does not answer for now."""
    try:
        return _look_at_user(client, id) if id[:1] in "UW" else _look_at_channel(client, id)
    except NO_ANSWER as error:
        if trouble(error) in (Trouble.UNCLEAR, Trouble.UNREACHED, Trouble.LIMITED):
            return None
        needed = str(error.response.get("needed") or "") if isinstance(error, SlackApiError) else ""
        return Found("", said(error), needed)


def _look_at_channel(client: WebClient, channel: str) -> Found:
    found = client.conversations_info(channel=channel)["channel"]
    name = f"#{found.get('name')}"[:80] if found.get("name") else ""
    if found.get("is_archived"):
        return Found(name, "is_archived")
    if not found.get("is_member", True):
        return Found(name, "not_in_channel")
    client.conversations_history(channel=channel, limit=1, include_all_metadata=True)
    return Found(name)


def _look_at_user(client: WebClient, user: str) -> Found:
    found = client.users_info(user=user)["user"]
    name = str(found.get("real_name") or found.get("name") or "")[:80]
    if found.get("deleted"):
        return Found(name, USER_LEFT)
    return Found(name)
