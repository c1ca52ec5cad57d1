"""What a file is called can name a person; what is a date or a counter names nobody."""

from __future__ import annotations

import pytest

from sendepause.keys import holds_a_number


@pytest.mark.parametrize(
    "name",
    [
        "0171-3920077.csv",
        "0171 392 00 77.csv",
        "0049_171_3920077.json",
        "chat (0171) 3920077.jsonl",
        "491713920077.csv",
        "40-66969101.txt",
        "2019-11-30 0171 3920077.csv",
    ],
)
def test_a_number_is_seen_in_any_spelling(name: str) -> None:
    assert holds_a_number(name)


@pytest.mark.parametrize(
    "name",
    [
        "export-2019-11-30.csv",
        "export_20191130.csv",
        "hooks-20191130T101500.jsonl",
        "2019-11-30 10-15-00 batch 12.jsonl",
        "part-00012.csv",
        "v2.1.3",
    ],
)
def test_dates_and_counters_are_no_numbers(name: str) -> None:
    assert not holds_a_number(name)
