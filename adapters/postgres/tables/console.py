"""What the console keeps: who is signed in."""

from sqlalchemy import Column, Index, LargeBinary, Table, func, text
from sqlalchemy.dialects.postgresql import JSONB

from adapters.postgres.tables.metadata import metadata, moment

console_session = Table(
    "console_session",
    metadata,
    Column("id", LargeBinary, primary_key=True, comment="SHA-256 of the cookie"),
    Column("caller", JSONB, nullable=False, comment="who signed in, and what he may do"),
    Column("wishes", JSONB, nullable=False, server_default=text("'{}'"), comment="theme, language, searches"),
    Column("began_at", moment, nullable=False, server_default=func.now()),
    Column("ends_at", moment, nullable=False),
    Column("renew_at", moment, comment="when the provider is asked anew what he may do"),
    Column("asked_until", moment, comment="so long one request asks it, and the others wait"),
    Column("refresh", LargeBinary, comment="by what it is asked, sealed with the cookie"),
    Index(None, "ends_at"),
    comment="Who is signed in to the console; until he signs out, or his token expires.",
)
