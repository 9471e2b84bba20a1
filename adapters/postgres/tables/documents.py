"""Documents: aggregates as the last batch left them."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import metadata, moment


def _state() -> list[Column[Any]]:
    """Return what is kept of an aggregate of any kind."""
    return [
        Column("shard", Integer, nullable=False),
        Column("seq", BigInteger, nullable=False, comment="rows of the journal"),
        Column("changes", Integer, nullable=False, comment="rows that the last batch added"),
        Column("version", BigInteger, nullable=False, comment="changes that a person can see"),
        Column("state", Text, comment="null: a shell that only holds parked facts"),
        Column("number", Text),
        Column("store", Text),
        Column("rules", Integer, nullable=False),
        Column("document", JSONB, nullable=False),
        Column(
            "attention", Boolean, nullable=False, server_default=text("false"), comment="a person should look at it"
        ),
        Column("updated_at", moment, nullable=False, server_default=func.now()),
    ]


orders = Table(
    "orders",
    metadata,
    Column("order_id", Text, primary_key=True),
    *_state(),
    Index(None, "number"),
    Index("orders_attention_idx", "order_id", postgresql_where=text("attention")),
    postgresql_with={"fillfactor": "70"},
)
subjects = Table(
    "subjects",
    metadata,
    Column("subject", Text, primary_key=True, comment="<kind>:<id>; what is called order_id elsewhere"),
    Column("kind", Text, nullable=False),
    *_state(),
    Index(None, "kind", "subject"),
    postgresql_with={"fillfactor": "70"},
    comment="Aggregates of all kinds but orders.",
)
