"""A stage: a database and a topic prefix of its own, partners' pens, and the hub in this process or in others."""

import asyncio
import fcntl
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pydantic import SecretStr
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters import tokens
from adapters.embedded import Addresses
from adapters.kafka.connection import KafkaConnection
from adapters.kafka.log import Log
from adapters.kafka.spans import read
from adapters.postgres import order_reads, reads, roles, schema
from adapters.postgres.roles import Role
from contracts.envelope import Envelope
from contracts.message import Message
from contracts.partitioning import home
from contracts.signing import Signatures
from contracts.topics import BY_NAME, INBOUND, OUTBOUND
from contracts.wire import HEADER_TOKEN, Outgoing, Record
from hub.desk import Desk, topics
from hub.settings import DatabaseSettings, KafkaSettings, Settings
from hub.wiring import Hub, engine_of, signatures_of

SHARDS = 2
TOKEN_KEY = "a-key-for-tests-only-" * 3
SIGNATURES = Signatures.of([b"a-key-for-tests-only"])
SHARED = (SecretStr("what several databases have in common"),)
PATIENCE = 120.0
PASSWORD = "a-password-for-tests-only"


@dataclass(frozen=True, slots=True)
class Template:
    """Where the servers are, and the name of the migrated database."""

    addresses: Addresses
    name: str

    def url(self, database: str) -> str:
        return f"{self.addresses.database_url.rsplit('/', 1)[0]}/{database}"


def new_template(addresses: Addresses, folder: Path) -> Template:
    """Make the template once, whichever worker comes first."""
    template = Template(addresses, "hub_template")
    with (folder / "template.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / "template.done").exists():
            asyncio.run(_make_template(template))
            (folder / "template.done").touch()
    return template


async def _make_template(template: Template) -> None:
    await execute(template.url("postgres"), f"CREATE DATABASE {template.name}")
    engine = engine_of(Settings(database=DatabaseSettings(url=SecretStr(template.url(template.name)))))
    await schema.upgrade(engine)
    await roles.apply(engine)
    await engine.dispose()
    await make_users(template.url("postgres"))


async def make_users(url: str) -> None:
    """Make a user of each role: what a test starts may do no more in the database than what production does."""
    for role in Role:
        await execute(url, f"CREATE ROLE {user_of(role)} LOGIN PASSWORD '{PASSWORD}' IN ROLE {role}")
        # The tests' own user looks at what these do in the server, and ends their sessions.
        await execute(url, f"GRANT {user_of(role)} TO CURRENT_USER")


def user_of(role: Role) -> str:
    """Return the database user that is a member of a role, and of nothing else."""
    return f"{role}_tests"


def as_role(settings: Settings, role: Role) -> Settings:
    """Return the settings of a process that is such a user."""
    url = SecretStr(url_of(settings.database_url(), role))
    return settings.model_copy(update={"database": settings.database.model_copy(update={"url": url})})


def url_of(database_url: str, role: Role) -> str:
    """Return a database's address for the user that is a member of a role."""
    theirs = make_url(database_url).set(username=user_of(role), password=PASSWORD)
    return theirs.render_as_string(hide_password=False)


async def execute(url: str, statement: str) -> None:
    """Run a statement as an administrator does."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def drop(template: Template, name: str) -> None:
    """Drop a database; one that the server itself is just vacuuming needs another moment."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            await execute(template.url("postgres"), f"DROP DATABASE {name} WITH (FORCE)")
        except (asyncpg.InsufficientPrivilegeError, asyncpg.ObjectInUseError):
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)
        else:
            return


@asynccontextmanager
async def new_stage(
    template: Template, folder: Path, shards: int = SHARDS, partitions: int | None = None, part: str = "0/1"
) -> AsyncIterator["Stage"]:
    """Make a stage, and take it down again; without `partitions` each topic has as many as there are shards.

    `part` says which of several databases this one is.
    """
    name = f"t{uuid.uuid4().hex[:10]}"
    await execute(template.url("postgres"), f"CREATE DATABASE {name} TEMPLATE {template.name}")
    settings = Settings(
        kafka=KafkaSettings(bootstrap_servers=template.addresses.bootstrap_servers, prefix=f"{name}.", group=name),
        database=DatabaseSettings(url=SecretStr(template.url(name)), part=part),
        token_key=SecretStr(TOKEN_KEY),
        signing_keys=() if part == "0/1" else SHARED,
        shards=shards,
        partitions=partitions,
        data=folder,
        lease=timedelta(seconds=2),
    )
    engine = engine_of(settings)
    await schema.create_shards(engine, shards, settings.served)
    stage = Stage(settings, engine)
    await topics.apply(stage.desk)
    try:
        yield stage
    finally:
        await stage.close()
        await drop(template, name)


@dataclass
class Stage:
    """A hub's surroundings in one test."""

    settings: Settings
    engine: AsyncEngine
    _producer: AIOKafkaProducer | None = None
    _log: Log | None = None
    _running: list[tuple[asyncio.Event, asyncio.Task[None]]] = field(default_factory=list)

    @property
    def kafka(self) -> KafkaConnection:
        return self.settings.connection()

    @property
    def log(self) -> Log:
        self._log = self._log or Log(self.kafka)
        return self._log

    @property
    def desk(self) -> Desk:
        """What people read and do, with the settings as they are now."""
        return Desk(self.settings, self.engine, self.log)

    # -- partners' pens ------------------------------------------------------------------------------------------

    async def write(
        self,
        topic: str,
        *,
        key: bytes | None = None,
        value: bytes | None = None,
        headers: Sequence[tuple[str, bytes | None]] = (),
        partition: int | None = None,
    ) -> tuple[int, int]:
        """Write a raw record; return its partition and offset."""
        if self._producer is None:
            self._producer = self.kafka.producer(max_request_size=8_000_000)
            await self._producer.start()
        arguments: dict[str, Any] = {"key": key, "headers": list(headers), "partition": partition}
        done = await self._producer.send_and_wait(self.kafka.topic(topic), value, **arguments)
        return done.partition, done.offset

    async def close_pen(self) -> None:
        """Put the partners' pen down; the next record is written by a new one, which remembers no topic."""
        pen, self._producer = self._producer, None
        if pen is not None:
            await pen.stop()

    async def say(
        self,
        topic: str,
        message: Message,
        order_id: str | None,
        *,
        event_id: str | None = None,
        source: str = "/partners/test",
        at: datetime | None = None,
        partition: int | None = None,
        token: str | None = None,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes | None]] = (),
        signed: bool = False,
    ) -> tuple[int, int]:
        """Write a message as a partner would, or `signed` as the hub does; return its partition and offset."""
        event = Envelope(event_id or str(uuid.uuid4()), source, message.type(), order_id, at or datetime.now(UTC))
        extra = [*headers] + ([(HEADER_TOKEN, token.encode())] if token else [])
        where = partition
        if where is None and order_id is not None:
            where = home(order_id, self.settings.partition_count)
        used = key if key is not None else None if order_id is None else order_id.encode()
        record = Outgoing(topic, where, used, (*event.headers(), *extra), message.encoded())
        if signed:
            record = (await signatures_of(self.settings, self.engine)).signed(record)
        return await self.write(topic, key=used, value=record.value, headers=record.headers, partition=where)

    def token(self, *scopes: str, name: str = "ann", stores: Sequence[str] = ("*",)) -> str:
        """Return a signed token; with all scopes if none are named."""
        return tokens.create(TOKEN_KEY, name, scopes or tokens.SCOPES, stores, timedelta(hours=1))

    # -- the hub in this process -----------------------------------------------------------------------------------

    def start_hub(self, settings: Settings | None = None) -> Hub:
        """Start a hub in this process; it ends with the stage."""
        hub = Hub(as_role(settings or self.settings, Role.RUNTIME))
        stop = asyncio.Event()
        self._running.append((stop, asyncio.create_task(hub.run(stop))))
        return hub

    async def stop_first_hub(self) -> None:
        """Stop the hub that was started first; raise what ended it."""
        stop, task = self._running.pop(0)
        stop.set()
        await task

    async def stop_hubs(self) -> None:
        """Stop the hubs of this process; raise what ended one."""
        running, self._running = self._running, []
        for stop, _ in running:
            stop.set()
        for _, task in running:
            await task

    # -- looking ---------------------------------------------------------------------------------------------------

    async def rows(self, question: str, **values: Any) -> list[dict[str, Any]]:
        """Return what PostgreSQL answers."""
        async with self.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text(question), values)).mappings()]

    async def change(self, statement: str, **values: Any) -> None:
        """Change something in PostgreSQL behind the hub's back."""
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), values)

    async def until_rows(self, question: str, count: int = 1, **values: Any) -> list[dict[str, Any]]:
        """Wait until PostgreSQL answers with so many rows, and return them."""

        async def there() -> list[dict[str, Any]]:
            found = await self.rows(question, **values)
            return found if len(found) >= count else []

        rows: list[dict[str, Any]] = await self.until(there, f"{count} rows of: {question} {values}")
        return rows

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """Reach for Kafka's own tools."""
        admin = self.kafka.admin()
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    async def state(self, order_id: str) -> str | None:
        """Return an order's state."""
        row = await order_reads.find_order(self.engine, order_id)
        return None if row is None else row.state

    async def until(self, holds: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
        """Poll until something holds, and return it; fail with the sentence where it doesn't."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        while loop.time() < deadline:
            for _, task in self._running:
                if task.done():
                    task.result()
            answer = await holds()
            if answer:
                return answer
            await asyncio.sleep(0.05)
        raise AssertionError(f"not within {patience} s: {what}; shards: {await reads.shards(self.engine)}")

    async def until_state(self, order_id: str, state: str) -> None:
        """Wait until an order is in a state."""

        async def there() -> bool:
            return await self.state(order_id) == state

        await self.until(there, f"order {order_id} is {state}")

    async def until_read(self) -> None:
        """Wait until every record of every inbound topic is stored, and every batch is published."""

        async def done() -> bool:
            positions = await reads.positions(self.engine)
            part, parts = self.settings.database.share
            if len(positions) < len(INBOUND) * len(range(part, self.settings.partition_count, parts)):
                return False
            ends = await self.log.ends(list(positions))
            if any(ends[place] > offset for place, offset in positions.items()):
                return False
            shards = await reads.shards(self.engine)
            return all(row.batch == row.emitted for row in shards)

        await self.until(done, "every record is read and every batch is published")

    async def records(self, *topics: str) -> list[Record]:
        """Return the committed records of some topics (outbound ones if none are named), partition by partition."""
        names = topics or tuple(topic.name for topic in OUTBOUND)
        places = [(name, partition) for name in names for partition in range(self.settings.partition_count)]
        await self._until_committed(places)
        starts, ends = await self.log.starts(places), await self.log.ends(places)
        spans = {place: (starts[place], ends[place]) for place in places if ends[place] > starts[place]}
        return [record async for record in read(self.kafka, spans)] if spans else []

    async def _until_committed(self, places: Sequence[tuple[str, int]]) -> None:
        """Wait for the markers of transactions: the broker says that one is over before it writes them."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka.bootstrap_servers, **self.kafka.security)
        partitions = {place: TopicPartition(self.kafka.topic(place[0]), place[1]) for place in places}
        consumer.assign(list(partitions.values()))
        await consumer.start()

        async def committed() -> bool:
            written = await consumer.end_offsets(list(partitions.values()))
            readable = await self.log.ends(places)
            return all(readable[place] >= written[partition] for place, partition in partitions.items())

        try:
            await self.until(committed, "no transaction is open on the topics")
        finally:
            await consumer.stop()

    async def types(self, order_id: str, topic: str = "order.events") -> list[str]:
        """Return the types that were published about an order, in order."""
        found = await self.records(topic)
        return [_header(r, "ce_type") for r in found if r.key == order_id.encode()]

    async def close(self) -> None:
        """Stop everything of this stage and remove its topics."""
        for stop, task in self._running:
            stop.set()
            with suppress(Exception):
                await task
        await self.close_pen()
        admin = self.kafka.admin()
        await admin.start()
        names = [self.kafka.topic(t.name) for t in BY_NAME.values()]
        dead = [self.kafka.topic(t.dead_letters) for t in BY_NAME.values() if t.direction != "outbound"]
        with suppress(Exception):
            await admin.delete_topics([*names, *dead])
        await admin.close()
        if self._log is not None:
            await self._log.close()
        await self.engine.dispose()


def _header(record: Record, name: str) -> str:
    return (record.header(name) or b"").decode()


def by_type(records: Sequence[Record]) -> Mapping[str, list[Record]]:
    """Return records by their CloudEvents type."""
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(_header(record, "ce_type"), []).append(record)
    return found
