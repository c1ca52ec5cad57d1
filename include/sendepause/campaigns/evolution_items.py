"""What an Evolution API shows of its instances, bots and webhooks: ids, numbers, states, events. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from sendepause.campaigns.base import LONGEST_ID, account_of
from sendepause.model import CampaignState

# The kinds of bots, and what an update of one has to name (chatbot/*/validate/*.schema.ts).
BOTS = {
    "n8n": ("webhookUrl", "triggerType"),
    "typebot": ("url", "typebot", "triggerType"),
    "openai": ("openaiCredsId", "botType", "triggerType"),
    "dify": ("botType", "triggerType"),
    "flowise": ("apiUrl", "triggerType"),
    "evolutionBot": ("apiUrl", "triggerType"),
    "evoai": ("agentUrl", "triggerType"),
}
PLATFORM = "WHATSAPP-BUSINESS"
# Events that a webhook can be told (event.controller.ts). Their places are kept with pauses: only append.
EVENTS = (
    "APPLICATION_STARTUP",
    "QRCODE_UPDATED",
    "MESSAGES_SET",
    "MESSAGES_UPSERT",
    "MESSAGES_EDITED",
    "MESSAGES_UPDATE",
    "MESSAGES_DELETE",
    "SEND_MESSAGE",
    "SEND_MESSAGE_UPDATE",
    "CONTACTS_SET",
    "CONTACTS_UPSERT",
    "CONTACTS_UPDATE",
    "PRESENCE_UPDATE",
    "CHATS_SET",
    "CHATS_UPSERT",
    "CHATS_UPDATE",
    "CHATS_DELETE",
    "GROUPS_UPSERT",
    "GROUP_UPDATE",
    "GROUP_PARTICIPANTS_UPDATE",
    "CONNECTION_UPDATE",
    "LABELS_EDIT",
    "LABELS_ASSOCIATION",
    "CALL",
    "TYPEBOT_START",
    "TYPEBOT_CHANGE_STATUS",
    "REMOVE_INSTANCE",
    "LOGOUT_INSTANCE",
    "INSTANCE_CREATE",
    "INSTANCE_DELETE",
    "STATUS_INSTANCE",
)

Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = list[Row]


class Item(NamedTuple):
    """An id of ours, taken apart. ``kind`` and ``bot`` only of a bot; ``what`` is "" for no id of ours."""

    what: str = ""
    instance: str = ""
    kind: str = ""
    bot: str = ""


def item_of(id: str) -> Item:
    """What an id of ours names; an empty Item for any other text."""
    what, _, rest = id.partition("/")
    if what == "bot":
        kind, _, rest = rest.partition("/")
        instance, _, bot = rest.rpartition("/")  # a name may hold slashes, a bot's id does not
        item = Item(what, instance, kind, bot) if kind in BOTS and bot not in ("", ".", "..") else Item()
    else:
        item = Item(what, rest) if what in ("instance", "webhook") else Item()
    return item if item.instance not in ("", ".", "..") else Item()


def number_of(row: Row) -> str | None:
    """An instance's number, as connected or else as given when it was made; None of a phone number id."""
    if row.get("integration") == PLATFORM:
        return account_of(row["ownerJid"]) if "@" in str(row.get("ownerJid")) else None
    return account_of(row.get("ownerJid")) or account_of(row.get("number"))


def switched(enabled: object) -> CampaignState:
    """The state that ``enabled`` means; UNKNOWN for all but a truth value."""
    if not isinstance(enabled, bool):
        return CampaignState.UNKNOWN
    return CampaignState.RUNNING if enabled else CampaignState.PAUSED


def bot_state(bot: Row, settings: Row) -> CampaignState:
    """A bot that is off still runs where it is the fallback, which answers whom no other bot answers."""
    state = switched(bot.get("enabled"))
    if state is CampaignState.PAUSED and "fallbackId" not in settings:
        return CampaignState.UNKNOWN
    stands_in = settings.get("fallbackId") == bot.get("id")
    return CampaignState.RUNNING if state is CampaignState.PAUSED and stands_in else state


def version_of(events: object) -> str | None:
    """What a resume of a webhook needs: its events, in one short text. None where there are none.

    All 31 names are too long for the store's column: they are bits of a number, and new ones follow it.
    """
    if not isinstance(events, list) or not all(isinstance(event, str) and event for event in events):
        return None
    bits = sum(1 << place for place, event in enumerate(EVENTS) if event in events)
    text = ",".join([f"{bits:x}", *(event for event in events if event not in EVENTS)])
    return text if events and len(text) <= LONGEST_ID else None


def events_of(version: str | None) -> list[str]:
    """The events that a version stands for; [] where it is none of ours."""
    bits, *others = (version or "").split(",")
    try:
        number = int(bits, 16)
    except ValueError:
        return []
    return [event for place, event in enumerate(EVENTS) if number >> place & 1] + others


def rows_of(data: object) -> Rows | None:
    """The mappings of an answer that is an array; None where it is none."""
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else None
