"""Cheap values that move whenever what the stages wrote down has changed: what may be kept until then."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sendepause.store.tables import CampaignRow, DirectoryRow, HeartbeatRow, PlanRow, ReachRow, SilenceRow

Value = tuple[object, ...]


class Stamp(NamedTuple):
    """One value for each thing that is read as a whole. What the ledger holds is not in it: its head says
    that.

    A reach that moves without being the furthest shows once its reading run has come to its end.
    """

    plan: object
    campaigns: Value
    directories: Value
    reaches: Value
    silences: Value
    audited: object


def stamp(session: Session) -> Stamp:
    """It changes with every new plan and audit, and with new campaigns, directories, reaches and silences."""

    def counted(moment: object, *conditions: object) -> Value:
        query = select(func.count(), func.max(moment)).where(*conditions)  # type: ignore[arg-type]
        return tuple(session.execute(query).one())

    beats = select(HeartbeatRow.stage, HeartbeatRow.finished_at).where(
        HeartbeatRow.stage.in_(("audit", "read"))
    )
    ended = {row.stage: row.finished_at for row in session.execute(beats)}
    return Stamp(
        plan=session.scalar(select(func.max(PlanRow.id))),
        campaigns=counted(CampaignRow.seen_at, CampaignRow.gone.is_(False)),
        directories=counted(DirectoryRow.seen_at),
        reaches=(*counted(ReachRow.read_until), ended.get("read")),
        silences=counted(SilenceRow.heard_at),
        audited=ended.get("audit"),
    )
