"""Any run may be killed at any instant and started again: nothing is done twice, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.enforce.crash import KILLED, Place

MOST_INSTANTS = 120  # of one run; beyond them the harness itself is broken


def killed_at_every_instant(place: Place, run: Callable[[int | None], int], check: Callable[[], None]) -> int:
    """From here on ``run`` is killed at each instant in turn and run again; how many there are."""
    place.keep()
    for instant in range(1, MOST_INSTANTS):
        place.reset()
        code = run(instant)
        place.check_honest()
        assert run(None) == 0
        check()
        if code == 0:  # the run ended before this instant: all were tried
            return instant
        assert code == KILLED
    pytest.fail("a run has no end")


def check_paused_and_watched(place: Place) -> None:
    assert place.watches() == 0
    place.check_paused()


def test_a_run_that_is_left_alone_does_it_all_once(tmp_path: Path) -> None:
    place = Place(tmp_path, campaigns=2)
    for _ in range(2):
        assert place.pauses() == 0
        place.check_paused()
    assert place.watches() == 0
    place.check_paused()
    for _ in range(2):
        assert place.resumes() == 0
        place.check_resumed()


def test_a_pause_with_running_work_killed_at_every_instant(tmp_path: Path) -> None:
    place = Place(tmp_path, campaigns=1)
    assert killed_at_every_instant(place, place.pauses, lambda: check_paused_and_watched(place)) > 30


def test_a_resume_killed_at_every_instant(tmp_path: Path) -> None:
    place = Place(tmp_path, campaigns=1)
    assert place.pauses() == 0
    assert killed_at_every_instant(place, place.resumes, place.check_resumed) > 20


def test_a_watch_that_ends_running_work_killed_at_every_instant(tmp_path: Path) -> None:
    place = Place(tmp_path, campaigns=1)
    assert place.pauses() == 0
    place.work_begins("1")
    assert killed_at_every_instant(place, place.watches, lambda: place.check_drained("1")) > 10


def test_a_hand_heard_by_a_watch_killed_at_every_instant(tmp_path: Path) -> None:
    place = Place(tmp_path, campaigns=1)
    assert place.pauses() == 0
    place.somebody_switches("1", "running")

    def check() -> None:
        place.somebody_switches("1", "paused")  # their own pause now, which no approval of ours resumes
        assert place.resumes() == 0
        place.check_still_undone("1")

    assert killed_at_every_instant(place, place.watches, check) > 5


@pytest.mark.parametrize("instant", [9, 19, 30, 40])
def test_killed_again_and_again_among_several_campaigns(tmp_path: Path, instant: int) -> None:
    place = Place(tmp_path, campaigns=2)
    codes = [place.pauses(instant) for _ in range(4)]
    assert codes[0] == KILLED
    place.check_honest()
    assert place.pauses() == 0
    check_paused_and_watched(place)
