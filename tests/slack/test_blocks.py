"""Block Kit: of every rule one block that Slack shows, one that it refuses, and how it names the fault."""

from typing import Any

import pytest
from tests.slack.conftest import (
    CHANNEL,
    actions,
    button,
    context,
    faults,
    field,
    mrkdwn,
    plain,
    refusal,
    section,
    without,
    writing,
)
from tests.slack_server import check_blocks

PICTURE = {"type": "image", "alt_text": "Konten", "image_url": "https://example.com/a.png"}

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
    "actions: an action_id once": (
        actions(button(), button(action_id="moved")),
        actions(button(), button()),
        '`action_id` "read" already exists [json-pointer:/blocks/0/elements/1/action_id]',
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
    check_blocks([good])
    assert says in faults(bad)


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
