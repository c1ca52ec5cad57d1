"""The signals of ``sharing``: what a company's accounts show together, and whom an account wrote to first.

They say what was done, not by whom: a list can be worked through by hand. So they are facts of bulk, or
hints of the families that count what is much alike (texts, reach). A family gives two points at most, which
is ``watch``: none of them can make anybody ``automated`` alone.

Thresholds, from the cases in weeks and in windows of four weeks, each source taken as one company:

- Nobody began three talks of a week with one text, but one person with six; nobody shared such a text.
- Six weeks had 40 strangers or more on a day, all true mass writing by hand; three reach the limit of 50.
  Seven windows of four weeks had 60 strangers or more, three reach that of 100.
- In one week 26 people had been written to first by others of the source too and answered nobody, in the
  next one 14; in four weeks 58, 36 and 19.

What failed: how many answer does not part people from programs, since people who write to 30 others can stay
without an answer from 19 in 20. Nor does time for reading, a send within three seconds of somebody else's
message: a campaign of 50 has one or two sends right behind a message at all, and people type meanwhile.
"""

from __future__ import annotations

from sendepause.audit.rules import CASES, Held, Picture, Role, Rule, both

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

_BEGUN_TEXT = both(
    "mit {value} Menschen in einer Woche durch einen mehrfach verwendeten Text ein Gespräch begonnen, die"
    " meisten ohne Antwort",
    "talks begun with {value} people in one week by a text used several times, most of them without answer",
)

RULES: tuple[Rule, ...] = (
    Rule(
        "list_people",
        Role.FACT,
        Held("list_people", 40, "counterparts"),
        CASES,
        _LIST_TEXT,
        picture=Picture.CONTENTS,
    ),
    Rule(
        "shared_people",
        Role.FACT,
        Held("shared_people", 30, "counterparts"),
        CASES,
        _SHARED_TEXT,
        picture=Picture.COUNTERPARTS,
    ),
    Rule(
        "strangers_day",
        Role.FACT,
        Held("strangers_day", 50, "counterparts"),
        CASES,
        _DAY_TEXT,
        picture=Picture.COUNTERPARTS,
    ),
    Rule(
        "strangers",
        Role.FACT,
        Held("strangers", 100, "counterparts"),
        CASES,
        _WINDOW_TEXT,
        picture=Picture.COUNTERPARTS,
    ),
    Rule(
        "list_hint",
        Role.HINT,
        Held("list_people", 20, "counterparts"),
        CASES,
        _LIST_TEXT,
        family="template",
        strong=Held("list_people", 20, "counterparts"),
        picture=Picture.CONTENTS,
    ),
    Rule(
        "begun_hint",
        Role.HINT,
        Held("same_begun", 15, "counterparts"),
        CASES,
        _BEGUN_TEXT,
        family="template",
        strong=Held("same_begun", 15, "counterparts"),
        picture=Picture.CONTENTS,
    ),
    Rule(
        "shared_people_hint",
        Role.HINT,
        Held("shared_people", 20, "counterparts"),
        CASES,
        _SHARED_TEXT,
        family="reach",
        strong=Held("shared_people", 20, "counterparts"),
        picture=Picture.COUNTERPARTS,
    ),
    Rule(
        "strangers_day_hint",
        Role.HINT,
        Held("strangers_day", 30, "counterparts"),
        CASES,
        _DAY_TEXT,
        family="reach",
        picture=Picture.COUNTERPARTS,
    ),
)
