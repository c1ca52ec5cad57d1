"""The last stage of the loop: what is owed goes out over Slack, and the operators hear how it stands."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from sendepause import digesting, stages
from sendepause.alerts import addressing, channels, gathering, outbox, slack, threads
from sendepause.alerts.slack import WebClient
from sendepause.installation import SLACK_CONNECTION, Installation, answers_possible, required_actions
from sendepause.settings import Settings
from sendepause.stages import Counts
from sendepause.store import database, queries

log = logging.getLogger(__name__)


def alert(installation: Installation, as_of: datetime) -> Counts:
    """Send what is owed and still true; without a Slack connection all stays owed, and that is said."""
    settings, as_of = stages.begin(installation, as_of)
    return _deliver(installation, "alert", as_of, settings, slack.hook_client(SLACK_CONNECTION))


def digest(installation: Installation, as_of: datetime) -> Counts:
    """Keep the day's numbers; queue their summary for the operators where it is due, once, and send it with
    whatever else is owed."""
    settings, as_of = stages.begin(installation, as_of)
    client = slack.hook_client(SLACK_CONNECTION)
    if not digesting.write(installation, settings, as_of, connected=client is not None):
        return {"posted": False}
    return _deliver(installation, "digest", as_of, settings, client)


def _deliver(
    installation: Installation, stage: str, as_of: datetime, settings: Settings, client: WebClient | None
) -> Counts:
    now = installation.now()
    if client is None:
        with database.session(installation.engine) as session:
            owed = outbox.overview(session, limit=1).owed
            what = f"No Slack connection {SLACK_CONNECTION}: {owed} alerts stay owed, nothing was sent."
            queries.set_health(session, "slack", False, now, what)
        log.warning("%s", what)
        return stages.beat(installation, stage, as_of, {"owed": owed, "sent": 0})
    answers = answers_possible()
    with database.session(installation.engine) as session:
        desk = addressing.desk(
            settings, answers=answers, collected_until=_collected_until(session), link=required_actions()
        )
        gathering.gather(session, desk, now)
    with database.session(installation.engine) as session:
        threads.refresh(session, settings, now, answers=answers)
    done = slack.deliver(
        installation.engine,
        client,
        now=installation.now,
        sleep=time.sleep,
        operators=addressing.operators(settings),
    )
    if not done.stopped:
        channels.check_due(installation.engine, client, settings, installation.now)
    trouble = " ".join(done.notes)
    if done.waiting and not done.sent and not trouble:
        trouble = f"Slack took none of {done.waiting} messages in time; they are tried again."
    with database.session(installation.engine) as session:
        owed = outbox.overview(session, limit=1).owed
        queries.set_health(session, "slack", not trouble, installation.now(), trouble)
    if trouble:
        log.warning("%s", trouble)
    counts = {
        "owed": owed,
        "sent": done.sent,
        "changed": done.changed,
        "refused": done.refused,
        "waiting": done.waiting,
    }
    return stages.beat(installation, stage, as_of, counts)


def _collected_until(session: database.Session) -> datetime | None:
    """When a stage that owes alerts last came to its end; None before the first."""
    beats = queries.heartbeats(session)
    return max((beats[stage].finished_at for stage in ("enforce", "watch") if stage in beats), default=None)
