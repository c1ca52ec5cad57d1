"""Whatever a webhook looks like, decoding it at once reads what reading it field by field does."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.plain_webhooks import read_plainly

from sendepause.errors import BadInput
from sendepause.sources import cloud_api_shapes, read_whole
from sendepause.sources.base import ReadContext
from sendepause.sources.json_chunks import Lines

OWNER = "Werkstatt"
NUMBERS = st.sampled_from(["491713920010", "491713920011", "493023125117", "+49 30 23125117", " 4917139 "])
ODD = st.sampled_from(
    [None, True, 5, 1.5, "", [], {}, [5], {"x": 1}, "a\ud800b", "\u200eMoin\r\nda", "\x00", 10**25, [None]]
)
IDS = st.sampled_from(["wamid.1", "wamid.2", "wamid.3", "", None])
STAMPS = st.sampled_from(
    [
        "1710000000",
        "1710000100",
        "1710000000123",
        1710000050,
        "+1710000000",
        "-5",
        "0",
        "1710000000.5",
        "soon",
    ]
) | st.integers(1_710_000_000, 1_710_009_999).map(str)
TEXTS = st.sampled_from(["Moin", "", "\u200eMoin\r\nda", "🚲 fertig", "a\ud800b", "\u2028", "\x1f"])
CATEGORIES = st.sampled_from(
    ["marketing", "Utility", "authentication-international", "service", "referral_conversion", "new", ""]
)


def odd(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly what belongs there, sometimes anything."""
    return st.one_of(of, of, of, of, of, of, of, ODD)


def record(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return odd(
        st.fixed_dictionaries(
            {name: odd(of) for name, of in required.items()},
            optional={name: odd(of) for name, of in optional.items()},
        )
    )


CAPTIONED = record({}, {"caption": TEXTS, "id": st.just("1")})
_OTHER_KINDS = ("location", "unsupported", "media_placeholder", "revoke", "edit", "system", "reaction")
KINDS = st.sampled_from(
    ["text", "image", "document", "contacts", "button", "order", "interactive", "template", *_OTHER_KINDS]
)
MESSAGE = record(
    {"id": IDS, "timestamp": STAMPS, "type": KINDS},
    {
        "from": NUMBERS,
        "from_user_id": st.just("DE.1"),
        "to": NUMBERS,
        "group_id": st.sampled_from(["120363@g.us", "Y2FwaV9"]),
        "text": record({"body": TEXTS}, {}),
        "system": record({"body": TEXTS}, {}),
        "button": record({"text": TEXTS}, {}),
        "order": record({}, {"text": TEXTS}),
        "image": CAPTIONED,
        "document": CAPTIONED,
        "interactive": record(
            {}, {"button_reply": record({"title": TEXTS}, {}), "body": record({"text": TEXTS}, {})}
        ),
        "history_context": record({}, {"from_me": st.booleans()}),
        "contacts": st.just([{"name": {}}]),
        "unknown": st.just([1, {"a": 2}]),
    },
)
STATUS = record(
    {
        "id": IDS,
        "timestamp": STAMPS,
        "status": st.sampled_from(["sent", "sent", "delivered", "read", "failed"]),
    },
    {
        "recipient_id": NUMBERS,
        "biz_opaque_callback_data": st.sampled_from(["fruehling", ""]),
        "conversation": record({}, {"origin": record({"type": CATEGORIES}, {})}),
        "pricing": record({"category": CATEGORIES}, {"billable": st.booleans()}),
        "errors": st.lists(record({"code": st.sampled_from([131047, "131026"])}, {}), max_size=2),
    },
)
MESSAGES = st.lists(MESSAGE, max_size=3)
VALUE = record(
    {"metadata": record({"display_phone_number": NUMBERS}, {})},
    {
        "messaging_product": st.just("whatsapp"),
        "messages": MESSAGES,
        "statuses": st.lists(STATUS, max_size=3),
        "message_echoes": MESSAGES,
        "history": st.lists(
            record({"threads": st.lists(record({"id": NUMBERS, "messages": MESSAGES}, {}))}, {})
        ),
    },
)
CHANGE = record({"value": VALUE}, {"field": st.just("messages")})
HOOK = record({"entry": st.lists(record({"changes": st.lists(CHANGE, max_size=2)}, {}), max_size=2)}, {})
ENVELOPE = st.sampled_from([(), (), (), (), ("body",), ("json", "body"), ("payload",), ("a",), ("body",) * 5])


@st.composite
def calls(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Calls as they may lie in a file; the last one is a plain one, so that the file is of the kind."""
    found = []
    for hook in draw(st.lists(st.one_of(HOOK, CHANGE, VALUE), max_size=6)):
        wrapped: Any = hook
        for key in draw(ENVELOPE):
            wrapped = {key: wrapped, "status": 200}
        found += [wrapped] if isinstance(wrapped, dict) else []
    return [*found, {"object": "whatsapp_business_account", "entry": [{"changes": [{"value": {}}]}]}]


def rows_of(data: bytes) -> list[dict[str, Any]]:
    reading = read_whole("cloud_api_webhook", io.BytesIO(data), "a.jsonl", ReadContext(owner=OWNER))
    rows = reading.messages.to_dicts()
    return [row | {"sent_at": round(row["sent_at"].timestamp() * 1000)} for row in rows]


def counted(rows: list[dict[str, Any]]) -> Counter[str]:
    sound = ({name: _sound(row[name]) for name in sorted(row) if name != "position"} for row in rows)
    return Counter(json.dumps(row) for row in sound)


def _sound(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


@given(calls(), st.booleans())
@settings(max_examples=400, deadline=None)
def test_a_file_reads_as_its_calls_read_one_by_one(found: list[dict[str, Any]], escaped: bool) -> None:
    plain = counted(read_plainly(found, OWNER))
    lines = [json.dumps(call, ensure_ascii=escaped).encode("utf-8", "surrogatepass") for call in found]
    if any(b"\xed\xa0\x80" in line for line in lines):  # half a pair, unescaped: no UTF-8
        return
    assert counted(rows_of(b"\n".join(lines))) == plain
    assert counted(rows_of(b"[" + b",".join(lines) + b"]")) == plain


@given(calls())
@settings(max_examples=100, deadline=None)
def test_calls_that_come_twice_or_in_another_order_tell_the_same_messages(
    found: list[dict[str, Any]],
) -> None:
    def told(several: list[dict[str, Any]]) -> set[str]:
        rows = rows_of(b"\n".join(json.dumps(call).encode() for call in several))
        return {row["message_id"] for row in rows if row["message_id"]}

    assert told(found * 2) == told(found) == told(found[::-1])


@pytest.mark.parametrize(
    "line",
    [
        b'{"entry":[],"x":"\xc3\xbc\xff"}',
        b'{"entry":[],"\xc3\xbc\xed\xa0\x80":1}',
        b'{"entry":[],"x":' + b"9" * 5000 + b"}",
        b'{"entry":[],"x":01}',
        b'{"entry":[]} {"entry":[]}',
        b'{"entry":[]}x',
        b'{"entry":[],}',
        b'{"entry":[],"x":"a\tb"}',
        b'{"entry":[],"x":"a\x00b"}',
        b'{"entry":[],"x":"\\ud8"}',
        b'{"entry":[',
        b'[{"entry":[]}]',
        b"null",
        b'"entry"',
        b'{"entry":' + b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_object_refuses_the_file_by_its_number(line: bytes) -> None:
    good = b'{"entry":[{"changes":[{"value":{}}]}]}\n'
    with pytest.raises(BadInput) as refused:
        rows_of(good + b"\r\n" + good + line + b"\n" + good)
    assert refused.value.place == "line 4"


def test_a_value_over_two_lines_is_no_line() -> None:
    """The decoder itself would take it, in a chunk of lines."""
    with pytest.raises(BadInput):
        list(cloud_api_shapes.of_lines(Lines(b'{"entry":\n[]}\n', 1)))
