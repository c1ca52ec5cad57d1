"""The door: what Meta did not sign learns nothing and does nothing, whatever it looks like."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from tests.receiving.conftest import ANNA, FORMER, SECRET, TEXT, TOKEN, Branch, ago, incoming, raw, sign

from sendepause.receiving import app, taking
from sendepause.receiving.app import MAX_BYTES, PATH, create_app
from sendepause.receiving.groups import Groups
from sendepause.receiving.secrets import Secrets


def ask(branch: Branch, **changed: str) -> tuple[int, str]:
    query = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1158201444", **changed}
    answer = branch.client.get(PATH, params=query)
    return answer.status_code, answer.text


class TestVerification:
    def test_who_knows_the_word_gets_the_challenge_back_as_plain_text(self, branch: Branch) -> None:
        assert ask(branch) == (200, "1158201444")
        query = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "a-b_9"}
        answer = branch.client.get(PATH, params=query)
        assert answer.text == "a-b_9"
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize(
        "changed",
        [
            {"hub.verify_token": "guessed"},
            {"hub.verify_token": ""},
            {"hub.verify_token": TOKEN + "é"},
            {"hub.mode": "unsubscribe"},
            {"hub.mode": ""},
            {"hub.challenge": ""},
            {"hub.challenge": "<script>alert(1)</script>"},
            {"hub.challenge": "1\r\nSet-Cookie: a=b"},
            {"hub.challenge": "1" * 257},
            {"hub.challenge": "١٢٣"},
        ],
        ids=lambda changed: "-".join(changed.values())[:20],
    )
    def test_anything_else_is_refused_without_a_word(self, branch: Branch, changed: dict[str, str]) -> None:
        assert ask(branch, **changed) == (403, "")

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "hub.mode=subscribe",
            f"hub.mode=subscribe&hub.verify_token={TOKEN}&hub.verify_token={TOKEN}&hub.challenge=1",
            "&".join(f"a{n}=1" for n in range(500)),
            "hub.mode=%FF&hub.verify_token=%FF&hub.challenge=%FF",
        ],
        ids=["nothing", "a part", "twice", "very many", "no text"],
    )
    def test_a_query_of_another_form_is_refused(self, branch: Branch, query: str) -> None:
        assert branch.client.get(f"{PATH}?{query}").status_code == 403

    def test_without_a_word_of_ours_an_empty_one_is_not_it(self, branch: Branch) -> None:
        branch.connect(verify_token="")
        assert ask(branch, **{"hub.verify_token": ""}) == (403, "")


class TestWhoMayTell:
    def test_what_meta_signed_is_taken(self, branch: Branch) -> None:
        answer = branch.post(incoming("wamid.1", ago(branch, 5)))
        assert (answer.status_code, answer.content) == (200, b"")
        assert len(branch.waiting()) == 1

    @pytest.mark.parametrize(
        "signature",
        [
            None,
            "",
            "sha256=",
            "sha256=" + "0" * 64,
            "sha256=" + "g" * 64,
            "sha1=" + "0" * 40,
            sign(b"another body"),
            sign(raw({"object": "whatsapp_business_account"}), "another secret"),
            "sha256=" + "é" * 64,
            "sha256=" + "٠" * 64,
            "\x00" * 71,
        ],
        ids=str,
    )
    def test_and_nothing_else(self, branch: Branch, signature: str | None) -> None:
        headers = {} if signature is None else {"X-Hub-Signature-256": signature.encode()}
        answer = branch.client.post(PATH, content=raw(incoming("1", branch.now)), headers=headers)
        assert (answer.status_code, answer.content) == (401, b"")
        assert (branch.waiting(), branch.opened) == ([], [])

    def test_the_signature_is_of_these_very_bytes(self, branch: Branch) -> None:
        body = raw(incoming("wamid.1", branch.now))
        for changed in (body + b" ", body.replace(b"Rad", b"rad"), body[:-1]):
            headers = {"X-Hub-Signature-256": sign(body)}
            assert branch.client.post(PATH, content=changed, headers=headers).status_code == 401
        assert branch.waiting() == []

    def test_capital_digits_are_the_same_signature(self, branch: Branch) -> None:
        body = raw(incoming("wamid.1", branch.now))
        signature = "sha256=" + sign(body).removeprefix("sha256=").upper()
        assert branch.post(body, **{"X-Hub-Signature-256": signature}).status_code == 200

    def test_two_signatures_are_none(self, branch: Branch) -> None:
        body = raw(incoming("wamid.1", branch.now))
        twice = [("X-Hub-Signature-256", sign(body)), ("X-Hub-Signature-256", sign(body))]
        assert branch.client.post(PATH, content=body, headers=twice).status_code == 401

    def test_while_there_is_no_secret_nobody_and_without_a_word_why(self, branch: Branch) -> None:
        branch.company.disconnect("sendepause_meta")
        answer = branch.post(incoming("wamid.1", branch.now))
        assert (answer.status_code, answer.content) == (503, b"")

    @pytest.mark.parametrize("secret", ["", "  "])
    def test_a_connection_without_a_secret_is_none(self, branch: Branch, secret: str) -> None:
        branch.connect(secret, former_app_secret=FORMER)
        assert branch.post(incoming("1", branch.now), secret.strip()).status_code == 503
        assert branch.post(incoming("1", branch.now), FORMER).status_code == 503

    def test_while_a_secret_is_replaced_both_count(self, branch: Branch) -> None:
        branch.connect(SECRET, former_app_secret=FORMER)
        assert branch.post(incoming("wamid.1", branch.now)).status_code == 200
        assert branch.post(incoming("wamid.2", branch.now), FORMER).status_code == 200
        assert branch.post(incoming("wamid.3", branch.now), "neither").status_code == 401

    def test_another_secret_counts_within_a_minute(
        self, branch: Branch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(app, "SECRET_SECONDS", 0.0)
        assert branch.post(incoming("wamid.1", branch.now)).status_code == 200
        branch.connect("renewed")
        assert branch.post(incoming("wamid.2", branch.now)).status_code == 401
        assert branch.post(incoming("wamid.2", branch.now), "renewed").status_code == 200

    def test_while_the_secrets_cannot_be_looked_up_the_known_ones_go_on(
        self, branch: Branch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(app, "SECRET_SECONDS", 0.0)
        assert branch.post(incoming("wamid.1", branch.now)).status_code == 200

        def away() -> Secrets:
            raise OSError("postgresql://airflow:secret@postgres did not answer")

        monkeypatch.setattr(app, "find_secrets", away)
        assert branch.post(incoming("wamid.2", branch.now)).status_code == 200
        assert branch.post(incoming("wamid.2", branch.now), "guessed").status_code == 401

    def test_secrets_are_not_shown(self) -> None:
        assert SECRET not in repr(Secrets((SECRET,), TOKEN))
        assert TOKEN not in repr(Secrets((SECRET,), TOKEN))

    def test_unsigned_calls_are_told_in_the_log_once_a_minute_without_their_content(
        self, branch: Branch, caplog: pytest.LogCaptureFixture
    ) -> None:
        for _ in range(5):
            branch.post(incoming("wamid.1", branch.now), "guessed")
        assert caplog.text.count("not signed with the app secret") == 1
        assert TEXT not in caplog.text


class TestSize:
    def test_what_says_that_it_is_too_long_is_not_read(self, branch: Branch) -> None:
        for length in (str(MAX_BYTES + 1), "9" * 40, "-1", "many"):
            answer = branch.post(incoming("1", branch.now), **{"Content-Length": length})
            assert answer.status_code == 413

    def test_what_does_not_say_so_is_read_no_further(self, branch: Branch) -> None:
        read = 0

        def body() -> Iterator[bytes]:
            nonlocal read
            for _ in range(1_000):
                read += 1
                yield b"x" * 64 * 1024

        headers = {"X-Hub-Signature-256": sign(b"")}
        assert branch.client.post(PATH, content=body(), headers=headers).status_code == 413

    def test_up_to_metas_limit_it_is_taken(self, branch: Branch) -> None:
        call = incoming("wamid.1", ago(branch, 1), text="x" * (MAX_BYTES - 1_000))
        assert MAX_BYTES - 1_000 < len(raw(call)) <= MAX_BYTES
        assert branch.post(call).status_code == 200
        assert len(branch.waiting()) == 1


def door_of(branch: Branch) -> app.Door:
    (route,) = create_app(lambda: branch.company.installation).routes
    found = route.app  # type: ignore[attr-defined]
    assert isinstance(found, app.Door)
    return found


async def call(door: app.Door, parts: list[bytes | None], signature: bytes = b"") -> int:
    """A call part by part, None being the end of patience; the status."""
    statuses: list[int] = []
    signature = signature or sign(b"".join(part or b"" for part in parts)).encode()
    scope = {"type": "http", "method": "POST", "query_string": b"", "path": PATH}
    scope["headers"] = [(b"x-hub-signature-256", signature)]  # type: ignore[assignment]

    async def receive() -> dict[str, Any]:
        part = parts.pop(0)
        if part is None:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await door(scope, receive, send)  # type: ignore[arg-type]
    return statuses[0]


class TestPatienceAndMemory:
    def test_a_body_that_does_not_come_is_given_up(
        self, branch: Branch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(app, "READ_SECONDS", 0.05)
        door = door_of(branch)
        assert asyncio.run(call(door, [b"{", None])) == 408
        assert door._held == 0

    def test_all_bodies_together_take_no_more_than_so_much(
        self, branch: Branch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(app, "MOST_HELD", 1_000)
        monkeypatch.setattr(app, "READ_SECONDS", 0.3)
        door = door_of(branch)

        async def together() -> list[int]:
            slow = asyncio.create_task(call(door, [b"x" * 800, None]))
            while not door._held:
                await asyncio.sleep(0.01)
            return [await call(door, [b"x" * 800, b"x"]), await slow]

        assert asyncio.run(together()) == [503, 408]
        assert door._held == 0
        assert asyncio.run(call(door, [b"x" * 800], b"sha256=" + b"0" * 64)) == 401
        assert door._held == 0

    def test_a_caller_who_leaves_takes_nothing_with_them(self, branch: Branch) -> None:
        door = door_of(branch)

        async def leave() -> int:
            statuses: list[int] = []
            headers = [(b"x-hub-signature-256", sign(b"x").encode())]
            messages = [
                {"type": "http.request", "body": b"x", "more_body": True},
                {"type": "http.disconnect"},
            ]

            async def receive() -> Any:
                return messages.pop(0)

            async def send(message: Any) -> None:
                statuses.append(message.get("status", 0))

            await door({"type": "http", "method": "POST", "headers": headers}, receive, send)
            return statuses[0]

        assert asyncio.run(leave()) == 400
        assert door._held == 0

    def test_what_takes_too_long_is_to_be_repeated(
        self, branch: Branch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def never(*_: Any) -> bool:
            await asyncio.sleep(60)
            return True

        monkeypatch.setattr(app, "ANSWER_SECONDS", 0.05)
        monkeypatch.setattr(Groups, "put", never)
        assert branch.post(incoming("wamid.1", branch.now)).status_code == 503


class TestNothingElseIsThere:
    @pytest.mark.parametrize(
        "path", ["/", "/docs", "/redoc", "/openapi.json", "/webhooks/", "/webhooks/1", "/%2e%2e", "/webhook"]
    )
    def test_no_other_address_answers(self, branch: Branch, path: str) -> None:
        assert branch.client.get(path, follow_redirects=False).status_code == 404
        assert branch.client.post(path, follow_redirects=False).status_code == 404

    @pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
    def test_no_other_method_answers(self, branch: Branch, method: str) -> None:
        body = raw(incoming("wamid.1", branch.now))
        headers = {"Origin": "https://example.org", "X-Hub-Signature-256": sign(body)}
        answer = branch.client.request(method, PATH, headers=headers)
        assert answer.status_code == 405
        assert not [name for name in answer.headers if name.startswith("access-control")]

    def test_it_keeps_no_cookie(self, branch: Branch) -> None:
        branch.post(incoming("wamid.1", branch.now))
        assert not branch.client.cookies


class TestPreparation:
    def test_what_is_made_ready_beforehand_is_there_with_the_first_call(self, branch: Branch) -> None:
        door = door_of(branch)
        door.prepare()
        assert door._taker._basis is not None

    def test_where_nothing_can_be_received_nothing_is_made_ready(
        self, branch: Branch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        branch.company.disconnect("sendepause_meta")
        monkeypatch.setattr(taking.Taker, "prepare", lambda _: pytest.fail("not needed"))
        door_of(branch).prepare()

    def test_what_cannot_be_made_ready_yet_keeps_no_server_from_starting(
        self, branch: Branch, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        branch.company.disconnect("sendepause_key")
        door_of(branch).prepare()
        assert "not prepared for yet (BadInput)" in caplog.text
        assert ANNA not in caplog.text
