"""Whatever a webhook looks like, decoding it at once reads what reading it field by field does."""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.plain_webhooks import read_plainly

from sendepause.errors import BadInput
from sendepause.sources import cloud_api_facts, cloud_api_shapes, read_whole
from sendepause.sources.base import ReadContext
from sendepause.sources.json_chunks import Lines

OWNER = "Werkstatt"
NUMBERS = ["491713920010", "491713920011", "493023125117", "+49 30 23125117", " 4917139 "]
ODD = [None, True, 5, 1.5, "", [], {}, [5], {"x": 1}, "a\ud800b", "\u200eMoin\r\nda", "\x00", 10**25, [None]]
IDS = ["wamid.1", "wamid.1", "wamid.2", ""]
STAMPS = ["1710000000", "1710000100", "1710000000123", 1710000050, "+1710000000", "-5", "0", "17.5", "soon"]
TEXTS = ["Moin", "", "\u200eMoin\r\nda", "🚲 fertig", "a\ud800b", "\u2028", "\x1f"]
CATEGORIES = ["marketing", "Utility", "authentication-international", "service", "referral_conversion", "new"]
KINDS = ["text", "image", "document", "contacts", "button", "order", "interactive", "template", "system"]
KINDS += ["reaction", "location", "unsupported", "media_placeholder", "revoke", "text", "text"]
ENVELOPES: list[tuple[str, ...]] = [
    (),
    (),
    (),
    ("body",),
    ("json", "body"),
    ("payload",),
    ("a",),
    ("body",) * 5,
]


class Calls:
    """Calls as they may lie in a file: everything in its place but, now and then, anything there instead."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._oddity = self._rng.choice([0, 0.02, 0.1])

    def some(self) -> list[dict[str, Any]]:
        """Ends with a plain call, so that the file is of the kind."""
        found = []
        for _ in range(self._rng.randrange(1, 5)):
            wrapped: Any = self._rng.choice([self._hook, self._hook, self._hook, self._change, self._value])()
            for key in self._rng.choice(ENVELOPES):
                wrapped = {key: wrapped, "status": 200}
            found += [wrapped] if isinstance(wrapped, dict) else []
        return [*found, {"object": "whatsapp_business_account", "entry": [{"changes": [{"value": {}}]}]}]

    def _one(self, of: Any) -> Any:
        if self._rng.random() < self._oddity:
            return self._rng.choice(ODD)
        return self._rng.choice(of) if isinstance(of, list) else of()

    def _record(self, required: dict[str, Any], optional: dict[str, Any] | None = None) -> Any:
        kept = {name: of for name, of in (optional or {}).items() if self._rng.random() < 0.5}
        fields = {name: self._one(of) for name, of in {**required, **kept}.items()}
        return self._one(lambda: fields)

    def _several(self, of: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: [of() for _ in range(self._rng.randrange(1, 4))]

    def _hook(self) -> Any:
        entry = self._several(lambda: self._record({"changes": self._several(self._change)}))
        return self._record({"entry": entry}, {"object": ["whatsapp_business_account"]})

    def _change(self) -> Any:
        return self._record({"value": self._value}, {"field": ["messages"]})

    def _value(self) -> Any:
        messages = self._several(self._message)
        threads = self._several(lambda: self._record({"id": NUMBERS, "messages": messages}))
        return self._record(
            {"metadata": lambda: self._record({"display_phone_number": NUMBERS})},
            {
                "messaging_product": ["whatsapp"],
                "messages": messages,
                "statuses": self._several(self._status),
                "message_echoes": messages,
                "history": self._several(lambda: self._record({"threads": threads})),
            },
        )

    def _message(self) -> Any:
        def said(name: str) -> Callable[[], Any]:
            return lambda: self._record({name: TEXTS}, {"id": ["1"]})

        interactive = {"button_reply": said("title"), "list_reply": said("title"), "body": said("text")}
        return self._record(
            {"id": IDS, "timestamp": STAMPS, "type": KINDS, "text": said("body")},
            {
                "from": NUMBERS,
                "from_user_id": ["DE.1"],
                "to": NUMBERS,
                "group_id": ["120363@g.us", "Y2FwaV9"],
                "system": said("body"),
                "button": said("text"),
                "order": said("text"),
                "image": said("caption"),
                "document": said("caption"),
                "interactive": lambda: self._record({}, interactive),
                "history_context": lambda: self._record({"from_me": [True, False]}),
                "contacts": [[{"name": {}}]],
                "unknown": [[1, {"a": 2}]],
            },
        )

    def _status(self) -> Any:
        origin = {"origin": lambda: self._record({"type": CATEGORIES})}
        return self._record(
            {"id": IDS, "timestamp": STAMPS, "status": ["sent", "delivered", "read", "failed"]},
            {
                "recipient_id": NUMBERS,
                "biz_opaque_callback_data": ["fruehling", ""],
                "conversation": lambda: self._record(origin),
                "pricing": lambda: self._record({"category": [*CATEGORIES, ""]}, {"billable": [True]}),
                "errors": self._several(lambda: self._record({"code": [131047, "131026", ""]})),
            },
        )


CALLS = st.integers(0, 2**32).map(lambda seed: Calls(seed).some())


def rows_of(data: bytes) -> list[dict[str, Any]]:
    reading = read_whole("cloud_api_webhook", io.BytesIO(data), "a.jsonl", ReadContext(owner=OWNER))
    rows = reading.messages.to_dicts()
    return [row | {"sent_at": round(row["sent_at"].timestamp() * 1000)} for row in rows]


def counted(rows: list[dict[str, Any]]) -> Counter[str]:
    sound = ({name: _sound(row[name]) for name in sorted(row) if name != "position"} for row in rows)
    return Counter(json.dumps(row) for row in sound)


def _sound(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


@pytest.fixture(scope="module", params=["few", "many"])
def told(request: pytest.FixtureRequest) -> Iterator[str]:
    """Few facts are told one by one, many from columns: a file of any size reads the same."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cloud_api_facts, "FEW", 10**9 if request.param == "few" else 0)
        yield request.param


@given(CALLS, st.booleans())
@settings(max_examples=120, deadline=None)
def test_a_file_reads_as_its_calls_read_one_by_one(
    told: str, found: list[dict[str, Any]], escaped: bool
) -> None:
    plain = counted(read_plainly(found, OWNER))
    lines = [json.dumps(call, ensure_ascii=escaped).encode("utf-8", "surrogatepass") for call in found]
    if any(b"\xed\xa0\x80" in line for line in lines):  # half a pair, unescaped: no UTF-8
        return
    assert counted(rows_of(b"\n".join(lines))) == plain
    assert counted(rows_of(b"[" + b",".join(lines) + b"]")) == plain


@given(CALLS)
@settings(max_examples=25, deadline=None)
def test_calls_that_come_twice_or_in_another_order_tell_the_same_messages(
    told: str,
    found: list[dict[str, Any]],
) -> None:
    def ids(several: list[dict[str, Any]]) -> set[str]:
        rows = rows_of(b"\n".join(json.dumps(call).encode() for call in several))
        return {row["message_id"] for row in rows if row["message_id"]}

    assert ids(found * 2) == ids(found) == ids(found[::-1])


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
