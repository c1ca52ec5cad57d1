"""whatsapp-web.js: serialised messages, and the webhooks of servers built on it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from tests.sources.formats import read, shown
from tests.sources.mutations import mutated, read_or_refuse

from sendepause.errors import BadInput
from sendepause.model import Evidence
from sendepause.sources import json_chunks, large_objects

ACCOUNT, CUSTOMER = "493023125117", "491713920040"
OWN, CHAT, GROUP = f"{ACCOUNT}@c.us", f"{CUSTOMER}@c.us", "120363000000000002@g.us"


def message(own: bool = False, remote: str = CHAT, **fields: Any) -> dict[str, Any]:
    serialized = f"{str(own).lower()}_{remote}_3EB0"
    usual = {
        "_data": {"id": {"fromMe": own, "_serialized": serialized}, "t": 1720000000, "type": "chat"},
        "id": {"fromMe": own, "remote": remote, "id": "3EB0", "_serialized": serialized},
        "ack": 1,
        "hasMedia": False,
        "body": "Noch offen?",
        "type": "chat",
        "timestamp": 1720000000,
        "from": OWN if own else remote,
        "to": remote if own else OWN,
        "author": None,
        "deviceType": "web",
        "fromMe": own,
        "vCards": [],
        "links": [],
    }  # fmt: skip
    return usual | fields


def event(found: dict[str, Any], name: str = "message") -> dict[str, Any]:
    return {"dataType": name, "data": {"message": found}, "sessionId": "kiel"}


def one(record: Any, **context: Any) -> dict[str, Any]:
    (found,) = read("whatsapp_web_js", json.dumps(record), **context).messages.to_dicts()
    return found


@pytest.mark.parametrize(
    "record",
    [
        message(),
        event(message()),
        {"headers": {}, "body": event(message())},
        {"dataType": "message", "data": message(), "sessionId": "kiel"},
        {"success": True, "messages": [message()]},
        {"success": True, "message": message()},
    ],
    ids=["bare", "webhook", "webhook in n8n", "other servers", "list", "answer"],
)
def test_every_layout_is_read(record: dict[str, Any]) -> None:
    found = one(record)
    assert (found["author"], found["text"], found["direction"]) == (f"+{CUSTOMER}", "Noch offen?", "in")
    assert (found["counterpart"], found["account"]) == (f"+{CUSTOMER}", f"+{ACCOUNT}")
    assert found["message_id"] == f"false_{CHAT}_3EB0"


def test_a_list_larger_than_a_record_is_read_message_by_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_objects, "MAX_RECORD", 10_000)
    monkeypatch.setattr(json_chunks, "CHUNK", 10_000)
    ids = [message()["id"] | {"_serialized": f"false_{CHAT}_{number}"} for number in range(100)]
    answer = {"success": True, "messages": [message(id=id) for id in ids]}
    assert len(shown("whatsapp_web_js", json.dumps(answer))) == 100


def test_message_and_message_create_tell_of_one_message() -> None:
    assert (
        len(shown("whatsapp_web_js", json.dumps([event(message()), event(message(), "message_create")]))) == 1
    )


@pytest.mark.parametrize("name", ["message_ack", "message_reaction", "message_revoke_everyone", "qr", "call"])
def test_other_events_are_no_messages(name: str) -> None:
    assert shown("whatsapp_web_js", json.dumps(event(message(), name))) == []


def test_an_own_message_is_by_the_account() -> None:
    found = one(event(message(own=True), "message_create"))
    assert (found["author"], found["direction"]) == (f"+{ACCOUNT}", "out")
    assert (found["counterpart"], found["account"]) == (f"+{CUSTOMER}", f"+{ACCOUNT}")


def test_in_a_group_the_member_is_the_author() -> None:
    found = one(message(remote=GROUP, author=CHAT))
    assert (found["author"], found["counterpart"], found["account"]) == (f"+{CUSTOMER}", GROUP, f"+{ACCOUNT}")


@pytest.mark.parametrize(
    ("fields", "text", "media"),
    [
        ({"type": "image", "hasMedia": True, "body": "Tor 3"}, "Tor 3", True),
        ({"type": "ptt", "hasMedia": True, "body": ""}, "", True),
        ({"type": "image", "hasMedia": False, "body": ""}, "", True),
        ({"type": "vcard", "body": "BEGIN:VCARD"}, "", True),
        ({"type": "location", "body": "/9j/4AAQ"}, None, False),
        ({"type": "ciphertext", "body": ""}, None, False),
        ({"type": "buttons_response", "body": "Ja"}, "Ja", False),
        ({"type": "poll_creation", "body": "Wann?"}, "Wann?", False),
        ({"body": ""}, "", False),
    ],
)
def test_a_message_has_its_words_and_media(fields: dict[str, Any], text: str | None, media: bool) -> None:
    found = one(message(**fields))
    assert (found["text"], found["media"]) == (text, media)


@pytest.mark.parametrize("kind", ["protocol", "reaction", "revoked", "call_log", "pinned_message"])
def test_rows_that_are_no_messages_do_not_count(kind: str) -> None:
    assert shown("whatsapp_web_js", json.dumps(message(type=kind))) == []


@pytest.mark.parametrize("kind", ["e2e_notification", "gp2", "notification_template"])
def test_what_the_app_wrote_is_a_system_line(kind: str) -> None:
    found = one(message(type=kind, body=""))
    assert (found["system"], found["author"], found["direction"]) == (True, None, None)


def test_a_model_without_the_object_around_it_is_read_by_its_own_names() -> None:
    id = {"fromMe": True, "remote": {"_serialized": CHAT}, "id": "3EB0", "_serialized": f"true_{CHAT}_3EB0"}
    raw = {"id": id, "t": 1720000000, "from": {"_serialized": OWN}, "to": {"_serialized": CHAT}}
    text = one(raw | {"type": "chat", "body": "Moin"})
    assert (text["author"], text["counterpart"], text["text"]) == (f"+{ACCOUNT}", f"+{CUSTOMER}", "Moin")
    picture = one(raw | {"type": "image", "body": "/9j/4AAQ", "directPath": "/v/1", "caption": "Tor 3"})
    assert (picture["text"], picture["media"]) == ("Tor 3", True)


def test_a_driven_web_client_proves_a_consumer_product() -> None:
    reading = read("whatsapp_web_js", json.dumps(event(message())))
    assert (reading.evidence, reading.form) == (Evidence.CONSUMER, "whatsapp-web.js: events")


@pytest.mark.parametrize(
    "record", [{"id": "1", "body": "x"}, {"success": True, "messages": []}, {"data": {}}]
)
def test_what_is_no_record_of_it_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="whatsapp-web"):
        read("whatsapp_web_js", json.dumps(record))


@given(mutated([message(), event(message()), {"success": True, "messages": [message()]}]))
@settings(max_examples=200, deadline=None)
def test_records_with_something_wrong_in_them_are_read_or_refused(record: Any) -> None:
    read_or_refuse("whatsapp_web_js", record)
