"""What stands in a Node-RED's flows: its tabs, the accounts they are marked with, what they send through.

Pure reading of what ``GET /flows`` answers: one array in which tabs, subflows and nodes lie side by side,
each node with the tab or subflow that it stands on (``z``). Nodes that are switched off (``d``) do nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from sendepause.campaigns.base import MARK as LINE
from sendepause.campaigns.base import marked
from sendepause.campaigns.senders import gateway, sender_of_call
from sendepause.model import Sender, Via

Node: TypeAlias = Mapping[str, Any]

MARK = "WA_ACCOUNT"  # the name of a tab's environment variable
LONGEST = 20_000  # characters of one node's code, or of a tab's description, that are looked at
MOST_SENDERS = 50  # of one tab
_HIDDEN = "{{}}"  # stands where only the running flow knows what is sent
_URL = re.compile(r"https?://[^\s\"'`<>\\]+")
_INCOMING = re.compile(r"(?:[-_ ]|\b)(?:in|receive|receiver|trigger|listener)$", re.IGNORECASE)
_ENDS = r"\s*(?:[,;)}\]\n]|$)"  # what may follow a whole literal; anything else makes it a part of one


class Flows:
    """The flows of one Node-RED as they were read. TypeError where they are no array of objects."""

    def __init__(self, nodes: object) -> None:
        if not isinstance(nodes, list) or not all(isinstance(node, Mapping) for node in nodes):
            raise TypeError("no array of nodes")
        self.nodes: list[Node] = nodes
        self.tabs = {node["id"]: node for node in nodes if node.get("type") == "tab" and _id(node)}
        self._on: dict[object, list[Node]] = defaultdict(list)
        for node in nodes:
            if not node.get("d") and isinstance(node.get("z"), str):
                self._on[node["z"]].append(node)
        self._fed_by = _links(nodes)

    def switched(self, id: str, disabled: bool) -> list[Node]:
        """All nodes as they are, with that one tab disabled or enabled."""
        return [{**node, "disabled": disabled} if node is self.tabs[id] else node for node in self.nodes]

    def account(self, id: str) -> str | None:
        """The number that a tab is marked with: in its variable WA_ACCOUNT, or as ``account: +49 …`` in a
        line of its description. E.164; None where neither can be read for certain, or they disagree."""
        variables, lines = self._said(id)
        said = [one.get("value") for one in variables if one.get("type") in ("str", "num")]
        return marked([*(f"account:{value}" for value in said), *lines])

    def is_marked(self, id: str) -> bool:
        """Whether people marked a tab, be it with what cannot be read for certain."""
        variables, lines = self._said(id)
        return bool(variables) or any(map(LINE.fullmatch, lines))

    def _said(self, id: str) -> tuple[list[Node], list[str]]:
        """The variables of a tab that may hold its mark, and the lines of its description."""
        env = self.tabs[id].get("env")
        entries = [one for one in env if isinstance(one, Mapping)] if isinstance(env, list) else []
        lines = str(self.tabs[id].get("info") or "")[:LONGEST].splitlines()
        return [one for one in entries if one.get("name") == MARK], [line.strip(" \t*->") for line in lines]

    def senders(self, id: str) -> tuple[Sender, ...]:
        """What a tab sends through, by its own nodes and those of the subflows that it uses.

        An address that a message brings along, and the name of its session, are looked for in what writes
        messages, also on the tabs that are linked to this one. Where nothing is found there, the sender is
        ``Via.UNKNOWN``, or has no name.
        """
        nodes = list(self._working(id))
        texts = [text for tab in self._feeding(id) for node in self._working(tab) for text in _texts(node)]
        said = {name: _literal(texts, name) or _HIDDEN for name in ("session", "From")}
        found = [sender for node in nodes if (sender := _sender(node, said))]
        hidden = Sender(Via.UNKNOWN) in found
        looked_at = texts if hidden else [text for node in nodes for text in _texts(node)]
        written = [_call(url, said) for text in looked_at for url in _URL.findall(text)]
        named = [sender for sender in written if sender and sender.via is not Via.UNKNOWN]
        found = [sender for sender in found if sender.via is not Via.UNKNOWN or not named]
        return tuple(dict.fromkeys(found + named))[:MOST_SENDERS]

    def at_start(self, id: str) -> int:
        """How many inject nodes of a tab fire as soon as it starts."""
        return sum(node.get("type") == "inject" and node.get("once") is True for node in self._working(id))

    def _working(self, container: str) -> Iterator[Node]:
        """The nodes of a tab that are on, and those of its subflows; each subflow once."""
        ahead, seen = [container], {container}
        while ahead:
            for node in self._on[ahead.pop()]:
                yield node
                subflow = str(node.get("type")).partition("subflow:")[2]
                if subflow and subflow not in seen:
                    seen.add(subflow)
                    ahead.append(subflow)

    def _feeding(self, id: str) -> list[str]:
        """The tab, and those whose messages reach it through links, however many steps away."""
        ahead, seen = [id], {id}
        while ahead:
            for tab in self._fed_by[ahead.pop()] - seen:
                seen.add(tab)
                ahead.append(tab)
        return sorted(seen)


def _links(nodes: Iterable[Node]) -> dict[str, set[str]]:
    """Which tabs each tab gets messages from. Either end of a link may name the other."""
    home = {_id(node): node["z"] for node in nodes if isinstance(node.get("z"), str)}
    fed_by: dict[str, set[str]] = defaultdict(set)
    for node in nodes:
        links = node.get("links") if node.get("type") in ("link in", "link out", "link call") else None
        for other in links if isinstance(links, list) else ():
            ends = home.get(_id(node)), home.get(other) if isinstance(other, str) else None
            source, target = ends[::-1] if node.get("type") == "link in" else ends
            if source and target:
                fed_by[target].add(source)
    return fed_by


def _id(node: Node) -> str:
    id = node.get("id")
    return id if isinstance(id, str) else ""


def _sender(node: Node, said: Mapping[str, str]) -> Sender | None:
    """What one node sends through: Node-RED's own HTTP request, or a node made for WhatsApp.

    Those of node-red-contrib-evolution-api name their instance; those around whatsapp-web.js
    (node-red-contrib-whatsapp-link) hold the session themselves. Of others, the name must do.
    """
    type = str(node.get("type"))
    if type == "http request":
        return _request(node, said)
    if type in ("send-text", "evolution-api") and node.get("baseUrl"):
        return Sender(Via.EVOLUTION, gateway(str(node["baseUrl"])), str(node.get("instance") or "")[:200])
    if "x" not in node or _INCOMING.search(type):  # a configuration, or nothing that sends
        return None
    if node.get("whatsappLink"):
        return Sender(Via.WWEBJS)
    return Sender(Via.UNKNOWN) if "whatsapp" in type.lower() else None


def _request(node: Node, said: Mapping[str, str]) -> Sender | None:
    """All known interfaces are sent to with a POST: what is always another method and hidden is none."""
    sender = _call(str(node.get("url") or "").strip() or _HIDDEN, said)
    method = node.get("method") or "GET"
    return None if sender == Sender(Via.UNKNOWN) and method not in ("POST", "use") else sender


def _call(url: str, said: Mapping[str, str]) -> Sender | None:
    if "://" not in url and not url.startswith(("{{", "${")):
        url = f"http://{url}"  # as Node-RED reads it
    return sender_of_call(url, said)


def _texts(node: Node) -> Iterator[str]:
    """What a node writes into messages: code, templates, rules. Each as ``place: value``, or as it stands."""
    match node.get("type"):
        case "function":
            yield str(node.get("func") or "")[:LONGEST]
            yield str(node.get("initialize") or "")[:LONGEST]
        case "exec":
            yield f"{node.get('command') or ''} {node.get('append') or ''}"[:LONGEST]
        case "template":
            yield str(node.get("template") or "")[:LONGEST]
        case "change":
            yield from _set(node.get("rules"), "p", "to", "tot")
        case "inject":
            yield from _set(node.get("props"), "p", "v", "vt")
            yield str(node.get("payload") or "")[:LONGEST]


def _set(rules: object, place: str, value: str, kind: str) -> Iterator[str]:
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, Mapping) and rule.get("t", "set") == "set" and rule.get(value) is not None:
            mark = '"' if rule.get(kind) == "str" else ""
            yield f"{rule.get(place)}: {mark}{str(rule[value])[:LONGEST]}{mark}"


def _literal(texts: Iterable[str], name: str) -> str | None:
    """The one text that ``name`` is set to everywhere; None where it differs, or is put together."""
    set_to = re.compile(
        rf"\b{name}\b[\"'`\]]*\s*[:=](?!=)\s*(?:([\"'`])(?P<whole>[^\"'`${{}}]*)\1(?={_ENDS})|(?P<part>.))"
    )
    found = {match["whole"] for text in texts for match in set_to.finditer(text)}
    return found.pop() if len(found) == 1 else None
