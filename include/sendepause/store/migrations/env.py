"""Run by Alembic, with the connection and the transaction of ``database.migrate``."""

from __future__ import annotations

from alembic import context

from sendepause.store.database import VERSION_TABLE
from sendepause.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # SQLite can, once the driver leaves transactions to us
    render_as_batch=True,  # SQLite changes a column by copying its table
)
context.run_migrations()
