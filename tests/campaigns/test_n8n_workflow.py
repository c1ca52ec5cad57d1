"""What an n8n workflow sends through, by the parameters that its nodes keep."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from tests.campaigns.grounds import ACCOUNT
from tests.campaigns.n8n_api import WAHA, calling, sending, trigger

from sendepause.campaigns.n8n_workflow import Content, content_of, followed
from sendepause.model import Sender, Via

HTTP = "n8n-nodes-base.httpRequest"
WHATSAPP = "n8n-nodes-base.whatsApp"
TWILIO = "n8n-nodes-base.twilio"
EVOLUTION = "n8n-nodes-evolution-api.evolutionApi"
WAHA_NODE = "@devlikeapro/n8n-nodes-waha.WAHA"
URL = f"{WAHA}/api/sendText"
INSTANCE = "https://evo.example.org/message/sendText/shop"
PHONE = "https://graph.facebook.com/v25.0/123/messages"

SALES = Sender(Via.WAHA, WAHA, "sales")
NAMELESS = Sender(Via.WAHA, WAHA, "")
HIDDEN = Sender(Via.UNKNOWN)
SHOP = Sender(Via.EVOLUTION, "https://evo.example.org", "shop")
NUMBER_ID = Sender(Via.CLOUD_API, "", "123")
BY_TWILIO = Sender(Via.TWILIO, "", ACCOUNT)


def node(kind: str, credential: str = "", **parameters: Any) -> dict[str, Any]:
    credentials = {"api": {"id": f"id-{credential}", "name": credential}} if credential else {}
    return {"type": kind, "parameters": parameters, "credentials": credentials}


def post(url: str, **parameters: Any) -> dict[str, Any]:
    return node(HTTP, method="POST", url=url, **parameters)


def old_post(**parameters: Any) -> dict[str, Any]:
    """As the node's versions 1 and 2 keep it."""
    return node(HTTP, requestMethod="POST", url=URL, **parameters)


@pytest.mark.parametrize(
    ("given", "sender"),
    [
        (sending(), SALES),
        (sending(session="=sales"), SALES),
        (sending(session="={{ $json.s }}"), NAMELESS),
        (post(URL, jsonBody='{"session": "sales", "text": "x"}'), SALES),
        (post(URL, jsonBody='={"session": "sales", "text": {{ $json.t }}}'), SALES),
        (post(URL, jsonBody={"session": "sales"}), SALES),
        (old_post(bodyParametersUi={"parameter": [{"name": "session", "value": "sales"}]}), SALES),
        (old_post(bodyParametersJson='{"session": "sales"}'), SALES),
        (post(INSTANCE), SHOP),
        (post(PHONE), NUMBER_ID),
        (post("={{ $json.url }}"), HIDDEN),
        (node(HTTP, url="={{ $json.url }}", method="={{ $json.how }}"), HIDDEN),
        (node(HTTP, url="={{ $json.url }}"), None),  # it fetches
        (node(f"{HTTP}Tool", url=URL, method="POST"), NAMELESS),
        (node("@n8n/n8n-nodes-langchain.toolHttpRequest", url=URL, method="POST"), NAMELESS),
        (node(WHATSAPP, phoneNumberId="123"), NUMBER_ID),
        (node(WHATSAPP, phoneNumberId={"__rl": True, "value": "123"}), NUMBER_ID),
        (node(WHATSAPP, operation="send", phoneNumberId="={{ $json.p }}"), Sender(Via.CLOUD_API)),
        (node(WHATSAPP, resource="media", operation="mediaUrlGet"), None),
        (node(f"{WHATSAPP}Trigger"), None),
        (node(TWILIO, toWhatsapp=True, **{"from": "+49 30 123450"}), BY_TWILIO),
        (node(TWILIO, toWhatsapp="={{ $json.w }}", **{"from": "+49 30 123450"}), BY_TWILIO),
        (node(TWILIO, **{"from": "+49 30 123450"}), None),  # an SMS
        (node(TWILIO, resource="call", toWhatsapp=True), None),
        (node(EVOLUTION, "Evo", resource="messages-api", instanceName="shop"), SHOP),
        (node(EVOLUTION, resource="messages-api", instanceName="={{ $json.i }}"), Sender(Via.EVOLUTION)),
        (node(EVOLUTION, resource="chat-api", operation="send-presence", instanceName="shop"), None),
        (node(EVOLUTION, instanceName="shop"), None),
        (node(WAHA_NODE, "WAHA", resource="Chatting", operation="Send Text", session="=sales"), SALES),
        (node(WAHA_NODE, "WAHA", resource="Chatting", operation="Forward Message"), NAMELESS),
        (node(WAHA_NODE, resource="Chatting", operation="Send Seen", session="sales"), None),
        (node(WAHA_NODE, resource="Sessions", operation="List"), None),
        (node("n8n-nodes-base.set"), None),
        ({"type": None}, None),
        ("no node", None),
    ],
)
def test_a_sender_is_read_from_a_nodes_parameters(given: Any, sender: Sender | None) -> None:
    gateways = {"id-Evo": "https://evo.example.org", "WAHA": WAHA}
    assert content_of([given], gateways).senders == ((sender,) if sender else ())


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("await this.helpers.httpRequest({url: 'https://waha.example.org/api/sendText'})", NAMELESS),
        ("fetch(`${ base }/message/sendText/shop`)", Sender(Via.EVOLUTION, "", "shop")),
        ("fetch(base + '/api/sendText', {body})", Sender(Via.WAHA)),
        ("curl -X POST https://evo.example.org/message/sendText/shop -d @x", SHOP),
        ("return items // see https://shop.example.org/orders", None),
        ("fetch(`${url}`)", None),
    ],
)
@pytest.mark.parametrize("name", ["jsCode", "command"])
def test_addresses_in_programs_are_found(text: str, name: str, sender: Sender | None) -> None:
    program = node("n8n-nodes-base.code", **{name: text})
    assert content_of([program], {}).senders == ((sender,) if sender else ())


@pytest.mark.parametrize("nodes", [None, {}, "x"])
def test_where_no_nodes_are_told_any_may_be_there(nodes: object) -> None:
    found = content_of(nodes, {})
    assert found.senders == (Sender(Via.UNKNOWN),)
    assert found.callable and not found.from_now


def test_nodes_of_any_shape_break_nothing() -> None:
    assert content_of([None, {"type": 7, "parameters": [], "credentials": []}], {}) == Content()


def test_a_node_that_is_switched_off_counts_for_nothing() -> None:
    off = [one | {"disabled": True} for one in (sending(), calling("2"), trigger("googleSheetsTrigger"))]
    assert content_of(off, {}) == Content()


def test_an_agents_tool_calls_as_a_node_does() -> None:
    tool = node("@n8n/n8n-nodes-langchain.toolWorkflow", workflowId={"__rl": True, "value": "2"})
    assert content_of([tool], {}).calls == ("2",)


def test_a_workflow_written_into_the_call_is_hidden() -> None:
    call = node("n8n-nodes-base.executeWorkflow", source="parameter", workflowJson="{}")
    assert followed({"1": content_of([call], {})}) == {"1": (HIDDEN,)}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from([HTTP, WHATSAPP, TWILIO, EVOLUTION, WAHA_NODE, "x.code", "x.executeWorkflow"])
NAMES = ("method", "url", "bodyParameters", "jsonBody", "resource", "operation", "toWhatsapp", "from")
NAMES += ("phoneNumberId", "instanceName", "session", "workflowId", "source", "jsCode")


@for_all(
    KINDS, st.dictionaries(st.sampled_from(NAMES), ANYTHING), st.dictionaries(st.text(max_size=3), ANYTHING)
)
def test_parameters_of_any_shape_break_nothing(
    kind: str, parameters: dict[str, Any], credentials: dict[str, Any]
) -> None:
    content = content_of([{"type": kind, "parameters": parameters, "credentials": credentials}], {"1": WAHA})
    assert all(len(sender.name) <= 200 for sender in content.senders)


@for_all(st.dictionaries(st.sampled_from("abcde"), st.lists(st.sampled_from("abcdef"), max_size=4)))
def test_who_calls_sends_all_that_the_called_send(calls: dict[str, list[str]]) -> None:
    contents = {id: Content((Sender(Via.WAHA, name=id),), tuple(called)) for id, called in calls.items()}
    found = followed(contents)
    for id, called in calls.items():
        assert Sender(Via.WAHA, name=id) in found[id]
        for other in called:
            assert set(found.get(other, (HIDDEN,))) <= set(found[id])
