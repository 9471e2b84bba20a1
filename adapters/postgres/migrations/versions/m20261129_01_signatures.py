"""What the hub writes to itself is signed; shards tell what their owners died of; leases wait for no batch."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_01"
down_revision: str | None = "20261128_01"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# Two random UUIDs carry 244 random bits; PostgreSQL draws them from the system's own source, without an extension.
KEY = "sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'))"
UNTIL = "The moment up to which records of hub.internal need no signature: an older version wrote them."
UNFINISHED = "so many owners in a row opened the shard and stored nothing"
TRYING = "what a careful owner has in hand: the next one finds what it died of"
APART = "Apart from the shards' rows: a batch that takes long locks its shard's row, and no lease may wait for it."
RUNNING = """DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM shard WHERE lease_until > now()) THEN
    RAISE EXCEPTION 'processes of the hub still run' USING ERRCODE = 'HB001';
  END IF; END $$"""


def upgrade() -> None:
    """Draw the key; the processes must be stopped, since what the version before writes can't be told from a forgery.

    Kafka's clock may be a minute ahead of this one.
    """
    op.execute(RUNNING)
    op.add_column("hub", sa.Column("signing_key", sa.LargeBinary(), server_default=sa.text(KEY), nullable=False))
    op.add_column("hub", sa.Column("unsigned_until", sa.DateTime(timezone=True), nullable=True, comment=UNTIL))
    op.add_column(
        "shard", sa.Column("unfinished", sa.Integer(), server_default=sa.text("0"), nullable=False, comment=UNFINISHED)
    )
    op.add_column("shard", sa.Column("trying", sa.Text(), nullable=True, comment=TRYING))
    op.create_table(
        "lease",
        sa.Column("k", sa.Integer(), autoincrement=False, nullable=False, comment="the shard"),
        sa.Column("owner", sa.Text(), nullable=False, comment="the process that has it; for liveness only"),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("k", name=op.f("lease_pkey")),
        postgresql_with={"fillfactor": "50"},
        comment=APART,
    )
    op.drop_column("shard", "lease_until")
    op.drop_column("shard", "owner")
    op.execute("UPDATE hub SET unsigned_until = now() + interval '1 minute'")
