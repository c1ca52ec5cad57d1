"""The example's files, in the shapes of real ones: chat exports, webhook lines, a tool's lists."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from sendepause.example.company import Phone
from sendepause.example.traffic import Message, spoken
from sendepause.example.words import Customer
from sendepause.model import Account, Direction, Language

TOOL_ZONE = ZoneInfo("Europe/Berlin")  # as sources.yaml says
TOOL_COLUMNS = ("Datum", "Uhrzeit", "Von", "An", "Richtung", "Nachricht", "Kampagne")
_MARK = "\u200e"  # WhatsApp puts it before what the app itself wrote on an iPhone
_ZIP_DATE = (2020, 1, 1, 0, 0, 0)  # fixed, so that the same seed gives the same bytes
_ENCRYPTED = {
    Language.DE: "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Nur Personen in diesem Chat "
    "können sie lesen, anhören oder teilen.",
    Language.EN: "Messages and calls are end-to-end encrypted. Only people in this chat can read, listen "
    "to, or share them.",
}
_PICTURE = {
    (Phone.ANDROID, Language.DE): "<Medien ausgeschlossen>",
    (Phone.ANDROID, Language.EN): "<Media omitted>",
    (Phone.IOS, Language.DE): "Bild weggelassen",
    (Phone.IOS, Language.EN): "image omitted",
}
_STAMP = {
    (Phone.ANDROID, Language.DE): "%d.%m.%y, %H:%M",
    (Phone.ANDROID, Language.EN): "%d/%m/%Y, %H:%M",
    (Phone.IOS, Language.DE): "%d.%m.%y, %H:%M:%S",
    (Phone.IOS, Language.EN): "%d/%m/%Y, %H:%M:%S",
}
_NAME = {
    (Phone.ANDROID, Language.DE): "WhatsApp Chat mit {}.txt",
    (Phone.ANDROID, Language.EN): "WhatsApp Chat with {}.txt",
    (Phone.IOS, Language.DE): "WhatsApp Chat - {}.zip",
    (Phone.IOS, Language.EN): "WhatsApp Chat - {}.zip",
}


def chat_exports(folder: Path, account: Account, phone: Phone, messages: Iterable[Message]) -> None:
    """One export for each chat of the account, below ``folder/NUMBER``, as its phone writes them."""
    language = spoken(account)
    chats: dict[Customer, list[Message]] = defaultdict(list)
    for message in messages:
        chats[message.customer].append(message)
    for customer, chat in chats.items():
        text = _chat(account, phone, language, customer, chat)
        name = _NAME[phone, language].format(customer.name)
        _write(folder / account.number / name, _zipped(text) if phone is Phone.IOS else text.encode())


def damaged_export(folder: Path, account: Account, name: str) -> None:
    """An archive whose upload broke off: no directory at its end."""
    lines = "".join(f"[01.11.25, 10:00:{second:02}] {name}: Teil {second}\r\n" for second in range(60))
    whole = _zipped(lines)
    _write(folder / account.number / f"WhatsApp Chat - {name}.zip", whole[: len(whole) // 2])


def tool_lists(folder: Path, messages: Iterable[tuple[Account, Message]]) -> None:
    """One list a calendar week of all accounts' sends and replies, as German Excel saves them."""
    rows = sorted(messages, key=lambda entry: entry[1].at)
    for (year, week), entries in groupby(rows, key=lambda entry: _week(entry[1].at)):
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(TOOL_COLUMNS)
        writer.writerows(_row(account, message) for account, message in entries)
        _write(folder / f"Versandliste {year}-KW{week:02}.csv", text.getvalue().encode("utf-8-sig"))


def webhooks(folder: Path, messages: Iterable[tuple[Account, Message]]) -> None:
    """One file a UTC day with the Platform's webhooks, one a line, in the order in which they happened."""
    hooks = sorted(hook for account, message in messages for hook in _hooks(account, message))
    for day, entries in groupby(hooks, key=lambda hook: datetime.fromtimestamp(hook[0], UTC).date()):
        lines = "".join(f"{line}\n" for _, line in entries)
        _write(folder / f"{day.isoformat()}.jsonl", lines.encode())


def _chat(
    account: Account, phone: Phone, language: Language, customer: Customer, messages: list[Message]
) -> str:
    zone = ZoneInfo(account.time_zone)
    stamp = _STAMP[phone, language]
    # Chats are older than our four weeks. A day above 12 also settles the order of day and month.
    begun = messages[0].at.astimezone(zone).replace(month=3, day=28) - timedelta(days=365)
    notice = _line(phone, begun.strftime(stamp), customer.name, _ENCRYPTED[language], by_app=True)
    return notice + "".join(
        _line(
            phone,
            message.at.astimezone(zone).strftime(stamp),
            account.export_names[0] if message.direction is Direction.OUT else customer.name,
            _PICTURE[phone, language] if message.text is None else message.text,
            by_app=message.text is None,
        )
        for message in messages
    )


def _line(phone: Phone, stamp: str, author: str, text: str, *, by_app: bool) -> str:
    if phone is Phone.IOS:
        mark = _MARK if by_app else ""
        return f"{mark if text in _PICTURE.values() else ''}[{stamp}] {author}: {mark}{text}\n"
    if text in _ENCRYPTED.values():
        return f"{stamp} - {text}\n"
    return f"{stamp} - {author}: {text}\n"


def _row(account: Account, message: Message) -> tuple[str, ...]:
    at = message.at.astimezone(TOOL_ZONE)
    out = message.direction is Direction.OUT
    sides = (account.number, message.customer.number)
    return (
        at.strftime("%d.%m.%Y"),
        at.strftime("%H:%M:%S"),
        *(sides if out else reversed(sides)),
        "ausgehend" if out else "eingehend",
        message.text or "",
        message.campaign or "",
    )


def _week(moment: datetime) -> tuple[int, int]:
    year, week, _ = moment.astimezone(TOOL_ZONE).isocalendar()
    return year, week


def _hooks(account: Account, message: Message) -> Iterator[tuple[float, str]]:
    """The webhooks of one message: itself if a customer wrote it, else its way from sent to delivered."""
    at = message.at.timestamp()
    digits = message.customer.number.removeprefix("+")
    id = "wamid." + sha256(f"{account.number} {at} {digits} {message.direction}".encode()).hexdigest()[:24]
    if message.direction is Direction.IN:
        profile = {"profile": {"name": message.customer.name}, "wa_id": digits}
        body = {"from": digits, "id": id, "timestamp": str(int(at)), "type": "text"}
        yield (
            at,
            _hook(account, {"contacts": [profile], "messages": [body | {"text": {"body": message.text}}]}),
        )
        return
    for status, later in (("sent", 0), ("delivered", 2)):
        entry = {"id": id, "status": status, "timestamp": str(int(at + later)), "recipient_id": digits}
        yield at + later, _hook(account, {"statuses": [entry]})


def _hook(account: Account, value: dict[str, object]) -> str:
    digits = account.number.removeprefix("+")
    metadata = {"display_phone_number": digits, "phone_number_id": f"1{digits}"}
    change = {"value": {"messaging_product": "whatsapp", "metadata": metadata, **value}, "field": "messages"}
    entry = {"id": f"2{digits}", "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}, ensure_ascii=False)


def _zipped(chat: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("_chat.txt", _ZIP_DATE), chat, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
