"""What nobody answered is counted until somebody does, or until nothing is left to answer."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session
from tests.alerts.conftest import START, answer, fact, owner

from sendepause.alerts import outbox
from sendepause.alerts.answered import unanswered
from sendepause.model import Form
from sendepause.store.database import session
from sendepause.store.tables import AlertRow, NamingRow


def named(opened: Session, delivery: str, form: Form, *alerts: int) -> None:
    """A message that names these alerts."""
    outbox.queue(opened, delivery=delivery, channel="C0OWNER", text="…", blocks=[], at=START, form=form)
    opened.execute(insert(NamingRow), [{"delivery": delivery, "alert": alert} for alert in alerts])


@pytest.fixture
def opened(either: Engine) -> Session:
    """Two alerts that were told in one message and went to the operators, since nobody answered it."""
    with session(either) as found:
        for subject in ("campaign:n8n/1", "campaign:n8n/2"):
            outbox.owe(found, fact(subject), [owner()], START)
        one, other = found.scalars(select(AlertRow.id).order_by(AlertRow.id))
        named(found, "told", Form.NOTICE, one, other)
        named(found, "unanswered", Form.UNANSWERED, one, other)
        yield found
        found.rollback()


def test_each_alert_is_counted_once(opened: Session) -> None:
    named(opened, "again", Form.UNANSWERED, *opened.scalars(select(AlertRow.id)))
    assert unanswered(opened) == 2


@pytest.mark.parametrize("delivery", ["told", "unanswered"])
def test_an_answer_to_any_message_counts_for_all_that_it_names(opened: Session, delivery: str) -> None:
    answer(opened, delivery)
    assert unanswered(opened) == 0


def test_an_answer_to_another_message_counts_for_nothing(opened: Session) -> None:
    one, _ = opened.scalars(select(AlertRow.id).order_by(AlertRow.id))
    named(opened, "reminder", Form.REMINDER, one)
    answer(opened, "reminder")
    answer(opened, "elsewhere")
    assert unanswered(opened) == 1


def test_what_is_over_needs_no_answer(opened: Session) -> None:
    outbox.settle(opened, {("whatsapp", "campaign:n8n/2", fact().stage)}, START)
    assert unanswered(opened) == 1


def test_what_nobody_was_asked_about_again_is_not_counted(either: Engine) -> None:
    with session(either) as found:
        outbox.owe(found, fact(), [owner()], START)
        named(found, "told", Form.NOTICE, *found.scalars(select(AlertRow.id)))
        assert unanswered(found) == 0
