"""What is said at each stage, in German, with the formal address."""

from sendepause.alerts.phrases import Frame, Phrases
from sendepause.model import Stage

FRAME = Frame(
    date="Zum Stichtag",
    asked="Zu tun",
    then="Wie es weitergeht",
    part="Teil {} von {}",
    as_of="Stand: {}",
    in_zone="nach der Uhr von {}",
    campaign="Kampagne: {}",
    in_system="in {}",
    system="Kampagnensystem: {}",
    kind="Kontoart: {}",
    reasons="Gründe: {}",
    verdict="Befund: {}",
    no_data="Daten: {}",
    changed="Zuletzt geändert {}",
    changed_by="von {}",
    changed_at="am {}",
    hold_until="Ausnahme bis {}",
    items="Betroffen: {}",
    detail="Näheres: {}",
    error="Meldung des Systems: {}",
)

_MOVE = (
    "Soll der Versand danach weiterlaufen, ziehen Sie ihn auf die WhatsApp-Business-Plattform um; nur dort"
    " ist"
    " automatischer Versand erlaubt."
)
_HOLD = (
    "Brauchen Sie mehr Zeit, bitten Sie das Betriebsteam um eine befristete Ausnahme; auch sie endet vor dem"
    " Stichtag."
)

PHRASES: dict[Stage, Phrases] = {
    Stage.FOUND: Phrases(
        "Auffälliger Versand: {ein Konto|{n} Fundstellen}",
        "Bei {diesem Konto|diesen Konten} haben wir automatischen oder massenhaften Versand gefunden.",
        "Vom Stichtag an wird gegen solchen Versand über WhatsApp und die WhatsApp-Business-App"
        " vorgegangen, bis"
        " zur Sperrung der Nummer.",
        f"Prüfen Sie, ob der Befund stimmt und welches Werkzeug sendet. {_MOVE}",
        "Klären Sie mit den Verantwortlichen, welches Werkzeug sendet, und binden Sie es als"
        " Kampagnensystem an.",
        "Vor dem Stichtag erinnern wir wieder. Eine bekannte Kampagne auf einem persönlichen Konto wird"
        " rechtzeitig"
        " angekündigt und dann pausiert.",
    ),
    Stage.WARNED: Phrases(
        "Ankündigung: {Eine Kampagne wird|{n} Kampagnen werden} pausiert",
        "{Diese Kampagne sendet|Diese Kampagnen senden} selbsttätig über ein Konto, auf dem das nicht"
        " erlaubt ist.",
        "Am Stichtag darf {sie nicht|keine davon} mehr laufen.",
        f"Beenden Sie {{die Kampagne|die Kampagnen}} selbst, oder stellen Sie rechtzeitig um. {_MOVE}"
        f" {_HOLD}",
        "Halten Sie sich für Fragen der Verantwortlichen bereit, und entscheiden Sie über beantragte"
        " Ausnahmen.",
        "Läuft {die Kampagne|eine der Kampagnen} in der Pausenzeit noch, pausieren wir sie und sagen Ihnen"
        " Bescheid.",
    ),
    Stage.LAST_CALL: Phrases(
        "Letzte Warnung: {Eine Kampagne wird|{n} Kampagnen werden} in Kürze pausiert",
        "{Diese Kampagne läuft|Diese Kampagnen laufen} noch, und die Pause steht unmittelbar bevor.",
        "Die Zeit bis zum Stichtag reicht für keinen weiteren Aufschub.",
        f"Beenden Sie {{die Kampagne|die Kampagnen}} jetzt selbst, wenn Sie den Zeitpunkt bestimmen"
        f" möchten. {_MOVE}",
        "Stellen Sie sicher, dass die Kampagnensysteme erreichbar sind und dass das Handeln eingeschaltet"
        " ist.",
        "Beim nächsten fälligen Lauf pausieren wir und prüfen nach, ob wirklich nichts mehr gesendet wird.",
    ),
    Stage.PAUSED: Phrases(
        "Pausiert: {eine Kampagne|{n} Kampagnen}",
        "Wir haben {diese Kampagne|diese Kampagnen} pausiert und den Zustand im Kampagnensystem nachgelesen.",
        "{Diese Kampagne verstößt|Diese Kampagnen verstoßen} damit nicht mehr gegen die Regel, solange die"
        " Pause hält.",
        f"Schalten Sie {{die Kampagne|die Kampagnen}} nicht wieder ein. {_MOVE}",
        "Zurzeit ist nichts zu tun.",
        "Wir prüfen die Pause bis zum Stichtag und danach weiter und melden, sobald auch das Konto still ist."
        " Fortgesetzt wird nur, was wir selbst pausiert haben.",
    ),
    Stage.NOT_PAUSED: Phrases(
        "Pause nicht gelungen: {eine Kampagne|{n} Kampagnen}",
        "{Diese Kampagne sollte|Diese Kampagnen sollten} pausiert werden; bestätigt ist die Pause nicht.",
        "Der Stichtag ist in Gefahr: {Die Kampagne gilt|Die Kampagnen gelten} weiter als laufend, bis das"
        " System die"
        " Pause bestätigt.",
        "Pausieren Sie {die Kampagne|die Kampagnen} selbst im Kampagnensystem.",
        "Stellen Sie die Verbindung zum Kampagnensystem her, oder pausieren Sie dort von Hand."
        " `sendepause check` nennt, was fehlt.",
        "Wir versuchen es bei jedem Lauf wieder und melden uns dringlicher, je näher der Stichtag rückt.",
    ),
    Stage.UNDONE: Phrases(
        "Wieder eingeschaltet: {eine Kampagne|{n} Kampagnen}",
        "{Diese Kampagne war|Diese Kampagnen waren} von uns pausiert und {läuft|laufen} wieder.",
        "{Läuft sie|Laufen sie} am Stichtag noch, ist das ein Verstoß gegen die Regel.",
        f"Schalten Sie sie wieder aus, oder sagen Sie dem Betriebsteam, warum sie {{laufen muss|laufen"
        f" müssen}}. {_HOLD}",
        "Fragen Sie nach dem Grund. Eine Ausnahme halten Sie mit `sendepause hold KAMPAGNE --until ZEIT"
        " --reason TEXT`"
        " fest.",
        "Wir pausieren nur dann erneut, wenn die Regel es verlangt, spätestens 24 Stunden vor dem Stichtag.",
    ),
    Stage.SILENCE_CONFIRMED: Phrases(
        "Sendepause bestätigt: {ein Konto|{n} Konten}",
        "Seit der Pause hat {dieses Konto nichts|keines dieser Konten} mehr automatisch gesendet.",
        "Die Pause ist damit zweifach belegt: durch den Zustand im Kampagnensystem und durch die eigenen"
        " Daten.",
        "Es ist nichts zu tun.",
        "Es ist nichts zu tun.",
        "Wir beobachten weiter und melden uns, falls wieder gesendet wird.",
    ),
    Stage.UNKNOWN_AUTOMATION: Phrases(
        "Welches Werkzeug sendet? {Ein Konto|{n} Konten}",
        "{Dieses Konto sendet|Diese Konten senden} automatisch oder in Massen, und wir kennen keine"
        " Kampagne dazu.",
        "Was wir nicht kennen, können wir nicht pausieren. Am Stichtag wäre dieser Versand ein Verstoß.",
        f"Nennen Sie dem Betriebsteam das Werkzeug, oder schalten Sie es selbst ab. {_MOVE}",
        "Ermitteln Sie das Werkzeug zusammen mit den Verantwortlichen, und binden Sie es als"
        " Kampagnensystem an.",
        "Wir fragen wieder, je näher der Stichtag rückt; zuletzt steht auf der Übersicht, wer sich darum"
        " kümmert.",
    ),
    Stage.NO_DATA: Phrases(
        "Keine frischen Daten: {ein Konto|{n} Konten}",
        "Für {dieses Konto|diese Konten} liegen keine Daten vor, auf die sich ein Urteil stützen ließe.",
        "Ohne Daten gilt ein Konto nicht als unauffällig; ein Verstoß am Stichtag ließe sich nicht"
        " ausschließen.",
        "Liefern Sie einen frischen Export, oder sagen Sie dem Betriebsteam, wie das Konto genutzt wird.",
        "Schließen Sie eine Datenquelle an, oder bringen Sie die vorhandene wieder in Gang.",
        "Sobald Daten da sind, prüfen wir das Konto und melden den Befund. Bekannte Kampagnen werden davon"
        " unabhängig"
        " pausiert.",
    ),
    Stage.CONTRADICTION: Phrases(
        "Kontoart fraglich: {ein Konto|{n} Konten}",
        "Die Daten {dieses Kontos|dieser Konten} passen nicht zur angegebenen Kontoart.",
        "Bis das geklärt ist, zählt die strengere Art; danach richten sich Warnung und Pause vor dem"
        " Stichtag.",
        "Prüfen Sie, mit welchem WhatsApp-Produkt die Nummer wirklich betrieben wird, und melden Sie es"
        " dem Betriebsteam.",
        "Klären Sie die Kontoart mit den Verantwortlichen, und berichtigen Sie das Kontenverzeichnis.",
        "Nach der Berichtigung wird neu entschieden.",
    ),
    Stage.HOLD_ASKED: Phrases(
        "Ausnahme beantragt: {eine Kampagne|{n} Kampagnen}",
        "Für {diese Kampagne|diese Kampagnen} wurde eine befristete Ausnahme beantragt.",
        "Bis zur Entscheidung gilt die Ausnahme nicht; angekündigte Pausen bleiben fällig.",
        "Es ist nichts zu tun; das Betriebsteam entscheidet.",
        "Entscheiden Sie über den Antrag: in Airflow unter `sendepause_approve` oder mit `sendepause"
        " approve`.",
        "Über die Entscheidung werden die Verantwortlichen unterrichtet.",
    ),
    Stage.HOLD_GRANTED: Phrases(
        "Ausnahme genehmigt: {eine Kampagne|{n} Kampagnen}",
        "Für {diese Kampagne|diese Kampagnen} gilt eine befristete Ausnahme.",
        "Die Ausnahme endet von selbst, bevor die Regel in Kraft tritt.",
        f"Nutzen Sie die Zeit für den Umzug. {_MOVE}",
        "Es ist nichts zu tun.",
        "Vor dem Ende der Ausnahme erinnern wir. Danach gelten wieder Ankündigung und Pause.",
    ),
    Stage.HOLD_ENDS: Phrases(
        "Ausnahme endet: {eine Kampagne|{n} Kampagnen}",
        "Die Ausnahme für {diese Kampagne|diese Kampagnen} läuft bald ab.",
        "Danach wird pausiert, damit am Stichtag nichts mehr selbsttätig sendet.",
        f"Schließen Sie den Umzug ab, oder beenden Sie {{die Kampagne|die Kampagnen}} selbst. {_MOVE}",
        "Fragen Sie nach, ob der Umzug fertig wird.",
        "Mit dem Ende der Ausnahme pausieren wir und sagen Ihnen Bescheid.",
    ),
    Stage.MOVED: Phrases(
        "Umgezogen: {ein Konto|{n} Konten}",
        "{Dieses Konto liegt|Diese Konten liegen} jetzt auf der WhatsApp-Business-Plattform.",
        "Dort ist automatischer Versand nach den Regeln der Plattform erlaubt; der Stichtag trifft"
        " {es|sie} nicht mehr.",
        "Achten Sie auf die Regeln der Plattform, vor allem auf Vorlagen und Einwilligungen.",
        "Es ist nichts zu tun.",
        "Wir melden uns nur noch, wenn Daten der neuen Kontoart widersprechen.",
    ),
    Stage.RESUMED: Phrases(
        "Fortgesetzt: {eine Kampagne|{n} Kampagnen}",
        "Wir haben unsere eigene Pause {dieser Kampagne|dieser Kampagnen} aufgehoben.",
        "Die Regel verlangt diese Pause nicht mehr.",
        "Sehen Sie nach, ob {die Kampagne|jede Kampagne} wie gewünscht läuft.",
        "Es ist nichts zu tun.",
        "Ändert sich die Lage, kündigen wir eine neue Pause wieder an.",
    ),
    Stage.SOURCE_ILL: Phrases(
        "Gestört: {eine Datenquelle oder ein System|{n} Datenquellen oder Systeme}",
        "{Hier|An diesen Stellen} kommen zurzeit keine brauchbaren Daten an.",
        "Konten ohne frische Daten verlieren ihr Urteil und gelten bis zum Stichtag als die riskanteren"
        " Fälle; in einem unerreichbaren Kampagnensystem lässt sich nichts pausieren.",
        "Liefern Sie einen frischen Export, falls die Daten von Ihnen kommen.",
        "Beheben Sie die Störung. `sendepause check` nennt, was fehlt.",
        "Wir versuchen es bei jedem Lauf neu; alles andere geht weiter.",
    ),
    Stage.UNDELIVERABLE: Phrases(
        "Nicht zustellbar: {ein Slack-Kanal|{n} Slack-Kanäle}",
        "{In diesen Slack-Kanal|In diese Slack-Kanäle} konnten wir nicht schreiben; die Nachrichten dort"
        " sind nicht"
        " angekommen.",
        "Wer nicht unterrichtet wurde, erfährt von einer Pause vor dem Stichtag erst, wenn sie geschieht.",
        "Laden Sie die App in den Kanal ein, oder nennen Sie dem Betriebsteam einen anderen.",
        "Laden Sie die App in den Kanal ein, oder tragen Sie einen anderen Kanal ein; geben Sie wichtige"
        " Nachrichten"
        " bis dahin selbst weiter.",
        "Zurückgewiesene Nachrichten versuchen wir nach einigen Stunden von selbst wieder.",
    ),
    Stage.GUARD_STOPPED: Phrases(
        "Angehalten: Freigabe nötig",
        "Der Plan enthält mehr Unangekündigtes, als ohne Rückfrage erlaubt ist. Die überraschenden Teile"
        " warten.",
        "Was angekündigt oder freigegeben ist, geht weiter. Das Übrige gefährdet den Stichtag, solange"
        " niemand"
        " entscheidet.",
        "Es ist nichts zu tun; das Betriebsteam entscheidet.",
        "Sehen Sie den Plan mit `sendepause plan` an, und geben Sie ihn mit `sendepause approve` frei,"
        " oder berichtigen"
        " Sie die Angaben.",
        "Wir erinnern, und kurz vor dem Stichtag gilt die eingestellte Vorgabe.",
    ),
    Stage.HALT_STILL_ON: Phrases(
        "Alarm: Handeln ist noch abgeschaltet",
        "Der Halteschalter ist an, oder die Installation probt noch. Es wird nichts pausiert.",
        "Bleibt es dabei, senden Kampagnen am Stichtag weiter, obwohl die Regel es verbietet.",
        "Wenden Sie sich an das Betriebsteam; Pausen finden zurzeit nicht statt.",
        "Schalten Sie das Handeln mit `sendepause act on` ein, oder heben Sie den Halt mit `sendepause"
        " halt off` auf,"
        " oder pausieren Sie von Hand.",
        "Sobald das Handeln eingeschaltet ist, pausiert der nächste Lauf, was fällig ist.",
    ),
    Stage.BREACH: Phrases(
        "Verstoß: {eine Kampagne oder ein Konto|{n} Fälle}",
        "Die Regel ist in Kraft, und {hier wird|in diesen Fällen wird} noch automatisch gesendet, oder es"
        " lässt sich"
        " nicht ausschließen.",
        "Der Nummer drohen Sperrung und rechtliche Schritte.",
        f"Beenden Sie den Versand sofort. {_MOVE}",
        "Beenden Sie den Versand sofort, notfalls von Hand im Kampagnensystem, und halten Sie die Ursache"
        " fest.",
        "Wir pausieren, was erreichbar ist, und führen den Verstoß im Protokoll, bis er behoben ist.",
    ),
}
