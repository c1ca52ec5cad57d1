"""One file of a source: whether it has to be opened, and what comes out of it.

Nothing here writes anything. What a file's own troubles are is in the result; what is raised are the
troubles of its storage.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import cached_property
from typing import BinaryIO

import polars as pl

from sendepause import storage
from sendepause.errors import BadInput, SendepauseError
from sendepause.keys import Pseudonymiser
from sendepause.model import Account, Evidence
from sendepause.settings import SourceSettings
from sendepause.sources import files, reader
from sendepause.sources.base import ReadContext
from sendepause.sources.conversion import Conversion, Place, Rules
from sendepause.sources.files import Found
from sendepause.sources.portions import ahead
from sendepause.store.queries import FileState

MAX_BYTES = 4 * 1024**3
"""A file of a source is refused above this; readers that need it whole in memory refuse earlier."""

CLOCK_SKEW = timedelta(days=1)
"""Messages dated further ahead of now are left out; a zone that was mistaken is within it."""

_NOT_THE_FILES = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE)
"""What this machine's disk or limits say: no fault of the file."""

_BY_PEOPLE = ("csv", "table")  # kinds whose columns people name
_NOTES = 30  # notes of one file that are kept
_LONGEST = 500  # characters of a reason or a note
_PLACE = 200  # characters of a place, as many as the store takes
_MEND_LINK = "Lay the file itself into the source's folder."
_MEND_FOLDER = "Name its folder after a number that is in the accounts, like +493023125101."


class Outcome(Enum):
    READ = auto()
    BROKEN = auto()
    UNCHANGED = auto()
    UNFINISHED = auto()  # somebody is writing to it: left for the next run


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of a file. ``state``: what is to be noted, if anything is."""

    outcome: Outcome
    state: FileState | None = None
    converted: Conversion | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True)
class FileReading:
    """How the files of one source are read.

    ``since``: events before it are not kept. ``now``: real time.
    """

    source: SourceSettings
    accounts: Mapping[str, Account]  # by number
    keys: Pseudonymiser
    since: datetime
    now: Callable[[], datetime]

    def look(self, file: Found, former: FileState | None) -> Looked:
        """Open a file if it is new or has changed since ``former``, and nobody is writing to it.

        :raises OSError: and whatever else the storage raises where it does not answer.
        """
        if not file.settled:
            return Looked(Outcome.UNFINISHED)
        account = self._account(file)
        basis = self._basis(account)
        if former is not None and not _serves(former, basis):
            former = None
        if former is not None and (former.size, _stamp(former)) == (file.size, file.modified):
            return Looked(Outcome.UNCHANGED)
        shown = files.shown(file, self.source.kind, self.keys, self.accounts)
        state = FileState(self.source.id, shown, "", file.size, self.now(), f"{file.modified} {basis}")
        if account is None and self.source.kind == "chat_export":
            return _broken(state, BadInput("The file lies in no account's folder.", _MEND_FOLDER))
        if not file.plain:
            return _broken(state, BadInput("It is no plain file, or a link that leads out.", _MEND_LINK))
        if file.size > MAX_BYTES:
            return _broken(
                state, BadInput(f"The file is larger than {MAX_BYTES // 1024**3} GiB.", "Split it.")
            )
        try:
            return self._open(file, account, state, former)
        except FileNotFoundError:
            return Looked(Outcome.UNFINISHED)  # taken away a moment ago
        except PermissionError:  # mended without a change to the file: without a stamp it is tried each time
            refused = BadInput("The file may not be read.", "Let the worker's user read it.")
            return _broken(replace(state, modified=""), refused)

    def _open(self, file: Found, account: str | None, state: FileState, former: FileState | None) -> Looked:
        stream, found = _opened(file)
        with stream:
            state = replace(state, hash=found)
            if former is not None and former.hash == state.hash:
                touched = former.modified.replace(_stamp(former), file.modified, 1)
                return Looked(Outcome.UNCHANGED, replace(former, modified=touched))
            if not storage.is_local(file.path) and not files.is_same(file):
                return Looked(Outcome.UNFINISHED)
            try:
                looked = self._parse(file, stream, account, state)
            except BadInput as error:
                looked = _broken(state, error)
        if storage.is_local(file.path) and not files.is_same(file):
            return Looked(Outcome.UNFINISHED)
        return looked

    def _parse(self, file: Found, stream: BinaryIO, account: str | None, state: FileState) -> Looked:
        """One file through its reader; BadInput, without a word of its content, where that fails."""
        converted, evidence = Conversion(self._place(file, account), self._rules()), None
        try:
            for portion in ahead(reader(self.source.kind)(stream, file.name, self._context(account))):
                converted.add(portion)
                evidence = portion.evidence
        except (SendepauseError, PermissionError):
            raise
        except (Exception, pl.exceptions.PanicException) as error:
            if isinstance(error, OSError) and error.errno in _NOT_THE_FILES:
                raise
            raise BadInput(
                f"Reading it failed unexpectedly ({type(error).__name__}).", "Check that it is of this kind."
            ) from None
        state = replace(state, modified=file.modified if converted.complete else state.modified)
        state = noted(state, converted)
        return Looked(Outcome.READ, state, converted, evidence)

    def of_rows(self) -> tuple[Conversion, ReadContext, str]:
        """For rows that come from no file: where their messages are gathered, what the caller knows of them,
        and what else their reading depends on."""
        account = self.source.account if self.source.account in self.accounts else None
        place = Place(self.source.id, account, "", True, self.source.kind in _BY_PEOPLE)
        return Conversion(place, self._rules()), self._context(account), self._basis(account)

    def _rules(self) -> Rules:
        return Rules(self.accounts, self.keys, self.since, self.now() + CLOCK_SKEW)

    def _place(self, file: Found, account: str | None) -> Place:
        kind = self.source.kind
        return Place(self.source.id, account, files.chat_of(file), kind != "chat_export", kind in _BY_PEOPLE)

    def _account(self, file: Found) -> str | None:
        """The account whose file it is, None where the messages themselves say it or nobody knows."""
        if self.source.account is not None:
            return self.source.account if self.source.account in self.accounts else None
        if self.source.kind != "chat_export":
            return None
        number = files.number(file.folder)
        return number if number in self.accounts else None

    def _context(self, number: str | None) -> ReadContext:
        columns, locale = self.source.columns or None, self.source.locale
        if number is None:
            return ReadContext(time_zone=self.source.time_zone or "UTC", locale=locale, columns=columns)
        account = self.accounts[number]
        names = (*account.export_names, account.name, number)
        return ReadContext(
            time_zone=self.source.time_zone or account.time_zone,
            owner=names[0],
            owner_names=names[1:],
            account=number,
            locale=locale,
            columns=columns,
        )

    def _basis(self, account: str | None) -> str:
        """What else the reading of a file depends on.

        Only a file that was broken or of which something was left out is read again when this changes.
        Others stay as they were read: the same messages at other times would stand beside the old ones.
        """
        context = self._context(account)
        names = (context.owner, *context.owner_names)
        known = "" if self.source.kind == "chat_export" else self._known
        return _short(
            [self.source.kind, account, context.time_zone, names, context.locale, context.columns, known]
        )

    @cached_property
    def _known(self) -> str:
        return _short(sorted(self.accounts))


def _opened(file: Found) -> tuple[BinaryIO, str]:
    """The file's content and its SHA-256; what is remote is brought over once."""
    if storage.is_local(file.path):
        found = storage.sha256(file.path)
        return storage.open_binary(file.path), found
    return storage.fetch(file.path, file.size)


def noted(state: FileState, converted: Conversion) -> FileState:
    """A state with what came out of the reading."""
    notes = tuple(note[:_LONGEST] for note in converted.notes()[:_NOTES])
    return replace(state, messages=converted.messages, notes=notes)


def _short(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def _stamp(state: FileState) -> str:
    """The storage's stamp; after a space follows the basis of a file that was not read in full."""
    return state.modified.partition(" ")[0]


def _serves(state: FileState, basis: str) -> bool:
    return state.modified.partition(" ")[2] in ("", basis)


def _broken(state: FileState, error: BadInput) -> Looked:
    reason = f"{error.what} {error.mend}".strip()[:_LONGEST]
    place = error.place and error.place[:_PLACE]
    return Looked(Outcome.BROKEN, replace(state, broken=True, reason=reason, place=place))
