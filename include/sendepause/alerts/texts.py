"""What an alert says: Slack messages in German and English, made of facts that may be missing.

Everything from outside is escaped and bounded before it meets Slack's mrkdwn, and Slack's limits are
kept by construction: a list that is too long becomes several messages, and each names its own part.

Limits: https://docs.slack.dev/reference/block-kit/blocks (50 blocks a message, 3,000 characters a
section, 150 a header). Slack also refuses long messages with ``msg_blocks_too_long`` without naming the
limit; 13,200 characters over all blocks have been reported, so messages stay below that. A text may have
40,000 characters in chat.postMessage, but only 4,000 in chat.update, with which answers change a message
(https://docs.slack.dev/reference/methods/chat.update).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pendulum

from sendepause import words
from sendepause.alerts import items, moves, phrases_de, phrases_en
from sendepause.alerts.items import AlertFacts as AlertFacts
from sendepause.alerts.items import Item, Telling, Tongue
from sendepause.alerts.mrkdwn import context, header, length, link, mentions, section, unmarked
from sendepause.alerts.mrkdwn import number_in_words as number_in_words
from sendepause.alerts.mrkdwn import safe as safe
from sendepause.alerts.phrases import Phrases, put
from sendepause.audit.silence import Why
from sendepause.countdown import LAST_HOURS
from sendepause.model import Audience, Form, Language, Stage, Verdict

MAX_BLOCKS = 50
MAX_CHARACTERS = 12_000  # over all blocks of a message
MAX_TEXT = 4_000  # of the text beside the blocks
HOLDABLE = frozenset({Stage.WARNED, Stage.UNDONE, Stage.HOLD_ENDS})  # where a hold would be of use
LINKED = frozenset({Stage.HOLD_ASKED, Stage.GUARD_STOPPED, Stage.MOVED})  # what is decided in Airflow

_ITEM_BLOCKS = 40  # what is left of the blocks beside the sections of every message, buttons and a picture
_SPARE = 150  # characters; room for the number of a part, and line ends
_BUTTONS = 600  # characters; room for them
_FEW = 3  # so many alerts stand before what is to be done, more below it
_NAMES = 5
_DONE = frozenset(  # something is to be done now, by the reader
    {
        Stage.WARNED,
        Stage.LAST_CALL,
        Stage.NOT_PAUSED,
        Stage.UNDONE,
        Stage.HOLD_ENDS,
        Stage.BREACH,
    }
)
_ASKED_ON = _DONE | {Stage.FOUND, Stage.NO_DATA, Stage.CONTRADICTION}
_MENTIONS = frozenset({Form.NOTICE, Form.LAST_REMINDER, Form.UNANSWERED})


class Message(NamedTuple):
    """One Slack message; ``members`` are the positions of the facts that it names."""

    text: str
    blocks: list[dict[str, Any]]
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Letter:
    """What is known of all the messages that ``compose`` makes: one reader, one stage, one moment."""

    tongue: Tongue
    telling: Telling
    facts: Sequence[AlertFacts]
    buttons: bool
    hold: bool  # could still be in force

    @property
    def shared(self) -> AlertFacts:
        """The facts that tell of the date."""
        return next((one for one in self.facts if one.get("date")), self.facts[0])

    @property
    def said(self) -> Phrases:
        """What is said at the stage."""
        missed = all(one.get("silence_why") in set(Why) for one in self.facts)
        unproven = self.telling.stage is Stage.NO_DATA and missed
        return self.tongue.unproven if unproven else self.tongue.phrases[self.telling.stage]

    @property
    def in_force(self) -> bool:
        begins = items.begins(self.shared)
        return begins is not None and begins <= self.telling.at

    def phrase(self, text: str, count: int | None = None) -> str:
        """One of our own sentences for ``count`` things, by default as many as are told."""
        number = len(self.facts) if count is None else count
        written = words.number(number, self.tongue.language)
        return put(text, number, written, in_force=self.in_force, buttons=self.buttons)


class _Sections(NamedTuple):
    """The sections around the list of one message, each a block's text."""

    head: str
    asked: str
    after: tuple[str, ...]
    foot: str


def compose(
    stage: Stage,
    audience: Audience,
    language: Language,
    zone: str,
    facts: Sequence[AlertFacts],
    at: datetime,
    *,
    form: Form = Form.NOTICE,
    users: Sequence[str] = (),
    buttons: bool = False,
    hold: bool = True,
) -> list[Message]:
    """The messages that tell ``facts``, all of one stage and enforcement, to one reader in ``zone``.

    ``at`` is the moment from which time is counted. Every fact is named in exactly one message.
    No facts, no messages. ``users`` are mentioned in the first of them, where the form is one that has
    to be seen. ``buttons``: the caller adds one block with them, for which room is left. ``hold``: whether
    one that is asked for now could still be in force.
    """
    if not facts:
        return []
    letter = _Letter(tongue(language, zone), Telling(stage, audience, form, at), facts, buttons, hold)
    title = _title(letter)
    first = _Sections(_head(letter, users), _asked(letter), tuple(_after(letter)), _foot(letter))
    told = [items.item(one, letter.tongue, letter.telling, where) for one, where in _with_places(letter)]
    packed = list(_packed(told, _rooms(title, first, buttons=buttons)))
    messages = []
    for part, members in enumerate(packed, start=1):
        said, listed = _of_part(letter, first, part, len(packed)), [told[member] for member in members]
        text, blocks = _text(letter, title, said, listed), _blocks(letter, title, said, listed)
        messages.append(Message(text, blocks, members))
    return messages


def tongue(language: Language, zone: str) -> Tongue:
    """A reader's language and zone; UTC where there is no zone of that name."""
    said = phrases_de if language is Language.DE else phrases_en
    return Tongue(language, zone if items.is_zone(zone) else "UTC", said.FRAME, said.PHRASES, said.UNPROVEN)


def until(told: str, begins: datetime, zone: str, tongue: Tongue) -> str:
    """What is told of a moment by the reader's clock, with the rule's own clock where the two differ."""
    here, there = (pendulum.instance(begins).in_timezone(each) for each in (tongue.zone, zone))
    if here.utcoffset() == there.utcoffset():
        return told
    own = words.moment(begins, zone, tongue.language)
    reader, rule = (tongue.frame.in_zone.format(each) for each in (tongue.zone, zone))
    return f"{told} {reader} ({own} {rule})"


def _title(letter: _Letter) -> str:
    frame, said = letter.tongue.frame, letter.said
    again = letter.phrase(said.again)
    match letter.telling.form:
        case Form.CONTINUED:
            return frame.continued_title.format(again)
        case Form.REMINDER:
            return frame.reminder_title.format(again)
        case Form.LAST_REMINDER:
            day, count = _next_pause(letter)
            said_of_pause = letter.phrase(frame.pause_title, count).format(day)
            return said_of_pause if day else frame.last_title.format(again)
        case Form.UNANSWERED:
            return frame.unanswered_title.format(again)
    return letter.phrase(said.title)


def _next_pause(letter: _Letter) -> tuple[str, int]:
    """Today or tomorrow, if the next pause comes then, in the reader's zone; and how many come that day."""
    frame, zone, at = letter.tongue.frame, letter.tongue.zone, letter.telling.at
    today = pendulum.instance(at).in_timezone(zone).date()
    found = [items.pause_at(one, letter.telling.stage, at) for one in letter.facts]
    days = [pendulum.instance(when).in_timezone(zone).date() for when in found if when is not None]
    for name, day in ((frame.today, today), (frame.tomorrow, today.add(days=1))):
        if day in days:
            return name, days.count(day)
    return "", 0


def _head(letter: _Letter, users: Sequence[str]) -> str:
    """What happened and what it means for the date; before it, who is to see it, and why they hear again."""
    said, form = letter.said, letter.telling.form
    about = " ".join(_about_the_date(letter, letter.phrase(said.means)))
    lines = [
        mentions(users) if form in _MENTIONS else "",
        " ".join(filter(None, [_again(letter), letter.phrase(said.happened)])),
        f"*{_date_title(letter)}:* {about}",
    ]
    return "\n".join(filter(None, lines))


def _date_title(letter: _Letter) -> str:
    frame, facts = letter.tongue.frame, letter.shared
    if items.begins(facts) is None:
        return frame.no_date
    return frame.date_past if letter.in_force else frame.date


def _again(letter: _Letter) -> str:
    """Why something is told that was told before; "" where it was not."""
    frame = letter.tongue.frame
    match letter.telling.form:
        case Form.CONTINUED:
            return frame.continued
        case Form.REMINDER:
            return frame.reminder
        case Form.LAST_REMINDER:
            return frame.before_pause if _next_pause(letter)[0] else frame.last
        case Form.UNANSWERED:
            found = dict.fromkeys(safe(name, 150) for one in letter.facts if (name := one.get("owner_name")))
            named = [*found][:_NAMES] + (["…"] if len(found) > _NAMES else [])
            return frame.unanswered.format("; ".join(named)) if named else frame.unanswered_by
    return ""


def _about_the_date(letter: _Letter, means: str) -> Iterator[str]:
    """The time left, and what this means for the date: each a sentence, as far as known."""
    facts, spoken, at = letter.shared, letter.tongue, letter.telling.at
    begins = items.begins(facts)
    if begins is not None:
        told = words.countdown(begins, at, spoken.zone, spoken.language)
        yield f"{until(told, begins, facts['date_zone'], spoken)}."
    yield means


def _asked(letter: _Letter) -> str:
    """What the reader is to do, with the place where it is decided."""
    frame, telling = letter.tongue.frame, letter.telling
    asked = letter.phrase(letter.said.asked(telling.audience))
    if telling.form is Form.UNANSWERED and telling.audience is Audience.OPERATORS:
        asked = frame.for_operators.format(letter.phrase(letter.said.owner))
    elif telling.audience is Audience.OWNER:
        first = frame.for_backup if telling.form is Form.UNANSWERED else ""
        asked = " ".join(filter(None, [first, asked, *_choices(letter)]))
    lines = [f"*{frame.asked}:* {asked}", *(_presses(letter) if letter.buttons else ())]
    if telling.audience is Audience.OPERATORS and telling.stage in LINKED:
        lines += list(filter(None, (link(one.get("link") or "", frame.link) for one in letter.facts)))[:1]
    return "\n".join(lines)


def _choices(letter: _Letter) -> Iterator[str]:
    """What an owner may do instead: wait for the pause, ask for a hold."""
    frame, stage, at = letter.tongue.frame, letter.telling.stage, letter.telling.at
    if stage is Stage.WARNED and any(items.pause_at(one, stage, at) for one in letter.facts):
        yield letter.phrase(frame.or_wait)
    if _may_hold(letter) and not letter.buttons:
        yield frame.hold


def _presses(letter: _Letter) -> Iterator[str]:
    """What each button is for."""
    frame = letter.tongue.frame
    stage = letter.telling.stage
    if stage is Stage.FOUND:
        yield letter.phrase(frame.press_stopped)
    else:
        yield letter.phrase(frame.press_done if stage in _DONE else frame.press_moved)
    if _may_hold(letter):
        yield frame.press_hold
    yield frame.press_read


def _may_hold(letter: _Letter) -> bool:
    """Whether a hold would be of use, and there is time for it."""
    begins, stage = items.begins(letter.shared), letter.telling.stage
    in_time = begins is None or begins - letter.telling.at > timedelta(hours=LAST_HOURS)
    return letter.hold and stage in HOLDABLE and in_time


def _after(letter: _Letter) -> Iterator[str]:
    """What happens next, and where the accounts should move."""
    frame, telling = letter.tongue.frame, letter.telling
    then = letter.phrase(letter.said.then)
    yield f"*{frame.then}:* {then}" + (f" {frame.no_answer}" if _is_asked_on(letter) else "")
    if telling.audience is Audience.OWNER and telling.stage in moves.TOLD_OF:
        steps = telling.form is Form.NOTICE and telling.stage in moves.IN_STEPS
        yield from moves.paragraphs(
            letter.facts, telling.stage, letter.tongue.language, steps=steps, buttons=letter.buttons
        )


def _is_asked_on(letter: _Letter) -> bool:
    """Whether others are asked when nobody answers; single figures that stand out are told once."""
    if not letter.buttons or letter.telling.form is Form.UNANSWERED:
        return False
    found = letter.telling.stage is Stage.FOUND
    return letter.telling.stage in _ASKED_ON and not (
        found and all(one.get("verdict") == Verdict.WATCH for one in letter.facts)
    )


def _foot(letter: _Letter) -> str:
    """Of when this is, the rule, and who writes."""
    frame, telling = letter.tongue.frame, letter.telling
    title = letter.tongue.text(letter.shared.get("enforcement_title"), 200)
    new = telling.form in (Form.NOTICE, Form.UNANSWERED) and telling.audience is Audience.OWNER
    parts = [
        frame.as_of.format(letter.tongue.moment(telling.at)),
        frame.rule.format(title) if title else "",
        frame.about if new else "",
    ]
    return ". ".join(filter(None, parts)) + "."


def _with_places(letter: _Letter) -> Iterator[tuple[AlertFacts, str]]:
    """The facts, each with where its account should move if a message names several such places."""
    telling = letter.telling
    told = telling.audience is Audience.OWNER and telling.stage in moves.TOLD_OF
    places = [moves.destination(one, telling.stage) if told else None for one in letter.facts]
    several = len(set(filter(None, places))) > 1
    for one, place in zip(letter.facts, places, strict=True):
        yield one, moves.name(place, letter.tongue.language) if several and place else ""


def _rooms(title: str, first: _Sections, *, buttons: bool) -> tuple[int, int]:
    """The characters that are left for a list, in the blocks and in the text beside them."""
    around = length("".join([title, first.head, first.asked, first.foot])) + _SPARE
    blocks = MAX_CHARACTERS - around - length("".join(first.after)) - (_BUTTONS if buttons else 0)
    return blocks, MAX_TEXT - around


def _packed(told: Sequence[Item], rooms: tuple[int, int]) -> Iterator[tuple[int, ...]]:
    """The positions of ``told``, in order, in portions that fit into one message each."""
    portion: list[int] = []
    used = (0, 0, 0)
    for position, item in enumerate(told):
        needed = _needed(item)
        after = (used[0] + needed[0], used[1] + needed[1], used[2] + needed[2])
        if portion and any(one > room for one, room in zip(after, (*rooms, _ITEM_BLOCKS), strict=True)):
            yield tuple(portion)
            portion, after = [], needed
        portion.append(position)
        used = after
    if portion:
        yield tuple(portion)


def _needed(item: Item) -> tuple[int, int, int]:
    """What an alert needs: characters in the blocks, at least so many in the text, and blocks."""
    whole = sum(length(line) + 1 for line in (*item.lines, *item.evidence))
    return whole, length(_in_short(item)) + 1, 2 if item.evidence else 1


def _in_short(item: Item) -> str:
    """Who, and which campaign: the least that names an alert."""
    return " – ".join(item.lines[:2])


def _of_part(letter: _Letter, first: _Sections, part: int, parts: int) -> _Sections:
    """The sections of one message of several: what it is about stands in the first."""
    if parts == 1:
        return first
    frame = letter.tongue.frame
    said = frame.part.format(part, parts)
    if part == 1:
        return first._replace(foot=f"{said} · {first.foot}")
    return _Sections(
        frame.part_head.format(said),
        first.asked,
        (),
        frame.as_of.format(letter.tongue.moment(letter.telling.at)),
    )


def _blocks(letter: _Letter, title: str, said: _Sections, told: Sequence[Item]) -> list[dict[str, Any]]:
    listed = [block for item in told for block in _item_blocks(item)]
    few = len(letter.facts) <= _FEW
    return [
        header(title),
        section(said.head),
        *(listed if few else []),
        section(said.asked),
        *([] if few else listed),
        *map(section, said.after),
        context(said.foot),
    ]


def _item_blocks(item: Item) -> Iterator[dict[str, Any]]:
    yield section("\n".join(item.lines))
    if item.evidence:
        yield context("\n".join(item.evidence))


def _text(letter: _Letter, title: str, said: _Sections, told: Sequence[Item]) -> str:
    """What notifications and screen readers get: all of it, or as much of each alert as there is room for."""
    whole = [line for item in told for line in (*item.lines, *item.evidence)]
    main = [line for item in told for line in item.lines]
    short = list(map(_in_short, told))
    for listed, after in ((whole, said.after), (whole, said.after[:1]), (main, said.after[:1]), (short, ())):
        text = _joined(letter, title, said, listed, after)
        if length(text) <= MAX_TEXT:
            return text
    return "\n".join(items.within(text.splitlines(), MAX_TEXT))


def _joined(letter: _Letter, title: str, said: _Sections, listed: Sequence[str], after: Sequence[str]) -> str:
    few = len(letter.facts) <= _FEW
    parts = [said.head, *(listed if few else ()), said.asked, *(() if few else listed), *after, said.foot]
    return unmarked("\n".join([title, *parts]))
