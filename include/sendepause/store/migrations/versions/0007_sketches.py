"""What Meta's webhooks told has a sketch where the account itself wrote a longer text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sendepause_received", sa.Column("sketch", sa.JSON(), nullable=True))
