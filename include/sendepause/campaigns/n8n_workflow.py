"""What an n8n workflow is as the public API shows it: its state, what it sends through, what it calls. Pure.

Parameters as n8n 1.x and 2.x keep them: what equals a node's default is left out, an expression begins
with ``=``, a choice from a list is ``{"__rl": true, "value": …}``. Community nodes as their packages
n8n-nodes-evolution-api 1.0 and @devlikeapro/n8n-nodes-waha 2026.2 describe them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sendepause.campaigns.base import account_of, marked
from sendepause.campaigns.senders import sender_of_call
from sendepause.model import CampaignState, Sender, Via

# Triggers that go on from the moment they are switched on. Others may hold or fetch what came meanwhile.
FROM_NOW = frozenset(
    {"chattrigger", "cron", "errortrigger", "executeworkflowtrigger", "formtrigger", "interval"}
    | {"manualtrigger", "n8ntrigger", "scheduletrigger", "start", "webhook", "workflowtrigger"}
)
_STARTED_BY_OTHERS = frozenset({"executeworkflowtrigger", "errortrigger"})
_OLD_TRIGGERS = frozenset({"cron", "emailreadimap", "interval", "start", "webhook"})

Workflow: TypeAlias = Mapping[str, Any]  # as the API gives it
Parameters: TypeAlias = Mapping[str, Any]
Gateways: TypeAlias = Mapping[str, str]  # a credential's id or name -> the gateway's base URL


@dataclass(frozen=True, slots=True)
class Content:
    """What a workflow's nodes show. ``calls``: ids of the workflows that it calls, "" where one is hidden."""

    senders: tuple[Sender, ...] = ()
    calls: tuple[str, ...] = ()
    from_now: bool = True  # switched on again, its triggers release nothing of what came meanwhile
    callable: bool = False  # others can start it


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of a listed workflow: not its nodes, of which there may be many megabytes."""

    row: Mapping[str, Any]  # for campaigns_of
    tags: tuple[str, ...]
    over: bool
    versioned: bool  # as n8n shows it since 1.123
    content: Content


def seen_of(item: Workflow, gateways: Gateways, publishing: bool) -> Seen:
    """A listed workflow, without its nodes. ``publishing``: n8n 2.x."""
    tags = item.get("tags")
    names = (
        [str(tag.get("name")) for tag in tags if isinstance(tag, Mapping)] if isinstance(tags, list) else []
    )
    content = content_of(nodes_of(item), gateways)
    state = _state(item, content, publishing)
    return Seen(
        row={
            "id": item.get("id"),
            "name": item.get("name"),
            "account": marked(names),
            "state": state,
            "version": item.get("activeVersionId") if publishing else None,
        },
        tags=tuple(names),
        over=state is CampaignState.DONE,
        versioned="activeVersionId" in item,
        content=content,
    )


def nodes_of(item: Workflow) -> object:
    """The nodes that run: the published version's; the draft's where n8n shows no published one."""
    published = item.get("activeVersion")
    return published.get("nodes") if isinstance(published, Mapping) else item.get("nodes")


def state_of(item: Workflow, publishing: bool) -> CampaignState:
    """Off only where everything that tells it says so. Archived and off is DONE: n8n starts it no more.

    n8n 1.x starts what others call, and what handles errors, also where it is off; 2.x (``publishing``)
    starts nothing that is not published.
    """
    return _state(item, content_of(nodes_of(item), {}), publishing)


def _state(item: Workflow, content: Content, publishing: bool) -> CampaignState:
    active, version = item.get("active"), item.get("activeVersionId")
    if active is True:
        return CampaignState.RUNNING
    if active is not False or version is not None:
        return CampaignState.UNKNOWN
    if item.get("isArchived") is True:
        return CampaignState.DONE
    published_only = publishing and "activeVersionId" in item
    return CampaignState.UNKNOWN if content.callable and not published_only else CampaignState.PAUSED


def content_of(nodes: object, gateways: Gateways) -> Content:
    """The content of ``nodes`` as the API gives them; nodes that are switched off count for nothing.

    Where no nodes are told, any may be there.
    """
    if not isinstance(nodes, list):
        return _HIDDEN
    senders: dict[Sender, None] = {}
    calls: dict[str, None] = {}
    from_now, called = True, False
    for kind, node, parameters in _switched_on(nodes):
        if kind in _CALLS:
            calls[_called(parameters)] = None
        elif kind in _PROGRAMS:
            senders |= dict.fromkeys(_in_program(parameters))
        elif reads := _READERS.get(kind):
            if sender := reads(parameters, _base(node, gateways)):
                senders[sender] = None
        elif kind.endswith("trigger") or kind in _OLD_TRIGGERS:
            from_now = from_now and kind in FROM_NOW
            called = called or kind in _STARTED_BY_OTHERS
        elif _FOR_WHATSAPP.search(str(node.get("type"))):
            senders[Sender(Via.UNKNOWN)] = None
    return Content(tuple(senders), tuple(calls), from_now, called)


def followed(contents: Mapping[str, Content]) -> dict[str, tuple[Sender, ...]]:
    """What each workflow sends through, itself and by those that it calls, in a circle too.

    A workflow that is called and not among these may send: it is hidden by an expression or from the key.
    """
    found: dict[str, tuple[Sender, ...]] = {}
    for id in contents:
        senders: dict[Sender, None] = {}
        reached, ahead = {id}, [id]
        while ahead:
            content = contents.get(ahead.pop(), _HIDDEN)
            senders |= dict.fromkeys(content.senders)
            new = [called for called in content.calls if called not in reached]
            reached.update(new)
            ahead += new
        found[id] = tuple(senders)
    return found


_HIDDEN = Content((Sender(Via.UNKNOWN),), ("",), from_now=False, callable=True)


def _switched_on(nodes: list[Any]) -> Iterator[tuple[str, Mapping[str, Any], Parameters]]:
    """The kind of each node without its package, in small letters; a node as an agent's tool is one too."""
    for node in nodes:
        if isinstance(node, Mapping) and not node.get("disabled"):
            kind = str(node.get("type")).rpartition(".")[2].lower()
            if kind.endswith("tool"):
                kind = kind.removesuffix("tool")
            parameters = node.get("parameters")
            yield kind, node, parameters if isinstance(parameters, Mapping) else {}


def _text(value: object) -> str:
    """A parameter's text; "" where it is missing or an expression hides it."""
    if isinstance(value, Mapping):
        value = value.get("value")
    text = str(value if value is not None else "").strip().removeprefix("=").strip()
    return "" if "{{" in text else text


def _is(value: object, *wanted: str) -> bool:
    """Whether a parameter is one of ``wanted``; what an expression hides may be."""
    text = str(value).strip()
    return text in wanted or (text.startswith("=") and "{{" in text)


def _called(parameters: Parameters) -> str:
    """The id of the workflow that is called; "" where only the running workflow knows it."""
    if parameters.get("source", "database") != "database":
        return ""
    return _text(parameters.get("workflowId"))


def _http(parameters: Parameters, base: str) -> Sender | None:
    sender = sender_of_call(parameters.get("url"), _body(parameters))
    method = parameters.get("method", parameters.get("requestMethod", "GET"))
    # A message is handed over by POST; what else goes to an address that is hidden is none.
    hidden = sender is not None and sender.via is Via.UNKNOWN
    return None if hidden and not _is(method, "POST") else sender


def _body(parameters: Parameters) -> object:
    """The body as fields, or as JSON text, in the shapes of the node's versions 1 to 4."""
    for outer, inner in (("bodyParameters", "parameters"), ("bodyParametersUi", "parameter")):
        group = parameters.get(outer)
        pairs = group.get(inner) if isinstance(group, Mapping) else None
        if isinstance(pairs, list) and pairs:
            named = [pair for pair in pairs if isinstance(pair, Mapping)]
            return {str(pair.get("name")): _text(pair.get("value")) for pair in named}
    texts = (parameters.get(name) for name in ("jsonBody", "bodyParametersJson", "body"))
    return next((text for text in texts if text), None)


def _cloud_api(parameters: Parameters, base: str) -> Sender | None:
    if not _is(parameters.get("resource", "message"), "message"):
        return None
    return Sender(Via.CLOUD_API, "", _text(parameters.get("phoneNumberId"))[:200])


def _twilio(parameters: Parameters, base: str) -> Sender | None:
    by_whatsapp = parameters.get("toWhatsapp")
    sends = _is(parameters.get("resource", "sms"), "sms") and _is(parameters.get("operation", "send"), "send")
    if not sends or not (by_whatsapp is True or _is(by_whatsapp, "true")):
        return None
    return Sender(Via.TWILIO, "", account_of(_text(parameters.get("from"))) or "")


def _evolution(parameters: Parameters, base: str) -> Sender | None:
    if not _is(parameters.get("resource"), "messages-api"):
        return None
    return Sender(Via.EVOLUTION, base, _text(parameters.get("instanceName"))[:200])


def _waha(parameters: Parameters, base: str) -> Sender | None:
    operation = str(parameters.get("operation"))
    sends = operation.startswith("Send ") or operation == "Forward Message"
    if not sends or operation == "Send Seen":
        return None
    return Sender(Via.WAHA, base, _text(parameters.get("session"))[:200])


def _in_program(parameters: Parameters) -> Iterator[Sender]:
    """The interfaces whose addresses stand in a program's text; what it puts together stays unseen."""
    for name in _PROGRAM_TEXTS:
        for word in _WORD.findall(str(parameters.get(name) or "")[:LONGEST_PROGRAM]):
            sender = sender_of_call(word)
            if sender is not None and sender.via is not Via.UNKNOWN:
                yield sender


def _base(node: Mapping[str, Any], gateways: Gateways) -> str:
    """The gateway behind a node's credential, as the settings name it; n8n tells no credential's content."""
    credentials = node.get("credentials")
    named: Iterable[Any] = credentials.values() if isinstance(credentials, Mapping) else ()
    for one in named:
        if isinstance(one, Mapping):
            for key in (one.get("id"), one.get("name")):
                if str(key) in gateways:
                    return gateways[str(key)]
    return ""


LONGEST_PROGRAM = 200_000  # characters that are looked at
_WORD = re.compile(r"[^\s'\"`,;()]{5,500}")
_FOR_WHATSAPP = re.compile(r"whats-?app|wwebjs|waha|evolution-?api", re.IGNORECASE)  # nodes of other packages
_PROGRAMS = frozenset({"code", "toolcode", "function", "functionitem", "executecommand", "ssh"})
_PROGRAM_TEXTS = ("jsCode", "pythonCode", "functionCode", "command")
_CALLS = frozenset({"executeworkflow", "toolworkflow"})
_READERS: Mapping[str, Callable[[Parameters, str], Sender | None]] = {
    "httprequest": _http,
    "toolhttprequest": _http,
    "whatsapp": _cloud_api,
    "twilio": _twilio,
    "evolutionapi": _evolution,
    "waha": _waha,
}
