"""What owners ask about their webhooks' deliveries, and have sent again: attempts, examples, replays, recovery."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.webhooks import webhook, webhook_attempt
from adapters.postgres.tables.webhooks import webhook_delivery as delivery


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event for an endpoint: `state` is pending, delivered or failed."""

    id: int
    webhook_id: str
    event_id: str
    type: str
    order_id: str
    state: str
    tries: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try of a delivery: `status` is None where no answer came, and `told` says why, or what was answered."""

    id: int
    at: datetime
    delivered: bool
    status: int | None
    latency_ms: int
    told: str
    event_id: str
    type: str
    order_id: str
    state: str


_DELIVERY: Final = [delivery.c[name] for name in Delivery.__dataclass_fields__]
_ATTEMPT: Final[list[Any]] = [webhook_attempt.c[name] for name in list(Attempt.__dataclass_fields__)[:6]] + [
    delivery.c[name] for name in list(Attempt.__dataclass_fields__)[6:]
]


def _seen(stores: Sequence[str] | None) -> ColumnElement[bool]:
    """Return that a delivery is about one of these stores, None: all of them; an example is everybody's."""
    return true() if stores is None else or_(delivery.c.seq.is_(None), delivery.c.store.in_(stores))


async def attempts(
    connection: AsyncConnection, name: str, stores: Sequence[str] | None, before: int | None, limit: int
) -> list[Attempt]:
    """Return an endpoint's attempts, the newest first; those of other stores are left out.

    `before` is the last one of the page before: of one that is kept no longer, all earlier ones are gone as well.
    """
    place = webhook_attempt.c.at, webhook_attempt.c.id
    joined = webhook_attempt.join(delivery, delivery.c.id == webhook_attempt.c.delivery_id)
    wanted = [webhook_attempt.c.webhook_id == name, _seen(stores)]
    if before is not None:
        last = select(*place).where(webhook_attempt.c.id == before).scalar_subquery()
        wanted.append(tuple_(*place) < last)
    newest = [each.desc() for each in place]
    statement = select(*_ATTEMPT).select_from(joined).where(*wanted).order_by(*newest).limit(limit)
    return [Attempt(**row) for row in (await connection.execute(statement)).mappings()]


async def add_example(
    connection: AsyncConnection, name: str, event_id: str, type_: str, order_id: str, ahead: timedelta
) -> Delivery:
    """Have an example sent to an endpoint, once for each id."""
    values = {"webhook_id": name, "event_id": event_id, "type": type_, "order_id": order_id}
    now = func.now() + ahead
    await connection.execute(upsert(delivery).values(**values, next_at=now, created_at=now).on_conflict_do_nothing())
    there = select(*_DELIVERY).where(delivery.c.webhook_id == name, delivery.c.event_id == event_id)
    return Delivery(**(await connection.execute(there)).mappings().one())


def _again(ahead: timedelta) -> dict[str, Any]:
    """Return what makes a delivery one that nobody has tried; whoever is just trying it says nothing about it."""
    return {
        "state": "pending",
        "tries": 0,
        "next_at": func.now() + ahead,
        "done_at": None,
        "lease_until": None,
        "claim": delivery.c.claim + 1,
    }


async def replay(
    connection: AsyncConnection, owner: str, attempt: int, stores: Sequence[str] | None, ahead: timedelta
) -> Delivery | None:
    """Have what an attempt was about sent again, to an owner's endpoint; None where there is no such attempt."""
    named = select(webhook_attempt.c.delivery_id).where(webhook_attempt.c.id == attempt).scalar_subquery()
    own = select(webhook.c.id).where(webhook.c.owner == owner)
    statement = update(delivery).where(delivery.c.id == named, delivery.c.webhook_id.in_(own), _seen(stores))
    row = (await connection.execute(statement.values(**_again(ahead)).returning(*_DELIVERY))).mappings().first()
    return None if row is None else Delivery(**row)


async def recover(
    connection: AsyncConnection, name: str, since: datetime, stores: Sequence[str] | None, ahead: timedelta
) -> int:
    """Have everything sent again that has failed since a moment; returns how many deliveries."""
    failed = delivery.c.webhook_id == name, delivery.c.state == "failed", delivery.c.created_at >= since
    return (await connection.execute(update(delivery).where(*failed, _seen(stores)).values(**_again(ahead)))).rowcount
