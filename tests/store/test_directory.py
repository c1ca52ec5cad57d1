"""Whose a session is, as the systems told: the last word counts, and two words at once are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sendepause.model import DirectoryEntry, Sender, Via
from sendepause.store import database, directory
from sendepause.store.database import Engine

AT = datetime(2019, 12, 6, 9, tzinfo=UTC)
SESSION = Sender(Via.WAHA, "http://waha:3000", "default")
ONE, OTHER = "+493023125101", "+493023125102"


def told(engine: Engine, *said: tuple[str, str, datetime]) -> list[str]:
    """The accounts of the session after systems told: system, account, when."""
    for system, account, at in said:
        with database.session(engine) as session:
            directory.save(session, system, [DirectoryEntry(SESSION, account)], at)
    with database.session(engine, write=False) as session:
        return [entry.account for entry in directory.entries(session)]


def test_what_was_told_last_counts(engine: Engine) -> None:
    assert told(engine, ("a", ONE, AT), ("a", OTHER, AT + timedelta(hours=1))) == [OTHER]
    assert told(engine, ("b", ONE, AT + timedelta(days=2))) == [ONE]


def test_a_session_that_two_systems_call_theirs_is_nobodys(engine: Engine) -> None:
    assert told(engine, ("a", ONE, AT), ("b", OTHER, AT)) == []
    assert told(engine, ("a", ONE, AT + timedelta(hours=1))) == []
    assert told(engine, ("b", ONE, AT + timedelta(hours=2))) == [ONE]
