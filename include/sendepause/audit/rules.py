"""How a signal is declared: a measured column, what it is held against, and the words for it.

What holds is an expression over the columns of ``window.MEASURES``, one line an account: so all accounts are
held against all thresholds at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import polars as pl

from sendepause.model import Language

CHANCE = "-log10 p"
SAME_MINUTE = "share within the same minute"
"""The unit of replies in a window that knows whole minutes only."""

PROBABILITY = "probability"

Text = dict[Language, str]


Limits = Mapping[str, float]
"""Other thresholds than the declared ones, by the signal's name; its direction and minimum sample stay."""


class Role(StrEnum):
    PATTERN = "pattern"  # what a person cannot or does not do
    FACT = "fact"  # bulk, whoever did it
    HINT = "hint"  # gives points
    TRAIT = "trait"  # is weighed in the score
    EVIDENCE = "evidence"  # for the reader


class Picture(StrEnum):
    """Which picture of the board shows a signal."""

    HOURS = "hours"  # sends by hour of day
    GAPS = "gaps"  # how long between sends
    CLOCK = "clock"  # the minutes of the hour at which sending starts
    BURSTS = "bursts"  # most sends at once
    COUNTERPARTS = "counterparts"  # how many were written to, and who began
    REPLIES = "replies"  # how long until an answer
    CONTENTS = "contents"  # how often each text was sent
    WEIGHTS = "weights"  # what counts how much in a sum


@dataclass(frozen=True, slots=True)
class Held:
    """A measured column and what it is held against; below the minimum sample it has no value."""

    column: str
    limit: float | None
    unit: str
    minimum: int = 0
    sample: str = "sends"
    at_most: bool = False  # trips at or below the limit, else at or above it

    def value(self) -> pl.Expr:
        """The number, null where the sample is too small or the resolution does not show it."""
        value = pl.col(self.column).cast(pl.Float64)
        return pl.when(pl.col(self.sample) >= self.minimum).then(value) if self.minimum else value

    def holds(self) -> pl.Expr:
        """Whether the value has come up, or down, to the limit."""
        if self.limit is None:
            return pl.lit(False)
        value = self.value()
        return (value <= self.limit if self.at_most else value >= self.limit).fill_null(False)


@dataclass(frozen=True, slots=True)
class Weight:
    """What a trait adds to the score: nothing up to ``start``, evenly more, and ``full`` from ``end`` on."""

    start: float
    end: float
    full: float  # in log odds

    def part(self, value: float | None) -> float:
        """How far a value has come, 0 to 1; what is not known counts as nothing."""
        if value is None:
            return 0.0
        return min(1.0, max(0.0, (value - self.start) / (self.end - self.start)))

    def added(self, value: pl.Expr) -> pl.Expr:
        """What it adds to the log odds."""
        part = ((value - self.start) / (self.end - self.start)).clip(0, 1)
        return self.full * part.fill_null(0)


IN_MINUTES = pl.col("resolution") == "min"
"""Whether a window knows whole minutes only."""


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
    only_with: Held | None = None  # trips only together with this
    weight: Weight | None = None  # traits
    picture: Picture = field(kw_only=True)

    def at(self, in_minutes: bool) -> Held:
        """What counts at the resolution of a window."""
        return self.minute_held if self.minute_held and in_minutes else self.held

    def value(self) -> pl.Expr:
        """The number that counts at the resolution of each window."""
        if self.minute_held is None:
            return self.held.value()
        return pl.when(IN_MINUTES).then(self.minute_held.value()).otherwise(self.held.value())

    def reached(self) -> pl.Expr:
        """Whether the value has come to the threshold at the resolution of each window."""
        return self._at_resolution(self.held, self.minute_held)

    def watches(self, value: float | None) -> bool:
        """Whether a pattern's value lies in its lower range, or above it."""
        return value is not None and self.watch_from is not None and value >= self.watch_from

    def trips(self) -> pl.Expr:
        """Whether the threshold is reached, and what must come with it is there."""
        if self.role is Role.HINT:
            return self.points() > 0
        return self.reached() & self._accompanied()

    def _accompanied(self) -> pl.Expr:
        return pl.lit(True) if self.only_with is None else self.only_with.holds()

    def _at_resolution(self, usual: Held | None, in_minutes: Held | None) -> pl.Expr:
        usually = pl.lit(False) if usual is None else usual.holds()
        if self.minute_held is None:
            return usually
        minutes = pl.lit(False) if in_minutes is None else in_minutes.holds()
        return pl.when(IN_MINUTES).then(minutes).otherwise(usually)

    def held_against(self, limit: float) -> Rule:
        """This signal with another threshold. What is declared in another unit for minutes keeps its own."""
        minute, minute_strong = self.minute_held, self.minute_strong
        if minute is not None and minute.unit == self.held.unit:
            minute, minute_strong = replace(minute, limit=limit), _no_easier(minute_strong, limit)
        return replace(
            self,
            held=replace(self.held, limit=limit),
            strong=_no_easier(self.strong, limit),
            minute_held=minute,
            minute_strong=minute_strong,
        )

    def points(self) -> pl.Expr:
        """0, 1 or 2, for a hint."""
        strong = self._at_resolution(self.strong, self.minute_strong)
        points = pl.when(strong).then(2).otherwise(self.reached().cast(pl.Int32))
        return pl.when(self._accompanied()).then(points).otherwise(0)


SHIFTS_LEFT_OUT = Held("talks", 0.2, "share", at_most=True)
"""A number that a team serves in shifts never rests, and has canned answers: but it answers people, and not
at once. A short rest speaks for a machine only where at most a fifth of the sends are such answers."""


def _no_easier(strong: Held | None, limit: float) -> Held | None:
    """Two points are never reached before one."""
    if strong is None or strong.limit is None:
        return strong
    return replace(strong, limit=min(strong.limit, limit) if strong.at_most else max(strong.limit, limit))


def both(de: str, en: str) -> Text:
    """One text in both languages."""
    return {Language.DE: de, Language.EN: en}


CASES = both(
    "Vergleich mit 1.687 Wochen von Menschen und 157 Wochen von Programmen",
    "comparison with 1,687 weeks of people and 157 weeks of programs",
)

# What a pattern, a hint and a trait say alike of one number.
CLOCK_TEXT = both(
    "Beginn der Sendungen immer wieder zu denselben Minuten der Stunde, bei Zufall {value}",
    "sending that starts at the same minutes of the hour again and again, by chance {value}",
)
SAME_MINUTE_TEXT = both(
    "{value} der Antworten noch in derselben Minute", "{value} of the replies within the same minute"
)
PROMPT_TEXT = both("{value} der Antworten binnen 3 Sekunden", "{value} of the replies within 3 seconds")
REST_TEXT = both("längste tägliche Ruhezeit von nur {value}", "a longest daily rest of only {value}")
