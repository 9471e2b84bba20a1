"""Webhooks: where events are sent, what is to be sent there, each try, and how far the journal was looked through."""

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, Table, Text, false, func, text, true
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.postgres.tables.metadata import metadata, moment

webhook = Table(
    "webhook",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False, comment="the caller of the API whose it is"),
    Column("owner_stores", ARRAY(Text), nullable=False, comment="his stores when he last changed it; * for all"),
    Column(
        "owner_reads", Boolean, nullable=False, server_default=true(), comment="he could read orders then; else thin"
    ),
    Column("url", Text, nullable=False),
    Column("types", ARRAY(Text), nullable=False, comment="of events; * for all"),
    Column("stores", ARRAY(Text), nullable=False, comment="of the owner's; * for all of them"),
    Column("payload", Text, nullable=False, comment="thin: ids; full: the event"),
    Column("ordered", Boolean, nullable=False, comment="an event waits for the earlier ones of its order"),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("disabled_because", Text),
    Column("disabled_at", moment),
    Column("secret", Text, nullable=False, comment="sealed where HUB_WEBHOOKS__KEYS names a key"),
    Column("secret_act", Text, nullable=False, comment="the act that drew it: only its repetition is told the secret"),
    Column("previous_secret", Text),
    Column("previous_until", moment, comment="up to when both secrets sign"),
    Column("rest_until", moment, comment="the receiver asked to be left alone, or was too slow"),
    Column("rests", Integer, nullable=False, server_default=text("0"), comment="in a row, for the next one's length"),
    Column("created_at", moment, nullable=False, server_default=func.now()),
    Column("changed_at", moment, nullable=False, server_default=func.now()),
    Index(None, "owner"),
    comment="Endpoints, until their owners delete them. Hold no personal data but what an owner puts into a URL.",
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True, comment="its turn among its order's"),
    Column("webhook_id", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("seq", BigInteger, comment="of the journal, which holds the event itself; null: an example"),
    Column("store", Text),
    Column("state", Text, nullable=False, server_default=text("'pending'"), comment="pending, delivered, failed"),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("next_at", moment, nullable=False),
    Column("claim", BigInteger, nullable=False, server_default=text("0"), comment="counts owners: the last one writes"),
    Column("lease_until", moment),
    Column("created_at", moment, nullable=False),
    Column("done_at", moment),
    Index("webhook_delivery_event_key", "webhook_id", "event_id", unique=True),
    Index("webhook_delivery_open_idx", "webhook_id", "next_at", "id", postgresql_where=text("state = 'pending'")),
    Index("webhook_delivery_turn_idx", "webhook_id", "order_id", "id", postgresql_where=text("state = 'pending'")),
    Index("webhook_delivery_leased_idx", "webhook_id", postgresql_where=text("lease_until IS NOT NULL")),
    Index(None, "created_at"),
    comment="One row for each event and endpoint, kept for 14 days. Ids only: the event itself is the journal's.",
    postgresql_with={"fillfactor": "70"},
)

webhook_attempt = Table(
    "webhook_attempt",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("webhook_id", Text, nullable=False),
    Column("delivery_id", BigInteger, nullable=False),
    Column("at", moment, nullable=False),
    Column("delivered", Boolean, nullable=False, server_default=false()),
    Column("status", Integer, comment="of HTTP; null: no answer"),
    Column("latency_ms", Integer, nullable=False),
    Column("told", Text, nullable=False, comment="the first 500 characters of the answer, or why there is none"),
    Index(None, "webhook_id", "at"),
    Index(None, "at"),
    comment="Each try of a delivery, kept for 14 days. What receivers answer stands here as they wrote it.",
)

webhook_mark = Table(
    "webhook_mark",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("batch", BigInteger, nullable=False, server_default=text("0")),
    comment="Up to which batch of each shard deliveries are written; for good.",
)
