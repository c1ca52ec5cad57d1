"""The fixed sentences of an alert: one set a stage, in German (``phrases_de``) and English (``phrases_en``).

``{one|many}`` stands for the first form where a message names one thing, else for the second; ``{n}`` is
the number of things. Nothing from outside is ever put into these sentences.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sendepause.model import Audience

_FORMS = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")


class Phrases(NamedTuple):
    """What is said at a stage, in one language, in the order in which it is read."""

    title: str
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

    date: str
    asked: str
    then: str
    part: str
    as_of: str
    in_zone: str
    campaign: str
    in_system: str
    system: str
    kind: str
    reasons: str
    verdict: str
    no_data: str
    changed: str
    changed_by: str
    changed_at: str
    hold_until: str
    items: str
    detail: str
    error: str


def counted(phrase: str, count: int, written: str) -> str:
    """``phrase`` for ``count`` things, whose number is ``written`` so."""
    return _FORMS.sub(lambda forms: forms[1 if count == 1 else 2], phrase.replace("{n}", written))
