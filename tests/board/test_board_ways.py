"""From Airflow's own pages to the board: from a task to what it worked on, and the strip on the home page."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from tests.board import company
from tests.board.test_board_page import Structure, readable

from sendepause.model import EntryKind
from sendepause.store import database, ledger

ACCOUNT = f"account?number=%2B{company.number(0)[1:]}"


def way(client: TestClient, subject: str) -> str:
    """Where somebody is led who comes with a subject."""
    answer = client.get("/look", params={"subject": subject}, follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["location"]


@pytest.mark.parametrize("subject", ["campaign:crm/0", "crm/0", f"account:{company.number(0)}"])
def test_a_campaign_leads_to_the_account_that_it_sends_from(client: TestClient, subject: str) -> None:
    assert way(client, subject) == ACCOUNT


def test_a_hold_leads_to_its_campaigns_account(client: TestClient, filled: Engine) -> None:
    with database.session(filled) as session:
        asked = ledger.append(
            session,
            at=company.NOW,
            as_of=company.NOW,
            author="j.petersen",
            kind=EntryKind.HOLD_ASKED,
            subject="campaign:crm/0",
            facts={},
        )
    assert asked is not None
    assert way(client, f"hold:{asked.seq}") == ACCOUNT


def test_a_campaign_without_an_account_leads_to_the_list(client: TestClient) -> None:
    assert way(client, "campaign:crm/stray") == "campaigns?q=stray"


@pytest.mark.parametrize(
    "subject", ["", "campaign:crm/none", "hold:999", "hold:x", "//elsewhere.example", "javascript:alert(1)"]
)
def test_what_is_not_known_leads_to_the_plan(client: TestClient, subject: str) -> None:
    assert way(client, subject) == "plan"


def test_an_unknown_number_stays_on_the_board(client: TestClient) -> None:
    assert way(client, "account://elsewhere.example") == "account?number=%2F%2Felsewhere.example"


@pytest.mark.parametrize(
    ("language", "waits", "way"),
    [("de", "warten auf die Entscheidung einer Person", "Zur Übersicht"), ("en", "wait for", "To the board")],
)
def test_the_strip_says_how_each_date_stands_and_what_waits(
    client: TestClient, language: str, waits: str, way: str
) -> None:
    answer = client.get("/glance", params={"lang": language})
    words = readable(answer.text)
    assert waits in words
    assert words.count("WhatsApp") == 1, "one line for each date"
    assert way in words
    links = Structure(answer.text).all("a")
    assert [(link["href"], link["target"]) for link in links] == [("../plugin/sendepause", "_parent")]
    assert len(answer.content) < 8_000


def test_the_strip_is_placed_by_a_script_without_a_build_step(client: TestClient) -> None:
    answer = client.get("/home.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert len(answer.content) < 1_500
