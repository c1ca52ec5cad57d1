"""Text from outside in Slack's mrkdwn, where it means nothing but itself; and the blocks that hold it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import quote, urlsplit

import phonenumbers

_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    # Slack's mrkdwn has no escape for its own marks, so look-alikes stand in for them
    "*": "∗",
    "~": "∼",
    "`": "ˋ",
}
_LOOSE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # not inside a word, where it marks nothing
_CALL = re.compile(r"@(?=channel|here|everyone|group)", re.IGNORECASE)
_MENTIONED = 10
_USER = re.compile(r"[UW][A-Z0-9]{2,20}")
_IN_AN_ADDRESS = "/?:@&=+$,;#%[]!'()-._"  # quoted is what could end a link, or mark something
_LONGEST_ADDRESS = 400
_JOINER = (
    "\u2060"  # an invisible mark that keeps a word whole, and Slack from seeing a mention or a link in it
)


def safe(value: object, limit: int = 200) -> str:
    """Text from outside as mrkdwn that means nothing but itself, on one line, at most ``limit`` long.

    ``limit`` counts UTF-16 units after escaping, which is the strictest way in which Slack may count.
    """
    line = " ".join("".join(map(_visible, str(value))).split())
    line = _CALL.sub(f"@{_JOINER}", _LOOSE_UNDERSCORE.sub("＿", line)).replace("://", f":{_JOINER}//")
    kept: list[str] = []
    used = 0
    for character in line:
        piece = _ESCAPES.get(character, character)
        used += length(piece)
        if used > limit - 1:
            return "".join(kept) + "…"
        kept.append(piece)
    return "".join(kept)


def number_in_words(number: str) -> str:
    """An E.164 number as people write it; anything else is only made safe."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return safe(number, 40)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def mentions(users: Iterable[str]) -> str:
    """Slack's marks that tell these users of a message; "" for none. What is no user's id is left out."""
    known = (f"<@{user}>" for user in dict.fromkeys(users) if _USER.fullmatch(user))
    return " ".join(islice(known, _MENTIONED))


def link(address: object, label: str) -> str:
    """A link under a label of our own; "" for anything but a plain web address of bounded length."""
    try:
        whole = quote(str(address), safe=_IN_AN_ADDRESS)
        parts = urlsplit(whole)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return ""
    return f"<{whole.replace('&', '&amp;')}|{label}>" if known and len(whole) <= _LONGEST_ADDRESS else ""


def unmarked(text: str) -> str:
    """The text without our own marks for bold and code, which a screen reader would read out."""
    return text.replace("*", "").replace("`", "")  # those of other people were replaced by ``safe``


def header(text: str) -> dict[str, Any]:
    """A title of our own words."""
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def section(text: str) -> dict[str, Any]:
    """A paragraph."""
    return {"type": "section", "text": _mrkdwn(text)}


def context(text: str) -> dict[str, Any]:
    """A paragraph in smaller type."""
    return {"type": "context", "elements": [_mrkdwn(text)]}


def length(text: str) -> int:
    """In UTF-16 units."""
    return len(text) + sum(ord(character) > 0xFFFF for character in text)


def _visible(character: str) -> str:
    """Control characters and marks that turn the direction of a text become spaces or nothing."""
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    return "" if category in ("Cf", "Cs", "Cn", "Co") and character != "\u200d" else character


def _mrkdwn(text: str) -> dict[str, Any]:
    # verbatim: Slack makes no links, channels or mentions of words that merely look like them
    return {"type": "mrkdwn", "text": text, "verbatim": True}
