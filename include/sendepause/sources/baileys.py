"""Messages of WhatsApp's web protocol, as Baileys and the gateways built on it write them.

Source of the fields: the protocol's ``WebMessageInfo`` and ``Message`` (``WAProto.proto`` of Baileys), and
``MessageKey`` of Baileys 6 and 7 (``senderPn``, ``participantPn``, later ``remoteJidAlt``,
``participantAlt``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sendepause.sources.base import ReadContext
from sendepause.sources.envelopes import as_json
from sendepause.sources.gathered import Message, own_author
from sendepause.sources.json_records import Record, inner, text_of
from sendepause.sources.numbers import address, is_lid, milliseconds

_ENVELOPES = frozenset(
    {
        "ephemeralMessage",
        "viewOnceMessage",
        "viewOnceMessageV2",
        "viewOnceMessageV2Extension",
        "documentWithCaptionMessage",
        "deviceSentMessage",
        "groupMentionedMessage",
        "lottieStickerMessage",
        "botInvokeMessage",
        "botTaskMessage",
        "botForwardedMessage",
        "associatedChildMessage",
        "commentMessage",
        "eventCoverImage",
        "groupStatusMessage",
        "groupStatusMessageV2",
        "groupStatusMentionMessage",
        "statusMentionMessage",
        "limitSharingMessage",
        "questionMessage",
        "pollCreationMessageV4",
    }
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
_NO_MESSAGE = frozenset(
    {
        "reactionMessage",
        "encReactionMessage",
        "protocolMessage",
        "editedMessage",
        "secretEncryptedMessage",
        "pollUpdateMessage",
        "keepInChatMessage",
        "pinInChatMessage",
        "encEventResponseMessage",
        "callLogMesssage",  # spelled so in the protocol
        "bcallMessage",
    }
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
    ("templateMessage", "interactiveMessageTemplate", "body", "text"),
    ("highlyStructuredMessage", "hydratedHsm", "hydratedTemplate", "hydratedContentText"),
    ("pollCreationMessage", "name"),
    ("pollCreationMessageV2", "name"),
    ("pollCreationMessageV3", "name"),
    ("pollCreationMessageV5", "name"),
    ("eventMessage", "name"),
    ("groupInviteMessage", "caption"),
    ("liveLocationMessage", "caption"),
    ("orderMessage", "message"),
)
# Where buttons and templates keep the picture, film or document that stands above their text.
_HEADERS: tuple[tuple[str, ...], ...] = (
    ("buttonsMessage",),
    ("interactiveMessage", "header"),
    ("templateMessage", "hydratedTemplate"),
    ("templateMessage", "hydratedFourRowTemplate"),
)
_KEYS_ALONE = frozenset(
    {"senderKeyDistributionMessage", "messageContextInfo", "fastRatchetKeySenderKeyDistributionMessage"}
)
_REVOKED = (1, "REVOKE")  # stubs: what was left of a message that was deleted for all,
_CIPHERTEXT = (2, "CIPHERTEXT")  # and of one that could not be decrypted yet


@dataclass(frozen=True)
class Content:
    text: str | None
    media: bool


def content(message: Any, kind: str | None = None) -> Content | None:
    """Words and media of a protocol message; None for reactions, revocations, edits, votes, calls and keys.

    ``kind``: the name of its field, where a record tells it beside a content that it may lack.
    """
    for _ in range(8):
        inside = _inside(message)
        if inside is None:
            break
        message = inside
    present = (
        {key for key, value in message.items() if value is not None} if isinstance(message, dict) else ()
    )
    if not present:
        return None if kind in _NO_MESSAGE else Content(None, kind in _MEDIA)
    if not _NO_MESSAGE.isdisjoint(present) or _KEYS_ALONE.issuperset(present):
        return None
    media = next((key for key in _MEDIA if key in present), None)
    if media is not None:
        return Content(text_of(inner(message, media, "caption")) or "", True)
    texts = (text_of(inner(message, *keys)) for keys in _TEXTS if keys[0] in present)
    headers = (inner(message, *keys) for keys in _HEADERS if keys[0] in present)
    with_file = any(isinstance(inner(header, kind), dict) for header in headers for kind in _MEDIA)
    return Content(next((text for text in texts if text is not None), None), with_file)


def _inside(message: Any) -> Record | None:
    """The message in an envelope; None where it is in none."""
    for key in message if isinstance(message, dict) else ():
        if key in _ENVELOPES and isinstance(inside := inner(message, key, "message"), dict):
            return inside
    return None


def number_of(key: Any, *names: str) -> Any:
    """The JID of a message key's ``names[0]``, or the number that its other names give for a ``@lid``."""
    jid = inner(key, names[0])
    if isinstance(jid, str) and jid and not is_lid(jid):
        return jid
    others = (inner(key, name) for name in names[1:])
    return next((other for other in others if isinstance(other, str) and other and not is_lid(other)), jid)


def is_web_message(record: Record) -> bool:
    """Whether a record is a message of the web protocol: it has its key, as an object or as JSON text."""
    return isinstance(inner(as_json(record.get("key")), "remoteJid"), str)


def message_of(record: Record, account: str | None, context: ReadContext) -> Message | None:
    """A ``WebMessageInfo`` as a message; None for what is none. ``account``: the number it was sent from or
    came to, where something around it tells."""
    key = as_json(record.get("key"))
    said = content(as_json(record.get("message")), text_of(record.get("messageType")))
    stub = record.get("messageStubType")
    bare = said is not None and said.text is None and not said.media
    if said is None or (bare and stub in _REVOKED) or "update" in record:
        return None
    system = bool(stub) and stub not in _CIPHERTEXT and not record.get("message")
    names = {**_beside(record), **{name: value for name, value in key.items() if value}}
    own = key.get("fromMe") in (True, 1)
    author, counterpart, writer = _parties(names, own)
    account = account or (writer if own and writer and writer.startswith("+") else None)
    return Message(
        sent_at=milliseconds(record.get("messageTimestamp")),
        author=None if system else own_author(context, account) if own else author,
        text=said.text,
        media=said.media and not system,
        system=system,
        direction=None if system else "out" if own else "in",
        counterpart=counterpart,
        account=account,
        message_id=text_of(key.get("id")) or None,
    )


_NAMES = ("remoteJidAlt", "participant", "participantAlt", "participantPn", "senderPn")


def _beside(record: Record) -> Record:
    """The addresses that some versions write beside the key."""
    return {name: record[name] for name in _NAMES if record.get(name)}


def _parties(names: Record, own: bool) -> tuple[str, str | None, str | None]:
    """Author of an incoming message, counterpart, and who wrote it in a group."""
    others = ("remoteJidAlt",) if own else ("senderPn", "remoteJidAlt")  # senderPn is the own number there
    chat = address(number_of(names, "remoteJid", *others))
    in_group = str(names.get("remoteJid")).endswith(("@g.us", "@broadcast"))
    writer = None
    if in_group:
        writer = address(number_of(names, "participant", "participantAlt", "participantPn", "senderPn"))
    return writer or chat or "", chat, writer
