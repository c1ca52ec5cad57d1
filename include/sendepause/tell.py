"""The last stage of the loop: what is owed goes out over Slack, and the operators hear how it stands."""

from __future__ import annotations

import logging
import time
from datetime import date, datetime
from uuid import NAMESPACE_URL, uuid5

import pendulum

from sendepause import countdown, stages
from sendepause.alerts import addressing, outbox, slack
from sendepause.alerts import digest as wording
from sendepause.alerts.slack import WebClient
from sendepause.installation import SLACK_CONNECTION, Installation
from sendepause.model import Phase
from sendepause.settings import Settings
from sendepause.stages import Counts
from sendepause.store import database, folds, ledger, queries

log = logging.getLogger(__name__)


def alert(installation: Installation, as_of: datetime) -> Counts:
    """Send what is owed and still true; without a Slack connection all stays owed, and that is said."""
    settings, as_of = stages.begin(installation, as_of)
    return _deliver(installation, "alert", as_of, settings, slack.hook_client(SLACK_CONNECTION))


def digest(installation: Installation, as_of: datetime) -> Counts:
    """Queue the day's summary for the operators, once, and send it with whatever else is owed."""
    settings, as_of = stages.begin(installation, as_of)
    today = pendulum.instance(as_of).in_timezone(settings.operators.time_zone).date()
    if not _daily(settings, as_of) and today.day_of_week != pendulum.MONDAY:
        return {"posted": False}
    client = slack.hook_client(SLACK_CONNECTION)
    if client is not None:  # a summary that waits for a connection would tell of a day long past
        _queue_digest(installation, settings, as_of, today)
    return _deliver(installation, "digest", as_of, settings, client)


def _queue_digest(installation: Installation, settings: Settings, as_of: datetime, today: date) -> None:
    shown = stages.show(installation, settings, as_of)
    with database.session(installation.engine) as session:
        newest = ledger.head(session)
        text, blocks = wording.compose(
            settings.operators.language,
            settings.operators.time_zone,
            as_of=as_of,
            rules=settings.enforcement_list(),
            shown=shown.items,
            switches=folds.switches(ledger.entries(session, kinds=folds.SWITCHES)),
            findings=queries.latest_findings(session, as_of),
            ill=sorted(name for name, state in queries.health(session).items() if not state.ok),
            alerts=outbox.overview(session, limit=1),
            head=(newest.seq, newest.hash) if newest else None,
        )
        outbox.queue(
            session,
            delivery=str(uuid5(NAMESPACE_URL, f"sendepause:digest:{today.isoformat()}")),
            channel=settings.operators.channel,
            text=text,
            blocks=blocks,
            at=installation.now(),
        )


def _daily(settings: Settings, as_of: datetime) -> bool:
    return any(countdown.phase_at(rule, as_of) is not Phase.ANNOUNCED for rule in settings.enforcement_list())


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
    with database.session(installation.engine) as session:
        outbox.gather(session, now)
    done = slack.deliver(
        installation.engine,
        client,
        now=installation.now,
        sleep=time.sleep,
        operators=addressing.operators(settings),
    )
    trouble = " ".join(done.notes)
    if done.waiting and not done.sent and not trouble:
        trouble = f"Slack took none of {done.waiting} messages in time; they are tried again."
    with database.session(installation.engine) as session:
        owed = outbox.overview(session, limit=1).owed
        queries.set_health(session, "slack", not trouble, installation.now(), trouble)
    if trouble:
        log.warning("%s", trouble)
    counts = {"owed": owed, "sent": done.sent, "refused": done.refused, "waiting": done.waiting}
    return stages.beat(installation, stage, as_of, counts)
