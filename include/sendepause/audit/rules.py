"""How a signal is declared: a measured column, what it is held against, and the words for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sendepause.model import Language

CHANCE = "-log10 p"
SAME_MINUTE = "share within the same minute"
"""The unit of replies in a window that knows whole minutes only."""

Measured = Mapping[str, Any]
"""One line of ``window.MEASURES``."""

Text = dict[Language, str]


class Role(StrEnum):
    PATTERN = "pattern"
    FACT = "fact"
    HINT = "hint"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Held:
    """A measured column and what it is held against; below the minimum sample it has no value."""

    column: str
    limit: float | None
    unit: str
    minimum: int = 0
    sample: str = "sends"
    at_most: bool = False  # trips at or below the limit, else at or above it

    def value(self, measured: Measured) -> float | None:
        """The number, or None where the sample is too small or the resolution does not show it."""
        value = measured.get(self.column)
        if value is None or (measured[self.sample] or 0) < self.minimum:
            return None
        return float(value)

    def holds(self, measured: Measured) -> bool:
        value = self.value(measured)
        if value is None or self.limit is None:
            return False
        return value <= self.limit if self.at_most else value >= self.limit


@dataclass(frozen=True, slots=True)
class Rule:
    """One signal as it is declared. The ``minute_`` fields replace their namesakes where a window knows
    whole minutes only: a number in minutes is never held against a threshold in seconds.
    """

    name: str
    role: Role
    held: Held
    source: Text
    text: Text  # a noun phrase with {value}
    minute_held: Held | None = None
    minute_text: Text | None = None
    watch_from: float | None = None  # patterns: from here on, below the limit, the account is watched
    family: str = ""  # hints: each family counts once, with its highest points
    strong: Held | None = None  # hints: two points instead of one
    minute_strong: Held | None = None

    def at(self, measured: Measured) -> Held:
        """What counts at the resolution of this window."""
        return self.minute_held if self.minute_held and measured["resolution"] == "min" else self.held

    def watches(self, value: float | None) -> bool:
        """Whether a pattern's value lies in its lower range, or above it."""
        return value is not None and self.watch_from is not None and value >= self.watch_from

    def points(self, measured: Measured) -> int:
        """0, 1 or 2, for a hint."""
        strong = self.minute_strong if self.minute_held and measured["resolution"] == "min" else self.strong
        if strong is not None and strong.holds(measured):
            return 2
        return int(self.at(measured).holds(measured))


def both(de: str, en: str) -> Text:
    """One text in both languages."""
    return {Language.DE: de, Language.EN: en}


CASES = both(
    "Vergleich mit 1.687 Wochen von Menschen und 157 Wochen von Programmen",
    "comparison with 1,687 weeks of people and 157 weeks of programs",
)
