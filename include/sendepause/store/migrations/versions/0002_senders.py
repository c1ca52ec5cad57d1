"""What campaigns send through, at which level they are paused, and the directory of numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sendepause_campaign") as campaign:
        campaign.add_column(
            sa.Column("level", sa.String(length=20), nullable=False, server_default="campaign")
        )
        campaign.add_column(sa.Column("pausable", sa.Boolean(), nullable=False, server_default=sa.true()))
        campaign.add_column(sa.Column("senders", sa.JSON(), nullable=False, server_default="[]"))
        campaign.add_column(sa.Column("also", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "sendepause_directory",
        sa.Column("system", sa.String(length=100), nullable=False),
        sa.Column("via", sa.String(length=20), nullable=False),
        sa.Column("gateway", sa.String(length=500), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("evidence", sa.String(length=20), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("system", "via", "gateway", "name"),
    )
