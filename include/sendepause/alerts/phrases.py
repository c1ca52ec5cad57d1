"""The fixed sentences of an alert: one set a stage, in German (``phrases_de``) and English (``phrases_en``).

``{one|many}`` stands for the first form where a message names one thing, else for the second; ``{n}`` is
the number of things. ``<with|without>`` stands for the first form where the message has buttons.
``[before|after]`` stands for the first form until the rule comes into force, then for the second. Nothing
from outside is ever put into these sentences. The terms are those of ``docs/words.md``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sendepause.model import Audience

_FORMS = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")
_BUTTONS = re.compile(r"<([^<>|]*)\|([^<>|]*)>")
_TIMES = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")


class Phrases(NamedTuple):
    """What is said at a stage, in one language."""

    title: str
    again: str  # the news as one sentence, where the title says first that it is told again
    happened: str
    means: str  # for the date
    owner: str  # what the owner is asked to do
    operators: str  # what the operators are asked to do
    then: str  # what happens next

    def asked(self, audience: Audience) -> str:
        """What the reader is asked to do."""
        return self.owner if audience is Audience.OWNER else self.operators


class Frame(NamedTuple):
    """The words that hold a message together, in one language."""

    # titles and first sentences of what is told again
    continued_title: str
    reminder_title: str
    last_title: str
    pause_title: str  # of the last reminder before a pause, with the day
    unanswered_title: str
    continued: str
    reminder: str
    last: str
    before_pause: str
    unanswered: str  # with the names of those who did not answer
    unanswered_by: str  # where the names are not known
    today: str
    tomorrow: str
    # headings and what is said below them
    date: str
    date_past: str
    no_date: str  # where no date hangs on it
    asked: str
    then: str
    for_backup: str  # what whoever stands in is asked to do first
    for_operators: str  # what the operators are asked to do when an owner does not answer
    or_wait: str  # for the pause, instead of stopping the campaign
    hold: str
    # what the buttons are for
    press_done: str
    press_stopped: str  # where a program sends that is not known
    press_moved: str
    press_hold: str
    press_read: str
    # what follows
    no_answer: str
    link: str
    # a part of a longer list, and the foot
    part: str
    part_head: str
    as_of: str
    rule: str
    about: str
    in_zone: str
    # the lines of one alert
    campaign: str
    in_system: str
    system: str
    owner: str
    reasons: str
    finding: str
    no_data: str
    changed: str
    changed_by: str
    hold_until: str
    asked_by: str
    pause_from: str
    pause_latest: str
    pause_again: str
    pause_now: str
    no_pause: str
    pauses: str
    messages: str
    detail: str
    error: str
    key: str
    checklist: str
    under_way: str
    senders: str
    also: str
    destination: str


def put(phrase: str, count: int, written: str, *, in_force: bool = False, buttons: bool = False) -> str:
    """``phrase`` for ``count`` things, whose number is ``written`` so; see the module for its forms."""
    chosen = _FORMS.sub(lambda forms: forms[1 if count == 1 else 2], phrase.replace("{n}", written))
    chosen = _BUTTONS.sub(lambda forms: forms[1 if buttons else 2], chosen)
    return " ".join(_TIMES.sub(lambda forms: forms[2 if in_force else 1], chosen).split())
