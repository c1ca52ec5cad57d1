"""The messages that can be answered, in the store: where each is, what it names, what it shows since."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from sendepause.alerts import buttons, deliveries
from sendepause.alerts.answers import ACTIONS
from sendepause.alerts.items import is_zone
from sendepause.alerts.texts import HOLDABLE
from sendepause.model import Answer, EntryKind, Language, Stage
from sendepause.store import folds, ledger
from sendepause.store.tables import AlertRow, DeliveryRow, NamingRow

_SUBJECTS = 50  # that one entry names


@dataclass(frozen=True, slots=True)
class Named:
    """A campaign or account that a message names."""

    alert: int
    subject: str  # item key
    enforcement: str
    stage: Stage
    name: str  # of a campaign, else ""

    @property
    def holdable(self) -> bool:
        """Whether a hold can be asked for at all."""
        return self.stage in HOLDABLE and self.subject.startswith("campaign:")


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that was sent and can be answered, as it was sent."""

    delivery: str
    channel: str  # where it is, which may be the backup channel
    ts: str
    enforcement: str
    stage: str
    owner: str | None
    language: Language
    zone: str
    text: str
    blocks: list[dict[str, Any]]
    named: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Requested:
    """A hold that was asked for in answer to a message."""

    key: str  # ``hold:SEQ``
    campaign: str  # item key
    until: datetime


def find(session: Session, delivery: str) -> Asked | None:
    """The message of a delivery; None where there is none in Slack, or none that can be answered."""
    row = session.get(DeliveryRow, delivery, populate_existing=True)
    if row is None or row.state != "sent" or not row.answerable or not row.ts:
        return None
    return Asked(
        delivery=row.id,
        channel=row.sent_channel or row.channel,
        ts=row.ts,
        enforcement=row.enforcement,
        stage=row.stage,
        owner=row.owner,
        language=Language(row.language),
        zone=row.time_zone if is_zone(row.time_zone) else "UTC",
        text=row.text,
        blocks=row.blocks,
        named=_named(session, delivery),
    )


def holdable(asked: Asked, waiting: Collection[str]) -> list[Named]:
    """The campaigns of a message that a hold can be asked for, each once; not those that wait for one."""
    found = {one.subject: one for one in asked.named if one.holdable and one.subject not in waiting}
    return list(found.values())


def waiting(session: Session, now: datetime) -> set[str]:
    """The campaigns (item keys) for which a hold was asked for and waits for approval."""
    entries = ledger.entries(session, kinds=folds.HOLDS)
    return {hold.campaign for hold in folds.pending_holds(entries, now)}


def note(
    session: Session, asked: Asked, answer: Answer, author: str, at: datetime, hold: Requested | None = None
) -> None:
    """Write an answer down, once, and let the message show it from the next round of delivery on.

    ``hold``: what was asked for, where that is the answer.
    """
    subjects = [hold.campaign] if hold else [one.subject for one in asked.named]
    entry = ledger.append(
        session,
        at=at,
        as_of=at,
        author=author,
        kind=EntryKind.ANSWERED,
        subject=folds.answered_subject(asked.delivery),
        enforcement=asked.enforcement,
        facts={
            "answer": str(answer),
            "owner": asked.owner,
            "stage": asked.stage,
            "subjects": subjects[:_SUBJECTS],
            **({"hold": hold.key, "until": hold.until.isoformat()} if hold else {}),
        },
        once=folds.once_answered(asked.delivery, answer, hold.key if hold else ""),
    )
    if entry is not None and asked.blocks:  # what was sent long ago is no longer kept: it stays as it is
        _show(session, asked, at)


def _show(session: Session, asked: Asked, at: datetime) -> None:
    subject = folds.answered_subject(asked.delivery)
    entries = ledger.entries(session, kinds=[EntryKind.ANSWERED], subject=subject)
    buttoned = any(_has_button(block, Answer.HOLD) for block in asked.blocks)
    text, blocks = buttons.answered(
        asked.text,
        asked.blocks,
        asked.delivery,
        folds.answers(entries)[asked.delivery],
        asked.language,
        asked.zone,
        hold=buttoned and bool(holdable(asked, waiting(session, at))),
        names={one.subject: one.name for one in asked.named},
    )
    deliveries.show(session, asked.delivery, text, blocks)


def _has_button(block: dict[str, Any], answer: Answer) -> bool:
    elements = block.get("elements", []) if block.get("type") == "actions" else []
    return any(ACTIONS.get(element.get("action_id")) is answer for element in elements)


def _named(session: Session, delivery: str) -> tuple[Named, ...]:
    rows = session.execute(
        select(
            AlertRow.id,
            AlertRow.subject,
            AlertRow.enforcement,
            AlertRow.stage,
            AlertRow.facts["campaign_name"].as_string().label("name"),
        )
        .join(NamingRow, NamingRow.alert == AlertRow.id)
        .where(NamingRow.delivery == delivery)
        .order_by(AlertRow.id)
    )
    return tuple(
        Named(row.id, row.subject, row.enforcement, Stage(row.stage), row.name or "") for row in rows
    )
