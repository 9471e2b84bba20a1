"""Aggregates of other kinds than orders have a table; no order's id may be taken for one of them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "20261129_02"
down_revision: str | None = "20261129_01"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

RESERVED = "communication|customer|mailing|policy|promotion|subscription|template|wordlist"
TAKEN = f"""DO $$ DECLARE taken text; BEGIN
  SELECT order_id INTO taken FROM orders WHERE order_id ~ '^({RESERVED}):' LIMIT 1;
  IF taken IS NOT NULL THEN RAISE EXCEPTION '%', taken USING ERRCODE = 'HB002'; END IF; END $$"""  # noqa: S608
NAMED = "<kind>:<id>; what is called order_id elsewhere"
KINDS = "Aggregates of all kinds but orders."


def upgrade() -> None:
    """Refuse where an order is called like something else, and make the table."""
    op.execute(TAKEN)
    op.create_table(
        "subjects",
        sa.Column("subject", sa.Text(), nullable=False, comment=NAMED),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="rows of the journal"),
        sa.Column("changes", sa.Integer(), nullable=False, comment="rows that the last batch added"),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="changes that a person can see"),
        sa.Column("state", sa.Text(), nullable=True, comment="null: a shell that only holds parked facts"),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("store", sa.Text(), nullable=True),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "attention",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="a person should look at it",
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
        postgresql_with={"fillfactor": "70"},
        comment=KINDS,
    )
    op.create_index(op.f("subjects_kind_subject_idx"), "subjects", ["kind", "subject"], unique=False)
