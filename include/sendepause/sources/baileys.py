"""Message contents of WhatsApp's web protocol, as gateways on Baileys write them.

Source of the fields: the protocol's ``Message`` (``WAProto.proto`` of Baileys).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sendepause.sources.json_records import inner, text_of

_ENVELOPES = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "deviceSentMessage",
    "groupMentionedMessage",
    "lottieStickerMessage",
    "botInvokeMessage",
    "associatedChildMessage",
    "groupStatusMessage",
    "groupStatusMessageV2",
)
_MEDIA = (
    "imageMessage",
    "videoMessage",
    "ptvMessage",
    "audioMessage",
    "documentMessage",
    "stickerMessage",
    "contactMessage",
    "contactsArrayMessage",
    "albumMessage",
    "stickerPackMessage",
)
_NO_MESSAGE = (
    "reactionMessage",
    "encReactionMessage",
    "protocolMessage",
    "editedMessage",
    "secretEncryptedMessage",
    "pollUpdateMessage",
    "keepInChatMessage",
    "pinInChatMessage",
    "encEventResponseMessage",
)
_TEXTS: tuple[tuple[str, ...], ...] = (
    ("conversation",),
    ("extendedTextMessage", "text"),
    ("buttonsResponseMessage", "selectedDisplayText"),
    ("templateButtonReplyMessage", "selectedDisplayText"),
    ("listResponseMessage", "title"),
    ("interactiveResponseMessage", "body", "text"),
    ("buttonsMessage", "contentText"),
    ("listMessage", "description"),
    ("interactiveMessage", "body", "text"),
    ("templateMessage", "hydratedTemplate", "hydratedContentText"),
    ("templateMessage", "hydratedFourRowTemplate", "hydratedContentText"),
    ("highlyStructuredMessage", "hydratedHsm", "hydratedTemplate", "hydratedContentText"),
    ("pollCreationMessage", "name"),
    ("pollCreationMessageV2", "name"),
    ("pollCreationMessageV3", "name"),
    ("eventMessage", "name"),
)
_KEYS_ALONE = frozenset(
    {"senderKeyDistributionMessage", "messageContextInfo", "fastRatchetKeySenderKeyDistributionMessage"}
)


@dataclass(frozen=True)
class Content:
    text: str | None
    media: bool


def content(message: Any) -> Content | None:
    """Words and media of a protocol message; None for reactions, revocations, edits, votes and keys."""
    for _ in range(8):
        envelope = next((key for key in _ENVELOPES if isinstance(inner(message, key, "message"), dict)), None)
        if envelope is None:
            break
        message = message[envelope]["message"]
    if not isinstance(message, dict):
        return Content(None, False)
    present = {key for key, value in message.items() if value is not None}
    if present & set(_NO_MESSAGE) or (present and present <= _KEYS_ALONE):
        return None
    kind = next((key for key in _MEDIA if key in present), None)
    if kind is not None:
        return Content(text_of(inner(message, kind, "caption")) or "", True)
    texts = (text_of(inner(message, *keys)) for keys in _TEXTS)
    return Content(next((text for text in texts if text is not None), None), False)


def number_of(key: Any, *names: str) -> Any:
    """The JID of a message key's ``names[0]``, or the number that its other names give for a ``@lid``."""
    jid = inner(key, names[0])
    if isinstance(jid, str) and not jid.endswith("@lid"):
        return jid
    alternatives = (inner(key, name) for name in names[1:])
    return next(
        (other for other in alternatives if isinstance(other, str) and not other.endswith("@lid")), jid
    )
