"""WAHA: events of its three engines, and what its interface lists."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from tests.sources.formats import read, shown
from tests.sources.mutations import mutated, read_or_refuse

from sendepause.errors import BadInput
from sendepause.model import Evidence

ACCOUNT, CUSTOMER = "493023125117", "491713920040"
CHAT, GROUP = f"{CUSTOMER}@c.us", "120363000000000002@g.us"


def event(payload: dict[str, Any], name: str = "message", engine: str = "GOWS", **me: Any) -> dict[str, Any]:
    return {
        "id": "evt_01kiel",
        "timestamp": 1720000001123,
        "event": name,
        "session": "kiel",
        "metadata": {},
        "me": {"id": f"{ACCOUNT}@c.us", "pushName": "Werkstatt"} | me,
        "payload": payload,
        "engine": engine,
        "environment": {"version": "2025.9.1", "engine": engine, "tier": "PLUS"},
    }


def webjs(**fields: Any) -> dict[str, Any]:
    """whatsapp-web.js: ``from`` and ``to`` are the two sides."""
    usual = {
        "id": f"false_{CHAT}_AAA1",
        "timestamp": 1720000000,
        "from": CHAT,
        "fromMe": False,
        "source": "app",
        "to": f"{ACCOUNT}@c.us",
        "participant": None,
        "body": "Noch offen?",
        "hasMedia": False,
        "media": None,
        "ack": 1,
        "vCards": [],
        "_data": {"notifyName": "Ida Krug", "type": "chat"},
    }
    return usual | fields


def noweb(message: Any = None, **fields: Any) -> dict[str, Any]:
    """Baileys: ``from`` is the chat in both directions, ``to`` is left empty."""
    key = {"remoteJid": f"{CUSTOMER}@s.whatsapp.net", "fromMe": False, "id": "3EB0"} | fields.pop("key", {})
    own = "true" if key["fromMe"] else "false"
    usual = {
        "id": f"{own}_{CHAT}_3EB0",
        "timestamp": 1720000000,
        "from": CHAT,
        "fromMe": key["fromMe"],
        "body": "Moin",
        "to": None,
        "participant": None,
        "hasMedia": False,
        "ack": 1,
        "_data": {
            "key": key,
            "messageTimestamp": 1720000000,
            "message": message or {"conversation": "Moin"},
            "status": 2,
        },
    }
    return usual | fields


def gows(message: Any = None, info: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """whatsmeow: its event under ``_data``."""
    usual_info = {
        "Chat": "38203818037365@lid",
        "Sender": "38203818037365@lid",
        "IsFromMe": False,
        "IsGroup": False,
        "AddressingMode": "",
        "SenderAlt": f"{CUSTOMER}@s.whatsapp.net",
        "RecipientAlt": "",
        "ID": "3AC2",
        "Type": "text",
        "PushName": "Ida",
        "Timestamp": "2024-07-03T09:46:40Z",
        "MediaType": "",
    }
    usual = {
        "id": "false_38203818037365@lid_3AC2",
        "timestamp": 1720000000,
        "from": "38203818037365@lid",
        "fromMe": False,
        "source": "app",
        "body": "Moin",
        "to": None,
        "participant": None,
        "hasMedia": False,
        "media": None,
        "ack": 2,
        "location": None,
        "vCards": None,
        "replyTo": None,
        "_data": {"Info": usual_info | (info or {}), "Message": message or {"conversation": "Moin"}},
    }
    return usual | fields


def one(record: Any, **context: Any) -> dict[str, Any]:
    (found,) = read("waha", json.dumps(record), **context).messages.to_dicts()
    return found


@pytest.mark.parametrize("payload", [webjs(), noweb(), gows()], ids=["WEBJS", "NOWEB", "GOWS"])
def test_every_engine_tells_who_wrote_to_whom(payload: dict[str, Any]) -> None:
    found = one(event(payload))
    assert (found["author"], found["direction"]) == (f"+{CUSTOMER}", "in")
    assert (found["counterpart"], found["account"]) == (f"+{CUSTOMER}", f"+{ACCOUNT}")
    assert found["sent_at"].isoformat() == "2024-07-03T09:46:40+00:00"


@pytest.mark.parametrize(
    "payload",
    [
        webjs(id=f"true_{CHAT}_B", fromMe=True, to=CHAT, **{"from": f"{ACCOUNT}@c.us"}),
        noweb(key={"fromMe": True}),
        gows(
            id="true_38203818037365@lid_B",
            fromMe=True,
            info={"SenderAlt": f"{ACCOUNT}@s.whatsapp.net", "RecipientAlt": f"{CUSTOMER}@s.whatsapp.net"},
        ),
    ],
    ids=["WEBJS", "NOWEB", "GOWS"],
)
def test_an_own_message_goes_to_the_chat_and_never_to_the_account_itself(payload: dict[str, Any]) -> None:
    found = one(event(payload, "message.any"))
    assert (found["author"], found["direction"]) == (f"+{ACCOUNT}", "out")
    assert found["counterpart"] == f"+{CUSTOMER}"


def test_a_message_of_message_and_of_message_any_is_one() -> None:
    both = [event(webjs()), event(webjs(), "message.any"), event(webjs(), "message.ack")]
    assert len(shown("waha", json.dumps(both))) == 1


@pytest.mark.parametrize(
    "name",
    ["message.ack", "message.waiting", "message.edited", "message.revoked", "message.reaction", "poll.vote"],
)
def test_what_tells_of_a_message_again_is_none(name: str) -> None:
    assert shown("waha", json.dumps(event(webjs(), name))) == []


@pytest.mark.parametrize(
    "payload",
    [
        webjs(**{"from": GROUP}, participant=CHAT),
        webjs(**{"from": GROUP}, id=f"false_{GROUP}_CCC3_{CHAT}", participant=None),
        noweb(**{"from": GROUP}, to=GROUP, participant="99@lid",
              key={"remoteJid": GROUP, "participant": "99@lid", "participantAlt": CHAT}),
        gows(**{"from": GROUP}, participant="99@lid", info={"IsGroup": True, "Chat": GROUP}),
    ],
    ids=["WEBJS", "WEBJS by its id", "NOWEB with a lid", "GOWS with a lid"],
)  # fmt: skip
def test_in_a_group_the_member_is_the_author(payload: dict[str, Any]) -> None:
    found = one(event(payload))
    assert (found["author"], found["counterpart"]) == (f"+{CUSTOMER}", GROUP)


def test_channels_and_statuses_are_no_person_s_chat() -> None:
    channel = "120363000000000003@newsletter"
    by_channel = one(event(webjs(id=f"false_{channel}_1", **{"from": channel})))
    assert (by_channel["author"], by_channel["counterpart"]) == (channel, channel)
    status = one(
        event(webjs(id="false_status@broadcast_1", participant=CHAT, **{"from": "status@broadcast"}))
    )
    assert (status["author"], status["counterpart"]) == (f"+{CUSTOMER}", "status@broadcast")


@pytest.mark.parametrize(
    ("payload", "text", "media"),
    [
        (noweb({"imageMessage": {"caption": "Tor 3"}}, body="Tor 3"), "Tor 3", True),
        (noweb({"audioMessage": {"ptt": True}}, body=None), "", True),
        (noweb({"listResponseMessage": {"title": "Ja"}}, body=None), "Ja", False),
        (gows({"documentMessage": {"fileName": "a.pdf"}}, body=None), "", True),
        (webjs(body="", _data={"type": "sticker"}), "", True),
        (webjs(body="", _data={"type": "ciphertext"}), None, False),
        (webjs(body="/9j/4AAQ", _data={"type": "location"}), None, False),
        (webjs(body="", _data={"type": "poll_creation"}), "", False),
    ],
)
def test_words_and_files_are_found_where_the_engine_keeps_them(
    payload: dict[str, Any], text: str | None, media: bool
) -> None:
    found = one(event(payload))
    assert (found["text"], found["media"]) == (text, media)


@pytest.mark.parametrize(
    "payload",
    [
        gows({"protocolMessage": {"type": 0, "key": {}}}),
        noweb({"reactionMessage": {"text": "👍"}}),
        webjs(_data={"type": "revoked"}),
        webjs(_data={"type": "call_log"}),
    ],
)
def test_reactions_revocations_and_calls_are_no_messages(payload: dict[str, Any]) -> None:
    assert shown("waha", json.dumps(event(payload))) == []


def test_a_list_names_the_account_only_where_the_engine_writes_it() -> None:
    assert one([webjs()])["account"] == f"+{ACCOUNT}"
    own = one([noweb(key={"fromMe": True})], owner="Werkstatt")
    assert (own["account"], own["author"], own["counterpart"]) == (None, "Werkstatt", f"+{CUSTOMER}")


def test_a_customer_s_number_is_never_taken_for_the_account() -> None:
    own = noweb(key={"fromMe": True, "remoteJid": "99@lid"}, id="true_99@lid_3EB0", **{"from": CHAT})
    assert one([own])["account"] is None


def test_the_answer_of_gows_is_a_message_although_its_time_stands_inside() -> None:
    answer = gows(info={"IsFromMe": True}, id=f"true_{CHAT}_3EB09")
    bare = {name: answer[name] for name in ("id", "_data")}
    found = one(bare, owner="Werkstatt")
    assert (found["direction"], found["counterpart"], found["text"]) == ("out", f"+{CUSTOMER}", "Moin")
    assert found["sent_at"].isoformat() == "2024-07-03T09:46:40+00:00"


def test_the_account_is_named_by_its_number_where_its_id_is_a_lid() -> None:
    found = one(event(gows(), id="87678150291685@lid", jid=f"{ACCOUNT}:12@s.whatsapp.net"))
    assert found["account"] == f"+{ACCOUNT}"


def test_a_gateway_proves_a_consumer_product() -> None:
    reading = read("waha", json.dumps([event(webjs(), engine="WEBJS"), event(gows())]))
    assert reading.evidence is Evidence.CONSUMER
    assert reading.form == "WAHA: events of WEBJS, events of GOWS"


def test_another_tool_s_events_are_refused() -> None:
    with pytest.raises(BadInput, match="WAHA"):
        read("waha", json.dumps({"event": "messages.upsert", "instance": "kiel", "data": {}}))


@given(mutated([event(webjs()), event(noweb()), event(gows()), webjs(), gows()]))
@settings(max_examples=200, deadline=None)
def test_records_with_something_wrong_in_them_are_read_or_refused(record: Any) -> None:
    read_or_refuse("waha", record)
