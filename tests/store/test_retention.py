"""What is old is forgotten, but nothing that a decision or an alert still rests on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from sendepause.model import Campaign, CampaignState, EntryKind, Finding, Verdict
from sendepause.store import ledger, queries
from sendepause.store.retention import forget
from sendepause.store.tables import AlertRow, DeliveryRow, DigestRow

LIMIT = datetime(2019, 12, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return LIMIT + timedelta(days=number)


def test_each_account_keeps_its_newest_finding(session: Session) -> None:
    finding = Finding("+493023125101", day(-3), 28, Verdict.CLEAR)
    silent = replace(finding, account="+493023125102")
    queries.save_findings(session, [finding, replace(finding, as_of=day(-2)), replace(finding, as_of=day(1))])
    queries.save_findings(session, [silent, replace(silent, as_of=day(-1))])
    assert forget(session, LIMIT)["findings"] == 3
    assert {found.as_of for found in queries.latest_findings(session).values()} == {day(1), day(-1)}


def test_the_newest_plan_and_the_newest_accepted_one_stay(session: Session) -> None:
    def show(number: int, accepted: bool) -> None:
        queries.save_plan(
            session, [], hash=str(number), as_of=day(number), shown_at=day(number), accepted=accepted
        )

    show(-5, False)
    show(-4, False)
    assert forget(session, LIMIT)["plans"] == 1
    show(-3, True)
    show(-2, False)
    show(-1, False)
    assert forget(session, LIMIT)["plans"] == 2
    newest, accepted = queries.latest_plan(session), queries.latest_plan(session, accepted_only=True)
    assert newest is not None
    assert accepted is not None
    assert (newest.hash, accepted.hash) == ("-1", "-3")


def test_campaigns_that_are_gone_for_long_are_forgotten(session: Session) -> None:
    campaign = Campaign("n8n", "17", "Advent", None, CampaignState.RUNNING)
    queries.save_campaigns(session, "n8n", [campaign, replace(campaign, id="18")], day(-2))
    queries.save_campaigns(session, "n8n", [campaign], day(-1))
    assert forget(session, LIMIT)["campaigns"] == 1
    assert queries.campaigns(session, include_gone=True) == [campaign]


def test_the_last_valid_configuration_stays_however_old(session: Session) -> None:
    for number in (-3, -2):
        queries.keep_configuration(session, str(number), {}, day(number))
    assert forget(session, LIMIT)["configurations"] == 1
    kept = queries.latest_configuration(session)
    assert kept is not None
    assert kept.hash == "-2"


def test_sent_texts_are_emptied_and_what_was_told_stays_known(session: Session) -> None:
    for name, state, number in (("old", "sent", -1), ("new", "sent", 1), ("stuck", "refused", -1)):
        session.add(
            DeliveryRow(
                id=name,
                channel="C1",
                text="Please stop",
                blocks=[{"type": "section"}],
                state=state,
                queued_at=day(number),
                sent_at=day(number) if state == "sent" else None,
            )
        )
    session.flush()
    session.add(
        AlertRow(
            enforcement="whatsapp-2019",
            subject="campaign:n8n/17",
            stage="warned",
            episode=1,
            channel="C1",
            audience="owner",
            language="de",
            facts={},
            owed_at=day(-1),
            delivery="old",
        )
    )
    session.flush()
    assert forget(session, LIMIT)["messages"] == 1
    session.expire_all()
    rows = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id))
    assert {row.id: (row.text, len(row.blocks)) for row in rows} == {
        "old": ("", 0),
        "new": ("Please stop", 1),
        "stuck": ("Please stop", 1),
    }
    assert session.scalars(select(AlertRow)).one().delivery == "old"
    assert forget(session, LIMIT)["messages"] == 0


def test_what_begins_a_thread_stays_since_it_still_changes(session: Session) -> None:
    kept = {"channel": "C1", "text": "Stand", "blocks": [{}], "state": "sent", "queued_at": day(-1)}
    session.add(DeliveryRow(id="root", form="root", sent_at=day(-1), **kept))
    session.flush()
    assert forget(session, LIMIT)["messages"] == 0


def test_the_numbers_that_people_were_told_last_stay(session: Session) -> None:
    for number, posted in ((-3, True), (-2, True), (-1, False), (1, False)):
        day_ = day(number).date().isoformat()
        session.add(DigestRow(day=day_, at=day(number), numbers={}, posted=posted))
    session.flush()
    assert forget(session, LIMIT)["digests"] == 2
    days = list(session.scalars(select(DigestRow.day).order_by(DigestRow.day)))
    assert days == [day(-2).date().isoformat(), day(1).date().isoformat()]


def test_the_ledger_is_never_forgotten(session: Session) -> None:
    for _ in range(3):
        ledger.append(session, at=day(-900), as_of=day(-900), author="mia", kind=EntryKind.HALT)
    forget(session, LIMIT)
    assert len(ledger.entries(session)) == 3
    assert ledger.verify(session) is None
