"""The stages' company after its notices went out over Slack, and the door through which answers come in."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from tests.slack_answers import PERSON, Reply
from tests.slack_server import SIGNING_SECRET, SlackServer
from tests.stages.company import NORTH, SHOP, Company
from tests.stages.conftest import clock, company, quick, slack

from sendepause import people, tell
from sendepause.callbacks import create_app
from sendepause.store.ledger import Entry

__all__ = ["clock", "company", "quick", "slack"]

PATIENCE_SECONDS = 60.0
READ, MOVED, HOLD = "sendepause_read", "sendepause_moved", "sendepause_hold"


def wait_for(what: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """What it gives as soon as that is true; what it gave last, once the time is up."""
    ends = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < ends:
        time.sleep(0.01)
    return found


@dataclass
class Office:
    """The company with Slack at its side: north was told of two campaigns, south of one."""

    company: Company
    slack: SlackServer

    @property
    def entries(self) -> list[Entry]:
        """The answers in the ledger, whose chain is whole."""
        return self.company.entries("answered")

    def message(self, channel: str = NORTH) -> dict[str, Any]:
        """The newest message of a channel that was sent with buttons."""
        return [m for m in self.slack.messages if m["channel"] == channel and self.delivery(m)][-1]

    @staticmethod
    def delivery(message: dict[str, Any]) -> str:
        """What its buttons name; "" where there are none, or none are left."""
        found = [e["value"] for b in message["blocks"] for e in b.get("elements", []) if "value" in e]
        return str(found[0]) if found else ""

    def tell(self) -> None:
        """One round of delivery."""
        tell.alert(self.company.installation, self.company.clock())


@dataclass
class Door:
    """The office, reachable over HTTP."""

    office: Office
    url: str

    def press(self, action: str, user: str = PERSON, **more: Any) -> Reply:
        """Somebody presses a button of north's message."""
        message = more.pop("message", None) or self.office.message()
        return self.office.slack.press(self.url, SIGNING_SECRET, message, action, user, **more)

    def open_form(self, user: str = PERSON) -> dict[str, Any]:
        """Somebody presses the button that opens the form; the form."""
        before = set(self.office.slack.views)
        assert self.press(HOLD, user).status == 200
        (new,) = set(self.office.slack.views) - before
        return self.office.slack.views[new]

    def send(self, view: dict[str, Any], user: str = PERSON, **values: Any) -> Reply:
        """Somebody sends it: the first campaign, a day, a reason, or what else is given."""
        given = {"until": "2019-12-02", "reason": "The move is on Monday.", **values}
        if "campaign" not in given:
            given["campaign"] = self.campaigns(view)[0]
        return self.office.slack.submit(self.url, SIGNING_SECRET, view, given, user)

    @staticmethod
    def campaigns(view: dict[str, Any]) -> list[str]:
        """The values that the form's menu offers."""
        (menu,) = (b["element"] for b in view["blocks"] if b["block_id"] == "campaign")
        return [option["value"] for option in menu["options"]]


@pytest.fixture
def office(company: Company, slack: SlackServer) -> Office:
    """Acting is on, answers can be received, and the notices were sent."""
    company.connect_slack(slack)
    company.connect("sendepause_slack_signing", conn_type="generic", password=SIGNING_SECRET)
    company.disconnect("sendepause_slack_socket")
    company.set_campaign("spring", "running", sender=SHOP)
    company.enforce()
    people.switch_acting(company.installation, True, "anna")
    company.enforce()
    made = Office(company, slack)
    made.tell()
    return made


@pytest.fixture
def door(office: Office) -> Iterator[Door]:
    """The application behind a port of its own."""
    app = create_app(lambda: office.company.installation)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    assert wait_for(lambda: server.started)
    yield Door(office, f"http://127.0.0.1:{listener.getsockname()[1]}/slack/answers")
    server.should_exit = True
    thread.join(PATIENCE_SECONDS)
