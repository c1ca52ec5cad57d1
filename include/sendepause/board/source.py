"""What the pages are made from: the installation, opened once it can be, and one moment of its store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from sendepause.board.chain import Chain
from sendepause.board.seen import Look, Reader, Seen, look
from sendepause.configuration import BadConfiguration
from sendepause.installation import Installation
from sendepause.model import Language
from sendepause.places import configuration_folder
from sendepause.settings import Settings
from sendepause.store import database
from sendepause.store.database import Session


@dataclass(frozen=True, slots=True)
class Desk:
    """One moment of the store, laid out for one reader. It is read only, and closed with its page.

    ``trouble``: what is wrong with the configuration's files while the last valid one is in force.
    """

    installation: Installation
    settings: Settings
    trouble: BadConfiguration | None
    session: Session
    seen: Seen
    reader: Reader
    chain: Chain


class Source:
    """The installation, opened once it can be, and its configuration, read again when a file changes."""

    def __init__(self, open_installation: Callable[[], Installation]) -> None:
        self._open = open_installation
        self._lock, self._looking = Lock(), Lock()
        self._installation: Installation | None = None
        self._look: Look | None = None
        self._chain = Chain()
        self._settings: tuple[object, Settings, BadConfiguration | None] | None = None

    @contextmanager
    def desk(self, language: Language) -> Iterator[Desk]:
        """The store now. What is large is kept from page to page until a stage has changed it.

        :raises SendepauseError: where the store or the configuration cannot be used; it says what to do.
        """
        installation = self.opened()
        try:
            with self._looking:  # who comes meanwhile waits for what is read, and need not read it again
                settings, trouble = self.settings()
            now = installation.now()
            reader = Reader(language, settings.operators.time_zone, now)
            with database.session(installation.engine, write=False) as session:
                with self._looking:
                    found = self._look = look(session, settings, now, self._look)
                yield Desk(installation, settings, trouble, session, found.seen, reader, self._chain)
        except Exception:
            self._forget()
            self.opened()  # where the store is the matter, this says so better
            raise

    def check(self) -> None:
        """Read something; raises as :meth:`desk` does."""
        database.check_schema(self.opened().engine)
        self.settings()

    def opened(self) -> Installation:
        """The installation; raises as :meth:`desk` does."""
        with self._lock:
            if self._installation is None:
                self._installation = self._open()
            return self._installation

    def settings(self) -> tuple[Settings, BadConfiguration | None]:
        """The configuration in force, and what is wrong with its files; raises as :meth:`desk` does."""
        installation = self.opened()
        files = sorted(configuration_folder().glob("*.*"))
        stamps = [(file.name, (stat := file.stat()).st_mtime_ns, stat.st_size) for file in files]
        known = self._settings
        if known is None or known[0] != stamps:
            known = (stamps, *installation.read_settings())
            self._settings = known
        return known[1], known[2]

    def _forget(self) -> None:
        with self._lock:
            if self._installation is not None:
                self._installation.engine.dispose()
            self._installation = self._settings = self._look = None
