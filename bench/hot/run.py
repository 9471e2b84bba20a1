"""One run of live traffic, with what is written besides."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import asyncpg

from bench import workload
from bench.candidates.candidate import note
from bench.candidates.hub import SHARDS, Hub
from bench.ground.ground import Ground
from bench.hot.flood import flooded
from bench.hot.script import Script
from bench.lateness import WARM_SECONDS, note_late_writing
from bench.model import Key
from bench.results import Found
from bench.run import Run
from bench.traffic import Listener, Sent
from contracts.partitioning import home

AFTER_SECONDS: Final = 2
"""From the end of warming up to the first fact of the hot order."""
PATIENCE_SECONDS: Final = 120.0
READ: Final = """
SELECT (SELECT coalesce(sum(next_offset), 0) FROM position WHERE topic <> 'hub.internal') >= $1
  AND NOT EXISTS (SELECT 1 FROM shard WHERE batch <> emitted)"""
Flooded = tuple[float, float]
"""When the records besides began and when they were written, in seconds since 1970. Both are 0 where there are none."""


class HotRun(Run):
    """A run of the hub with one process."""

    def __init__(self, ground: Ground, script: Script, name: str, folder: Path) -> None:
        super().__init__(ground, Hub(1), script.backlog, name, folder)
        self._script = script

    async def live(self, rate: int, besides_rate: float) -> Found:
        """Note how late the effects of the steady traffic came, and when the hot order's last one came."""
        script, here = self._script, self._ground
        await here.log.write_backlog(self.stand.prefix, script.before)
        await here.topics.count_append_times(self.stand.prefix + name for name in workload.HUB_TOPICS)
        meter, sent = self.launch(), Sent(rate)
        listener = Listener(here, self._candidate, self._places)
        async with listener.listening():
            await asyncio.sleep(self._candidate.settle_seconds)
            await self._until_read(len(script.before))
            before, began = meter.look(), time.monotonic()
            times = await self._traffic(sent, besides_rate)
            await listener.until_there(sent.due(self._backlog.expected))
            await self._until_read(len(self._backlog.workload.records))
            await asyncio.sleep(1)
        cost = meter.look().since(before)
        await self.stop()
        self.found.cpu_us = cost.microseconds(len(script.live) + len(script.besides))
        self.found.peak_megabytes = round(meter.peak_megabytes, 1)
        self.found.others_cores = round(cost.others / (time.monotonic() - began), 2)
        note_late_writing(self.found, sent)
        self._note(sent, listener, times)
        await self.check()
        return self.found

    async def _traffic(self, sent: Sent, besides_rate: float) -> Flooded:
        """Write the steady traffic, and what comes besides some time after warming up."""
        script, prefix = self._script, self.stand.prefix
        writing = asyncio.create_task(sent.write(self._ground, self._candidate, prefix, script.live))
        times = (0.0, 0.0)
        if script.besides:
            wait = WARM_SECONDS + AFTER_SECONDS
            times = await flooded(self._ground.bootstrap, prefix, script.besides, besides_rate, wait)
        await writing
        return times

    async def _until_read(self, records: int) -> None:
        """Wait until so many records are read and all that came of them is published, or until patience ends."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        connection = await asyncpg.connect(self.stand.database_url)
        try:
            while not await connection.fetchval(READ, records) and time.monotonic() < deadline:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        finally:
            await connection.close()

    def _note(self, sent: Sent, listener: Listener, times: Flooded) -> None:
        due = {k: at for k, at in sent.due(self._backlog.expected).items() if at >= sent.started + WARM_SECONDS}
        note(self.found, len(due.keys() - listener.arrived.keys()), "effects of the traffic never came")
        began, written = times
        done = max((listener.last.get(each.key, 0.0) for each in self._script.besides), default=0.0)
        # Without a hot order, the window is that of a steady one.
        first, last = began or sent.started + WARM_SECONDS + AFTER_SECONDS, done or sent.ended
        self.found.samples = len(due)
        self.found.detail |= self._late(due, listener, first, last)
        if began:
            self.found.detail |= {"written_s": round(written - began, 2), "worked_off_s": round(done - began, 2)}

    def _late(self, due: dict[Key, float], listener: Listener, first: float, last: float) -> dict[str, Any]:
        """Return how late the effects came, by where their order lives. `meanwhile` is from `first` to `last`."""
        shard = home(self._script.hot, SHARDS)

        def late(wanted: Callable[[str, float], bool]) -> dict[str, float]:
            taken = [(k, at) for k, at in due.items() if k in listener.arrived and wanted(k[0], at)]
            return _percentiles([1000 * (listener.arrived[k] - at) for k, at in taken])

        return {
            "overall": late(lambda _, at: True),
            "same_shard": late(lambda order_id, at: home(order_id, SHARDS) == shard),
            "other_shards": late(lambda order_id, at: home(order_id, SHARDS) != shard),
            "same_shard_meanwhile": late(lambda order_id, at: home(order_id, SHARDS) == shard and first <= at <= last),
        }

    async def check(self) -> None:
        """Compare with the model. Nothing may be noted for an operator, no fact of the hot order kept for later."""
        await super().check()
        connection = await asyncpg.connect(self.stand.database_url)
        try:
            note(self.found, await connection.fetchval("SELECT count(*) FROM attention"), "notes for an operator")
        finally:
            await connection.close()
        self.found.correct = not self.found.faults


def _percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    found = {name: ordered[int(len(ordered) * share)] for name, share in (("p50", 0.5), ("p99", 0.99))}
    return {name: round(value, 1) for name, value in (*found.items(), ("max", ordered[-1]), ("samples", len(ordered)))}
