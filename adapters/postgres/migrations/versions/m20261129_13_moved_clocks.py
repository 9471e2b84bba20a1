"""Which batches were decided on by a clock that was moved, and how far: the proof can tell such a row from another."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_13"
down_revision: str | None = "20261129_12"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "moved_clock",
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "since",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="the first batch by this clock; the next row of the shard ends it",
        ),
        sa.Column(
            "ahead", sa.Interval(), nullable=False, comment="how far the clock was moved; append times moved with it"
        ),
        sa.PrimaryKeyConstraint("shard", "since"),
        comment="Empty where nobody ever moved the hub's clock (HUB_CLOCK__AHEAD).",
    )
