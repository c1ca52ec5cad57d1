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

_LONG_AGO_HOURS = 60 * 24


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
        NoData.SILENT: Both("Datenquelle in Ordnung, Konto sendet nichts", "source well, account silent"),
        NoData.TOO_FEW: Both("zu wenige Nachrichten für einen Befund", "too few messages for a finding"),
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
        Act.HOLD: Both("Aufschub gilt", "on hold"),
        Act.RESUME: Both("fortsetzen", "resume"),
        Act.ASK: Both("nachfragen", "ask"),
    },
    Stage: {
        Stage.FOUND: Both("auffälliger Versand", "conspicuous sending"),
        Stage.WARNED: Both("Ankündigung", "notice"),
        Stage.LAST_CALL: Both("letzter Hinweis", "last call"),
        Stage.PAUSED: Both("pausiert", "paused"),
        Stage.NOT_PAUSED: Both("Pause nicht bestätigt", "pause not confirmed"),
        Stage.UNDONE: Both("wieder eingeschaltet", "switched on again"),
        Stage.SILENCE_CONFIRMED: Both("Stille bestätigt", "silence confirmed"),
        Stage.UNKNOWN_AUTOMATION: Both("Konto der Kampagne unbekannt", "campaign without a known account"),
        Stage.NO_DATA: Both("keine Daten", "no data"),
        Stage.CONTRADICTION: Both("Konto fraglich", "account in doubt"),
        Stage.HOLD_ASKED: Both("Aufschub beantragt", "hold requested"),
        Stage.HOLD_GRANTED: Both("Aufschub genehmigt", "hold granted"),
        Stage.HOLD_ENDS: Both("Aufschub endet", "hold ends"),
        Stage.MOVED: Both("umgezogen", "moved"),
        Stage.RESUMED: Both("fortgesetzt", "resumed"),
        Stage.SOURCE_ILL: Both("gestört", "out of order"),
        Stage.UNDELIVERABLE: Both("nicht zustellbar", "undeliverable"),
        Stage.GUARD_STOPPED: Both("Freigabe nötig", "approval needed"),
        Stage.HALT_STILL_ON: Both("Pausieren noch ausgeschaltet", "acting still switched off"),
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
            "automatisch auf persönlichem Konto", "automated on personal account"
        ),
        Reason.AUTOMATED_ON_BUSINESS_APP: Both(
            "automatisch in der Business-App", "automated on Business app"
        ),
        Reason.NOTICE_FIRST: Both("erst Ankündigung, dann Pause", "notice first, pause next"),
        Reason.SHORT_NOTICE: Both("verkürzte Ankündigung", "shortened notice"),
        Reason.TOLD_BEFORE: Both("angekündigt", "told before"),
        Reason.DATE_PASSED: Both("Stichtag erreicht", "deadline reached"),
        Reason.HELD: Both("Aufschub gilt", "on hold"),
        Reason.HOLD_OVER: Both("Aufschub beendet", "hold over"),
        Reason.SWITCHED_ON_AGAIN: Both("wieder eingeschaltet", "switched on again"),
        Reason.SYSTEM_UNREACHABLE: Both("System nicht erreichbar", "system out of reach"),
        Reason.ACCOUNT_UNKNOWN: Both("Konto unbekannt", "account unknown"),
        Reason.PAUSING_NOT_SWITCHED_ON: Both("Pausieren nicht eingeschaltet", "pausing not switched on"),
        Reason.BEHAVES_AUTOMATED: Both("Messwerte: automatischer Versand", "figures: automated sending"),
        Reason.BEHAVES_BULK: Both("Messwerte: Massenversand", "figures: bulk sending"),
        Reason.WATCHED: Both("auffällig", "worth watching"),
        Reason.SENDER_UNKNOWN: Both("sendendes Programm unbekannt", "sending tool unknown"),
        Reason.CAMPAIGN_KNOWN: Both("durch bekannte Kampagne erklärt", "explained by a known campaign"),
        Reason.NO_SOURCE: Both("keine Datenquelle", "no source"),
        Reason.SOURCE_ILL: Both("Datenquelle gestört", "source failing"),
        Reason.TOO_FEW: Both("zu wenige Nachrichten", "too few messages"),
        Reason.SILENT: Both("sendet nichts", "silent"),
        Reason.NOT_AUDITED: Both("noch nicht geprüft", "not audited yet"),
        Reason.KIND_CONTRADICTED: Both("Kontoart fraglich", "kind in doubt"),
        Reason.BREACH_SUSPECTED: Both("Verstoß möglich", "breach possible"),
        Reason.CLEAR: Both("unauffällig", "clear"),
        Reason.SENDER_CONTRADICTED: Both("Konto fraglich", "account in doubt"),
        Reason.NOT_PAUSABLE: Both("nur von Hand abschaltbar", "to be switched off by hand"),
        Reason.CONFIRMED: Both("Abschaltung bestätigt", "switching off confirmed"),
        Reason.CHOKE_POINT: Both("Sitzung wird geschlossen", "session is closed"),
        Reason.CHOKE_POINT_LATER: Both("Sitzung erst zuletzt", "session only as a last resort"),
        Reason.CHOKE_POINT_OFF: Both("Sitzung darf nicht geschlossen werden", "session may not be closed"),
        Reason.CHOKE_POINT_QUIET: Both("hinter der Sitzung ist es still", "quiet behind the session"),
        Reason.SILENCE_CONFIRMED: Both("Stille bestätigt", "silence confirmed"),
        Reason.SILENCE_OPEN: Both("Stille noch nicht belegt", "silence not proved yet"),
        Reason.STILL_SENDING: Both("sendet trotz Pause", "sending in spite of the pause"),
        Reason.STILL_UNDER_WAY: Both("begonnene Läufe gehen weiter", "begun runs go on"),
        Reason.MOVED: Both("umgezogen", "moved"),
        Reason.TOUCHED: Both("von Menschen übernommen", "taken over by a person"),
        Reason.MOVE_UNPROVEN: Both("Umzug noch nicht belegt", "move not proved yet"),
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
        "Der Stichtag ist noch fern; zu tun ist nichts.", "The deadline is still far; nothing is due."
    ),
    Reason.AUTOMATED_ON_PERSONAL: Both(
        "Die Kampagne sendet automatisch über ein persönliches WhatsApp-Konto.",
        "The campaign sends automatically from a personal WhatsApp account.",
    ),
    Reason.AUTOMATED_ON_BUSINESS_APP: Both(
        "Die Kampagne sendet automatisch über die WhatsApp-Business-App, die das nicht erlaubt.",
        "The campaign sends automatically from the WhatsApp Business app, which does not allow that.",
    ),
    Reason.NOTICE_FIRST: Both(
        "Die Pause wird jetzt angekündigt; pausiert wird frühestens am Tag nach der Ankündigung.",
        "The pause is being announced now; it is made on the day after the notice at the earliest.",
    ),
    Reason.SHORT_NOTICE: Both(
        "Bis zum Stichtag bleiben höchstens 24 Stunden, deshalb kommt die Pause ohne einen Tag Vorlauf.",
        "No more than 24 hours are left before the deadline, so the pause comes without a day's notice.",
    ),
    Reason.TOLD_BEFORE: Both("Die Pause war angekündigt.", "The pause had been announced."),
    Reason.DATE_PASSED: Both("Der Stichtag ist erreicht.", "The deadline has been reached."),
    Reason.HELD: Both("Für die Kampagne gilt ein Aufschub.", "The campaign is on hold."),
    Reason.HOLD_OVER: Both("Der Aufschub ist beendet.", "The hold has ended."),
    Reason.SWITCHED_ON_AGAIN: Both(
        "Nach der Pause durch Sendepause wurde die Kampagne wieder eingeschaltet.",
        "The campaign was switched on again after Sendepause had paused it.",
    ),
    Reason.SYSTEM_UNREACHABLE: Both(
        "Das Kampagnensystem ist nicht erreichbar.", "The campaign system is out of reach."
    ),
    Reason.ACCOUNT_UNKNOWN: Both(
        "Über welches Konto die Kampagne sendet, ist nicht bekannt.",
        "It is not known which account the campaign sends from.",
    ),
    Reason.PAUSING_NOT_SWITCHED_ON: Both(
        "Kampagnen in der WhatsApp-Business-App pausiert Sendepause nach Vorgabe des Betriebsteams nicht.",
        "By the operators' choice, Sendepause does not pause campaigns on the WhatsApp Business app.",
    ),
    Reason.BEHAVES_AUTOMATED: Both(
        "Die Messwerte sprechen für automatischen Versand.", "The figures point to automated sending."
    ),
    Reason.BEHAVES_BULK: Both(
        "Die Messwerte sprechen für Massenversand.", "The figures point to bulk sending."
    ),
    Reason.WATCHED: Both(
        "Einzelne Messwerte sind auffällig, mehr lässt sich daraus nicht schließen.",
        "Single figures stand out; no more than that can be concluded.",
    ),
    Reason.SENDER_UNKNOWN: Both(
        "Zu diesem Konto ist keine laufende Kampagne bekannt, die das erklärt und die Sendepause pausieren"
        " könnte.",
        "No running campaign is known for this account that would explain it and that Sendepause could"
        " pause.",
    ),
    Reason.CAMPAIGN_KNOWN: Both(
        "Eine bekannte Kampagne erklärt das; über sie wird eigens entschieden.",
        "A known campaign explains it and is decided on separately.",
    ),
    Reason.NO_SOURCE: Both(
        "Für das Konto ist keine Datenquelle angeschlossen.", "No source is connected for the account."
    ),
    Reason.SOURCE_ILL: Both(
        "Die Datenquelle des Kontos ist gestört oder veraltet.",
        "The account's source is out of order or out of date.",
    ),
    Reason.TOO_FEW: Both(
        "Für einen Befund liegen zu wenige Nachrichten vor.", "There are too few messages for a finding."
    ),
    Reason.SILENT: Both(
        "Die Datenquelle ist in Ordnung, und das Konto hat nichts gesendet.",
        "The source is well, and the account has sent nothing.",
    ),
    Reason.NOT_AUDITED: Both("Das Konto wurde noch nicht geprüft.", "The account has not been audited yet."),
    Reason.KIND_CONTRADICTED: Both(
        "Die Daten passen nicht zur eingetragenen Kontoart; bis das geklärt ist, zählt die strengere.",
        "The data do not fit the declared kind of account; until that is settled, the stricter kind counts.",
    ),
    Reason.BREACH_SUSPECTED: Both(
        "Die Regel ist in Kraft, deshalb ist ein Verstoß nicht auszuschließen.",
        "The rule is in force, so a breach cannot be ruled out.",
    ),
    Reason.CLEAR: Both("Das Konto ist unauffällig.", "Nothing stands out about the account."),
    Reason.SENDER_CONTRADICTED: Both(
        "Die Zuordnung der Kampagne nennt ein anderes Konto als ihr Inhalt; es zählt das strengere.",
        "The campaign's mark names another account than its content does; the stricter one counts.",
    ),
    Reason.NOT_PAUSABLE: Both(
        "Hier kann Sendepause nichts abschalten; das muss ein Mensch tun.",
        "Sendepause cannot switch anything off here; a person has to.",
    ),
    Reason.CONFIRMED: Both(
        "Dass es abgeschaltet ist, hat jemand bestätigt.", "Somebody confirmed that it is switched off."
    ),
    Reason.CHOKE_POINT: Both(
        "Als letztes Mittel wird die ganze Gateway-Sitzung geschlossen: Auch Antworten von Hand über"
        " dieses Gateway ruhen dann, am Telefon nicht.",
        "As the last resort the whole gateway session is closed: answers by hand through this gateway rest"
        " too, on the phone they do not.",
    ),
    Reason.CHOKE_POINT_LATER: Both(
        "Die ganze Gateway-Sitzung kommt erst an die Reihe, wenn es 24 Stunden vor dem Stichtag trotz aller"
        " Pausen nicht still ist.",
        "The whole gateway session has its turn only if 24 hours before the deadline, in spite of all pauses,"
        " it is not quiet.",
    ),
    Reason.CHOKE_POINT_OFF: Both(
        "Über diese Gateway-Sitzung kann noch automatisch gesendet werden; Sitzungen zu schließen ist nicht"
        " eingeschaltet.",
        "Messages may still be sent automatically through this gateway session; closing sessions is not"
        " switched on.",
    ),
    Reason.CHOKE_POINT_QUIET: Both(
        "Keine Kampagne dieses Kontos läuft, und aktuelle Daten zeigen keinen automatischen Versand.",
        "No campaign of this account is running, and fresh data show no automated sending.",
    ),
    Reason.SILENCE_CONFIRMED: Both(
        "Aktuelle Daten zeigen seit der Pause keinen automatischen Versand.",
        "Fresh data show no automated sending since the pause.",
    ),
    Reason.SILENCE_OPEN: Both(
        "Ob seit der Pause Stille herrscht, ist offen: Die Daten belegen es noch nicht.",
        "Whether there has been silence since the pause is open: the data do not prove it yet.",
    ),
    Reason.STILL_SENDING: Both(
        "Nach der Pause wurde weiter automatisch gesendet: Sie hält nicht, oder etwas anderes sendet.",
        "Automated sending went on after the pause: it does not hold, or something else sends.",
    ),
    Reason.STILL_UNDER_WAY: Both(
        "Was vor der Pause begonnen hatte, geht noch zu Ende und kann noch senden.",
        "What had begun before the pause still comes to its end and may send until then.",
    ),
    Reason.MOVED: Both(
        "Das Konto liegt jetzt auf der WhatsApp-Business-Plattform, wie die Daten belegen.",
        "The account is on the WhatsApp Business Platform now, as the data prove.",
    ),
    Reason.TOUCHED: Both(
        "Nach der Pause hat jemand die Kampagne geändert; über sie entscheiden seither Menschen.",
        "Somebody changed the campaign after the pause; since then people decide on it.",
    ),
    Reason.MOVE_UNPROVEN: Both(
        "Dass das Konto umgezogen ist, belegen die Daten noch nicht; die Pause bleibt.",
        "The data do not prove yet that the account has moved; the pause stays.",
    ),
}


def label(member: StrEnum, language: Language) -> str:
    """The short word for a member of one of the model's closed sets; KeyError for any other set."""
    return _LABELS[type(member)][member].in_(language)


def sentence(reason: Reason, language: Language) -> str:
    """One whole sentence that tells a person the reason."""
    return _SENTENCES[reason].in_(language)


_BACKLOGS = {
    "nothing": Both("nichts; sie geht von jetzt an weiter", "nothing; it goes on from now"),
    "runs": Both("{}verpasste oder wartende Läufe auf einmal", "{}missed or queued runs at once"),
    "messages": Both(
        "{}inzwischen fällige Nachrichten auf einmal", "{}messages that fell due meanwhile, at once"
    ),
    "rest": Both("der Rest des Versands ({}Nachrichten)", "the rest of the broadcast ({}messages)"),
}


def backlog(kind: str, count: int | None, language: Language) -> str:
    """What a resume would release, in words; ``kind`` is a ``campaigns.base.BacklogKind``."""
    if kind not in _BACKLOGS:
        return Both("das lässt sich von außen nicht sagen", "nobody can tell from outside").in_(language)
    if count == 0:
        return _BACKLOGS["nothing"].in_(language)
    return _BACKLOGS[kind].in_(language).format("" if count is None else f"{number(count, language)} ")


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
    """What is left until a moment that is ``hours`` away: "noch 3 Tage"; negative: since when it is past.

    After some weeks a length says nothing any more: then only "in Kraft", beside the date.
    """
    if hours > 0:
        return Both("noch {}", "{} left").in_(language).format(duration(hours, language))
    if hours <= -_LONG_AGO_HOURS:
        return label(Phase.IN_FORCE, language)
    past = duration(hours, language).replace("Tage", "Tagen")  # "seit" takes the dative
    return Both("seit {} in Kraft", "in force for {}").in_(language).format(past)


def countdown(begins: datetime, at: datetime, zone: str, language: Language) -> str:
    """What is left at ``at`` until a rule begins, and when that is, in words, as read in ``zone``.

    "noch 3 Tage, bis Samstag, 7. Dezember 2019, 0 Uhr"; once begun, since when it is in force.
    """
    when = moment(begins, zone, language)
    if begins <= at:
        return Both("in Kraft seit {}", "in force since {}").in_(language).format(when)
    left = time_left((begins - at).total_seconds() / 3600, language)
    return Both("{}, bis {}", "{}, until {}").in_(language).format(left, when)


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


def on_one_line(text: str) -> str:
    """Text from outside without line breaks, and without what nobody sees or what steers a terminal."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _counted(count: int, one: Both, many: Both, language: Language) -> str:
    return f"{number(count, language)} {(one if count == 1 else many).in_(language)}"
