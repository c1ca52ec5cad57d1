"""An invented company in a real store: what the stages would have written down at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from tests import stores

from sendepause import configuration, guard, world
from sendepause.alerts.outbox import Fact, Recipient, owe
from sendepause.model import (
    AccountBy,
    Audience,
    Campaign,
    CampaignState,
    EntryKind,
    Evidence,
    Finding,
    Language,
    NoData,
    Signal,
    Stage,
    Verdict,
)
from sendepause.planning import make_plan
from sendepause.settings import Settings
from sendepause.store import database, ledger, queries

NOW = datetime(2026, 12, 3, 9, 5, tzinfo=UTC)  # four days before the date: pausing
KINDS = ("personal", "personal", "business_app", "business_platform")
HOSTILE = "<script>alert('x')</script> & Söhne"


def number(place: int) -> str:
    """The ``place``-th of the numbers kept free for film and fiction, and beyond."""
    return f"+4940669{69101 + place:05d}" if place < 99 else f"+4915510{place:06d}"


def settings(accounts: int = 8) -> Settings:
    """A checked configuration with so many accounts and two dates."""
    return configuration.check(
        {
            "owners": [
                {
                    "id": f"owner{place}",
                    "name": name,
                    "channel": f"C0OWNER{place}",
                    "language": "de",
                }
                for place, name in enumerate(("Wiebke Harmsen", "Tobias Lenzen", "Priya Shah"))
            ],
            "operators": {"channel": "C0OPERATORS", "language": "en", "time_zone": "Europe/Berlin"},
            "accounts": [_account(place) for place in range(accounts)],
            "campaign_systems": [{"id": "crm", "connector": "sql_table", "connection": "crm"}],
            "sources": [{"id": "phones", "kind": "chat_export", "location": "exports"}],
            "enforcements": [
                {
                    "id": "whatsapp",
                    "title": {
                        "de": "WhatsApp geht gegen automatisierte Nachrichten vor",
                        "en": "WhatsApp takes action against automated messages",
                    },
                    "date": "2026-12-07",
                    "time_zone": "Europe/Berlin",
                    "source": "WhatsApp FAQ, “Unauthorized use of automated or bulk messaging”",
                },
                {
                    "id": "old",
                    "title": {"de": "Newsletter der Filiale Köln", "en": "Newsletters of the Cologne branch"},
                    "scope": {"branches": ["Köln"]},
                    "date": "2025-05-01",
                    "time_zone": "Europe/Berlin",
                    "source": "decision of the management",
                },
            ],
        }
    )


def write_files(folder: Path, chosen: Settings) -> None:
    """The configuration's files, as operators keep them."""
    folder.mkdir()
    content = configuration.content_of(chosen)
    for name, keys in configuration.FILES.items():
        (folder / name).write_text(yaml.safe_dump({key: content[key] for key in keys}))


def settle_in(home: Path, chosen: Settings) -> None:
    """A filled store and its configuration's files, in an Airflow home."""
    fill_file(home / "data" / "sendepause.db", chosen)
    write_files(home / "config", chosen)


def fill_file(path: Path, chosen: Settings) -> None:
    """A store in which every stage has run, in one file."""
    engine = database.connect(f"sqlite:///{path}")
    stores.migrate(engine)
    fill(engine, chosen)
    engine.dispose()  # the last connection writes all of it into the file


def halted_by(home: Path) -> list[str]:
    """Who halted, by the ledger of an Airflow home's store, in order."""
    engine = database.connect(f"sqlite:///{home}/data/sendepause.db")
    with database.session(engine, write=False) as session:
        entries = ledger.entries(session, kinds=[EntryKind.HALT])
    engine.dispose()
    return [entry.author for entry in entries if entry.facts["on"]]


def fill(engine: Engine, chosen: Settings, now: datetime = NOW, *, acting: bool = True) -> None:
    """Write down everything that a page can show, as of ``now``."""
    with database.session(engine) as session:
        _switch(session, now - timedelta(days=9), acting)
        for place, account in enumerate(chosen.accounts):
            if place != 3:
                evidence = Evidence.CONSUMER if place % 4 == 3 else None
                reach = now - timedelta(hours=place % 50)
                queries.note_reach(session, "phones", account.number, reach, evidence)
        queries.save_findings(session, findings(chosen, now))
        queries.save_campaigns(session, "crm", campaigns(chosen, now), now)
        _pause(session, "campaign:crm/4", now)
        _health(session, now)
        _plan(session, chosen, now)
        queries.beat(session, "enforce", now, now - timedelta(minutes=4), {})
    with database.session(engine) as session:
        _alerts(session, now)


def campaigns(chosen: Settings, now: datetime) -> list[Campaign]:
    """A few campaigns for every eight accounts; the last one's number belongs to nobody."""
    names = ("Winterreifen", "Gutscheine", HOSTILE, "Terminerinnerung")
    states = (CampaignState.RUNNING, CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.UNKNOWN)
    known = [
        Campaign(
            system="crm",
            id=str(place),
            name=names[place % 4],
            account=chosen.accounts[place].number,
            state=CampaignState.PAUSED if place % 8 == 4 else states[place % 4],
            account_by=AccountBy.INFERRED if place == 1 else AccountBy.MARK,
            changed_by="sendepause" if place % 8 == 4 else "m.brandt",
            changed_at=now - timedelta(days=place % 20, hours=3),
        )
        for place in range(len(chosen.accounts))
        if place % 8 in (0, 1, 2, 4, 5, 7)
    ]
    stray = Campaign("crm", "stray", "Restposten", "+4930231251010", CampaignState.RUNNING)
    return [*known, stray]


def findings(chosen: Settings, now: datetime) -> Iterator[Finding]:
    """One verdict of each sort, again and again."""
    verdicts = (*Verdict,)
    for place, account in enumerate(chosen.accounts):
        verdict = verdicts[place % len(verdicts)]
        rhythm = Signal("same_minute", 41, 20, "messages", "measured", verdict is Verdict.AUTOMATED)
        yield Finding(
            account=account.number,
            as_of=now - timedelta(hours=5),
            window_days=28,
            verdict=verdict,
            signals=() if verdict is Verdict.NO_DATA else (rhythm,),
            messages=0 if verdict is Verdict.NO_DATA else 1234,
            days=0 if verdict is Verdict.NO_DATA else 17,
            no_data=NoData.NO_SOURCE if verdict is Verdict.NO_DATA else None,
            newest_at=now - timedelta(hours=6),
        )


def _account(place: int) -> dict[str, Any]:
    return {
        "number": number(place),
        "name": ("Hamburg Tresen", "Köln Aktionen", HOSTILE, "London Workshop")[place % 4],
        "declared_kind": KINDS[place % 4],
        "owner": f"owner{place % 3}",
        "branch": ("Hamburg", "Köln", "Frankfurt", "London")[place % 4],
    }


def _switch(session: Session, at: datetime, acting: bool) -> None:
    for kind in (EntryKind.ACT, EntryKind.HALT):
        on = acting if kind is EntryKind.ACT else False
        ledger.append(session, at=at, as_of=at, author="j.petersen", kind=kind, facts={"on": on})


def _pause(session: Session, campaign: str, now: datetime) -> None:
    for kind in (EntryKind.INTENT, EntryKind.PAUSED):
        at = now - timedelta(hours=20)
        author = "sendepause"
        ledger.append(
            session, at=at, as_of=at, author=author, kind=kind, subject=campaign, enforcement="whatsapp"
        )


def _health(session: Session, now: datetime) -> None:
    queries.set_health(session, "slack", True, now - timedelta(days=3))
    queries.set_health(session, "system:crm", True, now)
    queries.set_health(
        session, "source:phones", False, now - timedelta(hours=7), "The folder exports does not exist."
    )
    queries.note_file(
        session,
        queries.FileState(
            source="phones",
            path=f"{number(0)}/{HOSTILE}.txt",
            hash="0" * 64,
            size=12,
            read_at=now,
            broken=True,
            reason="The encoding could not be recognised.",
            place="line 4",
        ),
    )


def _plan(session: Session, chosen: Settings, now: datetime) -> None:
    entries = ledger.entries(session)
    seen = world.gather(session, chosen, now, entries)
    plan = make_plan(seen)
    passages = world.passages(plan, chosen, world.past(session, now, entries))
    queries.save_plan(
        session,
        [world.decision_json(decision, passages) for decision in plan.decisions],
        hash=guard.plan_hash(plan),
        as_of=now,
        shown_at=now,
        accepted=False,
    )


def _alerts(session: Session, now: datetime) -> None:
    owner = Recipient("C0OWNER0", Audience.OWNER, Language.DE, "Europe/Berlin", owner_id="owner0")
    operators = Recipient("C0OPERATORS", Audience.OPERATORS, Language.EN, "Europe/Berlin")
    for stage, subject, recipient in (
        (Stage.LAST_CALL, "campaign:crm/0", owner),
        (Stage.PAUSED, "campaign:crm/4", owner),
        (Stage.NOT_PAUSED, "campaign:crm/1", operators),
        (Stage.SOURCE_ILL, "source:phones", operators),
    ):
        owe(session, Fact("whatsapp", subject, stage, recipient.audience), [recipient], now)
