"""Positions, and the accidents of the log that were accepted."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import metadata, moment

position = Table(
    "position",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("shard", Integer, nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("last_offset", BigInteger),
    Column("digest", LargeBinary, comment="of the record at last_offset: a topic made anew is noticed"),
    Column("paused", Text, comment="why nothing is read here until an operator resumes"),
    Index(None, "shard"),
    postgresql_with={"fillfactor": "50"},
)

paused_ahead = Table(
    "paused_ahead",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("paused", Text, nullable=False, comment="why nothing is read here until an operator resumes"),
    comment="Partitions that were paused before a shard had begun to read them; whoever begins takes the row over.",
)

accepted = Table(
    "accepted",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("kind", Text, nullable=False, comment="restore: an older copy of the database; topic: made anew"),
    Column("batch", BigInteger, nullable=False, comment="the last batch that this database had stored"),
    Column("emitted", BigInteger, nullable=False, comment="the last batch that Kafka had published"),
    Column("ends", JSONB, nullable=False, comment="offset by topic/partition"),
    Column("since", moment, nullable=False, comment="what is older belongs to the old log"),
    Column("accepted_at", moment, nullable=False, server_default=func.now()),
    comment="Accidents that an operator accepted: what they explain in the log, and no more.",
)
