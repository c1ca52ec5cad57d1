"""The store's schema and its transactions, on both databases."""

from __future__ import annotations

import multiprocessing
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pendulum
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError

from sendepause.errors import BadInput, Refused, Unreachable
from sendepause.store import database, queries
from sendepause.store.tables import Base

NOON = datetime(2019, 12, 6, 12, 0, 0, 123456, tzinfo=UTC)


def test_models_and_migrations_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        options = {"version_table": database.VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_all_tables_carry_the_prefix(engine: Engine) -> None:
    assert all(name.startswith("sendepause_") for name in inspect(engine).get_table_names())


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    with database.session(engine) as session:
        queries.set_note(session, "kept", "yes")
    database.migrate(engine)
    with database.session(engine) as session:
        assert queries.note(session, "kept") == "yes"


def migrate_in_a_process(url: str, barrier: multiprocessing.synchronize.Barrier) -> None:
    engine = database.connect(url)
    barrier.wait(20)
    database.migrate(engine)
    with database.session(engine) as session:
        queries.set_note(session, "seen", "yes")


def test_two_processes_may_migrate_at_once(url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    processes = [spawn.Process(target=migrate_in_a_process, args=(url, barrier)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0]


def test_a_store_without_tables_names_the_mend(url: str, tmp_path: Path) -> None:
    empty = database.connect(url)
    mend = r"has no tables yet.*make up.*sendepause migrate"
    with pytest.raises(Refused, match=mend), database.session(empty):
        pass
    assert list(tmp_path.iterdir()) == []  # looking creates no file


def test_a_store_that_is_newer_than_the_code_is_left_alone(engine: Engine, url: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE sendepause_alembic_version SET version_num = '9999'"))
    again = database.connect(url)
    with pytest.raises(Refused, match=r"9999.*Update Sendepause"), database.session(again):
        pass
    with pytest.raises(Refused, match="9999"):
        database.migrate(again)


def test_a_transaction_is_kept_whole_or_not_at_all(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), database.session(engine) as session:
        queries.set_note(session, "first", "1")
        _ = 1 / 0
    with database.session(engine) as session:
        assert queries.note(session, "first") is None


def test_reading_waits_for_no_writer_and_sees_one_moment(engine: Engine) -> None:
    with database.session(engine) as session:
        queries.set_note(session, "state", "old")
    with database.session(engine, write=False) as reader:
        assert queries.note(reader, "state") == "old"
        with database.session(engine) as writer:
            queries.set_note(writer, "state", "new")
        assert queries.note(reader, "state") == "old"
    with database.session(engine, write=False) as reader:
        assert queries.note(reader, "state") == "new"


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        NOON.astimezone(timezone(timedelta(hours=5, minutes=45))),
        pendulum.datetime(2019, 12, 7, 0, 0, tz="Europe/Berlin"),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_moments_come_back_in_utc_to_the_microsecond(engine: Engine, moment: datetime) -> None:
    with database.session(engine) as session:
        queries.beat(session, "audit", as_of=moment, finished_at=moment, counts={})
    with database.session(engine) as session:
        read = queries.heartbeats(session)["audit"].as_of
    assert read == moment
    assert read.tzinfo is UTC


def test_a_moment_without_a_zone_is_not_stored(engine: Engine) -> None:
    with pytest.raises(Exception, match="without a time zone"), database.session(engine) as session:
        queries.beat(session, "audit", as_of=NOON.replace(tzinfo=None), finished_at=NOON, counts={})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_is_taken(scheme: str) -> None:
    assert database.connect(f"{scheme}://me:secret@db/store").url.drivername == "postgresql+psycopg"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://me:secret@db/x", "secret", ""])
def test_what_can_be_no_store_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        database.connect(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_does_not_answer_is_unreachable_and_keeps_its_password() -> None:
    engine = database.connect("postgresql://me:secret@127.0.0.1:1/store")
    with pytest.raises(Unreachable) as caught, database.session(engine):
        pass
    assert caught.value.retry
    assert "secret" not in str(caught.value)


def test_a_locked_file_is_unreachable_and_not_an_endless_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.1)
    engine = database.connect(f"sqlite:///{tmp_path}/store.db")
    database.migrate(engine)
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unreachable, match="locked"), database.session(engine) as session:
        queries.set_note(session, "never", "written")
    other.close()


def test_wrong_sql_is_a_mistake_of_ours_and_not_called_unreachable(tmp_path: Path) -> None:
    engine = database.connect(f"sqlite:///{tmp_path}/store.db")
    database.migrate(engine)
    with pytest.raises(OperationalError), database.session(engine) as session:
        session.execute(text("SELECT 1 FROM nowhere"))


def test_the_migrations_are_one_line() -> None:
    assert len(ScriptDirectory.from_config(database._alembic()).get_heads()) == 1
