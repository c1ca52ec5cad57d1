"""Rows of a query, on SQLite and on PostgreSQL, through real Airflow connections."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.ingest.conftest import ANNA, AS_OF, BERLIN, EMIL, LISBON, House, account, company
from tests.postgres import empty_database, postgres_server

from sendepause.settings import Settings, SourceSettings
from sendepause.sources.ingest import Ingested, ingest
from sendepause.sources.query import InMemory
from sendepause.store import database, queries

__all__ = ["postgres_server"]  # a fixture

SECRET = "hunter2-and-more"
START = datetime(2019, 11, 18, 9, tzinfo=UTC)
COLUMNS = {"sent_at": "at", "to": "customer", "account": "number", "direction": "way", "text": "body"}


def source(**more: Any) -> SourceSettings:
    given = {
        "id": "crm",
        "kind": "table",
        "connection": "crm_db",
        "query": "SELECT * FROM sent WHERE id >= :watermark",
        "watermark": "id",
        "columns": {**COLUMNS, "id": "id"},
    }
    return SourceSettings.model_validate(given | more)


class Crm:
    """A tool's database with a table of what it sent."""

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url)
        self.table = sa.Table(
            "sent",
            sa.MetaData(),
            sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("at", sa.DateTime(timezone=True)),
            sa.Column("number", sa.String),
            sa.Column("customer", sa.String),
            sa.Column("way", sa.String),
            sa.Column("body", sa.String),
        )
        self.table.create(self.engine)

    def send(self, id: int, at: datetime, **more: Any) -> None:
        row = {"id": id, "at": at, "number": BERLIN, "customer": ANNA, "way": "out", "body": f"Rad {id}"}
        with self.engine.begin() as connection:
            connection.execute(sa.insert(self.table).values(row | more))

    def run(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement))

    def count(self) -> int:
        with self.engine.begin() as connection:
            return int(connection.scalar(sa.select(sa.func.count()).select_from(self.table)) or 0)


@contextmanager
def on_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    crm = Crm(f"sqlite:///{tmp_path}/crm.db")
    connection = {"conn_type": "sqlite", "host": f"{tmp_path}/crm.db"}
    monkeypatch.setenv("AIRFLOW_CONN_CRM_DB", json.dumps(connection))
    yield crm
    crm.engine.dispose()


@contextmanager
def on_postgres(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    with empty_database(server) as url:
        crm = Crm(url.replace("postgresql://", "postgresql+psycopg://"))
        there = crm.engine.url
        connection = {
            "conn_type": "postgres",
            "host": there.host,
            "port": there.port,
            "login": there.username,
            "password": SECRET,
            "schema": there.database,
        }
        monkeypatch.setenv("AIRFLOW_CONN_CRM_DB", json.dumps(connection))
        yield crm
        crm.engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def crm(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    if request.param == "sqlite":
        opened = on_sqlite(tmp_path, monkeypatch)
    else:
        opened = on_postgres(request.getfixturevalue("postgres_server"), monkeypatch)
    with opened as made:
        yield made


@pytest.fixture
def marks() -> InMemory:
    return InMemory()


Read = Callable[..., Ingested]


@pytest.fixture
def read(house: House, marks: InMemory) -> Read:
    def run(settings: Settings | SourceSettings, watermarks: Any = marks) -> Ingested:
        made = company(settings) if isinstance(settings, SourceSettings) else settings
        return ingest(
            house.engine,
            house.data,
            made,
            house.keys,
            data=house.inbox,
            as_of=AS_OF,
            now=lambda: AS_OF + timedelta(minutes=1),
            watermarks=watermarks,
        )

    return run


def test_what_is_new_since_the_last_run_is_read(crm: Crm, read: Read, house: House, marks: InMemory) -> None:
    crm.send(1, START)
    crm.send(2, START + timedelta(minutes=5), customer=EMIL)
    assert read(source()).events_new == 2
    assert marks["watermark.crm"]["value"] == "2"
    crm.send(3, START + timedelta(minutes=9))
    assert read(source()).events_new == 1
    assert house.events()["sent_at"].to_list() == [START + timedelta(minutes=m) for m in (0, 5, 9)]
    assert house.health("crm").ok
    assert [(name, reach.read_until) for name, reach in house.reaches().items()] == [
        (("crm", BERLIN), START + timedelta(minutes=9))
    ]


def test_a_moment_is_a_watermark_too(crm: Crm, read: Read, marks: InMemory) -> None:
    by_time = source(query="SELECT * FROM sent WHERE at > :watermark ORDER BY at", watermark="at")
    crm.send(1, START)
    assert read(by_time).events_new == 1
    crm.send(2, START)  # of the very moment of the watermark
    crm.send(3, START - timedelta(minutes=3))  # late: its transaction was open while the first run read
    expected = 2 if crm.engine.dialect.name == "postgresql" else 0  # SQLite knows moments as text alone
    assert read(by_time).events_new == expected
    assert (
        read(source(query="SELECT * FROM sent WHERE at >= :watermark", watermark="at")).events_new
        == 2 - expected
    )


def test_the_first_run_reads_no_further_back_than_events_are_kept(crm: Crm, read: Read, house: House) -> None:
    crm.send(1, AS_OF - timedelta(days=91))
    crm.send(2, START)
    assert read(source(query="SELECT * FROM sent WHERE at >= :watermark", watermark="at")).messages == 1
    assert read(source()).events_new == 0  # by its number all is asked for, and the old is left out


def test_a_text_is_a_watermark_too(crm: Crm, read: Read, marks: InMemory) -> None:
    by_name = source(query="SELECT * FROM sent WHERE body >= :watermark", watermark="body")
    crm.send(1, START, body="a")
    crm.send(2, START, body="c")
    first = read(by_name)
    assert (first.sources_ill, first.events_new) == (0, 2)
    crm.send(3, START, body="d")
    assert read(by_name).events_new == 1
    assert marks["watermark.crm"]["value"] == "d"


def test_a_run_killed_before_its_watermark_was_kept_loses_and_doubles_nothing(
    crm: Crm, read: Read, house: House
) -> None:
    class Killed(InMemory):
        def set(self, key: str, value: Any, /) -> None:
            raise KeyboardInterrupt

    crm.send(1, START)
    crm.send(2, START + timedelta(seconds=1))
    with pytest.raises(KeyboardInterrupt):
        read(source(), Killed())
    assert len(house.events()) == 2
    crm.send(3, START + timedelta(seconds=2))
    assert read(source()).events_new == 1
    assert len(house.events()) == 3


def test_a_store_of_watermarks_that_fails_makes_the_source_ill_and_loses_nothing(
    crm: Crm, read: Read, house: House
) -> None:
    class Away(InMemory):
        def set(self, key: str, value: Any, /) -> None:
            raise OSError(ANNA)

    crm.send(1, START)
    assert read(source(), Away()).sources_ill == 1
    assert ANNA not in house.health("crm").detail
    assert len(house.events()) == 1


def test_many_rows_come_in_portions(crm: Crm, read: Read, house: House) -> None:
    rows = [
        {
            "id": n,
            "at": START + timedelta(seconds=n),
            "number": BERLIN,
            "customer": ANNA,
            "way": "out",
            "body": "x",
        }
        for n in range(45_000)
    ]
    with crm.engine.begin() as connection:
        connection.execute(sa.insert(crm.table), rows)
    assert read(source()).events_new == 45_000
    assert read(source()).messages == 1_000 + 1  # those before the watermark, and its own


def test_nothing_is_ever_written(crm: Crm, read: Read, house: House) -> None:
    crm.send(1, START)
    deleting = "DELETE FROM sent WHERE id >= :watermark RETURNING *"
    assert read(source(query=deleting)).sources_ill == 1
    assert crm.count() == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"query": "SELECT at FROM sent WHERE id >= :watermark"}, "no column id. Columns that came: at"),
        ({"query": "SELECT * FROM sant WHERE id >= :watermark"}, "refused its query"),
        ({"query": "SELEKT * FROM sent WHERE id >= :watermark"}, "refused its query"),
        ({"query": "SELECT * FROM sent WHERE id >= :watermark AND way = :way"}, "is not :watermark"),
        ({"columns": COLUMNS | {"text": "boody"}}, "text is to come from boody"),
        ({"columns": {"text": "body"}}, "as in `sent_at:"),
        ({"connection": "nowhere"}, "'nowhere' does not exist"),
        (
            {"watermark": "gone", "query": "SELECT *, NULL AS gone FROM sent WHERE id >= :watermark"},
            "holds nothing",
        ),
    ],
)
def test_what_does_not_fit_is_told_and_stops_no_other_source(
    change: dict[str, Any], says: str, crm: Crm, read: Read, house: House, marks: InMemory
) -> None:
    crm.send(1, START, body="Grüße an +491713920050")
    well = source(id="well")
    done = read(company(source(**change), well))
    health = house.health("crm")
    assert (says in health.detail, done.sources_ill) == (True, bool(says))
    assert house.health("well").ok and len(house.events().filter(source="well")) == 1
    assert "3920050" not in health.detail and SECRET not in health.detail
    assert "watermark.crm" not in marks


def test_a_row_that_cannot_be_read_refuses_all_and_keeps_the_watermark(
    crm: Crm, read: Read, house: House, marks: InMemory
) -> None:
    crm.send(1, START)
    read(source())
    before = dict(marks)
    crm.send(2, START, body="x" * 200_000)
    assert read(source()).sources_ill == 1
    assert "longer than" in house.health("crm").detail
    assert marks == before


def test_a_database_that_does_not_answer_is_told_without_its_secrets(
    house: House, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = {"conn_type": "postgres", "host": "127.0.0.1", "port": 9, "login": "crm", "password": SECRET}
    monkeypatch.setenv("AIRFLOW_CONN_CRM_DB", json.dumps(gone))
    assert read(source()).sources_ill == 1
    told = house.health("crm").detail
    assert "did not answer" in told and SECRET not in told


def test_an_account_that_is_added_later_gets_its_messages(crm: Crm, read: Read, house: House) -> None:
    crm.send(1, START, number=LISBON)
    crm.send(2, START)
    berlin = account(BERLIN, "Filiale Berlin", "Europe/Berlin")
    assert read(company(source(), accounts=[berlin])).events_new == 1
    (state,) = house.files("crm").values()
    assert any("left out" in note for note in state.notes)
    crm.send(3001, START)
    assert read(company(source(), accounts=[berlin])).events_new == 1
    both = company(source())
    assert read(both).events_new == 1
    assert read(both).events_new == 0


def test_another_query_begins_anew(crm: Crm, read: Read) -> None:
    crm.send(1, START)
    crm.send(5000, START, way="in")
    assert read(source(query="SELECT * FROM sent WHERE id >= :watermark AND way = 'in'")).events_new == 1
    assert read(source()).events_new == 1


def test_a_check_connects_and_says_the_mend(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    from sendepause.check import _database

    assert str(_database(source())) == "ok    source crm: connection crm_db"
    line = _database(source(connection="nowhere"))
    assert not line.ok and "AIRFLOW_CONN_NOWHERE" in line.mend


def test_what_was_read_is_noted_like_a_file(crm: Crm, read: Read, house: House) -> None:
    crm.send(1, START)
    read(source())
    with database.session(house.engine, write=False) as session:
        states = queries.file_state(session, "crm", ["query"])
    assert states["query"].messages == 1 and not states["query"].broken
