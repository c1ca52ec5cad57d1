"""What it takes to tell many owners, against the shortest time that Slack's limits allow.

The server keeps Slack's published limits and lets a share of all calls fail, in turn in every way. It runs
as a process of its own. Channels take one message a second and the workspace some hundred a minute, so no
sender can be faster than its messages divided by that.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from slack_sdk import WebClient
from sqlalchemy import Engine
from tests.slack_limits import Limits
from tests.slack_server import TOKEN

from sendepause.alerts import gathering, outbox
from sendepause.alerts.deliveries import insert_once, queue
from sendepause.alerts.facts import Fact, Recipient
from sendepause.alerts.gathering import Desk
from sendepause.alerts.slack import deliver
from sendepause.model import Audience, Form, Language, Stage
from sendepause.store import database
from sendepause.store.tables import ThreadRow

ROOT = Path(__file__).resolve().parents[1]
RULE = "whatsapp"
FAILING = 0.1
STAGES = (
    Stage.FOUND,
    Stage.WARNED,
    Stage.LAST_CALL,
    Stage.PAUSED,
    Stage.NOT_PAUSED,
    Stage.UNDONE,
    Stage.SILENCE_CONFIRMED,
    Stage.NO_DATA,
    Stage.CONTRADICTION,
    Stage.HOLD_GRANTED,
)


def delivering(scale: float = 1.0, owners: int = 200, failing: float = FAILING) -> dict[str, Any]:
    """Owners with a channel each, and ten alerts in ten stages for every one of them."""
    channels = [f"C0OWNER{number:04d}" for number in range(max(2, round(owners * scale)))]
    with tempfile.TemporaryDirectory() as folder, _slack() as slack:
        engine = database.connect(f"sqlite:///{folder}/store.db")
        database.migrate(engine)
        alerts, messages = _owe(engine, channels)
        slack.tell("limits")
        slack.tell("chaos", share=failing, seed=7)
        seconds = _until_all_is_told(engine, slack.base_url)
        arrived = Counter(
            message["metadata"]["event_payload"]["delivery"] for message in slack.ask("messages")
        )
        with database.session(engine, write=False) as session:
            overview = outbox.overview(session, limit=1)
        engine.dispose()
    bound = Limits().least_seconds(dict.fromkeys(channels, len(STAGES) + 1))
    return {
        "owners": len(channels),
        "alerts": alerts,
        "messages": messages,
        "failing_share": failing,
        "seconds": round(seconds, 1),
        "bound_seconds": round(bound, 1),
        "times_the_bound": round(seconds / bound, 3) if bound else None,
        "told": overview.sent,
        "lost": messages - len(arrived),
        "double": sum(arrived.values()) - len(arrived),
    }


def _owe(engine: Engine, channels: list[str]) -> tuple[int, int]:
    """Alerts and a thread for each channel; how many alerts and messages."""
    at, alerts = datetime.now(UTC), 0
    with database.session(engine) as session:
        for number, channel in enumerate(channels):
            reader = Recipient(channel, Audience.OWNER, Language.DE, "Europe/Berlin", f"owner-{number}")
            facts = [
                (Fact(RULE, f"campaign:crm/{number}-{stage}", stage, Audience.OWNER), [reader])
                for stage in STAGES
            ]
            alerts += outbox.owe_all(session, facts, at)
            root = f"root-{number}"
            queue(
                session, delivery=root, channel=channel, text="Stand", blocks=[], at=at, form=Form.ROOT,
                enforcement=RULE,
            )  # fmt: skip
            values = {"channel": channel, "enforcement": RULE, "root": root}
            session.execute(insert_once(session, ThreadRow).values(**values))
        return alerts, len(gathering.gather(session, Desk(), at)) + len(channels)


def _until_all_is_told(engine: Engine, base_url: str) -> float:
    """Round after round, as the DAG's runs follow one another."""
    began = time.monotonic()
    while True:
        done = deliver(
            engine,
            WebClient(TOKEN, base_url=base_url, timeout=30),
            now=lambda: datetime.now(UTC),
            sleep=time.sleep,
            budget=timedelta(minutes=20),
        )
        if not done.waiting:
            return time.monotonic() - began


class _Remote:
    """A Slack-shaped server in another process."""

    def __init__(self, port: int) -> None:
        self.base_url = f"http://127.0.0.1:{port}/api/"
        self.control = f"http://127.0.0.1:{port}/_control/"

    def tell(self, what: str, **body: Any) -> None:
        httpx.post(self.control + what, json=body, timeout=30).raise_for_status()

    def ask(self, what: str) -> Any:
        return httpx.get(self.control + what, timeout=60).raise_for_status().json()


@contextmanager
def _slack() -> Iterator[_Remote]:
    command = [sys.executable, str(ROOT / "tests" / "slack_server.py"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            assert server.stdout is not None
            yield _Remote(int(server.stdout.readline()))
        finally:
            server.terminate()
            server.wait(10)


if __name__ == "__main__":
    print(json.dumps(delivering(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)))  # noqa: T201
