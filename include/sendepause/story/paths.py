"""The paths: one account's way to the end, and the ways beside it. Times are the rule's, in Berlin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sendepause.example.company import CAST, Part, Phone, Traffic
from sendepause.example.traffic import Message, Way
from sendepause.model import Audience, Direction, Form, Kind, Stage
from sendepause.story.play import Line
from sendepause.story.scenes import RULE_ZONE, Cast, Chapter, Path, Scene, declared_as
from sendepause.words import Both

_RECIPIENTS = 8  # of the campaign whose chats are in the export that proves the silence


def _at(day: int, hour: int, minute: int = 0, month: int = 12) -> datetime:
    return datetime(2019, month, day, hour, minute, tzinfo=RULE_ZONE)


PAUSED = _at(2, 0, 10)


def _part(number: str) -> Part:
    return next(part for part in CAST if part.number == number)


def _beside(cast: Cast) -> Part:
    """An account on which people write, and few: nothing is told of it."""
    return replace(_part(cast.beside), chats=2, daily=5)


def _usual(cast: Cast) -> Sequence[Part]:
    return _beside(cast), replace(_part(cast.number), phone=None)


def _without_data(cast: Cast) -> Sequence[Part]:
    return (_beside(cast),)


def _bring_export(scene: Scene) -> None:
    """Chats with some who got the campaign's messages: these, and what people wrote there since."""
    sent = [
        line._replace(way=Way.PHONE, part=replace(line.part, phone=Phone.ANDROID))
        for line in scene.lines()
        if line.way is Way.TOOL and line.message.direction is Direction.OUT
    ]
    first, at = sent[0], scene.played.now - timedelta(hours=3)
    customers = list(dict.fromkeys(line.message.customer for line in sent))[:_RECIPIENTS]
    scene.more += [line for line in sent if line.message.customer in customers]
    for place, customer in enumerate(customers):
        at += timedelta(minutes=7 + 3 * place)
        asked = Message(at, customer, Direction.IN, "Ist noch ein Termin frei?")
        answer = Message(at + timedelta(minutes=2), customer, Direction.OUT, f"Ja, um {place + 8} Uhr.")
        scene.more += [first._replace(message=one) for one in (asked, answer)]
    scene.read()


def _bring_data(scene: Scene) -> None:
    scene.parts = (_beside(scene.cast), replace(_part(scene.cast.number), traffic=Traffic.PERSON))
    scene.read()


def _switch_on(scene: Scene) -> None:
    scene.played.set_campaign("running", scene.cast.person)


def _lose_tool(scene: Scene) -> None:
    scene.reachable = False


def _find_tool(scene: Scene) -> None:
    scene.reachable = True


def _ask_hold(scene: Scene) -> None:
    user = scene.owner.users[0]
    scene.played.fill(scene.latest(Stage.WARNED), date(2019, 12, 4), scene.cast.why, user)


def _grant_hold(scene: Scene) -> None:
    ((_, asked),) = scene.latest(Stage.HOLD_ASKED, Audience.OPERATORS).names
    scene.played.approve(asked)


def _move(scene: Scene) -> None:
    number = scene.cast.number
    scene.played.configure(declared_as(scene.played.settings, number, Kind.BUSINESS_PLATFORM))
    account = scene.played.settings.account_map[number]
    lines = [line for line in scene.lines() if line.way is Way.TOOL][:20]
    for place, line in enumerate(lines):
        at = scene.played.now - timedelta(minutes=90 - place)
        scene.more.append(Line(account, line.part, Way.WEBHOOK, replace(line.message, at=at)))
    scene.read()


def _approve(scene: Scene) -> None:
    ((_, campaign),) = scene.latest(Stage.MOVED).names
    scene.played.approve(campaign)


_OPERATORS = Audience.OPERATORS

PATHS: tuple[Path, ...] = (
    Path(
        Both("Von der Ankündigung bis zum Stichtag", "From the notice to the deadline"),
        begin=_at(7, 0, month=11),
        end=_at(7, 8),
        parts=_usual,
        stops_at=PAUSED,
        events=((_at(5, 16), _bring_export),),
        intro=Both(
            "{owner} ist für zwei WhatsApp-Konten zuständig. Über eines davon, „{account}“, sendet die"
            " Kampagne „{campaign}“ automatisch; niemand beendet sie.",
            "{owner} answers for two WhatsApp accounts. From one of them, “{account}”, the campaign"
            " “{campaign}” sends automatically; nobody stops it.",
        ),
        chapters=(
            Chapter(
                Both("Der Thread beginnt", "The thread begins"),
                Form.ROOT,
                about=Both(
                    "30 Tage vor dem Stichtag beginnen die Ankündigungen. Alles zu diesem Stichtag steht in"
                    " einem Thread; seine erste Mitteilung zeigt immer, wie die Konten gerade stehen.",
                    "30 days before the deadline the notices begin. Everything about this deadline is in one"
                    " thread; its first message always shows how the accounts stand.",
                ),
            ),
            Chapter(Both("Die Ankündigung", "The notice"), Form.NOTICE, Stage.WARNED),
            Chapter(
                Both("{owner} drückt „Gelesen“", "{owner} presses “Read”"),
                Form.NOTICE,
                Stage.WARNED,
                answered=True,
            ),
            Chapter(
                Both("Die erste Erinnerung", "The first reminder"),
                Form.REMINDER,
                Stage.WARNED,
                about=Both("Die Kampagne läuft weiter.", "The campaign goes on."),
            ),
            Chapter(
                Both("Die letzte Erinnerung vor der Pause", "The last reminder before the pause"),
                Form.LAST_REMINDER,
                Stage.WARNED,
            ),
            Chapter(
                Both("Die Kampagne wird pausiert", "The campaign is paused"),
                Form.ROOT,
                after=PAUSED,
                about=Both(
                    "Fünf Tage vor dem Stichtag pausiert der erste Lauf des Tages, was noch läuft. Nachts"
                    " kommt keine Mitteilung; die erste des Threads zeigt es schon.",
                    "Five days before the deadline the first run of the day pauses what is still running."
                    " No message comes at night; the first one of the thread shows it already.",
                ),
            ),
            Chapter(Both("Am Morgen danach", "The morning after"), Form.NOTICE, Stage.PAUSED),
            Chapter(
                Both("Die Stille ist noch nicht belegt", "The silence is not proved yet"),
                Form.NOTICE,
                Stage.NO_DATA,
                about=Both(
                    "Die Kampagne hätte inzwischen wieder gesendet. Ob seit der Pause wirklich nichts mehr"
                    " hinausgeht, zeigen nur Daten des Kontos.",
                    "By now the campaign would have sent again. Only data of the account show whether really"
                    " nothing has gone out since the pause.",
                ),
            ),
            Chapter(
                Both("Ein Chat-Export belegt die Stille", "A chat export proves the silence"),
                Form.NOTICE,
                Stage.SILENCE_CONFIRMED,
                about=Both(
                    "Am Nachmittag hat das Betriebsteam einen frischen Chat-Export des Kontos bekommen.",
                    "In the afternoon the operators got a fresh chat export of the account.",
                ),
            ),
            Chapter(
                Both("Am Stichtag", "On the deadline"),
                Form.ROOT,
                after=_at(7, 0),
            ),
        ),
    ),
    Path(
        Both("Mehr Zeit: ein Aufschub", "More time: a hold"),
        begin=_at(26, 0, month=11),
        end=_at(6, 8),
        parts=_usual,
        stops_at=_at(6, 0, 10),
        events=((_at(26, 14, month=11), _ask_hold), (_at(26, 15, 30, month=11), _grant_hold)),
        intro=Both(
            "Die Ankündigung ist da; „{campaign}“ wird aber bis zum Umzug noch gebraucht.",
            "The notice has come; but “{campaign}” is needed until the move.",
        ),
        chapters=(
            Chapter(
                Both("{owner} beantragt einen Aufschub", "{owner} requests a hold"),
                Form.NOTICE,
                Stage.WARNED,
                after=_at(26, 14, month=11),
                answered=True,
                hold_form=True,
            ),
            Chapter(
                Both("Das Betriebsteam wird gefragt", "The operators are asked"),
                Form.NOTICE,
                Stage.HOLD_ASKED,
                _OPERATORS,
            ),
            Chapter(
                Both("Der Aufschub ist genehmigt", "The hold is granted"),
                Form.NOTICE,
                Stage.HOLD_GRANTED,
            ),
            Chapter(
                Both("Der Aufschub endet bald", "The hold ends soon"),
                Form.NOTICE,
                Stage.HOLD_ENDS,
            ),
            Chapter(
                Both(
                    "Der Aufschub ist zu Ende, die Kampagne läuft noch",
                    "The hold is over, the campaign still runs",
                ),
                Form.NOTICE,
                Stage.WARNED,
                after=_at(5, 0),
            ),
            Chapter(Both("Die Pause", "The pause"), Form.NOTICE, Stage.PAUSED),
        ),
    ),
    Path(
        Both("Jemand schaltet die Kampagne wieder ein", "Somebody switches the campaign on again"),
        begin=_at(30, 0, month=11),
        end=_at(6, 8),
        parts=_usual,
        events=((_at(3, 8), _switch_on),),
        intro=Both(
            "„{campaign}“ wurde pausiert. Tags darauf stellt {person} sie im Kampagnensystem wieder an.",
            "“{campaign}” was paused. On the next day {person} switches it on again in the campaign system.",
        ),
        chapters=(
            Chapter(Both("Sie läuft wieder", "It runs again"), Form.NOTICE, Stage.UNDONE),
            Chapter(
                Both("24 Stunden vor dem Stichtag", "24 hours before the deadline"),
                Form.NOTICE,
                Stage.PAUSED,
                about=Both(
                    "In den letzten 24 Stunden kommt, was eilt, auch nachts.",
                    "In the last 24 hours what is urgent comes at night, too.",
                ),
            ),
        ),
    ),
    Path(
        Both("Die Pause ist nicht bestätigt", "The pause is not confirmed"),
        begin=_at(30, 0, month=11),
        end=_at(3, 8),
        parts=_usual,
        stops_at=_at(3, 0, 10),
        events=((_at(1, 23), _lose_tool), (_at(2, 9), _find_tool)),
        intro=Both(
            "In der Nacht, in der pausiert werden soll, antwortet das Kampagnensystem nicht.",
            "In the night of the pause the campaign system does not answer.",
        ),
        chapters=(
            Chapter(
                Both("Das Betriebsteam erfährt es sofort", "The operators are told at once"),
                Form.NOTICE,
                Stage.NOT_PAUSED,
                _OPERATORS,
            ),
            Chapter(
                Both("{owner} erfährt es am Morgen", "{owner} is told in the morning"),
                Form.NOTICE,
                Stage.NOT_PAUSED,
            ),
            Chapter(
                Both("Das Kampagnensystem antwortet wieder", "The campaign system answers again"),
                Form.NOTICE,
                Stage.PAUSED,
            ),
        ),
    ),
    Path(
        Both("Niemand antwortet", "Nobody answers"),
        begin=_at(18, 0, month=11),
        end=_at(20, 9, month=11),
        parts=_usual,
        answers=False,
        runs=tuple(_at(day, hour, 10, month=11) for day in (19, 20) for hour in (7, 8)),
        intro=Both(
            "Die Ankündigung vom 18. November bleibt ohne Antwort.",
            "The notice of 18 November is not answered.",
        ),
        chapters=(
            Chapter(
                Both("Nach einem Tag: die Vertretung", "After a day: the backup channel"),
                Form.UNANSWERED,
                Stage.WARNED,
            ),
            Chapter(
                Both("Nach zwei Tagen: das Betriebsteam", "After two days: the operators"),
                Form.UNANSWERED,
                Stage.WARNED,
                _OPERATORS,
            ),
        ),
    ),
    Path(
        Both("Von einem Konto fehlen Daten", "Data of an account are missing"),
        begin=_at(18, 0, month=11),
        end=_at(20, 12, month=11),
        parts=_without_data,
        campaign=False,
        events=((_at(20, 10, month=11), _bring_data),),
        intro=Both(
            "Eine Kampagne ist nicht bekannt, und von „{account}“ kennt Sendepause keine Nachrichten.",
            "No campaign is known, and Sendepause knows no messages of “{account}”.",
        ),
        chapters=(
            Chapter(Both("Daten werden gebraucht", "Data are needed"), Form.NOTICE, Stage.NO_DATA),
            Chapter(
                Both("Der Chat-Export ist da", "The chat export is there"),
                Form.ROOT,
                after=_at(20, 10, month=11),
                about=Both(
                    "Die Daten zeigen nur Menschen. Eine eigene Mitteilung kommt nicht; der Thread zeigt es.",
                    "The data show people only. No message of its own comes; the thread shows it.",
                ),
            ),
        ),
    ),
    Path(
        Both("Ein Programm sendet, und niemand kennt es", "A program sends, and nobody knows it"),
        begin=_at(30, 0, month=11),
        end=_at(7, 8),
        parts=_usual,
        campaign=False,
        intro=Both(
            "Die Messwerte von „{account}“ sprechen für ein Programm. In den Kampagnensystemen, die"
            " Sendepause kennt, läuft keine Kampagne.",
            "The figures of “{account}” point to a program. In the campaign systems that Sendepause knows,"
            " no campaign is running.",
        ),
        chapters=(
            Chapter(Both("Der Versand fällt auf", "The sending stands out"), Form.NOTICE, Stage.FOUND),
            Chapter(
                Both("Fünf Tage vor dem Stichtag", "Five days before the deadline"),
                Form.NOTICE,
                Stage.LAST_CALL,
            ),
            Chapter(Both("Am Stichtag", "On the deadline"), Form.NOTICE, Stage.BREACH),
        ),
    ),
    Path(
        Both("Das Konto ist umgezogen", "The account has moved"),
        begin=_at(30, 0, month=11),
        end=_at(4, 16),
        parts=_usual,
        stops_at=PAUSED,
        events=((_at(4, 10), _move), (_at(4, 14), _approve)),
        intro=Both(
            "„{account}“ ist nach der Pause auf die WhatsApp-Business-Plattform umgezogen: Das Betriebsteam"
            " hat den Eintrag geändert, und Daten der Plattform belegen es.",
            "After the pause “{account}” has moved to the WhatsApp Business Platform: the operators changed"
            " its entry, and data of the Platform prove it.",
        ),
        chapters=(
            Chapter(Both("Der Umzug ist belegt", "The move is proved"), Form.NOTICE, Stage.MOVED),
            Chapter(
                Both("Das Betriebsteam wird gefragt", "The operators are asked"),
                Form.NOTICE,
                Stage.MOVED,
                _OPERATORS,
            ),
            Chapter(Both("Die Kampagne läuft wieder", "The campaign runs again"), Form.NOTICE, Stage.RESUMED),
        ),
    ),
)
"""What can happen to the owner of one account, the main way first."""
