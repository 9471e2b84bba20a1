"""The two real servers as child processes of this one, in a data folder, on free loopback ports."""

import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from adapters.embedded import java, kafka, ports, postgres
from adapters.embedded.errors import PortIsTaken
from adapters.embedded.folder import NEEDED, Folder, check_space, open_locked, refusal
from adapters.embedded.progress import Progress, Silent
from adapters.embedded.starting import Starting
from adapters.embedded.supervision import Supervision

PORT_ATTEMPTS: Final = 3
GRACE: Final = 30.0  # seconds that a server has to end before it is killed


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the two servers listen."""

    bootstrap_servers: str
    database_url: str
    folder: Path


class EmbeddedServers:
    """A real Apache Kafka and a real PostgreSQL that live as long as this object, or as this process at most.

    `folder` holds all their data. Where it is kept, the next start there finds the data again; else it is removed.
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
        self._path = folder
        self._keep = keep
        self._cache = cache
        self._progress = progress or Silent()
        self._properties = dict(kafka_properties or {})
        self._heap = kafka_heap
        self._behind = kafka_behind
        self._supervision: Supervision | None = None
        self._starting: Starting | None = None
        self._given_up = threading.Event()

    def __enter__(self) -> Addresses:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def kafka_pid(self) -> int:
        """Return the broker's process id, 0 before its first start."""
        return 0 if self._starting is None else self._starting.pids["kafka"]

    @property
    def postgres_pid(self) -> int:
        """Return PostgreSQL's process id, 0 before its first start."""
        return 0 if self._starting is None else self._starting.pids["postgres"]

    def start(self) -> Addresses:
        """Start both. Returns when both answer, in about 4 seconds once the jars are cached."""
        from adapters.embedded import (  # its libraries take a moment to import, and the watchdog needs none of it
            jars,
            maven,
        )

        self._starting = None
        self._given_up.clear()
        folder, lock = open_locked(self._path)
        try:
            check_space(folder.path, NEEDED)
            runtime = java.find()
            classes = jars.provide(self._cache or maven.default_cache(), self._progress)
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
        """Stop both cleanly, and remove the folder unless it is kept. Does nothing where nothing runs."""
        self._given_up.set()
        supervision, self._supervision = self._supervision, None
        if supervision is not None:
            supervision.close()

    def restart_kafka(self, mode: str = "kill") -> None:
        """Kill the broker (or `clean`: shut it down) and start it again: same ports, same data."""
        number = {"kill": signal.SIGKILL, "clean": signal.SIGTERM}[mode]
        supervision, starting = self._running
        supervision.end("kafka", number, GRACE)
        starting.start_kafka(self._kafka)

    def restart_postgres(self, mode: str = "immediate") -> None:
        """Stop PostgreSQL (`immediate`, `fast`, `smart`, `kill`) and start it again: same port, same data."""
        supervision, starting = self._running
        supervision.end("postgres", postgres.STOPS[mode], GRACE)
        starting.start_postgres(self._postgres)

    @property
    def _running(self) -> tuple[Supervision, Starting]:
        assert self._supervision is not None, "the servers are not running"
        assert self._starting is not None, "the servers are not running"
        return self._supervision, self._starting

    def _start_both(self, folder: Folder, runtime: Path, classes: list[Path]) -> Addresses:
        assert self._supervision is not None
        starting = Starting(self._path, self._supervision, self._progress, self._given_up)
        self._starting = starting
        for attempt in range(1, PORT_ATTEMPTS + 1):
            self._arrange(folder, ports.choose(folder.ports), runtime, classes)
            try:
                starting.start_both(self._kafka, self._postgres)
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
            supervision, _ = self._running
            supervision.remove_at_end([*folder.entries, *self._postgres.elsewhere(folder)])

    def _end_started(self) -> None:
        """End whichever server has started, so that both can be tried on other ports."""
        supervision, starting = self._running
        for name, number in (("kafka", signal.SIGTERM), ("postgres", signal.SIGINT)):
            if starting.pids[name]:
                supervision.end(name, number, GRACE)
                starting.pids[name] = 0
