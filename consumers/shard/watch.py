"""What a running shard looks at every few seconds: is its log still the one it read, and does every partition move?"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from aiokafka import TopicPartition

from adapters.kafka.connection import KafkaConnection
from adapters.rows.positions import Place
from consumers.shard.ports import Log, Unit
from consumers.shard.takeover import check_log

LOG: Final = structlog.get_logger("hub.watch")
LOG_LOOK: Final = timedelta(seconds=30)
"""Between two comparisons of the log with what was read of it: a handful of requests for all partitions of a shard."""
OFTEN: Final = 4
"""How many times a partition is looked at before it counts as held up."""


class Watch:
    """Watches the partitions of one shard; `after` is how long an open transaction may hold one up unsaid."""

    def __init__(self, kafka: KafkaConnection, log: Log, places: Sequence[Place], after: timedelta) -> None:
        self.after = after
        self._kafka = kafka
        self._log = log
        self._places = places
        self._compared: datetime | None = None
        self._looked: datetime | None = None
        self._held: dict[Place, tuple[int, datetime]] = {}
        self._told: dict[Place, str] | None = None

    async def look(
        self, unit: Unit, consumer: Any, positions: Mapping[Place, int], now: datetime, *, suspect: bool
    ) -> None:
        """Compare and look where it is time, at once where `suspect`; raises ShardAccident when the log is another."""
        if self._compared is None:
            self._compared = now
        if suspect or now - self._compared >= LOG_LOOK:
            self._compared = now
            await self._compare(unit, positions)
        if self._looked is None or now - self._looked >= self.after / OFTEN:
            self._looked = now
            await self._tell(unit, self._stalled(consumer, now))

    async def _compare(self, unit: Unit, positions: Mapping[Place, int]) -> None:
        rows = {(row.topic, row.partition): row for row in await unit.positions.read()}
        await check_log(unit.shard.number, self._log, rows, positions, await self._log.starts(self._places), {})

    def _stalled(self, consumer: Any, now: datetime) -> dict[Place, str]:
        """Return the partitions whose records can't be read for too long, because a transaction before them is open."""
        stalled = {}
        for place in self._places:
            partition = TopicPartition(self._kafka.topic(place[0]), place[1])
            stable, top = consumer.last_stable_offset(partition), consumer.highwater(partition)
            if stable is None or top is None or stable >= top or partition in consumer.paused():
                self._held.pop(place, None)
                continue
            offset, since = self._held.get(place, (-1, now))
            if offset != stable:
                since = now
            self._held[place] = (stable, since)
            if now - since >= self.after:
                stalled[place] = f"can't be read past {stable}: a transaction of its sender is open since {since:%F %T}"
        return stalled

    async def _tell(self, unit: Unit, stalled: dict[Place, str]) -> None:
        if stalled == self._told:
            return
        for (topic, partition), why in stalled.items():
            if (topic, partition) not in (self._told or {}):
                LOG.error("partition held up", shard=unit.shard.number, topic=topic, partition=partition, reason=why)
        for topic, partition in set(self._told or ()) - set(stalled):
            LOG.info("partition moves again", shard=unit.shard.number, topic=topic, partition=partition)
        await unit.attention.note_stalled(stalled)
        self._told = stalled
