"""How the stand-in is spoken to: one port for the API, uploads, response URLs and the control addresses."""

from __future__ import annotations

import json
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests import slack_control, slack_files

if TYPE_CHECKING:
    from tests.slack_server import SlackServer

NOT_FOUND = {"ok": False, "error": "not_found"}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many clients connect at once


def handler(server: SlackServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body leave apart

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if not path.startswith("/_control/"):
                return self.do_POST()
            found = slack_control.shown(server, path.removeprefix("/_control/"))
            return self._send(404 if found is None else 200, NOT_FOUND if found is None else found)

        def do_POST(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            room, _, rest = url.path.lstrip("/").partition("/")
            match room:
                case "_control":
                    self._send(*slack_control.done(server, rest, json.loads(body or b"{}")))
                case "upload":
                    status, text = slack_files.upload(server, rest.removeprefix("v1/"), body)
                    self._send_bytes(status, text.encode(), {"Content-Type": "text/plain"})
                case "actions":
                    self._send(*server.respond(url.path, json.loads(body)))
                case "api":
                    self._api(rest, body, url.query)
                case _:
                    self._send(404, NOT_FOUND)

        def _api(self, method: str, body: bytes, query: str) -> None:
            try:
                arguments = _arguments(self.headers, body, query)
            except ValueError:
                return self._send(200, {"ok": False, "error": "invalid_json"})
            bearer = self.headers.get("Authorization", "")
            token = bearer.removeprefix("Bearer ").strip() or arguments.pop("token", None)
            answer = server.call(method, token, arguments)
            if answer == "drop":
                self.close_connection = True
                return self.connection.shutdown(2)
            if answer == "no_json":
                return self._send_bytes(200, b"<html>upstream</html>", {"Content-Type": "text/html"})
            return self._send(*answer)  # type: ignore[misc]

        def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            content = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
            self._send_bytes(status, json.dumps(body).encode(), content)

        def _send_bytes(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            try:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the caller was killed meanwhile

        def log_message(self, *_: object) -> None:
            """Tests read ``calls`` instead."""

    return Handler


def _arguments(headers: Message, body: bytes, query: str) -> dict[str, Any]:
    """A call's arguments from its query and a JSON or form body, as Slack takes both."""
    arguments: dict[str, Any] = {name: values[-1] for name, values in parse_qs(query).items()}
    if headers.get_content_type() == "application/json":
        sent = json.loads(body or b"{}")
        if not isinstance(sent, dict):
            raise ValueError("not an object")
        return arguments | sent
    form = parse_qs(body.decode(), keep_blank_values=True)
    return arguments | {name: values[-1] for name, values in form.items()}
