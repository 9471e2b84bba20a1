"""A topic may be paused before its partitions are read for the first time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_09"
down_revision: str | None = "20261129_08"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "paused_ahead",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("paused", sa.Text(), nullable=False, comment="why nothing is read here until an operator resumes"),
        sa.PrimaryKeyConstraint("topic", "partition"),
        comment="Partitions that were paused before a shard had begun to read them; whoever begins takes the row over.",
    )
