"""A cheap value that moves whenever what the stages wrote down has changed: what may be kept until then."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sendepause.store.tables import CampaignRow, DirectoryRow, HeartbeatRow, PlanRow, ReachRow, SilenceRow


def stamp(session: Session) -> tuple[object, ...]:
    """It changes with every new plan and audit, and with new campaigns, directories, reaches and silences.

    A reach that moves without being the furthest shows once its reading run has come to its end. What the
    ledger holds is not in it: its head says that.
    """
    plan = session.scalar(select(func.max(PlanRow.id)))
    seen = select(func.count(), func.max(CampaignRow.seen_at)).where(CampaignRow.gone.is_(False))
    told = select(func.count(), func.max(DirectoryRow.seen_at)).select_from(DirectoryRow)
    reach = select(func.count(), func.max(ReachRow.read_until)).select_from(ReachRow)
    heard = select(func.count(), func.max(SilenceRow.heard_at)).select_from(SilenceRow)
    beats = select(HeartbeatRow.finished_at).where(HeartbeatRow.stage.in_(("audit", "read")))
    ended = tuple(session.scalars(beats.order_by(HeartbeatRow.stage)))
    counted = [value for query in (seen, told, reach, heard) for value in session.execute(query).one()]
    return (plan, *counted, *ended)
