"""What the example company promises: written once, from a seed, holding every situation."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from sendepause import configuration, countdown, example
from sendepause.campaigns import connect
from sendepause.campaigns.base import Access, Connector
from sendepause.errors import BadInput
from sendepause.example import CAST, HOLD, SWITCHED_ON_AGAIN, SWITCHED_ON_BY, Written
from sendepause.example.campaigns import JOBS
from sendepause.example.company import Traffic
from sendepause.example.traffic import DAYS, perform
from sendepause.example.words import customers
from sendepause.model import Campaign, CampaignState, Kind, Language, NoData, Phase, Verdict
from sendepause.settings import Settings, e164

# Bundesnetzagentur: Rufnummern für Film und Fernsehen; Ofcom: numbers for TV and radio drama
RESERVED = (
    "+493023125",
    "+496990009",
    "+494066969",
    "+492214710",
    "+498999998",
    "+4917139200",
    "+49176040690",
    "+447700900",
)


@pytest.fixture
def crm(written: Written, settings: Settings, tmp_path: Path) -> tuple[Path, Callable[[], Connector]]:
    database = Path(shutil.copy(written.database, tmp_path))
    (system,) = settings.campaign_systems
    return database, lambda: connect(system, Access(host=f"sqlite:///{database}"))


def _files(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file.suffix != ".sqlite"
    }


def _rows(database: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(database) as connection:
        return connection.execute("select * from campaigns order by id").fetchall()


# Writing


def test_the_same_seed_and_moment_give_the_same_example(
    written: Written, tmp_path: Path, now: datetime, shipped: Path
) -> None:
    again = example.write(tmp_path, shipped, now)
    assert _files(again.config.parent) == _files(written.config.parent)
    assert _rows(again.database) == _rows(written.database)


def test_another_seed_gives_other_traffic(settings: Settings, now: datetime) -> None:
    account, part = settings.account_list()[0], CAST[0]
    assert perform(account, part, now, 7) != perform(account, part, now, 8)


def test_a_second_start_finds_it_and_changes_nothing(tmp_path: Path, now: datetime, shipped: Path) -> None:
    first = example.write(tmp_path, shipped, now)
    example.person_switches_on(first.database, "k-gutschein", "t.lenzen", now)
    before = _files(tmp_path), _rows(first.database)
    assert example.write(tmp_path, shipped, now + timedelta(days=40), seed=9) == first
    assert (_files(tmp_path), _rows(first.database)) == before


def test_an_interrupted_first_start_starts_over(
    written: Written, tmp_path: Path, now: datetime, shipped: Path
) -> None:
    shutil.copytree(written.config.parent, tmp_path / "example")
    (tmp_path / "example" / "written.json").unlink()
    (tmp_path / "example" / "inbox" / "webhooks" / "half.jsonl").write_text('{"object"', "utf-8")
    again = example.write(tmp_path, shipped, now)
    assert _files(again.config.parent) == _files(written.config.parent)


def test_it_is_small_and_counted(written: Written) -> None:
    inbox = [file for file in (written.config.parent / "inbox").rglob("*") if file.is_file()]
    assert len(inbox) == written.files
    assert 5_000 < written.messages < 50_000
    assert sum(file.stat().st_size for file in inbox) < 5_000_000


def test_a_foreign_configuration_is_refused_with_its_place(
    tmp_path: Path, now: datetime, shipped: Path
) -> None:
    foreign = Path(shutil.copytree(shipped, tmp_path / "foreign"))
    calendar = foreign / "calendar.yaml"
    calendar.write_text(calendar.read_text("utf-8").replace("new-branch", "other"), "utf-8")
    with pytest.raises(BadInput, match="new-branch"):
        example.write(tmp_path / "data", foreign, now)


# The configuration


def test_the_shipped_configuration_checks(shipped: Path) -> None:
    assert len(configuration.load(shipped).accounts) == len(CAST) == 24


def test_every_file_says_what_it_is_and_how_to_make_it_ones_own(shipped: Path) -> None:
    for file in shipped.glob("*.yaml"):
        header = file.read_text("utf-8").split("\n\n")
        assert header[0].startswith("# "), file.name
        assert "make it your own" in " ".join(header[:2]), file.name


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 25, 9, tzinfo=UTC), date(2026, 12, 7)),
        (datetime(2026, 12, 6, 22, 59, tzinfo=UTC), date(2026, 12, 7)),
        (datetime(2026, 12, 6, 23, 0, tzinfo=UTC), date(2027, 12, 7)),  # midnight in Berlin
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 12, 7)),
        (datetime(2027, 2, 1, tzinfo=UTC), date(2027, 12, 7)),
    ],
)
def test_the_new_branch_has_the_coming_seventh_of_december(now: datetime, expected: date) -> None:
    assert example.coming_seventh(now) == expected


def test_the_copy_carries_the_date_and_differs_in_nothing_else(tmp_path: Path, shipped: Path) -> None:
    copy = example.write(tmp_path, shipped, datetime(2027, 3, 1, tzinfo=UTC)).config
    moved = {rule.id: rule.date for rule in configuration.load(copy).enforcements}
    assert moved == {"whatsapp-2019": date(2019, 12, 7), "new-branch": date(2027, 12, 7)}
    for file in shipped.glob("*.yaml"):
        same = (copy / file.name).read_text("utf-8").replace("2027-12-07", "2026-12-07")
        assert same == file.read_text("utf-8")


def test_each_account_has_its_part_its_branch_and_one_date(settings: Settings) -> None:
    accounts = settings.account_list()
    assert {account.number for account in accounts} == {part.number for part in CAST}
    assert {account.declared_kind for account in accounts} == set(Kind)
    assert len({account.time_zone for account in accounts}) == 2
    assert {owner.language for owner in settings.owner_map().values()} == set(Language)
    for account in accounts:
        hit = [
            rule
            for rule in settings.enforcement_list()
            if countdown.applies_to(rule, account, account.declared_kind)
        ]
        assert len(hit) == (account.declared_kind is not Kind.BUSINESS_PLATFORM), account.name


def test_numbers_are_from_ranges_reserved_for_fiction(settings: Settings) -> None:
    people = customers(Random(1), Language.DE, 900) + customers(Random(1), Language.EN, 400)
    for number in [account.number for account in settings.accounts] + [one.number for one in people]:
        assert number.startswith(RESERVED)
    assert not {one.number for one in people} & {account.number for account in settings.accounts}


# Situations


def test_every_verdict_and_every_reason_for_none_occurs() -> None:
    assert {part.verdict for part in CAST} == set(Verdict)
    assert {part.no_data for part in CAST if part.no_data} == set(NoData)


def test_traffic_is_of_the_last_four_weeks_and_never_of_the_future(settings: Settings, now: datetime) -> None:
    accounts = {account.number: account for account in settings.account_list()}
    for part in CAST:
        for messages in perform(accounts[part.number], part, now, 7).values():
            assert all(message.at < now for message in messages)
            if part.traffic not in (Traffic.SILENT, Traffic.STALE) and messages:
                assert messages[-1].at > now - timedelta(days=4)
                assert messages[0].at > now - timedelta(days=DAYS + 1)


def test_one_damaged_export_lies_beside_good_ones(written: Written) -> None:
    folder = written.config.parent / "inbox" / "exports" / "+492214710101"
    broken = [file for file in folder.glob("*.zip") if not zipfile.is_zipfile(file)]
    assert len(broken) == 1
    assert len(list(folder.iterdir())) > 5


def test_the_campaign_table_holds_every_situation(
    settings: Settings, crm: tuple[Path, Callable[[], Connector]], now: datetime
) -> None:
    accounts = {account.number: account for account in settings.account_list()}
    listed: dict[str, Campaign] = {campaign.id: campaign for campaign in asyncio.run(crm[1]().list())}
    running = [one for one in listed.values() if one.state is CampaignState.RUNNING]
    known = [accounts[one.account] for one in running if one.account in accounts]

    assert len(JOBS) == 30
    assert {account.declared_kind for account in known} == set(Kind)
    assert any(account.branch == "Berlin" and account.declared_kind is Kind.PERSONAL for account in known)
    assert listed["alt-filiale"].account not in {None, *accounts}  # a number that is no account
    assert listed["aushilfe"].account is None  # no number at all
    assert any(one.state is CampaignState.PAUSED for one in listed.values())
    assert {job.status for job in JOBS} == {"running", "scheduled", "paused", "done"}
    assert all(one.changed_by and one.changed_at and one.changed_at < now for one in listed.values())

    # Ground A needs no data: campaigns of accounts without a source, and with an ill one
    silent = {part.number for part in CAST if part.no_data in (NoData.NO_SOURCE, NoData.SOURCE_ILL)}
    assert silent & {account.number for account in known}
    # Behaviour finds what no campaign explains
    unexplained = [part for part in CAST if part.traffic is Traffic.REMINDERS]
    assert unexplained and not {part.number for part in unexplained} & {one.account for one in running}


def test_the_hold_is_asked_for_a_personal_account_of_the_new_branch(settings: Settings) -> None:
    job = next(job for job in JOBS if f"campaign:crm/{job.id}" == HOLD.campaign)
    account = next(one for one in settings.account_list() if one.number == e164(job.sender))
    assert (account.branch, account.declared_kind, job.status) == ("Berlin", Kind.PERSONAL, "running")
    begins = countdown.begins_at(settings.enforcement_list()[-1])
    margin = settings.policy.hold_margin_hours
    for days in (300, 12, 3):
        now = begins - timedelta(days=days)
        ends = HOLD.ends_at(now, begins, margin)
        assert now < ends <= min(begins - timedelta(hours=margin), now + timedelta(days=HOLD.days))


def test_what_was_paused_a_person_switches_on_again(
    settings: Settings, crm: tuple[Path, Callable[[], Connector]], now: datetime
) -> None:
    database, connector = crm
    later = now + timedelta(minutes=40)

    async def pause() -> CampaignState:
        await connector().pause(SWITCHED_ON_AGAIN)
        return await connector().read_state(SWITCHED_ON_AGAIN)

    assert asyncio.run(pause()) is CampaignState.PAUSED
    example.person_switches_on(database, SWITCHED_ON_AGAIN, SWITCHED_ON_BY, later)
    again = next(one for one in asyncio.run(connector().list()) if one.id == SWITCHED_ON_AGAIN)
    assert (again.state, again.changed_by, again.changed_at) == (CampaignState.RUNNING, SWITCHED_ON_BY, later)
    rule = settings.enforcement_list()[0]
    account = next(one for one in settings.account_list() if one.number == again.account)
    assert countdown.phase_at(rule, now) is Phase.IN_FORCE
    assert countdown.applies_to(rule, account, account.declared_kind)


def test_only_what_is_paused_can_be_switched_on(
    crm: tuple[Path, Callable[[], Connector]], now: datetime
) -> None:
    for id in (SWITCHED_ON_AGAIN, "nobody-knows-it"):
        with pytest.raises(BadInput, match=id):
            example.person_switches_on(crm[0], id, SWITCHED_ON_BY, now)


def test_people_rest_at_night(settings: Settings, now: datetime) -> None:
    accounts = {account.number: account for account in settings.account_list()}
    for part in CAST:
        if part.traffic is Traffic.PERSON:
            account = accounts[part.number]
            for message in chain(*perform(account, replace(part, daily=10), now, 3).values()):
                assert 7 <= message.at.astimezone(ZoneInfo(account.time_zone)).hour <= 19
