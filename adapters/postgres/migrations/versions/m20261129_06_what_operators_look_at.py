"""What operators look at: refusals counted by the hour, acts by their time, the gateway's books, keys last used."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "20261129_06"
down_revision: str | None = "20261129_05"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Let a row stand for many refusals; those of an older version have no hour, and stand for themselves alone."""
    whole_hour = sa.Column("hour", sa.DateTime(timezone=True), comment="null: written by an older version, one by one")
    op.add_column("api_refusal", whole_hour)
    op.add_column("api_refusal", sa.Column("count", sa.BigInteger(), server_default=sa.text("1"), nullable=False))
    op.add_column("api_refusal", sa.Column("first_at", sa.DateTime(timezone=True), comment="null: there was one only"))
    op.alter_column("api_refusal", "at", comment="of the last one")
    op.alter_column("api_refusal", "detail", comment="of the last one")
    op.create_table_comment("api_refusal", "How often the API refused what to whom in an hour; kept for 90 days.")
    op.create_index("api_refusal_hour_key", "api_refusal", ["caller", "method", "route", "code", "hour"], unique=True)
    op.create_index(op.f("operation_at_idx"), "operation", ["at"], unique=False)
    op.create_index(
        "api_call_unlock_idx", "api_call", ["at"], unique=False, postgresql_where=sa.text("type = 'order.unlock.v1'")
    )
    op.add_column("api_key", sa.Column("used_at", sa.DateTime(timezone=True), comment="to the minute"))
    op.create_index(
        "gateway_calls_unreadable_idx",
        "gateway_calls",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'unreadable'"),
    )
    op.create_table(
        "gateway_reconciliation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("payments", sa.BigInteger(), nullable=False),
        sa.Column("differences", sa.BigInteger(), nullable=False),
        sa.Column("in_motion", sa.BigInteger(), nullable=False, comment="differences while a call is open"),
        sa.Column(
            "result", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="sums, and the first differences"
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="What comparing the provider's books with the hub's found, each time; kept for good.",
    )
