"""What operators did, and the sources that they paused."""

from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import metadata, moment

operation = Table(
    "operation",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("key", Text, nullable=False, comment="chosen by whoever asks: the same key is the same operation"),
    Column("action", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("wish", JSONB, nullable=False, server_default=text("'{}'"), comment="what it was asked of"),
    Column("touched", BigInteger, nullable=False, server_default=text("0"), comment="rows, orders or partitions"),
    Column("progress", JSONB, nullable=False, server_default=text("'{}'"), comment="where a replay goes on"),
    Column("at", moment, nullable=False, server_default=func.now()),
    Column("done_at", moment),
    Index("operation_key_key", "key", unique=True),
    Index(None, "at"),
    comment="What operators did: who, when, why, and to what.",
)

pause = Table(
    "pause",
    metadata,
    Column("source", Text, primary_key=True),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("since", moment, nullable=False, server_default=func.now()),
    comment="Sources (partners) whose records are kept until an operator lets them go on.",
)
