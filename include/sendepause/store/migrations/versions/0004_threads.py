"""Threads, reminders, answers and pictures: a message is more than its first telling."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("sendepause_alert", sa.Column("newest", sa.JSON(), nullable=True))
    for column in _of_a_delivery():
        op.add_column("sendepause_delivery", column)
    op.create_index("ix_sendepause_delivery_day", "sendepause_delivery", ["channel", "day"])
    delivery, alert = sa.ForeignKey("sendepause_delivery.id"), sa.ForeignKey("sendepause_alert.id")
    op.create_table(
        "sendepause_naming",
        sa.Column("delivery", sa.String(length=36), delivery, nullable=False),
        sa.Column("alert", sa.BigInteger(), alert, nullable=False),
        sa.PrimaryKeyConstraint("delivery", "alert"),
    )
    op.create_index("ix_sendepause_naming_alert", "sendepause_naming", ["alert"])
    op.execute(
        "INSERT INTO sendepause_naming (delivery, alert)"
        " SELECT delivery, id FROM sendepause_alert WHERE delivery IS NOT NULL"
    )
    op.create_table(
        "sendepause_thread",
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("enforcement", sa.String(length=100), nullable=False),
        sa.Column("root", sa.String(length=36), sa.ForeignKey("sendepause_delivery.id"), nullable=False),
        sa.PrimaryKeyConstraint("channel", "enforcement"),
    )
    op.create_table(
        "sendepause_slack",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("checked_at", _MOMENT, nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "sendepause_digest",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("posted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )


def _of_a_delivery() -> list[sa.Column[object]]:
    """Messages that are there already were first notices, in no thread and without buttons."""
    return [
        sa.Column("form", sa.String(length=20), server_default="notice", nullable=False),
        sa.Column("enforcement", sa.String(length=100), server_default="", nullable=False),
        sa.Column("stage", sa.String(length=40), server_default="", nullable=False),
        sa.Column("audience", sa.String(length=20), server_default="", nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=True),
        sa.Column("language", sa.String(length=2), server_default="en", nullable=False),
        sa.Column("time_zone", sa.String(length=64), server_default="UTC", nullable=False),
        sa.Column("day", sa.String(length=10), server_default="", nullable=False),
        sa.Column("broadcast", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("answerable", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("thread_ts", sa.String(length=40), nullable=True),
        sa.Column("shows", sa.JSON(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shown", sa.Integer(), server_default="0", nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.Column("picture_alt", sa.Text(), nullable=True),
        sa.Column("file", sa.String(length=40), nullable=True),
    ]
