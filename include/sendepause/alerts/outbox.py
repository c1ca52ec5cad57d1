"""The outbox: which fact is owed to which channel, and which message tells it.

An alert's key is (enforcement, subject, stage, episode, channel). The episode counts the streaks in
which the fact was true, so that a second pause is told again and a repeated run is not. ``gathering``
puts alerts into deliveries, one Slack message each. "Told" means named in a message that was sent.

Every function works inside the caller's transaction and may run in two processes at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from sendepause.alerts.deliveries import changed, chunks, insert_once, undeliverable
from sendepause.alerts.deliveries import queue as queue
from sendepause.alerts.facts import Fact as Fact
from sendepause.alerts.facts import Key, plain
from sendepause.alerts.facts import Recipient as Recipient
from sendepause.alerts.reminding import ASKING
from sendepause.model import Audience, Stage
from sendepause.store.tables import AlertRow, DeliveryRow

# What comes and goes by itself: a streak that ended this recently is still the same one.
FLAPPING = frozenset({Stage.NOT_PAUSED, Stage.SOURCE_ILL, Stage.NO_DATA})
SAME_STREAK = timedelta(hours=6)

_ACCOUNT, _KIND, _ITEM = (
    AlertRow.facts[name].as_string().label(label)
    for name, label in (("account_number", "account"), ("kind", "kind"), ("item", "item"))
)
_Place = tuple[str, str, Stage, str]  # and the channel


class Settled(NamedTuple):
    """How many open alerts ended, and how many of these had never been put into a message."""

    ended: int
    overtaken: int


class Shown(NamedTuple):
    """An alert as the board shows it. ``state``: owed, sending, sent, overtaken or refused."""

    enforcement: str
    subject: str
    stage: Stage
    episode: int
    audience: Audience
    owner: str | None
    channel: str
    state: str
    owed_at: datetime
    ended_at: datetime | None
    sent_at: datetime | None
    error: str | None
    delivery: str | None  # the message that tells it


class Overview(NamedTuple):
    """Counts of alerts by their state, and the rows themselves: what waits first, then the newest."""

    owed: int
    sent: int
    overtaken: int
    refused: int
    rows: list[Shown]


def owe(session: Session, fact: Fact, recipients: Collection[Recipient], at: datetime) -> int:
    """Owe one fact; see ``owe_all``."""
    return owe_all(session, [(fact, recipients)], at)


def owe_all(session: Session, facts: Iterable[tuple[Fact, Collection[Recipient]]], at: datetime) -> int:
    """Owe each fact to those of its recipients who belong to its audience; how many alerts that made.

    Nothing is owed again while the streak is open, nor when a flapping fact returns within
    ``SAME_STREAK``: it is reopened, and told only if it had not been told. The facts of an alert stay as
    they were when it was owed, with the newest beside them for reminders; a subject that moved to another
    account, or an announcement of another item, is another fact.
    """
    wanted: dict[_Place, tuple[Fact, Recipient]] = {}
    for fact, recipients in facts:
        for recipient in recipients:
            if recipient.audience is fact.audience:
                wanted.setdefault((*fact.key, recipient.channel), (fact, recipient))
    latest = _latest(session, sorted({fact.subject for fact, _ in wanted.values()}))
    new, reopened = [], 0
    for place in sorted(wanted):  # in one order everywhere, so that two processes never wait for each other
        fact, recipient = wanted[place]
        known = latest.get(place)
        if known is None:
            new.append(_values(fact, recipient, 1, at))
        elif known.ended_at is None and _moved(fact, known):
            over = update(AlertRow).where(AlertRow.id == known.id, AlertRow.ended_at.is_(None))
            changed(session, over.where(AlertRow.delivery.is_(None)).values(ended_at=at, overtaken=True))
            changed(session, over.values(ended_at=at))
            new.append(_values(fact, recipient, known.episode + 1, at))
        elif known.ended_at is None:
            _renew(session, known, fact)
        elif _same_streak(fact, known.ended_at, at):
            reopened += _reopen(session, known.id, fact, at)
        else:
            new.append(_values(fact, recipient, known.episode + 1, at))
    return reopened + _insert(session, new)


def settle(
    session: Session,
    still_true: Collection[Key],
    at: datetime,
    channels: Mapping[Key, Collection[str]] | None = None,
) -> Settled:
    """End every open alert whose fact is not in ``still_true``; what was never gathered is overtaken.

    ``channels``: to whom each fact is owed now, if given: who is no longer among them hears no more of it,
    such as the former owner of an account. An overtaken alert is never sent. Whether a channel is
    undeliverable is read from the deliveries themselves, so callers need not name those facts.
    """
    by_themselves = {fact.key for fact in undeliverable(session)}
    true_keys = set(still_true) | by_themselves

    def is_over(key: Key, channel: str) -> bool:
        if key not in true_keys:
            return True
        return channels is not None and key not in by_themselves and channel not in channels.get(key, ())

    columns = (AlertRow.id, AlertRow.enforcement, AlertRow.subject, AlertRow.stage, AlertRow.channel)
    open_alerts = session.execute(select(*columns).where(AlertRow.ended_at.is_(None)))
    over = [
        row.id
        for row in open_alerts
        if is_over((row.enforcement, row.subject, Stage(row.stage)), row.channel)
    ]
    ended = overtaken = 0
    for ids in chunks(over):
        ending = update(AlertRow).where(AlertRow.id.in_(ids), AlertRow.ended_at.is_(None))
        never_told = ending.where(AlertRow.delivery.is_(None)).values(ended_at=at, overtaken=True)
        gone = changed(session, never_told)
        overtaken += gone
        ended += gone + changed(session, ending.values(ended_at=at))
    return Settled(ended, overtaken)


def told(
    session: Session,
    stages: Collection[Stage],
    accounts: Mapping[str, str | None],
    audience: Audience = Audience.OWNER,
    kinds: Mapping[str, str] = MappingProxyType({}),
) -> dict[tuple[str, str], datetime]:
    """When each (enforcement, subject) was first told at one of ``stages``, in the streak that is open.

    ``accounts``: the account of each subject now. What was told while it was on another one does not
    count, nor what was told of an account that counted as another kind than in ``kinds`` (by number).
    """
    rows = session.execute(
        select(
            AlertRow.enforcement,
            AlertRow.subject,
            _ACCOUNT,
            _KIND,
            func.min(DeliveryRow.sent_at).label("at"),
        )
        .join(DeliveryRow, AlertRow.delivery == DeliveryRow.id)
        .where(
            AlertRow.stage.in_([str(stage) for stage in stages]),
            AlertRow.audience == str(audience),
            AlertRow.ended_at.is_(None),
            DeliveryRow.state == "sent",
        )
        .group_by(AlertRow.enforcement, AlertRow.subject, _ACCOUNT, _KIND)
    )
    return {
        (row.enforcement, row.subject): row.at
        for row in rows
        if row.account == accounts.get(row.subject)
        if row.kind == kinds.get(row.account, row.kind)
    }


def overview(session: Session, limit: int = 200) -> Overview:
    """The outbox as the board shows it; ``limit`` bounds the rows, never the counts."""
    state = _state()
    counts: dict[str, int] = {
        row.state: row.number
        for row in session.execute(
            select(state.label("state"), func.count().label("number"))
            .select_from(AlertRow)
            .outerjoin(DeliveryRow, AlertRow.delivery == DeliveryRow.id)
            .group_by(state)
        )
    }
    return Overview(
        owed=counts.get("owed", 0) + counts.get("sending", 0),
        sent=counts.get("sent", 0),
        overtaken=counts.get("overtaken", 0),
        refused=counts.get("refused", 0),
        rows=alerts(session, limit=limit),
    )


def alerts(
    session: Session,
    *,
    subjects: Collection[str] | None = None,
    states: Collection[str] | None = None,
    limit: int = 200,
) -> list[Shown]:
    """What waits first, then the newest; of some subjects (item keys) or states, if given."""
    state = _state()
    query = select(AlertRow, DeliveryRow.sent_at, DeliveryRow.error, state.label("state")).outerjoin(
        DeliveryRow, AlertRow.delivery == DeliveryRow.id
    )
    if subjects is not None:
        query = query.where(AlertRow.subject.in_(subjects))
    if states is not None:
        query = query.where(state.in_(states))
    query = query.order_by(state.in_(["sent", "overtaken"]), AlertRow.id.desc()).limit(limit)
    rows = session.execute(query.execution_options(populate_existing=True))
    return [_shown(row.AlertRow, row.state, row.sent_at, row.error) for row in rows]


def _latest(session: Session, subjects: Sequence[str]) -> dict[_Place, Any]:
    """The newest alert of each (enforcement, subject, stage, channel)."""
    columns = (
        AlertRow.id,
        AlertRow.enforcement,
        AlertRow.subject,
        AlertRow.stage,
        AlertRow.channel,
        AlertRow.episode,
        AlertRow.ended_at,
        AlertRow.facts,
        AlertRow.newest,
        _ACCOUNT,
        _ITEM,
    )
    return {
        (row.enforcement, row.subject, Stage(row.stage), row.channel): row
        for some in chunks(subjects)
        for row in session.execute(
            select(*columns).where(AlertRow.subject.in_(some)).order_by(AlertRow.episode)
        )
    }


def _moved(fact: Fact, known: Any) -> bool:
    pairs = ((known.account, fact.facts.get("account_number")), (known.item, fact.facts.get("item")))
    return any(before is not None and now is not None and before != now for before, now in pairs)


def _renew(session: Session, known: Any, fact: Fact) -> None:
    """Keep what is true now beside what was told, where somebody is reminded of it."""
    newest = plain(fact.facts) if fact.stage in ASKING else None
    if newest is not None and newest != (known.newest or known.facts):
        changed(session, update(AlertRow).where(AlertRow.id == known.id).values(newest=newest))


def _same_streak(fact: Fact, ended_at: datetime, at: datetime) -> bool:
    return fact.stage in FLAPPING and at - ended_at < SAME_STREAK


def _values(fact: Fact, recipient: Recipient, episode: int, at: datetime) -> dict[str, Any]:
    return {
        "enforcement": fact.enforcement,
        "subject": fact.subject,
        "stage": str(fact.stage),
        "episode": episode,
        "channel": recipient.channel,
        "audience": str(fact.audience),
        "owner": recipient.owner_id,
        "language": str(recipient.language),
        "time_zone": recipient.time_zone,
        "backup_channel": recipient.backup_channel,
        "facts": plain(fact.facts),
        "owed_at": at,
        "overtaken": False,
    }


def _insert(session: Session, alerts: Sequence[dict[str, Any]]) -> int:
    """How many were new: where another process was first, the unique key decides."""
    if not alerts:
        return 0
    # RETURNING would make a statement of each row, two milliseconds each.
    inserting = insert_once(session, AlertRow).execution_options(preserve_rowcount=True)
    return session.connection().execute(inserting, list(alerts)).rowcount


def _reopen(session: Session, id: int, fact: Fact, at: datetime) -> int:
    """1 where the alert had been overtaken and so becomes owed again."""
    reopening = update(AlertRow).where(AlertRow.id == id, AlertRow.ended_at.is_not(None))
    untold = reopening.where(AlertRow.overtaken.is_(True))
    owed_again = changed(
        session, untold.values(ended_at=None, overtaken=False, owed_at=at, facts=plain(fact.facts))
    )
    changed(session, reopening.values(ended_at=None))
    return owed_again


def _state() -> Any:
    return case(
        (AlertRow.overtaken.is_(True), "overtaken"),
        (DeliveryRow.state.in_(["sending", "sent", "refused"]), DeliveryRow.state),
        else_="owed",
    )


def _shown(alert: AlertRow, state: str, sent_at: datetime | None, error: str | None) -> Shown:
    return Shown(
        enforcement=alert.enforcement,
        subject=alert.subject,
        stage=Stage(alert.stage),
        episode=alert.episode,
        audience=Audience(alert.audience),
        owner=alert.owner,
        channel=alert.channel,
        state=state,
        owed_at=alert.owed_at,
        ended_at=alert.ended_at,
        sent_at=sent_at,
        error=error,
        delivery=alert.delivery,
    )
