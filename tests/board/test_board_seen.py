"""What is kept between two pages is never older than the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from tests.board import company

from sendepause.board.seen import Look, look
from sendepause.model import CampaignState, EntryKind, Evidence
from sendepause.settings import Settings
from sendepause.store import database, ledger, queries

NOW = company.NOW
LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def again(filled: Engine, settings: Settings) -> Callable[[Look | None], Look]:
    """Look at the store once more, knowing an earlier look."""

    def again(kept: Look | None = None) -> Look:
        with database.session(filled, write=False) as session:
            return look(session, settings, NOW, kept)

    return again


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """One more for each time that all campaigns are read."""
    read, reads = queries.campaigns, []

    def counting(*given: Any) -> Any:
        reads.append(given)
        return read(*given)

    monkeypatch.setattr(queries, "campaigns", counting)
    return reads


def test_nothing_is_read_again_while_nothing_has_changed(again, counted) -> None:
    first = again(None)
    assert again(first) is first
    assert len(counted) == 1


def test_what_was_computed_stays_where_a_stage_has_found_the_same(again, filled: Engine, settings) -> None:
    first = again(None)
    with database.session(filled) as session:
        queries.save_campaigns(session, "crm", company.campaigns(settings, NOW), LATER)
    second = again(first)
    assert second.stamp != first.stamp
    assert second.seen is first.seen


def test_every_part_that_moves_is_seen(again, filled: Engine, settings) -> None:
    known = again(None)
    with database.session(filled) as session:
        listed = company.campaigns(settings, NOW)
        changed = [replace(listed[0], state=CampaignState.DONE), *listed[1:]]
        queries.save_campaigns(session, "crm", changed, LATER)
    known = again(known)
    assert known.seen.campaign_map["campaign:crm/0"].state is CampaignState.DONE
    with database.session(filled) as session:
        queries.note_reach(session, "phones", company.number(2), LATER, Evidence.PLATFORM)
    known = again(known)
    assert known.seen.data_until[company.number(2)] == LATER
    assert Evidence.PLATFORM in known.seen.evidence[company.number(2)]
    with database.session(filled) as session:
        queries.save_plan(session, [], hash="x", as_of=NOW, shown_at=NOW, accepted=True)
    known = again(known)
    assert not known.seen.items
    assert known.seen.changed, "everything is decided no longer"
    with database.session(filled) as session:
        ledger.append(session, at=NOW, as_of=NOW, author="x", kind=EntryKind.HALT, facts={"on": True})
    known = again(known)
    assert known.seen.halt.halted
    assert known.seen.acting.acting, "earlier entries still count"
    fresh = again(None)
    assert (known.entries, known.seen) == (fresh.entries, fresh.seen)


def test_a_ledger_that_was_brought_back_from_a_copy_is_read_anew(again, filled: Engine) -> None:
    known = again(None)
    with filled.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS sendepause_ledger_no_delete")
        connection.exec_driver_sql("DELETE FROM sendepause_ledger WHERE seq > 1")
    known = again(known)
    assert [entry.seq for entry in known.entries] == [1]
    assert not known.seen.pauses


def test_airflows_navigation_makes_the_board_ready(client: TestClient, counted) -> None:
    assert client.get("/icon-light.svg").status_code == 200
    assert len(counted) == 1
    assert client.get("/").status_code == 200
    assert len(counted) == 1


def test_an_icon_is_shown_also_where_the_board_cannot_be(client: TestClient, files) -> None:
    (files / "accounts.yaml").write_text("accounts: [")
    assert client.get("/icon-dark.svg").status_code == 200
