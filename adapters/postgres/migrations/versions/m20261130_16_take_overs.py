"""Who took each shard over last, and what the one before had left to publish."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_16"
down_revision: str | None = "20261130_15"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "take_over",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("owner", sa.Text(), comment="the process that has the lease; null: hub shard grow"),
        sa.Column("batch", sa.BigInteger(), nullable=False, comment="the last one that was stored then"),
        sa.Column("emitted", sa.BigInteger(), nullable=False, comment="the last one that was known to be published"),
        sa.PrimaryKeyConstraint("id", name="take_over_pkey"),
        comment="The last 50 take-overs of each shard.",
    )
    op.create_index("take_over_shard_id_idx", "take_over", ["shard", "id"])
