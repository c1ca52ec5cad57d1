"""What is acknowledged is committed, under pseudonyms; what cannot be is counted; one body harms no other."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.receiving.conftest import (
    ANNA,
    SECRET,
    STRANGER,
    TEXT,
    TOKEN,
    Branch,
    ago,
    incoming,
    raw,
    sign,
    status,
    webhook,
)
from tests.stages.company import BOOKINGS, KEY, SHOP, Company

from sendepause.errors import Unreachable
from sendepause.receiving import groups, taking
from sendepause.receiving.app import PATH
from sendepause.receiving.groups import Groups
from sendepause.receiving.taking import Taker
from sendepause.sources.received import FAULTY, UNREADABLE
from sendepause.store import database, received


@pytest.fixture
def taker(branch: Branch) -> Taker:
    return Taker(lambda: branch.company.installation)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the taker logs, whatever another test's import of Airflow made of logging."""
    lines: list[str] = []
    monkeypatch.setattr(taking.log, "error", lambda line, *values: lines.append(line % values))
    return lines


class TestEvents:
    def test_a_message_is_in_the_store_before_it_is_acknowledged(self, on_both: Branch) -> None:
        assert on_both.post(incoming("wamid.1", ago(on_both, 5))).status_code == 200
        ((_, account, sent_at, resolution, _, direction, counterpart, content, _, _, source),) = (
            on_both.waiting()
        )
        assert (account, direction, resolution, source) == (BOOKINGS, "in", "s", "meta")
        assert sent_at == int(ago(on_both, 5).timestamp()) * 1000
        assert (len(counterpart), len(content)) == (32, 32)

    def test_several_accounts_in_one_call(self, branch: Branch) -> None:
        call = incoming("wamid.1", ago(branch, 5))
        call["entry"] += status("wamid.2", "sent", ago(branch, 4), SHOP)["entry"]
        branch.post(call)
        assert sorted((row[1], row[5]) for row in branch.waiting()) == [(SHOP, "out"), (BOOKINGS, "in")]

    def test_the_same_call_again_has_the_same_ids(self, branch: Branch) -> None:
        call = incoming("wamid.1", ago(branch, 5))
        assert [branch.post(call).status_code for _ in range(3)] == [200] * 3
        assert len({row[0] for row in branch.waiting()}) == 1

    def test_line_breaks_and_a_mark_around_the_json_are_none_of_it(self, branch: Branch) -> None:
        body = b"\xef\xbb\xbf" + json.dumps(incoming("wamid.1", ago(branch, 5)), indent=2).encode()
        assert branch.post(body.replace(b"\n", b"\r\n")).status_code == 200
        assert len(branch.waiting()) == 1

    def test_what_would_be_deleted_at_once_is_not_kept(self, branch: Branch) -> None:
        branch.post(incoming("wamid.1", ago(branch, 60 * 24 * 91)))
        branch.post(incoming("wamid.2", ago(branch, 60 * 24 * 89)))
        assert len(branch.waiting()) == 1


class TestAdmissions:
    def test_a_number_that_is_no_account_is_left_out_and_counted(self, branch: Branch) -> None:
        for n in range(3):
            assert branch.post(incoming(f"wamid.{n}", ago(branch, 5), number=STRANGER)).status_code == 200
        assert branch.waiting() == []
        assert branch.notes() == (f"3 messages of {STRANGER} were left out: it is not in the accounts.",)

    def test_an_account_that_is_added_counts_within_a_second(
        self, branch: Branch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(taking, "LOOK_SECONDS", 0.0)
        branch.post(incoming("wamid.1", ago(branch, 5), number=STRANGER))
        accounts = branch.company.files["accounts.yaml"]["accounts"]
        accounts.append({**accounts[0], "number": STRANGER, "name": "New"})
        branch.company.configure()
        branch.post(incoming("wamid.2", ago(branch, 5), number=STRANGER))
        assert [row[1] for row in branch.waiting()] == [STRANGER]

    def test_files_that_do_not_check_leave_the_last_valid_ones_in_force(
        self, branch: Branch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(taking, "LOOK_SECONDS", 0.0)
        branch.post(incoming("wamid.1", ago(branch, 5)))
        branch.company.installation.settings_in_force()
        (branch.company.folder / "config" / "accounts.yaml").write_text("accounts: [")
        assert branch.post(incoming("wamid.2", ago(branch, 5))).status_code == 200
        assert len(branch.waiting()) == 2

    def test_what_tells_of_no_messages_is_acknowledged_and_counted_by_its_field(self, branch: Branch) -> None:
        for field in ("account_update", "account_update", "phone_number_quality_update"):
            assert branch.post(webhook(field=field, event="x")).status_code == 200
        assert branch.post(webhook(field=f"{ANNA} rang", event="x")).status_code == 200
        for entry in ([], [7], [{"changes": {}}], [{"changes": [None, {"field": ["x"], "value": 1}]}]):
            assert branch.post({"object": "page", "entry": entry}).status_code == 200
        assert branch.notes() == (
            "5 calls told of something else, without a message.",
            "2 calls told of account_update, without a message.",
            "1 calls told of phone_number_quality_update, without a message.",
        )

    def test_a_field_of_tomorrow_beside_messages_hides_none(self, branch: Branch) -> None:
        call = incoming("wamid.1", ago(branch, 5))
        call["entry"][0]["changes"][0]["value"]["new_thing"] = [{"a": [1]}]
        call["entry"][0]["changes"].append({"field": "tomorrow", "value": {"x": 1}})
        call |= {"version": 99}
        assert branch.post(call).status_code == 200
        assert len(branch.waiting()) == 1

    def test_no_more_than_so_many_different_sentences_a_day(
        self, branch: Branch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(taking, "MOST_SENTENCES", 2)
        for n in range(5):
            branch.post(webhook(field=f"kind_{n}", event="x"))
        assert sorted(branch.notes()) == [
            "1 calls told of kind_0, without a message.",
            "1 calls told of kind_1, without a message.",
            "3 messages or calls were left out for further reasons.",
        ]

    def test_a_sentence_holds_nothing_that_a_database_refuses(self, on_both: Branch) -> None:
        number = "\x00\ud800" + "9" * 500
        assert on_both.post(incoming("wamid.1", ago(on_both, 5), number=number)).status_code == 200
        (note,) = on_both.notes()
        assert note.isprintable()
        assert len(note) <= 310


BROKEN = (
    b"",
    b"{",
    b"no json",
    b"null",
    b"[1, 2]",
    b'"text"',
    b"\xff\xfe{\x00}\x00",
    b"[" * 100_000,
    b'{"messages": ' + b"[" * 100_000,
    b'{"messages": NaN, "statuses": ' + b"9" * 10_000 + b"}",
    b'{"messages": []}',
    b'{"object": "whatsapp_business_account", "entry": [{"changes": [{"value": {"messages": "\x00"}}]}]}',
)


class TestUnreadable:
    @pytest.mark.parametrize("body", BROKEN, ids=lambda body: body[:12].decode("latin-1") or "empty")
    def test_it_is_acknowledged_once_that_is_written_down(self, branch: Branch, body: bytes) -> None:
        """Repeating it would not help, and a webhook that fails for days is slowed down by Meta."""
        answer = branch.post(body)
        assert (answer.status_code, answer.content) == (200, b"")
        branch.read()
        told = [state.reason or "" for state in branch.days().values() if state.broken]
        assert told
        assert told[0].startswith(f"1 {UNREADABLE}")

    def test_no_word_of_it_is_told(self, branch: Branch, logged: list[str]) -> None:
        branch.post(raw(incoming("wamid.1", ago(branch, 5)))[:-3])
        assert "cannot be read" in (said := "".join(logged))
        assert not [word for word in (TEXT, ANNA[1:], "Anna", "wamid") if word in said]

    def test_among_others_it_costs_them_nothing(self, branch: Branch, taker: Taker) -> None:
        good = [raw(incoming(f"wamid.{n}", ago(branch, n))) for n in range(5)]
        bodies = [*good[:2], *BROKEN, good[2], BROKEN[1], *good[3:]]
        assert taker.take(bodies) == [True] * len(bodies)
        assert len({row[0] for row in branch.waiting()}) == 5
        branch.read()
        (lost,) = (state for state in branch.days().values() if state.broken)
        assert (lost.reason or "").startswith(f"{len(BROKEN) + 1} {UNREADABLE}")

    def test_a_body_does_not_run_over_into_the_next(self, branch: Branch, taker: Taker) -> None:
        whole = raw(incoming("wamid.1", ago(branch, 1)))
        assert taker.take([whole[:50], whole[50:], whole]) == [True] * 3
        assert len(branch.waiting()) == 1


class TestFaults:
    @pytest.fixture
    def faulty(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A reader that stumbles over one kind of message, as a mistake of ours would make it."""
        genuine = taking.reader

        def reader(kind: str) -> Any:
            def read(stream: Any, *rest: Any) -> Any:
                if b"stumble" in stream.getvalue():
                    raise KeyError(f"stumble over {TEXT}")
                yield from genuine(kind)(stream, *rest)

            return read

        monkeypatch.setattr(taking, "reader", reader)

    def test_what_a_mistake_of_ours_refuses_is_to_be_repeated(
        self, branch: Branch, taker: Taker, faulty: None, logged: list[str]
    ) -> None:
        ids = ("wamid.1", "stumble", "wamid.2", "wamid.3")
        bodies = [raw(incoming(id, ago(branch, 1))) for id in ids]
        assert taker.take(bodies) == [True, False, True, True]
        assert len(branch.waiting()) == 3
        assert any("KeyError in read, line" in line for line in logged)
        assert not any(TEXT in line for line in logged)
        branch.read()
        (lost,) = (state for state in branch.days().values() if state.broken)
        assert (lost.reason or "").startswith(f"1 {FAULTY}")

    def test_the_door_says_so_to_meta(self, branch: Branch, faulty: None) -> None:
        assert branch.post(incoming("stumble", branch.now)).status_code == 503
        assert branch.post(incoming("wamid.1", branch.now)).status_code == 200


class TestWithoutWhatItNeeds:
    def test_a_store_out_of_reach_is_opened_again(self, branch: Branch, logged: list[str]) -> None:
        opened: list[int] = []

        def installation() -> Any:
            opened.append(1)
            if len(opened) < 3:
                raise Unreachable("The store did not answer.")
            return branch.company.installation

        taker, body = Taker(installation), raw(incoming("wamid.1", ago(branch, 5)))
        assert [taker.take([body])[0] for _ in range(4)] == [False, False, True, True]
        assert sum("Meta's calls cannot be taken" in line for line in logged) == 1

    def test_a_store_that_goes_away_refuses_all_of_a_group(
        self, branch: Branch, taker: Taker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bodies = [raw(incoming(f"wamid.{n}", ago(branch, n))) for n in range(4)]

        def away(*_: Any) -> None:
            raise Unreachable("The store did not answer.")

        with monkeypatch.context() as patched:
            patched.setattr(received, "add", away)
            assert taker.take(bodies) == [False] * 4
        assert taker.take(bodies) == [True] * 4

    @pytest.mark.parametrize(
        "password", ["another key of more than 16 bytes", "short", ""], ids=["another", "short", "none"]
    )
    def test_without_the_key_in_use_nothing_is_taken(self, branch: Branch, password: str) -> None:
        branch.read()  # the key is remembered
        branch.company.connect("sendepause_key", conn_type="generic", password=password)
        assert branch.post(incoming("wamid.1", branch.now)).status_code == 503
        branch.company.connect("sendepause_key", conn_type="generic", password=KEY)
        assert branch.post(incoming("wamid.1", branch.now)).status_code == 200

    def test_without_a_source_of_this_kind_nothing_is_taken(self, branch: Branch) -> None:
        branch.company.files["sources.yaml"] = {"sources": []}
        branch.company.configure()
        assert branch.post(incoming("wamid.1", branch.now)).status_code == 503

    def test_where_nobody_reads_the_store_is_not_filled(
        self, branch: Branch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(taking, "MOST_ROWS", 2)
        monkeypatch.setattr(taking, "LOOK_SECONDS", 0.0)
        answers = [branch.post(incoming(f"wamid.{n}", branch.now)).status_code for n in range(5)]
        assert answers == [200, 200, 200, 503, 503]
        branch.read()
        assert branch.post(incoming("wamid.5", branch.now)).status_code == 200


class TestGroups:
    def test_what_comes_while_a_group_is_committed_is_the_next_one(self) -> None:
        begun, go_on, taken = threading.Event(), threading.Event(), list[list[bytes]]()

        def take(bodies: Sequence[bytes]) -> Sequence[bool]:
            taken.append(list(bodies))
            begun.set()
            assert go_on.wait(10)
            return [body != b"3" for body in bodies]

        async def calls() -> list[bool]:
            group = Groups(take)
            first = asyncio.create_task(group.put(b"0"))
            await asyncio.to_thread(begun.wait, 10)
            later = [asyncio.create_task(group.put(b"%d" % n)) for n in range(1, 5)]
            await asyncio.sleep(0)
            go_on.set()
            return await asyncio.gather(first, *later)

        assert asyncio.run(calls()) == [True, True, True, False, True]
        assert taken == [[b"0"], [b"1", b"2", b"3", b"4"]]

    def test_a_group_has_its_bounds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(groups, "MOST_BODIES", 3)
        monkeypatch.setattr(groups, "MOST_BYTES", 10)
        sizes: list[list[int]] = []

        def take(bodies: Sequence[bytes]) -> Sequence[bool]:
            sizes.append([len(body) for body in bodies])
            return [True] * len(bodies)

        async def calls() -> list[bool]:
            group = Groups(take)
            return await asyncio.gather(*(group.put(b"x" * size) for size in (4, 6, 1, 20, 1, 1, 1, 1)))

        assert asyncio.run(calls()) == [True] * 8
        assert sizes == [[4, 6], [1], [20], [1, 1, 1], [1]]

    @pytest.mark.parametrize("bound", ["MOST_WAITING", "MOST_WAITING_BYTES"])
    def test_beyond_what_may_wait_the_answer_is_no_at_once(
        self, monkeypatch: pytest.MonkeyPatch, bound: str
    ) -> None:
        monkeypatch.setattr(groups, bound, 2)

        async def calls() -> list[bool]:
            group = Groups(lambda bodies: [True] * len(bodies))
            return await asyncio.gather(*(group.put(b"x") for _ in range(4)))

        assert asyncio.run(calls()) == [True, True, False, False]

    def test_for_whom_nobody_waits_is_left_to_meta(self) -> None:
        taken: list[bytes] = []

        def take(bodies: Sequence[bytes]) -> Sequence[bool]:
            taken.extend(bodies)
            return [True] * len(bodies)

        async def calls() -> None:
            group = Groups(take)
            gone = asyncio.create_task(group.put(b"gone"))
            await asyncio.sleep(0)
            gone.cancel()
            await group.put(b"here")

        asyncio.run(calls())
        assert taken == [b"here"]


class TestSeveralServers:
    def test_each_commits_and_none_loses_anything(
        self, on_both: Branch, another: Callable[[Company], TestClient]
    ) -> None:
        with another(on_both.company) as second:
            answers: list[int] = []

            def calls(client: TestClient, name: str) -> None:
                for n in range(15):
                    number = BOOKINGS if n % 3 else STRANGER
                    body = raw(incoming(f"wamid.{name}{n}", ago(on_both, n), number=number))
                    headers = {"X-Hub-Signature-256": sign(body)}
                    answers.append(client.post(PATH, content=body, headers=headers).status_code)

            threads = [
                threading.Thread(target=calls, args=(client, name))
                for client, name in ((on_both.client, "a"), (second, "b"))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
        assert answers == [200] * 30
        assert len({row[0] for row in on_both.waiting()}) == 20
        assert on_both.notes() == (f"10 messages of {STRANGER} were left out: it is not in the accounts.",)


class TestNothingInClear:
    def test_neither_in_the_store_nor_in_the_events_nor_in_a_log(
        self, branch: Branch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(logging.DEBUG)
        branch.post(incoming("wamid.HBgM", ago(branch, 5)))
        branch.post(status("wamid.HBgN", "sent", ago(branch, 5)))
        branch.post(incoming("wamid.2", ago(branch, 5), number=STRANGER))
        branch.post(raw(incoming("wamid.3", ago(branch, 5)))[:-1])
        before = _bytes_below(branch.company.folder)
        branch.read()
        written = before + _bytes_below(branch.company.folder)
        said = caplog.text + "".join(capfd.readouterr())
        assert b"sendepause_received" in written
        assert b"PAR1" in written
        for word in (ANNA[1:], ANNA[3:], "Anna", "Beispiel", "blaues", "wamid.HBg", SECRET, TOKEN):
            assert word.encode() not in written, word
            assert word.encode("utf-16-le") not in written, word
            assert word not in said, word


def _bytes_below(folder: Path) -> bytes:
    """Everything in the store and the event store, as it lies on the disk."""
    files = [file for file in folder.rglob("*") if file.is_file() and "config" not in file.parts]
    assert [file for file in files if file.name.startswith("store.db")]
    return b"".join(file.read_bytes() for file in files)


def test_a_row_is_deleted_only_if_it_was_read(on_both: Branch) -> None:
    """A group with lower ids may be committed after one with higher ids."""
    for n in range(5):
        on_both.post(incoming(f"wamid.{n}", ago(on_both, n)))
    with database.session(on_both.company.installation.engine) as session:
        ids = [row[0] for row in received.portion(session, 0, 1 << 60, 10)]
        received.forget(session, [ids[0], ids[1], ids[3]])
        assert [row[0] for row in received.portion(session, 0, 1 << 60, 10)] == [ids[2], ids[4]]
        assert received.waiting(session) == 3
