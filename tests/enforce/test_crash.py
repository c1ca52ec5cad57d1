"""Any run may be killed at any instant and started again: nothing is done twice, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.enforce.crash import KILLED, Place

MOST_INSTANTS = 500  # a run has fewer; more would be a run that never ends


@pytest.fixture
def template(tmp_path: Path) -> Place:
    (tmp_path / "template").mkdir()
    return Place.template(tmp_path / "template")


def test_a_run_that_is_left_alone_does_it_all(template: Place) -> None:
    assert template.run() == 0
    template.check_done()
    assert template.run() == 0
    template.check_done()


@pytest.mark.parametrize("kills", [1, 3])
def test_killed_at_every_instant_and_started_again(template: Place, tmp_path: Path, kills: int) -> None:
    instant = 0
    while instant < MOST_INSTANTS:
        instant += 1
        place = template.copy(tmp_path / str(instant))
        codes = [place.run(kill_at=instant) for _ in range(kills)]
        place.check_honest()
        assert place.run() == 0
        place.check_done()
        if codes[0] == 0:
            break  # the run ended before this instant: all were tried
        assert codes[0] == KILLED
    assert 40 < instant < MOST_INSTANTS
