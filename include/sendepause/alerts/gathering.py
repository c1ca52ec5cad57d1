"""What goes into messages now: first notices, reminders, and what nobody answered.

Alerts are put together after collecting, one message a channel, stage and day: what comes later the same
day continues it in the thread, or waits for the next day where nothing is lost by that. The content of a
message and the alerts that it names are frozen here, in the caller's transaction. All of it may run in
two processes at once: an alert is given to its first message once, and every further message has an id
that follows from what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import NamedTuple, TypeVar
from uuid import NAMESPACE_URL, uuid4, uuid5

import pendulum
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from sendepause.alerts import buttons, items, reminding
from sendepause.alerts.answered import answers
from sendepause.alerts.deliveries import changed, queue
from sendepause.alerts.facts import Recipient
from sendepause.alerts.quiet import is_quiet, is_urgent
from sendepause.alerts.reminding import CHECKED_AFTER, TELLING, Told, facts_of
from sendepause.alerts.texts import HOLDABLE, LINKED, AlertFacts, Message, compose
from sendepause.model import Answer, Audience, Form, Language, Owner, Stage
from sendepause.store.tables import AlertRow, DeliveryRow, NamingRow

# What comes later the same day waits for the next one: nobody has to act on it today.
CALM = frozenset(
    {Stage.FOUND, Stage.NO_DATA, Stage.CONTRADICTION, Stage.SILENCE_CONFIRMED, Stage.UNKNOWN_AUTOMATION}
)
ANSWERABLE = frozenset(
    {
        Stage.FOUND,
        Stage.WARNED,
        Stage.LAST_CALL,
        Stage.PAUSED,
        Stage.NOT_PAUSED,
        Stage.UNDONE,
        Stage.NO_DATA,
        Stage.CONTRADICTION,
        Stage.HOLD_ENDS,
        Stage.BREACH,
    }
)
IN_THE_THREAD = frozenset({Form.CONTINUED, Form.REMINDER})  # and not in the channel as well

TOGETHER = timedelta(minutes=30)  # what continues a message is collected for so long
COLLECTED = timedelta(minutes=10)  # an enforcing run that owes more has ended by then, or died
ANSWER_SOON = timedelta(hours=4)  # in the last hours nobody has a day to answer

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Desk:
    """What gathering must know beside the alerts: who reads, and what the operators chose.

    ``begins``: the first moment of each enforcement's date; ``warning_from``: when its warnings begin.
    ``collected_until``: what was owed until then is complete; None: all of it is. ``link``: where in
    Airflow the open questions are.
    """

    operators: Recipient | None = None
    owners: Mapping[str, Owner] = field(default_factory=dict)
    begins: Mapping[str, datetime] = field(default_factory=dict)
    warning_from: Mapping[str, datetime] = field(default_factory=dict)
    quiet_from: time = time(0)
    quiet_until: time = time(0)
    answer_time: timedelta = timedelta(hours=24)
    hold_margin: timedelta = timedelta(hours=48)
    answers: bool = False  # whether they can be received
    collected_until: datetime | None = None
    link: str | None = None


class Group(NamedTuple):
    """What one message may hold: one reader, one rule, one stage."""

    channel: str
    enforcement: str
    stage: Stage
    language: Language
    audience: Audience
    owner: str
    time_zone: str
    backup_channel: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What is about to be said. ``name`` makes it the same one wherever it is drafted again."""

    group: Group
    form: Form
    alerts: Sequence[tuple[AlertRow, AlertFacts]]
    name: str = ""


def gather(session: Session, desk: Desk, at: datetime) -> list[str]:
    """Queue every message that is due at ``at``; the deliveries' ids."""
    new = [*_first(session, desk, at)]
    told = reminding.told(session)
    return [*new, *_again(session, desk, told, at), *_unanswered(session, desk, told, at)]


def leaves_in_peace(desk: Desk, group: Group, at: datetime, form: Form = Form.NOTICE) -> bool:
    """Whether it is quiet time for the readers of a group, and nothing so urgent that it would not count.

    On the last day before a pause a holiday does not count: there is no other day for the last reminder.
    What belongs to no owner is read by the operators.
    """
    owner = desk.owners.get(group.owner)
    if not _is_owners(group) or is_urgent(at, desk.begins.get(group.enforcement)):
        return False
    region = owner.region if owner and form is not Form.LAST_REMINDER else None
    return is_quiet(at, group.time_zone, region, desk.quiet_from, desk.quiet_until)


def _is_owners(group: Group) -> bool:
    return group.audience is Audience.OWNER and group.owner != ""


def _first(session: Session, desk: Desk, at: datetime) -> Iterator[str]:
    """Alerts that no message has named yet."""
    owed = session.scalars(
        select(AlertRow)
        .where(AlertRow.delivery.is_(None), AlertRow.overtaken.is_(False))
        .order_by(AlertRow.id)
    ).all()
    unfinished = {_group(alert) for alert in owed if _is_being_collected(desk, alert, at)}
    said = _said_today(session, {alert.channel for alert in owed}, at, (Form.NOTICE, Form.CONTINUED))
    for group, alerts in _grouped(owed, key=_group):
        if group in unfinished or leaves_in_peace(desk, group, at):
            continue
        form = _form(desk, group, said.get((*group[:6], day(at, group.time_zone))), at)
        if form is not None:
            owed_facts = [(alert, facts_of(alert.subject, alert.facts)) for alert in alerts]
            yield from put(session, desk, Draft(group, form, owed_facts), at)


def _is_being_collected(desk: Desk, alert: AlertRow, at: datetime) -> bool:
    """Whether the run that owed it may owe more to the same reader."""
    until = desk.collected_until
    if until is None or is_urgent(at, desk.begins.get(alert.enforcement)):
        return False
    return alert.owed_at > until and at - alert.owed_at < COLLECTED


def _form(desk: Desk, group: Group, said: datetime | None, at: datetime) -> Form | None:
    """What a message of this group would be now; None where it waits. ``said``: when one was today."""
    if said is None:
        return Form.NOTICE
    if is_urgent(at, desk.begins.get(group.enforcement)):
        return Form.CONTINUED
    if group.stage in CALM:
        return None
    return Form.CONTINUED if at - said >= TOGETHER else None


def _said_today(
    session: Session, channels: Collection[str], at: datetime, forms: Collection[Form]
) -> dict[tuple[str, ...], datetime]:
    """When each group last had a message of these forms, by its first six values and the reader's day."""
    keys = (
        DeliveryRow.channel,
        DeliveryRow.enforcement,
        DeliveryRow.stage,
        DeliveryRow.language,
        DeliveryRow.audience,
        func.coalesce(DeliveryRow.owner, ""),
        DeliveryRow.day,
    )
    rows = session.execute(
        select(*keys, func.max(DeliveryRow.queued_at))
        .where(
            DeliveryRow.form.in_([str(form) for form in forms]),
            DeliveryRow.queued_at > at - timedelta(days=2),
        )
        .group_by(*keys)
    )
    return {tuple(row[:-1]): row[-1] for row in rows if row[0] in channels}


def _again(session: Session, desk: Desk, told: Sequence[Told], at: datetime) -> Iterator[str]:
    """Reminders of what was told and is still so, as many of one stage together as there are."""
    changed_over = answers(session, Answer.MOVED)
    waiting = [
        one
        for one in told
        if not one.pending and not _is_checked(desk, changed_over.get(one.alert.id), one, at)
    ]
    said = _said_today(session, {one.alert.channel for one in waiting}, at, TELLING)
    for group, ones in _grouped(waiting, key=lambda one: _group(one.alert)):
        begins, warning = desk.begins.get(group.enforcement), desk.warning_from.get(group.enforcement)
        if warning is not None and at < warning:
            continue
        due = [one for one in ones if reminding.due(one, begins, at)]
        form = reminding.form(due, at)
        if (*group[:6], day(at, group.time_zone)) in said and not is_urgent(at, begins):
            if form is not Form.LAST_REMINDER:
                continue
            ones = due  # the others have been told today
        if due and not leaves_in_peace(desk, group, at, form):
            name = max(one.last for one in ones).isoformat()
            yield from put(session, desk, Draft(group, form, _now(ones), name), at)


def _is_checked(desk: Desk, changed_over: datetime | None, one: Told, at: datetime) -> bool:
    """Whether an owner said that they have changed over, so that data have their turn first."""
    urgent = is_urgent(at, desk.begins.get(one.alert.enforcement))
    return changed_over is not None and at - changed_over < CHECKED_AFTER and not urgent


def _unanswered(session: Session, desk: Desk, told: Sequence[Told], at: datetime) -> Iterator[str]:
    """What nobody answered in time goes to the backup channel, then to the operators."""
    if not desk.answers:
        return
    answered = answers(session)
    steps = [
        (step, one)
        for one in told
        if one.asked and _is_owners(_group(one.alert)) and one.alert.id not in answered
        if (step := _step(desk, one, at)) is not None
    ]
    said = _said_today(session, {step.channel for step, _ in steps}, at, (Form.UNANSWERED,))
    for group, pairs in _grouped(steps, key=lambda pair: pair[0]):
        urgent = is_urgent(at, desk.begins.get(group.enforcement))
        place = group if group.audience is Audience.OPERATORS else group._replace(enforcement="")
        today = (*place[:6], day(at, group.time_zone)) in said
        if (urgent or not today) and not leaves_in_peace(desk, group, at):
            ones = [one for _, one in pairs]
            name = ",".join(str(one.alert.id) for one in ones)
            yield from put(session, desk, Draft(group, Form.UNANSWERED, _now(ones), name), at)


def _now(ones: Iterable[Told]) -> list[tuple[AlertRow, AlertFacts]]:
    """Alerts with what is true of them now."""
    return [(one.alert, one.facts) for one in ones]


def _step(desk: Desk, one: Told, at: datetime) -> Group | None:
    """To whom an alert goes now that nobody has answered it; None while there is time, and at the end."""
    own = _group(one.alert)
    urgent = is_urgent(at, desk.begins.get(own.enforcement))
    patience = min(desk.answer_time, ANSWER_SOON) if urgent else desk.answer_time
    to_backup = own.backup_channel and own.backup_channel != own.channel
    if to_backup and Audience.OWNER not in one.stepped:
        late = one.asked is not None and at - one.asked >= patience
        return own._replace(channel=own.backup_channel) if late else None
    since = one.stepped[Audience.OWNER] if to_backup else one.asked
    if Audience.OPERATORS in one.stepped or since is None or at - since < patience or not desk.operators:
        return None
    reader = desk.operators
    return own._replace(
        channel=reader.channel,
        audience=Audience.OPERATORS,
        language=reader.language,
        time_zone=reader.time_zone,
        owner="",
        backup_channel="",
    )


def put(session: Session, desk: Desk, draft: Draft, at: datetime) -> Iterator[str]:
    """Compose and queue the messages that name a draft's alerts; the ids of those that are new.

    A first message takes its alerts, all or none. Another one's id follows from what it is.
    """
    group, form = draft.group, draft.form
    messages = compose(
        group.stage,
        group.audience,
        group.language,
        group.time_zone,
        [_for_reader(desk, draft, alert, facts) for alert, facts in draft.alerts],
        at,
        form=form,
        users=_users(desk, group, form),
        buttons=_answerable(desk, group),
        hold=_may_be_held(desk, draft, at),
    )
    is_first = form in (Form.NOTICE, Form.CONTINUED)
    for part, message in enumerate(messages):
        named = [draft.alerts[member][0].id for member in message.members]
        delivery = str(uuid4() if is_first else uuid5(NAMESPACE_URL, f"{form}:{group}:{draft.name}:{part}"))
        new = _queue(session, desk, draft, message, delivery, part == 0, at)
        if new and (not is_first or _taken(session, delivery, named)):
            session.execute(insert(NamingRow), [{"delivery": delivery, "alert": alert} for alert in named])
            yield delivery


def _queue(
    session: Session, desk: Desk, draft: Draft, message: Message, delivery: str, leads: bool, at: datetime
) -> bool:
    """Queue one message; ``leads``: it is the first of its draft, so it is shown in the channel too."""
    group, form, blocks = draft.group, draft.form, message.blocks
    if answerable := _answerable(desk, group):
        hold = group.stage in HOLDABLE and _may_be_held(desk, draft, at)
        blocks = buttons.attached(blocks, delivery, group.language, hold=hold)
    to_backup = form is Form.UNANSWERED and group.audience is Audience.OWNER
    return queue(
        session,
        delivery=delivery,
        channel=group.channel,
        backup_channel=group.backup_channel or None,
        text=message.text,
        blocks=blocks,
        at=at,
        form=form,
        enforcement="" if to_backup else group.enforcement,  # the thread is the owner's channel's
        stage=group.stage,
        audience=group.audience,
        owner=group.owner or None,
        language=group.language,
        time_zone=group.time_zone,
        day=day(at, group.time_zone),
        broadcast=leads and form not in IN_THE_THREAD,
        answerable=answerable,
    )


def _may_be_held(desk: Desk, draft: Draft, at: datetime) -> bool:
    """Whether a hold could still be in force, and longer than one that is; each ends before the date."""
    begins = desk.begins.get(draft.group.enforcement)
    if begins is None:
        return True
    latest = begins - desk.hold_margin
    ends = (items.moment(facts.get("hold_until")) for _, facts in draft.alerts)
    return at < latest and any(end is None or end < latest for end in ends)


def _answerable(desk: Desk, group: Group) -> bool:
    return desk.answers and _is_owners(group) and group.stage in ANSWERABLE


def _taken(session: Session, delivery: str, alerts: Sequence[int]) -> bool:
    """Give the alerts to their first message, all or none: another process may have gathered them."""
    taking = update(AlertRow).where(
        AlertRow.id.in_(alerts), AlertRow.delivery.is_(None), AlertRow.overtaken.is_(False)
    )
    if changed(session, taking.values(delivery=delivery)) == len(alerts):
        return True
    changed(session, update(AlertRow).where(AlertRow.delivery == delivery).values(delivery=None))
    changed(session, delete(DeliveryRow).where(DeliveryRow.id == delivery))
    return False


def _for_reader(desk: Desk, draft: Draft, alert: AlertRow, facts: AlertFacts) -> AlertFacts:
    """Who stands in, and the operators, read whose alert it is; the operators also where to answer."""
    group, owner = draft.group, desk.owners.get(alert.owner or "")
    elsewhere = group.audience is Audience.OPERATORS or draft.form is Form.UNANSWERED
    if owner is not None and elsewhere:
        facts = AlertFacts(**facts, owner_name=owner.name)
    if desk.link and group.stage in LINKED and group.audience is Audience.OPERATORS:
        facts = AlertFacts(**facts, link=desk.link)
    return facts


def _users(desk: Desk, group: Group, form: Form) -> tuple[str, ...]:
    """Who is mentioned; not where it is quietly said in the thread, nor in somebody else's channel."""
    owner = desk.owners.get(group.owner)
    return owner.users if owner and form in (Form.NOTICE, Form.LAST_REMINDER) else ()


def _group(alert: AlertRow) -> Group:
    return Group(
        channel=alert.channel,
        enforcement=alert.enforcement,
        stage=Stage(alert.stage),
        language=Language(alert.language),
        audience=Audience(alert.audience),
        owner=alert.owner or "",
        time_zone=alert.time_zone,
        backup_channel=alert.backup_channel or "",
    )


def _grouped(values: Iterable[_T], key: Callable[[_T], Group]) -> Iterator[tuple[Group, list[_T]]]:
    """Values by their group, in an order that is the same everywhere."""
    for group, some in groupby(sorted(values, key=key), key=key):
        yield group, list(some)


def day(at: datetime, zone: str) -> str:
    """The date on which a reader in ``zone`` reads at ``at``."""
    return pendulum.instance(at).in_timezone(zone).to_date_string()
