"""What an alert says: Slack messages in German and English, made of facts that may be missing.

Everything from outside is escaped and bounded before it meets Slack's mrkdwn, and Slack's limits are
kept by construction: a list that is too long becomes several messages, and each names its own part.

Limits: https://docs.slack.dev/reference/block-kit/blocks (50 blocks a message, 3,000 characters a
section, 150 a header) and https://docs.slack.dev/reference/methods/chat.postMessage (40,000 a text).
Slack also refuses long messages with ``msg_blocks_too_long`` without naming the limit; 13,200
characters over all blocks have been reported, so messages stay below that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypedDict
from zoneinfo import ZoneInfo

import pendulum
import phonenumbers

from sendepause import words
from sendepause.alerts import phrases_de, phrases_en
from sendepause.alerts.phrases import Frame, Phrases, counted
from sendepause.model import Audience, Kind, Language, NoData, Reason, Stage, Verdict

MAX_BLOCKS = 50
MAX_CHARACTERS = 12_000  # over all blocks of a message, and in its text
_REASONS_SHOWN = 5
_FAR_HOURS = 24 * 366 * 100

_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    # Slack's mrkdwn has no escape for its own marks, so look-alikes stand in for them
    "*": "∗",
    "~": "∼",
    "`": "ˋ",
}
_LOOSE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # not inside a word, where it marks nothing
_CALL = re.compile(r"@(?=channel|here|everyone|group)", re.IGNORECASE)
_JOINER = (
    "\u2060"  # an invisible mark that keeps a word whole, and Slack from seeing a mention or a link in it
)


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
    changed_by: str
    changed_at: str
    verdict: str  # model.Verdict
    sentence: dict[str, str]  # language -> the verdict in words, with its numbers
    hold_until: str
    no_data: str  # model.NoData
    detail: dict[str, str] | str
    items: int  # how many things are concerned, where they are too many to name
    error: str  # what a system answered


class Message(NamedTuple):
    """One Slack message; ``members`` are the positions of the facts that it names."""

    text: str
    blocks: list[dict[str, Any]]
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Tongue:
    """A language with its sentences, and the reader's zone."""

    language: Language
    zone: str
    frame: Frame
    phrases: dict[Stage, Phrases]

    def moment(self, at: datetime) -> str:
        return words.moment(at, self.zone, self.language)

    def label(self, closed_set: type[StrEnum], value: str) -> str:
        """A member's word; a value that this version does not know is shown as it is."""
        try:
            return words.label(closed_set(value), self.language)
        except ValueError:
            return safe(value, 60)


def compose(
    stage: Stage, audience: Audience, language: Language, zone: str, facts: Sequence[AlertFacts], at: datetime
) -> list[Message]:
    """The messages that tell ``facts``, all of one stage and enforcement, to one reader in ``zone``.

    ``at`` is the moment from which time is counted. Every fact is named in exactly one message.
    No facts, no messages.
    """
    tongue = _tongue(language, zone)
    said = tongue.phrases[stage]
    total = len(facts)
    if not facts:
        return []

    def phrase(text: str) -> str:
        return counted(text, total, words.number(total, language))

    title = phrase(said.title)
    opening = phrase(said.happened)
    shared: AlertFacts = next((one for one in facts if one.get("date")), facts[0])
    closing = [
        f"*{tongue.frame.date}:* {' '.join([*_date_line(shared, tongue, at), phrase(said.means)])}",
        f"*{tongue.frame.asked}:* {phrase(said.asked(audience))}",
        f"*{tongue.frame.then}:* {phrase(said.then)}",
    ]
    items = ["\n".join(_item(one, tongue)) for one in facts]
    room = MAX_CHARACTERS - sum(_length(part) for part in (title, opening, *closing)) - 400  # the foot
    packed = list(_packed(items, room))
    messages = []
    for part, members in enumerate(packed, start=1):
        foot = tongue.frame.as_of.format(tongue.moment(at))
        if len(packed) > 1:
            foot = f"{tongue.frame.part.format(part, len(packed))} · {foot}"
        named = [items[member] for member in members]
        text = "\n".join([title, opening, *named, *closing, foot])
        sections = [opening, *named, *closing]
        blocks = [_header(title), *(_section(section) for section in sections), _context(foot)]
        messages.append(Message(text, blocks, members))
    return messages


def safe(value: object, limit: int = 200) -> str:
    """Text from outside as mrkdwn that means nothing but itself, on one line, at most ``limit`` long.

    ``limit`` counts UTF-16 units after escaping, which is the strictest way in which Slack may count.
    """
    line = " ".join("".join(map(_visible, str(value))).split())
    line = _CALL.sub(f"@{_JOINER}", _LOOSE_UNDERSCORE.sub("＿", line)).replace("://", f":{_JOINER}//")
    kept: list[str] = []
    length = 0
    for character in line:
        piece = _ESCAPES.get(character, character)
        length += _length(piece)
        if length > limit - 1:
            return "".join(kept) + "…"
        kept.append(piece)
    return "".join(kept)


def number_in_words(number: str) -> str:
    """An E.164 number as people write it; anything else is only made safe."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return safe(number, 40)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _tongue(language: Language, zone: str) -> _Tongue:
    module = phrases_de if language is Language.DE else phrases_en
    return _Tongue(language, zone if _is_zone(zone) else "UTC", module.FRAME, module.PHRASES)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _packed(items: Sequence[str], room: int) -> Iterator[tuple[int, ...]]:
    """The positions of ``items``, in order, in portions that fit into one message each."""
    portion: list[int] = []
    used = 0
    for position, item in enumerate(items):
        length = _length(item) + 1
        if portion and (used + length > room or len(portion) >= MAX_BLOCKS - 6):
            yield tuple(portion)
            portion, used = [], 0
        portion.append(position)
        used += length
    if portion:
        yield tuple(portion)


def _item(facts: AlertFacts, tongue: _Tongue) -> Iterator[str]:
    """The lines that name one alert: who, what, why; at most 3,000 characters by their bounds."""
    frame, language = tongue.frame, tongue.language
    yield _who(facts, tongue)
    if name := facts.get("campaign_name"):
        yield frame.campaign.format(safe(name, 300)) + _in_system(facts, frame)
    elif system := facts.get("system"):
        yield frame.system.format(safe(system, 100))
    if reasons := facts.get("reasons"):
        yield frame.reasons.format(" ".join(_reason(reason, language) for reason in _few(reasons)))
    if verdict := facts.get("verdict"):
        told = _in_language(facts.get("sentence"), language)
        yield frame.verdict.format(": ".join(filter(None, [tongue.label(Verdict, verdict), told])))
    elif told := _in_language(facts.get("sentence"), language):
        yield frame.verdict.format(told)
    if no_data := facts.get("no_data"):
        yield frame.no_data.format(tongue.label(NoData, no_data))
    if changed := _changed(facts, tongue):
        yield changed
    if (until := _moment(facts.get("hold_until"))) is not None:
        yield frame.hold_until.format(tongue.moment(until))
    if (count := facts.get("items")) is not None:
        yield frame.items.format(words.number(count, language))
    if detail := _in_language(facts.get("detail"), language):
        yield frame.detail.format(detail)
    if error := facts.get("error"):
        yield frame.error.format(safe(error, 300))


def _who(facts: AlertFacts, tongue: _Tongue) -> str:
    name, number, kind = facts.get("account_name"), facts.get("account_number"), facts.get("kind")
    shown = number_in_words(number) if number else ""
    if name and safe(name):
        who = f"*{safe(name, 250)}*" + (f" ({shown})" if shown else "")
    elif shown:
        who = f"*{shown}*"
    else:
        who = f"*{safe(facts.get('subject') or '–', 250) or '–'}*"
    return f"{who}, {tongue.label(Kind, kind)}" if kind else who


def _in_system(facts: AlertFacts, frame: Frame) -> str:
    system = facts.get("system")
    return " " + frame.in_system.format(safe(system, 100)) if system else ""


def _few(reasons: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(reasons))[:_REASONS_SHOWN]


def _reason(value: str, language: Language) -> str:
    try:
        return words.sentence(Reason(value), language)
    except ValueError:
        return safe(value, 60)


def _changed(facts: AlertFacts, tongue: _Tongue) -> str | None:
    by, at = facts.get("changed_by"), _moment(facts.get("changed_at"))
    parts = [
        tongue.frame.changed_by.format(safe(by, 120)) if by else "",
        tongue.frame.changed_at.format(tongue.moment(at)) if at else "",
    ]
    told = " ".join(filter(None, parts))
    return tongue.frame.changed.format(told) if told else None


def _date_line(facts: AlertFacts, tongue: _Tongue, at: datetime) -> Iterator[str]:
    """Title and beginning of the rule with the time left, each a sentence, as far as they are known."""
    if title := _in_language(facts.get("enforcement_title"), tongue.language):
        yield f"{title}." if title[-1] not in ".!?…" else title
    begins, hours = _begins(facts), facts.get("hours_left")
    if begins is None:
        if hours is not None and abs(hours) < _FAR_HOURS:  # also false for NaN
            yield _sentence(words.time_left(hours, tongue.language))
        return
    left = words.time_left((begins - at).total_seconds() / 3600, tongue.language)
    yield f"{_beginning(begins, facts['date_zone'], tongue)}: {left}."


def _beginning(begins: datetime, zone: str, tongue: _Tongue) -> str:
    """The moment in the reader's zone, and in the rule's own where the clocks differ."""
    here, there = (pendulum.instance(begins).in_timezone(each) for each in (tongue.zone, zone))
    if here.utcoffset() == there.utcoffset():
        return tongue.moment(begins)
    own = words.moment(begins, zone, tongue.language)
    reader, rule = (tongue.frame.in_zone.format(each) for each in (tongue.zone, zone))
    return f"{tongue.moment(begins)} {reader} ({own} {rule})"


def _begins(facts: AlertFacts) -> datetime | None:
    zone = facts.get("date_zone", "")
    if not _is_zone(zone):
        return None
    try:
        day = date.fromisoformat(facts["date"])
        return pendulum.datetime(day.year, day.month, day.day, tz=zone)
    except (KeyError, ValueError, TypeError):
        return None


def _moment(value: str | None) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(value) if value else None
    except (ValueError, TypeError):
        return None
    return parsed if parsed is not None and parsed.tzinfo is not None else None


def _in_language(value: dict[str, str] | str | None, language: Language) -> str:
    """The reader's language of a text, else whichever there is; made safe."""
    if isinstance(value, dict):
        value = value.get(language) or next(iter(value.values()), "")
    return safe(value, 400) if value else ""


def _visible(character: str) -> str:
    """Control characters and marks that turn the direction of a text become spaces or nothing."""
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    return "" if category in ("Cf", "Cs", "Cn", "Co") and character != "\u200d" else character


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _length(text: str) -> int:
    return len(text) + sum(ord(character) > 0xFFFF for character in text)


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _mrkdwn(text: str) -> dict[str, Any]:
    # verbatim: Slack makes no links, channels or mentions of words that merely look like them
    return {"type": "mrkdwn", "text": text, "verbatim": True}
