"""What operators do with failed records is written down, and queues of quarantined orders can be counted."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "20261125_01"
down_revision: str | None = "20261124_01"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_NO = sa.text("false")
_NONE = sa.text("0")
_EMPTY = sa.text("'{}'")
_NOW = sa.text("now()")


def upgrade() -> None:
    """Add columns with defaults only: a hub of the version before goes on writing its rows."""
    _set_aside()
    _quarantine()
    _tables()


def _set_aside() -> None:
    for column in (
        sa.Column("asked", sa.Text(), comment="what an operator wants of it: retry or skip"),
        sa.Column("operation", sa.BigInteger(), comment="the operation that touched it last"),
        sa.Column(
            "tries",
            sa.Integer(),
            server_default=_NONE,
            nullable=False,
            comment="how often it was tried again in vain",
        ),
        sa.Column("archived", sa.Boolean(), server_default=_NO, nullable=False, comment="out of the operators' lists"),
        sa.Column("edited_headers", sa.LargeBinary(), comment="as an operator changed them; the original stays"),
        sa.Column("edited_value", sa.LargeBinary()),
    ):
        op.add_column("set_aside", column)
    op.drop_index("set_aside_open_idx", "set_aside")
    waiting = "closed_batch IS NULL AND kind IN ('waiting', 'quarantined', 'held')"
    op.create_index("set_aside_open_idx", "set_aside", ["shard", "kind", "id"], postgresql_where=sa.text(waiting))
    asked = "closed_batch IS NULL AND asked IS NOT NULL"
    op.create_index("set_aside_asked_idx", "set_aside", ["shard", "id"], postgresql_where=sa.text(asked))
    failed = "closed_batch IS NULL AND kind IN ('dead_letter', 'quarantined', 'held', 'waiting')"
    op.create_index("set_aside_failed_idx", "set_aside", ["kind", "code", "id"], postgresql_where=sa.text(failed))
    touched = sa.text("operation IS NOT NULL")
    op.create_index("set_aside_operation_idx", "set_aside", ["operation"], postgresql_where=touched)


def _quarantine() -> None:
    about = "how many of its records wait"
    op.add_column("quarantine", sa.Column("queued", sa.Integer(), server_default=_NONE, nullable=False, comment=about))
    about = "its records are to go on"
    op.add_column("quarantine", sa.Column("asked", sa.Boolean(), server_default=_NO, nullable=False, comment=about))
    about = "the code that failed; other code tries once more by itself"
    op.add_column("quarantine", sa.Column("made_by", sa.Text(), comment=about))
    op.execute(
        """UPDATE quarantine q SET queued = (SELECT count(*) FROM set_aside s WHERE s.order_id = q.order_id
        AND s.kind = 'quarantined' AND s.closed_batch IS NULL)"""
    )


def _tables() -> None:
    op.create_table(
        "operation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "key", sa.Text(), nullable=False, comment="chosen by whoever asks: the same key is the same operation"
        ),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column(
            "wish",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=_EMPTY,
            nullable=False,
            comment="what it was asked of",
        ),
        sa.Column(
            "touched", sa.BigInteger(), server_default=_NONE, nullable=False, comment="rows, orders or partitions"
        ),
        sa.Column(
            "progress",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=_EMPTY,
            nullable=False,
            comment="where a replay goes on",
        ),
        sa.Column("at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("operation_pkey")),
        comment="What operators did: who, when, why, and to what.",
    )
    op.create_index("operation_key_key", "operation", ["key"], unique=True)
    op.create_table(
        "pause",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pause_pkey")),
        comment="Sources (partners) whose records are kept until an operator lets them go on.",
    )
