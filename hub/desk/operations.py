"""Operations: who does what to a running hub and why, what became of it, and what was done so far."""

import asyncio
import getpass
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.postgres import operations, stopping
from adapters.postgres.operations import Operation
from adapters.postgres.operations import Progress as Progress
from adapters.postgres.operations import StoredOperation as StoredOperation
from adapters.postgres.store_scope import sees_named
from hub.desk.errors import RecordIsUnknown
from hub.desk.resources import Desk
from hub.desk.stores import Stores

POLL_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something and why; `key` makes it the same act when it is asked again. `dry_run` only looks."""

    why: str
    who: str = ""
    key: str = ""
    dry_run: bool = False

    def operation(self, action: str) -> Operation:
        """Return it as it is written down."""
        return Operation(self.key or str(uuid.uuid4()), action, self.who or getpass.getuser(), self.why)


async def history(desk: Desk, limit: int, stores: Stores = None) -> Sequence[StoredOperation]:
    """Return what operators did, the newest first."""
    return await operations.history(desk.engine, limit, stores)


@dataclass(frozen=True, slots=True)
class Followed:
    """Some operations, the newest first, and the stores of the orders that each names."""

    operations: Sequence[Progress] = ()
    stores: Mapping[int, Collection[str]] = field(default_factory=dict)

    def seen(self, stores: Stores) -> Sequence[Progress]:
        """Return those that name no order of another store."""
        return [each for each in self.operations if sees_named(self.stores.get(each.id, ()), stores)]


async def progress(desk: Desk, number: int, stores: Stores = None) -> Progress:
    """Return an operation and what became of its records; raises RecordIsUnknown."""
    found = await operations.progress(desk.engine, number, stores)
    if found is None:
        raise RecordIsUnknown(number, "operation")
    return found


async def followed(desk: Desk, numbers: Sequence[int]) -> Followed:
    """Return some operations and what became of their records, for whoever may see which of them."""
    return Followed(
        await operations.progress_of(desk.engine, numbers), await operations.stores_of(desk.engine, numbers)
    )


async def under_way(desk: Desk, limit: int) -> Sequence[int]:
    """Return the newest operations of which records wait, by their numbers."""
    return await operations.under_way(desk.engine, limit)


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many records of an operation nobody tries any more, 1 for a replay under way, and what became of it."""

    records: int
    operation: Progress


async def stop(desk: Desk, act: Act, number: int, stores: Stores = None) -> Stopped:
    """Take back what an operation asked for, as far as no shard has carried it out; raises RecordIsUnknown."""
    await progress(desk, number, stores)
    if act.dry_run:
        return Stopped(await stopping.waiting(desk.engine, number, stores), await progress(desk, number))
    count = await stopping.stop(desk.engine, act.operation(stopping.STOP), number, stores)
    return Stopped(count, await progress(desk, number))


async def follow(desk: Desk, done: Progress, patience: float, told: Callable[[Progress], None]) -> Progress:
    """Wait until no record of an operation waits any more, `patience` seconds at most; `told` hears how far it is."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while done.waiting and loop.time() < deadline:
        await asyncio.sleep(POLL_SECONDS)
        done = await progress(desk, done.id)
        told(done)
    return done
