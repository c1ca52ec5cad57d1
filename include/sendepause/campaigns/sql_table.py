"""A table of scheduled campaigns in any database that SQLAlchemy reaches.

A pause is compare-and-set: one UPDATE that bites only while the row still says "running", committed
before the state is read back in a transaction of its own. What the sender has already fetched goes out.

Moments without a zone in the table are read as UTC; the session is set to UTC where the database has one.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar
from uuid import UUID

from pydantic import Field, model_validator
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Table,
    Update,
    case,
    false,
    func,
    inspect,
    literal,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import (
    ArgumentError,
    InterfaceError,
    NoSuchModuleError,
    NoSuchTableError,
    OperationalError,
    SQLAlchemyError,
)

from sendepause.campaigns.base import (
    MOST_CAMPAIGNS,
    Access,
    Campaigns,
    Capabilities,
    Check,
    Checks,
    Connector,
    campaigns_of,
    unnamed,
)
from sendepause.campaigns.databases import open_engine
from sendepause.campaigns.shapes import Section, States, Value, settings_of
from sendepause.errors import BadInput, Refused, SendepauseError, Unclear, Unreachable
from sendepause.model import CampaignState
from sendepause.settings import SystemSettings

P = ParamSpec("P")
T = TypeVar("T")


class Columns(Section):
    """Our name of a column -> its name in the table."""

    id: str
    name: str
    account: str
    state: str
    changed_by: str | None = None
    changed_at: str | None = None
    version: str | None = None


class SqlTableSettings(Section):
    """What ``settings`` of a ``sql_table`` system holds."""

    table: str
    db_schema: str | None = Field(default=None, alias="schema")
    columns: Columns
    states: States
    pause_to: Value
    paused_from: str | None = None  # a column that keeps the state before the pause
    resume_to: Value | None = None  # where no such column is, or it is empty
    changed_by_value: str | None = None  # our signature in ``changed_by``

    @model_validator(mode="after")
    def _fits(self) -> SqlTableSettings:
        if self.pause_to not in self.states.paused:
            raise ValueError("pause_to must be one of states.paused, else no pause could ever be read back")
        if self.resume_to is not None and self.resume_to not in self.states.running:
            raise ValueError("resume_to must be one of states.running")
        if self.changed_by_value is not None and self.columns.changed_by is None:
            raise ValueError("changed_by_value needs columns.changed_by")
        return self


class _Bound(NamedTuple):
    """The real table and the columns that the settings name, found by inspection."""

    table: Table
    id: ColumnElement[Any]
    state: ColumnElement[Any]
    columns: dict[str, ColumnElement[Any]]  # our name -> column


class SqlTable(Connector):
    """The connector. ``Access.host`` is a SQLAlchemy URL, or a server or SQLite file with ``Access.kind``."""

    def __init__(self, system: SystemSettings, access: Access) -> None:
        self.system = system
        self._access = access
        self._settings = settings_of(SqlTableSettings, system)
        self._engine = self._open(access)
        self._bound: _Bound | None = None
        # Its own threads: a database that hangs uses up no threads of another system.
        self._threads = ThreadPoolExecutor(system.at_once, thread_name_prefix=f"campaigns-{system.id}")
        columns = self._settings.columns
        self.capabilities = Capabilities(
            resume=self._settings.paused_from is not None or self._settings.resume_to is not None,
            tells_who_changed=columns.changed_by is not None,
        )

    async def list(self) -> Campaigns:
        """Every row whose state is not one of ``states.done``."""
        return await self._in_thread(self._list)

    async def read_state(self, id: str) -> CampaignState:
        """The state as a new transaction sees it; UNKNOWN for an id without a row."""
        return await self._in_thread(self._read_state, id)

    async def pause(self, id: str) -> None:
        """Running -> ``pause_to``; a row in any other state is left as it is."""
        await self._in_thread(self._pause, id)

    async def resume(self, id: str, version: str | None) -> None:
        """``pause_to`` -> the state before. Refused where the row is not as the pause left it."""
        await self._in_thread(self._resume, id, version)

    async def check(self) -> Checks:
        """Table, columns and rights, as far as reading tells them."""
        try:
            return await self._in_thread(self._check)
        except SendepauseError as error:
            return [Check(False, error.what, error.mend)]

    async def _in_thread(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        def run() -> T:
            with self._engine.begin() as connection:
                return work(connection, *args, **kwargs)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, run)
        except SQLAlchemyError as error:
            raise self._told(error) from None

    def _list(self, connection: Connection) -> Campaigns:
        bound = self._bind(connection)
        query = select(*(column.label(name) for name, column in bound.columns.items())).order_by(bound.id)
        query = query.where(bound.id.is_not(None))
        if self._settings.states.done:
            query = query.where(or_(bound.state.is_(None), bound.state.not_in(self._settings.states.done)))
        rows = connection.execute(query.limit(MOST_CAMPAIGNS + 1)).all()
        if len(rows) > MOST_CAMPAIGNS:
            raise BadInput(
                f"{self._where} has more than {MOST_CAMPAIGNS} campaigns that are not done.",
                "Add the values of those that are over to states.done, or name a view of the current ones.",
            )
        found = campaigns_of(self.system.id, self._settings.states.read, [dict(row._mapping) for row in rows])
        # Our own signature is nobody's hand: whoever changed the row after us left none.
        ours = self._settings.changed_by_value
        return [replace(one, changed_by=None) if one.changed_by == ours else one for one in found]

    def _read_state(self, connection: Connection, id: str) -> CampaignState:
        bound = self._bind(connection)
        values = connection.scalars(select(bound.state).where(_is(bound.id, id)).limit(2)).all()
        return self._settings.states.read(values[0]) if len(values) == 1 else CampaignState.UNKNOWN

    def _pause(self, connection: Connection, id: str) -> None:
        bound = self._bind(connection)
        values: dict[ColumnElement[Any], Any] = {
            bound.state: literal(self._settings.pause_to, bound.state.type)
        }
        if self._settings.paused_from:
            values[bound.table.c[self._settings.paused_from]] = bound.state
        self._set(connection, bound, id, self._settings.states.running, values)

    def _resume(self, connection: Connection, id: str, version: str | None) -> None:
        bound = self._bind(connection)
        values: dict[ColumnElement[Any], Any] = {bound.state: self._state_before(bound)}
        if self._settings.paused_from:
            values[bound.table.c[self._settings.paused_from]] = null()
        where = [values[bound.state].is_not(None)]
        if version is not None and "version" in bound.columns:
            where.append(_is(bound.columns["version"], version))
        if not self._set(connection, bound, id, [self._settings.pause_to], values, where):
            raise Refused(
                f"Campaign {id} of {self._where} could not be resumed: it is not as the pause left it.",
                "Look at the row, and switch it on by hand if it is to run.",
            )

    def _state_before(self, bound: _Bound) -> ColumnElement[Any]:
        """What a resume writes: the kept state where it is one of the running ones, else ``resume_to``."""
        fallback = null() if self._settings.resume_to is None else literal(self._settings.resume_to)
        if not self._settings.paused_from:
            return literal(self._settings.resume_to, bound.state.type)
        kept = bound.table.c[self._settings.paused_from]
        return case((kept.in_(self._settings.states.running), kept), else_=fallback)

    def _set(
        self,
        connection: Connection,
        bound: _Bound,
        id: str,
        only_from: Collection[Value],
        values: dict[ColumnElement[Any], Any],
        where: Collection[ColumnElement[bool]] = (),
    ) -> bool:
        """One compare-and-set UPDATE; False where the row is not in one of the states ``only_from``."""
        if self._settings.changed_by_value is not None:
            values = values | {bound.columns["changed_by"]: self._settings.changed_by_value}
            if "changed_at" in bound.columns:
                values = values | {bound.columns["changed_at"]: func.current_timestamp()}
        statement: Update = update(bound.table).where(_is(bound.id, id), *where)
        changed = connection.execute(statement.where(bound.state.in_(only_from)).values(values)).rowcount
        if changed > 1:
            raise Refused(
                f"{self._where} has {changed} campaigns with the id {id}; none was changed.",
                "Name a column in columns.id whose values are unique.",
            )
        return changed == 1

    def _check(self, connection: Connection) -> Checks:
        bound = self._bind(connection)
        connection.execute(select(*bound.columns.values()).limit(1))
        checks = [Check(True, f"{self._where} can be read and has all columns that the settings name.")]
        if connection.dialect.name == "postgresql":
            return checks + self._check_postgresql(connection, bound)
        if connection.dialect.name == "sqlite":
            path = Path(connection.execute(text("PRAGMA database_list")).all()[0][2])
            checks.append(
                Check(
                    os.access(path, os.W_OK) and os.access(path.parent, os.W_OK),
                    f"{self._where} lies in a file that can be written to.",
                    "Give the user that runs Airflow's workers the right to write the file and its folder.",
                )
            )
        return checks

    def _check_postgresql(self, connection: Connection, bound: _Bound) -> Checks:
        name = connection.dialect.identifier_preparer.format_table(bound.table)
        written = [column.name for column in self._written(bound)]
        rights = [
            connection.scalar(select(func.has_column_privilege(name, column, "UPDATE"))) for column in written
        ]
        return [
            Check(
                all(rights),
                f"{self._where} may be updated by the connection's user.",
                f"GRANT UPDATE ({', '.join(written)}) ON {name} to the connection's user.",
            ),
            Check(
                not connection.scalar(select(func.pg_is_in_recovery())),
                f"{self._where} is on the primary server.",
                "Let the connection name the primary: a replica takes no pause and shows old states.",
            ),
        ]

    def _written(self, bound: _Bound) -> Collection[Any]:
        """The columns that a pause or a resume writes."""
        signed = self._settings.changed_by_value is not None
        found = [bound.state]
        if self._settings.paused_from:
            found.append(bound.table.c[self._settings.paused_from])
        return found + [
            bound.columns[n] for n in ("changed_by", "changed_at") if signed and n in bound.columns
        ]

    def _bind(self, connection: Connection) -> _Bound:
        """The real table, looked at once: inspecting it takes longer than a pause."""
        if self._bound is None:
            self._bound = self._inspect(connection)
        return self._bound

    def _inspect(self, connection: Connection) -> _Bound:
        """The table as it is; BadInput names what is missing and what is there instead."""
        settings = self._settings
        try:
            table = Table(
                settings.table,
                MetaData(),
                schema=settings.db_schema,
                autoload_with=connection,
                resolve_fks=False,
            )
        except NoSuchTableError:
            there = inspect(connection).get_table_names(settings.db_schema)
            raise BadInput(
                f"{self._where} does not exist.", f"Tables that exist: {_names(there)}.", place=self._place
            ) from None
        named = {ours: theirs for ours, theirs in settings.columns.model_dump().items() if theirs is not None}
        wanted = [*named.values(), *([settings.paused_from] if settings.paused_from else [])]
        missing = [name for name in wanted if name not in table.c]
        if missing:
            raise BadInput(
                f"{self._where} has no column {', '.join(missing)}.",
                f"Columns that exist: {_names(table.c.keys())}.",
                place=self._place,
            )
        columns: dict[str, ColumnElement[Any]] = {ours: table.c[theirs] for ours, theirs in named.items()}
        return _Bound(table, columns["id"], columns["state"], columns)

    @cached_property
    def _where(self) -> str:
        return f"The campaign table {self._settings.table} of {self.system.id}"

    @property
    def _place(self) -> str:
        return f"campaign_systems.yaml: {self.system.id}"

    def _open(self, access: Access) -> Engine:
        try:
            return open_engine(access, self.system.timeout_seconds)
        except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
            raise BadInput(
                f"The connection of {self.system.id} names no database that can be opened.",
                "Give the Airflow connection the type sqlite or postgres, or a SQLAlchemy URL as its host; "
                "other databases need their driver installed.",
                place=self._place,
            ) from None

    def _told(self, error: SQLAlchemyError) -> SendepauseError:
        """A database's error in our words: one line of the driver's text, without secrets or parameters."""
        quoted = str(getattr(error, "orig", None) or type(error).__name__).strip().partition("\n")[0][:300]
        what = f"{self._where} did not do what was asked: {unnamed(self._access.scrub(quoted))}."
        if not isinstance(error, (OperationalError, InterfaceError)) or "readonly" in quoted:
            return Refused(what, "Look at the settings, and at what the connection's user may do.")
        if error.connection_invalidated:
            return Unclear(what, "Nothing to do: the state is read again.")
        return Unreachable(what, "Look whether the database is up and reachable from Airflow's workers.")


def _is(column: ColumnElement[Any], id: str) -> ColumnElement[bool]:
    """Whether a column has the value that is shown as ``id``; never, for what no such value is shown as."""
    kind = getattr(column.type, "python_type", str)
    try:
        value = _READ[kind](id) if kind in _READ else id
    except ValueError:
        return false()
    if str(value) != id or (isinstance(value, int) and abs(value) >= 2**63):
        return false()  # "1_0" is no spelling of 10 here
    # A 32-bit column may be held against any 64-bit number.
    return column == (literal(value, BigInteger) if isinstance(value, int) else value)


def _decimal(text: str) -> Decimal:
    if not re.fullmatch(r"-?\d{1,40}", text, re.ASCII):
        raise ValueError("no whole number")
    return Decimal(text)


_READ: dict[type, Callable[[str], Any]] = {
    int: int,
    Decimal: _decimal,
    UUID: UUID,
    datetime: datetime.fromisoformat,
}


def _names(found: Collection[str]) -> str:
    shown = sorted(found)[:40]
    return ", ".join(shown) + (" and more" if len(found) > len(shown) else "") if shown else "none"
