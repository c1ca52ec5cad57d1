"""Owners answer in Slack, and a real Airflow takes it: the entry, the message, the form, the approval."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.e2e.airflow import Installed, wait_for
from tests.e2e.test_loop import answer
from tests.slack_answers import Broken, Reply
from tests.slack_server import SlackServer
from tests.slack_workspace import SIGNING_SECRET

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

OWNER = "C0BRANDB001"  # of the branch whose date is ahead


def callback(installed: Installed) -> str:
    return f"{installed.url}/sendepause-callbacks/slack/answers"


def announced(slack: SlackServer) -> dict[str, Any]:
    """The notice in the owner's channel for which a hold can be asked."""

    def look() -> dict[str, Any] | None:
        return next(
            (
                message
                for message in slack.messages
                if message["channel"] == OWNER and "sendepause_hold" in buttons(message)
            ),
            None,
        )

    return wait_for("the notice", look)


def buttons(message: dict[str, Any]) -> list[str]:
    return [
        element["action_id"]
        for block in message.get("blocks", [])
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def again(call: Callable[..., Reply], *arguments: Any, **named: Any) -> Reply:
    """What a person does when Slack says that it took too long: on a loaded machine it does."""

    def taken() -> Reply | None:
        reply = call(*arguments, **named)
        return reply if reply.status not in (0, httpx.codes.SERVICE_UNAVAILABLE) else None

    return wait_for("an answer in Slack's three seconds", taken, 60)


def answers(installed: Installed) -> list[tuple[str, str]]:
    return installed.store("SELECT author, facts FROM sendepause_ledger WHERE kind = 'answered' ORDER BY seq")


def test_who_has_not_signed_changes_nothing(installed: Installed, slack: SlackServer) -> None:
    notice = announced(slack)
    before = answers(installed)
    address, button = callback(installed), buttons(notice)[0]
    for broken in (Broken(age=600), Broken(signature="v0=" + "0" * 64), Broken(tamper="x")):
        reply = again(slack.press, address, SIGNING_SECRET, notice, button, broken=broken)
        assert reply.status == httpx.codes.UNAUTHORIZED
    assert httpx.get(callback(installed)).status_code in (404, 405)
    assert httpx.get(f"{installed.url}/sendepause-callbacks/docs").status_code == 404
    assert answers(installed) == before


@pytest.fixture(scope="module")
def read(installed: Installed, slack: SlackServer) -> dict[str, Any]:
    """The notice, when its owner has said to have read it: a granted hold takes that button away."""
    notice = announced(slack)
    reply = again(slack.press, callback(installed), SIGNING_SECRET, notice, "sendepause_read", "U0KOLBEJ001")
    assert reply.status == httpx.codes.OK
    return notice


def test_a_pressed_button_is_an_entry_and_shows_in_the_message(
    installed: Installed, read: dict[str, Any]
) -> None:
    assert [author for author, facts in answers(installed) if '"read"' in facts] == ["slack:U0KOLBEJ001"]
    wait_for("the changed message", lambda: "<@U0KOLBEJ001>" in str(read["blocks"]))
    assert installed.command("ledger", "verify").returncode == 0


def test_a_hold_that_was_asked_for_in_slack_is_approved_in_airflow(
    installed: Installed, slack: SlackServer, read: dict[str, Any]
) -> None:
    reply = again(slack.press, callback(installed), SIGNING_SECRET, read, "sendepause_hold", "U0KOLBEJ001")
    assert reply.status == httpx.codes.OK
    view = wait_for("the form", lambda: next(iter(slack.views.values()), None))
    blocks = {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    values = {id: _filled(block["element"], day) for id, block in blocks.items()}
    sent = again(slack.submit, callback(installed), SIGNING_SECRET, view, values, "U0KOLBEJ001")
    assert sent.status == httpx.codes.OK, sent
    assert (sent.shown, sent.errors) == ("closed", {})
    asked = "SELECT author FROM sendepause_ledger WHERE kind = 'hold_asked' AND author LIKE 'slack:%'"
    assert installed.store(asked) == [("slack:U0KOLBEJ001",)]

    installed.trigger("sendepause_enforce")  # the next run asks; nobody has to wait for ten minutes here
    run = answer(installed, "Approve this hold?")
    assert wait_for("the record", lambda: installed.finished("sendepause_approve", run)) == "success"
    installed.trigger("sendepause_enforce")

    def granted() -> bool:
        return any(
            message["channel"] == OWNER and "genehmigt" in message["text"].split("\n")[0]
            for message in slack.messages
        )

    wait_for("the owner to hear of it", granted)


def _filled(element: dict[str, Any], day: str) -> Any:
    match element["type"]:
        case "static_select":
            return element["options"][0]["value"]
        case "datepicker":
            return day
    return "der Umzug ist übermorgen fertig"
