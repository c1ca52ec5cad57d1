"""What Slack sends when somebody answers a message, checked and reduced to what an answer is. Pure.

A payload says who pressed what in which message, and what a form was filled with; nothing else of it is
looked at, above all no address. Whether there is such a message, the store decides (``answerable``).

Payloads: https://docs.slack.dev/reference/interaction-payloads. Signatures:
https://docs.slack.dev/authentication/verifying-requests-from-slack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs

from slack_sdk.signature import SignatureVerifier

from sendepause.model import Answer
from sendepause.words import on_one_line

ACTIONS = {f"sendepause_{answer}": answer for answer in Answer}
"""The buttons' action ids: fixed, since messages that were sent long ago have them."""

FORM = "sendepause_hold_form"  # the form's callback id
LONGEST_REASON = 500

_DELIVERY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,38}")
_TS = re.compile(r"[0-9]{1,20}\.[0-9]{1,12}")
_USER = re.compile(r"[UW][A-Z0-9]{2,38}")
_VIEW = re.compile(r"V[A-Z0-9]{2,38}")
_TRIGGER = re.compile(r"[A-Za-z0-9_.-]{1,300}")
_ALERT = re.compile(r"[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Field(StrEnum):
    """The form's fields, called as the arguments of ``people.ask_hold``."""

    CAMPAIGN = "campaign"
    UNTIL = "until"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button of a message. ``trigger`` opens a form, for three seconds."""

    answer: Answer
    delivery: str
    channel: str
    ts: str
    user: str
    trigger: str

    @property
    def author(self) -> str:
        """Who answered, for the ledger."""
        return f"slack:{self.user}"


@dataclass(frozen=True, slots=True)
class Filled:
    """The form for a hold, sent. ``view`` is its id, the same when it is sent again after errors."""

    delivery: str
    view: str
    user: str
    alert: int  # which names the campaign
    day: date
    reason: str  # on one line, "" where only blanks were written

    @property
    def author(self) -> str:
        """Who asks, for the ledger."""
        return f"slack:{self.user}"


def is_signed(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Whether Slack signed this body with the app's secret, within five minutes from now."""
    try:
        return SignatureVerifier(secret).is_valid_request(body, headers)
    except (ValueError, TypeError, OverflowError):  # a timestamp, a body or a signature of any shape
        return False


def payload_of(body: bytes) -> Any:
    """The payload inside a signed request's form; None where there is none that can be read."""
    try:
        fields = parse_qs(body.decode(), strict_parsing=True, max_num_fields=10)
        (payload,) = fields["payload"]
        return json.loads(payload)
    except (ValueError, KeyError, RecursionError):
        return None


def read(payload: Any) -> Pressed | Filled | None:
    """The answer that a payload is; None where it is none of ours, or not of the shape that Slack sends."""
    match payload:
        case {
            "type": "block_actions",
            "user": {"id": str(user)},
            "trigger_id": str(trigger),
            "container": {"type": "message", "channel_id": str(channel), "message_ts": str(ts)},
            "channel": {"id": str(shown_in)},
            "actions": [{"action_id": str(action), "value": str(delivery)}],
        } if shown_in == channel and action in ACTIONS:
            checks = ((_USER, user), (_TRIGGER, trigger), (_CHANNEL, channel), (_TS, ts))
            if _all_match(*checks, (_DELIVERY, delivery)):
                return Pressed(ACTIONS[action], delivery, channel, ts, user, trigger)
        case {
            "type": "view_submission",
            "user": {"id": str(user)},
            "view": {
                "callback_id": str(form),
                "id": str(view),
                "private_metadata": str(delivery),
                "state": {
                    "values": {
                        Field.CAMPAIGN: {Field.CAMPAIGN: {"selected_option": {"value": str(alert)}}},
                        Field.UNTIL: {Field.UNTIL: {"selected_date": str(day)}},
                        Field.REASON: {Field.REASON: {"value": str(reason)}},
                    }
                },
            },
        } if form == FORM:
            checks = ((_USER, user), (_VIEW, view), (_DELIVERY, delivery), (_ALERT, alert))
            if _all_match(*checks) and (chosen := _day(day)):
                return Filled(delivery, view, user, int(alert), chosen, on_one_line(reason)[:LONGEST_REASON])
    return None


def _all_match(*checks: tuple[re.Pattern[str], str]) -> bool:
    return all(pattern.fullmatch(text) for pattern, text in checks)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:  # the 31st of a month that has none
        return None
