"""Invented messages of a workshop: what its people write, and what its tools fill in."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

NAMES = (
    *(
        "Anna",
        "Bernd",
        "Frau Müller",
        "Herr Schmidt",
        "Herr Dr. Weber",
        "Familie Petersen",
        "Ayşe",
        "Jan-Ole",
    ),
    *("Ms Carter", "Mr Okafor", "Lena Maria", "Kofi", "Frau von Rosen", "Tamme", "Ines", "Mehmet", "Olga"),
    *("Frau Schulze-Kuhn", "Sarah", "Tom", "Greta", "Juan", "Frau Nguyen", "Lukas", "Emma", "Oleksandr"),
)
_GREETINGS = {
    "de": ("Hallo", "Guten Tag", "Hi", "Moin", "Guten Morgen", "Servus", "Hey", "Sehr geehrte/r"),
    "en": ("Hello", "Hi", "Dear", "Good morning", "Hey", "Good afternoon"),
}
_DAYS = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "morgen", "übermorgen"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "tomorrow"),
}
_MONTHS = {
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "September", "November", "Dezember"),
    "en": ("January", "February", "March", "April", "May", "June", "September", "November", "December"),
}
_SITES = (
    "https://werkstatt.example/",
    "www.werkstatt.example/t/",
    "werkstatt.example/b/",
    "https://go.example/",
)

TEMPLATES = {
    "de": (
        "{greeting} {name}, Ihr Termin am {day} um {time} Uhr ist bestätigt.",
        "{greeting} {name}, Ihr Termin in der Werkstatt Kiel ist am {day}, {time} Uhr. Bitte bringen Sie den"
        " Fahrzeugschein mit. Ihr Team der Werkstatt Kiel",
        "{greeting} {name}, Ihr Wagen ist fertig und kann ab {day} abgeholt werden. Viele Grüße,"
        " Ihre Werkstatt",
        "{greeting} {name}, der TÜV für Ihr Auto läuft am {date} ab. Jetzt Termin sichern: {link}",
        "{greeting} {name}, nur diese Woche: 20 % auf alle Winterreifen! Gleich buchen unter {link}",
        "{greeting} {name}! Bald ist Winter. Haben Sie schon an Ihre Reifen gedacht? Wir wechseln sie Ihnen"
        " ohne Wartezeit. Termine unter {link}",
        "{greeting} {name}, vielen Dank für Ihren Besuch am {day}. Wie zufrieden waren Sie? Bewerten Sie uns"
        " hier: {link}",
        "{greeting} {name}, Ihre Rechnung über {amount} Euro ist noch offen. Bitte überweisen Sie den Betrag"
        " bis {date}.",
        "{greeting} {name}, wir laden Sie herzlich zu unserem Sommerfest am {date} ein. Für Essen und Trinken"
        " ist gesorgt. Wir freuen uns auf Sie!",
        "{greeting} {name}, Ihr Kostenvoranschlag liegt vor: {amount} Euro. Sollen wir mit der Reparatur"
        " anfangen?",
        "{greeting} {name}, Ihr neuer Ansprechpartner bei uns ist Herr Lüders. Speichern Sie gern diese"
        " Nummer, dann erreichen Sie uns immer direkt.",
    ),
    "en": (
        "{greeting} {name}, your appointment on {day} at {time} is confirmed.",
        "{greeting} {name}, your car is ready for collection from {day}. Kind regards, your workshop team",
        "{greeting} {name}, this week only: 20% off all winter tyres! Book now at {link}",
        "{greeting} {name}, thank you for visiting us on {date}. How did we do? Leave a review: {link}",
        "{greeting} {name}, your invoice of {amount} euros is still open. Please pay it by {date}.",
        "{greeting} {name}, your order has arrived and can be picked up from {day}.",
        "{greeting} {name}, the service for your car is due soon. Reply to this message or book"
        " online: {link}",
    ),
}


def _slots(rng: random.Random, language: str) -> dict[str, Callable[[], str]]:
    def link() -> str:
        return rng.choice(_SITES) + "".join(
            rng.choices("abcdefghkmnpqrstuvwxyz23456789", k=rng.randrange(4, 9))
        )

    def date() -> str:
        month, day = rng.choice(_MONTHS[language]), rng.randrange(1, 29)
        return f"{day}. {month}" if language == "de" else f"{month} {day}"

    return {
        "greeting": lambda: rng.choice(_GREETINGS[language]),
        "name": lambda: rng.choice(NAMES),
        "day": lambda: rng.choice(_DAYS[language]),
        "date": date,
        "time": lambda: f"{rng.randrange(8, 18)}:{rng.choice(('00', '15', '30'))}",
        "amount": lambda: f"{rng.randrange(50, 900)},{rng.randrange(10, 99)}",
        "link": link,
    }


def variants(language: str, template: str, changing: set[str], count: int, rng: random.Random) -> list[str]:
    """So many texts of a template in which only some of its slots differ."""
    slots = _slots(rng, language)
    fixed: Mapping[str, str] = {name: fill() for name, fill in slots.items()}
    return [
        template.format(**{name: fill() if name in changing else fixed[name] for name, fill in slots.items()})
        for _ in range(count)
    ]


WRITTEN = """\
Moin, ist der Auspuff für den Passat schon da? Der Kunde steht hier und wartet
Hallo Herr Brandt, das Teil kommt leider erst am Donnerstag, soll ich Ihnen einen Leihwagen reservieren?
Kannst du bitte mal nachsehen, ob die Bremsbeläge noch im Regal hinten links liegen
Guten Morgen, ich bin heute etwas später dran, die Fähre hatte wieder Verspätung
Wir haben uns den Motor angesehen, es ist zum Glück nur der Zahnriemen und nicht die Pumpe
Ja, das können wir so machen, dann stellen Sie den Wagen einfach am Abend vor die Tür
Nein, am Freitag schließen wir schon um zwei, weil wir Inventur haben
Der Abschleppdienst ist unterwegs, er müsste in einer halben Stunde bei Ihnen sein
Hast du den Schlüssel vom weißen Transporter gesehen? Der hängt nicht am Brett
Ich habe mit der Versicherung telefoniert, die schicken morgen einen Gutachter vorbei
Leider ist der Stoßfänger nicht mehr zu retten, der muss komplett neu
Das freut mich sehr! Dann sehen wir uns zur nächsten Inspektion
Können Sie mir bitte ein Foto vom Schaden schicken, am besten bei Tageslicht
Alles klar, ich trage Sie für die Mittagszeit ein und melde mich, falls sich etwas verschiebt
Der Azubi hat das Öl in den falschen Kanister gekippt, wir müssen das nachher entsorgen
Meine Frau holt das Auto ab, sie bringt auch die Karte mit
Für den alten Golf bekommen wir die Lichtmaschine nur noch gebraucht
Ich war gerade Probe fahren, das Klappern kommt eindeutig vom Hitzeschutzblech
Sag dem Chef bitte, dass die Hebebühne zwei schon wieder nicht hochfährt
Wollen Sie die alten Reifen mitnehmen oder sollen wir sie einlagern?
Danke für die schnelle Hilfe gestern, Sie haben uns den Urlaub gerettet!
Die Kaffeemaschine ist kaputt, bringt bitte jeder seinen eigenen mit
Das Angebot vom Lackierer liegt bei mir auf dem Schreibtisch, schau mal drüber
Ich kann den Wagen nicht freigeben, solange die Handbremse so schlecht zieht
Heute Nachmittag kommt der Prüfer, räumt bitte den mittleren Platz frei
Der Kunde mit dem roten Roller beschwert sich, dass die Hupe immer noch nicht geht
Wir würden den Termin gern um eine Woche schieben, mein Sohn ist krank geworden
Bei dem Wetter bitte die Batterie prüfen, sonst steht er nächste Woche wieder hier
Ich habe die Rechnung noch einmal korrigiert, die Anfahrt ist jetzt nicht mehr drauf
Wer hat am Samstag Dienst? Ich müsste eigentlich zur Konfirmation meiner Nichte
Gute Idee, aber das Blech ist an der Stelle viel zu dünn zum Schweißen
Bitte nicht vergessen, dass die Leihwagen vor der Rückgabe vollgetankt werden
Sie erreichen mich ab drei wieder, ich sitze noch im Zug nach Hamburg
Das Radio verlangt einen Code, steht der vielleicht bei Ihnen im Bordbuch?
Der Keilriemen quietscht nur, wenn es feucht ist, das ist erst mal nicht schlimm
Ich hab dir die Liste mit den Teilenummern auf den Tisch gelegt
Wenn der Kunde anruft, sag ihm, dass wir auf die Dichtung warten
Wir machen heute früher Schluss, am Hafen ist alles gesperrt
Können wir das am Telefon besprechen? Schreiben dauert mir zu lange
Die Klimaanlage kühlt wieder, es war nur der Kondensator undicht
Mir ist beim Einparken einer reingefahren, jetzt schließt die Heckklappe nicht mehr
So, der Motor läuft, aber die gelbe Lampe leuchtet noch immer
Der Marder war da, er hat beide Kabel und den Schlauch durchgebissen
Für Fahrräder haben wir leider keinen Ständer, aber mein Kollege macht das nebenbei
Nimmst du morgen die Frühschicht? Dann bringe ich die Kinder in die Schule
Ich finde den Fehler nicht, das Steuergerät meldet überhaupt nichts
Die Felgen sind so verrostet, dass wir sie abschlagen mussten
Schönen Feierabend euch allen, und Tamme, mach bitte das Tor zu
Das Geld ist heute Morgen eingegangen, vielen Dank dafür
Haben Sie noch die Winterräder bei uns oder liegen die im Keller?
Ja klar, komm einfach rum, wir haben noch Kuchen übrig
Ich müsste wissen, ob es der Diesel oder der Benziner ist
Mein Vater fährt den Wagen seit zwanzig Jahren und will ihn nicht hergeben
Entschuldigung für die späte Antwort, hier war den ganzen Tag Betrieb
Der neue Scheinwerfer passt nicht, da haben sie uns den linken geschickt
Wie lange dauert denn so ein Ölwechsel ungefähr bei Ihnen?
Ruf mich an, wenn du am Baumarkt vorbeifährst, wir brauchen Schrauben
Das war ein Steinschlag, den kann man harzen, das zahlt die Kasko
Wir haben die Sitze gereinigt, der Fleck ging aber nicht ganz raus
Am Wochenende bin ich mit dem Boot draußen und habe keinen Empfang
Hi, could you check whether the blue van still has its spare wheel
Sorry I missed your call, I was under a car with my hands full of grease
The part we ordered turned out to be for the older model, so we are sending it back
Do you want us to wash it before you pick it up this evening?
My brother will drop the keys through your letterbox on his way to work
It makes a strange noise whenever I turn left at low speed
No worries, take your time, we are here until half past six
I think the battery is fine but the alternator has seen better days
Could we do it the week after next instead, I am travelling for work
Tell him the paint needs another day to dry before he can drive it
We found a nail in the rear tyre and patched it free of charge
Thanks a lot for squeezing us in at such short notice
The courtesy car smells of dog, can somebody please air it out
I have sent you the estimate by post because the scanner is broken
Is there anything I should bring apart from the registration papers
The inspector failed it because of the rust around the jacking points
Let me ask my colleague, she knows more about hybrids than I do
We are closed on Monday since it is a public holiday here
He says the brakes feel soft again although we bled them twice
Please park it behind the building, the front is reserved for deliveries
I would rather repair the old gearbox than pay for a new one
The kids loved the stickers, please say thank you to your apprentice
Honestly, at that mileage I would not put any more money into it
Your wallet was under the passenger seat, we put it in the safe
Can you lend me the big torque wrench until tomorrow morning
The supplier raised prices again so the quote only stands until Friday
Someone left the compressor running all night and it is very hot now
If it rains tomorrow we will have to postpone the outdoor sale
I tried to start it this morning and it only clicked once
She wants the tinted windows removed before the baby arrives
We could not reproduce the fault, so please film it next time it happens
The rental company needs your licence number before noon
There is oil all over the driveway and I think it is mine
Great news, the warranty covers the whole repair after all
Would you mind picking me up from the station on your way back
Everything is done except for the mirror which arrives with the evening van
""".splitlines()
"""What people wrote, each for its own occasion."""
