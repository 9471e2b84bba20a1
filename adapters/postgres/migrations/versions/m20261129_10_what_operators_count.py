"""What operators count: failed records by cause, from their index alone."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_10"
down_revision: str | None = "20261129_09"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Have the index of failed records hold all that is counted of them."""
    op.drop_index("set_aside_failed_idx", table_name="set_aside")
    op.create_index(
        "set_aside_failed_idx",
        "set_aside",
        ["kind", "code", "id"],
        unique=False,
        postgresql_include=["topic", "source", "recorded_at", "order_id", "tries", "asked", "archived"],
        postgresql_where=sa.text("closed_batch IS NULL AND kind IN ('dead_letter', 'quarantined', 'held', 'waiting')"),
    )
