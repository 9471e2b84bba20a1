"""The two real servers as child processes of this one, in a data folder, on free loopback ports."""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from adapters.embedded import java, kafka, log, ports, postgres
from adapters.embedded.errors import EmbeddedServerError, PortIsTaken, ServerDidNotStart
from adapters.embedded.folder import NEEDED, Folder, check_space, disk_is_full, open_locked, refusal
from adapters.embedded.progress import Progress, Silent
from adapters.embedded.supervision import Program, Supervision

START_TIMEOUT = 90.0  # seconds; 4 are usual, a machine with all its cores busy takes several times that
PORT_ATTEMPTS = 3
POLL = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the two servers listen."""

    bootstrap_servers: str
    database_url: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is starting: its names, its log (and how long that was before), its port."""

    name: str
    program: str
    log: Path
    port: int
    before: int


class Interrupted(Exception):
    """The start was given up."""


class EmbeddedServers:
    """A real Apache Kafka and a real PostgreSQL that live as long as this object, or as this process at most.

    `folder` holds all their data; kept, the next start there finds it again, otherwise it goes with them.
    `kafka_behind` gives the broker a second listener for clients that come through a proxy.
    Every failure is an EmbeddedServerError.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keep: bool = True,
        cache: Path | None = None,
        progress: Progress | None = None,
        kafka_properties: Mapping[str, str] | None = None,
        kafka_heap: str = "512m",
        kafka_behind: kafka.Behind | None = None,
    ) -> None:
        self.kafka_pid = 0
        self.postgres_pid = 0
        self._path = folder
        self._keep = keep
        self._cache = cache
        self._progress = progress or Silent()
        self._properties = dict(kafka_properties or {})
        self._heap = kafka_heap
        self._behind = kafka_behind
        self._supervision: Supervision | None = None
        self._given_up = threading.Event()
        self._turn = threading.Lock()

    def __enter__(self) -> Addresses:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Addresses:
        """Start both; returns when both answer, in about 4 seconds once the jars are cached."""
        from adapters.embedded import jars  # its libraries take a moment to import, and the watchdog needs none of it

        self.kafka_pid = self.postgres_pid = 0
        self._given_up.clear()
        folder, lock = open_locked(self._path)
        try:
            check_space(folder.path, NEEDED)
            runtime = java.find()
            classes = jars.provide(self._cache or jars.default_cache(), self._progress)
            self._supervision = Supervision(folder.path, lock)
            return self._start_both(folder, runtime, classes)
        except OSError as error:
            self.stop()
            raise refusal(folder.path, error) from error
        except BaseException:
            self.stop()
            raise
        finally:
            os.close(lock)  # the watchdog holds it from here on, or nobody

    def stop(self) -> None:
        """Stop both cleanly, and remove the folder unless it is kept; nothing happens where nothing runs."""
        self._given_up.set()
        supervision, self._supervision = self._supervision, None
        if supervision is not None:
            supervision.close()

    def restart_kafka(self, mode: str = "kill") -> None:
        """Kill the broker (or `clean`: shut it down) and start it again: same ports, same data."""
        number = {"kill": signal.SIGKILL, "clean": signal.SIGTERM}[mode]
        self._running.end("kafka", number, 30.0)
        self._start_kafka()

    def restart_postgres(self, mode: str = "immediate") -> None:
        """Stop PostgreSQL (`immediate`, `fast`, `smart`, `kill`) and start it again: same port, same data."""
        self._running.end("postgres", postgres.STOPS[mode], 30.0)
        self._start_postgres()

    @property
    def _running(self) -> Supervision:
        assert self._supervision is not None, "the servers are not running"
        return self._supervision

    def _start_both(self, folder: Folder, runtime: Path, classes: list[Path]) -> Addresses:
        for attempt in range(1, PORT_ATTEMPTS + 1):
            chosen = ports.choose(folder.ports)
            self._arrange(folder, chosen, runtime, classes)
            try:
                self._in_parallel(self._start_postgres, self._start_kafka)
                break
            except PortIsTaken:  # somebody else was faster between our look and the server's bind
                if attempt == PORT_ATTEMPTS:
                    raise
                self._end_started()
        return Addresses(self._kafka.bootstrap_servers, self._postgres.url, folder.path)

    def _arrange(self, folder: Folder, chosen: ports.Ports, runtime: Path, classes: list[Path]) -> None:
        self._postgres = postgres.arrange(folder, chosen.postgres, keep=self._keep)
        self._kafka = kafka.Kafka(
            runtime,
            classes,
            folder.kafka,
            chosen.kafka,
            chosen.controller,
            self._heap,
            self._properties,
            self._keep,
            self._behind,
        )
        if not self._keep:
            self._running.remove_at_end([*folder.entries, *self._postgres.elsewhere(folder)])

    def _start_kafka(self) -> None:
        node = self._kafka
        node.write_settings()
        if node.is_new:
            self._progress_step("formatting Kafka's storage")
            self._made(kafka.NAME, node.log, kafka.make(node, self._run))
        self._progress_step("starting Kafka")
        before = log.size(node.log)
        self.kafka_pid = self._running.start(node.server())
        self._await(Server(kafka.NAME, "kafka", node.log, node.port, before), node.answers)
        self._progress_step("Kafka is ready")

    def _start_postgres(self) -> None:
        cluster = self._postgres
        is_new = cluster.is_new
        if is_new:
            self._progress_step("making PostgreSQL's cluster")
            self._made(postgres.NAME, cluster.log, postgres.make(cluster, self._run))
        self._progress_step("starting PostgreSQL")
        deadline = time.monotonic() + START_TIMEOUT
        while not self._has_started(cluster, deadline):
            time.sleep(POLL)
        if is_new:
            cluster.prepare()
        self._progress_step("PostgreSQL is ready")

    def _has_started(self, cluster: postgres.Postgres, deadline: float) -> bool:
        """Start PostgreSQL; False where what is left of a killed one is still ending, and it should be tried again."""
        before = log.size(cluster.log)
        self.postgres_pid = self._running.start(cluster.server())
        try:
            self._await(Server(postgres.NAME, "postgres", cluster.log, cluster.port, before), cluster.answers)
        except ServerDidNotStart:
            if time.monotonic() > deadline or not log.tells(cluster.log, before, log.STILL_ENDING):
                raise
            return False
        return True

    def _await(self, server: Server, answers: Callable[[], bool]) -> None:
        """Poll until the server answers. Raises what its log tells of, if it ends or takes too long."""
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            self._check_given_up()
            code = self._running.exit_code(server.program)
            if code is not None:
                raise self._failure(server, f"it ended with exit code {code}")
            if answers():
                return
            if time.monotonic() > deadline:
                raise self._failure(server, f"no answer in {START_TIMEOUT:.0f} s")
            time.sleep(POLL)

    def _made(self, name: str, said: Path, code: int) -> None:
        """Raises what the log tells of if the data of a server could not be made."""
        if code:
            raise self._failure(Server(name, "", said, 0, 0), f"making its data failed with exit code {code}")

    def _failure(self, server: Server, reason: str) -> EmbeddedServerError:
        if log.tells(server.log, server.before, log.DISK_FULL):
            return disk_is_full(server.log.parent)
        if log.tells(server.log, server.before, log.PORT_TAKEN):
            return PortIsTaken(server.name, server.port, "another process listens there", self._path)
        return ServerDidNotStart(server.name, reason, server.log, log.tail(server.log))

    def _run(self, program: Program) -> int:
        """Run a program to its end; its exit code."""
        self._running.start(program)
        while (code := self._running.exit_code(program.name)) is None:
            self._check_given_up()
            time.sleep(POLL / 5)
        return code

    def _in_parallel(self, *tasks: Callable[[], None]) -> None:
        """Run the tasks at once; the first failure gives up the others."""
        self._given_up.clear()
        with ThreadPoolExecutor(len(tasks)) as pool:
            futures = [pool.submit(task) for task in tasks]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            except BaseException:
                self._given_up.set()
                raise
            failures = [error for future in futures if future.done() and (error := future.exception())]
            if failures:
                self._given_up.set()
        if failures:
            raise failures[0]

    def _end_started(self) -> None:
        for name, pid in (("kafka", self.kafka_pid), ("postgres", self.postgres_pid)):
            if pid:
                self._running.end(name, signal.SIGINT if name == "postgres" else signal.SIGTERM, 30.0)
        self.kafka_pid = self.postgres_pid = 0

    def _check_given_up(self) -> None:
        if self._given_up.is_set():
            raise Interrupted

    def _progress_step(self, text: str) -> None:
        with self._turn:
            self._progress.step(text)
