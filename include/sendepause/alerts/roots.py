"""What begins the thread of a channel and an enforcement: the date, and how the reader's accounts stand.

The message is changed as the accounts change. By the clock alone it changes once a day at most, and not at
all when the rule is in force: it counts whole days and names no moment at which it was written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import pendulum

from sendepause import states, words
from sendepause.alerts.items import Tongue, within
from sendepause.alerts.mrkdwn import (
    context,
    header,
    length,
    mentions,
    number_in_words,
    safe,
    section,
    unmarked,
)
from sendepause.alerts.phrases import put
from sendepause.alerts.texts import MAX_TEXT, tongue, until
from sendepause.model import AccountState, Audience, Language
from sendepause.words import Both

_SECTION = 2_900  # characters, of which Slack takes 3,000
_ROOM = 8_000  # for the accounts, over all blocks
_ALL_NAMED = 40  # up to so many accounts, those with nothing to do are named as well
_WAITING_NAMED = 20  # to the operators, who have all owners' accounts
_CALM = frozenset({AccountState.SILENT, AccountState.CLEAR, AccountState.ALLOWED})
_WAITING = frozenset({AccountState.BREACH, AccountState.PAUSE_DUE, AccountState.BY_HAND})

_MEANINGS = {
    AccountState.BREACH: Both(
        "Die Regel ist in Kraft, und hier wurde oder wird noch gesendet.",
        "the rule is in force, and messages were or are still sent here.",
    ),
    AccountState.PAUSE_DUE: Both(
        "Die Pause ist fällig und noch nicht bestätigt.", "the pause is due and not confirmed yet."
    ),
    AccountState.BY_HAND: Both(
        "Jemand muss etwas abschalten oder sagen, was hier sendet.",
        "somebody has to switch something off, or to say what sends here.",
    ),
    AccountState.ANNOUNCED: Both(
        "Vor dem Stichtag muss das enden oder wird pausiert.",
        "before the deadline this has to end or is paused.",
    ),
    AccountState.NO_DATA: Both(
        "Wie hier gesendet wird, lässt sich nicht messen.", "how messages are sent here cannot be measured."
    ),
    AccountState.CONSPICUOUS: Both(
        "Etwas passt hier nicht zusammen oder fällt auf.", "something does not fit or stands out here."
    ),
    AccountState.HELD: Both(
        "Bis zum Ende des Aufschubs darf weiter gesendet werden.",
        "until the hold ends, sending may go on.",
    ),
    AccountState.PAUSED: Both(
        "Die Pause gilt; ob es seither still ist, ist noch offen.",
        "the pause holds; whether it has been silent since is still open.",
    ),
    AccountState.SILENT: Both(
        "Seit der Pause wurde nichts automatisch gesendet.", "nothing was sent automatically since the pause."
    ),
    AccountState.CLEAR: Both(
        "Von automatischem Versand ist nichts bekannt.", "no automated sending is known."
    ),
    AccountState.ALLOWED: Both(
        "Dort ist automatischer Versand erlaubt.", "automated sending is allowed there."
    ),
}
"""What a state means, after its label."""

_TITLES = {
    Audience.OWNER: Both("Stichtag {}: Stand Ihrer Konten", "Deadline {}: how your accounts stand"),
    Audience.OPERATORS: Both("Stichtag {}: Stand aller Konten", "Deadline {}: how all accounts stand"),
}
_DAYS = Both("noch {ein Tag|{n} Tage}, bis", "{one day|{n} days} left, until")
_LAST_DAY = Both("noch weniger als 24 Stunden, bis", "less than 24 hours left, until")
_SINCE = Both("in Kraft seit", "in force since")
_COUNTED = Both("{ein Konto|{n} Konten}", "{one account|{n} accounts}")
_PAUSE = Both("Pause ab {}", "paused from {}")
_MORE = Both("… und {ein weiteres|{n} weitere}", "… and {one|{n}} more")
_REST = {
    Audience.OWNER: Both(
        "Nicht alle Konten haben hier Platz; die Mitteilungen im Thread nennen jedes, bei dem etwas zu tun"
        " ist.",
        "Not all accounts have room here; the messages of the thread name each with something to do.",
    ),
    Audience.OPERATORS: Both(
        "Nicht alle Konten haben hier Platz; die Übersicht in Airflow zeigt sie.",
        "Not all accounts have room here; the board in Airflow shows them.",
    ),
}
_NO_ACCOUNTS = Both(
    "Zurzeit betrifft die Regel keines der Konten.", "At present the rule concerns none of the accounts."
)
_WAITS = Both("*Es wartet auf Menschen:* {}.", "*Waiting for people:* {}.")
_NOTHING_WAITS = Both("*Es wartet nichts auf Menschen.*", "*Nothing is waiting for people.*")
_ANSWERS = Both(
    "*Antworten* unter den Mitteilungen: „Gelesen“ heißt, dass Sie Bescheid wissen; „Wir haben umgestellt“,"
    " dass nichts mehr automatisch sendet (Sendepause prüft es nach); „Aufschub beantragen“, dass Sie mehr"
    " Zeit brauchen.",
    "*Answers* below the messages: “Read” says that you know; “We have changed over”, that nothing is sent"
    " automatically any more (Sendepause checks it); “Request a hold”, that you need more time.",
)
_FOOT = {
    Audience.OWNER: Both(
        "Sendepause hält diese Liste auf dem Stand; was zu tun ist, steht in den Mitteilungen im Thread."
        " Sendepause ist ein Programm Ihres Unternehmens; Fragen beantwortet das Betriebsteam.",
        "Sendepause keeps this list up to date; what there is to do is in the messages of the thread."
        " Sendepause is a program of your company; the operators answer your questions.",
    ),
    Audience.OPERATORS: Both(
        "Sendepause hält diese Liste auf dem Stand. Einzelheiten zeigt die Übersicht in Airflow.",
        "Sendepause keeps this list up to date. The board in Airflow shows the details.",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One account. ``pause_from``: when its campaigns are paused, as far as that is ahead and known."""

    number: str  # E.164
    name: str
    state: AccountState
    pause_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Root:
    """What a thread's first message tells. ``begins`` is the first moment of the date, in ``date_zone``."""

    enforcement_title: Mapping[str, str]  # language -> title
    begins: datetime
    date_zone: str
    lines: Sequence[Line]
    audience: Audience
    users: Sequence[str] = ()  # who is mentioned, so that they follow the thread
    answers: bool = False  # whether the messages of the thread have buttons


class _Group(NamedTuple):
    """The accounts of one state: its heading, then a line for each account that is named."""

    heading: str
    named: tuple[str, ...]
    others: int  # that have to be named elsewhere: of the calm ones nobody needs that


def compose(language: Language, zone: str, root: Root, at: datetime) -> tuple[str, list[dict[str, Any]]]:
    """Text and blocks of a thread's first message, as of ``at``, for a reader in ``zone``."""
    spoken = tongue(language, zone)
    title = _TITLES[root.audience].in_(language).format(_day(root, language))
    head = "\n".join(filter(None, [mentions(root.users), _about(root, spoken, at)]))
    tail = list(_tail(root, spoken))
    foot = _FOOT[root.audience].in_(language)
    groups = list(_groups(root, spoken))
    around = length("\n".join([title, head, *tail, foot])) + 1
    listed = [line for part in _lists(groups, MAX_TEXT - around, root, language) for line in part]
    text = unmarked("\n".join([title, head, *listed, *tail, foot]))
    sections = [one for part in _lists(groups, _ROOM, root, language) for one in _sections(part)]
    blocks = [header(title), section(head), *map(section, [*sections, *tail]), context(foot)]
    return "\n".join(within(text.splitlines(), MAX_TEXT)), blocks


def _about(root: Root, spoken: Tongue, at: datetime) -> str:
    title = spoken.text(dict(root.enforcement_title), 300)
    return "\n".join(filter(None, [f"*{title}*" if title else "", _countdown(root, spoken, at)]))


def _countdown(root: Root, spoken: Tongue, at: datetime) -> str:
    """Whole days, so that it changes once a day: never more than there are, as in ``words.duration``."""
    when, frame = words.moment(root.begins, spoken.zone, spoken.language), spoken.frame
    if root.begins <= at:
        told = _SINCE.in_(spoken.language)
    elif days := (root.begins - at).days:
        told = _counted(_DAYS, days, spoken.language)
    else:
        told = _LAST_DAY.in_(spoken.language)
    heading = frame.date_past if root.begins <= at else frame.date
    return f"*{heading}:* {until(f'{told} {when}', root.begins, root.date_zone, spoken)}."


def _groups(root: Root, spoken: Tongue) -> Iterator[_Group]:
    """The accounts by their state, the most pressing first."""
    owners = root.audience is Audience.OWNER
    left = len(root.lines) if owners else _WAITING_NAMED
    for state in AccountState:
        found = [line for line in root.lines if line.state is state]
        if not found:
            continue
        named = (len(root.lines) <= _ALL_NAMED or state not in _CALM) if owners else state in _WAITING
        shown = found[:left] if named else []
        left -= len(shown)
        lines = tuple(_line(line, spoken) for line in shown)
        others = len(found) - len(shown) if named else 0
        yield _Group(_heading(state, len(found), spoken.language), lines, others)


def _heading(state: AccountState, count: int, language: Language) -> str:
    label, meaning = states.label(state, language), _MEANINGS[state].in_(language)
    return f"*{label[:1].upper()}{label[1:]}* ({_counted(_COUNTED, count, language)}): {meaning}"


def _line(line: Line, spoken: Tongue) -> str:
    number, name = number_in_words(line.number), safe(line.name, 80)
    who = f"{name} ({number})" if name else number
    if line.pause_from is None:
        return f"• {who}"
    return f"• {who}, {_PAUSE.in_(spoken.language).format(spoken.moment(line.pause_from))}"


def _lists(groups: Sequence[_Group], room: int, root: Root, language: Language) -> Iterator[list[str]]:
    """Each state's heading and as many of its accounts as there is room for, the most pressing first."""
    rest = _REST[root.audience].in_(language)
    around = _counted(_MORE, len(root.lines), language)
    left = room - length(rest) - 1 - sum(length(group.heading) + length(around) + 2 for group in groups)
    left_out = False
    for group in groups:
        named = list(within(group.named, left))
        left -= sum(length(line) + 1 for line in named)
        others = len(group.named) - len(named) + group.others
        left_out = left_out or others > 0
        yield [group.heading, *named, *([_counted(_MORE, others, language)] if others and named else [])]
    if left_out:
        yield [rest]


def _sections(lines: Sequence[str]) -> Iterator[str]:
    """The lines as texts that fit into a section each."""
    portion: list[str] = []
    for line in lines:
        if portion and length("\n".join([*portion, line])) > _SECTION:
            yield "\n".join(portion)
            portion = []
        portion.append(line)
    yield "\n".join(portion)


def _tail(root: Root, spoken: Tongue) -> Iterator[str]:
    """What the answers mean; to the operators, what waits for a person."""
    language = spoken.language
    if not root.lines:
        yield _NO_ACCOUNTS.in_(language)
    if root.audience is Audience.OPERATORS:
        counts = Counter(line.state for line in root.lines if line.state in _WAITING)
        waiting = [f"{states.label(s, language)} ({counts[s]})" for s in AccountState if counts[s]]
        waits = _WAITS.in_(language).format(words.listed(waiting, language))
        yield waits if waiting else _NOTHING_WAITS.in_(language)
    elif root.answers:
        yield _ANSWERS.in_(language)


def _day(root: Root, language: Language) -> str:
    shape = Both("D. MMMM YYYY", "D MMMM YYYY").in_(language)
    return pendulum.instance(root.begins).in_timezone(root.date_zone).format(shape, locale=language.value)


def _counted(text: Both, count: int, language: Language) -> str:
    return put(text.in_(language), count, words.number(count, language))
