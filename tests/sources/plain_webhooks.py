"""Webhooks read the plain way, record by record, to hold the fast way against: slow, and easy to follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sendepause.sources.cloud_api_words import TEMPLATES
from sendepause.sources.json_records import inner, items, text_of
from sendepause.sources.numbers import address, milliseconds, phone
from sendepause.sources.text import strip_marks

_ENVELOPES = ("body", "json", "payload", "value", "data", "event")
_CAPTIONED = ("image", "video", "audio", "voice", "document", "sticker")
_NO_MESSAGE = ("reaction", "revoke", "edit", "ephemeral", "request_welcome")

Row = dict[str, Any]


@dataclass
class Known:
    messages: list[Row] = field(default_factory=list)
    statuses: list[Row] = field(default_factory=list)


def read_plainly(records: list[Any], owner: str = "") -> list[Row]:
    """One row a message: the columns of ``frames.MESSAGES`` but ``position``, ``sent_at`` in milliseconds."""
    known: dict[str, Known] = {}
    nameless = []
    for record in records:
        for value in _values(record):
            account = phone(inner(value, "metadata", "display_phone_number"))
            for message_id, row in _messages(value, account, owner):
                if row["sent_at"] is None:
                    continue
                if message_id:
                    known.setdefault(message_id, Known()).messages.append(row)
                else:
                    nameless.append(row)
            for status in items(value.get("statuses")):
                if message_id := text_of(status.get("id")):
                    row = _status(status, account, owner)
                    known.setdefault(message_id, Known()).statuses.append(row)
    told = [_told(message_id, facts) for message_id, facts in known.items()]
    rows = [*told, *nameless]
    return [row for row in rows if row["sent_at"] is not None]


def _values(record: Row, depth: int = 4) -> list[Row]:
    entries, value = record.get("entry"), record.get("value")
    if isinstance(entries, dict | list):
        changes = [change for entry in items(entries) for change in items(entry.get("changes"))]
        return [change["value"] for change in changes if isinstance(change.get("value"), dict)]
    if isinstance(value, dict) and "field" in record:
        return [value]
    if record.get("messaging_product") == "whatsapp" and "metadata" in record:
        return [record]
    inside = [record[name] for name in _ENVELOPES if isinstance(record.get(name), dict)] if depth else []
    return [found for one in inside for found in _values(one, depth - 1)]


def _messages(value: Row, account: str | None, owner: str) -> list[tuple[str | None, Row]]:
    found = [(message, False, None) for message in items(value.get("messages"))]
    found += [(message, True, None) for message in items(value.get("message_echoes"))]
    for history in items(value.get("history")):
        for thread in items(history.get("threads")):
            found += [(message, False, thread.get("id")) for message in items(thread.get("messages"))]
    return [
        (text_of(message.get("id")), _message(message, account, owner, own, customer))
        for message, own, customer in found
        if message.get("type") not in _NO_MESSAGE
    ]


def _message(message: Row, account: str | None, owner: str, own: bool, customer: Any) -> Row:
    kind = text_of(message.get("type"))
    sender = address(_first(message, "from", "from_user_id"))
    own = own or inner(message, "history_context", "from_me") is True
    own = own or (account is not None and sender == account)
    system = kind == "system"
    other = address(_first(message, "to", "to_user_id")) or address(customer)
    return {
        "sent_at": milliseconds(message.get("timestamp")),
        "author": None if system else (account or owner) if own else sender or "",
        "text": _text(message, kind),
        "media": kind in (*_CAPTIONED, "contacts", "media_placeholder"),
        "system": system,
        "direction": None if system else "out" if own else "in",
        "counterpart": address(message.get("group_id")) or (other if own else sender),
        "account": account,
        "message_id": text_of(message.get("id")) or None,
        "campaign_id": None,
        "template": kind == "template" if own else None,
        "category": None,
        "error": None,
    }


def _first(message: Row, *names: str) -> Any:
    return next((value for name in names if (value := _shown(message.get(name)))), None)


def _shown(value: Any) -> Any:
    return value if isinstance(value, str) else address(value)


def _text(message: Row, kind: str | None) -> str | None:
    said = message.get(kind) if kind else None
    if kind in _CAPTIONED:
        text = text_of(inner(said, "caption")) or ""
    elif kind == "contacts":
        text = ""
    elif kind in ("text", "system"):
        text = text_of(inner(said, "body"))
    elif kind in ("button", "order"):
        text = text_of(inner(said, "text"))
    elif kind == "interactive":
        ways = (("button_reply", "title"), ("list_reply", "title"), ("body", "text"))
        text = next((found for way in ways if (found := text_of(inner(said, *way))) is not None), None)
    else:
        text = None
    return None if text is None else strip_marks(text).replace("\r\n", "\n")


def _status(status: Row, account: str | None, owner: str) -> Row:
    category = text_of(inner(status, "pricing", "category"))
    category = category or text_of(inner(status, "conversation", "origin", "type")) or None
    category = category and category.lower().replace("-", "_")
    codes = (fault.get("code") for fault in items(status.get("errors")))
    return {
        "status": text_of(status.get("status")),
        "sent_at": milliseconds(status.get("timestamp")),
        "author": account or owner,
        "text": None,
        "media": False,
        "system": False,
        "direction": "out",
        "counterpart": address(_first(status, "recipient_id", "recipient_user_id")),
        "account": account,
        "message_id": text_of(status.get("id")),
        "campaign_id": text_of(status.get("biz_opaque_callback_data")) or None,
        "template": TEMPLATES.get(category or ""),
        "category": category,
        "error": next((str(code) for code in codes if _is_code(code)), None),
    }


def _is_code(code: Any) -> bool:
    return isinstance(code, int | str) and not isinstance(code, bool) and code != ""


def _told(message_id: str, known: Known) -> Row:
    """A message's first record with a text, else its first one, else its ``sent`` status, else the earliest
    one; and what the statuses tell besides, of what the account sent."""
    timed = [status for status in known.statuses if status["sent_at"] is not None]
    sent = [status for status in timed if status["status"] == "sent"] or timed or known.statuses
    worded = [message for message in known.messages if message["text"] is not None] or known.messages
    row = dict(worded[0] if worded else min(sent, key=lambda status: status["sent_at"] or 0))
    row.pop("status", None)
    if row["direction"] == "out":
        for name in ("campaign_id", "template", "category", "error"):
            others = (fact[name] for fact in known.statuses if fact[name] is not None)
            row[name] = row[name] if row[name] is not None else next(others, None)
    return row | {"message_id": message_id}
