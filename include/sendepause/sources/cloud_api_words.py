"""What single records of the Cloud API say: which are messages, their words, what they were counted as."""

from __future__ import annotations

from sendepause.sources.cloud_api_shapes import Message, Status

MEDIA = frozenset(
    {"image", "video", "audio", "voice", "document", "sticker", "contacts", "media_placeholder"}
)
_CAPTIONED = frozenset({"image", "video", "audio", "voice", "document", "sticker"})
NO_MESSAGE = frozenset({"reaction", "revoke", "edit", "ephemeral", "request_welcome"})

TEMPLATES: dict[str, bool] = {
    "marketing": True,
    "marketing_lite": True,
    "utility": True,
    "authentication": True,
    "authentication_international": True,
    "business_initiated": True,  # until 2023: opened by the business, which takes a template
    "service": False,
    "user_initiated": False,
    "referral_conversion": False,
    "free_entry_point": False,
    "free_customer_service": False,
}
"""Whether a message of a pricing category (or of a conversation's origin, in older versions) is a template.

Source: Meta's references of the status webhook and of pricing, of 2022, 2023 and July 2025."""

WORDED, WORDLESS, SENT, LATER = range(4)
"""Which fact of a message tells its time and words: itself with a text, without one, then its statuses."""


def is_from_me(message: Message) -> bool:
    return message.history_context is not None and message.history_context.from_me is True


def words_of(message: Message) -> str | None:
    kind = message.type
    if kind == "text":
        return message.text.body if message.text is not None else None
    if kind in _CAPTIONED:
        captioned = getattr(message, kind)
        return (captioned.caption if captioned is not None else None) or ""
    match kind:
        case "contacts":
            return ""
        case "system":
            return message.system.body if message.system is not None else None
        case "button" | "order":
            said = message.button if kind == "button" else message.order
            return said.text if said is not None else None
        case "interactive" if (shown := message.interactive) is not None:
            titles = (reply.title for reply in (shown.button_reply, shown.list_reply) if reply is not None)
            body = shown.body.text if shown.body is not None else None  # of what the business sent itself
            return next((title for title in titles if title is not None), body)
    return None


def category_of(status: Status) -> str | None:
    """The pricing category, else that of the conversation (which newer versions leave out)."""
    if status.pricing is not None and status.pricing.category:
        return status.pricing.category
    origin = status.conversation and status.conversation.origin
    return (origin and origin.type) or None


def code_of(status: Status) -> str | None:
    if status.errors is None:
        return None
    return next((str(fault.code) for fault in status.errors if fault.code not in (None, "")), None)
