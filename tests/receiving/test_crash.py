"""Reading what was received may be killed at any instant: nothing is lost, nothing is doubled."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.enforce.crash import KILLED
from tests.receiving.crash import Place

MOST_INSTANTS = 200


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_run_that_is_left_alone_reads_it_all(place: Place) -> None:
    for _ in range(2):
        assert place.reads() == 0
        place.check_all_read()


@pytest.mark.timeout(600)
def test_killed_at_every_instant_and_run_again(place: Place) -> None:
    for instant in range(1, MOST_INSTANTS):
        place.reset()
        code = place.reads(instant)
        place.check_nothing_lost()
        assert place.reads() == 0
        place.check_all_read()
        if code == 0:  # the run ended before this instant: all were tried
            assert instant > 20
            return
        assert code == KILLED
    pytest.fail("a run has no end")
