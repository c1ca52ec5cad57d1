"""The sender is killed at every point of its way and started again: each message arrives once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from sqlalchemy import event
from tests.alerts.conftest import START, Clock, fact, gather, owner
from tests.slack_server import TOKEN

from sendepause.alerts import deliveries, outbox
from sendepause.alerts.deliveries import insert_once, queue
from sendepause.alerts.slack import deliver
from sendepause.model import Form
from sendepause.store.database import connect, migrate, session
from sendepause.store.tables import DeliveryRow, ThreadRow

ROOT = Path(__file__).parents[2]
READERS = [owner("C0NORTH", "nord"), owner("C0SOUTH", "sued", backup="C0BACKUP")]
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "Bericht"}}]
FACTS = [fact(f"campaign:n8n/{number}", account_name=f"Filiale {number}") for number in range(2)]


class Remote:
    """The Slack-shaped server as a process of its own, steered over its control addresses."""

    def __init__(self, port: int) -> None:
        self.base_url = f"http://127.0.0.1:{port}/api/"
        self._control = f"http://127.0.0.1:{port}/_control/"

    def messages(self) -> list[dict]:
        with urllib.request.urlopen(self._control + "messages") as answer:  # noqa: S310 our own address
            return json.load(answer)

    def tell(self, what: str, **body) -> None:
        request = urllib.request.Request(self._control + what, json.dumps(body).encode(), method="POST")  # noqa: S310
        urllib.request.urlopen(request).close()  # noqa: S310


@pytest.fixture(scope="module")
def remote() -> Iterator[Remote]:
    command = [sys.executable, str(ROOT / "tests/slack_server.py"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield Remote(int(server.stdout.readline()))
        server.terminate()


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("store") / "empty.db"
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


class Killer:
    """Kills this process, without any farewell, at its ``at``-th step."""

    def __init__(self, at: int | None) -> None:
        self.at = at
        self.steps = 0

    def step(self, *_: object) -> None:
        self.steps += 1
        if self.steps == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def killed_client(base_url: str, killer: Killer) -> WebClient:
    class Client(WebClient):
        def api_call(self, *arguments, **more):
            killer.step()  # written down, not called
            answer = super().api_call(*arguments, **more)
            killer.step()  # Slack has it, the store does not know
            return answer

    return Client(TOKEN, base_url=base_url, timeout=5)


def one_run(path: Path, base_url: str, clock: Clock, killer: Killer) -> None:
    """What a task does: owe, gather, deliver. Each commit and each call is a step, before and after."""
    engine = connect(f"sqlite:///{path}")
    event.listen(engine, "commit", killer.step)
    event.listen(engine, "checkin", killer.step)
    with session(engine) as opened:
        for each in FACTS:
            outbox.owe(opened, each, READERS, START)
        outbox.settle(opened, {each.key for each in FACTS}, START)
    with session(engine) as opened:
        gather(opened, START)
    deliver(engine, killed_client(base_url, killer), now=clock.now, sleep=clock.sleep)
    engine.dispose()


def one_run_of_a_thread(path: Path, base_url: str, clock: Clock, killer: Killer) -> None:
    """A thread begins, a message continues it, its beginning changes, and a picture is posted."""
    engine = connect(f"sqlite:///{path}")
    event.listen(engine, "commit", killer.step)
    event.listen(engine, "checkin", killer.step)
    with session(engine) as opened:
        outbox.owe(opened, FACTS[0], READERS, START)
        gather(opened, START)
        root = {"delivery": "root", "channel": "C0NORTH", "form": Form.ROOT, "enforcement": "whatsapp"}
        queue(opened, **root, text="Stand", blocks=[], at=START)
        of = {"channel": "C0NORTH", "enforcement": "whatsapp", "root": "root"}
        opened.execute(insert_once(opened, ThreadRow).values(**of))
        picture = {
            "picture": b"\x89PNG\r\n\x1a\n" + bytes(99),
            "picture_alt": "Drei Konten",
            "form": Form.DIGEST,
        }
        queue(opened, delivery="digest", channel="C0OPS", text="Bericht", blocks=BLOCKS, at=START, **picture)
    deliver(engine, killed_client(base_url, killer), now=clock.now, sleep=clock.sleep)
    with session(engine) as opened:
        if not opened.get_one(DeliveryRow, "root").version:
            deliveries.show(opened, "root", "Stand: pausiert", [])
    deliver(engine, killed_client(base_url, killer), now=clock.now, sleep=clock.sleep)
    engine.dispose()


def in_a_process(path: Path, base_url: str, clock: Clock, kill_at: int | None, run=one_run) -> bool:
    """True when the run came to its end."""
    child = os.fork()
    if child == 0:
        try:
            run(path, base_url, clock, Killer(kill_at))
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0 or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)
    return status == 0


def test_killed_anywhere_and_started_again_each_message_arrives_once(remote, empty_store, tmp_path):
    point, ended = 0, False
    while not ended:
        point += 1
        remote.tell("reset")
        remote.tell("channels", id="C0SOUTH", is_archived=True)
        path = Path(shutil.copy(empty_store, tmp_path / f"{point}.db"))
        ended = in_a_process(path, remote.base_url, Clock(START), point)
        soon = timedelta(seconds=1 if point % 2 else 3600)
        assert in_a_process(path, remote.base_url, Clock(START + soon), None)
        messages = remote.messages()
        assert sorted(message["channel"] for message in messages) == ["C0BACKUP", "C0NORTH"], f"point {point}"
        for message in messages:
            assert "Filiale 0" in message["text"]
            assert "Filiale 1" in message["text"]
    assert point > 20


def test_killed_twice_in_the_same_place(remote, empty_store, tmp_path):
    """Also a sender that dies again and again while it clears up what the last one left."""
    for point in (10, 14, 16, 17, 19):
        remote.tell("reset")
        path = Path(shutil.copy(empty_store, tmp_path / f"{point}.db"))
        for attempt in range(3):
            in_a_process(path, remote.base_url, Clock(START + attempt * timedelta(minutes=30)), point)
        assert in_a_process(path, remote.base_url, Clock(START + timedelta(hours=3)), None)
        assert sorted(message["channel"] for message in remote.messages()) == ["C0NORTH", "C0SOUTH"]


def test_killed_from_outside_while_slack_has_kept_the_message(remote, empty_store, tmp_path):
    path = Path(shutil.copy(empty_store, tmp_path / "store.db"))
    remote.tell("reset")
    remote.tell("faults", fault="hang_after", method="chat.postMessage", seconds=20)
    code = (
        "import sys; from pathlib import Path; from tests.alerts import test_crash as t;"
        "t.one_run(Path(sys.argv[1]), sys.argv[2], t.Clock(t.START), t.Killer(None))"
    )
    paths = {"PYTHONPATH": f"{ROOT / 'include'}:{ROOT}", "PATH": os.environ["PATH"]}
    with subprocess.Popen([sys.executable, "-c", code, str(path), remote.base_url], env=paths) as sender:
        deadline = time.monotonic() + 20
        while not remote.messages() and time.monotonic() < deadline:
            time.sleep(0.02)
        sender.kill()
    assert len(remote.messages()) == 1
    assert in_a_process(path, remote.base_url, Clock(START + timedelta(minutes=2)), None)
    assert sorted(message["channel"] for message in remote.messages()) == ["C0NORTH", "C0SOUTH"]


def test_a_thread_its_changes_and_a_picture_survive_a_death_at_any_point(remote, empty_store, tmp_path):
    point, ended = 0, False
    while not ended:
        point += 1
        remote.tell("reset")
        path = Path(shutil.copy(empty_store, tmp_path / f"{point}.db"))
        ended = in_a_process(path, remote.base_url, Clock(START), point, one_run_of_a_thread)
        soon = Clock(START + timedelta(seconds=1 if point % 2 else 3600))
        assert in_a_process(path, remote.base_url, soon, None, one_run_of_a_thread)
        root, reply = (m for m in sorted(remote.messages(), key=ts) if m["channel"] == "C0NORTH")
        (digest,) = (m for m in remote.messages() if m["channel"] == "C0OPS")
        assert root["text"] == "Stand: pausiert", f"point {point}"
        assert reply["thread_ts"] == root["ts"], f"point {point}"
        assert digest["blocks"][-1]["type"] == "image", f"point {point}"
    assert point > 40


def ts(message: dict[str, Any]) -> str:
    return message["ts"]
