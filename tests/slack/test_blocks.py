"""Block Kit: of every rule one block that Slack shows, one that it refuses, and how it names the fault."""

import copy
from typing import Any

import pytest
from tests.slack.conftest import CHANNEL, button, field, mrkdwn, option, plain, refusal, writing
from tests.slack_server import SlackError, check_blocks

CONFIRM = {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain()}
SELECT = {"type": "static_select", "action_id": "pick", "options": [option()]}
BOXES = {"type": "checkboxes", "action_id": "tick", "options": [option(), option("2")]}
RADIO = {**BOXES, "type": "radio_buttons", "action_id": "choose"}
DAY = {"type": "datepicker", "action_id": "day"}
MOMENT = {"type": "datetimepicker", "action_id": "at"}
PICTURE = {"type": "image", "alt_text": "Konten", "image_url": "https://example.com/a.png"}


def section(**more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(), **more}


def actions(*elements: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def context(*elements: Any) -> dict[str, Any]:
    return {"type": "context", "elements": list(elements)}


def without(value: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: each for key, each in value.items() if key not in names}


# good block, bad block, what Slack says of it
RULES: dict[str, tuple[Any, Any, str]] = {
    "section: text up to 3000": (
        section(text=mrkdwn("x" * 3000)),
        section(text=mrkdwn("x" * 3001)),
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "section: a text is not empty": (
        section(text=plain("x")),
        section(text=plain("")),
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    "section: text or fields": (
        without(section(fields=[plain()]), "text"),
        {"type": "section"},
        "must define either `text` or `fields` [json-pointer:/blocks/0]",
    ),
    "section: ten fields": (
        section(fields=[plain()] * 10),
        section(fields=[plain()] * 11),
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "section: a field up to 2000": (
        section(fields=[plain("x" * 2000)]),
        section(fields=[plain("x" * 2001)]),
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    "section: accessory": (
        section(accessory=PICTURE),
        section(accessory=writing()),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/accessory/type]",
    ),
    "section: expand": (
        section(expand=True),
        section(expand="yes"),
        "must be a boolean [json-pointer:/blocks/0/expand]",
    ),
    "text: an object": (
        section(),
        section(text="Ja"),
        "must provide an object [json-pointer:/blocks/0/text]",
    ),
    "text: emoji is plain text's": (
        section(text={**plain(), "emoji": True}),
        section(text={**mrkdwn(), "emoji": True}),
        "invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    "text: verbatim is mrkdwn's": (
        section(text={**mrkdwn(), "verbatim": True}),
        section(text={**plain(), "verbatim": True}),
        "invalid additional property: verbatim [json-pointer:/blocks/0/text]",
    ),
    "header: plain text": (
        {"type": "header", "text": plain("x" * 150)},
        {"type": "header", "text": mrkdwn()},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "header: up to 150": (
        {"type": "header", "text": plain()},
        {"type": "header", "text": plain("x" * 151)},
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "context: ten elements": (
        context(*[plain()] * 10),
        context(*[plain()] * 11),
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "context: at least one": (
        context(PICTURE),
        context(),
        "must provide at least 1 items [json-pointer:/blocks/0/elements]",
    ),
    "context: texts and pictures": (
        context(mrkdwn(), PICTURE),
        context(button()),
        "unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
    ),
    "divider: nothing in it": (
        {"type": "divider"},
        {"type": "divider", "text": plain()},
        "invalid additional property: text [json-pointer:/blocks/0]",
    ),
    "actions: 25 elements": (
        actions(*[button(action_id=f"a{n}") for n in range(25)]),
        actions(*[button(action_id=f"a{n}") for n in range(26)]),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "actions: at least one": (
        actions(button()),
        actions(),
        "must provide at least 1 items [json-pointer:/blocks/0/elements]",
    ),
    "actions: no text field": (
        actions(SELECT, BOXES, RADIO, DAY, MOMENT),
        actions(writing()),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    "actions: an action_id once": (
        actions(button(), button(action_id="moved")),
        actions(button(), button()),
        '`action_id` "read" already exists [json-pointer:/blocks/0/elements/1/action_id]',
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
    "image: a text for those who cannot see it": (
        PICTURE,
        without(PICTURE, "alt_text"),
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    "image: alt_text up to 2000": (
        {**PICTURE, "alt_text": "x" * 2000},
        {**PICTURE, "alt_text": "x" * 2001},
        "must be less than 2001 characters [json-pointer:/blocks/0/alt_text]",
    ),
    "image: a link or a file": (
        PICTURE,
        {**PICTURE, "slack_file": {"id": "F0123456789"}},
        "must define either `image_url` or `slack_file` [json-pointer:/blocks/0]",
    ),
    "image: a file by id or by link": (
        {**without(PICTURE, "image_url"), "slack_file": {"id": "F0123456789"}},
        {
            **without(PICTURE, "image_url"),
            "slack_file": {"id": "F0123456789", "url": "https://example.com/a.png"},
        },
        "invalid slack file [json-pointer:/blocks/0/slack_file]",
    ),
    "image: a file's id": (
        {**without(PICTURE, "image_url"), "slack_file": {"id": "F0123456789"}},
        {**without(PICTURE, "image_url"), "slack_file": {"id": "https://example.com"}},
        "input must match regex pattern: ^F[A-Z0-9]{8,}$ [json-pointer:/blocks/0/slack_file/id]",
    ),
    "image: a plain title up to 2000": (
        {**PICTURE, "title": plain("x" * 2000)},
        {**PICTURE, "title": plain("x" * 2001)},
        "must be less than 2001 characters [json-pointer:/blocks/0/title/text]",
    ),
    "image: as an element it has no title": (
        context(PICTURE),
        context({**PICTURE, "title": plain()}),
        "invalid additional property: title [json-pointer:/blocks/0/elements/0]",
    ),
    "input: a label": (
        field(writing()),
        without(field(writing()), "label"),
        "missing required field: label [json-pointer:/blocks/0]",
    ),
    "input: label up to 2000": (
        field(writing(), label=plain("x" * 2000)),
        field(writing(), label=plain("x" * 2001)),
        "must be less than 2001 characters [json-pointer:/blocks/0/label/text]",
    ),
    "input: hint up to 2000": (
        field(writing(), hint=plain("x" * 2000)),
        field(writing(), hint=plain("x" * 2001)),
        "must be less than 2001 characters [json-pointer:/blocks/0/hint/text]",
    ),
    "input: what is filled in": (
        field(MOMENT, optional=True),
        field(button()),
        "unsupported type: button [json-pointer:/blocks/0/element/type]",
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
    "block_id up to 255": (
        {"type": "divider", "block_id": "x" * 255},
        {"type": "divider", "block_id": "x" * 256},
        "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ),
    "a known block": (
        {"type": "divider"},
        {"type": "carpet"},
        "unsupported type: carpet [json-pointer:/blocks/0/type]",
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_slack_shows_it_and_refuses_what_breaks_the_rule(rule: str) -> None:
    good, bad, says = RULES[rule]
    check_blocks([copy.deepcopy(good)])
    with pytest.raises(SlackError) as refused:
        check_blocks([copy.deepcopy(bad)])
    assert refused.value.error == "invalid_blocks"
    assert says in refused.value.messages


def test_a_refusal_reads_in_slack_sdk_as_slacks_own(client) -> None:
    """slackapi/python-slack-sdk#1521 shows the shape: ``errors``, and the same as messages."""
    answer = refusal(
        client.chat_postMessage, channel=CHANNEL, text="t", blocks=[section(text=mrkdwn("x" * 3001))]
    )
    said = [
        "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ]
    assert answer == {
        "ok": False,
        "error": "invalid_blocks",
        "errors": said,
        "response_metadata": {"messages": [f"[ERROR] {message}" for message in said]},
    }


def test_a_message_holds_50_blocks(client) -> None:
    client.chat_postMessage(channel=CHANNEL, text="t", blocks=[{"type": "divider"}] * 50)
    answer = refusal(client.chat_postMessage, channel=CHANNEL, text="t", blocks=[{"type": "divider"}] * 51)
    assert answer["errors"] == ["no more than 50 items allowed [json-pointer:/blocks]"]


def test_all_texts_together_have_a_limit(client) -> None:
    longest = [section(text=plain("x" * 3000))] * 4
    client.chat_postMessage(channel=CHANNEL, text="t", blocks=longest)
    answer = refusal(client.chat_postMessage, channel=CHANNEL, text="t", blocks=[*longest, *longest[:1]])
    assert answer["error"] == "msg_blocks_too_long"


def test_a_block_id_is_given_once(client) -> None:
    client.chat_postMessage(channel=CHANNEL, text="t", blocks=[section(block_id="a"), section(block_id="b")])
    answer = refusal(
        client.chat_postMessage,
        channel=CHANNEL,
        text="t",
        blocks=[section(block_id="a"), section(block_id="a")],
    )
    assert answer["errors"] == ['`block_id` "a" already exists [json-pointer:/blocks/1/block_id]']


def test_an_action_id_may_return_in_another_block(client) -> None:
    client.chat_postMessage(channel=CHANNEL, text="t", blocks=[actions(button()), actions(button())])


@pytest.mark.parametrize("blocks", ["[", '{"type": "divider"}', '["divider"]'])
def test_what_is_no_list_of_blocks_is_named_so(client, blocks: str) -> None:
    assert refusal(client.chat_postMessage, channel=CHANNEL, text="t", blocks=blocks)["error"] == (
        "invalid_blocks_format"
    )


def test_every_fault_of_a_message_is_told_at_once(client) -> None:
    blocks = [{"type": "carpet"}, actions(button(value=1)), {"type": "header"}]
    answer = refusal(client.chat_postMessage, channel=CHANNEL, text="t", blocks=blocks)
    assert len(answer["errors"]) == 3


def test_slack_names_blocks_and_elements_that_have_no_id(client, slack) -> None:
    client.chat_postMessage(
        channel=CHANNEL, text="t", blocks=[actions(without(button(), "action_id")), section(block_id="mine")]
    )
    first, second = slack.messages[0]["blocks"]
    assert first["block_id"]
    assert first["elements"][0]["action_id"]
    assert second["block_id"] == "mine"
