"""An owner's answer from Slack carried out: an entry in the ledger, and the message shows it.

The entry and what the message is to show are one transaction, written before Slack hears that the answer
arrived. Whoever is killed after it has lost nothing: the next round of delivery brings it to Slack. An
answer that comes again, because a button was pressed twice or Slack repeats itself, is the same one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sendepause import configuration, countdown, people
from sendepause.alerts import answerable, answers, buttons, deliveries, posting, slack
from sendepause.alerts.answerable import Asked, Named, Requested
from sendepause.alerts.answers import Field, Filled, Pressed
from sendepause.alerts.slack_errors import NO_ANSWER, said
from sendepause.errors import BadInput, Unreachable
from sendepause.installation import SLACK_CONNECTION, Installation
from sendepause.model import Answer
from sendepause.settings import Settings
from sendepause.store import database, queries
from sendepause.store.database import Session
from sendepause.store.ledger import Entry

CALL_SECONDS = 2  # Slack takes a form within three seconds of the press that asks for it

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an answer.

    ``reply``: what Slack is told in the acknowledgement, None: nothing. ``changed``: the delivery whose
    message shall show it now, see :func:`show`.
    """

    reply: dict[str, Any] | None = None
    changed: str | None = None


def take(installation: Installation, payload: Any) -> Taken:
    """Carry out what a payload of Slack's says, if it is an answer to one of our messages.

    :raises SendepauseError: where the store or Slack cannot be reached; then it was not taken.
    """
    answer = answers.read(payload)
    if answer is None:
        return _ignored("it is no answer to a message")
    with database.session(installation.engine, write=False) as session:
        asked = answerable.find(session, answer.delivery)
    if asked is None:
        return _ignored("there is no such message to answer")
    if isinstance(answer, Filled):
        return _ask_hold(installation, asked, answer)
    if (answer.channel, answer.ts) != (asked.channel, asked.ts):
        return _ignored("the message is not where it was sent")
    if answer.answer is Answer.HOLD:
        return _open_form(installation, asked, answer)
    now = installation.now()
    with database.session(installation.engine) as session:
        answerable.note(session, asked, answer.answer, answer.author, now)
    return Taken(changed=asked.delivery)


def show(installation: Installation, delivery: str) -> None:
    """Bring to Slack what a message shows by now, as far as Slack takes it at once; the next round of
    delivery does else."""
    try:
        for _ in range(3):  # what came meanwhile, too
            with database.session(installation.engine, write=False) as session:
                due = next(iter(deliveries.to_change(session, delivery)), None)
                content = deliveries.content(session, delivery)
            if due is None:
                return
            posting.change(_client(), content, due.channel, due.ts)
            with database.session(installation.engine) as session:
                deliveries.note_shown(session, delivery, due.version)
    except Exception as error:  # the answer is taken, whatever keeps Slack from showing it
        log.info("An answer shows in Slack with the next round of delivery (%s).", _kind(error))


def _open_form(installation: Installation, asked: Asked, pressed: Pressed) -> Taken:
    campaigns, until = _on_offer(installation, asked)
    view = buttons.form(
        asked.delivery, [(one.alert, one.name) for one in campaigns], until, asked.language, asked.zone
    )
    try:
        _client().views_open(trigger_id=pressed.trigger, view=view)
    except NO_ANSWER as error:
        raise Unreachable(
            f"Slack did not open the form ({said(error)}).", means="Nothing was asked for."
        ) from None
    return Taken()


def _on_offer(installation: Installation, asked: Asked) -> tuple[list[Named], datetime]:
    """The campaigns of a message that a hold can be asked for now, and when one ends at the latest."""
    now = installation.now()
    until = _latest_end(_settings(installation), asked, now)
    with database.session(installation.engine, write=False) as session:
        campaigns = answerable.holdable(asked, answerable.waiting(session, now))
    return (campaigns if until > now else []), until


def _ask_hold(installation: Installation, asked: Asked, filled: Filled) -> Taken:
    """The form for a hold: the request, the answer and what the message shows, in one transaction."""
    campaign = next((one for one in asked.named if one.alert == filled.alert and one.holdable), None)
    if campaign is None:
        return _ignored("the message names no such campaign")
    settings, request = _settings(installation), _request(filled)
    bound = _latest_end(settings, asked, installation.now())
    until = buttons.end_of(filled.day, bound, asked.zone)

    def note(session: Session, entry: Entry) -> None:
        hold = Requested(f"hold:{entry.seq}", campaign.subject, until)
        answerable.note(session, asked, Answer.HOLD, filled.author, entry.at, hold)

    try:
        if _is_new(installation, campaign, filled, bound, asked.zone):
            details = (campaign.subject, until, filled.reason, filled.author, request)
            people.ask_hold(installation, *details, settings=settings, also=note)
    except BadInput as error:
        if error.place not in set(Field):
            raise
        return Taken(reply=buttons.errors(Field(error.place), bound, asked.language, asked.zone))
    return Taken(changed=asked.delivery)


def _is_new(installation: Installation, campaign: Named, filled: Filled, bound: datetime, zone: str) -> bool:
    """Whether a form is not one that was taken before.

    :raises BadInput: for what it can get wrong beyond any request for a hold; ``place`` names the field.
    """
    now = installation.now()
    with database.session(installation.engine, write=False) as session:  # both as of one moment
        again = people.asked_under(session, campaign.subject, _request(filled))
        waits = campaign.subject in answerable.waiting(session, now)
    if again:
        return False
    if waits or bound <= now:
        raise BadInput("No hold can be asked for, or one waits for approval.", place=Field.CAMPAIGN)
    if filled.day > buttons.last_day(bound, zone):
        raise BadInput("The hold would end too late.", place=Field.UNTIL)
    return True


def _request(filled: Filled) -> str:
    return f"slack:{filled.view}"


def _latest_end(settings: Settings, asked: Asked, now: datetime) -> datetime:
    """When a hold for a campaign of this message has to be over; ``now`` where no rule is known for any."""
    margin = timedelta(hours=settings.policy.hold_margin_hours)
    rules = {one.enforcement for one in asked.named if one.holdable}
    known = [settings.rule_map[rule] for rule in rules if rule in settings.rule_map]
    return min((countdown.in_utc(countdown.begins_at(rule)) - margin for rule in known), default=now)


def _settings(installation: Installation) -> Settings:
    """The configuration that the stages went by last, kept in the store.

    Its files take eight seconds to read with ten thousand accounts, this a half (measured, 2 cores); a press
    has three.
    """
    with database.session(installation.engine, write=False) as session:
        kept = queries.latest_configuration(session)
    return configuration.check(kept.content) if kept else installation.read_settings()[0]


def _client() -> slack.WebClient:
    client = slack.hook_client(SLACK_CONNECTION)
    if client is None:
        raise Unreachable(f"There is no Slack connection {SLACK_CONNECTION}.")
    client.timeout, client.retry_handlers = CALL_SECONDS, []
    return client


def _ignored(why: str) -> Taken:
    """Acknowledged, and nothing else: what it says is kept nowhere."""
    log.info("Something of Slack's was ignored: %s.", why)
    return Taken()


def _kind(error: Exception) -> str:
    return said(error) if isinstance(error, NO_ANSWER) else type(error).__name__
