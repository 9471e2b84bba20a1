"""Orders that a person should look at are marked, so that they are found without reading every order."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261124_01"
down_revision: str | None = "20261122_01"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Mark what has alerts, holds or overdue messages; a hub of the version before leaves the mark as it is."""
    about = "a person should look at it"
    no = sa.text("false")
    op.add_column("orders", sa.Column("attention", sa.Boolean(), server_default=no, nullable=False, comment=about))
    op.execute(
        r"""UPDATE orders SET attention = true WHERE document ?| array['alerts', 'holds']
        OR document @> '{"timers": [{"fired": true}]}'"""
    )
    op.create_index("orders_attention_idx", "orders", ["order_id"], unique=False, postgresql_where=sa.text("attention"))
