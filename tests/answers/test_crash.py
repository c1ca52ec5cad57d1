"""Killed at every point between the press and what the message shows: nothing is lost, nothing is double."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from sqlalchemy import event
from tests.answers.conftest import HOLD, READ, Door, Office
from tests.slack_answers import block_actions, view_submission

from sendepause import answering, tell
from sendepause.installation import Installation
from sendepause.store import database, ledger


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class Killer:
    """Ends the process at its ``at``-th step: before and after each commit and each call to Slack."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.steps = 0

    def step(self, *_: Any) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise Killed


@contextmanager
def killed(installation: Installation, at: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within, the process dies at that step."""
    killer, call = Killer(at), WebClient.api_call

    def api_call(*arguments: Any, **more: Any) -> Any:
        killer.step()
        answer = call(*arguments, **more)
        killer.step()
        return answer

    event.listen(installation.engine, "commit", killer.step)
    event.listen(installation.engine, "checkin", killer.step)
    with monkeypatch.context() as patched:
        patched.setattr(WebClient, "api_call", api_call)
        yield
    event.remove(installation.engine, "commit", killer.step)
    event.remove(installation.engine, "checkin", killer.step)


def copy_of(office: Office, name: str) -> Installation:
    """The same installation over a store of its own."""
    there = office.company.installation
    there.engine.dispose()  # the last one that closes writes all of it into the one file
    path = Path(shutil.copy(office.company.folder / "store.db", there.data / name))
    return Installation(database.connect(f"sqlite:///{path}"), there.data, there.events, there.now)


def one_life(installation: Installation, payload: dict[str, Any]) -> bool:
    """What a process does with an answer; True where it came to its end."""
    try:
        taken = answering.take(installation, payload)
        if taken.changed:
            answering.show(installation, taken.changed)
    except Killed:
        return False
    return True


@pytest.mark.parametrize("what", ["a press", "a request"])
def test_killed_anywhere_it_is_one_answer_and_the_message_shows_it(
    office: Office, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    message, slack = office.message(), office.slack
    if what == "a press":
        payload, begins = block_actions(slack, message, READ), "Gelesen von"
    else:
        answering.take(office.company.installation, block_actions(slack, message, HOLD))
        (view,) = slack.views.values()
        values = {"campaign": Door.campaigns(view)[0], "until": "2019-12-02", "reason": "The move."}
        payload, begins = view_submission(slack, view, values), "Aufschub beantragt von"
    sent, posted = dict(message), len(slack.messages)
    point, ended, lost = 0, False, 0
    while not ended:
        point += 1
        message.update(sent)
        installation = copy_of(office, f"{what}{point}.db")
        with killed(installation, point, monkeypatch):
            ended = one_life(installation, payload)
        with database.session(installation.engine, write=False) as session:
            written = [entry for entry in ledger.entries(session) if entry.kind == "answered"]
        if not written:  # Slack had no acknowledgement, and the person tries again
            lost += 1
            answering.take(installation, payload)
        tell.alert(installation, office.company.clock())
        assert message["text"].startswith(begins), f"point {point}"
        with database.session(installation.engine, write=False) as session:
            kinds = [str(entry.kind) for entry in ledger.entries(session)]
        assert kinds.count("answered") == 1
        assert kinds.count("hold_asked") == (what == "a request")
        assert len(slack.messages) == posted
        installation.engine.dispose()
    assert lost > 3, "some died before it was written down"
    assert point - lost > 4, "and some after"
