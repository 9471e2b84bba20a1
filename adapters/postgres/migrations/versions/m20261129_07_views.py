"""Saved filters, samples of how the hub does, and refunds and flash reorders found without their order."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "20261129_07"
down_revision: str | None = "20261129_06"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make the tables and the indexes."""
    op.create_index(op.f("refund_list_refund_id_idx"), "refund_list", ["refund_id"], unique=False)
    op.create_index(op.f("flash_list_flash_id_idx"), "flash_list", ["flash_id"], unique=False)
    op.create_table(
        "api_view",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="the caller of the API whose it is"),
        sa.Column("owner_name", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False, comment="of which list it is"),
        sa.Column("query", sa.Text(), nullable=False, comment="its filters, as they stand behind the question mark"),
        sa.Column("store", sa.Text(), nullable=True, comment="whose people see it as well; null: nobody else"),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        comment="Saved filters of lists, until their owners delete them. Filters may name a person.",
    )
    op.create_index(op.f("api_view_owner_idx"), "api_view", ["owner"], unique=False)
    shared = sa.text("store IS NOT NULL")
    op.create_index("api_view_store_idx", "api_view", ["store"], unique=False, postgresql_where=shared)
    op.create_table(
        "sample",
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False, comment="seconds that it stands for"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "figures",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="by name: a rate, a length, a share",
        ),
        sa.Column(
            "marks",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="from where the next one counts on; of the finest step alone",
        ),
        sa.PrimaryKeyConstraint("step", "at"),
        comment="How the hub did, second by second for an hour, then thinner; the last two weeks.",
    )
