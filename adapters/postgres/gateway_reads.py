"""Reads of a gateway's calls for people: what is open or in doubt, and the orders whose money is just moving."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, and_, any_, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.gateway_calls import CLOSED, WORTH_A_LOOK, State
from adapters.postgres.tables.gateway_calls import gateway_calls as calls
from adapters.postgres.tables.journal import journal


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call to the provider in a list: `attempts` is how often it was sent, `doubts` how often it was in doubt."""

    request_id: str
    order_id: str
    kind: str
    payment_id: str | None
    amount: int
    currency: str
    state: str
    attempts: int
    doubts: int
    provider_id: str | None
    next_at: datetime
    last_error: str | None
    received_at: datetime


async def open_calls(engine: AsyncEngine, *, only_unknown: bool, limit: int) -> list[OpenCall]:
    """Return the calls that are not answered, or those a person should look at, the oldest first."""
    wanted = calls.c.state.in_(WORTH_A_LOOK) if only_unknown else calls.c.state.not_in((State.ANSWERED, State.NOT_OURS))
    columns = [calls.c[name] for name in OpenCall.__dataclass_fields__]
    statement = select(*columns).where(wanted).order_by(calls.c.received_at).limit(limit)
    async with engine.connect() as connection:
        return [OpenCall(**row) for row in (await connection.execute(statement)).mappings()]


async def orders_in_motion(engine: AsyncEngine, orders: Iterable[str], since: datetime) -> set[str]:
    """Return those of some orders of which a call is open, ended after `since`, or isn't known to the hub yet."""
    read = exists().where(journal.c.order_id == calls.c.order_id, journal.c.event_id == calls.c.answer_id)
    unread = and_(calls.c.state == State.ANSWERED, ~read)
    moving = or_(calls.c.state.not_in(CLOSED), calls.c.answered_at >= since, unread)
    statement = (
        select(calls.c.order_id).where(calls.c.order_id == any_(cast(list(orders), ARRAY(Text))), moving).distinct()
    )
    async with engine.connect() as connection:
        return set((await connection.scalars(statement)).all())


async def now(engine: AsyncEngine) -> datetime:
    """Return the time by PostgreSQL's clock, which also stamps the calls."""
    async with engine.connect() as connection:
        moment: datetime = (await connection.execute(select(func.now()))).scalar_one()
    return moment
