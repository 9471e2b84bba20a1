"""Who is signed in to the console, and how he wants it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "20261130_14"
down_revision: str | None = "20261129_13"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "console_session",
        sa.Column("id", sa.LargeBinary(), nullable=False, comment="SHA-256 of the cookie"),
        sa.Column("caller", JSONB(), nullable=False, comment="who signed in, and what he may do"),
        sa.Column(
            "wishes", JSONB(), server_default=sa.text("'{}'"), nullable=False, comment="theme, language, searches"
        ),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renew_at", sa.DateTime(timezone=True), comment="when the provider is asked anew what he may do"),
        sa.Column(
            "asked_until", sa.DateTime(timezone=True), comment="so long one request asks it, and the others wait"
        ),
        sa.Column("refresh", sa.LargeBinary(), comment="by what it is asked, sealed with the cookie"),
        sa.PrimaryKeyConstraint("id", name="console_session_pkey"),
        comment="Who is signed in to the console; until he signs out, or his token expires.",
    )
    op.create_index("console_session_ends_at_idx", "console_session", ["ends_at"])
