"""Ownership: which shards this process has, by leases; shards are taken up to a fair share and given up one by one."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import Any, Final, Protocol

import structlog

from adapters.errors import ShardCountDiffers
from adapters.rows.positions import Place
from consumers.shard.failures import Treatment, treatment
from consumers.shard.metering import Meter
from consumers.shard.shard import Shard
from consumers.shard.vitals import told

LOG: Final = structlog.get_logger("hub.ownership")
OPENING_SECONDS: Final = 2.0
"""How long a hub that stops waits for shards that are being opened."""
START_SECONDS: Final = 60.0
TOLD_SECONDS: Final = 30.0
"""So long a process says why it could not open a shard; another one may have it since."""


class Leases(Protocol):
    """Where the leases are kept."""

    async def beat(self, report: Mapping[str, Any]) -> int:
        """Say that this process is alive; return how many are."""

    async def renew(self, shards: Collection[int]) -> set[int]:
        """Renew our leases; return the shards that are still ours."""

    async def claim(self, count: int) -> list[int]:
        """Take up to `count` free shards."""

    async def give_up(self, number: int) -> None:
        """Let another process have a shard at once."""

    async def leave(self) -> None:
        """Say that this process ends."""


class Ownership:
    """Keeps this process's shards: renewed at a third of the lease, stopped when the lease can't be renewed."""

    def __init__(
        self,
        leases: Leases,
        make: Callable[[int, Callable[[int], None]], Shard],
        lease: timedelta,
        shards: int,
        meter: Meter | None = None,
        about: Callable[[], Mapping[str, object]] = dict,
    ) -> None:
        self._leases = leases
        self._make = make
        self._lease = lease.total_seconds()
        self._count = shards
        self._meter = meter or Meter()
        self._about = about
        self._shards: dict[int, Shard] = {}
        self._parting: list[Shard] = []
        """Those that are being closed: what they have counted goes on counting."""
        self._opening: dict[int, asyncio.Task[None]] = {}
        self._leaving: set[int] = set()
        self._left = asyncio.Event()
        self._renewed = 0.0
        self.failure: str | None = None
        """Why leases could not be renewed last; None where they could."""
        self._fair = 0
        self._unopened: dict[int, tuple[str, float]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Hold leases until `stop` is set, then give everything up after the batches in hand.

        Raises ShardCountDiffers when the shards were split meanwhile.
        """
        loop = asyncio.get_running_loop()
        self._renewed = loop.time()
        while not stop.is_set():
            try:
                lost = await self._round()
                self._renewed, self.failure = loop.time(), None
                await self._close(lost)
                await self._balance()
            except ShardCountDiffers:
                await self.close()
                raise
            except Exception as error:  # noqa: BLE001 - the store may be away; the shards stop when it stays away
                self.failure = told(error)
                LOG.warning("lease round failed", error=self.failure)
            await self._drop_left()
            if loop.time() - self._renewed > self._lease:
                await self._close(list(self._shards))
            await self._pause(stop)
        await self.close()

    async def _pause(self, stop: asyncio.Event) -> None:
        waits = [asyncio.create_task(stop.wait()), asyncio.create_task(self._left.wait())]
        _, pending = await asyncio.wait(waits, timeout=self._lease / 3, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        self._left.clear()

    async def _round(self) -> list[int]:
        """Renew our leases; return the shards that are no longer ours."""
        async with asyncio.timeout(self._lease):
            members = await self._leases.beat({**self.report(), **self._about()})
            self._fair = -(-self._count // max(1, members))
            kept = await self._leases.renew({*self._shards, *self._opening})
        return [number for number in self._shards if number not in kept]

    async def _balance(self) -> None:
        """Take free shards up to the fair share, or give one up."""
        held = {*self._shards, *self._opening}
        if len(held) > self._fair and not self._opening:
            number = max(self._shards)
            LOG.info("shard given up", shard=number)
            await self._close([number])
            await self._leases.give_up(number)
        elif len(held) < self._fair:
            for number in await self._leases.claim(self._fair - len(held)):
                self._opening[number] = asyncio.create_task(self._open(number), name=f"open-{number}")

    async def _open(self, number: int) -> None:
        shard = self._make(number, self._leave)
        try:
            async with asyncio.timeout(START_SECONDS):
                await shard.open()
            self._shards[number] = shard
            self._unopened.pop(number, None)
        except asyncio.CancelledError:  # the hub stops: what is half open is closed, too
            with suppress(Exception):
                await shard.close()
            raise
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            LOG.warning("shard not opened", shard=number, error=str(error)[:500])
            self._unopened[number] = told(error), monotonic()
            if treatment(error) is Treatment.STOP:
                with suppress(Exception):
                    await shard.parts.unit.shard.stop(str(error))
            with suppress(Exception):
                await shard.close()
            self._meter.gone([shard.counts])
            with suppress(Exception):
                await self._leases.give_up(number)
        finally:
            self._opening.pop(number, None)

    def _leave(self, number: int) -> None:
        self._leaving.add(number)
        self._left.set()

    async def _drop_left(self) -> None:
        leaving, self._leaving = self._leaving, set()
        for number in leaving & set(self._shards):
            await self._close([number])
            with suppress(Exception):
                await self._leases.give_up(number)

    async def _close(self, numbers: Collection[int]) -> None:
        shards = [self._shards.pop(number) for number in numbers if number in self._shards]
        self._parting += shards
        for outcome in await asyncio.gather(*(shard.close() for shard in shards), return_exceptions=True):
            if isinstance(outcome, Exception):
                LOG.warning("shard did not close cleanly", error=repr(outcome)[:300])
        self._parting = [shard for shard in self._parting if shard not in shards]
        self._meter.gone(shard.counts for shard in shards)

    async def close(self) -> None:
        """Stop all shards and give up their leases."""
        if self._opening:  # what opens just now is soon open: to break a client off in its first steps leaves a socket
            await asyncio.wait(self._opening.values(), timeout=OPENING_SECONDS)
        for task in list(self._opening.values()):
            task.cancel()
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        await self._close(list(self._shards))
        with suppress(Exception):
            async with asyncio.timeout(2):
                await self._leases.leave()

    def report(self) -> dict[str, Any]:
        """Return what this process does, for its heartbeat row."""
        counts = dict(self.counts())
        health = {str(number): shard.health() for number, shard in sorted(self._shards.items())}
        health |= {str(number): {"state": "opening", "idle": 0.0, "trouble": ""} for number in self._opening}
        trouble = {str(number): shard.trouble for number, shard in self._shards.items() if shard.trouble}
        lately = monotonic() - TOLD_SECONDS
        unopened = {str(number): why for number, (why, when) in self._unopened.items() if when > lately}
        return {"shards": health, "counts": counts, "trouble": unopened | trouble}

    def counts(self) -> Counter[str]:
        """Return what the shards of this process have counted since it began, those that it has no more included."""
        counts = self._meter.counts.copy()
        for shard in (*self._shards.values(), *self._parting):
            counts.update(shard.counts)  # which keeps what is 0
        return counts

    def lag(self) -> dict[Place, int]:
        """Return how many records of each partition that this process reads are not stored yet."""
        return {place: behind for shard in self._shards.values() for place, behind in shard.lag().items()}

    @property
    def renewed_seconds(self) -> float:
        """Return how long ago the leases were renewed last."""
        return asyncio.get_running_loop().time() - self._renewed
