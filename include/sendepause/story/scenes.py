"""A path through the calendar, put on: who it is about, what people do, and which messages have to come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sendepause import configuration, countdown
from sendepause.alerts.previews import Said
from sendepause.example import traffic
from sendepause.example.company import Part
from sendepause.example.traffic import Way
from sendepause.model import Answer, Audience, Form, Language, Owner, Stage
from sendepause.places import ROOT
from sendepause.settings import Settings
from sendepause.story.play import Line, Play, play
from sendepause.words import Both

RULE = "whatsapp-2019"
RULE_ZONE = ZoneInfo("Europe/Berlin")

_SEED = 7
_TRAFFIC = timedelta(days=traffic.DAYS)
_FIRST_RUN = time(0, 10)  # of a day, by the rule's clock
_MORNING = time(7)  # the quiet time is over, by the owner's clock
_CLOSE = 6 * 24  # hours; so near the date the night's run is played, too
_READ_EVERY = 6  # days; then there are new files
_PRESSED_AFTER = timedelta(minutes=12)


@dataclass(frozen=True)
class Cast:
    """Whose story it is: an owner, their account with its campaign, and another account beside it."""

    language: Language
    owner: str
    number: str
    beside: str
    branch: str
    campaign: str
    person: str  # who changes the campaign in its tool
    why: str  # a hold is asked for


CASTS = {
    cast.language: cast
    for cast in (
        Cast(
            Language.DE,
            owner="hamburg",
            number="+494066969102",
            beside="+494066969101",
            branch="Hamburg",
            campaign="hh-winterreifen",
            person="w.harmsen",
            why="Der Umzug auf die Plattform ist bestellt (Vorgang 4711).",
        ),
        Cast(
            Language.EN,
            owner="london",
            number="+447700900102",
            beside="+447700900101",
            branch="London",
            campaign="lon-winter",
            person="a.whitcombe",
            why="The move to the Platform has been ordered (ticket 4711).",
        ),
    )
}


@dataclass(frozen=True)
class Chapter:
    """A message that has to come. ``after``: what of its kind came before is not meant."""

    heading: Both
    form: Form
    stage: Stage | None = None
    audience: Audience = Audience.OWNER
    about: Both | None = None
    after: datetime | None = None
    answered: bool = False  # as it shows since somebody answered
    hold_form: bool = False  # the form that its button opens stands before it


@dataclass(frozen=True)
class Path:
    """A way through the calendar. ``events``: what people do, by the rule's clock; a run follows at once."""

    title: Both
    begin: datetime
    end: datetime
    chapters: tuple[Chapter, ...]
    parts: Callable[[Cast], Sequence[Part]]
    intro: Both | None = None
    events: tuple[tuple[datetime, Callable[[Scene], None]], ...] = ()
    runs: tuple[datetime, ...] = ()
    answers: bool = True  # the owner presses "read" below every message
    campaign: bool = True  # the tool is known
    stops_at: datetime | None = None  # when the campaign falls silent


@dataclass(frozen=True)
class Told:
    """A chapter with its message, and when it was said."""

    chapter: Chapter
    at: datetime
    said: Said


class Scene:
    """A path while it is played."""

    def __init__(self, played: Play, cast: Cast, path: Path) -> None:
        self.played, self.cast, self.path = played, cast, path
        self.reachable = True
        self.parts = path.parts(cast)
        self.more: list[Line] = []  # that become known beside those of the parts
        self.said: list[tuple[datetime, Said]] = []

    @property
    def owner(self) -> Owner:
        return self.played.settings.owner_map()[self.cast.owner]

    def latest(self, stage: Stage, audience: Audience = Audience.OWNER) -> Said:
        """The newest message of a stage to its readers."""
        own = (one for _, one in reversed(self.said) if one.audience is audience)
        return next(one for one in own if one.stage is stage)

    def lines(self) -> list[Line]:
        """Everything that is written from the accounts, and to them, until the machine is stopped."""
        found = [*self.more]
        for part in self.parts:
            account, begin = self.played.settings.account_map[part.number], self.path.begin
            for until in (begin, begin + _TRAFFIC):
                for way, messages in traffic.perform(account, part, until, _SEED).items():
                    found += [
                        Line(account, part, way, message)
                        for message in messages
                        if until - _TRAFFIC <= message.at and message.campaign in (None, self.cast.campaign)
                    ]
        stop = self.path.stops_at
        return [one for one in found if one.way is not Way.TOOL or stop is None or one.message.at < stop]

    def read(self) -> None:
        """New files are there."""
        self.played.read(self.lines())

    def run(self) -> None:
        """A run, and the owner's answers to what it said."""
        self.played.run(reachable=self.reachable)
        new = self._note()
        if self.path.answers:
            self.played.now += _PRESSED_AFTER
            for one in new:
                if one.audience is Audience.OWNER and one.form is not Form.UNANSWERED:
                    self.played.press(one, Answer.READ, self.owner.users[0])
            self._note()

    def _note(self) -> list[Said]:
        new = sorted(self.played.said(), key=_place)
        self.said += ((self.played.now, one) for one in new)
        return new


def put_on(path: Path, cast: Cast) -> tuple[list[Told], list[tuple[datetime, Said]]]:
    """The path's chapters with their messages, and whatever else its owner was told.

    :raises ValueError: where another message came, or none: then the path is no longer true.
    """
    with play(settings_of(cast), path.begin, cast.campaign if path.campaign else None) as played:
        scene = Scene(played, cast, path)
        for moment, act in sorted(_timetable(path, scene), key=lambda entry: entry[0]):
            played.now = max(played.now, countdown.in_utc(moment))
            act(scene)
        told = [*_chapters(path, scene)]
        meant = {(one.said.delivery, one.said.version) for one in told}
        rest = [
            (at, one)
            for at, one in scene.said
            if one.channel == scene.owner.channel and one.form is not Form.ROOT
            if not one.version and (one.delivery, one.version) not in meant
        ]
        return told, rest


def settings_of(cast: Cast) -> Settings:
    """The shipped configuration as far as it is about the cast, with operators who speak its language."""
    content = configuration.content_of(configuration.load(ROOT / "include" / "config"))
    (rule,) = (one for one in content["enforcements"] if one["id"] == RULE)
    return configuration.check(
        {
            **content,
            "operators": {**content["operators"], "language": str(cast.language)},
            "accounts": [one for one in content["accounts"] if one["number"] in (cast.number, cast.beside)],
            "enforcements": [{**rule, "scope": {**rule["scope"], "branches": [cast.branch]}}],
        }
    )


def declared_as(settings: Settings, number: str, kind: str) -> Settings:
    """The configuration once somebody has changed an account's entry."""
    content = configuration.content_of(settings)
    accounts = [
        {**one, "declared_kind": kind} if one["number"] == number else one for one in content["accounts"]
    ]
    return configuration.check({**content, "accounts": accounts})


def _timetable(path: Path, scene: Scene) -> Iterator[tuple[datetime, Callable[[Scene], None]]]:
    rule = scene.played.settings.rule_map[RULE]
    zone = ZoneInfo(scene.owner.time_zone)
    days = (path.end.date() - path.begin.date()).days + 1
    for place in range(days):
        day = path.begin.date() + timedelta(days=place)
        night = datetime.combine(day, _FIRST_RUN, RULE_ZONE)
        if place % _READ_EVERY == 0:
            yield night - timedelta(minutes=5), Scene.read
        if place == 0 or abs(countdown.hours_left(rule, night)) <= _CLOSE:
            yield night, Scene.run
        yield datetime.combine(day, _MORNING, zone), Scene.run
    for moment in path.runs:
        yield moment, Scene.run
    for moment, event in path.events:
        yield moment, event
        yield moment, Scene.run


def _chapters(path: Path, scene: Scene) -> Iterator[Told]:
    place = 0
    for chapter in path.chapters:
        found = next((n for n in range(place, len(scene.said)) if _is_meant(chapter, scene.said[n])), None)
        if found is None:
            raise ValueError(f"“{chapter.heading.en}” of “{path.title.en}” did not come.")
        at, said = scene.said[found]
        yield Told(chapter, at, said)
        place = found + 1


def _place(said: Said) -> tuple[bool, bool, int]:
    """Of what one run says: what begins a thread first, then the owner's, in the order of the stages."""
    stage = list(Stage).index(said.stage) if said.stage else 0
    return said.form is not Form.ROOT, said.audience is Audience.OPERATORS, stage


def _is_meant(chapter: Chapter, told: tuple[datetime, Said]) -> bool:
    at, said = told
    version = said.form is Form.ROOT or (said.version > 0) == chapter.answered
    late = chapter.after is None or at >= chapter.after
    return (said.form, said.stage, said.audience) == (chapter.form, chapter.stage, chapter.audience) and (
        late and version
    )
