"""A saved filter says when somebody was told it last, so that one that nobody uses goes away."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_12"
down_revision: str | None = "20261129_11"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Add the column; views that there are count as used now."""
    comment = "when somebody was told it last, to the day; after a year it goes"
    column = sa.Column(
        "used_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now(), comment=comment
    )
    op.add_column("api_view", column)
    op.create_table_comment(
        "api_view",
        "Saved filters of lists, until their owners delete them or for a year unused. Filters may name a person.",
        existing_comment="Saved filters of lists, until their owners delete them. Filters may name a person.",
    )
