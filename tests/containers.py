"""The session's servers as containers: `apache/kafka:4.4.0` and `postgres:18`, where a Docker engine answers."""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from adapters.embedded import Addresses

KAFKA_IMAGE = "apache/kafka:4.4.0"
POSTGRES_IMAGE = "postgres:18"
OWNER = "owner"
"""PostgreSQL's superuser."""
HUB = "hub"


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _kafka(port: int) -> DockerContainer:
    # As soon as one of the image's variables is given, all are needed.
    environment = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093,INSIDE://:19092",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port},INSIDE://localhost:19092",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,INSIDE:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "INSIDE",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    container = (
        DockerContainer(KAFKA_IMAGE)
        .with_bind_ports(9092, port)
        .waiting_for(LogMessageWaitStrategy("Kafka Server started"))
    )
    # The image writes its configuration over the one it was built with, which may be read-only.
    container = container.with_command(
        "sh -c 'chmod u+w /etc/kafka/docker/* /opt/kafka/config/* && exec /etc/kafka/docker/run'"
    )
    for name, value in environment.items():
        container = container.with_env(name, value)
    return container


def _answers(port: int, patience: float = 90.0) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError(f"the container's port {port} did not answer in {patience:.0f} s")


def _hub_of(postgres: PostgresContainer) -> str:
    """Make the hub's role, which is no superuser, and its database; return its address."""
    for statement in (
        f"CREATE ROLE {HUB} LOGIN CREATEDB CREATEROLE PASSWORD '{HUB}'",
        f"CREATE DATABASE {HUB} OWNER {HUB}",
    ):
        done = postgres.exec(["psql", "-U", OWNER, "-v", "ON_ERROR_STOP=1", "-c", statement])
        assert done.exit_code == 0, done.output
    port = postgres.get_exposed_port(5432)
    return f"postgresql+asyncpg://{HUB}:{HUB}@127.0.0.1:{port}/{HUB}"


@contextmanager
def container_services(folder: Path) -> Iterator[Addresses]:
    """Start both containers once a session; the workers of one session share them."""
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    meeting = folder / "containers.json"
    with ExitStack() as stack:
        turn = stack.enter_context((folder / "containers.lock").open("w"))
        fcntl.flock(turn, fcntl.LOCK_EX)  # held to the end: one worker at a time runs on containers
        port = _free_port()
        stack.enter_context(_kafka(port))
        postgres = stack.enter_context(
            PostgresContainer(POSTGRES_IMAGE, username=OWNER, password=OWNER, dbname=OWNER, driver="asyncpg")
        )
        _answers(port)
        url = _hub_of(postgres)
        meeting.write_text(json.dumps({"bootstrap_servers": f"127.0.0.1:{port}", "database_url": url}))
        yield Addresses(f"127.0.0.1:{port}", url, folder)
