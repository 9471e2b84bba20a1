"""A number is looked up by the key itself, and nobody looks for a state: two indexes are gone."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_01"
down_revision: str | None = "20261125_03"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

GROWN = "One row: how many shards this hub has; only hub shard grow changes it."


def upgrade() -> None:
    """Let the key of the references begin with what is looked up, and orders be updated in place."""
    op.drop_constraint("order_references_pkey", "order_references")
    op.create_primary_key("order_references_pkey", "order_references", ["kind", "value", "party"])
    op.drop_index("order_references_kind_value_idx", "order_references")
    op.drop_index("orders_state_idx", "orders")
    op.create_table_comment("hub", GROWN)
