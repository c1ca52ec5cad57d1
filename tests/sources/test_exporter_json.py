"""WhatsApp-Chat-Exporter: Android and iOS, one file or one a chat, Telegram's form, any size."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from tests.sources.formats import read, shown
from tests.sources.mutations import mutated, read_or_refuse

from sendepause.errors import BadInput
from sendepause.model import Evidence
from sendepause.sources import chained, chat_exporter_json, json_chunks, reader
from sendepause.sources.base import ReadContext

CHAT, GROUP = "491713920020@s.whatsapp.net", "120363000000000001@g.us"


def row(**fields: Any) -> dict[str, Any]:
    usual = {
        "from_me": False,
        "timestamp": 1710000060,
        "time": "17:01",
        "media": False,
        "key_id": "K102",
        "meta": False,
        "data": "Hallo",
        "sender": None,
        "safe": False,
        "mime": None,
        "message_type": 0,
        "received_timestamp": "2024/03/09 17:01",
        "read_timestamp": None,
        "reply": None,
        "quoted_data": None,
        "caption": None,
        "thumb": None,
        "sticker": False,
        "reactions": {},
    }
    return usual | fields


def backup(*rows: dict[str, Any], jid: str = CHAT, **chat: Any) -> dict[str, Any]:
    usual = {"name": "Ida Krug", "type": "android", "my_avatar": None, "their_avatar": None, "media_base": ""}
    return {jid: usual | chat | {"messages": {str(number): one for number, one in enumerate(rows, 101)}}}


def telegram(*messages: dict[str, Any], **chat: Any) -> dict[str, Any]:
    usual = {"name": "Ida Krug", "type": "personal_chat", "id": 491713920020}
    several = [{"id": number, "type": "message"} | one for number, one in enumerate(messages, 101)]
    return usual | chat | {"messages": several}


def said(
    text: str = "Hallo", sender: str = "491713920020", from_id: str = "user491713920020"
) -> dict[str, Any]:
    stamp = {"date": "2024-03-09T17:01:00", "date_unixtime": 1710000060}
    return stamp | {"from": sender, "from_id": from_id, "text": text, "text_entities": [{"type": "plain"}]}


def one(record: Any, **context: Any) -> dict[str, Any]:
    (found,) = read("chat_exporter_json", json.dumps(record), **context).messages.to_dicts()
    return found


def test_a_reaction_and_a_reply_belong_to_their_message() -> None:
    answer = row(reply="K101", quoted_data="davor", reactions={"You": "👍"})
    assert [found["text"] for found in shown("chat_exporter_json", json.dumps(backup(answer)))] == ["Hallo"]


@pytest.mark.parametrize(
    ("fields", "device", "text", "media", "system"),
    [
        ({"meta": True, "data": None, "message_type": 7}, "android", None, False, True),
        ({"meta": True, "data": "A call was missed"}, "android", "A call was missed", False, True),
        (
            {"meta": True, "data": "Location shared: (1, 2)"},
            "android",
            "Location shared: (1, 2)",
            False,
            False,
        ),
        ({"data": None, "message_type": 6}, "ios", None, False, True),
        ({"data": None, "message_type": 6}, "android", None, False, False),
        ({"data": None, "message_type": 5}, "ios", None, False, False),
        ({"meta": True, "data": "Message deleted"}, "ios", "Message deleted", False, False),
        ({"media": True, "data": "Message/Media/1.jpg", "caption": "Tor 3"}, "ios", "Tor 3", True, False),
        ({"meta": True, "mime": "text/x-vcard", "data": "This media include"}, "ios", "", True, False),
    ],
)
def test_rows_of_both_systems_are_told_apart(
    fields: dict[str, Any], device: str, text: str | None, media: bool, system: bool
) -> None:
    found = one(backup(row(**fields), type=device))
    assert (found["text"], found["media"], found["system"]) == (text, media, system)


def test_calls_are_system_lines_of_no_customer() -> None:
    call = row(meta=True, data="A voice call from Ida was missed.", sender="Ida", key_id="c1")
    found = one(backup(call, jid="000000000000000", name="WhatsApp Calls"))
    assert (found["system"], found["author"], found["counterpart"]) == (True, None, None)


def test_a_status_is_no_person_s_chat() -> None:
    found = one(backup(row(sender="Bo"), jid="status@broadcast", name=None))
    assert (found["author"], found["counterpart"]) == ("Bo", "status@broadcast")


def test_a_message_keeps_its_id_in_later_backups_where_its_row_has_another_number() -> None:
    first = one(backup(row()))
    later = read("chat_exporter_json", json.dumps(backup(row(key_id="K1"), row()))).messages
    assert first["message_id"] in later["message_id"].to_list()
    nameless = read("chat_exporter_json", json.dumps(backup(row(key_id=None), row(key_id=""))))
    assert len(nameless.messages) == 2


def test_own_and_received_messages_of_one_key_are_two() -> None:
    both = backup(row(), row(from_me=True))
    assert len(shown("chat_exporter_json", json.dumps(both))) == 2


def test_one_file_a_chat_is_read_like_one_for_all() -> None:
    whole = backup(row()) | backup(row(sender="Bo"), jid=GROUP, name="Hof")
    apart = [one({jid: chat})["text"] for jid, chat in whole.items()]
    assert len(shown("chat_exporter_json", json.dumps(whole))) == len(apart) == 2


def test_a_chat_without_messages_is_one_and_another_object_is_none() -> None:
    assert shown("chat_exporter_json", json.dumps(backup())) == []
    for record in ({"a": {"messages": {}}}, {"a": {"name": "x"}}, {"name": "x", "messages": [row()]}):
        with pytest.raises(BadInput, match="Exporter"):
            read("chat_exporter_json", json.dumps(record))


def test_the_form_and_the_evidence_are_said() -> None:
    reading = read("chat_exporter_json", json.dumps(backup(row(), type="ios")))
    assert (reading.form, reading.evidence) == ("WhatsApp-Chat-Exporter: ios", Evidence.CONSUMER)
    reading = read("chat_exporter_json", json.dumps(telegram(said())))
    assert reading.form == "WhatsApp-Chat-Exporter: in Telegram's form"


@pytest.mark.parametrize(
    ("message", "chat", "author", "direction", "counterpart"),
    [
        (said(), {}, "Ida Krug", "in", "+491713920020"),
        (said(), {"name": CHAT}, "+491713920020", "in", "+491713920020"),
        (said(sender="Me", from_id="user00000"), {}, "Werkstatt", "out", "+491713920020"),
        (said(sender="Bo", from_id="userBo"), {"type": "private_group", "name": "Hof"}, "Bo", "in", "Hof"),
    ],
)
def test_in_telegram_s_form_the_sender_is_shown_by_name(
    message: dict[str, Any], chat: dict[str, Any], author: str, direction: str, counterpart: str
) -> None:
    found = one(telegram(message, **chat), owner="Werkstatt")
    assert (found["author"], found["direction"], found["counterpart"]) == (author, direction, counterpart)
    assert found["sent_at"].timestamp() == 1710000060


@pytest.mark.parametrize(
    ("text", "shown_text", "media"),
    [
        ("Hallo <br>Zweite", "Hallo\nZweite", False),
        ("WhatsApp/Media/WhatsApp Images/IMG-20240309-WA0001.jpg", "", True),
        ("The media is missing", "", True),
        ("WhatsApp ist da", "WhatsApp ist da", False),
    ],
)
def test_in_telegram_s_form_a_file_is_known_by_its_path(text: str, shown_text: str, media: bool) -> None:
    found = one(telegram(said(text)))
    assert (found["text"], found["media"]) == (shown_text, media)


class Trickling(io.RawIOBase):
    """A store's stream, which gives a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._inside = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._inside.readinto(memoryview(buffer)[:1000])


@pytest.mark.parametrize("record", ["backup", "telegram"])
def test_a_backup_larger_than_memory_allows_is_read_in_portions(
    record: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_chunks, "CHUNK", 20_000)
    monkeypatch.setattr(chat_exporter_json, "PORTION", 100)
    rows = [row(key_id=f"K{number}", data=f"Nr. {number}") for number in range(400)]
    whole = (
        backup(*rows) | backup(row(), jid=GROUP)
        if record == "backup"
        else telegram(*[said(f"Nr. {n}") for n in range(401)])
    )
    stream = io.BufferedReader(Trickling(json.dumps(whole).encode()))
    portions = list(reader("chat_exporter_json")(stream, "backup.json", ReadContext()))
    texts = [text for portion in portions for text in portion.messages["text"]]
    assert len(texts) == 401
    assert texts[399] == "Nr. 399"


def test_a_fault_far_behind_refuses_the_backup() -> None:
    data = json.dumps(backup(*[row(key_id=f"K{number}") for number in range(50)]))
    with pytest.raises(BadInput):
        read("chat_exporter_json", data[:-20])


def test_pieces_of_a_stream_are_put_together_again() -> None:
    stream = chained.chained(b"ab", io.BytesIO(b""), io.BufferedReader(Trickling(b"c" * 2500)), b"d")
    assert stream.read() == b"ab" + b"c" * 2500 + b"d"
    assert chained.beginning(Trickling(b"x" * 3000), 2500) == b"x" * 2500  # type: ignore[arg-type]


@given(mutated([backup(row()), backup(row(media=True, meta=True), type="ios"), telegram(said(), said("b"))]))
@settings(max_examples=200, deadline=None)
def test_records_with_something_wrong_in_them_are_read_or_refused(record: Any) -> None:
    read_or_refuse("chat_exporter_json", record)
