"""A file's portions come in their order, the next one being read while one is worked on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from sendepause.errors import BadInput
from sendepause.frames import MESSAGES
from sendepause.model import Evidence, Resolution
from sendepause.sources.base import Reading
from sendepause.sources.portions import ahead


def portions(number: int, fault: Exception | None = None) -> Iterator[Reading]:
    for place in range(number):
        yield Reading(MESSAGES.to_frame(), Resolution.S, Evidence.CONSUMER, (f"portion {place}",))
    if fault is not None:
        raise fault


def test_portions_keep_their_order() -> None:
    assert [portion.notes for portion in ahead(portions(3))] == [(f"portion {place}",) for place in range(3)]
    assert not list(ahead(portions(0)))


def test_the_next_portion_is_read_while_one_is_worked_on() -> None:
    read = threading.Event()

    def watched() -> Iterator[Reading]:
        yield from portions(1)
        read.set()
        yield from portions(1)

    for _ in ahead(watched()):
        assert read.wait(10)


def test_a_fault_in_a_later_portion_refuses_the_file() -> None:
    taken = ahead(portions(1, BadInput("The file is damaged.", "Export it again.")))
    next(taken)
    with pytest.raises(BadInput, match="damaged"):
        next(taken)


def test_who_stops_early_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    taken = ahead(portions(5))
    next(taken)
    taken.close()
    assert threading.active_count() == before
