"""What an owner answers with: the buttons below a message, the form for a hold, and how an answer shows.

Slack's limits are kept by construction: https://docs.slack.dev/reference/block-kit (75 characters a
button and an option, 100 options a menu) and https://docs.slack.dev/reference/methods/chat.update (4,000
characters a text that is changed).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pendulum

from sendepause import words
from sendepause.alerts.answers import ACTIONS, FORM, LONGEST_REASON, Field
from sendepause.alerts.mrkdwn import length, safe, section, unmarked
from sendepause.model import Answer, Language
from sendepause.store.folds import Given
from sendepause.words import Both

Blocks = list[dict[str, Any]]

BLOCKS = 2  # so many more a message with buttons has, once it is answered
MAX_OPTIONS = 100
MAX_CHANGED_TEXT = 4_000  # UTF-16 units
_ANSWERS_SHOWN = 3  # at most 1,000 characters: a message of 12,000 stays below what Slack takes
_LONGEST_OPTION = 75

_ACTION_IDS = {answer: action for action, answer in ACTIONS.items()}
_BUTTONS = {  # what stands on it, and what a screen reader says
    Answer.READ: (
        Both("Gelesen", "Read"),
        Both(
            "Bestätigen, dass Sie diese Mitteilung gelesen haben", "Confirm that you have read this message"
        ),
    ),
    Answer.MOVED: (
        Both("Wir haben umgestellt", "We have changed over"),
        Both(
            "Melden, dass nichts mehr automatisch gesendet wird", "Say that nothing is sent automatically now"
        ),
    ),
    Answer.HOLD: (
        Both("Aufschub beantragen", "Request a hold"),
        Both("Formular für einen Aufschub öffnen", "Open the form that requests a hold"),
    ),
}
_SAID = {
    Answer.READ: Both("*Gelesen* von {who}, {when}.", "*Read* by {who}, {when}."),
    Answer.MOVED: Both(
        "*Umgestellt*, sagt {who}, {when}. Sendepause sieht in den Daten nach und fragt wieder, wenn sie es"
        " nicht zeigen.",
        "*Changed over*, says {who}, {when}. Sendepause looks at the data, and asks again if they do not show"
        " it.",
    ),
    Answer.HOLD: Both(
        "*Aufschub beantragt* von {who}, {when}: {campaign}, bis {until}. Der Antrag wartet auf Genehmigung;"
        " so lange gilt kein Aufschub.",
        "*Hold requested* by {who}, {when}: {campaign}, until {until}. The request waits for approval; until"
        " then no hold is in force.",
    ),
}
_BEFORE = Both("Antworten davor: {}", "Answers before that: {}")

_TITLE = Both("Aufschub beantragen", "Request a hold")
_SEND = Both("Beantragen", "Request")
_CANCEL = Both("Abbrechen", "Cancel")
_CLOSE = Both("Schließen", "Close")
_ABOUT = Both(
    "Mit einem Aufschub darf eine Kampagne bis zu einem festen Tag weiterlaufen. Er gilt erst, wenn jemand"
    " aus dem Betriebsteam ihn genehmigt hat, und endet von selbst.",
    "With a hold, a campaign may run on until a set day. It is in force only once one of the operators has"
    " granted it, and it ends by itself.",
)
_TOO_MANY = Both(
    "Diese Mitteilung nennt {} Kampagnen; zur Wahl stehen die ersten 100. Für eine andere wenden Sie sich"
    " bitte an das Betriebsteam.",
    "This message names {} campaigns; you can choose among the first 100. For another one, please ask the"
    " operators.",
)
_NONE_LEFT = Both(
    "Für diese Mitteilung lässt sich kein Aufschub mehr beantragen: Er ist schon beantragt, oder bis zum"
    " Stichtag ist die Zeit zu kurz. Fragen beantwortet das Betriebsteam.",
    "No hold can be requested for this message any more: it has been requested already, or the time until the"
    " deadline is too short. The operators answer your questions.",
)
_LABELS = {
    Field.CAMPAIGN: Both("Welche Kampagne?", "Which campaign?"),
    Field.UNTIL: Both("Bis zu welchem Tag?", "Until which day?"),
    Field.REASON: Both("Warum?", "Why?"),
}
_HINTS = {
    Field.UNTIL: Both(
        "Der Aufschub endet mit diesem Tag, spätestens {bound} ({zone}). Die Zeit danach wird gebraucht, um"
        " vor dem Stichtag zu pausieren und nachzulesen.",
        "The hold ends with that day, at the latest {bound} ({zone}). The time after it is needed to pause"
        " and to read back before the deadline.",
    ),
    Field.REASON: Both(
        "Die Begründung bleibt für immer im Protokoll: bitte keine Namen und keine Nummern. Nennen Sie einen"
        " Vorgang oder eine Abteilung.",
        "The reason stays in the ledger for ever: please no names and no numbers. Name a ticket or a"
        " department.",
    ),
}
_WRONG = {
    Field.CAMPAIGN: Both(
        "Für diese Kampagne ist kein Aufschub möglich, oder er ist schon beantragt. Schließen Sie das"
        " Formular, und sehen Sie in der Mitteilung nach.",
        "No hold is possible for this campaign, or it has been requested already. Close the form and look at"
        " the message.",
    ),
    Field.UNTIL: Both("Wählen Sie einen Tag von heute bis {last}.", "Choose a day from today to {last}."),
    Field.REASON: Both(
        "Schreiben Sie, warum, so dass andere es später verstehen, und ohne Nummern und Adressen: Die"
        " Begründung bleibt für immer im Protokoll.",
        "Say why, so that others understand it later, and without numbers and addresses: the reason stays in"
        " the ledger for ever.",
    ),
}


def attached(blocks: Sequence[dict[str, Any]], delivery: str, language: Language, *, hold: bool) -> Blocks:
    """A message's blocks with its buttons before the foot; ``hold``: whether one can be asked for."""
    wanted = [answer for answer in Answer if hold or answer is not Answer.HOLD]
    return [*blocks[:-1], _actions(wanted, delivery, language), *blocks[-1:]]


def answered(
    text: str,
    blocks: Sequence[dict[str, Any]],
    delivery: str,
    given: Sequence[Given],
    language: Language,
    zone: str,
    *,
    hold: bool,
    names: Mapping[str, str],
) -> tuple[str, Blocks]:
    """Text and blocks of a message that was answered: who said what and when, and what can still be said.

    ``text`` and ``blocks`` are those that were sent. ``hold``: whether there is a campaign left to ask one
    for. ``names``: of campaigns, by their item key.
    """
    told = "\n".join(_told(given, language, zone, names))
    said = {one.answer for one in given}
    left = [Answer.MOVED, *([Answer.HOLD] if hold else [])] if said and Answer.MOVED not in said else []
    below = [section(told), *([_actions(left, delivery, language)] if left else [])]
    kept = [block for block in blocks if block.get("type") != "actions"]
    return _shortened(f"{unmarked(told)}\n{text}"), [*kept[:-1], *below, *kept[-1:]]


def form(
    delivery: str,
    campaigns: Sequence[tuple[int, str]],
    until: datetime,
    language: Language,
    zone: str,
) -> dict[str, Any]:
    """The form that asks for a hold, as ``views.open`` takes it.

    ``campaigns``: alert id and name of those that may have one; none: it says that there is nothing to ask
    for. ``until``: when any hold ends at the latest.
    """
    view = {"type": "modal", "callback_id": FORM, "title": _plain(_TITLE.in_(language))}
    if not campaigns:
        blocks = [section(_NONE_LEFT.in_(language))]
        return {**view, "close": _plain(_CLOSE.in_(language)), "blocks": blocks}
    return {
        **view,
        "private_metadata": delivery,
        "submit": _plain(_SEND.in_(language)),
        "close": _plain(_CANCEL.in_(language)),
        "blocks": [*_about(len(campaigns), language), *_fields(campaigns, until, language, zone)],
    }


def errors(field: Field, until: datetime, language: Language, zone: str) -> dict[str, Any]:
    """What Slack shows beside a field of the form that cannot be taken, as it takes it."""
    last = last_day(until, zone)
    shown = last.format(
        "dddd, D. MMMM YYYY" if language is Language.DE else "dddd, D MMMM YYYY", locale=language
    )
    told = _WRONG[field].in_(language).format(last=shown)
    return {"response_action": "errors", "errors": {str(field): told}}


def last_day(until: datetime, zone: str) -> pendulum.Date:
    """The last day at whose end, or on which, a hold may end that has to be over at ``until``."""
    return (pendulum.instance(until).in_timezone(zone) - timedelta(microseconds=1)).date()


def end_of(day: date, until: datetime, zone: str) -> datetime:
    """When a hold ends that is asked for until ``day``: with that day in ``zone``, or at ``until``."""
    if day >= last_day(until, zone):
        return until
    return pendulum.datetime(day.year, day.month, day.day, tz=zone).add(days=1)


def _told(given: Sequence[Given], language: Language, zone: str, names: Mapping[str, str]) -> Iterable[str]:
    if (before := len(given) - _ANSWERS_SHOWN) > 0:
        yield _BEFORE.in_(language).format(words.number(before, language))
    for one in given[-_ANSWERS_SHOWN:]:
        campaign = next((names[key] for key in one.subjects if key in names), "")
        yield (
            _SAID[one.answer]
            .in_(language)
            .format(
                who=f"<@{one.author.removeprefix('slack:')}>",
                when=words.moment(one.at, zone, language),
                campaign=safe(campaign, 80) or "–",
                until=words.moment(one.until, zone, language) if one.until else "–",
            )
        )


def _about(count: int, language: Language) -> Blocks:
    many = [_TOO_MANY.in_(language).format(words.number(count, language))] if count > MAX_OPTIONS else []
    return [section(text) for text in (_ABOUT.in_(language), *many)]


def _fields(
    campaigns: Sequence[tuple[int, str]], until: datetime, language: Language, zone: str
) -> Iterable[dict[str, Any]]:
    options = [
        {"text": _plain(_option(name)), "value": str(alert)} for alert, name in campaigns[:MAX_OPTIONS]
    ]
    chosen = {"initial_option": options[0]} if len(campaigns) == 1 else {}
    yield _input(Field.CAMPAIGN, {"type": "static_select", "options": options, **chosen}, language)
    bound = words.moment(until, zone, language)
    yield _input(Field.UNTIL, {"type": "datepicker"}, language, bound=bound, zone=zone)
    writing = {"type": "plain_text_input", "multiline": True, "max_length": LONGEST_REASON}
    yield _input(Field.REASON, writing, language)


def _input(field: Field, element: dict[str, Any], language: Language, **said: str) -> dict[str, Any]:
    hint = _HINTS.get(field)
    return {
        "type": "input",
        "block_id": str(field),
        "label": _plain(_LABELS[field].in_(language)),
        "element": {**element, "action_id": str(field)},
        **({"hint": _plain(hint.in_(language).format(**said))} if hint else {}),
    }


def _actions(answers: Sequence[Answer], delivery: str, language: Language) -> dict[str, Any]:
    return {"type": "actions", "elements": [_button(answer, delivery, language) for answer in answers]}


def _button(answer: Answer, delivery: str, language: Language) -> dict[str, Any]:
    label, told = _BUTTONS[answer]
    return {
        "type": "button",
        "action_id": _ACTION_IDS[answer],
        "value": delivery,
        "text": _plain(label.in_(language)),
        "accessibility_label": told.in_(language),
    }


def _option(name: str) -> str:
    """A campaign's name in a menu, which shows plain text: visible, on one line, never too long."""
    line = words.on_one_line(name) or "–"
    return line if length(line) <= _LONGEST_OPTION else _cut(line, _LONGEST_OPTION - 1) + "…"


def _shortened(text: str) -> str:
    return text if length(text) <= MAX_CHANGED_TEXT else _cut(text, MAX_CHANGED_TEXT - 1) + "…"


def _cut(text: str, most: int) -> str:
    """The beginning of a text, at most so many UTF-16 units of it and never half a character."""
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
