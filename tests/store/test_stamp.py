"""The stamp moves with everything that a page is made of, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from sendepause.audit.silence import Heard
from sendepause.model import Campaign, CampaignState, DirectoryEntry, Sender, Silence, Via
from sendepause.store import database, directory, queries
from sendepause.store.database import Engine
from sendepause.store.silences import Listened, save_silences
from sendepause.store.stamp import stamp

AT = datetime(2019, 12, 6, 9, tzinfo=UTC)
LATER = AT + timedelta(minutes=10)
ONE = Campaign("crm", "1", "Winter", "+493023125101", CampaignState.RUNNING)


def heard(at: datetime) -> Listened:
    return Listened("rule", ONE.key, 1, "+493023125101", at, Heard(Silence.WAITING, AT))


CHANGES: dict[str, Callable[[Session, datetime], object]] = {
    "a plan": lambda s, at: queries.save_plan(s, [], hash=str(at), as_of=at, shown_at=at, accepted=True),
    "campaigns": lambda s, at: queries.save_campaigns(s, "crm", [ONE], at),
    "none": lambda s, at: queries.save_campaigns(s, "crm", [], at),
    "a directory": lambda s, at: directory.save(
        s, "waha", [DirectoryEntry(Sender(Via.WAHA, "http://waha", "a"), "+493023125101")], at
    ),
    "a reach": lambda s, at: queries.note_reach(s, "phones", "+493023125101", at),
    "a reading": lambda s, at: queries.beat(s, "read", at, at, {}),
    "a silence": lambda s, at: save_silences(s, [heard(at)]),
    "no silence any more": lambda s, at: save_silences(s, []),
}


@pytest.mark.parametrize("what", CHANGES)
def test_it_moves_with_what_was_written_down(engine: Engine, what: str) -> None:
    for change in ("campaigns", "a silence"):
        _write(engine, CHANGES[change], AT)
    before = _stamp(engine)
    _write(engine, CHANGES[what], LATER)
    assert _stamp(engine) != before
    assert _stamp(engine) == _stamp(engine)


def test_it_does_not_move_with_a_run_that_changed_nothing(engine: Engine) -> None:
    before = _stamp(engine)
    _write(engine, lambda s, at: queries.beat(s, "enforce", at, at, {}), LATER)
    assert _stamp(engine) == before


def _write(engine: Engine, change: Callable[[Session, datetime], object], at: datetime) -> None:
    with database.session(engine) as session:
        change(session, at)


def _stamp(engine: Engine) -> tuple[object, ...]:
    with database.session(engine, write=False) as session:
        return stamp(session)
