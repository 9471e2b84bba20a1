"""Orders in quarantine."""

from sqlalchemy import Boolean, Column, Integer, Table, Text, func, text

from adapters.postgres.tables.metadata import metadata, moment

quarantine = Table(
    "quarantine",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", moment, nullable=False, server_default=func.now()),
    Column("queued", Integer, nullable=False, server_default=text("0"), comment="how many of its records wait"),
    Column("asked", Boolean, nullable=False, server_default=text("false"), comment="its records are to go on"),
    Column("made_by", Text, comment="the code that failed; other code tries once more by itself"),
    comment="Orders whose rules failed: their later records wait in set_aside.",
)
