"""The rows of a query through an Airflow connection: read only, a bounded number at a time.

The query's one parameter is ``:watermark``; it is bound, never written into the text. What a database says of
an error may quote a row, so an error tells its class and SQLSTATE alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from sendepause.campaigns.base import Access
from sendepause.campaigns.databases import open_engine
from sendepause.errors import BadInput, Refused, SendepauseError, Unreachable

Row = Sequence[Any]

PORTION = 2_000
"""Rows that are fetched at a time: of the longest messages that WhatsApp has, 130 MB."""
SECONDS = 300.0  # for a query's first answer, and for each portion after it

_READ_ONLY = {
    "sqlite": "PRAGMA query_only = ON",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
}


class Mismatch(Exception):
    """The database cannot hold the watermark against its column; ``told`` is what a person is told."""

    def __init__(self, told: SendepauseError) -> None:
        self.told = told
        super().__init__(str(told))


class Database:
    """Where a source's query runs. ``what`` names the source in errors."""

    def __init__(self, access: Access, what: str) -> None:
        self._what = what
        try:
            self._engine = open_engine(access, SECONDS)
        except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
            raise BadInput(
                f"The connection of {what} names no database that can be opened.",
                "Give the Airflow connection the type sqlite or postgres, or a SQLAlchemy URL as its host; "
                "other databases need their driver installed.",
            ) from None
        self.compares_anything = self._engine.dialect.name != "postgresql"

    def check(self) -> None:
        """Connect once.

        :raises SendepauseError: where that fails.
        """
        with self._told(), self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def rows(self, query: str, watermark: object) -> Iterator[tuple[list[str], list[Row]]]:
        """The columns and some rows, portion by portion; the first may have none.

        :raises Mismatch: where the watermark is of another type than its column.
        :raises SendepauseError: where the database does not answer, or refuses the query.
        """
        statement = text(query.strip().rstrip(";"))
        unknown = sorted(set(statement.compile().params) - {"watermark"})
        if unknown:
            raise BadInput(
                f"The query of {self._what} has a parameter that is not :watermark.",
                r"Write \: for a colon that is part of the text.",
            )
        with self._told(), self._engine.connect() as connection:
            made = self._read_only(connection).execute(statement, {"watermark": watermark})
            with closing(made):
                names = list(made.keys())
                yield names, []
                for some in made.partitions(PORTION):
                    yield names, list(map(tuple, some))

    def _read_only(self, connection: Connection) -> Connection:
        setting = _READ_ONLY.get(connection.dialect.name)
        if setting:
            connection.execute(text(setting))
        options: dict[str, Any] = {"stream_results": True, "max_row_buffer": PORTION}
        if connection.dialect.name == "postgresql":
            options["postgresql_readonly"] = True
        return connection.execution_options(**options)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            told = self._in_our_words(error)
            if isinstance(error, (DataError, ProgrammingError)):
                raise Mismatch(told) from None
            raise told from None

    def _in_our_words(self, error: SQLAlchemyError) -> SendepauseError:
        cause = getattr(error, "orig", None) or error
        state = str(getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or "")
        state = f", {state}" if re.fullmatch(r"\w{1,40}", state) else ""
        named = f"({type(cause).__name__}{state})"
        if isinstance(error, (OperationalError, InterfaceError)) and not _is_the_querys(cause):
            return Unreachable(
                f"The database of {self._what} did not answer {named}.",
                "Look whether it is up, and reachable from Airflow's workers.",
            )
        return Refused(
            f"The database of {self._what} refused its query {named}.",
            "Run the query in the database by hand with a value for :watermark, and look at what the"
            " connection's user may read.",
        )


def _is_the_querys(cause: BaseException) -> bool:
    """SQLite reports an unknown table or a syntax error as it does a locked file."""
    return getattr(cause, "sqlite_errorname", "") == "SQLITE_ERROR"
