"""Calls of a payment provider, and what comparing its books with the hub's found."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import metadata, moment

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
    Column("trace", LargeBinary, comment="the traceparent of the request"),
    Column("attempts", Integer, nullable=False, server_default=text("0"), comment="times it was sent"),
    Column("doubts", Integer, nullable=False, server_default=text("0"), comment="times its outcome was unknown"),
    Column(
        "tries", Integer, nullable=False, server_default=text("0"), comment="times it was put off, for the next pause"
    ),
    Column("provider_id", Text),
    Column("next_at", moment, nullable=False, server_default=func.now()),
    Column(
        "claim", BigInteger, nullable=False, server_default=text("0"), comment="counts owners: only the last writes"
    ),
    Column("lease_until", moment),
    Column("last_error", Text),
    Column("answer_type", Text),
    Column("answer_id", Text),
    Column("answer", LargeBinary, comment="what is published, byte for byte"),
    Column("received_at", moment, nullable=False, server_default=func.now()),
    Column("known_at", moment, comment="when the outcome was known: the time of the answer"),
    Column("answered_at", moment, comment="when Kafka had acknowledged the answer"),
    Index(None, "order_id", "offset"),
    Index(
        "gateway_calls_open_idx",
        "next_at",
        postgresql_where=text("state NOT IN ('answered', 'not_ours', 'unreadable')"),
    ),
    Index("gateway_calls_unreadable_idx", "received_at", postgresql_where=text("state = 'unreadable'")),
    comment="One row for each request that a gateway takes to a provider: inbox, outbox and what is in doubt.",
)

gateway_reconciliation = Table(
    "gateway_reconciliation",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", moment, nullable=False, server_default=func.now()),
    Column("payments", BigInteger, nullable=False),
    Column("differences", BigInteger, nullable=False),
    Column("in_motion", BigInteger, nullable=False, comment="differences while a call is open"),
    Column("result", JSONB, nullable=False, comment="sums, and the first differences"),
    comment="What comparing the provider's books with the hub's found, each time; kept for good.",
)
