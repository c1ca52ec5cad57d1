"""The signals of ``sharing``: what a company's accounts show together, and whom an account wrote to first.

They say what was done, not by whom: a list can be worked through by hand. So they are facts of bulk, or
hints of a family that counts what is much alike (texts, reach), and can make nobody ``automated`` alone.

Thresholds, from the cases in weeks and in windows of four weeks, each source taken as one company: no text
was shared as ``list_people`` counts it. Six weeks had 40 strangers or more on a day, all true mass writing by
hand; three of them reach the limit of 50. Of seven windows with 60 strangers or more one reaches that of 150.
How many answer does not part people from programs: people who write to 30 others can stay without an answer
from 19 in 20.
"""

from __future__ import annotations

from sendepause.audit.rules import CASES, Held, Role, Rule, both

_LIST_TEXT = both(
    "derselbe Text in einer Woche an {value} Menschen, verteilt auf mehrere Nummern Ihrer Firma, die meisten"
    " ohne Antwort",
    "the same text to {value} people in one week, spread over several of your company's numbers, most of them"
    " without an answer",
)
_SHARED_TEXT = both(
    "{value} Menschen, die von mehreren Nummern Ihrer Firma zuerst angeschrieben wurden und keiner"
    " geantwortet haben",
    "{value} people who were written to first by several of your company's numbers and answered none",
)
_DAY_TEXT = both(
    "{value} Menschen an einem Tag zum ersten Mal angeschrieben, die nie geantwortet haben",
    "{value} people written to for the first time on one day who never answered",
)
_WINDOW_TEXT = both(
    "{value} Menschen im Zeitraum zuerst angeschrieben, die nie geantwortet haben",
    "{value} people written to first in that time who never answered",
)

RULES: tuple[Rule, ...] = (
    Rule("list_people", Role.FACT, Held("list_people", 40, "counterparts"), CASES, _LIST_TEXT),
    Rule("shared_people", Role.FACT, Held("shared_people", 40, "counterparts"), CASES, _SHARED_TEXT),
    Rule("strangers_day", Role.FACT, Held("strangers_day", 50, "counterparts"), CASES, _DAY_TEXT),
    Rule("strangers", Role.FACT, Held("strangers", 150, "counterparts"), CASES, _WINDOW_TEXT),
    Rule(
        "list_hint",
        Role.HINT,
        Held("list_people", 20, "counterparts"),
        CASES,
        _LIST_TEXT,
        family="template",
        strong=Held("list_people", 20, "counterparts"),
    ),
    Rule(
        "shared_people_hint",
        Role.HINT,
        Held("shared_people", 20, "counterparts"),
        CASES,
        _SHARED_TEXT,
        family="reach",
        strong=Held("shared_people", 20, "counterparts"),
    ),
    Rule(
        "strangers_day_hint",
        Role.HINT,
        Held("strangers_day", 30, "counterparts"),
        CASES,
        _DAY_TEXT,
        family="reach",
    ),
    Rule(
        "strangers_hint",
        Role.HINT,
        Held("strangers", 100, "counterparts"),
        CASES,
        _WINDOW_TEXT,
        family="reach",
        strong=Held("strangers", 100, "counterparts"),
    ),
)
