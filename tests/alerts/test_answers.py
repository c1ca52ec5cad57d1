"""Payloads of Slack's: what is an answer, and that nothing else ever is."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.slack_answers import sign

from sendepause.alerts import answers
from sendepause.alerts.answers import Filled, Pressed
from sendepause.model import Answer

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
DELIVERY = "0b9b4f0e-6a34-4a52-9a54-0a8ad2f3c111"
PRESS: dict[str, Any] = {
    "type": "block_actions",
    "user": {"id": "U0ERIKA", "username": "erika", "name": "erika", "team_id": "T0EXAMPLE"},
    "api_app_id": "A0EXAMPLE",
    "token": "unused",
    "container": {
        "type": "message",
        "message_ts": "1575280800.000100",
        "channel_id": "C0NORTH",
        "is_ephemeral": False,
    },
    "trigger_id": "132456.7890123.abcdef",
    "team": {"id": "T0EXAMPLE", "domain": "example"},
    "channel": {"id": "C0NORTH", "name": "north"},
    "message": {"type": "message", "ts": "1575280800.000100", "text": "whatever"},
    "response_url": "http://169.254.169.254/latest/meta-data",
    "actions": [
        {
            "action_id": "sendepause_read",
            "block_id": "b1",
            "type": "button",
            "value": DELIVERY,
            "action_ts": "1575280900.000100",
        }
    ],
}
FORM: dict[str, Any] = {
    "type": "view_submission",
    "user": {"id": "W0ERIKA", "name": "erika", "team_id": "T0EXAMPLE"},
    "view": {
        "id": "V0FORM",
        "type": "modal",
        "callback_id": "sendepause_hold_form",
        "private_metadata": DELIVERY,
        "state": {
            "values": {
                "campaign": {
                    "campaign": {
                        "type": "static_select",
                        "selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": "17"},
                    }
                },
                "until": {"until": {"type": "datepicker", "selected_date": "2019-12-04"}},
                "reason": {"reason": {"type": "plain_text_input", "value": "The move is on Tuesday."}},
            }
        },
    },
    "response_urls": [],
}

Path = tuple[Any, ...]


def with_value(payload: dict[str, Any], path: Path, value: Any) -> Any:
    """The payload with another value at one place."""
    if not path:
        return value
    changed = copy.deepcopy(payload)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a payload."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


class TestWhatIsAnAnswer:
    @pytest.mark.parametrize("answer", list(Answer))
    def test_a_press_on_each_button(self, answer: Answer) -> None:
        pressed = with_value(PRESS, ("actions", 0, "action_id"), f"sendepause_{answer}")
        assert answers.read(pressed) == Pressed(
            answer, DELIVERY, "C0NORTH", "1575280800.000100", "U0ERIKA", "132456.7890123.abcdef"
        )

    def test_a_form_that_was_sent(self) -> None:
        assert answers.read(FORM) == Filled(
            DELIVERY, "V0FORM", "W0ERIKA", 17, date(2019, 12, 4), "The move is on Tuesday."
        )

    def test_both_are_written_down_under_who_answered(self) -> None:
        assert [answers.read(one).author for one in (PRESS, FORM)] == ["slack:U0ERIKA", "slack:W0ERIKA"]

    def test_a_reason_is_one_line_that_people_can_see_and_not_too_long(self) -> None:
        written = "The\nmove\0 \u202eis\ud800 late" + "." * 5_000
        sent = with_value(FORM, ("view", "state", "values", "reason", "reason", "value"), written)
        reason = answers.read(sent).reason
        assert reason.startswith("The move is late...")
        assert len(reason) == 500


OTHER_PRESSES: list[tuple[Path, Any]] = [
    (("type",), "message_action"),
    (("user", "id"), "erika"),
    (("user", "id"), "U0ERIKA\n"),
    (("user", "id"), "U" + "0" * 500),
    (("container", "type"), "message_attachment"),
    (("container", "channel_id"), "C0SOUTH"),
    (("channel", "id"), "C0SOUTH"),
    (("container", "message_ts"), "1575280800"),
    (("container", "message_ts"), "١٥٧٥٢٨٠٨٠٠.000100"),
    (("container", "message_ts"), 1575280800.0001),
    (("trigger_id",), "../" * 200),
    (("actions",), []),
    (("actions",), PRESS["actions"] * 2),
    (("actions", 0, "action_id"), "sendepause_approve"),
    (("actions", 0, "action_id"), ["sendepause_read"]),
    (("actions", 0, "value"), "1"),
    (("actions", 0, "value"), DELIVERY.upper()),
    (("actions", 0, "value"), f"{DELIVERY}' OR 1=1"),
]
OTHER_FORMS: list[tuple[Path, Any]] = [
    (("view", "callback_id"), "another"),
    (("view", "id"), "x"),
    (("view", "private_metadata"), "{}"),
    (("view", "state", "values"), {}),
    (("view", "state", "values", "campaign", "campaign", "selected_option"), None),
    (("view", "state", "values", "campaign", "campaign", "selected_option", "value"), "campaign:crm/1"),
    (("view", "state", "values", "campaign", "campaign", "selected_option", "value"), "9" * 40),
    (("view", "state", "values", "until", "until", "selected_date"), None),
    (("view", "state", "values", "until", "until", "selected_date"), "2019-02-30"),
    (("view", "state", "values", "until", "until", "selected_date"), "20191204"),
    (("view", "state", "values", "reason", "reason", "value"), None),
]

FREE = {"id", "trigger_id", "message_ts", "value", "selected_date"}


class TestWhatIsNone:
    @pytest.mark.parametrize(("path", "value"), OTHER_PRESSES)
    def test_a_press_of_another_shape(self, path: Path, value: Any) -> None:
        assert answers.read(with_value(PRESS, path, value)) is None

    @pytest.mark.parametrize(("path", "value"), OTHER_FORMS)
    def test_a_form_of_another_shape(self, path: Path, value: Any) -> None:
        assert answers.read(with_value(FORM, path, value)) is None

    @given(
        st.sampled_from([PRESS, FORM]).flatmap(
            lambda payload: st.tuples(st.just(payload), st.sampled_from(list(places(payload))))
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=6,
        ),
    )
    def test_whatever_stands_anywhere_it_is_an_answer_of_its_shape_or_none(
        self, where: tuple[dict[str, Any], Path], value: Any
    ) -> None:
        payload, path = where
        found = answers.read(with_value(payload, path, value))
        if found not in (None, answers.read(payload)):
            assert path[-1] in FREE, "only what people and Slack choose may be another"

    @given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: b"payload=" + text.encode()))
    def test_no_body_whatever_breaks_the_reading(self, body: bytes) -> None:
        assert answers.read(answers.payload_of(body)) is None

    @pytest.mark.parametrize(
        "body",
        [
            b"payload=" + b"[" * 60_000,
            b"payload=" + b"1" * 60_000,
            b"payload={}&payload={}",
            b"a=1&" * 40 + b"payload={}",
            urlencode({"payload": '{"type": NaN, "type": [Infinity]}'}).encode(),
        ],
        ids=["deep", "large", "two", "many", "no numbers"],
    )
    def test_a_body_that_wants_to_be_trouble_is_none(self, body: bytes) -> None:
        assert answers.read(answers.payload_of(body)) is None

    def test_what_slack_sends_is_read_back_from_its_form(self) -> None:
        assert answers.payload_of(urlencode({"payload": json.dumps(PRESS)}).encode()) == PRESS


def headers(body: str, *, age: float = 0, secret: str = SECRET, **changed: str) -> dict[str, str]:
    timestamp = changed.get("timestamp", str(int(time.time() - age)))
    signature = changed.get("signature", sign(secret, timestamp, body))
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}


class TestSignatures:
    def test_slacks_own_is_taken(self) -> None:
        assert answers.is_signed(b"payload=1", headers("payload=1"), SECRET)

    @pytest.mark.parametrize("age", [301, -301], ids=["old", "from the future"])
    def test_one_that_is_kept_for_later_is_not(self, age: float) -> None:
        assert not answers.is_signed(b"payload=1", headers("payload=1", age=age), SECRET)

    @pytest.mark.parametrize(
        "given_headers",
        [
            headers("payload=2"),
            headers("payload=1", secret="another"),
            headers("payload=1", signature=""),
            headers("payload=1", signature="v0=ü"),
            *(
                headers("payload=1", timestamp=t)
                for t in ("", "now", "1e9", "9" * 400, "9" * 5_000, "-1", "²")
            ),
            {},
            {"X-Slack-Signature": headers("payload=1")["X-Slack-Signature"]},
        ],
    )
    def test_any_other_is_not(self, given_headers: dict[str, str]) -> None:
        assert not answers.is_signed(b"payload=1", given_headers, SECRET)

    def test_a_body_that_is_no_text_is_signed_by_nobody(self) -> None:
        assert not answers.is_signed(b"\xff", headers("payload=1"), SECRET)
