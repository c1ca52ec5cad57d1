"""n8n's public API in the shapes of four releases, served by a thread on the loopback interface.

The shapes and the odd answers were taken from n8n 1.123.81, 2.8.4 and 2.41.1. Before 1.123 no versions are
shown; 1.123 shows them, and publishes what was saved last whatever is asked for.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "n8n-key-0123456789abcdef"
SCOPES = frozenset(
    {"workflow:list", "workflow:read", "workflow:activate", "workflow:deactivate"}
    | {"execution:list", "execution:read", "execution:stop"}
)
WAHA = "https://waha.example.org"

Json = dict[str, Any]


def sending(url: str = f"{WAHA}/api/sendText", **body: str) -> Json:
    """An HTTP node that hands a message over."""
    fields = {"session": "sales"} | body
    pairs = [{"name": name, "value": value} for name, value in fields.items()]
    parameters = {"method": "POST", "url": url, "sendBody": True, "bodyParameters": {"parameters": pairs}}
    return {"type": "n8n-nodes-base.httpRequest", "typeVersion": 4.2, "parameters": parameters}


def calling(id: object) -> Json:
    return {"type": "n8n-nodes-base.executeWorkflow", "typeVersion": 1.2, "parameters": {"workflowId": id}}


def trigger(kind: str = "scheduleTrigger") -> Json:
    return {"type": f"n8n-nodes-base.{kind}", "typeVersion": 1, "parameters": {}}


@dataclass
class Scripted:
    """An answer that is given instead of the usual one, once. ``after``: what was asked is done first."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    method: str | None = None
    after: bool = False


@dataclass
class N8nApi:
    """What the server knows, and how it is to behave."""

    release: str = "2.41"
    port: int = 0
    workflows: dict[str, Json] = field(default_factory=dict)
    executions: dict[str, Json] = field(default_factory=dict)
    scopes: frozenset[str] = SCOPES
    scripted: list[Scripted] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Json] = field(default_factory=list)
    lies: bool = False  # answers that it switched, and does not
    answers_after: float = 0.0  # seconds between a change and its answer
    page_given: Callable[[int], None] = lambda page: None
    pages: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def versioned(self) -> bool:
        return self.release != "1"

    @property
    def publishing(self) -> bool:
        return not self.release.startswith("1")

    def put(self, id: str, *nodes: Json, active: object = True, tags: tuple[str, ...] = ()) -> Json:
        """A person makes a workflow, and publishes it."""
        workflow = {
            "id": id,
            "name": f"Workflow {id}",
            "active": active,
            "isArchived": False,
            "nodes": list(nodes),
            "tags": [{"id": tag, "name": tag} for tag in tags],
        }
        if self.versioned:
            workflow |= {"versionId": str(uuid.uuid4()), "activeVersionId": None, "activeVersion": None}
            workflow["versions"] = {workflow["versionId"]: list(nodes)}
        self.workflows[id] = workflow
        if active:
            self.activate(workflow, None)
        return workflow

    def edit(self, id: str, *nodes: Json) -> None:
        """A person edits the draft, and publishes nothing."""
        workflow = self.workflows[id]
        workflow["nodes"], workflow["versionId"] = list(nodes), str(uuid.uuid4())
        workflow["versions"][workflow["versionId"]] = list(nodes)

    def activate(self, workflow: Json, version: str | None) -> int:
        if workflow["isArchived"]:
            return 400
        if self.versioned:
            version = (version if self.publishing else None) or workflow["versionId"]
            if version not in workflow["versions"]:
                return 404
            nodes = workflow["versions"][version]
            workflow |= {"activeVersionId": version, "activeVersion": {"versionId": version, "nodes": nodes}}
        workflow["active"] = True
        return 200

    def deactivate(self, workflow: Json) -> int:
        workflow["active"] = False
        if self.versioned:
            workflow |= {"activeVersionId": None, "activeVersion": None}
        return 200

    def execute(self, id: str, workflow: str, status: str = "running", parent: Json | None = None) -> None:
        mode = "integrated" if parent else "trigger"
        self.executions[id] = {"id": id, "workflowId": workflow, "status": status, "mode": mode}
        self.executions[id]["data"] = {"parentExecution": parent} if parent else {}


@contextmanager
def serve(release: str = "2.41") -> Iterator[N8nApi]:
    """Runs the API until the block ends."""
    api = N8nApi(release)

    class Handler(_Handler):
        known = api

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    api.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    known: N8nApi

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        api = self.known
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        api.calls.append((self.command, self.path))
        scripted = None
        if api.scripted and api.scripted[0].method in (None, self.command):
            scripted = api.scripted.pop(0)
            if not scripted.after:
                return self._say(scripted.status, scripted.body, scripted.headers)
        status, answer = self._answer(json.loads(body) if body else {})
        time.sleep(api.answers_after if self.command == "POST" else 0)
        if scripted:
            return self._say(scripted.status, scripted.body, scripted.headers)
        return self._say(status, json.dumps(answer).encode(), {})

    def _answer(self, body: Json) -> tuple[int, Json]:
        if self.headers.get("x-n8n-api-key") != KEY:
            return 401, {"message": f"bad key {self.headers.get('x-n8n-api-key')}"}
        parts = urlsplit(self.path)
        path = [unquote(part) for part in parts.path.removeprefix("/api/v1/").split("/")]
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match self.command, *path:
            case "GET", "workflows":
                return self._scoped("workflow:list", lambda: self._list(query))
            case "GET", "workflows", id:
                return self._scoped("workflow:read", lambda: self._one(id, lambda found: 200))
            case "POST", "workflows", id, ("activate" | "deactivate") as what:
                return self._scoped(f"workflow:{what}", lambda: self._switch(what, id, body))
            case "GET", "executions":
                return self._scoped("execution:list", lambda: self._executions(query))
            case "GET", "executions", id:
                return self._scoped("execution:read", lambda: self._execution(id))
            case "POST", "executions", *rest if rest[-1] == "stop":
                return self._scoped("execution:stop", lambda: self._stop(rest[:-1], body))
            case "GET", "discover" if self.known.release == "2.41":
                return 200, {"data": {"scopes": sorted(self.known.scopes), "resources": {}}}
        return 404, {"message": "not found"}

    def _scoped(self, scope: str, answer: Callable[[], tuple[int, Json]]) -> tuple[int, Json]:
        """Before 2.41 a key of the community edition may do all that its user may."""
        if self.known.release == "2.41" and scope not in self.known.scopes:
            return 403, {"message": "Forbidden"}
        return answer()

    def _list(self, query: dict[str, str]) -> tuple[int, Json]:
        api, limit, offset = self.known, int(query["limit"]), 0
        if limit > 250 and api.release != "2.41":
            return 400, {"message": "request/query/limit must be <= 250"}
        if "cursor" in query:
            offset = json.loads(base64.b64decode(query["cursor"]))["offset"]
        rows = [_shown(row) for row in list(api.workflows.values())]
        cursor = None
        if offset + limit < len(rows):
            cursor = base64.b64encode(
                json.dumps({"limit": limit, "offset": offset + limit}).encode()
            ).decode()
        api.pages += 1
        answer = {"data": rows[offset : offset + limit], "nextCursor": cursor}
        api.page_given(api.pages)
        return 200, answer

    def _one(self, id: str, work: Callable[[Json], int]) -> tuple[int, Json]:
        found = self.known.workflows.get(id)
        if found is None:
            return 404, {"message": "Not Found"}
        status = work(found)
        return status, _shown(found) if status == 200 else {"message": "refused"}

    def _switch(self, what: str, id: str, body: Json) -> tuple[int, Json]:
        api = self.known
        api.bodies.append(body)
        if api.lies:
            return self._one(id, lambda found: 200)
        if what == "deactivate":
            return self._one(id, api.deactivate)
        return self._one(id, lambda found: api.activate(found, body.get("versionId")))

    def _executions(self, query: dict[str, str]) -> tuple[int, Json]:
        known = ["running", "waiting"] if self.known.release != "2.41" else ["new", "running", "waiting"]
        if query["status"] not in known:
            return 400, {"message": "request/query/status must be equal to one of the allowed values"}
        hidden = query["status"] == "waiting" and self.known.release != "2.41"
        rows = [
            {key: value for key, value in one.items() if key != "data"}
            for one in self.known.executions.values()
            if one["workflowId"] == query["workflowId"] and one["status"] == query["status"] and not hidden
        ]
        return 200, {"data": rows, "nextCursor": None}

    def _execution(self, id: str) -> tuple[int, Json]:
        found = self.known.executions.get(id)
        return (200, found) if found else (404, {"message": "Not Found"})

    def _stop(self, path: list[str], body: Json) -> tuple[int, Json]:
        api = self.known
        if api.release != "2.41":
            return 405, {"message": "POST method not allowed"}
        if path:
            return (200, {}) if api.executions.pop(path[0], None) else (404, {"message": "Not Found"})
        api.bodies.append(body)
        # As n8n does: without a workflow's id those of all.
        wanted = [
            id for id, one in api.executions.items() if body.get("workflowId") in (None, one["workflowId"])
        ]
        for id in wanted:
            del api.executions[id]
        return 200, {"stopped": len(wanted)}

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


def _shown(workflow: Json) -> Json:
    return {key: value for key, value in workflow.items() if key != "versions"}
