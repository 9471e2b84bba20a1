"""The store: shards, orders, journal, set aside, timers, references."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "20261122_01"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "attention",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("done", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("attention_pkey")),
    )
    op.create_table(
        "hub",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shards", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("hub_pkey")),
        comment="One row: how many shards this hub has; fixed at creation.",
    )
    op.create_table(
        "journal",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("refers_to", sa.BigInteger(), nullable=True, comment="seq of the parked row that is applied here"),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("known", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("status_before", sa.Text(), nullable=True),
        sa.Column("status_after", sa.Text(), nullable=True),
        sa.Column("messages", sa.LargeBinary(), nullable=True, comment="what is published, byte for byte"),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("transitions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "document_before",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="only where the version of the rules changed",
        ),
        sa.PrimaryKeyConstraint("order_id", "seq", name=op.f("journal_pkey")),
        postgresql_partition_by="HASH (order_id)",
    )
    for number in range(4):
        op.execute(
            f"CREATE TABLE journal_p{number} PARTITION OF journal FOR VALUES WITH (MODULUS 4, REMAINDER {number})"
        )
    op.create_index(
        "journal_received_key",
        "journal",
        ["order_id", "source", "event_id"],
        unique=True,
        postgresql_where=sa.text("refers_to IS NULL"),
    )
    op.create_index(op.f("journal_shard_batch_n_idx"), "journal", ["shard", "batch", "n"], unique=False)
    op.create_index(
        op.f("journal_topic_partition_offset_idx"), "journal", ["topic", "partition", "offset"], unique=False
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("member_pkey")),
        comment="Processes and their last heartbeat.",
    )
    op.create_table(
        "order_references",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "party", "value", name=op.f("order_references_pkey")),
    )
    op.create_index(op.f("order_references_kind_value_idx"), "order_references", ["kind", "value"], unique=False)
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="rows of the journal"),
        sa.Column("changes", sa.Integer(), nullable=False, comment="rows that the last batch added"),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="changes that a person can see"),
        sa.Column("state", sa.Text(), nullable=True, comment="null: a shell that only holds parked facts"),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("store", sa.Text(), nullable=True),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("orders_pkey")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(op.f("orders_number_idx"), "orders", ["number"], unique=False)
    op.create_index(op.f("orders_state_idx"), "orders", ["state"], unique=False)
    op.create_table(
        "position",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("last_offset", sa.BigInteger(), nullable=True),
        sa.Column(
            "digest",
            sa.LargeBinary(),
            nullable=True,
            comment="of the record at last_offset: a topic made anew is noticed",
        ),
        sa.Column("paused", sa.Text(), nullable=True, comment="why nothing is read here until an operator resumes"),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("position_pkey")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(op.f("position_shard_idx"), "position", ["shard"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("quarantine_pkey")),
        comment="Orders whose rules failed: their later records wait in set_aside.",
    )
    op.create_table(
        "set_aside",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("reference_kind", sa.Text(), nullable=True),
        sa.Column("reference_value", sa.Text(), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("partition", sa.Integer(), nullable=True),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("headers", sa.LargeBinary(), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("appended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message", sa.LargeBinary(), nullable=True, comment="what is published, byte for byte"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_batch", sa.BigInteger(), nullable=True),
        sa.Column("closed_as", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("set_aside_pkey")),
    )
    op.create_index(
        "set_aside_answer_idx",
        "set_aside",
        ["order_id", "source", "event_id"],
        unique=False,
        postgresql_where=sa.text("kind = 'answer'"),
    )
    op.create_index(
        "set_aside_open_idx",
        "set_aside",
        ["shard", "kind", "id"],
        unique=False,
        postgresql_where=sa.text("closed_batch IS NULL AND kind IN ('waiting', 'quarantined')"),
    )
    op.create_index(op.f("set_aside_shard_batch_n_idx"), "set_aside", ["shard", "batch", "n"], unique=False)
    op.create_index(
        op.f("set_aside_topic_partition_offset_idx"), "set_aside", ["topic", "partition", "offset"], unique=False
    )
    op.create_table(
        "shard",
        sa.Column("k", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.Text(), nullable=True, comment="random; whoever wrote it last may write batches"),
        sa.Column("batch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "emitted", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="copy of Kafka's own mark"
        ),
        sa.Column("owner", sa.Text(), nullable=True, comment="the process that has the lease; for liveness only"),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped", sa.Text(), nullable=True, comment="why the shard stopped until somebody looks at it"),
        sa.PrimaryKeyConstraint("k", name=op.f("shard_pkey")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "timers",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("timer_id", sa.Text(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "timer_id", name=op.f("timers_pkey")),
    )
    op.create_index(op.f("timers_shard_due_at_idx"), "timers", ["shard", "due_at"], unique=False)
