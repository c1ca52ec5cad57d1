"""Campaign tools as servers of their shape on the loopback interface, with the awkward cases they have."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from tests.campaigns.api import KEY, Scripted
from tests.campaigns.grounds import ACCOUNT, CLOSED_PORT, PATIENCE, TOO_LATE

from sendepause import campaigns
from sendepause.campaigns.base import Access, Connector
from sendepause.settings import SystemSettings

LOGIN = "sendepause"
FAR = 4102444800
Said = tuple[int, Any]


class Tool:
    """One tool. It is a ground of the contract, too: people put campaigns and it may misbehave."""

    preset: ClassVar[str]
    own: ClassVar[dict[str, Any]] = {}  # settings that the user has to add
    words: ClassVar[dict[str, Any]] = {}  # running, paused -> as the tool keeps them
    secret = KEY

    def __init__(self) -> None:
        self.port = 0
        self.rows: dict[str, dict[str, Any]] = {}
        self.scripted: list[Scripted] = []
        self.calls: list[tuple[str, str]] = []
        self.lies = False
        self.answers_after = 0.0
        self._seconds, self._down = 5.0, False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{CLOSED_PORT if self._down else self.port}"

    @property
    def connector(self) -> Connector:
        return self.connect()

    def connect(self, accounts: dict[str, str | None] | None = None, **settings: Any) -> Connector:
        """A connector by the preset, with own settings over it."""
        system = SystemSettings(
            id="tool",
            connector="http_api",
            connection="tool",
            timeout_seconds=self._seconds,
            accounts=accounts or {},
            settings={"preset": self.preset, "retry": {"attempts": 1}} | self.own | settings,
        )
        return campaigns.connect(system, Access("http", self.url, login=LOGIN, password=KEY))

    def put(self, id: str, state: str, account: str | None = ACCOUNT) -> None:
        raise NotImplementedError

    def state(self, id: str) -> str:
        words = {str(value): word for word, value in self.words.items()}
        kept = str(self.kept(id))
        return words.get(kept, kept)

    def kept(self, id: str) -> Any:
        """The state as the tool keeps it."""
        raise NotImplementedError

    def lie(self) -> None:
        self.lies = True

    def lose_answers(self) -> None:
        self._seconds, self.answers_after = PATIENCE, TOO_LATE

    def go_down(self) -> None:
        self._down = True

    def trusts(self, headers: Any) -> bool:
        raise NotImplementedError

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Said:
        raise NotImplementedError

    def change(self, row: dict[str, Any], **values: Any) -> None:
        if not self.lies:
            row.update(values)
        time.sleep(self.answers_after)


@contextmanager
def running(tool: Tool) -> Iterator[Tool]:
    """Serves the tool until the block ends."""

    class Handler(_Handler):
        known = tool

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    tool.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield tool
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    known: Tool

    def _serve(self) -> None:
        tool, parts = self.known, urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        tool.calls.append((self.command, self.path))
        if tool.scripted and tool.scripted[0].method in (None, self.command):
            scripted = tool.scripted.pop(0)
            self._say(scripted.status, scripted.body)
            return
        form = self.headers.get("content-type") == "application/x-www-form-urlencoded"
        body = parse_qs(raw.decode()) if form else json.loads(raw or b"null")
        if not (form or tool.trusts(self.headers)):
            status, said = 401, {"message": f"bad key {self.headers.get('authorization')}"}
        else:
            status, said = tool.answer(self.command, parts.path, parse_qs(parts.query), body)
        self._say(status, json.dumps(said).encode())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _say(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            pass  # the caller has given up

    def log_message(self, format: str, *args: Any) -> None:
        """The test's output stays the test's."""


def _basic(headers: Any) -> bool:
    expected = base64.b64encode(f"{LOGIN}:{KEY}".encode()).decode()
    return bool(headers.get("authorization") == f"Basic {expected}")


class Waha(Tool):
    """Stopped sessions are listed only when asked for, and do not show whose they are."""

    preset = "waha"
    words: ClassVar = {"running": "WORKING", "paused": "STOPPED"}

    def put(self, id: str, state: str, account: str | None = ACCOUNT, me: str | None = None) -> None:
        self.rows[id] = {
            "name": id,
            "status": self.words.get(state, state),
            "config": {"metadata": {"account": account}} if account is not None else None,
            "me": {"id": me, "pushName": "Somebody"} if me else None,
        }

    def kept(self, id: str) -> Any:
        return self.rows[id]["status"]

    def trusts(self, headers: Any) -> bool:
        return bool(headers.get("x-api-key") == KEY)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Said:
        if (method, path) == ("GET", "/api/sessions"):
            every = query.get("all") == ["true"]
            return 200, [row for row in self.rows.values() if every or row["status"] != "STOPPED"]
        _, _, _, name, *act = path.split("/")
        row = self.rows.get(unquote(name))
        match method, act:
            case "GET", [] if row:
                return 200, row
            case "POST", ["stop"]:  # also for a name that it does not know
                if row:
                    self.change(row, status="STOPPED", me=None)
                return 201, row
            case "POST", ["start"] if row:
                self.change(row, status="STARTING" if row["status"] == "STOPPED" else row["status"])
                return 201, row
        return 404, {"message": "Session not found", "statusCode": 404}


class Listmonk(Tool):
    """It answers ``running`` where it keeps ``scheduled``, and 400 for all that it does not know or do."""

    preset = "listmonk"
    words: ClassVar = {"running": "running", "paused": "paused"}

    def put(self, id: str, state: str, account: str | None = ACCOUNT, **more: Any) -> None:
        tags = [] if account is None else [f"account:{account}".replace(" ", "-")]  # as it keeps tags
        self.rows[id] = {
            "id": int(id),
            "name": f"Campaign {id}",
            "status": state,
            "messenger": "whatsapp",
            "tags": tags,
            "send_at": None,
            "to_send": 0,
            "sent": 0,
            "updated_at": "2026-11-02T10:00:00.5+01:00",
        } | more

    def kept(self, id: str) -> Any:
        return self.rows[id]["status"]

    def trusts(self, headers: Any) -> bool:
        return _basic(headers)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Said:
        if (method, path) == ("GET", "/api/campaigns"):
            wanted = query.get("status", [])
            return 200, {"data": {"results": [r for r in self.rows.values() if r["status"] in wanted]}}
        _, _, _, id, *act = path.split("/")
        row = self.rows.get(id)
        if row is None:
            return 400, {"message": "Campaign not found"}
        if (method, act) == ("GET", []):
            return 200, {"data": row}
        if (method, act) != ("PUT", ["status"]):
            return 404, {"message": "Not Found"}
        return self._switch(row, body["status"])

    def _switch(self, row: dict[str, Any], status: str) -> Said:
        allowed = {
            "paused": ["running"],
            "draft": ["scheduled"],
            "running": ["paused", "draft"],
            "scheduled": ["paused", "draft"] if row["send_at"] else [],
        }
        if row["status"] not in allowed.get(status, []):
            return 400, {"message": "Not from here"}
        self.change(row, status="scheduled" if status == "running" and row["send_at"] else status)
        return 200, {"data": row | {"status": status}}


class Mautic(Tool):
    """Its campaigns come as an object by id, and as an array when there are none; a PUT deletes events."""

    preset = "mautic"
    words: ClassVar = {"running": True, "paused": False}

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[str] = []
        self.given = 0

    def put(
        self, id: str, state: str, account: str | None = ACCOUNT, type: str = "campaign.sendwebhook"
    ) -> None:
        self.rows[id] = {
            "id": int(id),
            "name": f"Campaign {id}",
            "description": None if account is None else f"<p>Autumn</p><p>account:{account}</p>",
            "category": None,
            "isPublished": self.words.get(state, state),
            "events": [{"id": 1, "type": type}],
            "modifiedByUser": "Anna",
            "dateModified": "2026-11-02T10:00:00+00:00",
        }

    def kept(self, id: str) -> Any:
        return self.rows[id]["isPublished"]

    def trusts(self, headers: Any) -> bool:
        return _basic(headers) or headers.get("authorization", "").removeprefix("Bearer ") in self.tokens

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Said:
        if path == "/oauth/v2/token":
            asked = {name: values[0] for name, values in body.items()}
            expected = {"grant_type": "client_credentials", "client_id": LOGIN, "client_secret": KEY}
            if asked != expected:
                return 400, {"errors": [{"message": "The client credentials are invalid", "code": 400}]}
            self.given += 1
            self.tokens.append(f"token-{self.given}")
            return 200, {"access_token": self.tokens[-1], "expires_in": 3600, "token_type": "bearer"}
        if (method, path) == ("GET", "/api/campaigns"):
            first, most = int(query["start"][0]), min(int(query["limit"][0]), 2)
            page = dict(list(self.rows.items())[first : first + most])
            return 200, {"total": str(len(self.rows)), "campaigns": page or []}
        _, _, _, id, *act = path.split("/")
        row = self.rows.get(id)
        if row is None:
            return 404, {"errors": [{"message": "Item was not found.", "code": 404}]}
        if method in ("PUT", "PATCH") and act == ["edit"]:
            self.change(row, isPublished=body["isPublished"], **({"events": []} if method == "PUT" else {}))
        return 200, {"campaign": row}


class Chatwoot(Tool):
    """``enabled`` stops nothing, an unknown id is a 500, and only a date tells a pause."""

    preset = "chatwoot"
    own: ClassVar = {"fill": {"account_id": 3}}
    words: ClassVar = {"running": "active"}
    base = "/api/v1/accounts/3/campaigns"

    def put(
        self, id: str, state: str, account: str | None = ACCOUNT, at: int = 1798000000, **inbox: Any
    ) -> None:
        channel = {"channel_type": "Channel::Whatsapp", "phone_number": account} | inbox
        self.rows[id] = {
            "id": int(id),
            "title": f"Campaign {id}",
            "description": None,
            "campaign_type": "one_off",
            "campaign_status": "active" if state in ("running", "paused") else state,
            "enabled": True,
            "scheduled_at": FAR if state == "paused" else at,
            "inbox": channel,
        }

    def kept(self, id: str) -> Any:
        row = self.rows[id]
        far = row["scheduled_at"] >= FAR and row["campaign_status"] == "active"
        return "paused" if far else row["campaign_status"]

    def trusts(self, headers: Any) -> bool:
        return bool(headers.get("api_access_token") == KEY)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Said:
        if not path.startswith(self.base):
            return 404, {"error": "Resource could not be found"}
        if (method, path) == ("GET", self.base):
            return 200, list(self.rows.values())
        row = self.rows.get(path.removeprefix(f"{self.base}/"))
        if row is None:
            return 500, {"status": 500, "error": "Internal Server Error"}
        if method == "PATCH":
            if row["campaign_status"] == "completed":
                return 422, {"message": "Status The campaign is already completed"}
            values = dict(body["campaign"])
            if "scheduled_at" in values:
                assert re.match(r"\d{4}-\d\d-\d\dT", values["scheduled_at"])  # it reads no epoch
                values["scheduled_at"] = int(datetime.fromisoformat(values["scheduled_at"]).timestamp())
            self.change(row, **values)
        return 200, row


class ChatwootRules(Tool):
    """Automation rules; there is no need to read one alone."""

    preset = "chatwoot_rules"
    own: ClassVar = {"fill": {"account_id": 3}}
    words: ClassVar = {"running": True, "paused": False}
    base = "/api/v1/accounts/3/automation_rules"

    def put(self, id: str, state: str, account: str | None = ACCOUNT, does: str = "send_message") -> None:
        self.rows[id] = {
            "id": int(id),
            "name": f"Rule {id}",
            "description": None if account is None else f"account:{account}",
            "active": self.words.get(state, state),
            "actions": [{"action_name": "add_label"}, {"action_name": does, "action_params": ["Hello"]}],
        }

    def kept(self, id: str) -> Any:
        return self.rows[id]["active"]

    def trusts(self, headers: Any) -> bool:
        return bool(headers.get("api_access_token") == KEY)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Said:
        if (method, path) == ("GET", self.base):
            return 200, {"payload": list(self.rows.values())}
        row = self.rows.get(path.removeprefix(f"{self.base}/"))
        if row is None or method != "PATCH":
            return 404, {"error": "Resource could not be found"}
        self.change(row, **body)
        return 200, {"payload": row}
