"""A stand-in for the REST API of Airflow 3: as much of it as the connector calls, on the loopback interface.

Its answers have the shapes that a real Airflow 3.3.2 gives (``test_airflow_real.py``); it is quick, and it
can be told to misbehave.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PASSWORD = "password-0123456789"
LONGEST_PAGE = 2  # whatever is asked for
Row = dict[str, Any]
Said = tuple[int, Any]


@dataclass
class AirflowServer:
    """What the server knows, and how it is to behave."""

    port: int = 0
    dags: dict[str, Row] = field(default_factory=dict)
    runs: list[Row] = field(default_factory=list)  # dag_id, dag_run_id, state
    tasks: list[Row] = field(default_factory=list)  # dag_id, dag_run_id, state, end_date
    events: list[Row] = field(default_factory=list)  # the newest first
    due: int = 0  # what a dry run of a backfill counts
    tokens: list[str] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)  # without those for a token
    forbidden: tuple[str, ...] = ()  # what is answered with 403: ends of paths, or methods
    token_status: int = 201
    careless: bool = False  # takes no heed of what the rows were to be about
    lies: bool = False
    answers_after: float = 0.0  # seconds between switching and answering
    before_answer: Callable[[str], None] = lambda path: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def put(self, id: str, paused: object = False, *tags: str, **others: Any) -> None:
        """A DAG as Airflow lists it."""
        self.dags[id] = {
            "dag_id": id,
            "dag_display_name": f"Campaign {id}",
            "is_paused": paused,
            "is_stale": False,
            "tags": [{"name": tag, "dag_id": id, "dag_display_name": id} for tag in tags],
            "catchup": False,
            "next_dagrun_logical_date": None,
            "next_dagrun_run_after": None,
            **others,
        }

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Said:
        """Status and JSON for one call."""
        if any(path.endswith(one) or method == one for one in self.forbidden):
            return 403, {"detail": "Forbidden"}
        match [unquote(part) for part in path.removeprefix("/api/v2/").split("/")], method:
            case ["dags"], "GET":
                shown = [row for row in self.dags.values() if self.careless or not row["is_stale"]]
                return self._page("dags", sorted(shown, key=lambda row: str(row["dag_id"])), query)
            case ["eventLogs"], "GET":
                wanted = [row for row in self.events if row["event"] in query["included_events"]]
                return self._page("event_logs", wanted, query, 100)
            case ["backfills", "dry_run"], "POST":
                return 200, {"backfills": [], "total_entries": self.due}
            case ["dags", id, *rest], _ if id in self.dags:
                return self._of_dag(self.dags[id], rest, method, query, body)
        return 404, {"detail": "The Dag was not found"}

    def _of_dag(self, dag: Row, rest: list[str], method: str, query: dict[str, list[str]], body: Any) -> Said:
        match rest, method:
            case (([] | ["details"]), "GET"):
                return 200, dag
            case [], "PATCH":
                if not self.lies:
                    dag["is_paused"] = body["is_paused"]
                time.sleep(self.answers_after)
                return 200, dag
            case ["dagRuns"], "GET":
                return self._page("dag_runs", self._of(self.runs, dag, query), query)
            case ["dagRuns", "~", "taskInstances"], "GET":
                return self._page("task_instances", self._of(self.tasks, dag, query), query)
            case ["dagRuns", run], "PATCH":
                for row in self.runs:
                    if (row["dag_id"], row["dag_run_id"]) == (dag["dag_id"], run):
                        row["state"] = body["state"]
                        return 200, row
        return 404, {"detail": "Not Found"}

    def _of(self, rows: list[Row], dag: Row, query: dict[str, list[str]]) -> list[Row]:
        since = query.get("end_date_gte", [""])[0]
        mine = [row for row in rows if row["state"] in query["state"]]
        mine = [row for row in mine if self.careless or row["dag_id"] == dag["dag_id"]]
        return [row for row in mine if (row.get("end_date") or "") >= since]

    def _page(self, key: str, rows: list[Row], query: dict[str, list[str]], most: int = LONGEST_PAGE) -> Said:
        first, limit = int(query.get("offset", ["0"])[0]), min(int(query["limit"][0]), most)
        return 200, {key: rows[first : first + limit], "total_entries": len(rows)}


@contextmanager
def serve() -> Iterator[AirflowServer]:
    """Runs it until the block ends."""
    airflow = AirflowServer()

    class Handler(_Handler):
        known = airflow

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False  # a slow answer must not hold up the end of a test
    airflow.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield airflow
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    known: AirflowServer

    def _serve(self) -> None:
        parts, airflow = urlsplit(self.path), self.known
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"null")
        if parts.path == "/auth/token":
            if airflow.token_status != 201 or body["password"] != PASSWORD:
                status = 401 if airflow.token_status == 201 else airflow.token_status
                return self._say(status, {"detail": f"Invalid credentials {body}"})
            airflow.tokens.append(f"token-{len(airflow.tokens)}-of-this-server")
            return self._say(201, {"access_token": airflow.tokens[-1]})
        airflow.calls.append((self.command, parts.path))
        airflow.before_answer(parts.path)
        if self.headers.get("authorization") not in [f"Bearer {token}" for token in airflow.tokens[-1:]]:
            return self._say(401, {"detail": f"Invalid token {self.headers.get('authorization')}"})
        return self._say(*airflow.answer(self.command, parts.path, parse_qs(parts.query), body))

    do_GET = do_POST = do_PATCH = _serve

    def _say(self, status: int, data: Any) -> None:
        content = json.dumps(data).encode()
        try:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:
            pass  # the caller has given up

    def log_message(self, format: str, *args: Any) -> None:
        """The test's output stays the test's."""
