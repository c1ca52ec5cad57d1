"""When an open alert is told again: reminders toward the date, and steps up when nobody answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from sendepause.alerts.deliveries import chunks
from sendepause.alerts.items import pause_at
from sendepause.alerts.texts import AlertFacts
from sendepause.model import Audience, Form, Stage, Verdict
from sendepause.store.tables import AlertRow, DeliveryRow, NamingRow

ASKING = frozenset(  # somebody has to do something, and is reminded of it
    {
        Stage.FOUND,
        Stage.WARNED,
        Stage.LAST_CALL,
        Stage.NOT_PAUSED,
        Stage.UNDONE,
        Stage.UNKNOWN_AUTOMATION,
        Stage.NO_DATA,
        Stage.CONTRADICTION,
        Stage.HOLD_ASKED,
        Stage.HOLD_ENDS,
        Stage.GUARD_STOPPED,
        Stage.HALT_STILL_ON,
        Stage.BREACH,
    }
)
DECIDED = frozenset({Stage.HOLD_ASKED, Stage.GUARD_STOPPED, Stage.HALT_STILL_ON})  # somebody waits for that
TELLING = (Form.NOTICE, Form.CONTINUED, Form.REMINDER, Form.LAST_REMINDER)
CHECKED_AFTER = timedelta(
    days=3
)  # who says that they have changed over is asked again if data do not show it
LAST_DAY = timedelta(hours=24)

_DENSER = (  # the distance to the date, and how often is reminded within it
    (LAST_DAY, timedelta(hours=8)),
    (timedelta(days=5), timedelta(days=1)),
    (timedelta(days=14), timedelta(days=3)),
)
_MESSAGES = select(
    NamingRow.alert,
    DeliveryRow.form,
    DeliveryRow.audience,
    DeliveryRow.state,
    DeliveryRow.answerable,
    DeliveryRow.sent_at,
    DeliveryRow.tried_at,
).join(DeliveryRow, NamingRow.delivery == DeliveryRow.id)
_SELDOM, _DAILY = timedelta(days=7), timedelta(days=1)
_SOONER = timedelta(hours=1)  # what is due within the hour is due: runs are some minutes apart


class _Message(NamedTuple):
    """What counts here of a message that names an alert."""

    form: str
    audience: str
    state: str
    answerable: bool
    sent_at: datetime | None
    tried_at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """An open alert that was told. ``last``: when its readers last heard of it.

    ``asked``: when they were first told of it by a message with buttons, if they were. ``pending``: another
    message of it is on its way. ``stepped``: to whom it went when nobody had answered, with the moment; None
    while that is on its way.
    """

    alert: AlertRow
    last: datetime
    asked: datetime | None
    pending: bool
    stepped: dict[Audience, datetime | None]

    @property
    def facts(self) -> AlertFacts:
        """What is true of it now."""
        return facts_of(self.alert.subject, self.alert.newest or self.alert.facts)

    @property
    def asks(self) -> bool:
        """Whether its reader has something to do. Single figures that stand out are told once."""
        stage = Stage(self.alert.stage)
        return stage in ASKING and not (stage is Stage.FOUND and self.facts.get("verdict") == Verdict.WATCH)


def facts_of(subject: str, kept: dict[str, Any]) -> AlertFacts:
    """What the store keeps of an alert, as its words need it."""
    return cast("AlertFacts", {"subject": subject, **kept})


def told(session: Session) -> list[Told]:
    """The open alerts that were told and ask for something, in the order in which they were owed."""
    alerts = session.scalars(
        select(AlertRow)
        .where(AlertRow.ended_at.is_(None), AlertRow.delivery.is_not(None))
        .where(AlertRow.stage.in_([str(stage) for stage in ASKING]))
        .order_by(AlertRow.id)
        .execution_options(populate_existing=True)
    ).all()
    messages = defaultdict[int, list[_Message]](list)
    for some in chunks([alert.id for alert in alerts]):
        for row in session.execute(_MESSAGES.where(NamingRow.alert.in_(some))):
            messages[row.alert].append(_Message(*row[1:]))
    found = (_told(alert, messages[alert.id]) for alert in alerts)
    return [one for one in found if one is not None and one.asks]


def due(one: Told, begins: datetime | None, at: datetime) -> bool:
    """Whether it is time to remind of an alert.

    Denser toward the date, and less and less after it. A pause that is announced is reminded of once more
    on the last day before it.
    """
    pause = _pause(one, at)
    if pause is not None and pause - at <= LAST_DAY:
        return one.last < pause - LAST_DAY
    target = pause or begins
    apart = interval(abs(target - at) if target else None)
    if one.alert.stage in DECIDED:
        apart = min(apart, _DAILY)
    return at - one.last + _SOONER >= apart


def interval(distance: timedelta | None) -> timedelta:
    """How far reminders are apart so far from the date; None where there is no date."""
    if distance is None:
        return _SELDOM
    return next((apart for within, apart in _DENSER if distance <= within), _SELDOM)


def form(ones: Sequence[Told], at: datetime) -> Form:
    """What a reminder of these is: the last one, where a pause follows within a day."""
    pauses = [pause for pause in (_pause(one, at) for one in ones) if pause is not None]
    return Form.LAST_REMINDER if pauses and min(pauses) - at <= LAST_DAY else Form.REMINDER


def _pause(one: Told, at: datetime) -> datetime | None:
    """When the announced pause comes, if it is still ahead."""
    pause = pause_at(one.facts, Stage.WARNED, at) if one.alert.stage == Stage.WARNED else None
    return pause if pause is not None and pause > at else None


def _told(alert: AlertRow, messages: Sequence[_Message]) -> Told | None:
    telling = [one for one in messages if one.form in TELLING]
    sent = [one for one in telling if one.sent_at]
    if not sent:
        return None
    return Told(
        alert=alert,
        last=max(one.sent_at for one in sent if one.sent_at),
        asked=min((one.sent_at for one in sent if one.sent_at and one.answerable), default=None),
        pending=len(sent) < len(telling),
        stepped=dict(_steps(messages)),
    )


def _steps(messages: Sequence[_Message]) -> Iterator[tuple[Audience, datetime | None]]:
    """A message that its channel refuses has been tried: the next step is due all the same."""
    for audience in Audience:
        tried = [
            one.sent_at or (one.tried_at if one.state == "refused" else None)
            for one in messages
            if one.form == Form.UNANSWERED and one.audience == audience
        ]
        if tried:
            yield audience, max((at for at in tried if at), default=None) if all(tried) else None
