"""What the ledger's entries say of answers: by message, in order, and nothing that cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sendepause.model import Answer, EntryKind
from sendepause.store import folds
from sendepause.store.folds import Given
from sendepause.store.ledger import GENESIS, Entry

AT = datetime(2019, 12, 2, 9, tzinfo=UTC)


def entry(
    seq: int, facts: dict[str, Any], subject: str = "delivery:one", kind: EntryKind = EntryKind.ANSWERED
) -> Entry:
    return Entry(
        seq, AT + timedelta(minutes=seq), AT, "slack:U0ERIKA", kind, subject, "", facts, None, GENESIS, ""
    )


def test_each_message_has_its_answers_in_the_order_in_which_they_were_given() -> None:
    found = folds.answers(
        [
            entry(1, {"answer": "read", "subjects": ["campaign:crm/1"]}),
            entry(2, {"answer": "read"}, "delivery:two"),
            entry(
                3, {"answer": "hold", "until": "2019-12-04T23:00:00+00:00", "subjects": ["campaign:crm/1"]}
            ),
        ]
    )
    assert found == {
        "one": (
            Given(Answer.READ, "slack:U0ERIKA", AT + timedelta(minutes=1), 1, ("campaign:crm/1",)),
            Given(
                Answer.HOLD,
                "slack:U0ERIKA",
                AT + timedelta(minutes=3),
                3,
                ("campaign:crm/1",),
                datetime(2019, 12, 4, 23, tzinfo=UTC),
            ),
        ),
        "two": (Given(Answer.READ, "slack:U0ERIKA", AT + timedelta(minutes=2), 2),),
    }


@pytest.mark.parametrize(
    "other",
    [
        entry(1, {"answer": "agreed"}),
        entry(1, {}),
        entry(1, {"answer": None}),
        entry(1, {"answer": "hold", "until": "soon"}),
        entry(1, {"answer": "hold", "until": 5}),
        entry(1, {"answer": "read"}, "campaign:crm/1"),
        entry(1, {"answer": "read"}, kind=EntryKind.CONFIRMED),
    ],
)
def test_what_cannot_be_read_answers_nothing(other: Entry) -> None:
    assert folds.answers([other]) == {}


def test_an_answer_is_given_once_a_message_and_a_request_once_for_itself() -> None:
    names = {
        folds.once_answered("one", Answer.READ),
        folds.once_answered("one", Answer.MOVED),
        folds.once_answered("two", Answer.READ),
        folds.once_answered("one", Answer.HOLD, "hold:7"),
        folds.once_answered("one", Answer.HOLD, "hold:9"),
    }
    assert len(names) == 5
