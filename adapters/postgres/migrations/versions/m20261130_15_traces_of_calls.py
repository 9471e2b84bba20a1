"""A gateway's calls belong to the trace of the request that they were made for."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_15"
down_revision: str | None = "20261130_14"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make the column; requests that were taken down before have none."""
    op.add_column("gateway_calls", sa.Column("trace", sa.LargeBinary(), comment="the traceparent of the request"))
