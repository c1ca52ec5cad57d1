"""n8n's executions: what their nodes handed over, by the answers that they got."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.formats import read, shown
from tests.sources.mutations import ODD, mutated, read_or_refuse

from sendepause.errors import BadInput
from sendepause.model import Evidence
from sendepause.sources import json_chunks, large_objects, n8n_executions
from sendepause.sources.flatted import unflatted

ACCOUNT, CUSTOMER = "493023125117", "491713920030"
STARTED = 1710000100123


def http(url: str, **parameters: Any) -> dict[str, Any]:
    return {"type": "n8n-nodes-base.httpRequest", "parameters": {"method": "POST", "url": url} | parameters}


EVOLUTION = http("http://evolution:8080/message/sendText/kiel")
WAHA = http("http://waha:3000/api/sendText", jsonBody='={"session": "kiel", "text": "{{ $json.text }}"}')
WWEBJS = http("http://wwebjs:3000/client/sendMessage/kiel")
META = http("https://graph.facebook.com/v19.0/100000000000017/messages")
HIDDEN = http("={{ $env.GATEWAY }}")
NODE = {"type": "n8n-nodes-base.whatsApp", "parameters": {"operation": "send", "phoneNumberId": "1"}}
PICTURE = {"operation": "send", "messageType": "image", "additionalFields": {"mediaCaption": "Neu"}}
TWILIO = {"type": "n8n-nodes-base.twilio", "parameters": {"toWhatsapp": True, "from": f"+{ACCOUNT}"}}

BY_EVOLUTION = {
    "key": {"remoteJid": f"{CUSTOMER}@s.whatsapp.net", "fromMe": True, "id": "BAE5"},
    "pushName": "",
    "status": "PENDING",
    "message": {"conversation": "Morgen um 9"},
    "messageType": "conversation",
    "messageTimestamp": 1710000060,
    "instanceId": "i-1",
    "source": "unknown",
}
BY_META = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": f"+{CUSTOMER}", "wa_id": CUSTOMER}],
    "messages": [{"id": "wamid.HBgM", "message_status": "accepted"}],
}
BY_WWEBJS = {
    "success": True,
    "message": {
        "id": {"fromMe": True, "remote": f"{CUSTOMER}@c.us", "_serialized": f"true_{CUSTOMER}@c.us_3EB0"},
        "body": "Morgen um 9",
        "type": "chat",
        "timestamp": 1710000060,
        "from": f"{ACCOUNT}@c.us",
        "to": f"{CUSTOMER}@c.us",
        "fromMe": True,
        "hasMedia": False,
    },
}
BY_GOWS = {
    "id": f"true_{CUSTOMER}@c.us_3EB0",
    "_data": {
        "Info": {
            "Chat": f"{CUSTOMER}@s.whatsapp.net",
            "Sender": f"{ACCOUNT}:58@s.whatsapp.net",
            "IsFromMe": True,
            "Timestamp": "2024-03-09T16:01:00Z",
            "ID": "3EB0",
        },
        "Message": {"conversation": "Morgen um 9"},
    },
}
BY_TWILIO = {
    "sid": "SM1",
    "from": f"whatsapp:+{ACCOUNT}",
    "to": f"whatsapp:+{CUSTOMER}",
    "body": "Morgen um 9",
    "num_media": "0",
    "date_created": "Sat, 09 Mar 2024 16:01:00 +0000",
    "date_sent": None,
    "error_code": None,
}


def run(*answers: Any) -> dict[str, Any]:
    return {
        "hints": [],
        "startTime": STARTED,
        "executionTime": 84,
        "source": [{"previousNode": "Kunden"}],
        "executionStatus": "success",
        "data": {"main": [[{"json": answer, "pairedItem": {"item": 0}} for answer in answers]]},
    }


def execution(node: dict[str, Any], *answers: Any, **fields: Any) -> dict[str, Any]:
    """An execution of a workflow whose node ``Senden`` got these answers."""
    usual = {
        "id": "231",
        "finished": True,
        "mode": "trigger",
        "status": "success",
        "startedAt": "2024-03-09T16:01:39.000Z",
        "stoppedAt": "2024-03-09T16:01:41.000Z",
        "workflowId": "fruehling",
        "workflowData": {
            "id": "fruehling",
            "name": "Frühling",
            "nodes": [{"name": "Senden", "id": "n1", "typeVersion": 4} | node],
            "connections": {},
            "pinData": {},
        },
        "data": {
            "startData": {},
            "resultData": {"runData": {"Senden": [run(*answers)]}, "lastNodeExecuted": "Senden"},
            "executionData": {"contextData": {}},
        },
    }
    return usual | fields


def flatted(value: Any) -> str:
    """As the library flatted writes it: every text and object once, in its place the number of its entry."""
    entries: list[Any] = []
    numbers: dict[Any, str] = {}

    def number_of(part: Any) -> Any:
        if not isinstance(part, str | dict | list):
            return part
        key = part if isinstance(part, str) else id(part)
        if key not in numbers:
            numbers[key] = str(len(entries))
            place = len(entries)
            entries.append(part)
            if isinstance(part, dict):
                entries[place] = {name: number_of(inside) for name, inside in part.items()}
            elif isinstance(part, list):
                entries[place] = [number_of(inside) for inside in part]
        return numbers[key]

    number_of(value)
    return json.dumps(entries)


def row(node: dict[str, Any], *answers: Any) -> dict[str, Any]:
    """A row of the table execution_data."""
    whole = execution(node, *answers)
    workflow = json.dumps(whole["workflowData"])
    return {"executionId": 231, "workflowData": workflow, "data": flatted(whole["data"])}


def one(record: Any, **context: Any) -> dict[str, Any]:
    (found,) = read("n8n_executions", json.dumps(record), **context).messages.to_dicts()
    return found


@pytest.mark.parametrize(
    ("node", "answer", "evidence", "text", "account"),
    [
        (EVOLUTION, BY_EVOLUTION, Evidence.CONSUMER, "Morgen um 9", None),
        (WAHA, BY_EVOLUTION, Evidence.CONSUMER, "Morgen um 9", None),
        (WAHA, BY_GOWS, Evidence.CONSUMER, "Morgen um 9", None),
        (WAHA, BY_WWEBJS["message"], Evidence.CONSUMER, "Morgen um 9", f"+{ACCOUNT}"),
        (WWEBJS, BY_WWEBJS, Evidence.CONSUMER, "Morgen um 9", f"+{ACCOUNT}"),
        (META, BY_META, Evidence.PLATFORM, None, None),
        (NODE, BY_META, Evidence.PLATFORM, None, None),
        (TWILIO, BY_TWILIO, Evidence.PLATFORM, "Morgen um 9", f"+{ACCOUNT}"),
        (HIDDEN, BY_EVOLUTION, Evidence.CONSUMER, "Morgen um 9", None),
        (HIDDEN, BY_META, None, None, None),
    ],
    ids=["Evolution", "NOWEB", "GOWS", "WEBJS", "wwebjs", "Meta", "node", "Twilio", "hidden", "like Meta"],
)
def test_an_answer_tells_of_one_message(
    node: Any, answer: Any, evidence: Evidence | None, text: str | None, account: str | None
) -> None:
    record = execution(node, answer)
    found = one(record, owner="Werkstatt")
    assert (found["direction"], found["counterpart"], found["text"]) == ("out", f"+{CUSTOMER}", text)
    assert (found["account"], found["author"]) == (account, account or "Werkstatt")
    assert (found["campaign_id"], found["media"]) == ("fruehling", False)
    assert read("n8n_executions", json.dumps(record)).evidence is evidence


def test_an_answer_s_own_time_counts_else_the_start_of_the_run() -> None:
    assert one(execution(EVOLUTION, BY_EVOLUTION))["sent_at"].timestamp() == 1710000060
    assert one(execution(META, BY_META))["sent_at"].timestamp() == STARTED / 1000


@pytest.mark.parametrize(
    "layout",
    [
        lambda found: found,
        lambda found: [found],
        lambda found: {"data": [found], "nextCursor": None},
        lambda found: {"data": found},
        lambda found: found | {"data": flatted(found["data"])},
        lambda found: found | {"data": json.loads(flatted(found["data"]))},
        lambda found: {"data": found | {"data": flatted(found["data"])}},
    ],
    ids=["alone", "list", "page", "answer", "flatted", "flatted as JSON", "editor's answer"],
)
def test_every_layout_is_read(layout: Any) -> None:
    assert one(layout(execution(EVOLUTION, BY_EVOLUTION)))["text"] == "Morgen um 9"


def test_a_row_of_the_database_is_read_and_names_its_workflow() -> None:
    found = one(row(EVOLUTION, BY_EVOLUTION))
    assert (found["text"], found["campaign_id"], found["message_id"]) == ("Morgen um 9", "fruehling", "BAE5")


def test_one_run_may_send_many_and_a_repeated_execution_sends_none_again() -> None:
    second = BY_EVOLUTION | {"key": BY_EVOLUTION["key"] | {"id": "BAE6"}}
    once = execution(EVOLUTION, BY_EVOLUTION, second)
    again = execution(EVOLUTION, BY_EVOLUTION, id="232", retryOf="231")
    assert len(shown("n8n_executions", json.dumps([once, again]))) == 2


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"message": "Request failed with status code 400"}},
        {"messaging_product": "whatsapp", "contacts": [], "messages": []},
        BY_EVOLUTION | {"key": BY_EVOLUTION["key"] | {"fromMe": False}},
        {"count": 3},
        {},
    ],
    ids=["error", "nothing taken", "somebody else's", "something else", "nothing"],
)
def test_an_answer_that_tells_of_no_message_is_none(answer: dict[str, Any]) -> None:
    for node in (EVOLUTION, META, HIDDEN):
        assert shown("n8n_executions", json.dumps(execution(node, answer))) == []


@pytest.mark.parametrize(
    "node",
    [
        EVOLUTION | {"disabled": True},
        http("http://evolution:8080/chat/findMessages/kiel"),
        http("https://shop.example/orders"),
        {"type": "n8n-nodes-base.webhook", "parameters": {}},
        {"type": "n8n-nodes-base.code", "parameters": {"jsCode": "return $input.all()"}},
    ],
    ids=["switched off", "another call", "another system", "trigger", "program"],
)
def test_what_a_node_passes_on_without_sending_is_no_message(node: dict[str, Any]) -> None:
    assert shown("n8n_executions", json.dumps(execution(node, BY_EVOLUTION))) == []


def test_pinned_data_were_not_sent() -> None:
    by_hand = execution(EVOLUTION, BY_EVOLUTION, mode="manual")
    by_hand["workflowData"]["pinData"] = {"Senden": [{"json": BY_EVOLUTION}]}
    assert shown("n8n_executions", json.dumps(by_hand)) == []
    by_itself = by_hand | {"mode": "trigger"}  # pinned in the editor, and sent all the same
    assert len(shown("n8n_executions", json.dumps(by_itself))) == 1


@pytest.mark.parametrize(
    ("parameters", "text", "media", "template"),
    [
        ({"operation": "send", "textBody": "Ihr Rad ist fertig"}, "Ihr Rad ist fertig", False, False),
        ({"operation": "send", "textBody": "=Hallo {{ $json.name }}"}, None, False, False),
        (PICTURE, "Neu", True, False),
        ({"operation": "send", "messageType": "document"}, "", True, False),
        ({"operation": "sendTemplate", "template": "fruehling|de"}, None, False, True),
        ({}, None, False, None),
    ],
)
def test_what_the_node_was_told_stands_in_where_no_expression_hides_it(
    parameters: dict[str, Any], text: str | None, media: bool, template: bool | None
) -> None:
    found = one(execution({"type": "n8n-nodes-base.whatsApp", "parameters": parameters}, BY_META))
    assert (found["text"], found["media"], found["template"]) == (text, media, template)


@pytest.mark.parametrize(
    ("body", "text", "template"),
    [
        ({"type": "text", "text": {"body": "Moin"}}, "Moin", False),
        ({"type": "text", "text": {"body": "Hallo {{ $json.name }}"}}, None, None),
        ({"type": "template", "template": {"name": "fruehling"}}, None, True),
    ],
)
def test_a_body_of_json_stands_in_too(body: dict[str, Any], text: str | None, template: bool | None) -> None:
    node = http(META["parameters"]["url"], jsonBody="=" + json.dumps(body))
    found = one(execution(node, BY_META))
    assert (found["text"], found["template"]) == (text, template)


def test_what_options_of_the_node_put_around_an_answer_is_taken_off() -> None:
    whole = {"statusCode": 201, "statusMessage": "Created", "headers": {}, "body": BY_EVOLUTION}
    for answer in (whole, {"data": json.dumps(BY_EVOLUTION)}):
        assert one(execution(EVOLUTION, answer))["message_id"] == "BAE5"


def test_an_installation_that_sends_both_ways_proves_nothing_and_says_so() -> None:
    reading = read(
        "n8n_executions", json.dumps([execution(EVOLUTION, BY_EVOLUTION), execution(META, BY_META)])
    )
    assert (reading.evidence, len(reading.messages)) == (None, 2)
    assert "proves no account's kind" in reading.notes[0]


@pytest.mark.parametrize(
    "record",
    [
        {"data": [], "nextCursor": None},
        {"data": [{"id": "231", "finished": True, "workflowId": "fruehling"}]},
        {"id": "231", "workflowId": "fruehling", "data": None},
        {"id": "231", "data": '[{"resultData":"7"}]'},
    ],
    ids=["empty page", "without data", "pruned", "damaged"],
)
def test_executions_without_their_data_are_refused_with_the_way_to_get_them(record: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="includeData"):
        read("n8n_executions", json.dumps(record))


def test_a_page_larger_than_a_record_is_read_execution_by_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    executions = [
        execution(EVOLUTION, BY_EVOLUTION | {"key": BY_EVOLUTION["key"] | {"id": f"BAE{number}"}})
        for number in range(30)
    ]
    monkeypatch.setattr(large_objects, "MAX_RECORD", 10_000)
    monkeypatch.setattr(json_chunks, "CHUNK", 10_000)
    for indent in (None, 2):
        page = json.dumps({"data": executions, "nextCursor": None}, indent=indent)
        assert len(shown("n8n_executions", page)) == 30
    lines = "\n".join(json.dumps({"data": executions[part : part + 5]}) for part in range(0, 30, 5))
    assert len(shown("n8n_executions", lines)) == 30


def test_few_bytes_that_stand_for_very_many_items_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(n8n_executions, "MOST_ITEMS", 100)
    item = {"json": BY_EVOLUTION}
    items = [item] * 20
    found = execution(EVOLUTION)
    found["data"]["resultData"]["runData"]["Senden"] = [run() | {"data": {"main": [items] * 20}}] * 20
    with pytest.raises(BadInput, match="too many items"):
        read("n8n_executions", json.dumps(found | {"data": flatted(found["data"])}))


@given(ODD)
@settings(max_examples=80, deadline=None)
def test_what_is_flatted_is_read_back(value: Any) -> None:
    if isinstance(value, dict | list):
        plain = json.loads(json.dumps(value))
        assert json.dumps(unflatted(json.loads(flatted(value)))) == json.dumps(plain)


@given(st.recursive(st.text(max_size=3) | st.integers(0, 4), st.lists).map(lambda value: [value]) | ODD)
@settings(max_examples=80, deadline=None)
def test_what_is_not_flatted_is_none_or_read(value: Any) -> None:
    unflatted(value)


def test_a_value_inside_itself_does_no_harm() -> None:
    found = execution(EVOLUTION)
    run = {"startTime": STARTED, "data": "5"}
    answer = {"key": "9", "message": "9", "data": "9"}
    entries = [{"resultData": "1"}, {"runData": "2"}, {"Senden": "3"}, ["4"], run]
    entries += [{"main": "6"}, ["7"], ["8"], {"json": "9"}, answer]
    assert shown("n8n_executions", json.dumps(found | {"data": json.dumps(entries)})) == []


@given(
    mutated(
        [
            execution(node, answer)
            for node, answer in ((EVOLUTION, BY_EVOLUTION), (META, BY_META), (WAHA, BY_GOWS))
        ]
        + [execution(TWILIO, BY_TWILIO), execution(WWEBJS, BY_WWEBJS), row(EVOLUTION, BY_EVOLUTION)]
    )
)
@settings(max_examples=80, deadline=None)
def test_records_with_something_wrong_in_them_are_read_or_refused(record: Any) -> None:
    read_or_refuse("n8n_executions", record)
