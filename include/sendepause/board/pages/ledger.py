"""Everything that was done: searched, filtered, its chain verified, and as a file to keep."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from sendepause.board import lines, rendering, texts
from sendepause.board.lines import EntryLine, Option
from sendepause.board.rendering import language_of
from sendepause.board.source import Desk, Source
from sendepause.board.tables import csv_of, file
from sendepause.model import EntryKind
from sendepause.store import ledger
from sendepause.store.ledger import Entry

ROWS = 50


class Choice(BaseModel, frozen=True):
    """Which entries the reader wants; what is none of the choices counts as all.

    ``q``: words in the subject's name, the author or the details. ``since``, ``until``: days in the
    operators' zone, both included. ``before``: only older entries than this number. ``whole``: compute all
    of the chain again.
    """

    q: str = Field("", max_length=200)
    kind: str = ""
    author: str = ""
    since: str = ""
    until: str = ""
    before: int = 0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything on the page, in words."""

    as_of: str
    entries: tuple[EntryLine, ...]
    older: int  # the number to go on before; 0: these are the last
    head: Entry | None
    whole: bool
    verified: str
    again: bool  # whether computing the whole chain again would tell more
    kinds: tuple[Option, ...]
    authors: tuple[Option, ...]
    choice: Choice


def router(source: Source) -> APIRouter:
    """The page, and its entries as CSV and as JSON Lines with their hashes."""
    routes = APIRouter()

    @routes.get("/ledger")
    def page(request: Request, choice: Annotated[Choice, Query()]) -> Response:
        language = language_of(request)
        with source.desk(language) as desk:
            shown = of_choice(desk, choice)
        return rendering.page(request, "ledger.html", language, shown=shown, here="ledger")

    @routes.get("/ledger.csv")
    def table(request: Request, choice: Annotated[Choice, Query()]) -> Response:
        with source.desk(language_of(request)) as desk:
            content = csv_of(_rows(desk, choice))
        return file(content, "ledger.csv", desk.reader.now)

    @routes.get("/ledger.jsonl")
    def chain(request: Request, choice: Annotated[Choice, Query()]) -> Response:
        with source.desk(language_of(request)) as desk:
            content = "".join(f"{json.dumps(_plain(entry))}\n" for entry in found(desk, choice))
        return file(content, "ledger.jsonl", desk.reader.now, "application/jsonl")

    return routes


def of_choice(desk: Desk, choice: Choice) -> Ledger:
    """The page's entries, the newest first."""
    session, seen, reader = desk.session, desk.seen, desk.reader
    shown: list[Entry] = []
    for entry in found(desk, choice):
        if len(shown) > ROWS:
            break
        shown.append(entry)
    proof = desk.chain.computed(session, reader.now, whole=choice.whole)
    kinds = {str(kind): texts.label(kind, reader.language) for kind in EntryKind}
    return Ledger(
        as_of=reader.text("as_of", moment=reader.long(reader.now), zone=reader.zone),
        entries=tuple(lines.entry_line(seen, entry, reader) for entry in shown[:ROWS]),
        older=shown[ROWS - 1].seq if len(shown) > ROWS else 0,
        head=proof.head,
        whole=proof.broken is None,
        verified=lines.chain(proof, reader),
        again=not proof.whole,
        kinds=(
            Option("", reader.text("everything"), choice.kind not in kinds),
            *(Option(kind, label, kind == choice.kind) for kind, label in kinds.items()),
        ),
        authors=(
            Option("", reader.text("everybody"), not choice.author),
            *(Option(one, one, one == choice.author) for one in ledger.authors(session)),
        ),
        choice=choice,
    )


def found(desk: Desk, choice: Choice) -> Iterator[Entry]:
    """The entries that fit the choice, the newest first."""
    zone = desk.reader.zone
    until = _begin(choice.until, zone, days=1)
    entries = ledger.search(
        desk.session,
        kinds=[EntryKind(choice.kind)] if choice.kind in set(EntryKind) else None,
        author=choice.author or None,
        since=_begin(choice.since, zone),
        until=until,
        before_seq=choice.before or None,
    )
    wanted = choice.q.casefold().split()
    for entry in entries:
        told = lines.entry_words(desk.seen, entry, desk.reader).casefold() if wanted else ""
        if all(word in told for word in wanted):
            yield entry


def _begin(day: str, zone: str, days: int = 0) -> datetime | None:
    """When a day (ISO), or one so many days later, begins; None for what is no day."""
    try:
        first = date.fromisoformat(day) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(first, time(), ZoneInfo(zone)).astimezone(UTC)


def _rows(desk: Desk, choice: Choice) -> Iterator[Sequence[str]]:
    names = ("seq", "at", "as_of", "author", "kind", "subject", "enforcement", "facts", "hash")
    yield names
    for entry in found(desk, choice):
        plain = {**_plain(entry), "facts": json.dumps(entry.facts, sort_keys=True)}
        yield [str(plain[name]) for name in names]


def _plain(entry: Entry) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "as_of": entry.as_of.isoformat(),
        "author": entry.author,
        "kind": str(entry.kind),
        "subject": entry.subject,
        "enforcement": entry.enforcement,
        "facts": entry.facts,
        "once": entry.once,
        "previous": entry.previous,
        "hash": entry.hash,
    }
