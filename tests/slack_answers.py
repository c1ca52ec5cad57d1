"""What a person does in Slack, sent to the app as Slack sends it: presses and filled modals.

Sources: docs.slack.dev/reference/interaction-payloads/block_actions-payload and …/view-interactions-payload,
…/interactivity/handling-user-interaction (a form with ``payload``, an answer within three seconds, what an
answer to a modal may say), …/authentication/verifying-requests-from-slack (the signature).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from tests.slack_chat import shown
from tests.slack_rules import SlackError, check_view
from tests.slack_shapes import characters
from tests.slack_views import show
from tests.slack_workspace import APP, TEAM, Workspace

SECONDS = 3.0  # "within 3 seconds", else the person sees an error; Slack does not send a press again
PERSON = "U0ERIKA"


@dataclass(frozen=True)
class Broken:
    """How a request differs from what Slack would send.

    ``age``: seconds by which its timestamp lies in the past (negative: in the future). ``timestamp`` and
    ``signature``: sent instead of the right ones; "" leaves the header out. ``secret``: signs instead of the
    right one. ``tamper``: appended to the body after signing. ``padding``: so many characters more in the
    payload, signed with it. ``body``: signed and sent instead of the form.
    """

    age: float = 0.0
    timestamp: str | None = None
    signature: str | None = None
    secret: str | None = None
    tamper: str = ""
    padding: int = 0
    body: str | None = None
    content_type: str = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Reply:
    """What the app answered. ``status`` 0: nothing within the seconds that Slack waits.

    ``shown``: what the person sees then: ``ok``, ``errors`` (beside the fields), ``closed``, ``updated``,
    ``trouble`` (Slack's own "We had some trouble connecting"). ``attempts``: how often it was sent.
    """

    status: int
    body: str = ""
    seconds: float = 0.0
    payload: dict[str, Any] = field(default_factory=dict)
    shown: str = "ok"
    errors: dict[str, str] = field(default_factory=dict)
    attempts: int = 1

    def json(self) -> Any:
        return json.loads(self.body)


def sign(secret: str, timestamp: str, body: str) -> str:
    """X-Slack-Signature, version 0."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()


def send(
    url: str, secret: str, payload: dict[str, Any], broken: Broken | None = None, seconds: float = SECONDS
) -> Reply:
    """One request as Slack makes it, or ``broken`` in one part."""
    how = broken or Broken()
    content = json.dumps(payload | ({"padding": "x" * how.padding} if how.padding else {}))
    body = urlencode({"payload": content}) if how.body is None else how.body
    timestamp = str(int(time.time() - how.age)) if how.timestamp is None else how.timestamp
    signature = sign(how.secret or secret, timestamp, body) if how.signature is None else how.signature
    headers = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}
    headers = {name: value for name, value in headers.items() if value}
    headers |= {
        "Content-Type": how.content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    }
    request = urllib.request.Request(url, (body + how.tamper).encode(), headers, method="POST")  # noqa: S310
    began = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
            status, said = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, said = error.code, error.read().decode(errors="replace")
    except OSError:
        status, said = 0, ""
    return Reply(status, said, time.monotonic() - began, payload)


def block_actions(
    workspace: Workspace,
    message: dict[str, Any],
    action_id: str,
    user: str = PERSON,
    *,
    block_id: str | None = None,
    value: str | None = None,
    chosen: Any = None,
) -> dict[str, Any]:
    """The payload of a press on a kept message.

    ``block_id`` and ``value`` tell which of several elements with one ``action_id`` is meant; ``chosen`` is
    what a menu or a picker was set to (an option's value, a day).
    """
    channel, ts = message["channel"], message["ts"]
    kept = workspace.messages.find(channel, ts) or message
    block, element = _element(kept.get("blocks", []), action_id, block_id, value)
    thread = {"thread_ts": kept["thread_ts"]} if "thread_ts" in kept else {}
    container = {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False}
    action = {key: element[key] for key in ("text", "value", "style", "url") if key in element}
    action |= {"type": element["type"], "action_id": action_id, "block_id": block["block_id"]}
    action |= {} if element["type"] == "button" else _chosen(element, chosen)
    name = workspace.states.get(channel, {}).get("name", f"name-of-{channel.lower()}")
    return {
        "type": "block_actions",
        **_whose(workspace, user),
        "container": {**container, **thread},
        "channel": {"id": channel, "name": name},
        "message": shown(workspace, kept, metadata=True),  # seen: slackapi/bolt-python#863
        "state": {"values": {}},
        "response_url": _response_url(workspace, channel, ts),
        "actions": [{**action, "action_ts": f"{time.time():.6f}"}],
    }


def view_submission(
    workspace: Workspace, view: dict[str, Any] | str, values: dict[str, Any], user: str = PERSON
) -> dict[str, Any]:
    """The payload of a sent modal.

    ``values``: by ``block_id`` or ``action_id``: a text, an option's value, a list of them, a day, a time.
    ValueError where Slack's own client would not let the person send it.
    """
    kept = workspace.views[view if isinstance(view, str) else view["id"]]
    state: dict[str, dict[str, Any]] = {}
    known = set()
    for block in (block for block in kept["blocks"] if block["type"] == "input"):
        element = block["element"]
        given = values.get(block["block_id"], values.get(element["action_id"]))
        known |= {block["block_id"], element["action_id"]}
        state[block["block_id"]] = {element["action_id"]: _filled(block, element, given)}
    if unknown := set(values) - known:
        raise ValueError(f"the modal has no field {sorted(unknown)}")
    return {
        "type": "view_submission",
        **_whose(workspace, user),
        "view": {**kept, "state": {"values": state}},
        "response_urls": [],
    }


def taken(workspace: Workspace, reply: Reply) -> Reply:
    """What Slack makes of an answer to a modal: it closes, changes, or shows errors beside its fields."""
    view = reply.payload["view"]
    try:
        said = reply.json() if reply.body.strip() else {}
        action = said.get("response_action", "clear" if not said else "?")
        if reply.status != 200:
            action = "?"
        match action:
            case "clear":
                del workspace.views[view["id"]]
                return _seen(reply, "closed")
            case "errors":
                return _seen(reply, "errors", _errors(view, said.get("errors")))
            case "update" | "push":
                check_view(said.get("view"), workspace.pictures())
                show(workspace, said["view"], view["id"] if action == "update" else "")
                return _seen(reply, "updated")
    except (ValueError, AttributeError, SlackError):
        pass
    return _seen(reply, "trouble")


def _seen(reply: Reply, what: str, errors: dict[str, str] | None = None) -> Reply:
    return replace(reply, shown=what, errors=errors or {})


def _errors(view: dict[str, Any], errors: Any) -> dict[str, str]:
    """By the ``block_id`` of an input block, each a text; ValueError where Slack could not show them."""
    fields = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or set(errors) - fields:
        raise ValueError(errors)
    if not all(isinstance(text, str) and text for text in errors.values()):
        raise ValueError(errors)
    return errors


def _whose(workspace: Workspace, user: str) -> dict[str, Any]:
    person = workspace.person(user)
    name = person["name"]
    return {
        "user": {"id": user, "username": name, "name": name, "team_id": TEAM},
        "api_app_id": APP,
        "token": "unused",  # the older way to verify, "deprecated"
        "trigger_id": workspace.trigger(user),
        "team": {"id": TEAM, "domain": "example"},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _response_url(workspace: Workspace, channel: str, ts: str) -> str:
    return f"http://127.0.0.1:{workspace.port}/actions/{TEAM}/{channel}/{ts}/{next(workspace._numbers)}"


def _element(
    blocks: list[dict[str, Any]], action_id: str, block_id: str | None, value: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    for block in blocks:
        inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        for element in inside:
            if (
                isinstance(element, dict)
                and element.get("action_id") == action_id
                and block_id in (None, block["block_id"])
                and value in (None, element.get("value"))
            ):
                return block, element
    raise ValueError(f"the message shows no {action_id!r} (block {block_id!r}, value {value!r})")


def _filled(block: dict[str, Any], element: dict[str, Any], given: Any) -> dict[str, Any]:
    """One field as view.state.values has it; what is not given keeps what the field began with."""
    empty = given in (None, "", [])
    started = any(name in element for name in _INITIAL)
    if empty and not started and not block.get("optional"):
        raise ValueError(f"{block['block_id']} must be filled in")
    if element["type"] == "plain_text_input":
        text = element.get("initial_value") if given is None else str(given)
        if text and not element.get("min_length", 0) <= characters(text) <= element.get("max_length", 3_000):
            raise ValueError(f"{block['block_id']} takes another length")
        return {"type": element["type"], "value": text or None}
    return {"type": element["type"], **_chosen(element, given)}


_INITIAL = ("initial_value", "initial_option", "initial_options", "initial_date", "initial_date_time")


def _chosen(element: dict[str, Any], given: Any) -> dict[str, Any]:
    groups = element.get("option_groups", [])
    among = element.get("options", [option for group in groups for option in group["options"]])
    by_value = {option["value"]: option for option in among}
    match element["type"]:
        case "datepicker":
            return {"selected_date": given or element.get("initial_date")}
        case "datetimepicker":
            return {"selected_date_time": given or element.get("initial_date_time")}
        case "checkboxes":
            chosen = element.get("initial_options", []) if given is None else [by_value[v] for v in given]
            return {"selected_options": chosen}
        case _:
            return {"selected_option": by_value[given] if given else element.get("initial_option")}
