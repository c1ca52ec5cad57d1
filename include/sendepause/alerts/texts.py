"""What an alert says: Slack messages in German and English, made of facts that may be missing.

Everything from outside is escaped and bounded before it meets Slack's mrkdwn, and Slack's limits are
kept by construction: a list that is too long becomes several messages, and each names its own part.

Limits: https://docs.slack.dev/reference/block-kit/blocks (50 blocks a message, 3,000 characters a
section, 150 a header) and https://docs.slack.dev/reference/methods/chat.postMessage (40,000 a text).
Slack also refuses long messages with ``msg_blocks_too_long`` without naming the limit; 13,200
characters over all blocks have been reported, so messages stay below that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pendulum

from sendepause import words
from sendepause.alerts import items, phrases_de, phrases_en
from sendepause.alerts.items import AlertFacts as AlertFacts
from sendepause.alerts.items import Tongue
from sendepause.alerts.mrkdwn import length
from sendepause.alerts.mrkdwn import number_in_words as number_in_words
from sendepause.alerts.mrkdwn import safe as safe
from sendepause.alerts.phrases import put
from sendepause.model import Audience, Kind, Language, Stage, Verdict

MAX_BLOCKS = 50
MAX_CHARACTERS = 12_000  # over all blocks of a message, and in its text
_FOOT = 400  # room for it
_FAR_HOURS = 24 * 366 * 100


class Message(NamedTuple):
    """One Slack message; ``members`` are the positions of the facts that it names."""

    text: str
    blocks: list[dict[str, Any]]
    members: tuple[int, ...]


def compose(
    stage: Stage, audience: Audience, language: Language, zone: str, facts: Sequence[AlertFacts], at: datetime
) -> list[Message]:
    """The messages that tell ``facts``, all of one stage and enforcement, to one reader in ``zone``.

    ``at`` is the moment from which time is counted. Every fact is named in exactly one message.
    No facts, no messages.
    """
    if not facts:
        return []
    tongue = _tongue(language, zone)
    shared: AlertFacts = next((one for one in facts if one.get("date")), facts[0])
    frame, said = tongue.frame, tongue.phrases[stage]
    total, in_force = len(facts), _in_force(shared, at)

    def phrase(text: str) -> str:
        return put(text, total, words.number(total, language), in_force)

    title, opening = phrase(said.title), phrase(said.happened)
    about = " ".join(_about_the_date(shared, tongue, at, phrase(said.means)))
    closing = [
        f"*{frame.date_past if in_force else frame.date}:* {about}",
        f"*{frame.asked}:* {phrase(said.asked(audience))}",
    ]
    if said.moves and audience is Audience.OWNER:
        closing.append(f"*{frame.move}:* {_move(facts, tongue)}")
    closing.append(f"*{frame.then}:* {phrase(said.then)}")
    foot = frame.as_of.format(tongue.moment(at))
    if audience is Audience.OWNER:
        foot = f"{foot}. {frame.about}"
    named = ["\n".join(items.lines(one, tongue, stage, audience, at)) for one in facts]
    room = MAX_CHARACTERS - sum(length(part) for part in (title, opening, foot, *closing)) - _FOOT
    packed = list(_packed(named, room))
    return [
        _message(
            title,
            [opening, *(named[member] for member in members), *closing],
            f"{frame.part.format(part, len(packed))} · {foot}" if len(packed) > 1 else foot,
            members,
        )
        for part, members in enumerate(packed, start=1)
    ]


def _message(title: str, sections: Sequence[str], foot: str, members: tuple[int, ...]) -> Message:
    blocks = [_header(title), *(_section(section) for section in sections), _context(foot)]
    return Message("\n".join([title, *sections, foot]), blocks, members)


def _tongue(language: Language, zone: str) -> Tongue:
    said = phrases_de if language is Language.DE else phrases_en
    return Tongue(language, zone if items.is_zone(zone) else "UTC", said.FRAME, said.PHRASES, said.MOVES)


def _packed(named: Sequence[str], room: int) -> Iterator[tuple[int, ...]]:
    """The positions of ``named``, in order, in portions that fit into one message each."""
    portion: list[int] = []
    used = 0
    for position, item in enumerate(named):
        needed = length(item) + 1
        if portion and (used + needed > room or len(portion) >= MAX_BLOCKS - 7):
            yield tuple(portion)
            portion, used = [], 0
        portion.append(position)
        used += needed
    if portion:
        yield tuple(portion)


def _move(facts: Sequence[AlertFacts], tongue: Tongue) -> str:
    """Where these accounts should move. What holds for a personal account holds for any other as well."""
    if all(one.get("verdict") == Verdict.WATCH and not one.get("campaign_name") for one in facts):
        return tongue.moves.by_hand
    in_the_app = all(one.get("kind") == Kind.BUSINESS_APP for one in facts)
    return tongue.moves.business_app if in_the_app else tongue.moves.personal


def _in_force(facts: AlertFacts, at: datetime) -> bool:
    begins = items.begins(facts)
    return begins <= at if begins is not None else facts.get("hours_left", 1) <= 0


def _about_the_date(facts: AlertFacts, tongue: Tongue, at: datetime, means: str) -> Iterator[str]:
    """The time left, what this means for the date, and the rule: each a sentence, as far as known."""
    begins, hours = items.begins(facts), facts.get("hours_left")
    if begins is not None:
        yield f"{_countdown(begins, facts['date_zone'], tongue, at)}."
    elif hours is not None and abs(hours) < _FAR_HOURS:  # also false for NaN
        yield f"{words.time_left(hours, tongue.language)}."
    yield means
    if title := tongue.text(facts.get("enforcement_title"), 400):
        yield tongue.frame.rule.format(title)


def _countdown(begins: datetime, zone: str, tongue: Tongue, at: datetime) -> str:
    """The time left and the moment in the reader's zone, and in the rule's own where the clocks differ."""
    told = words.countdown(begins, at, tongue.zone, tongue.language)
    here, there = (pendulum.instance(begins).in_timezone(each) for each in (tongue.zone, zone))
    if here.utcoffset() == there.utcoffset():
        return told
    own = words.moment(begins, zone, tongue.language)
    reader, rule = (tongue.frame.in_zone.format(each) for each in (tongue.zone, zone))
    return f"{told} {reader} ({own} {rule})"


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _mrkdwn(text: str) -> dict[str, Any]:
    # verbatim: Slack makes no links, channels or mentions of words that merely look like them
    return {"type": "mrkdwn", "text": text, "verbatim": True}
