"""Calls of a gateway: what was asked of a provider, what is in doubt, and what it answered."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "20261125_02"
down_revision: str | None = "20261125_01"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_moment = sa.DateTime(timezone=True)
_now = sa.text("now()")
_none = sa.text("0")


def _column(name: str, kind: sa.types.TypeEngine[Any], comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, comment=comment)


def upgrade() -> None:
    """Add the table; a hub of the version before doesn't know it."""
    op.create_table(
        "gateway_calls",
        _column("request_id", sa.Text()),
        _column("order_id", sa.Text()),
        _column("kind", sa.Text(), "authorize, raise, capture, void, refund; none: nothing to call"),
        sa.Column(
            "payment_id", sa.Text(), comment="the provider's payment that is captured, freed, raised or refunded"
        ),
        _column("amount", sa.BigInteger(), "in minor units"),
        _column("currency", sa.Text()),
        _column("partition", sa.Integer()),
        _column("offset", sa.BigInteger(), "where the request lies: its turn among its order's"),
        _column("seen_offset", sa.BigInteger(), "where it was last asked for again"),
        _column("digest", sa.LargeBinary()),
        _column("message_type", sa.Text()),
        _column("message", sa.LargeBinary(), "the request, byte for byte"),
        _column("state", sa.Text()),
        sa.Column("attempts", sa.Integer(), server_default=_none, nullable=False, comment="times it was sent"),
        sa.Column(
            "doubts", sa.Integer(), server_default=_none, nullable=False, comment="times its outcome was unknown"
        ),
        sa.Column(
            "tries",
            sa.Integer(),
            server_default=_none,
            nullable=False,
            comment="times it was put off, for the next pause",
        ),
        sa.Column("provider_id", sa.Text()),
        sa.Column("next_at", _moment, server_default=_now, nullable=False),
        sa.Column(
            "claim",
            sa.BigInteger(),
            server_default=_none,
            nullable=False,
            comment="counts owners: only the last writes",
        ),
        sa.Column("lease_until", _moment),
        sa.Column("last_error", sa.Text()),
        sa.Column("answer_type", sa.Text()),
        sa.Column("answer_id", sa.Text()),
        sa.Column("answer", sa.LargeBinary(), comment="what is published, byte for byte"),
        sa.Column("received_at", _moment, server_default=_now, nullable=False),
        sa.Column("known_at", _moment, comment="when the outcome was known: the time of the answer"),
        sa.Column("answered_at", _moment, comment="when Kafka had acknowledged the answer"),
        sa.PrimaryKeyConstraint("request_id", name=op.f("gateway_calls_pkey")),
        comment="One row for each request that a gateway takes to a provider: inbox, outbox and what is in doubt.",
    )
    op.create_index(op.f("gateway_calls_order_id_offset_idx"), "gateway_calls", ["order_id", "offset"])
    open_ones = sa.text("state NOT IN ('answered', 'not_ours', 'unreadable')")
    op.create_index("gateway_calls_open_idx", "gateway_calls", ["next_at"], postgresql_where=open_ones)
