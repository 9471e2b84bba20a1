"""How the servers are started: at once, each until it answers or says in its log why it can't."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.embedded import kafka, log, postgres
from adapters.embedded.errors import EmbeddedServerError, PortIsTaken, ServerDidNotStart
from adapters.embedded.folder import disk_is_full
from adapters.embedded.progress import Progress
from adapters.embedded.supervision import Program, Supervision

START_TIMEOUT: Final = 90.0  # seconds; 4 are usual, a machine with all its cores busy takes several times that
POLL: Final = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is starting: its names, its log with the length it had before, and its port."""

    name: str
    program: str
    log: Path
    port: int
    before: int


class Interrupted(Exception):
    """The start was given up."""


class Starting:
    """Starts servers in a data folder. `given_up` ends every wait with Interrupted."""

    def __init__(self, folder: Path, supervision: Supervision, progress: Progress, given_up: threading.Event) -> None:
        self.pids = {"kafka": 0, "postgres": 0}
        """By program, 0 where it was never started."""
        self._folder = folder
        self._supervision = supervision
        self._progress = progress
        self._given_up = given_up
        self._turn = threading.Lock()

    def start_both(self, node: kafka.Kafka, cluster: postgres.Postgres) -> None:
        """Start both servers at once. The first failure gives up the other one, and is raised."""
        self._given_up.clear()
        with ThreadPoolExecutor(2) as pool:
            futures = [pool.submit(self.start_postgres, cluster), pool.submit(self.start_kafka, node)]
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

    def start_kafka(self, node: kafka.Kafka) -> None:
        """Start the broker, whose storage is formatted first where it is new."""
        node.write_settings()
        if node.is_new:
            self._step("formatting Kafka's storage")
            self._made(kafka.NAME, node.log, kafka.make(node, self._run))
        self._step("starting Kafka")
        before = log.size(node.log)
        self.pids["kafka"] = self._supervision.start(node.server())
        self._await(Server(kafka.NAME, "kafka", node.log, node.port, before), node.answers)
        self._step("Kafka is ready")

    def start_postgres(self, cluster: postgres.Postgres) -> None:
        """Start PostgreSQL, whose cluster is made first where it is new."""
        is_new = cluster.is_new
        if is_new:
            self._step("making PostgreSQL's cluster")
            self._made(postgres.NAME, cluster.log, postgres.make(cluster, self._run))
        self._step("starting PostgreSQL")
        deadline = time.monotonic() + START_TIMEOUT
        while not self._has_started(cluster, deadline):
            time.sleep(POLL)
        if is_new:
            cluster.prepare()
        self._step("PostgreSQL is ready")

    def _has_started(self, cluster: postgres.Postgres, deadline: float) -> bool:
        """Start PostgreSQL. False where the rest of a killed one is still ending: then it should be tried again."""
        before = log.size(cluster.log)
        self.pids["postgres"] = self._supervision.start(cluster.server())
        try:
            self._await(Server(postgres.NAME, "postgres", cluster.log, cluster.port, before), cluster.answers)
        except ServerDidNotStart:
            if time.monotonic() > deadline or not log.tells(cluster.log, before, log.STILL_ENDING):
                raise
            return False
        return True

    def _await(self, server: Server, answers: Callable[[], bool]) -> None:
        """Poll until the server answers. Raises what its log tells, if it ends or takes too long."""
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            self._check_given_up()
            code = self._supervision.exit_code(server.program)
            if code is not None:
                raise self._failure(server, f"it ended with exit code {code}")
            if answers():
                return
            if time.monotonic() > deadline:
                raise self._failure(server, f"no answer in {START_TIMEOUT:.0f} s")
            time.sleep(POLL)

    def _made(self, name: str, said: Path, code: int) -> None:
        """Raise what the log tells where the data of a server could not be made."""
        if code:
            raise self._failure(Server(name, "", said, 0, 0), f"making its data failed with exit code {code}")

    def _failure(self, server: Server, reason: str) -> EmbeddedServerError:
        if log.tells(server.log, server.before, log.DISK_FULL):
            return disk_is_full(server.log.parent)
        if log.tells(server.log, server.before, log.PORT_TAKEN):
            return PortIsTaken(server.name, server.port, "another process listens there", self._folder)
        return ServerDidNotStart(server.name, reason, server.log, log.tail(server.log))

    def _run(self, program: Program) -> int:
        """Run a program to its end; return its exit code."""
        self._supervision.start(program)
        while (code := self._supervision.exit_code(program.name)) is None:
            self._check_given_up()
            time.sleep(POLL / 5)
        return code

    def _check_given_up(self) -> None:
        if self._given_up.is_set():
            raise Interrupted

    def _step(self, text: str) -> None:
        with self._turn:
            self._progress.step(text)
