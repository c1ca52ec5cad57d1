"""The one thread of a channel and enforcement: its first message shows how the reader's accounts stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sendepause import countdown
from sendepause.alerts import deliveries, roots
from sendepause.alerts.deliveries import insert_once, queue
from sendepause.alerts.gathering import day
from sendepause.model import AccountState, Audience, Enforcement, Form, Language, Owner
from sendepause.settings import Settings
from sendepause.states import account_states
from sendepause.store import queries
from sendepause.store.tables import DeliveryRow, ThreadRow

Place = tuple[str, str]  # channel, enforcement


def refresh(session: Session, settings: Settings, at: datetime, *, answers: bool) -> int:
    """Begin the threads that queued messages need, and let those that are there show how it stands now.

    How many changed. The states are those of the plan that was shown last.
    """
    there = {(row.channel, row.enforcement): row.root for row in session.scalars(select(ThreadRow))}
    wanted = sorted(there.keys() | _needed(session))
    latest = queries.latest_plan(session)
    states = {
        rule: account_states(latest.items if latest else (), rule)
        for rule in {enforcement for _, enforcement in wanted}
        if rule in settings.rule_map
    }
    readers = _readers(settings)
    count = 0
    for place in wanted:
        rule = settings.rule_map.get(place[1])
        owners = readers.get(place[0])
        if rule is None or owners is None:
            continue  # no longer configured: what was said stays
        text, blocks = _content(settings, rule, owners, states[rule.id], at, answers=answers)
        if place in there:
            count += _show(session, there[place], text, blocks)
        else:
            count += _begin(session, settings, place, owners, text, blocks, at)
    return count


def _needed(session: Session) -> set[Place]:
    """Where a message waits that belongs into a thread."""
    rows = session.execute(
        select(DeliveryRow.channel, DeliveryRow.enforcement)
        .where(DeliveryRow.state.in_(["queued", "sending"]))
        .where(DeliveryRow.enforcement != "", DeliveryRow.form != str(Form.ROOT))
        .distinct()
    )
    return {(row.channel, row.enforcement) for row in rows}


def _readers(settings: Settings) -> dict[str, list[Owner]]:
    """Who reads each channel; nobody's in particular is the operators'."""
    found: dict[str, list[Owner]] = {settings.operators.channel: []}
    for owner in settings.owner_map().values():
        found.setdefault(owner.channel, []).append(owner)
    return found


def _content(
    settings: Settings,
    rule: Enforcement,
    owners: Collection[Owner],
    states: Mapping[str, AccountState],
    at: datetime,
    *,
    answers: bool,
) -> tuple[str, list[dict[str, object]]]:
    ids = {owner.id for owner in owners}
    lines = [
        roots.Line(
            number=account.number,
            name=account.name,
            state=states[account.number],
            pause_from=_pause_from(rule, states[account.number], at),
        )
        for account in settings.account_list()
        if account.number in states and (not owners or account.owner in ids)
    ]
    root = roots.Root(
        enforcement_title=rule.title,
        begins=countdown.begins_at(rule),
        date_zone=rule.time_zone,
        lines=lines,
        audience=Audience.OWNER if owners else Audience.OPERATORS,
        users=tuple(user for owner in owners for user in owner.users),
        answers=answers and bool(owners),
    )
    language, zone = _tongue(settings, owners)
    return roots.compose(language, zone, root, at)


def _pause_from(rule: Enforcement, state: AccountState, at: datetime) -> datetime | None:
    """From when on pauses are made, while that is ahead."""
    starts = countdown.pausing_from(rule)
    return starts if state is AccountState.ANNOUNCED and at < starts else None


def _tongue(settings: Settings, owners: Collection[Owner]) -> tuple[Language, str]:
    reader = next(iter(owners), None) or settings.operators
    return reader.language, reader.time_zone


def _show(session: Session, root: str, text: str, blocks: list[dict[str, object]]) -> bool:
    """Let a thread's first message show this; False where it does."""
    row = session.get_one(DeliveryRow, root, populate_existing=True)
    shown = row.shows or {"text": row.text, "blocks": row.blocks}
    if row.state != "sent" or shown == {"text": text, "blocks": blocks}:
        return False
    deliveries.show(session, root, text, blocks)
    return True


def _begin(
    session: Session,
    settings: Settings,
    place: Place,
    owners: Collection[Owner],
    text: str,
    blocks: list[dict[str, object]],
    at: datetime,
) -> bool:
    channel, enforcement = place
    before = session.scalar(
        select(func.count())
        .select_from(DeliveryRow)
        .where(DeliveryRow.channel == channel, DeliveryRow.enforcement == enforcement)
        .where(DeliveryRow.form == str(Form.ROOT))
    )
    root = str(uuid5(NAMESPACE_URL, f"{Form.ROOT}:{channel}:{enforcement}:{before}"))
    language, zone = _tongue(settings, owners)
    queue(
        session,
        delivery=root,
        channel=channel,
        backup_channel=next((owner.backup_channel for owner in owners), None),
        text=text,
        blocks=blocks,
        at=at,
        form=Form.ROOT,
        enforcement=enforcement,
        audience=Audience.OWNER if owners else Audience.OPERATORS,
        owner=next((owner.id for owner in owners), None),
        language=language,
        time_zone=zone,
        day=day(at, zone),
    )
    values = {"channel": channel, "enforcement": enforcement, "root": root}
    inserting = insert_once(session, ThreadRow).values(**values).returning(ThreadRow.root)
    return session.execute(inserting).first() is not None
