"""Starting, keeping, sharing and stopping the embedded servers."""

import os
import signal
import socket
from pathlib import Path

import asyncpg
import psutil
import pytest

from adapters.embedded import Addresses, EmbeddedServers, FolderIsInUse, ServerDidNotStart
from adapters.embedded.folder import open_locked
from tests.embedded.processes import are_gone, servers_of, start_owner, until
from tests.embedded.topics import topics

pytestmark = pytest.mark.integration

ROLE = """SELECT concat_ws(' ', current_user, rolsuper, rolcreatedb, current_setting('fsync'),
    current_setting('synchronous_commit')) FROM pg_roles WHERE rolname = current_user"""


async def ask(at: Addresses, query: str) -> object:
    connection = await asyncpg.connect(at.database_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def is_listening(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


async def test_what_is_stored_survives_faults_a_stop_and_a_second_start_on_the_same_ports(folder: Path) -> None:
    servers = EmbeddedServers(folder / "kept")
    with servers as at:
        await topics(at, create="orders")
        await ask(at, "CREATE TABLE seen AS SELECT 42 AS n")
        before = (servers.kafka_pid, servers.postgres_pid)
        for server in ("kafka", "postgres"):
            assert (folder / "kept" / server).stat().st_mode & 0o077 == 0  # what partners write is personal
        servers.restart_kafka()
        servers.restart_postgres()
        assert servers.kafka_pid not in before
        assert servers.postgres_pid not in before
        assert "orders" in await topics(at)
        assert await ask(at, "SELECT n FROM seen") == 42
        family = [psutil.Process(pid) for pid in (servers.kafka_pid, servers.postgres_pid)]
    servers.stop()

    assert are_gone(family)
    assert not is_listening(at.bootstrap_servers)

    with EmbeddedServers(folder / "kept") as again:
        assert again == at
        assert "orders" in await topics(again)
        assert await ask(again, "SELECT n FROM seen") == 42


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda number: number.name)
def test_servers_end_with_their_process_however_it_ends(folder: Path, number: signal.Signals) -> None:
    owner = start_owner(folder / "data", keep=False)
    owner.await_ready()

    family = owner.end(number)

    assert len(family) > 3
    assert until(lambda: are_gone(family))
    assert until(lambda: not owner.folder.exists())


def test_nothing_is_left_of_a_start_that_is_killed_half_way(folder: Path) -> None:
    owner = start_owner(folder / "data", keep=True)
    assert until(lambda: (owner.folder / "kafka" / "kafka.log").exists())

    family = owner.end(signal.SIGTERM)

    assert family
    assert until(lambda: are_gone(family) and not servers_of(folder))


async def test_a_closed_folder_serves_too_and_leaves_nothing_anywhere(folder: Path) -> None:
    folder.chmod(0o700)

    with EmbeddedServers(folder / "data", keep=False) as at:
        home = (at.folder / "postgres").resolve()
        facts = await ask(at, ROLE)
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(at.database_url.replace("postgresql+asyncpg", "postgresql"), password="wrong")
        assert (at.folder / "passwords.json").stat().st_mode & 0o777 == 0o600

    assert facts == "hub f t on on"  # no superuser, may create databases; nothing traded for speed
    assert not home.exists()
    assert home.parent == folder / "data" or not home.parent.exists()
    assert not (folder / "data").exists()


def test_a_folder_in_use_is_refused_naming_the_process_that_has_it(folder: Path) -> None:
    _, lock = open_locked(folder)

    with pytest.raises(FolderIsInUse, match=rf"in use by process {os.getpid()}\."):
        EmbeddedServers(folder).start()
    os.close(lock)


def test_a_server_that_does_not_start_is_quoted_and_nothing_is_left(folder: Path) -> None:
    servers = EmbeddedServers(folder / "data", kafka_properties={"node.id": "not a number"})

    with pytest.raises(ServerDidNotStart) as failure:
        servers.start()

    assert "Apache Kafka did not start" in str(failure.value)
    assert "not a number" in str(failure.value)
    assert str(folder / "data" / "kafka" / "kafka.log") in str(failure.value)
    assert servers_of(folder) == []
