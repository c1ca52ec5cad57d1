"""The one thread of a channel and enforcement: its first message shows how the reader's accounts stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sendepause import countdown
from sendepause.alerts import deliveries, roots
from sendepause.alerts.deliveries import insert_once, queue
from sendepause.alerts.gathering import day
from sendepause.model import Account, AccountState, Audience, Enforcement, Form, Language, Owner
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
    shown = _shown(session)
    accounts = defaultdict[str, list[Account]](list)
    for account in settings.account_list():
        accounts[account.owner].append(account)
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
        whose = owners or list(settings.owner_map().values())
        of_them = [account for owner in whose for account in accounts[owner.id]]
        lines = _lines(rule, of_them, states[rule.id], at)
        text, blocks = _content(settings, rule, owners, lines, at, answers=answers)
        if place in there:
            before = shown.get(there[place])
            if before is not None and before != {"text": text, "blocks": blocks}:
                deliveries.show(session, there[place], text, blocks)
                count += 1
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


def _shown(session: Session) -> dict[str, dict[str, object]]:
    """What the first message of each thread shows, of those that were sent."""
    roots_there = select(DeliveryRow).join(ThreadRow, ThreadRow.root == DeliveryRow.id)
    sent = session.scalars(
        roots_there.where(DeliveryRow.state == "sent").execution_options(populate_existing=True)
    )
    return {row.id: row.content for row in sent}


def _lines(
    rule: Enforcement, accounts: Collection[Account], states: Mapping[str, AccountState], at: datetime
) -> list[roots.Line]:
    return [
        roots.Line(
            number=account.number,
            name=account.name,
            state=states[account.number],
            pause_from=_pause_from(rule, states[account.number], at),
        )
        for account in accounts
        if account.number in states
    ]


def _content(
    settings: Settings,
    rule: Enforcement,
    owners: Collection[Owner],
    lines: Sequence[roots.Line],
    at: datetime,
    *,
    answers: bool,
) -> tuple[str, list[dict[str, object]]]:
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
        # one owner's backup channel is no place for another one's accounts
        backup_channel=next((o.backup_channel for o in owners), None) if len(owners) == 1 else None,
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
