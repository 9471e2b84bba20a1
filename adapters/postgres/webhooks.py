"""Endpoints of webhooks in PostgreSQL: made, changed, rotated and deleted by their owners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.attention import attention
from adapters.postgres.tables.shards import shard
from adapters.postgres.tables.webhooks import webhook, webhook_attempt, webhook_delivery

ALL: Final = "*"
THIN: Final = "thin"
"""The payload without the event: what is told whose owner may not read orders."""
BOTH_VALID: Final = timedelta(hours=24)
"""How long the secret before signs beside a new one."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events are sent; secrets are as they are stored."""

    id: str
    owner: str
    owner_stores: Sequence[str]
    url: str
    types: Sequence[str]
    stores: Sequence[str]
    payload: str
    ordered: bool
    enabled: bool
    disabled_because: str | None
    disabled_at: datetime | None
    secret: str
    secret_act: str
    previous_until: datetime | None
    rest_until: datetime | None
    created_at: datetime
    changed_at: datetime

    def wants(self, type_: str, store: str | None) -> bool:
        """Tell whether an event of this type and store is for it: one that its owner may see, too."""
        return {type_, ALL} & {*self.types} != set() and all(
            ALL in each or (store is not None and store in each) for each in (self.stores, self.owner_stores)
        )


_COLUMNS: Final = [webhook.c[name] for name in Endpoint.__dataclass_fields__]


def _of(owner: str, name: str) -> tuple[ColumnElement[bool], ...]:
    return webhook.c.id == name, webhook.c.owner == owner


async def make(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Add an endpoint; one of this id stays as it is."""
    await connection.execute(upsert(webhook).values(**values).on_conflict_do_nothing())


async def find(connection: AsyncConnection, owner: str, name: str) -> Endpoint | None:
    """Return an owner's endpoint."""
    row = (await connection.execute(select(*_COLUMNS).where(*_of(owner, name)))).mappings().first()
    return None if row is None else Endpoint(**row)


async def of_owner(connection: AsyncConnection, owner: str) -> list[Endpoint]:
    """Return an owner's endpoints, the oldest first."""
    statement = select(*_COLUMNS).where(webhook.c.owner == owner).order_by(webhook.c.created_at, webhook.c.id)
    return [Endpoint(**row) for row in (await connection.execute(statement)).mappings()]


async def everybody(connection: AsyncConnection) -> list[Endpoint]:
    """Return all endpoints."""
    return [Endpoint(**row) for row in (await connection.execute(select(*_COLUMNS))).mappings()]


IN_STORES: Final = "(w.stores && ARRAY['*', d.store] AND w.owner_stores && ARRAY['*', d.store])"
"""That a delivery `d` is about a store that is one of the endpoint's (`w`) and of its owner's."""
# Without those that somebody is just writing to: whoever has one may wait for the endpoint's row, which is ours.
_GIVE_UP: Final = text(
    f"""UPDATE webhook_delivery SET state = 'failed', lease_until = NULL, done_at = now() WHERE id IN (
      SELECT d.id FROM webhook w JOIN webhook_delivery d ON d.webhook_id = w.id
      WHERE w.id = :name AND d.state = 'pending' AND d.seq IS NOT NULL AND NOT {IN_STORES}
      FOR UPDATE OF d SKIP LOCKED)"""  # noqa: S608 - constants
)


async def change(connection: AsyncConnection, owner: str, name: str, values: Mapping[str, Any]) -> bool:
    """Change an owner's endpoint; what waits for it of stores that it has no more is given up. False: no such one."""
    changed = update(webhook).where(*_of(owner, name)).values(**values, changed_at=func.now())
    if (await connection.execute(changed)).rowcount != 1:
        return False
    await connection.execute(_GIVE_UP, {"name": name})
    return True


async def remove(connection: AsyncConnection, owner: str, name: str) -> bool:
    """Delete an owner's endpoint, and all that was kept about it; False where there is none."""
    if await find(connection, owner, name) is None:
        return False
    for table in (webhook_delivery, webhook_attempt):
        await connection.execute(delete(table).where(table.c.webhook_id == name))
    await connection.execute(delete(webhook).where(*_of(owner, name)))
    return True


async def rotate(connection: AsyncConnection, owner: str, name: str, secret: str, act: str) -> bool:
    """Give an owner's endpoint a new secret; the one before is valid beside it for a while."""
    statement = update(webhook).where(*_of(owner, name))
    changed = statement.values(
        previous_secret=webhook.c.secret,
        previous_until=func.now() + BOTH_VALID,
        secret=secret,
        secret_act=act,
        changed_at=func.now(),
    )
    return (await connection.execute(changed)).rowcount == 1


_NOTE: Final = "webhook_disabled"


async def disable(connection: AsyncConnection, name: str, why: str, now: ColumnElement[Any]) -> None:
    """Send nothing to an endpoint any more, and note it for people, once."""
    changed = (
        update(webhook)
        .where(webhook.c.id == name, webhook.c.enabled)
        .values(enabled=False, disabled_because=why, disabled_at=now)
        .returning(webhook.c.owner)
    )
    owner = await connection.scalar(changed)
    if owner is not None:
        number = select(func.coalesce(func.min(shard.c.k), 0)).scalar_subquery()
        detail = f"webhook {name} of {owner}: {why}"
        await connection.execute(insert(attention).values(shard=number, kind=_NOTE, detail=detail))


async def rest(connection: AsyncConnection, name: str, until: ColumnElement[Any]) -> None:
    """Leave an endpoint alone until a moment."""
    later = func.greatest(func.coalesce(webhook.c.rest_until, until), until)
    await connection.execute(
        update(webhook).where(webhook.c.id == name).values(rest_until=later, rests=webhook.c.rests + 1)
    )


async def rested(connection: AsyncConnection, name: str) -> None:
    """Note that an endpoint takes what it is sent."""
    await connection.execute(update(webhook).where(webhook.c.id == name, webhook.c.rests > 0).values(rests=0))


async def moment(connection: AsyncConnection, ahead: timedelta) -> datetime:
    """Return the time by PostgreSQL's clock, moved ahead."""
    found: datetime = (await connection.execute(select(func.now() + ahead))).scalar_one()
    return found
