"""The operators' summary: a day's numbers are kept every day, and told on the days when that is due."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pendulum

from sendepause import countdown, deciding
from sendepause.alerts import deliveries, digest, outbox, picture
from sendepause.alerts.answered import unanswered
from sendepause.alerts.digest import Seen
from sendepause.alerts.picture import Day
from sendepause.deciding import Shown
from sendepause.installation import Installation
from sendepause.model import Form, Phase
from sendepause.settings import Settings
from sendepause.store import database, digests, folds, ledger, queries
from sendepause.store.database import Session
from sendepause.store.digests import Digest, Numbers

log = logging.getLogger(__name__)


def write(installation: Installation, settings: Settings, as_of: datetime, *, connected: bool) -> bool:
    """Keep the day's numbers and queue its summary, once; whether the day has one.

    Without a Slack connection nothing is queued: a summary that waits would tell of a day long past.
    """
    today = pendulum.instance(as_of).in_timezone(settings.operators.time_zone).date()
    due = is_due(settings, as_of, today)
    shown = deciding.show(installation, settings, as_of)
    with database.session(installation.engine, write=False) as session:
        seen = _look(session, settings, shown, as_of, today)
        history = digests.history(session, today, picture.DAYS)
        post = due and connected and not digests.is_posted(session, today)
    # Composed and drawn outside of any transaction, which others would have to wait for.
    told = digest.compose(settings.operators.language, settings.operators.time_zone, seen) if post else None
    image, alt = _picture(settings, seen, history) if post else (None, None)
    with database.session(installation.engine) as session:
        if told is not None:
            outbox.queue(
                session,
                delivery=str(uuid5(NAMESPACE_URL, f"sendepause:digest:{today.isoformat()}")),
                channel=settings.operators.channel,
                text=told[0],
                blocks=told[1],
                at=installation.now(),
                form=Form.DIGEST,
                picture=image,
                picture_alt=alt,
            )
        digests.keep(session, Digest(today, as_of, seen.numbers, posted=post))
    return due


def preview(
    installation: Installation, settings: Settings, as_of: datetime
) -> tuple[str, list[dict[str, Any]], str | None]:
    """Text and blocks of the summary as it would be now, and its picture in words. Writes nothing."""
    today = pendulum.instance(as_of).in_timezone(settings.operators.time_zone).date()
    shown = deciding.show(installation, settings, as_of)
    with database.session(installation.engine, write=False) as session:
        seen = _look(session, settings, shown, as_of, today)
        history = digests.history(session, today, picture.DAYS)
    told = digest.compose(settings.operators.language, settings.operators.time_zone, seen)
    return *told, _picture(settings, seen, history)[1]


def is_due(settings: Settings, as_of: datetime, today: date) -> bool:
    """Every day while an enforcement is in warning or later, else on Mondays; ``today`` is the operators'."""
    phases = {countdown.phase_at(rule, as_of) for rule in settings.enforcement_list()}
    return bool(phases - {Phase.ANNOUNCED}) or today.weekday() == pendulum.MONDAY


def _look(session: Session, settings: Settings, shown: Shown, as_of: datetime, today: date) -> Seen:
    """What the summary of a moment is made of."""
    before = digests.posted_before(session, today)
    beats = queries.heartbeats(session)
    return Seen(
        as_of=as_of,
        today=today,
        rules=settings.enforcement_list(),
        shown=shown.items,
        numbers=_numbers(session, settings, shown, as_of),
        switches=folds.switches(ledger.entries(session, kinds=folds.SWITCHES)),
        names={number: account.name for number, account in settings.account_map.items()},
        before=before,
        entries=ledger.entries(session, after_seq=before.numbers.ledger) if before else (),
        ill=sorted(name for name, state in queries.health(session).items() if not state.ok),
        undeliverable=deliveries.undeliverable(session),
        enforced_at=beats["enforce"].finished_at if "enforce" in beats else None,
    )


def _numbers(session: Session, settings: Settings, shown: Shown, as_of: datetime) -> Numbers:
    findings = queries.latest_findings(session, as_of)
    alerts = outbox.overview(session, limit=1)
    newest = ledger.head(session)
    sourced = {reach.account for reach in queries.reaches(session)}
    sourced |= {source.account for source in settings.sources if source.account}
    return Numbers(
        rules={rule.id: digest.count(shown.items, rule.id) for rule in settings.enforcement_list()},
        verdicts=Counter(one.verdict for one in findings.values() if one.account in settings.account_map),
        alerts_owed=alerts.owed,
        alerts_sent=alerts.sent,
        alerts_refused=alerts.refused,
        unanswered=unanswered(session),
        holds_asked=len(folds.pending_holds(ledger.entries(session, kinds=folds.HOLDS), as_of)),
        without_source=len(settings.account_map.keys() - sourced),
        broken_files=len(queries.broken_files(session)),
        unknown_senders=digest.unknown_senders(shown.items),
        out_of_order=sum(not state.ok for state in queries.health(session).values()),
        ledger=newest.seq if newest else 0,
        ledger_hash=newest.hash if newest else "",
    )


def _picture(
    settings: Settings, seen: Seen, history: Sequence[Digest]
) -> tuple[bytes, str] | tuple[None, None]:
    """The picture and its words; nothing where it cannot be drawn: the summary is worth more than it."""
    if not seen.rules:
        return None, None
    rule = digest.drawn(seen.rules, seen.as_of)
    days = [
        Day(one.day, one.numbers.rules[rule.id].states)
        for one in (*history, Digest(seen.today, seen.as_of, seen.numbers, posted=False))
        if rule.id in one.numbers.rules and (one.day < seen.today or one.numbers is seen.numbers)
    ]
    reader = settings.operators
    told = (days, countdown.begins_at(rule), countdown.pausing_from(rule))
    try:
        alt = picture.alt_text(*told, reader.language, reader.time_zone, seen.as_of)
        return picture.draw(*told, reader.language, reader.time_zone, seen.as_of), alt
    except Exception:  # a library that draws may fail in any way
        log.exception("The summary's picture could not be drawn; the summary goes out without it.")
        return None, None
