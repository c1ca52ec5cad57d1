"""The sentences of the operators' summary; for their forms see ``phrases``."""

from __future__ import annotations

from collections.abc import Mapping

from sendepause.model import AccountState, Answer, EntryKind
from sendepause.words import Both

TITLE = Both("Sendepause: Stand am {}", "Sendepause: how it stands on {}")
RULE = Both("*{title}*: {countdown}", "*{title}*: {countdown}")
PAUSING_FROM = Both("pausiert wird ab {}", "pauses are made from {}")
MORE_RULES = Both(
    "{Eine weitere Regel zeigt|{n} weitere Regeln zeigt} die Übersicht in Airflow.",
    "The board in Airflow shows {one more rule|{n} more rules}.",
)

HALTED = Both("Der Halt ist gesetzt: Es wird nichts pausiert.", "The halt is on: no campaign is paused.")
REHEARSAL = Both(
    "Probe: Das Pausieren ist ausgeschaltet, es wird nichts pausiert.",
    "Rehearsal: acting is off, no campaign is paused.",
)

AT_RISK = Both("*In Gefahr*", "*At risk*")
ANY_RULE = Both("Regelübergreifend", "Under any rule")
NO_RISK = Both("*Zurzeit ist nichts in Gefahr.*", "*Nothing is at risk at present.*")
NEVER_RUN = Both(
    "Noch kein Lauf ist zu Ende gegangen: Es wird nichts nachgesehen und nichts pausiert.",
    "No run has come to its end yet: nothing is looked at and nothing is paused.",
)
LATE = Both(
    "Der letzte Lauf endete am {}. Seither wird nichts nachgesehen und nichts pausiert.",
    "The last run ended on {}. Since then nothing is looked at and nothing is paused.",
)
SENDING = "sending"  # a machine was heard after a pause
ACCOUNTS: Mapping[str, Both] = {
    AccountState.BREACH: Both(
        "Verstoß möglich bei {einem Konto|{n} Konten}", "A breach is possible on {one account|{n} accounts}"
    ),
    AccountState.PAUSE_DUE: Both(
        "Die Pause steht aus bei {einem Konto|{n} Konten}", "The pause is owed on {one account|{n} accounts}"
    ),
    SENDING: Both(
        "Automatischer Versand trotz Pause bei {einem Konto|{n} Konten}",
        "Automated sending in spite of the pause on {one account|{n} accounts}",
    ),
    AccountState.BY_HAND: Both(
        "Von Hand zu klären {ist ein Konto|sind {n} Konten}",
        "{One account needs|{n} accounts need} a person",
    ),
    AccountState.NO_DATA: Both(
        "Keine Daten gibt es zu {einem Konto|{n} Konten}; [ob dort automatisch gesendet wird, ist offen|ein"
        " Verstoß ist dort nicht auszuschließen]",
        "There are no data on {one account|{n} accounts}; [whether anything is sent automatically there is"
        " open|a breach there cannot be ruled out]",
    ),
}
UNKNOWN_SENDERS = Both(
    "{Bei einer Kampagne, die laufen kann, ist|Bei {n} Kampagnen, die laufen können, ist} das Konto nicht"
    " bekannt; pausiert {wird sie|werden sie} deshalb nicht.",
    "The account of {one campaign that may be running is|{n} campaigns that may be running is} not known;"
    " so {it is|they are} not paused.",
)
OUT_OF_ORDER = Both("Gestört: {}.", "Out of order: {}.")
UNDELIVERABLE = Both("Mitteilungen kommen nicht an: {}.", "Messages do not arrive: {}.")
MORE_NAMES = Both("{eines mehr|{n} weitere}", "{one more|{n} more}")

NUMBERS = Both("*Zahlen*", "*Numbers*")
NUMBERS_UNDER = Both("*Zahlen: {}*", "*Numbers: {}*")
STATES = Both("Konten: {}", "Accounts: {}")
NO_ACCOUNTS = Both("Konten: keine", "Accounts: none")
OWED = Both("Ausstehende Pausen: {}", "Pauses that are still owed: {}")
NONE_OWED = Both("Keine Pause steht aus.", "No pause is owed.")
WAITING = Both("Davon warten auf eine Freigabe: {}", "Of these, waiting for approval: {}")
RESUMES = Both(
    "Kampagnen, die auf Freigabe wieder laufen können: {}", "Campaigns that may run again on approval: {}"
)
SILENCE = Both(
    "Stille nach Pausen: bestätigt {}, offen {}, gebrochen {}",
    "Silence after pauses: confirmed {}, open {}, broken {}",
)
UNDER_WAY = Both(
    "Kampagnen, von denen nach der Pause noch etwas im Gang ist: {}",
    "Campaigns of which something is still under way after the pause: {}",
)
ASKED = Both("Offene Fragen an Zuständige und Betriebsteam: {}", "Open questions to owners and operators: {}")

NOTHING_CHANGED = Both(
    "*Seit {} ist nichts geschehen*, und die Konten stehen in den gleichen Zahlen wie zuvor.",
    "*Nothing has happened since {}*, and the accounts stand in the same numbers as before.",
)
NUMBERS_CHANGED = Both(
    "*Seit {} ist nichts geschehen*; anders sind nur Zahlen, hinter denen + oder − steht.",
    "*Nothing has happened since {}*; only the numbers followed by + or − are different.",
)
CHANGED = Both("*Seit {}:* {}.", "*Since {}:* {}.")
FIRST = Both(
    "Dies ist die erste Zusammenfassung; ab der nächsten steht hier, was sich geändert hat.",
    "This is the first summary; from the next one on, what has changed stands here.",
)
YESTERDAY = Both("gestern", "yesterday")

# What is told of the ledger, the most pressing first. A kind that is missing here is a step of something
# that is told (an intent, a look at what was under way) or is told by its facts, see ``digest_changes``.
EVENTS: Mapping[EntryKind, Both] = {
    EntryKind.BREACH: Both(
        "{ein Verstoß|{n} Verstöße} festgestellt", "{one breach|{n} breaches} established"
    ),
    EntryKind.UNDONE: Both(
        "{eine Kampagne|{n} Kampagnen} wieder eingeschaltet",
        "{one campaign|{n} campaigns} switched on again",
    ),
    EntryKind.SENDING_SEEN: Both(
        "automatischer Versand trotz Pause bei {einer Kampagne|{n} Kampagnen}",
        "automated sending in spite of the pause of {one campaign|{n} campaigns}",
    ),
    EntryKind.NOT_PAUSED: Both(
        "{eine Pause|{n} Pausen} nicht bestätigt", "{one pause|{n} pauses} not confirmed"
    ),
    EntryKind.PAUSED: Both("{eine Kampagne|{n} Kampagnen} pausiert", "{one campaign|{n} campaigns} paused"),
    EntryKind.SILENCE_CONFIRMED: Both(
        "Stille nach {einer Pause|{n} Pausen} bestätigt", "silence confirmed after {one pause|{n} pauses}"
    ),
    EntryKind.NOT_RESUMED: Both(
        "{eine Kampagne|{n} Kampagnen} trotz Freigabe nicht fortgesetzt",
        "{one campaign|{n} campaigns} not resumed in spite of the approval",
    ),
    EntryKind.RESUMED: Both(
        "{eine Kampagne|{n} Kampagnen} fortgesetzt", "{one campaign|{n} campaigns} resumed"
    ),
    EntryKind.WITHDRAWN: Both(
        "{eine begonnene Pause|{n} begonnene Pausen} zurückgezogen",
        "{one pause that had begun|{n} pauses that had begun} withdrawn",
    ),
    EntryKind.GUARD_STOPPED: Both(
        "{eine Kampagne|{n} Kampagnen} zur Freigabe vorgelegt",
        "{one campaign|{n} campaigns} submitted for approval",
    ),
    EntryKind.APPROVE: Both("{eine Freigabe|{n} Freigaben} erteilt", "{one approval|{n} approvals} given"),
    EntryKind.ANNOUNCED: Both("{eine Pause|{n} Pausen} angekündigt", "{one pause|{n} pauses} announced"),
    EntryKind.HOLD_ASKED: Both("{ein Aufschub|{n} Aufschübe} beantragt", "{one hold|{n} holds} requested"),
    EntryKind.HOLD_GRANTED: Both("{ein Aufschub|{n} Aufschübe} genehmigt", "{one hold|{n} holds} granted"),
    EntryKind.HOLD_ENDED: Both(
        "{ein Aufschub|{n} Aufschübe} vorzeitig beendet", "{one hold|{n} holds} ended early"
    ),
    EntryKind.CONFIRMED: Both(
        "{eine Abschaltung|{n} Abschaltungen} bestätigt",
        "switching off confirmed for {one campaign|{n} campaigns}",
    ),
    EntryKind.DRILL: Both("{eine Übung|{n} Übungen} gemacht", "{one drill|{n} drills} made"),
    EntryKind.CONFIGURATION: Both(
        "{eine Konfiguration|{n} Konfigurationen} übernommen",
        "{one configuration|{n} configurations} taken over",
    ),
}
TAKEN_BACK = Both(
    "{eine Bestätigung|{n} Bestätigungen} zurückgenommen", "{one confirmation|{n} confirmations} taken back"
)
ANSWERED = Both(
    "{eine Antwort|{n} Antworten} von Zuständigen ({})", "{one answer|{n} answers} from owners ({})"
)
ANSWERS: Mapping[str, Both] = {
    Answer.READ: Both("{n}-mal gelesen", "read {n}"),
    Answer.MOVED: Both("{n}-mal umgestellt", "changed over {n}"),
    Answer.HOLD: Both("{n}-mal Aufschub beantragt", "hold requested {n}"),
}
SWITCHED: Mapping[tuple[EntryKind, bool], Both] = {
    (EntryKind.ACT, True): Both("das Pausieren eingeschaltet", "acting switched on"),
    (EntryKind.ACT, False): Both("das Pausieren ausgeschaltet", "acting switched off"),
    (EntryKind.HALT, True): Both("der Halt gesetzt", "the halt set"),
    (EntryKind.HALT, False): Both("der Halt aufgehoben", "the halt lifted"),
}

VERDICTS = Both("Befunde: {}", "Findings: {}")
NONE_YET = Both("noch keine", "none yet")
ALERTS = Both(
    "Mitteilungen: {} offen, {} gesendet, {} nicht zustellbar", "Alerts: {} owed, {} sent, {} undeliverable"
)
UNANSWERED = Both("Mitteilungen ohne Antwort: {}", "Messages without an answer: {}")
HOLDS_ASKED = Both(
    "Anträge auf Aufschub, über die niemand entschieden hat: {}", "Requested holds that nobody decided on: {}"
)
GAPS = Both("Lücken: {}", "Gaps: {}")
WITHOUT_SOURCE = Both(
    "{ein Konto|{n} Konten} ohne Datenquelle", "{one account|{n} accounts} without a source"
)
BROKEN_FILES = Both(
    "{eine Datei, die|{n} Dateien, die} nicht zu lesen {ist|sind}",
    "{one file|{n} files} that cannot be read",
)
UNKNOWN_ACCOUNTS = Both(
    "{eine Kampagne|{n} Kampagnen} ohne bekanntes Konto",
    "{one campaign|{n} campaigns} without a known account",
)
WELL = Both(
    "Alle Datenquellen und Kampagnensysteme sind erreichbar.",
    "All sources and campaign systems can be reached.",
)
LEDGER = Both(
    "Protokoll: {ein Eintrag|{n} Einträge}, Prüfsumme des letzten `{}`",
    "Ledger: {one entry|{n} entries}, newest hash `{}`",
)
PICTURE = Both("Das Bild gehört zu: {}.", "The picture belongs to: {}.")
DETAILS = Both(
    "Einzelheiten zeigen die Übersicht in Airflow und `sendepause plan`.",
    "The board in Airflow and `sendepause plan` show the details.",
)
