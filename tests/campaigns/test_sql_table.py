"""A table of campaigns, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.campaigns.contract import Contract, run, trouble
from tests.campaigns.grounds import SQL_SETTINGS, SqlGround, postgres_ground, sqlite_ground

from sendepause import campaigns
from sendepause.campaigns.base import Access
from sendepause.errors import BadInput, Refused, Unreachable
from sendepause.model import CampaignState
from sendepause.settings import SystemSettings


class TestSqlite(Contract):
    @pytest.fixture
    def ground(self, tmp_path: Path) -> SqlGround:
        return sqlite_ground(tmp_path)


@pytest.mark.postgres
class TestPostgres(Contract):
    @pytest.fixture
    def ground(self, postgres_server: str) -> Iterator[SqlGround]:
        with postgres_ground(postgres_server) as opened:
            yield opened


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlGround]:
    if request.param == "sqlite":
        yield sqlite_ground(tmp_path)
        return
    with postgres_ground(request.getfixturevalue("postgres_server")) as opened:
        yield opened


def row(ground: SqlGround, id: int) -> dict[str, Any]:
    with ground.engine.connect() as connection:
        found = connection.execute(sa.select(ground.table).where(ground.table.c.id == id)).one()
    return dict(found._mapping)


def change(ground: SqlGround, id: int, **values: Any) -> None:
    with ground.engine.begin() as connection:
        connection.execute(sa.update(ground.table).where(ground.table.c.id == id).values(values))


def test_a_resume_brings_back_the_state_before_the_pause(ground: SqlGround) -> None:
    ground.put("1", "scheduled")
    run(ground.connector.pause("1"))
    assert row(ground, 1)["before"] == "scheduled"
    run(ground.connector.resume("1", None))
    assert (row(ground, 1)["order"], row(ground, 1)["before"]) == ("scheduled", None)


def test_a_second_pause_keeps_the_state_before_the_first(ground: SqlGround) -> None:
    ground.put("1", "scheduled")
    run(ground.connector.pause("1"))
    run(ground.connector.pause("1"))
    assert row(ground, 1)["before"] == "scheduled"


def test_a_pause_is_signed_and_dated_and_the_signature_is_nobodys_hand(ground: SqlGround) -> None:
    ground.put("1", "running")
    assert run(ground.connector.list())[0].changed_by == "anna"
    run(ground.connector.pause("1"))
    campaign = run(ground.connector.list())[0]
    assert row(ground, 1)["changed by"] == "sendepause"
    assert campaign.changed_by is None
    assert campaign.changed_at is not None and campaign.changed_at.tzinfo is not None


def test_a_row_that_was_changed_since_the_pause_is_not_resumed(ground: SqlGround) -> None:
    ground.put("1", "running")
    run(ground.connector.pause("1"))
    change(ground, 1, order="done")
    assert isinstance(trouble(ground.connector.resume("1", None)), Refused)
    assert ground.state("1") == "done"


def test_a_pause_of_nobody_we_know_is_never_resumed_into_a_guess(ground: SqlGround) -> None:
    ground.put("1", "paused")  # a person paused it: no state before is kept
    assert isinstance(trouble(ground.connector.resume("1", None)), Refused)
    assert ground.state("1") == "paused"


def test_a_campaign_that_is_over_is_not_paused_and_not_listed(ground: SqlGround) -> None:
    ground.put("1", "done")
    run(ground.connector.pause("1"))
    assert run(ground.connector.read_state("1")) is CampaignState.DONE
    assert run(ground.connector.list()) == []


def test_an_empty_state_is_listed_as_unknown(ground: SqlGround) -> None:
    ground.put("1", "running")
    change(ground, 1, order=None)
    assert run(ground.connector.list())[0].state is CampaignState.UNKNOWN


def test_a_missing_table_names_those_that_exist(tmp_path: Path) -> None:
    error = trouble(sqlite_ground(tmp_path).connect(table="campaings").list())
    assert isinstance(error, BadInput)
    assert "campaings of crm does not exist" in error.what
    assert "Campaign plan" in error.mend


def test_a_missing_column_names_those_that_exist(ground: SqlGround) -> None:
    connector = ground.connect(columns=SQL_SETTINGS["columns"] | {"account": "sendr"})
    error = trouble(connector.list())
    assert isinstance(error, BadInput)
    assert "no column sendr" in error.what
    assert "sender" in error.mend
    assert [check.ok for check in run(connector.check())] == [False]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"pause_to": "stopped"}, "pause_to must be one of states.paused"),
        ({"states": {"running": ["on"], "paused": ["on", "paused"]}}, "two places"),
        ({"resume_to": "paused"}, "resume_to must be one of states.running"),
        ({"pause_too": "paused"}, "settings.pause_too"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(
    tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        sqlite_ground(tmp_path).connect(**settings)


def test_ids_that_are_not_unique_are_never_paused(ground: SqlGround) -> None:
    ground.put("1", "running")
    ground.put("2", "running")
    change(ground, 1, title="twin")
    change(ground, 2, title="twin")
    connector = ground.connect(columns=SQL_SETTINGS["columns"] | {"id": "title"})
    assert isinstance(trouble(connector.pause("twin")), Refused)
    assert ground.state("1") == ground.state("2") == "running"
    assert run(connector.read_state("twin")) is CampaignState.UNKNOWN


def test_a_sqlite_file_that_is_missing_is_unreachable_and_never_made(tmp_path: Path) -> None:
    system = SystemSettings(id="crm", connector="sql_table", connection="crm", settings=SQL_SETTINGS)
    connector = campaigns.connect(system, Access("sqlite", str(tmp_path / "none.db")))
    assert isinstance(trouble(connector.list()), Unreachable)
    assert not (tmp_path / "none.db").exists()


def test_check_is_content_with_a_table_that_works(ground: SqlGround) -> None:
    assert all(check.ok for check in run(ground.connector.check()))


@pytest.mark.postgres
def test_check_misses_the_right_to_update(postgres_server: str) -> None:
    with postgres_ground(postgres_server) as ground:
        reader = ground.schema.lower().replace(" ", "_")  # type: ignore[union-attr]
        with ground.engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {reader} LOGIN")
            connection.exec_driver_sql(f'GRANT USAGE ON SCHEMA "{ground.schema}" TO {reader}')
            connection.exec_driver_sql(f'GRANT SELECT ON "{ground.schema}"."Campaign plan" TO {reader}')
        connector = ground.connect(replace(ground.access, login=reader))
        missing = [check for check in run(connector.check()) if not check.ok]
        assert len(missing) == 1 and "GRANT UPDATE" in missing[0].mend
        ground.put("1", "running")
        assert isinstance(trouble(connector.pause("1")), Refused)
        with ground.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {reader}")
            connection.exec_driver_sql(f"DROP ROLE {reader}")


@pytest.mark.postgres
def test_a_row_that_somebody_locks_is_given_up_in_time(postgres_server: str) -> None:
    with postgres_ground(postgres_server) as ground:
        ground.put("1", "running")
        connector = ground.connect(seconds=0.5)
        with ground.engine.begin() as locked:
            locked.execute(sa.update(ground.table).values(title="being edited"))
            assert isinstance(trouble(connector.pause("1")), Unreachable)  # the lock would last for ever


def test_two_who_pause_at_once_do_it_once(ground: SqlGround) -> None:
    ground.put("1", "scheduled")
    threads = [threading.Thread(target=run, args=(ground.connector.pause("1"),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (ground.state("1"), row(ground, 1)["before"]) == ("paused", "scheduled")


@pytest.mark.parametrize("words", [{"running": [1], "paused": [0]}, {"running": [True], "paused": [False]}])
def test_numbers_and_truth_values_are_states_too(tmp_path: Path, words: dict[str, Any]) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/flags.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE jobs (id TEXT, label TEXT, phone TEXT, active BOOLEAN)")
        connection.exec_driver_sql("INSERT INTO jobs VALUES ('a', 'A', '+4930123450', 1)")
    columns = {"id": "id", "name": "label", "account": "phone", "state": "active"}
    on, off = words["running"][0], words["paused"][0]
    settings = {"table": "jobs", "columns": columns, "states": words, "pause_to": off, "resume_to": on}
    system = SystemSettings(id="jobs", connector="sql_table", connection="jobs", settings=settings)
    connector = campaigns.connect(system, Access("sqlite", f"{tmp_path}/flags.db"))
    run(connector.pause("a"))
    assert run(connector.read_state("a")) is CampaignState.PAUSED
    run(connector.resume("a", None))
    assert run(connector.read_state("a")) is CampaignState.RUNNING


def test_ids_of_a_numeric_column_are_found_and_paused(ground: SqlGround) -> None:
    metadata = sa.MetaData(schema=ground.schema)
    table = sa.Table(
        "numbered",
        metadata,
        sa.Column("id", sa.Numeric(12, 0), primary_key=True),
        *(sa.Column(name, sa.String(40)) for name in ("title", "sender", "order", "before", "changed by")),
    )
    metadata.create_all(ground.engine)
    with ground.engine.begin() as connection:
        connection.execute(sa.insert(table).values(id=17, order="running", title="Winter"))
    columns = {name: place for name, place in SQL_SETTINGS["columns"].items() if name != "changed_at"}
    connector = ground.connect(table="numbered", columns=columns)
    assert [one.id for one in run(connector.list())] == ["17"]
    run(connector.pause("17"))
    assert run(connector.read_state("17")) is CampaignState.PAUSED
    for id in ("17.0", "1e1", "NaN", "x", "0017"):
        assert run(connector.read_state(id)) is CampaignState.UNKNOWN
