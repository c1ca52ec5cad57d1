"""The whole loop without a scheduler: read, audit, enforce, tell; on both kinds of store."""

from __future__ import annotations

import json
from datetime import timedelta

import pendulum
import polars as pl
import pytest
from tests.slack_server import SlackServer
from tests.stages.company import KEY, NORTH, OFFERS, OPERATORS, SHOP, SOUTH, Company, berlin, key

from sendepause import people, stages, tell
from sendepause.errors import BadInput
from sendepause.installation import open_installation
from sendepause.store import database, queries


def test_the_whole_loop_warns_pauses_reads_back_and_tells(either: Company) -> None:
    company = either
    company.lay_machine(OFFERS, company.clock())
    with SlackServer() as slack:
        company.connect_slack(slack)
        people.switch_acting(company.installation, True, "anna")

        read = stages.read(company.installation, company.clock())
        assert (read["files_read"], read["messages"]) == (1, 180)
        audited = stages.audit(company.installation, company.clock())
        assert audited["accounts"] == 4
        assert audited["automated"] == 1

        warned = company.enforce()
        assert (warned["warn"], warned["owed"] > 0) == (4, True)
        assert company.states()["winter"] == "running"
        told = tell.alert(company.installation, company.clock())
        assert told["owed"] == 0
        assert {NORTH, SOUTH} <= {message["channel"] for message in slack.messages}

        paused = company.enforce("2019-12-03T08:00")
        assert (paused["acted_paused"], paused.get("pause", 0)) == (2, 0)
        assert company.states() == {
            "winter": "paused",
            "battery": "paused",
            "booking": "running",
            "old": "paused",
        }
        tell.alert(company.installation, company.clock())
        assert "Winter tyres" in " ".join(m["text"] for m in slack.messages if m["channel"] == NORTH)
        assert "Winter tyres" not in " ".join(m["text"] for m in slack.messages if m["channel"] == SOUTH)

    for campaign in ("winter", "battery"):
        assert company.kinds(campaign) == ["intent", "paused"]
    assert [entry.author for entry in company.entries("act", "intent")] == ["anna", *["sendepause"] * 2]


def test_the_environment_describes_the_same_installation(either: Company) -> None:
    opened = open_installation()
    assert opened.data == either.data
    assert opened.engine.dialect.name == either.installation.engine.dialect.name
    stages.enforce(stages.replace(opened, now=either.clock), either.clock())
    assert either.plan(either.clock())[key("winter")]["act"] == "warn"
    opened.engine.dispose()


def test_enforcing_needs_no_finding_at_all(company: Company) -> None:
    people.switch_acting(company.installation, True, "anna")
    company.enforce("2019-12-06T08:00")
    assert company.states()["winter"] == company.states()["battery"] == "paused"


def test_old_findings_stop_no_pause_and_clear_nobody(company: Company) -> None:
    company.lay_machine(OFFERS, company.clock())
    stages.read(company.installation, company.clock())
    stages.audit(company.installation, company.clock())
    people.switch_acting(company.installation, True, "anna")
    company.enforce("2019-12-06T08:00")
    assert company.states()["battery"] == "paused"
    account = company.plan(company.clock())[f"account:{OFFERS}"]
    assert account["act"] == "ask"
    assert account["reasons"] == ["source_ill"]


def test_before_the_first_reading_nobody_is_judged(company: Company) -> None:
    assert stages.audit(company.installation, company.clock()) == {"accounts": 0}


def test_a_run_that_is_repeated_changes_nothing(company: Company) -> None:
    people.switch_acting(company.installation, True, "anna")
    company.enforce("2019-12-06T08:00")
    before = company.entries()
    company.enforce()
    company.enforce(company.clock() + timedelta(minutes=10))
    assert company.entries() == before


@pytest.mark.parametrize("stage", [stages.read, stages.audit, stages.enforce, stages.retain, tell.digest])
def test_every_stage_takes_pendulums_moments(company: Company, stage) -> None:
    """Airflow hands those out; Polars knows no subclass of datetime."""
    company.lay_machine(OFFERS, company.clock())
    stages.read(company.installation, company.clock())
    company.at("2019-12-09T12:00")  # a Monday
    stage(company.installation, pendulum.instance(company.clock()).in_timezone("Europe/Berlin"))
    beat = stage.__name__
    with database.session(company.installation.engine, write=False) as session:
        assert queries.heartbeats(session)[beat].as_of == company.clock()


def test_a_plan_is_shown_for_pendulums_moments_too(company: Company) -> None:
    company.enforce()
    moment = pendulum.instance(company.clock()).in_timezone("Europe/Berlin")
    assert company.plan(moment) == company.plan(company.clock())


def test_what_a_stage_returns_is_plain_json_without_personal_data(company: Company) -> None:
    company.lay("one.csv", (SHOP, "+491713920077", company.clock() - timedelta(days=1), "Hello Erika"))
    said = json.dumps(
        [
            stages.read(company.installation, company.clock()),
            stages.audit(company.installation, company.clock()),
            company.enforce(),
            tell.alert(company.installation, company.clock()),
            stages.retain(company.installation, company.clock()),
        ]
    )
    assert "3920077" not in said
    assert "Erika" not in said
    tables = [pl.read_parquet(path) for path in company.data.rglob("*.parquet")]
    tables += [pl.read_ipc(path) for path in company.data.rglob("*.arrow")]
    store = [path.read_bytes().decode("latin-1") for path in company.folder.glob("store.db*")]
    for written in [*store, *(table.write_ndjson() for table in tables)]:
        assert "3920077" not in written
        assert "Erika" not in written


def test_without_its_key_nothing_is_read_and_the_pauses_go_on(company: Company) -> None:
    company.disconnect("sendepause_key")
    company.lay_machine(OFFERS, company.clock())
    with pytest.raises(BadInput, match="key for pseudonyms is missing"):
        stages.read(company.installation, company.clock())
    company.connect("sendepause_key", conn_type="generic", password=KEY)
    stages.read(company.installation, company.clock())
    company.connect("sendepause_key", conn_type="generic", password="another key of 16 bytes and more")
    with pytest.raises(BadInput, match="not the one in use so far"):
        stages.read(company.installation, company.clock())
    people.switch_acting(company.installation, True, "anna")
    company.enforce("2019-12-06T08:00")
    assert company.states()["battery"] == "paused"


def test_retention_drops_what_is_old_and_keeps_the_ledger(company: Company) -> None:
    people.switch_acting(company.installation, True, "anna")
    company.lay_machine(OFFERS, company.clock())
    stages.read(company.installation, company.clock())
    stages.audit(company.installation, company.clock())
    company.enforce("2019-12-06T08:00")
    before = company.entries()
    stages.audit(company.installation, company.clock())
    assert stages.retain(company.installation, company.clock())["days_dropped"] == 0
    assert list((company.data / "events").glob("day=*"))

    done = stages.retain(company.installation, company.at("2020-02-20T03:40"))
    assert done["days_dropped"] == 3
    assert done["findings"] == 4
    assert not list((company.data / "events").glob("day=*"))
    assert not list((company.data / "activity").glob("day=*"))
    assert company.entries() == before
    assert company.plan(company.clock())[key("winter")]["reasons"] == ["not_running"]


def test_operators_alone_hear_of_a_campaign_whose_account_nobody_knows(company: Company) -> None:
    company.set_campaign("stray", "running", sender="+494066969199")
    people.switch_acting(company.installation, True, "anna")
    with SlackServer() as slack:
        company.connect_slack(slack)
        company.enforce("2019-12-06T08:00")
        tell.alert(company.installation, company.clock())
        naming = {m["channel"] for m in slack.messages if "stray" in m["text"]}
    assert naming == {OPERATORS}
    assert company.states()["stray"] == "running", "listed for a person, never acted on"
    assert company.states()["winter"] == "paused"


def test_a_moment_far_from_now_is_refused_by_what_reads_writes_or_sends(company: Company) -> None:
    company.at("2026-11-20T09:00")
    for stage in (stages.read, stages.audit, stages.retain, tell.alert, tell.digest):
        with pytest.raises(stages.Guarded, match="only shows plans"):
            stage(company.installation, berlin("2019-11-20T09:00"))
