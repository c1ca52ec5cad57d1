"""The story as Markdown: each step with its date and hour by its reader's clock, and the message in Slack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sendepause import countdown, words
from sendepause.alerts import buttons
from sendepause.alerts.previews import Said
from sendepause.example.campaigns import JOBS
from sendepause.model import Audience, Form, Language
from sendepause.settings import Settings
from sendepause.story.paths import PATHS
from sendepause.story.scenes import CASTS, RULE, Cast, Path, Told, put_on, settings_of
from sendepause.words import Both

_NUMBER = Both("Schritt {}", "Step {}")
_WHERE = {
    "root": Both("beginnt den Thread im Kanal von {owner}", "begins the thread in {owner}’s channel"),
    "changed": Both(
        "die erste Mitteilung des Threads, geändert; niemand wird dafür benachrichtigt",
        "the first message of the thread, changed; nobody is notified of it",
    ),
    "broadcast": Both("im Thread, auch im Kanal zu sehen", "in the thread, shown in the channel, too"),
    "thread": Both("im Thread", "in the thread"),
    "answered": Both("unter der Mitteilung steht jetzt", "below the message it says now"),
    "backup": Both("im Kanal der Vertretung", "in the backup channel"),
    "operators": Both("im Kanal des Betriebsteams", "in the operators’ channel"),
}
_FORM = Both(
    "„Aufschub beantragen“ unter der Mitteilung öffnet dieses Formular:",
    "“Request a hold” below the message opens this form:",
)
_BESIDES = Both("Außerdem in dieser Zeit", "Besides, in this time")
_BOLD = re.compile(r"\*([^*\n]+)\*")
_USER = re.compile(r"<@([UW][A-Z0-9]+)>")
_LINK = re.compile(r"<(https?://[^|>\s]+)\|([^>]*)>")


def story(language: Language) -> str:
    """All paths, as Markdown from the third heading on."""
    cast = CASTS[language]
    return "\n".join(line for path in PATHS for line in _path(path, cast))


def _path(path: Path, cast: Cast) -> Iterator[str]:
    settings = settings_of(cast)
    told, rest = put_on(path, cast)
    values = _values(settings, cast)
    yield f"### {path.title.in_(cast.language)}\n"
    if path.intro:
        yield f"{path.intro.in_(cast.language).format(**values)}\n"
    for number, one in enumerate(told, start=1):
        yield from _step(number, one, settings, cast, values)
    if rest:
        yield f"{_BESIDES.in_(cast.language)}: {_listed(rest, settings, cast)}.\n"


def _values(settings: Settings, cast: Cast) -> dict[str, str]:
    """What the headings and their sentences name."""
    return {
        "owner": settings.owner_map()[cast.owner].name.partition(",")[0],
        "account": settings.account_map[cast.number].name,
        "campaign": next(job.name for job in JOBS if job.id == cast.campaign),
        "person": cast.person,
    }


def _step(
    number: int, told: Told, settings: Settings, cast: Cast, values: Mapping[str, str]
) -> Iterator[str]:
    chapter, said, language = told.chapter, told.said, cast.language
    yield f"#### {number}. {chapter.heading.in_(language).format(**values)}\n"
    if chapter.about:
        yield f"{chapter.about.in_(language).format(**values)}\n"
    if chapter.hold_form:
        yield f"{_FORM.in_(language)}\n"
        yield from _quoted(_form(told, settings, cast), values)
    when = words.moment(told.at, said.time_zone, language)
    yield f"*{when}, {_WHERE[_where(told)].in_(language).format(**values)}:*\n"
    yield from _quoted(_below(said.blocks) if chapter.answered else said.blocks, values)


def _where(told: Told) -> str:
    said = told.said
    if said.form is Form.ROOT:
        return "changed" if said.version else "root"
    if told.chapter.answered:
        return "answered"
    if said.audience is Audience.OPERATORS:
        return "operators"
    if said.form is Form.UNANSWERED:
        return "backup"
    return "broadcast" if said.broadcast else "thread"


def _below(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What an answer added before the foot, and the buttons that are left."""
    last = -3 if blocks[-2].get("type") == "actions" else -2
    return [*blocks[last:-1]]


def _form(told: Told, settings: Settings, cast: Cast) -> list[dict[str, Any]]:
    rule, margin = settings.rule_map[RULE], settings.policy.hold_margin_hours
    until = countdown.in_utc(countdown.begins_at(rule)) - timedelta(hours=margin)
    name = _values(settings, cast)["campaign"]
    view = buttons.form(told.said.delivery, [(1, name)], until, cast.language, told.said.time_zone)
    below = {"type": "actions", "elements": [{"text": view["submit"]}, {"text": view["close"]}]}
    return [{"type": "header", "text": view["title"]}, *view["blocks"], below]


def _listed(rest: Sequence[tuple[datetime, Said]], settings: Settings, cast: Cast) -> str:
    """Title and moments of what else its owner was told."""
    owner, moments = settings.owner_map()[cast.owner], dict[str, list[str]]()
    for at, said in rest:
        title = said.blocks[0]["text"]["text"]
        moments.setdefault(title, []).append(words.moment(at, owner.time_zone, cast.language))
    return "; ".join(f"„{title}“ ({', '.join(found)})" for title, found in moments.items())


def _quoted(blocks: Sequence[dict[str, Any]], values: Mapping[str, str]) -> Iterator[str]:
    """A message as a quotation: lines of a block end hard, blocks are paragraphs."""
    paragraphs = [list(_lines(block, values)) for block in blocks]
    yield "\n>\n".join("  \n".join(f"> {line}" for line in lines) for lines in paragraphs if lines)
    yield ""


def _lines(block: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[str]:
    match block:
        case {"type": "header", "text": {"text": text}}:
            yield f"**{text}**"
        case {"type": "section", "text": {"text": text}}:
            yield from _markdown(text, values).splitlines()
        case {"type": "context", "elements": [*elements]}:
            for element in elements:
                yield from (f"<sub>{line}</sub>" for line in _markdown(element["text"], values).splitlines())
        case {"type": "actions", "elements": [*elements]}:
            yield " ".join(f"`[ {element['text']['text']} ]`" for element in elements)
        case {"type": "input", "label": {"text": label}}:
            shown = [option["text"]["text"] for option in block["element"].get("options", [])]
            yield f"**{label}**" + (f" {shown[0]}" if len(shown) == 1 else "")
            yield from (f"<sub>{block['hint']['text']}</sub>",) if "hint" in block else ()


def _markdown(text: str, values: Mapping[str, str]) -> str:
    """Slack's mrkdwn as Markdown: one star for bold is two there, users and links are written otherwise."""
    named = _USER.sub(f"@{values['owner']}", text)
    return _BOLD.sub(r"**\1**", _LINK.sub(r"[\2](\1)", named))
