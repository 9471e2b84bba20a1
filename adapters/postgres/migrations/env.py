"""Runs migrations on the connection that the caller gives."""

from alembic import context
from sqlalchemy import text

from adapters.postgres.tables.metadata import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
with context.begin_transaction():
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    context.run_migrations()
