"""The fixed sentences of an alert: one set a stage, in German (``phrases_de``) and English (``phrases_en``).

``{one|many}`` stands for the first form where a message names one thing, else for the second; ``{n}`` is
the number of things. ``[before|after]`` stands for the first form until the rule comes into force, then
for the second. Nothing from outside is ever put into these sentences. The terms are those of
``docs/words.md``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sendepause.model import Audience

_FORMS = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")
_TIMES = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")


class Phrases(NamedTuple):
    """What is said at a stage, in one language, in the order in which it is read."""

    title: str
    happened: str
    means: str  # for the date
    owner: str  # what the owner is asked to do
    operators: str  # what the operators are asked to do
    then: str  # what happens next
    moves: bool = False  # whether the owner is told where the account should move

    def asked(self, audience: Audience) -> str:
        """What the reader is asked to do."""
        return self.owner if audience is Audience.OWNER else self.operators


class Moves(NamedTuple):
    """Where an account should move, with the first step."""

    personal: str  # also where the kind is not known
    business_app: str
    by_hand: str  # a person with canned answers: nothing has to send by itself


class Frame(NamedTuple):
    """The words that hold a message together, in one language."""

    date: str
    date_past: str
    rule: str
    asked: str
    move: str
    then: str
    part: str
    as_of: str
    in_zone: str
    campaign: str
    in_system: str
    system: str
    reasons: str
    finding: str
    no_data: str
    changed: str
    changed_by: str
    hold_until: str
    pause_from: str
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
    about: str


def put(phrase: str, count: int, written: str, in_force: bool) -> str:
    """``phrase`` for ``count`` things, whose number is ``written`` so, before or after the date."""
    numbered = _FORMS.sub(lambda forms: forms[1 if count == 1 else 2], phrase.replace("{n}", written))
    return " ".join(_TIMES.sub(lambda forms: forms[2 if in_force else 1], numbered).split())
