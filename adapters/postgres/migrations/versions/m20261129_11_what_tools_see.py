"""What tools see of orders: records of an order by its id, problems that can be looked up, names of people."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_11"
down_revision: str | None = "20261129_09"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make the index."""
    named = sa.text("order_id IS NOT NULL")
    op.create_index("set_aside_order_idx", "set_aside", ["order_id", "id"], unique=False, postgresql_where=named)
