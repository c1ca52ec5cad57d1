"""All tables of the store, and the ledger's triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# SQLite: INSERT OR REPLACE would remove the older row without asking the DELETE trigger.
LEDGER_IS_APPEND_ONLY = {
    "sqlite": [
        """
        CREATE TRIGGER sendepause_ledger_no_update BEFORE UPDATE ON sendepause_ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: UPDATE refused'); END
        """,
        """
        CREATE TRIGGER sendepause_ledger_no_delete BEFORE DELETE ON sendepause_ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: DELETE refused'); END
        """,
        """
        CREATE TRIGGER sendepause_ledger_no_replace BEFORE INSERT ON sendepause_ledger
        WHEN EXISTS (
            SELECT 1 FROM sendepause_ledger WHERE seq = NEW.seq OR hash = NEW.hash OR once = NEW.once
        )
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: this entry is already there'); END
        """,
    ],
    "postgresql": [
        """
        CREATE FUNCTION sendepause_ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the ledger is append-only: % refused', TG_OP; END $$
        """,
        """
        CREATE TRIGGER sendepause_ledger_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON sendepause_ledger
        FOR EACH STATEMENT EXECUTE FUNCTION sendepause_ledger_refuse()
        """,
    ],
}


def upgrade() -> None:
    op.create_table(
        "sendepause_campaign",
        sa.Column("system", sa.String(length=100), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=True),
        sa.Column("account_by", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.Column("version", sa.String(length=200), nullable=True),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("system", "id"),
    )
    op.create_table(
        "sendepause_configuration",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "sendepause_delivery",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("backup_channel", sa.String(length=40), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("tried_at", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("sent_channel", sa.String(length=40), nullable=True),
        sa.Column("ts", sa.String(length=40), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'refused')", name="ck_sendepause_delivery_state"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_sendepause_delivery_state", "sendepause_delivery", ["state", "channel"], unique=False)
    op.create_table(
        "sendepause_file",
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("path", sa.String(length=1000), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.String(length=100), nullable=False),
        sa.Column("broken", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", "path"),
    )
    op.create_table(
        "sendepause_finding",
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("window_days", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("no_data", sa.String(length=20), nullable=True),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("newest_at", MOMENT, nullable=True),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("account", "as_of"),
    )
    op.create_table(
        "sendepause_health",
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "sendepause_heartbeat",
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("stage"),
    )
    op.create_table(
        "sendepause_ledger",
        sa.Column("seq", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("enforcement", sa.String(length=100), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("once", sa.String(length=600), nullable=True),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("hash"),
        sa.UniqueConstraint("once"),
    )
    op.create_index("ix_sendepause_ledger_subject", "sendepause_ledger", ["subject", "seq"], unique=False)
    op.create_table(
        "sendepause_note",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "sendepause_plan",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("shown_at", MOMENT, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "sendepause_reach",
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("read_until", MOMENT, nullable=False),
        sa.Column("evidence", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("source", "account"),
    )
    op.create_table(
        "sendepause_alert",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("enforcement", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("backup_channel", sa.String(length=40), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("owed_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("overtaken", sa.Boolean(), nullable=False),
        sa.Column("delivery", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery"],
            ["sendepause_delivery.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_sendepause_alert_owed", "sendepause_alert", ["delivery", "overtaken"], unique=False)
    op.create_index(
        "uq_sendepause_alert_key",
        "sendepause_alert",
        ["enforcement", "subject", "stage", "episode", "channel"],
        unique=True,
    )
    for statement in LEDGER_IS_APPEND_ONLY[op.get_context().dialect.name]:
        op.execute(statement)
