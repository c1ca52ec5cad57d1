"""What follows a pause, in words: what is under way, what was heard since, and what would help. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sendepause import words
from sendepause.audit.silence import CHATS, By, Heard, Why
from sendepause.model import Language, Silence
from sendepause.words import Both

_TEXTS = {
    Silence.WAITING: Both("Stille: Für eine Aussage ist es noch zu früh", "Silence: it is too early to say"),
    Silence.CONFIRMED: Both(
        "Stille bestätigt: kein automatischer Versand seit {since}",
        "Silence confirmed: no automated sending since {since}",
    ),
    Silence.BROKEN: Both(
        "Keine Stille: Seit der Pause wurde automatisch gesendet",
        "No silence: messages were sent automatically after the pause",
    ),
}
_OPEN = {
    Why.NO_WITNESS: Both(
        "Stille offen: In keiner Datenquelle war zu sehen, was die Kampagne vor der Pause gesendet hat",
        "Silence open: no source showed what the campaign sent before the pause",
    ),
    Why.STALE: Both(
        "Stille offen: Die Daten reichen noch nicht weit genug über die Pause hinaus",
        "Silence open: the data do not reach far enough beyond the pause yet",
    ),
    Why.UNCLEAR: Both(
        "Stille offen: Seit der Pause fällt Versand auf, der auch von Hand oder von einer anderen Kampagne"
        " kommen kann",
        "Silence open: since the pause some sending stands out that may be by hand or another campaign's",
    ),
}
_HELP = {
    Why.NO_WITNESS: Both(
        "Es hilft eine Datenquelle, die alle Chats des Kontos sieht, oder ein frischer Chat-Export von"
        " mindestens {chats} Empfängern der Kampagne, der bis nach der Pause reicht.",
        "What helps is a source that sees all chats of the account, or fresh chat exports of at least {chats}"
        " recipients of the campaign that reach beyond the pause.",
    ),
    Why.STALE: Both(
        "Es hilft ein frischer Export aus der Zeit nach der Pause; bei Chat-Exporten von mindestens {chats}"
        " Empfängern der Kampagne.",
        "What helps is a fresh export from after the pause; with chat exports, of at least {chats} recipients"
        " of the campaign.",
    ),
    Why.UNCLEAR: Both(
        "Es hilft zu klären, wer seit der Pause sendet, und ein frischer Export aus der Zeit danach; läuft"
        " auf dem Konto noch eine Kampagne, muss auch sie pausiert sein.",
        "What helps is to settle who has been sending since the pause, and a fresh export from after that; if"
        " another campaign still runs on the account, it has to be paused as well.",
    ),
}
_LEFT = Both("Noch im Gang: {} begonnene Läufe", "Still under way: {} runs that had begun")
_LEFT_ONE = Both("Noch im Gang: ein begonnener Lauf", "Still under way: one run that had begun")
_LEFT_UNKNOWN = Both(
    "Ob noch etwas im Gang ist, konnte das System nicht sagen",
    "The system could not say whether anything is still under way",
)
_DUE = Both("sonst sendet sie um diese Zeit: {}", "it would usually send on {}")
_UNTIL = Both("Daten bis {}", "data until {}")
_LAST = Both("zuletzt {}", "last on {}")
_BY = {
    By.CAMPAIGN: Both("Kennung der Kampagne", "the campaign's id"),
    By.CONTENT: Both("gleichem Text an viele", "the same text to many"),
    By.RHYTHM: Both("Rhythmus", "the rhythm"),
}
_SHOWN = Both("erkannt an {}", "shown by {}")
_UNEXPLAINED = Both(
    "vielleicht ein Programm, das niemand genannt hat", "it may be a tool that nobody has named"
)


def still_under_way(left: int | None, language: Language) -> str:
    """How many runs went on after a pause, as one sentence without its full stop; "" where none did.

    ``left`` None: the system could not say.
    """
    if left is None:
        return _LEFT_UNKNOWN.in_(language)
    if left == 1:
        return _LEFT_ONE.in_(language)
    return _LEFT.in_(language).format(words.number(left, language)) if left else ""


def sentence(heard: Heard, language: Language, moment: Callable[[datetime], str]) -> str:
    """What is heard of a pause's account, as one sentence; ``moment`` puts a moment into words."""
    written = _OPEN[heard.why] if heard.why else _TEXTS.get(heard.state, _OPEN[Why.STALE])
    said = written.in_(language).replace("{since}", moment(heard.since))
    parts = [said]
    if heard.state is Silence.WAITING and heard.due:
        parts.append(_DUE.in_(language).format(moment(heard.due)))
    if heard.state in (Silence.CONFIRMED, Silence.OPEN) and heard.until:
        parts.append(_UNTIL.in_(language).format(moment(heard.until)))
    if heard.state is Silence.BROKEN:
        parts += _machine(heard, language, moment)
    return "; ".join(parts) + "."


def wanted(why: Why, language: Language) -> str:
    """What would settle a silence that is open, as one sentence."""
    return _HELP[why].in_(language).format(chats=words.number(CHATS, language))


def _machine(heard: Heard, language: Language, moment: Callable[[datetime], str]) -> list[str]:
    shown = words.listed([_BY[by].in_(language) for by in heard.by], language)
    return [
        *([_LAST.in_(language).format(moment(heard.last))] if heard.last else []),
        *([_SHOWN.in_(language).format(shown)] if shown else []),
        *([_UNEXPLAINED.in_(language)] if heard.unexplained else []),
    ]
