"""The journal."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adapters.postgres.tables.metadata import metadata, moment

JOURNAL_PARTITIONS: Final = 4
"""The journal is partitioned by the hash of the order id, so that an order's rows lie together."""

journal = Table(
    "journal",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("type", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("refers_to", BigInteger, comment="seq of the parked row that is applied here"),
    Column("actor", Text),
    Column("occurred_at", moment, nullable=False),
    Column("appended_at", moment, nullable=False),
    Column("recorded_at", moment, nullable=False, server_default=func.now()),
    Column("data", JSONB, nullable=False),
    Column("known", JSONB),
    Column("status_before", Text),
    Column("status_after", Text),
    Column("messages", LargeBinary, comment="what is published, byte for byte"),
    Column("rules", Integer, nullable=False),
    Column("transitions", ARRAY(Text), nullable=False),
    Column("document_before", JSONB, comment="only where the version of the rules changed"),
    Index(
        "journal_received_key",
        "order_id",
        "source",
        "event_id",
        unique=True,
        postgresql_where=text("refers_to IS NULL"),
    ),
    Index(None, "shard", "batch", "n"),
    Index(None, "topic", "partition", "offset"),
    postgresql_partition_by="HASH (order_id)",
)
