"""Block Kit as Slack checks it: which properties a block has, how long they are, where an element may stand.

One table of shapes, each property with its rule; what is in no table is refused, as Slack refuses it.
Sources: docs.slack.dev/reference/block-kit/blocks, …/block-elements, …/composition-objects (limits), and
docs.slack.dev/reference/views/modal-views. The wording of a refusal is the one that Slack's answers show,
for instance in slackapi/java-slack-sdk#1349 and slackapi/python-slack-sdk#1521. Blocks and elements that
Sendepause does not send (rich text, video, menus of users or channels, …) are unsupported here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from tests.slack_shapes import (
    Check,
    Problem,
    Rule,
    anything,
    boolean,
    day,
    integer,
    listed,
    objects,
    one_of,
    repeated,
    shape,
    string,
    text,
    url,
)

MAX_BLOCKS = 50  # of a message; …/block-kit/blocks
MAX_VIEW_BLOCKS = 100  # of a modal; …/reference/views/modal-views
FILE_ID = re.compile(r"F[A-Z0-9]{8,}")
SEQUENCE = re.compile(r"<[^>]*>")  # a mention, a call or a link in mrkdwn


def block_problems(
    blocks: list[Any], pointer: str, files: Collection[str] | None
) -> tuple[list[Problem], int]:
    """What Slack would refuse in these blocks, and the characters of all their texts."""
    check = Check(files)
    _blocks(blocks, pointer, check)
    return check.problems, check.characters


def view_problems(view: dict[str, Any], files: Collection[str] | None) -> list[Problem]:
    """What Slack would refuse in this modal."""
    check = Check(files)
    objects(view, "/view", check, VIEW, ("type", "title", "blocks"))
    blocks = view.get("blocks") if isinstance(view.get("blocks"), list) else []
    for position, block in enumerate(blocks or []):
        if isinstance(block, dict) and block.get("type") == "input" and "submit" not in view:
            check.wrong(
                "must define `submit` to use an `input` block in modals", f"/view/blocks/{position}/input"
            )
    if sum(_focused(block) for block in blocks or []) > 1:
        check.wrong("only one element can have `focus_on_load` set to true", "/view/blocks")
    return check.problems


def sequences(message: dict[str, Any]) -> list[str]:
    """Every mention, call and link that Slack would see in a kept message."""
    texts = [message.get("text", ""), *_mrkdwn(message.get("blocks", []))]
    return [found for text in texts for found in SEQUENCE.findall(text)]


def _mrkdwn(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn" and isinstance(value.get("text"), str):
            yield value["text"]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _mrkdwn(each)


def elements(*kinds: str) -> Rule:
    """One of these elements."""

    def rule(value: Any, pointer: str, check: Check) -> None:
        if not isinstance(value, dict):
            return check.wrong("must provide an object", pointer)
        kind = value.get("type")
        if kind in ("plain_text", "mrkdwn") and kind in kinds:
            return text(3_000, mrkdwn=True)(value, pointer, check)
        if kind not in kinds:
            return check.wrong(f"unsupported type: {kind}", f"{pointer}/type")
        properties, required, also = ELEMENTS[kind]
        objects(value, pointer, check, properties, required)
        return also(value, pointer, check)

    return rule


def slack_file(value: Any, pointer: str, check: Check) -> None:
    """An uploaded picture by its id or its link, not both; …/composition-objects/slack-file-object."""
    before = len(check.problems)
    shape({"id": string(255, pattern=FILE_ID), "url": url})(value, pointer, check)
    if len(check.problems) > before:
        return
    if len(value) != 1 or (check.files is not None and next(iter(value.values())) not in check.files):
        check.wrong("invalid slack file", pointer)


def picture(value: dict[str, Any], pointer: str, check: Check) -> None:
    """…/blocks/image-block: a link or an uploaded file, one of the two."""
    if ("image_url" in value) == ("slack_file" in value):
        check.wrong("must define either `image_url` or `slack_file`", pointer)


def menu(value: dict[str, Any], pointer: str, check: Check) -> None:
    """…/block-elements/select-menu-element: options or groups of them, one of the two."""
    if ("options" in value) == ("option_groups" in value):
        return check.wrong("must define either `options` or `option_groups`", pointer)
    groups = value.get("option_groups", [])
    among = [option for group in groups if isinstance(group, dict) for option in group.get("options", [])]
    return _initial(value, value.get("options", among), pointer, check)


def choice(value: dict[str, Any], pointer: str, check: Check) -> None:
    """What is chosen at first is among the options, exactly."""
    _initial(value, value.get("options", []), pointer, check)


def writing(value: dict[str, Any], pointer: str, check: Check) -> None:
    """…/block-elements/plain-text-input-element: the shortest is not longer than the longest."""
    least, most = value.get("min_length", 0), value.get("max_length", 3_000)
    if isinstance(least, int) and isinstance(most, int) and least > most:
        check.wrong("`min_length` must not be greater than `max_length`", f"{pointer}/min_length")


def said_something(value: dict[str, Any], pointer: str, check: Check) -> None:
    """…/blocks/section-block: a text or fields."""
    if "text" not in value and "fields" not in value:
        check.wrong("must define either `text` or `fields`", pointer)


CONFIRM = shape(
    {"title": text(100), "text": text(300), "confirm": text(30), "deny": text(30)}
    | {"style": one_of("primary", "danger")},
    *("title", "text", "confirm", "deny"),
)
ACTION = {"action_id": string(255)}
CONFIRMED = ACTION | {"confirm": CONFIRM}
FOCUSED = {"focus_on_load": boolean}
PLACEHOLDER = {"placeholder": text(150)}


def _option(*, mrkdwn: bool) -> Rule:
    """…/composition-objects/option-object; mrkdwn only in radio buttons and checkboxes."""
    properties = {
        "text": text(75, mrkdwn=mrkdwn),
        "value": string(150),
        "description": text(75, mrkdwn=mrkdwn),
    }
    return shape(properties, "text", "value")


PLAIN_OPTION, ANY_OPTION = _option(mrkdwn=False), _option(mrkdwn=True)
GROUP = shape({"label": text(75), "options": listed(PLAIN_OPTION, 100)}, "label", "options")
IMAGE = {"alt_text": string(2_000), "image_url": url, "slack_file": slack_file}

# Each element: its properties, the required ones, and what must hold among them.
ELEMENTS: dict[str, tuple[dict[str, Rule], tuple[str, ...], Rule]] = {
    "image": (IMAGE, ("alt_text",), picture),
    "button": (
        CONFIRMED
        | {"text": text(75), "url": url, "value": string(2_000), "style": one_of("primary", "danger")}
        | {"accessibility_label": string(75)},
        ("text",),
        anything,
    ),
    "static_select": (
        CONFIRMED
        | FOCUSED
        | PLACEHOLDER
        | {"options": listed(PLAIN_OPTION, 100), "option_groups": listed(GROUP, 100)}
        | {"initial_option": PLAIN_OPTION},
        (),
        menu,
    ),
    "checkboxes": (
        CONFIRMED | FOCUSED | {"options": listed(ANY_OPTION, 10), "initial_options": listed(ANY_OPTION, 10)},
        ("options",),
        choice,
    ),
    "radio_buttons": (
        CONFIRMED | FOCUSED | {"options": listed(ANY_OPTION, 10), "initial_option": ANY_OPTION},
        ("options",),
        choice,
    ),
    "datepicker": (CONFIRMED | FOCUSED | PLACEHOLDER | {"initial_date": day}, (), anything),
    "datetimepicker": (  # "10 digits"
        CONFIRMED | FOCUSED | {"initial_date_time": integer(1_000_000_000, 9_999_999_999)},
        (),
        anything,
    ),
    "plain_text_input": (
        ACTION
        | FOCUSED
        | PLACEHOLDER
        | {"initial_value": string(3_000, 0), "multiline": boolean}
        | {"min_length": integer(0, 3_000), "max_length": integer(1, 3_000)}
        | {
            "dispatch_action_config": shape(
                {"trigger_actions_on": listed(one_of("on_enter_pressed", "on_character_entered"), 2)}
            )
        },
        (),
        writing,
    ),
}

CHOOSING = ("static_select", "checkboxes", "radio_buttons", "datepicker")
BLOCKS: dict[str, tuple[dict[str, Rule], tuple[str, ...], Rule]] = {
    "section": (
        {"text": text(3_000, mrkdwn=True), "fields": listed(text(2_000, mrkdwn=True), 10)}
        | {"accessory": elements("button", "image", *CHOOSING), "expand": boolean},
        (),
        said_something,
    ),
    "header": ({"text": text(150)}, ("text",), anything),
    "context": (
        {"elements": listed(elements("image", "plain_text", "mrkdwn"), 10)},
        ("elements",),
        anything,
    ),
    "divider": ({}, (), anything),
    "actions": (
        {"elements": listed(elements("button", "datetimepicker", *CHOOSING), 25)},
        ("elements",),
        anything,
    ),
    "image": (IMAGE | {"title": text(2_000)}, ("alt_text",), picture),
    "input": (
        {"label": text(2_000), "hint": text(2_000), "optional": boolean, "dispatch_action": boolean}
        | {"element": elements("plain_text_input", "datetimepicker", *CHOOSING)},
        ("label", "element"),
        anything,
    ),
}


def _blocks(value: Any, pointer: str, check: Check) -> None:
    for position, block in enumerate(value):
        _block(block, f"{pointer}/{position}", check)
    for problem in repeated(value, "block_id", pointer):
        check.wrong(*problem)


def _view_blocks(value: Any, pointer: str, check: Check) -> None:
    if not isinstance(value, list):
        return check.wrong("must be an array", pointer)
    if len(value) > MAX_VIEW_BLOCKS:
        check.wrong(f"no more than {MAX_VIEW_BLOCKS} items allowed", pointer)
    return _blocks(value, pointer, check)


VIEW: dict[str, Rule] = {
    "type": one_of("modal"),
    "title": text(24),
    "blocks": _view_blocks,
    "close": text(24),
    "submit": text(24),
    "private_metadata": string(3_000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
    "clear_on_close": boolean,
    "notify_on_close": boolean,
}


def _block(block: Any, pointer: str, check: Check) -> None:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in BLOCKS:
        return check.wrong(f"unsupported type: {kind}", f"{pointer}/type")
    properties, required, also = BLOCKS[kind]
    objects(block, pointer, check, properties | {"block_id": string(255)}, required)
    also(block, pointer, check)
    inside = block.get("elements")
    if isinstance(inside, list):  # "unique among all other action_ids in the containing block"
        for problem in repeated(inside, "action_id", f"{pointer}/elements"):
            check.wrong(*problem)
    return None


def _initial(value: dict[str, Any], options: Any, pointer: str, check: Check) -> None:
    chosen = value.get("initial_options", [value[i] for i in ("initial_option",) if i in value])
    if isinstance(chosen, list) and any(each not in options for each in chosen):
        check.wrong("initial option must exactly match one of the options", pointer)


def _focused(block: Any) -> int:
    element = block.get("element") if isinstance(block, dict) else None
    return int(isinstance(element, dict) and element.get("focus_on_load") is True)
