"""Objects out of a JSON file: one a line, an array of them, or one alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from sendepause.errors import BadInput
from sendepause.sources.base import take
from sendepause.sources.text import decode

MAX_RECORD = 16 * 1024 * 1024
"""Longest record in characters: media inside a webhook is a thumbnail or a link, seldom a file in Base64."""

Record = dict[str, Any]


def records(stream: BinaryIO) -> list[Record]:
    """All objects of the file, in its order. What does not parse is refused whole."""
    text = decode(take(stream)).lstrip("\ufeff").strip()
    if not text:
        raise BadInput("The file is empty.", "Export it again.")
    try:
        return list(_objects(text))
    except RecursionError:
        raise BadInput("The JSON is nested too deeply.", "Give the tool's own records, unchanged.") from None


def _objects(text: str) -> Iterator[Record]:
    whole = _parsed(text, None) if text[0] == "[" or "\n" not in text else None
    if whole is None:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        try:
            values = [(f"line {number}", _parsed(line, f"line {number}")) for number, line in lines]
        except BadInput:
            if not text.startswith("{"):
                raise
            values = [("the file", _whole(text, lines))]
    elif isinstance(whole, list):
        values = [(f"entry {number}", value) for number, value in enumerate(whole, 1)]
    else:
        values = [("the file", whole)]
    for place, value in values:
        if not isinstance(value, dict):
            raise BadInput(
                "A record is no JSON object.", "Give the tool's own records, unchanged.", place=place
            )
        yield value


def _whole(text: str, lines: list[tuple[int, str]]) -> Any:
    """One object over several lines. Where the first line is an object, lines were meant: told by line."""
    try:
        return _parsed(text, "the file")
    except BadInput:
        for number, line in lines:
            _parsed(line, f"line {number}")
        raise


def _parsed(text: str, place: str | None) -> Any:
    if len(text) > MAX_RECORD and place is not None and place.startswith("line"):
        raise BadInput("A record is larger than any webhook.", "Give the tool's own records.", place=place)
    try:
        return json.loads(text)
    except ValueError:  # also numbers of absurd length
        raise BadInput(
            "The JSON does not parse.", "The file is damaged or cut off: fetch it again.", place=place
        ) from None


def unwrapped(record: Record, sign: str, wrappers: Iterable[str]) -> Record | None:
    """The record that has the key ``sign``, inside the envelopes that automation tools put around it."""
    for _ in range(4):
        if sign in record:
            return record
        inner = next((record[key] for key in wrappers if isinstance(record.get(key), dict)), None)
        if inner is None:
            return None
        record = inner
    return None


def items(value: Any) -> Iterator[Record]:
    """The objects of what should be a list of objects, or is one object."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def text_of(value: Any) -> str | None:
    """A value that should be text, else None."""
    return value if isinstance(value, str) else None


def inner(value: Any, *keys: str) -> Any:
    """The value under nested keys, None where anything on the way is missing or no object."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
