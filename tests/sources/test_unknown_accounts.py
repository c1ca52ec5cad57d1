"""What a file's notes say of numbers that are no accounts can be read again, and names no customer."""

from __future__ import annotations

from collections import Counter

import pytest

from sendepause.sources.conversion import _about_unknown, unknown_accounts

NUMBERS: Counter[str | None] = Counter({f"+49302312510{n:02}": 25 - n for n in range(25)})


def test_the_most_frequent_are_named_and_the_rest_is_counted() -> None:
    found = list(unknown_accounts(_about_unknown(NUMBERS, by_people=False)))
    assert found == [*list(NUMBERS)[:20], "5 further unknown accounts"]


def test_what_may_be_a_customers_number_is_not_named() -> None:
    found = list(unknown_accounts(_about_unknown(Counter({"+4930231251000": 2}), by_people=True)))
    assert found == ["a number that ends in 00"]


@pytest.mark.parametrize(
    "note",
    [
        "12 messages without a time stamp were left out.",
        "3 messages were left out, because they are dated in the future.",
        "",
    ],
)
def test_other_notes_name_nobody(note: str) -> None:
    assert list(unknown_accounts([note])) == []
