"""Slack's blocks as the board shows them: a small, safe part of mrkdwn, and nothing of HTML.

Whatever the text says, only these become elements: bold, code, a mention, a link to http or https, and line
breaks. All else is shown as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

_MARK = re.compile(
    r"<@(?P<user>[UW][A-Z0-9]{1,40})>"
    r"|<(?P<address>https?://[^\s<>|]{1,2000})(?:\|(?P<label>[^<>\n]{0,300}))?>"
    r"|`(?P<code>[^`\n]+)`"
    r"|\*(?P<bold>[^*\n]+)\*"
    r"|(?P<line>\n)"
)


_IN_NO_ADDRESS = frozenset('"<> ')


@dataclass(frozen=True, slots=True)
class Part:
    """One block. ``kind``: title, text, small, buttons, field or picture."""

    kind: str
    text: Markup
    buttons: tuple[str, ...] = ()
    hint: str = ""


def parts(blocks: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
    """The blocks of a message or of a form, in order; kinds that Sendepause never sends are left out."""
    for block in blocks:
        match block:
            case {"type": "header", "text": {"text": str(text)}}:
                yield Part("title", _plain(text))
            case {"type": "section", "text": {"text": str(text)}}:
                yield Part("text", render(text))
            case {"type": "context", "elements": [*elements]}:
                shown = [render(one["text"]) for one in elements if isinstance(one.get("text"), str)]
                yield Part("small", Markup(" ").join(shown))
            case {"type": "actions", "elements": [*elements]}:
                yield Part("buttons", Markup(""), tuple(visible(one["text"]["text"]) for one in elements))
            case {"type": "input", "label": {"text": str(label)}}:
                options = tuple(visible(one["text"]["text"]) for one in block["element"].get("options", ()))
                hint = block.get("hint", {}).get("text", "")
                yield Part("field", _plain(label), options, visible(hint))
            case {"type": "image", "alt_text": str(text)}:
                yield Part("picture", _plain(text))


def render(text: str) -> Markup:
    """Slack's mrkdwn as HTML."""
    shown, place = [], 0
    for found in _MARK.finditer(text):
        shown += [_unescaped(text[place : found.start()]), _element(found)]
        place = found.end()
    return Markup("").join([*shown, _unescaped(text[place:])])


def visible(text: str) -> str:
    """The text without marks that turn its direction or that nobody sees: a name could pass for another."""
    return text if text.isprintable() else "".join(c for c in text if c.isprintable() or c in "\n\u200d")


def _element(found: re.Match[str]) -> Markup:
    if found["user"]:
        return Markup('<span class="mention">@{}</span>').format(found["user"])
    if found["address"]:
        return _link(found["address"], found["label"])
    if found["code"]:
        return Markup("<code>{}</code>").format(_unescaped(found["code"]))
    if found["bold"]:
        return Markup("<strong>{}</strong>").format(render(found["bold"]))
    return Markup("<br>")


def _link(address: str, label: str | None) -> Markup:
    """A link; only its label where the address names no host."""
    whole = str(_decoded(address))
    shown = _unescaped(label or address)
    try:
        host = urlsplit(whole).hostname
    except ValueError:
        host = None
    if not host or not whole.isprintable() or not _IN_NO_ADDRESS.isdisjoint(whole):
        return shown
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(whole, shown)


def _unescaped(text: str) -> Markup:
    """Text in which Slack's three escapes stand for what they mean."""
    return _plain(_decoded(text))


def _decoded(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _plain(text: str) -> Markup:
    return escape(visible(text))
