"""The tables: shards and positions, orders, the journal, what was set aside, timers and references."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

JOURNAL_PARTITIONS: Final = 4
"""The journal is partitioned by the hash of the order id, so that an order's rows lie together."""

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
    }
)

_RANDOM: Final = "sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'))"
_moment = DateTime(timezone=True)

hub = Table(
    "hub",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("shards", Integer, nullable=False),
    Column("created_at", _moment, nullable=False, server_default=func.now()),
    Column("signing_key", LargeBinary, nullable=False, server_default=text(_RANDOM)),
    Column(
        "unsigned_until",
        _moment,
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
    Column("lease_until", _moment, nullable=False),
    postgresql_with={"fillfactor": "50"},
    comment="Apart from the shards' rows: a batch that takes long locks its shard's row, and no lease may wait for it.",
)

member = Table(
    "member",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seen", _moment, nullable=False),
    Column("started_at", _moment, nullable=False, server_default=func.now()),
    Column("report", JSONB, nullable=False, server_default=text("'{}'")),
    comment="Processes and their last heartbeat.",
)

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
    Column("updated_at", _moment, nullable=False, server_default=func.now()),
    Index(None, "number"),
    Index("orders_attention_idx", "order_id", postgresql_where=text("attention")),
    postgresql_with={"fillfactor": "70"},
)

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
    Column("occurred_at", _moment, nullable=False),
    Column("appended_at", _moment, nullable=False),
    Column("recorded_at", _moment, nullable=False, server_default=func.now()),
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
    Column("deadline", _moment),
    Column("topic", Text),
    Column("partition", Integer),
    Column("offset", BigInteger),
    Column("key", LargeBinary),
    Column("headers", LargeBinary),
    Column("value", LargeBinary),
    Column("appended_at", _moment),
    Column("message", LargeBinary, comment="what is published, byte for byte"),
    Column("recorded_at", _moment, nullable=False, server_default=func.now()),
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
    Index("set_aside_failed_idx", "kind", "code", "id", postgresql_where=_FAILED),
    Index("set_aside_operation_idx", "operation", postgresql_where=text("operation IS NOT NULL")),
    Index("set_aside_answer_idx", "order_id", "source", "event_id", postgresql_where=text("kind = 'answer'")),
)

timers = Table(
    "timers",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("timer_id", Text, primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("due_at", _moment, nullable=False),
    Index(None, "shard", "due_at"),
)

order_references = Table(
    "order_references",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("party", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", _moment, nullable=False, server_default=func.now()),
    Column("queued", Integer, nullable=False, server_default=text("0"), comment="how many of its records wait"),
    Column("asked", Boolean, nullable=False, server_default=text("false"), comment="its records are to go on"),
    Column("made_by", Text, comment="the code that failed; other code tries once more by itself"),
    comment="Orders whose rules failed: their later records wait in set_aside.",
)

attention = Table(
    "attention",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("order_id", Text),
    Column("detail", Text, nullable=False),
    Column("raised_at", _moment, nullable=False, server_default=func.now()),
    Column("done", Boolean, nullable=False, server_default=text("false")),
)

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
    Column("at", _moment, nullable=False, server_default=func.now()),
    Column("done_at", _moment),
    Index("operation_key_key", "key", unique=True),
    comment="What operators did: who, when, why, and to what.",
)

pause = Table(
    "pause",
    metadata,
    Column("source", Text, primary_key=True),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("since", _moment, nullable=False, server_default=func.now()),
    comment="Sources (partners) whose records are kept until an operator lets them go on.",
)

gateway_calls = Table(
    "gateway_calls",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="authorize, raise, capture, void, refund; none: nothing to call"),
    Column("payment_id", Text, comment="the provider's payment that is captured, freed, raised or refunded"),
    Column("amount", BigInteger, nullable=False, comment="in minor units"),
    Column("currency", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False, comment="where the request lies: its turn among its order's"),
    Column("seen_offset", BigInteger, nullable=False, comment="where it was last asked for again"),
    Column("digest", LargeBinary, nullable=False),
    Column("message_type", Text, nullable=False),
    Column("message", LargeBinary, nullable=False, comment="the request, byte for byte"),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0"), comment="times it was sent"),
    Column("doubts", Integer, nullable=False, server_default=text("0"), comment="times its outcome was unknown"),
    Column(
        "tries", Integer, nullable=False, server_default=text("0"), comment="times it was put off, for the next pause"
    ),
    Column("provider_id", Text),
    Column("next_at", _moment, nullable=False, server_default=func.now()),
    Column(
        "claim", BigInteger, nullable=False, server_default=text("0"), comment="counts owners: only the last writes"
    ),
    Column("lease_until", _moment),
    Column("last_error", Text),
    Column("answer_type", Text),
    Column("answer_id", Text),
    Column("answer", LargeBinary, comment="what is published, byte for byte"),
    Column("received_at", _moment, nullable=False, server_default=func.now()),
    Column("known_at", _moment, comment="when the outcome was known: the time of the answer"),
    Column("answered_at", _moment, comment="when Kafka had acknowledged the answer"),
    Index(None, "order_id", "offset"),
    Index(
        "gateway_calls_open_idx",
        "next_at",
        postgresql_where=text("state NOT IN ('answered', 'not_ours', 'unreadable')"),
    ),
    comment="One row for each request that a gateway takes to a provider: inbox, outbox and what is in doubt.",
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
    Column("since", _moment, nullable=False, comment="what is older belongs to the old log"),
    Column("accepted_at", _moment, nullable=False, server_default=func.now()),
    comment="Accidents that an operator accepted: what they explain in the log, and no more.",
)
