"""Modals: views.open and views.update (docs.slack.dev/reference/methods, …/surfaces/modals)."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

from tests.slack_chat import Arguments, required, with_ids
from tests.slack_rules import SlackError, check_view, decoded
from tests.slack_workspace import APP, BOT, TEAM, Workspace

TRIGGER = re.compile(r"\d+\.\d+\.[0-9a-f]+")  # "132456.7890123.abcdef"


def views_open(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """A trigger is good once, and for three seconds."""
    required(arguments, "trigger_id", "view")
    view = decoded(arguments["view"], "invalid_arguments")
    check_view(view, workspace.pictures())
    _exchange(workspace, str(arguments["trigger_id"]))
    _own_external_id(workspace, view)
    return {"view": show(workspace, view)}


def views_update(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Another content for an open modal; ``hash`` guards against a race."""
    required(arguments, "view")
    view = decoded(arguments["view"], "invalid_arguments")
    check_view(view, workspace.pictures())
    by_own = {each["external_id"]: each["id"] for each in workspace.views.values() if each["external_id"]}
    id = str(arguments.get("view_id") or by_own.get(arguments.get("external_id"), ""))
    if id not in workspace.views:
        raise SlackError("not_found")
    if arguments.get("hash") and arguments["hash"] != workspace.views[id]["hash"]:
        raise SlackError("hash_conflict")
    return {"view": show(workspace, view, id)}


def show(workspace: Workspace, view: dict[str, Any], id: str = "") -> dict[str, Any]:
    """Keep a view as the one that is open under this id."""
    id = id or workspace.fresh("V")
    empty = {"private_metadata": "", "callback_id": "", "external_id": "", "submit": None, "close": None}
    usual = {"clear_on_close": False, "notify_on_close": False, "previous_view_id": None}
    workspace.views[id] = {
        **empty,
        **usual,
        **view,
        "blocks": with_ids(view["blocks"]),
        "id": id,
        "team_id": TEAM,
        "state": {"values": {}},
        "hash": f"{int(time.time())}.{secrets.token_hex(4)}",
        "root_view_id": id,
        "app_id": APP,
        "app_installed_team_id": TEAM,
        "bot_id": BOT,
    }
    return workspace.views[id]


def _exchange(workspace: Workspace, trigger_id: str) -> None:
    trigger = workspace.triggers.get(trigger_id) if TRIGGER.fullmatch(trigger_id) else None
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    if trigger.used:
        raise SlackError("exchanged_trigger_id")
    if time.monotonic() - trigger.made > workspace.trigger_seconds:
        raise SlackError("expired_trigger_id")
    trigger.used = True


def _own_external_id(workspace: Workspace, view: dict[str, Any]) -> None:
    own = view.get("external_id")
    if own and any(each["external_id"] == own for each in workspace.views.values()):
        raise SlackError("duplicate_external_id")
