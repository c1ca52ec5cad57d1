"""Companies whose numbers share texts and people as colleagues do, made up from a seed.

Each number lies in the week of a real person, as the campaigns of ``adversaries`` do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np
import polars as pl
from tests.audit.adversaries import AWAKE, DAY, Random, Seconds, host, in_hours, labelled, laid

NUMBERS = 8
_SYLLABLES = (
    "ba",
    "ko",
    "mi",
    "tu",
    "le",
    "ra",
    "son",
    "fe",
    "wil",
    "dor",
    "nu",
    "gar",
    "pe",
    "sit",
    "lo",
    "han",
)

Part = Callable[[Random, str, int], pl.DataFrame]
"""What one number (of so many) of a company (its name) sends and hears in a week."""


def _some_time(rng: Random, number: int) -> Seconds:
    return np.sort(in_hours(rng.uniform(0, 5 * 8 * 3_600, number)))


def _people(company: str, which: Sequence[int]) -> list[str]:
    return [f"{company}-x{index}" for index in which]


def _own_texts(rng: Random, number: int) -> list[str]:
    """Texts that have nothing in common: eight made-up words each."""
    words = rng.choice(_SYLLABLES, (number, 8, 3))
    return [" ".join("".join(word) for word in text) for text in words]


def _greeting(rng: Random, company: str, number: int) -> pl.DataFrame:
    """The company's greeting, to 15 customers who wrote."""
    who = _people(company, range(number * 15, number * 15 + 15))
    said = ["Guten Tag und willkommen, wie können wir Ihnen helfen?"] * 15
    return laid(rng, _some_time(rng, 15), said, who, into=host(rng), answered=1, answers_first=True)


def _opening_hours(rng: Random, company: str, number: int) -> pl.DataFrame:
    """A notice of opening hours in the evening, to whoever writes then; on most days somebody does."""
    at = np.sort(rng.choice(7, 15) * DAY + rng.uniform(18.5 * 3_600, 21 * 3_600, 15))
    said = ["Danke für Ihre Nachricht, wir sind von 9 bis 18 Uhr für Sie da."] * 15
    who = _people(company, range(number * 15, number * 15 + 15))
    return laid(rng, at, said, who, into=host(rng), answered=1, answers_first=True)


def _opener(rng: Random, company: str, number: int) -> pl.DataFrame:
    """The same words to begin a talk, with eight customers a week, of whom half answer."""
    said = ["Guten Tag, ich melde mich wegen Ihrer Anfrage von letzter Woche."] * 8
    who = _people(company, range(number * 8, number * 8 + 8))
    return laid(rng, _some_time(rng, 8), said, who, into=host(rng), answered=0.5)


def _rare_opener(rng: Random, company: str, number: int) -> pl.DataFrame:
    """The same words to begin a talk, with two a week, of whom hardly any answer; sixteen in the company."""
    said = ["Guten Tag, wir haben etwas für Sie hinterlegt, holen Sie es gern bei uns ab."] * 2
    who = _people(company, (number * 2, number * 2 + 1))
    return laid(rng, _some_time(rng, 2), said, who, into=host(rng), answered=0.1)


def _group(rng: Random, company: str, number: int) -> pl.DataFrame:
    """An internal group that all numbers wish a good morning, and in which each hears the others."""
    at = np.arange(5) * DAY + np.sort(rng.uniform(8 * 3_600, 9 * 3_600, 5))
    said = ["Guten Morgen zusammen!"] * 5
    return laid(rng, at, said, [f"{company}-group"] * 5, into=host(rng), answered=0.9)


def _customers(rng: Random, company: str, number: int) -> pl.DataFrame:
    """Customers whom several colleagues serve: each writes to 15 of 40, and 4 in 10 answer."""
    which = [(index * 3 + number * 5) % 40 for index in range(15)]
    return laid(
        rng, _some_time(rng, 15), _own_texts(rng, 15), _people(company, which), into=host(rng), answered=0.4
    )


def _nothing(rng: Random, company: str, number: int) -> pl.DataFrame:
    """Everybody's own texts to people of their own at waking hours."""
    at = np.sort(in_hours(rng.uniform(0, 7 * 14 * 3_600, 12), AWAKE, 7))
    who = _people(company, range(number * 12, number * 12 + 12))
    return laid(rng, at, _own_texts(rng, 12), who, into=host(rng), answered=0.7)


def _company(name: str, part: Part) -> Callable[[int], pl.DataFrame]:
    def made(seed: int) -> pl.DataFrame:
        rng = np.random.default_rng([seed, crc32(name.encode())])
        return pl.concat(
            [
                labelled(
                    part(rng, f"{name}-{copy}", number), f"{name}-{copy}-{number}", name, 0, "same"
                ).with_columns(label=pl.lit("human"), company=pl.lit(f"{name}-{copy}"))
                for copy in range(3)
                for number in range(NUMBERS)
            ]
        )

    return made


ALL: dict[str, Callable[[int], pl.DataFrame]] = {
    "greeting": _company("greeting", _greeting),
    "opening_hours": _company("opening_hours", _opening_hours),
    "opener": _company("opener", _opener),
    "rare_opener": _company("rare_opener", _rare_opener),
    "group": _company("group", _group),
    "customers": _company("customers", _customers),
    "nothing_shared": _company("nothing_shared", _nothing),
}
"""Every innocent company by name, three of each and eight numbers in it; columns as ``adversaries.FRAME``."""
