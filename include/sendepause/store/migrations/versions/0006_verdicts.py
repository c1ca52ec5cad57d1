"""What a verdict was measured as, how surely, since when it is in force and what holds it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    with op.batch_alter_table("sendepause_finding") as findings:
        findings.add_column(sa.Column("confidence", sa.Double(), nullable=True))
        findings.add_column(sa.Column("measured", sa.String(length=20), nullable=True))
        findings.add_column(sa.Column("since", moment, nullable=True))
        findings.add_column(sa.Column("recent", sa.JSON(), nullable=True))
        findings.add_column(sa.Column("changes", sa.JSON(), nullable=False, server_default="[]"))
        findings.add_column(sa.Column("held", sa.JSON(), nullable=True))
