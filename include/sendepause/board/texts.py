"""What the board itself says, in German and English; the model's words are in ``words.py``."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum

from sendepause import words
from sendepause.guard import Passage
from sendepause.model import EntryKind, Language
from sendepause.words import Both

_FORMS = re.compile(r"\{([^{}|]*)\|((?:[^{}|]|\{n\})*)\}")
_NAMES = re.compile(r"\{(\w+)\}")

_TEXTS: dict[str, Both] = {
    # The page
    "title": Both("Sendepause", "Sendepause"),
    "as_of": Both("Stand: {moment} ({zone})", "As of {moment} ({zone})"),
    "refresh": Both("Neu laden", "Refresh"),
    "language": Both("Sprache", "Language"),
    "skip": Both("Zum Inhalt springen", "Skip to content"),
    "dates": Both("Stichtage", "Deadlines"),
    "switches": Both("Schalter", "Switches"),
    "notices": Both("Hinweise", "Notices"),
    "accounts": Both("Konten", "Accounts"),
    "campaigns": Both("Kampagnen", "Campaigns"),
    "ledger": Both("Protokoll", "Ledger"),
    "alerts": Both("Mitteilungen", "Alerts"),
    "none": Both("–", "–"),
    "all_of": Both("{first}–{last} von {total}", "{first}–{last} of {total}"),
    "more": Both("und {count} weitere", "and {count} more"),
    "page_before": Both("Zurück", "Previous"),
    "page_after": Both("Weiter", "Next"),
    "pages_of": Both("Seiten: {what}", "Pages: {what}"),
    "search": Both("Suchen", "Search"),
    "search_hint": Both("Name, Nummer, Filiale, System …", "Name, number, branch, system …"),
    "search_clear": Both("Filter aufheben", "Clear filter"),
    "filtered": Both("Gefiltert nach „{q}“.", "Filtered by “{q}”."),
    "nothing_found": Both("Nichts gefunden.", "Nothing found."),
    # How it stands: the level of an outlook or a notice, so that colour never stands alone
    "level_ok": Both("In Ordnung", "All well"),
    "level_attention": Both("Achtung", "Attention"),
    "level_risk": Both("Gefahr", "At risk"),
    # A date
    "source": Both("Quelle: {source}", "Source: {source}"),
    "running": Both("laufen noch", "still running"),
    "verified": Both("pausiert und nachgelesen", "paused and verified"),
    "owed": Both("Pause fällig", "pause owed"),
    "waiting": Both("warten auf eine Person", "wait for a person"),
    "besides": Both(
        "Gezählt: Kampagnen auf persönlichen Konten; mit Aufschub: {held}, von anderen beendet: {stopped}.",
        "Counted are campaigns on personal accounts; on hold: {held}, stopped by others: {stopped}.",
    ),
    "silences": Both(
        "Stille nach der Pause: bestätigt {confirmed}, offen {open}, gebrochen {broken}, zu früh {waiting}.",
        "Silence after the pause: confirmed {confirmed}, open {open}, broken {broken}, too early {waiting}.",
    ),
    "nothing_dated": Both("Der Kalender enthält keinen Stichtag.", "The calendar holds no deadline."),
    # The outlook: whether a date will be met
    "met_now": Both(
        "Auf persönlichen Konten läuft keine automatische Kampagne.",
        "No automated campaign is running on a personal account.",
    ),
    "never_looked": Both(
        "Noch kein Lauf hat in die Kampagnensysteme gesehen; was läuft, ist nicht bekannt.",
        "No run has looked into the campaign systems yet; what is running is not known.",
    ),
    "stale": Both(
        "Der Stand ist veraltet: Der letzte Lauf endete {ago}.",
        "This is out of date: the last run ended {ago}.",
    ),
    "breach": Both(
        "Nach dem Stichtag {läuft noch eine Kampagne|laufen noch {n} Kampagnen}.",
        "{One campaign is|{n} campaigns are} still running after the deadline.",
    ),
    "silence_broken": Both(
        "Trotz Pause {sendet eine Kampagne oder ihr Konto|senden {n} Kampagnen oder ihre Konten} weiter.",
        "{One campaign or its account goes|{n} campaigns or their accounts go} on sending in spite of the"
        " pause.",
    ),
    "silence_open": Both(
        "Alles ist pausiert; ob Stille herrscht, ist {bei einer Kampagne|bei {n} Kampagnen} offen.",
        "Everything is paused; whether there is silence is open for {one campaign|{n} campaigns}.",
    ),
    "not_acting": Both(
        "{Eine Kampagne läuft|{n} Kampagnen laufen}, und Sendepause pausiert zurzeit nichts.",
        "{One campaign is|{n} campaigns are} running, and at present Sendepause pauses nothing.",
    ),
    "last_hours": Both(
        "Es bleiben höchstens 24 Stunden, und {eine Kampagne läuft|{n} Kampagnen laufen} noch.",
        "No more than 24 hours are left, and {one campaign is|{n} campaigns are} still running.",
    ),
    "person_needed": Both(
        "{Eine Kampagne wartet|{n} Kampagnen warten} auf die Entscheidung einer Person.",
        "{One campaign waits|{n} campaigns wait} for a person to decide.",
    ),
    "pausing_now": Both(
        "{Eine Kampagne wird|{n} Kampagnen werden} noch pausiert.",
        "{One campaign has|{n} campaigns have} still to be paused.",
    ),
    "pausing_from": Both(
        "{Eine Kampagne läuft|{n} Kampagnen laufen}; pausiert wird ab {moment}.",
        "{One campaign is|{n} campaigns are} running; pausing begins on {moment}.",
    ),
    # Switches
    "acting": Both("Pausieren", "Acting"),
    "acting_on": Both("An: Fälliges wird pausiert", "On: what is due is paused"),
    "acting_off": Both("Probe: nichts wird pausiert", "Rehearsal: nothing is paused"),
    "halt": Both("Halt", "Halt"),
    "halt_on": Both("Halt: es wird nichts pausiert", "Halt: all acting is stopped"),
    "halt_off": Both("nicht gesetzt", "not set"),
    "since": Both("seit {moment}", "since {moment}"),
    "since_by": Both("seit {moment}, von {who}", "since {moment}, by {who}"),
    "never_moved": Both("seit der Einrichtung", "since installation"),
    "enforced": Both("Letzter Lauf", "Last run"),
    "never": Both("noch nie", "never"),
    "ago": Both("vor {duration}", "{duration} ago"),
    "slack": Both("Slack", "Slack"),
    "slack_ok": Both("verbunden", "connected"),
    "slack_off": Both("keine Verbindung", "no connection"),
    "slack_untried": Both("noch nicht versucht", "not tried yet"),
    "configuration": Both("Konfiguration", "Configuration"),
    "configuration_ok": Both("gültig", "valid"),
    "configuration_broken": Both("fehlerhaft", "broken"),
    # Notices
    "notice_halt": Both(
        "Der Halt ist gesetzt: Bis ihn jemand mit `sendepause halt off` aufhebt, wird nichts pausiert.",
        "The halt is on: until somebody lifts it with `sendepause halt off`, no campaign is paused.",
    ),
    "notice_rehearsal": Both(
        "Probe: Entscheidungen werden nur gezeigt. `sendepause act on` schaltet das Pausieren ein.",
        "Rehearsal: decisions are only shown. `sendepause act on` switches pausing on.",
    ),
    "notice_configuration": Both(
        "Die Konfiguration ist fehlerhaft; die letzte gültige bleibt in Kraft.",
        "The configuration is broken; the last valid one stays in force.",
    ),
    "notice_slack": Both(
        "Keine Verbindung zu Slack: {eine Mitteilung bleibt|{n} Mitteilungen bleiben} offen,"
        " gesendet wurde nichts.",
        "No Slack connection: {one alert stays|{n} alerts stay} owed, nothing was sent.",
    ),
    "notice_late": Both(
        "Der letzte Lauf, der Pausen setzt und prüft, endete {ago}. Prüfen Sie den DAG sendepause_enforce.",
        "The last run that makes and verifies pauses ended {ago}. Check the DAG sendepause_enforce.",
    ),
    "notice_never": Both(
        "Der DAG sendepause_enforce ist noch nie bis zum Ende gelaufen; kein Stichtag ist gesichert.",
        "The DAG sendepause_enforce has never come to its end; no deadline is safe.",
    ),
    "details": Both("Einzelheiten", "Details"),
    # Accounts
    "account": Both("Konto", "Account"),
    "owner": Both("Zuständig", "Owner"),
    "kind": Both("Kontoart", "Kind of account"),
    "verdict": Both("Befund", "Finding"),
    "data_until": Both("Daten bis", "Data until"),
    "decision": Both("Entscheidung", "Decision"),
    "contradicted_consumer": Both(
        "Fraglich: Die Daten stammen aus WhatsApp oder der Business-App; es zählt die strengere Kontoart.",
        "In doubt: the data come from WhatsApp or the Business app; the stricter kind counts.",
    ),
    "contradicted_platform": Both(
        "Fraglich: Die Daten stammen von der Business-Plattform; es zählt die strengere Kontoart.",
        "In doubt: the data come from the Business Platform; the stricter kind counts.",
    ),
    "operators": Both("Betriebsteam", "operators"),
    "not_audited": Both("noch nicht geprüft", "not audited yet"),
    "not_concerned": Both("von keinem Stichtag betroffen", "no deadline concerns it"),
    # Campaigns
    "campaign": Both("Kampagne", "Campaign"),
    "system": Both("System", "System"),
    "state": Both("Zustand", "State"),
    "changed": Both("Zuletzt geändert", "Last change"),
    "changed_by": Both("von {who}", "by {who}"),
    # Whose account it is, and how that is known
    "account_marked": Both("Konto angegeben", "Account stated"),
    "account_inferred": Both(
        "Konto nur erschlossen; sendet über {through}", "Account only inferred; sends through {through}"
    ),
    "account_also": Both("Sendet vielleicht auch über {others}", "May send from {others} as well"),
    "account_contradicted": Both(
        "Konto fraglich: Auch {others} kommt in Frage; sendet über {through}. Die strengere Kontoart zählt.",
        "Account in doubt: it may be {others} as well; sends through {through}. The stricter kind counts.",
    ),
    "account_unknown": Both(
        "Konto unbekannt, zuzuordnen; sendet über {through}",
        "Account unknown, to be assigned; sends through {through}",
    ),
    "account_foreign": Both("Diese Nummer ist kein Konto.", "This number is no account."),
    "account_foreign_mend": Both(
        "Tragen Sie sie in `accounts.yaml` ein, oder berichtigen Sie die Zuordnung.",
        "Add it to `accounts.yaml`, or correct the mark.",
    ),
    "assign": Both(
        "Zuordnen: mit der Marke `account:+49…` im System {system} oder unter `accounts` in"
        " `campaign_systems.yaml`, Eintrag `{id}`.",
        "To assign: by the mark `account:+49…` in the system {system}, or under `accounts` in"
        " `campaign_systems.yaml`, entry `{id}`.",
    ),
    # How it is switched off, and what proves that
    "choke_point": Both(
        "Ganze Gateway-Sitzung: wird erst zuletzt geschlossen", "Whole gateway session: closed only last"
    ),
    "by_hand": Both(
        "Nur von Hand abschaltbar; noch niemand hat es bestätigt",
        "To be switched off by hand; nobody has confirmed it yet",
    ),
    "by_hand_mend": Both("Danach: `sendepause confirm {name}`", "Afterwards: `sendepause confirm {name}`"),
    "by_hand_confirmed": Both(
        "Nur von Hand abschaltbar; bestätigt von {who}, {moment}",
        "To be switched off by hand; confirmed by {who}, {moment}",
    ),
    "verified_at": Both("Nachgelesen {moment}", "Read back {moment}"),
    "silence_is_waiting": Both("Stille: noch nicht geprüft", "Silence: not listened to yet"),
    "silence_is_open": Both("Stille offen", "Silence open"),
    "silence_is_confirmed": Both("Stille bestätigt am {moment}", "Silence confirmed on {moment}"),
    "silence_is_broken": Both(
        "Keine Stille: Versand trotz Pause, bemerkt am {moment}",
        "No silence: sending in spite of the pause, noticed on {moment}",
    ),
    "resumable": Both(
        "Kann wieder laufen, sobald jemand es freigibt", "May run again once somebody approves"
    ),
    "approve": Both("Freigeben: `sendepause approve {name}`", "To approve: `sendepause approve {name}`"),
    "resume_approved": Both(
        "Freigegeben: läuft nach dem nächsten Lauf wieder", "Approved: runs again after the next run"
    ),
    "resume_failed": Both("Fortsetzen nicht bestätigt ({error})", "Resume not confirmed ({error})"),
    "resumed_at": Both("Von Sendepause fortgesetzt {moment}", "Resumed by Sendepause {moment}"),
    # Its holds
    "hold_pending": Both(
        "Aufschub bis {moment} beantragt von {who}; eine zweite Person entscheidet",
        "Hold until {moment} requested by {who}; a second person decides",
    ),
    "hold_in_force": Both("Aufschub bis {moment}", "On hold until {moment}"),
    "hold_ends_soon": Both("Aufschub endet bald: {moment}", "Hold ends soon: {moment}"),
    "guard": Both("Freigabe: {passage}", "Guard: {passage}"),
    "no_decision": Both("noch keine Entscheidung", "no decision yet"),
    # Coverage
    "no_source": Both("Konten ohne Datenquelle", "Accounts without a source"),
    "ill": Both("Gestörte Datenquellen und Kampagnensysteme", "Sources and systems out of order"),
    "broken": Both("Unlesbare Dateien", "Broken files"),
    "unknown": Both(
        "Kampagnen, deren Nummer zu keinem Konto gehört", "Campaigns whose number belongs to no account"
    ),
    "covered": Both("Nichts offen.", "Nothing open."),
    "kind_source": Both("Datenquelle", "source"),
    "kind_system": Both("Kampagnensystem", "campaign system"),
    "kind_drill": Both("Übung im Kampagnensystem", "drill in the campaign system"),
    # Last actions
    "when": Both("Wann", "When"),
    "who": Both("Wer", "Who"),
    "what": Both("Was", "What"),
    "subject": Both("Worum es geht", "Subject"),
    "chain": Both("Kette: Eintrag {seq}, Prüfsumme", "Chain: entry {seq}, hash"),
    "no_entries": Both("Das Protokoll ist noch leer.", "The ledger is still empty."),
    "switched_on": Both("eingeschaltet", "switched on"),
    "switched_off": Both("ausgeschaltet", "switched off"),
    "until": Both("bis {moment}", "until {moment}"),
    "hash": Both("Prüfsumme {hash}", "hash {hash}"),
    "plan": Both("Plan {hash}", "plan {hash}"),
    "hold": Both("Aufschub {seq}", "hold {seq}"),
    "delivery": Both("Mitteilung {id}", "message {id}"),
    "taken_back": Both("zurückgenommen", "taken back"),
    "drill_begun": Both("begonnen", "begun"),
    "drill_done": Both("pausiert und fortgesetzt", "paused and resumed"),
    "drill_failed": Both("Pause nicht bestätigt", "pause not confirmed"),
    "last_seen": Both("zuletzt {moment}", "last on {moment}"),
    "data_to": Both("Daten bis {moment}", "data until {moment}"),
    "answer_read": Both("gelesen", "read"),
    "answer_moved": Both("umgestellt", "changed over"),
    "answer_hold": Both("Aufschub beantragt", "hold requested"),
    # Alerts
    "alert": Both("Mitteilung", "Alert"),
    "channel": Both("Kanal", "Channel"),
    "alert_owed": Both("offen", "owed"),
    "alert_sending": Both("wird gesendet", "sending"),
    "alert_sent": Both("gesendet", "sent"),
    "alert_overtaken": Both("überholt", "overtaken"),
    "alert_refused": Both("abgelehnt", "refused"),
    "no_alerts": Both("Noch keine Mitteilung.", "No alert yet."),
    # The page of messages
    "board": Both("Übersicht", "Overview"),
    "plan_page": Both("Plan", "Plan"),
    "problems": Both("Störungen", "Problems"),
    "check_page": Both("Prüfung", "Set-up check"),
    "pages": Both("Seiten", "Pages"),
    "messages": Both("Mitteilungen in Slack", "Messages in Slack"),
    "messages_about": Both(
        "So liest man in Slack, was Sendepause schreibt. Nichts davon wird durch das Ansehen gesendet.",
        "This is how people read in Slack what Sendepause writes. Looking at it sends nothing.",
    ),
    "show": Both("Zeigen", "Show"),
    "show_now": Both("was jetzt gesagt würde", "what would be said now"),
    "show_all": Both("jede Lage, in jeder Form", "every situation, in every form"),
    "everybody": Both("alle", "everybody"),
    "stage": Both("Anlass", "Occasion"),
    "all_stages": Both("alle", "all"),
    "spoken": Both("Sprache der Mitteilungen", "Language of the messages"),
    "their_own": Both("wie vorgesehen", "as it would be"),
    "apply": Both("Anzeigen", "Show"),
    "due_now": Both(
        "Jetzt gehen hinaus: {now}. Es warten: {later}.", "Leaving now: {now}. Waiting: {later}."
    ),
    "situations": Both("{Eine Mitteilung|{n} Mitteilungen}.", "{One message|{n} messages}."),
    "nothing_said": Both("Zurzeit ist nichts zu sagen.", "At present there is nothing to say."),
    "next_run": Both("geht mit dem nächsten Lauf hinaus", "leaves with the next run"),
    "at_moment": Both("{moment} ({zone})", "{moment} ({zone})"),
    "waits": Both("Wartet: {why}", "Waits: {why}"),
    "in_thread": Both("im Thread", "in the thread"),
    "in_both": Both("im Thread und im Kanal", "in the thread and in the channel"),
    "in_channel": Both("im Kanal", "in the channel"),
    "changes_root": Both("ändert, was den Thread beginnt", "changes what begins the thread"),
    "hold_form": Both("Formular für einen Aufschub", "form for a hold"),
    "answered": Both("nach einer Antwort", "after an answer"),
    "picture": Both("Bild:", "Picture:"),
    # What needs a person, and how accounts and connections stand
    "needs": Both("Jetzt zu entscheiden", "Needs a person now"),
    "needs_none": Both("Zurzeit ist nichts zu entscheiden.", "At present nothing waits for a decision."),
    "needs_more": Both("{Eine weitere Sache|{n} weitere} im Plan", "{One more|{n} more} in the plan"),
    "hold_asked": Both("Aufschub beantragt", "hold requested"),
    "burn_down": Both("Laufende Kampagnen bis zum Stichtag", "Campaigns still running, towards the deadline"),
    "burn_down_alt": Both(
        "Heute {läuft noch eine Kampagne|laufen noch {n} Kampagnen}; ab {day} bleiben nach Plan {then}.",
        "Today {one campaign is|{n} campaigns are} still running; from {day} on, {then} by the plan.",
    ),
    "burn_down_pausing": Both("Pausen", "pausing"),
    "burn_down_date": Both("Stichtag", "deadline"),
    "promise": Both(
        "Ab {moment} pausiert Sendepause davon {n}.", "From {moment} on, Sendepause pauses {n} of them."
    ),
    "promise_now": Both(
        "Sendepause pausiert davon {n}, jede frühestens am Tag nach ihrer Ankündigung.",
        "Sendepause pauses {n} of them, each on the day after its notice at the earliest.",
    ),
    "promise_not": Both(
        "{Eine bleibt|{n} bleiben} in Betrieb, bis eine Person entscheidet.",
        "{One stays|{n} stay} running until a person decides.",
    ),
    "by_state": Both("Konten nach Stand", "Accounts by state"),
    "by_verdict": Both("Konten nach Befund", "Accounts by finding"),
    "by_kind": Both("Konten nach Art", "Accounts by kind"),
    "links": Both("Datenquellen, Kampagnensysteme, Slack", "Sources, campaign systems, Slack"),
    "link_ok": Both("erreichbar", "reachable"),
    "link_ill": Both("gestört", "out of order"),
    "untried": Both("noch nicht versucht", "not tried yet"),
    # Choosing among accounts
    "everything": Both("alle", "all"),
    "sort": Both("Reihenfolge", "Order"),
    "sort_urgency": Both("Dringendes zuerst", "most urgent first"),
    "sort_name": Both("Name", "name"),
    "sort_number": Both("Nummer", "number"),
    "sort_owner": Both("Zuständige", "owner"),
    "sort_verdict": Both("schwerster Befund zuerst", "gravest finding first"),
    "sort_data_until": Both("älteste Daten zuerst", "oldest data first"),
    "as_csv": Both("Als CSV sichern", "Save as CSV"),
    "as_jsonl": Both("Als JSON Lines sichern", "Save as JSON Lines"),
    "glance_waits": Both(
        "{Eine Sache wartet|{n} Sachen warten} auf die Entscheidung einer Person.",
        "{One thing waits|{n} things wait} for a person to decide.",
    ),
    "glance_open": Both("Zur Übersicht", "To the board"),
    "back": Both("Zurück", "Back"),
    "back_to": Both("Zurück zu: {page}", "Back to: {page}"),
    # One account
    "no_such_account": Both(
        "Unter dieser Nummer gibt es kein Konto. Die Konten stehen in accounts.yaml.",
        "There is no account with this number. accounts.yaml lists the accounts.",
    ),
    "not_found": Both("Nicht gefunden", "Not found"),
    "why_here": Both("Warum das Konto so dasteht", "Why the account stands where it does"),
    "confidence": Both(
        "Wahrscheinlichkeit, dass hier ein Programm sendet: {share} %.",
        "Probability that a program is sending: {share}%.",
    ),
    "rests_on": Both("Worauf der Befund beruht", "What the finding rests on"),
    "rests_on_none": Both("Auf keinen Daten.", "On no data."),
    "missing": Both("Was fehlt", "What is missing"),
    "missing_source": Both(
        "Keine Datenquelle ist angeschlossen; tragen Sie eine in `sources.yaml` ein.",
        "No source is connected; add one to `sources.yaml`.",
    ),
    "missing_data": Both("Noch keine Nachricht wurde gelesen.", "No message has been read yet."),
    "missing_fresh": Both(
        "Die Daten reichen nur bis {moment}; sichern Sie den Chat erneut.",
        "The data reach only to {moment}; export the chat again.",
    ),
    "pictures": Both("Was gemessen wurde", "What was measured"),
    "pictures_none": Both("In diesem Zeitraum gibt es keine Sendungen.", "Nothing was sent in this period."),
    "picture_sends": Both("Gesendet je Tag", "Sent each day"),
    "picture_hours": Both("Gesendet nach Uhrzeit", "Sent by hour of day"),
    "picture_reach_hour": Both(
        "Meiste Empfänger in einer Stunde, je Tag", "Most recipients in one hour, each day"
    ),
    "picture_burst": Both(
        "Meiste Sendungen in 15 Sekunden, je Tag", "Most sends within 15 seconds, each day"
    ),
    "picture_texts": Both("Empfänger je gleichem Inhalt", "Recipients of the same content"),
    "picture_gaps": Both("Pausen zwischen Sendungen, Sekunden", "Pauses between sends, seconds"),
    "picture_most": Both("Höchstens {most} ({where}).", "At most {most} ({where})."),
    "picture_rest": Both(
        "{Eine Stunde|{n} Stunden} des Tages ohne Sendung.", "{One hour|{n} hours} of the day without a send."
    ),
    "picture_fan_out": Both(
        "Der häufigste Inhalt ging an {most} Empfänger.", "The commonest content went to {most} recipients."
    ),
    "picture_gap_most": Both(
        "Am häufigsten: {where} Sekunden ({share} %).", "Most frequent: {where} seconds ({share}%)."
    ),
    "threshold": Both("Schwelle {limit}", "threshold {limit}"),
    "history": Both("Befunde bisher", "Findings so far"),
    "its_campaigns": Both("Kampagnen des Kontos", "Its campaigns"),
    "no_campaigns": Both(
        "Von diesem Konto sendet keine bekannte Kampagne.", "No known campaign sends from it."
    ),
    "its_alerts": Both("Mitteilungen über das Konto", "Alerts about it"),
    "as_read": Both("So gelesen am {moment}", "As read on {moment}"),
    "its_ledger": Both("Protokoll des Kontos", "Its ledger"),
    "report_of": Both("Nachweis zu diesem Konto", "Evidence report on this account"),
    "dry_run": Both("Probelauf: Was geschähe jetzt?", "Dry run: what would happen now?"),
    # The plan
    "plan_next": Both("Was der nächste Lauf tut", "What the next run does"),
    "plan_none": Both("Noch kein Lauf hat einen Plan gezeigt.", "No run has shown a plan yet."),
    "plan_at": Both("Was ein Lauf am {moment} täte", "What a run would do on {moment}"),
    "plan_of": Both("Probelauf: {name}, {moment}", "Dry run: {name}, {moment}"),
    "plan_at_means": Both(
        "Nur zum Ansehen: Es wird nichts pausiert, geschrieben oder gesendet.",
        "To look at only: nothing is paused, written or sent.",
    ),
    "what_if": Both("Was wäre am …", "What if it were …"),
    "acts_all": Both("alles, was zu tun ist", "all there is to do"),
    "act": Both("Vorgehen", "Act"),
    "differences": Both("Was sich geändert hat", "What has changed"),
    "differences_since": Both("gegenüber dem Plan von {moment}", "against the plan of {moment}"),
    "differences_none": Both("Nichts.", "Nothing."),
    "before": Both("Vorher", "Before"),
    "now": Both("Jetzt", "Now"),
    "approve_one": Both("Freigeben", "Approve"),
    "approve_all": Both("{Die Pause|Alle {n} Pausen} freigeben", "Approve {the pause|all {n} pauses}"),
    "ask_hold": Both("Aufschub beantragen", "Request a hold"),
    "hold_until": Both("Aufschub bis", "Hold until"),
    "hold_reason": Both("Grund (ohne Namen und Nummern von Kunden)", "Reason (no customer's name or number)"),
    "confirm_off": Both("Ich bestätige: abgeschaltet", "I confirm: switched off"),
    "halt_now": Both("Alles anhalten", "Stop all acting"),
    "halt_lift": Both("Halt aufheben", "Lift the halt"),
    "may_not_act": Both(
        "Sie sehen zu. Wer handeln will, braucht das Recht, den DAG sendepause_enforce zu ändern.",
        "You are looking on. To act, the right to change the DAG sendepause_enforce is needed.",
    ),
    "refused": Both("Das ging nicht", "That was refused"),
    "done_approved": Both(
        "Freigegeben. Der nächste Lauf handelt danach.", "Approved. The next run acts on it."
    ),
    "done_hold": Both(
        "Aufschub beantragt. In Kraft tritt er, sobald eine zweite Person ihn genehmigt.",
        "Hold requested. It comes into force once a second person grants it.",
    ),
    "done_confirmed": Both(
        "Bestätigt. Geglaubt wird es, sobald frische Daten Stille zeigen.",
        "Confirmed. It is believed once fresh data show silence.",
    ),
    "done_halt": Both("Der Halt ist gesetzt.", "The halt is on."),
    "done_halt_off": Both("Der Halt ist aufgehoben.", "The halt is lifted."),
    "done_retry": Both(
        "Vorgemerkt: Der nächste Lauf versucht es erneut.", "Noted: the next run tries again."
    ),
    # The ledger
    "all_kinds": Both("Vorgang", "What happened"),
    "since_day": Both("von", "from"),
    "until_day": Both("bis", "to"),
    "older": Both("Ältere Einträge", "Older entries"),
    "newest": Both("Neueste Einträge", "Newest entries"),
    "chain_whole": Both(
        "Die Kette wurde nachgerechnet und ist unversehrt.", "The chain was computed again and is whole."
    ),
    "chain_grown": Both(
        "Die Kette ist unversehrt: bis Eintrag {seq} nachgerechnet am {moment}, was danach kam, eben.",
        "The chain is whole: up to entry {seq} computed again on {moment}, what came after that just now.",
    ),
    "chain_again": Both("Ganz nachrechnen", "Compute it all again"),
    "chain_broken": Both(
        "Die Kette ist ab Eintrag {seq} beschädigt: {why}", "The chain is broken from entry {seq} on: {why}"
    ),
    # The report
    "report": Both("Nachweis", "Evidence report"),
    "report_all": Both("Nachweis über alle Konten", "Evidence report on all accounts"),
    "report_one": Both("Nachweis zum Konto {name}", "Evidence report on the account {name}"),
    "report_save": Both("Als Datei sichern", "Save as a file"),
    "report_about": Both(
        "Alle Angaben stammen aus dem Speicher von Sendepause. Empfänger und Texte liegen dort nur als"
        " verschlüsselte Prüfsummen vor.",
        "All of this comes from Sendepause's store, which holds recipients and texts as keyed hashes only.",
    ),
    "report_head": Both(
        "Kopf des Protokolls: Eintrag {seq}, SHA-256", "Head of the ledger: entry {seq}, SHA-256"
    ),
    "report_in_full": Both(
        "Ausführlich stehen hier {full} von {total} Konten, die dringlichsten zuerst. Die übrigen folgen in"
        " je einer Zeile; zu jedem Konto gibt es einen eigenen, vollständigen Nachweis.",
        "{full} of {total} accounts stand here in full, the most pressing first. The others follow in a line"
        " each; each account has a complete report of its own.",
    ),
    "report_others": Both("Übrige Konten", "Other accounts"),
    "report_newest": Both(
        "Gezeigt sind die {n} neuesten von {total}.", "Shown are the {n} newest of {total}."
    ),
    "report_whole_ledger": Both(
        "Das ganze Protokoll mit allen Prüfsummen gibt die Seite „Protokoll“ als JSON Lines heraus.",
        "The page “Ledger” gives the whole ledger with all hashes as JSON Lines.",
    ),
    "report_configuration": Both("Konfiguration (SHA-256)", "Configuration (SHA-256)"),
    "made_by": Both("erstellt von {who}", "made by {who}"),
    # Problems
    "undelivered": Both("Von Slack abgelehnte Mitteilungen", "Alerts that Slack refused"),
    "undelivered_mend": Both(
        "Beheben Sie, was Slack nennt; danach versucht es der nächste Lauf erneut.",
        "Mend what Slack says; then have it tried again with the next run.",
    ),
    "ill_mend": Both(
        "Jeder Lauf versucht es von selbst erneut. Was fehlt, sagt die Seite `Prüfung`.",
        "Every run tries again by itself. The page `Set-up check` says what is missing.",
    ),
    "broken_mend": Both(
        "Legen Sie eine heile Datei an ihre Stelle, oder lassen Sie sie erneut lesen.",
        "Put a sound file in its place, or have it read again.",
    ),
    "contradictions": Both(
        "Konten, deren Daten der angegebenen Art widersprechen", "Accounts whose data contradict their kind"
    ),
    "contradiction_mend": Both(
        "Angegeben ist: {kind}. Berichtigen Sie es in `accounts.yaml`, oder klären Sie, womit gesendet wird.",
        "Declared is: {kind}. Correct it in `accounts.yaml`, or find out what it is sent with.",
    ),
    "no_source_mend": Both(
        "Tragen Sie in `sources.yaml` eine Datenquelle ein.", "Add a source to `sources.yaml`."
    ),
    "try_again": Both("Erneut versuchen", "Try again"),
    "problems_none": Both("Nichts ist gestört.", "Nothing is out of order."),
    # The set-up check
    "check_well": Both("Alles in Ordnung.", "All is well."),
    "check_mend": Both(
        "{Eine Sache ist|{n} Sachen sind} zu beheben.", "{One thing is|{n} things are} to be mended."
    ),
    "mend": Both("Abhilfe", "Mend"),
    # In place of the page
    "not_ready": Both("Die Übersicht kann noch nichts zeigen", "The board has nothing to show yet"),
    "failed": Both("Die Übersicht ließ sich nicht aufbauen", "The board could not be built"),
    "failed_means": Both(
        "Das Pausieren hängt nicht von der Übersicht ab. Was geschah, steht im Log des API-Servers.",
        "Pausing does not depend on the board. What happened is in the API server's log.",
    ),
    "to_do": Both("Was zu tun ist: {mend}", "What to do: {mend}"),
}

_ENTRIES: dict[EntryKind, Both] = {
    EntryKind.ACT: Both("Pausieren", "acting"),
    EntryKind.HALT: Both("Halt", "halt"),
    EntryKind.APPROVE: Both("freigegeben", "approved"),
    EntryKind.HOLD_ASKED: Both("Aufschub beantragt", "hold requested"),
    EntryKind.HOLD_GRANTED: Both("Aufschub genehmigt", "hold granted"),
    EntryKind.HOLD_ENDED: Both("Aufschub beendet", "hold ended"),
    EntryKind.INTENT: Both("Pause beabsichtigt", "pause intended"),
    EntryKind.WITHDRAWN: Both("Pause zurückgestellt", "pause put off"),
    EntryKind.PAUSED: Both("pausiert und nachgelesen", "paused and verified"),
    EntryKind.NOT_PAUSED: Both("Pause nicht bestätigt", "pause not confirmed"),
    EntryKind.UNDONE: Both("wieder eingeschaltet", "switched on again"),
    EntryKind.DRAINED: Both("Restläufe nach der Pause", "runs after the pause"),
    EntryKind.RESUME_INTENT: Both("Fortsetzen beabsichtigt", "resume intended"),
    EntryKind.NOT_RESUMED: Both("Fortsetzen nicht bestätigt", "resume not confirmed"),
    EntryKind.RESUMED: Both("fortgesetzt", "resumed"),
    EntryKind.GUARD_STOPPED: Both("Freigabe nötig", "approval needed"),
    EntryKind.BREACH: Both("Verstoß", "breach"),
    EntryKind.SILENCE_CONFIRMED: Both("Stille bestätigt", "silence confirmed"),
    EntryKind.SENDING_SEEN: Both("Versand trotz Pause gemessen", "sending measured despite the pause"),
    EntryKind.CONFIRMED: Both("Abschaltung bestätigt", "switching off confirmed"),
    EntryKind.DRILL: Both("Übung", "drill"),
    EntryKind.ANNOUNCED: Both("Ankündigung gesendet", "notice sent"),
    EntryKind.ANSWERED: Both("Antwort in Slack", "answer in Slack"),
    EntryKind.CONFIGURATION: Both("Konfiguration in Kraft getreten", "configuration came into force"),
    EntryKind.RETRY: Both("erneut versucht", "tried again"),
}

_PASSAGES: dict[Passage, Both] = {
    Passage.APPROVED: Both("von einer Person freigegeben", "approved by a person"),
    Passage.ANNOUNCED: Both("angekündigt", "announced"),
    Passage.KNOWN: Both("bekannt", "known"),
    Passage.FEW: Both("neu, eine von wenigen", "new, one of few"),
    Passage.DEFAULTED: Both(
        "niemand hat geantwortet, die Voreinstellung gilt", "nobody answered, the default applies"
    ),
    Passage.WAITS_MANY: Both("steht aus, zu viele neue auf einmal", "waits, too many new ones at once"),
    Passage.WAITS_KIND: Both("steht aus, Kontoart fraglich oder geändert", "waits, kind in doubt or changed"),
    Passage.WAITS_INFERRED: Both("steht aus, Konto nur erschlossen", "waits, account only inferred"),
    Passage.WAITS_RESUME: Both(
        "steht aus, eingeschaltet wird nur auf Freigabe", "waits, nothing is switched on unapproved"
    ),
}


def text(key: str, language: Language, **values: object) -> str:
    """The board's own text; KeyError for an unknown key or a missing value.

    ``{one|many}`` chooses by ``n``, ``{name}`` is the value of that name. Values are put in as they are:
    the page escapes the whole.
    """
    written = _FORMS.sub(lambda forms: forms[1 if values["n"] == 1 else 2], _TEXTS[key].in_(language))
    return _NAMES.sub(lambda name: str(values[name[1]]), written)


def ago(past: timedelta, language: Language) -> str:
    """How long ago something was: "vor 2 Tagen", "2 days ago"."""
    length = words.duration(past.total_seconds() / 3600, language)
    return text("ago", language, duration=length.replace("Tage", "Tagen"))  # "vor" takes the dative


def label(member: StrEnum, language: Language) -> str:
    """The short word for a ledger entry's kind or a guard's passage; KeyError for any other set."""
    table: dict[EntryKind, Both] | dict[Passage, Both]
    table = _ENTRIES if isinstance(member, EntryKind) else _PASSAGES
    return table[member].in_(language)  # type: ignore[index]
