"""What the API keeps for itself: acts by their idempotency keys, and what was refused."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, Table, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adapters.postgres.tables.metadata import metadata, moment

api_call = Table(
    "api_call",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True, comment="the caller's idempotency key"),
    Column("fingerprint", LargeBinary, nullable=False, comment="of method, path, condition and body"),
    Column("command_id", Text, nullable=False),
    Column("type", Text, nullable=False, comment="of the command"),
    Column("order_id", Text, nullable=False),
    Column("at", moment, nullable=False, server_default=func.now()),
    Column("topic", Text, comment="where the log took the command; null: not known to be published"),
    Column("partition", Integer),
    Column("offset", BigInteger),
    Column("answer", JSONB, comment="what was answered, where nothing else tells it; no secret"),
    Index("api_call_command_id_key", "command_id", unique=True),
    Index(None, "at"),
    Index("api_call_unlock_idx", "at", postgresql_where=text("type = 'order.unlock.v1'")),
    comment="Acts that the API accepted; kept for a week. Holds no personal data.",
)

api_refusal = Table(
    "api_refusal",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", moment, nullable=False, server_default=func.now(), comment="of the last one"),
    Column("caller", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("route", Text, nullable=False, comment="as declared, without what was put in"),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False, comment="of the last one"),
    Column("hour", moment, comment="null: written by an older version, one by one"),
    Column("count", BigInteger, nullable=False, server_default=text("1")),
    Column("first_at", moment, comment="null: there was one only"),
    Index(None, "at"),
    Index("api_refusal_hour_key", "caller", "method", "route", "code", "hour", unique=True),
    comment="How often the API refused what to whom in an hour; kept for 90 days.",
)

api_problem = Table(
    "api_problem",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", moment, nullable=False, server_default=func.now()),
    Column("caller", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("method", Text, nullable=False),
    Column("route", Text, nullable=False, comment="as declared, without what was put in"),
    Column("trace_id", Text, nullable=False),
    comment="Problems that callers were told; kept for a week. Holds nothing of what was asked or said.",
)

api_sign_in = Table(
    "api_sign_in",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("hour", moment, primary_key=True),
    Column("at", moment, nullable=False, server_default=func.now(), comment="of the first request of that hour"),
    Column("tool", Text, comment="the client that the token names, if any"),
    Index(None, "at"),
    comment="Who used the API in which hour with a token that is good; kept for 90 days.",
)

partner_hour = Table(
    "partner_hour",
    metadata,
    Column("hour", moment, primary_key=True),
    Column("source", Text, primary_key=True, comment="empty: all those for which an hour had no room"),
    Column("events", BigInteger, nullable=False, comment="that came to a decision"),
    Column("late", BigInteger, nullable=False, comment="of these"),
    Column("failed", BigInteger, nullable=False, comment="dead letters, and what went into quarantine"),
    comment="What each partner said by the hour, counted while an API runs; kept for two days.",
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False, comment="the one CloudEvents source that it writes as"),
    Column("topics", ARRAY(Text), nullable=False),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 of the key, which nobody can read again"),
    Column("created_by", Text, nullable=False),
    Column("created_at", moment, nullable=False, server_default=func.now()),
    Column("expires_at", moment),
    Column("revoked_at", moment),
    Column("used_at", moment, comment="to the minute"),
    Index("api_key_hash_key", "hash", unique=True),
    Index(None, "source"),
    comment="Keys of partners that write over HTTP; kept for good, as records bear their sources.",
)

person = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True, comment="as acts bear it"),
    Column("issuer", Text, primary_key=True, comment="who vouches for the name"),
    Column("name", Text, nullable=False, comment="personal"),
    Column("seen_at", moment, nullable=False, server_default=func.now(), comment="to the hour"),
    comment="What people are called who signed in; until a year after, or until an operator erases it. Personal.",
)

api_view = Table(
    "api_view",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False, comment="the caller of the API whose it is"),
    Column("owner_name", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("list", Text, nullable=False, comment="of which list it is"),
    Column("query", Text, nullable=False, comment="its filters, as they stand behind the question mark"),
    Column("store", Text, comment="whose people see it as well; null: nobody else"),
    Column("changed_at", moment, nullable=False, server_default=func.now()),
    Column(
        "used_at",
        moment,
        nullable=False,
        server_default=func.now(),
        comment="when somebody was told it last, to the day; after a year it goes",
    ),
    Index(None, "owner"),
    Index("api_view_store_idx", "store", postgresql_where=text("store IS NOT NULL")),
    comment="Saved filters of lists, until their owners delete them or for a year unused. Filters may name a person.",
)

sample = Table(
    "sample",
    metadata,
    Column("step", Integer, primary_key=True, autoincrement=False, comment="seconds that it stands for"),
    Column("at", moment, primary_key=True),
    Column("figures", JSONB, nullable=False, comment="by name: a rate, a length, a share"),
    Column("marks", JSONB, comment="from where the next one counts on; of the finest step alone"),
    comment="How the hub did, second by second for an hour, then thinner; the last two weeks.",
)
