"""Documents: aggregates as the last batch left them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import metadata, moment

orders = Table(
    "orders",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False, comment="rows of the journal"),
    Column("changes", Integer, nullable=False, comment="rows that the last batch added"),
    Column("version", BigInteger, nullable=False, comment="changes that a person can see"),
    Column("state", Text, comment="null: a shell that only holds parked facts"),
    Column("number", Text),
    Column("store", Text),
    Column("rules", Integer, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("attention", Boolean, nullable=False, server_default=text("false"), comment="a person should look at it"),
    Column("updated_at", moment, nullable=False, server_default=func.now()),
    Index(None, "number"),
    Index("orders_attention_idx", "order_id", postgresql_where=text("attention")),
    postgresql_with={"fillfactor": "70"},
)
