"""What tools see of orders: records of an order by its id, problems that can be looked up, names of people."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_11"
down_revision: str | None = "20261129_10"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make the index and the tables."""
    named = sa.text("order_id IS NOT NULL")
    op.create_index("set_aside_order_idx", "set_aside", ["order_id", "id"], unique=False, postgresql_where=named)
    op.create_table(
        "api_problem",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False, comment="as declared, without what was put in"),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        comment="Problems that callers were told; kept for a week. Holds nothing of what was asked or said.",
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Text(), nullable=False, comment="as acts bear it"),
        sa.Column("issuer", sa.Text(), nullable=False, comment="who vouches for the name"),
        sa.Column("name", sa.Text(), nullable=False, comment="personal"),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="to the hour",
        ),
        sa.PrimaryKeyConstraint("id", "issuer"),
        comment="What people are called who signed in; until a year after, or until an operator erases it. Personal.",
    )
