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

LONGEST = 2000  # characters of an address that are looked at
LONGEST_BODY = 20_000
META = "graph.facebook.com"
_HIDDEN = re.compile(r"\{\{|\$\{|\$json|\$node|\$env|msg\.|<%")  # n8n, Node-RED's mustache, templates
_WAHA = re.compile(r"^(?P<prefix>.*?)/api/(?:send(?!Seen)[A-Z]\w*|reply|forwardMessage)$")
# Without a name: a program puts it there.
_EVOLUTION = re.compile(r"^(?P<prefix>.*?)/message/send[A-Z]\w*(?:/(?P<name>.+))?$")
_WWEBJS = re.compile(
    r"^(?P<prefix>.*?)/(?:(?:client|channel)/sendMessage|message/(?:reply|forward))(?:/(?P<name>.+))?$"
)
_CLOUD_API = re.compile(r"^/v\d+\.\d+/(?P<name>[^/]+)/(?:marketing_)?messages$")
_LIKE_CLOUD_API = re.compile(r"/v\d+\.\d+/\d+/(?:marketing_)?messages$")
_TWILIO = re.compile(r"^/2010-04-01/Accounts/[^/]+/Messages(\.json)?$")
# Atomic: what stands in one pair of braces is one piece, else many of them would take for ever.
_ADDRESS = re.compile(
    r"(?P<base>(?:https?://)?(?:(?>\{\{.*?\}\})|[^/?#{]|\{(?!\{))*+)(?P<path>/[^?#]*)",
    re.IGNORECASE | re.DOTALL,
)


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
    for via, interface in ((Via.EVOLUTION, _EVOLUTION), (Via.WWEBJS, _WWEBJS)):
        if match := interface.match(path):
            return Sender(via, _base(base, match["prefix"]), _shown(unquote(match["name"] or "")))
    if match := _WAHA.match(path):
        return Sender(Via.WAHA, _base(base, match["prefix"]), _shown(_field(body, "session")))
    if _TWILIO.match(path):
        return _by_twilio(_field(body, "From"), _field(body, "To"))
    if gateway(base if "://" in base else f"https://{base}") == f"https://{META}":
        match = _CLOUD_API.match(path)
        return Sender(Via.CLOUD_API, "", _shown(match["name"])) if match and match["name"] != "me" else None
    # Some gateways of WhatsApp Web look like Meta's interface; only its own address proves the Platform.
    hidden = _HIDDEN.search(address) or _LIKE_CLOUD_API.search(path) or (not found and address)
    return Sender(Via.UNKNOWN) if hidden else None


def _by_twilio(sender: str, to: str) -> Sender | None:
    """A message by WhatsApp, unless one of its two ends shows that it is an SMS."""
    shown = [end for end in (sender, to) if end and not _HIDDEN.search(end)]
    if not all(end.startswith("whatsapp:") for end in shown):
        return None
    return Sender(Via.TWILIO, "", account_of(sender) or "")


def _base(base: str, prefix: str) -> str:
    return "" if _HIDDEN.search(base + prefix) else gateway(base + prefix)


def _shown(name: str) -> str:
    return "" if _HIDDEN.search(name) or name.startswith("=") else name.strip()[:200]


def _field(body: object, name: str) -> str:
    """A text in a body that is a mapping, or JSON text with or without expressions in it; "" where it is not
    one and the same whole text."""
    if isinstance(body, Mapping):
        return _as_text(body.get(name))
    text = str(body or "").strip().removeprefix("=")[:LONGEST_BODY]
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        whole = re.compile(rf'"{name}"\s*:\s*(?:"(?P<whole>[^"\\]*)"\s*(?=[,}}\]]|$)|.)', re.DOTALL)
        found = {match["whole"] for match in whole.finditer(text)}
        return _as_text(found.pop()) if len(found) == 1 else ""
    return _as_text(data.get(name)) if isinstance(data, Mapping) else ""


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else ""
