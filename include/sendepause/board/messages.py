"""The board's page of messages: what would be said now, or is said in every situation. It only reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from sendepause import previewing, situations, words
from sendepause.alerts import channels
from sendepause.board import lines, mrkdwn
from sendepause.board.lines import Option, Page
from sendepause.board.mrkdwn import Part
from sendepause.board.seen import Reader
from sendepause.installation import Installation
from sendepause.model import Audience, Form, Language, Stage
from sendepause.previewing import OPERATORS, Preview, Wait, Ways
from sendepause.settings import Settings
from sendepause.store import database, queries
from sendepause.words import Both

MESSAGES = 15  # a message of many accounts weighs ten kilobytes

_FORMS = {
    Form.NOTICE: Both("erste Mitteilung", "first message"),
    Form.CONTINUED: Both("Fortsetzung am selben Tag", "continued on the same day"),
    Form.REMINDER: Both("Erinnerung", "reminder"),
    Form.LAST_REMINDER: Both("letzte Erinnerung", "last reminder"),
    Form.UNANSWERED: Both("ohne Antwort", "not answered"),
    Form.ROOT: Both("beginnt den Thread", "begins the thread"),
    Form.DIGEST: Both("Zusammenfassung", "digest"),
}
_WAITS = {
    Wait.ACTING_OFF: Both("Probe: Zuständige erfahren nichts", "rehearsal: owners are told nothing"),
    Wait.NO_SLACK: Both("keine Verbindung zu Slack", "no Slack connection"),
    Wait.PAUSE: Both("erst wird die Kampagne pausiert", "the campaign is paused first"),
    Wait.QUIET: Both("Ruhezeit", "quiet time"),
    Wait.TOLD: Both("heute wurde davon schon berichtet", "it was told of today already"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader asked for; what is none of the page's choices is left out.

    ``every``: all situations, not what is due now. ``spoken``: the messages' language.
    """

    every: bool = False
    owner: str | None = None
    stage: Stage | None = None
    spoken: Language | None = None
    page: int = 1

    @classmethod
    def of(cls, show: str, owner: str, stage: str, spoken: str, page: int) -> Choice:
        """A choice as the page's address has it."""
        return cls(
            every=show == "all",
            owner=owner or None,
            stage=Stage(stage) if stage in set(Stage) else None,
            spoken=Language(spoken) if spoken in set(Language) else None,
            page=page,
        )


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message as the page shows it."""

    about: str  # of which stage and form it is
    reader: str
    channel: str
    place: str  # in its thread, or in the channel
    when: str
    waits: tuple[str, ...]
    language: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Messages:
    """Everything on the page, in words."""

    as_of: str
    shows: tuple[Option, ...]
    owners: tuple[Option, ...]
    stages: tuple[Option, ...]
    languages: tuple[Option, ...]
    counted: str
    page: Page[MessageLine]


def messages(
    installation: Installation,
    settings: Settings,
    ways: Callable[[], Ways],
    now: datetime,
    language: Language,
    choice: Choice,
) -> Messages:
    """The page at ``now``, for a reader of ``language``; ``ways`` is asked when messages are made.

    :raises SendepauseError: where the store cannot be read.
    """
    reader = Reader(language, settings.operators.time_zone, now)
    owners = {id: owner.name for id, owner in settings.owner_map().items()}
    owner = choice.owner if choice.owner in (OPERATORS, *owners) else None
    if choice.every:
        found = _every(installation, settings, ways(), now, choice, owner, language)
    else:
        found = previewing.now(installation, settings, ways(), now, owner)
        found = [one for one in found if choice.stage in (None, one.said.stage)]
        found = [one for one in found if choice.spoken in (None, one.said.language)]
    with database.session(installation.engine, write=False) as session:
        named = channels.names(session)
    return Messages(
        as_of=reader.text("as_of", moment=reader.long(now), zone=reader.zone),
        shows=(
            Option("now", reader.text("show_now"), not choice.every),
            Option("all", reader.text("show_all"), choice.every),
        ),
        owners=tuple(_owners(owners, owner, reader)),
        stages=tuple(_stages(choice.stage, reader)),
        languages=tuple(_languages(choice.spoken, reader)),
        counted=_counted(found, choice, now, reader),
        page=lines.mapped(
            lines.paged(found, choice.page, MESSAGES),
            lambda one: _line(one, owners, named, choice.every, reader),
        ),
    )


def _every(
    installation: Installation,
    settings: Settings,
    ways: Ways,
    now: datetime,
    choice: Choice,
    owner: str | None,
    language: Language,
) -> list[Preview]:
    """Every situation in one language, and the digest."""
    with database.session(installation.engine, write=False) as session:
        campaigns = queries.campaigns(session)
    spoken = choice.spoken or language
    stages = (choice.stage,) if choice.stage else tuple(Stage)
    found = situations.situations(settings, campaigns, ways, spoken, stages, owner)
    if choice.stage is None and owner in (None, OPERATORS):
        found.append(situations.summary(installation, settings, spoken, now))
    return found


def _owners(owners: dict[str, str], chosen: str | None, reader: Reader) -> Iterator[Option]:
    yield Option("", reader.text("everybody"), chosen is None)
    yield Option(OPERATORS, reader.text("operators"), chosen == OPERATORS)
    for id, name in sorted(owners.items(), key=lambda one: one[1].casefold()):
        yield Option(id, name, chosen == id)


def _stages(chosen: Stage | None, reader: Reader) -> Iterator[Option]:
    yield Option("", reader.text("all_stages"), chosen is None)
    for stage in Stage:
        yield Option(str(stage), words.label(stage, reader.language), chosen is stage)


def _languages(chosen: Language | None, reader: Reader) -> Iterator[Option]:
    yield Option("", reader.text("their_own"), chosen is None)
    for language, name in ((Language.DE, "Deutsch"), (Language.EN, "English")):
        yield Option(str(language), name, chosen is language)


def _counted(found: Sequence[Preview], choice: Choice, now: datetime, reader: Reader) -> str:
    """How many messages there are; of those of now, how many wait."""
    if choice.every:
        return reader.text("situations", n=len(found))
    waiting = sum(bool(one.waits) for one in found)
    return reader.text("due_now", now=reader.number(len(found) - waiting), later=reader.number(waiting))


def _line(
    one: Preview, owners: dict[str, str], named: dict[str, str], every: bool, reader: Reader
) -> MessageLine:
    said = one.said
    stage = words.label(said.stage, reader.language) if said.stage else ""
    form = reader.text("hold_form") if one.view else _FORMS[said.form].in_(reader.language)
    answered = reader.text("answered") if said.version and said.form is not Form.ROOT else ""
    shown = words.moment(one.at, said.time_zone, reader.language)
    later = every or one.at != reader.now
    when = reader.text("at_moment", moment=shown, zone=said.time_zone) if later else reader.text("next_run")
    pictured = [Part("picture", Markup.escape(mrkdwn.visible(one.picture)))] if one.picture else []
    return MessageLine(
        about=" · ".join(filter(None, [stage, form, answered])),
        reader=owners.get(said.owner or "", reader.text("operators")),
        channel=named.get(said.channel, said.channel),
        place=_place(one, reader),
        when=when,
        waits=tuple(_WAITS[wait].in_(reader.language) for wait in one.waits),
        language=str(said.language),
        parts=(*mrkdwn.parts(said.blocks), *pictured),
    )


def _place(one: Preview, reader: Reader) -> str:
    said = one.said
    if said.form is Form.ROOT:
        return reader.text("changes_root") if said.version else reader.text("in_channel")
    if one.view or not said.enforcement:
        return "" if one.view else reader.text("in_channel")
    if said.form is Form.UNANSWERED and said.audience is Audience.OWNER:
        return reader.text("in_channel")
    return reader.text("in_both") if said.broadcast else reader.text("in_thread")
