"""The listing: what lists and search know of orders; written by the projector, and by nobody else."""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.postgres.tables.metadata import metadata, moment

DRAFT: Final = "state = 'draft'"
DOUBTED: Final = "state IN ('risk_review', 'risk_follow_up')"


def _texts(*names: str) -> list[Column[Any]]:
    return [Column(name, Text, nullable=False) for name in names]


# No index holds `updated_at`: it changes with every fact, and each of them would then write all indexes anew.
order_list = Table(
    "order_list",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("n", BigInteger, Identity(always=True), nullable=False, comment="the order's short name in order_term"),
    Column("seq", BigInteger, nullable=False, comment="of the document that the rows follow from"),
    Column("version", BigInteger, nullable=False),
    *_texts("number", "store", "state", "kind", "channel"),
    Column("placed_at", moment, nullable=False),
    Column("updated_at", moment, nullable=False),
    *_texts("customer_name", "billing_postcode"),
    Column("total", BigInteger, nullable=False, comment="in minor units"),
    *_texts("currency", "payment"),
    Column("pieces", BigInteger, nullable=False),
    Column("holds", ARRAY(Text), nullable=False),
    Column("alerts", ARRAY(Text), nullable=False),
    Column("attention", Boolean, nullable=False),
    Column("blocking", Boolean, nullable=False),
    Column("overdue", Boolean, nullable=False),
    Column("owed", Text, comment="the first message that it waits for"),
    Column("owed_by", Text),
    Column("due_at", moment),
    Column("locked_by", Text),
    Column("assignee", Text),
    Column("risk_score", Integer),
    Column("risk_reasons", ARRAY(Text), nullable=False),
    Column("prints", ARRAY(BigInteger), nullable=False, comment="hashes of terms, returns, refunds, flashes, reasons"),
    Column("digest", LargeBinary, nullable=False, comment="hash of all rows of the order"),
    Index("order_list_n_key", "n", unique=True),
    Index(None, "placed_at", "order_id"),
    Index(None, "store", "placed_at", "order_id"),
    Index(None, "store", "state", "placed_at", "order_id"),
    Index(None, "state", "placed_at", "order_id"),
    Index(None, "due_at", "order_id"),
    Index(None, "holds", postgresql_using="gin"),
    Index("order_list_attention_idx", "blocking", "due_at", "order_id", postgresql_where=text("attention")),
    Index("order_list_attention_store_idx", "store", postgresql_where=text("attention")),
    Index("order_list_drafts_idx", "store", postgresql_where=text(DRAFT)),
    Index("order_list_doubted_idx", "placed_at", "order_id", postgresql_where=text(DOUBTED)),
    Index("order_list_locked_by_idx", "locked_by", postgresql_where=text("locked_by IS NOT NULL")),
    Index("order_list_assignee_idx", "assignee", postgresql_where=text("assignee IS NOT NULL")),
    postgresql_with={"fillfactor": "80"},
    comment="One row for each order that has a state: what lists show, filter and sort by.",
)

order_term = Table(
    "order_term",
    metadata,
    Column("value", Text(collation="C"), primary_key=True),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("placed_at", moment, primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Index(None, "n"),
    comment="What an order is found by.",
)

return_list = Table(
    "return_list",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("rma_code", Text, primary_key=True),
    *_texts("number", "store", "state", "outcome"),
    Column("requested_at", moment, nullable=False),
    Column("warehouse", Text),
    Column("pieces", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Index(None, "rma_code"),
    Index(None, "requested_at", "order_id", "rma_code"),
    Index("return_list_state_idx", "state", "requested_at", "order_id", "rma_code"),
    Index("return_list_store_idx", "store", "state", "requested_at", "order_id", "rma_code"),
)

refund_list = Table(
    "refund_list",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("refund_id", Text, primary_key=True),
    *_texts("number", "store", "state"),
    Column("amount", BigInteger, nullable=False, comment="in minor units"),
    *_texts("currency", "tender", "reason"),
    Column("requested_at", moment, nullable=False),
    Column("requested_by", Text),
    Column("rma_code", Text),
    Index(None, "refund_id"),
    Index(None, "requested_at", "order_id", "refund_id"),
    Index("refund_list_state_idx", "state", "requested_at", "order_id", "refund_id"),
    Index("refund_list_store_idx", "store", "state", "requested_at", "order_id", "refund_id"),
)

flash_list = Table(
    "flash_list",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("flash_id", Text, primary_key=True),
    *_texts("number", "store", "state"),
    Column("since", moment, nullable=False),
    Column("warehouse", Text),
    Column("pieces", BigInteger, nullable=False),
    Column("found", BigInteger, nullable=False),
    Index(None, "flash_id"),
    Index(None, "since", "order_id", "flash_id"),
    Index("flash_list_state_idx", "state", "since", "order_id", "flash_id"),
    Index("flash_list_store_idx", "store", "state", "since", "order_id", "flash_id"),
)

reason_list = Table(
    "reason_list",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("i", Integer, primary_key=True, autoincrement=False, comment="counts the order's reasons"),
    *_texts("number", "store", "kind", "what", "by", "do"),
    Column("since", moment),
    Column("due_at", moment),
    Column("blocking", Boolean, nullable=False),
    Column("at", moment, nullable=False, comment="deadline, or since when: what they are sorted by"),
    Column("assignee", Text),
    Index(None, "at", "order_id", "i"),
    Index(None, "store", "at"),
    Index("reason_list_blocking_idx", "store", "at", postgresql_where=text("blocking")),
    comment="Why people should look at orders.",
)

listing = Table(
    "listing",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("batch", BigInteger, nullable=False, comment="up to which the listing follows the shard"),
    Column("form", Integer, nullable=False, comment="of the projection; other code leaves the shard alone"),
    Column("at", moment, nullable=False, server_default=func.now()),
    postgresql_with={"fillfactor": "50"},
    comment="How far the listing follows each shard.",
)

listing_build = Table(
    "listing_build",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("form", Integer, nullable=False),
    Column("walked", Text, comment="the order up to which all were built; null: nothing is being built"),
    Column("done", BigInteger, nullable=False, server_default=text("0"), comment="orders that were looked at"),
    Column("total", BigInteger, nullable=False, comment="orders that there were at the beginning"),
    Column("begun_at", moment, nullable=False, server_default=func.now()),
    Column("built_at", moment),
    Column("checked_at", moment),
    Column("differences", BigInteger, comment="that the last check found"),
    postgresql_with={"fillfactor": "50"},
    comment="One row: how the listing was built, and what the last check of it found.",
)
