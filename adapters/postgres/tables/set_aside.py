"""Records set aside."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, LargeBinary, Table, Text, func, text

from adapters.postgres.tables.metadata import metadata, moment

_FAILED: Final = text("closed_batch IS NULL AND kind IN ('dead_letter', 'quarantined', 'held', 'waiting')")

set_aside = Table(
    "set_aside",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("order_id", Text),
    Column("source", Text),
    Column("event_id", Text),
    Column("digest", LargeBinary),
    Column("reference_kind", Text),
    Column("reference_value", Text),
    Column("deadline", moment),
    Column("topic", Text),
    Column("partition", Integer),
    Column("offset", BigInteger),
    Column("key", LargeBinary),
    Column("headers", LargeBinary),
    Column("value", LargeBinary),
    Column("appended_at", moment),
    Column("message", LargeBinary, comment="what is published, byte for byte"),
    Column("recorded_at", moment, nullable=False, server_default=func.now()),
    Column("closed_batch", BigInteger),
    Column("closed_as", Text),
    Column("asked", Text, comment="what an operator wants of it: retry or skip"),
    Column("operation", BigInteger, comment="the operation that touched it last"),
    Column("tries", Integer, nullable=False, server_default=text("0"), comment="how often it was tried again in vain"),
    Column("archived", Boolean, nullable=False, server_default=text("false"), comment="out of the operators' lists"),
    Column("edited_headers", LargeBinary, comment="as an operator changed them; the original stays"),
    Column("edited_value", LargeBinary),
    Index(None, "shard", "batch", "n"),
    Index(None, "topic", "partition", "offset"),
    Index(
        "set_aside_open_idx",
        "shard",
        "kind",
        "id",
        postgresql_where=text("closed_batch IS NULL AND kind IN ('waiting', 'quarantined', 'held')"),
    ),
    Index("set_aside_asked_idx", "shard", "id", postgresql_where=text("closed_batch IS NULL AND asked IS NOT NULL")),
    Index(
        "set_aside_failed_idx",
        "kind",
        "code",
        "id",
        postgresql_include=["topic", "source", "recorded_at", "order_id", "tries", "asked", "archived"],
        postgresql_where=_FAILED,
    ),
    Index("set_aside_operation_idx", "operation", postgresql_where=text("operation IS NOT NULL")),
    Index("set_aside_order_idx", "order_id", "id", postgresql_where=text("order_id IS NOT NULL")),
    Index("set_aside_answer_idx", "order_id", "source", "event_id", postgresql_where=text("kind = 'answer'")),
)
