"""What Slack demands of a message besides its blocks: text, metadata, and how it names what is wrong.

Sources: docs.slack.dev/reference/methods/chat.postMessage and …/chat.update (arguments, errors),
docs.slack.dev/messaging/message-metadata, and for the shape of a payload the types of Slack's own
@slack/types (message-metadata.ts).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from tests.slack_blocks import MAX_BLOCKS, block_problems, view_problems
from tests.slack_shapes import Problem, characters

MAX_TEXT = 40_000  # chat.postMessage cuts there; a cut text is a fault here, so it is refused
MAX_UPDATED_TEXT = 4_000  # chat.update, msg_too_long: "The text field cannot exceed 4,000 characters"
# Not published. Staff speak of "12,000 text characters with a buffer for block containers"; seen at 13,297
# (slackapi/bolt-js#2509), and once at 11,341 with rich text (slackapi/bolt-js#2867).
MAX_ALL_BLOCKS = 13_200
MAX_VIEW = 250_000  # view_too_large: "greater than 250kb"
MAX_METADATA = 8_000  # metadata_too_large exists, its size is not published; assumed, of the JSON
EVENT_TYPE = re.compile(r"[A-Za-z0-9_-]+")  # "letters, numbers, underscores, and hyphens"
IGNORED = "invalid_metadata_schema"  # the warning where an event type is none: "and is ignored"


class SlackError(Exception):
    """An answer of ``{"ok": false}``; ``messages`` say where it is wrong, as Slack does.

    ``more`` joins the answer, such as ``needed`` and ``provided``.
    """

    def __init__(self, error: str, *messages: str, **more: Any) -> None:
        self.error = error
        self.messages = list(messages)
        self.more = more
        super().__init__(error, *messages)

    def body(self) -> dict[str, Any]:
        """The answer's JSON: ``errors`` and ``response_metadata.messages`` where there is more to say."""
        body: dict[str, Any] = {"ok": False, "error": self.error, **self.more}
        if self.messages:
            body["errors"] = self.messages
            body["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        return body


def missing(argument: str) -> SlackError:
    """A required argument was not given."""
    return SlackError("invalid_arguments", f"missing required field: {argument}")


def check_blocks(blocks: Any, files: Collection[str] | None = None) -> None:
    """SlackError as Slack answers it, unless these are blocks that Slack would show in a message.

    ``files``: ids and links of the pictures that were uploaded; None leaves them unchecked.
    """
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SlackError("invalid_blocks_format")
    if len(blocks) > MAX_BLOCKS:
        raise SlackError("invalid_blocks", f"no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]")
    problems, total = block_problems(blocks, "/blocks", files)
    _refuse("invalid_blocks", problems)
    if total > MAX_ALL_BLOCKS:
        raise SlackError("msg_blocks_too_long")


def check_view(view: Any, files: Collection[str] | None = None) -> None:
    """SlackError unless this is a modal that Slack would open; docs.slack.dev/reference/views/modal-views."""
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", "must provide an object [json-pointer:/view]")
    if len(json.dumps(view).encode()) > MAX_VIEW:
        raise SlackError("view_too_large")
    _refuse("invalid_arguments", view_problems(view, files))


def check_text(text: Any, limit: int = MAX_TEXT) -> str:
    """The text of a message, or SlackError."""
    found = "" if text is None else str(text)
    if characters(found) > limit:
        raise SlackError("msg_too_long")
    return found


def check_metadata(metadata: Any) -> dict[str, Any] | None:
    """Message metadata, or SlackError: an event type and a payload of scalars, objects of scalars or
    lists of such objects. None where Slack posts the message and ignores them, with a warning alone."""
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_format")
    kind, payload = metadata["event_type"], metadata["event_payload"]
    if not isinstance(kind, str) or not isinstance(payload, dict):
        raise SlackError("invalid_metadata_format")
    if not all(_payload_value(value) for value in payload.values()):
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(metadata, ensure_ascii=False)) > MAX_METADATA:
        raise SlackError("metadata_too_large")
    return metadata if EVENT_TYPE.fullmatch(kind) else None


def decoded(value: Any, refusal: str) -> Any:
    """A form carries JSON as a string; ``refusal`` is answered where it is none."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise SlackError(refusal) from error


def _payload_value(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, dict) and _flat(each) for each in value)
    return _flat(value) if isinstance(value, dict) else isinstance(value, str | int | float | bool)


def _flat(value: dict[str, Any]) -> bool:
    return all(isinstance(each, str | int | float | bool) for each in value.values())


def _refuse(error: str, problems: list[Problem]) -> None:
    if problems:
        raise SlackError(error, *(f"{what} [json-pointer:{pointer}]" for what, pointer in problems))
