"""The stand-in steered over HTTP, below ``/_control/``, as another process does it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tests.slack_answers import Broken, Reply
from tests.slack_limits import Limits
from tests.slack_rules import SlackError

if TYPE_CHECKING:
    from tests.slack_server import SlackServer

SETTINGS = ("page", "trigger_seconds", "file_seconds", "seconds_a_message")


def shown(server: SlackServer, what: str) -> Any:
    """What GET answers; None where there is no such thing."""
    match what:
        case "messages" | "calls" | "ephemeral" | "responses":
            return getattr(server, what)
        case "views":
            return list(server.views.values())
        case "files":
            return [{k: v for k, v in file.items() if k != "content"} for file in server.files.values()]
        case "counts":
            return server.counts()
        case "failed":
            return dict(server.chaotic.failed) if server.chaotic else {}
        case "connections":
            return len(server.sockets.connections)
    return None


def done(server: SlackServer, what: str, body: dict[str, Any]) -> tuple[int, Any]:
    """What POST does, as status and answer."""
    try:
        return 200, _done(server, what, body)
    except KeyError:
        return 404, {"ok": False, "error": "not_found"}
    except (SlackError, TypeError, ValueError) as error:
        return 400, {"ok": False, "error": str(error)}


def _done(server: SlackServer, what: str, body: dict[str, Any]) -> Any:
    if what.startswith(("press", "submit")):
        return asdict(_answer(server, what, body))
    match what:
        case "faults":
            server.fault(**body)
        case "channels":
            server.set_channel(**body)
        case "users":
            server.set_user(**body)
        case "scopes":
            server.set_scopes(*body["scopes"])
        case "delete":
            server.delete_message(**body)
        case "limits":
            server.limit(Limits(**body) if body.pop("on", True) else None)
        case "chaos":
            server.chaos(**body)
        case "settings" if not set(body) - set(SETTINGS):
            vars(server).update(body)
        case "disconnect":
            server.sockets.disconnect(**body)
        case "drop":
            server.sockets.drop()
        case "reset":
            server.reset()
        case _:
            raise KeyError(what)
    return {"ok": True}


def _answer(server: SlackServer, what: str, body: dict[str, Any]) -> Reply:
    """A press names its message by ``channel`` and ``ts``, a form its modal by ``view`` (an id)."""
    if what.startswith("press"):
        body["message"] = {"channel": body.pop("channel"), "ts": body.pop("ts")}
    if "broken" in body:
        body["broken"] = Broken(**body["broken"])
    ways = {
        "press": server.press,
        "submit": server.submit,
        "press_over_socket": server.press_over_socket,
        "submit_over_socket": server.submit_over_socket,
    }
    return ways[what](**body)
