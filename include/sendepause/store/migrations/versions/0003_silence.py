"""What was heard last of each pause that stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "sendepause_silence",
        sa.Column("enforcement", sa.String(length=100), nullable=False),
        sa.Column("campaign", sa.String(length=400), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("heard_at", moment, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=True),
        sa.Column("since", moment, nullable=False),
        sa.Column("until", moment, nullable=True),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("machine", sa.Integer(), nullable=False),
        sa.Column("by", sa.JSON(), nullable=False),
        sa.Column("last", moment, nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("due", moment, nullable=True),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("enforcement", "campaign"),
    )
