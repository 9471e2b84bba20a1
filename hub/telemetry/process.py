"""The telemetry of one process: what it tells, whether it is ready, and how long its event loop keeps tasks waiting."""

import asyncio
import collections
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from adapters.calls.traced import Tell
from hub.code import build
from hub.telemetry import names
from hub.telemetry.families import numbers
from hub.telemetry.tracing import Tracing

LOOK_SECONDS: Final = 0.25
WINDOW: Final = 60
"""Looks that the longest delay is taken from: the last 15 seconds."""

Trouble = Callable[[], Awaitable[str | None]]
"""Why the process can't work, None where it can."""


class Telemetry(Collector):
    """What one process tells; whoever works in it adds its collectors, and says why it isn't ready."""

    def __init__(self, tracing: Tracing | None = None) -> None:
        self.tracing = tracing
        """Where spans are made, if anywhere."""
        self.registry = CollectorRegistry()
        self.trouble: Trouble = self._away
        self.away: str | None = None
        """Which server the process waits for, where it does."""
        self._delays = collections.deque([0.0], maxlen=WINDOW)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.registry.register(self)

    async def _away(self) -> str | None:
        return self.away

    def collect(self) -> Iterator[Family]:
        """Return what every process tells."""
        yield numbers(names.BUILD, [(build(), 1)])
        yield numbers(names.LOOP_DELAY, [((), max(self._delays))])

    def text(self) -> bytes:
        """Return all figures as Prometheus reads them."""
        return generate_latest(self.registry)

    async def watch_loop(self) -> None:
        """Measure how late the event loop gives a task its turn, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_SECONDS
            await asyncio.sleep(LOOK_SECONDS)
            self._delays.append(max(0.0, loop.time() - due))


def told_of(telemetry: Telemetry | None) -> Tell | None:
    """Return who hears of a process's calls to others; None where no spans are made."""
    return None if telemetry is None or telemetry.tracing is None else telemetry.tracing.called
