"""What an operator accepted after an accident is kept, so that the proof knows which stretch of the log it explains."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "20261125_03"
down_revision: str | None = "20261125_02"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make the table; a hub of the version before doesn't look at it."""
    op.create_table(
        "accepted",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="restore: an older copy of the database; topic: made anew"
        ),
        sa.Column("batch", sa.BigInteger(), nullable=False, comment="the last batch that this database had stored"),
        sa.Column("emitted", sa.BigInteger(), nullable=False, comment="the last batch that Kafka had published"),
        sa.Column("ends", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="offset by topic/partition"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="what is older belongs to the old log"),
        sa.Column("accepted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("accepted_pkey")),
        comment="Accidents that an operator accepted: what they explain in the log, and no more.",
    )
