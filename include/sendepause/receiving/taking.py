"""Signed bodies become events and are committed, in a thread of their own.

What is answered decides what Meta does: after 200 it forgets a call, after anything else it repeats it for
up to seven days. So a body that can never be read is acknowledged and counted, since repeating would not
help; one that only this version cannot take, because of a fault, is not, and neither is any while the store
is out of reach. A repeated call is harmless: its events have the same ids.
"""

from __future__ import annotations

import io
import json
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

import polars as pl

from sendepause import stages
from sendepause.errors import BadInput, SendepauseError, Unreachable
from sendepause.installation import Installation
from sendepause.keys import Pseudonymiser, check_key
from sendepause.places import configuration_folder
from sendepause.settings import RECEIVER, Settings, SourceSettings
from sendepause.sources import reader
from sendepause.sources.base import ReadContext
from sendepause.sources.conversion import Conversion, Place, Rules
from sendepause.sources.file_reading import CLOCK_SKEW
from sendepause.sources.received import FAULTY, UNREADABLE, sentences
from sendepause.store import database, received

MOST_ROWS = 10_000_000
"""So many rows wait in the store at most, about 2 GB: where nobody reads them, the ledger must not be what
fills the disk. Further calls are not acknowledged."""

LOOK_SECONDS = 1.0  # how often it is looked whether the configuration has changed
QUIET_SECONDS = 60.0  # between two lines in the log about calls that could not be taken
MOST_SENTENCES = 1_000  # different ones of a day that one process counts apart

_TELLS = re.compile(rb'"(?:messages|statuses|message_echoes|history)"')  # lists that hold messages
_FIELD = re.compile(r"[a-z0-9_]{1,60}")
_FURTHER = "messages or calls were left out for further reasons."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Basis:
    """What reading a body rests on."""

    source: SourceSettings
    settings: Settings
    keys: Pseudonymiser

    def conversion(self, now: datetime) -> Conversion:
        """An empty conversion for one group."""
        kept = timedelta(days=self.settings.policy.keep_events_days)
        rules = Rules(self.settings.account_map, self.keys, now - kept, now + CLOCK_SKEW)
        return Conversion(Place(self.source.id, self.source.account, "", names_owner=True), rules)

    def context(self) -> ReadContext:
        """What the reader is told."""
        number = self.source.account
        return ReadContext(time_zone=self.source.time_zone or "UTC", owner=number, account=number)


@dataclass(slots=True)
class _Read:
    """What a group holds: rows for the store, and what was left out of them."""

    source: str
    rows: list[dict[str, Any]]
    left_out: Counter[str]


class Taker:
    """Takes groups of bodies, one at a time. ``open_installation`` is called with the first, and again after
    a failure."""

    def __init__(self, open_installation: Callable[[], Installation]) -> None:
        self._open = open_installation
        self._installation: Installation | None = None
        self._basis: Basis | None = None
        self._lock = Lock()
        self._stamp: object = None  # of the configuration's files
        self._looked = self._counted = self._told = float("-inf")  # when last, on the monotonic clock
        self._sentences: tuple[str, set[str]] = ("", set())  # the day, and what was counted on it

    def prepare(self) -> None:
        """Make ready what the first group needs; raises where that is not possible yet."""
        self._prepared()

    def take(self, bodies: Sequence[bytes]) -> Sequence[bool]:
        """Whether each body is done with: False for what Meta is to repeat. Raises nothing."""
        try:
            basis, installation = self._prepared()
        except Exception as error:
            return self._failed(bodies, error)
        return self._take(basis, installation, bodies)

    def _take(self, basis: Basis, installation: Installation, bodies: Sequence[bytes]) -> Sequence[bool]:
        """One that makes trouble is found by halves, and costs the others nothing."""
        try:
            self._commit(installation, self._read(basis, bodies, installation.now()))
            return [True] * len(bodies)
        except (Exception, pl.exceptions.PanicException) as error:
            if isinstance(error, SendepauseError) and not isinstance(error, BadInput):
                return self._failed(bodies, error)
            trouble = error
        if len(bodies) == 1:
            return [self._give_up(basis, installation, trouble)]
        half = len(bodies) // 2
        parts = (bodies[:half], bodies[half:])
        return [safe for part in parts for safe in self._take(basis, installation, part)]

    def _failed(self, bodies: Sequence[bytes], error: BaseException) -> Sequence[bool]:
        """Nothing can be taken now: it is opened anew the next time."""
        told = error if isinstance(error, SendepauseError) else type(error).__name__
        if time.monotonic() - self._told > QUIET_SECONDS:
            log.error("Meta's calls cannot be taken, it repeats them: %s", told)
            self._told = time.monotonic()
        with self._lock:
            self._installation = self._basis = None
        return [False] * len(bodies)

    def _give_up(self, basis: Basis, installation: Installation, trouble: BaseException) -> bool:
        """One body that cannot be read is counted; acknowledged only where repeating it is of no use."""
        hopeless = isinstance(trouble, BadInput)
        said = f"{trouble.what} {trouble.place or ''}" if isinstance(trouble, BadInput) else _fault(trouble)
        log.error("One of Meta's calls cannot be read: %s", said.strip())
        left_out = Counter([UNREADABLE if hopeless else FAULTY])
        try:
            self._commit(installation, _Read(basis.source.id, [], left_out))
        except Exception as error:
            self._failed([b""], error)
            return False
        return hopeless

    def _read(self, basis: Basis, bodies: Sequence[bytes], now: datetime) -> _Read:
        telling = [body for body in bodies if _TELLS.search(body)]
        left_out = Counter(field for body in bodies if not _TELLS.search(body) for field in _others(body))
        conversion = basis.conversion(now)
        if telling:
            stream = io.BytesIO(b"\n".join(map(_one_line, telling)))
            for portion in reader("cloud_api_webhook")(stream, "webhook.jsonl", basis.context()):
                conversion.add(portion)
        for note, count in sentences(conversion.notes()):
            left_out[_plain(note)] += count
        rows = [row for part in conversion.events for row in _rows(part)]
        conversion.events.close()
        return _Read(basis.source.id, rows, left_out)

    def _commit(self, installation: Installation, read: _Read) -> None:
        day = str(installation.now().astimezone(UTC).date())
        left_out = self._bounded(day, read.left_out)
        if not (read.rows or left_out):
            return
        with database.session(installation.engine) as session:
            if time.monotonic() - self._counted > LOOK_SECONDS:
                if received.waiting(session) > MOST_ROWS:
                    raise Unreachable(
                        f"More than {MOST_ROWS} received events wait to be read.",
                        "See why sendepause_ingest does not run.",
                    )
                self._counted = time.monotonic()
            received.add(session, read.rows)
            received.add_left_out(session, read.source, day, left_out)

    def _bounded(self, day: str, counts: Counter[str]) -> Counter[str]:
        """The same counts, of no more than so many different sentences a day."""
        if self._sentences[0] != day:
            self._sentences = (day, set())
        known, bounded = self._sentences[1], Counter[str]()
        for note, count in counts.items():
            if note not in known and len(known) >= MOST_SENTENCES:
                note = _FURTHER
            known.add(note)
            bounded[note] += count
        return bounded

    def _prepared(self) -> tuple[Basis, Installation]:
        """The configuration as its files are now, within a second; the last valid one where they are not."""
        with self._lock:
            if self._installation is None:
                self._installation = self._open()
            if self._basis is None or time.monotonic() - self._looked > LOOK_SECONDS:
                stamp = _stamp_of_configuration()
                if self._basis is None or stamp != self._stamp:
                    self._basis = _basis(self._installation, self._basis)
                self._stamp, self._looked = stamp, time.monotonic()
            return self._basis, self._installation


def _basis(installation: Installation, former: Basis | None) -> Basis:
    settings, _ = installation.read_settings()
    source = next((source for source in settings.sources if source.kind == RECEIVER), None)
    if source is None:
        raise BadInput(
            "No source receives Meta's webhooks.",
            f"Add one of the kind {RECEIVER} to sources.yaml.",
            means="They are not acknowledged.",
        )
    if former is not None:
        return Basis(source, settings, former.keys)
    keys = stages.pseudonymiser()
    with database.session(installation.engine) as session:
        check_key(session, keys)
    return Basis(source, settings, keys)


def _stamp_of_configuration() -> object:
    """What changes with the files; None where they cannot be looked at."""
    try:
        found = [(path.name, path.stat()) for path in sorted(configuration_folder().iterdir())]
    except OSError:
        return None
    return [(name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in found]


def _one_line(body: bytes) -> bytes:
    """The same JSON on one line: inside its strings a line break is written as ``\\n``."""
    return body.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b" ").replace(b"\n", b" ")


def _others(body: bytes) -> Iterator[str]:
    """What a call tells of that holds no messages; BadInput where it is no call of Meta's."""
    try:
        call = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise BadInput("The JSON does not parse.") from None
    if not isinstance(call, dict):
        raise BadInput("It is no JSON object.")
    changes = _items(entry.get("changes") for entry in _items([call.get("entry")]))
    for field in {_field(change) for change in changes} or {_field({})}:
        yield f"calls told of {field}, without a message."


def _field(change: Mapping[str, Any]) -> str:
    field = change.get("field")
    return field if isinstance(field, str) and _FIELD.fullmatch(field) else "something else"


def _items(lists: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for values in lists:
        yield from (
            value for value in (values if isinstance(values, list) else []) if isinstance(value, dict)
        )


def _rows(events: pl.DataFrame) -> list[dict[str, Any]]:
    return events.with_columns(pl.col("sent_at").dt.epoch("ms")).to_dicts()


def _plain(note: str) -> str:
    """A sentence as every database takes it: a number inside it is whatever Meta's caller wrote there."""
    return "".join(c if c.isprintable() else "?" for c in note)[: received.LONGEST_NOTE]


def _fault(error: BaseException) -> str:
    """The kind of an error and where it was raised, never its words: they may quote a message."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" in {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
