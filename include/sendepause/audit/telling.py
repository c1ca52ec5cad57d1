"""A finding in the words of its reader: the verdict in force, what it rests on, what was measured since, what
is missing, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pendulum

from sendepause.audit import verdict
from sendepause.audit.baseline import PAST_DAYS
from sendepause.audit.rules import SAME_MINUTE, Role
from sendepause.audit.signals import BY_NAME, MINIMUM_SENDS
from sendepause.audit.steadiness import FALL_AFTER_DAYS
from sendepause.audit.wording import HEADS, WORDS, number, phrase
from sendepause.model import Change, Finding, Language, NoData, Signal, Verdict

DE, EN = Language.DE, Language.EN
_TIMES = {
    DE: ("null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"),
    EN: ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
}
_DATE = {DE: "dddd, [dem] D. MMMM YYYY", EN: "dddd, D MMMM YYYY"}
_LABELS = {
    Verdict.CLEAR: {DE: "unauffällig", EN: "nothing stands out"},
    Verdict.WATCH: {DE: "auffällig", EN: "single figures stand out"},
    Verdict.BULK: {DE: "Massenversand", EN: "bulk sending"},
    Verdict.AUTOMATED: {DE: "automatischer Versand", EN: "automated sending"},
}
_FEW = {
    NoData.TOO_FEW: {DE: "zu wenige Nachrichten für einen Befund", EN: "too few messages for a finding"},
    NoData.SILENT: {DE: "keine gesendeten Nachrichten", EN: "no messages sent"},
}
_WORDS = {
    DE: {
        "held": "So zuletzt gemessen am {at}. Seit {since} ergeben die Messwerte weniger ({less}); der Befund"
        " gilt weiter, bis das {days} Tage lang mit neuen Daten so bleibt.",
        "kept": "Der Befund davor bleibt vermerkt, denn fehlende Daten widerlegen ihn nicht: {label}, zuletzt"
        " gemessen am {at}. {reading}",
        "recent_1": "Das ergibt dieser Tag für sich; über {window} Tage fällt es noch nicht auf.",
        "recent": "Das ergeben diese {days} Tage für sich; über {window} Tage fällt es noch nicht auf.",
        "people": "seit {since} bis zu {value} verschiedene Empfänger am Tag, {times} so viele wie sonst"
        " ({usual})",
        "strangers": "seit {since} bis zu {value} Menschen am Tag zum ersten Mal angeschrieben, {times} so"
        " viele wie sonst ({usual})",
        "repeated": "seit {since} bis zu {value} % der Nachrichten eines Tages mit einem Text, der mindestens"
        " fünfmal vorkam, sonst {usual} %",
        "times": "{}mal",
        "past": "In den letzten Tagen waren es höchstens {value} verschiedene Empfänger am Tag, sonst"
        " üblicherweise {usual}.",
        "peers": "Vergleichbare Konten (gleiche Art und Aufgabe): in der Mitte üblicherweise {peers}, in den"
        " letzten Tagen höchstens {now}.",
        "no_peers": "Konten derselben Art und Aufgabe gibt es zu wenige für einen Vergleich.",
        "no_past": "Für einen Vergleich mit der eigenen Vergangenheit fehlen aktive Tage: Nötig sind {days}"
        " vor den letzten drei.",
        "few": "{known} von {needed} {sample}",
        "few_for": "Zu wenig war da für einzelne Messwerte: {}.",
        "minutes": "Die Quelle nennt Uhrzeiten nur auf die Minute; Abstände in Sekunden bleiben unbekannt.",
        "nearest": "Steigen würde der Befund, sobald ein Messwert seine Schwelle erreicht. Am nächsten kommt"
        " ihr: {}.",
        "falls": "Sinken würde der Befund, wenn {days} Tage lang mit neuen Daten weniger gemessen wird. Was"
        " gesendet wurde, zählt {window} Tage lang mit.",
    },
    EN: {
        "held": "Last measured so on {at}. Since {since} the figures have given less ({less}); the finding"
        " stands until that has lasted for {days} days with new data.",
        "kept": "The finding before it is kept in mind, since missing data refute nothing: {label}, last"
        " measured on {at}. {reading}",
        "recent_1": "That is what this day gives by itself; over {window} days it does not stand out yet.",
        "recent": "That is what these {days} days give by themselves; over {window} days it does not stand"
        " out yet.",
        "people": "since {since} up to {value} different recipients a day, {times} as many as usual"
        " ({usual})",
        "strangers": "since {since} up to {value} people a day written to for the first time, {times} as many"
        " as usual ({usual})",
        "repeated": "since {since} up to {value}% of a day's messages with a text that was sent at least five"
        " times, usually {usual}%",
        "times": "{} times",
        "past": "In the last days there were at most {value} different recipients a day, usually {usual}.",
        "peers": "Comparable accounts (same kind and role): in the middle usually {peers}, in the last days"
        " at most {now}.",
        "no_peers": "There are too few accounts of the same kind and role to compare it with.",
        "no_past": "For a comparison with the account's own past active days are missing: {days} are needed"
        " before the last three.",
        "few": "{known} of {needed} {sample}",
        "few_for": "There was too little for single figures: {}.",
        "minutes": "The source tells times to the minute only; gaps in seconds stay unknown.",
        "nearest": "The finding would rise as soon as a figure reaches its threshold. The nearest to it: {}.",
        "falls": "The finding would fall if for {days} days with new data less is measured. What was sent"
        " counts for {window} days.",
    },
}
_SAMPLES = {
    "sends": {DE: "Nachrichten", EN: "messages"},
    "bouts": {DE: "Anfängen nach einer Pause", EN: "starts after a break"},
    "replies": {DE: "Antworten", EN: "replies"},
    "contents": {DE: "Nachrichten mit bekanntem Text", EN: "messages with a known text"},
    "gaps": {DE: "Abständen", EN: "gaps"},
}
_WANTED = {
    NoData.NO_SOURCE: {
        DE: "Einen Befund gibt es, sobald eine Datenquelle angeschlossen ist, etwa ein Chat-Export.",
        EN: "There will be a finding as soon as a source is connected, such as a chat export.",
    },
    NoData.SOURCE_ILL: {
        DE: "Einen Befund gibt es, sobald die Datenquelle wieder gelesen wird oder ein frischer Export"
        " vorliegt.",
        EN: "There will be a finding as soon as the source is read again, or a fresh export is there.",
    },
    NoData.SILENT: {
        DE: "Einen Befund gibt es, sobald das Konto wieder sendet.",
        EN: "There will be a finding as soon as the account sends again.",
    },
    NoData.TOO_FEW: {
        DE: "Einen Befund gibt es ab {minimum} gesendeten Nachrichten im Zeitraum.",
        EN: "There will be a finding from {minimum} messages sent in the window on.",
    },
}


def told(finding: Finding, language: Language, *, zone: str | None = None) -> str:
    """The verdict in force with what it rests on, and what was measured where that is something else.

    :param zone: the reader's time zone, for the dates; that of ``as_of`` by default.
    """
    held, words = finding.held, _WORDS[language]
    if held is None:
        return _reading(finding, language, zone)
    reading, at = _reading(held.finding, language, zone), _day(held.finding.as_of, finding, language, zone)
    if finding.verdict is Verdict.NO_DATA:
        label = _LABELS[held.finding.verdict][language]
        kept = words["kept"].format(label=label, at=at, reading=reading)
        return f"{verdict.sentence(finding, language, zone=zone)} {kept}"
    since = _date(held.lower_since or finding.as_of.date(), language)
    return f"{reading} " + words["held"].format(
        at=at, since=since, less=_measured(finding, language), days=FALL_AFTER_DAYS
    )


def _measured(finding: Finding, language: Language) -> str:
    if finding.no_data is not None:
        return _FEW[finding.no_data][language]
    return _LABELS[finding.measured or finding.verdict][language]


def _reading(finding: Finding, language: Language, zone: str | None) -> str:
    """What a finding measured, by the window, by its last days alone, or by a sudden change."""
    words, changed = _WORDS[language], list(sudden(finding, language))
    if finding.recent is not None:
        alone = words["recent_1" if finding.recent.window_days == 1 else "recent"]
        said = alone.format(days=finding.recent.window_days, window=finding.window_days)
        return f"{verdict.sentence(finding.recent, language, zone=zone)} {said}"
    said = verdict.sentence(finding, language, zone=zone)
    if not changed:
        return said
    plain = f"{HEADS[Verdict.WATCH][language]}. "
    if finding.verdict is Verdict.WATCH and said.startswith(plain):  # the change alone makes it
        return f"{plain[:-2]}: {'; '.join(changed)}. {said[len(plain) :]} {WORDS[language]['measured']}"
    return f"{said} {WORDS[language]['besides'].format('; '.join(changed))}"


def sudden(finding: Finding, language: Language) -> Iterator[str]:
    """The changes that stand out, as noun phrases: "since Tuesday up to 47 different recipients a day"."""
    for change in finding.changes:
        if change.tripped:
            scale = 100 if change.name == "repeated" else 1
            yield _WORDS[language][change.name].format(
                since=_date(change.since, language),
                value=number(change.value * scale, language),
                usual=number(change.usual * scale, language),
                times=_times(change, language),
            )


def _times(change: Change, language: Language) -> str:
    times = round(change.value / max(change.usual, 1))
    names = _TIMES[language]
    text = names[times] if times < len(names) else f"{times}-" if language is DE else str(times)
    return _WORDS[language]["times"].format(text)


def compared(finding: Finding, language: Language) -> Iterator[str]:
    """How the last days lie against the account's own past and against its peers."""
    words = _WORDS[language]
    people = next((change for change in finding.changes if change.name == "people"), None)
    if people is None:
        if finding.no_data is None:
            yield words["no_past"].format(days=PAST_DAYS)
        return
    value, usual = number(people.value, language), number(people.usual, language)
    yield words["past"].format(value=value, usual=usual)
    if people.peers is None or people.peers_now is None:
        yield words["no_peers"]
    else:
        peers, now = number(people.peers, language), number(people.peers_now, language)
        yield words["peers"].format(peers=peers, now=now)


def missing(finding: Finding, language: Language) -> Iterator[str]:
    """What could not be measured, and why."""
    words = _WORDS[language]
    if finding.no_data is not None:
        return
    few: dict[str, str] = {}
    for signal in finding.signals:
        rule = BY_NAME.get(signal.name)
        if rule is None or rule.held.sample not in _SAMPLES or signal.value is not None:
            continue
        known, needed = signal.sample or 0, rule.held.minimum
        if known < needed and rule.role in (Role.PATTERN, Role.HINT):
            sample = _SAMPLES[rule.held.sample][language]
            few[rule.held.sample] = words["few"].format(
                known=number(known, language), needed=number(needed, language), sample=sample
            )
    if few:
        yield words["few_for"].format("; ".join(few.values()))
    if any(signal.unit == SAME_MINUTE for signal in finding.signals):
        yield words["minutes"]


def outlook(finding: Finding, language: Language) -> str:
    """What would change the verdict."""
    words = _WORDS[language]
    if finding.no_data is not None and finding.verdict is Verdict.NO_DATA:
        return _WANTED[finding.no_data][language].format(minimum=MINIMUM_SENDS)
    if finding.verdict is not Verdict.CLEAR:
        return words["falls"].format(days=FALL_AFTER_DAYS, window=finding.window_days)
    nearest = max(finding.signals, key=_nearness, default=None)
    if nearest is None or _nearness(nearest) <= 0:
        return ""
    return words["nearest"].format(phrase(BY_NAME[nearest.name], nearest, language))


def _nearness(signal: Signal) -> float:
    """How near a pattern or a fact comes to its threshold: 1 on it, 0 where that cannot be said."""
    rule = BY_NAME.get(signal.name)
    if (
        rule is None
        or rule.role not in (Role.PATTERN, Role.FACT)
        or rule.name in ("points", "score", "habits")
    ):
        return 0
    if not signal.value or not signal.threshold:
        return 0
    return signal.threshold / signal.value if rule.held.at_most else signal.value / signal.threshold


def _day(moment: datetime, finding: Finding, language: Language, zone: str | None) -> str:
    local = moment.astimezone(ZoneInfo(zone) if zone else finding.as_of.tzinfo)
    return pendulum.instance(local).format(WORDS[language]["date"], locale=language.value)


def _date(day: date, language: Language) -> str:
    moment = pendulum.datetime(day.year, day.month, day.day)
    return moment.format(_DATE[language], locale=language.value)
