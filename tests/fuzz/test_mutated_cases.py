"""Real cases, damaged as transfers, editors and attackers damage them, are read or refused.

``HYPOTHESIS_PROFILE=long`` tries far more of them; ``make fuzz`` lets coverage lead the search.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzz.targets import KINDS, corpus, read_or_refuse

EXAMPLES = 5_000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 25
MARKS = [
    *(mark.encode() for mark in "\0\r\n\ufeff\u200e\u202e\u202f\u00a0\x1a\"'„:;,{}[]\\٣0-"),
    *(mark.encode() for mark in ("\r\n", ": ", "\\ud800", "9999999999")),
    *(b"\xff", b"\xff\xfe", b"\xc3", b"PK\x05\x06", b"\n30.05.23, 18:44 - ", b'"messages":', b"1e999"),
]


@st.composite
def mutated(draw: st.DrawFn, cases: list[bytes] = corpus()) -> bytes:  # noqa: B008 - read once
    """A case with some bytes flipped, cut off, doubled, moved or put in."""
    data = bytearray(draw(st.sampled_from(cases)))
    for _ in range(draw(st.integers(1, 4))):
        _change(data, draw)
    return bytes(data)


def _change(data: bytearray, draw: Any) -> None:
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
    match draw(st.sampled_from(["flip", "cut", "double", "remove", "insert", "splice"])):
        case "flip" if data:
            data[start % len(data)] ^= draw(st.integers(1, 255))
        case "cut":
            del data[end:]
        case "double":
            data[end:end] = data[start:end] * draw(st.integers(1, 3))
        case "remove":
            del data[start:end]
        case "insert":
            data[start:start] = draw(st.sampled_from(MARKS))
        case "splice":
            data[start:end] = draw(st.sampled_from(corpus()))[start:end]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_a_damaged_case_is_read_or_refused(kind: str, data: bytes) -> None:
    read_or_refuse(kind, data)
