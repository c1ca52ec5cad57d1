"""Reads message lists as CSV, with a header row in German or English, as Excel and CRM tools write them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import BinaryIO

import polars as pl

from sendepause.errors import BadInput
from sendepause.model import Resolution
from sendepause.sources.base import ReadContext, Reading, message_frame, take, zone
from sendepause.sources.csv_words import IN, NO, NO_MEDIA, NO_MESSAGE, OUT, ROLES, SYSTEM, YES
from sendepause.sources.dates import Numbers, as_date, order_of, to_utc
from sendepause.sources.day_periods import hour24
from sendepause.sources.gathered import own_author
from sendepause.sources.numbers import address, milliseconds
from sendepause.sources.text import comparable, decode, digits_of, plain, strip_marks

MAX_COLUMNS = 500
_COLUMN_ROLES = {name: role for role, names in ROLES.items() for name in names}

_STAMP = re.compile(
    r"(?P<a>\d{1,4})(?P<sep>[./-]) ?(?P<b>\d{1,2})[./-] ?(?P<c>\d{1,4})\.?"
    r"(?:(?:,? |T|,? um )(?P<time>.+))?"
)
_CLOCK = re.compile(
    r"(?P<before>[^\d\s]+ ?)?(?P<h>\d{1,2})[:.](?P<m>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d{1,9})?)?"
    r"(?P<after> ?(?! ?(?:Z|UTC|GMT)\b)[^\d\s+-][^\d+-]*?)?(?P<zone>Z| ?UTC| ?GMT| ?[+-]\d{2}:?\d{2})?",
)


def read(stream: BinaryIO, name: str, context: ReadContext) -> Iterator[Reading]:
    """All rows as messages. Dates and times without a zone are wall clock in the context's time zone.

    Refused whole, with its place, where a row has no readable date or more fields than the header. A CSV is
    no evidence of the account's kind: every tool can write one.
    """
    time_zone = zone(context).key
    table = _rows(decode(take(stream)))
    header = table[0][1]
    roles = _roles(header, context.columns)
    filled = [(place, fields) for place, fields in table[1:] if any(map(str.strip, fields))]
    rows = [(place, _cells(fields, roles, len(header), place)) for place, fields in filled]
    rows = [(place, cells) for place, cells in rows if _fold(cells.get("type", "")) not in NO_MESSAGE]
    in_utc = any(_fold(header[roles[role]]).endswith("utc") for role in _TIMES if role in roles)
    instants, resolution = _instants(rows, "UTC" if in_utc else time_zone)
    messages = [_message(cells, at, context) for (_, cells), at in zip(rows, instants, strict=True)]
    yield Reading(message_frame(messages), resolution, None)


_TIMES = ("sent_at", "date", "time")


def _rows(text: str) -> list[tuple[str, list[str]]]:
    """The rows with their place. The separator is the one that the header row has most of."""
    text = text.lstrip("\ufeff")
    declared = re.match(r"sep=(.)\r?\n", text)
    if declared:
        text = text[declared.end() :]
    header = text.lstrip().partition("\n")[0]
    separator = declared[1] if declared else max(";,\t", key=header.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[str, list[str]]] = []
    try:
        for fields in lines:
            if fields and (rows or any(map(str.strip, fields))):
                rows.append((f"row {len(rows) + 1}", fields))
    except csv.Error:
        raise BadInput(
            "The table is damaged: a quoted field does not end, or is too long.",
            "Export it again.",
            place=f"line {lines.line_num}",
        ) from None
    if not rows or len(rows[0][1]) > MAX_COLUMNS:
        raise BadInput("The file has no header row.", "Give a CSV whose first row names its columns.")
    return rows


def _fold(name: str) -> str:
    return re.sub(r"[\W_]", "", comparable(name))


def _roles(header: list[str], given: Mapping[str, str] | None) -> dict[str, int]:
    """Role -> column. Given names count before the usual ones; the first column of a role counts."""
    folded = [_fold(name) for name in header]
    roles: dict[str, int] = {}
    for role, name in (given or {}).items():
        if role not in ROLES or _fold(name) not in folded:
            raise BadInput(
                "The configured columns do not fit the file.",
                f"Roles are: {', '.join(ROLES)}.",
                place=f"column {role}",
            )
        roles[role] = folded.index(_fold(name))
    taken = set(roles.values())
    for column, name in enumerate(folded):
        usual = _COLUMN_ROLES.get(name)
        if usual is not None and usual not in roles and column not in taken:
            roles[usual] = column
    if not ({"sent_at", "date", "time"} & roles.keys()) or not (
        roles.keys() - set(_TIMES) - {"id", "type", "media"}
    ):
        raise BadInput(
            "The header row names no column for the date, or none for the message.",
            "Name the columns, for example: Datum;Uhrzeit;Von;An;Richtung;Nachricht.",
            place="row 1",
        )
    return roles


def _cells(fields: list[str], roles: Mapping[str, int], columns: int, place: str) -> dict[str, str]:
    """A row's fields by role. Excel leaves empty last fields away; more fields than columns are damage."""
    if any(field.strip() for field in fields[columns:]):
        raise BadInput("A row has more fields than the header.", "Put texts into quotes.", place=place)
    return {role: fields[column] if column < len(fields) else "" for role, column in roles.items()}


def _instants(rows: list[tuple[str, dict[str, str]]], time_zone: str) -> tuple[list[int], Resolution]:
    """UTC milliseconds of each row, and how fine the file tells them."""
    exact: dict[int, int] = {}
    walls: dict[int, tuple[Numbers, time, timedelta | None]] = {}
    minutes_only, separators = True, set()
    for row, (place, cells) in enumerate(rows):
        shown = plain(" ".join(cells[role] for role in _TIMES if cells.get(role, "").strip()))
        number = milliseconds(shown) if re.fullmatch(r"\d{10}(?:\d{3})?(?:\.\d+)?", shown) else None
        if number is not None:
            exact[row], minutes_only = number, False
            continue
        stamp = _STAMP.fullmatch(shown)
        clock = _clock(stamp["time"]) if stamp else None
        if stamp is None or clock is None:
            raise BadInput(
                "A row has no date and time that can be read.", "Write 31.12.2024 17:05:09.", place=place
            )
        walls[row] = ((int(stamp["a"]), int(stamp["b"]), int(stamp["c"])), clock[0], clock[1])
        minutes_only = minutes_only and not clock[2]
        separators.add((stamp["sep"], len(stamp["a"]) == 4))
    exact |= _from_walls(walls, separators, rows, time_zone)
    in_ms = any(value % 1000 for value in exact.values())
    resolution = Resolution.MIN if minutes_only and walls else Resolution.MS if in_ms else Resolution.S
    return [exact[row] for row in range(len(rows))], resolution


def _clock(text: str | None) -> tuple[time, timedelta | None, bool] | None:
    """Time, offset from UTC (None: wall clock) and whether it has seconds."""
    match = _CLOCK.fullmatch(text.strip()) if text else None
    if match is None:
        return None
    hour, minute, second = int(match["h"]), int(match["m"]), int(match["s"] or 0)
    word = (match["before"] or match["after"] or "").strip()
    if word and _fold(word) not in ("uhr", "h"):
        in_day = hour24(hour, word)
        if in_day is None:
            return None
        hour = in_day
    if hour > 23 or minute > 59 or second > 59:
        return None
    return time(hour, minute, second), _offset(match["zone"]), match["s"] is not None


def _offset(text: str | None) -> timedelta | None:
    if text is None:
        return None
    numbers = re.search(r"([+-])(\d{2}):?(\d{2})", text)
    if numbers is None:
        return timedelta()
    size = timedelta(hours=int(numbers[2]), minutes=int(numbers[3]))
    return -size if numbers[1] == "-" else size


def _from_walls(
    walls: Mapping[int, tuple[Numbers, time, timedelta | None]],
    separators: set[tuple[str, bool]],
    rows: list[tuple[str, dict[str, str]]],
    time_zone: str,
) -> dict[int, int]:
    if not walls:
        return {}
    if len({year_first for _, year_first in separators}) > 1:
        raise BadInput(
            "The dates are written in different orders.", "Write all dates alike.", place="the date column"
        )
    order = order_of(
        [numbers for numbers, _, _ in walls.values()],
        year_first=any(year_first for _, year_first in separators),
        dotted=any(separator == "." for separator, _ in separators),
        either_way=True,
    )
    naive: dict[int, datetime] = {}
    exact: dict[int, int] = {}
    for row, (numbers, clock, offset) in walls.items():
        day = as_date(numbers, order)
        if day is None:
            raise BadInput("A row has a date that does not exist.", "Correct it.", place=rows[row][0])
        wall = datetime.combine(day, clock)
        if offset is None:
            naive[row] = wall
        else:
            exact[row] = _epoch_ms((wall - offset).replace(tzinfo=UTC))
    places = list(naive)
    if len(places) > 1 and naive[places[0]] > naive[places[-1]]:
        places.reverse()  # newest first: the clock's way is from the end
    in_utc = to_utc(pl.Series([naive[place] for place in places], dtype=pl.Datetime("ms")), time_zone)
    return exact | {place: _epoch_ms(at) for place, at in zip(places, in_utc, strict=True)}


def _epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def _message(cells: Mapping[str, str], sent_at: int, context: ReadContext) -> dict[str, object]:
    kind = _fold(cells.get("type", ""))
    system = kind in SYSTEM
    sender, to, contact = (_party(cells.get(role)) for role in ("from", "to", "contact"))
    account = _party(cells.get("account"))
    direction = None if system else _direction(cells, sender, account, context)
    own = direction == "out"
    account = account or (sender if own else to if direction == "in" else None)
    author = (sender or own_author(context, account)) if own else sender or contact or ""
    text = strip_marks(cells["text"]).replace("\r\n", "\n") if "text" in cells else None
    return {
        "sent_at": sent_at,
        "author": None if system else author,
        "text": text,
        "media": not system and (kind not in NO_MEDIA or _fold(cells.get("media", "")) not in NO),
        "system": system,
        "direction": direction,
        "counterpart": contact or (to if own else sender),
        "account": account if account and digits_of(account) else None,
        "message_id": cells.get("id", "").strip() or None,
        "campaign_id": cells.get("campaign", "").strip() or None,
    }


def _party(cell: str | None) -> str | None:
    """A name or number; Excel's armour against formulas (``'+49``, ``="+49"``) is taken off."""
    shown = plain(cell or "")
    shown = re.sub(r'^="(.*)"$', r"\1", shown)
    shown = re.sub(r"^'(?=[+\d])", "", shown)
    return address(shown)


def _direction(
    cells: Mapping[str, str], sender: str | None, account: str | None, context: ReadContext
) -> str | None:
    word = _fold(cells.get("direction", ""))
    if word in OUT or word in IN:
        return "out" if word in OUT else "in"
    if "own" in cells:
        return "out" if _fold(cells["own"]) in YES else "in"
    own = [name for name in (account, context.account, context.owner, *context.owner_names) if name]
    if not own or sender is None:
        return None
    return "out" if any(_alike(sender, name) for name in own) else "in"


def _alike(one: str, other: str) -> bool:
    digits = digits_of(one)
    return comparable(one) == comparable(other) or (digits is not None and digits == digits_of(other))
