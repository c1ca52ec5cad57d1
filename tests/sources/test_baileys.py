"""Records that programs on Baileys keep: bare messages, events, stores."""

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

ACCOUNT, CUSTOMER = "493023125117", "491713920030"
CHAT = f"{CUSTOMER}@s.whatsapp.net"


def message(text: str = "Moin", id: str = "3A1", **fields: Any) -> dict[str, Any]:
    key = {"remoteJid": CHAT, "fromMe": False, "id": id} | fields.pop("key", {})
    usual = {
        "key": key,
        "messageTimestamp": {"low": 1710000000, "high": 0, "unsigned": True},
        "pushName": "Ida",
        "broadcast": False,
        "message": {
            "extendedTextMessage": {
                "text": text,
                "contextInfo": {"expiration": 0},
            },
            "messageContextInfo": {"messageSecret": {"type": "Buffer", "data": "AAAA"}},
        },
    }
    return usual | fields


def texts(data: Any) -> list[str | None]:
    return [found["text"] for found in shown("baileys", json.dumps(data))]


@pytest.mark.parametrize(
    "layout",
    [
        lambda several: several,
        lambda several: {"messages": several, "type": "notify"},
        lambda several: {"messages.upsert": {"messages": several, "type": "append"}},
        lambda several: {"messaging-history.set": {"messages": several, "chats": [], "contacts": []}},
        lambda several: {"chats": [], "contacts": {}, "messages": {CHAT: several}},
        lambda several: {"messages": {CHAT: {"array": several}}},
    ],
    ids=["list", "payload", "event", "history", "store", "ordered store"],
)
def test_every_layout_is_read(layout: Any) -> None:
    assert texts(layout([message("a", "1"), message("b", "2")])) == ["a", "b"]


def test_a_record_a_line_is_read() -> None:
    lines = "\n".join(json.dumps(message(text, text)) for text in "ab")
    assert [found["text"] for found in shown("baileys", lines)] == ["a", "b"]


@pytest.mark.parametrize("stamp", [1710000000, "1710000000", {"low": 1710000000, "high": 0}, 1710000000000])
def test_a_time_is_read_in_every_form(stamp: Any) -> None:
    (found,) = shown("baileys", json.dumps(message(messageTimestamp=stamp)))
    assert found["sent_at"] == "2024-03-09T17:00:00+01:00"


@pytest.mark.parametrize(
    "record",
    [
        message(message={"reactionMessage": {"text": "👍", "key": {"id": "3A0"}}}),
        message(message={"protocolMessage": {"type": "REVOKE"}}),
        message(message={"protocolMessage": {"type": 14, "editedMessage": {"conversation": "b"}}}),
        message(message=None, messageStubType=1),
        message(message=None, messageStubType="REVOKE"),
        {"key": message()["key"], "update": {"status": 3}},
    ],
    ids=["reaction", "revocation", "edit", "revoked", "revoked by name", "update"],
)
def test_what_is_no_message_does_not_count(record: dict[str, Any]) -> None:
    assert texts([message("a", "other"), record]) == ["a"]


def test_a_store_larger_than_a_record_is_read_chat_by_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_objects, "MAX_RECORD", 10_000)
    monkeypatch.setattr(json_chunks, "CHUNK", 10_000)
    chats = {f"49171392{number:04}@s.whatsapp.net": [message(id=f"3A{number}")] for number in range(100)}
    store = {"chats": [{"id": jid} for jid in chats], "contacts": {}, "messages": chats}
    for indent in (None, 2):
        assert len(shown("baileys", json.dumps(store, indent=indent))) == 100


def test_a_group_s_event_is_a_system_line_and_what_cannot_be_read_yet_is_a_message() -> None:
    event = message(
        id="1", message=None, messageStubType="GROUP_PARTICIPANT_ADD", key={"remoteJid": "1203@g.us"}
    )
    later = message(id="2", message=None, messageStubType=2)
    found = shown("baileys", json.dumps([event, later]))
    assert [(one["system"], one["text"]) for one in found] == [(True, None), (False, None)]


def test_an_own_message_to_a_group_names_the_account() -> None:
    key = {"fromMe": True, "remoteJid": "1203@g.us", "participant": f"{ACCOUNT}:7@s.whatsapp.net"}
    (found,) = read("baileys", json.dumps(message(key=key))).messages.to_dicts()
    assert (found["account"], found["author"], found["counterpart"]) == (
        f"+{ACCOUNT}",
        f"+{ACCOUNT}",
        "1203@g.us",
    )
    (found,) = read(
        "baileys", json.dumps(message(key={"fromMe": True})), owner="Werkstatt"
    ).messages.to_dicts()
    assert (found["account"], found["author"], found["direction"]) == (None, "Werkstatt", "out")


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ({"remoteJid": "99@lid", "remoteJidAlt": CHAT, "addressingMode": "lid"}, f"+{CUSTOMER}"),
        ({"remoteJid": "99@lid", "senderPn": CHAT}, f"+{CUSTOMER}"),
        ({"remoteJid": "99@lid", "remoteJidAlt": ""}, "99@lid"),
        ({"remoteJid": "1203@g.us", "participant": "99@lid", "participantPn": CHAT}, f"+{CUSTOMER}"),
        ({"remoteJid": f"{CUSTOMER}:4@s.whatsapp.net"}, f"+{CUSTOMER}"),
    ],
)
def test_a_lid_takes_the_number_that_the_key_gives(key: dict[str, Any], number: str) -> None:
    assert shown("baileys", json.dumps(message(key=key)))[0]["author"] == number


def test_a_client_of_the_web_proves_a_consumer_product() -> None:
    reading = read("baileys", json.dumps(message()))
    assert (reading.evidence, reading.form) == (Evidence.CONSUMER, "Baileys: messages")


@pytest.mark.parametrize(
    "record", [{"messages": {}}, {"messages": [{"id": "1", "text": "a"}]}, {"key": "a"}, {"chats": []}]
)
def test_what_is_no_record_of_baileys_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="Baileys"):
        read("baileys", json.dumps(record))


@given(mutated([message(), {"messages": [message()], "type": "notify"}, {"messages": {CHAT: [message()]}}]))
@settings(max_examples=200, deadline=None)
def test_records_with_something_wrong_in_them_are_read_or_refused(record: Any) -> None:
    read_or_refuse("baileys", record)
