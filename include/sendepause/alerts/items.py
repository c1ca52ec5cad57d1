"""The lines of a message that name one alert: who, what, why, and when it is paused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypedDict
from zoneinfo import ZoneInfo

import pendulum

from sendepause import countdown, second_proof, words
from sendepause.alerts.mrkdwn import number_in_words, safe
from sendepause.alerts.phrases import Frame, Moves, Phrases
from sendepause.audit.silence import Why
from sendepause.model import Audience, Kind, Language, NoData, Reason, Stage, Verdict
from sendepause.words import Both

_REASONS_SHOWN = 4
_IN_THE_FINDING = frozenset(  # the finding's own sentence says these, with its numbers
    {
        Reason.BEHAVES_AUTOMATED,
        Reason.BEHAVES_BULK,
        Reason.WATCHED,
        Reason.CLEAR,
        Reason.NO_SOURCE,
        Reason.SOURCE_ILL,
        Reason.TOO_FEW,
        Reason.SILENT,
    }
)
SUBJECTS = {
    "account": Both("Konto {}", "account {}"),
    "campaign": Both("Kampagne {}", "campaign {}"),
    "channel": Both("Slack-Kanal {}", "Slack channel {}"),
    "configuration": Both("Konfiguration", "configuration"),
    "drill": Both("Übung in {}", "drill in {}"),
    "enforcement": Both("Regel {}", "rule {}"),
    "hold": Both("Antrag {}", "request {}"),
    "source": Both("Datenquelle {}", "source {}"),
    "system": Both("Kampagnensystem {}", "campaign system {}"),
}
"""What an item key names, by its beginning."""

_ABOUT_A_CAMPAIGN = frozenset(  # that is known and told of before: how its account sends adds nothing
    {
        Stage.PAUSED,
        Stage.NOT_PAUSED,
        Stage.UNDONE,
        Stage.HOLD_ASKED,
        Stage.HOLD_GRANTED,
        Stage.HOLD_ENDS,
        Stage.RESUMED,
    }
)
_ABOUT_A_SENDER = frozenset({Stage.UNKNOWN_AUTOMATION, Stage.CONTRADICTION, Stage.GUARD_STOPPED})
_SENDERS_SHOWN = 4
_EXPLAINS_A_CAMPAIGN = (Verdict.AUTOMATED, Verdict.BULK)


class AlertFacts(TypedDict, total=False):
    """What the words of an alert are made of, as JSON; every key may be missing.

    Times are ISO 8601 with an offset. ``detail`` is one text for all, or one a language.
    """

    subject: str  # item key; set by the outbox, names the alert where nothing else does
    account_number: str  # E.164
    account_name: str
    kind: str  # model.Kind
    campaign_name: str
    system: str  # campaign system, by its id
    reasons: list[str]  # model.Reason, the weightiest first
    enforcement_title: dict[str, str]  # language -> title
    date: str  # ISO date on which the rule comes into force
    date_zone: str  # the zone in which that date begins
    hours_left: float  # until then; used only where ``date`` is missing
    pause_from: str  # from then on campaigns of this kind are paused; missing where they never are
    changed_by: str
    changed_at: str
    verdict: str  # model.Verdict
    sentence: dict[str, str]  # language -> the verdict in words, with its numbers
    hold_until: str
    no_data: str  # model.NoData
    detail: dict[str, str] | str
    items: int  # how many things are concerned, where they are too many to name
    error: str  # what a system answered
    item: str  # what exactly is announced, see ``guard.item``
    by_hand: bool  # nothing can be called: the checklist of the app is for its owner
    left: int  # runs that go on after a pause
    senders: list[str]  # what the campaign's content sends through
    also: list[str]  # further numbers that mark or content name
    silence_why: str  # audit.silence.Why: why it is open whether a pause is followed by silence


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language with its sentences, and the reader's zone."""

    language: Language
    zone: str
    frame: Frame
    phrases: dict[Stage, Phrases]
    moves: Moves

    def moment(self, at: datetime) -> str:
        """A moment in words, as the reader's clock shows it."""
        return words.moment(at, self.zone, self.language)

    def label(self, closed_set: type[StrEnum], value: str) -> str:
        """A member's word; a value that this version does not know is shown as it is."""
        try:
            return words.label(closed_set(value), self.language)
        except ValueError:
            return safe(value, 60)

    def text(self, value: dict[str, str] | str | None, limit: int = 300) -> str:
        """The reader's language of a text, else whichever there is; made safe."""
        if isinstance(value, dict):
            value = value.get(self.language) or next(iter(value.values()), "")
        return safe(value, limit) if value else ""


def lines(facts: AlertFacts, tongue: Tongue, stage: Stage, audience: Audience, at: datetime) -> Iterator[str]:
    """The lines that name one alert; at most 3,000 characters by their bounds."""
    frame = tongue.frame
    yield _who(facts, tongue)
    if name := facts.get("campaign_name"):
        yield frame.campaign.format(safe(name, 200)) + _in_system(facts, frame)
    elif system := facts.get("system"):
        yield frame.system.format(safe(system, 80))
    finding = "" if stage in _ABOUT_A_CAMPAIGN else _finding(facts, tongue)
    if reasons := _reasons(facts, tongue, finding):
        yield frame.reasons.format(reasons)
    if finding and facts.get("verdict") == Verdict.NO_DATA:
        yield finding  # which says so itself
    elif finding:
        yield frame.finding.format(finding)
    elif no_data := facts.get("no_data"):
        yield frame.no_data.format(tongue.label(NoData, no_data))
    if stage is not Stage.PAUSED and (changed := _changed(facts, tongue)):
        yield changed  # of a campaign that we paused, the last change is our own, or says nothing any more
    if senders := facts.get("senders") if stage in _ABOUT_A_SENDER else None:
        yield frame.senders.format(", ".join(safe(sender, 120) for sender in senders[:_SENDERS_SHOWN]))
    if also := facts.get("also"):
        yield frame.also.format(", ".join(number_in_words(number) for number in also[:_SENDERS_SHOWN]))
    if left := facts.get("left"):
        yield frame.under_way.format(words.number(left, tongue.language))
    if stage is Stage.NO_DATA and (why := facts.get("silence_why")) in set(Why):
        yield second_proof.wanted(Why(why), tongue.language)
    if facts.get("by_hand") and stage in (Stage.WARNED, Stage.LAST_CALL):
        yield frame.checklist
    if (until := moment(facts.get("hold_until"))) is not None:
        yield frame.hold_until.format(tongue.moment(until))
    if pause := _pause(facts, tongue, stage, at):
        yield pause
    if (count := facts.get("items")) is not None:
        counted = frame.messages if stage is Stage.UNDELIVERABLE else frame.pauses
        yield counted.format(words.number(count, tongue.language))
    if detail := tongue.text(facts.get("detail")):
        yield frame.detail.format(detail)
    if error := facts.get("error"):
        yield frame.error.format(safe(error, 300))
    if audience is Audience.OPERATORS and (subject := facts.get("subject")):
        yield frame.key.format(safe(subject, 150))


def named(subject: str, language: Language) -> str:
    """What an item key names, in words: "Datenquelle phones"."""
    kind, _, rest = subject.partition(":")
    shape = SUBJECTS.get(kind)
    told = shape.in_(language).format(safe(rest)) if shape else safe(subject)
    return told.strip() or "–"


def begins(facts: AlertFacts) -> datetime | None:
    """The first moment of the rule's date, in its zone; None where it is not known."""
    zone = facts.get("date_zone", "")
    if not is_zone(zone):
        return None
    try:
        day = date.fromisoformat(facts["date"])
        return pendulum.datetime(day.year, day.month, day.day, tz=zone)
    except (KeyError, ValueError, TypeError):
        return None


def moment(value: str | None) -> datetime | None:
    """A moment of the facts; None for anything else."""
    try:
        parsed = datetime.fromisoformat(value) if value else None
    except (ValueError, TypeError):
        return None
    return parsed if parsed is not None and parsed.tzinfo is not None else None


def is_zone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _who(facts: AlertFacts, tongue: Tongue) -> str:
    name, number, kind = facts.get("account_name"), facts.get("account_number"), facts.get("kind")
    shown = number_in_words(number) if number else ""
    if name and safe(name):
        who = f"*{safe(name, 150)}*" + (f" ({shown})" if shown else "")
    elif shown:
        who = f"*{shown}*"
    else:
        who = f"*{named(facts.get('subject') or '', tongue.language)}*"
    return f"{who}, {tongue.label(Kind, kind)}" if kind else who


def _in_system(facts: AlertFacts, frame: Frame) -> str:
    system = facts.get("system")
    return ", " + frame.in_system.format(safe(system, 80)) if system else ""


def _reasons(facts: AlertFacts, tongue: Tongue, finding: str) -> str:
    told = [reason for reason in facts.get("reasons") or () if not (finding and reason in _IN_THE_FINDING)]
    few: Sequence[str] = list(dict.fromkeys(told))[:_REASONS_SHOWN]
    return " ".join(_reason(reason, tongue.language) for reason in few)


def _reason(value: str, language: Language) -> str:
    try:
        return words.sentence(Reason(value), language)
    except ValueError:
        return safe(value, 60)


def _finding(facts: AlertFacts, tongue: Tongue) -> str:
    """The finding with its numbers. Of a campaign, only one that says why it was looked at."""
    verdict = facts.get("verdict")
    if verdict and facts.get("campaign_name") and verdict not in _EXPLAINS_A_CAMPAIGN:
        return ""
    told = tongue.text(facts.get("sentence"), 700)
    return told or (tongue.label(Verdict, verdict) if verdict else "")


def _changed(facts: AlertFacts, tongue: Tongue) -> str | None:
    by, at = facts.get("changed_by"), moment(facts.get("changed_at"))
    parts = [
        tongue.moment(at) if at else "",
        tongue.frame.changed_by.format(safe(by, 100)) if by else "",
    ]
    told = ", ".join(filter(None, parts))
    return tongue.frame.changed.format(told) if told else None


def _pause(facts: AlertFacts, tongue: Tongue, stage: Stage, at: datetime) -> str | None:
    """When the campaign will be paused, as ``policy.py`` decides it; nothing where that is not known.

    Not on the day of the notice itself, but never later than the last hours before the date.
    """
    if stage not in (Stage.WARNED, Stage.UNDONE):
        return None
    start, from_when = begins(facts), moment(facts.get("pause_from"))
    if start is None or from_when is None:
        never = stage is Stage.WARNED and facts.get("kind") == Kind.BUSINESS_APP
        return tongue.frame.no_pause if never else None
    last = start - timedelta(hours=countdown.LAST_HOURS)
    if stage is Stage.UNDONE:
        soon = tongue.frame.pause_now
        return soon if at >= last else tongue.frame.pause_again.format(tongue.moment(last))
    if at >= last:
        return None
    next_day = pendulum.instance(at).in_timezone(facts["date_zone"]).add(days=1).start_of("day")
    return tongue.frame.pause_from.format(tongue.moment(min(max(from_when, next_day), last)))
