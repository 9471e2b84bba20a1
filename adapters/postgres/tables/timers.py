"""Timers."""

from sqlalchemy import Column, Index, Integer, Table, Text

from adapters.postgres.tables.metadata import metadata, moment

timers = Table(
    "timers",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("timer_id", Text, primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("due_at", moment, nullable=False),
    Index(None, "shard", "due_at"),
)
