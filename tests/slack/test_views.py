"""Modals: what may be in one, and that a press opens one, once and soon."""

import copy
import time
from typing import Any

import pytest
from tests.slack.conftest import field, modal, mrkdwn, plain, refusal, without, writing
from tests.slack_server import SlackError, check_view

DIVIDER = {"type": "divider"}


RULES: dict[str, tuple[Any, Any, str]] = {
    "title up to 24": (
        modal(title=plain("x" * 24)),
        modal(title=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    "title is plain": (
        modal(),
        modal(title=mrkdwn()),
        "unsupported type: mrkdwn [json-pointer:/view/title/type]",
    ),
    "a title": (modal(), without(modal(), "title"), "missing required field: title [json-pointer:/view]"),
    "submit up to 24": (
        modal(submit=plain("x" * 24)),
        modal(submit=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/submit/text]",
    ),
    "close up to 24": (
        modal(close=plain("x" * 24)),
        modal(close=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/close/text]",
    ),
    "private_metadata up to 3000": (
        modal(private_metadata="x" * 3000),
        modal(private_metadata="x" * 3001),
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    "callback_id up to 255": (
        modal(callback_id="x" * 255),
        modal(callback_id="x" * 256),
        "must be less than 256 characters [json-pointer:/view/callback_id]",
    ),
    "external_id up to 255": (
        modal(external_id="x" * 255),
        modal(external_id="x" * 256),
        "must be less than 256 characters [json-pointer:/view/external_id]",
    ),
    "100 blocks": (
        modal(*[DIVIDER] * 100),
        modal(*[DIVIDER] * 101),
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    "a field needs something that sends it": (
        without(modal(DIVIDER), "submit"),
        without(modal(DIVIDER, field(writing())), "submit"),
        "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/1/input]",
    ),
    "a block_id once": (
        modal(field(writing(), "a"), field(writing(), "b")),
        modal(field(writing(), "a"), field(writing(), "a")),
        '`block_id` "a" already exists [json-pointer:/view/blocks/1/block_id]',
    ),
    "one field has the focus": (
        modal(field(writing(focus_on_load=True), "a"), field(writing(), "b")),
        modal(field(writing(focus_on_load=True), "a"), field(writing(focus_on_load=True), "b")),
        "only one element can have `focus_on_load` set to true [json-pointer:/view/blocks]",
    ),
    "a modal": (modal(), modal(type="home"), "must be a valid enum value [json-pointer:/view/type]"),
    "a known property": (
        modal(clear_on_close=True, notify_on_close=True),
        modal(submit_disabled=True),
        "invalid additional property: submit_disabled [json-pointer:/view]",
    ),
    "blocks as in a message": (
        modal(),
        modal(field(writing(max_length=0))),
        "must be between 1 and 3000 [json-pointer:/view/blocks/0/element/max_length]",
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_slack_opens_it_and_refuses_what_breaks_the_rule(rule: str) -> None:
    good, bad, says = RULES[rule]
    check_view(copy.deepcopy(good))
    with pytest.raises(SlackError) as refused:
        check_view(copy.deepcopy(bad))
    assert refused.value.error == "invalid_arguments"
    assert says in refused.value.messages


def test_a_view_above_250_kb_is_too_large() -> None:
    long = plain("x" * 2000)
    check_view(modal(*[field(writing(), f"b{n}", hint=long, label=long) for n in range(50)]))
    with pytest.raises(SlackError, match="view_too_large"):
        check_view(modal(*[field(writing(), f"b{n}", hint=long, label=long) for n in range(100)]))


class TestATrigger:
    def test_opens_one_modal(self, slack, client) -> None:
        trigger = slack.trigger("U0ERIKA")
        view = client.views_open(trigger_id=trigger, view=modal(private_metadata="pm"))["view"]
        assert view["private_metadata"] == "pm"
        assert view["state"] == {"values": {}}
        assert slack.views[view["id"]]["hash"] == view["hash"]

    def test_is_good_once(self, slack, client) -> None:
        trigger = slack.trigger("U0ERIKA")
        client.views_open(trigger_id=trigger, view=modal())
        assert refusal(client.views_open, trigger_id=trigger, view=modal())["error"] == "exchanged_trigger_id"

    def test_is_good_for_a_while(self, slack, client) -> None:
        slack.trigger_seconds = 0.05
        trigger = slack.trigger("U0ERIKA")
        time.sleep(0.06)
        assert refusal(client.views_open, trigger_id=trigger, view=modal())["error"] == "expired_trigger_id"

    @pytest.mark.parametrize("trigger", ["1.2.abc", "nonsense"])
    def test_is_slacks_own(self, client, trigger: str) -> None:
        assert refusal(client.views_open, trigger_id=trigger, view=modal())["error"] == "invalid_trigger_id"

    def test_is_not_spent_on_a_modal_that_is_refused(self, slack, client) -> None:
        trigger = slack.trigger("U0ERIKA")
        refusal(client.views_open, trigger_id=trigger, view=modal(title=plain("x" * 25)))
        assert client.views_open(trigger_id=trigger, view=modal())["ok"]


class TestAnOpenModal:
    @pytest.fixture
    def view(self, slack, client) -> dict[str, Any]:
        opened = client.views_open(trigger_id=slack.trigger("U0ERIKA"), view=modal(external_id="hold-1"))
        return opened["view"]

    def test_can_be_changed(self, client, slack, view) -> None:
        changed = client.views_update(view_id=view["id"], hash=view["hash"], view=modal(title=plain("Neu")))
        assert changed["view"]["hash"] != view["hash"]
        assert slack.views[view["id"]]["title"]["text"] == "Neu"

    def test_is_found_by_its_own_id_too(self, client, slack, view) -> None:
        client.views_update(external_id="hold-1", view=modal(title=plain("Neu"), external_id="hold-1"))
        assert slack.views[view["id"]]["title"]["text"] == "Neu"

    def test_keeps_its_own_id_to_itself(self, client, slack, view) -> None:
        answer = refusal(client.views_open, trigger_id=slack.trigger("U0B"), view=modal(external_id="hold-1"))
        assert answer["error"] == "duplicate_external_id"

    def test_that_changed_meanwhile_is_left_alone(self, client, view) -> None:
        client.views_update(view_id=view["id"], view=modal())
        answer = refusal(client.views_update, view_id=view["id"], hash=view["hash"], view=modal())
        assert answer["error"] == "hash_conflict"

    def test_that_is_closed_is_not_found(self, client) -> None:
        assert refusal(client.views_update, view_id="V0GONE", view=modal())["error"] == "not_found"
