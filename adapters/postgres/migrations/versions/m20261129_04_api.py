"""What the API keeps for itself: acts by their idempotency keys, what was refused, and keys of partners."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "20261129_04"
down_revision: str | None = "20261129_03"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "api_call",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="the caller's idempotency key"),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False, comment="of method, path, condition and body"),
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False, comment="of the command"),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "topic",
            sa.Text(),
            nullable=True,
            comment="where the log took the command; null: not known to be published",
        ),
        sa.Column("partition", sa.Integer(), nullable=True),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("caller", "key"),
        comment="Acts that the API accepted; kept for a week. Holds no personal data.",
    )
    op.create_index("api_call_command_id_key", "api_call", ["command_id"], unique=True)
    op.create_index(op.f("api_call_at_idx"), "api_call", ["at"], unique=False)
    op.create_table(
        "api_refusal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False, comment="as declared, without what was put in"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        comment="What the API refused to whom for want of a right; kept for 90 days.",
    )
    op.create_index(op.f("api_refusal_at_idx"), "api_refusal", ["at"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="the one CloudEvents source that it writes as"),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the key, which nobody can read again"),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="Keys of partners that write over HTTP; kept for good, as records bear their sources.",
    )
    op.create_index("api_key_hash_key", "api_key", ["hash"], unique=True)
    op.create_index(op.f("api_key_source_idx"), "api_key", ["source"], unique=False)
