"""What operators count: failed records by cause, from their index alone; partners and sign-ins by the hour."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_10"
down_revision: str | None = "20261129_09"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Have the index of failed records hold all that is counted of them, and make the tables."""
    op.drop_index("set_aside_failed_idx", table_name="set_aside")
    op.create_index(
        "set_aside_failed_idx",
        "set_aside",
        ["kind", "code", "id"],
        unique=False,
        postgresql_include=["topic", "source", "recorded_at", "order_id", "tries", "asked", "archived"],
        postgresql_where=sa.text("closed_batch IS NULL AND kind IN ('dead_letter', 'quarantined', 'held', 'waiting')"),
    )
    op.create_table(
        "api_sign_in",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="of the first request of that hour",
        ),
        sa.Column("tool", sa.Text(), comment="the client that the token names, if any"),
        sa.PrimaryKeyConstraint("caller", "hour"),
        comment="Who used the API in which hour with a token that is good; kept for 90 days.",
    )
    op.create_index(op.f("api_sign_in_at_idx"), "api_sign_in", ["at"], unique=False)
    op.create_table(
        "partner_hour",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="empty: all those for which an hour had no room"),
        sa.Column("events", sa.BigInteger(), nullable=False, comment="that came to a decision"),
        sa.Column("late", sa.BigInteger(), nullable=False, comment="of these"),
        sa.Column("failed", sa.BigInteger(), nullable=False, comment="dead letters, and what went into quarantine"),
        sa.PrimaryKeyConstraint("hour", "source"),
        comment="What each partner said by the hour, counted while an API runs; kept for two days.",
    )
