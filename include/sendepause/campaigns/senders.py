"""What a call inside a campaign sends through: the interfaces of WhatsApp gateways and of the Platform.

Any tool that calls HTTP sends by one of a few addresses. WAHA, Evolution API and whatsapp-web.js servers
prove a consumer product; Meta's Cloud API and Twilio prove the Platform. Paths as in the tools' own
documentation: waha.devlike.pro, doc.evolution-api.com, github.com/avoylenko/wwebjs-api,
developers.facebook.com/docs/whatsapp/cloud-api, twilio.com/docs/whatsapp.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

from sendepause.campaigns.base import Access, account_of
from sendepause.model import Sender, Via

LONGEST = 2000  # characters of an address or of a body that are looked at
_HIDDEN = re.compile(r"\{\{|\$\{|\$json|\$node|\$env|msg\.|<%")  # n8n, Node-RED's mustache, templates
_WAHA = re.compile(r"^(?P<prefix>.*?)/api/send(?!Seen)[A-Z]\w*$")
_EVOLUTION = re.compile(r"^(?P<prefix>.*?)/message/send[A-Z]\w*/(?P<name>.+)$")
_WWEBJS = re.compile(r"^(?P<prefix>.*?)/client/sendMessage/(?P<name>.+)$")
_CLOUD_API = re.compile(r"^.*?/v\d+\.\d+/(?P<name>[^/]+)/messages$")
_TWILIO = re.compile(r"^/2010-04-01/Accounts/[^/]+/Messages(\.json)?$")
_ADDRESS = re.compile(r"^(?P<base>(?:https?://)?[^/]*(?:\{\{.*?\}\}[^/]*)*)(?P<path>/[^?#]*)")


def gateway(url: str) -> str:
    """A gateway's base URL in the one spelling that is compared; "" where it is no address.

    ``HTTP://WAHA:80/x/`` is ``http://waha/x``: no user, no query, no default port, no slash at the end.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not host:
        return ""
    usual = {"http": 80, "https": 443}[parts.scheme.lower()]
    shown = f"[{host}]" if ":" in host else host
    place = shown if port in (None, usual) else f"{shown}:{port}"
    return f"{parts.scheme.lower()}://{place}{parts.path}".rstrip("/")


def addresses(access: Access, known_as: Iterable[str]) -> tuple[str, ...]:
    """The base URLs by which tools call a gateway: the connection's, then the others; each once.

    Inside a network of containers a gateway often has another name than for Airflow's workers.
    """
    try:
        ours = gateway(access.base_url())
    except ValueError:
        ours = ""
    return tuple(dict.fromkeys(url for url in (ours, *known_as) if url))


def sender_of_call(url: object, body: object = None) -> Sender | None:
    """What a POST to ``url`` sends through; None where it is none of the known interfaces.

    ``url`` as a tool keeps it, with its expressions (n8n's leading ``=``, ``{{…}}``). ``body``: a mapping
    or JSON text. An address that an expression hides is ``Via.UNKNOWN``: only the running campaign knows.
    """
    address = str(url if url is not None else "").strip().removeprefix("=").strip()[:LONGEST]
    found = _ADDRESS.match(address)
    base, path = (found["base"], found["path"].rstrip("/")) if found else ("", "")
    if match := _EVOLUTION.match(path):
        return Sender(Via.EVOLUTION, _base(base, match["prefix"]), _shown(unquote(match["name"])))
    if match := _WWEBJS.match(path):
        return Sender(Via.WWEBJS, _base(base, match["prefix"]), _shown(unquote(match["name"])))
    if match := _WAHA.match(path):
        return Sender(Via.WAHA, _base(base, match["prefix"]), _shown(_field(body, "session")))
    if match := _CLOUD_API.match(path):
        return Sender(Via.CLOUD_API, "", _shown(match["name"]))
    if _TWILIO.match(path):
        sender = _field(body, "From")
        if not sender.startswith("whatsapp:") and not _HIDDEN.search(sender):
            return None  # an SMS
        return Sender(Via.TWILIO, "", account_of(sender) or "")
    return Sender(Via.UNKNOWN) if _HIDDEN.search(address) or (not found and address) else None


def _base(base: str, prefix: str) -> str:
    return "" if _HIDDEN.search(base + prefix) else gateway(base + prefix)


def _shown(name: str) -> str:
    return "" if _HIDDEN.search(name) or name.startswith("=") else name.strip()[:200]


def _field(body: object, name: str) -> str:
    """A field of a body that is a mapping, or JSON text with or without expressions in it."""
    if isinstance(body, Mapping):
        return str(body.get(name) or "")
    text = str(body or "").strip().removeprefix("=")[:LONGEST]
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        found = re.search(rf'"{name}"\s*:\s*"([^"]*)"', text)
        return found[1] if found else ""
    return str(data.get(name) or "") if isinstance(data, Mapping) else ""
