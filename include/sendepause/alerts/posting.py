"""The calls of one message: uploaded, posted, searched for, changed. What goes wrong is raised."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient

from sendepause.alerts.deliveries import Content

EVENT_TYPE = "sendepause_alert"
CLOCKS_APART = timedelta(minutes=15)  # how far our clock and Slack's may differ
PAGE = 200  # messages in one call of conversations.history

_LONGEST_CHANGED = (
    3900  # characters of text; chat.update takes 4,000: docs.slack.dev/reference/methods/chat.update
)
_LONGEST_ALT = 1000  # of a file's alt text; an image block takes twice as much


def post(client: WebClient, content: Content, channel: str, thread_ts: str | None) -> tuple[str, bool]:
    """Post a message, in a thread if one is given; Slack's ``ts``, and whether it is where it should be.

    Where somebody deleted what began the thread, Slack posts into the channel without an error.
    """
    answer = client.chat_postMessage(
        channel=channel,
        text=content.text,
        blocks=_blocks(content),
        metadata=_metadata(content),
        link_names=False,
        parse="none",
        unfurl_links=False,
        unfurl_media=False,
        thread_ts=thread_ts,
        reply_broadcast=content.broadcast if thread_ts else None,
    )
    placed = not thread_ts or (answer.get("message") or {}).get("thread_ts") == thread_ts
    return str(answer.get("ts")), placed


def change(client: WebClient, content: Content, channel: str, ts: str) -> None:
    """Let a message that was sent show something else; again is safe."""
    client.chat_update(
        channel=channel,
        ts=ts,
        text=content.text[:_LONGEST_CHANGED],
        blocks=_blocks(content),
        metadata=_metadata(content),
        link_names=False,
        parse="none",
    )


def upload(client: WebClient, picture: bytes, alt: str) -> str:
    """Upload a picture (PNG) that nobody sees yet, and give Slack's id of it; again only makes another one.

    Shown by a message that names it, it arrives once as the message does.
    """
    answer = client.files_upload_v2(
        content=picture, filename="sendepause.png", title="Sendepause", alt_txt=alt[:_LONGEST_ALT]
    )
    return str(answer["files"][0]["id"])


def own_bot(client: WebClient) -> str:
    """The bot id under which the app's messages stand in a history."""
    return str(client.auth_test()["bot_id"])


def search(
    client: WebClient, bot: str, delivery: str, channel: str, thread_ts: str | None, since: datetime
) -> str | None:
    """The ``ts`` of the ``bot``'s message that carries a delivery's id; None: there is none.

    Searched from ``since`` on, in the thread if one is given, else in the channel.
    """
    arguments: dict[str, Any] = {
        "channel": channel,
        "oldest": f"{(since - CLOCKS_APART).timestamp():.6f}",
        "limit": PAGE,
        "include_all_metadata": True,
    }
    while True:
        page = (
            client.conversations_replies(ts=thread_ts, **arguments)
            if thread_ts
            else client.conversations_history(**arguments)
        )
        for message in page.get("messages") or []:
            if message.get("bot_id") == bot and _is_about(message.get("metadata"), delivery):
                return str(message["ts"])
        arguments["cursor"] = (page.get("response_metadata") or {}).get("next_cursor")
        if not arguments["cursor"]:
            return None


def _metadata(content: Content) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"delivery": content.id}}


def _blocks(content: Content) -> list[dict[str, Any]]:
    """The blocks, with the picture at their end once it is uploaded."""
    if not content.file:
        return content.blocks
    alt = (content.picture_alt or "Sendepause")[:_LONGEST_ALT]
    return [*content.blocks, {"type": "image", "slack_file": {"id": content.file}, "alt_text": alt}]


def _is_about(metadata: Any, delivery: str) -> bool:
    """Whether metadata name our delivery; they may have any shape."""
    match metadata:
        case {"event_type": event, "event_payload": {"delivery": id}}:
            return bool(event == EVENT_TYPE and id == delivery)
    return False
