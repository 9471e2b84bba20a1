"""Webhooks know whether their owners may read orders: events go whole to these alone. Those that are there stay."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_08"
down_revision: str | None = "20261129_07"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Add the column."""
    said = "he could read orders then; else thin"
    column: sa.Column[bool] = sa.Column(
        "owner_reads", sa.Boolean(), server_default=sa.text("true"), nullable=False, comment=said
    )
    op.add_column("webhook", column)
