"""The tables of the store, the same on SQLite and PostgreSQL.

What was done is in the ledger alone: pauses, holds, approvals and the two switches are read from its
entries (``ledger.py``), so there is no second copy that could disagree. The other tables hold what was
seen (files, campaigns, findings, health), what is owed to people (alerts, deliveries) and what was
shown (plans).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    false,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def in_utc(moment: datetime) -> datetime:
    """The same moment as a plain datetime in UTC, also from a subclass such as pendulum's.

    ValueError where it has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be stored")
    return datetime.fromisoformat(moment.astimezone(UTC).isoformat())


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC with microseconds; SQLite has no zones, so they are put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only as INTEGER


class Base(DeclarativeBase):
    """All tables carry the prefix ``sendepause_``: they may live beside others in one database."""


class LedgerRow(Base):
    """One entry of the append-only, hash-chained ledger; triggers refuse UPDATE and DELETE."""

    __tablename__ = "sendepause_ledger"

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # when it was written, real time
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)  # the run's clock
    author: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(400))  # item key; "" for the two switches
    enforcement: Mapped[str] = mapped_column(String(100), default="")
    facts: Mapped[str] = mapped_column(Text)  # canonical JSON, as it was hashed
    once: Mapped[str | None] = mapped_column(String(600), unique=True)  # what may be written only once
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)

    __table_args__ = (Index("ix_sendepause_ledger_subject", "subject", "seq"),)


class FileRow(Base):
    """A file of a source as it was last met: read, or noted as broken. Never its content."""

    __tablename__ = "sendepause_file"

    source: Mapped[str] = mapped_column(String(100), primary_key=True)
    path: Mapped[str] = mapped_column(String(1000), primary_key=True)  # relative to the source's location
    hash: Mapped[str] = mapped_column(String(64))  # SHA-256 of the content
    size: Mapped[int] = mapped_column(BigInteger)
    modified: Mapped[str] = mapped_column(
        String(100), default=""
    )  # the store's own stamp, to skip unchanged files
    broken: Mapped[bool] = mapped_column(Boolean, default=False)
    reason: Mapped[str | None] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(String(200))
    messages: Mapped[int] = mapped_column(Integer, default=0)
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReceivedRow(Base):
    """An event out of a webhook, as ``frames.EVENTS`` has it: pseudonyms alone. The reading stage takes it
    into the event store, and deletes it here."""

    __tablename__ = "sendepause_received"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(String(32))
    account_id: Mapped[str] = mapped_column(String(20))
    sent_at: Mapped[int] = mapped_column(BigInteger)  # milliseconds, UTC
    resolution: Mapped[str] = mapped_column(String(3))
    position: Mapped[int] = mapped_column(BigInteger)
    direction: Mapped[str] = mapped_column(String(3))
    counterpart: Mapped[str | None] = mapped_column(String(32))
    content: Mapped[str | None] = mapped_column(String(32))
    sketch: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    campaign_id: Mapped[str | None] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(100))


class LeftOutRow(Base):
    """How often on a day something that was received did not become an event, and why."""

    __tablename__ = "sendepause_left_out"

    source: Mapped[str] = mapped_column(String(100), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)  # UTC, ISO
    note: Mapped[str] = mapped_column(String(300), primary_key=True)  # a sentence that follows the count
    count: Mapped[int] = mapped_column(BigInteger)


class ReachRow(Base):
    """How far the data of one source reach for one account, and what they say of its kind."""

    __tablename__ = "sendepause_reach"

    source: Mapped[str] = mapped_column(String(100), primary_key=True)
    account: Mapped[str] = mapped_column(String(20), primary_key=True)
    read_until: Mapped[datetime] = mapped_column(UtcDateTime)
    evidence: Mapped[str | None] = mapped_column(String(20))  # model.Evidence


class HealthRow(Base):
    """Whether a source, a campaign system or Slack could be reached, and since when."""

    __tablename__ = "sendepause_health"

    subject: Mapped[str] = mapped_column(
        String(200), primary_key=True
    )  # source:ID, system:ID, slack, configuration
    ok: Mapped[bool] = mapped_column(Boolean)
    since: Mapped[datetime] = mapped_column(UtcDateTime)  # when ``ok`` last changed
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    detail: Mapped[str] = mapped_column(Text, default="")  # for people; what happened and the mend


class FindingRow(Base):
    """A verdict with its evidence."""

    __tablename__ = "sendepause_finding"

    account: Mapped[str] = mapped_column(String(20), primary_key=True)
    as_of: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    window_days: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(String(20))
    no_data: Mapped[str | None] = mapped_column(String(20))
    messages: Mapped[int] = mapped_column(Integer)
    days: Mapped[int] = mapped_column(Integer)
    newest_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signals: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    confidence: Mapped[float | None] = mapped_column(Double)
    measured: Mapped[str | None] = mapped_column(String(20))
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recent: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # a finding
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    held: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class CampaignRow(Base):
    """A campaign as its system last showed it."""

    __tablename__ = "sendepause_campaign"

    system: Mapped[str] = mapped_column(String(100), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    name: Mapped[str] = mapped_column(String(500))
    account: Mapped[str | None] = mapped_column(String(20))
    account_by: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    changed_by: Mapped[str | None] = mapped_column(String(200))
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[str | None] = mapped_column(String(200))
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    gone: Mapped[bool] = mapped_column(Boolean, default=False)  # no longer listed by its system
    level: Mapped[str] = mapped_column(String(20), default="campaign", server_default="campaign")
    pausable: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    senders: Mapped[list[list[str]]] = mapped_column(JSON, default=list, server_default="[]")
    also: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")


class DirectoryRow(Base):
    """Which account a session, an instance or a phone number id belongs to, as a system last told."""

    __tablename__ = "sendepause_directory"

    system: Mapped[str] = mapped_column(String(100), primary_key=True)
    via: Mapped[str] = mapped_column(String(20), primary_key=True)
    gateway: Mapped[str] = mapped_column(String(500), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    account: Mapped[str] = mapped_column(String(20))
    evidence: Mapped[str | None] = mapped_column(String(20))
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SilenceRow(Base):
    """What was heard last of a pause that stands: the second proof as it is now. What was proved once, the
    ledger says."""

    __tablename__ = "sendepause_silence"

    enforcement: Mapped[str] = mapped_column(String(100), primary_key=True)
    campaign: Mapped[str] = mapped_column(String(400), primary_key=True)  # item key
    episode: Mapped[int] = mapped_column(Integer)
    account: Mapped[str] = mapped_column(String(20))
    heard_at: Mapped[datetime] = mapped_column(UtcDateTime)  # the run's clock
    state: Mapped[str] = mapped_column(String(20))
    why: Mapped[str | None] = mapped_column(String(20))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sends: Mapped[int] = mapped_column(Integer)
    machine: Mapped[int] = mapped_column(Integer)
    by: Mapped[list[str]] = mapped_column(JSON)
    last: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verdict: Mapped[str] = mapped_column(String(20))
    due: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sources: Mapped[list[str]] = mapped_column(JSON)


class PlanRow(Base):
    """A plan that was shown. ``accepted``: nothing in it waits for a person; the guard's baseline."""

    __tablename__ = "sendepause_plan"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    shown_at: Mapped[datetime] = mapped_column(UtcDateTime)
    hash: Mapped[str] = mapped_column(String(64))  # over the items to be paused, see guard.plan_hash
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # every decision, as ``plan`` prints it
    accepted: Mapped[bool] = mapped_column(Boolean)


class AlertRow(Base):
    """One fact owed to one Slack channel; the unique key is the design's alert key."""

    __tablename__ = "sendepause_alert"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    enforcement: Mapped[str] = mapped_column(String(100))  # "" for what hangs on no rule
    subject: Mapped[str] = mapped_column(String(400))
    stage: Mapped[str] = mapped_column(String(40))
    episode: Mapped[int] = mapped_column(Integer)  # counts the streaks of this fact, from 1
    channel: Mapped[str] = mapped_column(String(40))
    audience: Mapped[str] = mapped_column(String(20))
    owner: Mapped[str | None] = mapped_column(String(100))  # owner's id; None for the operators
    language: Mapped[str] = mapped_column(String(2))
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")  # the reader's
    backup_channel: Mapped[str | None] = mapped_column(String(40))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)  # what the words need; frozen when owed
    newest: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # the same as of now, where it differs
    owed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the fact stopped being true
    overtaken: Mapped[bool] = mapped_column(Boolean, default=False)  # ended before it was sent: never sent
    delivery: Mapped[str | None] = mapped_column(ForeignKey("sendepause_delivery.id"))  # the first to name it

    __table_args__ = (
        Index(
            "uq_sendepause_alert_key", "enforcement", "subject", "stage", "episode", "channel", unique=True
        ),
        Index("ix_sendepause_alert_owed", "delivery", "overtaken"),
    )


class DeliveryRow(Base):
    """One Slack message, its content frozen when it was queued.

    ``state``: ``queued`` -> ``sending`` (written before the call) -> ``sent``; ``sending`` that is met
    again is unclear and is looked up by its id before anything is repeated; ``refused`` waits for a person.
    What a message shows later (an answer, how the accounts stand) is ``shows``: Slack has it as soon as
    ``shown`` is no longer behind ``version``.
    """

    __tablename__ = "sendepause_delivery"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)  # UUID, Slack's metadata carries it
    channel: Mapped[str] = mapped_column(String(40))  # where it is owed
    backup_channel: Mapped[str | None] = mapped_column(
        String(40)
    )  # used when ``channel`` cannot be posted to
    text: Mapped[str] = mapped_column(Text)
    blocks: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10), default="queued")
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_channel: Mapped[str | None] = mapped_column(String(40))  # set before a try at the backup channel
    ts: Mapped[str | None] = mapped_column(String(40))  # Slack's id of the message
    error: Mapped[str | None] = mapped_column(Text)
    form: Mapped[str] = mapped_column(String(20), default="notice", server_default="notice")  # model.Form
    enforcement: Mapped[str] = mapped_column(
        String(100), default="", server_default=""
    )  # whose thread it is in
    stage: Mapped[str] = mapped_column(String(40), default="", server_default="")
    audience: Mapped[str] = mapped_column(String(20), default="", server_default="")
    owner: Mapped[str | None] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(2), default="en", server_default="en")
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC", server_default="UTC")
    day: Mapped[str] = mapped_column(String(10), default="", server_default="")  # the reader's, ISO
    broadcast: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default=false()
    )  # also in the channel
    answerable: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())  # has buttons
    thread_ts: Mapped[str | None] = mapped_column(String(40))  # set before a try inside a thread
    shows: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # text and blocks, where no longer as sent
    version: Mapped[int] = mapped_column(Integer, default=0, server_default="0")  # of ``shows``
    shown: Mapped[int] = mapped_column(Integer, default=0, server_default="0")  # the version that Slack has
    picture: Mapped[bytes | None] = mapped_column(LargeBinary)  # PNG
    picture_alt: Mapped[str | None] = mapped_column(Text)
    file: Mapped[str | None] = mapped_column(String(40))  # Slack's id of the picture, once uploaded

    @property
    def content(self) -> dict[str, Any]:
        """Text and blocks that Slack is to show now."""
        return self.shows or {"text": self.text, "blocks": self.blocks}

    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'refused')", name="ck_sendepause_delivery_state"
        ),
        Index("ix_sendepause_delivery_state", "state", "channel"),
        Index("ix_sendepause_delivery_day", "channel", "day"),
    )


class NamingRow(Base):
    """Which alerts a message names, frozen when it was queued: the first one, reminders, and all others."""

    __tablename__ = "sendepause_naming"

    delivery: Mapped[str] = mapped_column(ForeignKey("sendepause_delivery.id"), primary_key=True)
    alert: Mapped[int] = mapped_column(BigInteger, ForeignKey("sendepause_alert.id"), primary_key=True)

    __table_args__ = (Index("ix_sendepause_naming_alert", "alert"),)


class ThreadRow(Base):
    """The one thread of a channel and enforcement; its root is a delivery like any other."""

    __tablename__ = "sendepause_thread"

    channel: Mapped[str] = mapped_column(String(40), primary_key=True)
    enforcement: Mapped[str] = mapped_column(String(100), primary_key=True)
    root: Mapped[str] = mapped_column(ForeignKey("sendepause_delivery.id"))


class SlackRow(Base):
    """A channel (``C…``) or a user (``U…``) as Slack last told of it; the name is only shown."""

    __tablename__ = "sendepause_slack"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    trouble: Mapped[str] = mapped_column(Text, default="")  # Slack's word; "" where all is well


class DigestRow(Base):
    """The numbers of a day, as the digest tells them: the next one says what changed since."""

    __tablename__ = "sendepause_digest"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)  # the operators', ISO
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    numbers: Mapped[dict[str, Any]] = mapped_column(JSON)
    posted: Mapped[bool] = mapped_column(Boolean, default=False)


class ConfigurationRow(Base):
    """A configuration that was in force; the newest one is the last valid one."""

    __tablename__ = "sendepause_configuration"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[dict[str, Any]] = mapped_column(
        JSON
    )  # file name -> parsed content; secrets are never in it


class HeartbeatRow(Base):
    """When each stage of the loop last came to its end."""

    __tablename__ = "sendepause_heartbeat"

    stage: Mapped[str] = mapped_column(String(40), primary_key=True)
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)


class NoteRow(Base):
    """Small facts that must survive: the fingerprint of the key that pseudonyms are made with."""

    __tablename__ = "sendepause_note"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
