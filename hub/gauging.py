"""Gauging: a process of the API reads the hub as a whole now and then, and tells Prometheus what it read last."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

import structlog
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from hub.desk import gauges, open_desk
from hub.desk.causes import Causes
from hub.desk.errors import ListIsTooWide
from hub.desk.gauges import Whole
from hub.desk.resources import Desk
from hub.errors import SERVER_ERRORS
from hub.settings import Settings
from hub.telemetry import names
from hub.telemetry.families import numbers

LOG: Final = structlog.get_logger("telemetry")
SECONDS: Final = 15.0
"""How often the hub is read: as often as Prometheus usually asks."""
STATEMENT_SECONDS: Final = 5.0


class Gauging(Collector):
    """The hub in numbers, as they were read last; `clock` tells seconds."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._causes = Causes()
        self._whole: Whole | None = None
        self._read_at = 0.0

    def collect(self) -> Iterator[Family]:
        """Return what was read last, and how old it is; nothing before the first time."""
        if self._whole is not None:
            yield from _families(self._whole)
            yield numbers(names.LOOKED_AT, [((), self._clock() - self._read_at)])

    async def serve(self, stop: asyncio.Event) -> None:
        """Read until `stop`; where a server is away, what was read last grows old."""
        async with open_desk(self._settings, STATEMENT_SECONDS, connections=1) as desk:
            try:
                while not stop.is_set():
                    await self.look(desk)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), SECONDS)
            finally:
                await self._causes.close()

    async def look(self, desk: Desk) -> None:
        """Read the hub once, as far as its servers answer."""
        try:
            self._whole, self._read_at = await gauges.read(desk, self._causes), self._clock()
        except (*SERVER_ERRORS, ListIsTooWide) as error:
            LOG.warning("the hub was not read", reason=type(error).__name__)


def _families(whole: Whole) -> Iterator[Family]:
    waiting = whole.waiting
    yield numbers(names.READY, [((), whole.ready)])
    yield numbers(names.PROCESSES, [((), whole.processes)])
    yield numbers(names.SHARDS, [(("working",), whole.shards_working), (("still",), whole.shards_still)])
    if whole.lag is not None:
        yield numbers(names.LAG, [((), whole.lag)])
    if whole.behind_seconds is not None:
        yield numbers(names.LISTING_BEHIND, [((), whole.behind_seconds)])
    yield numbers(names.ORDERS, (((state,), count) for state, count in waiting.orders))
    yield numbers(names.OVERDUE, (((party,), count) for party, count in waiting.overdue))
    yield numbers(names.REFUNDS, [((), waiting.refunds.count)])
    yield numbers(names.REFUND_AGE, [((), waiting.refunds.oldest_seconds)])
    if whole.failed is not None:
        yield numbers(names.FAILED, (((each.kind, each.code, each.topic or ""), each.count) for each in whole.failed))
    yield numbers(names.HELD_BACK, (((what.replace(" ", "_"),), count) for what, count in whole.held_back))
    yield numbers(names.UNFIRED, [((), whole.unfired)])
    yield numbers(names.CALLS, (((state,), count) for state, count in waiting.calls))
    if waiting.differences is not None:
        yield numbers(names.BOOKS_DIFFER, [((), waiting.differences)])
    yield numbers(names.WEBHOOKS, [((), waiting.deliveries.count)])
    yield numbers(names.WEBHOOK_AGE, [((), waiting.deliveries.oldest_seconds)])
    yield numbers(names.WEBHOOKS_DISABLED, [((), waiting.disabled_webhooks)])
