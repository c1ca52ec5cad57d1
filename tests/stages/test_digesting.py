"""A day's numbers are kept every day; its summary is queued once, with a picture, and says what changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from tests.stages.company import Company

from sendepause import digesting, people
from sendepause.alerts import picture
from sendepause.model import AccountState
from sendepause.store import database, digests
from sendepause.store.digests import Digest
from sendepause.store.tables import DeliveryRow

RULE = "whatsapp-2019"


def post(company: Company, moment: str | datetime, *, connected: bool = True) -> bool:
    """The summary of a moment, as the DAG has it written."""
    settings, _ = company.installation.read_settings()
    return digesting.write(company.installation, settings, company.at(moment), connected=connected)


def queued(company: Company) -> list[DeliveryRow]:
    with database.session(company.installation.engine, write=False) as session:
        query = select(DeliveryRow).where(DeliveryRow.form == "digest").order_by(DeliveryRow.queued_at)
        return list(session.scalars(query))


def kept(company: Company) -> list[Digest]:
    with database.session(company.installation.engine, write=False) as session:
        return digests.history(session, date(2020, 1, 1), 365)


@pytest.fixture
def acting(company: Company) -> Company:
    people.switch_acting(company.installation, True, "anna")
    return company


def test_far_from_the_date_it_is_due_on_mondays_and_kept_every_day(company: Company) -> None:
    due = [post(company, f"2019-10-{day}T08:00") for day in (20, 21, 22)]
    assert due == [False, True, False]
    assert [(one.day.day, one.posted) for one in kept(company)] == [(20, False), (21, True), (22, False)]
    assert len(queued(company)) == 1


def test_in_warning_it_is_due_every_day(company: Company) -> None:
    assert all(post(company, f"2019-11-{day}T08:00") for day in (20, 21, 22))
    assert len(queued(company)) == 3


def test_a_day_is_the_operators_and_has_one_summary(company: Company) -> None:
    company.files["owners.yaml"]["operators"]["time_zone"] = "Asia/Tokyo"
    company.configure()
    for moment in ("2019-11-19T16:30", "2019-11-20T08:00", "2019-11-20T15:30"):  # the 20th in Tokyo
        post(company, moment)
    (one,) = kept(company)
    assert one.day == date(2019, 11, 20)
    assert len(queued(company)) == 1


def test_what_was_told_is_not_overwritten_by_a_later_look(acting: Company) -> None:
    post(acting, "2019-11-20T08:00")
    (told,) = kept(acting)
    acting.enforce("2019-12-06T09:00")
    acting.at("2019-11-20T09:00")
    post(acting, "2019-11-20T09:00")
    assert kept(acting) == [told]


def test_without_slack_the_numbers_are_kept_and_nothing_waits_to_be_told(company: Company) -> None:
    assert post(company, "2019-11-20T08:00", connected=False)
    assert [one.posted for one in kept(company)] == [False]
    assert not queued(company)
    post(company, "2019-11-20T09:00")
    assert [one.posted for one in kept(company)] == [True]


def test_what_changed_is_counted_from_the_last_summary_that_was_posted(acting: Company) -> None:
    post(acting, "2019-12-05T08:00")
    acting.enforce("2019-12-06T01:00")
    post(acting, "2019-12-06T08:00", connected=False)
    acting.set_campaign("winter", "running")
    acting.enforce("2019-12-07T01:00")
    post(acting, "2019-12-07T08:00")
    post(acting, "2019-12-08T08:00")
    first, second, third = (one.text.splitlines() for one in queued(acting))
    assert [line for line in first if line.startswith("This is the first summary")]
    (told,) = [line for line in second if line.startswith("Since Thursday:")]
    assert "one campaign switched on again" in told
    assert "2 campaigns paused" in told, "one of them twice"
    assert [line for line in third if line.startswith("Nothing has happened since yesterday")]


def test_the_numbers_are_those_of_the_plan(acting: Company) -> None:
    acting.enforce("2019-12-06T09:00")
    post(acting, "2019-12-06T09:10")
    (one,) = kept(acting)
    rule = one.numbers.rules[RULE]
    assert sum(rule.states.values()) == 4
    assert rule.states[AccountState.ALLOWED] == 1
    assert (rule.owed, one.numbers.without_source) == (0, 4)
    assert one.numbers.ledger == len(acting.entries())


def test_it_carries_a_picture_of_the_days_and_its_words(company: Company) -> None:
    for day in (20, 21, 22):
        post(company, f"2019-11-{day}T08:00")
    first, _, last = queued(company)
    assert all(one.picture and one.picture.startswith(b"\x89PNG") for one in (first, last))
    assert "on 20 November 2019" in str(first.picture_alt)
    assert "from 20 November 2019 to 22 November 2019" in str(last.picture_alt)


def test_a_picture_that_cannot_be_drawn_costs_no_summary(
    company: Company, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> bytes:
        raise RuntimeError("no font")

    monkeypatch.setattr(picture, "draw", broken)
    post(company, "2019-11-20T08:00")
    (one,) = queued(company)
    assert (one.picture, one.picture_alt) == (None, None)
    assert "goes out without it" in caplog.text


def test_a_worker_killed_on_the_way_tells_it_with_its_next_try(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(digests, "keep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            post(company, "2019-11-20T08:00")
    assert not queued(company), "what is not kept was not queued either"
    post(company, "2019-11-20T08:10")
    assert len(queued(company)) == len(kept(company)) == 1
