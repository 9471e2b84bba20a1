"""Lists and search have tables of their own, which a projector writes; no other table changes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "20261129_03"
down_revision: str | None = "20261129_02"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


_moment = sa.DateTime(timezone=True)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    """Make the tables; a hub of the version before doesn't know them, and nobody fills them before a projector runs."""
    _order_list()
    _order_term()
    _return_list()
    _refund_list()
    _flash_list()
    _reason_list()
    _listing()
    _listing_build()


def _order_list() -> None:
    op.create_table(
        "order_list",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column(
            "n",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="the order's short name in order_term",
        ),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="of the document that the rows follow from"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_texts("number", "store", "state", "kind", "channel"),
        sa.Column("placed_at", _moment, nullable=False),
        sa.Column("updated_at", _moment, nullable=False),
        *_texts("customer_name", "billing_postcode"),
        sa.Column("total", sa.BigInteger(), nullable=False, comment="in minor units"),
        *_texts("currency", "payment"),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("holds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("alerts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("attention", sa.Boolean(), nullable=False),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("owed", sa.Text(), nullable=True, comment="the first message that it waits for"),
        sa.Column("owed_by", sa.Text(), nullable=True),
        sa.Column("due_at", _moment, nullable=True),
        sa.Column("locked_by", sa.Text(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("risk_score", sa.Integer(), nullable=True),
        sa.Column("risk_reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "prints",
            postgresql.ARRAY(sa.BigInteger()),
            nullable=False,
            comment="hashes of terms, returns, refunds, flashes, reasons",
        ),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="hash of all rows of the order"),
        sa.PrimaryKeyConstraint("order_id", name="order_list_pkey"),
        comment="One row for each order that has a state: what lists show, filter and sort by.",
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "order_list_assignee_idx",
        "order_list",
        ["assignee"],
        postgresql_where=sa.text("assignee IS NOT NULL"),
    )
    op.create_index(
        "order_list_attention_idx",
        "order_list",
        ["blocking", "due_at", "order_id"],
        postgresql_where=sa.text("attention"),
    )
    op.create_index("order_list_attention_store_idx", "order_list", ["store"], postgresql_where=sa.text("attention"))
    op.create_index(
        "order_list_doubted_idx",
        "order_list",
        ["placed_at", "order_id"],
        postgresql_where=sa.text("state IN ('risk_review', 'risk_follow_up')"),
    )
    op.create_index("order_list_drafts_idx", "order_list", ["store"], postgresql_where=sa.text("state = 'draft'"))
    op.create_index("order_list_due_at_order_id_idx", "order_list", ["due_at", "order_id"])
    op.create_index("order_list_holds_idx", "order_list", ["holds"], postgresql_using="gin")
    op.create_index(
        "order_list_locked_by_idx",
        "order_list",
        ["locked_by"],
        postgresql_where=sa.text("locked_by IS NOT NULL"),
    )
    op.create_index("order_list_n_key", "order_list", ["n"], unique=True)
    op.create_index("order_list_placed_at_order_id_idx", "order_list", ["placed_at", "order_id"])
    op.create_index("order_list_state_placed_at_order_id_idx", "order_list", ["state", "placed_at", "order_id"])
    op.create_index("order_list_store_placed_at_order_id_idx", "order_list", ["store", "placed_at", "order_id"])
    op.create_index(
        "order_list_store_state_placed_at_order_id_idx",
        "order_list",
        ["store", "state", "placed_at", "order_id"],
    )


def _order_term() -> None:
    op.create_table(
        "order_term",
        sa.Column("value", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("placed_at", _moment, nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("value", "kind", "placed_at", "n", name="order_term_pkey"),
        comment="What an order is found by.",
    )
    op.create_index("order_term_n_idx", "order_term", ["n"])


def _return_list() -> None:
    op.create_table(
        "return_list",
        *_texts("order_id", "rma_code", "number", "store", "state", "outcome"),
        sa.Column("requested_at", _moment, nullable=False),
        sa.Column("warehouse", sa.Text(), nullable=True),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "rma_code", name="return_list_pkey"),
    )
    op.create_index(
        "return_list_requested_at_order_id_rma_code_idx",
        "return_list",
        ["requested_at", "order_id", "rma_code"],
    )
    op.create_index("return_list_rma_code_idx", "return_list", ["rma_code"])
    op.create_index("return_list_state_idx", "return_list", ["state", "requested_at", "order_id", "rma_code"])
    op.create_index("return_list_store_idx", "return_list", ["store", "state", "requested_at", "order_id", "rma_code"])


def _refund_list() -> None:
    op.create_table(
        "refund_list",
        *_texts("order_id", "refund_id", "number", "store", "state"),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="in minor units"),
        *_texts("currency", "tender", "reason"),
        sa.Column("requested_at", _moment, nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=True),
        sa.Column("rma_code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("order_id", "refund_id", name="refund_list_pkey"),
    )
    op.create_index(
        "refund_list_requested_at_order_id_refund_id_idx",
        "refund_list",
        ["requested_at", "order_id", "refund_id"],
    )
    op.create_index("refund_list_state_idx", "refund_list", ["state", "requested_at", "order_id", "refund_id"])
    op.create_index("refund_list_store_idx", "refund_list", ["store", "state", "requested_at", "order_id", "refund_id"])


def _flash_list() -> None:
    op.create_table(
        "flash_list",
        *_texts("order_id", "flash_id", "number", "store", "state"),
        sa.Column("since", _moment, nullable=False),
        sa.Column("warehouse", sa.Text(), nullable=True),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "flash_id", name="flash_list_pkey"),
    )
    op.create_index("flash_list_since_order_id_flash_id_idx", "flash_list", ["since", "order_id", "flash_id"])
    op.create_index("flash_list_state_idx", "flash_list", ["state", "since", "order_id", "flash_id"])
    op.create_index("flash_list_store_idx", "flash_list", ["store", "state", "since", "order_id", "flash_id"])


def _reason_list() -> None:
    op.create_table(
        "reason_list",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("i", sa.Integer(), autoincrement=False, nullable=False, comment="counts the order's reasons"),
        *_texts("number", "store", "kind", "what", "by", "do"),
        sa.Column("since", _moment, nullable=True),
        sa.Column("due_at", _moment, nullable=True),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.Column("at", _moment, nullable=False, comment="deadline, or since when: what they are sorted by"),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("order_id", "i", name="reason_list_pkey"),
        comment="Why people should look at orders.",
    )
    op.create_index("reason_list_at_order_id_i_idx", "reason_list", ["at", "order_id", "i"])
    op.create_index("reason_list_blocking_idx", "reason_list", ["store", "at"], postgresql_where=sa.text("blocking"))
    op.create_index("reason_list_store_at_idx", "reason_list", ["store", "at"])


def _listing() -> None:
    op.create_table(
        "listing",
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False, comment="up to which the listing follows the shard"),
        sa.Column("form", sa.Integer(), nullable=False, comment="of the projection; other code leaves the shard alone"),
        sa.Column("at", _moment, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("shard", name="listing_pkey"),
        comment="How far the listing follows each shard.",
        postgresql_with={"fillfactor": "50"},
    )


def _listing_build() -> None:
    op.create_table(
        "listing_build",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column(
            "walked",
            sa.Text(),
            nullable=True,
            comment="the order up to which all were built; null: nothing is being built",
        ),
        sa.Column(
            "done", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="orders that were looked at"
        ),
        sa.Column("total", sa.BigInteger(), nullable=False, comment="orders that there were at the beginning"),
        sa.Column("begun_at", _moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("built_at", _moment, nullable=True),
        sa.Column("checked_at", _moment, nullable=True),
        sa.Column("differences", sa.BigInteger(), nullable=True, comment="that the last check found"),
        sa.PrimaryKeyConstraint("id", name="listing_build_pkey"),
        comment="One row: how the listing was built, and what the last check of it found.",
        postgresql_with={"fillfactor": "50"},
    )
