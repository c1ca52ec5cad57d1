"""What people write into a form, and the secrets of both doors: on no disk and in no log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
from tests.answers.conftest import HOLD, MOVED, Door, Office, door, office, wait_for
from tests.slack_server import APP_TOKEN, SIGNING_SECRET, TOKEN

from sendepause.listening import Listener

__all__ = ["door", "office"]  # fixtures

CUSTOMER = "+49 171 392 0077"
PRIVATE = "erika.example@example.org"


@pytest.fixture
def listener(office: Office) -> Iterator[None]:
    """Socket Mode beside HTTP."""
    office.company.connect("sendepause_slack_socket", conn_type="generic", password=APP_TOKEN)
    stop = threading.Event()
    thread = threading.Thread(target=Listener(office.company.installation, stop).listen, daemon=True)
    thread.start()
    assert office.slack.sockets.wait_for(1)
    yield
    stop.set()
    thread.join(10)


def test_a_customer_who_is_named_in_a_form_is_kept_nowhere(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    view = door.open_form()
    for reason in (f"{CUSTOMER} waits", f"write to {PRIVATE}"):
        assert door.send(view, reason=reason).shown == "errors"
    kept = b"".join(path.read_bytes() for path in door.office.company.folder.rglob("*") if path.is_file())
    for found in (CUSTOMER, CUSTOMER.replace(" ", ""), PRIVATE):
        assert found.encode() not in kept
        assert found not in caplog.text


@pytest.mark.usefixtures("listener")
def test_at_its_most_talkative_a_log_holds_no_secret_and_nothing_that_people_wrote(
    door: Door, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    slack, message = door.office.slack, door.office.message()
    door.send(door.open_form(), reason="A private matter of the branch")
    assert slack.press_over_socket(message, HOLD).status == 200
    form = list(slack.views.values())[-1]
    values = {"campaign": door.campaigns(form)[0], "until": "2019-12-02", "reason": "Another private matter"}
    assert slack.submit_over_socket(form, values).shown == "closed"
    assert slack.press_over_socket(message, MOVED).status == 200
    assert wait_for(lambda: message["text"].startswith("Aufschub beantragt von"))
    said = caplog.text + "".join(capfd.readouterr())
    assert "POST /slack/answers" in said
    for secret in (SIGNING_SECRET, APP_TOKEN, TOKEN, "private matter", *slack.triggers):
        assert secret not in said
