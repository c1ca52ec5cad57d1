"""The lines of a message that name one alert: who, what, why, and when it is paused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypedDict
from zoneinfo import ZoneInfo

import pendulum

from sendepause import countdown, second_proof, words
from sendepause.alerts.mrkdwn import length, number_in_words, safe
from sendepause.alerts.phrases import Frame, Phrases
from sendepause.audit.silence import Why
from sendepause.model import Audience, Form, Kind, Language, NoData, Reason, Stage, Verdict
from sendepause.words import Both

_LONGEST = 2_900  # characters of a section or a context, of which Slack takes 3,000
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
_SINCE_ITS_PAUSE = frozenset(  # the weeks before it say nothing of what has been so since
    {Stage.NO_DATA, Stage.SILENCE_CONFIRMED, Stage.MOVED}
)
_ABOUT_A_CHANGE = frozenset({Stage.UNDONE})
_CHANGE_EXPLAINS = frozenset(  # of what we paused, the last change is our own, or says nothing any more
    {
        Stage.WARNED,
        Stage.LAST_CALL,
        Stage.NOT_PAUSED,
        Stage.UNKNOWN_AUTOMATION,
        Stage.CONTRADICTION,
        Stage.GUARD_STOPPED,
        Stage.BREACH,
    }
)
_IN_THE_OPENING: Mapping[Stage, frozenset[Reason]] = {  # and not said again as the reason
    Stage.WARNED: frozenset({Reason.AUTOMATED_ON_PERSONAL, Reason.AUTOMATED_ON_BUSINESS_APP}),
    Stage.UNDONE: frozenset({Reason.SWITCHED_ON_AGAIN}),
    Stage.HOLD_GRANTED: frozenset({Reason.HELD}),
    Stage.HOLD_ENDS: frozenset({Reason.HELD}),
    Stage.SILENCE_CONFIRMED: frozenset({Reason.SILENCE_CONFIRMED}),
}
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
    pause_from: str  # from then on campaigns of this kind are paused; missing where they never are
    changed_by: str
    changed_at: str
    verdict: str  # model.Verdict
    sentence: dict[str, str]  # language -> the verdict in words, with its numbers
    hold_until: str
    asked_by: str  # who asked for a hold: a ledger author, or ``slack:U…``
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
    owner_name: str  # whose alert it is, where somebody else reads it
    link: str  # where in Airflow it is decided; shown to the operators alone


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language with its sentences, and the reader's zone."""

    language: Language
    zone: str
    frame: Frame
    phrases: dict[Stage, Phrases]
    unproven: Phrases  # for ``Stage.NO_DATA``, where data are missed as the proof of pauses alone

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


class Item(NamedTuple):
    """One alert in a message: what it is about, and in smaller type what that rests on."""

    lines: tuple[str, ...]
    evidence: tuple[str, ...]


class Telling(NamedTuple):
    """How alerts are told in one message, and when."""

    stage: Stage
    audience: Audience
    form: Form
    at: datetime


def item(facts: AlertFacts, tongue: Tongue, telling: Telling, destination: str = "") -> Item:
    """What names one alert, each half at most ``_LONGEST`` characters.

    ``destination``: where its account should move, in a message that names several such places.
    """
    lines = [*_named(facts, tongue, telling), *_wanted(facts, tongue, telling, destination)]
    evidence = _evidence(facts, tongue, telling)
    return Item(tuple(within(lines, _LONGEST)), tuple(within(evidence, _LONGEST)))


def within(lines: Iterable[str], limit: int) -> Iterator[str]:
    """The lines that fit into ``limit`` characters together, in order."""
    used = 0
    for line in lines:
        used += length(line) + 1
        if used > limit:
            return
        yield line


def _named(facts: AlertFacts, tongue: Tongue, telling: Telling) -> Iterator[str]:
    """Who, what and why."""
    frame = tongue.frame
    yield _who(facts, tongue)
    if name := facts.get("campaign_name"):
        yield frame.campaign.format(safe(name, 200)) + _in_system(facts, frame)
    elif system := facts.get("system"):
        yield frame.system.format(safe(system, 80))
    if telling.audience is Audience.OPERATORS and (subject := facts.get("subject")):
        yield frame.key.format(safe(subject, 150))
    if telling.audience is Audience.OPERATORS and (owner := facts.get("owner_name")):
        yield frame.owner.format(safe(owner, 150))
    if pause := _pause(facts, tongue, telling):
        yield pause
    if (until := moment(facts.get("hold_until"))) is not None:
        yield frame.hold_until.format(tongue.moment(until))
    if asked_by := facts.get("asked_by"):
        yield frame.asked_by.format(_person(asked_by))
    finding = _finding(facts, tongue, telling.stage)
    if reasons := _reasons(facts, tongue, telling.stage, finding):
        yield frame.reasons.format(reasons)
    if not facts.get("campaign_name"):
        yield from _measured(facts, tongue, finding)
    if telling.stage in _ABOUT_A_CHANGE and (changed := _changed(facts, tongue)):
        yield changed


def _wanted(facts: AlertFacts, tongue: Tongue, telling: Telling, destination: str) -> Iterator[str]:
    """What else has to be known to act."""
    frame, stage = tongue.frame, telling.stage
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
    if destination:
        yield frame.destination.format(destination)
    if (count := facts.get("items")) is not None:
        counted = frame.messages if stage is Stage.UNDELIVERABLE else frame.pauses
        yield counted.format(words.number(count, tongue.language))
    if detail := tongue.text(facts.get("detail")):
        yield frame.detail.format(detail)
    if error := facts.get("error"):
        yield frame.error.format(safe(error, 300))


def _evidence(facts: AlertFacts, tongue: Tongue, telling: Telling) -> Iterator[str]:
    """The measurement behind what is told of a campaign, and who changed it last; not in a reminder."""
    if telling.form in (Form.REMINDER, Form.LAST_REMINDER):
        return
    if facts.get("campaign_name"):
        yield from _measured(facts, tongue, _finding(facts, tongue, telling.stage))
    if telling.stage in _CHANGE_EXPLAINS and (changed := _changed(facts, tongue)):
        yield changed


def _measured(facts: AlertFacts, tongue: Tongue, finding: str) -> Iterator[str]:
    if finding and facts.get("verdict") == Verdict.NO_DATA:
        yield finding  # which says so itself
    elif finding:
        yield tongue.frame.finding.format(finding)
    elif no_data := facts.get("no_data"):
        yield tongue.frame.no_data.format(tongue.label(NoData, no_data))


def _person(author: str) -> str:
    """A ledger's author; a person of Slack as Slack shows them, without calling them."""
    return safe(author.removeprefix("slack:"), 100)


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


def _reasons(facts: AlertFacts, tongue: Tongue, stage: Stage, finding: str) -> str:
    said = _IN_THE_OPENING.get(stage, frozenset()) | (_IN_THE_FINDING if finding else frozenset())
    told = [reason for reason in facts.get("reasons") or () if reason not in said]
    few: Sequence[str] = list(dict.fromkeys(told))[:_REASONS_SHOWN]
    return " ".join(_reason(reason, tongue.language) for reason in few)


def _reason(value: str, language: Language) -> str:
    try:
        return words.sentence(Reason(value), language)
    except ValueError:
        return safe(value, 60)


def _finding(facts: AlertFacts, tongue: Tongue, stage: Stage) -> str:
    """The finding with its numbers. Of a campaign, only one that says why it was looked at."""
    verdict = facts.get("verdict")
    if stage in _ABOUT_A_CAMPAIGN or (facts.get("campaign_name") and stage in _SINCE_ITS_PAUSE):
        return ""
    if verdict and facts.get("campaign_name") and verdict not in _EXPLAINS_A_CAMPAIGN:
        return ""
    told = tongue.text(facts.get("sentence"), 1000)
    return told or (tongue.label(Verdict, verdict) if verdict else "")


def _changed(facts: AlertFacts, tongue: Tongue) -> str | None:
    by, at = facts.get("changed_by"), moment(facts.get("changed_at"))
    parts = [
        tongue.moment(at) if at else "",
        tongue.frame.changed_by.format(safe(by, 100)) if by else "",
    ]
    told = ", ".join(filter(None, parts))
    return tongue.frame.changed.format(told) if told else None


def _pause(facts: AlertFacts, tongue: Tongue, telling: Telling) -> str | None:
    """When the campaign will be paused; nothing where that is not known."""
    frame, at, when = tongue.frame, telling.at, pause_at(facts, telling.stage, telling.at)
    if when is None:
        never = telling.stage is Stage.WARNED and facts.get("kind") == Kind.BUSINESS_APP
        unpaused = never and not facts.get("pause_from") and not facts.get("by_hand")
        return frame.no_pause if unpaused else None
    if telling.stage is Stage.UNDONE:
        return frame.pause_now if when <= at else frame.pause_again.format(tongue.moment(when))
    from_when = moment(facts.get("pause_from"))
    told_before = telling.form in (Form.REMINDER, Form.LAST_REMINDER) and from_when and from_when <= at
    return (frame.pause_latest if told_before else frame.pause_from).format(tongue.moment(when))


def pause_at(facts: AlertFacts, stage: Stage, at: datetime) -> datetime | None:
    """When an announced campaign is paused, or one that was switched on again, as ``policy.py`` decides it.

    Not on the day of the notice itself, but never later than the last hours before the date; a whole
    session has its turn only then. None where nothing is paused, or it is not known when.
    """
    start, from_when = begins(facts), moment(facts.get("pause_from"))
    if (
        stage not in (Stage.WARNED, Stage.UNDONE)
        or start is None
        or from_when is None
        or facts.get("by_hand")
    ):
        return None
    last = start - timedelta(hours=countdown.LAST_HOURS)
    if stage is Stage.UNDONE:
        return last
    if at >= last:
        return None
    next_day = pendulum.instance(at).in_timezone(facts["date_zone"]).add(days=1).start_of("day")
    at_last = Reason.CHOKE_POINT_LATER in (facts.get("reasons") or ())
    return last if at_last else min(max(from_when, next_day), last)
