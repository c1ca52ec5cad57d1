"""What ``cloud_api_facts`` tells, of few facts: plain Python, since columns cost 30 ms before the first row.

The receiver reads a group of calls at a time, and each caller waits for its group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sendepause.sources.cloud_api_shapes import Message, Status
from sendepause.sources.cloud_api_words import (
    LATER,
    MEDIA,
    NO_MESSAGE,
    SENT,
    TEMPLATES,
    WORDED,
    WORDLESS,
    category_of,
    code_of,
    is_from_me,
    words_of,
)
from sendepause.sources.numbers import NEWEST_MS, address, milliseconds
from sendepause.sources.text import sound

Fact = dict[str, Any]
"""One row of ``cloud_api_facts.FACTS``."""

_COMPLETED = ("campaign_id", "template", "category", "error")


def of_messages(
    found: Iterable[tuple[Message, str | None, bool, str | None]],
) -> Iterator[Fact]:
    """The facts of messages, each given with its account, whether it is the account's, and its customer."""
    for message, account, own, customer in found:
        kind = message.type or "unknown"
        if kind in NO_MESSAGE:
            continue
        account = sound(account)
        sender = address(sound(message.sender or message.from_user_id))
        own = own or is_from_me(message) or (sender is not None and sender == account)
        recipient = message.to or message.to_user_id
        side = (address(sound(recipient)) or address(sound(customer))) if own else sender
        text = sound(words_of(message))
        yield {
            "message_id": sound(message.id) or None,
            "sent_at": milliseconds(message.timestamp),
            "sender": None if own else sender,
            "own": own,
            "text": text,
            "media": kind in MEDIA,
            "system": kind == "system",
            "counterpart": address(sound(message.group_id)) or side,
            "account": account,
            "campaign_id": None,
            "template": kind == "template" if own else None,
            "category": None,
            "error": None,
            "rank": WORDLESS if text is None else WORDED,
        }


def of_statuses(found: Iterable[tuple[Status, str | None]]) -> Iterator[Fact]:
    """The facts of statuses, each given with its account."""
    for status, account in found:
        if not status.id:
            continue
        category = sound(category_of(status))
        category = category and category.lower().replace("-", "_")
        yield {
            "message_id": sound(status.id),
            "sent_at": milliseconds(status.timestamp),
            "sender": None,
            "own": True,
            "text": None,
            "media": False,
            "system": False,
            "counterpart": address(sound(status.recipient_id or status.recipient_user_id)),
            "account": sound(account),
            "campaign_id": sound(status.biz_opaque_callback_data) or None,
            "template": TEMPLATES.get(category or ""),
            "category": category,
            "error": sound(code_of(status)),
            "rank": SENT if status.status == "sent" else LATER,
        }


def one_each(facts: Iterable[Fact]) -> list[Fact]:
    """One fact a message, by the rule of ``cloud_api_facts``, in the order of those that are chosen."""
    of_message: dict[object, list[tuple[int, Fact]]] = {}
    for at, fact in enumerate(facts):
        of_message.setdefault(fact["message_id"] or at, []).append((at, fact))
    chosen = [(min(same, key=_order), same) for same in of_message.values()]
    return [_completed(fact, same) for (_, fact), same in sorted(chosen, key=lambda one: one[0][0])]


def _order(placed: tuple[int, Fact]) -> tuple[int, int, int]:
    at, fact = placed
    rank, sent_at = fact["rank"], fact["sent_at"]
    if rank < SENT:
        return rank, at, at
    return (LATER, NEWEST_MS, at) if sent_at is None else (rank, sent_at, at)


def _completed(fact: Fact, same: list[tuple[int, Fact]]) -> Fact:
    if not fact["own"] or fact["system"]:
        return fact
    for name in _COMPLETED:
        if fact[name] is None:
            known = (other[name] for _, other in same if other[name] is not None)
            fact = fact | {name: next(known, None)}
    return fact
