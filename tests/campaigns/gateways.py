"""Stand-ins for gateways: a whatsapp-web.js server, an Evolution API, Meta's Graph API, on the loopback.

They answer as the tools' sources and documentation say (wwebjs-api of July 2026, Evolution API 2.3.6, Graph
v25.0), with the oddities that matter: a stop that answers about sessions that never were, an update that
validates and overwrites, a webhook whose events are deleted when it is switched off.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "gateway-key-0123456789"
Told = tuple[int, Any]  # a status, and what is answered as JSON; bytes as they are


@dataclass
class Gateway:
    """A server, and how it is to misbehave."""

    port: int = 0
    key: str | None = KEY
    header: str = "x-api-key"
    calls: list[str] = field(default_factory=list)  # method and path, without the query
    scripted: list[Told] = field(default_factory=list)  # given instead of the next answers
    redirect: str = ""  # where the next write is sent on to
    lies: bool = False  # answers that it switched, and does not
    answers_after: float = 0.0  # seconds between switching and answering

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def writes(self) -> list[str]:
        """The calls that change something."""
        return [call for call in self.calls if not call.startswith("GET")]

    def refused(self) -> Told:
        """What a missing or wrong key is answered with."""
        return 403, {"success": False, "error": "Invalid API key"}

    def answer(self, method: str, path: list[str], query: Mapping[str, str], body: Any) -> Told:
        """The usual answer; ``path`` in its decoded segments."""
        raise NotImplementedError


@dataclass
class WwebjsServer(Gateway):
    """``sessions``: what the server has in memory, by id: state and number. ``disk``: the logins it keeps."""

    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    disk: dict[str, str | None] = field(default_factory=dict)
    starting: set[str] = field(default_factory=set)  # not in its memory before they are up
    hangs: set[str] = field(default_factory=set)  # sessions whose browser does not answer

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if "/session/stop/" in call or "/session/start/" in call]

    def put(self, id: str, state: str | None = "CONNECTED", number: str | None = "4930123450@c.us") -> None:
        """A session that runs in some state."""
        self.sessions[id] = {"state": state}
        self.disk[id] = number

    def restart(self) -> None:
        """With AUTO_START_SESSIONS, as by default: every login is started again."""
        self.sessions = {id: {"state": "CONNECTED"} for id in self.disk}

    def answer(self, method: str, path: list[str], query: Mapping[str, str], body: Any) -> Told:
        match method, path:
            case "GET", ["session", "getSessions"]:
                return 200, {"success": True, "result": list(self.sessions)}
            case "GET", [_, _, id] if not all(c.isascii() and (c.isalnum() or c in "_-") for c in id):
                return 422, {"success": False, "error": "Session should be alphanumerical or -"}
            case "GET", ["session", "status", id]:
                return (500, {"success": False}) if id in self.hangs else (200, self._status(id))
            case "GET", ["client", "getClassInfo", id]:
                if self._status(id)["success"] is not True:
                    return 404, {"success": False, "error": self._status(id)["message"]}
                wid = {"_serialized": self.disk[id]} if self.disk[id] is not None else None
                return 200, {
                    "success": True,
                    "sessionInfo": {"wid": wid, "pushname": "Anna"} if wid else None,
                }
            case "GET", ["session", "stop", id]:
                if not self.lies:
                    self.sessions.pop(id, None)
                return 200, {"success": True, "message": "Session stopped successfully"}
            case "GET", ["session", "start", id]:
                if id in self.sessions:
                    return 422, {"success": False, "error": f"Session already exists for: {id}"}
                self.put(id, number=self.disk.get(id))
                return 200, {"success": True, "message": "Session initiated successfully"}
        return 404, {"success": False}

    def _status(self, id: str) -> dict[str, Any]:
        session = self.sessions.get(id)
        if session is None or id in self.starting:
            return {"success": False, "state": None, "message": "session_not_found"}
        connected = session["state"] == "CONNECTED"
        message = "session_connected" if connected else "session_not_connected"
        return {"success": connected, "state": session["state"], "message": message}


@dataclass
class EvolutionServer(Gateway):
    """``instances`` as the database has them; ``live``: the state in memory, where an instance is loaded."""

    header: str = "apikey"
    instances: dict[str, dict[str, Any]] = field(default_factory=dict)
    live: dict[str, str | None] = field(default_factory=dict)
    bots: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    fallback: dict[tuple[str, str], str | None] = field(default_factory=dict)
    conversations: list[dict[str, Any]] = field(default_factory=list)
    webhooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    kinds_off: set[str] = field(default_factory=set)

    def put(self, name: str, state: str = "open", **fields: Any) -> None:
        """An instance that is connected through the web protocol."""
        row = {"id": f"id-{name}", "name": name, "connectionStatus": state, "number": None, "token": "t" * 30}
        row |= {"integration": "WHATSAPP-BAILEYS", "ownerJid": "4930123450:7@s.whatsapp.net"}
        self.instances[name] = row | fields
        self.live[name] = state

    def put_bot(self, kind: str, name: str, id: str, enabled: Any = True, **fields: Any) -> None:
        """A bot of an instance, with all that an update asks for."""
        found = {"id": id, "instanceId": f"id-{name}", "enabled": enabled, "description": None}
        found |= {"webhookUrl": "http://n8n/w", "url": "http://t", "typebot": "t1", "openaiCredsId": "c1"}
        found |= {"botType": "assistant", "assistantId": "a1", "apiUrl": "http://b", "apiKey": "bot-secret"}
        found |= {
            "agentUrl": "http://e",
            "triggerType": "all",
            "basicAuthUser": None,
            "updatedAt": "2026-01-01",
        }
        bots = self.bots.setdefault((kind, name), [])
        bots[:] = [bot for bot in bots if bot["id"] != id] + [found | fields]

    def refused(self) -> Told:
        return 401, {"status": 401, "error": "Unauthorized", "response": {"message": "Unauthorized"}}

    def answer(self, method: str, path: list[str], query: Mapping[str, str], body: Any) -> Told:
        match method, path:
            case "GET", ["instance", "fetchInstances"]:
                return self._instances(query.get("instanceName"))
            case _, [*_, name] if name not in self.instances:
                return 404, {"response": {"message": [f'The "{name}" instance does not exist']}}
            case "GET", ["instance", "connectionState", name]:
                state = self.live.get(name)
                return 200, {"instance": {"instanceName": name} | ({"state": state} if state else {})}
            case "GET", ["webhook", "find", name]:
                return 200, self.webhooks.get(name) if name in self.live else None
            case "POST", ["webhook", "set", name]:
                return self._set_webhook(name, body["webhook"])
            case _, [kind, *_] if kind in self.kinds_off:
                return 400, {
                    "status": 400,
                    "error": "Bad Request",
                    "response": {"message": f"{kind} is disabled"},
                }
            case "GET", [kind, "find", name]:
                return 200, self.bots.get((kind, name), [])
            case "GET", [kind, "fetchSettings", name]:
                return 200, {"expire": 300, "fallbackId": self.fallback.get((kind, name), "")}
            case "GET", [kind, "fetchSessions", id, name]:
                return 200, self.conversations
            case "PUT", [kind, "update", id, name]:
                return self._update(kind, name, id, body)
        return 404, {"response": {"message": ["Cannot call this"]}}

    def _instances(self, name: str | None) -> Told:
        if name is None:
            return 200, list(self.instances.values())
        if name not in self.live:
            return 404, {"response": {"message": f'Instance "{name}" not found'}}
        return 200, [self.instances[name]]

    def _update(self, kind: str, name: str, id: str, body: dict[str, Any]) -> Told:
        bots = self.bots.get((kind, name), [])
        found = next((bot for bot in bots if bot["id"] == id), None)
        if found is None:  # everything that goes wrong in there is a 500
            return 500, {"status": 500, "response": {"message": f"Error updating {kind}"}}
        if any(value is None for value in body.values()):  # the JSON schema knows no null
            return 400, {"status": 400, "response": {"message": ["is not of a type(s) string"]}}
        others = [bot for bot in bots if bot["id"] != id and bot["enabled"] and bot["triggerType"] == "all"]
        if body["triggerType"] == "all" and others:
            return 500, {"status": 500, "response": {"message": f"Error updating {kind}"}}
        if not self.lies:
            found |= body
        return 200, found

    def _set_webhook(self, name: str, webhook: dict[str, Any]) -> Told:
        if name not in self.live:
            return 500, {"status": 500, "response": {"message": "Cannot read properties of undefined"}}
        row = self.webhooks.setdefault(name, {})
        row |= {key: webhook[key] for key in ("enabled", "url", "headers") if key in webhook}
        row["events"] = webhook["events"] if webhook["enabled"] else []  # as its source does
        row |= {"webhookByEvents": webhook.get("byEvents"), "webhookBase64": webhook.get("base64")}
        return 201, row


@dataclass
class GraphServer(Gateway):
    """``numbers``: the phone numbers of each business account, given out in pages of ``page``."""

    header: str = "authorization"
    numbers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    page: int = 2

    def put(self, business: str, id: str, number: str, **fields: Any) -> None:
        """A number that is on the Cloud API alone."""
        row = {"id": id, "display_phone_number": number, "platform_type": "CLOUD_API", "is_on_biz_app": False}
        self.numbers.setdefault(business, []).append(row | fields)

    def refused(self) -> Told:
        return 401, {"error": {"message": "Session has expired", "type": "OAuthException", "code": 190}}

    def answer(self, method: str, path: list[str], query: Mapping[str, str], body: Any) -> Told:
        _, business, edge = path
        if business not in self.numbers or edge != "phone_numbers":
            return 400, {"error": {"message": "Unsupported get request", "code": 100, "error_subcode": 33}}
        first = int(query.get("after", 0))
        rows = self.numbers[business]
        last = first + self.page
        paging: dict[str, Any] = {"cursors": {"before": str(first), "after": str(last)}}
        if last < len(rows):
            paging["next"] = f"{self.url}/x?access_token={KEY}&after={last}"
        fields = query["fields"].split(",")
        return 200, {
            "data": [{key: row[key] for key in fields if key in row} for row in rows[first:last]],
            "paging": paging,
        }


@contextmanager
def serve_gateway(gateway: Gateway) -> Iterator[None]:
    """Runs a gateway until the block ends."""

    class Handler(_Handler):
        known = gateway

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False  # a slow answer must not hold up the end of a test
    gateway.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    known: Gateway

    def do_GET(self) -> None:
        self._serve()

    do_PUT = do_POST = do_DELETE = do_GET

    def _serve(self) -> None:
        gateway, parts = self.known, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        gateway.calls.append(f"{self.command} {parts.path}")
        writes = bool(gateway.writes) and gateway.writes[-1] == gateway.calls[-1]
        if gateway.redirect and writes:
            self._say(302, b"", {"location": gateway.redirect})
        elif gateway.scripted:
            self._tell(*gateway.scripted.pop(0))
        elif gateway.key and (self.headers.get(gateway.header) or "").removeprefix("Bearer ") != gateway.key:
            self._tell(*gateway.refused())
        else:
            path = [unquote(part) for part in parts.path.strip("/").split("/")]
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            told = gateway.answer(self.command, path, query, json.loads(body) if body else None)
            if writes:
                time.sleep(gateway.answers_after)
            self._tell(*told)

    def _tell(self, status: int, data: Any) -> None:
        self._say(status, data if isinstance(data, bytes) else json.dumps(data).encode(), {})

    def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            pass  # the caller has given up

    def log_message(self, format: str, *args: Any) -> None:
        """The test's output stays the test's."""
