"""What the ledger's entries add up to. Each test writes a short history and says what it means."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendepause.model import EntryKind, Hold
from sendepause.store import folds
from sendepause.store.folds import Switches
from sendepause.store.ledger import GENESIS, Entry

START = datetime(2019, 12, 2, 8, tzinfo=UTC)
RULE, A, B = "whatsapp-2019", "campaign:n8n/17", "campaign:n8n/18"
K = EntryKind


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def history(*lines: tuple[Any, ...]) -> list[Entry]:
    """Entries 1, 2, … an hour apart, from lines (kind, subject, facts, author), the latter two optional."""
    return [entry(number, *line) for number, line in enumerate(lines, start=1)]


def entry(
    seq: int,
    kind: EntryKind,
    subject: str = "",
    facts: dict[str, Any] | None = None,
    author: str = "mia",
    enforcement: str = RULE,
) -> Entry:
    at = hour(seq)
    return Entry(seq, at, at, author, kind, subject, enforcement, facts or {}, None, GENESIS, GENESIS)


ON, OFF = {"on": True}, {"on": False}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], Switches(acting=False, halted=False)),
        ([(K.ACT, "", ON)], Switches(True, False, acting_since=hour(1), by="mia")),
        ([(K.ACT, "", ON), (K.ACT, "", ON)], Switches(True, False, acting_since=hour(1), by="mia")),
        (
            [(K.ACT, "", ON), (K.ACT, "", OFF, "ben")],
            Switches(False, False, acting_since=hour(2), by="ben"),
        ),
        (
            [(K.ACT, "", ON), (K.HALT, "", ON, "ben")],
            Switches(True, True, acting_since=hour(1), halted_since=hour(2), by="ben"),
        ),
        ([(K.HALT, "", ON), (K.HALT, "", OFF)], Switches(False, False, halted_since=hour(2), by="mia")),
        ([(K.ACT, "", {})], Switches(False, False, acting_since=hour(1), by="mia")),
    ],
)
def test_the_switches(lines: list[tuple[Any, ...]], expected: Switches) -> None:
    assert folds.switches(history(*lines)) == expected


@pytest.mark.parametrize(
    ("kinds", "status", "episode", "is_open"),
    [
        ([K.INTENT], "intended", 1, True),
        ([K.INTENT, K.NOT_PAUSED], "not_paused", 1, True),
        ([K.INTENT, K.NOT_PAUSED, K.INTENT], "not_paused", 1, True),
        ([K.INTENT, K.NOT_PAUSED, K.PAUSED], "paused", 1, True),
        ([K.INTENT, K.PAUSED], "paused", 1, True),
        ([K.INTENT, K.PAUSED, K.NOT_PAUSED], "paused", 1, True),
        ([K.INTENT, K.PAUSED, K.SILENCE_CONFIRMED], "paused", 1, True),
        ([K.INTENT, K.PAUSED, K.UNDONE], "undone", 1, False),
        ([K.INTENT, K.PAUSED, K.UNDONE, K.PAUSED], "undone", 1, False),
        ([K.INTENT, K.PAUSED, K.UNDONE, K.INTENT], "intended", 2, True),
        ([K.INTENT, K.PAUSED, K.UNDONE, K.INTENT, K.PAUSED], "paused", 2, True),
        ([K.INTENT, K.PAUSED, K.RESUME_INTENT], "paused", 1, True),
        ([K.INTENT, K.PAUSED, K.RESUME_INTENT, K.RESUMED], "resumed", 1, False),
        ([K.INTENT, K.PAUSED, K.RESUMED, K.INTENT], "intended", 2, True),
    ],
)
def test_the_episodes_of_a_pause(kinds: list[EntryKind], status: str, episode: int, is_open: bool) -> None:
    record = folds.pauses(history(*((kind, A) for kind in kinds)))[RULE, A]
    assert (record.status, record.episode, record.open) == (status, episode, is_open)


@pytest.mark.parametrize(
    ("kinds", "silence", "since"),
    [
        ([K.INTENT, K.PAUSED], None, None),
        ([K.INTENT, K.PAUSED, K.SILENCE_CONFIRMED], "confirmed", 3),
        ([K.INTENT, K.PAUSED, K.SENDING_SEEN, K.SENDING_SEEN], "broken", 3),
        ([K.INTENT, K.PAUSED, K.SILENCE_CONFIRMED, K.SENDING_SEEN], "broken", 4),
        ([K.INTENT, K.PAUSED, K.SENDING_SEEN, K.SILENCE_CONFIRMED], "broken", 3),
        ([K.INTENT, K.PAUSED, K.SENDING_SEEN, K.UNDONE, K.SILENCE_CONFIRMED], "broken", 3),
        ([K.INTENT, K.PAUSED, K.SENDING_SEEN, K.UNDONE, K.INTENT, K.PAUSED], None, None),
    ],
)
def test_the_second_proof_belongs_to_its_episode_and_a_machine_outweighs_it(
    kinds: list[EntryKind], silence: str | None, since: int | None
) -> None:
    record = folds.pauses(history(*((kind, A) for kind in kinds)))[RULE, A]
    assert record.silence == silence
    assert record.silence_since == (None if since is None else hour(since))


def test_a_campaign_without_an_intent_has_no_pause_of_ours() -> None:
    assert folds.pauses(history((K.PAUSED, A), (K.UNDONE, A), (K.BREACH, A), (K.APPROVE, A))) == {}


def test_pauses_of_two_rules_and_two_campaigns_are_apart() -> None:
    entries = [
        entry(1, K.INTENT, A),
        entry(2, K.INTENT, A, enforcement="other"),
        entry(3, K.PAUSED, A, enforcement="other"),
        entry(4, K.INTENT, B),
        entry(5, K.RESUMED, A),
    ]
    found = {key: record.status for key, record in folds.pauses(entries).items()}
    assert found == {(RULE, A): "resumed", ("other", A): "paused", (RULE, B): "intended"}


def test_a_pause_keeps_what_a_resume_needs() -> None:
    record = folds.pauses(
        history(
            (K.INTENT, A, {"version": "v7", "changed_by": "ben"}),
            (K.NOT_PAUSED, A, {"error": "Unreachable"}),
            (K.PAUSED, A, {"changed_by": "sendepause"}),
        )
    )[RULE, A]
    assert (record.intent_seq, record.at, record.version) == (1, hour(3), "v7")
    assert (record.changed_by, record.last_error) == ("sendepause", None)


def test_an_owed_pause_tells_its_newest_error() -> None:
    errors = [(K.NOT_PAUSED, A, {"error": error}) for error in ("Unreachable", "Refused")]
    assert folds.pauses(history((K.INTENT, A), *errors))[RULE, A].last_error == "Refused"


def test_a_begun_resume_is_seen_until_it_is_done() -> None:
    begun = history((K.INTENT, A), (K.PAUSED, A), (K.RESUME_INTENT, A))
    assert folds.pauses(begun)[RULE, A].resuming
    assert not folds.pauses([*begun, entry(4, K.RESUMED, A)])[RULE, A].resuming


@pytest.mark.parametrize(
    ("kinds", "breach"),
    [
        ([K.INTENT, K.PAUSED], False),
        ([K.BREACH, K.INTENT], True),
        ([K.INTENT, K.BREACH, K.PAUSED], True),
        ([K.INTENT, K.BREACH, K.UNDONE, K.INTENT], False),
        ([K.INTENT, K.UNDONE, K.BREACH, K.INTENT], True),
    ],
)
def test_a_breach_belongs_to_its_episode(kinds: list[EntryKind], breach: bool) -> None:
    assert folds.pauses(history(*((kind, A) for kind in kinds)))[RULE, A].breach is breach


@given(st.lists(st.tuples(st.sampled_from(EntryKind), st.sampled_from([A, B])), max_size=12))
def test_episodes_only_go_up_and_are_opened_by_intents(lines: list[tuple[EntryKind, str]]) -> None:
    entries = history(*lines)
    last = 0
    for count in range(len(entries) + 1):
        record = folds.pauses(entries[:count]).get((RULE, A))
        episode = record.episode if record else 0
        assert episode - last in (0, 1)
        if episode > last:
            assert record is not None
            assert (entries[count - 1].kind, record.intent_seq) == (K.INTENT, count)
        last = episode


ASKED = (K.HOLD_ASKED, A, {"until": "2019-12-04T12:00:00+01:00", "reason": "a fair"})
UNTIL = datetime(2019, 12, 4, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lines", "approver", "ends_at"),
    [
        ([ASKED], None, UNTIL),
        ([ASKED, (K.HOLD_GRANTED, "hold:1", {}, "ben")], "ben", UNTIL),
        ([ASKED, (K.HOLD_GRANTED, "hold:1", {}, "mia")], None, UNTIL),
        ([ASKED, (K.HOLD_GRANTED, "hold:1", {}, " Mia")], None, UNTIL),
        ([ASKED, (K.HOLD_GRANTED, "hold:2", {}, "ben")], None, UNTIL),
        (
            [ASKED, (K.HOLD_GRANTED, "hold:1", {}, "ben"), (K.HOLD_GRANTED, "hold:1", {}, "eva")],
            "ben",
            UNTIL,
        ),
        ([ASKED, (K.HOLD_GRANTED, "hold:1", {}, "ben"), (K.HOLD_ENDED, "hold:1")], "ben", hour(3)),
    ],
)
def test_a_hold_is_granted_by_another_person_and_ends(
    lines: list[tuple[Any, ...]], approver: str | None, ends_at: datetime
) -> None:
    assert folds.holds(history(*lines)) == [Hold(1, A, "mia", "a fair", hour(1), ends_at, approver)]


def test_a_hold_that_ended_by_itself_is_not_made_longer() -> None:
    asked = (K.HOLD_ASKED, A, {"until": hour(1).isoformat(), "reason": ""})
    [hold] = folds.holds(history(asked, (K.APPROVE, B), (K.HOLD_ENDED, "hold:1")))
    assert hold.ends_at == hour(1)


def test_a_hold_may_start_later() -> None:
    facts = {"until": "2019-12-05T00:00:00+01:00", "starts": "2019-12-04T00:00:00+01:00"}
    [hold] = folds.holds(history((K.HOLD_ASKED, A, facts)))
    assert hold.starts_at == datetime(2019, 12, 3, 23, tzinfo=UTC)


@pytest.mark.parametrize("until", [None, "soon", "2019-12-04T12:00:00", 5, ""])
def test_a_hold_whose_end_cannot_be_read_exempts_from_nothing(until: Any) -> None:
    assert folds.holds(history((K.HOLD_ASKED, A, {"until": until, "reason": "x"}))) == []


PLAN = {"plan_hash": "abc", "items": [A, B]}


@pytest.mark.parametrize(
    ("lines", "approved"),
    [
        ([], set()),
        ([(K.APPROVE, A)], {A}),
        ([(K.APPROVE, "plan:abc", {"items": [A]})], {"plan:abc", A}),
        ([(K.ACT, "", {"on": True, **PLAN})], {"plan:abc", A, B}),
        ([(K.ACT, "", {"on": True})], set()),
        ([(K.ACT, "", {"on": False, **PLAN})], set()),
        ([(K.INTENT, A), (K.GUARD_STOPPED, B, PLAN)], set()),
    ],
)
def test_what_a_person_approved(lines: list[tuple[Any, ...]], approved: set[str]) -> None:
    assert folds.approvals(history(*lines)) == approved


def stopped(campaign: str, *items: str) -> tuple[Any, ...]:
    """The guard stopped a pause; an item is exactly that pause, on that account of that kind."""
    return K.GUARD_STOPPED, campaign, {"items": list(items)}


@pytest.mark.parametrize(
    ("lines", "waiting"),
    [
        ([], {}),
        ([stopped(A, "a1")], {"a1": hour(1)}),
        ([stopped(A, "a1"), stopped(A, "a1")], {"a1": hour(1)}),
        ([stopped(A, "a1"), stopped(B, "b1"), (K.APPROVE, A, {"items": ["a1"]})], {"b1": hour(2)}),
        ([stopped(A, "a1"), (K.ACT, "", {"on": True, "items": ["a1"]})], {}),
        ([stopped(A, "a1"), stopped(B, "b1"), (K.INTENT, A), (K.PAUSED, A)], {"b1": hour(2)}),
        ([stopped(A, "a1"), (K.INTENT, A), (K.NOT_PAUSED, A)], {"a1": hour(1)}),
        ([stopped(A, "a1"), (K.PAUSED, A), (K.UNDONE, A), stopped(A, "a1")], {"a1": hour(4)}),
        # Approved for one account; since it moved to another, it is another pause.
        ([stopped(A, "a1"), (K.APPROVE, A, {"items": ["a1"]}), stopped(A, "a2")], {"a2": hour(3)}),
    ],
)
def test_what_waits_for_a_person(lines: list[tuple[Any, ...]], waiting: dict[str, datetime]) -> None:
    assert folds.waits(history(*lines)) == waiting


def test_the_keys_of_what_is_written_once_are_all_different() -> None:
    by_episode = [
        folds.once_intent,
        folds.once_paused,
        folds.once_undone,
        folds.once_resume_intent,
        folds.once_resumed,
        folds.once_breach,
        folds.once_silence_confirmed,
    ]
    keys = [key(RULE, item, episode) for key in by_episode for item in (A, B) for episode in (1, 2)]
    keys += [folds.once_not_paused(RULE, A, 1, error) for error in ("Unreachable", "Refused")]
    keys += [folds.once_guard_stopped(item, episode) for item in (A, B) for episode in (1, 2)]
    keys += [folds.once_sending_seen(RULE, A, 1, date(2019, 12, day)) for day in (1, 2)]
    keys += [folds.once_hold_granted(1), folds.once_hold_ended(1)]
    assert len(set(keys)) == len(keys)
