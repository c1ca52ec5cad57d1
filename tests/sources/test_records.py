"""Webhooks, gateway records, the exporter's JSON: the kinds of records that tools write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.sources.formats import ENVELOPED, read, shown

from sendepause.errors import BadInput
from sendepause.model import Evidence, Resolution

ACCOUNT = "493023125117"


def webhook(**value: Any) -> dict[str, Any]:
    value = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": ACCOUNT}} | value
    return {
        "object": "whatsapp_business_account",
        "entry": [{"changes": [{"value": value, "field": "messages"}]}],
    }


def cloud(**message: Any) -> dict[str, Any]:
    return webhook(messages=[{"from": "491713920010", "id": "wamid.1", "timestamp": "1710000000"} | message])


def evolution(
    message: dict[str, Any] | None = None, event: str = "messages.upsert", **data: Any
) -> dict[str, Any]:
    key = {"remoteJid": "491713920030@s.whatsapp.net", "fromMe": False, "id": "3A1"} | data.pop("key", {})
    data = {"key": key, "message": message, "messageTimestamp": 1710000000} | data
    return {"event": event, "instance": "kiel", "data": data, "sender": f"{ACCOUNT}@s.whatsapp.net"}


def waha(event: str = "message", **payload: Any) -> dict[str, Any]:
    chat = "491713920040@c.us"
    usual = {
        "id": f"false_{chat}_A",
        "timestamp": 1720000000,
        "from": chat,
        "to": f"{ACCOUNT}@c.us",
        "body": "Hallo",
    }
    payload = usual | {"fromMe": False, "hasMedia": False} | payload
    return {"event": event, "session": "kiel", "me": {"id": f"{ACCOUNT}@c.us"}, "payload": payload}


def exporter(
    chat: str = "491713920020@s.whatsapp.net", name: str | None = "Ida", **message: Any
) -> dict[str, Any]:
    message = {
        "from_me": False,
        "timestamp": 1710000000,
        "media": False,
        "meta": False,
        "data": "Hallo",
    } | message
    return {chat: {"name": name, "messages": {"1": message}}}


@pytest.mark.parametrize(
    "layout", ["lines", "lines with CR LF", "array", "one object", "pretty object", "wrapped"]
)
def test_every_layout_of_json_is_read(layout: str) -> None:
    one = cloud(type="text", text={"body": "a"})
    two = cloud(id="wamid.2", type="text", text={"body": "b"})
    data = {
        "lines": json.dumps(one) + "\n" + json.dumps(two),
        "lines with CR LF": "\ufeff" + json.dumps(one) + "\r\n\r\n" + json.dumps(two) + "\r\n",
        "array": json.dumps([one, two], indent=1),
        "one object": json.dumps(one),
        "pretty object": json.dumps(one, indent=2),
        "wrapped": json.dumps([{"body": one}, {"json": {"body": two}}]),
    }[layout]
    wanted = ["a"] if "object" in layout else ["a", "b"]
    assert [message["text"] for message in shown("cloud_api_webhook", data)] == wanted


@pytest.mark.parametrize("enveloped", ENVELOPED.values(), ids=ENVELOPED)
def test_a_cloud_call_is_found_in_the_envelopes_of_queues_and_tools(enveloped: Any) -> None:
    """The call, and what tools leave of it: its change, or the change's value."""
    call = cloud(type="text", text={"body": "Moin"})
    (change,) = call["entry"][0]["changes"]
    for one in (call, change, change["value"]):
        (message,) = shown("cloud_api_webhook", json.dumps(enveloped(one)))
        assert message["text"] == "Moin"


@pytest.mark.parametrize(
    ("message", "text", "media"),
    [
        ({"type": "image", "image": {"id": "1"}}, "", True),
        ({"type": "document", "document": {"filename": "a.pdf", "caption": "Bitte"}}, "Bitte", True),
        ({"type": "contacts", "contacts": [{"name": {}}]}, "", True),
        ({"type": "location", "location": {"latitude": 1}}, None, False),
        ({"type": "button", "button": {"text": "Ja", "payload": "1"}}, "Ja", False),
        ({"type": "interactive", "interactive": {"button_reply": {"id": "1", "title": "Ja"}}}, "Ja", False),
        ({"type": "interactive", "interactive": {"list_reply": {"id": "1", "title": "Ja"}}}, "Ja", False),
        ({"type": "unsupported", "errors": [{"code": 131051}]}, None, False),
        ({"type": "text", "text": {"body": ""}}, "", False),
    ],
)
def test_a_cloud_message_has_its_words_and_media(
    message: dict[str, Any], text: str | None, media: bool
) -> None:
    (found,) = shown("cloud_api_webhook", json.dumps(cloud(**message)))
    assert (found["text"], found["media"], found["author"]) == (text, media, "+491713920010")


def test_cloud_reactions_are_no_messages_and_a_changed_number_is_a_system_line() -> None:
    changed = cloud(id="wamid.2", type="system", system={"body": "Ida changed from A to B", "type": "x"})
    data = json.dumps([cloud(type="reaction", reaction={"emoji": "👍"}), changed])
    (found,) = shown("cloud_api_webhook", data)
    assert (found["author"], found["system"]) == (None, True)


def test_statuses_tell_of_one_message_at_its_sent_time() -> None:
    def status(name: str, at: int, message_id: str = "wamid.9") -> dict[str, Any]:
        fields = {"id": message_id, "status": name, "timestamp": str(at), "recipient_id": "491713920010"}
        return webhook(statuses=[fields | {"biz_opaque_callback_data": "fruehling"}])

    data = [status("read", 1710000500), status("delivered", 1710000400), status("sent", 1710000450)]
    reading = read("cloud_api_webhook", json.dumps([*data, status("read", 1710000700, "wamid.8")]))
    assert reading.messages["sent_at"].dt.epoch("s").to_list() == [1710000450, 1710000700]
    row = reading.messages.row(0, named=True)
    assert row["direction"] == "out" and row["text"] is None
    assert row["counterpart"] == "+491713920010" and row["account"] == f"+{ACCOUNT}"
    assert row["campaign_id"] == "fruehling"
    assert reading.evidence is Evidence.PLATFORM and reading.resolution is Resolution.S


def test_a_message_that_the_business_app_echoes_is_outgoing() -> None:
    echo = {"from": ACCOUNT, "to": "491713920010", "id": "wamid.3", "timestamp": "1710000000", "type": "text"}
    reading = read(
        "cloud_api_webhook", json.dumps(webhook(message_echoes=[echo | {"text": {"body": "Moin"}}]))
    )
    row = reading.messages.row(0, named=True)
    assert (row["author"], row["direction"], row["counterpart"]) == (f"+{ACCOUNT}", "out", "+491713920010")


@pytest.mark.parametrize(
    "stamp",
    [
        1710000000,
        "1710000000",
        1710000000.9996,
        1710000000123,
        "1710000000123",
        {"low": 1710000000, "high": 0},
    ],
)
def test_a_time_stamp_is_read_in_every_form(stamp: Any) -> None:
    (found,) = shown("evolution", json.dumps(evolution({"conversation": "a"}, messageTimestamp=stamp)))
    assert found["sent_at"] == "2024-03-09T17:00:00+01:00"


@pytest.mark.parametrize(
    ("message", "text", "media"),
    [
        ({"conversation": "a"}, "a", False),
        ({"ephemeralMessage": {"message": {"extendedTextMessage": {"text": "a"}}}}, "a", False),
        ({"documentWithCaptionMessage": {"message": {"documentMessage": {"caption": "a"}}}}, "a", True),
        ({"viewOnceMessageV2": {"message": {"imageMessage": {}}}}, "", True),
        ({"audioMessage": {"ptt": True}}, "", True),
        ({"contactMessage": {"vcard": "BEGIN:VCARD"}}, "", True),
        ({"locationMessage": {"degreesLatitude": 1}}, None, False),
        ({"buttonsResponseMessage": {"selectedDisplayText": "Ja"}}, "Ja", False),
        ({"listResponseMessage": {"title": "Ja"}}, "Ja", False),
        ({"somethingNewMessage": {}}, None, False),
        (None, None, False),
    ],
)
def test_a_protocol_message_has_its_words_and_media(message: Any, text: str | None, media: bool) -> None:
    (found,) = shown("evolution", json.dumps(evolution(message)))
    assert (found["text"], found["media"]) == (text, media)


@pytest.mark.parametrize(
    "record",
    [
        evolution({"reactionMessage": {"text": "👍"}}),
        evolution({"protocolMessage": {"type": "REVOKE"}}),
        evolution({"senderKeyDistributionMessage": {}, "messageContextInfo": {}}),
        evolution({"conversation": "a"}, event="messages.update"),
        evolution({"conversation": "a"}, event="MESSAGES_DELETE"),
        {"event": "connection.update", "data": {"state": "open"}},
    ],
)
def test_what_is_no_message_of_evolution_does_not_count(record: dict[str, Any]) -> None:
    assert read("evolution", json.dumps(record)).messages.is_empty()


@pytest.mark.parametrize(
    ("key", "author", "counterpart"),
    [
        (
            {"remoteJid": "99@lid", "senderPn": "491713920031@s.whatsapp.net"},
            "+491713920031",
            "+491713920031",
        ),
        (
            {"remoteJid": "99@lid", "remoteJidAlt": "491713920031@s.whatsapp.net"},
            "+491713920031",
            "+491713920031",
        ),
        ({"remoteJid": "99@lid"}, "99@lid", "99@lid"),
        (
            {
                "remoteJid": "1203@g.us",
                "participant": "99@lid",
                "participantAlt": "491713920031@s.whatsapp.net",
            },
            "+491713920031",
            "1203@g.us",
        ),
        (
            {"remoteJid": "1203@g.us", "participant": "491713920031:7@s.whatsapp.net"},
            "+491713920031",
            "1203@g.us",
        ),
        ({"fromMe": True}, f"+{ACCOUNT}", "+491713920030"),
    ],
)
def test_a_gateway_s_addresses_become_numbers(key: dict[str, Any], author: str, counterpart: str) -> None:
    row = read("evolution", json.dumps(evolution({"conversation": "a"}, key=key))).messages.row(0, named=True)
    assert (row["author"], row["counterpart"]) == (author, counterpart)


def test_a_group_s_event_is_a_system_line() -> None:
    (found,) = shown("evolution", json.dumps(evolution(None, messageStubType="GROUP_PARTICIPANT_ADD")))
    assert (found["author"], found["text"], found["system"]) == (None, None, True)


def test_a_list_of_evolution_s_interface_is_read_too() -> None:
    records = [evolution({"conversation": "a"})["data"]]
    assert len(shown("evolution", json.dumps({"messages": {"total": 1, "records": records}}))) == 1
    assert len(shown("evolution", json.dumps(records))) == 1


@pytest.mark.parametrize(
    ("payload", "text", "media"),
    [
        ({"body": "", "hasMedia": True}, "", True),
        ({"body": None, "hasMedia": True}, "", True),
        ({"body": None}, None, False),
        ({"body": "Tor 3", "hasMedia": True}, "Tor 3", True),
        ({"body": "BEGIN:VCARD", "_data": {"type": "vcard"}}, "", True),
        ({"body": "/9j/4AAQ", "location": {"latitude": "1"}}, None, False),
    ],
)
def test_a_waha_message_has_its_words_and_media(
    payload: dict[str, Any], text: str | None, media: bool
) -> None:
    (found,) = shown("waha", json.dumps(waha(**payload)))
    assert (found["text"], found["media"], found["author"]) == (text, media, "+491713920040")


@pytest.mark.parametrize(
    "record",
    [
        waha(event="message.ack"),
        waha(event="message.reaction", reaction={"text": "👍"}),
        waha(event="message.revoked"),
        waha(event="session.status"),
        waha(_data={"type": "protocol"}),
        waha(event=["message"]),
    ],
)
def test_what_is_no_message_of_waha_does_not_count(record: dict[str, Any]) -> None:
    assert read("waha", json.dumps(record)).messages.is_empty()


def test_a_waha_lid_takes_the_number_that_the_engine_gives() -> None:
    hidden = {"from": "99@lid", "_data": {"key": {"remoteJidAlt": "491713920041@s.whatsapp.net"}}}
    assert shown("waha", json.dumps(waha(**hidden)))[0]["author"] == "+491713920041"
    assert shown("waha", json.dumps(waha(**{"from": "99@lid"})))[0]["author"] == "99@lid"


@pytest.mark.parametrize(
    ("message", "text", "media", "system"),
    [
        ({"data": "Zeile <br>zwei<br/>drei"}, "Zeile\nzwei\ndrei", False, False),
        ({"media": True, "data": "x/y.jpg", "caption": "Da"}, "Da", True, False),
        ({"media": True, "data": "x/y.webp", "sticker": True}, "", True, False),
        ({"meta": True, "mime": "media", "data": "The media is missing"}, "", True, False),
        ({"meta": True, "mime": "text/x-vcard", "data": "This media include"}, "", True, False),
        ({"meta": True, "data": "Message deleted"}, "Message deleted", False, False),
        ({"meta": True, "data": "You were removed"}, "You were removed", False, True),
        ({"data": ""}, "", False, False),
    ],
)
def test_an_exporter_s_message_has_its_words_and_media(
    message: dict[str, Any], text: str | None, media: bool, system: bool
) -> None:
    (found,) = shown("chat_exporter_json", json.dumps(exporter(**message)))
    assert (found["text"], found["media"], found["system"]) == (text, media, system)
    assert found["author"] == (None if system else "Ida")


def test_an_exporter_s_author_is_sender_else_chat_else_number() -> None:
    group = exporter("1203@g.us", "Hof", sender="491713920021")
    assert shown("chat_exporter_json", json.dumps(group))[0]["author"] == "+491713920021"
    assert shown("chat_exporter_json", json.dumps(exporter(name=None)))[0]["author"] == "+491713920020"
    assert shown("chat_exporter_json", json.dumps(exporter(from_me=True)), owner="Bo")[0]["author"] == "Bo"


@pytest.mark.parametrize("kind", ["cloud_api_webhook", "evolution", "waha", "chat_exporter_json"])
@pytest.mark.parametrize(
    "data",
    [
        "",
        " \n",
        "[]",
        "{}",
        "null",
        "1",
        '{"a": 1}',
        '{"a": 1}\n{"a": ',
        "[1, 2]",
        "{'a': 1}",
        "[" * 100_000,
        "9" * 9999,
    ],
)
def test_what_is_no_record_of_the_kind_is_refused(kind: str, data: str) -> None:
    with pytest.raises(BadInput):
        read(kind, data)


def test_one_line_that_does_not_parse_refuses_the_whole_file_with_its_place() -> None:
    lines = [
        json.dumps(evolution({"conversation": "a"})),
        '{"event": "messages.ups',
        json.dumps(evolution({})),
    ]
    with pytest.raises(BadInput) as refused:
        read("evolution", "\n".join(lines))
    assert refused.value.place == "line 2"


def test_half_a_surrogate_pair_is_no_accident() -> None:
    (found,) = shown("evolution", json.dumps(evolution({"conversation": "a\ud800b"})))
    assert found["text"] == "a?b"


def test_an_own_message_of_waha_has_its_chat_from_its_id_where_the_engine_gives_no_other() -> None:
    own = waha(id="true_491713920040@c.us_B", fromMe=True, to=None, **{"from": f"{ACCOUNT}@c.us"})
    row = read("waha", json.dumps(own)).messages.row(0, named=True)
    assert (row["author"], row["direction"], row["counterpart"]) == (f"+{ACCOUNT}", "out", "+491713920040")


def test_an_exporter_s_flags_may_be_numbers() -> None:
    (found,) = shown("chat_exporter_json", json.dumps(exporter(from_me=1, media=1, data="a.jpg")), owner="Bo")
    assert (found["author"], found["media"], found["text"]) == ("Bo", True, "")
