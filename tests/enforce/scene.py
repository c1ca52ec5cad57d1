"""What tests of enforcing need again and again: switches, orders, and what the ledger says afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from sendepause.campaigns.base import Connector
from sendepause.enforce import Order, Outcome, Owe, carry_out, note_completed, note_undone
from sendepause.model import Act, Campaign, CampaignState, Decision, EntryKind, Phase, Reason, Stage
from sendepause.store import database, ledger
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
) -> list[Outcome]:
    """One run of carrying out."""
    given = connectors if isinstance(connectors, Mapping) else {connectors.system.id: connectors}
    return asyncio.run(
        carry_out(engine, given, list(orders), as_of=AS_OF, now=now, author="enforce", owe=owe or owe_one)
    )


def notice(engine: Engine, campaigns: Iterable[Campaign]) -> tuple[int, int]:
    """One run of noticing what came true and what people undid; how many of each."""
    seen = list(campaigns)
    with database.session(engine) as session:
        completed = note_completed(session, seen, as_of=AS_OF, now=NOW, author="enforce")
        undone = note_undone(session, seen, as_of=AS_OF, now=NOW, author="enforce")
    return len(completed), len(undone)


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
