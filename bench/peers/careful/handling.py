"""A record taken in one transaction: inbox, order FOR UPDATE, change, history, outbox."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bench.peers import messages, rules
from bench.peers.careful.tables import DeadLetter, History, Inbox, OrderRow, Outbox, Parked, Sessions

Place = tuple[str, int, int]
"""Topic, partition, offset."""


def state_of(row: OrderRow | None) -> rules.Order | None:
    """Return an order for the rules."""
    if row is None:
        return None
    return rules.Order(row.status, row.version, tuple(rules.Line(**line) for line in row.lines), row.updated_at)


async def handle(sessions: Sessions, raw: bytes, place: Place) -> None:
    """Take one record in one transaction."""
    try:
        event = messages.EVENT.validate_json(raw)
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


async def take(session: AsyncSession, event: messages.Event, raw: bytes) -> None:
    """Apply an event, then what was parked for it; or park it."""
    order_id = event.data.order_id
    row = await locked(session, event)
    first, parked = row is None, None
    todo: list[messages.Event] = [event]
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


async def locked(session: AsyncSession, event: messages.Event) -> OrderRow | None:
    """Return the row of an event's order, locked; None where there is none yet."""
    order_id = event.data.order_id
    row = None if event.type == "order.placed" else await session.get(OrderRow, order_id, with_for_update=True)
    if row is None:  # no row to lock yet: the first event and early ones must still exclude each other
        await session.execute(select(func.pg_advisory_xact_lock(order_id.int & (1 << 62) - 1)))
        row = await session.get(OrderRow, order_id, with_for_update=True)
    return row


async def parked_events(session: AsyncSession, order_id: UUID) -> list[tuple[Parked, messages.Event]]:
    """Return what is parked for an order, oldest first."""
    rows = await session.scalars(select(Parked).where(Parked.order_id == order_id).order_by(Parked.event_id))
    return [(row, messages.EVENT.validate_json(row.payload)) for row in rows]


def change(
    session: AsyncSession, row: OrderRow | None, old: rules.Order | None, new: rules.Order, event: messages.Event
) -> OrderRow:
    """Store the next state of an order, its history, and a status event where the status changed."""
    order_id, lines = event.data.order_id, [line._asdict() for line in new.lines]
    if row is None or old is None:
        row = OrderRow(
            id=order_id, status=new.status, version=new.version, lines=lines, updated_at=new.updated_at, waiting=0
        )
        session.add(row)
    else:
        row.status, row.version, row.updated_at = new.status, new.version, new.updated_at
        if new.lines != old.lines:
            row.lines = lines
    before = old.status if old else None
    session.add(
        History(
            order_id=order_id,
            version=new.version,
            event_id=event.id,
            type=event.type,
            from_status=before,
            to_status=new.status,
            occurred_at=event.time,
        )
    )
    if before != new.status:
        value = rules.status_event(str(order_id), new, before, str(event.id))
        session.add(Outbox(key=str(order_id).encode(), value=value))
    return row
