"""Invented people, numbers and sentences. Numbers are from ranges kept free for film and fiction.

Germany: Bundesnetzagentur's drama numbers; United Kingdom: Ofcom's numbers for TV and radio drama. The
mobile ranges are small, so many of the customers have landline numbers, which WhatsApp allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sendepause.model import Language


@dataclass(frozen=True, slots=True)
class Customer:
    """The other side of a chat."""

    name: str
    number: str  # E.164


# fmt: off
_GIVEN = {
    Language.DE: [
        "Ahmet", "Anke", "Arne", "Birte", "Bruno", "Carina", "Dörte", "Enno", "Fatma", "Frieda",
        "Gesa", "Hauke", "Henrike", "Ilka", "Ines", "Jannik", "Jörg", "Kerstin", "Lasse", "Leyla",
        "Malte", "Marit", "Murat", "Nele", "Olaf", "Pia", "Quirin", "Ruth", "Sönke", "Swantje",
        "Thies", "Ulla", "Veit", "Wencke", "Yusuf", "Zoe",
    ],
    Language.EN: [
        "Adaeze", "Bethan", "Callum", "Deepa", "Edith", "Fergus", "Gwen", "Harvey", "Imogen", "Jasper",
        "Kezia", "Lewis", "Maeve", "Nadia", "Oscar", "Poppy", "Quentin", "Rhys", "Saoirse", "Tariq",
        "Una", "Violet", "Winston", "Yasmin",
    ],
}
_FAMILY = {
    Language.DE: [
        "Aksoy", "Bahr", "Brückner", "Dierks", "Ehlers", "Falk", "Grote", "Hölscher", "Ihde", "Jessen",
        "Kröger", "Lüders", "Möhring", "Nissen", "Ohlsen", "Petersen", "Quast", "Rönn", "Sievers",
        "Tamm", "Uhl", "Voß", "Wulff", "Yıldız", "Zeller",
    ],
    Language.EN: [
        "Ashdown", "Birtwistle", "Coverdale", "Dunmore", "Entwhistle", "Fairclough", "Greaves",
        "Hollis", "Ingleby", "Jessop", "Kirkbride", "Lockhart", "Marlowe", "Norcott", "Okoro",
        "Penhale", "Quayle", "Ridley", "Sutcliffe", "Thackray",
    ],
}
# fmt: on


def _numbers(prefix: str, first: int, last: int, width: int) -> list[str]:
    return [f"{prefix}{number:0{width}}" for number in range(first, last + 1)]


# The company's own numbers end in 101 to 105 and 199; customers start above.
_POOL = {
    Language.DE: [
        *_numbers("+4917139200", 0, 99, 2),
        *_numbers("+49176040690", 0, 99, 2),
        *_numbers("+494066969", 200, 999, 3),
        *_numbers("+493023125", 200, 999, 3),
        *_numbers("+492214710", 200, 999, 3),
    ],
    Language.EN: _numbers("+447700900", 200, 999, 3),
}


def customers(random: Random, language: Language, count: int) -> list[Customer]:
    """So many customers with names and numbers of their own; at most 480 names a language."""
    pairs = [f"{given} {family}" for given in _GIVEN[language] for family in _FAMILY[language]]
    names = random.sample(pairs, count)
    numbers = random.sample(_POOL[language], count)
    return [Customer(name, number) for name, number in zip(names, numbers, strict=True)]


# fmt: off
_PARTS = {
    Language.DE: [
        "Luftfilter", "Wasserpumpe", "Keilriemen", "Radlager", "Stoßdämpfer", "Kupplung", "Anlasser",
        "Lichtmaschine", "Außenspiegel", "Thermostat", "Auspufftopf", "Scheinwerfer", "Querlenker",
        "Batterie", "Bremssattel", "Zündspule", "Federbein", "Wischermotor",
    ],
    Language.EN: [
        "the air filter", "the water pump", "the drive belt", "the wheel bearing",
        "the shock absorber", "the clutch", "the starter", "the alternator", "the wing mirror",
        "the thermostat", "the silencer", "the headlight", "the wishbone", "the battery",
        "the brake caliper", "the ignition coil", "the strut", "the wiper motor",
    ],
}
_CARS = [
    "Golf", "Polo", "Passat", "Astra", "Corsa", "Fiesta", "Focus", "Octavia", "Fabia", "Clio",
    "Kangoo", "Berlingo", "Sprinter", "Transit", "Yaris", "Swift", "Micra", "Tipo", "Ibiza", "Leon",
]
# fmt: on
_ASKS = {
    Language.DE: [
        "Haben Sie {part} für den {car} da?",
        "{part} beim {car} tauschen, was kostet das?",
        "{part} für den {car}, geht das diese Woche?",
        "Ich suche {part} für einen {car}",
        "Bestellt hatte ich {part} für den {car}, schon da?",
        "{part} vom {car}, passt das auch beim {other}?",
        "Könnten Sie {part} für den {car} zurücklegen?",
    ],
    Language.EN: [
        "Do you have {part} for a {car}?",
        "How much is {part} for the {car}?",
        "My {car} needs {part}, any chance this week?",
        "Looking for {part} for a {car}",
        "Has {part} for my {car} come in yet?",
        "Would {part} off a {car} fit the {other}?",
        "Could you put {part} for the {car} aside?",
    ],
}
# A person's answers have few words in common, unlike a template's: both halves vary as well as what stands
# between them.
# fmt: off
_BEGINNINGS = {
    Language.DE: [
        "Ja", "Klar", "Moment", "Leider nein", "Gerade geprüft", "Stimmt", "Gern", "Habe nachgesehen",
        "Eben gefragt", "Noch offen", "Schon bestellt", "Wieder da", "Ausverkauft", "Zurückgelegt",
        "Gebraucht da", "Neu gekommen", "Nur original", "Passt", "Passt nicht", "Fehlt noch",
    ],
    Language.EN: [
        "Yes", "Sure", "One sec", "Sadly not", "Just checked", "Right", "Happily", "Had a look",
        "Asked around", "Still open", "On order", "Back in", "Sold out", "Put aside",
        "Second hand", "Came in", "Genuine only", "Fits", "Won't fit", "Still missing",
    ],
}
_ENDINGS = {
    Language.DE: [
        "morgen früh", "ab Montag", "bis Freitag", "gegen Mittag", "nächste Woche", "in zwei Tagen",
        "heute noch", "am Dienstag", "sobald geliefert", "auf Nachfrage", "zum Festpreis", "ohne Pfand",
        "mit Altteil", "samt Dichtung", "für hinten", "für vorne", "linke Seite", "rechte Seite",
        "kurze Ausführung", "lange Ausführung",
    ],
    Language.EN: [
        "first thing tomorrow", "from Monday", "until Friday", "around noon", "next week", "in two days",
        "later today", "on Tuesday", "once delivered", "on request", "at a fixed price", "no deposit",
        "with the old part", "gasket included", "for the rear", "for the front", "left side", "right side",
        "short version", "long version",
    ],
}
# fmt: on
_SHORT = {
    Language.DE: [
        "Moin",
        "Gerne!",
        "Ja, passt",
        "Alles klar",
        "Bis dann",
        "Danke Ihnen",
        "Mache ich",
        "Einen Moment",
    ],
    Language.EN: [
        "Morning",
        "No problem!",
        "Yes, fine",
        "All right",
        "See you",
        "Thanks",
        "Will do",
        "One moment",
    ],
}
CANNED = {
    Language.DE: [
        "Vielen Dank für Ihre Nachricht, ich melde mich gleich.",
        "Das Teil ist da und kann abgeholt werden.",
        "Wir haben heute bis 18 Uhr geöffnet.",
        "Bitte schicken Sie mir ein Foto vom Fahrzeugschein.",
        "Das Teil ist bestellt und kommt morgen.",
    ],
    Language.EN: [
        "Thanks for your message, I'll be right with you.",
        "Your part is here, ready to collect.",
        "We're open until 6 today.",
        "Could you send me a photo of the V5C?",
        "Your part is on order and arrives tomorrow.",
    ],
}


@dataclass(frozen=True, slots=True)
class Topic:
    """What a conversation is about."""

    part: str
    car: str
    other: str  # another car


def topic(random: Random, language: Language) -> Topic:
    """A part and two cars."""
    return Topic(random.choice(_PARTS[language]), *random.sample(_CARS, 2))


def ask(random: Random, language: Language, about: Topic | None = None) -> str:
    """What a customer writes."""
    return _fill(random.choice(_ASKS[language]), about or topic(random, language))


def answer(random: Random, language: Language, about: Topic | None = None) -> str:
    """What somebody at the counter writes: mostly new words, sometimes a short one."""
    if random.random() < 0.06:
        return short(random, language)
    of = about or topic(random, language)
    beginning, ending = random.choice(_BEGINNINGS[language]), random.choice(_ENDINGS[language])
    return f"{beginning}: {of.part} {of.car}, {ending}"


def short(random: Random, language: Language) -> str:
    """What people write back in a word or two."""
    return random.choice(_SHORT[language])


def _fill(pattern: str, about: Topic) -> str:
    text = pattern.format(part=about.part, car=about.car, other=about.other)
    return text[0].upper() + text[1:]
