"""Webhooks: endpoints, deliveries, attempts and how far the journal was looked through; the API keeps some answers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "20261129_05"
down_revision: str | None = "20261129_04"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    """Make the tables; what happened before has no deliveries, so each shard is looked through from here on."""
    op.add_column(
        "api_call",
        sa.Column(
            "answer",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="what was answered, where nothing else tells it; no secret",
        ),
    )
    _endpoints()
    _deliveries()
    _attempts()
    op.create_table(
        "webhook_mark",
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("shard"),
        comment="Up to which batch of each shard deliveries are written; for good.",
    )
    op.execute("INSERT INTO webhook_mark (shard, batch) SELECT k, batch FROM shard")


def _endpoints() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="the caller of the API whose it is"),
        sa.Column(
            "owner_stores",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="his stores when he last changed it; * for all",
        ),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=False, comment="of events; * for all"),
        sa.Column("stores", postgresql.ARRAY(sa.Text()), nullable=False, comment="of the owner's; * for all of them"),
        sa.Column("payload", sa.Text(), nullable=False, comment="thin: ids; full: the event"),
        sa.Column("ordered", sa.Boolean(), nullable=False, comment="an event waits for the earlier ones of its order"),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("disabled_because", sa.Text(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False, comment="sealed where HUB_WEBHOOKS__KEYS names a key"),
        sa.Column(
            "secret_act",
            sa.Text(),
            nullable=False,
            comment="the act that drew it: only its repetition is told the secret",
        ),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True, comment="up to when both secrets sign"),
        sa.Column(
            "rest_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the receiver asked to be left alone, or was too slow",
        ),
        sa.Column(
            "rests",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="in a row, for the next one's length",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        comment="Endpoints, until their owners delete them. Hold no personal data but what an owner puts into a URL.",
    )
    op.create_index(op.f("webhook_owner_idx"), "webhook", ["owner"], unique=False)


def _deliveries() -> None:
    name = "webhook_delivery"
    op.create_table(
        name,
        sa.Column(
            "id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="its turn among its order's"
        ),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column(
            "seq",
            sa.BigInteger(),
            nullable=True,
            comment="of the journal, which holds the event itself; null: an example",
        ),
        sa.Column("store", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Text(),
            server_default=sa.text("'pending'"),
            nullable=False,
            comment="pending, delivered, failed",
        ),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "claim",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="counts owners: the last one writes",
        ),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="One row for each event and endpoint, kept for 14 days. Ids only: the event itself is the journal's.",
        postgresql_with={"fillfactor": "70"},
    )
    leased = sa.text("lease_until IS NOT NULL")
    op.create_index("webhook_delivery_event_key", name, ["webhook_id", "event_id"], unique=True)
    op.create_index("webhook_delivery_open_idx", name, ["webhook_id", "next_at", "id"], postgresql_where=PENDING)
    op.create_index("webhook_delivery_turn_idx", name, ["webhook_id", "order_id", "id"], postgresql_where=PENDING)
    op.create_index("webhook_delivery_leased_idx", name, ["webhook_id"], postgresql_where=leased)
    op.create_index(op.f("webhook_delivery_created_at_idx"), name, ["created_at"], unique=False)


def _attempts() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True, comment="of HTTP; null: no answer"),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column(
            "told",
            sa.Text(),
            nullable=False,
            comment="the first 500 characters of the answer, or why there is none",
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="Each try of a delivery, kept for 14 days. What receivers answer stands here as they wrote it.",
    )
    op.create_index(op.f("webhook_attempt_webhook_id_at_idx"), "webhook_attempt", ["webhook_id", "at"], unique=False)
    op.create_index(op.f("webhook_attempt_at_idx"), "webhook_attempt", ["at"], unique=False)
