"""What a person should look at."""

from sqlalchemy import BigInteger, Boolean, Column, Identity, Integer, Table, Text, func, text

from adapters.postgres.tables.metadata import metadata, moment

attention = Table(
    "attention",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("order_id", Text),
    Column("detail", Text, nullable=False),
    Column("raised_at", moment, nullable=False, server_default=func.now()),
    Column("done", Boolean, nullable=False, server_default=text("false")),
)
