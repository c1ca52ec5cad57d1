"""Messages as whatsapp-web.js models them, which WAHA's engines take over.

Source of the fields: ``structures/Message.js`` and ``util/Constants.js`` of whatsapp-web.js, and
``WAMessage`` of WAHA's interface.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sendepause.sources.json_records import Record, inner, text_of
from sendepause.sources.numbers import address, is_lid

# Rows that the app wrote, rows that are no message, kinds of media, and of these the contact cards.
SYSTEM = frozenset(
    {
        "e2e_notification",
        "notification",
        "notification_template",
        "gp2",
        "group_notification",
        "broadcast_notification",
    }
)
NO_MESSAGE = frozenset(
    {
        "protocol",
        "reaction",
        "reaction_enc",
        "revoked",
        "poll_update",
        "pinned_message",
        "keep_in_chat",
        "call_log",
        "debug",
    }
)
CARDS = frozenset({"vcard", "multi_vcard"})
MEDIA = CARDS | {"image", "video", "ptv", "audio", "ptt", "document", "sticker", "album", "sticker_pack"}
# The body of a location is a picture in Base64; what could not be decrypted has none.
TEXTLESS = frozenset({"location", "live_location", "ciphertext"})
_GROUPS = ("@g.us", "@broadcast", "@newsletter")


def identity(value: Any) -> str | None:
    """A message's id, which is text or an object with ``_serialized``."""
    return text_of(value) or text_of(inner(value, "_serialized"))


def is_group(jid: Any) -> bool:
    """Whether an address is a group's, a channel's or a broadcast's."""
    return isinstance(jid, str) and jid.endswith(_GROUPS)


def chat_of(message_id: str | None) -> str | None:
    """The chat inside an id (``true_49171…@c.us_3EB0``): some engines leave ``to`` of own messages empty."""
    parts = (message_id or "").split("_")
    return parts[1] if len(parts) > 2 and "@" in parts[1] else None


def writer_of(message_id: str | None) -> str | None:
    """Who wrote it in a group, where its id ends with that (``false_1203…@g.us_3EB0_49171…@c.us``)."""
    parts = (message_id or "").split("_")
    return parts[3] if len(parts) > 3 and "@" in parts[3] else None


def numbered(jid: Any, places: Iterable[Any], names: Iterable[str]) -> Any:
    """The JID, or the number that one of ``names`` in one of ``places`` gives for a ``@lid``."""
    if not is_lid(jid):
        return jid
    names = tuple(names)
    found = (inner(place, name) for place in places for name in names)
    return next((other for other in found if isinstance(other, str) and other and not is_lid(other)), jid)


def own_number(payload: Record, own: bool, counterpart: str | None) -> str | None:
    """The account's number: an own message is from it, another one is to it. Engines that write the chat
    there, and leave the other side empty, do not name the account."""
    if not (payload.get("from") and payload.get("to")):
        return None
    number = address(payload["from"] if own else payload["to"])
    known = number is not None and number.startswith("+") and number != counterpart
    return number if known else None
