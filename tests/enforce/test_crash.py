"""Any run may be killed at any instant and started again: nothing is done twice, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.enforce.crash import KILLED, Place

FEWEST_INSTANTS, MOST_INSTANTS = 25, 100  # of one pause; outside of these the harness itself is broken


def test_a_run_that_is_left_alone_does_it_all_once(tmp_path: Path) -> None:
    place = Place(tmp_path, campaigns=2)
    for _ in range(2):
        assert place.run() == 0
        place.check_done()


def test_killed_at_every_instant_and_started_again(tmp_path: Path) -> None:
    place = Place(tmp_path, campaigns=1)
    for instant in range(1, MOST_INSTANTS):
        place.reset()
        code = place.run(kill_at=instant)
        place.check_honest()
        assert place.run() == 0
        place.check_done()
        if code == 0:  # the run ended before this instant: all were tried
            assert instant > FEWEST_INSTANTS
            return
        assert code == KILLED
    pytest.fail("a run has no end")


@pytest.mark.parametrize("instant", [9, 19, 30, 40])
def test_killed_again_and_again_among_several_campaigns(tmp_path: Path, instant: int) -> None:
    place = Place(tmp_path, campaigns=2)
    codes = [place.run(kill_at=instant) for _ in range(4)]
    assert codes[0] == KILLED
    place.check_honest()
    assert place.run() == 0
    place.check_done()
