"""The watchdog: ends a process whose event loop or shard is stuck, so that another takes its shards over."""

import asyncio
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog

LOG: Final = structlog.get_logger("hub.watchdog")
STUCK: Final = 70
"""The exit code of a process that was stuck."""
LOOK_SECONDS: Final = 1.0
LOOKS: Final = 3
"""So many looks in a row must find a shard stuck: a process that was frozen gets a moment to go on."""


class Watchdog:
    """Watches the event loop from a thread of its own, and the shards from the loop.

    `patience` is in seconds. `shards` tells each shard's state and for how long it got nothing done. A shard that waits
    for a server is not stuck: it says so, and `hub health` tells it.
    """

    def __init__(
        self,
        patience: float,
        shards: Callable[[], Mapping[str, Mapping[str, Any]]],
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self._patience = patience
        self._shards = shards
        self._end = end
        self._beats = 0
        self._over = threading.Event()
        self._found: dict[str, int] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        thread = threading.Thread(target=self._watch_loop, name="watchdog", daemon=True)
        thread.start()
        try:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                self._beats += 1
                self._watch_shards()
        finally:
            self._over.set()

    def _watch_loop(self) -> None:
        """End the process when the loop hasn't had a turn for too long; counted in own wake-ups, not by the clock."""
        seen, since = 0, 0.0
        step = min(LOOK_SECONDS, self._patience / 4)
        while not self._over.wait(step):
            seen, since = (self._beats, 0.0) if self._beats != seen else (seen, since + step)
            if since >= self._patience:
                self._tell(f"the event loop had no turn for {since:.0f} s")

    def _watch_shards(self) -> None:
        shards = self._shards()
        stuck = {n for n, told in shards.items() if told["state"] == "running" and told["idle"] > self._patience}
        self._found = {number: self._found.get(number, 0) + 1 for number in stuck}
        for number, looks in self._found.items():
            if looks >= LOOKS:
                self._tell(f"shard {number} got nothing done for {shards[number]['idle']:.0f} s")

    def _tell(self, why: str) -> None:
        """Say why and where each thread stands, then end without asking anybody: whoever is asked may be stuck, too."""
        LOG.error("stuck; this process ends", why=why, at=time.time())
        faulthandler.dump_traceback(file=sys.__stderr__ or 2)
        self._end(STUCK)
