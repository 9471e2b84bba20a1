"""Wiring: one door for production, demo and tests, from settings to a running hub in plain Python."""

import asyncio
import os
import socket
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters import tokens
from adapters.kafka import topics
from adapters.kafka.log import Log
from adapters.postgres import schema
from adapters.postgres.leases import Leases
from adapters.postgres.roles import Role
from adapters.postgres.unit import PostgresUnit
from consumers import availability, carriers, commands, flash_reorders, fraud, internal, payments, shop, warehouse
from consumers.shard.alignment import Pace
from consumers.shard.deciding import Rules
from consumers.shard.metering import Meter
from consumers.shard.ownership import Ownership
from consumers.shard.parts import Parts
from consumers.shard.reading import Reader
from consumers.shard.shard import Shard
from consumers.shard.takeover import places_of, take_over
from consumers.shard.tracing import Traces
from contracts.signing import Signatures
from contracts.topics import INBOUND, OUTBOUND, Direction, Topic
from domain.aggregates import KINDS
from domain.deciding.decision import Known
from hub import database
from hub.code import fingerprint
from hub.errors import TopicsDiffer
from hub.itself import about
from hub.settings import Settings
from hub.watchdog import Watchdog
from producers.emission import Emission
from producers.messages import Messages

CONSUMERS = (shop, payments, fraud, availability, flash_reorders, warehouse, carriers, commands, internal)
INBOUND_BY_TOPIC = {module.inbound.topic.name: module.inbound for module in CONSUMERS}
ENGINE_SECONDS = 10
"""How long a connection may take."""
ENGINE_COMMAND_SECONDS = 60.0
"""How long a statement may take, if not said otherwise."""
CONNECTIONS = 4
"""So many connections to the database an engine keeps, and opens as many more for a rush."""
PACE_SECONDS = 0.008
"""Between two small batches of a process: each costs some 3 ms of CPU whatever is in it, 1.6 of them the hub's."""
START_PATIENCE = timedelta(minutes=5)


def engine_of(
    settings: Settings,
    command_seconds: float = ENGINE_COMMAND_SECONDS,
    connections: int = CONNECTIONS,
    session: Mapping[str, str] | None = None,
) -> AsyncEngine:
    """Return the engine for everything that isn't a shard's own connection; `session` sets what its sessions have."""
    arguments: dict[str, object] = {"timeout": ENGINE_SECONDS, "command_timeout": command_seconds}
    if session is not None:
        arguments["server_settings"] = dict(session)
    if (tls := settings.database.tls()) is not None:
        arguments["ssl"] = tls
    return create_async_engine(
        settings.database_url(),
        pool_size=connections,
        max_overflow=connections,
        connect_args=arguments,
        hide_parameters=True,  # an error must not repeat what a statement was about
    )


async def signatures_of(settings: Settings, engine: AsyncEngine) -> Signatures:
    """Return how the hub signs what only it may write."""
    return await schema.signatures(engine, [key.get_secret_value().encode() for key in settings.signing_keys])


def unit_of(settings: Settings, shard: int) -> PostgresUnit:
    """Return the store of a shard, not opened yet."""
    return PostgresUnit(
        settings.database_url(),
        shard,
        ssl=settings.database.tls(),
        shards=settings.shards,
        ahead=settings.clock.ahead,
    )


def reader_of(settings: Settings, signatures: Signatures) -> Reader:
    """Return what reads records."""
    return Reader(INBOUND_BY_TOPIC, signatures, settings.clock.ahead, settings.sources.of_shards())


def rules_of(settings: Settings, partitions: Mapping[str, int], made_by: str) -> Rules:
    """Return what records are decided by; `made_by` names the code that does."""
    policy = settings.domain_policy()
    key = None if settings.token_key is None else settings.token_key.get_secret_value()
    return Rules(
        settings.shards,
        KINDS,
        Known(policy),
        tokens.verifier(key, settings.token_audience, settings.trusted()),
        policy.parked,
        settings.limits.of_shards(),
        made_by,
        partitions,
    )


def broker_security(settings: Settings) -> BaseSecurity | None:
    """Return FastStream's form of the security settings."""
    arguments = settings.kafka.security()
    context = arguments.get("ssl_context")
    if "sasl_mechanism" not in arguments:
        return None if context is None else BaseSecurity(ssl_context=context)
    kinds = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    kind = kinds[arguments["sasl_mechanism"]]
    name, password = arguments["sasl_plain_username"] or "", arguments["sasl_plain_password"] or ""
    return kind(name, password, ssl_context=context, use_ssl=context is not None)


def _dead(topic: Topic) -> tuple[str, ...]:
    return () if topic.direction is Direction.OUTBOUND else (topic.dead_letters,)


class Hub:
    """A hub process: its engine, broker and shards."""

    def __init__(self, settings: Settings, meter: Meter | None = None, traces: Traces | None = None) -> None:
        self.settings = settings
        self.traces = traces
        self.meter = meter or Meter()
        self.kafka = settings.connection()
        self.engine = engine_of(settings)
        self.process = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self.log = Log(self.kafka)
        self.broker = KafkaBroker(
            self.kafka.bootstrap_servers,
            security=broker_security(settings),
            logger=None,
            apply_types=False,
            allow_auto_create_topics=False,
            consumer_only=True,
        )
        self.ownership: Ownership | None = None
        self.turn = asyncio.Lock()
        self.pace = Pace(PACE_SECONDS)

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None] | None = None) -> None:
        """Run until `stop`; raises what of SETUP must be prepared first."""
        try:
            shards = await self._prepared()
            partitions = await self._partitions(shards)
            signatures = await signatures_of(self.settings, self.engine)
            await self.broker.start()
            lease = self.settings.lease
            leases = Leases(self.engine, self.process, lease, shards)
            served = len(self.settings.served)
            self.ownership = Ownership(
                leases,
                lambda number, leave: Shard(number, self._parts(number, partitions, signatures), leave),
                lease,
                served,
                self.meter,
                about,
            )
            if on_ready is not None:
                on_ready()
            await self._watched(self.ownership, stop)
        finally:
            await self.broker.stop()
            await self.log.close()
            await self.engine.dispose()

    @property
    def trouble(self) -> str | None:
        """Return why this process can't work on shards, None where it can."""
        if self.ownership is None:
            return "it waits for its servers"
        silent = self.ownership.renewed_seconds
        if silent > 2 * self.settings.lease.total_seconds():
            why = self.ownership.failure or "PostgreSQL does not answer"
            return f"its leases were last renewed {silent:.0f} s ago: {why}"
        return None

    async def _watched(self, ownership: Ownership, stop: asyncio.Event) -> None:
        """Own shards until `stop`, under the eyes of the watchdog."""
        watchdog = Watchdog(self.settings.watchdog.total_seconds(), lambda: ownership.report()["shards"])
        watching = asyncio.create_task(watchdog.run(), name="watchdog")
        try:
            await ownership.run(stop)
        finally:
            watching.cancel()

    async def _prepared(self) -> int:
        await database.check(self.engine, Role.RUNTIME)
        await schema.create_shards(self.engine, self.settings.shards, self.settings.served)
        return self.settings.shards

    async def _partitions(self, shards: int) -> dict[str, int]:
        admin = self.kafka.admin()
        await admin.start()
        try:
            plan = await topics.plan(admin, self.kafka, shards, self.settings.partition_count)
            differences = [each for each in plan if each.fatal]
            if differences:
                raise TopicsDiffer(differences)
            names = [self.kafka.topic(name) for topic in (*INBOUND, *OUTBOUND) for name in (topic.name, *_dead(topic))]
            there = await topics.partitions(admin, names)
        finally:
            await admin.close()
        return {self.kafka.name(name): count for name, count in there.items()}

    async def settle(self, numbers: Sequence[int]) -> None:
        """Publish what shards that nobody runs have stored and not published, as a take-over does.

        Raises ShardAccident when log and store don't fit together.
        """
        try:
            partitions = await self._partitions(self.settings.shards)
            signatures = await signatures_of(self.settings, self.engine)
            for number in numbers:
                parts = self._parts(number, partitions, signatures)
                try:
                    standing = await take_over(
                        parts.unit,
                        parts.emission,
                        parts.log,
                        parts.writer,
                        parts.rules.kinds,
                        parts.places,
                        parts.outbound,
                    )
                    await parts.unit.shard.note_emitted(standing.batch)
                finally:
                    await parts.emission.close()
                    await parts.unit.close()
        finally:
            await self.log.close()
            await self.engine.dispose()

    def _parts(self, number: int, partitions: dict[str, int], signatures: Signatures) -> Parts:
        settings, shards = self.settings, self.settings.shards
        return Parts(
            kafka=self.kafka,
            broker=self.broker,
            unit=unit_of(settings, number),
            emission=Emission(self.kafka, number),
            log=self.log,
            writer=Messages(shards, signatures, self.kafka.group, partitions),
            reader=reader_of(settings, signatures),
            rules=rules_of(settings, partitions, fingerprint()),
            limits=settings.limits.of_shards(),
            turn=self.turn,
            meter=self.meter,
            traces=self.traces,
            pace=self.pace,
            places=places_of(number, shards, partitions),
            ahead=settings.clock.ahead,
            outbound=[(topic.name, partitions[topic.name]) for topic in OUTBOUND],
            held_up=settings.held_up,
        )
