"""The example, read into a store by the real readers and judged by the real audit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from sendepause import events
from sendepause.audit.verdict import judge
from sendepause.example import CAST, Written, inbox
from sendepause.example.company import Part, Phone
from sendepause.example.traffic import DAYS, Way, perform
from sendepause.keys import Pseudonymiser
from sendepause.model import Evidence, Finding
from sendepause.settings import Settings
from sendepause.sources import read_whole
from sendepause.sources.base import ReadContext
from sendepause.sources.ingest import ingest
from sendepause.stages import source_health
from sendepause.store import database, queries
from sendepause.store.queries import FileState, Reach


@dataclass(frozen=True)
class Ground:
    """What is known after the first reading and the first audit."""

    files: list[FileState]
    reaches: list[Reach]
    events: pl.DataFrame
    findings: dict[str, Finding]


@pytest.fixture(scope="module")
def ground(
    tmp_path_factory: pytest.TempPathFactory, written: Written, settings: Settings, now: datetime
) -> Ground:
    base = tmp_path_factory.mktemp("store")
    engine = database.connect(f"sqlite:///{base / 'store.db'}")
    database.migrate(engine)
    key = Pseudonymiser(b"an invented key of 32 bytes.....")
    data = written.config.parents[1]
    ingest(engine, base, settings, key, data=data, as_of=now, now=lambda: now)
    with database.session(engine, write=False) as session:
        health = source_health(session, settings)
        files = [
            state for source in settings.sources for state in queries.file_state(session, source.id).values()
        ]
        reaches = queries.reaches(session)
    engine.dispose()
    first = (now - timedelta(days=DAYS + 2)).date()
    rows = events.activity(base, first, now.date())
    findings = judge(rows, now, health=health, accounts=[account.number for account in settings.accounts])
    return Ground(files, reaches, events.scan(base).collect(), {one.account: one for one in findings})


def test_only_the_damaged_exports_are_refused(ground: Ground, written: Written) -> None:
    """No file is ambiguous in day and month, whatever four weeks it tells of."""
    broken = [file for file in ground.files if file.broken]
    assert {Path(file.path).parts[0] for file in broken} == {"+492214710101", "+498999998104"}
    assert (len(broken), len(ground.files)) == (2, written.files)


def test_every_message_becomes_one_event_at_its_time(
    ground: Ground, settings: Settings, written: Written, now: datetime
) -> None:
    told: Counter[tuple[str, str, datetime]] = Counter()
    for account in settings.account_list():
        part = next(part for part in CAST if part.number == account.number)
        for way, messages in perform(account, part, now, 7).items():
            whole = 60 if way is Way.PHONE and part.phone is Phone.ANDROID else 1
            for message in messages:
                at = int(message.at.timestamp())
                told[part.number, message.direction, datetime.fromtimestamp(at - at % whole, UTC)] += 1
    read = ground.events.select("account_id", "direction", "sent_at")
    assert Counter(read.iter_rows()) == told
    assert read.height == written.messages


def test_each_source_proves_what_it_can_of_the_kind(ground: Ground) -> None:
    proved = {(reach.source, reach.evidence) for reach in ground.reaches}
    assert proved == {("phones", Evidence.CONSUMER), ("platform", Evidence.PLATFORM), ("campaign-tool", None)}


@pytest.mark.parametrize("part", CAST, ids=lambda part: part.number)
def test_the_audit_says_of_each_account_what_the_script_says(ground: Ground, part: Part) -> None:
    found = ground.findings[part.number]
    assert (found.verdict, found.no_data) == (part.verdict, part.no_data), part.why


def test_no_export_is_ambiguous_in_any_month(settings: Settings, tmp_path: Path) -> None:
    """A first start early in a month has English chats whose days are all below 13."""
    account = next(one for one in settings.account_list() if one.name == "London counter")
    part = next(part for part in CAST if part.number == account.number)
    context = ReadContext(time_zone=account.time_zone, owner=account.export_names[0])
    for start in (datetime(2026, month, 10, 12, tzinfo=UTC) for month in (1, 4, 7, 11)):
        sent = perform(account, part, start, 7)[Way.PHONE]
        recent = [message for message in sent if message.at > start.replace(day=1)]
        inbox.chat_exports(tmp_path / str(start.month), account, Phone.IOS, recent)
        read: list[datetime] = []
        for file in (tmp_path / str(start.month) / account.number).iterdir():
            with file.open("rb") as stream:
                messages = read_whole("chat_export", stream, file.name, context).messages
            read += messages.filter(~pl.col("system"))["sent_at"].to_list()
        assert sorted(read) == [message.at.replace(microsecond=0) for message in recent]
