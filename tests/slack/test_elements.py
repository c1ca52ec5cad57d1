"""Buttons, menus, pickers and text fields: of every rule an example that Slack shows, and one it refuses."""

from typing import Any

import pytest
from tests.slack.conftest import actions, button, faults, field, mrkdwn, option, plain, without, writing
from tests.slack_server import check_blocks

CONFIRM = {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain()}
SELECT = {"type": "static_select", "action_id": "pick", "options": [option()]}
BOXES = {"type": "checkboxes", "action_id": "tick", "options": [option(), option("2")]}
RADIO = {**BOXES, "type": "radio_buttons", "action_id": "choose"}
DAY = {"type": "datepicker", "action_id": "day"}
MOMENT = {"type": "datetimepicker", "action_id": "at"}

# good block, bad block, what Slack says of it
RULES: dict[str, tuple[Any, Any, str]] = {
    "actions: no text field": (
        actions(SELECT, BOXES, RADIO, DAY, MOMENT),
        actions(writing()),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    "input: what is filled in": (
        field(MOMENT, optional=True),
        field(button()),
        "unsupported type: button [json-pointer:/blocks/0/element/type]",
    ),
    "button: text up to 75": (
        actions(button(text=plain("x" * 75))),
        actions(button(text=plain("x" * 76))),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "button: text is plain": (
        actions(button()),
        actions(button(text=mrkdwn())),
        "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/text/type]",
    ),
    "button: a text": (
        actions(button()),
        actions(without(button(), "text")),
        "missing required field: text [json-pointer:/blocks/0/elements/0]",
    ),
    "button: value up to 2000": (
        actions(button(value="x" * 2000)),
        actions(button(value="x" * 2001)),
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "button: value is a string": (
        actions(button(value="7")),
        actions(button(value=7)),
        "must be a string [json-pointer:/blocks/0/elements/0/value]",
    ),
    "button: action_id up to 255": (
        actions(button(action_id="x" * 255)),
        actions(button(action_id="x" * 256)),
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    "button: a link": (
        actions(button(url="https://example.com/hold")),
        actions(button(url="javascript:alert(1)")),
        "must be a valid url [json-pointer:/blocks/0/elements/0/url]",
    ),
    "button: a link up to 3000": (
        actions(button(url="https://example.com/" + "x" * 2980)),
        actions(button(url="https://example.com/" + "x" * 2981)),
        "must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]",
    ),
    "button: two styles": (
        actions(button(style="primary"), button(action_id="b", style="danger")),
        actions(button(style="default")),
        "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]",
    ),
    "button: a label for screen readers": (
        actions(button(accessibility_label="x" * 75)),
        actions(button(accessibility_label="x" * 76)),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/accessibility_label]",
    ),
    "button: cannot be switched off": (
        actions(button()),
        actions(button(disabled=True)),
        "invalid additional property: disabled [json-pointer:/blocks/0/elements/0]",
    ),
    "confirm: four parts": (
        actions(button(confirm=CONFIRM)),
        actions(button(confirm=without(CONFIRM, "deny"))),
        "missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]",
    ),
    "confirm: title up to 100": (
        actions(button(confirm={**CONFIRM, "title": plain("x" * 100)})),
        actions(button(confirm={**CONFIRM, "title": plain("x" * 101)})),
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    "confirm: text up to 300": (
        actions(button(confirm={**CONFIRM, "text": plain("x" * 300)})),
        actions(button(confirm={**CONFIRM, "text": plain("x" * 301)})),
        "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
    ),
    "confirm: buttons up to 30": (
        actions(button(confirm={**CONFIRM, "confirm": plain("x" * 30)})),
        actions(button(confirm={**CONFIRM, "confirm": plain("x" * 31)})),
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]",
    ),
    "select: 100 options": (
        actions({**SELECT, "options": [option(str(n)) for n in range(100)]}),
        actions({**SELECT, "options": [option(str(n)) for n in range(101)]}),
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "select: at least one option": (
        actions(SELECT),
        actions({**SELECT, "options": []}),
        "must provide at least 1 items [json-pointer:/blocks/0/elements/0/options]",
    ),
    "select: options or groups": (
        actions({**without(SELECT, "options"), "option_groups": [{"label": plain(), "options": [option()]}]}),
        actions(without(SELECT, "options")),
        "must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]",
    ),
    "select: begins with one of its options": (
        actions({**SELECT, "initial_option": option()}),
        actions({**SELECT, "initial_option": option("2")}),
        "initial option must exactly match one of the options [json-pointer:/blocks/0/elements/0]",
    ),
    "select: placeholder up to 150": (
        actions({**SELECT, "placeholder": plain("x" * 150)}),
        actions({**SELECT, "placeholder": plain("x" * 151)}),
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/placeholder/text]",
    ),
    "option: text up to 75": (
        actions({**SELECT, "options": [option(text="x" * 75)]}),
        actions({**SELECT, "options": [option(text="x" * 76)]}),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    "option: value up to 150": (
        actions({**SELECT, "options": [option("x" * 150)]}),
        actions({**SELECT, "options": [option("x" * 151)]}),
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    "option: description up to 75": (
        actions({**SELECT, "options": [{**option(), "description": plain("x" * 75)}]}),
        actions({**SELECT, "options": [{**option(), "description": plain("x" * 76)}]}),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/description/text]",
    ),
    "option: mrkdwn only where it is ticked": (
        actions({**BOXES, "options": [{"text": mrkdwn(), "value": "1"}]}),
        actions({**SELECT, "options": [{"text": mrkdwn(), "value": "1"}]}),
        "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/options/0/text/type]",
    ),
    "checkboxes: ten": (
        actions({**BOXES, "options": [option(str(n)) for n in range(10)]}),
        actions({**BOXES, "options": [option(str(n)) for n in range(11)]}),
        "no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "checkboxes: begin with some of their options": (
        actions({**BOXES, "initial_options": [option("2")]}),
        actions({**BOXES, "initial_options": [option("3")]}),
        "initial option must exactly match one of the options [json-pointer:/blocks/0/elements/0]",
    ),
    "radio buttons: ten": (
        actions({**RADIO, "options": [option(str(n)) for n in range(10)]}),
        actions({**RADIO, "options": [option(str(n)) for n in range(11)]}),
        "no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "radio buttons: options": (
        actions(RADIO),
        actions(without(RADIO, "options")),
        "missing required field: options [json-pointer:/blocks/0/elements/0]",
    ),
    "datepicker: a day": (
        actions({**DAY, "initial_date": "2019-12-07"}),
        actions({**DAY, "initial_date": "7.12.2019"}),
        "must be a valid date [json-pointer:/blocks/0/elements/0/initial_date]",
    ),
    "datepicker: a day of the calendar": (
        actions({**DAY, "initial_date": "2020-02-29"}),
        actions({**DAY, "initial_date": "2019-02-29"}),
        "must be a valid date [json-pointer:/blocks/0/elements/0/initial_date]",
    ),
    "datetimepicker: ten digits": (
        actions({**MOMENT, "initial_date_time": 1_575_673_200}),
        actions({**MOMENT, "initial_date_time": 1_575_673_200_000}),
        "must be between 1000000000 and 9999999999 [json-pointer:/blocks/0/elements/0/initial_date_time]",
    ),
    "text field: up to 3000": (
        field(writing(min_length=10, max_length=3000)),
        field(writing(max_length=3001)),
        "must be between 1 and 3000 [json-pointer:/blocks/0/element/max_length]",
    ),
    "text field: the shortest is not longer than the longest": (
        field(writing(min_length=3, max_length=3)),
        field(writing(min_length=4, max_length=3)),
        "`min_length` must not be greater than `max_length` [json-pointer:/blocks/0/element/min_length]",
    ),
    "text field: multiline": (
        field(writing(multiline=True)),
        field(writing(multiline=1)),
        "must be a boolean [json-pointer:/blocks/0/element/multiline]",
    ),
    "text field: when it calls the app": (
        field(writing(dispatch_action_config={"trigger_actions_on": ["on_enter_pressed"]})),
        field(writing(dispatch_action_config={"trigger_actions_on": ["on_blur"]})),
        "must be a valid enum value "
        "[json-pointer:/blocks/0/element/dispatch_action_config/trigger_actions_on/0]",
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_slack_shows_it_and_refuses_what_breaks_the_rule(rule: str) -> None:
    good, bad, says = RULES[rule]
    check_blocks([good])
    assert says in faults(bad)
