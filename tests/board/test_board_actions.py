"""What people do on the board is done once, under their name, by who may, and from the board itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select
from tests.board import company

from sendepause.board.actions import BODY, Actor
from sendepause.board.app import create_app
from sendepause.installation import Installation
from sendepause.model import EntryKind
from sendepause.store import database, ledger
from sendepause.store.tables import DeliveryRow, FileRow

OWN = {"Origin": "http://testserver"}
REQUEST = "request-of-a-test"
HALT = {"request": REQUEST, "on": "true"}
HOLD = {
    "request": REQUEST,
    "campaign": "campaign:crm/0",
    "until": "2026-12-05T12:00",
    "reason": "Ticket 4711",
}


def kinds(engine: Engine, kind: EntryKind) -> list[ledger.Entry]:
    with database.session(engine, write=False) as session:
        return ledger.entries(session, kinds=[kind])


def post(client: TestClient, action: str, data: dict[str, str], **headers: str) -> int:
    return client.post(f"/act-{action}", data=data, headers=OWN | headers, follow_redirects=False).status_code


def test_a_halt_lands_in_the_ledger_under_the_users_name_and_is_said(
    client: TestClient, filled: Engine
) -> None:
    answer = client.post("/act-halt?lang=en", data=HALT, headers=OWN | {"Accept-Language": "en"})
    assert answer.url.path == "/"
    assert "The halt is on." in answer.text
    entry = kinds(filled, EntryKind.HALT)[-1]
    assert (entry.author, entry.facts) == ("j.petersen", {"on": True})


def test_a_form_that_is_sent_twice_does_one_thing(client: TestClient, filled: Engine) -> None:
    before = len(kinds(filled, EntryKind.HALT))
    assert [post(client, "halt", HALT) for _ in range(2)] == [303, 303]
    assert len(kinds(filled, EntryKind.HALT)) == before + 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://testserver.elsewhere.example"},
        {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_from_elsewhere_is_refused(
    client: TestClient, filled: Engine, headers: dict[str, str]
) -> None:
    before = len(kinds(filled, EntryKind.HALT))
    assert post(client, "halt", HALT, **headers) == 403
    assert len(kinds(filled, EntryKind.HALT)) == before


def test_behind_a_proxy_the_browsers_own_word_counts(client: TestClient) -> None:
    headers = {"Origin": "https://airflow.example", "Sec-Fetch-Site": "same-origin"}
    assert post(client, "halt", HALT, **headers) == 303


@pytest.mark.parametrize("who", [Actor("v.iewer", may_act=False), Actor("", may_act=True)])
@pytest.mark.parametrize("action", ["halt", "approve", "hold", "confirm", "retry"])
def test_who_may_not_act_changes_nothing_and_sees_no_button(
    filled: Engine, files: object, tmp_path: object, who: Actor, action: str
) -> None:
    opened = Installation(engine=filled, data=tmp_path, events=str(tmp_path), now=lambda: company.NOW)  # type: ignore[arg-type]
    client = TestClient(create_app(lambda: opened, actor=lambda: who), raise_server_exceptions=False)
    with database.session(filled, write=False) as session:
        before = ledger.head(session)
    assert post(client, action, HALT | {"key": "x", "campaign": "x", "what": "file", "id": "x"}) == 403
    with database.session(filled, write=False) as session:
        assert ledger.head(session) == before
    if not who.may_act:
        assert "<form" not in client.get("/?lang=en").text


@pytest.mark.parametrize("path", ["act-halt", "act-approve", "act-hold", "act-confirm", "act-retry"])
def test_looking_at_an_action_does_nothing(client: TestClient, path: str) -> None:
    assert client.get(f"/{path}").status_code == 405


def test_a_body_too_large_is_refused_before_it_is_read(client: TestClient) -> None:
    assert post(client, "halt", HALT | {"back": "x" * BODY}) == 413


def test_a_pause_that_waits_is_approved_as_it_was_shown(client: TestClient, filled: Engine) -> None:
    assert "Approve" in client.get("/plan?lang=en").text
    key = "campaign:crm/1"
    assert post(client, "approve", {"request": REQUEST, "key": key, "back": "plan"}) == 303
    (entry,) = kinds(filled, EntryKind.APPROVE)
    assert (entry.author, entry.subject) == ("j.petersen", key)
    assert len(entry.facts["items"]) == 1


def test_a_hold_is_asked_for_in_the_operators_zone(client: TestClient, filled: Engine) -> None:
    assert post(client, "hold", HOLD) == 303
    (entry,) = kinds(filled, EntryKind.HOLD_ASKED)
    assert entry.facts["until"] == "2026-12-05T12:00:00+01:00"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"until": "tomorrow"}, "no moment"),
        ({"until": "2026-12-01T12:00"}, "end in the future"),
        ({"reason": "Anna, +49 151 23456789"}, "customer"),
        ({"campaign": "campaign:crm/none"}, "no campaign"),
    ],
)
def test_what_cannot_be_is_refused_with_its_mend(
    client: TestClient, filled: Engine, changed: dict[str, str], said: str
) -> None:
    answer = client.post("/act-hold", data=HOLD | changed, headers=OWN)
    assert answer.status_code == 409
    assert said in answer.text
    assert not kinds(filled, EntryKind.HOLD_ASKED)


def test_a_broken_file_is_read_again_with_the_next_run(client: TestClient, filled: Engine) -> None:
    with database.session(filled, write=False) as session:
        path = session.scalar(select(FileRow.path).where(FileRow.broken.is_(True)))
    data = {"request": REQUEST, "what": "file", "source": "phones", "id": str(path)}
    assert [post(client, "retry", data) for _ in range(2)] == [303, 303]
    (entry,) = kinds(filled, EntryKind.RETRY)
    assert (entry.author, entry.subject) == ("j.petersen", "source:phones")
    with database.session(filled, write=False) as session:
        assert session.scalar(select(FileRow.hash).where(FileRow.broken.is_(True))) == ""


def test_a_refused_message_is_queued_again(client: TestClient, filled: Engine) -> None:
    with database.session(filled) as session:
        session.add(
            DeliveryRow(
                id="m1", channel="C1", text="", blocks=[], state="refused", queued_at=company.NOW, error="x"
            )
        )
    assert post(client, "retry", {"request": REQUEST, "what": "message", "id": "m1"}) == 303
    with database.session(filled, write=False) as session:
        assert session.scalar(select(DeliveryRow.state)) == "queued"
    assert post(client, "retry", {"request": "another-request", "what": "message", "id": "m1"}) == 409


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "../../etc", "javascript:x"]
)
def test_nobody_is_led_away(client: TestClient, back: str) -> None:
    answer = client.post("/act-halt", data=HALT | {"back": back}, headers=OWN, follow_redirects=False)
    assert answer.headers["location"] == "./?done=done_halt"


def test_two_people_are_needed_for_a_hold(
    client: TestClient, client_as: Callable[[str], TestClient], filled: Engine
) -> None:
    post(client, "hold", HOLD)
    (asked,) = kinds(filled, EntryKind.HOLD_ASKED)
    grant = {"request": "another-request", "key": f"hold:{asked.seq}"}
    assert post(client, "approve", grant) == 409
    assert post(client_as("t.lenzen"), "approve", grant) == 303
    assert kinds(filled, EntryKind.HOLD_GRANTED)[0].author == "t.lenzen"
    assert asked.as_of < company.NOW + timedelta(minutes=1)
