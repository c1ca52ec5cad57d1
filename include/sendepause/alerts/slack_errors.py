"""What an error of Slack's means for a message: certainly not posted, or perhaps posted.

Slack's errors: https://docs.slack.dev/reference/methods/chat.postMessage#errors
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum, auto
from http.client import HTTPException
from socket import gaierror
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError

NO_ANSWER = (URLError, OSError, HTTPException, SlackClientError, ValueError)  # all that a call may raise
MISSING_SCOPE = "missing_scope"

_CHANNEL_GONE = frozenset(
    {
        "access_denied",  # of a resource that the request names
        "channel_not_found",
        "is_archived",
        "messages_tab_disabled",
        "no_permission",  # the app is no member of the conversation
        "not_in_channel",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "user_not_found",
    }
)
_TOKEN_DEAD = frozenset(
    {
        "account_inactive",
        "ekm_access_denied",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
        MISSING_SCOPE,
    }
)
_THREAD_GONE = frozenset(
    {
        "cannot_reply_to_message",
        "invalid_thread_ts",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        "thread_not_found",
    }
)
_MESSAGE_GONE = frozenset(
    {"cant_update_message", "edit_window_closed", "is_inactive", "message_not_found", "thread_not_found"}
)
_LIMITED = frozenset({"message_limit_exceeded", "rate_limited", "ratelimited"})
_SLACK_FAILED = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
_WORD = re.compile(r"[a-z0-9_]{1,60}")  # how Slack names an error; anything else is not Slack's
_WAIT_UNTOLD = 30  # seconds, where a rate limit does not say how long


class Trouble(Enum):
    """What an error means for the message that was being posted."""

    CHANNEL = auto()  # not posted; another channel may take it
    TOKEN = auto()  # not posted; nor will any other be
    LIMITED = auto()  # not posted; later it may be
    UNREACHED = auto()  # not posted; the call never left this machine
    THREAD = auto()  # not posted; outside the thread it may be
    MESSAGE = auto()  # not posted; Slack does not take this message
    UNCLEAR = auto()  # perhaps posted


def trouble(error: Exception) -> Trouble:
    """What ``error``, raised by a call of slack-sdk's, means."""
    if not isinstance(error, SlackApiError):
        reason = error.reason if isinstance(error, URLError) else error
        return Trouble.UNREACHED if isinstance(reason, ConnectionRefusedError | gaierror) else Trouble.UNCLEAR
    word, status = said(error), error.response.status_code
    if word in _LIMITED or status == 429:
        return Trouble.LIMITED
    if status >= 500 or word in _SLACK_FAILED or not _WORD.fullmatch(word):
        return Trouble.UNCLEAR
    if word in _TOKEN_DEAD:
        return Trouble.TOKEN
    if word in _THREAD_GONE:
        return Trouble.THREAD
    return Trouble.CHANNEL if word in _CHANNEL_GONE else Trouble.MESSAGE


def is_gone(error: Exception) -> bool:
    """Whether a message cannot be changed any more, whatever is tried."""
    return isinstance(error, SlackApiError) and said(error) in _MESSAGE_GONE


def said(error: Exception) -> str:
    """Slack's own word for the error, else what kind of error it was; never any content."""
    if isinstance(error, SlackApiError):
        data = error.response.data
        word = data.get("error") if isinstance(data, dict) else None
        if isinstance(word, str) and _WORD.fullmatch(word):
            return word
        return f"HTTP {error.response.status_code} without an answer of Slack's"
    reason = error.reason if isinstance(error, URLError) else error
    return type(reason).__name__ if isinstance(reason, Exception) else "no connection"


def retry_after(error: Exception) -> timedelta:
    """How long Slack asks to wait after a rate limit; at least a second."""
    headers = error.response.headers if isinstance(error, SlackApiError) else {}
    told = next((str(value) for name, value in headers.items() if name.lower() == "retry-after"), "")
    return timedelta(seconds=max(1, int(told)) if told.isdigit() else _WAIT_UNTOLD)
