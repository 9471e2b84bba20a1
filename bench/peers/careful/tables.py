"""The tables of `careful`, as SQL and as SQLAlchemy's classes."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Identity, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime

from bench.peers.surroundings import DATABASE_URL

SCHEMA: Final = """
CREATE TABLE orders (id uuid PRIMARY KEY, status text NOT NULL, version int NOT NULL, lines jsonb NOT NULL,
    updated_at timestamptz NOT NULL, waiting int NOT NULL DEFAULT 0);
CREATE TABLE order_history (order_id uuid NOT NULL, version int NOT NULL, event_id uuid NOT NULL, type text NOT NULL,
    from_status text, to_status text NOT NULL, occurred_at timestamptz NOT NULL, PRIMARY KEY (order_id, version));
CREATE TABLE inbox (event_id uuid PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE parked (event_id uuid PRIMARY KEY, order_id uuid NOT NULL, payload bytea NOT NULL);
CREATE INDEX ON parked (order_id);
CREATE TABLE dead_letter (topic text, part int, off bigint, reason text NOT NULL, payload bytea NOT NULL,
    PRIMARY KEY (topic, part, off));
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key bytea NOT NULL, value bytea NOT NULL);
"""
Sessions = async_sessionmaker[AsyncSession]


class Base(DeclarativeBase):
    """The tables."""

    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy reads it from the class


class OrderRow(Base):
    """An order as it stands; `waiting` counts its parked events."""

    __tablename__ = "orders"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    version: Mapped[int]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    updated_at: Mapped[datetime]
    waiting: Mapped[int] = mapped_column(default=0)


class History(Base):
    """An event that was applied."""

    __tablename__ = "order_history"
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[UUID]
    type: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    occurred_at: Mapped[datetime]


class Inbox(Base):
    """An event that was seen."""

    __tablename__ = "inbox"
    event_id: Mapped[UUID] = mapped_column(primary_key=True)


class Parked(Base):
    """An event that came before its predecessor."""

    __tablename__ = "parked"
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class DeadLetter(Base):
    """A record that nobody can use."""

    __tablename__ = "dead_letter"
    topic: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    off: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    reason: Mapped[str]
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class Outbox(Base):
    """A status event to publish."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)
    value: Mapped[bytes] = mapped_column(LargeBinary)


def engine(size: int) -> AsyncEngine:
    """Return an engine with so many connections."""
    return create_async_engine(
        DATABASE_URL.replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=size, max_overflow=4
    )
