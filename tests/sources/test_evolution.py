"""The Evolution API: webhooks of both versions, their queues, its lists, and rows of its database."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from tests.sources.formats import ENVELOPED, read, shown
from tests.sources.mutations import mutated, read_or_refuse

from sendepause.errors import BadInput
from sendepause.model import Evidence
from sendepause.sources import json_chunks, large_objects

ACCOUNT, CUSTOMER = "493023125117", "491713920030"


def message(text: str = "Moin", **fields: Any) -> dict[str, Any]:
    """A message as version 2 keeps and sends it."""
    key = {"id": "3A1", "fromMe": False, "remoteJid": f"{CUSTOMER}@s.whatsapp.net"} | fields.pop("key", {})
    usual = {
        "key": key,
        "pushName": "Ida Krug",
        "status": "DELIVERY_ACK",
        "message": {"conversation": text, "messageContextInfo": {"deviceListMetadataVersion": 2}},
        "contextInfo": None,
        "messageType": "conversation",
        "messageTimestamp": 1710000000,
        "instanceId": "5d0e7a34-0000-4000-8000-000000000001",
        "source": "ios",
    }
    return usual | fields


def event(data: Any, name: str = "messages.upsert", **fields: Any) -> dict[str, Any]:
    usual = {
        "event": name,
        "instance": "kiel",
        "data": data,
        "destination": "https://hook.example/wa",
        "date_time": "2024-03-09T16:00:00.500Z",
        "sender": f"{ACCOUNT}@s.whatsapp.net",
        "server_url": "http://localhost:8080",
        "apikey": "REDACTED",
    }
    return usual | fields


def row(**fields: Any) -> dict[str, Any]:
    """A row of the table Message, its JSON columns as text, as many drivers give them."""
    found = message() | {"id": "cm4x0001", "participant": None, "webhookUrl": None, "sessionId": None}
    found |= fields
    return found | {name: json.dumps(found[name]) for name in ("key", "message")}


def texts(data: Any) -> list[str | None]:
    return [found["text"] for found in shown("evolution", json.dumps(data))]


@pytest.mark.parametrize("name", ["messages.upsert", "MESSAGES_UPSERT", "send.message", "SEND_MESSAGE"])
def test_an_event_is_known_by_the_names_of_both_versions(name: str) -> None:
    assert texts(event(message(), name)) == ["Moin"]


@pytest.mark.parametrize(
    "name", ["messages.update", "messages.edited", "send.message.update", "messages.delete", "call"]
)
def test_what_tells_of_a_message_again_is_none(name: str) -> None:
    assert texts(event(message(), name)) == []


def test_several_messages_of_one_event_are_all_read() -> None:
    several = [message("a"), message("b", key={"id": "3A2"})]
    assert texts(event(several, "messages.set")) == ["a", "b"]
    assert texts(event({"messages": several, "type": "append"})) == ["a", "b"]


@pytest.mark.parametrize("enveloped", ENVELOPED.values(), ids=ENVELOPED)
def test_the_envelopes_of_queues_and_tools_are_opened(enveloped: Any) -> None:
    assert texts(enveloped(event(message()))) == ["Moin"]


def test_a_file_in_base64_beside_its_message_is_passed_over() -> None:
    picture = {"imageMessage": {"caption": "Tor 3", "mimetype": "image/jpeg"}, "base64": "/9j/4AAQ" * 1000}
    (found,) = shown("evolution", json.dumps(event(message(message=picture, messageType="imageMessage"))))
    assert (found["text"], found["media"]) == ("Tor 3", True)


def test_a_row_of_the_database_is_read_with_its_columns_as_text_or_as_objects() -> None:
    as_text, as_objects = row(), message() | {"id": "cm4x0002", "participant": None}
    for one in (as_text, as_objects):
        (found,) = shown("evolution", json.dumps(one))
        assert (found["author"], found["text"]) == (f"+{CUSTOMER}", "Moin")
        assert found["sent_at"] == "2024-03-09T17:00:00+01:00"


def test_a_row_s_id_is_the_message_s_own_and_not_the_database_s() -> None:
    reading = read("evolution", json.dumps(row()))
    assert reading.messages["message_id"].to_list() == ["3A1"]


@pytest.mark.parametrize(
    "stamp", ["1710000000", {"low": 1710000000, "high": 0, "unsigned": True}, 1710000000]
)
def test_a_row_s_time_is_read_as_whatever_the_driver_made_of_it(stamp: Any) -> None:
    (found,) = shown("evolution", json.dumps(row(messageTimestamp=stamp)))
    assert found["sent_at"] == "2024-03-09T17:00:00+01:00"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("imageMessage", [(None, True)]), ("conversation", [(None, False)]), ("reactionMessage", [])],
)
def test_a_row_without_its_content_is_told_by_its_type(kind: str, expected: list[Any]) -> None:
    found = shown("evolution", json.dumps(row(message=None, messageType=kind)))
    assert [(one["text"], one["media"]) for one in found] == expected


def test_a_row_names_its_account_where_the_instance_was_joined() -> None:
    own = message(key={"fromMe": True})
    for joined in ({"Instance": {"ownerJid": f"{ACCOUNT}@s.whatsapp.net"}}, {"ownerJid": f"{ACCOUNT}@c.us"}):
        reading = read("evolution", json.dumps(own | joined))
        assert reading.messages["account"].to_list() == [f"+{ACCOUNT}"]
        assert reading.messages["author"].to_list() == [f"+{ACCOUNT}"]


def test_a_list_of_the_interface_is_read_page_by_page() -> None:
    pages = [
        {
            "messages": {
                "total": 2,
                "currentPage": page,
                "records": [message(str(page), key={"id": str(page)})],
            }
        }
        for page in (1, 2)
    ]
    assert texts(pages) == ["1", "2"]
    assert texts([message("a")]) == ["a"]


def test_a_list_larger_than_a_record_is_read_message_by_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_objects, "MAX_RECORD", 10_000)
    monkeypatch.setattr(json_chunks, "CHUNK", 10_000)
    records = [message(str(number), key={"id": str(number)}) for number in range(100)]
    page = {"messages": {"total": 100, "pages": 1, "currentPage": 1, "records": records}}
    assert len(texts(page)) == 100


def test_an_own_message_to_a_lid_has_the_recipient_s_number_and_not_its_own() -> None:
    key = {"fromMe": True, "remoteJid": "99@lid", "senderPn": f"{ACCOUNT}@s.whatsapp.net"}
    reading = read("evolution", json.dumps(event(message(key=key))))
    assert reading.messages["counterpart"].to_list() == ["99@lid"]
    key["remoteJidAlt"] = f"{CUSTOMER}@s.whatsapp.net"
    reading = read("evolution", json.dumps(event(message(key=key))))
    assert reading.messages["counterpart"].to_list() == [f"+{CUSTOMER}"]


def test_a_member_written_beside_the_key_is_the_author() -> None:
    key = {"remoteJid": "1203@g.us", "participant": None}
    found = message(key=key, participant="491713920031@s.whatsapp.net")
    assert shown("evolution", json.dumps(event(found)))[0]["author"] == "+491713920031"


@pytest.mark.parametrize(
    ("content", "text", "media"),
    [
        ({"templateMessage": {"hydratedTemplate": {"hydratedContentText": "Neu"}}}, "Neu", False),
        (
            {"templateMessage": {"hydratedTemplate": {"hydratedContentText": "Neu", "videoMessage": {}}}},
            "Neu",
            True,
        ),
        ({"buttonsMessage": {"contentText": "Ja?", "documentMessage": {"url": "x"}}}, "Ja?", True),
        ({"interactiveMessage": {"body": {"text": "Wann?"}, "header": {"title": "T"}}}, "Wann?", False),
        ({"interactiveResponseMessage": {"body": {"text": "Ja"}}}, "Ja", False),
        ({"pollCreationMessageV3": {"name": "Wann?", "options": []}}, "Wann?", False),
        ({"groupInviteMessage": {"caption": "Komm dazu", "groupJid": "1@g.us"}}, "Komm dazu", False),
    ],
)
def test_what_a_business_sends_has_its_words_and_files(content: Any, text: str, media: bool) -> None:
    (found,) = shown("evolution", json.dumps(event(message(message=content))))
    assert (found["text"], found["media"]) == (text, media)


def test_the_way_of_a_message_is_the_evidence() -> None:
    by_meta = event(message("b", key={"id": "wamid.HBgN", "fromMe": True}))
    assert read("evolution", json.dumps(event(message()))).evidence is Evidence.CONSUMER
    assert read("evolution", json.dumps(by_meta)).evidence is Evidence.PLATFORM
    mixed = read("evolution", json.dumps([event(message()), by_meta]))
    assert mixed.evidence is None
    assert "proves no account's kind" in mixed.notes[0]


def test_the_form_says_what_was_found() -> None:
    assert read("evolution", json.dumps(event(message()))).form == "Evolution API: events"
    assert read("evolution", json.dumps(row())).form == "Evolution API: stored messages"


@pytest.mark.parametrize(
    "record",
    [
        {"event": "message", "session": "kiel", "payload": {"id": "1"}},
        {"id": 1, "content": "x", "message_type": "incoming", "event": "message_created"},
        {"key": "value", "message": "x"},
    ],
    ids=["WAHA", "Chatwoot", "something else"],
)
def test_another_tool_s_records_are_refused(record: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="Evolution"):
        read("evolution", json.dumps(record))


@given(mutated([event(message()), event([message()]), row(), {"messages": {"records": [message()]}}]))
@settings(max_examples=200, deadline=None)
def test_records_with_something_wrong_in_them_are_read_or_refused(record: Any) -> None:
    read_or_refuse("evolution", record)


@pytest.mark.parametrize("stamp", [{"$numberLong": "1710000000"}, {"$numberInt": "1710000000"}])
def test_a_document_of_version_1_s_database_has_its_time(stamp: dict[str, str]) -> None:
    document = message(messageTimestamp=stamp) | {"_id": {"$oid": "65ec8a10"}, "owner": "kiel"}
    (found,) = shown("evolution", json.dumps(document))
    assert found["sent_at"] == "2024-03-09T17:00:00+01:00"
