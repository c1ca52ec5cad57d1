"""Two processes get the same answer at the same moment, on either kind of store: it is one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.answers.conftest import HOLD, READ, Door, Office
from tests.slack_answers import block_actions, view_submission
from tests.slack_server import SIGNING_SECRET, SlackServer
from tests.stages.company import SHOP, Company
from tests.stages.conftest import either, postgres_server, postgres_url

from sendepause import answering, people
from sendepause.answering import Taken

__all__ = ["either", "postgres_server", "postgres_url"]  # fixtures


@pytest.fixture
def busy(either: Company) -> Any:
    """The office over this store."""
    with SlackServer() as slack:
        either.connect_slack(slack)
        either.connect("sendepause_slack_signing", conn_type="generic", password=SIGNING_SECRET)
        either.set_campaign("spring", "running", sender=SHOP)
        either.enforce()
        people.switch_acting(either.installation, True, "anna")
        either.enforce()
        made = Office(either, slack)
        made.tell()
        yield made


def at_once(times: int, do: Callable[[], Taken]) -> list[Taken]:
    with ThreadPoolExecutor(times) as pool:
        return [each.result(30) for each in [pool.submit(do) for _ in range(times)]]


def test_a_press(busy: Office) -> None:
    payload = block_actions(busy.slack, busy.message(), READ)
    installation = busy.company.installation
    assert len(set(map(repr, at_once(6, lambda: answering.take(installation, payload))))) == 1
    assert len(busy.entries) == 1
    answering.show(installation, busy.delivery(busy.message()))
    assert busy.message()["text"].startswith("Gelesen von")


def test_a_request(busy: Office) -> None:
    installation = busy.company.installation
    answering.take(installation, block_actions(busy.slack, busy.message(), HOLD))
    (view,) = busy.slack.views.values()
    values = {"campaign": Door.campaigns(view)[0], "until": "2019-12-02", "reason": "The move."}
    payload = view_submission(busy.slack, view, values)
    assert {taken.reply for taken in at_once(6, lambda: answering.take(installation, payload))} == {None}
    assert (len(busy.company.entries("hold_asked")), len(busy.entries)) == (1, 1)
