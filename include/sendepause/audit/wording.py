"""The words of a verdict: its heads, its numbers and thresholds as people say them."""

from __future__ import annotations

from sendepause.audit.rules import CHANCE, PROBABILITY, SAME_MINUTE, Rule
from sendepause.model import Language, NoData, Signal, Verdict

HEADS = {
    Verdict.AUTOMATED: {
        Language.DE: "Die Messwerte sprechen für automatischen Versand",
        Language.EN: "The figures point to automated sending",
    },
    Verdict.BULK: {
        Language.DE: "Die Messwerte sprechen für Massenversand, ob von Hand oder automatisch",
        Language.EN: "The figures point to bulk sending, by hand or automated",
    },
    Verdict.WATCH: {
        Language.DE: "Einzelne Messwerte sind auffällig, mehr lässt sich daraus nicht schließen",
        Language.EN: "Single figures stand out, and no more than that can be concluded",
    },
    Verdict.CLEAR: {
        Language.DE: "Die Messwerte sind unauffällig",
        Language.EN: "Nothing stands out in the figures",
    },
}
NO_DATA = {
    NoData.NO_SOURCE: {
        Language.DE: "Kein Befund: Für dieses Konto ist keine Datenquelle angeschlossen.",
        Language.EN: "No finding: no source is connected for this account.",
    },
    NoData.SOURCE_ILL: {
        Language.DE: "Kein Befund: Die Datenquelle dieses Kontos ist gestört, oder ihre Daten sind zu alt.",
        Language.EN: "No finding: this account's source is out of order, or its data are too old.",
    },
    NoData.SILENT: {
        Language.DE: "Kein Befund: Die Datenquelle ist in Ordnung, und das Konto hat in {window} Tagen nichts"
        " gesendet.",
        Language.EN: "No finding: the source is well, and the account has sent nothing in {window} days.",
    },
    NoData.TOO_FEW: {
        Language.DE: "Kein Befund: zu wenige Nachrichten (nötig sind {minimum}).",
        Language.EN: "No finding: too few messages ({minimum} are needed).",
    },
}
WORDS = {
    Language.DE: {
        "threshold": "Schwelle",
        "measured": "Das ist eine Messung, kein Vorwurf.",
        "besides": "Außerdem: {}.",
        "sources": "Herkunft der Schwellen: {}.",
        "at_least": "ab {}",
        "at_most": "höchstens {}",
        "rarer": "{} oder seltener",
        "chance": "1 zu {}",
        "rarest": "unter 1 zu 1 Milliarde",
        "percent": "{} %",
        "hours": "{} Std.",
        "seconds": "{} Sek.",
        "date": "D. MMMM YYYY",
        "basis": "Grundlage: {sends} an {days} von {window} Tagen bis zum {date}.",
        "basis_day": "Grundlage: {sends} am {date}.",
        "sends": "{} gesendete Nachrichten",
        "one_send": "1 gesendete Nachricht",
        "one_day": "einem",
        "newest": "Die neueste bekannte Nachricht ist vom {}.",
    },
    Language.EN: {
        "threshold": "threshold",
        "measured": "This is a measurement, not an accusation.",
        "besides": "Also: {}.",
        "sources": "Where the thresholds come from: {}.",
        "at_least": "{} or more",
        "at_most": "{} or less",
        "rarer": "{} or rarer",
        "chance": "1 in {}",
        "rarest": "under 1 in 1 billion",
        "percent": "{}%",
        "hours": "{} h",
        "seconds": "{} s",
        "date": "D MMMM YYYY",
        "basis": "Basis: {sends} on {days} of the {window} days up to {date}.",
        "basis_day": "Basis: {sends} on {date}.",
        "sends": "{} messages sent",
        "one_send": "1 message sent",
        "one_day": "one",
        "newest": "The newest message known is of {}.",
    },
}
_RAREST = 9  # a chance below one in a billion is said as that
_SUREST = 0.999  # nothing is said to be certain


def phrase(rule: Rule, signal: Signal, language: Language) -> str:
    """A signal as a noun phrase with its threshold."""
    words = WORDS[language]
    minute_text = rule.minute_text if signal.unit == SAME_MINUTE else None
    value = (minute_text or rule.text)[language].format(value=_amount(signal.value, signal.unit, language))
    if signal.unit == CHANCE:
        direction = "rarer"
    else:
        direction = "at_most" if rule.held.at_most and minute_text is None else "at_least"
    limit = words[direction].format(_amount(signal.threshold, signal.unit, language))
    return f"{value} ({words['threshold']}: {limit})"


def _amount(value: float | None, unit: str, language: Language) -> str:
    if value is None:
        return "–"
    if unit == CHANCE:
        return _chance(value, language)
    words = WORDS[language]
    if unit == PROBABILITY:
        return words["percent"].format(number(100 * min(value, _SUREST), language))
    if unit in ("share", SAME_MINUTE):
        return words["percent"].format(number(100 * value, language))
    shape = {"s": words["seconds"], "h": words["hours"]}.get(unit, "{}")
    return shape.format(number(value, language))


def _chance(power: float, language: Language) -> str:
    """A probability of 10 to the minus ``power``, as people say it: "1 zu 10.000"."""
    words = WORDS[language]
    if power > _RAREST:
        return words["rarest"]
    exact = 10**power
    rounded = round(exact, -int(power))  # one digit says enough
    return words["chance"].format(number(rounded, language))


def number(value: float, language: Language) -> str:
    """At most one decimal, in the language's own signs."""
    text = f"{value:,.1f}".removesuffix(".0")
    return text.translate(str.maketrans(",.", ".,")) if language is Language.DE else text
