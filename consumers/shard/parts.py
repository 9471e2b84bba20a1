"""What a shard is made of; the wiring supplies it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from faststream.kafka import KafkaBroker

from adapters.kafka.connection import KafkaConnection
from adapters.rows.positions import Place
from consumers.shard.alignment import Pace
from consumers.shard.deciding import Rules
from consumers.shard.limits import Limits
from consumers.shard.metering import Meter
from consumers.shard.ports import Emission, Log, Unit, Writer
from consumers.shard.reading import Reader
from consumers.shard.tracing import Traces


@dataclass(slots=True)
class Parts:
    """The servers, tables and choices of one shard."""

    kafka: KafkaConnection
    broker: KafkaBroker
    unit: Unit
    emission: Emission
    log: Log
    writer: Writer
    reader: Reader
    rules: Rules
    places: Sequence[Place]
    outbound: Sequence[Place]
    limits: Limits = field(default_factory=Limits)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Shared by the shards of a process: one decides at a time, so that none keeps the event loop for long."""
    meter: Meter = field(default_factory=Meter)
    """Shared by them, too."""
    traces: Traces | None = None
    """Where spans are made, if anywhere."""
    pace: Pace | None = None
    """Shared by them, too: small batches begin one after the other."""
    ahead: timedelta = timedelta()
    """How far the hub's clock is moved, for tests and demonstrations."""
    held_up: timedelta = timedelta(seconds=60)
    """How long an open transaction may hold a partition up before somebody is told."""
