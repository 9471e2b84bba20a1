"""The peer `careful`: what a competent team writes on day one with FastStream and SQLAlchemy's async ORM.

A handler per topic, one message at a time per partition (so partitions run at once and keep their order), one database
transaction per message: inbox, order FOR UPDATE, change, history, outbox, commit; then the offset is committed. A relay
process reads the outbox with SKIP LOCKED and publishes with a plain producer.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import uvloop
from aiokafka import AIOKafkaProducer
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from sqlalchemy import BigInteger, Identity, LargeBinary, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime

from bench.peers import rules
from bench.peers.surroundings import BOOTSTRAP, DATABASE_URL, GROUP, OUT_PREFIX, PREFIX

RELAY_SECONDS: Final = 0.02
RELAY_ROWS: Final = 500
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
Place = tuple[str, int, int]


class Base(DeclarativeBase):
    """The tables."""

    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy reads it from the class


class DocumentRow(Base):
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


def state_of(row: DocumentRow | None) -> rules.Order | None:
    """Return an order for the rules."""
    if row is None:
        return None
    return rules.Order(row.status, row.version, tuple(rules.Line(**line) for line in row.lines), row.updated_at)


async def handle(sessions: Sessions, raw: bytes, place: Place) -> None:
    """Take one record in one transaction."""
    try:
        event = rules.EVENT.validate_json(raw)
    except ValueError as error:
        topic, partition, offset = place
        letter = insert(DeadLetter).values(
            topic=topic, part=partition, off=offset, reason=str(error)[:500], payload=raw
        )
        async with sessions.begin() as session:
            await session.execute(letter.on_conflict_do_nothing())
        return
    async with sessions.begin() as session:
        seen = insert(Inbox).values(event_id=event.id).on_conflict_do_nothing().returning(Inbox.event_id)
        if (await session.execute(seen)).first() is not None:
            await take(session, event, raw)


async def take(session: AsyncSession, event: rules.Event, raw: bytes) -> None:
    """Apply an event, then what was parked for it; or park it."""
    order_id = event.data.order_id
    row = None if event.type == "order.placed" else await session.get(DocumentRow, order_id, with_for_update=True)
    if row is None:  # no row to lock yet: the first event and early ones must still exclude each other
        await session.execute(select(func.pg_advisory_xact_lock(order_id.int & (1 << 62) - 1)))
        row = await session.get(DocumentRow, order_id, with_for_update=True)
    first, parked = row is None, None
    todo: list[rules.Event] = [event]
    while todo:
        event = todo.pop(0)
        old = state_of(row)
        new = rules.apply(old, event)
        if new is None:
            session.add(Parked(event_id=event.id, order_id=order_id, payload=raw))
            if row is not None:
                row.waiting += 1
            return
        row = change(session, row, old, new, event)
        if parked is None and (first or row.waiting):
            parked = await parked_events(session, order_id)
        for kept, waiting in parked or ():
            if rules.apply(state_of(row), waiting) is not None:
                todo.append(waiting)
                assert parked is not None
                parked.remove((kept, waiting))
                await session.delete(kept)
                break
        if parked is not None:
            row.waiting = len(parked)


async def parked_events(session: AsyncSession, order_id: UUID) -> list[tuple[Parked, rules.Event]]:
    """Return what is parked for an order, oldest first."""
    rows = await session.scalars(select(Parked).where(Parked.order_id == order_id).order_by(Parked.event_id))
    return [(row, rules.EVENT.validate_json(row.payload)) for row in rows]


def change(
    session: AsyncSession, row: DocumentRow | None, old: rules.Order | None, new: rules.Order, event: rules.Event
) -> DocumentRow:
    """Store the next state of an order, its history, and a status event where the status changed."""
    order_id, lines = event.data.order_id, [line._asdict() for line in new.lines]
    if row is None or old is None:
        row = DocumentRow(
            id=order_id, status=new.status, version=new.version, lines=lines, updated_at=new.updated_at, waiting=0
        )
        session.add(row)
    else:
        row.status, row.version, row.updated_at = new.status, new.version, new.updated_at
        if new.lines != old.lines:
            row.lines = lines
    before = old.status if old else None
    history = History(
        order_id=order_id,
        version=new.version,
        event_id=event.id,
        type=event.type,
        from_status=before,
        to_status=new.status,
        occurred_at=event.time,
    )
    session.add(history)
    if before != new.status:
        value = rules.status_event(str(order_id), new, before, str(event.id))
        session.add(Outbox(key=str(order_id).encode(), value=value))
    return row


async def hub(stop: asyncio.Event) -> None:
    """Read the five topics."""
    store = engine(len(rules.TOPICS) * rules.PARTITIONS)
    sessions = async_sessionmaker(store, expire_on_commit=False)

    async def as_record(message: Any) -> Any:
        return message.raw_message

    # A KafkaMessage parameter costs a thread hop a message, so the decoder hands over the record itself: twice as fast.
    broker = KafkaBroker(BOOTSTRAP, logger=None, apply_types=False, decoder=as_record)

    async def take_record(record: Any) -> None:
        await handle(sessions, record.value, (record.topic, record.partition, record.offset))

    for topic in rules.TOPICS:  # one group a topic: many members in one group rebalance over and over at the start
        subscriber = broker.subscriber(
            PREFIX + topic,
            group_id=f"{GROUP}-{topic}",
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            max_workers=rules.PARTITIONS,
            fetch_max_wait_ms=100,
        )
        subscriber(take_record)
    await broker.start()
    await stop.wait()
    await broker.stop()
    await store.dispose()


async def relay(stop: asyncio.Event) -> None:
    """Publish what lies in the outbox."""
    store = engine(2)
    sessions = async_sessionmaker(store, expire_on_commit=False)
    topic = OUT_PREFIX + rules.STATUS
    async with AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, enable_idempotence=True, linger_ms=2) as producer:
        while not stop.is_set():
            async with sessions.begin() as session:
                waiting = select(Outbox.id, Outbox.key, Outbox.value).order_by(Outbox.id).limit(RELAY_ROWS)
                rows = (await session.execute(waiting.with_for_update(skip_locked=True))).all()
                if rows:
                    await asyncio.gather(*[await producer.send(topic, value, key) for _, key, value in rows])
                    await session.execute(delete(Outbox).where(Outbox.id.in_([row[0] for row in rows])))
            if len(rows) < RELAY_ROWS // 5:
                await asyncio.sleep(RELAY_SECONDS)
    await store.dispose()


async def until_told(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(stop)


def main() -> None:
    """Run the hub, and the relay in a process of its own."""
    logging.disable(logging.WARNING)
    child = os.fork()
    uvloop.run(until_told(relay if child == 0 else hub))
    if child:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
