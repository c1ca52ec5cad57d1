"""What is said at each stage, in German, with the formal address."""

from sendepause.alerts.phrases import Frame, Phrases
from sendepause.model import Stage

FRAME = Frame(
    continued_title="Fortsetzung von heute: {}",
    reminder_title="Erinnerung: {}",
    last_title="Letzte Erinnerung: {}",
    pause_title="Letzte Erinnerung: {} {wird eine Kampagne|werden {n} Kampagnen} pausiert",
    unanswered_title="Ohne Antwort: {}",
    continued="Das ist seit der Mitteilung von heute hinzugekommen.",
    reminder="Das hat Sendepause schon mitgeteilt; es gilt weiterhin.",
    last="Das ist die letzte Erinnerung.",
    before_pause="Das ist die letzte Erinnerung vor der Pause.",
    unanswered="Noch keine Antwort von: {}.",
    unanswered_by="Die Zuständigen haben noch nicht geantwortet.",
    today="heute",
    tomorrow="morgen",
    date="Stichtag",
    date_past="Regel",
    no_date="Was das heißt",
    asked="Zu tun",
    then="Wie es weitergeht",
    for_backup="Sie lesen das als Vertretung: Fragen Sie bei den Zuständigen nach, oder kümmern Sie sich"
    " selbst darum.",
    for_operators="Erreichen Sie die Zuständigen auf einem anderen Weg, und klären Sie, wer sich darum"
    " kümmert. Ist jemand anderes zuständig, tragen Sie das in `owners.yaml` ein. Die Bitte an sie"
    " lautete: „{}“",
    or_wait="{Sie können auch die Pause abwarten|Wo eine Pause genannt ist, können Sie sie auch abwarten};"
    " gelöscht wird dabei nichts.",
    hold="Brauchen Sie mehr Zeit, bitten Sie das Betriebsteam um einen Aufschub; auch er endet vor dem"
    " Stichtag.",
    press_done="• Erledigt: „Wir haben umgestellt“. Sendepause prüft das an den Daten nach.",
    press_stopped="• Programm abgeschaltet oder Konto umgezogen: „Wir haben umgestellt“. Sendepause prüft das"
    " an den Daten nach.",
    press_moved="• {Konto|Ein Konto} umgezogen: „Wir haben umgestellt“. Sendepause prüft das an den Daten"
    " nach.",
    press_hold="• Mehr Zeit nötig: „Aufschub beantragen“. Auch ein Aufschub endet vor dem Stichtag.",
    press_read="• Sonst: „Gelesen“. Dann weiß Sendepause, dass die Mitteilung angekommen ist.",
    no_answer="Antwortet niemand, fragt Sendepause bei Ihrer Vertretung oder beim Betriebsteam nach.",
    link="In Airflow entscheiden",
    part="Teil {} von {}",
    part_head="{}: Fortsetzung der Liste. Worum es geht, steht in Teil 1.",
    as_of="Stand: {}",
    rule="Regel: „{}“",
    about="Sendepause ist ein Programm Ihres Unternehmens; Fragen beantwortet das Betriebsteam",
    in_zone="nach der Uhr von {}",
    campaign="Kampagne: {}",
    in_system="im Kampagnensystem {}",
    system="Kampagnensystem: {}",
    owner="Zuständig: {}",
    reasons="Grund: {}",
    finding="Befund: {}",
    no_data="Daten: {}",
    changed="Zuletzt geändert: {}",
    changed_by="von {}",
    hold_until="Aufschub: bis {}",
    asked_by="Beantragt von: {}",
    pause_from="Pause: ab {}, falls die Kampagne dann noch läuft",
    pause_latest="Pause: spätestens ab {}, falls die Kampagne dann noch läuft",
    pause_again="Nächste Pause: {}, falls die Kampagne dann noch läuft",
    pause_now="Nächste Pause: beim nächsten Lauf, in höchstens 10 Minuten",
    no_pause="Pause: Sendepause pausiert bei dieser Kontoart nicht; bitte beenden Sie die Kampagne selbst",
    pauses="Ausstehende Pausen: {}",
    messages="Mitteilungen, die nicht ankamen: {}",
    detail="Angabe: {}",
    error="Meldung des Systems: {}",
    key="Kennung: {}",
    checklist="Bitte in der App: Unternehmenstools → Begrüßungsnachricht aus, Abwesenheitsnachricht aus;"
    " geplante Broadcasts absagen, Broadcast-Listen nicht mehr benutzen; Einstellungen → Verknüpfte Geräte →"
    " jedes Gerät abmelden, vor dem kein Mensch sitzt. Danach bestätigen Sie es bitte dem Betriebsteam",
    under_way="Noch im Gang: {} begonnene Läufe, die weiter senden können",
    senders="Sendet über: {}",
    also="Auch genannt: {}",
    destination="Umzug: {}",
)

_BAN = "sonst kann WhatsApp die Nummer sperren"
_DONE = "<|Sagen Sie danach dem Betriebsteam Bescheid.>"
_WRONG = "Trifft der Befund nicht zu, sagen Sie dem Betriebsteam bitte auch das."

PHRASES: dict[Stage, Phrases] = {
    Stage.FOUND: Phrases(
        "Auffälliger Versand: {ein Konto|{n} Konten}",
        "Bei {einem Konto|{n} Konten} fällt der Versand auf",
        "Beim Versand {dieses Kontos|dieser Konten} ist etwas aufgefallen. Was gemessen wurde, steht beim"
        " Konto.",
        "[Vom Stichtag an|Seitdem] geht WhatsApp gegen automatischen Versand und Massenversand vor, bis zur"
        " Sperrung der Nummer.",
        "Prüfen Sie, ob über {das Konto|diese Konten} ein Programm sendet, und nennen Sie es dem"
        f" Betriebsteam. {_WRONG}",
        "Klären Sie mit den Zuständigen, ob ein Programm sendet. Wenn ja, tragen Sie es in"
        " `campaign_systems.yaml` ein.",
        "Sendepause misst jeden Tag neu[ und meldet sich vor dem Stichtag noch einmal, wenn die Messwerte"
        " für automatischen Versand oder Massenversand sprechen|]. Pausieren kann es nur Kampagnen, die es"
        " kennt.",
    ),
    Stage.WARNED: Phrases(
        "Ankündigung: {Eine Kampagne darf|{n} Kampagnen dürfen} bald nicht mehr senden",
        "{Eine Kampagne darf|{n} Kampagnen dürfen} bald nicht mehr senden",
        "{Diese Kampagne sendet|Diese Kampagnen senden} automatisch über {ein Konto|Konten}, auf"
        " {dem|denen} das nicht erlaubt ist.",
        f"Vom Stichtag an {{darf die Kampagne|dürfen die Kampagnen}} nicht mehr laufen; {_BAN}.",
        f"Beenden Sie {{die Kampagne|die Kampagnen}} selbst, spätestens bis zum Stichtag. {_DONE}",
        "Halten Sie sich für Fragen der Zuständigen bereit, und entscheiden Sie über Anträge auf Aufschub.",
        "Sendepause erinnert daran, solange {die Kampagne|eine der Kampagnen} läuft, und teilt jede Pause"
        " mit.",
    ),
    Stage.LAST_CALL: Phrases(
        "Letzter Hinweis: Versand selbst beenden ({ein Fall|{n} Fälle})",
        "In {einem Fall|{n} Fällen} ist der Versand noch zu beenden",
        "{Hier|In diesen Fällen} wird, soweit bekannt, noch automatisch oder in Massen gesendet. Sendepause"
        " pausiert das nicht selbst; warum, steht beim Konto.",
        f"[Vom Stichtag an|Seitdem] darf hier nichts mehr automatisch oder in Massen gesendet werden;"
        f" {_BAN}.",
        f"Schalten Sie das Programm oder die Kampagne [bis zum Stichtag|sofort] selbst ab. {_DONE} {_WRONG}",
        "Fragen Sie bei den Zuständigen nach, bis der Versand beendet ist. Nennen sie ein Programm, tragen"
        " Sie es in `campaign_systems.yaml` ein.",
        "[Wird danach noch gesendet, meldet Sendepause einen Verstoß.|Sendepause führt den Fall als"
        " möglichen Verstoß, bis nichts mehr gesendet wird.]",
    ),
    Stage.PAUSED: Phrases(
        "Pausiert: {eine Kampagne|{n} Kampagnen}",
        "{Eine Kampagne ist|{n} Kampagnen sind} pausiert",
        "Sendepause hat {diese Kampagne|diese Kampagnen} pausiert und im Kampagnensystem nachgelesen, dass"
        " die Pause gilt. Gelöscht wurde nichts; bereits übergebene Nachrichten können noch hinausgehen.",
        "[Bleibt die Pause bestehen, ist der Stichtag für {diese Kampagne|diese Kampagnen}"
        " eingehalten.|{Die Kampagne darf|Die Kampagnen dürfen} seitdem nicht mehr über"
        " {dieses Konto|diese Konten} senden.]",
        "Lassen Sie {die Kampagne|die Kampagnen} pausiert. Halten Sie die Pause für einen Irrtum, wenden"
        " Sie sich an das Betriebsteam.",
        "Zurzeit ist nichts zu tun.",
        "Sendepause sieht alle 10 Minuten nach, ob die Pause noch gilt, und meldet sich, falls {die"
        " Kampagne|eine Kampagne} wieder läuft. Es schaltet nichts von selbst wieder ein.",
    ),
    Stage.NOT_PAUSED: Phrases(
        "Pause nicht bestätigt: {eine Kampagne|{n} Kampagnen}",
        "{Eine Pause ist|{n} Pausen sind} nicht bestätigt",
        "{Diese Kampagne muss|Diese Kampagnen müssen} pausiert sein. Dass die Pause hält, ist nicht"
        " bestätigt; warum, steht beim Konto.",
        "[Der Stichtag ist in Gefahr: Ohne Bestätigung gilt {die Kampagne|jede der Kampagnen} als"
        " laufend.|Ohne Bestätigung gilt {die Kampagne|jede der Kampagnen} als laufend, und das wäre ein"
        " Verstoß.]",
        "Pausieren Sie {die Kampagne|die Kampagnen} bitte selbst im Kampagnensystem. Können Sie das nicht,"
        " sagen Sie dem Betriebsteam sofort Bescheid.",
        "Stellen Sie die Verbindung zum Kampagnensystem wieder her, oder pausieren Sie dort von Hand."
        " `sendepause check` nennt, was fehlt.",
        "Sendepause versucht es alle 10 Minuten wieder und teilt mit, sobald die Pause gilt.",
    ),
    Stage.UNDONE: Phrases(
        "Wieder eingeschaltet: {eine Kampagne|{n} Kampagnen}",
        "{Eine pausierte Kampagne läuft|{n} pausierte Kampagnen laufen} wieder",
        "Sendepause hatte {diese Kampagne|diese Kampagnen} pausiert. Jetzt {läuft sie|laufen sie} wieder.",
        "[{Läuft sie|Laufen sie} am Stichtag noch, ist das|Das ist] ein Verstoß gegen die Regel, und"
        " WhatsApp kann die Nummer sperren.",
        f"Pausieren Sie {{die Kampagne|die Kampagnen}} wieder, oder sagen Sie dem Betriebsteam, warum"
        f" {{sie laufen muss|sie laufen müssen}}. {_DONE}",
        "Fragen Sie nach dem Grund. Bis zum Stichtag lässt sich ein Aufschub beantragen: `sendepause hold"
        " KAMPAGNE --until ZEIT --reason GRUND`.",
        "Sendepause pausiert sie [nicht sofort wieder, sondern erst, wenn bis zum Stichtag nur noch 24"
        " Stunden bleiben|beim nächsten Lauf wieder, in höchstens 10 Minuten].",
    ),
    Stage.SILENCE_CONFIRMED: Phrases(
        "Stille bestätigt: {ein Konto|{n} Konten}",
        "Bei {einem Konto|{n} Konten} ist die Stille bestätigt",
        "Seit der Pause hat {dieses Konto nichts|keines dieser Konten etwas} automatisch gesendet.",
        "Die Pause ist damit doppelt belegt: durch das Kampagnensystem und durch die Messung.",
        "Es ist nichts zu tun.",
        "Es ist nichts zu tun.",
        "Sendepause misst weiter und meldet sich, falls wieder gesendet wird.",
    ),
    Stage.UNKNOWN_AUTOMATION: Phrases(
        "Konto unbekannt: {eine Kampagne|{n} Kampagnen}",
        "Von {einer Kampagne|{n} Kampagnen} ist das Konto unbekannt",
        "{Diese Kampagne läuft|Diese Kampagnen laufen}, und es ist nicht bekannt, über welches Konto: Die"
        " Nummer steht nicht im Kontenverzeichnis.",
        "Sendepause pausiert nur Kampagnen, deren Konto es sicher kennt. Sendet {diese|eine davon} am"
        " Stichtag über ein persönliches Konto, ist das ein Verstoß.",
        "Nennen Sie dem Betriebsteam das Konto, über das {die Kampagne sendet|die Kampagnen senden}.",
        "Ordnen Sie {die Kampagne|die Kampagnen} zu: mit der Marke `account:+49…` im Kampagnensystem oder"
        " unter `accounts` in `campaign_systems.yaml`, und tragen Sie das Konto in `accounts.yaml` ein. Was"
        " nichts über WhatsApp sendet, erhält dort `null`.",
        "Ist das Konto bekannt, entscheidet Sendepause beim nächsten Lauf wie bei jeder anderen Kampagne.",
    ),
    Stage.NO_DATA: Phrases(
        "Keine aktuellen Daten: {ein Konto|{n} Konten}",
        "Von {einem Konto|{n} Konten} fehlen aktuelle Daten",
        "Für {dieses Konto|diese Konten} fehlen aktuelle oder eindeutige Daten. Wie gesendet wird, lässt sich"
        " nicht sicher messen.",
        "Ohne Daten gilt ein Konto nicht als unauffällig; ein Verstoß [am Stichtag ließe|lässt] sich nicht"
        " ausschließen.",
        "Geben Sie dem Betriebsteam einen aktuellen Chat-Export {des Kontos|jedes Kontos}, oder sagen Sie"
        " ihm, wie {das Konto|jedes Konto} genutzt wird.",
        "Schließen Sie eine Datenquelle an, oder bringen Sie die vorhandene wieder in Gang. `sendepause"
        " check` nennt die Lücken.",
        "Sobald Daten da sind, misst Sendepause neu und meldet sich, falls etwas auffällt. Bekannte"
        " Kampagnen pausiert es auch ohne Daten.",
    ),
    Stage.CONTRADICTION: Phrases(
        "Konto fraglich: {ein Konto|{n} Konten}",
        "{Ein Konto ist|{n} Konten sind} fraglich",
        "Was zu {diesem Konto|diesen Konten} eingetragen ist, passt nicht zu dem, was Daten und"
        " Kampagnensysteme zeigen.",
        "Bis das geklärt ist, zählt die strengere Kontoart: Danach richtet sich, was angekündigt und"
        " pausiert wird.",
        "Prüfen Sie, mit welcher App oder Plattform {die Nummer|jede der Nummern} wirklich betrieben wird und"
        " welche Kampagnen darüber senden, und sagen Sie es dem Betriebsteam.",
        "Klären Sie es mit den Zuständigen, und berichtigen Sie die Kontoart in `accounts.yaml` oder die"
        " Zuordnung der Kampagne.",
        "Nach der Berichtigung entscheidet Sendepause beim nächsten Lauf neu.",
    ),
    Stage.HOLD_ASKED: Phrases(
        "Aufschub beantragt: {eine Kampagne|{n} Kampagnen}",
        "{Ein Aufschub ist|{n} Aufschübe sind} beantragt",
        "Für {diese Kampagne|diese Kampagnen} ist ein Aufschub beantragt.",
        "Solange er nicht genehmigt ist, gilt er nicht: Angekündigte Pausen bleiben fällig.",
        "Es ist nichts zu tun; das Betriebsteam entscheidet.",
        "Genehmigen Sie den Antrag in Airflow unter `sendepause_approve` oder mit `sendepause approve"
        " KENNUNG`, oder lassen Sie ihn verfallen. Wer ihn gestellt hat, kann ihn nicht selbst genehmigen.",
        "Wird er genehmigt, erfahren es die Zuständigen. Sonst bleibt alles, wie es ist.",
    ),
    Stage.HOLD_GRANTED: Phrases(
        "Aufschub genehmigt: {eine Kampagne|{n} Kampagnen}",
        "{Ein Aufschub ist|{n} Aufschübe sind} genehmigt",
        "{Diese Kampagne darf|Diese Kampagnen dürfen} vorerst weiterlaufen.",
        "Der Aufschub endet von selbst, bevor die Regel in Kraft tritt.",
        "Nutzen Sie die Zeit für den Umzug, oder beenden Sie {die Kampagne|die Kampagnen} vor dem Ende des"
        " Aufschubs.",
        "Es ist nichts zu tun.",
        "Sendepause erinnert Sie, bevor der Aufschub endet. Danach gilt wieder: erst Ankündigung, dann"
        " Pause.",
    ),
    Stage.HOLD_ENDS: Phrases(
        "Aufschub endet bald: {eine Kampagne|{n} Kampagnen}",
        "{Ein Aufschub endet|{n} Aufschübe enden} bald",
        "Der Aufschub für {diese Kampagne|diese Kampagnen} läuft bald ab.",
        f"Vom Stichtag an {{darf die Kampagne|dürfen die Kampagnen}} nicht mehr laufen; {_BAN}.",
        f"Schließen Sie den Umzug ab, oder beenden Sie {{die Kampagne|die Kampagnen}} selbst. {_DONE}",
        "Fragen Sie nach, ob der Umzug rechtzeitig fertig wird. Einen neuen Aufschub beantragen Sie in"
        " Airflow unter `sendepause_hold` oder mit `sendepause hold`.",
        "Läuft dann noch etwas, kündigt Sendepause die Pause noch einmal an. Pausiert wird frühestens am Tag"
        " danach, spätestens 24 Stunden vor dem Stichtag.",
    ),
    Stage.MOVED: Phrases(
        "Umgezogen: {Eine Kampagne kann|{n} Kampagnen können} wieder laufen",
        "{Eine umgezogene Kampagne kann|{n} umgezogene Kampagnen können} wieder laufen",
        "{Das Konto dieser Kampagne liegt|Die Konten dieser Kampagnen liegen} jetzt auf der"
        " WhatsApp-Business-Plattform.",
        "Dort ist automatischer Versand nach den Regeln der Plattform erlaubt; der Stichtag betrifft"
        " {das Konto|diese Konten} nicht mehr.",
        "Beachten Sie die Regeln der Plattform, vor allem zu Vorlagen und Einwilligungen. Ob"
        " {die Kampagne|die Kampagnen} wieder {laufen soll|laufen sollen}, entscheidet das Betriebsteam.",
        "Geben Sie das Fortsetzen in Airflow unter `sendepause_approve` oder mit `sendepause approve KENNUNG`"
        " frei. Die Frage nennt die Fassung und was sich angestaut hat.",
        "Ohne Freigabe bleibt die Pause bestehen. Sendepause schaltet nur ein, was es selbst pausiert hat.",
    ),
    Stage.RESUMED: Phrases(
        "Wieder freigegeben: {eine Kampagne|{n} Kampagnen}",
        "{Eine Kampagne ist|{n} Kampagnen sind} wieder freigegeben",
        "Sendepause hat seine eigene Pause {dieser Kampagne|dieser Kampagnen} aufgehoben.",
        "Die Regel verlangt diese Pause nicht mehr.",
        "Sehen Sie nach, ob {die Kampagne|jede Kampagne} wie gewünscht läuft.",
        "Es ist nichts zu tun.",
        "Wird wieder eine Pause nötig, kündigt Sendepause sie an.",
    ),
    Stage.SOURCE_ILL: Phrases(
        "Gestört: {eine Verbindung oder Datei|{n} Verbindungen oder Dateien}",
        "{Eine Verbindung oder Datei ist|{n} Verbindungen oder Dateien sind} gestört",
        "{Hier|An diesen Stellen} erhält Sendepause zurzeit keine brauchbaren Angaben.",
        "In einem Kampagnensystem, das nicht erreichbar ist, lässt sich nichts pausieren. Konten ohne"
        " aktuelle Daten haben keinen Befund und gelten nicht als unauffällig.",
        "Geben Sie dem Betriebsteam einen aktuellen Chat-Export, falls die Daten von Ihnen kommen.",
        "Beheben Sie die Störung. `sendepause check` nennt, was fehlt.",
        "Sendepause versucht es bei jedem Lauf wieder; alles andere geht weiter.",
    ),
    Stage.UNDELIVERABLE: Phrases(
        "Nicht zustellbar: {ein Slack-Kanal|{n} Slack-Kanäle}",
        "{Ein Slack-Kanal ist|{n} Slack-Kanäle sind} nicht erreichbar",
        "{In diesen Slack-Kanal|In diese Slack-Kanäle} kann Sendepause nicht schreiben.",
        "Wen keine Ankündigung erreicht, der erfährt von einer Pause erst hinterher.",
        "Laden Sie Sendepause in den Kanal ein, oder nennen Sie dem Betriebsteam einen anderen.",
        "Laden Sie Sendepause mit `/invite` in den Kanal ein, oder tragen Sie in `owners.yaml` einen"
        " anderen ein. Geben Sie Wichtiges bis dahin selbst weiter.",
        "Sendepause versucht es alle 6 Stunden von selbst wieder.",
    ),
    Stage.GUARD_STOPPED: Phrases(
        "Freigabe nötig: {Eine Pause wartet|{n} Pausen warten}",
        "{Eine Pause wartet|{n} Pausen warten} auf Freigabe",
        "{Diese Pause|Diese Pausen} hat niemand angekündigt, oder Konto oder Kontoart sind nicht sicher."
        " Deshalb {wartet sie|warten sie} auf Ihre Freigabe.",
        "Was angekündigt oder freigegeben ist, wird pausiert. [Was wartet, läuft weiter und gefährdet den"
        " Stichtag.|Was wartet, läuft weiter, obwohl die Regel in Kraft ist.]",
        "Es ist nichts zu tun; das Betriebsteam entscheidet.",
        "Sehen Sie den Plan mit `sendepause plan` an. Geben Sie frei mit `sendepause approve KENNUNG` oder"
        " in Airflow unter `sendepause_approve`, oder berichtigen Sie die Konfiguration.",
        "Antwortet niemand, gilt [kurz vor dem Stichtag|nach einer Frist] die Voreinstellung unter `guard`"
        " in `policy.yaml`.",
    ),
    Stage.HALT_STILL_ON: Phrases(
        "Alarm: Pausieren ist ausgeschaltet",
        "Pausieren ist noch ausgeschaltet",
        "Sendepause pausiert zurzeit nichts: Der Halt ist gesetzt, oder es läuft noch die Probe.",
        "[Bleibt es dabei, senden Kampagnen am Stichtag weiter|Kampagnen senden weiter], obwohl die Regel"
        " es verbietet.",
        "Wenden Sie sich an das Betriebsteam.",
        "Beenden Sie die Probe mit `sendepause act on` oder den Halt mit `sendepause halt off`, oder"
        " pausieren Sie von Hand.",
        "Danach pausiert Sendepause beim nächsten Lauf, was fällig ist.",
    ),
    Stage.BREACH: Phrases(
        "Möglicher Verstoß: {ein Fall|{n} Fälle}",
        "{Ein Verstoß ist|{n} Verstöße sind} möglich",
        "{Hier|In diesen Fällen} lief eine Kampagne noch, als die Regel schon in Kraft war, oder die"
        " Messwerte der letzten Wochen sprechen für automatischen Versand oder Massenversand.",
        "WhatsApp kann die Nummer sperren und rechtlich vorgehen.",
        f"Schalten Sie das Programm oder die Kampagne sofort ab. {_DONE} {_WRONG}",
        "Sorgen Sie dafür, dass nichts mehr sendet, notfalls von Hand im Kampagnensystem, und halten Sie"
        " die Ursache fest.",
        "Sendepause pausiert jede Kampagne, die es kennt und erreicht, und misst weiter.",
    ),
}

UNPROVEN = Phrases(
    "Pause noch nicht belegt: {eine Kampagne|{n} Kampagnen}",
    "{Eine Pause ist|{n} Pausen sind} noch nicht belegt",
    "{Diese Kampagne ist|Diese Kampagnen sind} pausiert. Ob seither wirklich nichts Automatisches mehr"
    " hinausgeht, zeigen die vorhandenen Daten noch nicht.",
    "Das Kampagnensystem bestätigt {die Pause|die Pausen}. Der zweite Beleg fehlt: dass {das Konto|jedes"
    " Konto} seither still ist. Ohne ihn [ließe sich ein Verstoß am Stichtag|lässt sich ein Verstoß] nicht"
    " ausschließen.",
    "Geben Sie dem Betriebsteam einen Chat-Export aus der Zeit nach der Pause. Was genau hilft, steht bei"
    " {der Kampagne|jeder Kampagne}.",
    "Schließen Sie eine Datenquelle an, die über die Pause hinausreicht, oder bringen Sie die vorhandene"
    " wieder in Gang. `sendepause check` nennt die Lücken.",
    "Sobald Daten da sind, prüft Sendepause, ob {das Konto|jedes Konto} seit der Pause still ist, und teilt"
    " mit, was sich zeigt.",
)
"""Instead of what is said of missing data, where they are missed as the proof of pauses alone."""
