"""The closed sets of the model in German and English, and dates, times, numbers and lists in words.

Pure: language and zone are handed in, nothing is read from the process's locale.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import pendulum

from sendepause.model import Act, CampaignState, Kind, Language, NoData, Phase, Reason, Stage, Verdict


class Both(NamedTuple):
    """One text in both languages."""

    de: str
    en: str

    def in_(self, language: Language) -> str:
        """The text in ``language``."""
        return self.de if language is Language.DE else self.en


# One table for each set: members of different sets may have the same value (``source_ill``), and such
# members are equal to each other as dictionary keys.
_LABELS: dict[type[StrEnum], dict[str, Both]] = {
    Verdict: {
        Verdict.CLEAR: Both("unauffällig", "clear"),
        Verdict.WATCH: Both("auffällig", "worth watching"),
        Verdict.BULK: Both("Massenversand", "bulk sending"),
        Verdict.AUTOMATED: Both("automatischer Versand", "automated sending"),
        Verdict.NO_DATA: Both("keine Daten", "no data"),
    },
    NoData: {
        NoData.NO_SOURCE: Both("keine Datenquelle angeschlossen", "no source connected"),
        NoData.SOURCE_ILL: Both("Datenquelle gestört oder veraltet", "source failing or out of date"),
        NoData.SILENT: Both("Datenquelle in Ordnung, Nummer sendet nichts", "source well, number silent"),
        NoData.TOO_FEW: Both("zu wenige Nachrichten für ein Urteil", "too few messages for a verdict"),
    },
    Phase: {
        Phase.ANNOUNCED: Both("angekündigt", "announced"),
        Phase.WARNING: Both("Warnzeit", "warning period"),
        Phase.PAUSING: Both("Pausenzeit", "pausing period"),
        Phase.IN_FORCE: Both("in Kraft", "in force"),
    },
    Kind: {
        Kind.PERSONAL: Both("WhatsApp (persönlich)", "WhatsApp (personal)"),
        Kind.BUSINESS_APP: Both("WhatsApp-Business-App", "WhatsApp Business app"),
        Kind.BUSINESS_PLATFORM: Both("WhatsApp-Business-Plattform", "WhatsApp Business Platform"),
    },
    Act: {
        Act.NONE: Both("nichts zu tun", "nothing to do"),
        Act.WARN: Both("warnen", "warn"),
        Act.PAUSE: Both("pausieren", "pause"),
        Act.HOLD: Both("Ausnahme gilt", "on hold"),
        Act.RESUME: Both("fortsetzen", "resume"),
        Act.ASK: Both("nachfragen", "ask"),
    },
    Stage: {
        Stage.FOUND: Both("gefunden", "found"),
        Stage.WARNED: Both("gewarnt", "warned"),
        Stage.LAST_CALL: Both("letzte Warnung", "last call"),
        Stage.PAUSED: Both("pausiert", "paused"),
        Stage.NOT_PAUSED: Both("Pause nicht gelungen", "not paused"),
        Stage.UNDONE: Both("wieder eingeschaltet", "switched on again"),
        Stage.SILENCE_CONFIRMED: Both("Sendepause bestätigt", "silence confirmed"),
        Stage.UNKNOWN_AUTOMATION: Both("unbekannter automatischer Versand", "unknown automation"),
        Stage.NO_DATA: Both("keine Daten", "no data"),
        Stage.CONTRADICTION: Both("Widerspruch zur Kontoart", "account kind contradicted"),
        Stage.HOLD_ASKED: Both("Ausnahme beantragt", "hold requested"),
        Stage.HOLD_GRANTED: Both("Ausnahme genehmigt", "hold granted"),
        Stage.HOLD_ENDS: Both("Ausnahme endet", "hold ends"),
        Stage.MOVED: Both("umgezogen", "moved"),
        Stage.RESUMED: Both("fortgesetzt", "resumed"),
        Stage.SOURCE_ILL: Both("Datenquelle gestört", "source failing"),
        Stage.UNDELIVERABLE: Both("nicht zustellbar", "undeliverable"),
        Stage.GUARD_STOPPED: Both("angehalten, Freigabe nötig", "stopped, approval needed"),
        Stage.HALT_STILL_ON: Both("Handeln noch abgeschaltet", "acting still switched off"),
        Stage.BREACH: Both("Verstoß", "breach"),
    },
    CampaignState: {
        CampaignState.RUNNING: Both("läuft", "running"),
        CampaignState.PAUSED: Both("pausiert", "paused"),
        CampaignState.DONE: Both("beendet", "finished"),
        CampaignState.UNKNOWN: Both("unbekannt", "unknown"),
    },
    Reason: {
        Reason.PLATFORM_ALLOWED: Both("auf der Plattform erlaubt", "allowed on the Platform"),
        Reason.NOT_RUNNING: Both("läuft nicht", "not running"),
        Reason.STATE_UNKNOWN: Both("Zustand unbekannt", "state unknown"),
        Reason.NOT_YET: Both("noch nichts fällig", "nothing due yet"),
        Reason.AUTOMATED_ON_PERSONAL: Both(
            "Automatik auf persönlichem Konto", "automated on personal account"
        ),
        Reason.AUTOMATED_ON_BUSINESS_APP: Both("Automatik auf der Business-App", "automated on Business app"),
        Reason.NOTICE_FIRST: Both("erst Ankündigung, dann Pause", "notice first, pause next"),
        Reason.SHORT_NOTICE: Both("verkürzte Ankündigung", "shortened notice"),
        Reason.TOLD_BEFORE: Both("angekündigt", "told before"),
        Reason.DATE_PASSED: Both("Stichtag erreicht", "date reached"),
        Reason.HELD: Both("Ausnahme gilt", "on hold"),
        Reason.HOLD_OVER: Both("Ausnahme beendet", "hold over"),
        Reason.SWITCHED_ON_AGAIN: Both("wieder eingeschaltet", "switched on again"),
        Reason.SYSTEM_UNREACHABLE: Both("System nicht erreichbar", "system out of reach"),
        Reason.ACCOUNT_UNKNOWN: Both("Konto unbekannt", "account unknown"),
        Reason.PAUSING_NOT_SWITCHED_ON: Both("Pausieren nicht eingeschaltet", "pausing not switched on"),
        Reason.BEHAVES_AUTOMATED: Both("sendet wie ein Automat", "sends like a machine"),
        Reason.BEHAVES_BULK: Both("sendet in Massen", "sends in bulk"),
        Reason.WATCHED: Both("auffällig", "worth watching"),
        Reason.SENDER_UNKNOWN: Both("sendendes Werkzeug unbekannt", "sending tool unknown"),
        Reason.CAMPAIGN_KNOWN: Both("durch bekannte Kampagne erklärt", "explained by a known campaign"),
        Reason.NO_SOURCE: Both("keine Datenquelle", "no source"),
        Reason.SOURCE_ILL: Both("Datenquelle gestört", "source failing"),
        Reason.TOO_FEW: Both("zu wenige Nachrichten", "too few messages"),
        Reason.SILENT: Both("sendet nichts", "silent"),
        Reason.NOT_AUDITED: Both("noch nicht geprüft", "not audited yet"),
        Reason.KIND_CONTRADICTED: Both("Kontoart widersprochen", "kind contradicted"),
        Reason.BREACH_SUSPECTED: Both("Verdacht auf Verstoß", "breach suspected"),
        Reason.CLEAR: Both("unauffällig", "clear"),
    },
}

_SENTENCES: dict[Reason, Both] = {
    Reason.PLATFORM_ALLOWED: Both(
        "Das Konto liegt auf der WhatsApp-Business-Plattform; dort ist automatischer Versand erlaubt.",
        "The account is on the WhatsApp Business Platform, where automated sending is allowed.",
    ),
    Reason.NOT_RUNNING: Both("Die Kampagne läuft zurzeit nicht.", "The campaign is not running at present."),
    Reason.STATE_UNKNOWN: Both(
        "Ob die Kampagne läuft, ließ sich nicht sicher feststellen.",
        "Whether the campaign is running could not be established for certain.",
    ),
    Reason.NOT_YET: Both(
        "Die Regel ist angekündigt; noch ist nichts fällig.", "The rule is announced; nothing is due yet."
    ),
    Reason.AUTOMATED_ON_PERSONAL: Both(
        "Die Kampagne sendet selbsttätig über ein persönliches WhatsApp-Konto.",
        "The campaign sends by itself from a personal WhatsApp account.",
    ),
    Reason.AUTOMATED_ON_BUSINESS_APP: Both(
        "Die Kampagne sendet selbsttätig über die WhatsApp-Business-App, die dafür nicht zugelassen ist.",
        "The campaign sends by itself from the WhatsApp Business app, which does not permit that.",
    ),
    Reason.NOTICE_FIRST: Both(
        "Die Pause war noch nicht angekündigt: Heute wird sie angekündigt, am nächsten Tag wird pausiert.",
        "The pause had not been announced: it is announced today and made the next day.",
    ),
    Reason.SHORT_NOTICE: Both(
        "Bis zum Stichtag bleiben höchstens 24 Stunden, deshalb gilt eine verkürzte Ankündigung.",
        "No more than 24 hours are left before the date, so the notice is shortened.",
    ),
    Reason.TOLD_BEFORE: Both("Die Pause war angekündigt.", "The pause had been announced."),
    Reason.DATE_PASSED: Both("Der Stichtag ist erreicht.", "The date has been reached."),
    Reason.HELD: Both("Für die Kampagne gilt eine Ausnahme.", "A hold is in force for the campaign."),
    Reason.HOLD_OVER: Both("Die Ausnahme ist beendet.", "The hold has ended."),
    Reason.SWITCHED_ON_AGAIN: Both(
        "Nach unserer Pause wurde die Kampagne wieder eingeschaltet.",
        "The campaign was switched on again after our pause.",
    ),
    Reason.SYSTEM_UNREACHABLE: Both(
        "Das Kampagnensystem ist nicht erreichbar.", "The campaign system is out of reach."
    ),
    Reason.ACCOUNT_UNKNOWN: Both(
        "Von welchem Konto die Kampagne sendet, ist nicht bekannt.",
        "It is not known which account the campaign sends from.",
    ),
    Reason.PAUSING_NOT_SWITCHED_ON: Both(
        "Für diese Kontoart ist das Pausieren nicht eingeschaltet; es wird gewarnt und nachgefragt.",
        "Pausing is not switched on for this kind of account; people are warned and asked.",
    ),
    Reason.BEHAVES_AUTOMATED: Both(
        "Das Konto sendet so, wie es von Hand nicht möglich ist.",
        "The account sends in a way that is not possible by hand.",
    ),
    Reason.BEHAVES_BULK: Both(
        "Das Konto sendet an viele Empfänger auf einmal.", "The account sends to many recipients at once."
    ),
    Reason.WATCHED: Both(
        "Einzelne Merkmale sind auffällig, für ein Urteil reichen sie nicht.",
        "Some signals stand out, but not enough for a verdict.",
    ),
    Reason.SENDER_UNKNOWN: Both(
        "Welches Werkzeug sendet, ist nicht bekannt: Zu diesem Konto gibt es keine bekannte Kampagne.",
        "Which tool is sending is not known: no campaign is known for this account.",
    ),
    Reason.CAMPAIGN_KNOWN: Both(
        "Eine bekannte Kampagne erklärt das Verhalten; über sie wird eigens entschieden.",
        "A known campaign explains the behaviour; it is decided on by itself.",
    ),
    Reason.NO_SOURCE: Both(
        "Für das Konto ist keine Datenquelle angeschlossen.", "No source is connected for the account."
    ),
    Reason.SOURCE_ILL: Both(
        "Die Datenquelle des Kontos ließ sich nicht lesen oder ist veraltet.",
        "The account's source could not be read or is out of date.",
    ),
    Reason.TOO_FEW: Both(
        "Für ein Urteil liegen zu wenige Nachrichten vor.", "There are too few messages for a verdict."
    ),
    Reason.SILENT: Both(
        "Die Datenquelle ist in Ordnung, und das Konto hat nichts gesendet.",
        "The source is well, and the account has sent nothing.",
    ),
    Reason.NOT_AUDITED: Both("Das Konto wurde noch nicht geprüft.", "The account has not been audited yet."),
    Reason.KIND_CONTRADICTED: Both(
        "Die Daten widersprechen der angegebenen Kontoart; die strengere Art zählt.",
        "The data contradict the declared kind of the account; the stricter kind counts.",
    ),
    Reason.BREACH_SUSPECTED: Both(
        "Ein Verstoß gegen die geltende Regel ist zu vermuten.",
        "A breach of the rule in force is to be suspected.",
    ),
    Reason.CLEAR: Both("Das Konto ist unauffällig.", "Nothing stands out about the account."),
}


def label(member: StrEnum, language: Language) -> str:
    """The short word for a member of one of the model's closed sets; KeyError for any other set."""
    return _LABELS[type(member)][member].in_(language)


def sentence(reason: Reason, language: Language) -> str:
    """One whole sentence that tells a person the reason."""
    return _SENTENCES[reason].in_(language)


def moment(at: datetime, zone: str, language: Language) -> str:
    """An aware moment as read in ``zone``: "Samstag, 7. Dezember 2019, 0 Uhr"."""
    local = pendulum.instance(at).in_timezone(zone)
    if language is Language.EN:
        return local.format("dddd, D MMMM YYYY, HH:mm", locale="en")
    clock = local.format("H" if local.minute == 0 else "H.mm")
    return f"{local.format('dddd, D. MMMM YYYY', locale='de')}, {clock} Uhr"


def duration(hours: float, language: Language) -> str:
    """A length of time, rounded down and never to more than it is: "3 Tage", "31 Stunden", "5 Minuten".

    From two days on in days and hours, from two hours on in hours, below in minutes.
    """
    minutes = max(0, int(abs(hours) * 60 + 1e-6))
    if minutes >= 48 * 60:
        days, rest = divmod(minutes // 60, 24)
        parts = [_counted(days, Both("Tag", "day"), Both("Tage", "days"), language)]
        if rest and days < 7:
            parts.append(_counted(rest, Both("Stunde", "hour"), Both("Stunden", "hours"), language))
        return listed(parts, language)
    if minutes >= 120:
        return _counted(minutes // 60, Both("Stunde", "hour"), Both("Stunden", "hours"), language)
    return _counted(minutes, Both("Minute", "minute"), Both("Minuten", "minutes"), language)


def time_left(hours: float, language: Language) -> str:
    """What is left until a moment that is ``hours`` away: "noch 3 Tage"; negative: since when it is past."""
    if hours <= 0:
        past = duration(hours, language).replace("Tage", "Tagen")  # "seit" takes the dative
        return Both("seit {} in Kraft", "in force for {}").in_(language).format(past)
    return Both("noch {}", "{} left").in_(language).format(duration(hours, language))


def number(value: float, language: Language, digits: int = 0) -> str:
    """A number with grouped thousands: "1.234,5" in German, "1,234.5" in English."""
    written = f"{value:,.{digits}f}"
    return written.translate(str.maketrans(",.", ".,")) if language is Language.DE else written


def listed(items: Iterable[str], language: Language) -> str:
    """Items joined for a sentence: "a, b und c"."""
    *firsts, last = [*items] or [""]
    if not firsts:
        return last
    return f"{', '.join(firsts)} {Both('und', 'and').in_(language)} {last}"


def _counted(count: int, one: Both, many: Both, language: Language) -> str:
    return f"{number(count, language)} {(one if count == 1 else many).in_(language)}"
