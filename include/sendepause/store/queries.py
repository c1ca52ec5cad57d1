"""What the stages write down and read: small functions over one open session.

Saving is an upsert throughout, so a stage that was killed and runs again changes nothing twice. What
was done to campaigns is not here but in the ledger; what is owed to people is in the outbox.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, delete, func, insert, select, update
from sqlalchemy.orm import Session

from sendepause.model import (
    AccountBy,
    Campaign,
    CampaignState,
    Evidence,
    Level,
    Sender,
    Via,
)
from sendepause.store.findings import latest_findings as latest_findings
from sendepause.store.findings import save_findings as save_findings
from sendepause.store.tables import (
    CampaignRow,
    ConfigurationRow,
    FileRow,
    HealthRow,
    HeartbeatRow,
    NoteRow,
    PlanRow,
    ReachRow,
)
from sendepause.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Health:
    """Whether something can be reached; ``since``: when ``ok`` last changed."""

    ok: bool
    since: datetime
    checked_at: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When a stage last came to its end, at which ``as_of``, and what it counted."""

    as_of: datetime
    finished_at: datetime
    counts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was last met; ``path`` is relative to its source's location."""

    source: str
    path: str
    hash: str  # SHA-256 of the content
    size: int  # bytes
    read_at: datetime
    modified: str = ""  # the storage's own stamp, to skip unchanged files
    broken: bool = False
    reason: str | None = None  # why it could not be read
    place: str | None = None  # where inside it
    messages: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one source's data reach for one account, and what they say of its kind."""

    source: str
    account: str
    read_until: datetime
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A plan that was shown; ``items`` are its decisions as ``sendepause plan`` prints them."""

    hash: str
    as_of: datetime
    shown_at: datetime
    items: tuple[dict[str, Any], ...]
    accepted: bool


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration that was in force: file name -> parsed content."""

    hash: str
    taken_at: datetime
    content: dict[str, Any]


def save_campaigns(session: Session, system: str, campaigns: Iterable[Campaign], seen_at: datetime) -> None:
    """Write down everything that a system lists; what it no longer lists is marked as gone."""
    session.execute(update(CampaignRow).where(CampaignRow.system == system).values(gone=True))
    rows = (
        {
            **_columns(campaign),
            "senders": [[sender.via, sender.gateway, sender.name] for sender in campaign.senders],
            "also": list(campaign.also),
            "first_seen_at": seen_at,
            "seen_at": seen_at,
            "gone": False,
        }
        for campaign in campaigns
    )
    upsert(session, CampaignRow, rows, keep=["first_seen_at"])


def campaigns(session: Session, include_gone: bool = False) -> list[Campaign]:
    """The campaigns as they were last seen, by system and id."""
    columns = [c for c in CampaignRow.__table__.columns if c.name not in ("first_seen_at", "seen_at", "gone")]
    query = select(*columns).order_by(CampaignRow.system, CampaignRow.id)
    if not include_gone:
        query = query.where(CampaignRow.gone.is_(False))
    return [_campaign(row) for row in session.execute(query)]


def note_states(session: Session, campaigns: Iterable[Campaign], at: datetime) -> None:
    """Write down the states of single campaigns that were read apart from a list; they are there then.

    With who changed them last, and when, as far as that is known.
    """
    for campaign in campaigns:
        session.execute(
            update(CampaignRow)
            .where(CampaignRow.system == campaign.system, CampaignRow.id == campaign.id)
            .values(
                state=str(campaign.state),
                changed_by=campaign.changed_by,
                changed_at=campaign.changed_at,
                seen_at=at,
                gone=False,
            )
        )


def set_health(session: Session, subject: str, ok: bool, at: datetime, detail: str = "") -> None:
    """Note that ``subject`` (``source:ID``, ``system:ID``, ``slack``, ``configuration``) is well or ill."""
    row = {"subject": subject, "ok": ok, "since": at, "checked_at": at, "detail": detail}
    upsert(
        session,
        HealthRow,
        [row],
        special=lambda new: {"since": case((HealthRow.ok == new.ok, HealthRow.since), else_=new.since)},
    )


def health(session: Session) -> dict[str, Health]:
    """What is well and what is ill, by subject."""
    return {
        row.subject: Health(row.ok, row.since, row.checked_at, row.detail)
        for row in session.scalars(select(HealthRow))
    }


def keep_health(session: Session, subjects: Collection[str]) -> None:
    """Forget the health of everything but ``subjects``."""
    gone = [known for known in session.scalars(select(HealthRow.subject)) if known not in subjects]
    session.execute(delete(HealthRow).where(HealthRow.subject.in_(gone)))


def beat(
    session: Session, stage: str, as_of: datetime, finished_at: datetime, counts: Mapping[str, Any]
) -> None:
    """Note that a stage came to its end."""
    row = {"stage": stage, "as_of": as_of, "finished_at": finished_at, "counts": dict(counts)}
    upsert(session, HeartbeatRow, [row])


def heartbeats(session: Session) -> dict[str, Heartbeat]:
    """The last end of each stage, by stage."""
    return {
        row.stage: Heartbeat(row.as_of, row.finished_at, row.counts)
        for row in session.scalars(select(HeartbeatRow))
    }


def file_state(session: Session, source: str, paths: Collection[str] | None = None) -> dict[str, FileState]:
    """The files of a source as they were last met, by path; of ``paths`` (a few
    thousand at most), if given."""
    query = select(*FileRow.__table__.columns).where(FileRow.source == source)
    if paths is not None:
        query = query.where(FileRow.path.in_(paths))
    return {row.path: _file(row) for row in session.execute(query)}


def broken_paths(session: Session, source: str) -> set[str]:
    """The paths of a source's files that could not be read."""
    return set(
        session.scalars(select(FileRow.path).where(FileRow.source == source, FileRow.broken.is_(True)))
    )


def note_file(session: Session, file: FileState) -> None:
    """Note that a file was read, or that it is broken. Its content never comes here."""
    upsert(session, FileRow, [{**_columns(file), "notes": list(file.notes)}])


def reread(session: Session, source: str, path: str) -> bool:
    """Let the next run read a broken file anew, whether it has changed or not; whether there is one."""
    file = (FileRow.source == source, FileRow.path == path, FileRow.broken.is_(True))
    there = session.scalar(select(FileRow.path).where(*file)) is not None
    session.execute(update(FileRow).where(*file).values(modified="", hash=""))
    return there


def broken_files(session: Session) -> list[FileState]:
    """The files that could not be read, by source and path."""
    query = select(FileRow).where(FileRow.broken.is_(True)).order_by(FileRow.source, FileRow.path)
    return [_file(row) for row in session.scalars(query)]


def note_reach(
    session: Session, source: str, account: str, read_until: datetime, evidence: Evidence | None = None
) -> None:
    """Note how far a source's data reach; an older file never moves ``read_until`` back."""
    row = {"source": source, "account": account, "read_until": read_until, "evidence": evidence}
    upsert(
        session,
        ReachRow,
        [row],
        special=lambda new: {
            "read_until": case(
                (ReachRow.read_until > new.read_until, ReachRow.read_until), else_=new.read_until
            ),
            "evidence": func.coalesce(new.evidence, ReachRow.evidence),
        },
    )


def reaches(session: Session) -> list[Reach]:
    """How far all sources reach, by source and account."""
    query = select(*ReachRow.__table__.columns).order_by(ReachRow.source, ReachRow.account)
    return [
        Reach(
            row.source, row.account, row.read_until, None if row.evidence is None else Evidence(row.evidence)
        )
        for row in session.execute(query)
    ]


def save_plan(
    session: Session,
    items: Sequence[Mapping[str, Any]],
    *,
    hash: str,
    as_of: datetime,
    shown_at: datetime,
    accepted: bool,
) -> None:
    """Write down a plan that was shown.

    One that says what the last one said only moves that one's moments on: a plan is made every few
    minutes, and stays the same for days.
    """
    shown = ShownPlan(hash, as_of, shown_at, tuple(dict(item) for item in items), accepted)
    row = session.scalar(select(PlanRow).order_by(PlanRow.id.desc()).limit(1))
    if row is not None and (row.hash, row.accepted) == (hash, accepted) and _same(row.items, shown.items):
        row.as_of, row.shown_at = as_of, shown_at
        return
    session.execute(insert(PlanRow).values(**{**_columns(shown), "items": list(shown.items)}))


def _same(kept: Sequence[Mapping[str, Any]], given: Sequence[Mapping[str, Any]]) -> bool:
    return json.dumps(list(kept), sort_keys=True) == json.dumps(list(given), sort_keys=True)


def latest_plan(session: Session, accepted_only: bool = False) -> ShownPlan | None:
    """The plan that was shown last, or the last one in which nothing waits for a person."""
    query = select(PlanRow).order_by(PlanRow.id.desc()).limit(1)
    if accepted_only:
        query = query.where(PlanRow.accepted.is_(True))
    row = session.scalar(query)
    return None if row is None else _plan(row)


def plan_before(session: Session) -> ShownPlan | None:
    """The plan before the one that was shown last: a plan is kept once for as long as it says the same."""
    row = session.scalar(select(PlanRow).order_by(PlanRow.id.desc()).offset(1).limit(1))
    return None if row is None else _plan(row)


def _plan(row: PlanRow) -> ShownPlan:
    return ShownPlan(row.hash, row.as_of, row.shown_at, tuple(row.items), row.accepted)


def keep_configuration(session: Session, hash: str, content: Mapping[str, Any], at: datetime) -> None:
    """Keep a valid configuration as the last one; secrets are never in it."""
    upsert(session, ConfigurationRow, [{"hash": hash, "taken_at": at, "content": dict(content)}])


def latest_configuration(session: Session) -> Configuration | None:
    """The last valid configuration."""
    row = session.scalar(select(ConfigurationRow).order_by(ConfigurationRow.taken_at.desc()).limit(1))
    return None if row is None else Configuration(row.hash, row.taken_at, row.content)


def note(session: Session, name: str) -> str | None:
    """A small fact that was kept by :func:`set_note`."""
    return session.scalar(select(NoteRow.value).where(NoteRow.name == name))


def set_note(session: Session, name: str, value: str) -> None:
    """Keep a small fact under a name."""
    upsert(session, NoteRow, [{"name": name, "value": value}])


def note_question(session: Session, key: str, at: datetime) -> bool:
    """Note that people are asked about something (``hold:SEQ``); False where they were asked already."""
    name = f"asked:{key}"
    if note(session, name) is not None:
        return False
    set_note(session, name, at.isoformat())
    return True


def _columns(value: Any) -> dict[str, Any]:
    """A dataclass's fields by name; ``asdict`` copies deeply, and takes four times as long."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(
        system=row.system,
        id=row.id,
        name=row.name,
        account=row.account,
        state=CampaignState(row.state),
        account_by=AccountBy(row.account_by),
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        version=row.version,
        level=Level(row.level),
        pausable=row.pausable,
        senders=tuple(Sender(Via(via), gateway, name) for via, gateway, name in row.senders),
        also=tuple(row.also),
    )


def _file(row: FileRow | Row[Any]) -> FileState:
    return FileState(
        source=row.source,
        path=row.path,
        hash=row.hash,
        size=row.size,
        read_at=row.read_at,
        modified=row.modified,
        broken=row.broken,
        reason=row.reason,
        place=row.place,
        messages=row.messages,
        notes=tuple(row.notes),
    )
