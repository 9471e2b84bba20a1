"""The hub, its shards, their leases, and the processes that take them."""

from typing import Final

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Interval, LargeBinary, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import metadata, moment

_RANDOM: Final = "sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'))"

hub = Table(
    "hub",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("shards", Integer, nullable=False),
    Column("created_at", moment, nullable=False, server_default=func.now()),
    Column("signing_key", LargeBinary, nullable=False, server_default=text(_RANDOM)),
    Column(
        "unsigned_until",
        moment,
        comment="The moment up to which records of hub.internal need no signature: an older version wrote them.",
    ),
    comment="One row: how many shards this hub has; only hub shard grow changes it.",
)

shard = Table(
    "shard",
    metadata,
    Column("k", Integer, primary_key=True, autoincrement=False),
    Column("token", Text, comment="random; whoever wrote it last may write batches"),
    Column("batch", BigInteger, nullable=False, server_default=text("0")),
    Column("emitted", BigInteger, nullable=False, server_default=text("0"), comment="copy of Kafka's own mark"),
    Column(
        "unfinished",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="so many owners in a row opened the shard and stored nothing",
    ),
    Column("trying", Text, comment="what a careful owner has in hand: the next one finds what it died of"),
    Column("stopped", Text, comment="why the shard stopped until somebody looks at it"),
    postgresql_with={"fillfactor": "50"},
)

lease = Table(
    "lease",
    metadata,
    Column("k", Integer, primary_key=True, autoincrement=False, comment="the shard"),
    Column("owner", Text, nullable=False, comment="the process that has it; for liveness only"),
    Column("lease_until", moment, nullable=False),
    postgresql_with={"fillfactor": "50"},
    comment="Apart from the shards' rows: a batch that takes long locks its shard's row, and no lease may wait for it.",
)

member = Table(
    "member",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seen", moment, nullable=False),
    Column("started_at", moment, nullable=False, server_default=func.now()),
    Column("report", JSONB, nullable=False, server_default=text("'{}'")),
    comment="Processes and their last heartbeat.",
)

take_over = Table(
    "take_over",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("at", moment, nullable=False, server_default=func.now()),
    Column("owner", Text, comment="the process that has the lease; null: hub shard grow"),
    Column("batch", BigInteger, nullable=False, comment="the last one that was stored then"),
    Column("emitted", BigInteger, nullable=False, comment="the last one that was known to be published"),
    Index(None, "shard", "id"),
    comment="The last 50 take-overs of each shard.",
)

moved_clock = Table(
    "moved_clock",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column(
        "since",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="the first batch by this clock; the next row of the shard ends it",
    ),
    Column("ahead", Interval, nullable=False, comment="how far the clock was moved; append times moved with it"),
    comment="Empty where nobody ever moved the hub's clock (HUB_CLOCK__AHEAD).",
)
