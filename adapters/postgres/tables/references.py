"""References: numbers that others use for orders."""

from sqlalchemy import Column, Table, Text

from adapters.postgres.tables.metadata import metadata

order_references = Table(
    "order_references",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("party", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
)
