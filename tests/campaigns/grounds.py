"""Grounds: a campaign system behind its connector, and the hands of the people who work in it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa
from psycopg.sql import SQL, Identifier
from tests.campaigns.api import KEY, Api

from sendepause import campaigns
from sendepause.campaigns.base import Access, Campaigns, Capabilities, Check, Checks, Connector, campaigns_of
from sendepause.errors import Refused, Unclear, Unreachable
from sendepause.model import CampaignState
from sendepause.settings import SystemSettings

SECRET = "hunter2-and-more"
ACCOUNT = "+4930123450"
CLOSED_PORT = 9  # discard: nothing listens there
PATIENCE = 1.0  # seconds that a client waits where answers get lost; the others need some, too
TOO_LATE = 1.4  # seconds after which such an answer comes


class Ground(Protocol):
    """What the contract needs of a campaign system. States are words: ``running``, ``paused``, any other."""

    connector: Connector
    secret: str

    def put(self, id: str, state: str, account: str | None = ACCOUNT) -> None:
        """A person makes a campaign, or sets its state."""
        ...

    def state(self, id: str) -> str:
        """The state as the system itself keeps it."""
        ...

    def lie(self) -> None:
        """From now on changes are answered with success and not made."""
        ...

    def lose_answers(self) -> None:
        """From now on changes are made and the answer never comes."""
        ...

    def go_down(self) -> None:
        """From now on nothing answers."""
        ...


class LosingAnswers(Connector):
    """A connector whose every change is made, and whose answer is lost on the way."""

    def __init__(self, inner: Connector) -> None:
        self.system, self.capabilities, self._inner = inner.system, inner.capabilities, inner

    async def list(self) -> Campaigns:
        return await self._inner.list()

    async def read_state(self, id: str) -> CampaignState:
        return await self._inner.read_state(id)

    async def pause(self, id: str) -> None:
        await self._inner.pause(id)
        raise Unclear("The answer was lost.")

    async def resume(self, id: str, version: str | None) -> None:
        await self._inner.resume(id, version)
        raise Unclear("The answer was lost.")

    async def check(self) -> Checks:
        return await self._inner.check()


SQL_SETTINGS: dict[str, Any] = {
    "table": "Campaign plan",  # a name that has to be quoted
    "columns": {
        "id": "id",
        "name": "title",
        "account": "sender",
        "state": "order",  # a reserved word
        "changed_by": "changed by",
        "changed_at": "changed_at",
    },
    "states": {"running": ["running", "scheduled"], "paused": ["paused"], "done": ["done"]},
    "pause_to": "paused",
    "paused_from": "before",
    "changed_by_value": "sendepause",
}


def campaign_table(metadata: sa.MetaData) -> sa.Table:
    """The user's own table, with numbers as ids."""
    return sa.Table(
        SQL_SETTINGS["table"],
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("title", sa.String(200)),
        sa.Column("sender", sa.String(40)),
        sa.Column("order", sa.String(20)),
        sa.Column("before", sa.String(20)),
        sa.Column("changed by", sa.String(40)),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
    )


class SqlGround:
    """A table of campaigns in a database that really runs."""

    secret = SECRET

    def __init__(self, url: str, access: Access, schema: str | None = None, at_once: int = 4) -> None:
        self.engine = sa.create_engine(url, poolclass=sa.NullPool)
        self.schema, self.access, self.at_once = schema, access, at_once
        metadata = sa.MetaData(schema=schema)
        self.table = campaign_table(metadata)
        metadata.create_all(self.engine)
        self.connector = self.connect()

    def connect(self, access: Access | None = None, seconds: float = 5, **settings: Any) -> Connector:
        """A connector to the table, with other settings where they are given."""
        system = SystemSettings(
            id="crm",
            connector="sql_table",
            connection="crm",
            at_once=self.at_once,
            timeout_seconds=seconds,
            settings=SQL_SETTINGS | {"schema": self.schema} | settings,
        )
        return campaigns.connect(system, access or self.access)

    def put(self, id: str, state: str, account: str | None = ACCOUNT) -> None:
        values = {"title": f"Campaign {id}", "sender": account, "order": state, "changed by": "anna"}
        with self.engine.begin() as connection:
            connection.execute(sa.delete(self.table).where(self.table.c.id == int(id)))
            connection.execute(sa.insert(self.table).values(id=int(id), **values))

    def state(self, id: str) -> str:
        with self.engine.connect() as connection:
            return str(connection.scalar(sa.select(self.table.c.order).where(self.table.c.id == int(id))))

    def lie(self) -> None:
        name = self.engine.dialect.identifier_preparer.format_table(self.table)
        schema = f'"{self.schema}"'
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "sqlite":
                connection.exec_driver_sql(
                    f"CREATE TRIGGER lie BEFORE UPDATE ON {name} BEGIN SELECT RAISE(IGNORE); END"
                )
                return
            connection.exec_driver_sql(
                f"CREATE FUNCTION {schema}.lie() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'"
            )
            connection.exec_driver_sql(
                f"CREATE TRIGGER lie BEFORE UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION {schema}.lie()"
            )

    def lose_answers(self) -> None:
        self.connector = LosingAnswers(self.connector)

    def go_down(self) -> None:
        if self.access.kind == "sqlite":
            Path(self.access.host).rename(self.access.host + ".away")
            return
        self.connector = self.connect(
            Access("postgres", "127.0.0.1", CLOSED_PORT, "crm", "crm", SECRET), seconds=2
        )


def sqlite_ground(folder: Path, at_once: int = 4) -> SqlGround:
    """The table in a SQLite file."""
    file = folder / "crm.db"
    access = Access("sqlite", str(file), extra={"token": SECRET})
    return SqlGround(f"sqlite:///{file}", access, at_once=at_once)


@contextmanager
def postgres_ground(server: str) -> Iterator[SqlGround]:
    """The table in a schema of its own on a PostgreSQL server."""
    schema = f"Sales {uuid.uuid4().hex}"  # a name that has to be quoted
    given = sa.make_url(server)
    extra = {"sslmode": "prefer", "cursor": "dictcursor", "host": "elsewhere.example"}  # Airflow's own, too
    access = Access(
        "postgres", given.host or "", given.port, given.database or "", given.username, SECRET, extra
    )
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
        yield SqlGround(server.replace("postgresql://", "postgresql+psycopg://", 1), access, schema)
        connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))


HTTP_SETTINGS: dict[str, Any] = {
    "list": {"path": "/api/campaigns", "items": "data.results"},
    "fields": {"id": "id", "name": "name", "state": "status", "account": "tags.account"},
    "states": {"running": ["running", "scheduled"], "paused": ["paused"], "done": ["done"]},
    "read": {"path": "/api/campaigns/{id}", "item": "data"},
    "pause": {"method": "PUT", "path": "/api/campaigns/{id}/status", "body": {"status": "paused"}},
    "resume": {"method": "PUT", "path": "/api/campaigns/{id}/status", "body": {"status": "running"}},
    "already": [400],
    "auth": {"header": "X-Api-Key", "prefix": ""},
}


def http_connector(
    url: str, *, seconds: float = 5, password: str = KEY, at_once: int = 4, **settings: Any
) -> Connector:
    """A connector to the API of ``api.py``, or to what pretends to be it."""
    system = SystemSettings(
        id="mailer",
        connector="http_api",
        connection="mailer",
        timeout_seconds=seconds,
        at_once=at_once,
        settings=HTTP_SETTINGS | settings,
    )
    return campaigns.connect(system, Access("http", url, password=password, login="sendepause"))


class HttpGround:
    """The HTTP API of ``api.py``."""

    secret = KEY

    def __init__(self, api: Api) -> None:
        self.api = api
        self.connector = http_connector(api.url)

    def put(self, id: str, state: str, account: str | None = ACCOUNT) -> None:
        self.api.put(id, state, account)

    def state(self, id: str) -> str:
        return str(self.api.campaigns[id]["status"])

    def lie(self) -> None:
        self.api.lies = True

    def lose_answers(self) -> None:
        self.connector = http_connector(self.api.url, seconds=PATIENCE)
        self.api.answers_after = TOO_LATE

    def go_down(self) -> None:
        self.connector = http_connector(f"http://127.0.0.1:{CLOSED_PORT}")


class MemoryGround(Connector):
    """A campaign system in memory: quick, and able to misbehave in every way. Also a connector itself."""

    secret = SECRET
    capabilities = Capabilities()

    def __init__(self, id: str = "memory", *, at_once: int = 4, seconds: float = 5) -> None:
        self.system = SystemSettings(
            id=id, connector="memory", connection=id, at_once=at_once, timeout_seconds=seconds
        )
        self.rows: dict[str, tuple[str, str | None]] = {}
        self.calls: list[tuple[str, str]] = []
        self.before_call: Callable[[str, str], None] = lambda what, id: None  # may raise, or act
        self.after_call: Callable[[str, str], None] = lambda what, id: None
        self.lies = False
        self.lag = 0  # so many reads still show the state before
        self._shown: dict[str, tuple[int, str]] = {}

    @property
    def connector(self) -> Connector:
        return self

    def put(self, id: str, state: str, account: str | None = ACCOUNT) -> None:
        self.rows[id] = (state, account)
        self._shown.pop(id, None)

    def state(self, id: str) -> str:
        return self.rows[id][0]

    def lie(self) -> None:
        self.lies = True

    def lose_answers(self) -> None:
        def lose(what: str, id: str) -> None:
            if what in ("pause", "resume"):
                raise Unclear("The answer was lost.")

        self.after_call = lose

    def go_down(self) -> None:
        def down(what: str, id: str) -> None:
            raise Unreachable("Nobody answers.")

        self.before_call = down

    async def list(self) -> Campaigns:
        self._begin("list", "")
        rows = [{"id": id, "state": state, "account": account} for id, (state, account) in self.rows.items()]
        return campaigns_of(
            self.system.id, lambda value: _STATES.get(str(value), CampaignState.UNKNOWN), rows
        )

    async def read_state(self, id: str) -> CampaignState:
        self._begin("read", id)
        reads, before = self._shown.get(id, (0, ""))
        if reads > 0:
            self._shown[id] = (reads - 1, before)
            return _STATES.get(before, CampaignState.UNKNOWN)
        return _STATES.get(self.rows.get(id, ("?", None))[0], CampaignState.UNKNOWN)

    async def pause(self, id: str) -> None:
        self._switch("pause", id, "paused")

    async def resume(self, id: str, version: str | None) -> None:
        self._switch("resume", id, "running")

    async def check(self) -> Checks:
        return [Check(True, "The memory is there.")]

    def _begin(self, what: str, id: str) -> None:
        self.calls.append((what, id))
        self.before_call(what, id)

    def _switch(self, what: str, id: str, state: str) -> None:
        self._begin(what, id)
        if id not in self.rows:
            raise Refused(f"There is no campaign {id}.")
        if not self.lies:
            before, account = self.rows[id]
            self.rows[id] = (state, account)
            self._shown[id] = (self.lag, before)
        self.after_call(what, id)


_STATES = {"running": CampaignState.RUNNING, "paused": CampaignState.PAUSED, "done": CampaignState.DONE}
