"""Apache Kafka as a child process: one node that is broker and controller (KRaft)."""

import os
import shutil
import signal
import socket
import struct
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.embedded.ports import HOST
from adapters.embedded.supervision import Program

NAME = "Apache Kafka"

# One node, few internal partitions (each costs start-up time), nothing is deleted by age, no topic by accident.
PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "log.dirs": "data",  # relative to the working directory: a path with a comma would be two
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.retention.ms": "-1",
    "log.segment.bytes": "67108864",
    "broker.session.timeout.ms": "4000",  # a killed broker may register again only after it
    "broker.heartbeat.interval.ms": "500",
    "num.partitions": "1",
    "min.insync.replicas": "1",
}


@dataclass(frozen=True, slots=True)
class Behind:
    """A second listener, for clients that come through a proxy: the broker's own port, and the one it tells them."""

    port: int
    told: int


@dataclass(frozen=True, slots=True)
class Kafka:
    """One node: its Java, jars, place and ports."""

    java: Path
    jars: Sequence[Path]
    home: Path
    port: int
    controller_port: int
    heap: str
    extra: Mapping[str, str]
    keep: bool
    behind: Behind | None = None

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "kafka.log"

    @property
    def bootstrap_servers(self) -> str:
        """Where clients find it."""
        return f"{HOST}:{self.port}"

    @property
    def is_new(self) -> bool:
        """Whether the storage has still to be formatted; half formatted counts as not."""
        return not (self.home / "ready").exists()

    def format(self) -> Program:
        """The program that formats the storage."""
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
        arguments = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._settings)]
        return self._program("format", ["-XX:TieredStopAtLevel=1", *arguments])

    def server(self) -> Program:
        """The server itself."""
        return self._program("kafka", [f"-Xmx{self.heap}", "kafka.Kafka", str(self._settings)])

    def write_settings(self) -> None:
        """Write the properties file; what the caller gave goes before ours."""
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.home.chmod(0o700)  # what partners write is personal, and the folder may be from an older version
        listener = f"PLAINTEXT://{HOST}:{self.port}"
        places = {
            "controller.quorum.voters": f"1@{HOST}:{self.controller_port}",
            "listeners": f"{listener},CONTROLLER://{HOST}:{self.controller_port}",
            "advertised.listeners": listener,
        }
        settings = {**PROPERTIES, **places, **self._second_listener(places), **self.extra}
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def answers(self) -> bool:
        """Whether the broker answers a metadata request and names itself in it."""
        try:
            with socket.create_connection((HOST, self.port), timeout=2) as connection:
                return brokers_known_to(connection) > 0
        except (OSError, struct.error):
            return False

    def _second_listener(self, places: Mapping[str, str]) -> dict[str, str]:
        """Return what changes with a proxy: a broker tells each client the address of the listener it came by."""
        if self.behind is None:
            return {}
        protocols = "listener.security.protocol.map"
        return {
            protocols: f"{PROPERTIES[protocols]},BEHIND:PLAINTEXT",
            "listeners": f"{places['listeners']},BEHIND://{HOST}:{self.behind.port}",
            "advertised.listeners": f"{places['advertised.listeners']},BEHIND://{HOST}:{self.behind.told}",
        }

    @property
    def _settings(self) -> Path:
        return self.home / "server.properties"

    def _program(self, name: str, arguments: Sequence[str]) -> Program:
        path = os.pathsep.join(str(jar) for jar in self.jars)
        logging = [
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSX",
        ]
        argv: list[str | Path] = [
            self.java,
            "-XX:+UseSerialGC",
            "-Djava.awt.headless=true",
            *logging,
            "-cp",
            path,
            *arguments,
        ]
        gentle = ((signal.SIGTERM, 20.0),) if self.keep else ()
        return Program(name, argv, self.home, self.log, stop=(*gentle, (signal.SIGKILL, 5.0)))


def make(kafka: Kafka, run: Callable[[Program], int]) -> int:
    """Format the storage; `run` runs a program to its end and returns its exit code, which is passed on."""
    shutil.rmtree(kafka.home / "data", ignore_errors=True)
    code = run(kafka.format())
    if code == 0:
        (kafka.home / "ready").touch()
    return code


def brokers_known_to(connection: socket.socket) -> int:
    """How many brokers a node names in its answer to a Metadata request (key 3, version 4, no topics)."""
    client = b"ready"
    request = struct.pack(">hhih", 3, 4, 1, len(client)) + client + struct.pack(">i?", 0, False)
    connection.sendall(struct.pack(">i", len(request)) + request)
    (size,) = struct.unpack(">i", _read(connection, 4))
    _correlation, _throttled, brokers = struct.unpack(">iii", _read(connection, size)[:12])
    return int(brokers)


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        if not chunk:
            raise ConnectionResetError
        data += chunk
    return data
