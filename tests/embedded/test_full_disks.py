"""Full disks under both servers: the hub says so, waits, and goes on where it stopped once there is space."""

import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from adapters.embedded import Addresses, EmbeddedServers, account
from adapters.postgres import reads
from hub.desk import checks, shards
from tests.integration.messages import approve
from tests.stage import Stage, Template, new_template
from verification import Verification, verify

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SIZE = "48m"
APPROVED = "SELECT 1 FROM orders WHERE state = 'availability_requested'"


class Disk:
    """A small file system of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._ballast = place / "ballast"

    def fill(self) -> None:
        """Take all space that is left."""
        with self._ballast.open("wb") as file, suppress(OSError):
            while True:
                os.write(file.fileno(), bytes(4096))
        assert self.left == 0

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)

    @property
    def left(self) -> int:
        return os.statvfs(self.place).f_bavail


@contextmanager
def mounted(name: str) -> Iterator[Disk]:
    """A file system in memory; where none may be mounted, the test says so."""
    place = Path(tempfile.mkdtemp(prefix=f"hub-disk-{name}-"))
    place.chmod(0o755)  # PostgreSQL's own user must reach it
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0777", "hub-disk", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        place.rmdir()
        pytest.skip(f"no file system can be mounted here ({done.stderr.strip()}); run as root")
    try:
        yield Disk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()


@pytest.fixture(scope="module")
def of_kafka() -> Iterator[Disk]:
    with mounted("kafka") as disk:
        yield disk


@pytest.fixture
def of_postgres() -> Iterator[Disk]:
    with mounted("postgres") as disk:
        yield disk


@pytest.fixture(scope="module")
def servers(of_kafka: Disk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedServers, Addresses]]:
    """Servers of which Kafka keeps its partitions on a small disk."""
    folder = tmp_path_factory.mktemp("servers")
    properties = {"log.dirs": str(of_kafka.place), "metadata.log.dir": str(folder / "metadata")}
    both = EmbeddedServers(folder, keep=False, kafka_properties=properties)
    with both as at:
        yield both, at


@pytest.fixture(scope="module")
def template(servers: tuple[EmbeddedServers, Addresses], tmp_path_factory: pytest.TempPathFactory) -> Template:
    return new_template(servers[1], tmp_path_factory.mktemp("template"))


async def administer(at: Addresses, statement: str) -> None:
    """Do something as PostgreSQL's superuser."""
    password = json.loads((at.folder / "passwords.json").read_text())["postgres"]
    where = at.database_url.replace("+asyncpg", "")
    connection = await asyncpg.connect(where, user="postgres", password=password, database="postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
async def small(stage: Stage, of_postgres: Disk, servers: tuple[EmbeddedServers, Addresses]) -> AsyncIterator[None]:
    """Keep the stage's database on the small disk."""
    place = of_postgres.place / "tables"
    place.mkdir()
    owner = account.for_postgres()
    if owner is not None:
        account.give(place, owner)
    name = stage.settings.database_url().rsplit("/", 1)[1]
    await stage.engine.dispose()
    await administer(servers[1], f"CREATE TABLESPACE small OWNER hub LOCATION '{place}'")
    await administer(servers[1], f"ALTER DATABASE {name} SET TABLESPACE small")
    yield
    await stage.stop_hubs()
    await stage.engine.dispose()
    await administer(servers[1], f"ALTER DATABASE {name} SET TABLESPACE pg_default")
    await administer(servers[1], "DROP TABLESPACE small")


async def until_told(stage: Stage, *words: str) -> None:
    """Wait until `hub shard list` says of a shard why it can't work."""

    async def told() -> bool:
        troubles = [row.trouble or "" for row in await shards.standing(stage.desk)]
        return any(all(word in trouble for word in words) for trouble in troubles)

    await stage.until(told, f"a shard says {words}", patience=180)


async def assert_proved(stage: Stage) -> None:
    await stage.until_read()
    await stage.stop_hubs()
    await stage.records()  # a broker that is back writes the markers of ended transactions by and by
    report = await verify(Verification(stage.kafka, stage.settings.database_url(), stage.settings.shards))
    assert report.ok, [str(each) for each in report.differences]


@pytest.mark.usefixtures("small")
async def test_a_full_disk_under_postgresql_holds_the_hub_up_until_there_is_space(
    stage: Stage, of_postgres: Disk
) -> None:
    hub = stage.start_hub()
    await approve(stage, "before")
    await stage.until_rows(APPROVED)
    of_postgres.fill()
    orders = [f"o-{number}" for number in range(60)]
    for order in orders:
        await approve(stage, order)

    await until_told(stage, "DiskFullError", "No space left on device")
    assert of_postgres.left == 0
    failed = [result for result in await checks.online(stage.desk) if result.name == "shards"]
    assert [(result.ok, "No space left" in result.detail) for result in failed] == [(False, True)]
    of_postgres.free()

    await stage.until_rows(APPROVED, 1 + len(orders))
    assert hub.ownership is not None
    assert hub.ownership.report()["counts"]["failed: take over"] < 100  # it waits, it doesn't spin
    await assert_proved(stage)


async def test_a_full_disk_under_kafka_holds_the_hub_up_until_the_broker_is_back(
    stage: Stage, of_kafka: Disk, servers: tuple[EmbeddedServers, Addresses]
) -> None:
    both, _ = servers
    stage.start_hub()
    await approve(stage, "before")
    await stage.until_rows(APPROVED)
    await stage.until_read()
    await stage.records()
    of_kafka.fill()
    orders = [f"k-{number}" for number in range(20)]

    async def trade() -> None:
        for order in orders:
            await approve(stage, order)

    async def broker_is_gone() -> bool:
        there = psutil.pid_exists(both.kafka_pid)
        return not there or psutil.Process(both.kafka_pid).status() == psutil.STATUS_ZOMBIE

    async def kafka_is_told() -> bool:
        troubles = await reads.troubles(stage.engine)
        return any("Kafka" in trouble for trouble in troubles.values())

    trading = asyncio.create_task(trade())  # a partner's client waits for the broker as the hub does
    try:
        await stage.until(broker_is_gone, "the broker has given up its disk", patience=240)
        await stage.until(kafka_is_told, "a shard says that Kafka is away", patience=180)
    finally:
        of_kafka.free()
        await asyncio.to_thread(both.restart_kafka)
    await trading

    await stage.until_rows(APPROVED, 1 + len(orders))
    await assert_proved(stage)
