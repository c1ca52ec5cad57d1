"""Text from outside in Slack's mrkdwn, where it means nothing but itself."""

from __future__ import annotations

import re
import unicodedata

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


def length(text: str) -> int:
    """In UTF-16 units."""
    return len(text) + sum(ord(character) > 0xFFFF for character in text)


def _visible(character: str) -> str:
    """Control characters and marks that turn the direction of a text become spaces or nothing."""
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    return "" if category in ("Cf", "Cs", "Cn", "Co") and character != "\u200d" else character
