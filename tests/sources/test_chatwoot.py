"""Chatwoot: webhooks, lists of its API, rows of its table."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from tests.sources.formats import read, shown
from tests.sources.mutations import mutated, read_or_refuse

from sendepause.errors import BadInput
from sendepause.model import Evidence

ACCOUNT, CUSTOMER = "+493023125117", "+491713920040"
IDA = {"id": 5, "name": "Ida Krug", "phone_number": CUSTOMER, "type": "contact", "thumbnail": ""}
AGENT = {"id": 2, "name": "Bo", "email": "bo@example.org", "type": "user"}


def webhook(
    event: str = "message_created", channel: str = "Channel::Whatsapp", **fields: Any
) -> dict[str, Any]:
    conversation = {
        "additional_attributes": {},
        "can_reply": True,
        "channel": channel,
        "contact_inbox": {"id": 1, "contact_id": 5, "inbox_id": 3, "source_id": "491713920040"},
        "id": 7,
        "inbox_id": 3,
        "messages": [{"id": 40, "content": "davor", "message_type": 0, "conversation_id": 7}],
        "meta": {"sender": IDA, "assignee": AGENT},
        "status": "open",
    }
    usual = {
        "account": {"id": 1, "name": "Werkstatt"},
        "additional_attributes": {},
        "content_attributes": {},
        "content_type": "text",
        "content": "Moin",
        "conversation": conversation | fields.pop("conversation", {}),
        "created_at": "2024-03-09T16:00:00.250Z",
        "id": 41,
        "inbox": {"id": 3, "name": "WhatsApp Kiel"},
        "message_type": "incoming",
        "private": False,
        "sender": IDA,
        "source_id": "wamid.HBgM",
        "event": event,
    }
    return usual | fields


def row(**fields: Any) -> dict[str, Any]:
    """A row of the table, its attributes as text of text, as Rails stores them."""
    usual = {
        "id": 41,
        "content": "Moin",
        "account_id": 1,
        "inbox_id": 3,
        "conversation_id": 7,
        "message_type": 0,
        "created_at": "2024-03-09 16:00:00.25",
        "updated_at": "2024-03-09 16:00:01",
        "private": False,
        "status": 0,
        "source_id": "wamid.HBgM",
        "content_type": 0,
        "content_attributes": json.dumps(json.dumps({})),
        "sender_type": "Contact",
        "sender_id": 5,
        "external_source_ids": "{}",
        "additional_attributes": "{}",
    }
    return usual | fields


def listed(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"meta": {"labels": [], "contact": IDA, "assignee": AGENT}, "payload": list(messages)}


def of_api(**fields: Any) -> dict[str, Any]:
    usual = {"id": 41, "content": "Moin", "inbox_id": 3, "conversation_id": 7, "message_type": 0}
    usual |= {"content_type": "text", "status": "sent", "content_attributes": {}, "created_at": 1710000000}
    return usual | {"private": False, "source_id": None, "sender": IDA} | fields


def one(record: Any, **context: Any) -> dict[str, Any]:
    (found,) = read("chatwoot", json.dumps(record), **context).messages.to_dicts()
    return found


@pytest.mark.parametrize(
    "record",
    [webhook(), {"body": webhook()}, listed(of_api()), row(contact_phone_number=CUSTOMER)],
    ids=["webhook", "webhook in n8n", "list", "row"],
)
def test_an_incoming_message_is_by_the_contact(record: dict[str, Any]) -> None:
    found = one(record)
    assert (found["author"], found["text"], found["direction"]) == (CUSTOMER, "Moin", "in")
    assert (found["counterpart"], found["message_id"]) == (CUSTOMER, "41")
    assert found["sent_at"].replace(microsecond=0).isoformat() == "2024-03-09T16:00:00+00:00"


@pytest.mark.parametrize(
    "created",
    [1710000000, "1710000000", "2020-03-03 13:05:57 UTC", "2020-03-03T13:05:57Z", "2020-03-03 14:05:57+01"],
)
def test_a_time_is_read_in_every_form(created: Any) -> None:
    moment = one(webhook(created_at=created))["sent_at"].isoformat()
    assert moment in ("2024-03-09T16:00:00+00:00", "2020-03-03T13:05:57+00:00")


def test_the_time_that_a_channel_gave_counts_before_the_one_of_the_inbox() -> None:
    found = one(webhook(content_attributes={"external_created_at": 1709990000}))
    assert found["sent_at"].isoformat() == "2024-03-09T13:13:20+00:00"


@pytest.mark.parametrize(
    "record",
    [
        webhook(message_type="outgoing", sender=AGENT),
        webhook(message_type="template", sender=None),
        listed(of_api(message_type=1, sender=AGENT)),
        listed(of_api(message_type=3, sender=None)),
    ],
)
def test_an_outgoing_message_goes_to_the_contact(record: dict[str, Any]) -> None:
    found = one(record, owner="Werkstatt")
    assert (found["author"], found["direction"], found["counterpart"]) == ("Werkstatt", "out", CUSTOMER)


def test_the_inbox_s_number_is_the_account() -> None:
    inbox = {"id": 3, "name": "WhatsApp", "phone_number": ACCOUNT, "channel_type": "Channel::Whatsapp"}
    for record in (
        webhook(message_type="outgoing", inbox=inbox),
        row(message_type=1, inbox_phone_number=ACCOUNT),
    ):
        found = one(record)
        assert (found["account"], found["author"]) == (ACCOUNT, ACCOUNT)


def test_a_created_and_an_updated_message_are_one() -> None:
    both = [webhook(), webhook("message_updated", content="Moin")]
    assert len(shown("chatwoot", json.dumps(both))) == 1


@pytest.mark.parametrize(
    "record",
    [
        webhook(private=True),
        row(private="t"),
        webhook(content_type="voice_call", content=None),
        webhook(content_attributes={"is_reaction": True}, content="👍"),
        webhook("conversation_updated"),
        {"event": "contact_created", "account": {"id": 1}, "id": 5, "name": "Ida"},
    ],
    ids=["note", "note as a row", "call", "reaction", "conversation", "contact"],
)
def test_what_is_no_message_does_not_count(record: dict[str, Any]) -> None:
    assert shown("chatwoot", json.dumps([webhook(id=1), record]))[1:] == []


@pytest.mark.parametrize(
    "channel", ["Channel::WebWidget", "Channel::Email", "Channel::Telegram", "Channel::Sms"]
)
def test_what_came_by_another_channel_does_not_count(channel: str) -> None:
    assert shown("chatwoot", json.dumps(webhook(channel=channel))) == []


def test_twilio_s_channel_counts_where_it_is_whatsapp() -> None:
    by_sms = webhook(
        channel="Channel::TwilioSms", source_id="SM1", conversation={"contact_inbox": {"source_id": CUSTOMER}}
    )
    at_whatsapp = {"contact_inbox": {"source_id": f"whatsapp:{CUSTOMER}"}, "meta": {}}
    by_whatsapp = webhook(
        channel="Channel::TwilioSms", source_id="SM1", conversation=at_whatsapp, sender=None
    )
    assert shown("chatwoot", json.dumps(by_sms)) == []
    assert one(by_whatsapp)["counterpart"] == CUSTOMER
    assert read("chatwoot", json.dumps(by_whatsapp)).evidence is Evidence.PLATFORM


def test_an_activity_is_a_system_line() -> None:
    (found,) = shown(
        "chatwoot", json.dumps(webhook(message_type="activity", content="Bo löste das Gespräch"))
    )
    assert (found["system"], found["author"], found["text"]) == (True, None, "Bo löste das Gespräch")


@pytest.mark.parametrize(
    ("fields", "text", "media"),
    [
        ({"content": None, "attachments": [{"id": 1, "file_type": "image", "data_url": "x"}]}, "", True),
        ({"content": "Tor 3", "attachments": [{"id": 1, "file_type": "file"}]}, "Tor 3", True),
        ({"content": "Ort", "attachments": [{"id": 1, "file_type": "location"}]}, "Ort", False),
        ({"content": None, "content_attributes": {"is_unsupported": True}}, None, False),
        ({"content": "Message deleted", "content_attributes": {"deleted": True}}, "Message deleted", False),
        ({"content": ""}, "", False),
    ],
)  # fmt: skip
def test_a_message_has_its_words_and_files(fields: dict[str, Any], text: str | None, media: bool) -> None:
    found = one(webhook(**fields))
    assert (found["text"], found["media"]) == (text, media)


def test_a_campaign_and_its_template_are_known_by_the_message_s_attributes() -> None:
    attributes = {"campaign_id": 12, "template_params": {"name": "fruehling", "language": "de"}}
    for record in (
        webhook(message_type="outgoing", additional_attributes=attributes),
        row(message_type=1, additional_attributes=json.dumps(attributes)),
    ):
        found = one(record)
        assert (found["campaign_id"], found["template"]) == ("12", True)


def test_a_failed_sending_counts_and_has_its_code() -> None:
    attributes = {"external_error": "131047: Re-engagement message"}
    assert one(row(message_type=1, status=3, content_attributes=json.dumps(attributes)))["error"] == "131047"


@pytest.mark.parametrize(
    ("records", "evidence"),
    [
        ([webhook()], Evidence.PLATFORM),
        ([webhook(), webhook(id=42, message_type="outgoing", source_id=None)], Evidence.PLATFORM),
        ([webhook(source_id="WAID:3EB0", channel="Channel::Api")], Evidence.CONSUMER),
        ([webhook(source_id="WAID:wamid.HBgM", channel="Channel::Api")], Evidence.PLATFORM),
        ([webhook(source_id=None, channel="Channel::Api")], None),
        ([webhook(source_id=None)], None),
        ([webhook(source_id=None, inbox={"id": 3, "provider": "whatsapp_cloud"})], Evidence.PLATFORM),
        ([webhook(), webhook(id=42, source_id="WAID:3EB0", channel="Channel::Api", inbox={"id": 4})], None),
        ([webhook(), webhook(id=42, source_id=None, channel="Channel::Api", inbox={"id": 4})], None),
    ],
)
def test_the_way_of_the_messages_is_the_evidence(records: list[Any], evidence: Evidence | None) -> None:
    assert read("chatwoot", json.dumps(records)).evidence is evidence


@pytest.mark.parametrize(
    "record", [{"meta": {}, "payload": []}, {"event": "message", "payload": {}}, {"content": "x", "id": 1}]
)
def test_what_is_no_record_of_chatwoot_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="Chatwoot"):
        read("chatwoot", json.dumps(record))


@given(mutated([webhook(), row(), listed(of_api()), webhook(message_type="outgoing")]))
@settings(max_examples=200, deadline=None)
def test_records_with_something_wrong_in_them_are_read_or_refused(record: Any) -> None:
    read_or_refuse("chatwoot", record)
