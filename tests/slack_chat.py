"""The methods that post, change and read messages: chat.*, conversations.* and users.info.

Sources: the reference page of each method at docs.slack.dev/reference/methods. What a page leaves open says
where it comes from.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Any

from tests.slack_rules import (
    IGNORED,
    MAX_TEXT,
    MAX_UPDATED_TEXT,
    SlackError,
    check_blocks,
    check_metadata,
    check_text,
    decoded,
    missing,
)
from tests.slack_workspace import APP, BOT, BOT_USER, TEAM, Workspace, is_reply, micros, truth

Arguments = dict[str, Any]

MAX_HISTORY, DEFAULT_HISTORY = 999, 100  # conversations.history
MAX_REPLIES = 1_000  # conversations.replies, also its default
BESIDE = ("channel", "unfurl_links", "unfurl_media")  # kept with a message, not part of what Slack shows


def auth_test(_: Workspace, __: Arguments) -> dict[str, Any]:
    """Whose token it is."""
    return {
        "url": "https://example.slack.com/",
        "team": "Example",
        "user": "sendepause",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
    }


def post_message(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """chat.postMessage."""
    channel, state = workspace.channel(arguments.get("channel"), member=True)
    if state.get("is_archived"):
        raise SlackError("is_archived")
    content = _content(workspace, arguments, MAX_TEXT)
    flags = {name: truth(arguments[name]) for name in ("unfurl_links", "unfurl_media") if name in arguments}
    message = post(workspace, channel, {**content, **flags, **_thread(workspace, channel, arguments)})
    seen = shown(workspace, message, metadata=True)
    return {"channel": channel, "ts": message["ts"], "message": seen, **_warning(arguments, content)}


def post(workspace: Workspace, channel: str, content: dict[str, Any]) -> dict[str, Any]:
    """Keep a message of the app's."""
    author = {"user": BOT_USER, "bot_id": BOT, "app_id": APP, "team": TEAM}
    message = {"channel": channel, "type": "message", **author, "ts": workspace.now_ts(), **content}
    workspace.messages.append(message)
    return message


def update(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """chat.update: the app's own messages alone."""
    channel, state = workspace.channel(arguments.get("channel"), member=True)
    if state.get("is_archived"):
        raise SlackError("is_inactive")
    message = workspace.messages.find(channel, arguments.get("ts"))
    if message is None or message.get("subtype") == "tombstone":
        raise SlackError("message_not_found")
    if message.get("bot_id") != BOT:
        raise SlackError("cant_update_message")
    if truth(arguments.get("reply_broadcast")) and message.get("subtype") != "thread_broadcast":
        _broadcast(message, arguments)
        warning = {}
    else:
        content = _content(workspace, arguments, MAX_UPDATED_TEXT)
        _change(message, content, arguments)
        warning = _warning(arguments, content)
    seen = shown(workspace, message, metadata=True)
    return {"channel": channel, "ts": message["ts"], "text": message["text"], "message": seen, **warning}


def _broadcast(message: dict[str, Any], arguments: Arguments) -> None:
    if not is_reply(message):
        raise SlackError("cant_broadcast_message")
    if arguments.get("text") or arguments.get("blocks"):
        raise SlackError("no_dual_broadcast_content_update")
    message["subtype"] = "thread_broadcast"


def _change(message: dict[str, Any], content: dict[str, Any], arguments: Arguments) -> None:
    """Text without blocks takes the blocks away and shows as edited; metadata stay where none are given."""
    if arguments.get("metadata") in ({}, "{}"):
        message.pop("metadata", None)
    if "blocks" not in content:
        message.pop("blocks", None)
        message["edited"] = {"user": BOT_USER, "ts": message["ts"]}
    message.update(content)


def post_ephemeral(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """chat.postEphemeral: seen by one person, kept nowhere at Slack. Its metadata are ignored."""
    channel, state = workspace.channel(arguments.get("channel"), member=True)
    if state.get("is_archived"):
        raise SlackError("is_archived")
    user = str(arguments.get("user") or "")
    try:
        among = workspace.people.get(workspace.person(user)["id"], {}).get("channels")
    except SlackError as error:
        raise SlackError("user_not_in_channel") from error
    if among is not None and channel not in among:
        raise SlackError("user_not_in_channel")
    content = _content(workspace, {**arguments, "metadata": None}, MAX_TEXT)
    message = {"channel": channel, "user": user, "ts": workspace.now_ts(), **content}
    workspace.ephemeral.append({**message, **_thread(workspace, channel, arguments)})
    return {"message_ts": message["ts"]}


def history(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """conversations.history: newest first; of threads only roots and what was sent to the channel too."""
    channel, _ = workspace.channel(arguments.get("channel"), member=True)
    kept = [
        message
        for message in workspace.messages.of(channel)
        if not is_reply(message) or message.get("subtype") == "thread_broadcast"
    ]
    found = sorted(_between(kept, arguments), key=lambda message: micros(message["ts"]), reverse=True)
    if cursor := _cursor(arguments):
        found = [message for message in found if micros(message["ts"]) <= cursor]
    return _page(workspace, found, arguments, _limit(workspace, arguments, DEFAULT_HISTORY, MAX_HISTORY))


def replies(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """conversations.replies: a thread, oldest first.

    The root opens the first page whatever ``oldest`` and ``latest`` say, and later pages go on without it;
    neither is published, a caller should bear both.
    """
    channel, _ = workspace.channel(arguments.get("channel"), member=True)
    named = workspace.messages.find(channel, arguments.get("ts"))
    if named is None:
        raise SlackError("thread_not_found")
    root = workspace.messages.find(channel, named.get("thread_ts") or named["ts"]) or named
    below = _between(workspace.messages.replies(channel, root["ts"]), arguments)
    found = [root, *sorted(below, key=lambda message: micros(message["ts"]))]
    if cursor := _cursor(arguments):
        found = [message for message in found if micros(message["ts"]) >= cursor]
    return _page(workspace, found, arguments, _limit(workspace, arguments, MAX_REPLIES, MAX_REPLIES))


def info(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """conversations.info."""
    channel, state = workspace.channel(arguments.get("channel"), member=False)
    seen = {"is_archived": False, "is_member": True, "is_private": channel.startswith("G"), **state}
    return {"channel": {"id": channel, "name": f"name-of-{channel.lower()}", **seen}}


def users_info(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """users.info: one who left is ``deleted``."""
    return {"user": workspace.person(arguments.get("user"))}


def shown(workspace: Workspace, message: dict[str, Any], *, metadata: bool = False) -> dict[str, Any]:
    """A message as Slack shows it: a root counts its replies. Metadata where asked for, else their event
    type alone (seen: slackapi/python-slack-sdk#1501)."""
    seen = {key: value for key, value in message.items() if key not in BESIDE}
    if not metadata and isinstance(seen.get("metadata"), dict):
        seen["metadata"] = {"event_type": seen["metadata"].get("event_type")}
    below = workspace.messages.replies(message["channel"], message["ts"])
    if below:
        authors = sorted({reply.get("user", BOT_USER) for reply in below})
        seen |= {"thread_ts": message["ts"], "reply_count": len(below), "reply_users": authors}
        seen |= {"reply_users_count": len(authors), "latest_reply": below[-1]["ts"]}
    return seen


def with_ids(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Slack gives a block and an interactive element an id where the app gave none."""
    made = []
    for block in blocks:
        block = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)}
        for place in ("elements", "accessory", "element"):
            inside = block.get(place)
            if isinstance(inside, list):
                block[place] = [_identified(element) for element in inside]
            elif isinstance(inside, dict):
                block[place] = _identified(inside)
        made.append(block)
    return made


def _identified(element: dict[str, Any]) -> dict[str, Any]:
    passive = element["type"] in ("image", "plain_text", "mrkdwn")
    return element if passive else {"action_id": secrets.token_urlsafe(4), **element}


def _content(workspace: Workspace, arguments: Arguments, limit: int) -> dict[str, Any]:
    """Text, blocks and metadata of a call, checked."""
    if arguments.get("attachments"):
        raise SlackError("invalid_attachments")  # the older way to blocks; Sendepause has none
    if arguments.get("markdown_text"):
        raise SlackError("markdown_text_conflict")
    blocks = decoded(arguments.get("blocks") or None, "invalid_blocks_format")
    if not arguments.get("text") and not blocks:
        raise SlackError("no_text")
    content: dict[str, Any] = {"text": check_text(arguments.get("text"), limit)}
    if blocks:
        check_blocks(blocks, workspace.pictures())
        content["blocks"] = with_ids(blocks)
    metadata = decoded(arguments.get("metadata"), "invalid_metadata_format")
    if metadata is not None and metadata != {} and (kept := check_metadata(metadata)):
        content["metadata"] = kept
    return content


def _warning(arguments: Arguments, content: dict[str, Any]) -> dict[str, Any]:
    """The one trace of metadata that Slack did not keep."""
    if arguments.get("metadata") in (None, {}, "{}") or "metadata" in content:
        return {}
    return {"warning": IGNORED, "response_metadata": {"warnings": [IGNORED]}}


def _thread(workspace: Workspace, channel: str, arguments: Arguments) -> dict[str, Any]:
    """Where a reply belongs. Its root gone, Slack posts it to the channel and says nothing but that the
    answer's message has no ``thread_ts`` (seen: slack-go/slack#1571)."""
    asked = arguments.get("thread_ts")
    if not asked:
        return {}
    named = workspace.messages.find(channel, asked)
    if named is None:
        return {}
    root = named.get("thread_ts") or named["ts"]
    broadcast = {"subtype": "thread_broadcast"} if truth(arguments.get("reply_broadcast")) else {}
    return {"thread_ts": root, "parent_user_id": named.get("user", BOT_USER), **broadcast}


def _between(messages: list[dict[str, Any]], arguments: Arguments) -> list[dict[str, Any]]:
    edges: dict[str, int | None] = {}
    for name in ("oldest", "latest"):
        try:
            edges[name] = micros(arguments[name]) if arguments.get(name) else None
        except ValueError as error:
            raise SlackError(f"invalid_ts_{name}") from error
    more = 0 if truth(arguments.get("inclusive")) else 1
    oldest, latest = edges["oldest"], edges["latest"]
    return [
        message
        for message in messages
        if (oldest is None or micros(message["ts"]) >= oldest + more)
        and (latest is None or micros(message["ts"]) <= latest - more)
    ]


def _limit(workspace: Workspace, arguments: Arguments, usual: int, most: int) -> int:
    try:
        asked = int(arguments.get("limit") or usual)
    except ValueError as error:
        raise SlackError("invalid_arguments", "must be an integer [json-pointer:/limit]") from error
    return max(1, min(asked, workspace.page, most))


def _page(
    workspace: Workspace, found: list[dict[str, Any]], arguments: Arguments, limit: int
) -> dict[str, Any]:
    metadata = truth(arguments.get("include_all_metadata"))
    page = [shown(workspace, message, metadata=metadata) for message in found[:limit]]
    answer: dict[str, Any] = {"messages": page, "has_more": len(found) > limit}
    if len(found) > limit:
        beyond = f"next_ts:{micros(found[limit]['ts'])}"
        answer["response_metadata"] = {"next_cursor": base64.b64encode(beyond.encode()).decode()}
    return answer


def _cursor(arguments: Arguments) -> int:
    if not arguments.get("cursor"):
        return 0
    try:
        said = base64.b64decode(str(arguments["cursor"]), validate=True).decode()
        return int(said.removeprefix("next_ts:"))
    except (binascii.Error, ValueError) as error:
        raise SlackError("invalid_cursor") from error


def required(arguments: Arguments, *names: str) -> None:
    """SlackError unless all of these were given."""
    for name in names:
        if arguments.get(name) in (None, ""):
            raise missing(name)
