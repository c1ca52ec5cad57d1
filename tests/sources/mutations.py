"""Real records with something wrong in them: what tools of other versions, and people, make of a format."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from tests.sources.formats import read

from sendepause.errors import BadInput
from sendepause.frames import MESSAGES

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(
        ["9@lid", "1@g.us", "{}", "[", '"', "1710000000", "2024-03-09T16:00:00Z", "\ud800", "0"]
    )
)
ODD = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in pairs:
        yield (*above, key)
        yield from _places(inside, (*above, key))


@st.composite
def mutated(draw: st.DrawFn, records: list[Any]) -> Any:
    """One of the records, with up to three of its values replaced by others of any shape."""
    record = copy.deepcopy(draw(st.sampled_from(records)))
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(list(_places(record)) or [("x",)]))
        target = record
        for key in above:
            target = target[key]
        target[last] = draw(ODD)
    return record


def read_or_refuse(kind: str, record: Any) -> None:
    """It is read, or refused as bad input; nothing else is raised."""
    try:
        reading = read(kind, json.dumps(record), owner="Werkstatt")
    except BadInput as refused:
        assert refused.what
    else:
        assert reading.messages.schema == MESSAGES
