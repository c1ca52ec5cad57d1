"""Channels and users, looked at when they are configured and weekly: a message has to arrive when it is owed.

Channels are known by their ids; what they are called is only shown. A channel that the app cannot write
to, and a user who has left, are told to the operators before anything is owed to them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from slack_sdk import WebClient
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from sendepause.alerts import slack
from sendepause.settings import Settings
from sendepause.store.database import session
from sendepause.store.tables import SlackRow
from sendepause.store.upsert import upsert

WEEKLY = timedelta(days=7)
AGAIN = timedelta(hours=6)  # what is wrong may have been mended
AT_ONCE = 20  # in a run: each takes up to two calls, of which Slack allows fifty a minute (tier 3)


def check_due(
    engine: Engine, client: WebClient, settings: Settings, now: Callable[[], datetime]
) -> Mapping[str, str]:
    """Look at those that are due; what is wrong with those that are ill, in Slack's word, by id."""
    wanted = configured(settings)
    with session(engine) as opened:
        opened.execute(delete(SlackRow).where(SlackRow.id.not_in(wanted)))
        due = _due(opened, wanted, now())
    rows = []
    for id in due[:AT_ONCE]:
        found = slack.look_at(client, id)
        if found is None:
            break  # Slack does not answer: the next run asks again
        rows.append({"id": id, "name": found.name, "checked_at": now(), "trouble": found.trouble})
    with session(engine) as opened:
        upsert(opened, SlackRow, rows)
        return troubles(opened)


def configured(settings: Settings) -> tuple[str, ...]:
    """The ids of every channel and user of the configuration."""
    ids = {settings.operators.channel}
    for owner in settings.owners:
        ids |= {owner.channel, *owner.users, *([owner.backup_channel] if owner.backup_channel else [])}
    return tuple(sorted(ids))


def troubles(opened: Session) -> dict[str, str]:
    """Slack's word for what is wrong, by id."""
    rows = opened.scalars(select(SlackRow).where(SlackRow.trouble != "").order_by(SlackRow.id))
    return {row.id: row.trouble for row in rows}


def names(opened: Session) -> dict[str, str]:
    """What channels and users are called, by id, as far as Slack told."""
    return {row.id: row.name for row in opened.scalars(select(SlackRow).where(SlackRow.name != ""))}


def _due(opened: Session, wanted: Collection[str], at: datetime) -> list[str]:
    """New ones first, then the ill, then those that were looked at longest ago."""
    known = {row.id: row for row in opened.scalars(select(SlackRow))}
    new = [id for id in wanted if id not in known]
    old = sorted((row for row in known.values() if row.id in wanted), key=lambda row: row.checked_at)
    ill = [row.id for row in old if row.trouble and at - row.checked_at >= AGAIN]
    stale = [row.id for row in old if not row.trouble and at - row.checked_at >= WEEKLY]
    return [*new, *ill, *stale]
