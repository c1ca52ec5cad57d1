"""The signals: what is measured, what it is held against, and where that comes from.

``REGISTRY`` is read by the verdict and by the sentences; a signal is one entry of it. What only the accounts
of a company show together is declared in ``company_rules``, what is weighed together in ``score``. "The
cases" are the labelled senders of ``tests/cases/behaviour``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sendepause.audit import company_rules, score
from sendepause.audit.rules import (
    CASES,
    CHANCE,
    CLOCK_TEXT,
    PROMPT_TEXT,
    REST_TEXT,
    SAME_MINUTE,
    SAME_MINUTE_TEXT,
    SHIFTS_LEFT_OUT,
    Held,
    Limits,
    Measured,
    Picture,
    Role,
    Rule,
    both,
)

MINIMUM_SENDS = 20
"""Under so many sends in the window there are only facts, no verdict on timing."""

AUTOMATED_POINTS = 4
WATCH_POINTS = 2

HABITS = (
    Held("quiet", 1, "h", 100, at_most=True),
    Held("distinct_share", 0.3, "share", 30, "contents", at_most=True),
    Held("mode", 0.7, "share", 30, "gaps"),
)
"""No rest, few texts, one gap: each is seen in people, two at once are not."""


def complete(measured: Measured, rules: Iterable[Rule] | None = None) -> dict[str, Any]:
    """The measured line with what is derived from it: ``talks``, the share of sends that answer somebody,
    but not at once; ``habits`` that hold, ``points`` of the hints, and the ``score`` of the traits.
    By the rules of ``REGISTRY``, or by others."""
    rules = REGISTRY if rules is None else tuple(rules)
    measured = {**measured, "talks": _talks(measured)}
    habits = HABITS if SHIFTS_LEFT_OUT.holds(measured) else HABITS[1:]
    known = [habit for habit in habits if habit.value(measured) is not None]
    families: dict[str, int] = {}
    for rule in rules:
        if rule.role is Role.HINT:
            families[rule.family] = max(families.get(rule.family, 0), rule.points(measured))
    return {
        **measured,
        "habits": sum(habit.holds(measured) for habit in known) if known else None,
        "points": sum(families.values()),
        **score.scored(measured, rules),
    }


def _talks(measured: Measured) -> float | None:
    if not measured["sends"]:
        return None
    at_once = measured["same_minute_share" if measured["resolution"] == "min" else "instant_share"] or 0
    return float(measured["replies"] * (1 - at_once) / measured["sends"])


def registry(limits: Limits | None = None) -> tuple[Rule, ...]:
    """The signals, some of them with other thresholds.

    :raises ValueError: naming what is no signal, or is held against nothing.
    """
    return _adjusted(tuple(sorted((limits or {}).items())))


@cache
def _adjusted(limits: tuple[tuple[str, float], ...]) -> tuple[Rule, ...]:
    other = dict(limits)
    if unknown := sorted(other.keys() - ADJUSTABLE):
        raise ValueError(f"no signals with a threshold: {', '.join(unknown)}")
    return tuple(rule.held_against(other[rule.name]) if rule.name in other else rule for rule in REGISTRY)


_TOOLS = both(
    "Abstände, mit denen Versandprogramme arbeiten (Streuung 0 bis 0,52; bei Menschen ab 0,9)",
    "gaps that sending tools use (spread 0 to 0.52; in people 0.9 or more)",
)
_CLOCK = both(
    "Chi-Quadrat-Test nach Zhang & Paxson 2011 auf den Beginn jeder Folge von Sendungen",
    "chi-square test after Zhang & Paxson 2011 on the start of each run of sending",
)
_CLOCK_FEW = both(
    "Chi-Quadrat-Test nach Zhang & Paxson 2011, für wenige Werte an einer Million Simulationen geeicht",
    "chi-square test after Zhang & Paxson 2011, calibrated for few values on a million simulations",
)
_TYPING = both(
    "Tipptempo von 37.000 Menschen am Telefon: 36 Wörter in der Minute, die schnellsten 85 (Palin u. a."
    " 2019)",
    "typing speed of 37,000 people on phones: 36 words a minute, the fastest 85 (Palin et al. 2019)",
)
_REST = both(
    "Tagesrhythmus von Menschen (Aledavood u. a. 2015) und eigener Vergleich",
    "daily rhythm of people (Aledavood et al. 2015) and a comparison of our own",
)
_WHITE_PAPER = both(
    "WhatsApp, Stopping Abuse, 6. Februar 2019 (dort: fünf Minuten nach der Anmeldung)",
    "WhatsApp, Stopping Abuse, 6 February 2019 (there: five minutes after registration)",
)
_BY_HAND = both("von Hand nicht möglich", "not possible by hand")

_PACE_TEXT = both(
    "{value} verschiedene Empfänger nacheinander in gleichmäßigem Abstand",
    "{value} different recipients one after the other at a steady pace",
)
_HOUR_TEXT = both(
    "{value} verschiedene Empfänger in einer Stunde", "{value} different recipients in one hour"
)

REGISTRY: tuple[Rule, ...] = (
    # A: patterns of a machine.
    Rule(
        "chain_pace",
        Role.PATTERN,
        Held("steady_chain", 30, "counterparts"),
        _TOOLS,
        _PACE_TEXT,
        watch_from=20,
        picture=Picture.GAPS,
    ),
    Rule(
        "clock",
        Role.PATTERN,
        Held("clock_5", 4, CHANCE, 30, "bouts"),
        _CLOCK,
        CLOCK_TEXT,
        picture=Picture.CLOCK,
    ),
    Rule(
        "clock_minute",
        Role.PATTERN,
        Held("clock_1", 4, CHANCE, 60, "bouts"),
        _CLOCK,
        CLOCK_TEXT,
        picture=Picture.CLOCK,
    ),
    Rule(
        "clock_minute_few",
        Role.PATTERN,
        Held("clock_1", 6, CHANCE, 20, "bouts"),
        _CLOCK_FEW,
        CLOCK_TEXT,
        picture=Picture.CLOCK,
    ),
    Rule(
        "instant_reply",
        Role.PATTERN,
        Held("reply_p90", 3, "s", 30, "replies", at_most=True),
        _TYPING,
        both("90 % der Antworten binnen {value}", "90% of the replies within {value}"),
        Held("same_minute_share", 0.9, SAME_MINUTE, 30, "replies"),
        SAME_MINUTE_TEXT,
        picture=Picture.REPLIES,
    ),
    # A multi-recipient function sends one text; twenty of them leave a hand three seconds for each.
    Rule(
        "texts_minute",
        Role.PATTERN,
        Held("texts_minute", 20, "texts"),
        _BY_HAND,
        both(
            "{value} verschiedene Texte an ebenso viele Empfänger in einer Minute",
            "{value} different texts to as many recipients in one minute",
        ),
        watch_from=12,
        picture=Picture.CONTENTS,
    ),
    Rule(
        "habits",
        Role.PATTERN,
        Held("habits", 2, "of 3"),
        _REST,
        both(
            "{value} von drei Merkmalen zugleich: keine Ruhezeit, wenige Texte, gleiche Abstände",
            "{value} of three signs at once: no rest, few texts, equal gaps",
        ),
        picture=Picture.WEIGHTS,
    ),
    Rule(
        "points",
        Role.PATTERN,
        Held("points", AUTOMATED_POINTS, "points"),
        CASES,
        both("{value} Punkte aus einzelnen Hinweisen", "{value} points from single hints"),
        watch_from=WATCH_POINTS,
        picture=Picture.WEIGHTS,
    ),
    # B: facts of bulk.
    Rule(
        "reach_hour",
        Role.FACT,
        Held("reach_hour", 30, "counterparts"),
        CASES,
        _HOUR_TEXT,
        picture=Picture.COUNTERPARTS,
    ),
    Rule(
        "same_to_many",
        Role.FACT,
        Held("same_to_many", 20, "counterparts"),
        CASES,
        both(
            "derselbe Inhalt an {value} verschiedene Empfänger",
            "the same content to {value} different recipients",
        ),
        picture=Picture.CONTENTS,
    ),
    Rule(
        "reach_minute",
        Role.FACT,
        Held("reach_minute", 20, "counterparts"),
        _BY_HAND,
        both("{value} verschiedene Empfänger in einer Minute", "{value} different recipients in one minute"),
        picture=Picture.COUNTERPARTS,
    ),
    Rule(
        "burst",
        Role.FACT,
        Held("burst", 100, "sends"),
        _WHITE_PAPER,
        both("{value} Nachrichten binnen 15 Sekunden", "{value} messages within 15 seconds"),
        picture=Picture.BURSTS,
    ),
    # Hints, for points.
    Rule(
        "template_repeat",
        Role.HINT,
        Held("repeat_share", 0.15, "share", 20, "contents"),
        CASES,
        both(
            "{value} der Nachrichten mit einem Text, der mindestens fünfmal vorkam",
            "{value} of the messages with a text that was sent at least five times",
        ),
        family="template",
        strong=Held("repeat_share", 0.5, "share", 20, "contents"),
        picture=Picture.CONTENTS,
    ),
    Rule(
        "distinct_texts",
        Role.HINT,
        Held("distinct_share", 0.7, "share", 20, "contents", at_most=True),
        CASES,
        both(
            "verschiedene Texte in nur {value} der Nachrichten",
            "different texts in only {value} of the messages",
        ),
        family="template",
        strong=Held("distinct_share", 0.3, "share", 20, "contents", at_most=True),
        picture=Picture.CONTENTS,
    ),
    Rule(
        "clock_hint",
        Role.HINT,
        Held("clock_5", 2, CHANCE, 30, "bouts"),
        _CLOCK,
        CLOCK_TEXT,
        family="clock",
        strong=Held("clock_5", 3.5, CHANCE, 30, "bouts"),
        picture=Picture.CLOCK,
    ),
    Rule(
        "clock_minute_hint",
        Role.HINT,
        Held("clock_1", 4, CHANCE, 20, "bouts"),
        _CLOCK,
        CLOCK_TEXT,
        family="clock",
        strong=Held("clock_1", 4, CHANCE, 20, "bouts"),
        picture=Picture.CLOCK,
    ),
    Rule(
        "quiet",
        Role.HINT,
        Held("quiet", 2, "h", 50, at_most=True),
        _REST,
        REST_TEXT,
        family="quiet",
        strong=Held("quiet", 1, "h", 100, at_most=True),
        only_with=SHIFTS_LEFT_OUT,
        picture=Picture.HOURS,
    ),
    Rule(
        "fast_replies",
        Role.HINT,
        Held("instant_share", 0.75, "share", 10, "replies"),
        _TYPING,
        PROMPT_TEXT,
        Held("same_minute_share", 0.75, SAME_MINUTE, 10, "replies"),
        SAME_MINUTE_TEXT,
        family="replies",
        strong=Held("reply_p90", 3, "s", 20, "replies", at_most=True),
        minute_strong=Held("same_minute_share", 0.9, SAME_MINUTE, 20, "replies"),
        picture=Picture.REPLIES,
    ),
    Rule(
        "mode",
        Role.HINT,
        Held("mode", 0.6, "share", 20, "gaps"),
        CASES,
        both("gleiche Abstände bei {value} der Nachrichten", "equal gaps between {value} of the messages"),
        family="mode",
        strong=Held("mode", 0.8, "share", 20, "gaps"),
        picture=Picture.GAPS,
    ),
    Rule(
        "chain_hint",
        Role.HINT,
        Held("steady_chain", 10, "counterparts"),
        _TOOLS,
        _PACE_TEXT,
        family="chain",
        strong=Held("steady_chain", 30, "counterparts"),
        picture=Picture.GAPS,
    ),
    Rule(
        "reach_hint",
        Role.HINT,
        Held("acts_hour", 20, "counterparts"),
        CASES,
        both(
            "{value} verschiedene Empfänger in einer Stunde (ein Text an viele zugleich zählt einmal)",
            "{value} different recipients in one hour (one text to many at once counts once)",
        ),
        Held("minute_acts_hour", 20, "counterparts"),
        family="reach",
        strong=Held("acts_hour", 40, "counterparts"),
        minute_strong=Held("minute_acts_hour", 40, "counterparts"),
        picture=Picture.COUNTERPARTS,
    ),
    # Evidence for the reader, held against nothing.
    Rule(
        "largest_chain",
        Role.EVIDENCE,
        Held("chain", None, "counterparts"),
        CASES,
        both(
            "{value} verschiedene Empfänger in der längsten Folge",
            "{value} different recipients in the longest row",
        ),
        picture=Picture.COUNTERPARTS,
    ),
    Rule(
        "unanswered",
        Role.EVIDENCE,
        Held("unanswered", None, "share"),
        _WHITE_PAPER,
        both(
            "{value} der Empfänger ohne eigene Nachricht im Zeitraum",
            "{value} of the recipients without a message of their own in that time",
        ),
        picture=Picture.COUNTERPARTS,
    ),
    Rule(
        "first_contacts",
        Role.EVIDENCE,
        Held("first_contacts", None, "counterparts"),
        _WHITE_PAPER,
        both(
            "{value} Empfänger, die vorher nie geschrieben hatten",
            "{value} recipients who had never written before",
        ),
        picture=Picture.COUNTERPARTS,
    ),
    *company_rules.RULES,
    *score.RULES,
)
BY_NAME = {rule.name: rule for rule in REGISTRY}

ADJUSTABLE = frozenset(rule.name for rule in REGISTRY if rule.held.limit is not None)
"""The signals whose threshold can be set."""
