"""The score: four traits weighed together into the probability that an account sends like a machine.

A logistic regression, fitted to the cases with scikit-learn (``fitting``; `make evaluate` fits it anew and
tells how it fares on each source that it was not fitted to). Each trait counts nothing in the range of
people and evenly more beyond it, never less: what pushes the score can be named. One trait alone makes
nobody ``automated``, however strong: canned answers, shifts and lively talk are seen in people, two of them
at once are not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from sendepause.audit.rules import (
    CASES,
    CHANCE,
    CLOCK_TEXT,
    PROBABILITY,
    PROMPT_TEXT,
    REST_TEXT,
    SAME_MINUTE,
    SAME_MINUTE_TEXT,
    SHIFTS_LEFT_OUT,
    Held,
    Measured,
    Picture,
    Role,
    Rule,
    Weight,
    both,
)

INTERCEPT = -4.72
"""The log odds where no trait shows."""

AUTOMATED_SCORE = 0.9
WATCH_SCORE = 0.5
FAMILIES = 2

CONFIDENCE = (-4.79, 1.19, 6.84, 5.90, 1.30)
"""The log odds of a machine: constant, the traits' sum, another pattern, one in its lower range, a fact."""

_REGRESSION = both(
    "logistische Regression über vier Merkmale, angepasst an diesen Vergleich",
    "logistic regression over four traits, fitted to this comparison",
)

RULES: tuple[Rule, ...] = (
    Rule(
        "recurring_texts",
        Role.TRAIT,
        Held("recurring_share", 0.3, "share", 20, "contents"),
        CASES,
        both(
            "{value} der Nachrichten mit einem Text, der zu anderer Stunde schon vorkam",
            "{value} of the messages with a text that was sent at another hour as well",
        ),
        weight=Weight(0.15, 0.6, 7.7),
        picture=Picture.CONTENTS,
    ),
    Rule(
        "short_rest",
        Role.TRAIT,
        Held("quiet", 5, "h", 20, at_most=True),
        CASES,
        REST_TEXT,
        weight=Weight(6, 1, 4.21),
        only_with=SHIFTS_LEFT_OUT,
        picture=Picture.HOURS,
    ),
    Rule(
        "prompt_replies",
        Role.TRAIT,
        Held("instant_share", 0.7, "share", 10, "replies"),
        CASES,
        PROMPT_TEXT,
        Held("same_minute_share", 0.7, SAME_MINUTE, 10, "replies"),
        SAME_MINUTE_TEXT,
        weight=Weight(0.5, 0.9, 3.88),
        picture=Picture.REPLIES,
    ),
    Rule(
        "clock_trait",
        Role.TRAIT,
        Held("clock_1", 3, CHANCE, 20, "bouts"),
        CASES,
        CLOCK_TEXT,
        weight=Weight(1, 4, 0.75),
        picture=Picture.CLOCK,
    ),
    Rule(
        "score",
        Role.PATTERN,
        Held("score", AUTOMATED_SCORE, PROBABILITY),
        _REGRESSION,
        both(
            "zusammen ein Bild, das im Vergleich zu {value} von Programmen kam",
            "together a picture that in the comparison was {value} from programs",
        ),
        watch_from=WATCH_SCORE,
        only_with=Held("families", FAMILIES, "traits"),
        picture=Picture.WEIGHTS,
    ),
)


def scored(measured: Measured, rules: Iterable[Rule]) -> dict[str, Any]:
    """``traits``: the sum of what they add; ``score``: the probability; ``families``: how many stand out."""
    traits = [rule for rule in rules if rule.role is Role.TRAIT]
    total = sum(contribution(rule, measured) for rule in traits)
    return {
        "traits": total,
        "score": probability(INTERCEPT + total),
        "families": sum(rule.trips(measured) for rule in traits),
    }


def contribution(rule: Rule, measured: Measured) -> float:
    """What a trait adds, in log odds."""
    if rule.weight is None:
        return 0.0
    return rule.weight.full * rule.weight.part(rule.at(measured).value(measured))


def confidence(measured: Measured, *, held: bool, watched: bool, fact: bool) -> float:
    """The calibrated probability that the account sends like a machine, from all that is known.

    :param measured: with what ``scored`` adds.
    :param held: whether a pattern other than the score holds; ``watched``: lies in its lower range.
    """
    constant, traits, *others = CONFIDENCE
    flags = sum(weight * flag for weight, flag in zip(others, (held, watched, fact), strict=True))
    return probability(constant + traits * measured["traits"] + flags)


def probability(log_odds: float) -> float:
    """Of log odds."""
    return 1 / (1 + math.exp(-log_odds))
