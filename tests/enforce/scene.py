"""What tests of enforcing need again and again: switches, orders, and what the ledger says afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from sendepause.campaigns.base import Connector
from sendepause.enforce import (
    Order,
    Outcome,
    Owe,
    Watched,
    carry_out,
    note_completed,
    note_drained,
    note_resumed,
    note_undone,
    watch,
)
from sendepause.enforce import acting as switched_on
from sendepause.errors import SendepauseError
from sendepause.model import Act, Campaign, CampaignState, Decision, EntryKind, Phase, Reason, Stage
from sendepause.store import database, folds, ledger
from sendepause.store.folds import PauseRecord
from sendepause.store.ledger import Entry
from sendepause.store.tables import AlertRow

RULE = "whatsapp-2019"
AS_OF = datetime(2019, 12, 4, 9, 0, tzinfo=UTC)
NOW = AS_OF + timedelta(seconds=3)


def switch(engine: Engine, kind: EntryKind, on: bool) -> None:
    """A person moves one of the two switches."""
    with database.session(engine) as session:
        ledger.append(session, at=NOW, as_of=AS_OF, author="anna", kind=kind, facts={"on": on})


def acting(engine: Engine) -> Engine:
    """The store, with acting switched on."""
    switch(engine, EntryKind.ACT, True)
    return engine


def campaign(id: str, system: str = "memory", state: CampaignState = CampaignState.RUNNING) -> Campaign:
    return Campaign(system, id, f"Campaign {id}", "+4930123450", state)


def order(campaign: Campaign, *reasons: Reason, rule: str = RULE) -> Order:
    """A decision to pause the campaign."""
    given = reasons or (Reason.AUTOMATED_ON_PERSONAL,)
    return Order(Decision(rule, campaign.key, campaign.account, Act.PAUSE, given, Phase.PAUSING), campaign)


def resuming(campaign: Campaign, rule: str = RULE) -> Order:
    """A decision to resume the campaign, approved."""
    decision = Decision(rule, campaign.key, campaign.account, Act.RESUME, (), Phase.PAUSING)
    return Order(decision, campaign)


def ask_hold(engine: Engine, key: str) -> int:
    """Someone asks for a hold on a campaign; the entry's number."""
    facts = {"until": (AS_OF + timedelta(days=2)).isoformat(), "reason": "a fair"}
    with database.session(engine) as session:
        asked = ledger.append(
            session, at=NOW, as_of=AS_OF, author="anna", kind=EntryKind.HOLD_ASKED, subject=key, facts=facts
        )
    assert asked is not None
    return asked.seq


def grant_hold(engine: Engine, asked: int) -> None:
    """Somebody else grants it."""
    with database.session(engine) as session:
        ledger.append(
            session,
            at=NOW,
            as_of=AS_OF,
            author="bert",
            kind=EntryKind.HOLD_GRANTED,
            subject=f"hold:{asked}",
            once=folds.once_hold_granted(asked),
        )


def newest(engine: Engine) -> int:
    """The ledger's newest number: what a decision of this moment knows."""
    with database.session(engine, write=False) as session:
        head = ledger.head(session)
    return head.seq if head else 0


def records(engine: Engine) -> dict[tuple[str, str], PauseRecord]:
    """What the ledger says of every pause."""
    with database.session(engine, write=False) as session:
        return folds.pauses(ledger.entries(session))


def owe_one(session: Session, decision: Decision, stage: Stage) -> None:
    """Owes one alert in the store, so that what was owed is seen even after a kill."""
    session.add(
        AlertRow(
            enforcement=decision.enforcement,
            subject=decision.subject,
            stage=str(stage),
            episode=1 + len(owed(session, stage, decision.subject)),
            channel="C0OWNER",
            audience="owner",
            language="de",
            time_zone="Europe/Berlin",
            facts={},
            owed_at=AS_OF,
        )
    )
    session.flush()


def owed(session: Session, stage: Stage, subject: str | None = None) -> list[str]:
    """The subjects of the alerts owed at a stage, in order."""
    query = select(AlertRow.subject).where(AlertRow.stage == str(stage)).order_by(AlertRow.id)
    found = list(session.scalars(query))
    return found if subject is None else [one for one in found if one == subject]


def enforce(
    engine: Engine,
    connectors: Mapping[str, Connector] | Connector,
    orders: Iterable[Order],
    *,
    now: Callable[[], datetime] = lambda: NOW,
    owe: Owe | None = None,
    decided_at: int | None = None,
    seconds: float | None = None,
    again_after: Sequence[float] = (),
) -> list[Outcome]:
    """One run of carrying out."""
    given = connectors if isinstance(connectors, Mapping) else {connectors.system.id: connectors}
    return asyncio.run(
        carry_out(
            engine,
            given,
            list(orders),
            as_of=AS_OF,
            now=now,
            author="enforce",
            owe=owe or owe_one,
            decided_at=decided_at,
            seconds=seconds,
            again_after=again_after,
        )
    )


def notice(engine: Engine, campaigns: Iterable[Campaign]) -> tuple[int, int]:
    """One run of noticing what came true and what people undid; how many of each."""
    seen = list(campaigns)
    with database.session(engine) as session:
        records = folds.pauses(ledger.entries(session)).values()
        completed, _, undone = (
            note(session, records, seen, as_of=AS_OF, now=NOW, author="look")
            for note in (note_completed, note_resumed, note_undone)
        )
    return len(completed), len(undone)


def keep_watch(
    engine: Engine, connectors: Mapping[str, Connector], silent: Iterable[Campaign], now: datetime = NOW
) -> list[Watched | SendepauseError]:
    """One run of watching, and what it writes down."""
    found = asyncio.run(watch(connectors, silent, partial(switched_on, engine)))
    read = [one for one in found if isinstance(one, Watched)]
    with database.session(engine) as session:
        records = folds.pauses(ledger.entries(session)).values()
        for note in (note_resumed, note_undone):
            note(session, records, [one.campaign for one in read], as_of=AS_OF, now=now, author="watch")
        note_drained(session, records, read, as_of=AS_OF, now=now, author="watch")
    return found


def written(engine: Engine, *kinds: EntryKind, subject: str | None = None) -> list[Entry]:
    """The ledger's entries without those about the switches, and the chain is whole."""
    with database.session(engine, write=False) as session:
        assert ledger.verify(session) is None
        entries = ledger.entries(session, kinds=kinds or None, subject=subject)
    return [entry for entry in entries if entry.kind not in (EntryKind.ACT, EntryKind.HALT)]


def kinds(engine: Engine, subject: str | None = None) -> list[str]:
    """The kinds of what was written, in order."""
    return [str(entry.kind) for entry in written(engine, subject=subject)]


def told(engine: Engine, stage: Stage) -> list[str]:
    """The subjects that an alert of this stage is owed for."""
    with database.session(engine, write=False) as session:
        return owed(session, stage)
