"""What a call sends through, as statements: never guessed, never slow, whatever stands in it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendepause.campaigns.base import account_of, marked, unnamed
from sendepause.campaigns.senders import gateway, sender_of_call
from sendepause.model import Sender, Via

WAHA, NUMBER = "http://waha:3000", "+493023125101"
TWILIO = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
LONG = 100_000  # characters


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        (f"{WAHA}/api/sendText", Sender(Via.WAHA, WAHA)),
        ("https://gw.example/wa/api/sendImage?x=1", Sender(Via.WAHA, "https://gw.example/wa")),
        ("http://me:pw@waha:3000/api/sendText", Sender(Via.WAHA, WAHA)),
        (f"{WAHA}/api/sendSeen", None),
        ("https://evo/message/sendText/Shop%20Nord", Sender(Via.EVOLUTION, "https://evo", "Shop Nord")),
        ("/message/sendText/", Sender(Via.EVOLUTION)),  # what a program puts together
        ("http://wwebjs:3000/client/sendMessage/shop", Sender(Via.WWEBJS, "http://wwebjs:3000", "shop")),
        ("http://wwebjs:3000/message/reply/shop", Sender(Via.WWEBJS, "http://wwebjs:3000", "shop")),
        ("http://wwebjs:3000/client/sendPresenceAvailable/shop", None),
        ("https://graph.facebook.com/v25.0/123/messages", Sender(Via.CLOUD_API, "", "123")),
        ("https://graph.facebook.com/v25.0/123/marketing_messages", Sender(Via.CLOUD_API, "", "123")),
        ("https://Graph.Facebook.com:443/v25.0/{{ $json.id }}/messages", Sender(Via.CLOUD_API)),
        ("https://example.com/hook", None),
        ("http://waha:3000/{{ $json.path }}", Sender(Via.UNKNOWN)),
    ],
)  # fmt: skip
def test_an_address_shows_what_is_sent_through(url: str, sender: Sender | None) -> None:
    assert sender_of_call(url) == sender
    assert sender_of_call(f"={url}") == sender


@pytest.mark.parametrize(
    "url",
    [
        "http://unoapi:9876/v15.0/493023125101/messages",  # a gateway of WhatsApp Web that looks like Meta's
        "{{ $env.META }}/v25.0/123/messages",
        "https://graph.facebook.com.evil.example/v25.0/123/messages",
    ],
)
def test_only_metas_own_address_proves_the_platform(url: str) -> None:
    assert sender_of_call(url) == Sender(Via.UNKNOWN)


def test_mail_by_another_graph_is_no_message() -> None:
    assert sender_of_call("https://graph.microsoft.com/v1.0/me/messages") is None


@pytest.mark.parametrize(
    ("body", "sender"),
    [
        ({"From": f"whatsapp:{NUMBER}"}, Sender(Via.TWILIO, "", NUMBER)),
        ({"From": NUMBER}, None),  # an SMS
        ({"From": NUMBER, "To": "whatsapp:+4915112345678"}, None),
        ({"From": "={{ $json.from }}"}, Sender(Via.TWILIO)),
        ({"MessagingServiceSid": "MG1", "To": "whatsapp:+4915112345678"}, Sender(Via.TWILIO)),
        ({"MessagingServiceSid": "MG1", "To": "{{ $json.to }}"}, Sender(Via.TWILIO)),
        ({"MessagingServiceSid": "MG1", "To": "+4915112345678"}, None),
        ("={{ $json.body }}", Sender(Via.TWILIO)),
        (None, Sender(Via.TWILIO)),
    ],
)
def test_twilio_is_whatsapp_unless_it_certainly_is_an_sms(body: Any, sender: Sender | None) -> None:
    assert sender_of_call(TWILIO, body) == sender


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('{"session": "sales", "text": {{ $json.text }} }', "sales"),
        ('={{ {"session": "sales" + $json.branch} }}', ""),
        ('={{ $json.vip ? {"session": "vip"} : {"session": "sales"} }}', ""),
        ('{"session": "sales", "old": {"session": "other"}, "x": {{ $json.x }} }', ""),
        (json.dumps({"text": 'say "session": "other"', "session": "sales"}), "sales"),
        ({"session": ["sales"]}, ""),
        ({"session": None}, ""),
    ],
)
def test_a_session_is_read_only_where_it_is_one_whole_text(body: Any, name: str) -> None:
    assert sender_of_call(f"{WAHA}/api/sendText", body) == Sender(Via.WAHA, WAHA, name)


@pytest.mark.parametrize(
    "value",
    [
        "49 30 23125101 (Anna)",
        "+49 30 2312510x",
        "+49 30 23125101 or 102",
        "+49 30 23125101 ext 5",
        "+49 30 23125101 #12",
        "+49 30 SENDEPAUSE",
        "4930…",
        "493023125101.0",
        "+493023125101,+493023125102",
        "whatsapp:+49302312{{ $json.x }}",
    ],
)
def test_letters_and_extensions_are_no_digits_of_a_number(value: str) -> None:
    assert account_of(value) is None


def test_a_whole_number_out_of_a_table_is_one_in_any_type() -> None:
    assert account_of(493023125101.0) == account_of(493023125101) == NUMBER


def test_marks_are_read_in_any_spelling_and_two_numbers_are_none() -> None:
    assert marked(["vip", " Account : +49 30 23125101 "]) == NUMBER
    assert marked([f"account:{NUMBER}", "account: 0049 30 23125101"]) == NUMBER
    assert marked([f"account:{NUMBER}", "account:+493023125102"]) is None
    assert marked([f"account:{NUMBER}", "account:"]) == NUMBER


def test_the_base_url_of_a_gateway_has_one_spelling() -> None:
    assert gateway("HTTP://me:pw@WAHA:80/x/?k=1#f") == "http://waha/x"
    assert gateway("waha:3000") == gateway("http://waha:abc") == gateway("ftp://waha") == ""


PIECES = st.sampled_from(
    ["{{", "}}", "a", "/", "=", "$json", "http://", "api/sendText", "message/sendText/", "?", "#", "@", ":",
     "[", "%2F", "%", "account:", " ", "\n", "whatsapp:", "+49", '"session"', '"', "\\", "{", "}", "..", "<"]
)  # fmt: skip
MIXED = st.one_of(st.text(), st.lists(PIECES, max_size=60).map("".join))


@given(MIXED, st.one_of(st.none(), MIXED, st.dictionaries(st.sampled_from(["session", "From", "To"]), MIXED)))
def test_nothing_in_an_address_or_a_body_breaks_it_or_is_shown_as_a_name(url: str, body: Any) -> None:
    sender = sender_of_call(url, body)
    assert sender is None or not {"{{", "}}"} & {sender.name[:2]}
    assert sender is None or (len(sender.name) <= 200 and "@" not in sender.gateway)
    assert gateway(gateway(url)) == gateway(url)


@given(MIXED)
def test_nothing_in_a_mark_breaks_it(text: str) -> None:
    for number in (account_of(text), marked([text])):
        assert number is None or number.removeprefix("+").isdigit()


@pytest.mark.parametrize(
    "piece",
    ["{{a}}", "{{", "}}", "a", "/", "/api/send", "/api/sendA", "/message/sendA/", "/v1.0/a/messages", " ",
     "account:", "@", "1 ", "<", '"session":', '"session":"a"', "\\", "http://", "%7B"]
)  # fmt: skip
def test_a_hundred_thousand_characters_take_no_time(piece: str) -> None:
    text = (piece * LONG)[:LONG]
    began = time.process_time()
    for url in (text, f"http://x{text}", f"http://x/{text}"):
        sender_of_call(url, text)
        sender_of_call(f"{WAHA}/api/sendText", url)
        gateway(url)
    marked([text, f"account:{text}", f"account:{text}\n", f"{text}account:"])
    account_of(text)
    unnamed(text)
    assert time.process_time() - began < 1
