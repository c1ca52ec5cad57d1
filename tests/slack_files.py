"""Uploads in three steps: files.getUploadURLExternal, the bytes, files.completeUploadExternal; files.info.

Sources: docs.slack.dev/reference/methods and …/messaging/working-with-files.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from tests.slack_chat import Arguments, post, required
from tests.slack_rules import SlackError, decoded
from tests.slack_workspace import BOT_USER, Workspace

MAX_ALT_TEXT = 1_000  # alt_txt_too_large
MAX_CHANNELS = 100  # channels_limit_exceeded
STARTS = {b"\x89PNG\r\n\x1a\n": ("png", "image/png"), b"\xff\xd8\xff": ("jpg", "image/jpeg")}
STARTS |= {b"GIF8": ("gif", "image/gif")}


def get_upload_url(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """files.getUploadURLExternal: a place for as many bytes as are announced."""
    required(arguments, "filename", "length")
    length = str(arguments["length"])
    if not length.isdigit() or int(length) < 1:
        raise SlackError("invalid_arguments", "must be greater than 0 [json-pointer:/length]")
    if len(str(arguments.get("alt_txt") or "")) > MAX_ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    ticket, id = secrets.token_urlsafe(24), workspace.fresh("F")
    name = str(arguments["filename"])
    workspace.files[id] = {"id": id, "name": name, "size": int(length), "ticket": ticket}
    workspace.files[id]["alt_txt"] = arguments.get("alt_txt") or ""
    return {"upload_url": f"http://127.0.0.1:{workspace.port}/upload/v1/{ticket}", "file_id": id}


def upload(workspace: Workspace, ticket: str, content: bytes) -> tuple[int, str]:
    """The bytes themselves, raw: status and text of the answer. A ticket is good once."""
    file = next((file for file in workspace.files.values() if file.get("ticket") == ticket), None)
    if file is None:
        return 404, "not found"
    if len(content) != file["size"]:
        return 400, f"Error: expected {file['size']} bytes, got {len(content)}"
    kind, mimetype = next((found for start, found in STARTS.items() if content.startswith(start)), ("", ""))
    del file["ticket"]
    file |= {"content": content, "filetype": kind or "binary", "mimetype": mimetype}
    return 200, f"OK - {len(content)}"


def complete_upload(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """files.completeUploadExternal: without a channel a file is the app's alone, to be shown in blocks."""
    asked = decoded(arguments.get("files"), "invalid_arguments")
    if not isinstance(asked, list) or not asked or not all(isinstance(each, dict) for each in asked):
        raise SlackError("invalid_arguments", "missing required field: files")
    found = [workspace.files.get(str(each.get("id"))) for each in asked]
    if any(file is None or "content" not in file for file in found):
        raise SlackError("file_not_found")
    channels = _channels(workspace, arguments)
    ready = [_complete(workspace, file, each) for file, each in zip(found, asked, strict=True) if file]
    for channel in channels:
        _share(workspace, channel, ready, arguments)
    return {"files": ready}


def files_info(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """files.info: no ``mimetype`` while Slack still works on the file."""
    file = workspace.files.get(str(arguments.get("file")))
    if file is None or "ready_at" not in file:
        raise SlackError("file_not_found")
    seen = {key: value for key, value in file.items() if key not in ("content", "ready_at")}
    working = file["ready_at"] > time.monotonic()
    return {"file": {**seen, "mimetype": "", "filetype": ""} if working else seen}


def _complete(workspace: Workspace, file: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    place = f"https://files.example.slack.com/files-pri/{file['id']}/{file['name']}"
    file |= {"title": asked.get("title") or file["name"], "user": BOT_USER, "created": int(time.time())}
    file |= {"url_private": place, "permalink": f"https://example.slack.com/files/{BOT_USER}/{file['id']}"}
    file["ready_at"] = time.monotonic() + workspace.file_seconds
    known = ("id", "name", "title", "size", "user", "created", "url_private", "permalink", "alt_txt")
    return {name: file[name] for name in known}


def _channels(workspace: Workspace, arguments: Arguments) -> list[str]:
    given = [*str(arguments.get("channels") or "").split(","), str(arguments.get("channel_id") or "")]
    asked = [channel.strip() for channel in given if channel.strip()]
    if len(asked) > MAX_CHANNELS:
        raise SlackError("channels_limit_exceeded")
    return [workspace.channel(channel, member=True)[0] for channel in asked]


def _share(workspace: Workspace, channel: str, files: list[dict[str, Any]], arguments: Arguments) -> None:
    named = workspace.messages.find(channel, arguments.get("thread_ts"))
    thread = {"thread_ts": named.get("thread_ts") or named["ts"]} if named else {}
    comment = str(arguments.get("initial_comment") or "")
    post(workspace, channel, {"text": comment, "files": files, "upload": True, **thread})
