"""Each day's numbers are kept: those that people were told stay as they were told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from sendepause.model import AccountState, Verdict
from sendepause.store import digests
from sendepause.store.digests import Digest, Numbers, RuleNumbers
from sendepause.store.tables import DigestRow

MONDAY = date(2019, 12, 2)
EIGHT = datetime(2019, 12, 2, 7, tzinfo=UTC)
RULE = RuleNumbers({AccountState.PAUSED: 3, AccountState.CLEAR: 5}, 1, 2, 3, 4, 5, 6, 7, 8)
NUMBERS = Numbers({"whatsapp-2019": RULE}, {Verdict.BULK: 2}, *range(1, 11), "f" * 64)
UNSEEN = Digest(MONDAY, EIGHT, NUMBERS, posted=False)
POSTED = replace(UNSEEN, posted=True)


def later(digest: Digest, days: int = 0, hours: int = 1) -> Digest:
    at = digest.at + timedelta(days=days, hours=hours)
    numbers = replace(digest.numbers, ledger=digest.numbers.ledger + 1)
    return replace(digest, day=digest.day + timedelta(days=days), at=at, numbers=numbers)


def on_monday(session: Session) -> list[Digest]:
    return digests.history(session, MONDAY, 1)


def test_all_numbers_are_read_back_as_they_were(session: Session) -> None:
    assert len({*range(1, 11)}) == 10, "no two fields hold the same number by chance"
    digests.keep(session, UNSEEN)
    assert on_monday(session) == [UNSEEN]


def test_until_a_day_was_posted_its_newest_numbers_count(session: Session) -> None:
    digests.keep(session, UNSEEN)
    digests.keep(session, later(UNSEEN))
    assert on_monday(session) == [later(UNSEEN)]
    digests.keep(session, later(POSTED, hours=2))
    assert on_monday(session) == [later(POSTED, hours=2)]


def test_what_people_were_told_is_what_the_next_one_is_held_against(session: Session) -> None:
    digests.keep(session, POSTED)
    digests.keep(session, later(UNSEEN))
    digests.keep(session, later(POSTED, hours=2))
    assert on_monday(session) == [POSTED]


def test_the_last_posted_one_is_of_an_earlier_day(session: Session) -> None:
    assert digests.posted_before(session, MONDAY) is None
    for digest in (later(POSTED, -7), later(UNSEEN, -1), POSTED, later(POSTED, 1)):
        digests.keep(session, digest)
    assert digests.posted_before(session, MONDAY) == later(POSTED, -7)
    assert digests.posted_before(session, MONDAY + timedelta(days=1)) == POSTED
    assert digests.is_posted(session, MONDAY)
    assert not digests.is_posted(session, MONDAY - timedelta(days=1)), "kept, and not posted"
    assert not digests.is_posted(session, MONDAY + timedelta(days=2)), "never kept"


def test_a_history_is_in_order_and_ends_with_its_day(session: Session) -> None:
    for offset in (1, -1, -40, 0, -29, -30):
        digests.keep(session, later(UNSEEN, offset))
    found = [(digest.day - MONDAY).days for digest in digests.history(session, MONDAY, 30)]
    assert found == [-29, -1, 0]


def test_numbers_of_another_version_are_read_as_far_as_they_are_known(session: Session) -> None:
    old = {"rules": {"whatsapp-2019": {"states": {"paused": 3, "dreaming": 1}, "naps": 2}}, "moods": 4}
    session.add(DigestRow(day=MONDAY.isoformat(), at=EIGHT, numbers=old, posted=True))
    session.flush()
    (found,) = on_monday(session)
    assert found.numbers == Numbers({"whatsapp-2019": RuleNumbers({AccountState.PAUSED: 3})})


def test_no_number_is_kept_for_states_that_nobody_has(session: Session) -> None:
    rule = RuleNumbers({state: int(state is AccountState.HELD) for state in AccountState})
    digests.keep(session, replace(UNSEEN, numbers=Numbers({"whatsapp-2019": rule})))
    kept = session.scalars(select(DigestRow.numbers)).one()
    assert kept["rules"]["whatsapp-2019"]["states"] == {"held": 1}
