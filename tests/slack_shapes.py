"""Rules of which Block Kit's tables are made: strings, lists, texts, objects; and how Slack names a fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Problem = tuple[str, str]  # what is wrong, and the JSON pointer to it


@dataclass
class Check:
    """One look at one message or view; ``files`` are the ids and links of uploaded pictures, None: any."""

    files: Collection[str] | None
    problems: list[Problem] = field(default_factory=list)
    characters: int = 0  # of all texts

    def wrong(self, what: str, pointer: str) -> None:
        self.problems.append((what, pointer))


Rule = Callable[[Any, str, Check], None]


def characters(text: str) -> int:
    """UTF-16 units, the strictest of the ways in which a limit may be meant."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def string(most: int, least: int = 1, pattern: re.Pattern[str] | None = None) -> Rule:
    """A string of ``least`` to ``most`` characters."""

    def rule(value: Any, pointer: str, check: Check) -> None:
        if not isinstance(value, str):
            return check.wrong("must be a string", pointer)
        if characters(value) > most:
            check.wrong(f"must be less than {most + 1} characters", pointer)
        if characters(value) < least:
            check.wrong(f"must be more than {least - 1} characters", pointer)
        if pattern and value and not pattern.fullmatch(value):
            check.wrong(f"input must match regex pattern: ^{pattern.pattern}$", pointer)
        return None

    return rule


def boolean(value: Any, pointer: str, check: Check) -> None:
    """True or false."""
    if not isinstance(value, bool):
        check.wrong("must be a boolean", pointer)


def integer(least: int, most: int) -> Rule:
    """A whole number."""

    def rule(value: Any, pointer: str, check: Check) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            return check.wrong("must be an integer", pointer)
        if not least <= value <= most:
            check.wrong(f"must be between {least} and {most}", pointer)
        return None

    return rule


def one_of(*allowed: str) -> Rule:
    """One of a few words."""

    def rule(value: Any, pointer: str, check: Check) -> None:
        if value not in allowed:
            check.wrong("must be a valid enum value", pointer)

    return rule


def listed(item: Rule, most: int, least: int = 1) -> Rule:
    """A list of ``least`` to ``most`` items."""

    def rule(value: Any, pointer: str, check: Check) -> None:
        if not isinstance(value, list):
            return check.wrong("must be an array", pointer)
        if len(value) > most:
            check.wrong(f"no more than {most} items allowed", pointer)
        if len(value) < least:
            check.wrong(f"must provide at least {least} items", pointer)
        for position, each in enumerate(value):
            item(each, f"{pointer}/{position}", check)
        return None

    return rule


def text(most: int, *, mrkdwn: bool = False) -> Rule:
    """A text object; only where ``mrkdwn`` is allowed it may be one. …/composition-objects/text-object"""

    def rule(value: Any, pointer: str, check: Check) -> None:
        if not isinstance(value, dict):
            return check.wrong("must provide an object", pointer)
        before = len(check.problems)
        if value.get("type") == "plain_text":
            objects(value, pointer, check, {"text": string(most), "emoji": boolean}, ("text",))
        elif value.get("type") == "mrkdwn" and mrkdwn:
            objects(value, pointer, check, {"text": string(most), "verbatim": boolean}, ("text",))
        else:
            check.wrong(f"unsupported type: {value.get('type')}", f"{pointer}/type")
        if mrkdwn and len(check.problems) > before:
            check.problems.insert(before, ("failed to match all allowed schemas", pointer))
        check.characters += characters(str(value.get("text", "")))
        return None

    return rule


def shape(properties: dict[str, Rule], *required: str) -> Rule:
    """An object without a ``type`` of its own."""

    def rule(value: Any, pointer: str, check: Check) -> None:
        if not isinstance(value, dict):
            return check.wrong("must provide an object", pointer)
        if "type" in value:
            check.wrong("invalid additional property: type", pointer)
        return objects(value, pointer, check, properties, required)

    return rule


def url(value: Any, pointer: str, check: Check) -> None:
    """A link of at most 3,000 characters."""
    string(3_000)(value, pointer, check)
    if isinstance(value, str) and not re.match(r"https?://[^\s/]+", value):
        check.wrong("must be a valid url", pointer)


def day(value: Any, pointer: str, check: Check) -> None:
    """YYYY-MM-DD."""
    try:
        if not isinstance(value, str) or date.fromisoformat(value).isoformat() != value:
            check.wrong("must be a valid date", pointer)
    except ValueError:
        check.wrong("must be a valid date", pointer)


def anything(*_: Any) -> None:
    """Nothing beyond the properties."""


def objects(
    value: dict[str, Any],
    pointer: str,
    check: Check,
    properties: dict[str, Rule],
    required: tuple[str, ...],
) -> None:
    """Every property is known and right, and none is missing."""
    for name in required:
        if name not in value:
            check.wrong(f"missing required field: {name}", pointer)
    for name, each in value.items():
        if name in properties:
            properties[name](each, f"{pointer}/{name}", check)
        elif name != "type":
            check.wrong(f"invalid additional property: {name}", pointer)


def repeated(items: list[Any], name: str, pointer: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for position, item in enumerate(items):
        value = item.get(name) if isinstance(item, dict) else None
        if isinstance(value, str) and value in seen:
            yield f'`{name}` "{value}" already exists', f"{pointer}/{position}/{name}"
        elif isinstance(value, str):
            seen.add(value)
