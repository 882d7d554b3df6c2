"""Run by Alembic: migrates on the connection, and in the transaction, that bot.memory.database holds."""

from __future__ import annotations

from alembic import context

from bot.memory.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite alters a table by rebuilding it
)
context.run_migrations()
